"""Published targets beside computed values: met, not met, or cannot be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing.areas import HAMLET_RANK
from processing.indicators import reading
from processing.profiles import code_forms
from processing.rollup import GROUP, TOP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from processing.areas import Areas

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


def compare(table: pd.DataFrame, targets: pd.DataFrame, areas: Areas, *, on: date) -> pd.DataFrame:
    """Put the target that applies beside each row of a coverage table, and say whether it is met.

    A target applies to the areas inside its scope, and to members of its group or the group's own row; a national one everywhere
    where areas are coded by a Chinese scheme. Hamlets have none. Of several, those that can be compared go first, then the
    narrowest scope, then the next due on the day (else the last one past). `target` is the number compared with; the words
    全省平均水平 are the province's own value, when it is in the table.

    Status: `met` when the lower bound reaches the target, `not_met` when the upper bound does not, `unknown` between, without
    data, or for words that are no number; `none` without a target.

    Args:
        table: rows of `processing.rollup` with an `indicator` column.
        targets: rows of the indicator_targets layer, or of the shipped table.
        areas: the hierarchy, for scopes.
        on: the day.

    Returns:
        The columns COLUMNS on the index of the table.
    """
    listed = read_targets(targets)
    book = _Book(table, areas, on)
    rows: dict[Any, tuple[Any, ...]] = dict.fromkeys(table.index, (np.nan, NONE, None, None, None))
    compared = {level.name for level in areas.levels if level.rank < HAMLET_RANK} | {TOP, GROUP}
    for code in sorted({item.indicator for item in listed}):
        own = [item for item in listed if item.indicator == code]
        asked = table[(table["indicator"] == code) & table["level"].isin(compared)]
        for label, row in zip(asked.index, asked.to_dict("records"), strict=True):
            chosen = book.choose(row, own)
            if chosen is not None:
                number = book.number(row, chosen)
                status = judge(chosen.operator, number, float(row["low"]), float(row["high"]))
                rows[label] = (number, status, chosen.text, chosen.target_id, chosen.year)
    result = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).reindex(table.index)
    result["target"] = result["target"].astype(float)
    result["target_year"] = result["target_year"].astype("Int64")
    return result


def judge(operator: str, target: float, low: float, high: float) -> str:
    """Compare bounds with a target: met for sure, missed for sure, or not to be known.

    >>> judge(">=", 85, 80, 90), judge(">=", 85, 85, 90), judge("=", 100, 90, 99)
    ('unknown', 'met', 'not_met')
    """
    if np.isnan(target) or np.isnan(low) or np.isnan(high):
        return UNKNOWN
    if operator in ("<", "<="):
        return judge({"<": ">", "<=": ">="}[operator], -target, -high, -low)
    if operator == "=":
        sure = abs(low - target) <= EQUAL_WITHIN and abs(high - target) <= EQUAL_WITHIN
        possible = low - EQUAL_WITHIN <= target <= high + EQUAL_WITHIN
        return MET if sure else UNKNOWN if possible else NOT_MET
    if operator == ">":
        return MET if low > target else NOT_MET if high <= target else UNKNOWN
    return MET if low >= target - EQUAL_WITHIN else NOT_MET if high < target - EQUAL_WITHIN else UNKNOWN


class _Book:
    """Looks up which target applies to a row; remembers what it has found out about each area."""

    def __init__(self, table: pd.DataFrame, areas: Areas, on: date) -> None:
        self.areas = areas
        self.on = on
        self.table = table
        self.means: dict[tuple[str, str], float] = {}
        self.places: dict[tuple[str, str], tuple[frozenset[str], bool]] = {}
        self.tops = [str(code) for code in areas.codes[(areas.lineage >= 0).sum(axis=1) == 1]]

    def choose(self, row: Mapping[Any, Any], targets: list[Target]) -> Target | None:
        """Give the target that counts for a row, or None."""
        fit = [(self._narrowness(row, item), item) for item in targets]
        usable = [(narrow, item) for narrow, item in fit if narrow is not None]
        if not usable:
            return None
        return max(usable, key=lambda pair: (pair[1].comparable, pair[0], *self._timing(pair[1])))[1]

    def number(self, row: Mapping[Any, Any], target: Target) -> float:
        """Give the number to compare with: the target's own, the province's value, or 100 for full coverage; NaN for none."""
        if target.value is not None:
            return target.value
        if target.words in PROVINCE_MEAN:
            return self._mean(str(row["indicator"]), target.scope.code)
        return 100.0 if target.words in IN_FULL else float("nan")

    def _mean(self, code: str, province: str) -> float:
        """Give the province's own value of an indicator; NaN when the table has none."""
        if (code, province) not in self.means:
            own = self.table[(self.table["indicator"] == code) & self.table["area_code"].isin(code_forms(province))]
            self.means[code, province] = float(own["value"].iloc[0]) if len(own) else float("nan")
        return self.means[code, province]

    def _timing(self, target: Target) -> tuple[int, int]:
        if target.year is None:
            return (0, 0)
        ahead = target.year - self.on.year
        return (2, -ahead) if ahead >= 0 else (1, ahead)

    def _narrowness(self, row: Mapping[Any, Any], target: Target) -> tuple[int, int] | None:
        """Say how narrow a target's scope is for a row (rank of the area, and whether a group), None where it does not apply."""
        lineage, chinese = self._place(row)
        scope = target.scope
        if scope.group is not None and not self._in_group(row, lineage, scope.group):
            return None
        grouped = int(scope.group is not None)
        if scope.code == NATION:
            return (0, grouped) if chinese else None
        if not lineage.intersection(code_forms(scope.code)):
            return None
        return (len(scope.code), grouped)

    def _in_group(self, row: Mapping[Any, Any], lineage: frozenset[str], group: str) -> bool:
        if row["level"] == GROUP:
            return str(row["area_code"]) == group
        return bool(lineage & self.areas.groups.get(group, frozenset()))

    def _place(self, row: Mapping[Any, Any]) -> tuple[frozenset[str], bool]:
        """Give the areas that contain a row (for a group or the whole: all its members), and whether coding is Chinese."""
        key = (str(row["level"]), str(row["area_code"]))
        if key not in self.places:
            self.places[key] = self._find(*key)
        return self.places[key]

    def _find(self, level: str, code: str) -> tuple[frozenset[str], bool]:
        if level == TOP:
            members: list[str] = self.tops
        elif level == GROUP:
            members = sorted(member for member in self.areas.groups.get(code, frozenset()) if member in self.areas)
        else:
            members = [code]
        lineages = [frozenset(self.areas.ancestors(member)) for member in members]
        schemes = {self.areas.scheme(member) or "" for member in members if member in self.areas}
        shared = frozenset.intersection(*lineages) if lineages else frozenset[str]()
        return shared, bool(schemes) and all(scheme.startswith("cn") for scheme in schemes)


def meanings() -> Mapping[str, Scope | None]:
    """Give the table of printed scopes, for the page that explains which targets are compared."""
    return SCOPES
