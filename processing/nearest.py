"""Distance from places to the nearest road, tap or anything else, and whether it lies within a radius.

The distance is that along the ellipsoid to the nearest spot of the target, 0 inside a polygon. A line runs straight between its
vertices on the transverse Mercator plane of the area (`plane`); against a straight line in degrees that differs by L²·tanφ/(8R),
2 cm for a 1 km step. No geometry gives no distance: unknown is never far, and never near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from processing import crs, ellipsoid
from processing.ellipsoid import GEOD
from processing.plane import Plane

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

TIE_M = 1e-6
"""Targets whose distances differ by less than this are equally near; the first in order is named."""
CLOSE_M = 2_000.0
"""Up to here the compiled search's own distance is exact; longer ones are measured again to the target that it found."""
FAR_M = 20_000.0
"""Longer distances are measured again by `Geod` between the place and the nearest spot."""
EARTH_RADIUS_M = 6_371_000.0
COMPILED_FROM, PLACE_WEIGHT = 120_000, 3
"""Target vertices, and places three times over, from which the compiled search is used: loading it takes as long as shapely's
tree takes for so many (about 0.6 s); above, it is several times faster."""
AREA = 2


def nearest(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    targets: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    max_distance_m: float | None = None,
) -> pd.DataFrame:
    """Find for every place its nearest target and the distance to it along the ellipsoid.

    Columns on the index of `points`: `distance_m` (metres, NaN where the place has no geometry, there is no target, or none
    within `max_distance_m`) and `target_index` (label in the index of `targets`, missing likewise). Places that are not points
    are measured from their nearest spot. Either CRS, any mix.

    Raises:
        MissingCrsError: a frame has no CRS.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> hamlets = gpd.GeoSeries([Point(104.0, 36.001), Point(104.005, 36.02), None], index=["甲", "乙", "丙"], crs=4490)
    >>> roads = gpd.GeoSeries([LineString([(104, 36), (104.01, 36)]), LineString([(104, 36.03), (104.01, 36.03)])], crs=4490)
    >>> nearest(hamlets, roads).round(1)
       distance_m  target_index
    甲       111.0             0
    乙      1109.6             1
    丙         NaN          <NA>
    """
    places = np.asarray(crs.geographic(points.geometry).values, dtype=object)
    shapes = np.asarray(crs.geographic(targets.geometry).values, dtype=object)
    distance_m, position = _measure(places, shapes, np.inf if max_distance_m is None else max_distance_m)
    if max_distance_m is not None:
        position = np.where(distance_m <= max_distance_m, position, -1)
        distance_m = np.where(position >= 0, distance_m, np.nan)
    labels = pd.Series(
        targets.index.take(np.maximum(position, 0)) if len(targets) else np.full(len(points), None), index=points.index
    )
    if pd.api.types.is_integer_dtype(labels.dtype) or not len(targets):
        labels = labels.astype("Int64")
    return pd.DataFrame({"distance_m": distance_m, "target_index": labels.mask(position < 0)}, index=points.index)


def within_distance(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    targets: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    radius_m: float,
) -> pd.Series:
    """Say for every place whether a target lies within `radius_m` along the ellipsoid (the radius itself counts as within).

    Nullable booleans on the index of `points`: missing where the place has no geometry. No target at all means False.

    Raises:
        MissingCrsError: a frame has no CRS.
        ValueError: the radius is negative or not finite.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> hamlets = gpd.GeoSeries([Point(104.0, 36.001), Point(104.005, 36.02), None], crs=4490)
    >>> roads = gpd.GeoSeries([LineString([(104, 36), (104.01, 36)])], crs=4490)
    >>> within_distance(hamlets, roads, radius_m=500).tolist()
    [True, False, <NA>]
    """
    if not (np.isfinite(radius_m) and radius_m >= 0):
        raise ValueError(f"radius_m must be a finite number of metres, 0 or more; found {radius_m!r}")
    near = nearest(points, targets, max_distance_m=radius_m)["distance_m"].notna().astype("boolean")
    shapes = np.asarray(points.geometry.values, dtype=object)
    return near.mask(shapely.is_missing(shapes) | shapely.is_empty(shapes)).rename("within")


