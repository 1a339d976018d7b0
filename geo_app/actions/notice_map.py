"""Where the works of a notice lie, in plain metres: the works, the outlines of their villages, a length for the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import shapely

from geo_app.actions import held
from geo_app.actions.notice_facts import known, short_name
from layers.schema import STORAGE_CRS
from processing.crs import to_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.store import Store
    from processing.areas import Areas

FINEST_PART: Final = 400
"""The drawing tells apart about this many steps across; what is finer is left out."""
ROUND: Final = (1, 2, 5)
OUTLINES: Final = (("villages", "village_code"), ("townships", "township_code"), ("counties", "county_code"))
MOST_POINTS: Final = 4000
SMALLEST_M: Final = 400.0
ROOM: Final = 0.05

Sketch = dict[str, Any]


def sketch(store: Store, row: Mapping[str, Any], tree: Areas) -> Sketch | None:
    """Put down where a project or asset lies; None when neither it nor its area has a place on the map.

    Lengths are metres in the zone CRS of the place (`processing.crs.to_metric`), x from west to east and y from north to south.
    """
    works = row.get("geometry")
    works = works if isinstance(works, shapely.Geometry) and not works.is_empty else None
    outlines, names, simulated = _outlines(store, row, tree)
    shapes = [*outlines, *([works] if works is not None else [])]
    if not shapes:
        return None
    metres = to_metric(gpd.GeoSeries(shapes, crs=STORAGE_CRS))
    west, south, east, north = (float(value) for value in metres.total_bounds)
    wide, high = max(east - west, SMALLEST_M), max(north - south, SMALLEST_M)
    west, north = (west + east - wide) / 2 - wide * ROOM, (south + north + high) / 2 + high * ROOM
    wide, high = wide * (1 + 2 * ROOM), high * (1 + 2 * ROOM)
    drawn = [shapely.simplify(item, max(wide, high) / FINEST_PART) for item in metres]
    parts = [_parts(item, west, north) for item in drawn]
    return {
        "width": round(wide),
        "height": round(high),
        "outlines": [part for item in parts[: len(outlines)] for part in item],
        "names": names,
        "works": [part for item in parts[len(outlines) :] for part in item],
        "scale": round_length(wide / 4),
        "simulated": simulated,
    }


def round_length(length: float) -> int:
    """Give the longest of 1, 2, 5, 10, 20 … metres that is not longer.

    >>> [round_length(value) for value in (730, 2100, 5)]
    [500, 2000, 5]
    """
    found = 1
    power = 1
    while power <= length:
        found = max([found, *(step * power for step in ROUND if step * power <= length)])
        power *= 10
    return found


def _outlines(store: Store, row: Mapping[str, Any], tree: Areas) -> tuple[list[Any], list[str], bool]:
    """Give outlines and names of the finest areas that are drawn and that the row names, and whether any is simulated."""
    codes = [str(code) for code in known(row.get("village_codes")) or ()]
    for layer, key in OUTLINES:
        if not (key == "village_code" and codes):
            code = known(row.get(key))
            codes = [str(code)] if code else []
        if not codes:
            continue
        frame = held.read(store, (layer,))[layer]
        if frame.empty:
            continue
        found = frame[frame[key].isin(codes) & frame.geom_type.isin(["Polygon", "MultiPolygon"])]
        if len(found):
            simulated = bool((found["data_quality"] == "synthetic").any())
            return found.geometry.tolist(), [short_name(tree.name(str(code))) for code in found[key]], simulated
    return [], [], False


def _parts(shape: Any, west: float, north: float) -> list[dict[str, Any]]:
    """Take a geometry apart into points, lines and rings, in whole metres from the north-western corner."""
    found: list[dict[str, Any]] = []
    for piece in shapely.get_parts([shape]):
        if piece.geom_type == "Point":
            found.append({"kind": "point", "xy": _xy(piece, west, north)})
        elif piece.geom_type == "LineString":
            found.append({"kind": "line", "xy": _xy(piece, west, north)})
        elif piece.geom_type == "Polygon":
            found += [{"kind": "area", "xy": _xy(ring, west, north)} for ring in (piece.exterior,)]
    return found


def _xy(shape: Any, west: float, north: float) -> list[list[int]]:
    return [[round(x - west), round(north - y)] for x, y in shapely.get_coordinates(shape)[:MOST_POINTS].tolist()]
