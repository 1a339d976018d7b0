"""Farmland: the share of cultivated land that is high-standard farmland (FL1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processing import crs
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, nothing, units
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    import pandas as pd

    from processing.indicators.definition import Inputs


def high_standard_share(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute FL1, the share of the area of cultivated land that is high-standard farmland.

    FL1 = 100 · Σ area(hsf ∧ 01xx) / Σ area(01xx); areas on the ellipsoid from the parcel's polygon, else its stated `area_m2`.
    Cultivated: `farmland.cultivated_codes`. A parcel without land code may be no cultivated land and is counted apart, without
    weight; one that does not say whether it is high-standard is unknown. A parcel counts where it says it lies.

    Source: domain dictionary D17, B4.

    >>> from shapely import box
    >>> from processing.indicators.example import context, frame
    >>> parcels = frame("parcel_id", [box(104, 36, 104.01, 36.01), box(104.01, 36, 104.02, 36.01)], land_code=["0103", "0101"],
    ...                 hsf=[True, False])
    >>> high_standard_share({"farmland": parcels}, context())[["numerator", "denominator"]].round(-3).to_numpy().tolist()
    [[1000000.0, 1000000.0], [0.0, 1000000.0]]
    """
    parcels = subject(inputs, context, "farmland")
    if parcels is None:
        return nothing()
    cultivated = reading.among(reading.text(parcels.frame, "land_code"), set(context.value("farmland.cultivated_codes")))
    kept = parcels.take(cultivated.fillna(value=True))
    measured = reading.as_number(crs.area_m2(kept.frame)).astype("Float64")
    area = reading.first_known(measured.where(measured > 0, None), reading.number(kept.frame, "area_m2"))
    return units(
        kept,
        Finding(
            weight=area.mask(cultivated.reindex(kept.ids.index).isna()),
            covered=reading.flag(kept.frame, "hsf"),
            missing="not_high_standard",
            shortfall=area,
            shortfall_unit="m²",
        ),
    )


INDICATORS = (
    Indicator(
        code="FL1",
        zh="高标准农田占耕地比例",
        en="High-standard farmland",
        formula_zh="100 × 耕地中高标准农田面积之和 ÷ 耕地面积之和",
        formula="100 · Σ area of high-standard cultivated parcels / Σ area of cultivated parcels",
        weight="square_metre",
        needs=("farmland",),
        parameters=("farmland.cultivated_codes",),
        source="domain dictionary D17, B4 (seed S3, S4-2)",
        caveat_zh="面积按椭球面由图斑计算，可能与填报亩数不同。",
        caveat_en="Areas come from the parcels' outlines on the ellipsoid and may differ from the 亩 reported.",
        compute=high_standard_share,
        finest_rank=5,
    ),
)
