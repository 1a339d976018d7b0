"""The stages of a project and the moves between them: from which stage, to which, by which event, level and role.

The table stands in `moves.csv`. Source of the steps: 湘委乡振组办发〔2021〕1号 三 (S4-17, A1.3); steps that no document prints
(handing in after a notice, progress, spending, acceptance, an objection and its answer) are `design`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFT: Final = "draft"
RETURNED: Final = "returned"
IN_LIBRARY: Final = "in_library"
OPEN_STAGES: Final = frozenset({DRAFT, RETURNED})
"""Stages in which the content of an application may be written."""
PROCEDURE: Final = (
    "applied",
    "village_notice",
    "township_review",
    "township_notice",
    "opinions",
    "county_approval",
    "county_notice",
)
"""Stages between the application and the library, in order."""
LIBRARY: Final = (IN_LIBRARY, "annual_plan", "implementing", "completed", "accepted", "asset_formed")
"""Stages from the library on, in order."""
CLOSED: Final = frozenset({"rejected", "withdrawn"})
STAGES: Final = (DRAFT, *PROCEDURE, *LIBRARY, RETURNED, "rejected", "withdrawn")

CROSS: Final = "跨区域规模化"
EMERGENCY: Final = "应急"
SECTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "transport": "transport",
        "water": "water",
        "agriculture": "agriculture",
        "environment": "environment",
        "health": "health",
        "other": "sector",
    }
)
"""Which role gives the opinion of a sector."""
SECTOR_ROLES: Final = frozenset(SECTORS.values())
BUREAU: Final = frozenset({"revitalisation"})
GROUP: Final = frozenset({"leading_group"})
BUILDERS: Final = frozenset({"village", "township", *SECTOR_ROLES, *BUREAU})
"""Who reports from the works: whoever is responsible for them."""
EVERYBODY: Final = BUILDERS | GROUP | {"finance"}
BEGIN: Final = {"village": "村", "township": "乡"}


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a project.

    `after` is the stage it leads to, None where the stage stays. `level` is where it is done: 村, 乡 or 县, or "" for the
    level of whoever does it. `needs` are the values that it cannot do without. `forward` moves wait for the answer to every
    objection. `at` narrows the roles by stage. `source` is the part of the specification, `design` where none prints the step.
    """

    name: str
    zh: str
    en: str
    before: frozenset[str]
    after: str | None
    event: str
    level: str
    roles: frozenset[str]
    needs: tuple[str, ...] = ()
    forward: bool = True
    source: str = ""
    at: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def title(self, language: str = "zh") -> str:
        """Give the name of the move in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


_RETURNS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "applied": frozenset({"township"}),
        "village_notice": frozenset({"township"}),
        "township_review": BUREAU | {"township"},
        "township_notice": BUREAU | {"township"},
        "opinions": BUREAU | GROUP,
        "county_approval": BUREAU | GROUP,
        "county_notice": BUREAU | GROUP,
    }
)
"""Who returns or refuses a project in which stage: the level at which it lies, and the bureau above it."""
_GROUPS: Final = {"builders": BUILDERS, "everybody": EVERYBODY, "sectors": SECTOR_ROLES}
ANY: Final = frozenset(STAGES) - {DRAFT}


def _table() -> list[Move]:
    text = (files("processing.library") / "moves.csv").read_text(encoding="utf-8")
    return [_read(row) for row in csv.DictReader(text.splitlines())]


def _read(row: Mapping[str, str]) -> Move:
    roles = frozenset(role for name in row["roles"].split() for role in _GROUPS.get(name, frozenset({name})))
    return Move(
        row["move"],
        row["zh"],
        row["en"],
        before=ANY if row["before"] == "any" else frozenset(row["before"].split()),
        after=row["after"] or None,
        event=row["event"],
        level=row["level"],
        roles=roles,
        needs=tuple(row["needs"].split()),
        forward=row["forward"] == "yes",
        source=row["source"],
        at=_RETURNS if row["move"] in {"return_", "refuse"} else {},
    )


MOVES: Final[Mapping[str, Move]] = MappingProxyType({move.name: move for move in _table()})
"""Every move by name, in the order of the way."""
OPINIONS: Final[Mapping[str, str]] = MappingProxyType(
    {MOVES[name].event: name for name in ("opinion_revitalisation", "opinion_finance", "opinion_sector")}
)
"""The three opinions that the approval needs (E4): event and move."""
NOTICES: Final[Mapping[str, str]] = MappingProxyType({"村公示": "村", "乡公示": "乡", "县公示": "县"})
"""Events that are notices, with the level whose number of days holds."""
ENDS_NOTICE: Final[Mapping[str, str]] = MappingProxyType(
    {"submit_to_township": "村", "submit_to_county": "乡", "enter_library": "县"}
)
"""Moves that end a notice: too early before its days are over."""
BY_LEDGER: Final = frozenset({"form_asset"})
"""Moves that only the asset ledger makes, together with the asset: a project has formed assets when there are some."""
WORKS: Final = ("start", "progress", "spend", "complete", "accept")
"""Moves of the works; those of an emergency project may run before the library."""


def roles_at(move: Move, stage: str, *, sector: str | None = None, has_township: bool = True) -> frozenset[str]:
    """Name the roles that may make a move for a project in a stage.

    Works of several townships state none, so what a township does is done by the bureau or the sector that proposes them
    (S4-17 三). The opinion of the sector is that of the project's sector, where it states one.

    >>> sorted(roles_at(MOVES["opinion_sector"], "opinions", sector="water"))
    ['water']
    >>> sorted(roles_at(MOVES["return_"], "opinions"))
    ['leading_group', 'revitalisation']
    """
    roles = move.at.get(stage, move.roles) & move.roles if move.at else move.roles
    if move.name == "opinion_sector" and sector in SECTORS:
        return frozenset({SECTORS[str(sector)]})
    if move.level == "乡" and not has_township:
        return roles | BUREAU | SECTOR_ROLES
    return roles


def level_of(move: Move, role: str) -> str:
    """Give the level of an event: the move's own, or that of the role that makes it.

    >>> level_of(MOVES["apply"], "village"), level_of(MOVES["apply"], "water"), level_of(MOVES["county_notice"], "leading_group")
    ('村', '县', '县')
    """
    return move.level or BEGIN.get(role, "县")
