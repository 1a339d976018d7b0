"""One edit as a browser or another tool sends it, read strictly: known fields, values of their type, a sound geometry."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import layer as declared
from layers.files.values import EXPECTED, MisfitError, read_value
from layers.schema import STORAGE_CRS, FieldType, GeometryKind, PersonError
from layers.store import UNCHANGED, Delete, Insert, Update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from layers.schema import Field, Layer
    from layers.store import Edit

MOST_VERTICES = 100_000
MOST_TEXT = 10_000
MOST_ITEMS = 1000
MEMBERS = frozenset({"op", "layer", "id", "expected_ver", "properties", "geometry", "type"})
RING_LEAST = 4
LINE_LEAST = 2
POSITION = (2, 3)
LARGEST = (180.0, 90.0)
SHOWN = 40


class BadFieldError(PersonError, ValueError):
    """A member or a field of an edit that the layer does not have, or a value that its field cannot hold; `field` names it."""

    code: ClassVar[str] = "bad_field"

    def __init__(self, message: str, *, field: str) -> None:
        self.field = field
        super().__init__(message)


class BadShapeError(PersonError, ValueError):
    """A geometry of an edit that cannot be drawn: its type, its numbers, its rings or its size."""

    code: ClassVar[str] = "invalid_geometry"


def parse(layer: Layer | str, payload: Mapping[str, Any]) -> Edit:
    """Read an edit.

    `{"op": "insert" | "update" | "delete", "layer", "id", "expected_ver", "properties": {…}, "geometry": {…}}`, the geometry as
    GeoJSON in longitude and latitude of EPSG:4490. A property that is left out stays as it is, null makes it unknown; a geometry
    left out stays, null removes it. Fields that are computed here are passed over: a client may send back all it was given.

    Raises:
        BadFieldError: naming the field or member.
        BadShapeError: saying what is wrong with the geometry.

    Example:
        >>> found = parse("roads", {"op": "update", "id": "a", "expected_ver": 3, "properties": {"width_m": 4.5}})
        >>> found.values, found.expected_ver
        ({'width_m': 4.5}, 3)
    """
    layer = declared(layer) if isinstance(layer, str) else layer
    _members(layer, payload)
    feature_id = _id(payload)
    made = {"insert": _insert, "update": _update, "delete": _delete}.get(str(payload.get("op")))
    if made is None:
        raise BadFieldError(f"op must be insert, update or delete, found {_shown(payload.get('op'))}", field="op")
    return made(layer, feature_id, payload)


def values_of(layer: Layer, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Read properties as the layer's fields hold them; computed fields and the record's own numbers are passed over.

    Raises:
        BadFieldError: naming the field.
    """
    found: dict[str, Any] = {}
    for name, value in properties.items():
        if name in {"id", "ver", "fid"}:
            continue
        if name not in layer:
            names = ", ".join(item.name for item in layer.fields)
            raise BadFieldError(f"Layer {layer.name} has no field {_shown(name)}; its fields are: {names}", field=str(name))
        item = layer[name]
        if not item.derived:
            found[name] = _value(item, value)
    return found


def geometry_of(layer: Layer, given: Any) -> shapely.Geometry | None:
    """Read a GeoJSON geometry: of the layer's type, finite, on the globe, rings closed, at most 100,000 vertices; flattened.

    Raises:
        BadShapeError: saying what was expected and found.

    Example:
        >>> from layers.catalogue import layer
        >>> geometry_of(layer("hamlets"), {"type": "Point", "coordinates": [105, 36]})
        <POINT (105 36)>
    """
    if given is None:
        return None
    if layer.geometry is GeometryKind.NONE:
        raise BadShapeError(f"{layer.name} is a table without geometry; leave the geometry out")
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise BadShapeError("A geometry must be GeoJSON with type and coordinates")
    kind = given["type"]
    if not layer.geometry.accepts(kind) or kind not in _BUILDERS:
        raise BadShapeError(f"{layer.name} takes {' or '.join(layer.geometry.value)}, found {_shown(kind)}")
    coordinates = given.get("coordinates")
    if _vertices(coordinates) > MOST_VERTICES:
        raise BadShapeError(f"The geometry has more than {MOST_VERTICES} vertices. Simplify or split it.")
    return _BUILDERS[kind](coordinates)


def _members(layer: Layer, payload: Mapping[str, Any]) -> None:
    strange = sorted(str(name) for name in payload if name not in MEMBERS)
    if strange:
        raise BadFieldError(f"An edit has no member {_shown(strange[0])}; it has: {', '.join(sorted(MEMBERS))}", field=strange[0])
    if payload.get("layer", layer.name) != layer.name:
        raise BadFieldError(f"This edit is of {layer.name}, not of {_shown(payload['layer'])}", field="layer")
    if not isinstance(payload.get("properties", {}), dict | type(None)):
        raise BadFieldError("properties must be an object of fields and values", field="properties")


def _id(payload: Mapping[str, Any]) -> str | None:
    found = payload.get("id")
    if found is not None and (not isinstance(found, str) or not 0 < len(found) <= SHOWN or not found.isprintable()):
        raise BadFieldError(f"id must be a text of at most {SHOWN} characters", field="id")
    return found


def _insert(layer: Layer, feature_id: str | None, payload: Mapping[str, Any]) -> Edit:
    values = values_of(layer, payload.get("properties") or {})
    columns: dict[str, Any] = {} if feature_id is None else {"id": [feature_id]}
    for name, value in values.items():
        column = np.empty(1, dtype=object)
        column[0] = value
        columns[name] = column
    frame = pd.DataFrame(columns, index=pd.Index([1]))
    if layer.geometry is GeometryKind.NONE:
        geometry_of(layer, payload.get("geometry"))
        return Insert(layer.name, frame)
    shape = gpd.GeoSeries([geometry_of(layer, payload.get("geometry"))], index=frame.index, crs=STORAGE_CRS)
    return Insert(layer.name, gpd.GeoDataFrame(frame, geometry=shape, crs=STORAGE_CRS))


