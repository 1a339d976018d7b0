"""Outlines of areas at a level, from the layers that hold them; an area without its own is the union of what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geo_app.errors import NoDataError
from layers.schema import STORAGE_CRS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processing.areas import Areas

LAYER_OF_RANK = {3: ("counties", "county_code"), 4: ("townships", "township_code"), 5: ("villages", "village_code")}
"""Layer and key that hold the outlines of a rank."""


def outlines(areas: Areas, frames: Mapping[str, gpd.GeoDataFrame], level: str) -> gpd.GeoDataFrame:
    """Give `area_code`, `area_name` and polygon of every area of a level that has an outline.

    Raises:
        NoDataError: no area of the level has one; the message names the levels that do.
    """
    rank = next((item.rank for item in areas.levels if item.name == level), None)
    found = _of_rank(areas, frames, rank) if rank is not None else _empty()
    if found.empty:
        drawn = [item.name for item in areas.levels if not _of_rank(areas, frames, item.rank).empty]
        raise NoDataError(f"There are no outlines for the level {level}; levels that can be drawn: {', '.join(drawn) or 'none'}.")
    return found


def drawable(areas: Areas, frames: Mapping[str, gpd.GeoDataFrame]) -> tuple[str, ...]:
    """Name the levels that can be drawn, coarsest first."""
    return tuple(item.name for item in areas.levels if not _of_rank(areas, frames, item.rank).empty)


def _of_rank(areas: Areas, frames: Mapping[str, gpd.GeoDataFrame], rank: int) -> gpd.GeoDataFrame:
    own = _own(areas, frames, rank)
    for finer in sorted(item for item in LAYER_OF_RANK if item > rank):
        below = _own(areas, frames, finer)
        if below.empty:
            continue
        above = areas.ancestors_table()[_name(areas, rank)]
        below = below.assign(area_code=below["area_code"].map(above)).dropna(subset=["area_code"])
        below = below[~below["area_code"].isin(own["area_code"])]
        if len(below):
            merged = below.dissolve("area_code", as_index=False)
            merged["area_name"] = [areas.name(code) for code in merged["area_code"]]
            own = pd.concat([own, merged[["area_code", "area_name", "geometry"]]], ignore_index=True)
    return own


def _own(areas: Areas, frames: Mapping[str, gpd.GeoDataFrame], rank: int) -> gpd.GeoDataFrame:
    name, key = LAYER_OF_RANK.get(rank, ("", ""))
    frame = frames.get(name)
    if frame is None or frame.empty:
        return _empty()
    polygons = frame[frame.geometry.notna() & frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    codes = polygons[key].astype(str)
    return gpd.GeoDataFrame(
        {"area_code": codes.to_numpy(), "area_name": [areas.name(code) for code in codes]},
        geometry=polygons.geometry.to_numpy(),
        crs=frame.crs,
    ).drop_duplicates("area_code")


def _name(areas: Areas, rank: int) -> str:
    return next(item.name for item in areas.levels if item.rank == rank)


def _empty() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_code": [], "area_name": []}, geometry=[], crs=STORAGE_CRS)
