"""Computed fields kept true: filled where unknown, computed anew where what they follow from changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layers import derived
from layers.schema import GeometryKind
from layers.store import geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely

    from layers.schema import Layer
    from layers.store.rows import Row


def computes(layer: Layer) -> bool:
    """Say whether a layer has computed fields."""
    return layer.name in derived.RULES and all(name in layer for name in derived.RULES[layer.name][0])


def filled(layer: Layer, rows: Sequence[Row]) -> Sequence[Row]:
    """Give new rows with their computed fields; a value that was stated stays, so that a contradiction can be found."""
    if not computes(layer):
        return rows
    names = derived.RULES[layer.name][0]
    known = [all(row.values.get(name) is not None for name in names) for row in rows]
    return [
        row if stated else replace(row, values=row.values | derived.filled(layer.name, row.values, _shape(layer, row)))
        for row, stated in zip(rows, known, strict=True)
    ]


def followed(layer: Layer, pairs: Sequence[tuple[Row, Row]]) -> Sequence[tuple[Row, Row]]:
    """Give changed rows with computed fields that follow the change; see `layers.derived.followed`."""
    if not computes(layer):
        return pairs
    return [(before, replace(after, values=after.values | _follow(layer, before, after))) for before, after in pairs]


def _shape(layer: Layer, row: Row) -> shapely.Geometry | None:
    if layer.geometry is GeometryKind.NONE or row.wkb is None:
        return None
    found = geometry.from_wkb([row.wkb])[0]
    return None if found.is_empty else found


def _follow(layer: Layer, before: Row, after: Row) -> dict[str, Any]:
    own = derived.RULES[layer.name][0]
    if before.wkb == after.wkb and all(
        before.values.get(name) == value for name, value in after.values.items() if name not in own
    ):
        return {}
    return derived.followed(layer.name, (before.values, _shape(layer, before)), (after.values, _shape(layer, after)))
