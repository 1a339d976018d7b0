"""Relocation settlements, public facilities and the aggregates of monitored households of a county."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.demo.rows import chance, days_before, frame, some_unknown
from layers.demo.shares import split
from layers.household_cells import ALL, TOTAL, TYPES, Month, shown
from layers.settlements import size_class

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray
PERIOD = "2026-10"
_RISKS = tuple(f"0{number}" for number in range(1, 10))
_MARKED = {
    "water_problem": 0.02,
    "housing_problem": 0.03,
    "schooling_problem": 0.005,
    "insurance_problem": 0.02,
    "relocated": 0.18,
    "in_settlement": 0.05,
    "added": 0.06,
    "removed": 0.3,
    "supported": 0.94,
}
"""Shares of the households of a township for which something is counted."""


def _places_for(built: Built, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Choose villages for settlements, near towns rather than far, and a place in each: positions and degrees."""
    places, villages = built.places, built.places.villages
    towns = villages.seat[places.township_seat]
    near = np.sqrt(((villages.seat[:, None] - towns[None]) ** 2).sum(axis=2)).min(axis=1)
    order = np.argsort(near / 4_000 + villages.height + rng.gumbel(0, 0.8, len(villages)), kind="stable")
    village = np.sort(order[np.arange(count) % len(order)])
    degrees = places.plane.lonlat(villages.seat[village] + rng.normal(0, 380, (count, 2)))
    shapely.prepare(villages.area)
    inside = shapely.contains_xy(villages.area[village], degrees[:, 0], degrees[:, 1])
    return village, np.where(inside[:, None], degrees, places.plane.lonlat(villages.seat[village] + 7))


def add_settlements(built: Built) -> None:
    """Add the frame `settlements`: households and persons add up to the county's share of the published totals."""
    plan = built.places.plan
    rng = built.places.rng("settlements")
    count = plan.settlements
    village, degrees = _places_for(built, count, rng)
    weight = rng.lognormal(0, 0.95, count)
    homes = split(plan.settlement_households, weight, least=8)
    persons = split(plan.settlement_persons, homes * rng.uniform(0.94, 1.06, count), least=30)
    large = persons >= 800  # noqa: PLR2004 - 大中型
    town = built.places.villages.community[village] | np.isin(village, built.places.township_seat)

    def has(share: float, large_share: float) -> list[Any]:
        return some_unknown(chance(rng, count, np.where(large, large_share, share)), 0.02, rng)

    built.facts["settlement_village"] = village
    built.frames["settlements"] = frame(
        "settlements",
        {
            "settlement_id": [f"A{built.code}{number:03d}" for number in range(1, count + 1)],
            "name": [f"{built.name_of(position)}易地搬迁安置点" for position in village],
            "households": homes,
            "persons_registered_poor": persons,
            "persons_total": persons + rng.integers(0, 90, count),
            "size_class": [size_class(number) for number in persons],
            "setting": np.where(town, "城镇", "农村"),
            "completed_year": rng.integers(2016, 2021, count),
            "has_water": has(0.99, 1.0),
            "has_power": has(1.0, 1.0),
            "has_road": has(0.99, 1.0),
            "has_comm": has(0.97, 1.0),
            "has_sewage": has(0.6, 0.9),
            "has_waste": has(0.85, 0.97),
            "has_school": has(0.25, 0.75),
            "has_kindergarten": has(0.3, 0.8),
            "has_clinic": has(0.62, 0.9),
            "has_service_center": has(0.55, 0.9),
            "property_registered_pct": np.round(rng.uniform(52, 100, count), 1),
            "counted_in_village": some_unknown(np.zeros(count, dtype=bool), 0.03, built.places.rng("counted")),
            "employed_households": (homes * rng.uniform(0.8, 1.0, count)).astype(int),
            **_supply(homes, large | town, built.places.rng("settlement supply")),
            **built.area_columns(village),
        },
        shapely.points(degrees),
    )


def _supply(homes: Array, near_town: Array, rng: np.random.Generator) -> dict[str, Any]:
    """Give how settlements get their water: built for it, so nearly all have taps; large ones from the town's network."""
    count = len(homes)
    tapped = np.minimum(np.round(homes * np.where(chance(rng, count, 0.9), 1.0, rng.uniform(0.9, 1.0, count))), homes).astype(int)
    return {
        "supply_mode": some_unknown(np.where(near_town, "city_ext", "central10k"), 0.04, rng),
        "tap_in_house_hh": some_unknown(tapped, 0.04, rng),
        "litres_per_person_day": some_unknown(np.round(rng.normal(68, 9, count).clip(36, 120), 1), 0.05, rng),
        "outage_days_year": some_unknown(rng.poisson(5, count), 0.05, rng),
        "quality_ok": some_unknown(chance(rng, count, 0.985), 0.04, rng),
        "quality_test_date": some_unknown(days_before(rng.integers(5, 300, count)), 0.04, rng),
    }


