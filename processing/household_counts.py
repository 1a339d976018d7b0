"""Households counted by area, type and risk; nothing finer than a village goes on from here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processing.household_sheet import Household

TOTAL, ALL = "合计", "all"
FLAGGED: Final = (
    "water_problem",
    "housing_problem",
    "schooling_problem",
    "insurance_problem",
    "in_settlement",
    "relocated",
    "added",
    "removed",
    "supported",
)
Key = tuple[str, str, str]


def counted(
    households: Sequence[Household],
    parent: Mapping[str, str],
    level: Mapping[str, int],
    *,
    types: Sequence[str],
    risks: Sequence[str],
) -> dict[Key, dict[str, int]]:
    """Count households of villages, of everything above them, by type above the villages and by risk for the topmost areas.

    A village has one row, all types and risks together: finer cells would be small nearly everywhere. Types stand for townships
    and above, risks for the topmost areas; a household with two risks counts for both. Every area of `level` has its rows, also
    with nothing in it.

    Args:
        households: as read from the sheet.
        parent: area → the area above it.
        level: area → 0 for villages, 1 for townships, 2 for counties.
        types: types in the order of the rows.
        risks: risks likewise.
    """
    rows: dict[Key, Counter[str]] = {}
    for area, rank in level.items():
        keys = [(area, TOTAL, ALL)]
        keys += [(area, kind, ALL) for kind in types] if rank else []
        keys += [(area, TOTAL, risk) for risk in risks] if area not in parent else []
        rows |= {key: Counter() for key in keys}
    for household in households:
        above: str | None = household.village
        while above is not None:
            _count(rows, above, household)
            above = parent.get(above)
    names = {key: (*MEASURED, *(FLAGGED if key[1:] == (TOTAL, ALL) else ())) for key in rows}
    return {key: {name: tally[name] for name in names[key]} for key, tally in rows.items()}


MEASURED: Final = ("households", "persons")
MOVED: Final = frozenset({"added", "removed"})
"""What came and went in the month; a household that did both counts for both and is not among the monitored."""


def _count(rows: Mapping[Key, Counter[str]], area: str, household: Household) -> None:
    whole = rows[area, TOTAL, ALL]
    whole.update(dict.fromkeys(household.counted & MOVED, 1))
    if not household.monitored:
        return
    for key in [(area, TOTAL, ALL), (area, household.kind, ALL), *((area, TOTAL, risk) for risk in household.risks)]:
        if key in rows:
            rows[key].update(households=1, persons=household.persons)
    whole.update(dict.fromkeys(household.counted - MOVED, 1))
