"""C15 Monitored households (监测对象汇总): counts per area and month, never persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import MONITOR_TYPE, RISK_CODE
from layers.declare import CODE_LENGTH, COMMON, code, flag, integer, listing, number, text
from layers.row_checks import not_above
from layers.row_values import amount, known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SMALL_CELL = 5
"""Counts from 1 to below this are not shown (E22)."""
COUNTS = (
    "households",
    "water_problem",
    "housing_problem",
    "schooling_problem",
    "insurance_problem",
    "in_settlement",
    "relocated",
    "added",
    "removed",
    "supported",
)


def check_small_cells(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Check E22: a count of 1–4 households is suppressed, that is left empty.

    >>> [fault.field for fault in check_small_cells({"households": 3, "suppressed": False})]
    ['households']
    """
    for name in COUNTS:
        count = amount(row, name)
        if count is not None and 1 <= count < SMALL_CELL:
            yield RowFault(
                name,
                "E22_small_cell",
                f"{count:g}",
                "1–4 户的格不显示，留空并标记已抑制",
                "an empty cell, marked as suppressed, for 1–4 households",
                "清空该值并将 suppressed 设为是",
                "Empty the value and set suppressed to yes",
            )


def check_suppressed_is_empty(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """A suppressed row shows no number of households or persons.

    >>> [fault.field for fault in check_suppressed_is_empty({"households": 30, "suppressed": True})]
    ['suppressed']
    """
    if known(row, "suppressed") and (known(row, "households") is not None or known(row, "persons") is not None):
        yield RowFault(
            "suppressed",
            "E22_suppressed_is_empty",
            "是 / yes",
            "已抑制的行户数、人数为空",
            "no households and persons on a suppressed row",
            "清空户数、人数，或取消抑制",
            "Empty households and persons, or lift the suppression",
        )


LAYER = Layer(
    name="monitored_households",
    zh="监测对象汇总",
    en="Monitored households",
    entity="C15",
    geometry=GeometryKind.NONE,
    key="summary_id",
    name_field="summary_id",
    fields=(
        text("summary_id", "编号", "Summary id", "des", required=True, length=80),
        text("area_code", "区划代码", "Area code", "des", required=True, references="areas", length=CODE_LENGTH),
        text("period", "月份", "Month", "S4-11 月比对", required=True, pattern=r"\d{4}-(0[1-9]|1[0-2])", length=7),
        code("monitor_type", "S4-11 A3", MONITOR_TYPE, ("监测类型", "Monitoring type"), required=True),
        code("risk_code", "S4-11 A27", RISK_CODE, ("风险类型", "Risk"), recommended=True),
        integer("households", "户数", "Households", "S4-11", unit="household", minimum=0),
        integer("persons", "人数", "Persons", "S4-11", unit="person", minimum=0),
        integer("water_problem", "饮水问题", "Water problem", "S4-11 A25", unit="household", minimum=0),
        integer("housing_problem", "住房问题", "Housing problem", "S4-11 A23", unit="household", minimum=0),
        integer("schooling_problem", "失学", "Schooling problem", "S4-11 A24", unit="household", minimum=0),
        integer("insurance_problem", "未参保", "Insurance problem", "S4-11 A26", unit="household", minimum=0),
        integer("in_settlement", "大中型安置区内", "In a large settlement", "S4-11 A1", unit="household", minimum=0),
        integer("relocated", "搬迁", "Relocated", "S4-11 A22", unit="household", minimum=0),
        integer("added", "新增", "Added", "S4-11", unit="household", minimum=0),
        integer("removed", "风险消除", "Risk removed", "S4-11", unit="household", minimum=0),
        integer("supported", "已落实帮扶", "Supported", "S4-11 A39–A52", unit="household", minimum=0),
        number("income_line", "基准线", "Income line", "S4-11", unit="元", minimum=0, note="6500 in 2021, Hunan"),
        listing(
            "suppressed_fields",
            "已抑制的字段",
            "Suppressed fields",
            "des",
            note="counts left empty so that nobody derives a cell",
        ),
        text("profile", "规则", "Rules", "des", length=40, note="dated rules by which the sheet was counted"),
        flag("suppressed", "已抑制", "Suppressed", "des", required=True, note="yes if 1 ≤ n < 5; the value is then empty"),
        *COMMON,
    ),
    source="C15",
    area_fields=("area_code",),
    row_checks=(
        not_above("households", "persons", "户数不大于人数", "households not above persons"),
        check_small_cells,
        check_suppressed_is_empty,
    ),
)
