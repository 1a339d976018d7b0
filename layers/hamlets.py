"""C4 Natural village or villagers' group (自然村, 村民小组)."""

from __future__ import annotations

from layers.codes import SUPPLY_MODE
from layers.declare import COMMON, area, code, date, flag, integer, number, text
from layers.row_checks import not_above
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="hamlets",
    zh="自然村",
    en="Hamlets",
    entity="C4",
    geometry=GeometryKind.POINT,
    key="hamlet_id",
    fields=(
        text(
            "hamlet_id",
            "编号",
            "Hamlet id",
            "memory: no official code",
            required=True,
            length=40,
            note="village code + local suffix",
        ),
        text("name", "名称", "Name", "des", recommended=True, length=120),
        integer(
            "households",
            "户数",
            "Households",
            "seed S4-7",
            unit="household",
            minimum=0,
            recommended=True,
            note="large from 25 (Hunan)",
        ),
        integer(
            "population",
            "人口",
            "Population",
            "seed S4-7",
            unit="person",
            minimum=0,
            recommended=True,
            note="large from 100 (Hunan)",
        ),
        flag("hardened_road", "通硬化路", "Hardened road", "S4-7, S3", note="given, or derived from the roads"),
        code("supply_mode", "page B1.2", SUPPLY_MODE, ("供水方式", "Supply mode"), recommended=True),
        integer("tap_in_house_hh", "入户户数", "Households with tap", "page B1.2", unit="household", minimum=0),
        number("fetch_distance_m", "取水距离", "Distance to water", "page B1.1", unit="m", minimum=0, note="limit 800"),
        number("fetch_vertical_m", "取水高差", "Climb to water", "page B1.1", unit="m", minimum=0, note="limit 80"),
        number("fetch_minutes", "取水时间", "Time to water", "page B1.1", unit="min", minimum=0, note="limit 20"),
        number(
            "litres_per_person_day",
            "人均水量",
            "Water per person",
            "page B1.1",
            unit="L/p·d",
            minimum=0,
            note="limit 35, water-short 20",
        ),
        integer(
            "outage_days_year", "停水天数", "Outage days per year", "page B1.1", unit="d", minimum=0, maximum=366, note="limit 36"
        ),
        flag("quality_ok", "水质达标", "Water quality good", "page B1.1"),
        date("quality_test_date", "水质检测日期", "Water quality tested on", "S4-7", note="half-yearly"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C4",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(not_above("tap_in_house_hh", "households", "入户户数不大于户数", "households with tap not above households"),),
    geometry_required=True,
)
