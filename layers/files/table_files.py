"""Reads CSV and XLSX as plain tables. Runs inside the reading process; GDAL is not asked."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from layers.files.encoding import find_encoding
from layers.files.errors import UnreadableFileError
from layers.files.plain_table import PlainTable, arrow_column
from layers.files.vector_files import unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.files.questions import Answers, Limits

DELIMITERS = ",;\t|"
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
CELL_LIMIT = 1 << 22
"""Characters of one cell: room for the WKT of a feature of 100,000 vertices."""
XLSX_ERRORS = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
)


def delimiter_of(line: str) -> str:
    """Find the delimiter of a header line: the one that splits it into most cells outside quotes; a comma when none does.

    >>> delimiter_of('a;"b,c";d'), delimiter_of("only")
    (';', ',')
    """
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _rows(text: str, limits: Limits) -> Iterator[list[str]]:
    csv.field_size_limit(CELL_LIMIT)
    first = text.split("\n", 1)[0]
    limits.require("fields", max(first.count(mark) for mark in DELIMITERS) + 1, "fields")
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(first.rstrip("\r")))


def _sample(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if not line.isascii()]


def _text(data: bytes, table: PlainTable, answer: str | None) -> str:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            table.encoding, table.encoding_how = encoding.removesuffix("-sig"), "bom"
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise UnreadableFileError(
                    "The file could not be read as CSV. Its texts are not in the encoding it begins with."
                ) from error
    found = find_encoding(_sample(data), answer=answer)
    table.encoding, table.encoding_how = found.value, found.how
    if found.question is not None:
        table.encoding_question = {
            "text_zh": found.question.text_zh,
            "text_en": found.question.text_en,
            "choices": [[choice.value, choice.label_zh, choice.label_en, choice.evidence] for choice in found.question.choices],
        }
    return data.decode(found.value or "latin-1")


def read_csv(path: Path, answers: Answers, limits: Limits) -> PlainTable:
    """Read a CSV with a header line; every cell stays the text it is, an empty cell is None.

    Raises:
        UnreadableFileError: binary content, or no header line.
        LimitExceededError: too many rows or fields.
    """
    data = path.read_bytes()
    table = PlainTable("csv")
    text = _text(data, table, answers.encoding)
    if "\0" in text or not text.strip():
        raise UnreadableFileError("The file could not be read as CSV. It is empty or holds binary data.")
    try:
        rows = _rows(text, limits)
        names = unique_names(next(rows))
        return _fill(table, names, rows, limits)
    except csv.Error as error:
        raise UnreadableFileError("The file could not be read as CSV. A cell is too long or a quote is never closed.") from error


def _fill(table: PlainTable, names: list[str], rows: Iterator[Any], limits: Limits, *, first: int | None = None) -> PlainTable:
    """Fill a table row by row; short rows are filled up with empty cells, cells beyond the header are told as a note."""
    limits.require("fields", len(names), "fields")
    columns: list[list[Any]] = [[] for _ in names]
    longer = 0
    for number, row in enumerate(rows, start=first or 0):
        cells = list(row)
        if not any(cell not in (None, "") for cell in cells):
            continue
        longer += len(cells) > len(names) and any(cell not in (None, "") for cell in cells[len(names) :])
        for position, column in enumerate(columns):
            value = cells[position] if position < len(cells) else None
            column.append(None if value == "" else value)
        table.rows += 1
        if first is not None:
            table.row_numbers.append(number)
        limits.require("features", table.rows, "rows")
    if longer:
        table.notes.append(f"{longer} rows have more cells than the header has names; those cells were left out.")
    table.columns = dict(zip(names, columns, strict=True))
    table.types = [(name, str(arrow_column(values).type)) for name, values in table.columns.items()]
    return table


def _cells(rows: Iterator[tuple[Any, ...]], limits: Limits) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        limits.require("fields", len(row), "fields")
        yield row


def read_xlsx(path: Path, answers: Answers, limits: Limits) -> PlainTable:
    """Read one sheet of a workbook; formulas give their stored results, macros and links are never followed.

    Raises:
        UnreadableFileError: no workbook, or damaged.
        LimitExceededError: too many rows or fields.
    """
    table = PlainTable("xlsx", encoding="utf-8", encoding_how="declared")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            table.layers = list(book.sheetnames)
            wanted = answers.layer or table.layers[0]
            if wanted not in table.layers:
                raise UnreadableFileError(f"The workbook has no sheet {wanted[:60]!r}; it has: {', '.join(table.layers)[:300]}")
            table.layer = wanted
            table.layer_question = len(table.layers) > 1 and answers.layer is None
            sheet = book[wanted]
            rows = _cells(sheet.iter_rows(values_only=True), limits)
            header = next(itertools.islice(rows, answers.header_row - 1, None), ())
            names = unique_names(["" if cell is None else str(cell) for cell in _trim(header)])
            if not names:
                raise UnreadableFileError("The file could not be read as XLSX. The sheet's first row, the header, is empty.")
            return _fill(table, names, rows, limits, first=answers.header_row + 1)
    except XLSX_ERRORS as error:
        if isinstance(error, UnreadableFileError) or hasattr(error, "limit"):
            raise
        raise UnreadableFileError("The file could not be read as XLSX.") from error


def _trim(header: tuple[Any, ...]) -> list[Any]:
    cells = list(header)
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells
