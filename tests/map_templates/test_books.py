"""Books on paper and as workbooks: what people wrote stays text, sums are right, the head stands on every page, marks are there."""

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader

from map_templates.books import Book, BookTooLongError, Column, Group, TypesettingError, book_pdf, book_xlsx, lines, typesetting

HOSTILE = (
    '#import "x.typ": *',
    '#read("/etc/passwd")',
    '#eval("1+1") $x^2$ *fett* _kursiv_ `code`',
    "\"quotes\" 'single' \\u{41} \\ // no comment /* none */",
    "#{ while true {} } [#lorem(9000)] @ref <label> = head - item + item",
    '=HYPERLINK("http://evil","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
)
COLUMNS = (
    Column("序号", 4, "center", decimals=0),
    Column("名称", 24),
    Column("原值", 9, "number", "万元", total=True),
    Column("现值", 9, "number", "万元", total=True),
    Column("日期", 9, "center"),
)


def made(count=6, **more):
    rows = tuple(
        (
            n,
            f"某某村通村公路{n}",
            Decimal(n) * Decimal("1.25"),
            None if n % 3 == 0 else Decimal("0.0625"),
            dt.date(2026, 1, 1 + n % 28),
        )
        for n in range(count)
    )
    usual = {
        "title": "村级帮扶项目资产台账",
        "subtitle": "2026 年度",
        "area_name": "东县南乡甲南村",
        "unit_note": "单位：万元",
        "as_of": dt.date(2026, 11, 22),
        "notes": ("注：现值未知的未计入合计。",),
    }
    return Book(columns=COLUMNS, rows=rows, **usual | more)


def words(data):
    """The text of each page, without the spaces that typesetting puts between Chinese and Latin letters."""
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]


@pytest.fixture(scope="module")
def long_book():
    return book_pdf(made(150, groups=(Group("经营性资产", 50), Group("公益性资产", 100)), simulated=True))


def test_head_page_number_and_mark_stand_on_every_page(long_book):
    pages = words(long_book)
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert "原值(万元)" in page
        assert f"第{number}页共{len(pages)}页" in page
        assert page.count("模拟数据") == 2
        assert "截至2026-11-22" in page
    assert "单位：万元" in pages[0]
    for word in ("合计", "制表人：", "审核人：", "负责人：", "（盖章处）"):
        assert word in pages[-1]
    everything = "".join(pages)
    assert everything.count("小计") == 2
    total = sum(Decimal(n) * Decimal("1.25") for n in range(150))
    assert f"{total:,.2f}" in pages[-1]


