"""Computed fields kept true: filled where unknown, computed anew where what they follow from changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layers.derived import RULES
from layers.schema import GeometryKind
from layers.store import geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.schema import Layer
    from layers.store.rows import Row


def computes(layer: Layer) -> bool:
    """Say whether a layer has computed fields."""
    return layer.name in RULES and all(name in layer for name in RULES[layer.name][0])


def filled(layer: Layer, rows: Sequence[Row]) -> Sequence[Row]:
    """Give new rows with their computed fields; a value that was stated stays, so that a contradiction can be found."""
    if not computes(layer):
        return rows
    return [replace(row, values=row.values | _unknown(layer, row)) for row in rows]


def followed(layer: Layer, pairs: Sequence[tuple[Row, Row]]) -> Sequence[tuple[Row, Row]]:
    """Give changed rows with computed fields that follow the change.

    A field is computed where it is unknown, and where what it follows from changed and the field itself was not given another
    value: an undo and a stated value stand as they are.
    """
    if not computes(layer):
        return pairs
    return [(before, replace(after, values=after.values | _follow(layer, before, after))) for before, after in pairs]


def _computed(layer: Layer, row: Row) -> dict[str, Any]:
    shape = None if layer.geometry is GeometryKind.NONE or row.wkb is None else geometry.from_wkb([row.wkb])[0]
    return RULES[layer.name][1](row.values, None if shape is None or shape.is_empty else shape)


def _unknown(layer: Layer, row: Row) -> dict[str, Any]:
    if all(row.values.get(name) is not None for name in RULES[layer.name][0]):
        return {}
    return {name: value for name, value in _computed(layer, row).items() if row.values.get(name) is None}


def _follow(layer: Layer, before: Row, after: Row) -> dict[str, Any]:
    own = RULES[layer.name][0]
    inputs_same = before.wkb == after.wkb and all(
        before.values.get(name) == value for name, value in after.values.items() if name not in own
    )
    if inputs_same:
        return {}
    found, earlier = _computed(layer, after), _computed(layer, before)
    return {
        name: value
        for name, value in found.items()
        if after.values.get(name) is None or (after.values[name] == before.values.get(name) and value != earlier.get(name))
    }
