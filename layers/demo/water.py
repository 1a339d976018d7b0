"""Water works of every class, whom they serve, and what hamlets know of their water."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.demo.rows import chance, days_before, frame, only, some_unknown

if TYPE_CHECKING:
    from layers.demo.area_rows import Built
    from layers.demo.places import Hamlets, Places

Array = np.ndarray
_BY_PERSONS = ((10_000, "central10k"), (1_000, "central1k"), (0, "central20"))
_CISTERN_PERSONS = 18
"""Persons to one cistern: a dispersed work serves fewer than 20."""


def halve(points: Array, weights: Array, count: int) -> Array:
    """Group points into `count` compact groups of about equal weight, by halving along the longer side.

    >>> halve(np.array([[0.0, 0], [1, 0], [9, 0], [10, 0]]), np.ones(4), 2).tolist()
    [0, 0, 1, 1]
    """
    group = np.zeros(len(points), dtype=int)
    if count < 2 or len(points) < 2:  # noqa: PLR2004 - nothing to halve
        return group
    first = count // 2
    side = int(np.argmax(np.ptp(points, axis=0)))
    order = np.argsort(points[:, side], kind="stable")
    running = np.cumsum(weights[order]) / weights.sum()
    cut = min(max(int(np.searchsorted(running, first / count - 1e-9)) + 1, 1), len(points) - 1)
    low, high = order[:cut], order[cut:]
    group[low] = halve(points[low], weights[low], first)
    group[high] = first + halve(points[high], weights[high], count - first)
    return group


def _works_of(places: Places) -> tuple[Array, int]:
    """Give the central work of each hamlet (-1 without) and their number: one urban extension, village works, large works."""
    hamlets, plan = places.hamlets, places.plan
    central = np.flatnonzero(hamlets.mode == "central")
    small, middle = max(1, round(0.14 * plan.works)), max(1, round(0.32 * plan.works))
    work = np.full(len(hamlets), -1)
    near = central[np.argsort(np.hypot(*(hamlets.place[central] - places.county_seat).T), kind="stable")]
    within = np.cumsum(hamlets.persons[near]) <= 0.11 * hamlets.persons[central].sum()
    work[near[within]] = 0
    far = hamlets.place - places.county_seat
    remote = hamlets.height + np.hypot(*far.T) / 60_000
    number = _village_works(hamlets, work, remote, (small, middle))
    rest = np.flatnonzero((hamlets.mode == "central") & (work < 0))
    large = max(1, plan.works - number)
    work[rest] = number + halve(hamlets.place[rest], hamlets.persons[rest], large)
    return work, number + large


def _village_works(hamlets: Hamlets, work: Array, remote: Array, counts: tuple[int, int]) -> int:
    """Give the remotest villages works of their own: first for a few hamlets, then for whole villages; gives the next number."""
    number = 1
    villages = np.unique(hamlets.village)
    score = np.array([remote[hamlets.village == village].mean() for village in villages])
    queue = villages[np.argsort(-score, kind="stable")].tolist()
    while queue and number <= sum(counts):
        own = np.flatnonzero((hamlets.village == queue.pop(0)) & (hamlets.mode == "central") & (work < 0))
        if number <= counts[0]:
            own = own[np.argsort(hamlets.persons[own], kind="stable")]
            own = own[np.cumsum(hamlets.persons[own]) < 900]  # noqa: PLR2004 - below the class of 1000
        elif hamlets.persons[own].sum() < 1_000:  # noqa: PLR2004 - the next class
            continue
        if len(own):
            work[own] = number
            number += 1
    return number


def _tap_shares(places: Places, rng: np.random.Generator) -> Array:
    """Share of each hamlet with a tap: uneven, and together the share of the plan."""
    hamlets = places.hamlets
    village = rng.normal(0, 1.1, len(places.villages))[hamlets.village]
    lean = village + rng.normal(0, 0.8, len(hamlets)) - 2.2 * hamlets.height - 1.4 * hamlets.dry
    own = hamlets.mode == "central"
    goal = places.plan.tap_share * hamlets.persons[own].sum()
    low, high = -10.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        share = np.clip(1.2 / (1 + np.exp(-(middle + lean))), 0, 1)
        low, high = (middle, high) if (share * hamlets.persons)[own].sum() < goal else (low, middle)
    return np.where(own, share, 0.0)


def add_water(built: Built) -> None:
    """Add the frames `water_works` and `service_areas` and the water columns of the hamlets."""
    places, hamlets = built.places, built.places.hamlets
    rng = places.rng("water")
    work, count = _works_of(places)
    share = _tap_shares(places, rng)
    served = np.bincount(work[work >= 0], weights=hamlets.persons[work >= 0], minlength=count).astype(int)
    taps = np.minimum(np.round(share * hamlets.persons).astype(int), hamlets.persons)
    tapped = np.bincount(work[work >= 0], weights=taps[work >= 0], minlength=count).astype(int)
    classes = np.array(
        [
            "city_ext" if not number else next(name for least, name in _BY_PERSONS if total >= least)
            for number, total in enumerate(served)
        ],
        dtype=object,
    )
    cistern, cistern_persons = _cisterns(hamlets)
    place = np.vstack([_middles(places, work, count), hamlets.place[cistern] + rng.normal(0, 260, (len(cistern), 2))])
    every = np.concatenate([served, cistern_persons])
    kinds = np.concatenate([classes, np.full(len(cistern), "dispersed", dtype=object)])
    ids = np.array([f"W{built.code}{number:05d}" for number in range(1, len(every) + 1)], dtype=object)
    built.facts["works"] = {"ids": ids, "class": kinds, "place": place, "served": every, "central": count, "of_hamlet": work}
    _add_works(built, every, np.concatenate([tapped, np.zeros(len(cistern), int)]), rng)
    _add_service(built, (work, cistern), (taps, cistern_persons), rng)
    mode = np.where(work >= 0, classes[np.maximum(work, 0)], np.where(hamlets.mode == "none", "none", "dispersed"))
    built.facts["water"] = _hamlet_water(built, mode, share, rng)


def _middles(places: Places, work: Array, count: int) -> Array:
    """Place each central work at the hamlet it serves that lies highest within the nearest third."""
    hamlets = places.hamlets
    found = np.zeros((count, 2))
    for number in range(count):
        own = np.flatnonzero(work == number)
        if not len(own):
            found[number] = places.county_seat
            continue
        middle = hamlets.place[own].mean(axis=0)
        near = own[np.argsort(np.hypot(*(hamlets.place[own] - middle).T), kind="stable")[: max(1, len(own) // 3)]]
        found[number] = hamlets.place[near[np.argmax(hamlets.height[near])]] + 130
    return found


def _cisterns(hamlets: Hamlets) -> tuple[Array, Array]:
    """Split the persons of dispersed hamlets over cisterns of at most 19 persons: hamlet and persons of each cistern."""
    owners, persons = [], []
    for hamlet in np.flatnonzero(hamlets.mode == "dispersed"):
        count = -(-int(hamlets.persons[hamlet]) // _CISTERN_PERSONS)
        base, more = divmod(int(hamlets.persons[hamlet]), count)
        owners += [int(hamlet)] * count
        persons += [base + 1] * more + [base] * (count - more)
    return np.array(owners, dtype=int), np.array(persons, dtype=int)


def _add_works(built: Built, served: Array, tapped: Array, rng: np.random.Generator) -> None:
    works = built.facts["works"]
    kinds, count = works["class"], len(served)
    degrees = built.places.plane.lonlat(works["place"])
    village = built.village_at(degrees)
    central = kinds != "dispersed"
    big = served >= 1_000  # noqa: PLR2004 - the rule for protection, treatment, disinfection
    overdue = rng.random(count) > np.where(central, 0.84, 0.45)
    days = np.where(overdue, rng.integers(190, 720, count), rng.integers(3, 180, count))
    design = np.round(served * rng.uniform(0.07, 0.11, count), 1)
    source = np.where(
        central,
        np.where(kinds == "city_ext", "管网", rng.choice(["河流", "水库", "井", "泉"], count, p=[0.35, 0.25, 0.3, 0.1])),
        rng.choice(["窖", "井", "泉"], count, p=[0.75, 0.15, 0.1]),
    )
    names = [
        f"{built.name_of(position)}{'城市管网延伸工程' if kind == 'city_ext' else '供水工程' if kind != 'dispersed' else '水窖'}"
        for position, kind in zip(village, kinds, strict=True)
    ]
    built.frames["water_works"] = frame(
        "water_works",
        {
            "work_id": works["ids"],
            "name": names,
            "work_class": kinds,
            "design_m3d": design,
            "actual_m3d": np.round(design * rng.uniform(0.5, 0.92, count), 1),
            "served_population": served,
            "tap_population": tapped,
            "source_type": source,
            "protection_zone": big & chance(rng, count, 0.93),
            "treatment": big | central & chance(rng, count, 0.6),
            "disinfection": big | central & chance(rng, count, 0.5),
            "last_test_date": some_unknown(days_before(days), 0.06, rng),
            "test_ok": some_unknown(chance(rng, count, np.where(central, 0.97, 0.8)), 0.06, rng),
            "reliability_pct": np.round(np.where(central, rng.uniform(91, 99.5, count), rng.uniform(82, 95, count)), 1),
            "outage_days": np.where(central, rng.poisson(9, count), rng.poisson(30, count)),
            "continuous24h": (design >= 1_000) | central & chance(rng, count, 0.7),  # noqa: PLR2004 - type Ⅲ
            "operator": np.where(big, "县供水总公司", np.where(central, "村集体", "农户")),
            "county_unified": big & chance(rng, count, 0.8),
            **built.area_columns(village),
        },
        shapely.points(degrees),
    )


def _blot(places: Places, middles: Array, radius_m: Array, rng: np.random.Generator) -> Array:
    """Make a twelve-cornered service area about each place; `radius_m` is its middle radius."""
    angle = np.linspace(0, 2 * np.pi, 13)[:-1]
    wide = radius_m[:, None] * rng.uniform(0.75, 1.2, (len(middles), 12))
    ring = middles[:, None] + np.stack([wide * np.cos(angle), wide * np.sin(angle)], axis=2)
    return (
        np.asarray(shapely.polygons(places.plane.lonlat(ring.reshape(-1, 2)).reshape(len(middles), 12, 2)))
        if len(middles)
        else np.array([], object)
    )


def _add_service(built: Built, who: tuple[Array, Array], persons: tuple[Array, Array], rng: np.random.Generator) -> None:
    places, hamlets, works = built.places, built.places.hamlets, built.facts["works"]
    (work, cistern), (taps, cistern_persons) = who, persons
    central = np.flatnonzero(work >= 0)
    ids = built.facts["works"]["ids"]
    work_ids = np.concatenate([ids[work[central]], ids[works["central"] :]])
    hamlet = np.concatenate([central, cistern]).astype(int)
    shapes = np.empty(len(hamlet), dtype=object)
    shapes[: len(central)] = _blot(places, hamlets.place[central], 260 + 17 * np.sqrt(hamlets.persons[central]), rng)
    known = some_unknown(np.concatenate([taps[central], np.zeros(len(cistern), int)]), 0.008, rng)
    built.facts["tap_known"] = {int(position): value is not None for position, value in zip(central, known, strict=False)}
    built.frames["service_areas"] = frame(
        "service_areas",
        {
            "service_id": [f"S{one[1:]}-{number:03d}" for one, number in zip(work_ids, _serial(work_ids), strict=True)],
            "work_id": work_ids,
            "hamlet_id": built.hamlet_ids()[hamlet],
            "served_persons": np.concatenate([hamlets.persons[central], cistern_persons]),
            "tap_persons": known,
            "dual_supply": np.zeros(len(hamlet), dtype=bool),
            **built.area_columns(hamlets.village[hamlet]),
        },
        shapes,
    )


def _serial(names: Array) -> list[int]:
    """Number equal names from 1."""
    seen: dict[str, int] = {}
    numbers = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbers.append(seen[name])
    return numbers


def _hamlet_water(built: Built, mode: Array, share: Array, rng: np.random.Generator) -> dict[str, Any]:
    hamlets, count = built.places.hamlets, len(built.places.hamlets)
    central = hamlets.mode == "central"
    walked = np.where(
        central, rng.uniform(40, 620, count), np.where(mode == "none", rng.uniform(700, 3_800, count), rng.gamma(2.2, 330, count))
    )
    climb = np.round(walked * rng.uniform(0.02, 0.16, count) * (0.5 + hamlets.height), 1)
    tapless = share < 0.999  # noqa: PLR2004 - everybody has a tap
    litres = np.where(central, rng.normal(62, 13, count), rng.normal(31, 9, count)).clip(8, 160)
    outage = np.where(central, rng.poisson(7 + 9 * hamlets.dry), rng.poisson(22 + 30 * hamlets.dry)).clip(0, 366)
    silent = np.isin(
        hamlets.village, rng.choice(len(built.places.villages), round(0.03 * len(built.places.villages)), replace=False)
    )
    taps = np.minimum(np.round(share * hamlets.households), hamlets.households).astype(int)
    known = built.facts["tap_known"]

    def told(values: Any) -> list[Any]:
        return [None if quiet else value for quiet, value in zip(silent, some_unknown(values, 0.01, rng), strict=True)]

    return {
        "supply_mode": mode,
        "tap_in_house_hh": [int(value) if known.get(position, True) else None for position, value in enumerate(taps)],
        "fetch_distance_m": only(tapless, np.round(walked)),
        "fetch_vertical_m": only(tapless, climb),
        "fetch_minutes": only(tapless, np.round(walked / 42 + climb / 9, 1)),
        "litres_per_person_day": told(np.round(litres, 1)),
        "outage_days_year": told(outage),
        "quality_ok": told(chance(rng, count, np.where(central, 0.975, 0.83))),
        "quality_test_date": told(days_before(rng.integers(5, 420, count))),
    }
