"""What a project's place shares with other works: the area, the length, or the spot, measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from processing import crs, ellipsoid, nearest
from processing.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Iterable

POINT, LINE, AREA = 0, 1, 2
CROSSING_WIDTHS: Final = 4
"""A shared stretch of two lines shorter than so many times the tolerance is a crossing: they meet at 30° or more."""
HALF: Final = 0.5
DEGREE_M: Final = 100_000.0
"""Metres of a degree of latitude, and of a degree of longitude at the equator, less a tenth: for choosing candidates only."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a place shares with one other thing.

    `relation`: `area` (surfaces overlap), `inside` (a line runs through a surface), `along` (lines run together), `crosses`
    (lines meet), `at` (a point stands at or in something). `share` is of the place itself, or of the other thing where the place
    is a surface and the other a line; None where one of them is a point.
    """

    label: Any
    relation: str
    length_m: float | None = None
    area_m2: float | None = None
    share: float | None = None
    distance_m: float = 0.0


def shared(site: shapely.Geometry, others: gpd.GeoSeries, *, along_m: float, least_m2: float = 1.0) -> list[Shared]:
    """List what a place shares with others: those that meet it or lie within `along_m` of it.

    Surface and surface: the area of their intersection, and its share of the place. Line and surface: the length of the line
    inside. Line and line: the length of the place that lies within `along_m` of the other (square ends), in stretches of at least
    four times `along_m` or half of the shorter line; shorter ones are crossings. A point: its distance.
    Areas and lengths on the CGCS2000 ellipsoid; geometry in degrees of EPSG:4490. Surfaces that only touch share nothing.

    Args:
        site: the place, in degrees.
        others: other geometries with a CRS; missing ones are passed over. Their index labels name them in the answer.
        along_m: how near counts as together, metres.
        least_m2: smaller shared areas are slivers and not named.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> one = shared(box(104, 36, 104.02, 36.01), gpd.GeoSeries([box(104.01, 36, 104.03, 36.01)], crs=4490), along_m=20)[0]
    >>> one.relation, round(one.area_m2), round(one.share, 4)
    ('area', 1000385, 0.5)
    """
    near = beside(crs.geographic(others), site, along_m)
    if near.empty or site.is_empty:
        return []
    pairs = nearest.neighbours(gpd.GeoSeries([site], crs=near.crs), near, radius_m=along_m)
    found = (
        _of_pair(site, near.iloc[int(position)], near.index[int(position)], float(distance), along_m)
        for position, distance in zip(pairs["target_position"], pairs["distance_m"], strict=True)
    )
    return [item for item in found if item is not None and (item.area_m2 is None or item.area_m2 >= least_m2)]


def beside(others: gpd.GeoSeries, site: shapely.Geometry, margin_m: float) -> gpd.GeoSeries:
    """Give those of many geometries in degrees whose envelope lies near that of a place; broken ones are mended."""
    west, south, east, north = site.bounds if not site.is_empty else (np.nan,) * 4
    high = min(89.0, max(abs(south), abs(north)))
    up = margin_m / DEGREE_M
    wide = up / float(np.cos(np.radians(high)))
    kept = others[others.notna()]
    kept = kept[~kept.is_empty]
    if kept.empty or not np.isfinite([west, south]).all():
        return kept.iloc[:0]
    box = shapely.box(west - wide, south - up, east + wide, north + up)
    chosen = kept.iloc[np.sort(kept.sindex.query(box))]
    broken = ~chosen.is_valid
    return chosen.where(~broken, chosen.make_valid()) if broken.any() else chosen


def _of_pair(site: shapely.Geometry, other: shapely.Geometry, label: Any, distance_m: float, along_m: float) -> Shared | None:
    mine, theirs = shapely.get_dimensions(site), shapely.get_dimensions(other)
    if min(mine, theirs) == POINT:
        return Shared(label, "at", distance_m=distance_m)
    if mine == theirs == LINE:
        return _of_lines(site, other, label, along_m)
    piece = shapely.intersection(site, other)
    if mine == theirs == AREA:
        area = _area(piece)
        return Shared(label, "area", area_m2=area, share=_share(area, _area(site))) if area > 0 else None
    length = _length(piece)
    whole = _length(site if mine == LINE else other)
    return Shared(label, "inside", length_m=length, share=_share(length, whole)) if length > 0 else None


def _of_lines(site: shapely.Geometry, other: shapely.Geometry, label: Any, along_m: float) -> Shared | None:
    """Say how far two lines run together, in the plane touching the ellipsoid beside them; lengths are measured back on it."""
    middle = shapely.get_coordinates(shapely.centroid(site))
    plane = Plane(float(middle[0, 0]))
    width = along_m * float(plane.scale(middle)[0])
    flat, beside_it = shapely.transform(site, plane.forward), shapely.transform(other, plane.forward)
    band = shapely.buffer(beside_it, width, cap_style="flat", quad_segs=16)
    pieces = shapely.get_parts(shapely.intersection(flat, band))
    pieces = pieces[(shapely.get_dimensions(pieces) == LINE) & ~shapely.is_empty(pieces)]
    least = min(CROSSING_WIDTHS * width, HALF * flat.length, HALF * beside_it.length)
    together = pieces[_whole_lengths(pieces) >= least]
    if len(together):
        length = float(ellipsoid.lengths_m(np.asarray(shapely.transform(together, plane.inverse), dtype=object)).sum())
        return Shared(label, "along", length_m=length, share=_share(length, _length(shapely.unary_union(site))))
    return Shared(label, "crosses") if site.intersects(other) else None


def _whole_lengths(pieces: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give for each piece the length of all pieces that it hangs together with: a line that crosses itself comes in pieces."""
    if not len(pieces):
        return np.zeros(0)
    one, other = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    _, group = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(len(pieces),) * 2), directed=False)
    whole: np.ndarray[Any, np.dtype[np.float64]] = np.bincount(group, weights=shapely.length(pieces))[group]
    return whole


