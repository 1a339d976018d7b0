"""One value of a field, in its three forms: as a frame holds it, as the database holds it, as the history's JSON holds it.

In the database a date is ISO text, a list is JSON text, a flag is a truth value and unknown is NULL. The JSON of the history
holds the same primitives, without the unknown ones.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.errors import BadFrameError
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.schema import Field

Primitive = str | int | float | bool | None

SMALLEST, GREATEST = -(2**63), 2**63 - 1
NO_SIGN = 0.0
"""Added to a number it makes a minus zero a zero, since a GeoPackage keeps none and PostGIS does."""
SHOWN = 5
"""How many bad rows a message names."""


class _MisfitError(ValueError):
    """A value that the field cannot take; the text says what it takes."""


TEXT_DTYPE = pd.StringDtype(na_value=np.nan)


def columns_of(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Leave out `id`, which the store keeps in a column of its own."""
    return tuple(item for item in fields if item.name != "id")


def unknown(value: object) -> bool:
    """Say whether a scalar means unknown: None, NaN, NaT or NA.

    >>> [unknown(value) for value in (None, float("nan"), "", 0, [])]
    [True, True, False, False, False]
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float) and math.isnan(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _MisfitError("text")
    if "\x00" in value:
        raise _MisfitError("text without NUL characters")
    if not _encodable(value):
        raise _MisfitError("text of whole characters")
    return value


def _integer(value: object) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise _MisfitError("a whole number")
    if not math.isfinite(value) or value != int(value) or not SMALLEST <= int(value) <= GREATEST:
        raise _MisfitError("a whole number of at most 64 bits")
    return int(value)


def _number(value: object) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise _MisfitError("a number")
    if not math.isfinite(value):
        raise _MisfitError("a finite number")
    return float(value) + NO_SIGN


def _flag(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Real) and value in (0, 1):
        return bool(value)
    raise _MisfitError("true or false")


def _date(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value).date().isoformat()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value).isoformat()
        except ValueError:
            raise _MisfitError("a date like 2025-03-31") from None
    raise _MisfitError("a date")


def _plain(value: Any) -> Any:
    """Turn numpy and tuple leavings inside a list into what JSON has."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return _text(value) if isinstance(value, str) else value


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise _MisfitError("a list") from None


def _list(value: object) -> str:
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise _MisfitError("a list")
    try:
        return _text(to_json(_plain(value)))
    except (TypeError, ValueError):
        raise _MisfitError("a list of plain values") from None


_ENCODERS: dict[FieldType, Callable[[Any], Primitive]] = {
    FieldType.TEXT: _text,
    FieldType.CODE: _text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.FLAG: _flag,
    FieldType.DATE: _date,
    FieldType.LIST: _list,
}


def to_json(value: object) -> str:
    """Write JSON the one way the store writes it: compact, exact, no NaN.

    >>> to_json({"村": 0.1})
    '{"村":0.1}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode_value(field: Field, value: object) -> Primitive:
    """Turn one value into what the database holds; raise BadFrameError when the field cannot take it."""
    if unknown(value):
        return None
    try:
        return _ENCODERS[field.type](value)
    except _MisfitError as error:
        raise BadFrameError(f"Field {field.name} ({field.zh}) takes {error}, not {value!r}") from error


def decode_value(field: Field, value: Any) -> Any:
    """Turn what the database holds into what a feature's dictionary holds."""
    if value is None:
        return None
    if field.type is FieldType.DATE:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
    if field.type is FieldType.LIST:
        return json.loads(value) if isinstance(value, str) else value
    return bool(value) if field.type is FieldType.FLAG else value


def primitive(field: Field, value: Any) -> Primitive:
    """Bring what one kind of database gives into the one form that history and comparison use."""
    if value is None:
        return None
    if field.type is FieldType.FLAG:
        return bool(value)
    if field.type is FieldType.NUMBER:
        return float(value) + NO_SIGN
    return value.isoformat() if isinstance(value, dt.date) else value


def _encode_quickly(field: Field, column: pd.Series) -> list[Primitive] | None:
    """Turn a column that has the field's own dtype over as a whole; None when it must be looked at value by value."""
    dtype, kind = column.dtype, field.type
    if kind is FieldType.INTEGER and str(dtype) in {"Int64", "int64"}:
        whole: list[Primitive] = column.astype(object).where(column.notna(), None).tolist()
        return whole
    if kind is FieldType.NUMBER and str(dtype) == "float64":
        numbers_held = column.to_numpy() + NO_SIGN
        if np.isinf(numbers_held).any():
            return None
        return [None if value != value else value for value in numbers_held.tolist()]  # noqa: PLR0124 -- only NaN differs from itself
    if kind in (FieldType.TEXT, FieldType.CODE) and isinstance(dtype, pd.StringDtype):
        texts: list[Primitive] = column.astype(object).where(column.notna(), None).tolist()
        joined = "".join(text for text in texts if isinstance(text, str))
        return None if "\x00" in joined or not _encodable(joined) else texts
    return None


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def encode_column(field: Field, column: pd.Series) -> list[Primitive]:
    """Turn a column into what the database holds; raise BadFrameError naming the first rows that do not fit."""
    quick = _encode_quickly(field, column)
    if quick is not None:
        return quick
    encode = _ENCODERS[field.type]
    encoded: list[Primitive] = []
    faults: list[str] = []
    for label, value in zip(column.index.tolist(), column.tolist(), strict=True):
        if unknown(value):
            encoded.append(None)
            continue
        try:
            encoded.append(encode(value))
        except _MisfitError as error:
            faults.append(f"row {label}: {value!r} is not {error}")
            encoded.append(None)
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise BadFrameError(f"Field {field.name} ({field.zh}) does not fit: {'; '.join(faults[:SHOWN])}{more}. Mend these rows.")
    return encoded


def decode_column(field: Field, values: Sequence[Any], index: pd.Index[Any]) -> pd.Series:
    """Turn a column of the database into a frame's column of the field's dtype."""
    if field.type in (FieldType.TEXT, FieldType.CODE):
        return pd.Series(pd.array(values, dtype=TEXT_DTYPE), index=index, name=field.name)
    if field.type is FieldType.INTEGER:
        return pd.Series(pd.array(values, dtype="Int64"), index=index, name=field.name)
    if field.type is FieldType.NUMBER:
        return pd.Series(np.array(values, dtype="float64"), index=index, name=field.name)
    if field.type is FieldType.FLAG:
        truths = [None if value is None else bool(value) for value in values]
        return pd.Series(pd.array(truths, dtype="boolean"), index=index, name=field.name)
    column = np.empty(len(values), dtype=object)
    column[:] = [decode_value(field, value) for value in values]
    return pd.Series(column, index=index, name=field.name, dtype=object)
