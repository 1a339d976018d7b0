"""C7 Water work (供水工程)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import SOURCE_TYPE, WORK_CLASS
from layers.declare import COMMON, area, code, date, flag, integer, number, text
from layers.row_checks import not_above
from layers.row_values import amount, known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLASS_BOUNDS = {"central10k": (10_000, None), "central1k": (1_000, 9_999), "central20": (20, 999), "dispersed": (0, 19)}
"""Least and greatest number of persons served by class; an urban extension (city_ext) has no bounds."""
CLASS_III_M3D = 1_000
"""Capacity from which a work is of type Ⅲ or above and must supply 24 hours a day."""


def check_class_fits_persons(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Check E19: the class agrees with the persons served.

    >>> [fault.value for fault in check_class_fits_persons({"work_class": "central10k", "served_population": 800})]
    ['central10k, 800']
    """
    stated, persons = known(row, "work_class"), amount(row, "served_population")
    if persons is None or stated not in CLASS_BOUNDS:
        return
    least, most = CLASS_BOUNDS[stated]
    if persons < least or (most is not None and persons > most):
        bounds = f"≥{least}" if most is None else f"{least}–{most}"
        yield RowFault(
            "work_class",
            "E19_class_fits_persons",
            f"{stated}, {persons:g}",
            f"{WORK_CLASS.label(stated)}的受益人口为 {bounds} 人",
            f"{bounds} persons for the class {stated}",
            "核对受益人口或工程类别",
            "Check the persons served or the class",
            "warning",
        )


def check_continuous_supply(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Check E19: works of type Ⅲ and above (≥1000 m³/d) supply 24 hours a day.

    >>> [fault.field for fault in check_continuous_supply({"design_m3d": 1500, "continuous24h": False})]
    ['continuous24h']
    """
    design, hours = amount(row, "design_m3d"), known(row, "continuous24h")
    if design is not None and design >= CLASS_III_M3D and hours is not None and not hours:
        yield RowFault(
            "continuous24h",
            "E19_type_iii_24h",
            "否 / no",
            "设计供水量 ≥1000 m³/d 的工程应 24 小时供水",
            "24-hour supply for a design capacity of 1000 m³/d and more",
            "核对供水时间或设计供水量",
            "Check the hours of supply or the design capacity",
            "warning",
        )


LAYER = Layer(
    name="water_works",
    zh="供水工程",
    en="Water works",
    entity="C7",
    geometry=GeometryKind.POINT,
    key="work_id",
    fields=(
        text("work_id", "编号", "Work id", "des", required=True, length=40),
        text("name", "名称", "Name", "des", recommended=True, length=200),
        code("work_class", "page B1.2", WORK_CLASS, ("类别", "Class"), recommended=True),
        number("design_m3d", "设计供水量", "Design capacity", "page B1.2", unit="m³/d", minimum=0, note="types Ⅰ–Ⅴ"),
        number("actual_m3d", "实际供水量", "Actual supply", "page B1.2", unit="m³/d", minimum=0),
        integer("served_population", "受益人口", "Persons served", "page B1.2", unit="person", minimum=0, recommended=True),
        integer("tap_population", "供水到户人口", "Persons with tap", "page B1.2", unit="person", minimum=0, recommended=True),
        code("source_type", "des", SOURCE_TYPE, ("水源类型", "Source")),
        flag("protection_zone", "水源保护区", "Protection zone", "S4-7", note="needed from 1000 persons"),
        flag("treatment", "净化", "Treatment", "S4-7", note="needed from 1000 persons"),
        flag("disinfection", "消毒", "Disinfection", "S4-7", note="needed from 1000 persons"),
        date("last_test_date", "水质检测日期", "Last test", "S4-7", note="within 183 days"),
        flag("test_ok", "水质合格", "Test passed", "S4-7"),
        number("reliability_pct", "供水保证率", "Reliability", "page B1.1", unit="%", minimum=0, maximum=100),
        integer("outage_days", "停水天数", "Outage days per year", "page B1.1", unit="d", minimum=0, maximum=366),
        flag("continuous24h", "24小时供水", "24-hour supply", "page B1.2", note="needed for type Ⅲ and above"),
        text("operator", "管理主体", "Operator", "page B1.2", length=120),
        flag("county_unified", "县域统管", "Unified county management", "page B1.2"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C7",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        not_above(
            "tap_population", "served_population", "供水到户人口不大于受益人口", "persons with tap not above persons served"
        ),
        check_class_fits_persons,
        check_continuous_supply,
    ),
    geometry_required=True,
)
