"""Books as workbooks (XLSX) that print as they stand: merged title, frozen head that repeats, sums as formulas with their values.

A text is written as text whatever it begins with, so no cell of a person's runs as a formula; the only formulas are our sums.
The program that writes workbooks stores no results of formulas, and viewers that do not calculate (phones, mail previews,
other tools) would show nothing; so the results, added up here exactly, are put beside the formulas.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.properties import PageSetupProperties

from map_templates import palette
from map_templates.books import words
from map_templates.books.shape import Book, Line, decimals, lines
from map_templates.books.typesetting import texts_of, widest

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as SheetCell
    from openpyxl.worksheet.worksheet import Worksheet

FACE: Final = "宋体"
HEAD_FACE: Final = "黑体"
PAPERS: Final = {"A4": 9, "A3": 8}
LETTERS_A_PAGE: Final = {False: 92.0, True: 136.0}
"""Width of an upright and of a lying A4 page in the letters that a workbook measures columns with."""
NARROWEST, WIDEST = 5.0, 60.0
LONGEST_TEXT: Final = 32_767
"""A cell of a workbook holds no more."""
LINE_POINTS: Final = 13.5
MM: Final = 1 / 25.4
SIMULATED: Final = "模拟数据"
_SIDE = Side(style="thin", color="FF" + palette.INK.removeprefix("#"))
BORDER: Final = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
TINT: Final = PatternFill("solid", fgColor="FF" + palette.SURFACE.removeprefix("#"))
_FORMULA: Final = re.compile(r'(<c r="([A-Z]+[0-9]+)"[^>]*><f>[^<]*</f>)<v\s*/>|(<c r="([A-Z]+[0-9]+)"[^>]*><f>[^<]*</f>)<v></v>')


@dataclass
class _Sheet:
    """A sheet that is being written, the next line of it, and what each formula amounts to."""

    sheet: Worksheet
    book: Book
    at: int = 1
    results: dict[str, Decimal] = field(default_factory=dict)

    @property
    def wide(self) -> int:
        return len(self.book.columns)

    def cell(self, column: int) -> SheetCell:
        """Give a cell of the line that is being written; columns count from 1."""
        return cast("SheetCell", self.sheet.cell(row=self.at, column=column))

    def merged(self, text: str, *, font: Font | None = None, align: str = "left", height: float | None = None) -> None:
        """Write a text over the whole width."""
        cell = self.cell(1)
        _text(cell, text)
        cell.font = font or Font(name=FACE, size=10)
        cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        if self.wide > 1:
            self.sheet.merge_cells(start_row=self.at, start_column=1, end_row=self.at, end_column=self.wide)
        if height is not None:
            self.sheet.row_dimensions[self.at].height = height
        self.at += 1


def _text(cell: SheetCell, text: str) -> None:
    cell.value = words.plain(text)[:LONGEST_TEXT]
    cell.data_type = "s"


def book_xlsx(book: Book) -> bytes:
    """Write a book as a workbook of one sheet.

    Example:
        >>> from map_templates.books.shape import Column
        >>> book = Book(title="资产清单", columns=(Column("名称"), Column("原值", align="number", total=True)),
        ...             rows=(("=1+1", Decimal("2.5")),))
        >>> book_xlsx(book)[:2]
        b'PK'
    """
    file = Workbook()
    sheet = file.worksheets[0]
    sheet.title = re.sub(r"[\[\]:*?/\\']", " ", words.plain(book.title))[:31].strip() or "1"
    here = _Sheet(sheet, book)
    _title_block(here)
    head = here.at
    _head(here)
    _table(here)
    _closing(here)
    _widths(here)
    _printing(here, head)
    file.properties.title = words.plain(book.title)
    file.properties.creator = ""
    file.calculation = CalcProperties(fullCalcOnLoad=True)
    out = io.BytesIO()
    file.save(out)
    return _with_results(out.getvalue(), here.results)


def _title_block(here: _Sheet) -> None:
    book = here.book
    here.merged(book.title, font=Font(name=HEAD_FACE, size=16, bold=True), align="center", height=28)
    if book.subtitle:
        here.merged(book.subtitle, font=Font(name=FACE, size=11), align="center")
    as_of = f"截至 {book.as_of.isoformat()}" if book.as_of else ""
    mark = SIMULATED if book.simulated else ""
    said = "　　".join(part for part in (book.area_name, as_of, book.unit_note, mark) if part)
    if said:
        here.merged(said, align="right")


def _head(here: _Sheet) -> None:
    for at, column in enumerate(here.book.columns, start=1):
        cell = here.cell(at)
        _text(cell, f"{column.title}\n（{column.unit}）" if column.unit else column.title)
        cell.font = Font(name=HEAD_FACE, size=10, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.fill, cell.border = TINT, BORDER
    here.at += 1


def _table(here: _Sheet) -> None:
    begin, places = here.at, decimals(here.book)
    where: dict[int, int] = {}
    for line in lines(here.book):
        if line.kind == "row":
            where[line.first] = here.at
        for at, value in enumerate(line.cells):
            cell = here.cell(at + 1)
            column = here.book.columns[at]
            if line.kind in {"subtotal", "total"} and column.total:
                _sum(here, cell, line, (begin, where))
            else:
                _put(cell, value)
            if isinstance(cell.value, int | float | Decimal) or cell.data_type == "f":
                whole = column.decimals == 0 and places[at] == 0
                cell.number_format = "#,##0" if whole or isinstance(value, int) else "#,##0." + "0" * places[at]
            _dress(cell, line, column.align)
        if line.kind == "group" and here.wide > 1:
            here.sheet.merge_cells(start_row=here.at, start_column=1, end_row=here.at, end_column=here.wide)
        here.at += 1


def _put(cell: SheetCell, value: Any) -> None:
    if value is None or isinstance(value, str):
        _text(cell, words.UNKNOWN if value is None else value)
        return
    cell.value = value
    if not isinstance(value, int | Decimal):
        cell.number_format = "yyyy-mm-dd"


def _sum(here: _Sheet, cell: SheetCell, line: Line, rows: tuple[int, dict[int, int]]) -> None:
    """Write a sum over rows; subtotals below each other are left out of the total by SUBTOTAL itself."""
    value = line.cells[cell.column - 1]
    begin, where = rows
    if not isinstance(value, int | Decimal):
        _text(cell, words.UNKNOWN)
        return
    first = where.get(line.first, begin) if line.kind == "subtotal" else begin
    letter = get_column_letter(cell.column)
    cell.value = f"=SUBTOTAL(9,{letter}{first}:{letter}{cell.row - 1})"
    here.results[cell.coordinate] = Decimal(value)


def _dress(cell: SheetCell, line: Line, align: str) -> None:
    across = {"number": "right", "center": "center"}.get(align, "left")
    if cell.data_type == "s" and align == "number" and line.kind == "row":
        across = "center"
    cell.font = Font(name=FACE, size=9, bold=line.kind != "row")
    cell.alignment = Alignment(horizontal="left" if line.kind == "group" else across, vertical="center", wrap_text=True)
    cell.border = BORDER
    if line.kind == "group":
        cell.fill = TINT


def _closing(here: _Sheet) -> None:
    book = here.book
    letters = LETTERS_A_PAGE[book.landscape] / 2
    for note in book.notes:
        here.merged(note, font=Font(name=FACE, size=9), height=LINE_POINTS * math.ceil(max(1, len(note)) / letters))
    here.at += 1
    said = "　　　　　　　　".join(f"{name}：" for name in book.signatures)
    if said:
        here.merged(said, height=24)
    if book.stamp:
        here.merged("（盖章处）　　　　年　　月　　日", align="right", height=24)


def _widths(here: _Sheet) -> None:
    book = here.book
    page = LETTERS_A_PAGE[book.landscape] * (1.41 if book.paper == "A3" else 1.0)
    whole = sum(column.width for column in book.columns)
    places = decimals(book)
    needed = widest(book, [texts_of(line, places) for line in lines(book) if line.kind != "group"])
    for at, column in enumerate(book.columns, start=1):
        width = min(WIDEST, max(NARROWEST, needed[at - 1] + 1.5, page * column.width / whole))
        here.sheet.column_dimensions[get_column_letter(at)].width = round(width, 1)


def _printing(here: _Sheet, head: int) -> None:
    sheet, book = here.sheet, here.book
    sheet.freeze_panes = sheet.cell(row=head + 1, column=1).coordinate
    sheet.print_title_rows = f"{head}:{head}"
    sheet.print_area = f"A1:{get_column_letter(here.wide)}{here.at - 1}"
    sheet.page_setup.paperSize = PAPERS[book.paper]
    sheet.page_setup.orientation = "landscape" if book.landscape else "portrait"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    margins = sheet.page_margins
    margins.left, margins.right, margins.top, margins.bottom = 14 * MM, 12 * MM, 15 * MM, 17 * MM
    margins.header = margins.footer = 7 * MM
    sheet.print_options.horizontalCentered = True
    header, footer = cast("Any", sheet.oddHeader), cast("Any", sheet.oddFooter)
    footer.center.text = "第 &P 页　共 &N 页"
    footer.left.text = words.plain(book.area_name).replace("&", "&&")[:80]
    if book.simulated:
        header.right.text = footer.right.text = SIMULATED


def _with_results(data: bytes, results: dict[str, Decimal]) -> bytes:
    """Put the result of each formula into the finished file."""

    def result(found: re.Match[str]) -> str:
        head, at = found[1] or found[3], found[2] or found[4]
        return f"{head}<v>{results[at]}</v>"

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if results and item.filename == "xl/worksheets/sheet1.xml":
                content = _FORMULA.sub(result, content.decode("utf-8")).encode("utf-8")
            new.writestr(item, content)
    return out.getvalue()
