"""The two shifted Chinese web-map coordinate systems, GCJ-02 and BD-09, to and from WGS 84.

GCJ-02 has no EPSG code: it is WGS 84 plus a smooth offset of 250 to 700 m, published as a formula by those who analysed it
(constants a = 6378245.0, e² = 0.00669342162296594323; outside 72.004–137.8347 E, 0.8293–55.8271 N nothing is shifted). BD-09 adds
a second offset to GCJ-02. All functions take and give degrees, longitude first, as arrays of any one shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Degrees = NDArray[np.float64]

SEMI_MAJOR_AXIS_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943_23
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
TOLERANCE_DEG = 1e-11
MOST_ROUNDS = 30
BD_TURN = np.pi * 3000.0 / 180.0
BD_LON, BD_LAT = 0.0065, 0.006


def _inside(lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
    return (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)


def _two_thirds(first: Degrees, second: Degrees, last: tuple[float, float]) -> Degrees:
    """Sum the six sine terms; `last` are the amplitudes of the two longest."""
    pi = np.pi
    short = 20.0 * np.sin(6.0 * first * pi) + 20.0 * np.sin(2.0 * first * pi)
    middle = 20.0 * np.sin(second * pi) + 40.0 * np.sin(second / 3.0 * pi)
    long = last[0] * np.sin(second / 12.0 * pi) + last[1] * np.sin(second / 30.0 * pi)
    return (short + middle + long) * 2.0 / 3.0


def _offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _two_thirds(x, y, (160.0, 320.0))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _two_thirds(x, x, (150.0, 300.0))
    phi = np.radians(lat)
    magic = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel = SEMI_MAJOR_AXIS_M / np.sqrt(magic) * np.cos(phi)
    return np.degrees(east_m / parallel), np.degrees(north_m / meridian)


def _arrays(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 degrees to GCJ-02 degrees.

    Source: constants and test point in part B6 of the domain study.

    >>> lon, lat = wgs84_to_gcj02(116.42079, 39.90105)
    >>> bool(abs(lon - 116.42703) < 1e-5 and abs(lat - 39.90245) < 1e-5)
    True
    """
    x, y = _arrays(lon, lat)
    east, north = _offset(x, y)
    inside = _inside(x, y)
    return np.where(inside, x + east, x), np.where(inside, y + north, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Undo the GCJ-02 shift by fixed-point iteration to better than 1e-10 degrees.

    The step p ← g − offset(p) contracts by about 1e-3 a round, so a handful of rounds suffice.

    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(104.17, 36.54))
    >>> bool(abs(lon - 104.17) < 1e-10 and abs(lat - 36.54) < 1e-10)
    True
    """
    x, y = _arrays(lon, lat)
    guess_x, guess_y = x, y
    for _ in range(MOST_ROUNDS):
        moved_x, moved_y = wgs84_to_gcj02(guess_x, guess_y)
        step_x, step_y = x - moved_x, y - moved_y
        guess_x, guess_y = guess_x + step_x, guess_y + step_y
        if np.nanmax(np.abs([step_x, step_y]), initial=0.0) < TOLERANCE_DEG:
            break
    return guess_x, guess_y


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift GCJ-02 degrees to BD-09 degrees (a turn by the position and a constant offset)."""
    x, y = _arrays(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_TURN)
    return radius * np.cos(angle) + BD_LON, radius * np.sin(angle) + BD_LAT


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Undo the BD-09 shift by fixed-point iteration to better than 1e-10 degrees."""
    x, y = _arrays(lon, lat)
    guess_x, guess_y = x - BD_LON, y - BD_LAT
    for _ in range(MOST_ROUNDS):
        moved_x, moved_y = gcj02_to_bd09(guess_x, guess_y)
        step_x, step_y = x - moved_x, y - moved_y
        guess_x, guess_y = guess_x + step_x, guess_y + step_y
        if np.nanmax(np.abs([step_x, step_y]), initial=0.0) < TOLERANCE_DEG:
            break
    return guess_x, guess_y


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 degrees to BD-09 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift BD-09 degrees to WGS 84 degrees.

    >>> lon, lat = bd09_to_wgs84(*wgs84_to_bd09(112.57, 26.89))
    >>> bool(abs(lon - 112.57) < 1e-10 and abs(lat - 26.89) < 1e-10)
    True
    """
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
