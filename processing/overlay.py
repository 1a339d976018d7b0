"""What lies in what, and how much of it: places in areas, length of lines and size of land inside areas.

Cutting is done in longitude and latitude, where neighbouring areas share their borders exactly, so the pieces of a line or a
parcel add up to the whole; the pieces are then measured on the ellipsoid. Areas that overlap (service areas) are merged only
piece by piece, for the line or parcel at hand, never into one giant shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import shapely

from processing import crs, ellipsoid

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Frame: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


def locate(points: Frame, polygons: Frame) -> pd.Series:
    """Find the area in which every place lies: its label in the index of `polygons`, missing where there is none.

    A place on a border, or in areas that overlap, goes to the first of them in order. A place that is not a point lies where a
    point on its surface lies. On the index of `points`.

    >>> import geopandas as gpd
    >>> from shapely import Point, box
    >>> areas = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["620402", "620403"], crs=4490)
    >>> locate(gpd.GeoSeries([Point(0.5, 0.5), Point(1, 0.5), Point(9, 9), None], crs=4490), areas).tolist()
    ['620402', '620402', nan, nan]
    """
    places, shapes = _shapes(points), _shapes(polygons)
    lines = shapely.get_dimensions(places) > 0
    places = np.where(lines, shapely.point_on_surface(places), places)
    place, area = shapely.STRtree(shapes).query(places, predicate="intersects")
    position = np.full(len(places), len(shapes), dtype=np.int64)
    np.minimum.at(position, place, area)
    return _labels(position, polygons.index, points.index).rename("area")


def overlay_length(lines: Frame, polygons: Frame) -> pd.DataFrame:
    """Measure the length of every line inside every area.

    One row per line and area that share some length: `line_index`, `polygon_index`, `length_m` (ellipsoid). A stretch along a
    border that two areas share belongs to the area that comes first in order. Where areas overlap, each gets its own.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> areas = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["甲", "乙"], crs=4490)
    >>> roads = gpd.GeoSeries([LineString([(0.5, 0.5), (1.5, 0.5)])], crs=4490)
    >>> overlay_length(roads, areas).round(0)
       line_index polygon_index  length_m
    0           0             甲   55658.0
    1           0             乙   55658.0
    """
    pairs = _pieces(_shapes(lines), _shapes(polygons), ellipsoid.lengths_m, dimension=1)
    return _table(pairs, lines.index, polygons.index, ("line_index", "polygon_index", "length_m"))


def overlay_area(subjects: Frame, polygons: Frame) -> pd.DataFrame:
    """Measure how much of every subject polygon lies inside every area.

    One row per subject and area that share some surface: `subject_index`, `polygon_index`, `area_m2` (ellipsoid). Where areas
    overlap, each gets its own; see `covered_area` for the surface covered by any of them.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> parcels = gpd.GeoSeries([box(0.9, 0.5, 1.1, 0.6)], crs=4490)
    >>> areas = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["甲", "乙"], crs=4490)
    >>> overlay_area(parcels, areas).round(-2)
       subject_index polygon_index      area_m2
    0              0             甲  123085200.0
    1              0             乙  123085200.0
    """
    pairs = _pieces(_shapes(subjects), _shapes(polygons), ellipsoid.areas_m2, dimension=2)
    return _table(pairs, subjects.index, polygons.index, ("subject_index", "polygon_index", "area_m2"))


def covered_length(lines: Frame, polygons: Frame) -> pd.Series:
    """Measure how much of every line lies inside any of the areas, overlaps once; metres, NaN without geometry."""
    return _covered(_shapes(lines), _shapes(polygons), ellipsoid.lengths_m, index=lines.index).rename("length_m")


def covered_area(subjects: Frame, polygons: Frame) -> pd.Series:
    """Measure how much of every subject polygon lies inside any of the areas, overlaps once; square metres, NaN without geometry.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> parcel = gpd.GeoSeries([box(0, 0, 0.01, 0.01)], crs=4490)
    >>> service = gpd.GeoSeries([box(-1, -1, 0.006, 1), box(0.004, -1, 1, 1)], crs=4490)
    >>> bool(covered_area(parcel, service)[0].round() == crs.area_m2(parcel)[0].round())
    True
    """
    return _covered(_shapes(subjects), _shapes(polygons), ellipsoid.areas_m2, index=subjects.index).rename("area_m2")


def dissolve_parts(polygons: Frame) -> Shapes:
    """Merge polygons that overlap or touch, group by group; disjoint parts come back, each as small as it can be."""
    shapes = _shapes(polygons)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    from scipy.sparse import coo_array  # noqa: PLC0415 - scipy loads only where it is used
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(shapes), len(shapes)))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    if not len(shapes):
        return shapes
    return np.array([shapely.union_all(part) for part in np.split(shapes[order], starts[1:])], dtype=object)


def _pieces(
    subjects: Shapes,
    areas: Shapes,
    measure: Callable[[Shapes], Floats],
    *,
    dimension: int,
) -> tuple[Ints, Ints, Floats]:
    """Cut subjects by areas; give subject, area and measure of every piece that has any."""
    subject, area, piece = _cut(subjects, areas)
    if dimension == 1:
        piece = _border_once(subject, area, piece, areas)
    amount = measure(piece)
    keep = np.flatnonzero(amount > 0)
    return subject[keep], area[keep], amount[keep]


def _cut(subjects: Shapes, areas: Shapes) -> tuple[Ints, Ints, Shapes]:
    """Pair subjects with the areas they meet and cut the ones that are not wholly inside."""
    area, subject = shapely.STRtree(subjects).query(areas, predicate="intersects")
    order = np.lexsort((area, subject))
    subject, area = subject[order], area[order]
    shapely.prepare(areas)
    piece = subjects[subject].copy()
    crossing = np.flatnonzero(~shapely.contains_properly(areas[area], piece))
    piece[crossing] = shapely.intersection(piece[crossing], areas[area[crossing]])
    return subject, area, piece


def _border_once(subject: Ints, area: Ints, piece: Shapes, areas: Shapes) -> Shapes:
    """Take from a piece what runs along its area's border and was already given to an earlier area of the same line."""
    again = np.flatnonzero(np.diff(subject, prepend=-1) == 0)
    along = again[shapely.length(shapely.intersection(piece[again], shapely.boundary(areas[area[again]]))) > 0]
    for row in along:
        before = row - 1
        while before >= 0 and subject[before] == subject[row]:
            border = shapely.intersection(shapely.boundary(areas[area[before]]), shapely.boundary(areas[area[row]]))
            piece[row] = shapely.difference(piece[row], border)
            before -= 1
    return piece


