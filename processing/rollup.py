"""Σ numerators over Σ denominators, for every area and every group at once, what is unknown kept apart."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

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
_RANGES: Final = ("low_numerator", "low_whole", "high_numerator", "high_whole")
_NOTHING: Final = 1e-9
COLUMNS: Final = (
    "level", "area_code", "area_name", "numerator", "denominator", "value", "unknown", "low", "high", "status",
    "synthetic", "unknown_units", "unweighted_units",
)  # fmt: skip


@dataclass(frozen=True)
class Resettled:
    """Relocated people who count at their settlement: which settlements count in the areas, and how far the bounds reach.

    `ranges` has one row per area in which people of hamlets are in doubt: area_code, and what low_numerator, low_whole,
    high_numerator and high_whole are beyond the sums of the units (whole: known and unknown weight).
    """

    settled: frozenset[str]
    ranges: pd.DataFrame


@dataclass(frozen=True)
class Sums:
    """Σ of units by place: known numerator and denominator, unknown weight, and counts; arrays of one length.

    `low_numerator`, `low_whole`, `high_numerator` and `high_whole` are what the bounds add to them for people in doubt.
    """

    numerator: Floats
    denominator: Floats
    unknown: Floats
    unknown_units: Floats
    unweighted_units: Floats
    synthetic: Floats
    low_numerator: Floats
    low_whole: Floats
    high_numerator: Floats
    high_whole: Floats

    def percentages(self) -> tuple[Floats, Floats, Floats]:
        """Give value, low and high in percent; NaN where there is nothing to divide by.

        `value` = 100·N/D over known units; `low` = 100·N/(D+U), `high` = 100·(N+U)/(D+U): the unknown counted as none, as all.
        People of whom it is in doubt where they count are taken out of either side as `Resettled` says.
        """
        whole = self.denominator + self.unknown
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.where(self.denominator > 0, 100 * self.numerator / self.denominator, np.nan)
            low = _percent(self.numerator + self.low_numerator, whole + self.low_whole)
            high = _percent(self.numerator + self.unknown + self.high_numerator, whole + self.high_whole)
        return value, np.maximum(np.fmin(low, value), 0.0), np.minimum(np.fmax(high, value), 100.0)

    def status(self) -> NDArray[np.object_]:
        """Give `ok` when nothing is unknown, `partial` when some weight or people are, `no_data` when D is 0."""
        complete = (self.unknown_units == 0) & (self.unweighted_units == 0) & ~self._doubtful()
        words = np.where(self.denominator > 0, np.where(complete, "ok", "partial"), "no_data")
        return words.astype(object)

    def _doubtful(self) -> NDArray[np.bool_]:
        parts = (self.low_numerator, self.low_whole, self.high_numerator, self.high_whole)
        doubtful: NDArray[np.bool_] = np.max(np.abs(np.stack(parts)), axis=0, initial=0.0) > _NOTHING
        return doubtful

    def widened(self, ranges: pd.DataFrame, place: NDArray[np.intp]) -> Sums:
        """Add what people in doubt do to the bounds, each row of ranges at its place (-1: none)."""
        there = place >= 0
        if not there.any():
            return self
        added: dict[str, Any] = {
            name: np.bincount(place[there], weights=ranges[name].to_numpy(dtype=float)[there], minlength=len(self.numerator))
            for name in _RANGES
        }
        return replace(self, **added)


def _percent(part: Floats, whole: Floats) -> Floats:
    """Give 100·part/whole; NaN where nobody is left, to whom no bound applies."""
    share: Floats = np.where(whole > _NOTHING, 100 * part / whole, np.nan)
    return share


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
            **{name: np.zeros(count) for name in _RANGES},
        )


def roll_up(
    units: pd.DataFrame,
    areas: Areas,
    *,
    finest_rank: int = HAMLET_RANK,
    levels: Collection[str] | None = None,
    people: Resettled | None = None,
) -> pd.DataFrame:
    """Add units up by every area of every level, by every group, and in one row for all of them.

    A unit whose numerator is NaN is unknown: its weight goes to `unknown`. A unit whose denominator is NaN has unknown weight:
    it enters no sum, is counted in `unweighted_units` and makes the status partial. Relocation settlements (`unit_layer`
    settlements) count in their own group, and in the areas those of `people`, whom the hamlets hold no more; without it their
    people are in the hamlets already. They have no row at the level of hamlets.

    Args:
        units: one row per unit with unit_layer, unit_id, unit_name, area_code, numerator, denominator, synthetic.
        areas: the hierarchy; every area of the levels gets a row, with status no_data where no unit lies in it.
        finest_rank: rank of the finest level for which the indicator has a meaning (6 hamlet, 5 village, 4 township).
        levels: names of the levels wanted; None means all, with groups and the row for all.
        people: relocated people who count at their settlement.

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
    outside = own if people is None else own & ~units["unit_id"].isin(people.settled).to_numpy()
    placed = _Placed.of(units[~outside] if outside.any() else units, areas, people)
    counted, settled = (units[~own], units[own]) if own.any() else (units, units[:0])
    parts = []
    if wanted is None or TOP in wanted:
        parts.append(_Part(TOP, _texts([TOP]), _texts([TOP_NAME]), placed.all()))
    for column, level in enumerate(areas.levels):
        if level.rank <= min(finest_rank, HAMLET_RANK - 1) and (wanted is None or level.name in wanted):
            parts.append(_level(placed, areas, column))
    if wanted is None or GROUP in wanted:
        parts.extend(_groups(placed, areas))
        if len(settled):
            sums = _Amounts.of(settled).add_up(np.zeros(len(settled), dtype=np.intp), 1)
            parts.append(_group(groups.SETTLEMENTS, sums))
    hamlet_level = next((item.name for item in areas.levels if item.rank >= HAMLET_RANK), areas.level_name(HAMLET_RANK))
    if finest_rank >= HAMLET_RANK and (wanted is None or hamlet_level in wanted):
        each = _Amounts.of(counted).add_up(np.arange(len(counted), dtype=np.intp), len(counted))
        parts.append(_Part(hamlet_level, _texts(counted["unit_id"]), _texts(counted["unit_name"]), each))
    return _table(parts)


