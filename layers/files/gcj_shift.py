"""Measures whether a layer lies shifted against a reference in the way GCJ-02 does (E17).

Method: points of the layer are matched with the reference (by key, or by the nearest place after each round of moving the
layer by the median shift), and the median shift is compared with the GCJ-02 vector at that place. Both start points, no shift
and the GCJ-02 vector, are tried, so that a shift of 250–700 m is found even where the nearest neighbour is closer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from layers.files import gcj02

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

GEOD = pyproj.Geod(ellps="GRS80")
MOST_POINTS = 500
ROUNDS = 25
AGREEMENT = 0.35
"""The measured vector may differ from the GCJ-02 vector by this share of its length."""
BETTER = 0.5
"""Taking the shift away must at least halve the distance that remains."""
LEAST_SHIFT_M = 100.0
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A measured shift of a layer against a reference, in metres east and north, beside what GCJ-02 would do there.

    `residual_m` and `residual_unshifted_m` are the median distances to the reference with the shift taken away and as given.
    """

    east_m: float
    north_m: float
    expected_east_m: float
    expected_north_m: float
    residual_m: float
    residual_unshifted_m: float
    matches: int

    @property
    def length_m(self) -> float:
        """Length of the measured shift in metres."""
        return float(np.hypot(self.east_m, self.north_m))

    @property
    def suspected(self) -> bool:
        """Whether the shift is that of GCJ-02 and explains most of what separates the layer from the reference."""
        expected = float(np.hypot(self.expected_east_m, self.expected_north_m))
        apart = float(np.hypot(self.east_m - self.expected_east_m, self.north_m - self.expected_north_m))
        explains = self.residual_m <= BETTER * self.residual_unshifted_m
        return self.length_m >= LEAST_SHIFT_M and apart <= AGREEMENT * expected and explains


def _metres(degrees: Points, latitude: float) -> Points:
    metres: Points = degrees * METRES_PER_DEGREE * np.array([np.cos(np.radians(latitude)), 1.0])
    return metres


def _sample(geometries: NDArray[np.object_]) -> Points:
    points = shapely.get_coordinates(geometries)
    points = points[np.isfinite(points).all(axis=1)]
    picks = np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).astype(int)
    sample: Points = points[picks] if len(points) else points
    return sample


def _lines(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give polygons by their outlines: a point inside a polygon would count as no distance at all."""
    parts = shapely.get_parts(geometries)
    outlines: NDArray[np.object_] = np.where(shapely.get_dimensions(parts) == 2, shapely.boundary(parts), parts)  # noqa: PLR2004
    return outlines


def _residuals(points: Points, tree: shapely.STRtree, lines: NDArray[np.object_], latitude: float) -> Points:
    made = shapely.points(points)
    nearest = lines[tree.nearest(made)]
    foot = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(made, nearest), 1))
    return _metres(foot - points, latitude)


def _settle(points: Points, tree: shapely.STRtree, lines: NDArray[np.object_], start_m: Points) -> tuple[Points, float]:
    """Move the points until the median step to the reference vanishes; gives the move in metres and what distance remains."""
    latitude = float(np.median(points[:, 1]))
    scale = _metres(np.ones(2), latitude)
    move = start_m.astype(float).copy()
    for _ in range(ROUNDS):
        step = _residuals(points + move / scale, tree, lines, latitude)
        mean = np.median(step, axis=0)
        move = move + mean
        if np.hypot(*mean) < 0.5:  # noqa: PLR2004 - half a metre is settled
            break
    left = _residuals(points + move / scale, tree, lines, latitude)
    return move, float(np.median(np.hypot(left[:, 0], left[:, 1])))


def expected_shift(points: Points) -> Points:
    """Give the GCJ-02 vector at the middle of the points, in metres east and north."""
    middle = np.median(points, axis=0)
    shifted = np.array(gcj02.wgs84_to_gcj02(middle[0], middle[1]), dtype=float)
    return _metres(shifted - middle, float(middle[1]))


def measure_shift(geometries: NDArray[np.object_], reference: NDArray[np.object_]) -> Shift | None:
    """Measure the systematic shift of geometries (EPSG:4490) against reference geometries of the same things.

    Returns None when either side is empty.
    """
    present = reference[~(shapely.is_missing(reference) | shapely.is_empty(reference))]
    points = _sample(geometries)
    if not len(points) or not len(present):
        return None
    lines = _lines(present)
    tree = shapely.STRtree(lines)
    expected = expected_shift(points)
    latitude = float(np.median(points[:, 1]))
    given = _residuals(points, tree, lines, latitude)
    unshifted = float(np.median(np.hypot(given[:, 0], given[:, 1])))
    moves = [_settle(points, tree, lines, start) for start in (np.zeros(2), -expected)]
    move, residual = min(moves, key=lambda item: item[1])
    return Shift(float(-move[0]), float(-move[1]), float(expected[0]), float(expected[1]), residual, unshifted, len(points))


def measure_matched(points: Points, reference: Points) -> Shift | None:
    """Measure the shift between points and the same points of a reference (matched row by row, shape (n, 2), degrees)."""
    good = np.isfinite(points).all(axis=1) & np.isfinite(reference).all(axis=1)
    here, there = points[good], reference[good]
    if not len(here):
        return None
    latitude = float(np.median(here[:, 1]))
    steps = _metres(here - there, latitude)
    shift = np.median(steps, axis=0)
    left = steps - shift
    expected = expected_shift(there)
    return Shift(
        float(shift[0]),
        float(shift[1]),
        float(expected[0]),
        float(expected[1]),
        float(np.median(np.hypot(left[:, 0], left[:, 1]))),
        float(np.median(np.hypot(steps[:, 0], steps[:, 1]))),
        len(here),
    )
