"""The four lists of an area's assets (四张清单): assets, duties, rules, and the archives that each level holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo_app.actions.book_ledgers import HOUSEHOLDS, by_class, of_class, partitions, present
from geo_app.actions.book_rows import COUNTED, WAN, Row, Sources, book_of, cells, grouped, numbered, unknown_notes
from geo_app.actions.ledger.building import sector_of
from geo_app.actions.notice_facts import known
from layers.asset_fields import HOLDERS, UPKEEP
from layers.codes import SECTOR, table
from map_templates.books import Book, Column

if TYPE_CHECKING:
    from map_templates.books import Cell

ASSET_COLUMNS: Final = (
    COUNTED,
    Column("资产编号", 10),
    Column("资产名称", 20),
    Column("子类", 9),
    Column("所在村", 9),
    Column("来源项目", 10),
    Column("原值", 8, "number", "万元", total=True),
    Column("现值", 8, "number", "万元", total=True),
    Column("形成日期", 8, "center"),
    Column("权证号", 10),
    Column("状态", 6),
)
DUTY_COLUMNS: Final = (
    COUNTED,
    Column("资产编号", 9),
    Column("资产名称", 16),
    Column("所有权人", 11),
    Column("使用权人", 10),
    Column("经营权人", 10),
    Column("收益权人", 10),
    Column("处置权人", 10),
    Column("监督权人", 11),
    Column("管护人", 9),
    Column("管护经费", 7, "number", "万元/年", total=True),
    Column("经营主体", 10),
    Column("行业主管", 7),
)
RULE_COLUMNS: Final = (
    COUNTED,
    Column("编号", 7),
    Column("事项", 20),
    Column("层级", 8),
    Column("公示天数", 8, "number", "日", decimals=0),
    Column("最迟开始", 8, "number", "日", decimals=0),
    Column("频次", 12),
    Column("文件", 22),
)
ARCHIVE_COLUMNS: Final = (
    COUNTED,
    Column("档案材料", 26),
    Column("形成环节", 14),
    Column("应有件数", 8, "number", "件", decimals=0, total=True),
    Column("已登记文件", 8, "number", "件", decimals=0, total=True),
    Column("缺少", 7, "number", "件", decimals=0, total=True),
    Column("依据", 16),
)
DUTIES: Final = ("asset_id", "name", *HOLDERS, *UPKEEP, "operator")
LEVELS: Final = (("村", "村级档案"), ("乡镇", "乡镇级档案"), ("行业部门", "行业部门档案"), ("县", "县级档案"))
ARCHIVES: Final = (
    # kind of event, document, source of the duty (A2.4)
    ("摸底公示", "资产清查登记表及公示材料", "湘振局联〔2021〕5号 二(一)"),
    ("摸底确认", "清查结果确认、登记入账材料", "湘振局联〔2021〕5号 二(一)"),
    ("登记接收", "旧台账接收登记材料", "湘振局联〔2021〕5号"),
    ("移交", "项目资产移交清单", "湘振局联〔2021〕5号"),
    ("确权方案", "资产确权工作方案", "湘振局联〔2021〕5号 二(二)"),
    ("登记通告", "确权登记通告", "湘振局联〔2021〕5号 二(二)"),
    ("实地勘验", "实地勘验记录", "湘振局联〔2021〕5号 二(二)"),
    ("确权公告", "确权审核结果公告", "湘振局联〔2021〕5号 二(二)"),
    ("颁证", "权属证书存根", "湘振局联〔2021〕5号 二(二)"),
    ("台账建立", "资产台账", "湘振局联〔2021〕5号 二(三)"),
    ("台账公示", "台账公示材料（公示页、照片）", "湘振局联〔2021〕5号 二(三)"),
    ("行业确认", "行业主管部门确认意见", "湘振局联〔2021〕5号 二(三)"),
    ("县级审定", "县级人民政府审定文件", "湘振局联〔2021〕5号 二(三)"),
    ("管护落实", "管护协议、经费安排", "湘扶办联〔2021〕2号"),
    ("经营落实", "经营合同、经营方案", "湘扶办联〔2021〕2号"),
    ("收益结算", "收益结算凭证", "湘振局联〔2021〕5号 二(六)"),
    ("分配方案", "收益分配方案及决议", "湘振局联〔2021〕5号 二(六)"),
    ("分配备案", "收益分配备案材料", "湘振局联〔2021〕5号 二(六)"),
    ("分配审批", "收益分配批复", "湘振局联〔2021〕5号 二(六)"),
    ("变更登记", "资产变更登记材料", "湘振局联〔2021〕5号"),
    ("变更备案", "资产变更备案材料", "湘振局联〔2021〕5号"),
    ("盘活", "资产盘活方案、协议", "湘振局联〔2021〕5号"),
    ("处置申请", "资产处置申请、方案", "湘振局联〔2021〕5号 二(七)"),
    ("四议两公开", "小型资产处置“四议两公开”会议记录、方案", "湘振局联〔2021〕5号 二(七)"),
    ("民主决策", "集体资产处置民主决策会议记录、方案", "湘振局联〔2021〕5号 二(七)"),
    ("处置公示", "资产处置公示材料（公示页、照片）", "湘振局联〔2021〕5号 二(七)"),
    ("处置登记", "小型资产处置登记材料", "湘振局联〔2021〕5号 二(七)"),
    ("处置备案", "资产处置备案材料", "湘振局联〔2021〕5号 二(七)"),
    ("评估", "资产评估报告", "湘振局联〔2021〕5号 二(七)"),
    ("处置审批", "资产处置批复", "湘振局联〔2021〕5号 二(七)"),
    ("产权变更", "产权变更、注销、核销材料", "湘振局联〔2021〕5号 二(七)"),
    ("处置收入使用", "处置收入使用凭证", "湘振局联〔2021〕5号 二(七)"),
    ("审计", "审计、检查材料", "湘振局联〔2021〕5号 三(四)"),
)


def assets(sources: Sources) -> Book:
    """Write the list of assets (资产清单), by class."""
    rows, groups = grouped(sorted(present(sources), key=by_class), of_class)

    def line(row: Row) -> list[Cell]:
        first = cells("assets", row, ("asset_id", "name", "sub_class"))
        rest = ("project_id", "original_value", "current_value", "formed_date", "certificate_no", "status")
        return [*first, sources.name(row.get("village_code")) or None, *cells("assets", row, rest)]

    notes = (*unknown_notes("assets", rows, ("original_value", "current_value")), partitions(rows), HOUSEHOLDS)
    return book_of(
        sources, "帮扶项目资产清单", ASSET_COLUMNS, numbered(map(line, rows)), groups=groups, unit_note=WAN, notes=notes
    )


def duties(sources: Sources) -> Book:
    """Write the list of duties (责任清单): who holds the five rights, both wordings of the second, and who keeps and runs it."""
    rows = [row for row in present(sources) if known(row.get("asset_class")) != "HHD"]
    rows, groups = grouped(rows, of_class)
    lines = ([*cells("assets", row, DUTIES), SECTOR.label(sector_of(row))] for row in rows)
    notes = (
        "第二项权利两种表述并列：使用权（湘扶办联〔2021〕2号）、经营权（衡委振组发〔2021〕1号）。",
        "到户类资产由农户自主使用、管护，不列入本清单。",
        *unknown_notes("assets", rows, ("maintenance_fund",)),
    )
    return book_of(sources, "帮扶项目资产管理责任清单", DUTY_COLUMNS, numbered(lines), groups=groups, unit_note="", notes=notes)


def rules(sources: Sources) -> Book:
    """Write the list of rules (制度清单): each notice, term and frequency of assets and projects with its document."""
    rows = [row for row in table("notice_rules") if row["domain"] in {"asset", "project"}]
    rows, groups = grouped(rows, lambda row: {"asset": "资产", "project": "项目库"}[row["domain"]])

    def number(text: str) -> int | None:
        return int(text) if text else None

    def line(row: dict[str, Any]) -> list[Cell]:
        days, delay = number(row["min_days"]), number(row["max_delay_days"])
        return [row["rule_id"], row["subject"], row["level"] or None, days, delay, row["frequency"] or None, row["document"]]

    notes = ("文件未印天数的以“—”表示。各文件均未说明是日历日还是工作日；系统默认按日历日计，可按地区设定。",)
    return book_of(
        sources, "帮扶项目资产管理制度清单", RULE_COLUMNS, numbered(map(line, rows)), groups=groups, notes=notes, simulated=False
    )


def archives(sources: Sources) -> Book:
    """Write the list of archives (县乡村三级档案清单): which papers each level holds, how many there should be and are."""
    events = [row for row in sources.rows("asset_events") if str(known(row.get("start_date")) or "")[:4] <= str(sources.year)]
    lines: list[Row] = []
    for level, title in LEVELS:
        for kind, paper, source in ARCHIVES:
            found = [row for row in events if known(row.get("event_type")) == kind and known(row.get("level")) in _same(level)]
            kept = sum(known(row.get("document")) is not None for row in found)
            if found:
                lines.append({"group": title, "cells": [paper, kind, len(found), kept, len(found) - kept, source]})
    lines, groups = grouped(lines, lambda row: str(row["group"]))
    notes = (
        "应有件数为该环节已登记的次数；已登记文件为其中写明文件名或文号的次数；纸质档案由各级自行保管。",
        "档案材料的名目按资产管理各环节整理（文件未印目录，系统归纳）。",
    )
    return book_of(
        sources, "县乡村三级档案清单", ARCHIVE_COLUMNS, numbered(line["cells"] for line in lines), groups=groups, notes=notes
    )


def _same(level: str) -> frozenset[str]:
    return frozenset(
        {level, {"村": "LV1", "乡镇": "LV2", "行业部门": "LV3", "县": "LV4"}[level], "乡" if level == "乡镇" else level}
    )
