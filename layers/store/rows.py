"""Rows of a layer as writing and undoing see them, and as the history keeps them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import shapely
import sqlalchemy as sa

from layers import frames
from layers.schema import GeometryKind
from layers.store import geometry
from layers.values import columns_of, decode_value, primitive, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.records import VersionRecord
    from layers.values import Primitive


@dataclass(slots=True)
class Row:
    """One feature: its numbers, its known and unknown values, its geometry as WKB."""

    fid: int
    id: str
    ver: int
    values: dict[str, Primitive]
    wkb: bytes | None

    def same_content(self, other: Row) -> bool:
        """Say whether values and geometry are the same."""
        return self.values == other.values and self.wkb == other.wkb

    def json(self) -> str:
        """Write the known values as the history keeps them."""
        return to_json({name: value for name, value in self.values.items() if value is not None})


def fetch(backend: Backend, connection: sa.Connection, layer: Layer, where: Iterable[sa.ColumnElement[bool]] = ()) -> list[Row]:
    """Read rows of a layer, in the order of their fid."""
    table = backend.tables[layer.name]
    fields = columns_of(layer.fields)
    located = layer.geometry is not GeometryKind.NONE
    columns = [table.c.fid, table.c.id, table.c.ver, *(table.c[field.name] for field in fields)]
    found = connection.execute(
        sa.select(*columns, *([table.c.geom] if located else [])).where(*where).order_by(table.c.fid)
    ).all()
    wkbs = backend.decode([row[-1] for row in found]) if located else [None] * len(found)
    return [
        Row(
            row[0],
            row[1],
            row[2],
            {field.name: primitive(field, value) for field, value in zip(fields, row[3:], strict=False)},
            wkb,
        )
        for row, wkb in zip(found, wkbs, strict=True)
    ]


def records(backend: Backend, layer: Layer, chunk: Sequence[Row]) -> tuple[list[dict[str, Any]], Box | None]:
    """Turn rows into records for the layer's table, and give the box that holds their geometries."""
    found: list[dict[str, Any]] = [{"fid": row.fid, "id": row.id, "ver": row.ver} | row.values for row in chunk]
    if layer.geometry is GeometryKind.NONE:
        return found, None
    wkbs = [row.wkb for row in chunk]
    geometries = geometry.from_wkb(wkbs)
    for record, value in zip(found, backend.encode(wkbs, geometries), strict=True):
        record["geom"] = value
    west, south, east, north = (float(value) for value in shapely.total_bounds(geometries))
    return found, None if math.isnan(west) else (west, south, east, north)


def joined(one: Box | None, other: Box | None) -> Box | None:
    """The box that holds two boxes.

    >>> joined((0, 0, 1, 1), (2, -1, 3, 0)), joined(None, (0, 0, 1, 1))
    ((0, -1, 3, 1), (0, 0, 1, 1))
    """
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def from_history(layer: Layer, text: str, wkb: bytes | memoryview | None, numbers: tuple[int, str, int]) -> Row:
    """Bring back a row from the history; fields declared since are unknown, fields no longer declared fall away."""
    known = json.loads(text)
    values = {field.name: known.get(field.name) for field in columns_of(layer.fields)}
    fid, feature_id, ver = numbers
    return Row(fid, feature_id, ver, values, None if wkb is None else bytes(wkb))


def feature(layer: Layer, row: Row) -> dict[str, Any]:
    """Give a row as a dictionary: fid, id, ver, every field, and `geometry` where the layer has one."""
    found: dict[str, Any] = {"fid": row.fid, "id": row.id, "ver": row.ver}
    found |= {field.name: decode_value(field, row.values[field.name]) for field in columns_of(layer.fields)}
    if layer.geometry is not GeometryKind.NONE:
        found["geometry"] = geometry.from_wkb([row.wkb])[0]
    return found


def with_states(record: VersionRecord, before: dict[str, Any] | None, after: dict[str, Any] | None) -> VersionRecord:
    """Give a version with other states."""
    return replace(record, before=before, after=after)


def frame(layer: Layer, rows: Sequence[Row]) -> gpd.GeoDataFrame:
    """Give rows as a frame of the layer."""
    return frames.build(
        layer,
        fids=[row.fid for row in rows],
        heads=([row.id for row in rows], [row.ver for row in rows]),
        columns={field.name: [row.values[field.name] for row in rows] for field in columns_of(layer.fields)},
        geometries=geometry.from_wkb([row.wkb for row in rows]),
    )
