"""Whether the figure of a province or prefecture in a run is its average at all: only where all of its counties are held.

A run rolls up what a store holds. A store with five counties of a province gives a row for the province that is the sum of five
counties; that is no average of the province and is never shown as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processing.areas import Areas

WHOLE, PARTIAL, ABSENT, UNTOLD = "whole", "partial", "absent", "untold"
"""All counties held; some of them; no figure in the run; how many counties there are is not known."""
COUNTY_RANK: Final = 3
BETTER, WORSE, EQUAL, UNKNOWN = "better", "worse", "equal", "unknown"


@dataclass(frozen=True, slots=True)
class Average:
    """The figure of an area above: value with bounds, counties held and in all, and whether it is the average of the area."""

    code: str
    name: str
    level: str
    value: float | None
    low: float | None
    high: float | None
    held: int
    expected: int | None
    status: str

    @property
    def usable(self) -> bool:
        """Say whether something may be compared with it."""
        return self.status == WHOLE and self.value is not None


def average(table: pd.DataFrame, areas: Areas, indicator: str, code: str, counts: Mapping[str, int]) -> Average:
    """Give the figure of an area for an indicator, with how many of its counties it rests on.

    Args:
        table: the table of a run (indicator, area_code, level, value, low, high, denominator, unknown).
        areas: the hierarchy.
        indicator: its code.
        code: the province or prefecture.
        counts: number of counties by province and prefecture; an area that is not in it is `untold`.
    """
    own = table[table["indicator"] == indicator]
    row = own[own["area_code"] == code]
    inside = set(areas.codes[areas.within([code])])
    ranks = dict(zip(areas.codes, areas.frame["rank"], strict=True))
    counties = own[own["area_code"].isin({item for item in inside if ranks.get(item) == COUNTY_RANK})]
    held = int(((counties["denominator"].fillna(0) + counties["unknown"].fillna(0)) > 0).sum())
    expected = counts.get(code)
    found = row.iloc[0] if len(row) else None
    value = None if found is None else _number(found["value"])
    status = ABSENT if value is None else UNTOLD if expected is None else WHOLE if held >= expected else PARTIAL
    return Average(
        code,
        areas.name(code),
        areas.level_of(code) or "",
        value,
        None if found is None else _number(found["low"]),
        None if found is None else _number(found["high"]),
        held,
        expected,
        status,
    )


def against(low: float | None, high: float | None, other: Average) -> str:
    """Compare the bounds of a figure with an average's: surely better, surely worse, equal, or not to be known.

    Example:
        >>> mean = Average("62", "甘肃省", "province", 70.0, 69.0, 71.0, 86, 86, "whole")
        >>> against(72, 75, mean), against(60, 69.5, mean), against(50, 60, mean)
        ('better', 'unknown', 'worse')
    """
    bounds = (low, high, other.low, other.high)
    if not other.usable or any(item is None for item in bounds):
        return UNKNOWN
    own_low, own_high, mean_low, mean_high = (float(item) for item in bounds if item is not None)
    if own_low == own_high == mean_low == mean_high:
        return EQUAL
    return BETTER if own_low >= mean_high else WORSE if own_high < mean_low else UNKNOWN


def counts_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Read the shipped table of how many counties each province and prefecture has.

    Example:
        >>> counts_of([{"code": "6204", "name": "白银市", "counties": "5"}])
        {'6204': 5}
    """
    return {str(row["code"]): int(row["counties"]) for row in rows}


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