def neighbours(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    targets: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    radius_m: float,
) -> pd.DataFrame:
    """List every pair of a place and a target that lie within `radius_m` of each other along the ellipsoid.

    Columns: `point_position`, `target_position` (row numbers, from 0), `distance_m`; sorted by place, then by target.

    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> wells = gpd.GeoSeries([Point(104, 36), Point(104, 36.01), Point(104, 36.5)], crs=4490)
    >>> neighbours(wells, wells, radius_m=2000).round(1).to_numpy().tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 1109.6], [1.0, 0.0, 1109.6], [1.0, 1.0, 0.0], [2.0, 2.0, 0.0]]
    """
    places = np.asarray(crs.geographic(points.geometry).values, dtype=object)
    shapes = np.asarray(crs.geographic(targets.geometry).values, dtype=object)
    asked, there = np.flatnonzero(_present(places)), np.flatnonzero(_present(shapes))
    if not (asked.size and there.size):
        return pd.DataFrame({"point_position": asked[:0], "target_position": there[:0], "distance_m": np.zeros(0)})
    plane = _plane_of(shapes[there])
    from_, to = shapely.transform(places[asked], plane.forward), shapely.transform(shapes[there], plane.forward)
    middle = plane.scale(shapely.get_coordinates(shapely.centroid(places[asked])))
    reach = radius_m * middle * (1 + _slack(from_, radius_m)) + TIE_M
    place, target = shapely.STRtree(to).query(from_, predicate="dwithin", distance=reach)
    ends = shapely.get_coordinates(shapely.shortest_line(from_[place], to[target])).reshape(-1, 2, 2)
    distance = true_distance_m(ends[:, 0], ends[:, 1], plane)
    keep = distance <= radius_m
    pairs = {"point_position": asked[place[keep]], "target_position": there[target[keep]], "distance_m": distance[keep]}
    return pd.DataFrame(pairs).sort_values(["point_position", "target_position"], ignore_index=True)


def _measure(places: Shapes, shapes: Shapes, limit_m: float) -> tuple[Floats, Ints]:
    """Give distance and position of the nearest target; NaN or inf and -1 where there is none, or none within the limit."""
    distance_m = np.full(len(places), np.nan)
    position = np.full(len(places), -1, dtype=np.int64)
    asked = np.flatnonzero(_present(places))
    there = np.flatnonzero(_present(shapes))
    if asked.size and there.size:
        plane = _plane_of(shapes[there])
        if _is_large(places[asked], shapes[there]):
            distance_m[asked], found = _by_grid(places[asked], shapes[there], plane, limit_m)
        else:
            distance_m[asked], found = _by_tree(places[asked], shapes[there], plane)
        position[asked] = np.where(found >= 0, there[found], -1)
    return distance_m, position


def _plane_of(shapes: Shapes) -> Plane:
    """Give the plane on the middle meridian of the targets."""
    west, _, east, _ = shapely.total_bounds(shapes)
    return Plane(float(west + east) / 2)


def _present(shapes: Shapes) -> NDArray[np.bool_]:
    """Say which entries are geometries with coordinates."""
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=np.bool_)


def _is_large(places: Shapes, shapes: Shapes) -> bool:
    """Say whether the compiled search pays; it takes points as places only."""
    size = PLACE_WEIGHT * len(places) + int(shapely.get_num_coordinates(shapes).sum())
    return size >= COMPILED_FROM and bool((shapely.get_type_id(places) == shapely.GeometryType.POINT).all())


