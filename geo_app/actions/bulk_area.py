"""Which rows of a layer lie in an area for which a file is said to be complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geo_app.actions import inputs
from layers.schema import GeometryKind

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from layers.schema import Layer
    from layers.store import Store

ALL = "all"
OUTLINED = (("villages", "village_code"), ("townships", "township_code"), ("counties", "county_code"))


def inside(store: Store, layer: Layer, frame: GeoDataFrame, area: str) -> NDArray[np.bool_]:
    """Say which rows lie in an area: by the finest area code that a row states, else with their whole geometry by its outline.

    Raises:
        NotFoundError: there is no such area.
    """
    if area == ALL:
        return np.ones(len(frame), dtype=bool)
    frames = inputs.read(store, inputs.TREE_LAYERS)
    tree = inputs.areas(store, frames)
    within = tree.within([inputs.require_area(tree, area)])
    found = np.zeros(len(frame), dtype=bool)
    stated = np.zeros(len(frame), dtype=bool)
    for name in dict.fromkeys((layer.key, *layer.area_fields)):
        if name not in frame or (name == layer.key and name not in layer.area_fields):
            continue
        at = tree.positions(frame[name])
        fresh = (at >= 0) & ~stated
        found |= fresh & within[at]
        stated |= fresh
    if layer.geometry is GeometryKind.NONE or stated.all():
        return found
    outline = _outline(frames, set(tree.codes[within].tolist()))
    if outline is None:
        return found
    shapes = np.asarray(gpd.GeoSeries(frame.geometry).values, dtype=object)
    return np.asarray(found | (~stated & shapely.covered_by(shapes, outline)), dtype=bool)


def _outline(frames: dict[str, GeoDataFrame], codes: set[str]) -> shapely.Geometry | None:
    """Join the outlines of an area: the coarsest layer that draws any part of it."""
    for name, key in reversed(OUTLINED):
        frame = frames.get(name)
        if frame is None or frame.empty:
            continue
        drawn = frame[frame[key].isin(codes) & frame.geometry.notna()]
        drawn = drawn[drawn.geom_type.isin(["Polygon", "MultiPolygon"])]
        if len(drawn):
            return drawn.geometry.union_all()
    return None
