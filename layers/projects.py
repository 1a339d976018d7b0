"""C11 Project (项目) of the county project library: the eleven required fields and what plans and money need."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from layers.area_rules import PLACE_TOLERANCE
from layers.codes import (
    BAIYIN_CATEGORY,
    BAIYIN_ITEM,
    BUILD_NATURE,
    EMERGENCY_CAUSE,
    PROJECT_CATEGORY,
    PROJECT_SCOPE,
    PROJECT_STATUS,
    SECTOR,
)
from layers.declare import COMMON, area, code, date, flag, integer, listing, number, text
from layers.row_checks import dates_in_order, fund_codes_listed, not_above
from layers.row_values import entries, known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ELEVEN_FIELDS: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("category",),
    ("build_nature",),
    ("location_text", "village_codes"),
    ("start_date", "end_date"),
    ("responsible_unit",),
    ("task",),
    ("budget_total", "funding_sources"),
    ("beneficiary_text",),
    ("performance_target",),
    ("participation", "interest_linkage"),
)
"""The eleven required fields of the library (S4-17), each with the columns that hold it."""


def funding_total(row: Mapping[str, Any], name: str = "funding_sources") -> Decimal | None:
    """Add up the amounts of a list of funding sources, in 万元, exactly; None when the list is empty or holds no amounts.

    >>> funding_total({"funding_sources": [{"code": "S11", "amount_wan_yuan": 10.1}, {"code": "S02", "amount_wan_yuan": 0.2}]})
    Decimal('10.3')
    """
    amounts = [item.get("amount_wan_yuan") for item in entries(row.get(name)) if isinstance(item, dict)]
    try:
        return sum((Decimal(str(value)) for value in amounts), Decimal(0)) if amounts else None
    except InvalidOperation:
        return None


def check_funding_sum(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Check E6: the funding sources add up to the budget, to the last 0.01 万元.

    >>> row = {"budget_total": 12.0, "funding_sources": [{"code": "S11", "amount_wan_yuan": 10.0}]}
    >>> [fault.value for fault in check_funding_sum(row)]
    ['10.0 ≠ 12.0']
    """
    total, parts = known(row, "budget_total"), funding_total(row)
    if total is None or parts is None:
        return
    try:
        stated = Decimal(str(total))
    except InvalidOperation:
        return
    if abs(stated - parts) >= Decimal("0.01"):
        yield RowFault(
            "funding_sources",
            "E6_funds_add_up",
            f"{parts} ≠ {stated}",
            f"各筹资渠道之和等于资金规模 {stated} 万元",
            f"funding sources that add up to {stated} 万元",
            "核对各渠道金额与单位（亿元、万元、元不可混用）",
            "Check the amounts and their unit (亿元, 万元 and 元 must not be mixed)",
        )


