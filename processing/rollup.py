"""Σ numerators over Σ denominators, for every area and every group at once, what is unknown kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing import groups
from processing.areas import DEFAULT_LEVELS, HAMLET_RANK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from processing.areas import Areas

TOP: Final = "all"
"""Level and code of the row that counts every unit, also those that lie in no known area."""
TOP_NAME: Final = "全部"
GROUP: Final = "group"
COLUMNS: Final = (
    "level", "area_code", "area_name", "numerator", "denominator", "value", "unknown", "low", "high", "status",
    "synthetic", "unknown_units", "unweighted_units",
)  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Σ of units by area: known numerator and denominator, unknown weight, and counts; arrays of one length."""

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    unknown: NDArray[np.float64]
    units: NDArray[np.float64]
    unknown_units: NDArray[np.float64]
    unweighted_units: NDArray[np.float64]
    synthetic: NDArray[np.bool_]

    def rows(self, *, level: str, codes: Iterable[str], names: Iterable[str]) -> pd.DataFrame:
        """Turn the sums into rows with value, bounds and status.

        `value` = 100·N/D over known units; `low` = 100·N/(D+U), `high` = 100·(N+U)/(D+U): the unknown counted as none, as all.
        `status`: `ok` when nothing is unknown, `partial` when some weight or some unit's weight is, `no_data` when D is 0.
        """
        whole = self.denominator + self.unknown
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.where(self.denominator > 0, 100 * self.numerator / self.denominator, np.nan)
            low = np.where(whole > 0, 100 * self.numerator / whole, np.nan)
            high = np.where(whole > 0, 100 * (self.numerator + self.unknown) / whole, np.nan)
        complete = (self.unknown_units == 0) & (self.unweighted_units == 0)
        status = np.where(self.denominator > 0, np.where(complete, "ok", "partial"), "no_data")
        low, high = np.fmin(low, value), np.minimum(np.fmax(high, value), 100.0)
        data: dict[str, Any] = {
            "level": level,
            "area_code": list(codes),
            "area_name": list(names),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "value": value,
            "unknown": self.unknown,
            "low": low,
            "high": high,
            "status": status,
            "synthetic": self.synthetic,
            "unknown_units": self.unknown_units.astype(np.int64),
            "unweighted_units": self.unweighted_units.astype(np.int64),
        }
        return pd.DataFrame(data, columns=list(COLUMNS))


