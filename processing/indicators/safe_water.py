"""Safe drinking water: the four items of T/CHES 18-2018 together (W4), and reach of supply points on the map (W5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, Subject, joined, units
from processing.indicators.nearby import works_nearby
from processing.indicators.subjects import rural, subject
from processing.indicators.supply import DISPERSED, supplied

if TYPE_CHECKING:
    from processing.indicators.definition import Inputs
    from processing.indicators.supply import Supply

W4_ITEMS = ("quantity", "water_quality", "distance", "reliability")
"""Codes of the four items, as they stand in `missing`, several joined by `;`."""


def safe_water(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W4, the share of people in hamlets where all four items reach the basic level.

    Quantity: litres per person and day ≥ limit, in water-short counties the lower one; where it is not known whether the county
    is water-short, an amount between the two limits is unknown. Quality: `quality_ok` of the hamlet, else whether every work that
    serves it passed its test. Convenience: a tap (≥ `water.tap_share_pct` of households), or fetching time, distance and height
    joined by `water.fetch_rule`: one within its limit suffices (or), all must be (and), time alone. Reliability: days without
    water ≤ limit, else what every work that serves the hamlet says.

    A hamlet is safe only when all four are known to pass; it fails as soon as one is known to fail, whatever is unknown of the
    others; anything else is unknown. Weight: population.

    Source: T/CHES 18-2018 as published on cqck.gov.cn; thresholds by area and date from the profile.

    >>> from processing.indicators.example import context, hamlets
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80], litres_per_person_day=[60, 10, 60], quality_ok=[True, None, True],
    ...                              fetch_minutes=[10, None, 15], outage_days_year=[3, None, None])}
    >>> safe_water(inputs, context())[["numerator", "denominator", "missing"]]
       numerator  denominator   missing
    0      100.0        100.0      None
    1        0.0         50.0  quantity
    2        NaN         80.0   unknown
    """
    return joined([_safe(inputs, context, places, found) for places, found in supplied(inputs, context)])


def _safe(inputs: Inputs, context: Context, places: Subject, found: Supply) -> pd.DataFrame:
    tap = reading.first_known(tapped(places.frame, context), reading.flag(places.frame, "has_water"))
    items = {
        "quantity": _quantity(inputs, context, places),
        "water_quality": reading.first_known(reading.flag(places.frame, "quality_ok"), found.tested_good),
        "distance": tap | _fetching(context, places),
        "reliability": reading.first_known(_reliability(context, places), found.reliable),
    }
    safe = reading.spread(value=True, like=places.persons, dtype="boolean")
    for state in items.values():
        safe &= state
    near = works_nearby(inputs, context, places)
    return units(
        places,
        Finding(
            weight=places.persons,
            covered=safe,
            missing=_named(items, safe),
            distance_m=reading.first_known(reading.number(places.frame, "fetch_distance_m"), near.distance_m),
            shortfall=places.persons,
            shortfall_unit="person",
            nearest_id=near.ids,
            nearest_name=near.names,
            synthetic=reading.simulated(inputs, "service_areas", "water_works"),
        ),
    )


