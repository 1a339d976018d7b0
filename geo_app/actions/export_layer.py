"""Write a layer to a file with the dictionary's field names, the county and township on every row that lies in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geo_app.actions import inputs
from geo_app.errors import BadRequestError
from layers import files
from layers.catalogue import layer as declared
from processing.overlay import locate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geo_app.access import Person
    from layers.schema import Layer
    from layers.store import Store
    from processing.areas import Areas

FORMATS = ("csv", "gpkg", "shp", "geojson", "kml", "xlsx", "fgb", "parquet")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
CODE_FIELDS = {"village_code": 5, "township_code": 4, "county_code": 3}
"""Area code of a row → rank of the area it names, finest first."""
OUTLINES = {"village_code": "villages", "township_code": "townships", "county_code": "counties"}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to write: layer, format, encoding, and the area whose rows are wanted (none: all)."""

    layer: str
    format: str
    encoding: str = "utf-8"
    area: str | None = None


def export(store: Store, request: ExportRequest, path: Path) -> Path:
    """Write a layer from its snapshot; the live store is not touched."""
    layer = declared(request.layer)
    if request.format not in FORMATS:
        raise BadRequestError(f"Format {request.format!r} is not written here; expected one of {', '.join(FORMATS)}.")
    if request.encoding not in ENCODINGS:
        raise BadRequestError(f"Encoding {request.encoding!r} is not written here; expected one of {', '.join(ENCODINGS)}.")
    frame = rows(store, layer, area=request.area)
    path.parent.mkdir(parents=True, exist_ok=True)
    return files.write(frame, layer, path, format=request.format, encoding=request.encoding)


def rows(store: Store, layer: Layer, *, area: str | None = None, person: Person | None = None) -> gpd.GeoDataFrame:
    """Give the rows of a layer that a person reads, with area codes filled in, below one area when one is named."""
    frames = inputs.read(store, {layer.name, *inputs.AREA_LAYERS}, person=person)
    areas = inputs.areas(store, frames)
    frame = with_codes(frames[layer.name], frames, areas)
    if area:
        inside = areas.codes[areas.within([inputs.require_area(areas, area)])]
        names = [name for name in (*CODE_FIELDS, "area_code") if name in frame]
        frame = frame[pd.concat([frame[name].isin(inside) for name in names], axis=1).any(axis=1)]
    return frame


def with_codes(frame: gpd.GeoDataFrame, frames: Mapping[str, gpd.GeoDataFrame], areas: Areas) -> gpd.GeoDataFrame:
    """Fill unknown village, township and county codes: by the hierarchy from a finer code, otherwise by where the row lies.

    What a row says itself is never changed; a row outside every outline stays without.
    """
    filled = frame.copy()
    for name in CODE_FIELDS:
        if name not in filled:
            filled[name] = None
        filled[name] = filled[name].astype(object)
    _by_hierarchy(filled, areas)
    for name, layer in OUTLINES.items():
        shapes = frames.get(layer)
        lacking = filled[name].isna()
        if not isinstance(filled, gpd.GeoDataFrame) or shapes is None or shapes.empty or not lacking.any():
            continue
        polygons = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
        located = filled[lacking & filled.geometry.notna()]
        if len(polygons) and len(located):
            found = locate(located.geometry, polygons.set_index(name).geometry)
            filled.loc[found.dropna().index, name] = found.dropna()
            _by_hierarchy(filled, areas)
    return filled


def _by_hierarchy(frame: pd.DataFrame, areas: Areas) -> None:
    ranks = {level.rank: level.name for level in areas.levels}
    table = areas.ancestors_table()
    for name, rank in CODE_FIELDS.items():
        for finer, finer_rank in CODE_FIELDS.items():
            if finer_rank > rank and rank in ranks and finer in frame:
                above = frame[finer].map(table[ranks[rank]])
                frame[name] = frame[name].where(frame[name].notna(), above)
