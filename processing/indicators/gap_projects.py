"""Villages with a gap for which a matching project stands in the library (GP1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from processing import matching, resettled, rollup
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, nothing, units
from processing.indicators.road_access import administrative, larger_hamlets_hardened
from processing.indicators.safe_water import safe_water
from processing.indicators.sanitation import sanitary_toilets, village_sewage
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from processing.indicators.definition import Inputs

VILLAGE_RANK: Final = 5
GAPS: Final[dict[str, tuple[Callable[[Inputs, Context], pd.DataFrame], str, str, str]]] = {
    "W4": (safe_water, "gap.w4_pct", "water", "person"),
    "RD3": (larger_hamlets_hardened, "gap.rd3_pct", "road", "hamlet"),
    "SN1": (sanitary_toilets, "gap.sn1_pct", "toilet", "household"),
    "SN2": (village_sewage, "gap.sn2_pct", "sewage", "village"),
}
"""Indicators that make a gap village: threshold of the gap, kind of project that helps, and what the indicator weighs."""
VACUOUS: Final = frozenset({"RD3"})
"""Where a village without any unit has no gap: it simply has no larger hamlet."""


def gap_villages_covered(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute GP1, the share of gap villages with a project of the matching kind in the library, plan or under way.

    A village is a gap village when W4, RD3, SN1 or SN2 of the village certainly lies below its threshold (`gap.*_pct`): its upper
    bound does. A village that has no certain gap but may have one is counted apart, without weight. Covered: at least one project
    in `gap.statuses` is of the kind of one of its gaps (`gap.match` = any) or of each (all), by item or words
    (`profiles/_kinds.toml`), and names the village or is drawn within `gap.near_m`. A match whose status is not known leaves the
    answer unknown. Weight: villages.

    Source: domain dictionary D20 (design from 湘委乡振组办发〔2021〕1号 四).

    >>> from processing.indicators.example import context, frame
    >>> villages = frame("village_code", [None], sewage_treated=[False], households=[10])
    >>> villages["village_code"] = "V"
    >>> projects = frame("project_id", [None], name=["V村生活污水治理"], status=["in_library"], village_codes=[["V"]])
    >>> gap_villages_covered({"villages": villages, "projects": projects}, context())["numerator"].tolist()
    [1.0]
    """
    villages = subject(inputs, context, "villages")
    if villages is None:
        return nothing()
    villages = villages.take(administrative(villages, context))
    codes = reading.text(villages.frame, "village_code")
    failing = {code: gap_state(inputs, context, code, codes) for code in GAPS}
    has_gap = reading.spread(value=False, like=codes, dtype="boolean")
    for state in failing.values():
        has_gap |= state
    kept = has_gap.fillna(value=True).astype(bool)
    chosen = villages.take(kept)
    covered = _covered(inputs, context, codes[kept], {code: state[kept] for code, state in failing.items()})
    return units(
        chosen,
        Finding(
            weight=has_gap[kept].astype("Float64"),
            covered=covered,
            missing="no_project",
            synthetic=reading.simulated(inputs, "projects", "hamlets", "sanitation"),
        ),
    )


def gap_state(inputs: Inputs, context: Context, code: str, villages: pd.Series) -> pd.Series:
    """Say which villages certainly have a gap in one of the GAPS indicators (true), certainly none (false), or may have (NA)."""
    compute, key, _, weight = GAPS[code]
    rows = resettled.units_of(code, weight, compute, inputs, context)
    people = resettled.spread(rows, inputs, context)
    level = next((item.name for item in context.areas.levels if item.rank == VILLAGE_RANK), None)
    if level is None:
        return reading.spread(pd.NA, villages, "boolean")
    table = rollup.roll_up(rows, context.areas, finest_rank=VILLAGE_RANK, levels=[level], people=people)
    table = table.set_index("area_code").reindex(villages)
    limit = context.per_unit(key, villages).to_numpy(dtype=float)
    low, high = table["low"].to_numpy(dtype=float), table["high"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        fails, passes = high < limit, (low >= limit) & (table["unweighted_units"].to_numpy() == 0)
    if code in VACUOUS:
        passes |= np.isnan(high) & (table["unweighted_units"].fillna(0).to_numpy() == 0)
    state = pd.Series(fails, index=villages.index, dtype="boolean")
    return state.mask(~(fails | passes))


def _covered(inputs: Inputs, context: Context, villages: pd.Series, failing: dict[str, pd.Series]) -> pd.Series:
    projects = reading.rows(inputs, "projects")
    if projects is None:
        return reading.spread(pd.NA, villages, "boolean")
    pairs = matching.villages_of(projects, reading.rows(inputs, "villages"), near_m=context.value("gap.near_m"))
    in_time = reading.among(reading.text(projects, "status"), set(context.value("gap.statuses")))
    every = context.value("gap.match") == "all"
    result = reading.spread(value=every, like=villages, dtype="boolean")
    for code, state in failing.items():
        match = _matched(projects, pairs, villages, in_time, GAPS[code][2])
        has = state.fillna(value=False)
        result = (result & (match | ~has)) if every else (result | (match & has))
    return result


def _matched(projects: pd.DataFrame, pairs: pd.DataFrame, villages: pd.Series, in_time: pd.Series, kind: str) -> pd.Series:
    """Say for which villages a project of the kind is in time; NA where only one of unknown status is."""
    of_kind = matching.is_of_kind(projects, kind)
    sure = set(projects.index[of_kind & in_time.fillna(value=False)])
    maybe = set(projects.index[of_kind & in_time.isna()])
    served = set(pairs.loc[pairs["project"].isin(sure), "village_code"])
    perhaps = set(pairs.loc[pairs["project"].isin(maybe), "village_code"]) - served
    return villages.isin(served).astype("boolean").mask(villages.isin(perhaps))


INDICATORS = (
    Indicator(
        code="GP1",
        zh="短板村项目覆盖率",
        en="Gap villages with a matching project",
        formula_zh="100 × 有对应在库项目的短板村数 ÷ 短板村数（饮水安全、较大自然村硬化路、卫生厕所或污水治理低于限值）",
        formula="100 · gap villages with a matching project in the library / gap villages (W4, RD3, SN1 or SN2 below threshold)",
        weight="village",
        needs=("villages", "projects"),
        uses=("hamlets", "sanitation", "roads", "counties", "water_works", "service_areas", "settlements", "settlement_origins"),
        parameters=(
            "gap.w4_pct",
            "gap.rd3_pct",
            "gap.sn1_pct",
            "gap.sn2_pct",
            "gap.match",
            "gap.near_m",
            "gap.statuses",
            "village.urban_codes",
            "relocation.count_at",
        ),
        source="domain dictionary D20 (design from 湘委乡振组办发〔2021〕1号 四, S2)",
        caveat_zh="短板按上界判断，可能有短板但不能确定的村单列；项目类别按分项或名称关键词匹配。",
        caveat_en="A gap is judged by the upper bound; villages that may have one are counted apart; "
        "projects are matched by item or by words in their name.",
        compute=gap_villages_covered,
        finest_rank=VILLAGE_RANK,
    ),
)
