"""C5 Relocation settlement (易地搬迁安置点)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import SETTING, SIZE_CLASS, SUPPLY_MODE
from layers.declare import COMMON, area, code, date, flag, integer, number, text
from layers.row_checks import not_above
from layers.row_values import amount, known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE_BOUNDS = ((10_000, "10000+"), (3_000, "3000-9999"), (800, "800-2999"), (0, "<800"))
"""Least number of persons of each size class, largest first (800 and 10 000: seed; 3 000: memory)."""


def size_class(persons: float) -> str:
    """Give the size class of a settlement by its registered relocated persons.

    >>> size_class(799), size_class(800), size_class(12_000)
    ('<800', '800-2999', '10000+')
    """
    return next(name for least, name in SIZE_BOUNDS if persons >= least)


def check_size_class(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Compare the stated size class with the number of persons.

    >>> [fault.expected_en for fault in check_size_class({"size_class": "<800", "persons_registered_poor": 900})]
    ['size class 800-2999 for 900 persons']
    """
    stated, persons = known(row, "size_class"), amount(row, "persons_registered_poor")
    if stated is None or persons is None or persons < 0 or stated not in SIZE_CLASS:
        return
    right = size_class(persons)
    if stated != right:
        yield RowFault(
            "size_class",
            "size_class_fits_persons",
            str(stated),
            f"{persons:g} 人对应规模 {right}",
            f"size class {right} for {persons:g} persons",
            "改正规模或核对安置人数",
            "Mend the class or check the number of persons",
        )


LAYER = Layer(
    name="settlements",
    zh="易地搬迁安置点",
    en="Relocation settlements",
    entity="C5",
    geometry=GeometryKind.POINT_OR_POLYGON,
    key="settlement_id",
    fields=(
        text("settlement_id", "编号", "Settlement id", "des", required=True, length=40),
        text("name", "名称", "Name", "des", required=True, length=120),
        area("village", recommended=True),
        area("township"),
        area("county"),
        integer("households", "安置户数", "Households", "S4-11", unit="household", minimum=0, recommended=True),
        integer(
            "persons_registered_poor",
            "建档立卡人数",
            "Registered relocated persons",
            "S4-11",
            unit="person",
            minimum=0,
            recommended=True,
        ),
        integer("persons_total", "安置总人数", "Persons in all", "S4-11, S2", unit="person", minimum=0, recommended=True),
        code("size_class", "800/10000 seed, 3000 memory", SIZE_CLASS, ("规模", "Size class"), derived=True),
        code("setting", "page B3", SETTING, ("位置类型", "Setting")),
        integer("completed_year", "建成年份", "Year completed", "S3", minimum=2000, maximum=2100, note="十三五: 2016–2020"),
        flag("has_water", "通水", "Has water", "S3, S4-7"),
        flag("has_power", "通电", "Has power", "S3, S4-7"),
        flag("has_road", "通路", "Has road", "S3, S4-7"),
        flag("has_comm", "通信", "Has communication", "S3, S4-7"),
        code("supply_mode", "page B1.2", SUPPLY_MODE, ("供水方式", "Supply mode"), note="as for hamlets"),
        integer("tap_in_house_hh", "入户户数", "Households with tap", "page B1.2", unit="household", minimum=0),
        number(
            "litres_per_person_day", "人均水量", "Water per person", "page B1.1", unit="L/p·d", minimum=0, note="as for hamlets"
        ),
        integer(
            "outage_days_year", "停水天数", "Outage days per year", "page B1.1", unit="d", minimum=0, maximum=366, note="limit 36"
        ),
        flag("quality_ok", "水质达标", "Water quality good", "page B1.1"),
        date("quality_test_date", "水质检测日期", "Water quality tested on", "S4-7", note="half-yearly"),
        flag("has_sewage", "污水处理", "Has sewage treatment", "S4-7"),
        flag("has_waste", "垃圾收运", "Has waste collection", "S4-7"),
        flag("has_school", "学校", "Has school", "S4-7"),
        flag("has_kindergarten", "幼儿园", "Has kindergarten", "S4-7"),
        flag("has_clinic", "卫生室", "Has clinic", "S4-7"),
        flag("has_service_center", "社区服务中心", "Has service centre", "S4-7"),
        number("property_registered_pct", "住房登记率", "Homes registered", "S3, S4-7", unit="%", minimum=0, maximum=100),
        flag(
            "counted_in_village", "计入所在村人口", "Counted in the village's population", "des", note="of the village it lies in"
        ),
        integer("employed_households", "稳定就业户", "Households in stable work", "S4-7", unit="household", minimum=0),
        *COMMON,
    ),
    source="C5",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        not_above(
            "persons_registered_poor", "persons_total", "建档立卡人数不大于总人数", "registered persons not above all persons"
        ),
        not_above("employed_households", "households", "就业户数不大于安置户数", "households in work not above households"),
        not_above("tap_in_house_hh", "households", "入户户数不大于安置户数", "households with tap not above households"),
        check_size_class,
    ),
    geometry_required=True,
)
