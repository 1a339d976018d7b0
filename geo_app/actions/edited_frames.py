"""Layers as edits would leave them, in memory: the frames that the store would give after applying them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_app.actions.edit_rows import feature_after, features_of
from layers import derived
from layers.catalogue import layer as declared
from layers.frames import GEOMETRY, conform
from layers.schema import STORAGE_CRS, GeometryKind
from layers.store import Delete, Insert, Replace, Update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geopandas import GeoDataFrame

    from layers.schema import Layer
    from layers.store import Edit


def edited(frames: Mapping[str, GeoDataFrame], edits: Sequence[Edit]) -> dict[str, GeoDataFrame]:
    """Give the frames with the edits applied, expected versions aside; frames that no edit touches are the same objects.

    An update or deletion of a feature that is not there does nothing. New rows get numbers after the last one.

    Raises:
        BadFrameError, BadGeometryError: a value or geometry that the layer does not take.
    """
    found = dict(frames)
    for name in dict.fromkeys(edit.layer for edit in edits):
        found[name] = _edited(frames[name], declared(name), [edit for edit in edits if edit.layer == name])
    return found


def _edited(frame: GeoDataFrame, layer: Layer, edits: Sequence[Edit]) -> GeoDataFrame:
    if any(isinstance(edit, Replace) for edit in edits):
        last = next(edit for edit in reversed(edits) if isinstance(edit, Replace))
        features = [_filled(layer, feature) for feature in features_of(last.frame)]
        return _conformed(layer, features, list(range(1, len(features) + 1)))
    named = {edit.id for edit in edits if isinstance(edit, Update | Delete)}
    touched = frame["id"].isin(list(named)).to_numpy()
    rows = frame[touched]
    kept = dict(zip(rows.index.tolist(), features_of(rows), strict=True))
    fid_of = {str(feature["id"]): fid for fid, feature in kept.items()}
    following = int(frame.index.max()) + 1 if len(frame) else 1
    for edit in edits:
        if isinstance(edit, Insert):
            for feature in features_of(edit.frame):
                kept[following] = _filled(layer, feature)
                following += 1
        elif isinstance(edit, Delete):
            kept.pop(fid_of.get(edit.id, -1), None)
        elif isinstance(edit, Update) and fid_of.get(edit.id) in kept:
            kept[fid_of[edit.id]] = _followed(layer, kept[fid_of[edit.id]], feature_after(kept[fid_of[edit.id]], edit))
    if not kept:
        return frame[~touched]
    changed = _conformed(layer, list(kept.values()), list(kept))
    if touched.all():
        return changed
    return pd.concat([frame[~touched], changed]).sort_index()


def _filled(layer: Layer, feature: Mapping[str, Any]) -> dict[str, Any]:
    if layer.name not in derived.RULES:
        return dict(feature)
    return {**feature, **derived.filled(layer.name, feature, feature.get(GEOMETRY))}


def _followed(layer: Layer, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    if layer.name not in derived.RULES:
        return dict(after)
    follow = derived.followed(layer.name, (before, before.get(GEOMETRY)), (after, after.get(GEOMETRY)))
    return {**after, **follow}


def _conformed(layer: Layer, features: Sequence[Mapping[str, Any]], fids: Sequence[int]) -> GeoDataFrame:
    index = pd.Index(np.array(fids, dtype="int64"), name="fid")
    columns: dict[str, Any] = {}
    for name in ("id", *(item.name for item in layer.fields if item.name != "id")):
        column = np.empty(len(features), dtype=object)
        column[:] = [feature.get(name) for feature in features]
        columns[name] = column
    columns["ver"] = [feature.get("ver") or 1 for feature in features]
    frame = pd.DataFrame(columns, index=index)
    if layer.geometry is GeometryKind.NONE:
        return conform(frame, layer)
    shapes = gpd.GeoSeries([feature.get(GEOMETRY) for feature in features], index=index, crs=STORAGE_CRS)
    return conform(gpd.GeoDataFrame(frame, geometry=shapes, crs=STORAGE_CRS), layer)
