"""Where people live in a demonstration county: village areas grouped into townships, communities, hamlets and their persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.optimize import linear_sum_assignment

from layers.demo.plan import CountyPlan, plan_of
from layers.demo.shares import split
from layers.demo.terrain import Plane, dryness, relief
from layers.demo.tiling import tile

if TYPE_CHECKING:
    from layers.demo.sources import County, Village

Array = np.ndarray
HAMLETS_A_VILLAGE = 6.5


@dataclass(slots=True)
class Villages:
    """Villages and communities of a county, one position per area."""

    rows: list[Village]
    township: Array
    seat: Array
    """Seat in metres of the plane, shape (n, 2)."""
    area: Array
    height: Array
    community: Array

    def __len__(self) -> int:
        """Number of areas."""
        return len(self.rows)


@dataclass(slots=True)
class Hamlets:
    """Natural villages: the first of each village is its seat."""

    village: Array
    place: Array
    height: Array
    dry: Array
    is_seat: Array
    persons: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    households: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    mode: Array = field(default_factory=lambda: np.zeros(0, dtype=object))

    def __len__(self) -> int:
        """Number of hamlets."""
        return len(self.village)


@dataclass(slots=True)
class Places:
    """A county with everything that other parts are built on."""

    county: County
    plan: CountyPlan
    plane: Plane
    seed: int
    villages: Villages
    hamlets: Hamlets
    township_seat: Array
    """Position of the village or community that holds each township's seat."""
    county_seat: Array

    def rng(self, part: str) -> np.random.Generator:
        """Give the randomness of one part of this county: the same for the same seed, county and part."""
        return np.random.default_rng([self.seed, int(self.county.code), *part.encode()])


def settle(county: County, seed: int) -> Places:
    """Make the places of a county: the same for the same county and seed."""
    middle = county.outline.centroid
    plane = Plane(middle.x, middle.y)
    rng = np.random.default_rng([seed, int(county.code)])
    rows = [village for township in county.townships for village in township.villages]
    plan = plan_of(county.code, sum(not row.community for row in rows))
    home = plane.xy(np.array([county.seat]))[0]
    township, seats, capitals = _seats(county, plane, home, seed=seed, rng=rng)
    areas = tile(county.outline, plane.lonlat(seats), plane, rng)
    community = np.array([row.community for row in rows])
    villages = Villages(rows, township, seats, areas, relief(plane.lonlat(seats), seed), community)
    hamlets = _hamlets(villages, plane, seed, rng)
    places = Places(county, plan, plane, seed, villages, hamlets, capitals, home)
    _people(places)
    return places


def _scatter(outline: shapely.Geometry, plane: Plane, count: int, seed: int, rng: np.random.Generator) -> Array:
    """Scatter seats over the outline: denser in valleys, never too near to each other."""
    low_x, low_y, high_x, high_y = outline.bounds
    shapely.prepare(outline)
    lonlat = rng.uniform((low_x, low_y), (high_x, high_y), (count * 40 + 400, 2))
    lonlat = lonlat[shapely.contains_xy(outline, lonlat)]
    height = relief(lonlat, seed)
    lonlat = lonlat[np.argsort(height + rng.gumbel(0, 0.35, len(lonlat)), kind="stable")]
    points = plane.xy(lonlat)
    metres = plane.xy(np.array([[high_x, high_y]]))[0] - plane.xy(np.array([[low_x, low_y]]))[0]
    gap = 0.62 * np.sqrt(metres.prod() * outline.area / ((high_x - low_x) * (high_y - low_y)) / max(count, 1))
    kept: list[int] = []
    while len(kept) < count:
        kept = _spaced(points, gap, count)
        gap *= 0.8
    return points[kept]


def _spaced(points: Array, gap: float, count: int) -> list[int]:
    """Take points in order, each at least `gap` from those taken."""
    free = np.ones(len(points), dtype=bool)
    taken: list[int] = []
    for position in range(len(points)):
        if free[position]:
            taken.append(position)
            if len(taken) == count:
                break
            free &= np.hypot(*(points - points[position]).T) >= gap
    return taken


