"""Lines and seats that let a reader of a map find the place: township and county boundaries, seats of townships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from geo_app.actions import outlines
from layers.schema import STORAGE_CRS
from map_templates.spec import MapLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely

    from processing.areas import Areas

TITLES = {
    "townships": {"zh": "乡镇界", "en": "Township boundary"},
    "counties": {"zh": "县界", "en": "County boundary"},
    "township_seats": {"zh": "乡镇驻地", "en": "Township seat"},
}
LINES = {4: "townships", 3: "counties"}
"""Rank of an area → name of the map layer of its boundary."""


def boundary_layers(
    areas: Areas, frames: Mapping[str, gpd.GeoDataFrame], shown: shapely.Geometry, *, rank: int, language: str
) -> list[MapLayer]:
    """Give the boundaries coarser than the level that is coloured (`rank`), and the seats of townships, inside `shown`.

    `shown` is the union of the coloured areas, EPSG:4490. A boundary is drawn where at least two areas of its rank lie in it.
    """
    made = []
    for line_rank, name in LINES.items():
        level = next((item.name for item in areas.levels if item.rank == line_rank), None)
        if line_rank >= rank or level not in outlines.drawable(areas, frames):
            continue
        shapes = outlines.outlines(areas, frames, level)
        inside = shapes[shapes.representative_point().within(shown)]
        if len(inside) > 1:
            label = "area_name" if name == "counties" else None
            made.append(MapLayer(name, TITLES[name][language], inside.reset_index(drop=True), label_field=label))
    seats = _seats(frames, shown)
    if seats is not None and rank > min(LINES):
        made.append(MapLayer("township_seats", TITLES["township_seats"][language], seats, label_field="name"))
    return made


def _seats(frames: Mapping[str, gpd.GeoDataFrame], shown: shapely.Geometry) -> gpd.GeoDataFrame | None:
    townships = frames.get("townships")
    if townships is None or townships.empty or "seat_lon" not in townships:
        return None
    known = townships[townships["seat_lon"].notna() & townships["seat_lat"].notna()]
    points = gpd.GeoDataFrame(
        known.drop(columns="geometry"), geometry=gpd.points_from_xy(known["seat_lon"], known["seat_lat"]), crs=STORAGE_CRS
    )
    inside = points[points.within(shown)]
    return inside.reset_index(drop=True) if len(inside) else None
