"""Access to roads: the rural access index (RD1), any road (RA), township seats (RD2), larger hamlets (RD3), villages (RD4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import crs
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, Subject, joined, nothing, units
from processing.indicators.passability import best_passability
from processing.indicators.reach import Kind, Reach, reach
from processing.indicators.road_kinds import all_season, class3, dual_lane, hardened
from processing.indicators.subjects import rural, subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from processing.indicators.definition import Inputs


def rural_access(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD1, the rural access index: the share of rural people within `road_access.radius_m` of an all-season road.

    RD1 = 100 · Σ pop_i · p_i / Σ pop_i, p_i = 1 when an all-season road lies within the radius (2 km), geodesic and straight. A
    hamlet that has only roads of unknown kind within the radius is unknown. Variant `road_access.variant` = passability: p_i is
    the greatest passability (0–1) of the roads within the radius. Relocated people count at their settlement.

    Source: SDG indicator 9.1.1 metadata; variant after the 2019 supplemental guidelines (TRL/ReCAP).

    >>> from processing.indicators.example import context, hamlets, roads
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80]), "roads": roads(tech_class=["四级"], route_no=["X101"])}
    >>> rural_access(inputs, context())[["numerator", "distance_m", "missing", "shortfall", "nearest_id"]].round(0)
       numerator  distance_m         missing  shortfall nearest_id
    0      100.0       555.0            None        NaN         s1
    1       50.0      1664.0            None        NaN         s1
    2        0.0      2774.0  no_road_within      774.0         s1
    """
    if context.value("road_access.variant") == "passability":
        return _by_place(inputs, context, Need(_any_kind, "road_access.radius_m", "no_road_within"), graded=True)
    return _by_place(inputs, context, Need(all_season, "road_access.radius_m", "no_road_within"))


