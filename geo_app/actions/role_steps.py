"""What each role does in the project library and the asset ledger, as a table for the guides; read from the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_app.access.roles import ROLES
from layers.codes import LEDGER_LEVEL, PROJECT_STATUS
from processing.ledger.moves import MOVES as ASSET_MOVES
from processing.ledger.publishing import BUILDERS, COURSE
from processing.library.moves import MOVES as PROJECT_MOVES
from processing.library.moves import RETURNED, roles_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processing.library.moves import Move

_WORDS = {
    "zh": ("| 台账 | 步骤 | 项目处于 |", "项目库", "资产台账", "各级台账", "建立{}台账", "任何阶段", "、"),
    "en": (
        "| where | step | project is |",
        "project library",
        "asset ledger",
        "ledgers",
        "build the ledger: {}",
        "any stage",
        ", ",
    ),
}


def markdown(role: str, language: str) -> str:
    """Write the steps of a role as a table in Markdown.

    Example:
        >>> "财政部门意见" in markdown("finance", "zh"), markdown("viewer", "en")
        (True, '')
    """
    head, library, assets, ledgers, built, anywhere, comma = _WORDS[language]
    rows = [(library, move.title(language), _stages(role, name, language, anywhere, comma)) for name, move in _own(role)]
    rows += [(assets, move.title(language), "") for move in ASSET_MOVES.values() if role in move.roles]
    rows += [
        (ledgers, built.format(LEDGER_LEVEL.label(level, language)), "") for level, roles in BUILDERS.items() if role in roles
    ]
    steps = (course.move.title(language) for course in COURSE.values() if role in course.move.roles)
    rows += [(ledgers, title, "") for title in dict.fromkeys(steps)]
    if not rows:
        return ""
    return "\n".join([head, "|---|---|---|", *(f"| {' | '.join(row)} |" for row in _unlike(rows))]) + "\n"


def _own(role: str) -> Iterable[tuple[str, Move]]:
    return ((name, move) for name, move in PROJECT_MOVES.items() if role in move.roles)


def _stages(role: str, name: str, language: str, anywhere: str, comma: str) -> str:
    move = PROJECT_MOVES[name]
    stages = [item.code for item in PROJECT_STATUS if item.code in move.before and role in roles_at(move, item.code)]
    if len(stages) >= len(list(PROJECT_STATUS)) - 1:
        return anywhere
    return comma.join(PROJECT_STATUS.label(stage, language) for stage in stages or [RETURNED])


def _unlike(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Leave out rows that say the same."""
    return list(dict.fromkeys(rows))


def roles() -> list[str]:
    """Name the roles that take part in the procedures."""
    return [name for name, role in ROLES.items() if role.moves]
