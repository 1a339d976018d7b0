"""A table that must never reach a disk: handed to the locked-down reading process through anonymous memory, and forgotten."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from layers.files import sandbox
from layers.files.archive import Archive
from layers.files.errors import LimitExceededError, UnreadableFileError
from layers.files.questions import Answers, Limits
from layers.files.staging import ZIP_MAGIC

if TYPE_CHECKING:
    from pyarrow import Table

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order, strictly; a question with sample texts, as other files get, would show what is written in the sheet."""
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def encoding_of(data: bytes) -> str:
    """Give the encoding of a CSV: UTF-16 by its mark, UTF-8 where every byte fits, else GB18030.

    Raises:
        UnreadableFileError: it is none of them.

    >>> encoding_of("户主".encode("gbk")), encoding_of("户主".encode())
    ('gb18030', 'utf-8-sig')
    """
    if data.startswith(WIDE_MARKS):
        return "utf-16"
    for encoding in ENCODINGS:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableFileError("The file could not be read as CSV. Its texts are neither UTF-8 nor GB18030.")


def read_grid(data: bytes, *, limits: Limits | None = None) -> list[list[str | None]]:
    """Read the cells of a CSV or of the first sheet of a workbook, row by row, without a file of any name.

    The bytes lie in anonymous memory (memfd) while the reading process, locked down as for every file, has them open.

    Raises:
        UnreadableFileError, BadArchiveError, LimitExceededError: the file is refused; no message repeats a cell.
    """
    limits = limits or Limits()
    if not data:
        raise UnreadableFileError("The file is empty.")
    if len(data) > limits.upload_mb << 20:
        raise LimitExceededError("upload_mb", limits.upload_mb, "MB")
    packed = data.startswith(ZIP_MAGIC)
    encoding = None if packed else encoding_of(data)
    handle = os.memfd_create("sheet", os.MFD_CLOEXEC)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        if packed:
            with Archive(Path(f"/proc/self/fd/{handle}"), limits, allow_nested=True):
                pass
        table = sandbox.read_given(handle, "xlsx" if packed else "csv", answers=Answers(encoding=encoding), limits=limits)
    finally:
        os.close(handle)
    return _rows(table)


def _rows(table: Table) -> list[list[str | None]]:
    columns = [column.to_pylist() for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]
