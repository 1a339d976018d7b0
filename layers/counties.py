"""C1 County (县)."""

from __future__ import annotations

from layers.codes import COUNTY_CLASS, KEY_LEVEL, TOILET_CLASS
from layers.declare import CODE_LENGTH, COMMON, code, flag, integer, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="counties",
    zh="县",
    en="Counties",
    entity="C1",
    geometry=GeometryKind.POLYGON,
    key="county_code",
    fields=(
        text(
            "county_code", "行政区划代码", "County code", "page B3", required=True, length=CODE_LENGTH, note="GB/T 2260 in China"
        ),
        text("name", "名称", "Name", "page B3", required=True, length=120),
        text("province_code", "省代码", "Province code", "page B3", recommended=True, length=CODE_LENGTH),
        text("prefecture_code", "市代码", "Prefecture code", "page B3", recommended=True, length=CODE_LENGTH),
        integer("rural_pop_registered", "户籍农村人口", "Registered rural population", "page B1.2", unit="person", minimum=0),
        integer("rural_pop_resident", "常住农村人口", "Resident rural population", "page B1.2", unit="person", minimum=0),
        integer("rural_households", "农村户数", "Rural households", "page B5", unit="household", minimum=0),
        code("county_class", "seed S4-7", COUNTY_CLASS, ("县分类", "County class")),
        code("key_level", "S2, S3, S4-7", KEY_LEVEL, ("重点帮扶级别", "Key assistance level"), recommended=True),
        code("toilet_class", "seed S4-7 专栏3-7", TOILET_CLASS, ("改厕类别", "Toilet class")),
        flag(
            "water_short",
            "缺水地区",
            "Water-short area",
            "page B1.1",
            recommended=True,
            note="water resource below 1000 m³ per head",
        ),
        *COMMON,
    ),
    source="C1",
    area_fields=("county_code",),
    geometry_required=True,
)
