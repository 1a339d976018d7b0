"""Books on paper: the data go as JSON to a typst document of ours, which a child process sets without reading any file.

What people wrote is data from beginning to end: the document puts it in as text, so `#read("/etc/passwd")` is printed and not
run. The child has an empty folder as the root of everything a document could name, limits on memory and time, and is killed
when the work is stopped; its memory goes back to the machine with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matplotlib.font_manager import findfont

from map_templates import fonts, palette
from map_templates.books import words
from map_templates.books.errors import BookTooLongError, TypesettingError
from map_templates.books.shape import Book, Line, decimals, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from map_templates.typesetter import main; main()"
MOST_ROWS: Final = 10_000
"""About 2 GB of the child's memory and half a minute."""
MOST_CHARACTERS: Final = 3_000_000
LONGEST_S: Final = 300.0
STEP_S: Final = 0.05
SIMULATED: Final = "模拟数据"
STAMP: Final = "（盖章处）"
EMPTY: Final = "本册无记录"
PAGE_MM: Final = {("A4", False): 184.0, ("A4", True): 271.0, ("A3", False): 271.0, ("A3", True): 394.0}
"""Width of the text on a page, by paper and whether it lies on its side."""
SIZES: Final = ((12, 8.5), (16, 7.5))
"""Size of the type in points up to so many columns; more columns are set in `SMALLEST`."""
SMALLEST: Final = 6.8
INSET_MM: Final = 2.0
"""Room left and right of the text in a cell, with the line."""
LONGEST_CODE: Final = 16
"""Letters of a number, day or code that is kept on one line where there is room for it; longer ones are broken."""


def _nothing() -> None:
    """Nobody wants to stop the work."""


def book_pdf(book: Book, *, check: Callable[[], object] = _nothing) -> bytes:
    """Set a book as PDF with embedded Chinese fonts.

    Args:
        book: what is printed.
        check: called some twenty times a second while the book is set; when it raises, the work ends.

    Raises:
        BookTooLongError: more rows or text than is set in one piece.
        FontMissingError: no font with Chinese glyphs is installed.
    """
    return typeset("book.typ", book_data(book), check=check)


def book_data(book: Book) -> dict[str, Any]:
    """Give what the document prints of a book, every cell as text.

    Raises:
        BookTooLongError: as `book_pdf`.
    """
    if len(book.rows) > MOST_ROWS:
        raise BookTooLongError(
            f"The book has {len(book.rows)} rows; at most {MOST_ROWS} are set on paper in one piece. "
            "Choose a smaller area (a township or village), or take the workbook (XLSX)."
        )
    size = next((points for most, points in SIZES if len(book.columns) <= most), SMALLEST)
    as_of = f"截至 {book.as_of.isoformat()}" if book.as_of else ""
    foot = "　".join(part for part in (book.area_name, as_of) if part)
    return table_data(book, size) | {
        "paper": book.paper.lower(),
        "landscape": book.landscape,
        "size": size,
        "title": words.plain(book.title),
        "subtitle": words.plain(book.subtitle),
        "area": words.plain(book.area_name),
        "as_of": as_of,
        "unit": words.plain(book.unit_note),
        "foot": words.plain(foot),
        "notes": [words.plain(note) for note in book.notes],
        "signatures": list(book.signatures),
        "stamp": STAMP if book.stamp else "",
        "simulated": book.simulated,
        "empty": "" if book.rows else EMPTY,
    }


def table_data(book: Book, size: float) -> dict[str, Any]:
    """Give head and lines of a book's table, with places where words too long for their column may be broken."""
    places = decimals(book)
    printed = [(line, texts_of(line, places)) for line in lines(book)]
    needed = widest(book, [texts for line, texts in printed if line.kind != "group"])
    millimetres = fitted(book, [count * words.MM_PER_LETTER * size + INSET_MM for count in needed])
    letters = [max(3, int((wide - INSET_MM) / (words.MM_PER_LETTER * size))) for wide in millimetres]

    return {
        "heads": [[words.plain(column.title), words.plain(column.unit)] for column in book.columns],
        "widths": [round(wide, 2) for wide in millimetres],
        "aligns": [column.align for column in book.columns],
        "lines": [
            [line.kind, texts if line.kind == "group" else [words.breakable(text, letters[at]) for at, text in enumerate(texts)]]
            for line, texts in printed
        ],
    }


def texts_of(line: Line, places: Sequence[int]) -> list[str]:
    """Give the cells of a line as texts; a heading has one."""
    if line.kind == "group":
        return [words.plain(str(line.cells[0]))]
    return [words.cell(value, places[at]) for at, value in enumerate(line.cells)]


