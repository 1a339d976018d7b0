"""Rows of a layer as GeoJSON features, in a CRS and its axis order."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.frames import GEOMETRY
from layers.schema import FieldType
from layers.values import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from geo_app.api.crs import System
    from layers.schema import Field

VERSION = "ver"
"""The feature's version stands among its properties, so that a tool that sends all of them back says which one it saw."""


def features(frame: pd.DataFrame, fields: Sequence[Field], given: System) -> list[dict[str, Any]]:
    """Turn rows into features; unknown values are null, a row without geometry has geometry null."""
    names = [item.name for item in fields if item.name in frame.columns]
    columns = [_plain(frame[item.name], item) for item in fields if item.name in frame.columns]
    versions = [int(value) for value in frame[VERSION].tolist()]
    shapes = _shapes(frame, given)
    rows = zip(*columns, strict=True) if columns else iter([()] * len(frame))
    return [
        {
            "type": "Feature",
            "id": number,
            "geometry": shape,
            "properties": dict(zip(names, row, strict=True)) | {VERSION: version},
        }
        for number, shape, row, version in zip(frame["id"].tolist(), shapes, rows, versions, strict=True)
    ]


def feature(found: Mapping[str, Any], fields: Sequence[Field], given: System) -> dict[str, Any]:
    """Turn one feature, as the store's dictionaries hold it, into GeoJSON."""
    shape = found.get(GEOMETRY)
    column = np.empty(1, dtype=object)
    column[0] = shape
    properties = {item.name: _value(found[item.name]) for item in fields if item.name in found}
    return {
        "type": "Feature",
        "id": found["id"],
        "geometry": _written(given.forward(column)[0]) if shape is not None else None,
        "properties": properties | {VERSION: int(found[VERSION])},
    }


def _shapes(frame: pd.DataFrame, given: System) -> list[Any]:
    if GEOMETRY not in frame.columns:
        return [None] * len(frame)
    held = np.asarray(frame[GEOMETRY].array, dtype=object)
    return [_written(shape) for shape in given.forward(held)]


def _written(shape: shapely.Geometry | None) -> Any:
    return None if shape is None else json.loads(shapely.to_geojson(shape))


def _plain(column: pd.Series, field: Field) -> list[Any]:
    if field.type in (FieldType.DATE, FieldType.LIST):
        return [_value(item) for item in column.tolist()]
    return list(column.astype(object).where(column.notna(), None).tolist())


def _value(value: Any) -> Any:
    if unknown(value):
        return None
    return value.isoformat() if isinstance(value, dt.date) else value