def _covered(subjects: Shapes, areas: Shapes, measure: Callable[[Shapes], Floats], *, index: pd.Index) -> pd.Series:
    """Merge the pieces of each subject, and only those, then measure."""
    subject, _, piece = _cut(subjects, areas)
    starts = np.flatnonzero(np.diff(subject, prepend=-1))
    counts = np.diff(np.append(starts, len(subject)))
    merged = piece[starts].copy()
    for group in np.flatnonzero(counts > 1):
        merged[group] = shapely.union_all(piece[starts[group] : starts[group] + counts[group]])
    total = np.zeros(len(subjects))
    total[subject[starts]] = measure(merged)
    total[shapely.is_missing(subjects) | shapely.is_empty(subjects)] = np.nan
    return pd.Series(total, index=index)


def _shapes(frame: Frame) -> Shapes:
    """Give the shapes of a frame in degrees."""
    return np.asarray(crs.geographic(frame.geometry).values, dtype=np.object_)


def _labels(position: Ints, labels: pd.Index, index: pd.Index) -> pd.Series:
    """Turn positions into labels; a position past the end means none."""
    found = position < len(labels)
    if not len(labels):
        return pd.Series(np.full(len(index), np.nan), index=index, dtype=object)
    series = pd.Series(labels.take(np.where(found, position, 0)), index=index)
    if pd.api.types.is_integer_dtype(series.dtype):
        series = series.astype("Int64")
    return series.mask(~found)


def _table(pairs: tuple[Ints, Ints, Floats], left: pd.Index, right: pd.Index, names: tuple[str, str, str]) -> pd.DataFrame:
    """Lay pairs out as rows with the labels of both sides."""
    return pd.DataFrame({names[0]: left.take(pairs[0]), names[1]: right.take(pairs[1]), names[2]: pairs[2]})
