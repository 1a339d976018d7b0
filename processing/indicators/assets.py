"""Project assets whose rights are confirmed: by count (AS1) and by value (AS1V)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, nothing, units
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    import pandas as pd

    from processing.indicators.definition import Inputs


def confirmed_count(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute AS1, the share of operating and public-welfare assets whose rights are confirmed, by count.

    Assets of other classes are left out; an asset without a class is counted apart, without weight; disposed assets stay in until
    they leave the register. Source: domain dictionary D18 (国办函〔2021〕51号, 湘振局联〔2021〕5号).

    >>> from processing.indicators.example import context, frame
    >>> assets = frame("asset_id", [None] * 3, asset_class=["OPR", "PUB", "HHD"], confirmed=[True, None, True])
    >>> confirmed_count({"assets": assets}, context())[["unit_id", "numerator", "denominator"]]
      unit_id  numerator  denominator
    0      a1        1.0          1.0
    1      a2        NaN          1.0
    """
    return _confirmed(inputs, context, by_value=False)


def confirmed_value(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute AS1V, the share of operating and public-welfare assets whose rights are confirmed, by original value in 万元.

    >>> from processing.indicators.example import context, frame
    >>> assets = frame("asset_id", [None] * 2, asset_class=["OPR", "PUB"], confirmed=[True, False], original_value=[30.5, None])
    >>> confirmed_value({"assets": assets}, context())["denominator"].tolist()
    [30.5, nan]
    """
    return _confirmed(inputs, context, by_value=True)


def _confirmed(inputs: Inputs, context: Context, *, by_value: bool) -> pd.DataFrame:
    assets = subject(inputs, context, "assets")
    if assets is None:
        return nothing()
    wanted = reading.among(reading.text(assets.frame, "asset_class"), set(context.value("asset.classes")))
    kept = assets.take(wanted.fillna(value=True))
    value = reading.number(kept.frame, "original_value")
    weight = value if by_value else reading.spread(1.0, kept.ids)
    return units(
        kept,
        Finding(
            weight=weight.mask(wanted.reindex(kept.ids.index).isna()),
            covered=reading.flag(kept.frame, "confirmed"),
            missing="not_confirmed",
            shortfall=value,
            shortfall_unit="万元",
        ),
    )


INDICATORS = (
    Indicator(
        code="AS1",
        zh="资产确权率",
        en="Assets with confirmed rights",
        formula_zh="100 × 已确权资产件数 ÷ 登记的经营性和公益性资产件数",
        formula="100 · confirmed assets / registered operating and public-welfare assets",
        weight="asset",
        needs=("assets",),
        parameters=("asset.classes",),
        source="domain dictionary D18 (国办函〔2021〕51号, 湘振局联〔2021〕5号)",
        caveat_zh="按件数；到户类资产不计。",
        caveat_en="By count; household assets are left out.",
        compute=confirmed_count,
        finest_rank=5,
    ),
    Indicator(
        code="AS1V",
        zh="资产确权率（按原值）",
        en="Assets with confirmed rights, by value",
        formula_zh="100 × 已确权资产原值之和 ÷ 登记的经营性和公益性资产原值之和",
        formula="100 · Σ original value of confirmed assets / Σ original value of operating and public-welfare assets",
        weight="wan_yuan",
        needs=("assets",),
        parameters=("asset.classes",),
        source="domain dictionary D18 (国办函〔2021〕51号, 湘振局联〔2021〕5号)",
        caveat_zh="按原值（万元）；未填原值的单列。",
        caveat_en="By original value in 万元; assets without one are counted apart.",
        compute=confirmed_value,
        finest_rank=5,
    ),
)
