"""One comparison of a field with a value: is it well put, and for which rows does it hold. An unknown value satisfies none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.schema import Field, FieldType
from processing.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "contains", "starts", "is_null")
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_TEXTS = (FieldType.TEXT, FieldType.CODE)
_BY_TYPE: dict[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("=", "!=", "in", "contains", "starts", "is_null"),
    FieldType.CODE: ("=", "!=", "in", "contains", "starts", "is_null"),
    FieldType.INTEGER: ("=", "!=", "<", "<=", ">", ">=", "in", "is_null"),
    FieldType.NUMBER: ("=", "!=", "<", "<=", ">", ">=", "in", "is_null"),
    FieldType.DATE: ("=", "!=", "<", "<=", ">", ">=", "in", "is_null"),
    FieldType.FLAG: ("=", "!=", "is_null"),
    FieldType.LIST: ("contains", "is_null"),
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "in": lambda column, value: column.isin(value),
    "contains": lambda column, value: column.str.contains(value, regex=False),
    "starts": lambda column, value: column.str.startswith(value),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a declared field with a value that fits its type."""

    field: str
    op: str
    value: Any
    type: FieldType


def fit(declared: Field, op: Any, value: Any) -> Condition:
    """Make a condition of a declared field, an operator and a value.

    Raises:
        QueryError: the operator does not suit the field's type, or the value is not of it.

    >>> road_class = Field("admin_class", "行政等级", "class", FieldType.CODE, "C6")
    >>> fit(road_class, "=", "县道").value
    '县道'
    >>> fit(road_class, "<", "县道")
    Traceback (most recent call last):
    processing.errors.QueryError: field admin_class (code) takes =, !=, in, contains, starts, is_null; found '<'
    """
    allowed = _BY_TYPE[declared.type]
    if op not in allowed:
        raise QueryError(f"field {declared.name} ({declared.type}) takes {', '.join(allowed)}; found {shown(op)}")
    if op == "is_null":
        if value is not None and not isinstance(value, bool):
            raise QueryError(f"field {declared.name}: is_null takes true, false or no value; found {shown(value)}")
        return Condition(declared.name, op, value is not False, declared.type)
    if op == "in":
        if not isinstance(value, list) or not value:
            raise QueryError(f"field {declared.name}: a list of values was expected, found {shown(value)}")
        return Condition(declared.name, op, tuple(_value(declared, op, item) for item in value), declared.type)
    return Condition(declared.name, op, _value(declared, op, value), declared.type)


def holds(condition: Condition, frame: pd.DataFrame) -> Mask:
    """Say for which rows of a frame the condition holds; a missing column is unknown throughout.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"hsf": pd.array([True, None, False], dtype="boolean")})
    >>> holds(Condition("hsf", "=", True, FieldType.FLAG), frame).tolist()
    [True, False, False]
    >>> holds(Condition("hsf", "!=", True, FieldType.FLAG), frame).tolist()
    [False, False, True]
    """
    if condition.field not in frame.columns:
        return np.full(len(frame), condition.op == "is_null" and condition.value)
    column = frame[condition.field]
    known = column.notna().to_numpy(dtype=bool)
    if condition.op == "is_null":
        return np.asarray(known != condition.value)
    result = np.zeros(len(frame), dtype=bool)
    result[known] = _compare(condition, column[known])
    return result


def _compare(condition: Condition, column: pd.Series) -> Mask:
    """Compare known values."""
    if condition.type is FieldType.LIST:
        return np.fromiter((condition.value in map(_plain, item) for item in column), dtype=bool, count=len(column))
    if condition.type is FieldType.DATE:
        column = column.map(lambda day: day.isoformat()[:10] if hasattr(day, "isoformat") else str(day)).astype(object)
    elif condition.type in _TEXTS:
        column = column.astype(str)
    elif condition.type is FieldType.FLAG:
        column = column.astype(bool)
    else:
        column = column.astype(np.float64)
    return np.asarray(_COMPARE[condition.op](column, condition.value), dtype=bool)


def _plain(item: Any) -> Any:
    """Give what an entry of a list field is compared by: its code when it is an object, itself otherwise."""
    return item.get("code") if isinstance(item, dict) else item


def _value(declared: Field, op: str, value: Any) -> Any:
    """Give the value as the field's type holds it."""
    if declared.type in _NUMBERS:
        fits, expected = is_number(value), "a finite number"
    elif declared.type is FieldType.FLAG:
        fits, expected = isinstance(value, bool), "true or false"
    elif declared.type is FieldType.DATE:
        fits, expected = _is_day(value), "a day as YYYY-MM-DD"
    else:
        fits, expected = isinstance(value, str) and bool(value), "text"
    if not fits:
        raise QueryError(f"field {declared.name}: {expected} was expected, found {shown(value)}")
    if declared.codes is not None and declared.type is FieldType.CODE and op in {"=", "!=", "in"}:
        return _code(declared, value)
    return value


def _code(declared: Field, value: str) -> str:
    """Give the stored code for a code or one of its labels."""
    codes = declared.codes
    found = None if codes is None else codes.resolve(value)
    if found is None:
        listed = ", ".join(item.code for item in codes or ())
        raise QueryError(f"field {declared.name}: {shown(value)} is not in its code list; codes are {listed}")
    return found


def _is_day(value: Any) -> bool:
    """Say whether a value is a day in ISO form."""
    if not isinstance(value, str) or len(value) != len("2021-12-14"):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number, and not a yes or no.

    >>> is_number(3), is_number(True), is_number(float("inf")), is_number("3")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)  # noqa: PLR2004 - a whole number too large for a float


def shown(value: Any) -> str:
    """Show a value in a message, cut to 60 characters; of a list or object only its kind and size."""
    text = f"{type(value).__name__} of {len(value)}" if isinstance(value, dict | list | tuple) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - the length named above
