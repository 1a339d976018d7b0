"""Which new point or polygon is which old one: nearest within a distance, one to one; share of area, both ways.

Distances between points run along the ellipsoid. Polygon shares are ratios of areas on the metric plane of the area, where its
scale cancels; a polygon that is not valid is compared by its key only, because mending it could change what it means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing.line_match import AT_ONCE, Sides, Thresholds, match_lines, metric_pair, near_pairs, relations
from processing.nearest import neighbours
from processing.pairing import SEVERAL, no_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DIMENSION_LINE, DIMENSION_POLYGON = 1, 2


def match(
    old: gpd.GeoSeries, new: gpd.GeoSeries, thresholds: Thresholds, *, progress: Callable[[int, int], object] | None = None
) -> pd.DataFrame:
    """Pair things of the same kind: points with points, lines with lines, polygons with polygons; positions of both series.

    A thing of another kind than before (a work drawn as a point, now as an outline) is not matched here; its key does that.
    """
    found = []
    sides = [np.asarray(series.values, dtype=object) for series in (old, new)]
    kinds = [shapely.get_dimensions(side) for side in sides]
    for dimension in range(3):
        here = [np.flatnonzero((kind == dimension) & ~shapely.is_empty(side)) for kind, side in zip(kinds, sides, strict=True)]
        if not (here[0].size and here[1].size):
            continue
        before, after = old.iloc[here[0]], new.iloc[here[1]]
        if dimension == DIMENSION_LINE:
            pairs = match_lines(before, after, thresholds, progress=progress)
        elif dimension == DIMENSION_POLYGON:
            pairs = match_polygons(before, after, thresholds, progress=progress)
        else:
            pairs = match_points(before, after, thresholds)
        found.append(pairs.assign(new=here[1][pairs["new"].to_numpy()], old=here[0][pairs["old"].to_numpy()]))
    return pd.concat(found, ignore_index=True) if found else no_pairs()


def match_points(old: gpd.GeoSeries, new: gpd.GeoSeries, thresholds: Thresholds) -> pd.DataFrame:
    """Pair points within `point_m`; strong where each is the other's nearest by far (`clear` times nearer than the next).

    >>> from shapely import Point
    >>> wells = gpd.GeoSeries([Point(104, 36), Point(104, 36.0003)], crs=4490)
    >>> moved = gpd.GeoSeries([Point(104, 36.00001), Point(104, 36.00015)], crs=4490)
    >>> match_points(wells, moved, Thresholds())[["new", "old", "strong"]].to_numpy().tolist()
    [[0, 0, True], [0, 1, False], [1, 0, False], [1, 1, False]]
    """
    near = neighbours(gpd.GeoSeries(new), gpd.GeoSeries(old), radius_m=thresholds.point_m)
    if near.empty:
        return no_pairs()
    new_at, old_at = near["point_position"].to_numpy(), near["target_position"].to_numpy()
    distance = near["distance_m"].to_numpy()
    strong = _clear(new_at, distance, thresholds.clear) & _clear(old_at, distance, thresholds.clear)
    return pd.DataFrame(
        {
            "new": new_at,
            "old": old_at,
            "share_new": np.nan,
            "share_old": np.nan,
            "distance_m": distance,
            "exact": distance <= thresholds.same_m,
            "strong": strong,
            "reason": SEVERAL,
        }
    )


def _clear(owner: NDArray[np.int64], distance: Floats, clear: float) -> NDArray[np.bool_]:
    """Say which pairs are the nearest of their owner, all others being `clear` times as far or more."""
    order = np.lexsort((distance, owner))
    ranked = distance[order]
    first = np.r_[True, owner[order][1:] != owner[order][:-1]]
    following = np.r_[ranked[1:], np.inf]
    following[np.r_[first[1:], True]] = np.inf
    found = np.zeros(len(distance), dtype=bool)
    found[order] = first & (following >= clear * ranked) & (following > 0)
    return found


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    found = shapes.copy()
    found[~shapely.is_valid(shapes)] = None
    return found


def match_polygons(
    old: gpd.GeoSeries, new: gpd.GeoSeries, thresholds: Thresholds, *, progress: Callable[[int, int], object] | None = None
) -> pd.DataFrame:
    """Pair polygons that share area: `share_new` is the shared area over the new one's, `share_old` over the old one's.

    >>> from shapely import box
    >>> plots = gpd.GeoSeries([box(104, 36, 104.001, 36.001)], crs=4490)
    >>> smaller = gpd.GeoSeries([box(104, 36, 104.001, 36.0009)], crs=4490)
    >>> match_polygons(plots, smaller, Thresholds())["share_old"].round(2).tolist()
    [0.9]
    """
    before, after = metric_pair(gpd.GeoSeries(old), gpd.GeoSeries(new))
    before, after = _valid(before), _valid(after)
    new_at, old_at = near_pairs(before, after, 0.0)
    if not new_at.size:
        return no_pairs()
    shared = np.zeros(len(new_at))
    for start in range(0, len(new_at), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        shared[part] = shapely.area(shapely.intersection(after[new_at[part]], before[old_at[part]]))
        if progress is not None:
            progress(min(start + AT_ONCE, len(new_at)), len(new_at))
    share_new, share_old = shared / shapely.area(after[new_at]), shared / shapely.area(before[old_at])
    return relations(Sides(before, after, new_at, old_at), share_new=share_new, share_old=share_old, thresholds=thresholds)
