"""How far a geometry moved: the largest distance between the old and the new one, and between their middles, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from processing.crs import GEOGRAPHIC
from processing.ellipsoid import GEOD

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECES: Final = 2000
"""Into how many steps an outline is cut at most; the largest distance of a stretch lies between its vertices too."""
LEAST_STEP_M: Final = 0.5
POLYGONS: Final = frozenset({"Polygon", "MultiPolygon"})


@dataclass(frozen=True, slots=True)
class Displacement:
    """How far something moved, in metres along the ellipsoid: at its farthest spot, and at its middle."""

    largest_m: float
    centroid_m: float


def displacement(before: shapely.Geometry, after: shapely.Geometry) -> Displacement:
    """Measure how far a geometry moved.

    largest_m = max(h(before, after), h(after, before)), h(A, B) = max over a in A of the distance to the nearest spot of B (the
    Hausdorff distance), of polygons between their outlines. Outlines are followed in steps of at least half a metre and at most a
    2000th of their length, so the figure is exact to half a step. Nearest spots are found in a transverse Mercator plane through
    the middle of both; the distance between the two spots is then measured along the ellipsoid.

    Args:
        before: geometry in degrees of EPSG:4490.
        after: the same feature's new geometry in degrees of EPSG:4490.

    Raises:
        ValueError: one of them is empty.

    Source: Rote, Computing the minimum Hausdorff distance, Information Processing Letters 38 (1991); Karney 2013.

    >>> from shapely import LineString, Point
    >>> displacement(Point(104, 36), Point(104, 36.01))
    Displacement(largest_m=1109.59..., centroid_m=1109.59...)
    >>> line = LineString([(104, 36), (104.1, 36)])
    >>> displacement(line, line)
    Displacement(largest_m=0.0, centroid_m=0.0)
    """
    if before.is_empty or after.is_empty:
        raise ValueError("A displacement needs two geometries; one of them is empty.")
    plane = _Plane(before, after)
    old, new = plane.flat(before), plane.flat(after)
    largest = max(plane.farthest(old, new), plane.farthest(new, old))
    return Displacement(largest, plane.between(old.centroid, new.centroid))


class _Plane:
    """A transverse Mercator plane through the middle of two geometries."""

    def __init__(self, before: shapely.Geometry, after: shapely.Geometry) -> None:
        west, south, east, north = shapely.total_bounds([before, after])
        crs = CRS.from_dict(
            {"proj": "tmerc", "lat_0": (south + north) / 2, "lon_0": (west + east) / 2, "k": 1, "ellps": "GRS80", "units": "m"}
        )
        self._there = Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)
        self._back = Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)

    def flat(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """Lay a geometry onto the plane; of polygons the outline."""
        outline = geometry.boundary if geometry.geom_type in POLYGONS else geometry
        return shapely.transform(outline, lambda lonlat: np.column_stack(self._there.transform(lonlat[:, 0], lonlat[:, 1])))

    def farthest(self, one: shapely.Geometry, other: shapely.Geometry) -> float:
        """Measure from the spot of one geometry that is farthest from the other to the nearest spot of that."""
        step = max(LEAST_STEP_M, one.length / PIECES)
        spots = shapely.points(shapely.get_coordinates(shapely.segmentize(one, step)))
        shapely.prepare(other)
        lines = shapely.shortest_line(spots, other)
        return self._along(shapely.get_coordinates(lines[int(np.argmax(shapely.length(lines)))]))

    def between(self, one: shapely.Point, other: shapely.Point) -> float:
        """Measure between two points of the plane."""
        return self._along(np.array([[one.x, one.y], [other.x, other.y]]))

    def _along(self, ends: NDArray[np.float64]) -> float:
        if np.array_equal(ends[0], ends[1]):
            return 0.0
        lon, lat = self._back.transform(ends[:, 0], ends[:, 1])
        return float(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2])
