"""The spatial part of CQL2: the envelope asked of the index first, then the exact relation (DE-9IM) of the geometries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry import shape

from layers.errors import BadConditionError
from layers.store import geometry

if TYPE_CHECKING:
    import sqlite3

    from layers.schema import Layer
    from layers.store.backend import Backend

OPERATORS: Mapping[str, str] = {
    "s_intersects": "intersects",
    "s_disjoint": "disjoint",
    "s_contains": "contains",
    "s_within": "within",
    "s_equals": "equals",
    "s_touches": "touches",
    "s_crosses": "crosses",
    "s_overlaps": "overlaps",
}
SWAPPED: Mapping[str, str] = {"contains": "within", "within": "contains"}
POSTGIS: Mapping[str, str] = {name: f"ST_{name.capitalize()}" for name in OPERATORS.values()}
MAX_LITERAL_VERTICES = 2000
BOX_SIZES = (4, 6)


def geometry_of(node: Any) -> shapely.Geometry:
    """Read a GeoJSON geometry or `{"bbox": […]}`, x = longitude and y = latitude of EPSG:4490.

    >>> geometry_of({"bbox": [104, 35, 105, 36]}).bounds
    (104.0, 35.0, 105.0, 36.0)

    Raises:
        BadConditionError: it is no geometry, or one whose coordinates are not longitudes and latitudes.
    """
    found = shape_of(node)
    coordinates = shapely.get_coordinates(found)
    if len(coordinates) > MAX_LITERAL_VERTICES:
        raise BadConditionError(f"A geometry in a filter has at most {MAX_LITERAL_VERTICES} vertices")
    if not len(coordinates) or not np.isfinite(coordinates).all() or (np.abs(coordinates) > (180, 90)).any():
        raise BadConditionError("The geometry in the filter is empty or not in longitude and latitude (are the axes swapped?)")
    if not shapely.is_valid(found):
        raise BadConditionError("The geometry in the filter crosses itself")
    return found


def shape_of(node: Any) -> shapely.Geometry:
    """Read a GeoJSON geometry or `{"bbox": […]}` in whatever CRS it is.

    Raises:
        BadConditionError: it is no geometry.
    """
    return _box(node["bbox"]) if isinstance(node, Mapping) and "bbox" in node else _shape(node)


def _box(parts: Any) -> shapely.Geometry:
    if not isinstance(parts, list) or len(parts) not in BOX_SIZES or not all(_is_number(part) for part in parts):
        raise BadConditionError("A box in a filter has four numbers: west, south, east, north")
    half = len(parts) // 2
    west, south, east, north = *parts[:2], *parts[half : half + 2]
    if west > east or south > north:
        raise BadConditionError("A box in a filter has west before east and south before north")
    return shapely.box(west, south, east, north)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shape(node: Any) -> shapely.Geometry:
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
        raise BadConditionError("A spatial condition takes a geometry as GeoJSON or a box")
    try:
        return shapely.force_2d(shape(dict(node)))
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
        shapely.errors.ShapelyError,
    ):
        raise BadConditionError("The geometry in the filter cannot be read") from None


def relate(backend: Backend, layer: Layer, relation: str, wanted: shapely.Geometry, *, negated: bool) -> sa.ColumnElement[bool]:
    """Say in SQL how a layer's geometry lies to a geometry; a row without geometry meets no relation, also not a negated one."""
    table = backend.tables[layer.name]
    if relation == "disjoint":
        meets = relate(backend, layer, "intersects", wanted, negated=True)
        return sa.and_(table.c.geom.is_not(None), sa.not_(meets)) if not negated else sa.not_(meets)
    west, south, east, north = (float(value) for value in wanted.bounds)
    wkb = shapely.to_wkb(wanted, byte_order=1, include_srid=False)
    if backend.name == "gpkg":
        exact = (
            sa.func.XT_Relates(relation, table.c.geom, sa.literal(wkb, type_=sa.LargeBinary()), type_=sa.Boolean()) == sa.true()
        )
    else:
        other = sa.func.ST_GeomFromWKB(sa.literal(wkb, type_=sa.LargeBinary()), geometry.SRS_ID)
        exact = getattr(sa.func, POSTGIS[relation])(table.c.geom, other, type_=sa.Boolean())
    both = sa.and_(backend.inside(table, (west, south, east, north)), exact).self_group()
    return sa.case((table.c.geom.is_(None), sa.null()), else_=both) if negated else both


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> shapely.Geometry:
    found = shapely.from_wkb(wkb)
    shapely.prepare(found)
    return found


def _relates(relation: str, blob: bytes | None, wkb: bytes) -> bool | None:
    if blob is None:
        return None
    mine, other = shapely.from_wkb(geometry.wkb_of(blob)), _prepared(wkb)
    swapped = SWAPPED.get(relation, relation)  # the prepared geometry asks: every other relation is symmetric
    try:
        return bool(getattr(shapely, swapped)(other, mine))
    except shapely.errors.GEOSException:  # a stored polygon that crosses itself: its relation is not known
        return None


def _lower(text: str | None) -> str | None:
    return None if text is None else str(text).lower()


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the exact relations and lower case for every script (SQLite's own knows ASCII only)."""
    connection.create_function("XT_Relates", 3, _relates, deterministic=True)
    connection.create_function("XT_Lower", 1, _lower, deterministic=True)
