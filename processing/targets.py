"""Published targets beside computed values: met, not met, or cannot be known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from layers.codes import table as shipped
from processing import averages
from processing.areas import HAMLET_RANK
from processing.indicators import reading
from processing.profiles import code_forms
from processing.rollup import GROUP, TOP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from processing.areas import Areas

    Floats = NDArray[np.float64]

MET, NOT_MET, UNKNOWN, NONE = "met", "not_met", "unknown", "none"
COLUMNS: Final = ("target", "target_status", "target_text", "target_id", "target_year")
NATION: Final = ""
"""Scope code of a national target: it applies to every area coded by a Chinese scheme."""
PROVINCE_MEAN: Final = frozenset({"全省平均水平", "全省平均"})
IN_FULL: Final = frozenset({"全覆盖"})
EQUAL_WITHIN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a target is printed: an area (code of a division) and perhaps a group of areas in it."""

    code: str
    group: str | None = None


SCOPES: Final[dict[str, Scope | None]] = {
    "全国": Scope(NATION),
    "国家乡村振兴重点帮扶县": Scope(NATION, "key_counties_national"),
    "湖南省": Scope("43"),
    "湖南省重点帮扶县": Scope("43", "key_counties"),
    "湖南省重点帮扶村": Scope("43", "key_villages"),
    "湖南省示范创建县": Scope("43", "demo_counties"),
    "湖南省示范创建村": Scope("43", "demo_villages"),
    "湖南省一类县": Scope("43", "toilet_class_1"),
    "湖南省二类县": Scope("43", "toilet_class_2"),
    "湖南省三类县": Scope("43", "toilet_class_3"),
    "衡阳市": Scope("4304"),
    "白银市": Scope("6204"),
    # groups of persons, or of areas that no layer lists: never compared
    "湖南省脱贫人口、防止返贫监测对象": None,
    "湖南省重点帮扶县、重点帮扶村": None,
    "湖南省示范创建县、示范创建村": None,
    "湖南省脱贫地区": None,
    "湖南省脱贫县": None,
    "衡阳市脱贫地区": None,
    "全国深度贫困地区": None,
    "白银市农村低收入人口": None,
}
"""What each printed scope means. None: persons or places that our layers cannot tell apart, so the target is never compared."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target for one indicator: the number or the words, the comparison, the year, and for whom."""

    target_id: str
    indicator: str
    scope: Scope
    operator: str
    value: float | None
    words: str | None
    year: int | None

    @property
    def text(self) -> str:
        """The target as printed, with its comparison."""
        return f"{self.operator}{self.words if self.value is None else format(self.value, 'g')}"

    @property
    def comparable(self) -> bool:
        """Say whether a rate can be compared with it: a number, the mean of the province, or full coverage."""
        return self.value is not None or self.words in PROVINCE_MEAN or self.words in IN_FULL


def read_targets(frame: pd.DataFrame) -> list[Target]:
    """Read the targets that are values of an indicator and whose scope is known, from layer rows or from the shipped table.

    Rows without target (baselines), without indicator code (other quantities of the same topic) and with a scope that is no area
    or group of areas are left out. An area code goes before the printed scope; a scope that is neither in SCOPES nor a code is
    taken as the name of a group.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"target_id": ["CN-01"], "area_scope": ["全国"], "indicator_code": ["W1"], "target_year": ["2025"],
    ...                      "operator": [">="], "target_value": ["88"], "unit": ["%"]})
    >>> [(item.text, item.year) for item in read_targets(rows)]
    [('>=88', 2025)]
    """
    printed = reading.first_known(reading.text(frame, "area_group"), reading.text(frame, "area_scope"))
    table = {
        "id": reading.text(frame, "target_id"),
        "indicator": reading.text(frame, "indicator_code"),
        "operator": reading.text(frame, "operator"),
        "value": reading.number(frame, "target_value"),
        "words": reading.first_known(reading.text(frame, "target_text"), reading.text(frame, "target_value")),
        "year": reading.number(frame, "target_year"),
        "scope": printed,
        "area": reading.text(frame, "area_code"),
    }
    rows: list[dict[Any, Any]] = pd.DataFrame(table).to_dict("records")
    return [target for target in (_target(row) for row in rows) if target is not None]


