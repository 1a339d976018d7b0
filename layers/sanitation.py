"""C8 Sanitation facility (卫生设施): toilets by village, public toilets, sewage, waste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import FACILITY_STATUS, SANITATION_TYPE, TOILET_TYPE
from layers.declare import COMMON, area, code, flag, integer, number, reference, text
from layers.row_checks import needed_when, not_above
from layers.row_values import known
from layers.schema import GeometryKind, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

TOILETS = "户厕汇总"
"""The facility type whose rows are village totals of household toilets and carry no geometry."""


def _is_toilets(row: Mapping[str, Any]) -> bool:
    return bool(known(row, "facility_type") == TOILETS)


LAYER = Layer(
    name="sanitation",
    zh="卫生设施",
    en="Sanitation",
    entity="C8",
    geometry=GeometryKind.ANY,
    key="facility_id",
    fields=(
        text("facility_id", "编号", "Facility id", "des", required=True, length=60),
        text("name", "名称", "Name", "des", length=200),
        code("facility_type", "S4-7, S3", SANITATION_TYPE, ("类型", "Type"), required=True),
        area("village", recommended=True),
        area("township"),
        area("county"),
        integer("households", "农村户数", "Rural households", "page B5", unit="household", minimum=0),
        integer("hh_sanitary", "卫生厕所户数", "Households with sanitary toilet", "page B5", unit="household", minimum=0),
        integer("hh_harmless", "无害化户数", "Households with harmless toilet", "page B5, S4-6", unit="household", minimum=0),
        code("toilet_type", "page B5", TOILET_TYPE, ("厕所类型", "Toilet type")),
        number("capacity_m3d", "处理能力", "Capacity", "des", unit="m³/d", minimum=0),
        integer("covered_households", "服务户数", "Households served", "des", unit="household", minimum=0),
        flag("resource_use", "粪污资源化", "Reuse of waste", "S4-7"),
        code("status", "des", FACILITY_STATUS, ("运行状态", "Status"), recommended=True),
        integer("built_year", "建成年", "Year built", "des", minimum=1900, maximum=2100),
        reference("asset_id", "assets", ("关联资产", "Asset"), "S4-15"),
        *COMMON,
    ),
    source="C8",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        not_above("hh_sanitary", "households", "卫生厕所户数不大于农村户数", "sanitary toilets not above households"),
        not_above("hh_harmless", "hh_sanitary", "无害化户数不大于卫生厕所户数", "harmless toilets not above sanitary toilets"),
        needed_when(
            "households", _is_toilets, "户厕汇总须有农村户数", "rural households on a row of village toilets", severity="warning"
        ),
        needed_when(
            "hh_sanitary",
            _is_toilets,
            "户厕汇总须有卫生厕所户数",
            "sanitary toilets on a row of village toilets",
            severity="warning",
        ),
    ),
)
