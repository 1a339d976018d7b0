"""Checks geometries of a frame in EPSG:4490: there, finite, on the globe, of the layer's kind, valid, inside, not twice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely.validation import explain_validity

from layers.files.faults import Fault, fault
from layers.schema import GeometryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from layers.schema import Layer

    Geometries = NDArray[np.object_]

FIELD = "geometry"
LARGEST = (180.0, 90.0)
NEAR_BOUNDARY_M = 1000.0
"""Published county boundaries differ by as much, so nearer than this is a warning."""
METRES_PER_KM = 1000.0
COORDINATE_DIGITS = 7
OVERLAP_LEAST_M2 = 1.0
OVERLAP_ERROR_SHARE = 0.01
OVERLAP_PAIRS = 10_000
GEOD = pyproj.Geod(ellps="GRS80")
READ_FAULTS = {"unreadable": "geometry_unreadable", "unclosed": "geometry_unclosed"}
NO_OVERLAP_LAYERS = frozenset({"farmland"})


def _place(geometry: shapely.Geometry | None) -> shapely.Point | None:
    """Give a point to show a fault at: one on the geometry, None where it has no finite coordinate."""
    if geometry is None or geometry.is_empty:
        return None
    points = shapely.get_coordinates(geometry)
    points = points[np.isfinite(points).all(axis=1)]
    on_globe = points[(np.abs(points) <= LARGEST).all(axis=1)]
    return shapely.Point(on_globe[len(on_globe) // 2]) if len(on_globe) else None


def _at(found: Fault, geometry: shapely.Geometry | None) -> Fault:
    return found._replace(geometry=_place(geometry))


def presence_faults(
    layer: Layer, geometries: Geometries, rows: Sequence[int], read: Mapping[int, str], placed: Sequence[bool]
) -> Iterator[Fault]:
    """Name rows whose geometry is missing or could not be read; `placed` says which rows name an area by code."""
    for geometry, row, by_code in zip(geometries, rows, placed, strict=True):
        if row in read:
            rule = READ_FAULTS.get(read[row], "geometry_unreadable")
            yield _at(fault(row, FIELD, rule, None, expected=("完整的图形", "a complete geometry")), geometry)
        elif geometry is None or geometry.is_empty:
            if not layer.geometry_required and by_code:
                continue
            severity = "error" if layer.geometry_required else "warning"
            expected = (f"{layer.zh}要有位置", f"{layer.en} have a place")
            yield fault(row, FIELD, "geometry_missing", None, expected=expected, severity=severity)


def _coordinate_fault(geometry: shapely.Geometry, row: int) -> Fault | None:
    points = shapely.get_coordinates(geometry)
    if not np.isfinite(points).all():
        return fault(row, FIELD, "geometry_not_finite", None, expected=("有限的坐标", "finite coordinates"))
    beyond = np.abs(points) > LARGEST
    if beyond.any():
        x, y = points[beyond.any(axis=1)][0]
        expected = ("经度 −180…180，纬度 −90…90", "longitude −180…180, latitude −90…90")
        return fault(row, FIELD, "geometry_out_of_range", f"{x:g}, {y:g}", expected=expected)
    return None


def _shape_fault(layer: Layer, geometry: shapely.Geometry, row: int, most_vertices: int) -> Fault | None:
    if not layer.geometry.accepts(geometry.geom_type):
        wanted = "、".join(layer.geometry.value)
        return fault(row, FIELD, "geometry_type", geometry.geom_type, expected=(wanted, wanted.replace("、", " or ")))
    count = int(shapely.get_num_coordinates(geometry))
    if count > most_vertices:
        expected = (f"不超过 {most_vertices} 个顶点", f"at most {most_vertices} vertices")
        return fault(row, FIELD, "too_many_vertices", count, expected=expected)
    return None


def _validity_fault(geometry: shapely.Geometry, row: int) -> Fault | None:
    if shapely.is_valid(geometry):
        return None
    reason = explain_validity(geometry)
    found = fault(row, FIELD, "geometry_invalid", reason, expected=("有效的图形", "a valid geometry"))
    _, _, place = reason.partition("[")
    numbers = place.rstrip("]").split()
    return found._replace(geometry=shapely.Point(float(numbers[0]), float(numbers[1])) if len(numbers) > 1 else _place(geometry))


def each_faults(
    layer: Layer, geometries: Geometries, rows: Sequence[int], most_vertices: int
) -> tuple[list[Fault], NDArray[np.bool_]]:
    """Check every geometry by itself; gives the faults and which geometries are sound enough to compare with others."""
    faults: list[Fault] = []
    sound = np.zeros(len(geometries), dtype=bool)
    for position, (geometry, row) in enumerate(zip(geometries, rows, strict=True)):
        if geometry is None or geometry.is_empty:
            continue
        found = (
            _coordinate_fault(geometry, row)
            or _shape_fault(layer, geometry, row, most_vertices)
            or _validity_fault(geometry, row)
        )
        if found is None:
            sound[position] = True
            continue
        faults.append(found if found.geometry is not None else _at(found, geometry))
    return faults, sound


def boundary_faults(geometries: Geometries, rows: Sequence[int], boundary: shapely.Geometry | None) -> Iterator[Fault]:
    """Name sound geometries outside the area (E17): wholly and more than 1 km off is an error, otherwise a warning."""
    if boundary is None or boundary.is_empty or not len(geometries):
        return
    shapely.prepare(boundary)
    inside = shapely.covers(boundary, geometries)
    squeeze = float(np.cos(np.radians(boundary.centroid.y)))
    level = _squeezed(boundary, squeeze)
    for position in np.flatnonzero(~inside).tolist():
        geometry, row = geometries[position], rows[position]
        if shapely.intersects(boundary, geometry):
            expected = ("在本区域内", "inside the area")
            yield _at(fault(row, FIELD, "E17_partly_outside", None, expected=expected, severity="warning"), geometry)
            continue
        away_m = _away_m(level, _squeezed(geometry, squeeze), squeeze)
        severity = "warning" if away_m <= NEAR_BOUNDARY_M else "error"
        expected = ("在本区域内", "inside the area")
        found = f"{away_m:.0f} m" if away_m < METRES_PER_KM else f"{away_m / METRES_PER_KM:.1f} km"
        yield _at(fault(row, FIELD, "E17_outside", found, expected=expected, severity=severity), geometry)


def _squeezed(geometry: shapely.Geometry, squeeze: float) -> shapely.Geometry:
    """Narrow longitudes so that a step east is about as long as a step north, for finding which spots are nearest."""
    return shapely.transform(geometry, lambda lonlat: lonlat * [squeeze, 1.0])


def _away_m(boundary: shapely.Geometry, geometry: shapely.Geometry, squeeze: float) -> float:
    """Measure along the ellipsoid between the nearest spots of two squeezed geometries."""
    (x0, y0), (x1, y1) = shapely.get_coordinates(shapely.shortest_line(boundary, geometry))
    return float(GEOD.inv(x0 / squeeze, y0, x1 / squeeze, y1)[2])


def duplicate_faults(geometries: Geometries, rows: Sequence[int]) -> Iterator[Fault]:
    """Name geometries that an earlier row has already, vertex by vertex."""
    first: dict[bytes, int] = {}
    for key, geometry, row in zip(shapely.to_wkb(shapely.normalize(geometries)), geometries, rows, strict=True):
        if key in first:
            expected = (f"与第 {first[key]} 行不同的位置", f"another place than row {first[key]}")
            yield _at(fault(row, FIELD, "duplicate_geometry", None, expected=expected, severity="warning"), geometry)
        else:
            first[key] = row


def _segments(line: Any) -> Counter[tuple[tuple[float, float], tuple[float, float]]]:
    points = [tuple(point) for point in np.round(shapely.get_coordinates(line), COORDINATE_DIGITS).tolist()]
    return Counter((min(a, b), max(a, b)) for a, b in pairwise(points) if a != b)


def self_overlap_faults(layer: Layer, geometries: Geometries, rows: Sequence[int]) -> Iterator[Fault]:
    """Name lines that run twice along the same segment; found by comparing segments, in linear time."""
    if layer.geometry is not GeometryKind.LINE:
        return
    for geometry, row in zip(geometries, rows, strict=True):
        counts: Counter[tuple[tuple[float, float], tuple[float, float]]] = Counter()
        for part in shapely.get_parts(geometry):
            counts.update(_segments(part))
        twice = [segment for segment, count in counts.items() if count > 1]
        if twice:
            expected = ("不沿自身折返", "a line that does not run back along itself")
            found = fault(row, FIELD, "self_overlap", len(twice), expected=expected, severity="warning")
            yield found._replace(geometry=shapely.Point(twice[0][0]))


def overlap_faults(layer: Layer, geometries: Geometries, rows: Sequence[int]) -> Iterator[Fault]:
    """Name parcels that overlap an earlier one, with the area that would count twice (geodesic, m²)."""
    if layer.name not in NO_OVERLAP_LAYERS or not len(geometries):
        return
    tree = shapely.STRtree(geometries)
    left, right = tree.query(geometries, predicate="intersects")
    pairs = [(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True) if a < b][:OVERLAP_PAIRS]
    for a, b in pairs:
        shared = shapely.intersection(geometries[a], geometries[b])
        area = area_m2(shared)
        if area < OVERLAP_LEAST_M2:
            continue
        share = area / max(min(area_m2(geometries[a]), area_m2(geometries[b])), 1e-9)
        severity = "error" if share > OVERLAP_ERROR_SHARE else "warning"
        expected = (f"不与第 {rows[a]} 行重叠", f"no overlap with row {rows[a]}")
        found = fault(rows[b], FIELD, "overlap", f"{area:.0f} m²", expected=expected, severity=severity)
        yield found._replace(geometry=shapely.point_on_surface(shared))


def area_m2(geometry: shapely.Geometry) -> float:
    """Give the geodesic area of a geometry in degrees, in m²."""
    return float(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))
