"""What a vector tile shows at which zoom: Web Mercator, geometry generalised by level, and thinning by importance. Pure numpy.

At zoom 14 and closer every feature is drawn as it is. Farther out a tile has room for about `ROOM_BYTES`: the features of
each part of it are taken in the order of their importance until the room is used up, so that a class of roads, the long lines
and the large parcels stay, and what is left out can be counted. What is shown at a zoom is shown at all closer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

RADIUS_M: Final = 6_378_137.0
HALF_WORLD: Final = RADIUS_M * np.pi
"""Half the width of the Web Mercator square (EPSG:3857), its unit being the metre on the equator."""
MAX_LATITUDE: Final = 85.0511287798066
MAX_ZOOM: Final = 18
WHOLE_ZOOM: Final = 14
"""From here on nothing is left out and nothing is generalised."""
ROOM_BYTES: Final = 230_000
"""Estimated bytes of a tile before thinning sets in; half of what a tile may have, since long features reach into others."""
PARTS_ZOOM: Final = 3
PARTS: Final = 4**PARTS_ZOOM
"""The room is given out by parts of a tile, an eighth of it wide (64 pixels), so that the map is equally dense everywhere."""
ROW_BYTES: Final = 75
VERTEX_BYTES: Final = 3.2
DETAIL_PX: Final = 4
"""A generalised line is taken to have a vertex every so many pixels, for the estimate only."""
TILE_PX: Final = 512
TOLERANCE_PX: Final = 0.25


@dataclass(frozen=True, slots=True)
class Level:
    """One generalised geometry, used from one zoom to another."""

    column: str
    first: int
    last: int

    @property
    def tolerance(self) -> float:
        """Metres of Web Mercator below which detail is left out; 0 for the geometry as it is."""
        return 0.0 if self.first >= WHOLE_ZOOM else pixel(self.last) * TOLERANCE_PX


LEVELS: Final = tuple(
    Level(f"g{last}", first, last) for first, last in ((0, 5), (6, 7), (8, 9), (10, 11), (12, 13), (WHOLE_ZOOM, MAX_ZOOM))
)


def tile_width(z: int) -> float:
    """Width of a tile in metres of Web Mercator."""
    return float(2 * HALF_WORLD / 2**z)


def pixel(z: int) -> float:
    """Width of a pixel in metres of Web Mercator, a tile being drawn 512 pixels wide."""
    return tile_width(z) / TILE_PX


def level_of(z: int) -> Level:
    """Give the level whose geometry a zoom uses.

    >>> level_of(9).column, level_of(14).tolerance
    ('g9', 0.0)
    """
    return next(level for level in LEVELS if level.first <= z <= level.last)


def box_of(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in Web Mercator.

    >>> [round(part) for part in box_of(1, 0, 0)]
    [-20037508, 0, 0, 20037508]
    """
    width = tile_width(z)
    west, north = -HALF_WORLD + x * width, HALF_WORLD - y * width
    return west, north - width, west + width, north


def mercator(points: NDArray[Any]) -> NDArray[Any]:
    """Project longitude and latitude in degrees to Web Mercator (spherical, as every tile client does).

    EPSG:4490 stands for WGS 84 here: they differ by less than a pixel at zoom 18.
    """
    latitude = np.radians(np.clip(points[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    return np.column_stack([RADIUS_M * np.radians(points[:, 0]), RADIUS_M * np.log(np.tan(np.pi / 4 + latitude / 2))])


def project(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Project geometries of EPSG:4490 to Web Mercator, heights left out."""
    found: NDArray[np.object_] = shapely.transform(shapely.force_2d(geometries), mercator)
    return found


def degrees_box(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """Project a box in degrees to Web Mercator."""
    (left, bottom), (right, top) = mercator(np.array([[west, south], [east, north]], dtype=float)).tolist()
    return left, bottom, right, top


def generalised(geometries: NDArray[np.object_], level: Level) -> NDArray[np.object_]:
    """Simplify geometries for a level; what vanishes becomes a point on itself, so that it can still be seen and counted."""
    if level.tolerance == 0:
        return geometries
    simple = np.array(geometries, dtype=object)
    kinds = shapely.get_type_id(geometries)
    lines, areas = np.isin(kinds, (1, 5)), np.isin(kinds, (3, 6))
    simple[lines] = shapely.simplify(geometries[lines], level.tolerance, preserve_topology=False)
    simple[areas] = shapely.simplify(geometries[areas], level.tolerance, preserve_topology=True)
    bounds = shapely.bounds(simple)
    reach = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    tiny = (lines | areas) & ~(reach >= pixel(level.last) / 2)
    simple[tiny] = shapely.point_on_surface(geometries[tiny])
    return simple


def clockwise(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Turn the outer rings of polygons clockwise, as a tile's grid, whose y points down, wants them."""
    areas = np.isin(shapely.get_type_id(geometries), (3, 6))
    turned = np.array(geometries, dtype=object)
    turned[areas] = shapely.orient_polygons(geometries[areas], exterior_cw=True)
    return turned


def first_zooms(bounds: NDArray[Any], vertices: NDArray[Any], lengths: NDArray[Any], importance: NDArray[Any]) -> NDArray[Any]:
    """Give the zoom from which on each feature is shown: where there is room in its part of the tile.

    Args:
        bounds: west, south, east, north in Web Mercator, one row a feature.
        vertices: number of vertices.
        lengths: length of the line or of the outline, in metres of Web Mercator.
        importance: larger is shown earlier.
    """
    found = np.full(len(bounds), WHOLE_ZOOM, dtype=np.int8)
    order = np.argsort(-importance, kind="stable")
    middle = ((bounds[:, :2] + bounds[:, 2:]) / 2)[order]
    for z in range(WHOLE_ZOOM - 1, -1, -1):
        drawn = np.clip(lengths / (DETAIL_PX * pixel(z)), 2, np.maximum(vertices, 2))
        cost = (ROW_BYTES + VERTEX_BYTES * drawn)[order]
        found[order[_has_room(cell_of(middle, z + PARTS_ZOOM), cost, ROOM_BYTES / PARTS)]] = z
    return found


def _has_room(cells: NDArray[np.int64], cost: NDArray[Any], room: float) -> NDArray[np.bool_]:
    """Say which rows, taken in their order, fit into the room of their cell."""
    if not len(cells):
        return np.zeros(0, dtype=bool)
    by_cell = np.argsort(cells, kind="stable")
    sorted_cells, sorted_cost = cells[by_cell], cost[by_cell]
    total = np.cumsum(sorted_cost)
    starts = np.flatnonzero(np.r_[True, np.diff(sorted_cells) != 0])
    before = np.repeat(total[starts] - sorted_cost[starts], np.diff(np.r_[starts, len(cells)]))
    fits = np.zeros(len(cells), dtype=bool)
    fits[by_cell] = (total - before) <= room
    return fits


def cell_of(points: NDArray[Any], z: int) -> NDArray[np.int64]:
    """Number the tile of a zoom in which each point of Web Mercator lies."""
    width, last = tile_width(z), 2**z - 1
    column = np.clip(np.floor((points[:, 0] + HALF_WORLD) / width), 0, last).astype(np.int64)
    row = np.clip(np.floor((HALF_WORLD - points[:, 1]) / width), 0, last).astype(np.int64)
    cells: NDArray[np.int64] = row * 2**z + column
    return cells