def check_item_fits_category(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Compare the sub-item of the Baiyin plan (C4-1) with its category (C4).

    >>> [fault.field for fault in check_item_fits_category({"baiyin_category": "C4", "baiyin_item": "C5-1"})]
    ['baiyin_item']
    """
    category, item = known(row, "baiyin_category"), known(row, "baiyin_item")
    if category is not None and item is not None and not str(item).startswith(f"{category}-"):
        yield RowFault(
            "baiyin_item",
            "item_fits_category",
            str(item),
            f"子项属于类别 {category}",
            f"a sub-item of the category {category}",
            "改正类别或子项",
            "Mend the category or the sub-item",
        )


def missing_fields(row: Mapping[str, Any]) -> tuple[int, ...]:
    """Give the numbers (1–11) of the required fields of the library that are empty (check E1).

    >>> missing_fields({"name": "通组路硬化", "category": "P3"})[:2]
    (3, 4)
    """
    return tuple(
        no
        for no, names in enumerate(ELEVEN_FIELDS, 1)
        if any(known(row, name) is None or known(row, name) == [] for name in names)
    )


PROCEDURE_FIELDS = frozenset({"status", "plan_year", "plan_rank", "event_seq"})
"""What only the moves of the library write."""
CONTENT_FIELDS: tuple[str, ...] = (
    "name",
    "category",
    "build_nature",
    "location_text",
    "village_codes",
    "start_date",
    "end_date",
    "responsible_unit",
    "task",
    "quantity",
    "quantity_unit",
    "budget_total",
    "funding_sources",
    "beneficiary_text",
    "benefit_households",
    "benefit_persons",
    "benefit_former_poor",
    "benefit_monitored",
    "performance_target",
    "participation",
    "interest_linkage",
    "sector",
)
"""What an application says: from the day it is handed in it changes by a decision on a change only (E7)."""
_OPEN = frozenset({"draft", "returned"})
_PLACED = frozenset({"county_notice", "in_library", "annual_plan", "implementing", "completed", "accepted", "asset_formed"})
_HANDED_IN = frozenset(
    {*CONTENT_FIELDS, "project_id", "scope", "emergency_cause", "village_code", "township_code", "county_code", "*"}
)


def locked(row: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields of a project that only the library's moves may change, in the state given.

    >>> sorted(locked({"status": "draft"})), {"name", "*"} <= locked({"status": "applied"})
    (['event_seq', 'plan_rank', 'plan_year', 'status'], True)
    """
    status = known(row, "status")
    if status is None or status in _OPEN:
        return PROCEDURE_FIELDS | ({"*", "project_id"} if known(row, "event_seq") else frozenset())
    return PROCEDURE_FIELDS | _HANDED_IN | ({"geometry"} if status in _PLACED else frozenset())


def entry(row: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields with which a new project would stand further than a draft.

    >>> sorted(entry({"status": "in_library", "plan_year": None})), entry({"status": "draft"})
    (['status'], frozenset())
    """
    free: dict[str, tuple[Any, ...]] = {"status": (None, "draft"), "event_seq": (None, 0)}
    return frozenset(name for name in PROCEDURE_FIELDS if known(row, name) not in free.get(name, (None,)))


LAYER = Layer(
    name="projects",
    zh="项目",
    en="Projects",
    entity="C11",
    geometry=GeometryKind.ANY,
    key="project_id",
    fields=(
        text("project_id", "项目编号", "Project id", "des", required=True, length=60),
        text("name", "项目名称", "Name", "S4-17 f1", required=True, length=300),
        code("category", "S4-17 f2", PROJECT_CATEGORY, ("项目类别", "Category"), recommended=True),
        code("build_nature", "S4-17 f3; list memory", BUILD_NATURE, ("建设性质", "Nature of works"), recommended=True),
        text("location_text", "实施地点", "Location", "S4-17 f4", recommended=True, length=500),
        listing("village_codes", "涉及村", "Villages", "S4-17 f4", recommended=True, references="villages"),
        date("start_date", "开工日期", "Start", "S4-17 f5", recommended=True),
        date("end_date", "完工日期", "End", "S4-17 f5", recommended=True),
        text("responsible_unit", "责任单位", "Responsible unit", "S4-17 f6", recommended=True, length=200),
        text("task", "建设任务", "Task", "S4-17 f7", recommended=True, length=1000),
        number("quantity", "工程量", "Quantity", "S4-17 f7", recommended=True, minimum=0),
        text("quantity_unit", "工程量单位", "Unit of quantity", "S4-17 f7", recommended=True, length=40),
        number("budget_total", "资金规模", "Budget", "S4-17 f8", unit="万元", minimum=0, recommended=True),
        listing(
            "funding_sources",
            "筹资方式",
            "Funding sources",
            "S4-17 f8; A2.2",
            unit="万元",
            recommended=True,
            note='[{"code","amount_wan_yuan"}], Σ = budget_total',
        ),
        text("beneficiary_text", "受益对象", "Beneficiaries", "S4-17 f9", recommended=True, length=500),
        integer(
            "benefit_households", "受益户数", "Households that benefit", "S4-17 f9", recommended=True, unit="household", minimum=0
        ),
        integer("benefit_persons", "受益人数", "Persons who benefit", "S4-17 f9", recommended=True, unit="person", minimum=0),
        integer("benefit_former_poor", "受益脱贫人口", "Former poor who benefit", "S4-17 f9", unit="person", minimum=0),
        integer("benefit_monitored", "受益监测对象", "Monitored persons who benefit", "S4-17 f9", unit="person", minimum=0),
        text("performance_target", "绩效目标", "Performance target", "S4-17 f10", recommended=True, length=1000),
        text("participation", "群众参与", "Participation", "S4-17 f11", recommended=True, length=1000),
        text("interest_linkage", "利益联结机制", "Interest linkage", "S4-17 f11", recommended=True, length=1000),
        code("scope", "S4-17 三", PROJECT_SCOPE, ("规模类型", "Scope"), recommended=True),
        code("status", "S4-17", PROJECT_STATUS, ("状态", "Status"), recommended=True),
        integer("plan_year", "计划年度", "Plan year", "S4-17 四(三)", minimum=2000, maximum=2100),
        integer("plan_rank", "计划排序", "Plan rank", "S4-17 四(三)", minimum=1),
        code("baiyin_category", "S3", BAIYIN_CATEGORY, ("白银规划类别", "Baiyin category")),
        code("baiyin_item", "S3", BAIYIN_ITEM, ("白银规划子项", "Baiyin sub-item")),
        flag("work_relief", "以工代赈", "Work relief", "S3, S4-8"),
        code("sector", "des", SECTOR, ("行业", "Sector"), note="whose opinion is asked (S4-17 三, A1.3 3c)"),
        code("emergency_cause", "S4-17 三", EMERGENCY_CAUSE, ("应急原因", "Cause of the emergency"), note="needed for 应急"),
        text(
            "site_reason",
            "选址理由",
            "Reason for the site",
            "des",
            length=500,
            note="why it invests in a village to be moved or merged (E20)",
        ),
        integer("event_seq", "事件数", "Events", "des", minimum=0, note="how many events the library keeps of the project"),
        area("village", "des", note="the village that applies; empty for works of several townships"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C11",
    area_fields=("village_code", "township_code", "county_code"),
    locked=locked,
    entry=entry,
    own_kinds=frozenset({"library", "ledger", "demo", "area"}),
    place_tolerance_m=100.0,
    place_rule=PLACE_TOLERANCE,
    row_checks=(
        dates_in_order("start_date", "end_date", "开工日期不晚于完工日期", "start not after end"),
        not_above(
            "benefit_former_poor", "benefit_persons", "受益脱贫人口不大于受益人数", "former poor not above all who benefit"
        ),
        not_above("benefit_monitored", "benefit_persons", "受益监测对象不大于受益人数", "monitored not above all who benefit"),
        check_funding_sum,
        fund_codes_listed("funding_sources"),
        check_item_fits_category,
    ),
)
