"""Cut a county's real outline into village areas: Voronoi cells with fractal edges, every edge shared by its two neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Voronoi

from layers.demo.edges import wiggle

if TYPE_CHECKING:
    from layers.demo.terrain import Plane

Array = np.ndarray
GRID = 1e-7
"""Degrees to which edges are snapped, about one centimetre."""


def _cell_edges(seeds: Array, rng: np.random.Generator, reach: float) -> tuple[Array, Array]:
    """Give the Voronoi edges of the seeds as fractal lines, with the two seeds of each edge; a far frame closes all cells."""
    low, high = seeds.min(axis=0), seeds.max(axis=0)
    far = 4 * max(float((high - low).max()), 1_000.0)
    middle = (low + high) / 2
    frame = middle + far * np.array([[np.cos(angle), np.sin(angle)] for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False)])
    every = np.vstack([seeds, frame])
    cells = Voronoi(every)
    whole = [pair for pair in range(len(cells.ridge_vertices)) if -1 not in cells.ridge_vertices[pair]]
    links = cells.vertices[np.array([cells.ridge_vertices[pair] for pair in whole])]
    sides = cells.ridge_points[whole]
    return wiggle(links, every[sides], rng, levels=4, reach=reach), sides


def tile(outline: shapely.Geometry, seeds_lonlat: Array, plane: Plane, rng: np.random.Generator, *, reach: float = 0.45) -> Array:
    """Cut an outline into one area per seed.

    Args:
        outline: polygon in degrees.
        seeds_lonlat: one place per area inside the outline, degrees, shape (n, 2).
        plane: local plane to generate in.
        rng: where the randomness comes from.
        reach: how far edges may wander, as a share of the way to the seed.

    Returns:
        Polygons or MultiPolygons, shape (n,), degrees; together they are the outline, and neighbours share their edge.

    >>> from layers.demo.terrain import Plane
    >>> square = shapely.box(104, 36, 104.1, 36.1)
    >>> areas = tile(square, np.array([[104.02, 36.02], [104.08, 36.08]]), Plane(104, 36), np.random.default_rng(3))
    >>> bool(abs(shapely.area(areas).sum() - square.area) < 1e-9), bool(shapely.intersection(*areas).area < 1e-12)
    (True, True)
    """
    seeds = plane.xy(seeds_lonlat)
    if len(seeds) == 1:
        return np.array([outline], dtype=object)
    lines, sides = _cell_edges(seeds, rng, reach)
    lines = shapely.transform(lines, plane.lonlat)
    inside = shapely.intersects(outline, lines)
    net = shapely.union_all([*lines[inside], shapely.boundary(outline)], grid_size=GRID)
    faces = np.array(list(shapely.get_parts(shapely.polygonize(shapely.get_parts(net)))), dtype=object)
    points = shapely.point_on_surface(faces)
    faces, points = faces[(kept := shapely.contains(outline, points))], points[kept]
    owner = _owners(faces, points, seeds_lonlat, _closed_cells(lines, sides, len(seeds)))
    return np.array([_joined(faces[owner == seed]) for seed in range(len(seeds))], dtype=object)


def _closed_cells(lines: Array, sides: Array, count: int) -> Array:
    """Close the edges of each seed to its cell."""
    cells = np.empty(count, dtype=object)
    for seed in range(count):
        own = lines[(sides == seed).any(axis=1)]
        rings = shapely.get_parts(shapely.polygonize(own))
        cells[seed] = rings[0] if len(rings) == 1 else shapely.union_all(rings)
    return cells


def _owners(faces: Array, points: Array, seeds_lonlat: Array, cells: Array) -> Array:
    """Say which seed each face belongs to: the cell it lies in; a face cut off from its seed joins its longest neighbour."""
    tree = shapely.STRtree(cells)
    face, cell = tree.query(points, predicate="within")
    owner = np.full(len(faces), -1)
    owner[face] = cell
    lost = owner < 0
    if lost.any():
        owner[lost] = shapely.STRtree(shapely.points(seeds_lonlat)).nearest(points[lost])
    held = shapely.intersects(faces, shapely.points(seeds_lonlat)[owner])
    parts = shapely.STRtree(faces)
    for orphan in np.flatnonzero(~held):
        near = [other for other in parts.query(faces[orphan], predicate="intersects") if other != orphan and held[other]]
        lengths = [shapely.length(shapely.intersection(faces[orphan], faces[other])) for other in near]
        if near and max(lengths) > 0:
            owner[orphan] = owner[near[int(np.argmax(lengths))]]
    return owner


def _joined(faces: Array) -> shapely.Geometry:
    if len(faces) == 1:
        return faces[0]
    return shapely.coverage_union_all(list(faces)) if len(faces) else shapely.MultiPolygon()
