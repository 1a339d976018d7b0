"""Reads GeoJSON strictly, without GDAL: no NaN, no linked CRS, no other kind of JSON. Runs inside the reading process.

GDAL opens a JSON text as one of half a dozen things, one of which is a command line, and follows `crs` links even when only its
GeoJSON driver is left. The format is small enough to be read by ourselves.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.files.errors import LimitExceededError, UnreadableFileError
from layers.files.plain_table import PlainTable, arrow_column
from layers.files.vector_files import ROW_LOST, ROW_UNCLOSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.files.questions import Limits

NAMED_CRS = re.compile(r"(?:urn:(?:x-)?ogc:def:crs:)?(?:OGC:(?:1\.3)?:?(CRS84)|EPSG:(?:[\d.]*:)?(\d{4,6}))", re.IGNORECASE)
RING_LEAST = 3
POSITION_LEAST = 2
PLAIN = (float, int)
FARTHEST = 1e12
"""Beyond this no coordinate of any system lies; such numbers go the careful way."""
GEOMETRY_DEPTH = 8


def _refuse(reason: str) -> UnreadableFileError:
    return UnreadableFileError(f"The file could not be read as GeoJSON. {reason}")


def _no_constant(text: str) -> float:
    raise _refuse(f"It contains {text}, which is no JSON number.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _refuse(f"It contains the number {text[:20]}, which no computer holds.")
    return value


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refuse("GeoJSON is always in UTF-8, this text is not. Save it as UTF-8.") from error
    try:
        document = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise _refuse("It is nested too deeply.") from error
    except UnreadableFileError:
        raise
    except ValueError as error:
        raise _refuse("It is no JSON, or it is cut short.") from error
    if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
        raise _refuse("It is JSON, but no feature collection.")
    return document


def declared_crs(document: dict[str, Any]) -> str:
    """Give the CRS of a feature collection: CRS84, unless an old `crs` member names an EPSG code.

    >>> declared_crs({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}})
    'EPSG:4490'
    """
    member = document.get("crs")
    if member is None:
        return "OGC:CRS84"
    name = member.get("properties", {}).get("name") if isinstance(member, dict) and member.get("type") == "name" else None
    match = NAMED_CRS.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise _refuse("Its `crs` member is a link or not a plain EPSG name. Name the coordinate system by its EPSG code.")
    return "OGC:CRS84" if match.group(1) else f"EPSG:{match.group(2)}"


def _position(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) < POSITION_LEAST:
        raise ValueError
    if any(isinstance(item, bool) or not isinstance(item, (int, float)) for item in value[:POSITION_LEAST]):
        raise TypeError
    x, y = float(value[0]), float(value[1])
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError
    return x, y


def _positions(value: Any) -> NDArray[np.float64]:
    """Give a list of positions as an array (n, 2); raises ValueError or TypeError for anything else."""
    if not isinstance(value, list) or not value:
        raise TypeError
    try:
        points = np.array(value)
    except ValueError:
        return np.array([_position(item) for item in value])
    shaped = points.dtype.kind in "if" and points.ndim == POSITION_LEAST and points.shape[1] >= POSITION_LEAST
    if not shaped or not np.isfinite(points).all():
        raise ValueError
    return points[:, :2].astype(float)


class _Builder:
    """Builds one geometry and remembers whether a ring had to be closed."""

    def __init__(self) -> None:
        self.unclosed = False

    def _ring(self, value: Any) -> NDArray[np.float64]:
        ring = _positions(value)
        if len(ring) < RING_LEAST:
            raise ValueError
        if (ring[0] != ring[-1]).any():
            self.unclosed = True
            ring = np.vstack([ring, ring[:1]])
        if len(ring) <= RING_LEAST:
            raise ValueError
        return ring

    def _polygon(self, value: Any) -> shapely.Polygon:
        if not isinstance(value, list):
            raise TypeError
        rings = [self._ring(item) for item in value]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()

    def build(self, geometry: Any, depth: int = 0) -> shapely.Geometry:
        if not isinstance(geometry, dict) or depth > GEOMETRY_DEPTH:
            raise TypeError
        if "crs" in geometry:
            raise _refuse("A geometry carries a `crs` of its own. Name the coordinate system once, at the top.")
        if geometry.get("type") == "GeometryCollection":
            return shapely.GeometryCollection([self.build(part, depth + 1) for part in geometry["geometries"]])
        value = geometry["coordinates"]
        makers: dict[str, Callable[[], shapely.Geometry]] = {
            "Point": lambda: shapely.Point(_position(value)) if value else shapely.Point(),
            "MultiPoint": lambda: shapely.MultiPoint(_positions(value)),
            "LineString": lambda: shapely.LineString(_positions(value)),
            "MultiLineString": lambda: shapely.MultiLineString([_positions(item) for item in value]),
            "Polygon": lambda: self._polygon(value),
            "MultiPolygon": lambda: shapely.MultiPolygon([self._polygon(item) for item in value]),
        }
        return makers[geometry["type"]]()


def _plain_point(value: Any) -> tuple[float, float] | None:
    """Give the coordinates of an unmistakable point, so that the many points of a file are made in one go; None for the rest."""
    if not isinstance(value, dict) or value.get("type") != "Point" or "crs" in value:
        return None
    place = value.get("coordinates")
    if not isinstance(place, list) or len(place) < POSITION_LEAST or type(place[0]) not in PLAIN or type(place[1]) not in PLAIN:
        return None
    x, y = place[0], place[1]
    return (float(x), float(y)) if abs(x) < FARTHEST and abs(y) < FARTHEST else None


def _made(geometries: list[Any]) -> NDArray[np.object_]:
    """Turn the coordinates among the geometries into points."""
    made = np.full(len(geometries), None, dtype=object)
    rows = [at for at, item in enumerate(geometries) if type(item) is tuple]
    if rows:
        made[rows] = shapely.points(np.array([geometries[at] for at in rows]))
    for at, item in enumerate(geometries):
        if item is not None and type(item) is not tuple:
            made[at] = item
    return made


def _geometry(value: Any, row: int, table: PlainTable) -> shapely.Geometry | tuple[float, float] | None:
    if value is None:
        return None
    point = _plain_point(value)
    if point is not None:
        return point
    builder = _Builder()
    try:
        made = builder.build(value)
    except (TypeError, KeyError, ValueError, shapely.errors.GEOSException) as error:
        if isinstance(error, UnreadableFileError):
            raise
        table.faults[row] = ROW_LOST
        return None
    if builder.unclosed:
        table.faults[row] = ROW_UNCLOSED
    return made


def read_geojson(path: Path, limits: Limits) -> PlainTable:
    """Read a feature collection (RFC 7946, or the older form with a named CRS).

    Raises:
        UnreadableFileError: no JSON, NaN or infinite numbers, nested too deeply, a linked CRS, no feature collection.
        LimitExceededError: too many features, properties or vertices.
    """
    document = _parse(path)
    features = document.get("features") if document["type"] == "FeatureCollection" else [document]
    if not isinstance(features, list):
        raise _refuse("Its `features` member is no list.")
    limits.require("features", len(features), "rows")
    table = PlainTable("geojson", crs=declared_crs(document), rows=len(features), encoding="utf-8", encoding_how="declared")
    found: list[Any] = []
    columns: dict[str, list[Any]] = {}
    for row, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or ("crs" in feature and feature is not document):
            raise _refuse(f"Feature {row} is not a plain feature.")
        found.append(_geometry(feature.get("geometry"), row, table))
        _properties(feature, row, columns, limits)
    geometries = _made(found)
    limits.require("vertices", int(shapely.get_num_coordinates(geometries).sum()), "vertices")
    for values in columns.values():
        values.extend([None] * (table.rows - len(values)))
    table.columns = dict(columns)
    table.types = [(name, str(arrow_column(values).type)) for name, values in columns.items()]
    table.geometry = shapely.to_wkb(geometries, include_srid=False).tolist()
    return table


def _properties(feature: dict[str, Any], row: int, columns: dict[str, list[Any]], limits: Limits) -> None:
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise _refuse(f"The properties of feature {row} are no object.")
    for name, value in properties.items():
        if name not in columns:
            if len(columns) >= limits.fields:
                raise LimitExceededError("fields", limits.fields, "fields")
            columns[name] = []
        column = columns[name]
        column.extend([None] * (row - 1 - len(column)))
        column.append(value)
