"""Columns into frames of a layer, typed as the dictionary says, every row marked as simulated unless it is real."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from layers.catalogue import layer
from layers.schema import STORAGE_CRS, FieldType, GeometryKind
from layers.values import TEXT_DTYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.schema import Field

Array = np.ndarray
AS_OF = dt.date(2026, 10, 31)
"""The day the demonstration area is made for: tests, notices and settlements lie before it."""
SIMULATED = "模拟数据（乡图演示区）"
_GEOD = Geod(ellps="GRS80")


def frame(
    name: str, columns: Mapping[str, Any], geometry: Any = None, *, quality: str = "synthetic", source: str = SIMULATED
) -> gpd.GeoDataFrame:
    """Make a frame of a layer from columns of equal length; columns not given are unknown.

    >>> made = frame("areas", {"area_code": ["62"], "area_name": ["甘肃省"], "rank": [1]})
    >>> made[["area_code", "rank", "data_quality"]].to_dict("records")
    [{'area_code': '62', 'rank': 1, 'data_quality': 'synthetic'}]
    """
    declared = layer(name)
    count = len(next(iter(columns.values())))
    index = pd.RangeIndex(1, count + 1, name="fid")
    given = {"source": [source] * count, "source_date": [AS_OF] * count, "data_quality": [quality] * count, **columns}
    strange = set(given) - set(declared.field_names)
    if strange:
        raise KeyError(f"{name} has no field {sorted(strange)}")
    data = {"id": pd.array([None] * count, dtype=TEXT_DTYPE), "ver": pd.array([pd.NA] * count, dtype="Int64")}
    for field in declared.fields:
        if field.name != "id":
            data[field.name] = _typed(field, given.get(field.name), count)
    made = pd.DataFrame(data, index=index)
    if declared.geometry is GeometryKind.NONE:
        return made
    shapes = np.empty(count, dtype=object)
    if geometry is not None:
        shapes[:] = geometry
    return gpd.GeoDataFrame(made, geometry=gpd.GeoSeries(shapes, index=index, crs=STORAGE_CRS))


def _typed(field: Field, values: Any, count: int) -> Any:
    if values is None:
        values = [None] * count
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if len(listed) != count:
        raise ValueError(f"{field.name}: {len(listed)} values for {count} rows")
    if field.type in (FieldType.TEXT, FieldType.CODE):
        return pd.array(listed, dtype=TEXT_DTYPE)
    if field.type is FieldType.INTEGER:
        return pd.array([pd.NA if value is None else int(value) for value in listed], dtype="Int64")
    if field.type is FieldType.NUMBER:
        return np.array([np.nan if value is None else float(value) for value in listed])
    if field.type is FieldType.FLAG:
        return pd.array([pd.NA if value is None else bool(value) for value in listed], dtype="boolean")
    objects = np.empty(count, dtype=object)
    objects[:] = listed
    return objects


def lengths_m(lines: Array) -> Array:
    """Measure lines on the ellipsoid, metres, rounded to 0.1.

    >>> lengths_m(np.array([shapely.LineString([(104, 36), (104, 36.01)])])).tolist()
    [1109.6]
    """
    points, owner = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return np.zeros(len(lines))
    same = owner[1:] == owner[:-1]
    step = _GEOD.inv(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])[2]
    return np.round(np.bincount(owner[1:][same], weights=np.asarray(step)[same], minlength=len(lines)), 1)


def areas_m2(polygons: Array) -> Array:
    """Measure polygons without holes on the ellipsoid, square metres, rounded to 0.1."""
    rings = (shapely.get_coordinates(shapely.get_exterior_ring(polygon)) for polygon in polygons)
    return np.round([abs(_GEOD.polygon_area_perimeter(*ring.T)[0]) for ring in rings], 1)


def chance(rng: np.random.Generator, count: int, share: Any) -> Array:
    """Draw yes or no for each of `count`, yes with the probability `share` (one number or one for each)."""
    return np.asarray(rng.random(count) < share)


def only(chosen: Any, values: Any) -> Array:
    """Keep the values where chosen; the others are unknown."""
    found = np.array(values, dtype=object)
    found[~np.asarray(chosen, dtype=bool)] = None
    return found


def some_unknown(values: Any, share: float, rng: np.random.Generator) -> list[Any]:
    """Leave a share of values unknown, as real ledgers do."""
    lost = chance(rng, len(values), share)
    return [
        None if gone else value
        for gone, value in zip(lost, values if isinstance(values, list) else np.asarray(values).tolist(), strict=True)
    ]


def days_before(days: Any) -> list[dt.date]:
    """Give the dates that many days before `AS_OF`."""
    return [AS_OF - dt.timedelta(days=int(day)) for day in days]
