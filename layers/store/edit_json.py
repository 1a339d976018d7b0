"""Edits as JSON, so that a change request or an edit that was not taken can be kept and brought back.

Values stand as the history holds them (dates as ISO text, lists as lists, unknown as null), geometries as hexadecimal WKB.
A key "wkb" that is absent means that the geometry stays as it is, null that it is unknown.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers import frames
from layers.catalogue import LAYERS
from layers.errors import BadFrameError
from layers.schema import STORAGE_CRS, FieldType, GeometryKind
from layers.store.records import UNCHANGED, Delete, Insert, Replace, Update
from layers.values import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.schema import Layer
    from layers.store.records import Edit

HEADS = ("id", "ver", frames.GEOMETRY)


def dump_edit(edit: Edit) -> dict[str, Any]:
    """Write an edit as what JSON can hold; values that no field could take are kept as they are said.

    >>> dump_edit(Update("roads", "a", 3, {"name": "S1"}, shapely.Point(1, 2)))["wkb"]
    '0101000000000000000000F03F0000000000000040'
    """
    if isinstance(edit, Delete):
        return {"op": "delete", "layer": edit.layer, "id": edit.id, "expected_ver": edit.expected_ver}
    if isinstance(edit, Update):
        values = {str(name): _plain(value) for name, value in dict(edit.values).items()}
        found = {"op": "update", "layer": edit.layer, "id": edit.id, "expected_ver": edit.expected_ver, "values": values}
        if edit.geometry is not UNCHANGED:
            found["wkb"] = _hex(edit.geometry)
        return found
    return {"op": "insert" if isinstance(edit, Insert) else "replace", "layer": edit.layer, "rows": _rows(edit)}


def dump_edits(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Write edits in order, new rows one by one."""
    found: list[dict[str, Any]] = []
    for edit in edits:
        item = dump_edit(edit)
        found += [item | {"rows": [row]} for row in item["rows"]] if item["op"] == "insert" else [item]
    return found


def load_edit(item: Mapping[str, Any], layers: Mapping[str, Layer] = LAYERS) -> Edit:
    """Bring an edit back; `layers` are the declarations that dates and lists are read by."""
    name = item["layer"]
    layer = layers.get(name)
    if item["op"] == "delete":
        return Delete(name, item["id"], item["expected_ver"])
    if item["op"] == "update":
        values = {field: _typed(layer, field, value) for field, value in item["values"].items()}
        shape = shapely.from_wkb(item["wkb"]) if item.get("wkb") else None
        return Update(name, item["id"], item["expected_ver"], values, shape if "wkb" in item else UNCHANGED)
    kind = {"insert": Insert, "replace": Replace}.get(item["op"])
    if kind is None:
        raise BadFrameError(f"There is no edit {item['op']!r}")
    return cast("Edit", kind(name, _frame(layer, item["rows"])))


def load_edits(items: Sequence[Mapping[str, Any]], layers: Mapping[str, Layer] = LAYERS) -> tuple[Edit, ...]:
    """Bring edits back in order; new rows of a layer that stand one after the other become one insert again."""
    joined: list[dict[str, Any]] = []
    for item in items:
        last = joined[-1] if joined else None
        if last and item["op"] == last["op"] == "insert" and item["layer"] == last["layer"]:
            last["rows"] += item["rows"]
        else:
            joined.append({**item, "rows": list(item["rows"])} if "rows" in item else dict(item))
    return tuple(load_edit(item, layers) for item in joined)


def _plain(value: object) -> Any:
    """Bring one value to what JSON can hold."""
    if unknown(value):
        return None
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, dt.datetime):
        value = value.date()
    exact = isinstance(value, (str, int, bool)) or (isinstance(value, float) and math.isfinite(value))
    return value if exact else str(value)


def _hex(shape: shapely.Geometry | None) -> str | None:
    return None if shape is None else cast("str", shapely.to_wkb(shape, hex=True, byte_order=1, flavor="iso"))


def _rows(edit: Insert | Replace) -> list[dict[str, Any]]:
    frame = edit.frame
    located = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    if located and frame.crs is not None and frame.crs != STORAGE_CRS:
        raise BadFrameError(f"Layer {edit.layer}: the frame is in {frame.crs.to_string()}, the store holds {STORAGE_CRS}.")
    shape_name = frame.active_geometry_name if located else frames.GEOMETRY
    names = [str(name) for name in frame.columns if name not in {"id", "ver", shape_name}]
    columns = {name: frame[name].tolist() for name in names}
    ids = frame["id"].tolist() if "id" in frame.columns else [None] * len(frame)
    shapes = list(frame[shape_name]) if shape_name in frame.columns else []
    found: list[dict[str, Any]] = []
    for position, label in enumerate(frame.index.tolist()):
        row: dict[str, Any] = {"label": label if isinstance(label, int) else position + 1, "id": _plain(ids[position])}
        row["values"] = {name: _plain(columns[name][position]) for name in names}
        if shapes:
            row["wkb"] = _hex(shapes[position])
        found.append(row)
    return found


def _typed(layer: Layer | None, name: str, value: Any) -> Any:
    """Bring a date back from its text; everything else JSON gives as it was."""
    if layer is None or name not in layer or layer[name].type is not FieldType.DATE or not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return value


def _frame(layer: Layer | None, rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame | pd.DataFrame:
    labels = [row["label"] for row in rows]
    index = pd.Index(labels if len(set(labels)) == len(labels) else range(1, len(rows) + 1), dtype="int64")
    names = list(dict.fromkeys(name for row in rows for name in row["values"]))
    columns = {name: _column([_typed(layer, name, row["values"].get(name)) for row in rows]) for name in names}
    if any(row["id"] is not None for row in rows):
        columns["id"] = _column([row["id"] for row in rows])
    frame = pd.DataFrame(columns, index=index)
    if not any("wkb" in row for row in rows) or (layer is not None and layer.geometry is GeometryKind.NONE):
        return frame
    shapes = _column([shapely.from_wkb(row["wkb"]) if row.get("wkb") else None for row in rows])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=STORAGE_CRS), crs=STORAGE_CRS)


def _column(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
