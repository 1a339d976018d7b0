"""A layer's rows as a frame: which columns, in which order, of which dtype.

A frame has an index named `fid` (int64, unique), the columns `id` and `ver`, every declared field, and `geometry` in
EPSG:4490 (x = longitude, y = latitude) unless the layer is a table without geometry.

| field type | dtype | unknown |
|---|---|---|
| text, code | str | NaN |
| whole number | Int64 | NA |
| number | float64 | NaN |
| flag | boolean | NA |
| date | object of datetime.date | None |
| list | object of list | None |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.errors import BadFrameError, BadGeometryError
from layers.schema import STORAGE_CRS, GeometryKind
from layers.values import SHOWN, TEXT_DTYPE, columns_of, decode_column, encode_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.schema import Layer
    from layers.values import Primitive

GEOMETRY = "geometry"


def empty(layer: Layer) -> gpd.GeoDataFrame:
    """Make a frame of the layer with its columns and no rows.

    >>> from layers.schema import Field, FieldType, GeometryKind, Layer
    >>> wells = Layer("wells", "水井", "Wells", "C0", GeometryKind.POINT, "well_id",
    ...               (Field("well_id", "编号", "Number", FieldType.TEXT, "example"),), "example")
    >>> list(empty(wells).columns)
    ['id', 'ver', 'well_id', 'geometry']
    """
    fields = columns_of(layer.fields)
    return build(layer, fids=[], heads=([], []), columns={item.name: [] for item in fields}, geometries=[])


def build(
    layer: Layer,
    *,
    fids: Sequence[int],
    heads: tuple[Sequence[str | None], Sequence[int | None]],
    columns: Mapping[str, Sequence[Any]],
    geometries: Sequence[Any] | np.ndarray[Any, Any] | None,
) -> gpd.GeoDataFrame:
    """Make a frame from columns as the database holds them; `heads` are the `id` and `ver` columns.

    `geometries` None leaves the geometry out, also for a layer that has one.
    """
    index = pd.Index(np.array(fids, dtype="int64"), name="fid")
    data: dict[str, pd.Series] = {
        "id": pd.Series(pd.array(list(heads[0]), dtype=TEXT_DTYPE), index=index),
        "ver": pd.Series(pd.array(list(heads[1]), dtype="Int64"), index=index),
    }
    for item in columns_of(layer.fields):
        data[item.name] = decode_column(item, columns[item.name], index)
    frame = pd.DataFrame(data, index=index)
    if layer.geometry is GeometryKind.NONE or geometries is None:
        return frame
    column = np.empty(len(index), dtype=object)
    column[:] = geometries
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(column, index=index, crs=STORAGE_CRS), crs=STORAGE_CRS)


def conform(frame: gpd.GeoDataFrame | pd.DataFrame, layer: Layer) -> gpd.GeoDataFrame:
    """Bring a frame into the shape of the layer: missing columns as unknown, declared order, declared dtypes.

    The rows keep their labels when the index is of whole numbers, otherwise they are numbered from 1. Geometries become
    two-dimensional, an empty geometry becomes unknown. The frame given is not changed.

    Raises:
        BadFrameError: a column the layer does not declare, a value the field cannot take, or repeated row labels.
        BadGeometryError: another CRS than EPSG:4490, a geometry type the layer does not take, or a coordinate that is not
            finite or outside −180…180, −90…90.

    >>> from layers.schema import Field, FieldType, GeometryKind, Layer
    >>> wells = Layer("wells", "水井", "Wells", "C0", GeometryKind.POINT, "well_id",
    ...               (Field("well_id", "编号", "Number", FieldType.TEXT, "example"),
    ...                Field("depth_m", "深度", "Depth", FieldType.NUMBER, "example", unit="m")), "example")
    >>> rows = gpd.GeoDataFrame({"well_id": ["a"]}, geometry=gpd.points_from_xy([104.1], [36.5]), crs="EPSG:4490")
    >>> conform(rows, wells).dtypes["depth_m"].name
    'float64'
    """
    rows = encode(frame, layer)
    heads = (rows.ids, _head(frame, "ver"))
    return build(layer, fids=rows.labels, heads=heads, columns=rows.columns, geometries=rows.geometries)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The rows of a frame as the database takes them, column by column; `labels` are the index labels of the frame."""

    labels: list[int]
    ids: list[str | None]
    columns: dict[str, list[Primitive]]
    geometries: np.ndarray[Any, Any] | None


