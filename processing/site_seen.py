"""What a place's analysis cannot see: layers that are not there, and ground beyond the areas that are read."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from processing.plane import Plane

LEAST_SHARE = 1e-3
"""A share of the ground below this is the width of a border line, not ground that is missing (design)."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """What is not known because it is not read.

    `absent` names layers that are not loaded or that the person does not read. `place` and `around` are the shares of the place
    and of its surroundings (within reach) that lie beyond what is read; None where no outline says how far that goes.
    """

    absent: frozenset[str] = frozenset()
    place: float | None = 0.0
    around: float | None = 0.0


def beyond(site: shapely.Geometry, territory: shapely.Geometry, margin_m: float) -> float:
    """Give the share of a place, widened by a margin, that lies beyond a territory: 0 to 1, of its surface.

    Args:
        site: the place in degrees of EPSG:4490.
        territory: outline of what is read, in the same degrees.
        margin_m: how far the ground around the place counts, metres, above 0.

    >>> round(beyond(shapely.Point(104, 36), shapely.box(104, 35, 105, 37), 1000), 3)
    0.5
    """
    middle = shapely.get_coordinates(shapely.centroid(site))
    plane = Plane(float(middle[0, 0]))
    width = margin_m * float(plane.scale(middle)[0])
    ground = shapely.buffer(shapely.transform(site, plane.forward), width, quad_segs=16)
    west, south, east, north = shapely.transform(ground, plane.inverse).bounds
    pad = max(east - west, north - south)
    near = shapely.intersection(territory, shapely.box(west - pad, south - pad, east + pad, north + pad))
    known = shapely.intersection(ground, shapely.transform(near, plane.forward)) if not near.is_empty else shapely.Point()
    share = 1 - known.area / ground.area
    return share if share > LEAST_SHARE else 0.0