def widest(book: Book, texts: Iterable[Sequence[str]]) -> list[int]:
    """Count for each column the letters that must stand on one line: of numbers and days, and of short codes.

    >>> from map_templates.books.shape import Column
    >>> book = Book(title="t", columns=(Column("a"), Column("b")), rows=())
    >>> widest(book, [("Z-1 硬化路", "2026-03-01"), ("很长的名称", "1,234.50")])
    [3, 10]
    """
    found = [0] * len(book.columns)
    for row in texts:
        for at, text in enumerate(row):
            longest = max((len(run) for run in words.RUN.findall(text)), default=0)
            if longest <= LONGEST_CODE:
                found[at] = max(found[at], longest)
    return found


def fitted(book: Book, needed: Sequence[float]) -> list[float]:
    """Give the width of each column in millimetres: its part of the page, but what it needs where the others can spare it."""
    page = PAGE_MM[book.paper, book.landscape]
    whole = sum(column.width for column in book.columns)
    wanted = [page * column.width / whole for column in book.columns]
    lacking = sum(max(0.0, need - wide) for need, wide in zip(needed, wanted, strict=True))
    spare = sum(max(0.0, wide - need) for need, wide in zip(needed, wanted, strict=True))
    if not lacking or spare <= 0:
        return wanted
    share = min(1.0, lacking / spare)
    filled = min(1.0, spare / lacking)
    return [
        wide + (need - wide) * filled if need > wide else wide - (wide - need) * share
        for need, wide in zip(needed, wanted, strict=True)
    ]


@cache
def _face() -> tuple[str, str]:
    """Name of the family and folder of the file of the Chinese sans serif face."""
    face = fonts.load().face("sans")
    return face.get_family()[0], str(Path(findfont(face)).parent)


def _drawable(text: str) -> str:
    """Replace the characters that the face has not by what printers set for them."""
    missing = fonts.load().missing([text]) - {words.BREAK}
    return text.translate({ord(character): fonts.GETA for character in missing if ord(character) > ord(" ")}) if missing else text


def typeset(
    document: str, data: Mapping[str, Any], *, extra: Mapping[str, str] | None = None, check: Callable[[], object] = _nothing
) -> bytes:
    """Set one of our documents with data, in a child process.

    Raises:
        BookTooLongError: more text than is set in one piece, or more memory or time than there is for it.
        TypesettingError: the document is at fault.
    """
    family, folder = _face()
    style = {"font": family, "ink": palette.INK, "quiet": palette.SECONDARY, "rule": palette.INK, "tint": palette.SURFACE}
    style |= {"mark": palette.SIMULATED, "simulated_words": SIMULATED}
    text = _drawable(json.dumps({**style, **data}, ensure_ascii=False))
    if len(text) > MOST_CHARACTERS:
        raise BookTooLongError(
            f"The book has {len(text)} characters; at most {MOST_CHARACTERS} are set on paper in one piece. "
            "Choose a smaller area (a township or village), or take the workbook (XLSX)."
        )
    inputs = {"data": text, **(extra or {})}
    request = {"document": (files("map_templates.books") / document).read_text("utf-8"), "fonts": folder, "inputs": inputs}
    with tempfile.TemporaryDirectory(prefix="book-") as place:
        return _in_child(Path(place), request, check)


def _in_child(place: Path, request: Mapping[str, Any], check: Callable[[], object]) -> bytes:
    (place / "root").mkdir()
    (place / "request.json").write_text(json.dumps(request, ensure_ascii=False), encoding="utf-8")
    with (place / "said").open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", START, str(PACKAGE_ROOT), str(place)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={"LC_ALL": "C.UTF-8", "PATH": os.defpath, "HOME": str(place / "root")},
            cwd=place / "root",
        )
    try:
        ended = _wait(child, check)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
    made = place / "made.pdf"
    if ended and child.returncode == 0 and made.is_file():
        return made.read_bytes()
    fault = (place / "said").read_text("utf-8", errors="replace")[-2000:]
    if not ended or child.returncode < 0 or "memory allocation" in fault or "MemoryError" in fault:
        raise BookTooLongError(
            "The book took more time or memory than one book may. Choose a smaller area, or take the workbook (XLSX)."
        )
    raise TypesettingError(f"{fault} (exit {child.returncode})")


def _wait(child: subprocess.Popen[bytes], check: Callable[[], object]) -> bool:
    """Wait for the child, asking now and then whether the work is still wanted; False when its time is over."""
    end = time.monotonic() + LONGEST_S
    while child.poll() is None:
        check()
        if time.monotonic() > end:
            return False
        time.sleep(STEP_S)
    return True
