"""What an indicator is, what it is computed in, and the one shape in which all of them give their units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np
import pandas as pd

from processing import areas as hierarchy
from processing.indicators import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    import geopandas as gpd
    from pyproj import CRS

    from processing.areas import Areas
    from processing.profiles import Profile

    Inputs = Mapping[str, gpd.GeoDataFrame]

Made = TypeVar("Made")
UNIT_COLUMNS: Final = (
    "unit_layer", "unit_id", "unit_name", "area_code", "denominator", "numerator", "persons", "missing", "distance_m",
    "shortfall", "shortfall_unit", "nearest_id", "nearest_name", "lon", "lat", "synthetic",
)  # fmt: skip
UNKNOWN: Final = "unknown"
MISSING_TEXTS: Final[dict[str, tuple[str, str]]] = {
    UNKNOWN: ("资料不足，无法判断", "data missing, cannot be known"),
    "no_tap": ("未通自来水入户", "no tap in house or yard"),
    "dispersed_supply": ("分散供水", "dispersed supply"),
    "small_work": ("未由规模化工程供水", "not served by a large-scale work"),
    "quantity": ("水量不足", "too little water"),
    "water_quality": ("水质不达标", "water quality fails"),
    "distance": ("取水过远", "water too far"),
    "height": ("取水高差过大", "water too far up or down"),
    "reliability": ("供水保证率不足", "supply unreliable"),
    "test_overdue": ("水质检测过期", "water quality test overdue"),
    "no_road_within": ("规定距离内无公路", "no road within the distance"),
    "no_class3_road": ("驻地未通三级及以上公路", "no road of class III or better"),
    "no_hardened_road": ("未通硬化路", "no hardened road"),
    "no_dual_lane": ("未通双车道公路", "no dual-lane road"),
    "below_class": ("等外公路", "road below class"),
    "unpaved": ("未铺装", "not paved"),
    "no_sanitary_toilet": ("无卫生厕所的农户", "households without a sanitary toilet"),
    "no_sewage_treatment": ("生活污水未治理", "sewage not treated"),
    "no_sewage_facility": ("无污水处理设施", "no sewage treatment facility"),
    "no_waste_sorting": ("未开展垃圾分类", "waste not sorted"),
    "not_high_standard": ("非高标准农田", "not high-standard farmland"),
    "not_published": ("台账未按规定公示", "ledger not published by the rules"),
    "not_confirmed": ("未确权", "rights not confirmed"),
    "no_project": ("短板无对应在库项目", "no matching project in the library"),
}
"""Chinese and English words for each code in the `missing` column."""


@dataclass(frozen=True)
class Context:
    """What an indicator is computed in: the areas, the thresholds, the day, and what has been worked out already.

    `notes` collects what a reader of the result must know (Chinese, English). `memo` keeps intermediate results of one run, so
    that hamlets are placed and roads are measured once for all indicators.
    """

    areas: Areas
    profile: Profile
    on: date
    crs: CRS | None = None
    notes: dict[str, tuple[str, str]] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, build: Callable[[], Made]) -> Made:
        """Give what `build` makes, made only once for each key."""
        if key not in self.memo:
            self.memo[key] = build()
        return cast("Made", self.memo[key])

    def value(self, key: str) -> Any:
        """Give the value of a threshold that holds everywhere on the day."""
        return self.profile.at(key, on=self.on).value

    def per_unit(self, key: str, area_codes: pd.Series) -> pd.Series:
        """Give the value of a threshold for each unit, by its area, on the index of the area codes."""
        found = self.profile.per_unit(key, area_codes, self.areas, self.on)
        return pd.Series(found.to_numpy(), index=area_codes.index)

    def note(self, key: str, zh: str, en: str) -> None:
        """Keep a remark that belongs beside the result, once for each key."""
        self.notes.setdefault(key, (zh, en))


@dataclass(frozen=True)
class Indicator:
    """A declared indicator: titles, formula, what it weighs, which layers and thresholds it needs, its source and its caveats.

    `compute(inputs, context)` gives one row per unit in the columns UNIT_COLUMNS: the denominator is the unit's weight (NaN when
    unknown), the numerator lies in [0, denominator] (NaN when it cannot be known), `missing` says what is lacking.
    """

    code: str
    zh: str
    en: str
    formula_zh: str
    formula: str
    weight: str
    needs: tuple[str, ...]
    parameters: tuple[str, ...]
    source: str
    caveat_zh: str
    caveat_en: str
    compute: Callable[[Inputs, Context], pd.DataFrame]
    uses: tuple[str, ...] = ()
    """Layers that make the answer better where they are present."""
    finest_rank: int = hierarchy.HAMLET_RANK
    """Rank of the finest level at which the indicator has a meaning: 6 hamlet, 5 village, 4 township."""
    better: str = "more"
    target_unit: str = "%"

    def title(self, language: str = "zh") -> str:
        """Give the title in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class Subject:
    """The units of a layer: the rows, where each lies, and who it is. Made by `processing.indicators.subjects`."""

    layer: str
    frame: pd.DataFrame
    ids: pd.Series
    names: pd.Series
    area_codes: pd.Series
    persons: pd.Series
    lon: pd.Series
    lat: pd.Series
    synthetic: pd.Series

    def take(self, chosen: pd.Series) -> Subject:
        """Give the units for which `chosen` is true, in the same order."""
        mask = chosen.fillna(value=False).astype(bool).to_numpy()
        parts = {name: getattr(self, name)[mask] for name in self.__dataclass_fields__ if name != "layer"}
        return Subject(self.layer, **parts)


