"""The county's project library as a workbook in the form that is read back: the same cells give the same rows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geo_app.actions import export_layer, reach
from geo_app.actions.library import sheet_form
from geo_app.actions.merging import plain
from layers.codes import FUND_SOURCE
from layers.projects import LAYER

if TYPE_CHECKING:
    import datetime as dt

    from geo_app.access import Person
    from layers.store import Store

LONGEST_CELL: Final = 32_767
WIDE: Final = frozenset({"name", "location_text", "task", "performance_target", "participation", "interest_linkage"})
WIDTH, WIDE_WIDTH = 16, 36
HEAD: Final = PatternFill("solid", start_color="FFE8EEF3")
NOTES: Final = (
    ("填写说明", "How to fill this in"),
    (
        "每行一个项目，以“项目编号”对应；空白单元格不改动库内已有内容。",
        "One project a row, matched by its number; an empty cell changes nothing that is held.",
    ),
    (
        "资金一律以表头括号内的单位填写；筹资方式写作“资金来源 金额”，以；分隔。",
        "Money in the unit of the heading; funding as source and amount, divided by ；.",
    ),
    (
        "状态、计划年度、计划排序只由程序改变：已在库的项目不能经本表修改。",
        "Status, plan year and rank follow the procedure: of projects that are held this sheet cannot change them.",
    ),
    (
        "WKT 列为图形，坐标系 CGCS2000 经纬度（EPSG:4490）。",
        "The column WKT has the geometry in CGCS2000 longitude and latitude (EPSG:4490).",
    ),
)


def workbook(store: Store, person: Person, *, area: str | None, today: dt.date) -> tuple[bytes, int]:
    """Write the projects that a person reads, in an area or everywhere, and give the file and the number of projects.

    Raises:
        NotSignedInError, NotFoundError: the person reads no projects, or there is no such area.
    """
    inside = set(export_layer.rows(store, LAYER, area=area, person=person)["project_id"])
    held: list[dict[str, Any]] = store.read("projects", reach=reach.of(store, person, "projects")).to_dict("records")
    rows = [row for row in held if row["project_id"] in inside]  # as they are stored: codes that an export fills in are no values
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_form.SHEET)
    for place, item in enumerate(sheet_form.FIELDS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDE_WIDTH if item.name in WIDE else WIDTH
    sheet.freeze_panes = "C2"
    sheet.append([_head(sheet, text) for text in (*map(sheet_form.header, sheet_form.FIELDS), sheet_form.PLACE)])
    for row in rows:
        cells = [sheet_form.cell(item, plain(row.get(item.name))) for item in sheet_form.FIELDS]
        sheet.append([_cell(sheet, value) for value in (*cells, _wkt(row.get("geometry")))])
    _codes(book)
    simulated = any(row.get("data_quality") == "synthetic" for row in rows)
    _notes(book, today=today, count=len(rows), simulated=simulated)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), len(rows)


def _head(sheet: Any, text: str) -> Any:
    found = WriteOnlyCell(sheet, value=text)
    found.font, found.fill, found.alignment = Font(bold=True), HEAD, Alignment(wrap_text=True, vertical="center")
    return found


def _cell(sheet: Any, value: Any) -> Any:
    """Give a cell whose text is text: nothing that begins like a formula is run."""
    if not isinstance(value, str):
        return value
    found = WriteOnlyCell(sheet, value=value[:LONGEST_CELL])
    found.data_type = "s"
    return found


def _wkt(shape: Any) -> str | None:
    """Give a geometry as WKT with all its digits; one too long for a cell is left out, and a row without it keeps its place."""
    if shape is None or shape.is_empty:
        return None
    text = str(shapely.to_wkt(shape, rounding_precision=-1))
    return text if len(text) <= LONGEST_CELL else None


def _codes(book: Workbook) -> None:
    sheet = book.create_sheet(sheet_form.CODES_SHEET)
    sheet.append([_head(sheet, text) for text in ("字段", "代码", "名称", "English", "依据")])
    for item in sheet_form.FIELDS:
        for code in item.codes or ():
            sheet.append([item.zh, code.code, code.zh, code.en, code.source])
    for code in FUND_SOURCE:
        sheet.append([LAYER["funding_sources"].zh, code.code, code.zh, code.en, code.source])


def _notes(book: Workbook, *, today: dt.date, count: int, simulated: bool) -> None:
    sheet = book.create_sheet(sheet_form.NOTES_SHEET)
    sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = 70
    if simulated:
        sheet.append(
            ["模拟数据：标为“模拟”的行不是任何地方的事实。", "Simulated data: rows marked so are not facts about any place."]
        )
    for pair in NOTES:
        sheet.append(list(pair))
    sheet.append([f"导出日期 {today.isoformat()}，{count} 个项目", f"Exported {today.isoformat()}, {count} projects"])
