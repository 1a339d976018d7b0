"""Farmland parcels of a county: quadrilaterals of a bent lattice, so that neighbours share corners and none overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from layers.demo.rows import areas_m2, chance, frame, some_unknown
from layers.demo.terrain import dryness, relief
from layers.farmland import M2_PER_MU

if TYPE_CHECKING:
    from layers.demo.area_rows import Built
    from layers.demo.places import Places

Array = np.ndarray
PARCELS_A_VILLAGE = 11
CELL_M = (520.0, 330.0)


def lattice(places: Places, rng: np.random.Generator) -> Array:
    """Give all quadrilaterals of a turned lattice with shaken corners over the county, in degrees, shape (n, 4, 2).

    Corners move by less than a quarter of a cell, so every quadrilateral stays simple and shares its sides with its neighbours.
    """
    bounds = np.array(places.county.outline.bounds).reshape(2, 2)
    corners = places.plane.xy(np.array([bounds[0], [bounds[0, 0], bounds[1, 1]], [bounds[1, 0], bounds[0, 1]], bounds[1]]))
    angle = rng.uniform(0.15, 0.6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    own = corners @ turn
    low = np.floor(own.min(axis=0) / CELL_M).astype(int)
    high = np.ceil(own.max(axis=0) / CELL_M).astype(int)
    grid = np.stack(np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1), indexing="ij"), axis=2)
    knots = (grid + rng.uniform(-0.2, 0.2, grid.shape)) * CELL_M
    degrees = places.plane.lonlat(knots.reshape(-1, 2) @ turn.T).reshape(grid.shape)
    return np.stack([degrees[:-1, :-1], degrees[1:, :-1], degrees[1:, 1:], degrees[:-1, 1:]], axis=2).reshape(-1, 4, 2)


def _chosen(places: Places, rng: np.random.Generator) -> tuple[Array, Array]:
    """Choose parcels wholly inside one village, near its hamlets and in low places: corners and village of each."""
    villages, hamlets = places.villages, places.hamlets
    quads = lattice(places, rng)
    middle = quads.mean(axis=1)
    wish = relief(middle, places.seed) + rng.normal(0, 0.12, len(quads))
    far = cKDTree(hamlets.place).query(places.plane.xy(middle), distance_upper_bound=3_000)[0]
    usable = np.flatnonzero((far < 2_600) & (far > 120))  # noqa: PLR2004 - metres: fields lie about the hamlets, not on them
    tree = shapely.STRtree(villages.area)
    row, village = tree.query(shapely.points(middle[usable]), predicate="within")
    quad = usable[row]
    rural = ~villages.community[village]
    quad, village = quad[rural], village[rural]
    order = np.lexsort((wish[quad], village))
    quad, village = quad[order], village[order]
    early = np.arange(len(quad)) - np.searchsorted(village, village) < 2 * PARCELS_A_VILLAGE
    quad, village = quad[early], village[early]
    shapely.prepare(villages.area)
    inside = shapely.contains_properly(villages.area[village], shapely.polygons(quads[quad]))
    quad, village = quad[inside], village[inside]
    kept = np.arange(len(quad)) - np.searchsorted(village, village) < PARCELS_A_VILLAGE
    return quads[quad[kept]], village[kept]


def add_farmland(built: Built) -> None:
    """Add the frame `farmland`; high-standard farmland comes in tracts, irrigated land in the valleys."""
    places = built.places
    rng = places.rng("farmland")
    quads, village = _chosen(places, rng)
    polygons = shapely.polygons(quads)
    middle = quads.mean(axis=1)
    height, dry = relief(middle, places.seed), dryness(middle, places.seed)
    count = len(polygons)
    wet = (height < 0.42) & (dry < 0.62)  # noqa: PLR2004 - valley floor with water
    better = rng.random(len(places.villages)) + 0.5 * (1 - places.villages.height)
    hsf = (better[village] > 0.78) & chance(rng, count, 0.8) | wet & chance(rng, count, 0.3)  # noqa: PLR2004 - about two fifths
    area = areas_m2(polygons)
    built.facts["farmland"] = {"village": village, "hsf": hsf, "polygons": polygons}
    built.frames["farmland"] = frame(
        "farmland",
        {
            "parcel_id": [f"L{built.code}{number:06d}" for number in range(1, count + 1)],
            "land_code": np.where(wet, "0102", "0103"),
            "area_m2": area,
            "area_mu": np.round(area / M2_PER_MU, 2),
            "permanent_basic": chance(rng, count, 0.78),
            "hsf": hsf,
            "hsf_year": [int(year) if has else None for has, year in zip(hsf, rng.integers(2012, 2026, count), strict=True)],
            "efficient_irrigation": hsf & wet & chance(rng, count, 0.6),
            "irrigation_assurance_pct": np.round(np.where(wet, rng.uniform(55, 90, count), rng.uniform(0, 25, count)), 1),
            "field_road_access": chance(rng, count, np.where(hsf, 0.95, 0.6)),
            "quality_grade": some_unknown(
                np.clip(np.round(4 + 4 * height + rng.normal(0, 1, count)), 1, 10).astype(int), 0.04, rng
            ),
            "abandoned": ~hsf & chance(rng, count, 0.03 + 0.08 * height),
            **built.area_columns(village),
        },
        polygons,
    )
