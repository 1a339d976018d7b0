"""Fields that are computed, never asked of a file: length of a road, area of a parcel, size class of a settlement.

Lengths and areas are measured on the ellipsoid of CGCS2000 (GRS 80), never in degrees.
"""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import shapely
from pyproj import Geod

from layers.farmland import M2_PER_MU
from layers.settlements import size_class

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GEOD = Geod(ellps="GRS80")
"""Ellipsoid of CGCS2000 to within a tenth of a millimetre."""
Rule = tuple[tuple[str, ...], "Callable[[Mapping[str, Any], shapely.Geometry | None], dict[str, Any]]"]


def length_m(line: shapely.Geometry) -> float:
    """Measure a line in metres, to the decimetre.

    >>> length_m(shapely.LineString([(104, 36), (104, 37)]))
    110968.3
    """
    return round(float(GEOD.geometry_length(line)), 1)


def area_m2(polygon: shapely.Geometry) -> float:
    """Measure a polygon in square metres, whatever the direction of its rings.

    >>> area_m2(shapely.box(104, 36, 104.001, 36.001)) == area_m2(shapely.box(104, 36, 104.001, 36.001).reverse())
    True
    """
    return round(abs(float(GEOD.geometry_area_perimeter(shapely.orient_polygons(polygon))[0])), 1)


def _road(_values: Mapping[str, Any], shape: shapely.Geometry | None) -> dict[str, Any]:
    return {} if shape is None else {"length_m": length_m(shape)}


def _parcel(_values: Mapping[str, Any], shape: shapely.Geometry | None) -> dict[str, Any]:
    if shape is None:
        return {}
    area = area_m2(shape)
    return {"area_m2": area, "area_mu": round(area / M2_PER_MU, 2)}


def _settlement(values: Mapping[str, Any], _shape: shapely.Geometry | None) -> dict[str, Any]:
    persons = values.get("persons_registered_poor")
    return {} if persons is None or persons < 0 else {"size_class": size_class(float(persons))}


def _as_built(_values: Mapping[str, Any], shape: shapely.Geometry | None) -> dict[str, Any]:
    kind = "" if shape is None else shape.geom_type
    if shape is not None and kind.endswith("LineString"):
        return {"length_m": length_m(shape)}
    return {"area_m2": area_m2(shape)} if shape is not None and kind.endswith("Polygon") else {}


def _notice(values: Mapping[str, Any], _shape: shapely.Geometry | None) -> dict[str, Any]:
    start, end = (_day(values.get(name)) for name in ("start_date", "end_date"))
    return {} if start is None or end is None else {"notice_days": (end - start).days}


def _day(value: object) -> dt.date | None:
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value if isinstance(value, dt.date) else None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "roads": (("length_m",), _road),
        "farmland": (("area_m2", "area_mu"), _parcel),
        "settlements": (("size_class",), _settlement),
        "project_events": (("notice_days",), _notice),
        "asset_events": (("notice_days",), _notice),
        "as_built": (("length_m", "area_m2"), _as_built),
    }
)
"""By layer: the fields that are computed, and how; a field is left out where what it follows from is unknown."""


def filled(layer: str, values: Mapping[str, Any], shape: shapely.Geometry | None) -> dict[str, Any]:
    """Give the computed fields of a new row that are unknown; a value that was stated stays.

    >>> filled("settlements", {"persons_registered_poor": 800}, None)
    {'size_class': '800-2999'}
    """
    names, compute = RULES[layer]
    if all(values.get(name) is not None for name in names):
        return {}
    return {name: value for name, value in compute(values, shape).items() if values.get(name) is None}


def followed(
    layer: str,
    before: tuple[Mapping[str, Any], shapely.Geometry | None],
    after: tuple[Mapping[str, Any], shapely.Geometry | None],
) -> dict[str, Any]:
    """Give the computed fields of a changed row that follow the change; each side is the values and the geometry.

    A field is computed where it is unknown, and where what it follows from changed and the field itself was not given another
    value: an undo and a stated value stand as they are.
    """
    compute = RULES[layer][1]
    found, earlier = compute(*after), compute(*before)
    return {
        name: value
        for name, value in found.items()
        if after[0].get(name) is None or (after[0][name] == before[0].get(name) and value != earlier.get(name))
    }
