"""Books of what happened: disposals, income and its distribution, and the register of notices."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions.book_rows import COUNTED, WAN, Row, Sources, book_of, cell, grouped, numbered, words
from geo_app.actions.notice_facts import day, decimal, known
from geo_app.actions.notices import own_path
from layers.codes import INCOME_PROHIBITED, INCOME_USE
from map_templates.books import Book, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from map_templates.books import Cell

DISPOSAL_COLUMNS: Final = (
    COUNTED,
    Column("资产编号", 9),
    Column("资产名称", 16),
    Column("处置原因", 8),
    Column("处置方式", 7),
    Column("申请（决策）日期", 7.5, "center"),
    Column("处置前价值", 8, "number", "万元", total=True),
    Column("评估价值", 8, "number", "万元", total=True),
    Column("评估单位", 10),
    Column("审核日期", 7.5, "center"),
    Column("审批（备案）日期", 7.5, "center"),
    Column("审批人", 8),
    Column("产权变更", 7.5, "center"),
    Column("处置收入", 8, "number", "万元", total=True),
    Column("收入用途", 13),
    Column("进度", 9),
)
INCOME_COLUMNS: Final = (
    COUNTED,
    Column("资产编号", 9),
    Column("资产名称", 17),
    Column("所属期", 7, "center"),
    Column("结算日期", 7.5, "center"),
    Column("收益", 8, "number", "万元", total=True),
    Column("分配方案", 7.5, "center"),
    Column("审核", 7.5, "center"),
    Column("备案（审批）", 7.5, "center"),
    Column("公布", 7.5, "center"),
    Column("已使用", 8, "number", "万元", total=True),
    Column("用途", 18),
)
NOTICE_COLUMNS: Final = (
    COUNTED,
    Column("公示事项", 9),
    Column("对象编号", 10),
    Column("对象名称", 18),
    Column("层级", 6, "center"),
    Column("公示单位", 12),
    Column("公示地点", 12),
    Column("开始", 7.5, "center"),
    Column("结束", 7.5, "center"),
    Column("天数", 5, "number", "日", decimals=0),
    Column("异议", 5, "number", "件", decimals=0, total=True),
    Column("公开页（网址）", 14),
)
DECIDED: Final = ("处置申请", "四议两公开", "民主决策")
"""With what a disposal begins: a public, a small and a collective one; each says cause, way and plan."""
DISPOSAL: Final = frozenset(
    {*DECIDED, "处置审核", "处置登记", "处置审批", "处置备案", "评估", "产权变更", "处置收入使用", "处置公示"}
)
INCOME: Final = frozenset({"收益结算", "分配方案", "分配审核", "分配备案", "分配审批", "分配公布", "收益使用"})
PROJECT_NOTICES: Final = frozenset({"村公示", "乡公示", "县公示", "入库公告", "调整公告"})
USES: Final = {code.code: code.zh for code in (*INCOME_USE, *INCOME_PROHIBITED)}
ASSET_NOTICES: Final = frozenset(
    {"摸底公示", "变更公示", "登记通告", "确权公告", "台账公示", "审定公开", "年度公示", "分配公布", "处置公示"}
)


def _latest(events: Sequence[Row], *kinds: str) -> Row:
    """Give the last event of any of these kinds; an empty row when there is none."""
    found = [row for row in events if known(row.get("event_type")) in kinds]
    return found[-1] if found else {}


def _sum(events: Iterable[Row], kind: str, name: str) -> Decimal | None:
    values = [value for row in events if known(row.get("event_type")) == kind and (value := decimal(row.get(name))) is not None]
    return sum(values, Decimal(0)) if values else None


def _uses(events: Iterable[Row], kind: str) -> str | None:
    codes: dict[str, Decimal | None] = {}
    for row in events:
        for item in known(row.get("uses")) or () if known(row.get("event_type")) == kind else ():
            if isinstance(item, dict):
                amount = decimal(item.get("amount_wan_yuan"))
                label = words("asset_events", "uses", [USES.get(str(item.get("use")), str(item.get("use")))])
                codes[label] = (codes.get(label) or Decimal(0)) + amount if amount is not None else codes.get(label)
    return "；".join(label if amount is None else f"{label} {amount}" for label, amount in codes.items()) or None


def _by_asset(sources: Sources, kinds: frozenset[str]) -> tuple[dict[str, Row], dict[str, list[Row]]]:
    """Give the assets of the area, and for each the events of these kinds in the order in which they happened."""
    assets = {str(row["asset_id"]): row for row in sources.rows("assets")}
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sources.rows("asset_events"):
        key = known(row.get("asset_id"))
        begun = day(row.get("start_date"))
        if key is not None and known(row.get("event_type")) in kinds and (begun is None or begun <= sources.as_of):
            found[str(key)].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (str(day(row.get("start_date")) or ""), known(row.get("seq")) or 0))
    return assets, found


def _year(row: Row) -> int | None:
    found = day(row.get("start_date"))
    return None if found is None else found.year


def _date(row: Row) -> Cell:
    return day(row.get("start_date"))


def disposal(sources: Sources) -> Book:
    """Write the book of disposals that moved in the year: cause, valuation, approval, title, proceeds and their use."""
    assets, events = _by_asset(sources, DISPOSAL)
    lines = []
    for key in sorted(events):
        own = events[key]
        if not any(_year(row) == sources.year for row in own):
            continue
        asked, valued = _latest(own, *DECIDED), _latest(own, "评估")
        decided, checked = _latest(own, "处置审批", "处置备案"), _latest(own, "处置审核", "处置登记")
        asset = assets.get(key, {"asset_id": key})
        before = _before(own)
        said = [cell("asset_events", asked, "cause"), cell("asset_events", asked, "disposal_mode"), _date(asked)]
        worth = [
            before,
            _worth(valued),
            cell("asset_events", valued, "valuer"),
        ]
        dates = [_date(checked), _date(decided), cell("asset_events", decided, "approver"), _date(_latest(own, "产权变更"))]
        use = [_proceeds(own), _uses(own, "处置收入使用"), words("asset_events", "event_type", own[-1]["event_type"])]
        lines.append([key, cell("assets", asset, "name"), *said, *worth, *dates, *use])
    notes = ("处置收入用于巩固脱贫成果和乡村振兴，不得分配给集体成员（湘扶办联〔2021〕2号、国办函〔2021〕51号）。",)
    title = f"{sources.year} 年度帮扶项目资产处置台账"
    return book_of(sources, title, DISPOSAL_COLUMNS, numbered(lines), unit_note=WAN, notes=notes)


def _before(own: Sequence[Row]) -> Decimal | None:
    """Give what an asset was worth before its disposal: as an event states it, else as the first change of its value found it."""
    for row in own:
        stated = decimal(row.get("value_before"))
        changed = (
            item for item in known(row.get("changes")) or () if isinstance(item, dict) and item.get("field") == "current_value"
        )
        for found in (stated, *(decimal(item.get("before")) for item in changed)):
            if found is not None:
                return found
    return None


def _worth(valued: Row) -> Decimal | None:
    found = decimal(valued.get("value_after"))
    return found if found is not None else decimal(valued.get("amount"))


def _proceeds(own: Sequence[Row]) -> Decimal | None:
    """Give the proceeds of a disposal: what the change of title states, else what is said to have been used."""
    found = decimal(_latest(own, "产权变更").get("amount"))
    return found if found is not None else _sum(own, "处置收入使用", "amount")


def income(sources: Sources) -> Book:
    """Write the book of income of the year: settled, distributed, approved, published and used, asset by asset."""
    assets, events = _by_asset(sources, INCOME)
    operating = [key for key, row in assets.items() if known(row.get("asset_class")) == "OPR"]
    lines: list[dict[str, Any]] = []
    for key in sorted({*operating, *events}):
        own = [row for row in events.get(key, []) if _year(row) == sources.year]
        asset = assets.get(key, {"asset_id": key, "name": None})
        settled = _latest(own, "收益结算")
        dates = [
            _date(_latest(own, kind, other))
            for kind, other in (("分配方案", ""), ("分配审核", ""), ("分配备案", "分配审批"), ("分配公布", ""))
        ]
        used = _sum(own, "收益使用", "amount")
        row = [key, cell("assets", asset, "name"), _periods(own), _date(settled)]
        cells = [*row, _sum(own, "收益结算", "amount"), *dates, used if used is not None else _used(own), _uses(own, "收益使用")]
        lines.append({"group": sources.name(asset.get("township_code")) or "县本级", "cells": cells, "settled": bool(settled)})
    lines, groups = grouped(lines, lambda row: str(row["group"]))
    missing = sum(not row["settled"] for row in lines)
    notes = (
        f"经营性资产 {len(lines)} 项，其中 {missing} 项本年度尚未登记收益结算（每年至少结算 1 次，湘振局联〔2021〕5号）。",
        "不得从资产收益中提取村级组织管理费、福利、奖金，不得平均发放（湘扶办联〔2021〕2号）。",
    )
    title = f"{sources.year} 年度帮扶项目资产收益分配台账"
    return book_of(
        sources, title, INCOME_COLUMNS, numbered(row["cells"] for row in lines), groups=groups, unit_note=WAN, notes=notes
    )


def _periods(own: Iterable[Row]) -> str | None:
    """Name every period that was settled."""
    named = [cell("asset_events", row, "period") for row in own if known(row.get("event_type")) == "收益结算"]
    return "、".join(str(period) for period in named if period is not None) or None


def _used(own: Iterable[Row]) -> Decimal | None:
    amounts = [
        amount
        for row in own
        if known(row.get("event_type")) == "收益使用"
        for item in known(row.get("uses")) or ()
        if isinstance(item, dict) and (amount := decimal(item.get("amount_wan_yuan"))) is not None
    ]
    return sum(amounts, Decimal(0)) if amounts else None


def notices(sources: Sources) -> Book:
    """Write the register of the notices that began in the year, of projects, assets and ledgers: place, days, objections."""
    names = {str(row["project_id"]): row for row in sources.rows("projects")} | {
        str(row["asset_id"]): row for row in sources.rows("assets")
    }
    names |= {str(row["ledger_id"]): row for row in sources.rows("ledgers")}
    lines = []
    for layer, kinds in (("project_events", PROJECT_NOTICES), ("asset_events", ASSET_NOTICES)):
        for row in sources.rows(layer):
            if known(row.get("event_type")) in kinds and _year(row) == sources.year:
                key = str(known(row.get("project_id")) or known(row.get("asset_id")) or known(row.get("ledger_id")) or "")
                lines.append({"layer": layer, "at": str(_date(row)), "key": key, "cells": _notice(layer, row, key, names)})
    lines.sort(key=lambda row: (row["layer"] == "asset_events", row["at"], row["key"]))
    lines, groups = grouped(lines, lambda row: {"project_events": "项目库", "asset_events": "资产"}[row["layer"]])
    notes = ("结束为空的是长期公告。天数为开始日至结束日的天数。",)
    title = f"{sources.year} 年度公示公告登记簿"
    return book_of(sources, title, NOTICE_COLUMNS, numbered(row["cells"] for row in lines), groups=groups, notes=notes)


def _notice(layer: str, row: Row, key: str, names: dict[str, Row]) -> list[Cell]:
    subject = names.get(key, {})
    begin, end = day(row.get("start_date")), day(row.get("end_date"))
    days = None if begin is None or end is None else (end - begin).days
    page, url = known(row.get("publication_id")), known(row.get("url"))
    here = page is not None and (url is None or own_path(str(url), int(page)) is not None)
    place = f"公示第{int(page)}号" if here else None if url is None else str(url)
    named = known(subject.get("name"))
    said = [
        cell(layer, row, "event_type"),
        key,
        None if named is None else words("projects", "name", named),
        cell(layer, row, "level"),
    ]
    objections = known(row.get("objections"))
    return [
        *said,
        cell(layer, row, "unit"),
        cell(layer, row, "place"),
        begin,
        end,
        days,
        None if objections is None else int(objections),
        place,
    ]
