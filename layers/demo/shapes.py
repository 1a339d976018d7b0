"""Where a project is drawn: road lines, works, parcels, settlements, or a place in the village; some have no place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.demo.rows import areas_m2, lengths_m
from layers.farmland import M2_PER_MU

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray
Found = tuple[Any, bool, float | None]
"""The geometry, whether the works are still to be done, and the quantity where the drawing tells it."""


class Sites:
    """What stands in each village of a county, looked up by position of the village."""

    def __init__(self, built: Built) -> None:
        self.built = built
        road = built.facts["road"]
        paved = road["paved"]
        spare = built.roads.unbuilt_line
        middles = shapely.get_coordinates(shapely.line_interpolate_point(spare, 0.5, normalized=True))
        village = np.concatenate([road["village"], built.village_at(middles) if len(spare) else np.zeros(0, int)])
        self.lines = np.concatenate([built.roads.line, spare])
        self.todo = np.concatenate([~paved, np.ones(len(spare), dtype=bool)])
        self.small = np.concatenate([built.roads.rank >= 3, np.ones(len(spare), dtype=bool)])  # noqa: PLR2004 - township roads and below
        self.roads = _by_village(village)
        self.parcels = _by_village(built.facts["farmland"]["village"])
        self.hamlets = _by_village(built.places.hamlets.village)
        self.settled = _by_village(built.facts["settlement_village"])
        self.points = shapely.get_coordinates(built.frames["settlements"].geometry.to_numpy())


def _by_village(village: Array) -> dict[int, Array]:
    order = np.argsort(village, kind="stable")
    values, first = np.unique(village[order], return_index=True)
    return {int(value): rows for value, rows in zip(values, np.split(order, first[1:]), strict=True)}


def project_shape(sites: Sites, kind: str, villages: list[int], most: float, rng: np.random.Generator) -> Found:
    """Draw a project of a kind (`road`, `water`, `parcels`, `settlement`, `point`, `none`) in its villages.

    `most` is the quantity that its money buys.
    """
    if kind == "none":
        return None, False, None
    drawn: Found | None = None
    if kind == "road":
        drawn = _road(sites, villages, most, rng)
    elif kind == "water":
        drawn = _water(sites, villages, rng)
    elif kind == "parcels":
        drawn = _parcels(sites, villages, rng)
    elif kind == "settlement":
        drawn = _settlement(sites, villages, rng)
    return _point(sites, villages, rng) if drawn is None else drawn


def _point(sites: Sites, villages: list[int], rng: np.random.Generator) -> Found:
    """A place within 250 m of the seat of the first village, inside it."""
    places = sites.built.places
    seat = places.villages.seat[villages[0]]
    place = places.plane.lonlat((seat + rng.normal(0, 120, 2))[None])[0]
    area = places.villages.area[villages[0]]
    return shapely.Point(place if shapely.contains_xy(area, *place) else places.plane.lonlat(seat[None])[0]), False, None


def _road(sites: Sites, villages: list[int], most: float, rng: np.random.Generator) -> Found | None:
    """Roads without a hardened surface and to hamlets without a road first, up to `most` km; else small roads that are there."""
    own = np.concatenate([sites.roads.get(village, np.zeros(0, int)) for village in villages])
    todo = own[sites.todo[own]]
    chosen = todo if len(todo) else own[sites.small[own]]
    if not len(chosen):
        return None
    lines = sites.lines[rng.permutation(chosen)]
    running = np.cumsum(lengths_m(lines)) / 1_000
    count = max(1, int(np.searchsorted(running, most)))
    merged = shapely.line_merge(shapely.multilinestrings(list(lines[:count])))
    return merged, bool(len(todo)), round(float(running[min(count, len(lines)) - 1]), 2)


def _water(sites: Sites, villages: list[int], rng: np.random.Generator) -> Found | None:
    """At the largest hamlet without central supply, else at any hamlet."""
    hamlets = sites.built.places.hamlets
    own = np.concatenate([sites.hamlets.get(village, np.zeros(0, int)) for village in villages])
    if not len(own):
        return None
    lacking = own[hamlets.mode[own] != "central"]
    hamlet = lacking[np.argmax(hamlets.persons[lacking])] if len(lacking) else rng.choice(own)
    place = sites.built.places.plane.lonlat(hamlets.place[[hamlet]])[0]
    return shapely.Point(place), bool(len(lacking)), None


def _parcels(sites: Sites, villages: list[int], rng: np.random.Generator) -> Found | None:
    """Some parcels of the villages, as one many-part polygon; the quantity is their area in 亩."""
    own = np.concatenate([sites.parcels.get(village, np.zeros(0, int)) for village in villages])
    if not len(own):
        return None
    chosen = sites.built.facts["farmland"]["polygons"][np.sort(own)[: int(rng.integers(2, 9))]]
    return shapely.union_all(chosen), False, round(float(areas_m2(chosen).sum()) / M2_PER_MU, 1)


def _settlement(sites: Sites, villages: list[int], rng: np.random.Generator) -> Found | None:
    """At a relocation settlement of the villages."""
    own = np.concatenate([sites.settled.get(village, np.zeros(0, int)) for village in villages])
    return (shapely.Point(sites.points[rng.choice(own)]), False, None) if len(own) else None
