"""The metric CRS for an area, and lengths and areas that do not depend on it; degrees are refused.

How exact: a 3-degree Gauss–Krüger zone stretches distances by up to 3.4e-4 at its edge, 0.7 m in 2 km, enough to flip a village
near a threshold. So nothing here decides on a plain projected distance: lengths and areas come from the ellipsoid (`ellipsoid`),
and `nearest` divides every planar distance by the projection's own scale at the middle of it (`plane`). Projected frames serve
noding, clipping and drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from processing import ellipsoid
from processing.errors import DegreesError, MissingCrsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Frame = TypeVar("Frame", gpd.GeoDataFrame, gpd.GeoSeries)

GEOGRAPHIC = CRS.from_epsg(4490)
CHINA = (73.62, 3.41, 134.77, 53.56)
"""Area of use of EPSG:4490: west, south, east, north in degrees."""
FIRST_ZONE, LAST_ZONE, ZONE_WIDTH, FIRST_ZONE_EPSG = 25, 45, 3.0, 4534
WIDEST_FOR_ZONE = 2 * ZONE_WIDTH


def bounds_of(area: gpd.GeoDataFrame | gpd.GeoSeries | Sequence[float]) -> tuple[float, float, float, float]:
    """Give west, south, east, north in degrees of a frame (any CRS) or of four numbers; missing geometry is passed over.

    Raises:
        MissingCrsError: the frame has no CRS.
        ValueError: there is no finite coordinate at all.
    """
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        box = geographic(area).total_bounds
    else:
        box = np.asarray(area, dtype=np.float64)
    west, south, east, north = (float(value) for value in box)
    if not np.isfinite([west, south, east, north]).all():
        raise ValueError("An area needs at least one finite coordinate; found none. Give geometry, or west, south, east, north.")
    return west, south, east, north


def metric_crs(area: gpd.GeoDataFrame | gpd.GeoSeries | Sequence[float]) -> CRS:
    """Choose the metric CRS for an area: CGCS2000 3-degree Gauss–Krüger (central-meridian form), or a local transverse Mercator.

    Inside China and at most two zones (6°) wide: EPSG 4534 + (zone - 25) of the zone nearest to the middle. Elsewhere or wider:
    transverse Mercator on the middle meridian, scale 1, GRS80. Both are conformal: the scale at a point is one number.

    Source: domain dictionary B6 (EPSG 4534-4554, checked with PROJ).

    >>> metric_crs((103.5, 36.0, 104.9, 37.3)).to_epsg()
    4544
    >>> metric_crs((76.0, 32.3, 79.9, 36.0)).to_epsg()
    4535
    >>> metric_crs((33.0, -17.0, 36.0, -9.0)).coordinate_operation.method_name
    'Transverse Mercator'
    """
    west, south, east, north = bounds_of(area)
    middle = (west + east) / 2
    inside = west >= CHINA[0] and east <= CHINA[2] and south >= CHINA[1] and north <= CHINA[3]
    if inside and east - west <= WIDEST_FOR_ZONE:
        zone = min(max(round(middle / ZONE_WIDTH), FIRST_ZONE), LAST_ZONE)
        return CRS.from_epsg(FIRST_ZONE_EPSG + zone - FIRST_ZONE)
    return CRS.from_dict(
        {
            "proj": "tmerc",
            "lat_0": 0,
            "lon_0": round(middle, 4),
            "k": 1,
            "x_0": 500_000,
            "y_0": 0,
            "ellps": "GRS80",
            "units": "m",
        },
    )


def central_meridian(crs: CRS) -> float:
    """Give the central meridian, in degrees, of a CRS made by `metric_crs`.

    >>> central_meridian(metric_crs((103.5, 36.0, 104.9, 37.3)))
    105.0
    """
    operation = crs.coordinate_operation
    values = [] if operation is None else [item.value for item in operation.params if item.name == "Longitude of natural origin"]
    if not values:
        raise DegreesError(f"A transverse Mercator CRS was expected, found {crs.name}; use metric_crs() of the area.")
    return float(values[0])


def geographic(frame: Frame) -> Frame:
    """Give a frame in degrees (EPSG:4490): as it is when its CRS is geographic, converted otherwise.

    CGCS2000 and WGS 84 are taken as one (PROJ knows no shift between them; B6 of the domain dictionary).

    Raises:
        MissingCrsError: the frame has no CRS.
    """
    if frame.crs is None:
        raise MissingCrsError(
            "The geometry has no coordinate system; EPSG:4490 or another declared one was expected. Set it on reading the file.",
        )
    return frame if frame.crs.is_geographic else frame.to_crs(GEOGRAPHIC)


def to_metric(frame: Frame, *, crs: CRS | None = None) -> Frame:
    """Give a copy of a frame in metres: in `crs`, or in the metric CRS of its own extent; a frame in metres stays as it is.

    Raises:
        MissingCrsError: the frame has no CRS.
        DegreesError: `crs` is not in metres.

    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> frame = gpd.GeoSeries([Point(104.17, 36.55)], crs=4490)
    >>> to_metric(frame).crs.to_epsg()
    4544
    """
    if crs is not None:
        return frame.to_crs(require_metres(crs))
    degrees = geographic(frame)
    if degrees is frame:
        return frame.to_crs(metric_crs(frame)) if np.isfinite(frame.total_bounds).all() else frame.to_crs(metric_crs(CHINA))
    return frame if is_metric(frame.crs) else frame.to_crs(metric_crs(degrees))


def is_metric(crs: CRS | None) -> bool:
    """Say whether coordinates of a CRS are metres on a plane.

    >>> is_metric(CRS.from_epsg(4544)), is_metric(CRS.from_epsg(4490)), is_metric(None)
    (True, False, False)
    """
    return crs is not None and crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)


def require_metres(crs: CRS | None) -> CRS:
    """Give the CRS back when it is in metres.

    Raises:
        DegreesError: it is in degrees, in feet, or missing.

    >>> require_metres(CRS.from_epsg(4490))
    Traceback (most recent call last):
    processing.errors.DegreesError: Lengths, areas and distances need coordinates in metres; found China ...
    """
    if crs is None or not is_metric(crs):
        found = "no coordinate system" if crs is None else crs.name
        raise DegreesError(f"Lengths, areas and distances need coordinates in metres; found {found}. Use to_metric().")
    return crs


def length_m(geometries: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Measure lines (perimeters of polygons) along the ellipsoid, in metres, on the index of the input; no geometry gives NaN.

    Agrees with `pyproj.Geod` to 1e-8 of the length.

    >>> from shapely import LineString
    >>> length_m(gpd.GeoSeries([LineString([(104, 36), (104, 36.01)])], crs=4490)).round(3).tolist()
    [1109.591]
    """
    values, index = _shapes(geometries)
    return pd.Series(ellipsoid.lengths_m(values), index=index, name="length_m")


def area_m2(geometries: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Measure polygons on the ellipsoid, in square metres, on the index of the input; no geometry gives NaN, lines and points 0.

    Agrees with `pyproj.Geod` to 1e-6 of the area.

    >>> from shapely import box
    >>> area_m2(gpd.GeoSeries([box(104, 36, 104.01, 36.01)], crs=4490)).round(0).tolist()
    [1000385.0]
    """
    values, index = _shapes(geometries)
    return pd.Series(ellipsoid.areas_m2(values), index=index, name="area_m2")


def _shapes(geometries: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[NDArray[np.object_], pd.Index]:
    """Give the shapes in degrees, and the index they stand on."""
    series = geographic(geometries.geometry)
    return np.asarray(series.values, dtype=object), series.index
