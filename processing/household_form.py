"""The items A1–A55 of the monitoring form: found in a header by mark or label, and their cells read without guessing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from layers.codes import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARK = re.compile(r"^\(?(A\d{1,2}a?)(?![0-9A-Za-z])\)?[.、:：\s]*", re.IGNORECASE)
NUMBERED = re.compile(r"^\d{1,2}[.、:：]\s*")
SPLIT = re.compile(r"[;；、,，/|\s]+")
CODED = re.compile(r"^(\d{1,2})\D*$")
DAY = re.compile(r"^(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2}))?[日月]?(?:[ T].*)?$")
YES: Final = frozenset({"01", "1", "是", "√", "✓", "☑", "y", "yes", "true", "有"})
NO: Final = frozenset({"02", "2", "否", "×", "✗", "☐", "n", "no", "false", "无", "0"})
PRINTED_TWICE: Final = 51
"""Row of the form table that repeats a mark and a label; the print has it so, and it is not loaded."""
AREA, HOUSEHOLD, INCLUDED = "area", "household", "included"
OWN: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("村代码", "行政村代码", "所属村代码", "区划代码", "village_code", "area_code", "行政村", "村"), AREA)
    | dict.fromkeys(("户编号", "户号", "家庭编号", "household", "household_id"), HOUSEHOLD)
    | dict.fromkeys(("纳入时间", "纳入月份", "识别时间", "纳入年月", "included"), INCLUDED)
)
"""Columns beside the form's items: the village, what tells households apart, and the month of inclusion."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the form: its mark, label, kind and codes as printed."""

    mark: str
    label: str
    kind: str
    codes: tuple[tuple[str, str], ...]
    mandatory: bool
    stage: int

    @property
    def of_person(self) -> bool:
        """Say whether the item is of a member of the household (A5–A22), not of the household."""
        return self.mark[1:].isdigit() and 5 <= int(self.mark[1:]) <= 22  # noqa: PLR2004 - A5 to A22 of the form


@cache
def items() -> Mapping[str, Item]:
    """Give the items by their mark; the repeated A50 is left out."""
    found = {}
    for row in table("household_form"):
        if int(row["row_no"]) == PRINTED_TWICE:
            continue
        codes = tuple((code, label) for code, _, label in (part.partition("=") for part in row["codes"].split(";")) if label)
        found[row["item"]] = Item(
            row["item"], row["label_zh"], row["type"], codes, row["mandatory"] == "yes", int(row["fill_stage"])
        )
    return MappingProxyType(found)


def plain(cell: object) -> str:
    """Give a cell as narrow text without blanks around it; empty for an empty cell.

    >>> plain(" Ａ３３　"), plain(None)
    ('A33', '')
    """
    return "" if cell is None else unicodedata.normalize("NFKC", str(cell)).strip()


def _folded(text: str) -> str:
    return re.sub(r"[\s“”\"'()（）《》:：,，、.?？]", "", plain(text)).casefold()


@cache
def _labels() -> Mapping[str, str]:
    return {_folded(item.label): item.mark for item in items().values()} | {_folded(label): own for label, own in OWN.items()}


def item_of(header: object) -> str | None:
    """Name the item that a header cell stands for, by its mark or its printed label; None when it is none.

    >>> item_of("A33 家庭纯收入"), item_of("25. 是否饮水出现安全问题"), item_of("村代码"), item_of("备注")
    ('A33', 'A25', 'area', None)
    """
    text = plain(header)
    mark = MARK.match(text)
    if mark is not None:
        name = f"A{mark[1][1:].lower()}"
        return name if name in items() else None
    return _labels().get(_folded(text)) or _labels().get(_folded(NUMBERED.sub("", text)))


def header_items(cells: Sequence[object]) -> list[str | None]:
    """Name the items of a whole header line; an item that stands twice counts once, where it stands first."""
    seen: set[str] = set()
    found: list[str | None] = []
    for cell in cells:
        name = item_of(cell)
        found.append(name if name not in seen else None)
        seen |= {name} if name else set()
    return found


def yes_no(cell: object) -> bool | None:
    """Read a yes or no, as printed (01, 02) or as people write it; None for anything else.

    >>> yes_no("01"), yes_no("否"), yes_no("02 否"), yes_no("也许")
    (True, False, False, None)
    """
    text = _folded(plain(cell))
    if text in YES or text in {"01是", "1是"}:
        return True
    return False if text in NO or text in {"02否", "2否"} else None


def amount(cell: object) -> Decimal | None:
    """Read an amount of money or a number exactly; None when it is none.

    >>> amount("1,234.50"), amount(12.5), amount("约三千")
    (Decimal('1234.50'), Decimal('12.5'), None)
    """
    try:
        found = Decimal(plain(cell).replace(",", "").replace("，", "").removesuffix("元"))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def codes(cell: object, mark: str) -> tuple[str, ...] | None:
    """Read the codes of a choice, written as numbers, labels or both; None when a part is none of the item's.

    >>> codes("01;07", "A27"), codes("因病、缺劳动力", "A27"), codes("因病01", "A27"), codes("1", "A3")
    (('01', '07'), ('01', '08'), None, ('1',))
    """
    item = items()[mark]
    known = {code: code for code, _ in item.codes} | {_folded(label): code for code, label in item.codes}
    known |= {code.lstrip("0"): code for code, _ in item.codes} | {
        _folded(label).removesuffix("户"): c for c, label in item.codes
    }
    found: list[str] = []
    for part in SPLIT.split(plain(cell)):
        if not part:
            continue
        folded = _folded(part)
        coded = CODED.match(part)
        code = known.get(folded) or (known.get(coded[1]) if coded and folded[len(coded[1]) :] in ("", *known) else None)
        if code is None:
            return None
        found.append(code)
    return tuple(dict.fromkeys(found))


def day_of(cell: object) -> date | None:
    """Read a day (2021.01.01) or a month (its first day); None when it is none.

    >>> day_of("2021.01.09"), day_of("2026-10"), day_of("去年")
    (datetime.date(2021, 1, 9), datetime.date(2026, 10, 1), None)
    """
    found = DAY.match(plain(cell))
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return None