def roll_up(
    units: pd.DataFrame,
    areas: Areas,
    *,
    finest_rank: int = HAMLET_RANK,
    levels: Collection[str] | None = None,
) -> pd.DataFrame:
    """Add units up by every area of every level, by every group, and in one row for all of them.

    A unit whose numerator is NaN is unknown: its weight goes to `unknown`. A unit whose denominator is NaN has unknown weight:
    it enters no sum, is counted in `unweighted_units` and makes the status partial. Relocation settlements (`unit_layer`
    settlements) count only in their own group, since their people are counted in hamlets already.

    Args:
        units: one row per unit with unit_layer, unit_id, unit_name, area_code, numerator, denominator, synthetic.
        areas: the hierarchy; every area of the levels gets a row, with status no_data where no unit lies in it.
        finest_rank: rank of the finest level for which the indicator has a meaning (6 hamlet, 5 village, 4 township).
        levels: names of the levels wanted; None means all, with groups and the row for all.

    >>> import pandas as pd
    >>> from processing.areas import Areas
    >>> areas = Areas(pd.DataFrame({"area_code": ["C", "V"], "parent_code": [None, "C"], "rank": [3, 5]}))
    >>> units = pd.DataFrame({"unit_layer": "hamlets", "unit_id": ["h1", "h2", "h3"], "unit_name": "", "synthetic": False,
    ...     "area_code": ["V", "V", "C"], "numerator": [80.0, 0.0, None], "denominator": [100.0, 100.0, 50.0]})
    >>> roll_up(units, areas, levels=["county", "village"])[["level", "value", "unknown", "low", "high", "status"]].round(1)
         level  value  unknown   low  high   status
    0   county   40.0     50.0  32.0  52.0  partial
    1  village   40.0      0.0  40.0  40.0       ok
    """
    wanted = None if levels is None else set(levels)
    own = units["unit_layer"].to_numpy(dtype=object) == groups.SETTLEMENTS
    counted, settled = units[~own], units[own]
    position = areas.positions(counted["area_code"])
    parts = [_top(counted)] if wanted is None or TOP in wanted else []
    for column, level in enumerate(areas.levels):
        if level.rank <= min(finest_rank, HAMLET_RANK - 1) and (wanted is None or level.name in wanted):
            parts.append(_level(counted, areas, position, column))
    if wanted is None or GROUP in wanted:
        parts.extend(_groups(counted, settled, areas, position))
    hamlet_level = next((item.name for item in areas.levels if item.rank >= HAMLET_RANK), DEFAULT_LEVELS[HAMLET_RANK])
    if finest_rank >= HAMLET_RANK and (wanted is None or hamlet_level in wanted):
        parts.append(_each(counted, hamlet_level))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def add_up(units: pd.DataFrame, place: NDArray[np.intp], count: int) -> Sums:
    """Add units up by place: `place` gives for each unit a number below `count`, or -1 for none."""
    numerator = units["numerator"].to_numpy(dtype=np.float64, na_value=np.nan)
    denominator = units["denominator"].to_numpy(dtype=np.float64, na_value=np.nan)
    there = place >= 0
    unweighted = np.isnan(denominator)
    unknown = np.isnan(numerator) & ~unweighted & (denominator > 0)
    known = ~np.isnan(numerator) & ~unweighted

    def total(weights: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        chosen = chosen & there
        sums = np.bincount(place[chosen], weights=weights[chosen].astype(np.float64), minlength=count)
        return sums.astype(np.float64)

    ones = np.ones(len(units))
    synthetic = units["synthetic"].fillna(value=False).to_numpy(dtype=bool)
    return Sums(
        numerator=total(numerator, known),
        denominator=total(denominator, known),
        unknown=total(denominator, unknown),
        units=total(ones, np.ones(len(units), dtype=bool)),
        unknown_units=total(ones, unknown),
        unweighted_units=total(ones, unweighted),
        synthetic=total(ones, synthetic) > 0,
    )


def _top(units: pd.DataFrame) -> pd.DataFrame:
    sums = add_up(units, np.zeros(len(units), dtype=np.intp), 1)
    return sums.rows(level=TOP, codes=[TOP], names=[TOP_NAME])


def _level(units: pd.DataFrame, areas: Areas, position: NDArray[np.intp], column: int) -> pd.DataFrame:
    lineage = np.append(areas.lineage[:, column], -1)
    members = np.flatnonzero(areas.frame["rank"].to_numpy() == areas.levels[column].rank)
    slot = np.full(len(areas) + 1, -1, dtype=np.intp)
    slot[members] = np.arange(len(members))
    sums = add_up(units, slot[lineage[position]], len(members))
    return sums.rows(level=areas.levels[column].name, codes=areas.codes[members], names=areas.frame["area_name"].iloc[members])


def _groups(counted: pd.DataFrame, settled: pd.DataFrame, areas: Areas, position: NDArray[np.intp]) -> list[pd.DataFrame]:
    rows = []
    for name, members in areas.groups.items():
        inside = np.append(areas.within(members), values=False)[position]
        if name != groups.SETTLEMENTS and inside.any():
            sums = add_up(counted, np.where(inside, 0, -1).astype(np.intp), 1)
            rows.append(sums.rows(level=GROUP, codes=[name], names=[groups.title(name)]))
    if len(settled):
        sums = add_up(settled, np.zeros(len(settled), dtype=np.intp), 1)
        rows.append(sums.rows(level=GROUP, codes=[groups.SETTLEMENTS], names=[groups.title(groups.SETTLEMENTS)]))
    return rows


def _each(units: pd.DataFrame, level: str) -> pd.DataFrame:
    sums = add_up(units, np.arange(len(units), dtype=np.intp), len(units))
    return sums.rows(level=level, codes=units["unit_id"], names=units["unit_name"])
