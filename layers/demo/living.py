"""Toilets, sewage and waste of a county."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.demo.rows import chance, frame, only, some_unknown

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray


def plan_sewage(built: Built) -> None:
    """Decide which villages and townships treat their sewage; villages and the sanitation layer tell the same."""
    places, villages = built.places, built.places.villages
    rng = places.rng("sewage")
    count = len(villages)
    lean = 0.42 - 0.35 * villages.height + 0.25 * villages.community
    station = chance(rng, count, lean) & ~villages.community
    treated = station | villages.community | chance(rng, count, 0.07)
    pct = np.round(np.where(treated, rng.uniform(60, 96, count), rng.uniform(0, 48, count)), 1)
    township = chance(rng, len(places.county.townships), 0.74)
    quiet = chance(rng, count, 0.025)
    built.facts["sewage"] = {
        "station": station,
        "treated": [None if silent else bool(value) for silent, value in zip(quiet, treated, strict=True)],
        "pct": [None if silent else float(value) for silent, value in zip(quiet, pct, strict=True)],
        "township": township,
    }


def _toilets(built: Built, rng: np.random.Generator) -> dict[str, Any]:
    """Village totals of household toilets."""
    places, hamlets, villages = built.places, built.places.hamlets, built.places.villages
    rural = np.flatnonzero(~villages.community)
    homes = np.bincount(hamlets.village, weights=hamlets.households, minlength=len(villages)).astype(int)[rural]
    lean = rng.normal(0, 0.9, len(rural)) - 1.6 * (villages.height[rural] - 0.5)
    goal, low, high = places.plan.toilet_share * homes.sum(), -8.0, 12.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if (homes / (1 + np.exp(-(middle + lean)))).sum() < goal else (low, middle)
    sanitary = np.round(homes / (1 + np.exp(-(middle + lean)))).astype(int)
    harmless = (sanitary * rng.uniform(0.72, 1.0, len(rural))).astype(int)
    kinds = rng.choice(
        ["三格化粪池", "双瓮漏斗", "完整下水道", "粪尿分集", "双坑交替", "三联沼气池"],
        len(rural),
        p=[0.42, 0.3, 0.13, 0.07, 0.05, 0.03],
    )
    return {
        "village": rural,
        "facility_type": np.full(len(rural), "户厕汇总", dtype=object),
        "households": homes,
        "hh_sanitary": some_unknown(sanitary, 0.02, rng),
        "hh_harmless": some_unknown(np.minimum(harmless, sanitary), 0.02, rng),
        "toilet_type": kinds,
        "geometry": np.full(len(rural), None, dtype=object),
    }


def _points(built: Built, village: Array, spread_m: float, kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Facilities of one kind near the seats of the villages given, kept inside their village."""
    villages, plane = built.places.villages, built.places.plane
    seat = villages.seat[village]
    degrees = plane.lonlat(seat + rng.normal(0, spread_m, (len(village), 2)))
    shapely.prepare(villages.area)
    inside = shapely.contains_xy(villages.area[village], degrees[:, 0], degrees[:, 1])
    degrees = np.where(inside[:, None], degrees, plane.lonlat(seat))
    return {"village": village, "facility_type": np.full(len(village), kind, dtype=object), "geometry": shapely.points(degrees)}


def add_sanitation(built: Built) -> None:
    """Add the frame `sanitation`: village toilets, public toilets, sewage stations and sewers, waste points and sites."""
    places, villages = built.places, built.places.villages
    rng = places.rng("sanitation")
    rural = np.flatnonzero(~villages.community)
    sewage = built.facts["sewage"]
    towns = places.township_seat[sewage["township"]]
    stations = np.concatenate([np.flatnonzero(sewage["station"]), towns])
    parts = [
        _toilets(built, rng),
        _points(built, rural[chance(rng, len(rural), 0.62)], 240, "公厕", rng),
        _points(built, stations, 420, "污水处理站", rng),
        _points(built, rural[chance(rng, len(rural), 0.86)], 320, "垃圾收集点", rng),
        _points(built, places.township_seat, 700, "垃圾转运站", rng),
        _points(built, places.township_seat[:1], 2_400, "垃圾处理场", rng),
    ]
    parts.append(_sewers(built, parts[2]))
    village = np.concatenate([part["village"] for part in parts]).astype(int)
    kinds = np.concatenate([part["facility_type"] for part in parts])
    count = len(kinds)
    homes = np.bincount(places.hamlets.village, weights=places.hamlets.households, minlength=len(villages)).astype(int)[village]
    is_toilets, is_station = kinds == "户厕汇总", kinds == "污水处理站"
    built.frames["sanitation"] = frame(
        "sanitation",
        {
            "facility_id": [f"N{built.code}{number:05d}" for number in range(1, count + 1)],
            "name": [f"{built.name_of(position)}{kind}" for position, kind in zip(village, kinds, strict=True)],
            "facility_type": kinds,
            **{name: _filled(parts, name) for name in ("households", "hh_sanitary", "hh_harmless", "toilet_type")},
            "capacity_m3d": only(is_station, np.round(homes * 0.35 + 10)),
            "covered_households": np.where(is_toilets, None, (homes * rng.uniform(0.35, 0.9, count)).astype(int)),
            "resource_use": some_unknown(chance(rng, count, 0.44), 0.1, rng),
            "status": rng.choice(["正常", "停用", "在建"], count, p=[0.93, 0.04, 0.03]),
            "built_year": some_unknown(rng.integers(2014, 2026, count), 0.05, rng),
            **built.area_columns(village),
        },
        np.concatenate([part["geometry"] for part in parts]),
    )


def _filled(parts: list[dict[str, Any]], name: str) -> list[Any]:
    """One column over all parts; parts without it are unknown."""
    column: list[Any] = []
    for part in parts:
        values = part.get(name)
        column += (
            [None] * len(part["village"]) if values is None else values.tolist() if isinstance(values, np.ndarray) else values
        )
    return column


def _sewers(built: Built, stations: dict[str, Any]) -> dict[str, Any]:
    """A sewer from the seat of the village to its station."""
    ends = shapely.get_coordinates(stations["geometry"])
    starts = built.places.plane.lonlat(built.places.villages.seat[stations["village"]])
    bend = np.column_stack([ends[:, 0], starts[:, 1]])
    apart = np.hypot(*(ends - starts).T) > 1e-4  # noqa: PLR2004 - ten metres
    lines = shapely.linestrings(np.stack([starts, bend, ends], axis=1)[apart])
    return {
        "village": stations["village"][apart],
        "facility_type": np.full(int(apart.sum()), "污水管网", dtype=object),
        "geometry": lines,
    }
