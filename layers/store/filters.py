"""Conditions turned into SQL: a list of allowed columns, values only as parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from layers.errors import BadConditionError, BadFrameError
from layers.schema import Field, FieldType
from layers.values import encode_value

if TYPE_CHECKING:
    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Condition

OWN = {
    "fid": Field("fid", "行号", "Row", FieldType.INTEGER, "des"),
    "ver": Field("ver", "版本", "Version", FieldType.INTEGER, "des"),
    "id": Field("id", "内部编号", "Internal id", FieldType.TEXT, "des"),
}
MAX_CONDITIONS = 200
MAX_CHOICES = 30_000
COMPARISONS: dict[str, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}
OPERATORS = (*COMPARISONS, "in", "contains", "is_null")


def clauses(backend: Backend, layer: Layer, conditions: Sequence[Condition]) -> list[sa.ColumnElement[bool]]:
    """Turn conditions into SQL; raise BadConditionError naming what the layer does not have.

    A row whose value is unknown meets no comparison, also not `!=`; ask for it with `is_null`.
    """
    if len(conditions) > MAX_CONDITIONS:
        raise BadConditionError(f"{len(conditions)} conditions; at most {MAX_CONDITIONS} are taken at once")
    return [_clause(backend, layer, item) for item in conditions]


def _clause(backend: Backend, layer: Layer, condition: Condition) -> sa.ColumnElement[bool]:
    field = _field(layer, condition.field)
    column = backend.tables[layer.name].c[field.name]
    if condition.op not in OPERATORS:
        raise BadConditionError(f"There is no operator {condition.op!r}; use one of {', '.join(OPERATORS)}")
    if condition.op == "is_null":
        if not isinstance(condition.value, (bool, type(None))):
            raise BadConditionError("is_null takes true or false")
        return column.is_not(None) if condition.value is False else column.is_(None)
    if condition.op == "contains":
        return _contains(backend, field, column, condition.value)
    if condition.op == "in":
        return column.in_(_choices(field, condition.value))
    value = _value(field, condition.value)
    if value is None:
        raise BadConditionError(f"{field.name} {condition.op} nothing is never true; use is_null to ask for unknown values")
    return COMPARISONS[condition.op](column, value)


def _field(layer: Layer, name: object) -> Field:
    if isinstance(name, str) and name in OWN:
        return OWN[name]
    if not isinstance(name, str) or name not in layer:
        raise BadConditionError(f"Layer {layer.name} has no field {name!r}; its fields are: {', '.join(layer.field_names)}")
    return layer[name]


def _value(field: Field, value: object) -> Any:
    try:
        return encode_value(field, value)
    except BadFrameError as error:
        raise BadConditionError(str(error)) from error


def _choices(field: Field, value: object) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, (Sequence, set, frozenset)):
        raise BadConditionError(f"in takes a list of values for {field.name}, not {value!r}")
    if len(value) > MAX_CHOICES:
        raise BadConditionError(f"in takes at most {MAX_CHOICES} values, found {len(value)}")
    return [_value(field, item) for item in value]


def _contains(backend: Backend, field: Field, column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
    if not isinstance(value, str):
        raise BadConditionError(f"contains takes a text for {field.name}, not {value!r}")
    if field.type is FieldType.LIST:
        return backend.has_member(column, value)
    if field.type not in (FieldType.TEXT, FieldType.CODE):
        raise BadConditionError(f"contains works on texts and lists; {field.name} is a {field.type.value} field")
    return backend.has_text(column, _value(field, value))