def _by_grid(places: Shapes, shapes: Shapes, plane: Plane, limit_m: float) -> tuple[Floats, Ints]:
    """Find the nearest by the compiled grid search over outlines; the inside of polygons by shapely's tree."""
    from processing import kernels  # noqa: PLC0415 - loads numba, which small work must not wait for

    outlines, target = ellipsoid.outlines(shapes)
    lonlat, outline = shapely.get_coordinates(outlines, return_index=True)
    segments, owner = kernels.project_lines(lonlat, outline, plane.meridian)
    from_ = kernels.project(shapely.get_coordinates(places), plane.meridian)
    distance, found = kernels.nearest_segments(from_, segments, target[owner], limit_m=limit_m)
    if bool((shapely.get_dimensions(shapes) == AREA).any()):
        inside, area = _inside(from_[:, :2], shapes, plane)
        distance[inside], found[inside] = 0.0, area
    far = np.flatnonzero((found >= 0) & (distance > CLOSE_M))
    if far.size:
        ends = shapely.shortest_line(shapely.points(from_[far, :2]), shapely.transform(shapes[found[far]], plane.forward))
        xy = shapely.get_coordinates(ends).reshape(-1, 2, 2)
        distance[far] = true_distance_m(xy[:, 0], xy[:, 1], plane)
    return distance, found


def _inside(xy: Floats, shapes: Shapes, plane: Plane) -> tuple[Ints, Ints]:
    """Give the places that lie in a polygon, and the first such polygon of each."""
    polygons = np.flatnonzero(shapely.get_dimensions(shapes) == AREA)
    tree = shapely.STRtree(shapely.transform(shapes[polygons], plane.forward))
    place, area = tree.query(shapely.points(xy), predicate="intersects")
    order = np.lexsort((area, place))
    first = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
    return place[first], polygons[area[first]]


def _by_tree(places: Shapes, shapes: Shapes, plane: Plane) -> tuple[Floats, Ints]:
    """Find the nearest by shapely's tree: nearest on the plane first, then all that the changing scale might put before it."""
    from_ = shapely.transform(places, plane.forward)
    to = shapely.transform(shapes, plane.forward)
    tree = shapely.STRtree(to)
    (first, _), planar = tree.query_nearest(from_, all_matches=False, return_distance=True)
    reach = np.empty(len(places))
    reach[first] = planar
    reach *= 1 + _slack(from_, reach)
    place, target = tree.query(from_, predicate="dwithin", distance=reach + TIE_M)
    ends = shapely.get_coordinates(shapely.shortest_line(from_[place], to[target])).reshape(-1, 2, 2)
    distance = true_distance_m(ends[:, 0], ends[:, 1], plane)
    best = np.full(len(places), np.inf)
    np.minimum.at(best, place, distance)
    tied = distance <= best[place] + TIE_M
    chosen = np.full(len(places), len(shapes), dtype=np.int64)
    np.minimum.at(chosen, place[tied], target[tied])
    return best, chosen


def _slack(from_: Shapes, reach: Floats | float) -> Floats:
    """Give by how much the plane's scale can differ between two spots within `reach` of a place, as a share.

    ln k grows with x by tanh(x/R)/R per metre; a place that is not a point adds its own width.
    """
    box = shapely.bounds(from_)
    x = np.maximum(np.abs(box[:, 0]), np.abs(box[:, 2]))
    span = np.asarray(reach) + np.hypot(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    return np.asarray(2 * np.tanh((x + span) / EARTH_RADIUS_M) / EARTH_RADIUS_M * span)


def true_distance_m(start: Floats, end: Floats, plane: Plane) -> Floats:
    """Measure straight steps of the plane along the ellipsoid: planar length over scale at the middle, `Geod` above 20 km."""
    planar = np.hypot(*(end - start).T)
    distance = planar / plane.scale(plane.inverse((start + end) / 2))
    far = np.flatnonzero(planar > FAR_M)
    if far.size:
        here, there = plane.inverse(start[far]), plane.inverse(end[far])
        distance[far] = GEOD.inv(*here.T, *there.T)[2]
    return np.asarray(distance)
