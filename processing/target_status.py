"""How each published target stands for one area: reached, not reached, not to be known, or not to be compared and why.

Never compared: baselines, rows whose indicator code is empty (a related indicator is the same topic and another quantity), words
that are no number, groups that no layer lists. Unknown data never counts as missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing.targets import MET, NOT_MET, PROVINCE_MEAN, Target, applying, judge, read_targets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from processing.areas import Areas

REACHED, NOT_REACHED, UNKNOWN, NOT_COMPARABLE, BASELINE, ELSEWHERE = (
    "reached",
    "not_reached",
    "unknown",
    "not_comparable",
    "baseline",
    "elsewhere",
)
STATES: Final = (NOT_REACHED, UNKNOWN, REACHED, NOT_COMPARABLE, BASELINE, ELSEWHERE)
ABOUT: Final = "≈"
ABOUT_WITHIN: Final = 0.05
"""A value within a twentieth of what is printed with 约 or 左右 is taken to reach it (design)."""


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One target as it stands for an area.

    `reason` is a short name of why it cannot be compared or known: no_indicator, other_quantity, rule_line, words, group,
    province_unknown, no_data, partial. `value`, `low`, `high` are the area's, `number` what they are compared with.
    """

    target_id: str
    state: str
    reason: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    number: float | None = None
    late: bool = False
    """The year of the target is over and it is not known to be reached."""


@dataclass(frozen=True, slots=True)
class _Place:
    """An area with its rows in a run, the whole run, and how many counties each province has."""

    area: str
    rows: pd.DataFrame
    whole: pd.DataFrame
    areas: Areas
    counts: Mapping[str, int] | None


def statuses(  # noqa: PLR0913 - targets beside a run, for an area, on a day
    targets: pd.DataFrame, table: pd.DataFrame, areas: Areas, area: str, *, on: date, counts: Mapping[str, int] | None = None
) -> list[TargetStatus]:
    """Judge every target for one area by a run's table, in the order of the targets.

    Args:
        targets: rows of the layer `indicator_targets`.
        table: rows of a run.
        areas: the hierarchy.
        area: code of the area.
        on: the day, for targets whose year is over.
        counts: number of counties by province; the shipped ones where none are given.
    """
    here = _Place(area, table[table["area_code"] == area], table, areas, counts)
    held: list[dict[Any, Any]] = targets.to_dict("records")
    return [_status(row, here, on) for row in held]


def _text(row: Mapping[Any, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or (not isinstance(value, list) and pd.isna(value)) else str(value)


def _status(row: Mapping[Any, Any], here: _Place, on: date) -> TargetStatus:
    name = _text(row, "target_id")
    if not _text(row, "target_value") and not _text(row, "target_text"):
        return TargetStatus(name, BASELINE)
    reason = _why_not(row)
    if reason:
        return TargetStatus(name, NOT_COMPARABLE, reason)
    found = _readable(row, here.areas)
    if found is None:
        return TargetStatus(name, NOT_COMPARABLE, "group")
    applies, number = applying(here.rows, here.areas, found, here.whole, here.counts)
    own = here.rows[applies]
    if own.empty:
        return TargetStatus(name, UNKNOWN, "no_data") if _inside(found, here) else TargetStatus(name, ELSEWHERE)
    return _judged(row, found, own.iloc[0], number, on)


def _why_not(row: Mapping[Any, Any]) -> str:
    """Name why a row is never compared, empty when it can be."""
    if _text(row, "indicator_code"):
        words = _text(row, "target_text")
        return "words" if words and words not in PROVINCE_MEAN and words != "全覆盖" and not _text(row, "target_value") else ""
    if _text(row, "related_indicator"):
        return "other_quantity"
    return "rule_line" if _text(row, "target_id").startswith("MON-") else "no_indicator"


def _readable(row: Mapping[Any, Any], areas: Areas) -> Target | None:
    """Read a row as a target; 约 is read as "at least" here and judged by its own rule; an area's own name is no group."""
    plain = {key: None if not isinstance(value, list) and pd.isna(value) else value for key, value in row.items()}
    code = _text(row, "area_code")
    if code in areas and _text(row, "area_group") == areas.name(code):
        plain["area_group"] = None
    if plain.get("operator") == ABOUT:
        plain["operator"] = ">="
    found = read_targets(pd.DataFrame([plain]))
    return found[0] if found else None


def _inside(target: Target, here: _Place) -> bool:
    """Say whether the area lies in the scope of a target although the run has no row of its indicator."""
    probe = pd.DataFrame(
        {
            "area_code": [here.area],
            "level": [here.areas.level_of(here.area)],
            "indicator": [target.indicator],
            **{name: [np.nan] for name in ("value", "low", "high")},
        }
    )
    return bool(applying(probe, here.areas, target, here.whole, here.counts)[0].any())


def _judged(row: Mapping[Any, Any], target: Target, own: pd.Series[Any], number: float, on: date) -> TargetStatus:
    name = target.target_id
    value, low, high = (None if pd.isna(own[key]) else float(own[key]) for key in ("value", "low", "high"))
    late = target.year is not None and target.year < on.year
    shown = None if np.isnan(number) else number
    if shown is None:
        return TargetStatus(name, UNKNOWN, "province_unknown", value, low, high, None, late)
    if low is None or high is None:
        return TargetStatus(name, UNKNOWN, "no_data", value, low, high, shown, late)
    found = about(shown, low, high) if _text(row, "operator") == ABOUT else judge(target.operator, shown, low, high)
    state = {MET: REACHED, NOT_MET: NOT_REACHED}.get(found, UNKNOWN)
    reason = "partial" if state == UNKNOWN else ""
    return TargetStatus(name, state, reason, value, low, high, shown, late and state != REACHED)


def about(number: float, low: float, high: float) -> str:
    """Judge a target printed with 约: reached for sure within a twentieth of the number, missed for sure beyond.

    >>> about(100, 96, 104), about(100, 90, 94), about(100, 90, 99)
    ('met', 'not_met', 'unknown')
    """
    least, most = sorted((number * (1 - ABOUT_WITHIN), number * (1 + ABOUT_WITHIN)))
    if low >= least and high <= most:
        return MET
    return NOT_MET if high < least or low > most else "unknown"
