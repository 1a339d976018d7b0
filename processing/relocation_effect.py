"""What counting relocated people at their settlement would change in an indicator that weighs persons, from the units of a run.

A run weighs hamlets as stated and keeps settlements in a group of their own, so that nobody is counted twice. Where origins say
that an old village still counts people who moved, their weight is taken out of the hamlets of that village, in proportion, and
put on their settlement. The sum of the weights stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Row = Mapping[str, Any]

SETTLEMENTS: Final = "settlements"


@dataclass(frozen=True, slots=True)
class Figures:
    """A rolled-up figure: weights that pass, weights that are known, and unknown weights; percent with bounds."""

    numerator: float
    denominator: float
    unknown: float

    @property
    def value(self) -> float | None:
        """Percent over known weights."""
        return 100 * self.numerator / self.denominator if self.denominator else None

    @property
    def low(self) -> float | None:
        """Percent where the unknown fail."""
        whole = self.denominator + self.unknown
        return 100 * self.numerator / whole if whole else None

    @property
    def high(self) -> float | None:
        """Percent where the unknown pass."""
        whole = self.denominator + self.unknown
        return 100 * (self.numerator + self.unknown) / whole if whole else None

    @property
    def weight(self) -> float:
        """All weights, known and unknown."""
        return self.denominator + self.unknown


@dataclass(frozen=True, slots=True)
class Effect:
    """An indicator as the run gives it and with relocated people at their settlement; how many people change place."""

    before: Figures
    after: Figures
    moved: float


def effect(units: pd.DataFrame, origins: Iterable[Row]) -> Effect | None:
    """Compute an indicator again with relocated people at their settlement; None where the run has no settlement in it.

    Args:
        units: units of an indicator that weighs persons: unit_layer, unit_id, area_code, numerator, denominator.
        origins: rows of the layer settlement_origins.

    Example:
        >>> units = pd.DataFrame({"unit_layer": ["hamlets", "hamlets", "settlements"], "unit_id": ["h1", "h2", "s"],
        ...     "area_code": ["v", "v", "w"], "numerator": [0.0, 60.0, 50.0], "denominator": [40.0, 60.0, 50.0]})
        >>> found = effect(units, [{"village_code": "v", "settlement_id": "s", "persons": 20, "still_counted": True}])
        >>> found.before.value, found.after.value, found.after.weight, found.moved
        (60.0, 68.0, 100.0, 20.0)
    """
    weighed = units[units["denominator"].notna() & (units["denominator"] > 0)]
    own = weighed["unit_layer"] == SETTLEMENTS
    sites, rest = weighed[own], weighed[~own]
    if sites.empty:
        return None
    room = _by_name(sites.drop_duplicates("unit_id").set_index("unit_id")["denominator"])
    held = _by_name(rest.groupby("area_code")["denominator"].sum())
    out, put = _places(origins, held, room)
    scale = rest["area_code"].map(lambda code: 1 - out.get(code, 0.0) / held[code] if code in held else 1.0).astype(float)
    share = sites["unit_id"].map(lambda key: put.get(key, 0.0) / room[key]).astype(float)
    before, moved_there = _sum(rest, pd.Series(1.0, index=rest.index)), _sum(sites, share)
    left = _sum(rest, scale)
    after = Figures(
        left.numerator + moved_there.numerator, left.denominator + moved_there.denominator, left.unknown + moved_there.unknown
    )
    return Effect(before, after, sum(put.values()))


def _places(
    origins: Iterable[Row], held: Mapping[str, float], room: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Say how much weight leaves each village and comes to each settlement: never more than either has."""
    out: dict[str, float] = {}
    put: dict[str, float] = {}
    for row in origins:
        village, site = str(row.get("village_code")), str(row.get("settlement_id"))
        persons = _moving(row)
        if village not in held or site not in room or not persons:
            continue
        moving = min(persons, held[village] - out.get(village, 0.0), room[site] - put.get(site, 0.0))
        out[village] = out.get(village, 0.0) + moving
        put[site] = put.get(site, 0.0) + moving
    return out, put


def _by_name(weights: pd.Series) -> dict[str, float]:
    return {str(name): float(weight) for name, weight in weights.items()}


def _moving(row: Row) -> float:
    """Give the persons of a row that stand in the old village's figure for sure."""
    persons, counted = row.get("persons"), row.get("still_counted")
    return float(persons) if pd.notna(persons) and pd.notna(counted) and bool(counted) else 0.0


def _sum(units: pd.DataFrame, share: pd.Series) -> Figures:
    known = units["numerator"].notna()
    weight = units["denominator"].astype(float) * share
    return Figures(
        float((units["numerator"].astype(float) * share)[known].sum()), float(weight[known].sum()), float(weight[~known].sum())
    )
