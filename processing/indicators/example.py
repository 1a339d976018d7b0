"""Tiny layers for the running examples of the docstrings: a few hamlets, works and roads near 104° E, 36° N."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point

from processing import profiles
from processing.areas import Areas
from processing.indicators.definition import Context

DAY = date(2024, 6, 30)


def context(**overrides: Any) -> Context:
    """Give a context of one county C with one village V, on 2024-06-30; `road_access__radius_m=500` overrides a threshold."""
    areas = Areas(pd.DataFrame({"area_code": ["C", "V"], "parent_code": [None, "C"], "rank": [3, 5]}))
    profile = profiles.load().override({name.replace("__", "."): value for name, value in overrides.items()})
    return Context(areas, profile, DAY)


def frame(key: str, geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Give a layer frame in EPSG:4490 with the columns given; rows lie in village V."""
    data = {"village_code": "V", key: [f"{key[0]}{row + 1}" for row in range(len(geometry))], **columns}
    return gpd.GeoDataFrame(data, geometry=geometry, crs=4490)


def hamlets(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Give hamlets h1, h2 … on a line going north from 36°, 0.01° (1110 m) apart."""
    count = len(next(iter(columns.values())))
    return frame("hamlet_id", [Point(104.0, 36.0 + row / 100) for row in range(count)], **columns)


def works(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Give water works w1, w2 … on a line going north from 36.001°, 0.01° apart."""
    count = len(next(iter(columns.values())))
    return frame("work_id", [Point(104.0, 36.001 + row / 100) for row in range(count)], **columns)


def roads(*, north: float = 35.995, **columns: list[Any]) -> gpd.GeoDataFrame:
    """Give roads s1, s2 … running east, the first at the latitude given and each 0.01° further south."""
    count = len(next(iter(columns.values())))
    lines = [LineString([(103.99, north - row / 100), (104.01, north - row / 100)]) for row in range(count)]
    return frame("segment_id", lines, **columns)
