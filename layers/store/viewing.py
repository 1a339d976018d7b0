"""Rows of a view as plain Python values, column by column: what a map in edit mode asks for all day, without making a frame.

A frame of fifty rows costs more than reading them. The values are those that `Store.read` gives, unknown as None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layers.schema import FieldType, GeometryKind
from layers.store import applying, features, geometry
from layers.values import columns_of, decode_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.schema import Field, Layer
    from layers.store.backend import Box
    from layers.store.geometry import Geometries
    from layers.store.records import Condition, Reach
    from layers.store.store import Store

HEADS = 3
"""fid, id and ver stand before the fields."""


@dataclass(frozen=True, slots=True)
class View:
    """Rows in the order of their fid; `total` rows match, and where that is more than was asked for none are read.

    `columns` holds the fields that may be read, `geometries` shapely geometries in EPSG:4490 (None for a table without geometry).
    """

    total: int
    ids: tuple[str, ...]
    vers: tuple[int, ...]
    columns: Mapping[str, Sequence[Any]]
    geometries: Geometries | None

    def __len__(self) -> int:
        """Count the rows that were read."""
        return len(self.ids)


def view(  # noqa: PLR0913 -- all that limits a view
    store: Store,
    layer_name: str,
    *,
    most: int,
    bbox: Box | None = None,
    ids: Sequence[str] | None = None,
    where: Sequence[Condition] = (),
    reach: Reach | None = None,
) -> View:
    """Read the rows that meet all conditions, at one moment, when they are no more than `most`.

    Raises:
        UnknownNameError: no such layer.
        BadConditionError: a box, a field or a value that the layer does not have.
    """
    backend = store._backend  # noqa: SLF001 - the same room
    layer = applying.declared(backend, layer_name)
    clauses = features.condition_list(backend, layer, bbox=bbox, ids=ids, where=where, reach=reach)
    with backend.reading() as connection:
        total = features.count(backend, connection, layer, clauses)
        found = features.fetch(backend, connection, layer, clauses=clauses) if 0 < total <= most else ()
    fields = columns_of(layer.fields)
    located = layer.geometry is not GeometryKind.NONE
    content: list[Sequence[Any]] = list(zip(*found, strict=True)) if found else [()] * (HEADS + len(fields) + located)
    columns = {
        field.name: _decoded(field, values)
        for field, values in zip(fields, content[HEADS:], strict=False)
        if _open(layer, field.name, reach)
    }
    if reach is not None:
        _blank(layer, reach, columns)
    shapes = geometry.from_wkb(backend.decode(content[-1])) if located else None
    return View(total, tuple(content[1]), tuple(content[2]), columns, shapes)


def _blank(layer: Layer, reach: Reach, columns: dict[str, Sequence[Any]]) -> None:
    """Make unknown what names a person, as `reaching.narrow` does."""
    rule = layer.personal
    if rule is None or not reach.masked:
        return
    kinds = columns.get(rule.field)
    for name in rule.hides & set(columns):
        values = columns[name]
        columns[name] = [None if kinds is None or kinds[place] == rule.value else value for place, value in enumerate(values)]


def _open(layer: Layer, name: str, reach: Reach | None) -> bool:
    """Say whether a field may be read, as `reaching.narrow` leaves it."""
    return reach is None or reach.fields is None or name == layer.key or name in reach.fields


def _decoded(field: Field, values: Sequence[Any]) -> Sequence[Any]:
    if field.type in (FieldType.TEXT, FieldType.CODE):
        return values
    if field.type is FieldType.INTEGER:
        return [None if value is None else int(value) for value in values]
    if field.type is FieldType.NUMBER:
        return [None if value is None else float(value) for value in values]
    return [decode_value(field, value) for value in values]