def _target(row: Mapping[Any, Any]) -> Target | None:
    value = None if pd.isna(row["value"]) else float(row["value"])
    words = row["words"] if value is None else None
    scope = _scope(row["scope"], row["area"])
    if row["indicator"] is None or scope is None or (value is None and words is None) or row["operator"] == "≈":
        return None
    year = None if pd.isna(row["year"]) else int(row["year"])
    return Target(row["id"] or "", row["indicator"], scope, row["operator"] or ">=", value, words, year)


def _scope(printed: str | None, area: str | None) -> Scope | None:
    if printed in SCOPES:
        return SCOPES[printed]
    if area is not None:
        return Scope(area, printed if printed not in (None, area) else None)
    return None if printed is None else Scope(NATION, printed)


@cache
def county_counts() -> Mapping[str, int]:
    """Give how many counties each province and prefecture has, from the shipped table."""
    return MappingProxyType(averages.counts_of(shipped("county_counts")))


def compare(
    table: pd.DataFrame, targets: pd.DataFrame, areas: Areas, *, on: date, counts: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Put the target that applies beside each row of a coverage table, and say whether it is met.

    A target applies to the areas inside its scope, and to members of its group or the group's own row; a national one everywhere
    where areas are coded by a Chinese scheme. Hamlets have none. Of several, those that can be compared go first, then the
    narrowest scope, then the next due on the day (else the last one past). `target` is the number compared with; the words
    全省平均水平 are the province's own value, when it is in the table and rests on all counties of the province
    (`processing.averages`): the sum of the counties that a store happens to hold is no average.

    Status: `met` when the lower bound reaches the target, `not_met` when the upper bound does not, `unknown` between, without
    data, or for words that are no number; `none` without a target.

    Args:
        table: rows of `processing.rollup` with an `indicator` column.
        targets: rows of the indicator_targets layer, or of the shipped table.
        areas: the hierarchy, for scopes.
        on: the day.
        counts: number of counties by province; the shipped ones where none are given.

    Returns:
        The columns COLUMNS on the index of the table.
    """
    listed = sorted(read_targets(targets), key=lambda item: _order(item, on), reverse=True)
    rows = _Rows(table, areas, table, counts)
    chosen = np.full(len(table), -1, dtype=np.intp)
    status = np.full(len(table), NONE, dtype=object)
    numbers = np.full(len(table), np.nan)
    for place, item in enumerate(listed):
        free = rows.of(item) & (chosen < 0)
        if free.any():
            chosen[free] = place
            numbers[free] = rows.number(item)
            status[free] = _judged(item.operator, rows.number(item), rows.low[free], rows.high[free])
    texts, ids, years = ([getattr(item, name) for item in listed] + [None] for name in ("text", "target_id", "year"))
    return pd.DataFrame(
        {
            "target": numbers,
            "target_status": status,
            "target_text": np.array(texts, dtype=object)[chosen],
            "target_id": np.array(ids, dtype=object)[chosen],
            "target_year": pd.array(np.array(years, dtype=object)[chosen], dtype="Int64"),
        },
        index=table.index,
    )[list(COLUMNS)]


def judge(operator: str, target: float, low: float, high: float) -> str:
    """Compare bounds with a target: met for sure, missed for sure, or not to be known.

    >>> judge(">=", 85, 80, 90), judge(">=", 85, 85, 90), judge("=", 100, 90, 99)
    ('unknown', 'met', 'not_met')
    """
    return str(_judged(operator, target, np.array([low], dtype=np.float64), np.array([high], dtype=np.float64))[0])


def _judged(operator: str, target: float, low: Floats, high: Floats) -> NDArray[np.object_]:
    if operator in ("<", "<="):
        return _judged({"<": ">", "<=": ">="}[operator], -target, -high, -low)
    with np.errstate(invalid="ignore"):
        if operator == "=":
            met = (np.abs(low - target) <= EQUAL_WITHIN) & (np.abs(high - target) <= EQUAL_WITHIN)
            missed = (target < low - EQUAL_WITHIN) | (target > high + EQUAL_WITHIN)
        elif operator == ">":
            met, missed = low > target, high <= target
        else:
            met, missed = low >= target - EQUAL_WITHIN, high < target - EQUAL_WITHIN
    known = ~(np.isnan(low) | np.isnan(high) | np.isnan(target))
    return np.where(known & met, MET, np.where(known & missed, NOT_MET, UNKNOWN)).astype(object)


def _order(target: Target, on: date) -> tuple[int, ...]:
    """Rank a target: comparable, narrow (length of the division code, then whether a group), due next, else last past."""
    ahead = None if target.year is None else target.year - on.year
    timing = (0, 0) if ahead is None else (2, -ahead) if ahead >= 0 else (1, ahead)
    return (int(target.comparable), len(target.scope.code), int(target.scope.group is not None), *timing)


class _Rows:
    """The rows of a coverage table, and which of them lie in the scope of a target."""

    def __init__(self, table: pd.DataFrame, areas: Areas, whole: pd.DataFrame, counts: Mapping[str, int] | None = None) -> None:
        self.areas, self.whole = areas, whole
        self.counts = county_counts() if counts is None else counts
        self.means: dict[tuple[str, str], float] = {}
        self.low, self.high = table["low"].to_numpy(dtype=np.float64), table["high"].to_numpy(dtype=np.float64)
        self.indicator = table["indicator"].to_numpy(dtype=object)
        self.codes = table["area_code"].to_numpy(dtype=object)
        level = table["level"].to_numpy(dtype=object)
        compared = [item.name for item in areas.levels if item.rank < HAMLET_RANK]
        self.position = np.where(np.isin(level, compared), areas.positions(self.codes), -1)
        self.several = np.flatnonzero((level == GROUP) | (level == TOP))
        self.top = level == TOP
        chinese = areas.frame["scheme"].astype(object).astype(str).str.startswith("cn")
        self.chinese = chinese.to_numpy(dtype=bool)
        self.roots = (areas.lineage >= 0).sum(axis=1) == 1

    def of(self, target: Target) -> NDArray[np.bool_]:
        """Say which rows a target applies to."""
        scope = target.scope
        inside = self.chinese if scope.code == NATION else self.areas.within(code_forms(scope.code))
        members = inside if scope.group is None else inside & self._members(scope.group)
        found: NDArray[np.bool_] = np.append(members, values=False)[self.position]
        for row in self.several:
            whole = self.roots if self.top[row] else self._members(self.codes[row])
            named = scope.group is None or (not self.top[row] and self.codes[row] == scope.group)
            found[row] = bool(named and whole.any() and inside[whole].all())
        return np.asarray(found & (self.indicator == target.indicator), dtype=np.bool_)

    def number(self, target: Target) -> float:
        """Give the number to compare with: the target's own, the province's average, or 100 for full coverage; NaN for none."""
        if target.value is not None:
            return target.value
        if target.words in PROVINCE_MEAN:
            key = (target.indicator, target.scope.code)
            if key not in self.means:
                self.means[key] = self._mean(*key)
            return self.means[key]
        return 100.0 if target.words in IN_FULL else float("nan")

    def _mean(self, indicator: str, scope: str) -> float:
        """Give the average of an area where all its counties are held; NaN otherwise."""
        forms = code_forms(scope)
        code = next((form for form in forms if form in self.areas), None)
        counted = next((self.counts[form] for form in forms if form in self.counts), None)
        if code is None or counted is None:
            return float("nan")
        found = averages.average(self.whole, self.areas, indicator, code, {code: counted})
        return found.value if found.usable and found.value is not None else float("nan")

    def _members(self, group: str) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = self.areas.group_masks.get(group, np.zeros(len(self.areas), dtype=np.bool_))
        return mask


def applying(
    table: pd.DataFrame, areas: Areas, target: Target, whole: pd.DataFrame, counts: Mapping[str, int] | None = None
) -> tuple[NDArray[np.bool_], float]:
    """Say to which rows of a coverage table a target applies, and give the number to compare with (NaN for none).

    The number of 全省平均水平 is the province's average in `whole`, the whole table of the run, where all its counties are held;
    of 全覆盖 it is 100.
    """
    rows = _Rows(table, areas, whole, counts)
    return rows.of(target), rows.number(target)
