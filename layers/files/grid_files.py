"""Reads a CSV or XLSX that is held in memory as a grid of cells, no header asked. Runs inside the reading process."""

from __future__ import annotations

import csv
import io
import os
import warnings
from typing import TYPE_CHECKING, Any

import openpyxl

from layers.files.errors import UnreadableFileError
from layers.files.plain_table import PlainTable, as_text
from layers.files.table_files import CELL_LIMIT, XLSX_ERRORS, delimiter_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.files.questions import Answers, Limits


def read_grid(descriptor: int, kind: str, answers: Answers, limits: Limits) -> PlainTable:
    """Read every cell of the first sheet as text from an open descriptor; nothing is opened by name.

    Raises:
        UnreadableFileError: not of this kind, or damaged.
        LimitExceededError: too many rows or columns.
    """
    with os.fdopen(descriptor, "rb") as handle:
        handle.seek(0)
        data = handle.read()
    rows = _xlsx_rows(data) if kind == "xlsx" else _csv_rows(data, answers.encoding or "utf-8")
    grid: list[list[str | None]] = []
    try:
        for row in rows:
            limits.require("fields", len(row), "fields")
            grid.append([None if cell in (None, "") else as_text(cell) for cell in row])
            limits.require("features", len(grid), "rows")
    except csv.Error as error:
        raise UnreadableFileError("The file could not be read as CSV. A cell is too long or a quote is never closed.") from error
    except XLSX_ERRORS as error:
        if isinstance(error, UnreadableFileError) or hasattr(error, "limit"):
            raise
        raise UnreadableFileError(f"The file could not be read as {kind.upper()}.") from error
    return _table(grid, kind)


def _table(grid: list[list[str | None]], kind: str) -> PlainTable:
    wide = max((len(row) for row in grid), default=0)
    columns = {str(at): [row[at] if at < len(row) else None for row in grid] for at in range(wide)}
    table = PlainTable(kind, columns=columns, rows=len(grid))
    table.types = [(name, "string") for name in columns]
    return table


def _csv_rows(data: bytes, encoding: str) -> Iterator[list[str]]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            "The file could not be read as CSV. Its texts are not in the encoding it is taken for."
        ) from error
    if "\0" in text or not text.strip():
        raise UnreadableFileError("The file could not be read as CSV. It is empty or holds binary data.")
    csv.field_size_limit(CELL_LIMIT)
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    mark = max((delimiter_of(line) for line in lines), key=lambda found: sum(line.count(found) for line in lines))
    return iter(csv.reader(io.StringIO(text, newline=""), delimiter=mark))


def _xlsx_rows(data: bytes) -> Iterator[tuple[Any, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        yield from book.worksheets[0].iter_rows(values_only=True)
