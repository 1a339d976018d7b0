"""The values of a filter: fields, literals, letter case and patterns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from layers.errors import BadConditionError, BadFrameError
from layers.schema import FieldType
from layers.store.cql_temporal import day_of
from layers.store.filters import OWN
from layers.values import encode_value

if TYPE_CHECKING:
    import sqlalchemy as sa

KINDS = {
    FieldType.TEXT: "text",
    FieldType.CODE: "text",
    FieldType.INTEGER: "number",
    FieldType.NUMBER: "number",
    FieldType.FLAG: "flag",
    FieldType.DATE: "date",
    FieldType.LIST: "list",
}


class Operand(NamedTuple):
    """One side of a comparison: its kind, its value when it is a literal, else its column; whether letter case is folded."""

    kind: str
    value: Any = None
    column: sa.ColumnElement[Any] | None = None
    folded: bool = False


def literal(node: Any) -> Operand:
    """Read a literal value.

    >>> literal("O'Neil"), literal({"date": "2024-02-29"}).value
    (Operand(kind='text', value="O'Neil", column=None, folded=False), '2024-02-29')
    """
    if isinstance(node, bool):
        return Operand("flag", value=node)
    if isinstance(node, (int, float)):
        return Operand("number", value=_finite(node))
    if isinstance(node, str):
        try:
            return Operand("text", value=encode_value(OWN["id"], node))
        except BadFrameError as error:
            raise BadConditionError("A text in the filter holds what is no character") from error
    if isinstance(node, Mapping) and ("date" in node or "timestamp" in node):
        return Operand("date", value=day_of(node).isoformat())
    raise BadConditionError(f"A field, a text, a number, true, false or a date was expected, found {shown(node)}")


def _finite(number: float) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise BadConditionError("Only finite numbers are taken")
    return number if isinstance(number, int) and -(2**63) <= number < 2**63 else value


def as_date(operand: Operand, beside: Operand) -> Operand:
    """Take an ISO text beside a date field for the date it writes."""
    if operand.kind == "text" and operand.column is None and beside.kind == "date" and beside.column is not None:
        return Operand("date", value=day_of({"date": operand.value}).isoformat())
    return operand


def _parts_of(pattern: str) -> list[tuple[bool, str]]:
    """Split a pattern into characters, each with whether it is a wildcard; backslash takes a wildcard literally."""
    found, escaped = [], False
    for character in pattern:
        if escaped or character not in "\\%_":
            found.append((False, character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found.append((True, character))
    return [*found, (False, "\\")] if escaped else found


def glob_of(pattern: str) -> str:
    r"""Write a CQL2 pattern for SQLite's GLOB, which heeds letter case.

    >>> glob_of("a%_*\\%")
    'a*?[*]%'
    """
    wild = {"%": "*", "_": "?"}
    return "".join(
        wild[character] if is_wild else (f"[{character}]" if character in "*?[" else character)
        for is_wild, character in _parts_of(pattern)
    )


def like_of(pattern: str) -> str:
    r"""Write a CQL2 pattern for PostgreSQL's LIKE with backslash as escape.

    >>> like_of("a%\\%")
    'a%\\%'
    """
    return "".join(
        character if is_wild or character not in "\\%_" else f"\\{character}" for is_wild, character in _parts_of(pattern)
    )


def shown(node: Any) -> str:
    """Write a part of a filter for a message, not longer than a line."""
    text = repr(node)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - enough to find it again
