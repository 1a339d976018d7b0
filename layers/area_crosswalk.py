"""Crosswalk of areas (区划变动对照): which share of a former area went to which present one, so that series stay comparable."""

from __future__ import annotations

from layers.codes import AREA_CHANGE, SHARE_BASIS
from layers.declare import CODE_LENGTH, COMMON, code, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="area_crosswalk",
    zh="区划变动对照",
    en="Area crosswalk",
    entity="area changes",
    geometry=GeometryKind.NONE,
    key="link_id",
    name_field="from_name",
    fields=(
        text("link_id", "编号", "Link id", "des", required=True, length=80),
        text(
            "event_id",
            "变动编号",
            "Change of areas",
            "des",
            required=True,
            length=40,
            note="the same for all links of one change",
        ),
        code("change_kind", "des", AREA_CHANGE, ("变动类型", "Kind of change"), required=True),
        text("level", "级别", "Level", "des", length=24),
        text("from_code", "原代码", "Former code", "des", required=True, length=CODE_LENGTH),
        text("from_name", "原名称", "Former name", "des", length=120),
        text("to_code", "现代码", "Present code", "des", required=True, length=CODE_LENGTH),
        text("to_name", "现名称", "Present name", "des", length=120),
        number("share", "人口比例", "Share of the population", "des", required=True, minimum=0, maximum=1),
        code("share_basis", "des", SHARE_BASIS, ("比例依据", "Basis of the share")),
        *COMMON,
    ),
    source="des",
    area_fields=("to_code",),
)
