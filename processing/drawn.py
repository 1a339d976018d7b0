"""An area drawn by a person: GeoJSON read strictly into a polygon in degrees."""

from __future__ import annotations

import math
from typing import Any

import shapely
from shapely import Geometry

from processing.errors import QueryError

MAX_VERTICES = 10_000
_RING = 4
_LIMITS = (180.0, 90.0)


def drawn_area(geojson: Any) -> Geometry:
    """Read a GeoJSON Polygon or MultiPolygon (RFC 7946, longitude before latitude).

    Raises:
        QueryError: not such a geometry, a coordinate that is not finite or not on the earth, more than 10,000 vertices, a ring
            that is not closed, or a border that crosses itself.

    >>> drawn_area({"type": "Polygon", "coordinates": [[[104, 36], [105, 36], [105, 37], [104, 36]]]}).area
    0.5
    """
    if not isinstance(geojson, dict) or geojson.get("type") not in {"Polygon", "MultiPolygon"}:
        raise QueryError("a GeoJSON Polygon or MultiPolygon was expected; draw an area")
    coordinates = geojson.get("coordinates")
    polygons = [coordinates] if geojson["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise QueryError("the drawn area has no coordinates; draw it again")
    counted = [0]
    area = shapely.multipolygons([_polygon(polygon, counted) for polygon in polygons])
    if area.is_empty or not area.is_valid:
        raise QueryError(f"the border of the drawn area crosses itself ({shapely.is_valid_reason(area)}); draw it again")
    return area


def _polygon(rings: Any, counted: list[int]) -> shapely.Polygon:
    """Read the rings of one polygon."""
    if not isinstance(rings, list) or not rings:
        raise QueryError("a polygon of the drawn area has no ring; draw it again")
    read = [_ring(ring, counted) for ring in rings]
    return shapely.Polygon(read[0], read[1:])


def _ring(ring: Any, counted: list[int]) -> list[tuple[float, float]]:
    """Read one closed ring, keeping count of vertices over the whole area."""
    if not isinstance(ring, list) or len(ring) < _RING:
        raise QueryError("a ring of the drawn area has fewer than four positions; draw it again")
    counted[0] += len(ring)
    if counted[0] > MAX_VERTICES:
        raise QueryError(f"the drawn area has more than {MAX_VERTICES} vertices; draw it more simply")
    positions = [_position(item) for item in ring]
    if positions[0] != positions[-1]:
        raise QueryError("a ring of the drawn area is not closed; its last position must be its first")
    return positions


def _position(item: Any) -> tuple[float, float]:
    """Read longitude and latitude; a height is passed over."""
    if not isinstance(item, list) or len(item) not in {2, 3}:
        raise QueryError("a position of the drawn area is not [longitude, latitude]")
    pair = item[:2]
    for value, limit in zip(pair, _LIMITS, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit or not math.isfinite(value):
            raise QueryError("a position of the drawn area is not on the earth: longitude ±180, latitude ±90, finite numbers")
    return float(pair[0]), float(pair[1])
