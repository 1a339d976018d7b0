"""A notice as it hangs on a board: what is made public, from when until when, how to object, and the code that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from map_templates.books import qr, words
from map_templates.books.typesetting import table_data, typeset

if TYPE_CHECKING:
    import datetime as dt

    from map_templates.books.shape import Book

SCAN: Final = "扫码查看原文"
STAMP: Final = "（加盖公章）"
TABLE_SIZE: Final = 9.5
LETTERS_A_LINE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet:
    """A notice for the board. `facts` are printed as two columns, `table` below them; `ends` None: no end."""

    title: str
    unit: str
    """Who gives notice; stands at the foot with the day and the place of the seal."""
    issued: dt.date
    starts: dt.date
    ends: dt.date | None
    objection: str
    address: str
    """Public address of the notice; stands in the code."""
    warning: str = ""
    """What is to be known of the code before it is hung; printed above it."""
    number: str = ""
    subtitle: str = ""
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    table: Book | None = None
    simulated: bool = False


def in_words(day: dt.date) -> str:
    """Write a day as notices do.

    >>> import datetime as dt
    >>> in_words(dt.date(2026, 3, 1))
    '2026年3月1日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def days(sheet: NoticeSheet) -> list[str]:
    """Say from when until when a notice is given, and for how many days, both counted.

    >>> import datetime as dt
    >>> sheet = NoticeSheet(title="t", unit="u", issued=dt.date(2026, 3, 1), starts=dt.date(2026, 3, 1),
    ...                     ends=dt.date(2026, 3, 10), objection="", address="")
    >>> days(sheet)
    ['公示期：2026年3月1日至2026年3月10日', '（共10日）']
    """
    if sheet.ends is None:
        return [f"公告日期：{in_words(sheet.starts)}", "（长期公开）"]
    return [f"公示期：{in_words(sheet.starts)}至{in_words(sheet.ends)}", f"（共{(sheet.ends - sheet.starts).days + 1}日）"]


def notice_pdf(sheet: NoticeSheet) -> bytes:
    """Set a notice as PDF, A4 upright.

    Raises:
        BookTooLongError, FontMissingError: as `book_pdf`.
    """
    nothing: dict[str, Any] = {"heads": [], "widths": [], "aligns": [], "lines": []}
    data = (nothing if sheet.table is None else table_data(sheet.table, TABLE_SIZE)) | {
        "title": words.plain(sheet.title),
        "subtitle": words.plain(sheet.subtitle),
        "number": words.plain(sheet.number),
        "text": [words.breakable(words.plain(part), LETTERS_A_LINE) for part in sheet.text],
        "facts": [[words.plain(label), words.breakable(words.plain(value), LETTERS_A_LINE)] for label, value in sheet.facts],
        "days": days(sheet),
        "objection": words.plain(sheet.objection),
        "scan": SCAN,
        "url": words.breakable(words.plain(sheet.address), LETTERS_A_LINE),
        "warning": words.plain(sheet.warning),
        "unit": words.plain(sheet.unit),
        "issued": in_words(sheet.issued),
        "stamp": STAMP,
        "simulated": sheet.simulated,
    }
    return typeset("notice.typ", data, extra={"qr": qr.svg(sheet.address)})
