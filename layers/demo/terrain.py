"""A made-up relief: a noise field that settlement, roads and water follow, the same for the same seed and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

METRES_PER_DEGREE = 111_320.0
"""Of latitude, near enough to place things; lengths and areas that are stored are measured on the ellipsoid."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane in metres around a place, used to generate; stored geometry is in degrees (EPSG:4490)."""

    lon: float
    lat: float

    def xy(self, lonlat: Array) -> Array:
        """Degrees → metres, shape (n, 2).

        >>> Plane(104.0, 36.0).xy(np.array([[104.0, 37.0]])).round().tolist()
        [[0.0, 111320.0]]
        """
        return np.asarray((np.asarray(lonlat, float) - (self.lon, self.lat)) * self._scale())

    def lonlat(self, xy: Array) -> Array:
        """Metres → degrees, rounded to 1e-7 (1 cm), shape (n, 2)."""
        return np.asarray(np.round(np.asarray(xy, float) / self._scale() + (self.lon, self.lat), 7))

    def _scale(self) -> Array:
        return np.array([METRES_PER_DEGREE * np.cos(np.radians(self.lat)), METRES_PER_DEGREE])


def _hash(ix: Array, iy: Array, seed: int) -> Array:
    """Give a number in [0, 1) for every lattice point, by integer hashing."""
    with np.errstate(over="ignore"):
        value = ix.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ iy.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        value ^= np.uint64(seed) * np.uint64(0x165667B19E3779F9)
        value ^= value >> np.uint64(29)
        value *= np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(32)
    return (value >> np.uint64(11)).astype(float) / float(1 << 53)


def _noise(lonlat: Array, cell_degrees: float, seed: int) -> Array:
    """Smooth value noise in [0, 1] on a lattice of the given cell."""
    grid = np.asarray(lonlat, float) / cell_degrees
    base = np.floor(grid)
    part = grid - base
    ease = part * part * (3 - 2 * part)
    ix, iy = base[:, 0].astype(np.int64), base[:, 1].astype(np.int64)
    low = _hash(ix, iy, seed) * (1 - ease[:, 0]) + _hash(ix + 1, iy, seed) * ease[:, 0]
    high = _hash(ix, iy + 1, seed) * (1 - ease[:, 0]) + _hash(ix + 1, iy + 1, seed) * ease[:, 0]
    return low * (1 - ease[:, 1]) + high * ease[:, 1]


def relief(lonlat: Array, seed: int) -> Array:
    """Give the made-up height in [0, 1] (valley to ridge) at places in degrees: four octaves, folded into ridges.

    >>> bool(np.ptp(relief(np.array([[104.0, 36.5], [104.0, 36.5]]), 7)) == 0)
    True
    """
    total = np.zeros(len(lonlat))
    for octave, (cell, weight) in enumerate(((0.32, 0.5), (0.14, 0.27), (0.06, 0.15), (0.025, 0.08))):
        total += weight * (1 - np.abs(2 * _noise(lonlat, cell, seed + 101 * octave) - 1))
    return np.clip((total - 0.25) / 0.6, 0, 1)


def dryness(lonlat: Array, seed: int) -> Array:
    """Give how dry a place is, in [0, 1]: a broad field of its own, so that scarcity comes in tracts."""
    return 0.7 * _noise(lonlat, 0.4, seed + 9_001) + 0.3 * _noise(lonlat, 0.1, seed + 9_002)