def any_road(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RA, the share of rural people within `road_access.any_radius_m` of any road, whatever its state.

    >>> from processing.indicators.example import context, hamlets, roads
    >>> inputs = {"hamlets": hamlets(population=[100, 50]), "roads": roads(tech_class=[None])}
    >>> any_road(inputs, context(road_access__any_radius_m=1000))["numerator"].tolist()
    [100.0, 0.0]
    """
    return _by_place(inputs, context, Need(_any_kind, "road_access.any_radius_m", "no_road_within"))


def townships_on_class3(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD2, the share of townships whose seat lies on a road of class III or better.

    `class3_connected` of the township counts where it is given; otherwise the seat must lie within `road.seat_snap_m` of such a
    road. A road of class III that the seat does not touch but that is joined to it only by lower roads does not connect it. A
    township without a seat, or with only roads of unknown class at the seat, is unknown. Weight: townships.

    Source: 乡镇通三级及以上公路比例, 湘振局发〔2021〕18号 #11.

    >>> from processing.indicators.example import context, frame, roads
    >>> townships = frame("township_code", [None, None], seat_lon=[104.0, 104.0], seat_lat=[35.995, 36.2])
    >>> inputs = {"townships": townships, "roads": roads(tech_class=["三级"])}
    >>> townships_on_class3(inputs, context())[["numerator", "missing"]]
       numerator         missing
    0        1.0            None
    1        0.0  no_class3_road
    """
    return _by_seat(inputs, context, "townships", Need(class3, "road.seat_snap_m", "no_class3_road", "class3_connected"))


def villages_on_dual_lane(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD4, the share of villages whose seat lies on a road of two lanes or more.

    `dual_lane` of the village counts where it is given; otherwise the seat (else a point on the village's surface) must lie
    within `road.seat_snap_m` of a road with `road.lanes` lanes. Lanes are never derived from the width. Weight: villages; those
    of `village.urban_codes` are left out.

    Source: 建制村通双车道公路, 湘振局发〔2021〕18号.

    >>> from processing.indicators.example import context, frame, roads
    >>> villages = frame("village_code", [None], seat_lon=[104.0], seat_lat=[36.0], dual_lane=[True])
    >>> villages_on_dual_lane({"villages": villages, "roads": roads(lanes=[1])}, context())["numerator"].tolist()
    [1.0]
    """
    return _by_seat(inputs, context, "villages", Need(dual_lane, "road.seat_snap_m", "no_dual_lane", "dual_lane"))


def larger_hamlets_hardened(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD3, the share of larger hamlets connected to a hardened road.

    Larger: `road.large_households` households or `road.large_persons` persons (either known number suffices; a hamlet whose size
    is not known is counted apart, without weight). Connected: `hardened_road` of the hamlet where given, otherwise a road with a
    surface of `road.hardened_surfaces` within `road.hamlet_snap_m`. Weight: hamlets. Settlements count in their own group.

    Source: 25户（或100人）以上自然村通硬化路, 湘振局发〔2021〕18号.

    >>> from processing.indicators.example import context, hamlets, roads
    >>> inputs = {"hamlets": hamlets(population=[100, 20, None], hardened_road=[True, None, None], households=[30, 5, None]),
    ...           "roads": roads(surface_type=["水泥"])}
    >>> larger_hamlets_hardened(inputs, context())[["unit_id", "numerator", "denominator"]]
      unit_id  numerator  denominator
    0      h1        1.0          1.0
    1      h3        NaN          NaN
    """
    parts = []
    for layer, given in (("hamlets", "hardened_road"), ("settlements", "has_road")):
        places = subject(inputs, context, layer)
        if places is None:
            continue
        large = _large(context, places)
        chosen = places.take(_kept(inputs, context, places) & large.fillna(value=True))
        need = Need(hardened, "road.hamlet_snap_m", "no_hardened_road", given)
        near = _near(inputs, context, places, need).take(chosen.ids.index)
        weight = large.astype("Float64").reindex(chosen.ids.index)
        parts.append(_finding(inputs, chosen, need, near, (weight, None)))
    return joined(parts)


@dataclass(frozen=True)
class Need:
    """What places need: a kind of road, how near (a threshold), the word for its absence, the field that may state it."""

    kind: Callable[[pd.DataFrame, Context], pd.Series]
    radius_key: str
    missing: str
    given: str | None = None


def _near(inputs: Inputs, context: Context, places: Subject, need: Need) -> Reach:
    roads = reading.rows(inputs, "roads")
    radius = reading.as_number(context.per_unit(need.radius_key, places.area_codes))
    of_kind = pd.Series(dtype="boolean") if roads is None else need.kind(roads, context)
    return reach(inputs, context, seats(places), Kind(f"{need.kind.__name__} {places.layer}", of_kind, radius))


def seats(places: Subject) -> gpd.GeoSeries:
    """Give where each unit is: its seat, else its point, else a point on its surface; missing without any."""
    lon, lat = reading.number(places.frame, "seat_lon"), reading.number(places.frame, "seat_lat")
    if places.layer == "townships":
        fallback_lon, fallback_lat = reading.spread(pd.NA, lon), reading.spread(pd.NA, lat)
    else:
        fallback_lon, fallback_lat = reading.as_number(places.lon), reading.as_number(places.lat)
    both = lon.notna() & lat.notna()
    x = lon.where(both, fallback_lon).to_numpy(dtype=float, na_value=np.nan)
    y = lat.where(both, fallback_lat).to_numpy(dtype=float, na_value=np.nan)
    there = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(x), None, dtype=object)
    points[there] = shapely.points(x[there], y[there])
    return gpd.GeoSeries(points, index=places.ids.index, crs=crs.GEOGRAPHIC)


def _by_place(inputs: Inputs, context: Context, need: Need, *, graded: bool = False) -> pd.DataFrame:
    parts = []
    for layer in ("hamlets", "settlements"):
        places = subject(inputs, context, layer)
        if places is None:
            continue
        chosen = places.take(_kept(inputs, context, places))
        near = _near(inputs, context, places, need).take(chosen.ids.index)
        numerator = chosen.persons * best_passability(inputs, context, seats(chosen), near.radius_m) if graded else None
        parts.append(_finding(inputs, chosen, need, near, (chosen.persons, numerator)))
    return joined(parts)


def _any_kind(roads: pd.DataFrame, context: Context) -> pd.Series:  # noqa: ARG001 - the shape that every kind of road has
    return pd.Series(True, index=roads.index, dtype="boolean")  # noqa: FBT003 - a value, not an option


def _by_seat(inputs: Inputs, context: Context, layer: str, need: Need) -> pd.DataFrame:
    places = subject(inputs, context, layer)
    if places is None:
        return nothing()
    chosen = places.take(administrative(places, context))
    near = _near(inputs, context, places, need).take(chosen.ids.index)
    return _finding(inputs, chosen, need, near, (reading.spread(1.0, chosen.ids), None))


def administrative(places: Subject, context: Context) -> pd.Series:
    """Say which villages count as administrative villages: all but those of `village.urban_codes`; other layers count whole."""
    urban = reading.among(reading.text(places.frame, "urban_rural_code"), set(context.value("village.urban_codes")))
    return (
        ~urban.fillna(value=False) if places.layer == "villages" else reading.spread(value=True, like=places.ids, dtype="boolean")
    )


def _kept(inputs: Inputs, context: Context, places: Subject) -> pd.Series:
    if places.layer == "settlements":
        return reading.spread(value=True, like=places.ids, dtype="boolean")
    return rural(inputs, context, places)


def _large(context: Context, places: Subject) -> pd.Series:
    households = reading.number(places.frame, "households") >= context.per_unit("road.large_households", places.area_codes)
    large: pd.Series = households | (places.persons >= context.per_unit("road.large_persons", places.area_codes))
    return large


def _finding(
    inputs: Inputs, places: Subject, need: Need, near: Reach, amounts: tuple[pd.Series, pd.Series | None]
) -> pd.DataFrame:
    within = near.within
    if need.given is not None:
        within = reading.first_known(reading.flag(places.frame, need.given), within)
    return units(
        places,
        Finding(
            weight=amounts[0],
            covered=within,
            numerator=amounts[1],
            missing=need.missing,
            distance_m=near.distance_m,
            shortfall=(near.distance_m - near.radius_m).clip(lower=0),
            shortfall_unit="m",
            nearest_id=near.ids,
            nearest_name=near.names,
            synthetic=reading.simulated(inputs, "roads"),
        ),
    )


INDICATORS = (
    Indicator(
        code="RD1",
        zh="农村通达指数",
        en="Rural access index",
        formula_zh="100 × 距全年通行公路在规定距离内的人口之和 ÷ 农村人口之和",
        formula="100 · Σ population within the radius of an all-season road / Σ rural population",
        weight="person",
        needs=("hamlets", "roads"),
        uses=("settlements", "settlement_origins", "villages"),
        parameters=(
            "road_access.radius_m",
            "road_access.variant",
            "road.hardened_surfaces",
            "road.outclass_hardened_is_all_season",
            "rural.codes",
            "relocation.count_at",
        ),
        source="SDG indicator 9.1.1 (World Bank); domain dictionary D7, B2.2",
        caveat_zh="直线距离；“全年通行”按给定值，或按技术等级非等外、或路面硬化推定；附近只有状况不明的道路时为未知。",
        caveat_en="Straight distance; all-season as given, or derived from class and surface; "
        "unknown where only roads of unknown state are near.",
        compute=rural_access,
    ),
    Indicator(
        code="RD2",
        zh="乡镇通三级及以上公路比例",
        en="Townships on a road of class III or better",
        formula_zh="100 × 驻地通三级及以上公路的乡镇数 ÷ 乡镇数",
        formula="100 · townships whose seat lies on a road of class III or better / townships",
        weight="township",
        needs=("townships",),
        uses=("roads",),
        parameters=("road.class3_classes", "road.seat_snap_m"),
        source="seed 湘振局发〔2021〕18号 #11; domain dictionary D8",
        caveat_zh="驻地距公路在容差内即视为通达；未经较低等级道路绕行计算。",
        caveat_en="A seat within the snap distance counts as connected; ways over lower roads are not followed.",
        compute=townships_on_class3,
        finest_rank=4,
    ),
    Indicator(
        code="RD3",
        zh="较大自然村通硬化路率",
        en="Larger hamlets on a hardened road",
        formula_zh="100 × 通硬化路的较大自然村数 ÷ 较大自然村数",
        formula="100 · larger hamlets connected to a hardened road / larger hamlets",
        weight="hamlet",
        needs=("hamlets",),
        uses=("roads", "settlements", "villages"),
        parameters=(
            "road.large_households",
            "road.large_persons",
            "road.hardened_surfaces",
            "road.hamlet_snap_m",
            "rural.codes",
        ),
        source="seed 湘振局发〔2021〕18号; domain dictionary D9",
        caveat_zh="只统计较大自然村（25户或100人以上）；户数人口不明的自然村单列，不计入比率。",
        caveat_en="Only larger hamlets (25 households or 100 persons); hamlets of unknown size are counted apart.",
        compute=larger_hamlets_hardened,
    ),
    Indicator(
        code="RD4",
        zh="建制村通双车道公路率",
        en="Villages on a dual-lane road",
        formula_zh="100 × 驻地通双车道公路的建制村数 ÷ 建制村数",
        formula="100 · villages whose seat lies on a road of two lanes / villages",
        weight="village",
        needs=("villages",),
        uses=("roads",),
        parameters=("road.lanes", "road.seat_snap_m", "village.urban_codes"),
        source="seed 湘振局发〔2021〕18号; domain dictionary D10",
        caveat_zh="车道数不由路面宽度推定；未填车道数的道路视为未知。",
        caveat_en="Lanes are never derived from width; a road without lanes recorded is unknown.",
        compute=villages_on_dual_lane,
        finest_rank=5,
    ),
    Indicator(
        code="RA",
        zh="道路可达人口比例",
        en="People near any road",
        formula_zh="100 × 距任何道路在规定距离内的人口之和 ÷ 农村人口之和",
        formula="100 · Σ population within the radius of any road / Σ rural population",
        weight="person",
        needs=("hamlets", "roads"),
        uses=("settlements", "settlement_origins", "villages"),
        parameters=("road_access.any_radius_m", "rural.codes", "relocation.count_at"),
        source="design, beside RD1",
        caveat_zh="任何道路都算，不论等级、路面和能否全年通行。",
        caveat_en="Any road counts, whatever its class, surface or season.",
        compute=any_road,
    ),
)
