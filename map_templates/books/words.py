"""Cells as they are printed: numbers with their decimals, days, a dash for what is unknown, texts that always can be broken."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from map_templates.books.shape import Cell

UNKNOWN: Final = "—"
MINUS: Final = "\u2212"
BREAK: Final = "\u200b"
"""Where a line may be broken and nothing is seen."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
RUN: Final = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef\u200b]+")
"""Letters and figures between which no line ends by itself."""
MM_PER_LETTER: Final = 0.2
"""Width in millimetres of a Latin letter for each point of its size, generously."""


def plain(text: str) -> str:
    r"""Give a text without control characters; lines stay lines.

    >>> plain("a\x00b\r\nc")
    'a b\nc'
    """
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def breakable(text: str, letters: int) -> str:
    r"""Let words that are longer than a column be broken: after `letters` characters comes a place where the line may end.

    >>> breakable("GS-620422-2021", 9).replace("\u200b", "|")
    'GS-620422|-2021'
    """

    def parted(found: re.Match[str]) -> str:
        run = found.group(0)
        return BREAK.join(run[at : at + letters] for at in range(0, len(run), letters)) if len(run) > letters else run

    return RUN.sub(parted, text)


def number(value: int | Decimal, places: int) -> str:
    """Write a number with thousands apart; whole numbers without decimals, a minus as wide as a plus.

    >>> number(Decimal("30862.6147"), 4), number(1234, 2), number(Decimal("-0.41"), 2)
    ('30,862.6147', '1,234', '−0.41')
    """
    written = f"{value:,}" if isinstance(value, int) else f"{value:,.{places}f}"
    return written.replace("-", MINUS)


def cell(value: Cell, places: int = 2) -> str:
    """Write a cell.

    >>> cell(None), cell(dt.date(2026, 3, 1)), cell(Decimal("2.5")), cell("a")
    ('—', '2026-03-01', '2.50', 'a')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, int | Decimal):
        return number(value, places)
    return value.isoformat() if isinstance(value, dt.date) else plain(value)