def _length(shape: shapely.Geometry) -> float:
    """Measure the lines of a shape; surfaces that an intersection left besides have none."""
    parts = shapely.get_parts(shape)
    lines = parts[shapely.get_dimensions(parts) == LINE]
    return float(np.nansum(ellipsoid.lengths_m(np.asarray(lines, dtype=object)))) if len(lines) else 0.0


def _area(shape: shapely.Geometry) -> float:
    return float(np.nansum(ellipsoid.areas_m2(np.array([shape], dtype=object))))


def _share(part: float, whole: float) -> float | None:
    return min(1.0, part / whole) if whole > 0 else None


def asset_shapes(assets: gpd.GeoDataFrame, features: dict[str, tuple[gpd.GeoDataFrame, str]]) -> gpd.GeoSeries:
    """Give the geometry of every asset: its own, else that of the feature it is joined to (`feature_type`, `feature_id`).

    Args:
        assets: rows of the ledger.
        features: by `feature_type` the frame and the key of the layer that holds such features.
    """
    shapes = np.asarray(crs.geographic(assets.geometry).values, dtype=object).copy()
    for kind, (frame, key) in features.items():
        if "feature_type" not in assets or not len(frame):
            continue
        wanted = np.flatnonzero(
            (assets["feature_type"] == kind).to_numpy(dtype=bool, na_value=False) & shapely.is_missing(shapes)
        )
        known = _by_key(frame, key)
        for row in wanted:
            shapes[row] = known.get(assets["feature_id"].iloc[row])
    return gpd.GeoSeries(shapes, index=assets.index, crs=crs.GEOGRAPHIC)


def _by_key(frame: gpd.GeoDataFrame, key: str) -> dict[Any, shapely.Geometry]:
    shapes: Iterable[Any] = crs.geographic(frame.geometry)
    return {name: shape for name, shape in zip(frame[key], shapes, strict=True) if shape is not None and not shape.is_empty}
