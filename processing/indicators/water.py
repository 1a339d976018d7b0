"""Drinking water: tap water (W1), central supply (W2), large-scale supply (W3), quality tested in time (W6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, joined, nothing, units
from processing.indicators.nearby import in_service, works_nearby
from processing.indicators.subjects import subject
from processing.indicators.supply import supplied

if TYPE_CHECKING:
    import pandas as pd

    from processing.indicators.definition import Inputs, Subject


def tap_water(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W1, the share of rural people with piped supply into house, estate or yard from centralised works.

    W1 = 100 · Σ tap persons / Σ rural supply population. The rural supply population is the population of the hamlets and of
    the relocation settlements; the other reading, Σ persons served by any class, is the denominator of W2. Tap persons: Σ over
    the service areas of centralised works that name the hamlet, never more than its population; without service areas
    population · households with tap / households; a settlement that counts no taps has them where it has water. A hamlet
    with dispersed supply or none has no tap water, whatever else is unknown.

    Source: definition quoted in domain dictionary B1.2 (max.book118.com, zyooe.com).

    >>> import geopandas as gpd
    >>> from processing.indicators.example import context, hamlets
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80], households=[20, 10, 16], tap_in_house_hh=[15, None, None],
    ...                              supply_mode=["central1k", "dispersed", "central20"])}
    >>> tap_water(inputs, context())[["unit_id", "numerator", "denominator", "missing"]]
      unit_id  numerator  denominator  missing
    0      h1       75.0        100.0   no_tap
    1      h2        0.0         50.0   no_tap
    2      h3        NaN         80.0  unknown
    """
    return _share_of_people(inputs, context, "tap", "no_tap")


def central_supply(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W2, the share of people supplied by centralised works.

    W2 = 100 · [(4)+(6)+(8)+(10)] / (2): persons served by urban extension and by works of ≥ 10 000, 1000–9999 and 20–999 persons
    over persons served by any class, dispersed included. People without any supply are in no class, so they are left out, as in
    the form; `water.central_denominator` = population counts them.

    Source: form 表4-3-4 of 曲靖市扶贫志 (zyooe.com, p. 309).

    >>> from processing.indicators.example import context, hamlets
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80], supply_mode=["central1k", "dispersed", "none"])}
    >>> central_supply(inputs, context())[["numerator", "denominator"]].sum().tolist()
    [100.0, 150.0]
    """
    parts = []
    for places, found in supplied(inputs, context):
        weight = found.served.where(found.served.notna(), places.persons)
        if context.value("water.central_denominator") == "population":
            weight = places.persons
        parts.append(_people(inputs, context, places, (weight, found.central), "dispersed_supply"))
    return joined(parts)


def large_scale_supply(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W3, the share of people supplied by large-scale works.

    W3 = 100 · Σ persons served by urban extension and 千吨万人 works / Σ rural supply population (as in W1). 千吨万人 is
    ≥ 1000 m³ a day and/or ≥ 10 000 persons (`water.large_rule`; ministry texts differ, the numbers stand on memory).

    Source: domain dictionary B1.2.

    >>> from processing.indicators.example import context, hamlets
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80], supply_mode=["city_ext", "central20", "central1k"])}
    >>> large_scale_supply(inputs, context())["numerator"].tolist()
    [100.0, 0.0, nan]
    """
    return _share_of_people(inputs, context, "large", "small_work")


def _share_of_people(inputs: Inputs, context: Context, amount: Literal["tap", "large"], missing: str) -> pd.DataFrame:
    """Weigh rural hamlets and settlements by population; covered are the persons that `amount` of their supply counts."""
    return joined(
        [
            _people(inputs, context, places, (places.persons, getattr(found, amount)), missing)
            for places, found in supplied(inputs, context)
        ]
    )


def _people(
    inputs: Inputs, context: Context, places: Subject, amounts: tuple[pd.Series, pd.Series], missing: str
) -> pd.DataFrame:
    """Lay out places by a weight and the persons covered of it, with the nearest work in service."""
    weight, covered = amounts
    near = works_nearby(inputs, context, places)
    return units(
        places,
        Finding(
            weight=weight,
            numerator=covered,
            missing=missing,
            shortfall=(weight - covered).clip(lower=0),
            shortfall_unit="person",
            distance_m=near.distance_m,
            nearest_id=near.ids,
            nearest_name=near.names,
            synthetic=reading.simulated(inputs, "service_areas", "water_works"),
        ),
    )