def test_fonts_are_embedded_and_chinese(long_book):
    fonts = {}
    for page in PdfReader(io.BytesIO(long_book)).pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            fonts[font["/BaseFont"]] = {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert fonts
    assert all(fonts.values())
    assert all("CJK" in name for name in fonts)


def test_numbers_of_a_column_have_the_same_decimals():
    page = "".join(words(book_pdf(made(6))))
    assert "0.0625" in page
    assert "2.50" in page
    assert page.count("—") >= 2, "unknown is a dash"
    assert "0.2500" in page, "four known values of 0.0625"


def test_a_heading_breaks_before_its_brackets_and_a_minus_is_one():
    columns = (Column("序号", 4, decimals=0), Column("名称", 90), Column("经营主体（方式）", 5), Column("差额", 9, "number"))
    data = book_pdf(Book(title="台账", columns=columns, rows=((1, "路", "无", Decimal("-0.41")),)))
    text = PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert "（方式）" in text, "the word in brackets stands on one line"
    assert "−0.41" in text


def test_what_people_write_is_printed_as_it_is_written():
    rows = tuple((n, text, None, None, None) for n, text in enumerate(HOSTILE))
    data = book_pdf(
        Book(title=HOSTILE[1], columns=COLUMNS, rows=rows, notes=(HOSTILE[0],), area_name=HOSTILE[2], subtitle=HOSTILE[4])
    )
    text = "".join(words(data))
    assert "root:" not in text
    for line in HOSTILE:
        assert re.sub(r"\s+", "", line) in text


def test_a_cell_of_ten_thousand_characters_and_odd_characters_are_set():
    long_words, long_text = "x" * 10_000, "长" * 10_000
    odd = "a\x00b\x1b\r\nc\u2028d😀𠮷\ufffe"
    rows = ((1, long_words, None, None, None), (2, long_text, None, None, None), (3, odd, None, None, None))
    pages = words(book_pdf(Book(title="长", columns=COLUMNS, rows=rows)))
    text = "".join(pages)
    assert text.count("x") == 10_000
    assert text.count("长") == 10_000 + len(pages), "the title stands on every page"
    assert "〓" in text, "what the font has not is replaced visibly"


def test_an_empty_book_says_so():
    text = "".join(words(book_pdf(Book(title="资产清单", columns=COLUMNS, rows=()))))
    assert "本册无记录" in text
    assert "合计" in text


@pytest.mark.parametrize(("paper", "landscape", "wide"), [("A4", False, 595), ("A3", True, 1191)])
def test_paper_and_direction(paper, landscape, wide):
    page = PdfReader(io.BytesIO(book_pdf(made(2, paper=paper, landscape=landscape)))).pages[0]
    assert round(float(page.mediabox.width)) == wide


def test_too_long_a_book_is_refused_before_it_is_set():
    rows = ((1, "x", None, None, None),) * (typesetting.MOST_ROWS + 1)
    with pytest.raises(BookTooLongError, match=f"{typesetting.MOST_ROWS + 1} rows.*Choose a smaller area"):
        book_pdf(Book(title="t", columns=COLUMNS, rows=rows))
    rows = ((1, "长" * typesetting.MOST_CHARACTERS, None, None, None),)
    with pytest.raises(BookTooLongError, match="characters"):
        book_pdf(Book(title="t", columns=COLUMNS, rows=rows))


def test_a_stopped_book_ends_its_process(monkeypatch):
    started = []
    popen = typesetting.subprocess.Popen

    def remembered(*args, **options):
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(typesetting.subprocess, "Popen", remembered)

    def stop():
        if started:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book_pdf(made(4000), check=stop)
    assert started[0].returncode == -9


@pytest.mark.parametrize(
    "document", ['#read("/etc/passwd")', '#read("../request.json")', '#import "@preview/cetz:0.2.0"', "#image(sys.inputs.data)"]
)
def test_even_a_document_of_ours_has_nothing_to_read(tmp_path, document):
    request = {"document": document, "fonts": typesetting._face()[1], "inputs": {"data": "/etc/passwd"}}
    with pytest.raises(TypesettingError):
        typesetting._in_child(tmp_path, request, lambda: None)


def test_rows_and_groups_must_fit():
    with pytest.raises(ValueError, match="must have 5 cells"):
        Book(title="t", columns=COLUMNS, rows=((1, "x"),))
    with pytest.raises(ValueError, match="must cover its 6 rows"):
        made(6, groups=(Group("a", 5),))


# workbooks


def sheet_of(book, *, values=False):
    return openpyxl.load_workbook(io.BytesIO(book_xlsx(book)), data_only=values).worksheets[0]


def grid(sheet, letter):
    return {cell.row: cell.value for cell in sheet[letter]}


@pytest.mark.parametrize("groups", [(), (Group("经营性资产", 7), Group("公益性资产", 13))])
def test_sums_are_formulas_that_equal_their_values(groups):
    book = made(20, groups=groups)
    formulas, results = sheet_of(book), sheet_of(book, values=True)
    for letter, at in (("C", 2), ("D", 3)):
        cells, shown = grid(formulas, letter), grid(results, letter)
        sums = {row: value for row, value in cells.items() if isinstance(value, str) and value.startswith("=")}
        assert len(sums) == len(groups) + 1
        assert all(re.fullmatch(rf"=SUBTOTAL\(9,{letter}\d+:{letter}\d+\)", value) for value in sums.values())
        for row, formula in sums.items():
            first, last = map(int, re.findall(r"\d+", formula.split(",")[1]))
            own = [shown[line] for line in range(first, last + 1) if line not in sums and isinstance(shown[line], int | float)]
            assert shown[row] == pytest.approx(sum(own), abs=1e-9), formula
        known = [row[at] for row in book.rows if row[at] is not None]
        assert shown[max(sums)] == pytest.approx(float(sum(known)), abs=1e-9)


def test_no_cell_of_a_person_is_a_formula():
    rows = tuple((n, text, None, None, None) for n, text in enumerate(HOSTILE))
    book = Book(title="=cmd|'/c calc'!A1", columns=COLUMNS, rows=rows, area_name="&[Path]", notes=("=1+1",))
    data = book_xlsx(book)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    texts = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    assert {kind for value, kind in texts.items() if value and not value.startswith("=SUBTOTAL")} == {"s"}
    assert set(HOSTILE) - {"\t=1+1"} <= set(texts)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode(), "nothing known is added up here"


def test_a_workbook_prints_as_it_stands():
    sheet = sheet_of(made(6, simulated=True, paper="A3"))
    assert sheet["A1"].value == "村级帮扶项目资产台账"
    assert "A1:E1" in {str(item) for item in sheet.merged_cells.ranges}
    head = next(cell.row for cell in sheet["A"] if cell.value == "序号")
    assert sheet.freeze_panes == f"A{head + 1}"
    assert sheet.print_title_rows == f"${head}:${head}"
    assert sheet.page_setup.paperSize == 8
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter.center.text == "第 &P 页　共 &N 页"
    assert sheet.oddHeader.right.text == "模拟数据"
    assert sheet[f"C{head + 1}"].number_format == "#,##0.00"
    assert sheet[f"D{head + 2}"].number_format == "#,##0.0000"
    assert sheet[f"D{head + 1}"].value == "—"
    assert sheet[f"E{head + 1}"].value.date() == dt.date(2026, 1, 1)
    assert any(str(cell.value).startswith("制表人：") for cell in sheet["A"])


def test_lines_count_what_is_unknown_as_unknown():
    book = Book(title="t", columns=(Column("a"), Column("b", align="number", total=True)), rows=(("x", None), ("y", None)))
    assert [line.cells for line in lines(book)][-1] == ("合计", None)
