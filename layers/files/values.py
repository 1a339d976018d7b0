"""Reads one cell as what its field holds, or says what was expected. Nothing is repaired here."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import TYPE_CHECKING, Any

from layers.files.plain_table import as_text
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.schema import Field

YES = frozenset({"true", "t", "yes", "y", "1", "是", "有", "已", "√", "✓", "通"})
NO = frozenset({"false", "f", "no", "n", "0", "否", "无", "未", "×", "✗", "不通"})
DATE_FORM = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T ].*)?")
NUMBER_FORM = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
LIST_MARKS = re.compile(r"[;；、,，|]")
FIRST_YEAR, LAST_YEAR = 1900, 2100
EXPECTED: dict[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("文字", "a text"),
    FieldType.INTEGER: ("整数", "a whole number"),
    FieldType.NUMBER: ("数字", "a number"),
    FieldType.DATE: ("日期，如 2025-03-31", "a date such as 2025-03-31"),
    FieldType.FLAG: ("是或否", "yes or no"),
    FieldType.CODE: ("代码", "a code"),
    FieldType.LIST: ("列表（用 ; 分隔，或 JSON）", "a list (separated by ; or JSON)"),
}


class MisfitError(ValueError):
    """A cell that its field cannot hold."""


def is_unknown(value: Any) -> bool:
    """Say whether a cell is empty: None, NaN, NA, or blank text.

    >>> [is_unknown(value) for value in (None, float("nan"), " ", 0, [])]
    [True, True, True, False, False]
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, float) and math.isnan(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else as_text(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise MisfitError
    if isinstance(value, (int, float)):
        number = float(value)
    else:
        text = str(value).strip()
        if not NUMBER_FORM.fullmatch(text):
            raise MisfitError
        number = float(text)
    if not math.isfinite(number):
        raise MisfitError
    return number


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number) or abs(number) >= 2**63:
        raise MisfitError
    return int(number)


def _flag(value: Any) -> bool:
    text = as_text(value).strip().casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise MisfitError


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    match = DATE_FORM.fullmatch(as_text(value).strip())
    if match is None:
        raise MisfitError
    year, month, day = int(match[1]), int(match[2] or match[4]), int(match[3] or match[5])
    try:
        found = dt.date(year, month, day)
    except ValueError as error:
        raise MisfitError from error
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MisfitError
    return found


def _list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    text = as_text(value).strip()
    if text.startswith("["):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MisfitError from error
        return list(parsed)
    return [part.strip() for part in LIST_MARKS.split(text) if part.strip()]


_READERS: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.CODE: lambda value: _text(value).strip(),
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.FLAG: _flag,
    FieldType.LIST: _list,
}


def read_value(field: Field, value: Any) -> Any:
    """Read a cell as its field's type; None for an empty cell.

    Raises:
        MisfitError: the cell cannot be read so.

    >>> from layers.schema import Field
    >>> read_value(Field("n", "数", "n", FieldType.INTEGER, "example"), "12.0")
    12
    """
    return None if is_unknown(value) else _READERS[field.type](value)
