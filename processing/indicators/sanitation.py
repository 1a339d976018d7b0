"""Sanitation: sanitary toilets (SN1), village sewage (SN2), township sewage facilities (SN3), waste sorting (SN4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, Subject, nothing, units
from processing.indicators.nearby import Nearby, stations_nearby
from processing.indicators.road_access import administrative
from processing.indicators.subjects import rural, subject

if TYPE_CHECKING:
    from processing.indicators.definition import Inputs

SUMMARY = "户厕汇总"


def sanitary_toilets(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute SN1, the share of rural households that use a sanitary toilet.

    SN1 = 100 · Σ households with a sanitary toilet / Σ rural households, from the 户厕汇总 rows of each village. A village
    without such a row is unknown, with its own number of households as weight. Households that use a sanitary public toilet are
    not counted; harmless toilets are a narrower notion (another field).

    Source: definition by calculation on the Fujian yearbook (476.81/693.53 = 68.75 → 68.8).

    >>> from processing.indicators.example import context, frame
    >>> inputs = {"villages": frame("village_code", [None, None], households=[200, 100]),
    ...           "sanitation": frame("facility_id", [None], facility_type=["户厕汇总"], households=[200], hh_sanitary=[150])}
    >>> inputs["villages"]["village_code"] = ["V", "V2"]
    >>> sanitary_toilets(inputs, context())[["numerator", "denominator", "shortfall", "missing"]]
       numerator  denominator  shortfall              missing
    0      150.0        200.0       50.0  no_sanitary_toilet
    1        NaN        100.0        NaN              unknown
    """
    villages = subject(inputs, context, "villages")
    rows = reading.rows(inputs, "sanitation")
    if villages is None:
        return _toilets_alone(inputs, context)
    villages = villages.take(rural(inputs, context, villages))
    stated = reading.number(villages.frame, "households")
    if rows is None:
        none = reading.spread(pd.NA, stated)
        return _toilets(inputs, villages, stated, none)
    sums = _sums(rows)
    code = reading.text(villages.frame, "village_code")
    households = pd.Series(sums["households"].reindex(code).array, index=stated.index)
    sanitary = pd.Series(sums["hh_sanitary"].reindex(code).array, index=stated.index)
    return _toilets(inputs, villages, reading.first_known(households, stated), sanitary)


