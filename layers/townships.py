"""C2 Township (乡镇)."""

from __future__ import annotations

from layers.declare import CODE_LENGTH, COMMON, area, flag, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="townships",
    zh="乡镇",
    en="Townships",
    entity="C2",
    geometry=GeometryKind.POLYGON,
    key="township_code",
    fields=(
        text(
            "township_code",
            "乡镇代码",
            "Township code",
            "page B3",
            required=True,
            length=CODE_LENGTH,
            note="county code + 3 digits in China",
        ),
        text("name", "名称", "Name", "page B3", required=True, length=120),
        area("county", recommended=True),
        number("seat_lon", "政府驻地经度", "Seat longitude", "des", unit="°", minimum=-180, maximum=180, recommended=True),
        number("seat_lat", "政府驻地纬度", "Seat latitude", "des", unit="°", minimum=-90, maximum=90, recommended=True),
        flag(
            "class3_connected", "三级路连通", "Connected by class III road", "S4-7 #11", note="given, or derived from the roads"
        ),
        flag("sewage_facility", "污水处理设施", "Sewage facility", "S4-7 #14", recommended=True),
        number("sewage_capacity_m3d", "设施能力", "Sewage capacity", "des", unit="m³/d", minimum=0),
        flag("bus_service", "通客车", "Bus service", "S4-7"),
        number(
            "land_reserve_pct",
            "预留建设用地",
            "Reserved construction land",
            "S4-7 ch.5",
            unit="%",
            minimum=0,
            maximum=100,
            note="rule: 2–5",
        ),
        *COMMON,
    ),
    source="C2",
    area_fields=("township_code", "county_code"),
    geometry_required=True,
)
