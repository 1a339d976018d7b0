"""The ledgers of assets: village, township, county and sector; as they were built, or from the assets as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo_app.actions.book_rows import COUNTED, WAN, Row, Sources, book_of, cell, cells, grouped, numbered, total, unknown_notes
from geo_app.actions.ledger.building import sector_of
from geo_app.actions.notice_facts import day, known
from layers.asset_fields import UPKEEP, WORTH
from layers.catalogue import LAYERS
from layers.codes import ASSET_CLASS, OWNER_LEVEL, SECTOR
from map_templates.books import Book, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from map_templates.books import Cell

COLUMNS: Final = (
    COUNTED,
    Column("资产编号", 9),
    Column("资产名称", 17),
    Column("子类", 8),
    Column("来源项目", 9),
    Column("资金来源", 14),
    Column("原值", 8, "number", "万元", total=True),
    Column("现值", 8, "number", "万元", total=True),
    Column("形成日期", 7.5, "center"),
    Column("归属", 6),
    Column("所有权人", 11),
    Column("确权", 4, "center"),
    Column("管护人", 9),
    Column("管护经费", 6.5, "number", "万元/年", total=True),
    Column("经营主体（方式）", 10),
    Column("状态", 5),
)
FIELDS: Final = ("asset_id", "name", "sub_class", "project_id", *WORTH, "owner_level", "owner", "confirmed", *UPKEEP)
LAST: Final = "~"
"""Sorts behind every code: what belongs to no village or township comes at the end."""
DISPOSED: Final = "已处置"
CLASS_ORDER: Final = {code.code: place for place, code in enumerate(ASSET_CLASS)}


def _line(row: Row) -> list[Cell]:
    operator, mode = cell("assets", row, "operator"), cell("assets", row, "mode")
    run = f"{operator or ''}{f'（{mode}）' if mode else ''}" or None
    return [*cells("assets", row, FIELDS), run, cell("assets", row, "status")]


def of_class(row: Row) -> str:
    """Give the heading under which an asset stands in books by class."""
    return ASSET_CLASS.label(str(known(row.get("asset_class")) or ""))


def by_class(row: Row) -> tuple[int, str]:
    """Give what books by class are sorted by."""
    return CLASS_ORDER.get(str(row.get("asset_class")), 9), str(row.get("asset_id"))


def present(sources: Sources) -> list[Row]:
    """Give the assets of the area as they are: formed by the day of the book and not disposed of by then."""
    found = []
    for row in sources.rows("assets"):
        formed, gone = day(row.get("formed_date")), day(row.get("disposed_on"))
        disposed = known(row.get("status")) == DISPOSED and (gone is None or gone <= sources.as_of)
        if (formed is None or formed <= sources.as_of) and not disposed:
            found.append(row)
    return found


def built(sources: Sources, level: str, unit: str = "") -> tuple[Row, list[Row]] | None:
    """Give the ledger of the level and year that was built for the area, with its entries; None when none was."""
    found = [
        row
        for row in sources.rows("ledgers")
        if known(row.get("level")) == level and known(row.get("year")) == sources.year and _of_area(sources, level, row, unit)
    ]
    if not found:
        return None
    ledger = max(
        found, key=lambda row: (known(row.get("state")) != "replaced", str(day(row.get("built_on")) or ""), str(row["ledger_id"]))
    )
    return ledger, [row for row in sources.rows("ledger_entries") if row["ledger_id"] == ledger["ledger_id"]]


def _of_area(sources: Sources, level: str, row: Row, sector: str) -> bool:
    """Say whether a ledger is that of the area, or of the sector in it; without an area there is no one ledger."""
    if sources.area is None:
        return False
    unit = known(row.get("unit"))
    if level == "LV3":
        return bool(unit == f"{sources.area}:{sector}")
    name = {"LV1": "village_code", "LV2": "township_code"}.get(level, "county_code")
    return bool(unit == sources.area or known(row.get(name)) == sources.area)


def partitions(rows: Sequence[Row]) -> str:
    """Say the sums by class and by owner level, and whether both add up to the same number and value (E10).

    >>> rows = [{"asset_class": "PUB", "owner_level": "村集体", "original_value": 1.5}]
    >>> partitions(rows)
    '分类核对：共 1 项，原值 1.5 万元；按类别：公益性资产 1 项 1.5 万元；按归属：村集体 1 项 1.5 万元；两种划分数量、价值相等。'
    """
    value, _ = total(rows, "original_value")
    by_class = [(code.zh, [row for row in rows if known(row.get("asset_class")) == code.code]) for code in ASSET_CLASS]
    by_owner = [(code.zh, [row for row in rows if known(row.get("owner_level")) == code.code]) for code in OWNER_LEVEL]
    by_owner.append(("归属未知", [row for row in rows if known(row.get("owner_level")) is None]))
    said = [
        "、".join(f"{title} {len(part)} 项 {total(part, 'original_value')[0]} 万元" for title, part in parts if part)
        for parts in (by_class, by_owner)
    ]
    sums = [
        (sum(len(part) for _, part in parts), sum(total(part, "original_value")[0] for _, part in parts))
        for parts in (by_class, by_owner)
    ]
    equal = sums[0] == sums[1] == (len(rows), value)
    verdict = "两种划分数量、价值相等" if equal else "两种划分不相等，请核对类别与归属"
    return f"分类核对：共 {len(rows)} 项，原值 {value} 万元；按类别：{said[0]}；按归属：{said[1]}；{verdict}。"


def _ledger(
    sources: Sources, title: str, level: str, group: Callable[[Row], str], *, keep: Callable[[Row], bool] | None = None
) -> Book:
    made = built(sources, level, sources.sector)
    rows = made[1] if made else present(sources)
    if keep is not None and not made:
        rows = [row for row in rows if keep(row)]
    place = {"LV1": "", "LV2": "village_code"}.get(level, "township_code")
    rows = sorted(rows, key=lambda row: (str(known(row.get(place)) or LAST), *by_class(row)))
    ordered, groups = grouped(rows, group)
    return book_of(
        sources,
        title,
        COLUMNS,
        numbered(_line(row) for row in ordered),
        groups=groups,
        subtitle=f"{sources.year} 年度",
        unit_note=WAN,
        notes=(*_state(made), *unknown_notes("assets", rows, ("original_value", "current_value")), partitions(rows), HOUSEHOLDS),
        signatures=SIGNED[level],
    )


HOUSEHOLDS: Final = "到户类资产不印农户姓名。"
SIGNED: Final = {
    "LV1": ("制表人", "村务监督委员会", "村负责人"),
    "LV2": ("制表人", "审核人", "乡镇负责人"),
    "LV3": ("制表人", "审核人", "部门负责人"),
    "LV4": ("制表人", "审核人", "负责人"),
}


def _state(made: tuple[Row, list[Row]] | None) -> list[str]:
    if made is None:
        return ["本册按资产库现状编制，尚未建立本年度台账。"]
    ledger = made[0]
    declared = LAYERS["ledgers"]
    said: list[Any] = [f"台账编号 {ledger['ledger_id']}", f"建立日期 {day(ledger.get('built_on')) or '—'}"]
    for name in ("published_on", "confirmed_on", "approved_on", "opened_on"):
        found = day(ledger.get(name))
        if found:
            said.append(f"{declared[name].zh} {found}")
    state = known(ledger.get("state"))
    codes = declared["state"].codes
    if state and codes:
        said.append(f"状态：{codes.label(str(state))}")
    return ["；".join(said) + "。"]


def village(sources: Sources) -> Book:
    """Write the ledger of a village, by class."""
    return _ledger(sources, "村级帮扶项目资产台账", "LV1", of_class)


def township(sources: Sources) -> Book:
    """Write the ledger of a township, by village."""
    return _ledger(sources, "乡镇帮扶项目资产台账", "LV2", lambda row: sources.name(row.get("village_code")) or "乡镇本级")


def county(sources: Sources) -> Book:
    """Write the ledger of a county, by township."""
    return _ledger(sources, "县级帮扶项目资产台账", "LV4", lambda row: sources.name(row.get("township_code")) or "县本级")


def sector(sources: Sources) -> Book:
    """Write the ledger of a sector department, by township."""
    label = SECTOR.label(sources.sector)
    return _ledger(
        sources,
        f"{label}行业帮扶项目资产台账",
        "LV3",
        lambda row: sources.name(row.get("township_code")) or "县本级",
        keep=lambda row: sector_of(row) == sources.sector,
    )
