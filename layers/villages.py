"""C3 Administrative village (行政村, 建制村)."""

from __future__ import annotations

from layers.codes import DEMO_LEVEL, KEY_VILLAGE_LEVEL, PLAN_STATUS, PLANNING_TYPE, URBAN_RURAL
from layers.declare import CODE_LENGTH, COMMON, area, code, date, flag, integer, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="villages",
    zh="行政村",
    en="Villages",
    entity="C3",
    geometry=GeometryKind.POINT_OR_POLYGON,
    key="village_code",
    fields=(
        text(
            "village_code",
            "统计用区划代码",
            "Village code",
            "page B3",
            required=True,
            length=CODE_LENGTH,
            note="12 digits in China",
        ),
        text("name", "名称", "Name", "page B3", required=True, length=120),
        area("township", recommended=True),
        area("county", recommended=True),
        code("urban_rural_code", "page B3", URBAN_RURAL, ("城乡分类", "Urban-rural class"), recommended=True),
        code("planning_type", "page B3", PLANNING_TYPE, ("村庄分类", "Planning type")),
        code("plan_status", "S4-7 (2023)", PLAN_STATUS, ("村规划", "Village plan")),
        date("plan_date", "规划日期", "Plan date", "S4-7 (2023)"),
        flag("former_poor_village", "脱贫村", "Former poor village", "S3"),
        code("key_village_level", "S4-7 2307, S4-8 162", KEY_VILLAGE_LEVEL, ("重点帮扶村", "Key village")),
        code("demo_level", "S4-7, S4-8", DEMO_LEVEL, ("示范创建村", "Demonstration village")),
        integer("pop_registered", "户籍人口", "Registered population", "des", unit="person", minimum=0, recommended=True),
        integer("pop_resident", "常住人口", "Resident population", "des", unit="person", minimum=0, recommended=True),
        integer("households", "户数", "Households", "des", unit="household", minimum=0, recommended=True),
        number(
            "collective_income",
            "村集体年收入",
            "Collective income per year",
            "S4-7",
            unit="万元",
            minimum=0,
            note="≥5 key, ≥10 demonstration",
        ),
        flag("dual_lane", "通双车道", "Two-lane road", "S4-7"),
        flag("logistics_service", "物流快递", "Parcel service", "S4-7 #12"),
        flag("sewage_treated", "污水治理完成", "Sewage treated", "S4-7 #15"),
        number(
            "sewage_household_pct",
            "污水覆盖户比例",
            "Households with sewage treated",
            "memory 60 %",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        flag("waste_collection", "垃圾收运", "Waste collected", "S4-7"),
        flag("waste_sorting", "垃圾分类", "Waste sorted", "S4-7 30 %"),
        flag("culture_center", "文化服务中心", "Culture centre", "S4-7 专栏4-2"),
        number("seat_lon", "村委会经度", "Seat longitude", "des", unit="°", minimum=-180, maximum=180),
        number("seat_lat", "村委会纬度", "Seat latitude", "des", unit="°", minimum=-90, maximum=90),
        *COMMON,
    ),
    source="C3",
    area_fields=("village_code", "township_code", "county_code"),
)