def encode(frame: gpd.GeoDataFrame | pd.DataFrame, layer: Layer) -> Encoded:
    """Check a frame against the layer and turn its values into what the database takes; raises as `conform` does."""
    _refuse_undeclared(frame, layer)
    labels = _labels(frame, layer)
    columns: dict[str, list[Primitive]] = {
        item.name: encode_column(item, frame[item.name]) if item.name in frame.columns else [None] * len(labels)
        for item in columns_of(layer.fields)
    }
    return Encoded(labels, _head(frame, "id"), columns, geometries_of(frame, layer))


def geometries_of(frame: gpd.GeoDataFrame | pd.DataFrame, layer: Layer) -> np.ndarray[Any, Any] | None:
    """Give the frame's geometries, checked and two-dimensional, None for unknown; None for a layer without geometry."""
    if layer.geometry is GeometryKind.NONE:
        return None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        missing = np.empty(len(frame), dtype=object)
        missing[:] = frame[GEOMETRY].tolist() if GEOMETRY in frame.columns else None
        if any(value is not None and not isinstance(value, shapely.Geometry) for value in missing.tolist()):
            raise BadGeometryError(f"Layer {layer.name}: the geometry column holds something else than geometries")
        return check_geometries(missing, layer, labels=frame.index.tolist())
    if frame.crs is not None and frame.crs != STORAGE_CRS:
        raise BadGeometryError(
            f"Layer {layer.name}: the frame is in {frame.crs.to_string()}, the store holds {STORAGE_CRS}. Convert it first."
        )
    return check_geometries(np.asarray(frame.geometry.array, dtype=object), layer, labels=frame.index.tolist())


def check_geometries(
    geometries: np.ndarray[Any, Any], layer: Layer, *, labels: Sequence[object] | None = None
) -> np.ndarray[Any, Any]:
    """Check type and place of geometries and flatten them; raise BadGeometryError naming the first rows that do not fit."""
    rows = list(range(1, len(geometries) + 1)) if labels is None else list(labels)
    present = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    flat = np.asarray(np.where(present, shapely.force_2d(geometries), None), dtype=object)
    faults = [
        f"row {rows[position]}: {flat[position].geom_type}, the layer takes {' or '.join(layer.geometry.value)}"
        for position in np.flatnonzero(present)
        if not layer.geometry.accepts(flat[position].geom_type)
    ]
    bounds = shapely.bounds(flat)
    coordinates, owner = shapely.get_coordinates(flat, return_index=True)
    bad = np.zeros(len(flat), dtype=bool)
    bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    with np.errstate(invalid="ignore"):
        outside = (bounds[:, 0] < -180) | (bounds[:, 2] > 180) | (bounds[:, 1] < -90) | (bounds[:, 3] > 90)  # noqa: PLR2004
    faults += [
        f"row {rows[position]}: a coordinate is not a longitude and latitude in degrees (are they swapped or in metres?)"
        for position in np.flatnonzero(present & (bad | outside))
    ]
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise BadGeometryError(f"Layer {layer.name}: {'; '.join(faults[:SHOWN])}{more}. Mend or skip these rows.")
    return flat


def _refuse_undeclared(frame: pd.DataFrame, layer: Layer) -> None:
    allowed = {"id", "ver", *layer.field_names}
    geometry = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else GEOMETRY
    if layer.geometry is not GeometryKind.NONE and geometry is not None:
        allowed.add(geometry)
    strange = [str(name) for name in frame.columns if name not in allowed]
    if strange:
        raise BadFrameError(
            f"Layer {layer.name} has no field {', '.join(sorted(strange))}; its fields are: {', '.join(layer.field_names)}"
        )
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise BadFrameError(f"Layer {layer.name}: the column {', '.join(map(str, repeated))} stands there twice. Keep one.")


def _labels(frame: pd.DataFrame, layer: Layer) -> list[int]:
    if not pd.api.types.is_integer_dtype(frame.index.dtype):
        return list(range(1, len(frame) + 1))
    if not frame.index.is_unique:
        raise BadFrameError(f"Layer {layer.name}: row labels repeat; give every row its own")
    return [int(label) for label in frame.index]


def _head(frame: pd.DataFrame, name: str) -> list[Any]:
    if name not in frame.columns:
        return [None] * len(frame)
    return [None if pd.isna(value) else value for value in frame[name].tolist()]
