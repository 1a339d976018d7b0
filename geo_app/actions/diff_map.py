"""Differences of features on a map: as it was red and dashed, as it becomes green, the rest of the layer thin around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import shapely

from geo_app.actions.diff import POLYGONS
from layers.catalogue import layer as declared
from layers.schema import STORAGE_CRS, GeometryKind
from map_templates.spec import Credits, MapLayer, MapSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo_app.actions.diff import FeatureDiff
    from layers.schema import Layer
    from layers.store import Reach, Store

    Extent = tuple[float, float, float, float]

LANGUAGES: Final = ("zh", "en")
BOUNDARIES: Final = ("townships", "counties")
ROOM: Final = 0.2
LEAST_ROOM_DEGREES: Final = 0.002
AROUND: Final = 1500
"""Rows of the layer drawn around the difference at most."""
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "before": ("原来的", "as it was"),
    "after": ("改后的", "as it becomes"),
    "around": ("其他", "others"),
    "title": ("变更对比", "What changes"),
}


def spec(
    store: Store,
    diffs: Sequence[tuple[Layer, str, FeatureDiff]],
    *,
    reaches: Mapping[str, Reach],
    language: Literal["zh", "en"] = "zh",
    simulated: bool = False,
) -> MapSpec:
    """Compose the map of differences.

    Args:
        store: where the rows around come from.
        diffs: layer, name of the feature, difference.
        reaches: how far the person reads, by layer: nothing else is drawn around.
        language: of titles.
        simulated: whether the map is marked as showing simulated data.
    """
    at = LANGUAGES.index(language)
    before = _frame((name, item.geometry_before) for _, name, item in diffs if item.geometry_changed)
    after = _frame((name, item.geometry_after) for _, name, item in diffs if item.geometry_changed)
    still = _frame((name, item.geometry_after) for _, name, item in diffs if not item.geometry_changed)
    extent = extent_of([before, after, still])
    own = {layer.name: layer for layer, _, _ in diffs}
    layers = [] if extent is None else _around(store, own, extent, reaches, language)
    for name, frame in (("diff_before", before), ("diff_after", after), ("result", still)):
        if len(frame):
            layers.append(MapLayer(name, WORDS["before" if name == "diff_before" else "after"][at], frame, label_field="name"))
    return MapSpec(
        WORDS["title"][at], layers=tuple(layers), extent=extent, credits=Credits(simulated=simulated), language=language
    )


def _frame(shapes: Iterable[tuple[str, shapely.Geometry | None]]) -> gpd.GeoDataFrame:
    drawn = [(name, shape) for name, shape in shapes if shape is not None]
    names, geometries = [name for name, _ in drawn], [shape for _, shape in drawn]
    return gpd.GeoDataFrame({"name": names}, geometry=gpd.GeoSeries(geometries, crs=STORAGE_CRS), crs=STORAGE_CRS)


def extent_of(frames: Sequence[gpd.GeoDataFrame]) -> Extent | None:
    """Give a box around everything with room at its sides; None where nothing is drawn."""
    shapes = [shape for frame in frames for shape in frame.geometry]
    if not shapes:
        return None
    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    wide = max((east - west) * ROOM, LEAST_ROOM_DEGREES)
    high = max((north - south) * ROOM, LEAST_ROOM_DEGREES)
    return max(west - wide, -180.0), max(south - high, -90.0), min(east + wide, 180.0), min(north + high, 90.0)


def _around(
    store: Store, layers: Mapping[str, Layer], extent: Extent, reaches: Mapping[str, Reach], language: str
) -> list[MapLayer]:
    """Draw the rest of the layers thin, and the boundaries of townships and counties, as far as the person reads them."""
    found: list[MapLayer] = []
    bounded = {name: declared(name) for name in BOUNDARIES if name in reaches and name not in layers}
    for name, layer in {**layers, **bounded}.items():
        if layer.geometry is GeometryKind.NONE:
            continue
        rows: Any = store.read(name, bbox=extent, limit=AROUND, reach=reaches.get(name))
        rows = rows[rows.geometry.notna()]
        if name in bounded:
            rows = rows[rows.geom_type.isin(POLYGONS)]
        if len(rows):
            title = layer.title(language)
            word = title if name in bounded else f"{title} · {WORDS['around'][LANGUAGES.index(language)]}"
            found.append(MapLayer(name if name in bounded else "diff_around", word, rows, label_field=_label(layer, rows)))
    return found


def _label(layer: Layer, rows: gpd.GeoDataFrame) -> str | None:
    return layer.name_field if layer.name in BOUNDARIES and layer.name_field in rows else None
