"""Differences of features on a map: as it was red and dashed, as it becomes green, the rest of the layer thin around."""

from __future__ import annotations

from dataclasses import dataclass
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
    "seen": ("申请人看到时", "as it was seen"),
    "asked": ("申请改成", "as requested"),
    "present": ("现在的", "as it is now"),
}
"""Words of the layers; `seen`, `asked` and `present` where the three states of a feature are drawn."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One feature on the map: as it was, as it becomes (both where it moves), or where it stays.

    `present` is what stands there now, where that is neither. `beside` must find room on the map without being drawn.
    """

    layer: Layer
    name: str
    before: shapely.Geometry | None = None
    after: shapely.Geometry | None = None
    still: shapely.Geometry | None = None
    present: shapely.Geometry | None = None
    beside: tuple[shapely.Geometry | None, ...] = ()


def of_diff(layer: Layer, name: str, diff: FeatureDiff, beside: tuple[shapely.Geometry | None, ...] = ()) -> Drawn:
    """Say what is drawn of a difference."""
    if diff.geometry_changed:
        return Drawn(layer, name, diff.geometry_before, diff.geometry_after, beside=beside)
    return Drawn(layer, name, still=diff.geometry_after, beside=beside)


def spec(
    store: Store,
    drawn: Sequence[Drawn],
    *,
    reaches: Mapping[str, Reach],
    language: Literal["zh", "en"] = "zh",
    simulated: bool = False,
) -> MapSpec:
    """Compose the map of differences.

    Args:
        store: where the rows around come from.
        drawn: the features; where one of them shows what is there now, the titles say whose states the others are.
        reaches: how far the person reads, by layer: nothing else is drawn around.
        language: of titles.
        simulated: whether the map is marked as showing simulated data.
    """
    at = LANGUAGES.index(language)
    frames = {
        "diff_present": _frame((item.name, item.present) for item in drawn),
        "diff_before": _frame((item.name, item.before) for item in drawn),
        "diff_after": _frame((item.name, item.after) for item in drawn),
        "result": _frame((item.name, item.still) for item in drawn),
    }
    extent = extent_of([*frames.values(), _frame((item.name, shape) for item in drawn for shape in item.beside)])
    own = {item.layer.name: item.layer for item in drawn}
    three = len(frames["diff_present"]) > 0
    words = {
        "diff_present": "present",
        "diff_before": "seen" if three else "before",
        "diff_after": "asked" if three else "after",
        "result": "after",
    }
    layers = [] if extent is None else _around(store, own, extent, reaches, language)
    layers += [MapLayer(name, WORDS[words[name]][at], frame, label_field="name") for name, frame in frames.items() if len(frame)]
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