def _seats(county: County, plane: Plane, home: Array, *, seed: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Place every village and community: township of each, seat of each (metres), seat area of each township."""
    townships = county.townships
    sizes = np.array([sum(not row.community for row in township.villages) for township in townships])
    rural = _scatter(county.outline, plane, int(sizes.sum()), seed, rng)
    if len(rural):
        rural[np.argmin(np.hypot(*(rural - home).T))] = home
    main = int(
        np.argmax(
            [
                sum(row.community for row in township.villages) * (size > 0) + (size > 0)
                for township, size in zip(townships, sizes, strict=True)
            ]
        )
    )
    part = _part_of(county.outline, plane.lonlat(rural))
    group = _grouped(rural, sizes, part, (main, home), rng)
    used: list[Array] = list(rural)
    centres = [home if number == main else rural[group == number].mean(axis=0) for number in np.flatnonzero(sizes > 0)]
    towns = {}
    for number, centre in zip(np.flatnonzero(sizes > 0), centres, strict=True):
        own = rural[group == number]
        queue = own[np.argsort(np.hypot(*(own - centre).T), kind="stable")]
        count = sum(row.community for row in townships[number].villages)
        around = _around(queue[0], count, 500 + 420 * np.sqrt(count), used, (county, plane, rng))
        towns[int(number)] = (around, list(queue))
    towns |= _streets(county, plane, home, used=used, rng=rng)
    return _in_order(county, towns)


def _streets(
    county: County, plane: Plane, home: Array, *, used: list[Array], rng: np.random.Generator
) -> dict[int, tuple[list[Array], list[Array]]]:
    """Place the communities of street offices, which have no villages, about the county seat, each office together."""
    numbers = [number for number, one in enumerate(county.townships) if all(row.community for row in one.villages)]
    sizes = np.array([len(county.townships[number].villages) for number in numbers], dtype=int)
    if not len(sizes):
        return {}
    around = np.array(_around(home, int(sizes.sum()), 500 + 420 * np.sqrt(sizes.sum()), used, (county, plane, rng)))
    group = _grouped(around, sizes, np.zeros(len(around), int), (0, home), rng)
    return {number: (list(around[group == place]), []) for place, number in enumerate(numbers)}


def _in_order(county: County, towns: dict[int, tuple[list[Array], list[Array]]]) -> tuple[Array, Array, Array]:
    """Give the seats in the order of the county's villages, the township of each, and the seat area of each township."""
    township: list[int] = []
    seats: list[Array] = []
    capitals = []
    for number, one in enumerate(county.townships):
        around, queue = towns[number]
        first = next((place for place, row in enumerate(one.villages) if not row.community), 0)
        capitals.append(len(seats) + first)
        for row in one.villages:
            seats.append(around.pop(0) if row.community else queue.pop(0))
            township.append(number)
    return np.array(township), np.array(seats), np.array(capitals)


def _part_of(outline: shapely.Geometry, lonlat: Array) -> Array:
    """Say in which part of the outline each place lies."""
    parts = shapely.get_parts(outline)
    return (
        np.argmax([shapely.contains_xy(part, lonlat) for part in parts], axis=0) if len(parts) > 1 else np.zeros(len(lonlat), int)
    )


def _grouped(points: Array, sizes: Array, part: Array, main: tuple[int, Array], rng: np.random.Generator) -> Array:
    """Group points into townships of given sizes so that each township lies together (least squares, then moved centres)."""
    slots = np.repeat(np.arange(len(sizes)), sizes)
    centres = points[rng.permutation(len(points))[: len(sizes)]] if len(points) >= len(sizes) else rng.choice(points, len(sizes))
    centres = np.array(centres, float)
    where = np.zeros(len(sizes), int)
    group = np.zeros(len(points), int)
    for _ in range(6):
        centres[main[0]] = main[1]
        distance = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
        if part.any():
            distance = distance + 4e9 * (part[:, None] != where[None])
        rows, columns = linear_sum_assignment(distance[:, slots])
        group = np.zeros(len(points), int)
        group[rows] = slots[columns]
        for number in range(len(sizes)):
            own = group == number
            if own.any():
                centres[number] = points[own].mean(axis=0)
                where[number] = np.bincount(part[own]).argmax()
    return group


def _around(
    centre: Array, count: int, spread: float, used: list[Array], site: tuple[County, Plane, np.random.Generator]
) -> list[Array]:
    """Place communities about a centre, inside the county and apart from every seat already placed; `used` grows."""
    county, plane, rng = site
    made: list[Array] = []
    tries = 0
    while len(made) < count:
        tries += 1
        place = centre + rng.normal(0, spread * (1 + tries / 400), 2)
        inside = shapely.contains_xy(county.outline, *plane.lonlat(place[None])[0])
        near = np.hypot(*(np.array(used) - place).T).min() if used else np.inf
        if inside and near > 180 / (1 + tries / 400):
            made.append(place)
            used.append(place)
    return made


def _hamlets(villages: Villages, plane: Plane, seed: int, rng: np.random.Generator) -> Hamlets:
    """Scatter hamlets inside every village: its seat and, lower places first, the others."""
    rural = np.flatnonzero(~villages.community)
    counts = 1 + rng.binomial(2 * int(HAMLETS_A_VILLAGE) - 1, 0.5, len(rural))
    tries = 14 * counts
    owner = np.repeat(rural, tries)
    bounds = shapely.bounds(villages.area)[owner]
    lonlat = np.round(bounds[:, :2] + rng.random((len(owner), 2)) * (bounds[:, 2:] - bounds[:, :2]), 7)
    shapely.prepare(villages.area)
    inside = shapely.contains_xy(villages.area[owner], lonlat[:, 0], lonlat[:, 1])
    owner, lonlat = owner[inside], lonlat[inside]
    wish = relief(lonlat, seed) + rng.gumbel(0, 0.25, len(owner))
    order = np.lexsort((wish, owner))
    owner, lonlat = owner[order], lonlat[order]
    first = np.searchsorted(owner, owner)
    wanted = np.zeros(len(villages), int)
    wanted[rural] = counts - 1
    kept = np.arange(len(owner)) - first < wanted[owner]
    village = np.concatenate([rural, owner[kept]])
    place = np.vstack([villages.seat[rural], plane.xy(lonlat[kept])])
    is_seat = np.arange(len(village)) < len(rural)
    order = np.lexsort((~is_seat, village))
    village, place, is_seat = village[order], place[order], is_seat[order]
    degrees = plane.lonlat(place)
    return Hamlets(village, place, relief(degrees, seed), dryness(degrees, seed), is_seat)


def _people(places: Places) -> None:
    """Give every hamlet persons and households, and say who is served by central works, by cisterns, or not at all."""
    hamlets, plan, rng = places.hamlets, places.plan, places.rng("people")
    count = len(hamlets)
    weight = rng.lognormal(0, 0.55, count) * (1.6 - hamlets.height) * np.where(hamlets.is_seat, 1.9, 1.0)
    remote = hamlets.height + 0.7 * hamlets.dry + 0.25 * rng.random(count) - 2.0 * hamlets.is_seat
    order = np.argsort(-remote, kind="stable")
    total = plan.central_persons + plan.dispersed_persons + plan.unserved_persons
    running = np.cumsum(weight[order] * 0.5) / weight.sum()
    mode = np.full(count, "central", dtype=object)
    start = 0
    for name, persons in (("none", plan.unserved_persons), ("dispersed", plan.dispersed_persons)):
        least = start + (persons > 0)
        start = max(least, int(np.searchsorted(running, persons / total + (running[start - 1] if start else 0))))
        mode[order[least - (persons > 0) : start]] = name if persons else "central"
    hamlets.persons, hamlets.households = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for name, persons, households in (
        ("central", plan.central_persons, plan.central_households),
        ("dispersed", plan.dispersed_persons, round(plan.dispersed_persons / 3.8)),
        ("none", plan.unserved_persons, round(plan.unserved_persons / 3.7)),
    ):
        own = mode == name
        hamlets.persons[own] = split(persons, weight[own], least=14)
        hamlets.households[own] = split(households, hamlets.persons[own] * rng.uniform(0.93, 1.07, own.sum()), least=4)
    hamlets.mode = mode
