"""C9 Farmland parcel (农田地块)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import LAND_CODE
from layers.declare import COMMON, area, code, flag, integer, number, reference, text
from layers.row_checks import needed_when
from layers.row_values import known
from layers.schema import GeometryKind, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

M2_PER_MU = 10_000 / 15
"""Square metres in one mu (亩)."""


def _is_hsf(row: Mapping[str, Any]) -> bool:
    return bool(known(row, "hsf"))


LAYER = Layer(
    name="farmland",
    zh="农田地块",
    en="Farmland",
    entity="C9",
    geometry=GeometryKind.POLYGON,
    key="parcel_id",
    name_field="parcel_id",
    fields=(
        text("parcel_id", "地块编号", "Parcel id", "des", required=True, length=60),
        code("land_code", "page B4", LAND_CODE, ("地类编码", "Land code"), recommended=True),
        number("area_m2", "面积", "Area", "des", unit="m²", derived=True, minimum=0, note="geodesic area of the polygon"),
        number("area_mu", "亩数", "Area in mu", "page B4", unit="亩", derived=True, minimum=0, note="area_m2 / 666.667"),
        flag("permanent_basic", "永久基本农田", "Permanent basic farmland", "S4-7"),
        flag("hsf", "高标准农田", "High-standard farmland", "S3, S4-7", recommended=True),
        integer("hsf_year", "建成年份", "Year of HSF", "des", minimum=1990, maximum=2100, note="needed if HSF"),
        reference("hsf_project_id", "projects", ("高标项目", "HSF project"), "S4-2"),
        flag("efficient_irrigation", "高效节水", "Efficient irrigation", "S3"),
        number("irrigation_assurance_pct", "灌溉保证率", "Irrigation assurance", "memory", unit="%", minimum=0, maximum=100),
        integer("drainage_return_years", "排涝标准", "Drainage return period", "memory", unit="年", minimum=0, maximum=200),
        flag("field_road_access", "田间路通达", "Field road", "memory"),
        integer("quality_grade", "质量等级", "Quality grade", "memory", minimum=1, maximum=10, note="GB/T 33469"),
        flag("abandoned", "撂荒", "Abandoned", "S4-7"),
        area("village", recommended=True),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C9",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        needed_when(
            "hsf_year",
            _is_hsf,
            "高标准农田须有建成年份",
            "the year when the parcel is high-standard farmland",
            severity="warning",
        ),
    ),
    geometry_required=True,
)