def _update(layer: Layer, feature_id: str | None, payload: Mapping[str, Any]) -> Edit:
    values = values_of(layer, payload.get("properties") or {})
    shape = geometry_of(layer, payload["geometry"]) if _touches_geometry(layer, payload) else UNCHANGED
    return Update(layer.name, _needed(feature_id), _version(payload), values, shape)


def _touches_geometry(layer: Layer, payload: Mapping[str, Any]) -> bool:
    return "geometry" in payload and not (payload["geometry"] is None and layer.geometry is GeometryKind.NONE)


def _delete(layer: Layer, feature_id: str | None, payload: Mapping[str, Any]) -> Edit:
    return Delete(layer.name, _needed(feature_id), _version(payload))


def _needed(feature_id: str | None) -> str:
    if feature_id is None:
        raise BadFieldError("An update or delete needs the id of its feature", field="id")
    return feature_id


def _version(payload: Mapping[str, Any]) -> int | None:
    """Give the version that was seen; None when it is missing, which the store answers with 428."""
    found = payload.get("expected_ver")
    if found is not None and (isinstance(found, bool) or not isinstance(found, int) or found < 0):
        raise BadFieldError("expected_ver must be the whole number that the feature was read with", field="expected_ver")
    return found


def _value(item: Field, value: Any) -> Any:
    try:
        _plain(item, value)
        return read_value(item, value)
    except (MisfitError, ValueError, OverflowError):
        expected = EXPECTED[item.type][1]
        raise BadFieldError(f"Field {item.name} ({item.zh}) takes {expected}, found {_shown(value)}", field=item.name) from None


def _plain(item: Field, value: Any) -> None:
    """Refuse what no field holds: nested objects, endless texts, numbers that are none."""
    if isinstance(value, dict) or (isinstance(value, list) and item.type is not FieldType.LIST):
        raise MisfitError
    if isinstance(value, bool) and item.type is not FieldType.FLAG:
        raise MisfitError
    if isinstance(value, float) and not math.isfinite(value):
        raise MisfitError
    if isinstance(value, str) and (len(value) > MOST_TEXT or "\x00" in value):
        raise MisfitError
    if isinstance(value, list) and (len(value) > MOST_ITEMS or not all(_flat(part) for part in value)):
        raise MisfitError


def _flat(part: Any) -> bool:
    """Say whether a list may hold this: a plain value, or an object of plain values."""
    values = part.values() if isinstance(part, dict) else [part]
    return all(value is None or isinstance(value, str | int | float) for value in values) and not any(
        isinstance(value, float) and not math.isfinite(value) for value in values
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


# geometry


def _refuse(expected: str) -> NoReturn:
    raise BadShapeError(f"The coordinates must be {expected}")


def _vertices(value: Any) -> int:
    """Count positions without following a list deeper than a geometry goes."""
    count, level = 0, [value]
    for _ in range(5):
        below: list[Any] = []
        for part in level:
            if isinstance(part, list | tuple):
                if part and not isinstance(part[0], list | tuple):
                    count += 1
                else:
                    below.extend(part)
        if count > MOST_VERTICES or len(below) > MOST_VERTICES * 2:
            return MOST_VERTICES + 1
        level = below
    return count


def _positions(value: Any, least: int, expected: str) -> list[tuple[float, float]]:
    if not isinstance(value, list | tuple) or len(value) < least:
        _refuse(expected)
    return [_position(part) for part in value]


def _position(value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) not in POSITION:
        _refuse("longitude and latitude")
    if any(isinstance(part, bool) or not isinstance(part, int | float) or not math.isfinite(part) for part in value):
        _refuse("finite numbers")
    x, y = float(value[0]), float(value[1])
    if abs(x) > LARGEST[0] or abs(y) > LARGEST[1]:
        swapped = " (are longitude and latitude swapped, or is it in metres?)"
        _refuse(f"longitude −180…180 and latitude −90…90, found {x:g}, {y:g}{swapped}")
    return x, y


def _line(value: Any) -> shapely.LineString:
    found = _positions(value, LINE_LEAST, "a line of two positions at least")
    if all(a == b for a, b in itertools.pairwise(found)):
        _refuse("a line between two places, found one place")
    return shapely.LineString(found)


def _ring(value: Any) -> list[tuple[float, float]]:
    found = _positions(value, RING_LEAST, "rings of four positions at least")
    if found[0] != found[-1]:
        _refuse("closed rings: the first position again at the end")
    return found


def _polygon(value: Any) -> shapely.Polygon:
    if not isinstance(value, list | tuple) or not value:
        _refuse("a polygon of one ring at least")
    rings = [_ring(part) for part in value]
    return shapely.Polygon(rings[0], rings[1:])


def _parts(value: Any, build: Callable[[Any], Any]) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not value:
        _refuse("a list of one part at least")
    return [build(part) for part in value]


_BUILDERS: dict[str, Callable[[Any], shapely.Geometry]] = {
    "Point": lambda value: shapely.Point(_position(value)),
    "MultiPoint": lambda value: shapely.MultiPoint(_parts(value, _position)),
    "LineString": _line,
    "MultiLineString": lambda value: shapely.MultiLineString(_parts(value, _line)),
    "Polygon": _polygon,
    "MultiPolygon": lambda value: shapely.MultiPolygon(_parts(value, _polygon)),
}
