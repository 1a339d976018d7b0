"""The rows of the changed villages themselves: what a merged village holds, and what each part of a divided one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_app.actions.merging import plain
from layers.catalogue import layer as declared
from layers.declare import COMMON
from layers.schema import STORAGE_CRS
from processing.overlay import locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame

ADDED_UP: Final = ("pop_registered", "pop_resident", "households", "collective_income")
"""Amounts of a village: a merged one has the sum, unknown where any part's is unknown."""
HANDED_DOWN: Final = (
    *("township_code", "county_code", "urban_rural_code", "planning_type", "plan_status", "plan_date"),
    *("former_poor_village", "key_village_level", "demo_level", "source", "source_date", "data_quality"),
)
"""What the parts of a divided village inherit; counts and services of a part are unknown until somebody gives them."""
OWN: Final = frozenset({"village_code", "name", "id", "valid_from", "valid_to", "seat_lon", "seat_lat"})
POLYGONS: Final = ("Polygon", "MultiPolygon")


def merged(rows: GeoDataFrame, lead: int, notes: list[str]) -> dict[str, Any]:
    """Give the values of a village merged from several; `lead` is the position of the row that it goes on from.

    Amounts are added up. What is the same in all stays. What differs becomes unknown, and is noted: nobody knows it yet. The
    record fields (source and so on), the seat and the place in the hierarchy are those of the leading row.
    """
    found: dict[str, Any] = {}
    for item in declared("villages").fields:
        values = [plain(value) for value in rows[item.name].tolist()] if item.name in rows else []
        if item.name in OWN or item.derived or not values:
            continue
        if item.name in ADDED_UP:
            found[item.name] = None if None in values else sum(values)
            if None in values:
                notes.append(f"unknown_sum:{item.name}")
        elif all(value == values[0] for value in values):
            found[item.name] = values[0]
        elif item.name in {one.name for one in COMMON} or item.name in {"township_code", "county_code"}:
            found[item.name] = values[lead]
        else:
            found[item.name] = None
            notes.append(f"differs:{item.name}")
    return found


def joined(rows: GeoDataFrame, lead: int, notes: list[str]) -> shapely.Geometry | None:
    """Give the union of the outlines; the leading row's own geometry when none is drawn."""
    shapes = rows.geometry
    drawn = shapes[shapes.notna() & shapes.geom_type.isin(POLYGONS)]
    if drawn.empty:
        own = shapes.iloc[lead]
        return None if own is None or own.is_empty else own
    if len(drawn) < len(rows):
        notes.append("outline_missing:" + ",".join(rows.loc[~shapes.index.isin(drawn.index), "village_code"].astype(str)))
    found: shapely.Geometry = drawn.union_all()
    return found


def inherited(parent: Mapping[Any, Any]) -> dict[str, Any]:
    """Give what each part of a divided village has from the whole one."""
    layer = declared("villages")
    return {
        item.name: plain(parent.get(item.name)) if item.name in HANDED_DOWN else None for item in layer.fields if _is_open(item)
    }


def _is_open(item: Any) -> bool:
    return item.name not in {"village_code", "name", "id", "valid_from", "valid_to"} and not item.derived


def divided(outline: shapely.Geometry | None, hamlets: GeoDataFrame, part_of: Mapping[str, str]) -> dict[str, shapely.Geometry]:
    """Divide an outline among parts by the nearest hamlet (Thiessen polygons); of a village without an outline the middle hamlet.

    A stand-in until the boundary is surveyed. `part_of` says to which part each hamlet id belongs.
    """
    placed = hamlets[hamlets.geometry.notna()]
    owners = placed["hamlet_id"].map(dict(part_of))
    if outline is None or outline.geom_type not in POLYGONS or len(placed) < 2:  # noqa: PLR2004 - one point divides nothing
        return {str(code): _middle(placed[owners == code]) for code in owners.dropna().unique()}
    points = shapely.MultiPoint(shapely.get_coordinates(placed.geometry.to_numpy()))
    cells = gpd.GeoSeries(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=outline)), crs=STORAGE_CRS)
    owner = locate(placed.geometry, cells)
    found: dict[str, shapely.Geometry] = {}
    for code in owners.dropna().unique():
        own = cells.loc[owner[owners == code].dropna().unique()].union_all()
        shape = shapely.intersection(own, outline)
        pieces = [piece for piece in shapely.get_parts(shape) if piece.geom_type == "Polygon"]
        found[str(code)] = pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)
    return found


def _middle(hamlets: GeoDataFrame) -> shapely.Geometry:
    """Give the hamlet nearest to the middle of several, as a point."""
    at = shapely.get_coordinates(hamlets.geometry.to_numpy())
    return shapely.Point(at[np.argmin(((at - at.mean(axis=0)) ** 2).sum(axis=1))])


def frame(rows: list[dict[str, Any]], layer: str = "villages") -> gpd.GeoDataFrame | pd.DataFrame:
    """Give new rows as a frame of a layer, `geometry` among them where the layer has one."""
    table = pd.DataFrame([{name: value for name, value in row.items() if name != "geometry"} for row in rows], dtype=object)
    if layer != "villages":
        return table
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.get("geometry") for row in rows]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=STORAGE_CRS), crs=STORAGE_CRS)