def add_facilities(built: Built) -> None:
    """Add the frame `facilities`: clinics, schools, markets, offices at hamlets."""
    places, hamlets, villages = built.places, built.places.hamlets, built.places.villages
    rng = places.rng("facilities")
    seats = np.flatnonzero(hamlets.is_seat)
    persons = np.bincount(hamlets.village, weights=hamlets.persons, minlength=len(villages))[hamlets.village[seats]]
    town = np.isin(hamlets.village[seats], places.township_seat)
    kinds = (
        ("医疗", "村卫生室", chance(rng, len(seats), 0.9)),
        ("教育", "小学或教学点", chance(rng, len(seats), np.clip(persons / 3_600, 0.1, 0.9))),
        ("教育", "幼儿园", chance(rng, len(seats), np.clip(persons / 6_000, 0.05, 0.7))),
        ("交通行政", "村级综合服务中心", chance(rng, len(seats), 0.93)),
        ("文化", "文化服务中心", chance(rng, len(seats), 0.85)),
        ("商业", "便民超市", chance(rng, len(seats), 0.55)),
        ("养老", "互助老人幸福院", chance(rng, len(seats), 0.35)),
        ("农业", "农机农资服务点", chance(rng, len(seats), 0.22)),
        ("医疗", "乡镇卫生院", town),
        ("教育", "中心小学", town),
        ("交通行政", "乡镇客运站", town & chance(rng, len(seats), 0.7)),
    )
    hamlet = np.concatenate([seats[chosen] for *_, chosen in kinds])
    label = [(kind, detail) for kind, detail, chosen in kinds for _ in range(int(chosen.sum()))]
    place = hamlets.place[hamlet] + rng.uniform(20, 160, (len(hamlet), 2)) * rng.choice([-1, 1], (len(hamlet), 2))
    degrees = places.plane.lonlat(place)
    shapely.prepare(villages.area)
    inside = shapely.contains_xy(villages.area[hamlets.village[hamlet]], degrees[:, 0], degrees[:, 1])
    built.frames["facilities"] = frame(
        "facilities",
        {
            "facility_id": [f"F{built.code}{number:05d}" for number in range(1, len(hamlet) + 1)],
            "name": [
                f"{built.name_of(village)}{detail}" for village, (_, detail) in zip(hamlets.village[hamlet], label, strict=True)
            ],
            "facility_type": [kind for kind, _ in label],
            "detail": [detail for _, detail in label],
            "hamlet_id": built.hamlet_ids()[hamlet],
            **built.area_columns(hamlets.village[hamlet]),
        },
        shapely.points(np.where(inside[:, None], degrees, places.plane.lonlat(hamlets.place[hamlet]))),
    )


def add_monitored(built: Built) -> None:
    """Add the frame `monitored_households`: one month of counts that add up from villages to the county, small ones protected.

    Villages have households and persons, townships and the county also the types and what is counted of their households. A count
    from 1 to 4 is hidden, and others beside it, so that none can be computed from the sums (E22).
    """
    places, villages = built.places, built.places.villages
    rng = places.rng("monitored")
    rural = np.flatnonzero(~villages.community)
    homes = np.bincount(places.hamlets.village, weights=places.hamlets.households, minlength=len(villages))
    rate = 0.012 + 0.03 * villages.height
    counts = rng.poisson(np.outer(homes * rate, (0.42, 0.38, 0.2)))
    counts[villages.community] = 0
    persons = 2 * counts + rng.binomial(3 * counts, 0.53)
    parent: dict[str, str] = {}
    level = {built.code: 2}
    month = Month(PERIOD, {}, parent, level)
    marked: list[dict[str, int]] = []
    for number, town in enumerate(places.county.townships):
        own = villages.township == number
        parent |= {town.code: built.code}
        level[town.code] = 1
        marked.append({name: int(rng.binomial(counts[own].sum(), share)) for name, share in _MARKED.items()})
        _add(month, town.code, counts[own], persons[own], marked[-1])
    for village in rural:
        code, above = villages.rows[village].code, places.county.townships[int(villages.township[village])].code
        parent |= {code: above}
        level[code] = 0
        whole = {"households": int(counts[village].sum()), "persons": int(persons[village].sum())}
        month.counts[code, TOTAL, ALL] = whole
    _add(month, built.code, counts, persons, {name: sum(one[name] for one in marked) for name in _MARKED})
    risks = split(int(counts.sum()), np.array([34, 12, 11, 5, 6, 4, 15, 9, 4]))
    for risk, count in zip(_RISKS, risks, strict=True):
        month.counts[built.code, TOTAL, risk] = {"households": int(count), "persons": 3 * int(count)}
    rows = [row | {"income_line": 8_300.0} for row in shown(month)]
    built.frames["monitored_households"] = frame("monitored_households", {name: [row[name] for row in rows] for name in rows[0]})


def _add(month: Month, area: str, counts: Array, persons: Array, marked: dict[str, int]) -> None:
    """Add the rows of a township or county: all types together with what is counted of them, and each type."""
    month.counts[area, TOTAL, ALL] = {"households": int(counts.sum()), "persons": int(persons.sum()), **marked}
    for at, kind in enumerate(TYPES):
        month.counts[area, kind, ALL] = {"households": int(counts[:, at].sum()), "persons": int(persons[:, at].sum())}
