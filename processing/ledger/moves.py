"""The steps of an asset: who takes each at which level, what it needs, and in which chain and order it stands.

A chain is a procedure of several steps; a step belongs to one chain or to none. The steps stand in `steps.toml`. Sources are the
documents of the data dictionary (A2.4); what none prints is marked `design` in `rules`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL: Final = frozenset({"OPR", "PUB", "HHD"})
VILLAGE: Final = frozenset({"village", "township", "revitalisation"})
"""Who acts for a village: the village's committees; the township and the county bureau may enter it for them (design)."""
TOWNSHIP: Final = frozenset({"township"})
SECTOR: Final = frozenset({"sector", "transport", "water", "agriculture", "environment", "health"})
COUNTY: Final = frozenset({"revitalisation"})
GOVERNMENT: Final = frozenset({"leading_group"})
KEEPERS: Final = TOWNSHIP | SECTOR | COUNTY
"""Who keeps assets of a township or a department."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step.

    `event` is the code of the event that it writes, `level` where it happens, `needs` the values that must be given, `takes`
    those that may be given, `follows` the steps of its chain one of which must have been taken last (empty: it begins the chain),
    `waits` the key of the rule that says how many days the step before must have lasted, `ends` whether the chain is over after
    it, `judges` whether it may send the chain back (result 退回).
    """

    name: str
    zh: str
    en: str
    event: str
    level: str
    roles: frozenset[str]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    chain: str = ""
    follows: tuple[str, ...] = ()
    waits: str = ""
    ends: bool = False
    judges: bool = False
    classes: frozenset[str] = ALL
    rule: str = ""

    def title(self, language: str = "zh") -> str:
        """Give the name of the step."""
        return self.zh if language.startswith("zh") else self.en


GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "village": VILLAGE,
        "township": TOWNSHIP,
        "sector": SECTOR,
        "county": COUNTY,
        "government": GOVERNMENT,
        "finance": frozenset({"finance"}),
    }
)
"""The groups of roles that `steps.toml` names."""


def _read() -> dict[str, Move]:
    rows = tomllib.loads((files("processing.ledger") / "steps.toml").read_text(encoding="utf-8"))["step"]
    return {row["name"]: Move(**row | _typed(row)) for row in rows}


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: tuple(row.get(name, ())) for name in ("needs", "takes", "follows")}
    roles: frozenset[str] = frozenset().union(*(GROUPS[name] for name in row["roles"]))
    return found | {"roles": roles, "classes": frozenset(row.get("classes", ALL))}


MOVES: Mapping[str, Move] = MappingProxyType(_read())
"""Every step of an asset by its name."""
ENTERING: Final = frozenset({"inventory_village", "inventory_township", "inventory_confirm", "take_over", "hand_over"})
"""Steps of an asset that is not in the ledger yet."""
ENTERED_BY: Final = frozenset({"inventory_confirm", "take_over", "hand_over"})
"""Steps after which an asset stands in the ledger."""
NOTICED: Final = frozenset(
    {"rights_announce", "change_village", "change_township", "small_notice", "inventory_village", "inventory_township"}
)
"""Steps that hang out a notice against which objections are raised."""
DISPOSAL_STARTS: Final = MappingProxyType({"dispose_apply": "public", "small_decide": "small", "members_decide": "collective"})


def disposal_starts(asset_class: str | None, owner_level: str | None) -> frozenset[str]:
    """Name the steps with which the disposal of an asset may begin, by its class and owner.

    Public welfare: by application, or as a small asset inside a village by the village's own procedure; a village collective's
    other assets by the members' decision or, when small, the same way; what a township, county or the state owns goes the way of
    public welfare (design: no chain of its own is printed); a household's asset is small (design).

    >>> sorted(disposal_starts("PUB", "村集体")), sorted(disposal_starts("OPR", "县"))
    (['dispose_apply', 'small_decide'], ['dispose_apply'])
    """
    if asset_class == "HHD":
        return frozenset({"small_decide"})
    in_village = owner_level in {"村集体", "经营主体", "户"}
    if asset_class == "PUB":
        return frozenset({"dispose_apply", "small_decide"}) if in_village else frozenset({"dispose_apply"})
    return frozenset({"members_decide", "small_decide"}) if in_village else frozenset({"dispose_apply"})


def distribution_start(owner_level: str | None) -> str:
    """Name the step with which a distribution begins: by the village, or by the owner where a township or department owns.

    >>> distribution_start("村集体"), distribution_start("县")
    ('distribute', 'owner_distribute')
    """
    return "owner_distribute" if owner_level in {"国有", "县", "乡镇"} else "distribute"
