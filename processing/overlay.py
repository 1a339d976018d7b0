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


COMPILED_FROM = 150_000
"""Vertices of lines from which lengths are measured by compiled code; loading it takes about half a second."""
AREA = 2


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
    shapes, areas = _shapes(lines), _shapes(polygons)
    if int(shapely.get_num_coordinates(shapes).sum()) >= COMPILED_FROM and bool((shapely.get_dimensions(shapes) < AREA).all()):
        pairs = _compiled_lengths(shapes, areas)
    else:
        pairs = _pieces(shapes, areas, ellipsoid.lengths_m, dimension=1)
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


def _compiled_lengths(lines: Shapes, areas: Shapes) -> tuple[Ints, Ints, Floats]:
    """Measure lines inside areas by the compiled search; lines that touch a border in a doubtful way are cut by shapely."""
    from processing import cutting  # noqa: PLC0415 - loads numba, which small work must not wait for

    line, area, crossing = _pairs(lines, areas, predicate=None)
    steps = _steps(lines)
    amount = cutting.lengths_m(*steps)[line]
    amount[crossing] = cutting.inside_lengths_m(steps, _steps(areas), (line[crossing], area[crossing]))
    doubtful = np.unique(line[np.isnan(amount)])
    if not doubtful.size:
        keep = amount > 0
        return line[keep], area[keep], amount[keep]
    keep = (amount > 0) & ~np.isin(line, doubtful)
    again = _pieces(lines[doubtful], areas, ellipsoid.lengths_m, dimension=1)
    line = np.concatenate([line[keep], doubtful[again[0]]])
    area, amount = np.concatenate([area[keep], again[1]]), np.concatenate([amount[keep], again[2]])
    order = np.lexsort((area, line))
    return line[order], area[order], amount[order]


def _steps(shapes: Shapes) -> tuple[Floats, Ints]:
    """Give the straight steps (n, 4) of all lines or rings, and where those of each shape start."""
    lines, owner = ellipsoid.outlines(shapes)
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    inside = np.flatnonzero(line[1:] == line[:-1])
    steps = np.hstack([lonlat[inside], lonlat[inside + 1]])
    return steps, np.searchsorted(owner[line[inside]], np.arange(len(shapes) + 1))


def _cut(subjects: Shapes, areas: Shapes) -> tuple[Ints, Ints, Shapes]:
    """Pair subjects with the areas they meet and cut the ones that are not wholly inside; broken shapes are mended for it."""
    try:
        return _cut_valid(subjects, areas)
    except shapely.GEOSException:
        return _cut_valid(_mended(subjects), _mended(areas))


def _mended(shapes: Shapes) -> Shapes:
    """Give shapes with the invalid ones made valid, keeping their vertices."""
    broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    result = shapes.copy()
    result[broken] = shapely.make_valid(shapes[broken])
    return result


def _cut_valid(subjects: Shapes, areas: Shapes) -> tuple[Ints, Ints, Shapes]:
    """Pair and cut shapes that are valid."""
    subject, area, crossing = _pairs(subjects, areas)
    piece = subjects[subject].copy()
    piece[crossing] = shapely.intersection(piece[crossing], areas[area[crossing]])
    return subject, area, piece


def _pairs(subjects: Shapes, areas: Shapes, *, predicate: str | None = "intersects") -> tuple[Ints, Ints, Ints]:
    """Pair subjects with the areas they meet, by subject and area; and name the pairs whose subject is not wholly inside.

    Without a predicate the pairs are those whose boxes meet.
    """
    area, subject = shapely.STRtree(subjects).query(areas, predicate=predicate)
    order = np.lexsort((area, subject))
    subject, area = subject[order], area[order]
    shapely.prepare(areas)
    return subject, area, np.flatnonzero(~shapely.contains_properly(areas[area], subjects[subject]))


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
    """Measure subjects that one area holds as they are; merge the pieces of each other subject, and only those, then measure."""
    try:
        held, subject, piece = _pieces_by_subject(subjects, areas)
    except shapely.GEOSException:
        held, subject, piece = _pieces_by_subject(_mended(subjects), _mended(areas))
    total = np.zeros(len(subjects))
    total[held] = measure(subjects[held])
    total[subject] = measure(piece)
    total[shapely.is_missing(subjects) | shapely.is_empty(subjects)] = np.nan
    return pd.Series(total, index=index)


def _pieces_by_subject(subjects: Shapes, areas: Shapes) -> tuple[Ints, Ints, Shapes]:
    """Give the subjects that one area holds wholly; and of the others those that are met, with what of them is covered."""
    subject, area, crossing = _pairs(subjects, areas)
    whole = np.ones(len(subject), dtype=bool)
    whole[crossing] = False
    held = np.unique(subject[whole])
    left = np.flatnonzero(~np.isin(subject, held))
    subject, area = subject[left], area[left]
    starts = np.flatnonzero(np.diff(subject, prepend=-1))
    counts = np.diff(np.append(starts, len(subject)))
    cover = areas[area[starts]]
    for group in np.flatnonzero(counts > 1):
        cover[group] = shapely.union_all(areas[area[starts[group] : starts[group] + counts[group]]])
    return held, subject[starts], shapely.intersection(subjects[subject[starts]], cover)


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
