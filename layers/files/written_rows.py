"""Rows of a layer as plain values, ready to be written in any format."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.files.errors import WriteError
from layers.schema import STORAGE_CRS, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from layers.schema import Field, Layer

SINGLE_OF = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}


def plain_value(value: Any) -> Any:
    """Give a cell as None, bool, int, float, date, text or list.

    >>> plain_value(float("nan")) is None, plain_value(pd.NA) is None
    (True, True)
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dt.datetime):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def plain_text(value: Any) -> str:
    """Write a cell as text: empty for unknown, ISO dates, JSON for lists, true/false for flags."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return repr(value) if isinstance(value, float) else str(value)


@dataclass(slots=True)
class Rows:
    """The declared fields that a frame holds, column by column, with its geometries (None for a table)."""

    layer: Layer
    fields: tuple[Field, ...]
    columns: list[list[Any]]
    geometries: NDArray[np.object_] | None
    count: int

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame | pd.DataFrame, layer: Layer) -> Rows:
        """Take the rows of a frame; raise WriteError when its geometry is in another CRS than EPSG:4490."""
        fields = tuple(item for item in layer.fields if item.name in frame.columns)
        columns = [[plain_value(value) for value in frame[item.name].tolist()] for item in fields]
        geometries = None
        if layer.geometry is not GeometryKind.NONE:
            geometries = np.full(len(frame), None, dtype=object)
            if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
                if frame.crs is not None and frame.crs != STORAGE_CRS:
                    raise WriteError(f"The rows are in {frame.crs.to_string()}; files are written from {STORAGE_CRS}.")
                geometries = np.asarray(frame.geometry.array, dtype=object)
        return cls(layer, fields, columns, geometries, len(frame))

    @property
    def names(self) -> list[str]:
        """Names of the fields in declared order."""
        return [item.name for item in self.fields]

    @property
    def kinds(self) -> set[str]:
        """The geometry types that occur."""
        return set() if self.geometries is None else {item.geom_type for item in self.geometries if item is not None}

    def common_type(self) -> str | list[str]:
        """Give the geometry type of a file that holds all rows: the single one, or the multi-part one where both occur."""
        kinds = self.kinds
        families = {SINGLE_OF.get(kind, kind) for kind in kinds}
        if len(families) > 1:
            return "Unknown"
        if not families:
            return self.layer.geometry.value[0] if self.layer.geometry is not GeometryKind.ANY else "Unknown"
        family = families.pop()
        return family if kinds == {family} else f"Multi{family}"

    def with_dates_as_text(self) -> Rows:
        """Give the same rows with ISO texts for dates, for formats without a type for dates."""
        columns = [[value.isoformat() if isinstance(value, dt.date) else value for value in column] for column in self.columns]
        return Rows(self.layer, self.fields, columns, self.geometries, self.count)

    def __iter__(self) -> Iterator[tuple[list[Any], shapely.Geometry | None]]:
        """Give each row's values and geometry."""
        geometries = self.geometries if self.geometries is not None else [None] * self.count
        values = zip(*self.columns, strict=True) if self.columns else ((),) * self.count
        for row, geometry in zip(values, geometries, strict=True):
            yield list(row), geometry

    def records(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Give the rows as fiona records under the names given; lists become JSON texts, geometries of the common type."""
        multi = str(self.common_type()).startswith("Multi") if self.geometries is not None else False
        for values, geometry in self:
            cells = [plain_text(value) if isinstance(value, (list, dict, tuple)) else value for value in values]
            shape = as_multi(geometry) if multi and geometry is not None else geometry
            yield {
                "type": "Feature",
                "geometry": None if shape is None else shapely.geometry.mapping(shape),
                "properties": dict(zip(names, cells, strict=True)),
            }


def as_multi(geometry: shapely.Geometry) -> shapely.Geometry:
    """Give a single-part geometry as a multi-part one of one part."""
    makers = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
    make = makers.get(geometry.geom_type)
    return geometry if make is None else make([geometry])