def village_sewage(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute SN2, the share of administrative villages whose domestic sewage is treated.

    `sewage_treated` of the village counts where given, otherwise `sewage_household_pct` ≥ `sanitation.sewage_household_pct`
    (60 %, from memory). Weight: villages; those of `village.urban_codes` are left out. 处理率 and 治理率 of the plans are this
    indicator.

    Source: domain dictionary D14, B5 (seed 湘振局发〔2021〕18号 #15).

    >>> from processing.indicators.example import context, frame
    >>> villages = frame("village_code", [None] * 3, sewage_treated=[True, None, None], sewage_household_pct=[None, 40.0, None])
    >>> village_sewage({"villages": villages}, context())["numerator"].tolist()
    [1.0, 0.0, nan]
    """
    villages = subject(inputs, context, "villages")
    if villages is None:
        return nothing()
    villages = villages.take(administrative(villages, context))
    share = reading.number(villages.frame, "sewage_household_pct") >= context.value("sanitation.sewage_household_pct")
    treated = reading.first_known(reading.flag(villages.frame, "sewage_treated"), share)
    return _flagged(villages, treated, "no_sewage_treatment", near=stations_nearby(inputs, context, villages))


def township_sewage(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute SN3, the share of townships that have a sewage treatment facility. Weight: townships.

    Source: domain dictionary D15 (seed 湘振局发〔2021〕18号 #14).

    >>> from processing.indicators.example import context, frame
    >>> townships = frame("township_code", [None] * 2, sewage_facility=[True, False])
    >>> township_sewage({"townships": townships}, context())["missing"].tolist()
    [None, 'no_sewage_facility']
    """
    townships = subject(inputs, context, "townships")
    if townships is None:
        return nothing()
    near = stations_nearby(inputs, context, townships)
    return _flagged(townships, reading.flag(townships.frame, "sewage_facility"), "no_sewage_facility", near=near)


def waste_sorting(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute SN4, the share of administrative villages that sort and collect waste. Weight: villages.

    Source: domain dictionary D16 (seed 湘振局发〔2021〕18号: 30 % by 2025).

    >>> from processing.indicators.example import context, frame
    >>> villages = frame("village_code", [None] * 2, waste_sorting=[True, None])
    >>> waste_sorting({"villages": villages}, context())["missing"].tolist()
    [None, 'unknown']
    """
    villages = subject(inputs, context, "villages")
    if villages is None:
        return nothing()
    villages = villages.take(administrative(villages, context))
    return _flagged(villages, reading.flag(villages.frame, "waste_sorting"), "no_waste_sorting")


def _flagged(places: Subject, state: pd.Series, missing: str, *, near: Nearby | None = None) -> pd.DataFrame:
    found = Finding(weight=reading.spread(1.0, places.ids), covered=state, missing=missing)
    if near is not None:
        found = replace(found, distance_m=near.distance_m, nearest_id=near.ids, nearest_name=near.names)
    return units(places, found)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    summary = rows[(reading.text(rows, "facility_type") == SUMMARY).to_numpy(dtype=bool)]
    table = pd.DataFrame({name: reading.number(summary, name) for name in ("households", "hh_sanitary")})
    code = reading.text(summary, "village_code")
    sums = table.groupby(code).sum(min_count=1)
    for name in table:
        sums[name] = sums[name].mask(table[name].isna().groupby(code).any())
    return sums


def _toilets(inputs: Inputs, villages: Subject, households: pd.Series, sanitary: pd.Series) -> pd.DataFrame:
    return units(
        villages,
        Finding(
            weight=households,
            numerator=sanitary,
            missing="no_sanitary_toilet",
            shortfall=households - sanitary,
            shortfall_unit="household",
            synthetic=reading.simulated(inputs, "sanitation"),
        ),
    )


def _toilets_alone(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Count the summary rows themselves where there is no village layer."""
    rows = subject(inputs, context, "sanitation")
    if rows is None:
        return nothing()
    rows = rows.take(reading.among(reading.text(rows.frame, "facility_type"), {SUMMARY}))
    return _toilets(inputs, rows, reading.number(rows.frame, "households"), reading.number(rows.frame, "hh_sanitary"))


INDICATORS = (
    Indicator(
        code="SN1",
        zh="农村卫生厕所普及率",
        en="Sanitary toilets",
        formula_zh="100 × 使用卫生厕所的农户数之和 ÷ 农村户数之和",
        formula="100 · Σ households with a sanitary toilet / Σ rural households",
        weight="household",
        needs=("sanitation",),
        uses=("villages",),
        parameters=("rural.codes",),
        source="domain dictionary D13, B5 (page tjj.fujian.gov.cn; seed 湘振局发〔2021〕18号 #13)",
        caveat_zh="卫生厕所与无害化卫生厕所口径不同；使用卫生公厕的农户不计入。",
        caveat_en="Sanitary and harmless toilets are different notions; households using public toilets are not counted.",
        compute=sanitary_toilets,
        finest_rank=5,
    ),
    Indicator(
        code="SN2",
        zh="农村生活污水治理率",
        en="Village sewage treatment",
        formula_zh="100 × 生活污水得到治理的建制村数 ÷ 建制村数",
        formula="100 · administrative villages with sewage treated / administrative villages",
        weight="village",
        needs=("villages",),
        uses=("sanitation",),
        parameters=("sanitation.sewage_household_pct", "village.urban_codes"),
        source="domain dictionary D14, B5 (seed 湘振局发〔2021〕18号 #15; the 60 % rule is from memory)",
        caveat_zh="“处理率”与“治理率”按同一指标处理；按户覆盖率 60% 判定的规则未核实。",
        caveat_en="处理率 and 治理率 are taken as one indicator; the rule of 60 % of households is unverified.",
        compute=village_sewage,
        finest_rank=5,
    ),
    Indicator(
        code="SN3",
        zh="乡镇污水处理设施覆盖率",
        en="Township sewage facilities",
        formula_zh="100 × 有污水处理设施的乡镇数 ÷ 乡镇数",
        formula="100 · townships with a sewage treatment facility / townships",
        weight="township",
        needs=("townships",),
        uses=("sanitation",),
        parameters=(),
        source="domain dictionary D15 (seed 湘振局发〔2021〕18号 #14)",
        caveat_zh="同一规划中既有“全覆盖”也有“基本覆盖”的表述。",
        caveat_en="The same plan says both full and basic coverage.",
        compute=township_sewage,
        finest_rank=4,
    ),
    Indicator(
        code="SN4",
        zh="垃圾分类收集处理建制村比例",
        en="Villages sorting waste",
        formula_zh="100 × 开展垃圾分类收集处理的建制村数 ÷ 建制村数",
        formula="100 · administrative villages that sort waste / administrative villages",
        weight="village",
        needs=("villages",),
        parameters=("village.urban_codes",),
        source="domain dictionary D16 (seed 湘振局发〔2021〕18号)",
        caveat_zh="按填报结果计算。",
        caveat_en="As reported by the village.",
        compute=waste_sorting,
        finest_rank=5,
    ),
)