@dataclass(frozen=True)
class _Placed:
    """Units that count in the areas, with the position of the area of each, and the ranges of people in doubt with theirs."""

    amounts: _Amounts
    position: NDArray[np.intp]
    ranges: pd.DataFrame
    ranged: NDArray[np.intp]

    @classmethod
    def of(cls, units: pd.DataFrame, areas: Areas, people: Resettled | None) -> _Placed:
        """Look up where each unit and each range lies."""
        ranges = pd.DataFrame({"area_code": pd.Series(dtype=object)}) if people is None else people.ranges
        return cls(_Amounts.of(units), areas.positions(units["area_code"]), ranges, areas.positions(ranges["area_code"]))

    def all(self) -> Sums:
        """Add everything up, also what lies in no known area."""
        sums = self.amounts.add_up(np.zeros(len(self.position), dtype=np.intp), 1)
        return sums.widened(self.ranges, np.zeros(len(self.ranges), dtype=np.intp))

    def add_up(self, slot: NDArray[np.intp], count: int) -> Sums:
        """Add up by the place that each position of an area has; the last place of `slot` is for no area."""
        return self.amounts.add_up(slot[self.position], count).widened(self.ranges, slot[self.ranged])


def _level(placed: _Placed, areas: Areas, column: int) -> _Part:
    lineage = np.append(areas.lineage[:, column], -1)
    members = np.flatnonzero(areas.frame["rank"].to_numpy() == areas.levels[column].rank)
    slot = np.full(len(areas) + 1, -1, dtype=np.intp)
    slot[members] = np.arange(len(members))
    names = areas.frame["area_name"].to_numpy(dtype=object)[members]
    codes = areas.frame["area_code"].to_numpy(dtype=object)[members]
    return _Part(areas.levels[column].name, codes, names, placed.add_up(slot[lineage], len(members)))


def _groups(placed: _Placed, areas: Areas) -> Iterable[_Part]:
    for name, members in areas.group_masks.items():
        inside = np.append(members, values=False)
        if name != groups.SETTLEMENTS and inside[placed.position].any():
            yield _group(name, placed.add_up(np.where(inside, 0, -1).astype(np.intp), 1))


def _group(name: str, sums: Sums) -> _Part:
    return _Part(GROUP, _texts([name]), _texts([groups.title(name)]), sums)


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