def tested_in_time(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute W6, the share of water works in service whose quality was tested within `water.test_days` before the day.

    W6 = 100 · works tested in time / works in service. In service: not ended before the day, and not with an actual supply of 0.
    No date, or one after the day, is unknown.

    Source: half-yearly test, 湘振局发〔2021〕18号 第二章第二节四.

    >>> from processing.indicators.example import context, works
    >>> inputs = {"water_works": works(last_test_date=["2024-05-01", "2023-01-01", None])}
    >>> tested_in_time(inputs, context())[["numerator", "missing", "shortfall"]]
       numerator       missing  shortfall
    0        1.0          None        NaN
    1        0.0  test_overdue      363.0
    2        NaN       unknown        NaN
    """
    works = subject(inputs, context, "water_works")
    if works is None:
        return nothing()
    works = works.take(in_service(works.frame, context))
    days = reading.days_before(works.frame, "last_test_date", context.on)
    limit = context.value("water.test_days")
    return units(
        works,
        Finding(
            weight=reading.spread(1.0, days),
            covered=days <= limit,
            missing="test_overdue",
            shortfall=days - limit,
            shortfall_unit="day",
        ),
    )


INDICATORS = (
    Indicator(
        code="W1",
        zh="农村自来水普及率",
        en="Rural tap water coverage",
        formula_zh="100 × 集中供水工程供水入户人口之和 ÷ 农村供水人口之和",
        formula="100 · Σ tap persons of centralised works / Σ rural supply population",
        weight="person",
        needs=("hamlets",),
        uses=("service_areas", "water_works", "villages", "settlements", "settlement_origins"),
        parameters=("rural.codes", "relocation.count_at"),
        source="domain dictionary D1, B1.2 (page max.book118.com, zyooe.com)",
        caveat_zh="分母为自然村和安置点人口（农村供水人口），不是普查人口；分散供水入户不计。",
        caveat_en="The denominator is the people of hamlets and settlements (rural supply population), not census population; "
        "taps of dispersed supply do not count.",
        compute=tap_water,
    ),
    Indicator(
        code="W2",
        zh="农村集中供水率",
        en="Central water supply",
        formula_zh="100 × 集中供水工程（含城市管网延伸）供水人口之和 ÷ 各类工程供水人口之和",
        formula="100 · Σ persons served by centralised works / Σ persons served by any class",
        weight="person",
        needs=("hamlets",),
        uses=("service_areas", "water_works", "villages", "settlements", "settlement_origins"),
        parameters=("water.central_denominator", "rural.codes", "relocation.count_at"),
        source="domain dictionary D2 (page zyooe.com, 曲靖市扶贫志 表4-3-4)",
        caveat_zh="按统计表公式，分母为各类工程供水人口之和；完全无供水者不在分母内，可用参数改为全部人口。",
        caveat_en="As in the statistical form the denominator is the persons served by any class; "
        "people without supply are outside it unless the parameter says population.",
        compute=central_supply,
    ),
    Indicator(
        code="W3",
        zh="规模化供水工程覆盖率",
        en="Large-scale water supply",
        formula_zh="100 × 城市管网延伸和千吨万人工程供水人口之和 ÷ 农村供水人口之和",
        formula="100 · Σ persons served by urban extension and 千吨万人 works / Σ rural supply population",
        weight="person",
        needs=("hamlets",),
        uses=("service_areas", "water_works", "villages", "settlements", "settlement_origins"),
        parameters=("water.large_m3d", "water.large_persons", "water.large_rule", "rural.codes", "relocation.count_at"),
        source="domain dictionary D3 (pages; the class rule is from memory)",
        caveat_zh="“千吨万人”用“或”还是“且”各文件不一，未核实。",
        caveat_en="Whether 千吨万人 means “or” or “and” differs between texts; unverified.",
        compute=large_scale_supply,
    ),
    Indicator(
        code="W6",
        zh="水质检测及时率",
        en="Water quality tested in time",
        formula_zh="100 × 在规定天数内检测过水质的在用工程数 ÷ 在用工程数",
        formula="100 · works with a test within the days allowed / works in service",
        weight="work",
        needs=("water_works",),
        parameters=("water.test_days",),
        source="domain dictionary D6 (seed 湘振局发〔2021〕18号: half-yearly)",
        caveat_zh="按工程计数，不按人口加权；晚于计算日的检测日期视为未知。",
        caveat_en="Counts works, not people; a test dated after the day of computation is unknown.",
        compute=tested_in_time,
        finest_rank=5,
    ),
)
