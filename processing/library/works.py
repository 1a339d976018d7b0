"""Works as planned beside works as built, and how far a photograph was taken from them; metres along the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from processing import crs
from processing.displacement import displacement
from processing.ellipsoid import GEOD

if TYPE_CHECKING:
    from collections.abc import Iterable

BUFFER_M: Final = 20.0
"""Half the width of the strip around the planned works in which the built ones are looked for (design)."""
QUARTER: Final = 16
DEGREES: Final = 4490


@dataclass(frozen=True, slots=True)
class Comparison:
    """Built against planned: lengths (m) and areas (m²) where both have them, how far it moved (m), shares inside the strip."""

    kind: str
    """`line`, `area`, `point`, or `mixed` where a line was planned and an area built."""
    planned: float | None
    built: float | None
    largest_m: float
    centroid_m: float
    built_inside: float | None
    """Share of the built works within the strip around the planned ones."""
    planned_covered: float | None
    """Share of the planned works within the strip around the built ones."""

    @property
    def difference(self) -> float | None:
        """Built less planned, in metres or square metres."""
        return None if self.planned is None or self.built is None else self.built - self.planned

    @property
    def difference_share(self) -> float | None:
        """The difference as a share of what was planned."""
        return None if self.difference is None or not self.planned else self.difference / self.planned


def distance_m(place: shapely.Point, works: Iterable[shapely.Geometry]) -> float | None:
    """Measure from a place to the nearest spot of works, along the ellipsoid; 0 inside an area, None without works.

    Args:
        place: point in degrees of EPSG:4490.
        works: geometries in degrees of EPSG:4490, such as the planned and the built ones.

    >>> from shapely import LineString, Point
    >>> round(distance_m(Point(104, 36.01), [LineString([(103.999, 36), (104.001, 36)])]), 1)
    1109.6
    """
    known = [item for item in works if item is not None and not item.is_empty]
    if not known:
        return None
    series = gpd.GeoSeries([place, *known], crs=DEGREES)
    plane = crs.metric_crs(series)
    flat = np.asarray(crs.to_metric(series, crs=plane).values, dtype=object)
    back = Transformer.from_crs(plane, crs.GEOGRAPHIC, always_xy=True)
    lines = shapely.shortest_line(flat[0], flat[1:])
    nearest = lines[int(np.argmin(shapely.length(lines)))]
    (x1, y1), (x2, y2) = shapely.get_coordinates(nearest)
    if (x1, y1) == (x2, y2):
        return 0.0
    lon, lat = back.transform([x1, x2], [y1, y2])
    return float(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2])


def kind_of(geometry: shapely.Geometry) -> str:
    """Say whether a geometry is a point, a line or an area."""
    name = geometry.geom_type
    return "line" if name.endswith("LineString") else "area" if name.endswith("Polygon") else "point"


def compare(planned: shapely.Geometry, built: shapely.Geometry, *, buffer_m: float = BUFFER_M) -> Comparison:
    """Compare works as built with works as planned.

    Lengths and areas come from the ellipsoid; the displacement is the Hausdorff distance and that of the middles; the shares are
    those of Goodchild and Hunter (1997): the part of one within `buffer_m` of the other, by length for lines, by area for areas,
    by number for points.

    Args:
        planned: geometry in degrees of EPSG:4490.
        built: geometry in degrees of EPSG:4490.
        buffer_m: half the width of the strip, in metres.

    Raises:
        ValueError: one of them is empty.

    >>> from shapely import LineString
    >>> found = compare(LineString([(104, 36), (104.01, 36)]), LineString([(104, 36), (104.02, 36)]))
    >>> found.kind, round(found.difference), round(found.built_inside, 2), found.planned_covered
    ('line', 902, 0.51, 1.0)
    """
    moved = displacement(planned, built)
    kinds = kind_of(planned), kind_of(built)
    kind = kinds[0] if kinds[0] == kinds[1] else "mixed"
    sizes = _sizes(kind, planned, built)
    series = gpd.GeoSeries([planned, built], crs=DEGREES)
    one, other = crs.to_metric(series, crs=crs.metric_crs(series)).values
    return Comparison(
        kind,
        *sizes,
        moved.largest_m,
        moved.centroid_m,
        _inside(other, one, buffer_m),
        _inside(one, other, buffer_m),
    )


def _sizes(kind: str, planned: shapely.Geometry, built: shapely.Geometry) -> tuple[float | None, float | None]:
    series = gpd.GeoSeries([planned, built], crs=DEGREES)
    if kind == "line":
        found = crs.length_m(series).tolist()
    elif kind == "area":
        found = crs.area_m2(series).tolist()
    else:
        return None, None
    return float(found[0]), float(found[1])


def _inside(tested: Any, reference: Any, buffer_m: float) -> float:
    strip = shapely.buffer(reference, buffer_m, quad_segs=QUARTER)
    measure = {"line": shapely.length, "area": shapely.area, "point": shapely.get_num_coordinates}[kind_of(tested)]
    whole = float(measure(tested))
    return float(measure(shapely.intersection(tested, strip))) / whole if whole else 0.0