@dataclass(frozen=True)
class Finding:
    """What was found about the units of a subject; every series on the subject's index.

    `covered` (nullable boolean) or `numerator` (nullable number) says how much of the weight is covered; NA is unknown.
    """

    weight: pd.Series
    missing: str | pd.Series
    covered: pd.Series | None = None
    numerator: pd.Series | None = None
    distance_m: pd.Series | None = None
    shortfall: pd.Series | None = None
    shortfall_unit: str | None = None
    nearest_id: pd.Series | None = None
    nearest_name: pd.Series | None = None
    synthetic: bool = False
    """Another layer that decided the finding holds simulated rows."""


def units(subject: Subject, finding: Finding) -> pd.DataFrame:
    """Lay a finding out as units: one row per unit, in UNIT_COLUMNS, numbered from 0.

    `missing`, `distance_m`, `shortfall` are kept only where something is missing; where the answer cannot be known `missing` is
    `unknown`.
    """
    weight = reading.as_number(finding.weight)
    if finding.numerator is not None:
        got = reading.as_number(finding.numerator)
    elif finding.covered is not None:
        got = finding.covered.astype("Float64") * weight
    else:
        got = reading.spread(pd.NA, weight)
    got = got.clip(lower=0).where(~(got > weight).fillna(value=False), weight)
    state = _missing(finding, got, weight)
    fails = state.notna() & (state != UNKNOWN)
    data: dict[str, Any] = {
        "unit_layer": subject.layer,
        "unit_id": subject.ids,
        "unit_name": subject.names,
        "area_code": subject.area_codes,
        "denominator": weight.astype(float),
        "numerator": got.astype(float),
        "persons": subject.persons.astype(float),
        "missing": state,
        "distance_m": _numbers(finding.distance_m, subject),
        "shortfall": _numbers(finding.shortfall, subject).where(fails),
        "shortfall_unit": pd.Series(finding.shortfall_unit, index=subject.ids.index, dtype=object).where(fails, None),
        "nearest_id": _texts(finding.nearest_id, subject),
        "nearest_name": _texts(finding.nearest_name, subject),
        "lon": subject.lon,
        "lat": subject.lat,
        "synthetic": subject.synthetic | finding.synthetic,
    }
    return pd.DataFrame(data, columns=list(UNIT_COLUMNS)).reset_index(drop=True)


def _missing(finding: Finding, got: pd.Series, weight: pd.Series) -> pd.Series:
    lacking = finding.missing
    words = lacking.astype(object) if isinstance(lacking, pd.Series) else pd.Series(lacking, index=got.index, dtype=object)
    fails = (got < weight).fillna(value=False)
    if finding.covered is not None and finding.numerator is None:
        fails |= (~finding.covered).fillna(value=False).astype(bool)
        unknown = finding.covered.isna()
    else:
        unknown = got.isna()
    result = words.where(fails.astype(bool), None)
    return result.mask(unknown.astype(bool), UNKNOWN)


def _numbers(values: pd.Series | None, subject: Subject) -> pd.Series:
    return pd.Series(np.nan, index=subject.ids.index) if values is None else reading.as_number(values).astype(float)


def _texts(values: pd.Series | None, subject: Subject) -> pd.Series:
    if values is None:
        return reading.blank(subject.ids.index)
    return values.astype(object).where(values.notna(), None)


def nothing() -> pd.DataFrame:
    """Give the table of no units, for a layer without rows."""
    frame = pd.DataFrame({name: pd.Series(dtype=object) for name in UNIT_COLUMNS})
    kinds = dict.fromkeys(("denominator", "numerator", "persons", "distance_m", "shortfall", "lon", "lat"), float)
    return frame.astype({**kinds, "synthetic": bool})


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of units under each other, leaving out the empty ones."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else nothing()