def supply_reach(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W5, the share of people with a tap, or near a supply point both in distance and in height.

    W5 = 100 · population of hamlets with a tap, or with a work in service within `water.point_distance_m` and a height difference
    ≤ `water.point_vertical_m` / population of all hamlets with geometry. Distance: geodesic, straight, to the nearest work; a
    hamlet's own `fetch_distance_m` goes before it. Height: the hamlet's `fetch_vertical_m`, otherwise unknown. W5 asks for both,
    where W4 joins them by “or”, so W5 can be lower. Without a tap, too far is decided without
    the height. A settlement with water has a tap.

    Source: domain dictionary D5 (design), limits page B1.1.

    >>> from processing.indicators.example import context, hamlets, works
    >>> inputs = {"water_works": works(name=["spring"]),
    ...           "hamlets": hamlets(population=[100, 50, 80], fetch_vertical_m=[10, 5, None], households=[20, 10, 9],
    ...                              tap_in_house_hh=[0, 0, None])}
    >>> supply_reach(inputs, context())[["numerator", "distance_m", "missing", "nearest_name"]].round(0)
       numerator  distance_m   missing nearest_name
    0      100.0       111.0      None       spring
    1        0.0       999.0  distance       spring
    2        NaN      2108.0   unknown       spring
    """
    parts = []
    hamlets = subject(inputs, context, "hamlets")
    if hamlets is not None:
        chosen = hamlets.take(rural(inputs, context, hamlets) & hamlets.lon.notna())
        parts.append(_reach(inputs, context, chosen, tapped(chosen.frame, context)))
    settlements = subject(inputs, context, "settlements")
    if settlements is not None:
        chosen = settlements.take(settlements.lon.notna())
        tap = reading.first_known(tapped(chosen.frame, context), reading.flag(chosen.frame, "has_water"))
        parts.append(_reach(inputs, context, chosen, tap))
    return joined(parts)


def tapped(hamlets: pd.DataFrame, context: Context) -> pd.Series:
    """Say which hamlets have a tap: households with one reach `water.tap_share_pct` of all.

    Where households with a tap are not recorded, a hamlet that records how water is fetched, or has dispersed supply or none, has
    no tap; otherwise it is unknown.
    """
    households = reading.number(hamlets, "households")
    share = 100 * reading.number(hamlets, "tap_in_house_hh") / households.where(households > 0, pd.NA)
    fetched = reading.among(reading.text(hamlets, "supply_mode"), DISPERSED).fillna(value=False)
    for name in ("fetch_minutes", "fetch_distance_m", "fetch_vertical_m"):
        fetched |= reading.number(hamlets, name).notna()
    return reading.first_known(share >= context.value("water.tap_share_pct"), (~fetched).where(fetched, pd.NA))


def _reach(inputs: Inputs, context: Context, places: Subject, tap: pd.Series) -> pd.DataFrame:
    near = works_nearby(inputs, context, places)
    distance = reading.first_known(reading.number(places.frame, "fetch_distance_m"), near.distance_m)
    limit = context.per_unit("water.point_distance_m", places.area_codes)
    close = distance <= limit
    height = reading.number(places.frame, "fetch_vertical_m").abs() <= context.per_unit(
        "water.point_vertical_m", places.area_codes
    )
    missing = pd.Series("distance", index=distance.index, dtype=object).mask(close.fillna(value=False), "height")
    return units(
        places,
        Finding(
            weight=places.persons,
            covered=tap | (close & height),
            missing=missing,
            distance_m=distance,
            shortfall=(distance - limit).clip(lower=0),
            shortfall_unit="m",
            nearest_id=near.ids,
            nearest_name=near.names,
            synthetic=reading.simulated(inputs, "water_works"),
        ),
    )


def _quantity(inputs: Inputs, context: Context, hamlets: Subject) -> pd.Series:
    litres = reading.number(hamlets.frame, "litres_per_person_day")
    normal = litres >= context.per_unit("water.quantity_l", hamlets.area_codes)
    short = litres >= context.per_unit("water.quantity_short_l", hamlets.area_codes)
    dry = _water_short(inputs, context, hamlets)
    return (normal & short) | (dry & short) | (~dry & normal)


def _water_short(inputs: Inputs, context: Context, hamlets: Subject) -> pd.Series:
    """Say whether each hamlet lies in a county that is water-short; unknown where no county above it says so."""
    counties = reading.rows(inputs, "counties")
    result = reading.spread(pd.NA, hamlets.persons, "boolean")
    if counties is None:
        return result
    stated = reading.flag(counties, "water_short")
    codes = context.areas.positions(reading.text(counties, "county_code"))
    by_area = np.full(len(context.areas) + 1, None, dtype=object)
    by_area[codes[codes >= 0]] = stated.astype(object)[codes >= 0]
    lineage = np.vstack([context.areas.lineage, np.full(len(context.areas.levels), -1)])
    for above in lineage[context.areas.positions(hamlets.area_codes)].T:
        result = reading.first_known(result, pd.Series(by_area[above], index=result.index).astype("boolean"))
    return result


def _fetching(context: Context, hamlets: Subject) -> pd.Series:
    def within(name: str) -> pd.Series:
        return reading.number(hamlets.frame, name) <= context.per_unit(f"water.{name}", hamlets.area_codes)

    minutes, distance, height = within("fetch_minutes"), within("fetch_distance_m"), within("fetch_vertical_m")
    rule = context.per_unit("water.fetch_rule", hamlets.area_codes)
    every, some = minutes & distance & height, minutes | distance | height
    return some.mask(rule == "and", every).mask(rule == "time", minutes)


def _reliability(context: Context, hamlets: Subject) -> pd.Series:
    limit = context.per_unit("water.outage_days", hamlets.area_codes)
    enough: pd.Series = reading.number(hamlets.frame, "outage_days_year") <= limit
    return enough


def _named(items: dict[str, pd.Series], safe: pd.Series) -> pd.Series:
    """Name the items that are known to fail, in the order of W4_ITEMS."""
    fails = [(~items[name]).fillna(value=False).to_numpy(dtype=bool) for name in W4_ITEMS]
    words = [";".join(name for name, failed in zip(W4_ITEMS, row, strict=True) if failed) for row in zip(*fails, strict=True)]
    return pd.Series(words, index=safe.index, dtype=object)


INDICATORS = (
    Indicator(
        code="W4",
        zh="饮水安全保障率",
        en="Safe drinking water",
        formula_zh="100 × 水量、水质、用水方便程度、供水保证率四项均达到基本达标的自然村人口之和 ÷ 可作出判断的自然村人口之和",
        formula="100 · Σ persons in hamlets where quantity, quality, convenience and reliability all reach the basic level / "
        "Σ persons in hamlets where that can be known",
        weight="person",
        needs=("hamlets",),
        uses=("counties", "water_works", "service_areas", "villages", "settlements", "settlement_origins"),
        parameters=(
            "water.quantity_l",
            "water.quantity_short_l",
            "water.fetch_rule",
            "water.fetch_minutes",
            "water.fetch_distance_m",
            "water.fetch_vertical_m",
            "water.outage_days",
            "water.reliability_pct",
            "water.tap_share_pct",
            "rural.codes",
            "relocation.count_at",
        ),
        source="domain dictionary D4, B1.1 (T/CHES 18-2018 as published on cqck.gov.cn)",
        caveat_zh="四项均达到基本达标才算安全；一项确知不达标即不安全；其余为未知。各省限值可不同，以参数方案为准。",
        caveat_en="Safe only when all four items reach the basic level; unsafe as soon as one is known to fail; "
        "otherwise unknown. Provinces may set other limits: the profile decides.",
        compute=safe_water,
    ),
    Indicator(
        code="W5",
        zh="取水可达率",
        en="Reach of supply points",
        formula_zh="100 × 自来水入户、或距取水点的距离和高差均在限值内的自然村人口之和 ÷ 有位置的自然村人口之和",
        formula="100 · population of hamlets with a tap, or within distance and height of a supply point / population of hamlets "
        "with geometry",
        weight="person",
        needs=("hamlets",),
        uses=("water_works", "settlements", "settlement_origins", "villages"),
        parameters=(
            "water.point_distance_m",
            "water.point_vertical_m",
            "water.tap_share_pct",
            "rural.codes",
            "relocation.count_at",
        ),
        source="domain dictionary D5 (design; limits page B1.1)",
        caveat_zh="直线距离，不是步行路程；距离与高差须同时满足，因此可低于饮水安全保障率。",
        caveat_en="Straight distance, not the walk; distance and height must both hold, so it can be lower than W4.",
        compute=supply_reach,
    ),
)
