"""Coordinate systems offered to other tools (OGC API – Features, Part 2), each in the axis order of the EPSG registry.

The store holds EPSG:4490 as longitude, latitude. A tool that names EPSG:4490 gets latitude, longitude, as the registry defines
it; one that names none gets CRS84, which is longitude, latitude. CGCS2000 and WGS 84 are taken as equal (the registry's own
transformation is the identity, good to about a metre in absolute position).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo_app.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.store.backend import Box

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
STORAGE = EPSG + "4490"
GEOGRAPHIC = (STORAGE, EPSG + "4326")
MERIDIANS = range(75, 136, 3)
"""Central meridians of the 3-degree zones of CGCS2000, in degrees."""
WITH_ZONE_NUMBER, WITHOUT_ZONE_NUMBER = 4513, 4534
"""EPSG codes of the first zone (25, 75°E), with the number of the zone before the easting and without."""
BOX_PARTS = (4, 6)
DENSE = 21
MARGIN = 1.5
"""Half the width of a zone, in degrees."""


def zones(box: Box | None) -> tuple[str, ...]:
    """Name the CGCS2000 3-degree zones that a box of longitudes and latitudes meets, each with and without zone number.

    >>> [uri.rsplit("/", 1)[1] for uri in zones((104.6, 35, 105.4, 36))]
    ['4523', '4544']
    """
    if box is None:
        return ()
    meet = [at for at, meridian in enumerate(MERIDIANS) if box[0] < meridian + MARGIN and box[2] > meridian - MARGIN]
    return tuple(f"{EPSG}{first + at}" for first in (WITH_ZONE_NUMBER, WITHOUT_ZONE_NUMBER) for at in meet)


def offered(box: Box | None) -> tuple[str, ...]:
    """Name every CRS of a collection, the default first."""
    return (CRS84, *GEOGRAPHIC, *zones(box))


def uri_of(text: str) -> str:
    """Take the angle brackets off a URI as it stands in a header; a name like `EPSG:4490` becomes its URI.

    >>> uri_of("<http://www.opengis.net/def/crs/EPSG/0/4490>") == uri_of("EPSG:4490") == STORAGE
    True
    """
    found = text.strip().removeprefix("<").removesuffix(">").strip()
    found = found.replace("https://", "http://", 1)
    return EPSG + found[5:] if found.startswith("EPSG:") else found


@dataclass(frozen=True)
class System:
    """One CRS by its URI: how coordinates go there from the store's longitude and latitude, and back."""

    uri: str

    @property
    def _swapped(self) -> bool:
        return self.uri in GEOGRAPHIC

    def forward(self, geometries: np.ndarray[tuple[int], np.dtype[np.object_]]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        """Take geometries from the store to this CRS, in its axis order."""
        if self.uri == CRS84:
            return geometries
        if self._swapped:
            return np.asarray(shapely.transform(geometries, lambda points: points[:, ::-1]), dtype=object)
        there = _between(self.uri)

        def move(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
            return np.column_stack(there.transform(points[:, 1], points[:, 0]))

        return np.asarray(shapely.transform(geometries, move), dtype=object)

    def back(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """Take a geometry in this CRS to the store's longitude and latitude."""
        if self.uri == CRS84:
            return geometry
        if self._swapped:
            return shapely.transform(geometry, lambda points: points[:, ::-1])
        here = _between(self.uri)

        def move(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
            latitude, longitude = here.transform(points[:, 0], points[:, 1], direction="INVERSE")
            return np.column_stack([longitude, latitude])

        return shapely.transform(geometry, move)

    def box_back(self, parts: Sequence[float]) -> Box:
        """Take a box in this CRS to west, south, east, north; its edges are followed, so that nothing inside is lost."""
        if self.uri == CRS84:
            return parts[0], parts[1], parts[2], parts[3]
        if self._swapped:
            return parts[1], parts[0], parts[3], parts[2]
        south, west, north, east = _between(self.uri).transform_bounds(
            parts[0], parts[1], parts[2], parts[3], densify_pts=DENSE, direction="INVERSE"
        )
        return west, south, east, north


@lru_cache(maxsize=64)
def _between(uri: str) -> Transformer:
    return Transformer.from_crs("EPSG:4490", CRS.from_authority("EPSG", uri.removeprefix(EPSG)))


def system(text: str | None, allowed: Sequence[str], *, parameter: str) -> System:
    """Find a CRS among those of a collection; None is the default.

    Raises:
        BadRequestError: naming the parameter and those that are offered.
    """
    if text is None:
        return System(CRS84)
    uri = uri_of(text)
    if uri not in allowed:
        raise BadRequestError(f"{parameter} must be one of {', '.join(allowed)}")
    return System(uri)


def box_of(text: str, given: System) -> Box:
    """Read `bbox=` in a CRS as west, south, east, north of the store; heights are left aside.

    Raises:
        BadRequestError: it is not four (or six) ordered finite numbers on the globe.
    """
    try:
        parts = [float(part) for part in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) not in BOX_PARTS or not np.isfinite(parts).all():
        raise BadRequestError("bbox must be four numbers, in the axis order of its CRS: minimum corner, then maximum corner")
    half = len(parts) // 2
    corners = [*parts[:2], *parts[half : half + 2]]
    if corners[0] > corners[2] or corners[1] > corners[3]:
        raise BadRequestError("bbox must have its minimum corner first")
    box = given.box_back(corners)
    if not np.isfinite(box).all():
        raise BadRequestError("bbox lies outside its CRS")
    west, south, east, north = max(box[0], -180.0), max(box[1], -90.0), min(box[2], 180.0), min(box[3], 90.0)
    if west > east or south > north:
        raise BadRequestError("bbox lies outside the globe (are longitude and latitude swapped?)")
    return west, south, east, north
