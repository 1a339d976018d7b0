"""Σ numerators over Σ denominators, for every area and every group at once, what is unknown kept apart."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from processing import groups
from processing.areas import HAMLET_RANK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from processing.areas import Areas

    Floats = NDArray[np.float64]

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
    """Σ of units by place: known numerator and denominator, unknown weight, and counts; arrays of one length."""

    numerator: Floats
    denominator: Floats
    unknown: Floats
    unknown_units: Floats
    unweighted_units: Floats
    synthetic: Floats

    def percentages(self) -> tuple[Floats, Floats, Floats]:
        """Give value, low and high in percent; NaN where there is nothing to divide by.

        `value` = 100·N/D over known units; `low` = 100·N/(D+U), `high` = 100·(N+U)/(D+U): the unknown counted as none, as all.
        """
        whole = self.denominator + self.unknown
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.where(self.denominator > 0, 100 * self.numerator / self.denominator, np.nan)
            low = np.where(whole > 0, 100 * self.numerator / whole, np.nan)
            high = np.where(whole > 0, 100 * (self.numerator + self.unknown) / whole, np.nan)
        return value, np.fmin(low, value), np.minimum(np.fmax(high, value), 100.0)

    def status(self) -> NDArray[np.object_]:
        """Give `ok` when nothing is unknown, `partial` when some weight or some unit's weight is, `no_data` when D is 0."""
        complete = (self.unknown_units == 0) & (self.unweighted_units == 0)
        words = np.where(self.denominator > 0, np.where(complete, "ok", "partial"), "no_data")
        return words.astype(object)


@dataclass(frozen=True)
class _Part:
    """The sums of one level: its name, and code and name of each area."""

    level: str
    codes: NDArray[np.object_]
    names: NDArray[np.object_]
    sums: Sums


@dataclass(frozen=True)
class _Amounts:
    """The numbers of units as plain arrays, so that each is taken out of the frame once."""

    numerator: Floats
    denominator: Floats
    synthetic: Floats

    @classmethod
    def of(cls, units: pd.DataFrame) -> _Amounts:
        """Take the numbers out of a table of units."""
        return cls(
            units["numerator"].to_numpy(dtype=np.float64, na_value=np.nan),
            units["denominator"].to_numpy(dtype=np.float64, na_value=np.nan),
            units["synthetic"].fillna(value=False).to_numpy(dtype=np.float64),
        )

    def add_up(self, place: NDArray[np.intp], count: int) -> Sums:
        """Add up by place: a number below `count` for each unit, or -1 for none."""
        unweighted = np.isnan(self.denominator)
        unknown = np.isnan(self.numerator) & (self.denominator > 0)
        known = ~np.isnan(self.numerator) & ~unweighted
        there = place >= 0

        def total(weights: Floats | None, chosen: NDArray[np.bool_]) -> Floats:
            chosen = chosen & there
            if not chosen.any():
                return np.zeros(count)
            found = np.bincount(place[chosen], weights=None if weights is None else weights[chosen], minlength=count)
            return found.astype(np.float64)

        return Sums(
            numerator=total(self.numerator, known),
            denominator=total(self.denominator, known),
            unknown=total(self.denominator, unknown),
            unknown_units=total(None, unknown),
            unweighted_units=total(None, unweighted),
            synthetic=total(None, self.synthetic > 0),
        )


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
    counted, settled = (units[~own], units[own]) if own.any() else (units, units[:0])
    amounts = _Amounts.of(counted)
    position = areas.positions(counted["area_code"])
    parts = []
    if wanted is None or TOP in wanted:
        parts.append(_Part(TOP, _texts([TOP]), _texts([TOP_NAME]), amounts.add_up(np.zeros(len(counted), dtype=np.intp), 1)))
    for column, level in enumerate(areas.levels):
        if level.rank <= min(finest_rank, HAMLET_RANK - 1) and (wanted is None or level.name in wanted):
            parts.append(_level(amounts, areas, position, column))
    if wanted is None or GROUP in wanted:
        parts.extend(_groups(amounts, areas, position))
        if len(settled):
            parts.append(_group(groups.SETTLEMENTS, _Amounts.of(settled), np.zeros(len(settled), dtype=np.intp)))
    hamlet_level = next((item.name for item in areas.levels if item.rank >= HAMLET_RANK), areas.level_name(HAMLET_RANK))
    if finest_rank >= HAMLET_RANK and (wanted is None or hamlet_level in wanted):
        each = amounts.add_up(np.arange(len(counted), dtype=np.intp), len(counted))
        parts.append(_Part(hamlet_level, _texts(counted["unit_id"]), _texts(counted["unit_name"]), each))
    return _table(parts)


def _level(amounts: _Amounts, areas: Areas, position: NDArray[np.intp], column: int) -> _Part:
    lineage = np.append(areas.lineage[:, column], -1)
    members = np.flatnonzero(areas.frame["rank"].to_numpy() == areas.levels[column].rank)
    slot = np.full(len(areas) + 1, -1, dtype=np.intp)
    slot[members] = np.arange(len(members))
    names = areas.frame["area_name"].to_numpy(dtype=object)[members]
    codes = areas.frame["area_code"].to_numpy(dtype=object)[members]
    return _Part(areas.levels[column].name, codes, names, amounts.add_up(slot[lineage[position]], len(members)))


def _groups(amounts: _Amounts, areas: Areas, position: NDArray[np.intp]) -> Iterable[_Part]:
    for name, members in areas.group_masks.items():
        inside = np.append(members, values=False)[position]
        if name != groups.SETTLEMENTS and inside.any():
            yield _group(name, amounts, np.where(inside, 0, -1).astype(np.intp))


def _group(name: str, amounts: _Amounts, place: NDArray[np.intp]) -> _Part:
    return _Part(GROUP, _texts([name]), _texts([groups.title(name)]), amounts.add_up(place, 1))


def _texts(values: Iterable[str]) -> NDArray[np.object_]:
    return np.asarray(values if isinstance(values, pd.Series) else list(values), dtype=object)


def _table(parts: list[_Part]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    sums = Sums(*(np.concatenate([getattr(part.sums, item.name) for part in parts]) for item in fields(Sums)))
    value, low, high = sums.percentages()
    levels = np.repeat(np.array([part.level for part in parts], dtype=object), [len(part.codes) for part in parts])
    data = {
        "level": levels,
        "area_code": np.concatenate([part.codes for part in parts]),
        "area_name": np.concatenate([part.names for part in parts]),
        "numerator": sums.numerator,
        "denominator": sums.denominator,
        "value": value,
        "unknown": sums.unknown,
        "low": low,
        "high": high,
        "status": sums.status(),
        "synthetic": sums.synthetic > 0,
        "unknown_units": sums.unknown_units.astype(np.int64),
        "unweighted_units": sums.unweighted_units.astype(np.int64),
    }
    return pd.DataFrame({name: data[name] for name in COLUMNS})
