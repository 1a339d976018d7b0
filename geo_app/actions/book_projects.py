"""The project library as a list, and the annual plan by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo_app.actions.book_rows import COUNTED, WAN, Row, Sources, book_of, cell, cells, grouped, numbered, total, unknown_notes
from geo_app.actions.notice_facts import day, decimal, funds, known
from geo_app.actions.notices import own_path
from layers.codes import PROJECT_CATEGORY
from map_templates.books import Book, Column

if TYPE_CHECKING:
    from map_templates.books import Cell

LIBRARY_COLUMNS: Final = (
    COUNTED,
    Column("项目编号", 8),
    Column("项目名称", 14),
    Column("建设性质", 5, "center"),
    Column("实施地点", 10),
    Column("开工", 6.5, "center"),
    Column("完工", 6.5, "center"),
    Column("责任单位", 9),
    Column("建设任务", 15),
    Column("资金规模", 8, "number", "万元", total=True),
    Column("筹资方式", 13),
    Column("受益对象", 9),
    Column("受益户数", 6, "number", "户", decimals=0, total=True),
    Column("受益人数", 6, "number", "人", decimals=0, total=True),
    Column("绩效目标", 12),
    Column("群众参与", 10),
    Column("利益联结机制", 10),
    Column("状态", 6),
)
LIBRARY_FIELDS: Final = (
    "project_id",
    "name",
    "build_nature",
    "location_text",
    "start_date",
    "end_date",
    "responsible_unit",
    "task",
    "budget_total",
    "funding_sources",
    "beneficiary_text",
    "benefit_households",
    "benefit_persons",
    "performance_target",
    "participation",
    "interest_linkage",
    "status",
)
PLAN_COLUMNS: Final = (
    Column("排序", 4, "number", decimals=0),
    Column("项目编号", 9),
    Column("项目名称", 18),
    Column("项目类别", 8),
    Column("实施地点", 12),
    Column("建设任务", 18),
    Column("工期", 10, "center"),
    Column("资金规模", 8, "number", "万元", total=True),
    Column("筹资方式", 16),
    Column("责任单位", 11),
    Column("受益人数", 6, "number", "人", decimals=0, total=True),
    Column("状态", 6),
)
IN_LIBRARY: Final = frozenset({"in_library", "annual_plan", "implementing", "completed", "accepted", "asset_formed"})
"""Stages in which a project is in the library; one that left it, or has not come in, is not listed."""


def library(sources: Sources) -> Book:
    """Write the list of the projects in the library, by category, with the eleven required fields."""
    rows = [row for row in sources.rows("projects") if known(row.get("status")) in IN_LIBRARY]
    order = {code.code: place for place, code in enumerate(PROJECT_CATEGORY)}
    rows.sort(key=lambda row: (order.get(str(row.get("category")), 99), str(row["project_id"])))
    rows, groups = grouped(rows, lambda row: PROJECT_CATEGORY.label(str(known(row.get("category")) or "")) or "类别未知")
    return book_of(
        sources,
        "县级巩固拓展脱贫攻坚成果和乡村振兴项目库清单",
        LIBRARY_COLUMNS,
        numbered(cells("projects", row, LIBRARY_FIELDS) for row in rows),
        groups=groups,
        unit_note=WAN,
        paper="A3",
        notes=tuple(unknown_notes("projects", rows, ("budget_total", "benefit_households", "benefit_persons"))),
    )


def _term(row: Row) -> str | None:
    start, end = day(row.get("start_date")), day(row.get("end_date"))
    return None if start is None and end is None else f"{start or '—'} 至 {end or '—'}"


def plan(sources: Sources) -> Book:
    """Write the annual plan of a year, ranked, with its limit and where it was published."""
    rows = [row for row in sources.rows("projects") if known(row.get("plan_year")) == sources.year]
    plans = [row for row in sources.rows("annual_plans") if known(row.get("plan_year")) == sources.year]
    order = {str(key): place for row in plans for place, key in enumerate(known(row.get("ranking")) or (), start=1)}
    for row in rows:
        row["plan_rank"] = known(row.get("plan_rank")) or order.get(str(row["project_id"]))
    rows.sort(
        key=lambda row: (
            sources.name(row.get("county_code")),
            row["plan_rank"] is None,
            row["plan_rank"] or 0,
            str(row["project_id"]),
        )
    )
    counties = {str(known(row.get("county_code"))) for row in rows}
    rows, groups = grouped(rows, lambda row: sources.name(row.get("county_code"))) if len(counties) > 1 else (rows, ())

    def line(row: Row) -> list[Cell]:
        rank = row["plan_rank"]
        first = cells("projects", row, ("project_id", "name", "category", "location_text", "task"))
        rest = cells("projects", row, ("budget_total", "funding_sources", "responsible_unit", "benefit_persons", "status"))
        return [None if rank is None else int(rank), *first, _term(row), *rest]

    notes = [
        *(said for row in plans for said in _plan_notes(sources, row, rows)),
        *unknown_notes("projects", rows, ("budget_total",)),
    ]
    if not plans:
        notes.insert(0, f"尚未编制 {sources.year} 年度项目计划；本册列出计划年度为 {sources.year} 年的项目。")
    title = f"{sources.year} 年度项目计划"
    return book_of(sources, title, PLAN_COLUMNS, [line(row) for row in rows], groups=groups, unit_note=WAN, notes=tuple(notes))


def _plan_notes(sources: Sources, row: Row, rows: list[Row]) -> list[str]:
    name, limit = sources.name(row.get("county_code")), decimal(row.get("money_limit"))
    own = [item for item in rows if item.get("county_code") == row.get("county_code")]
    asked, _ = total(own, "budget_total")
    said = [f"{name}：资金上限 {'—' if limit is None else limit} 万元，列入项目 {len(own)} 个，资金 {asked} 万元"]
    if limit is not None and asked > limit:
        said.append(f"超出上限 {asked - limit} 万元")
    sources_of = funds(row.get("fund_sources"))
    if sources_of:
        said.append(f"资金来源：{sources_of}")
    compiled, published = day(row.get("compiled_on")), day(row.get("published_on"))
    said.append(f"编制完成 {compiled or '—'}，公开 {published or '—'}")
    address, page = known(row.get("url")), known(row.get("publication_id"))
    if page is not None:
        said.append(f"公示第{int(page)}号")
    if address and own_path(str(address), None if page is None else int(page)) is None:
        said.append(f"公开网址 {address}")
    state = cell("annual_plans", row, "state")
    return [f"{'；'.join(said)}；状态：{state or '—'}。"]
