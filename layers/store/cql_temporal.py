"""The temporal part of CQL2 for date fields: a field is a day, the other side a day or an interval of days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from layers.errors import BadConditionError

TEMPORAL = ("t_after", "t_before", "t_during", "t_equals", "t_intersects", "t_disjoint")
OPEN_END = ".."


def day_of(node: Any) -> dt.date:
    """Read `{"date": …}` or `{"timestamp": …}` as a day; a moment counts as the day it is written with.

    >>> day_of({"timestamp": "2024-02-29T23:00:00Z"})
    datetime.date(2024, 2, 29)

    Raises:
        BadConditionError: it is no date.
    """
    text = (node.get("date") or node.get("timestamp")) if isinstance(node, Mapping) else node
    try:
        if isinstance(text, str) and "T" in text:
            return dt.datetime.fromisoformat(text).date()
        return dt.date.fromisoformat(str(text))
    except (ValueError, TypeError):
        raise BadConditionError("A date like 2025-03-31 or a time like 2025-03-31T08:00:00Z was expected") from None


def _end(value: Any) -> dt.date | None:
    return None if value == OPEN_END else day_of(value)


def interval_of(node: Any) -> tuple[dt.date | None, dt.date | None]:
    """Read an instant or `{"interval": [from, to]}`; None is an open end.

    >>> interval_of({"interval": ["2024-01-01", ".."]})
    (datetime.date(2024, 1, 1), None)
    """
    if isinstance(node, Mapping) and "interval" in node:
        ends = node["interval"]
        if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004 - an interval has two ends
            raise BadConditionError("An interval has two ends")
        return _end(ends[0]), _end(ends[1])
    day = day_of(node)
    return day, day


def temporal(op: str, column: sa.ColumnElement[Any], first: Any, last: Any, *, instant: bool) -> sa.ColumnElement[bool]:
    """Compare a day with a day or an interval; an open end bounds nothing, an unknown day meets no comparison."""
    known, never = column == column, column != column  # noqa: PLR0124 - true and false where the day is known, else unknown
    before = never if first is None else column < first
    after = never if last is None else column > last
    if op in {"t_before", "t_after"}:
        return sa.and_(before if op == "t_before" else after, known).self_group()
    if op == "t_disjoint":
        return sa.or_(before, after).self_group()
    if op == "t_equals":
        if not instant:
            raise BadConditionError("t_equals compares a date field with a date")
        return sa.and_(column == first, known).self_group()
    strict = op == "t_during" and not instant
    low = known if first is None else (column > first if strict else column >= first)
    high = known if last is None else (column < last if strict else column <= last)
    return sa.and_(low, high).self_group()
