"""What stands in a book of an office: columns, rows in groups, subtotals and a total, and what is printed around them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Align = Literal["left", "center", "number"]
Cell = str | int | Decimal | dt.date | None
"""None is unknown: it is printed as a dash, never added up and never taken for zero."""
Kind = Literal["group", "row", "subtotal", "total"]
Paper = Literal["A4", "A3"]
SIGNATURES: Final = ("制表人", "审核人", "负责人")
TOTAL: Final = "合计"
SUBTOTAL: Final = "小计"
MOST_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its width in parts of the page, how it is aligned, its unit, and whether it is added up.

    Numbers of a column are all written with as many decimals as the most exact of them, at least `decimals`, so that they stand
    under each other on the decimal point and a sum is the sum of what is printed.
    """

    title: str
    width: float = 10.0
    align: Align = "left"
    unit: str = ""
    decimals: int = 2
    total: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that stand together under a heading (a class, a township) and get a subtotal; groups follow each other in order."""

    title: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book: a title block, a table with repeated head, subtotals and total, notes, signatures and the place of the stamp.

    `groups` cover all rows in order, or there are none. `simulated` puts the mark 模拟数据 on every page.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    groups: tuple[Group, ...] = ()
    subtitle: str = ""
    area_name: str = ""
    unit_note: str = ""
    """For example 单位：万元."""
    as_of: dt.date | None = None
    notes: tuple[str, ...] = ()
    paper: Paper = "A4"
    landscape: bool = True
    simulated: bool = False
    signatures: tuple[str, ...] = SIGNATURES
    stamp: bool = True

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns and groups that do not cover the rows."""
        wide = len(self.columns)
        if not wide or any(len(row) != wide for row in self.rows):
            raise ValueError(f"every row of the book {self.title!r} must have {wide} cells")
        if self.groups and sum(group.rows for group in self.groups) != len(self.rows):
            raise ValueError(f"the groups of the book {self.title!r} must cover its {len(self.rows)} rows")

    @property
    def totalled(self) -> tuple[int, ...]:
        """Give the places of the columns that are added up."""
        return tuple(at for at, column in enumerate(self.columns) if column.total)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a group's heading, a row, or a sum over the rows `first` to `last` (counted from 0)."""

    kind: Kind
    cells: tuple[Cell, ...]
    first: int = 0
    last: int = -1


def summed(book: Book, first: int, last: int) -> dict[int, Decimal | None]:
    """Add up the known numbers of each added column over rows first..last, exactly; None where none is known.

    >>> book = Book(title="t", columns=(Column("a", total=True),), rows=((Decimal("0.1"),), (None,), (Decimal("0.2"),)))
    >>> summed(book, 0, 2)
    {0: Decimal('0.3')}
    """
    found: dict[int, Decimal | None] = {}
    for at in book.totalled:
        values = [value for row in book.rows[first : last + 1] if isinstance(value := row[at], int | Decimal)]
        found[at] = sum((Decimal(value) for value in values), Decimal(0)) if values else None
    return found


def _sum_line(book: Book, kind: Kind, words: str, first: int, last: int) -> Line:
    sums = summed(book, first, last)
    cells: list[Cell] = [sums.get(at, "") for at in range(len(book.columns))]
    named = next((at for at, column in enumerate(book.columns) if not column.total), None)
    if named is not None:
        cells[named] = words
    return Line(kind, tuple(cells), first, last)


def lines(book: Book) -> Iterator[Line]:
    """Give the lines of the table in order: headings of groups, rows, subtotals, and the total where something is added up."""
    wide = len(book.columns)
    at = 0
    for group in book.groups or (Group("", len(book.rows)),):
        last = at + group.rows - 1
        if group.title:
            yield Line("group", (group.title, *[""] * (wide - 1)), at, last)
        for number in range(at, last + 1):
            yield Line("row", book.rows[number], number, number)
        if group.title and book.totalled:
            yield _sum_line(book, "subtotal", SUBTOTAL, at, last)
        at = last + 1
    if book.totalled:
        yield _sum_line(book, "total", TOTAL, 0, len(book.rows) - 1)


def decimals(book: Book) -> tuple[int, ...]:
    """Say with how many decimals the numbers of each column are written.

    >>> rows = ((Decimal("1.5"),), (Decimal("0.125"),))
    >>> decimals(Book(title="t", columns=(Column("a", align="number"),), rows=rows))
    (3,)
    """
    return tuple(_decimals(column, [row[at] for row in book.rows]) for at, column in enumerate(book.columns))


def _decimals(column: Column, values: Sequence[Cell]) -> int:
    exact = [-int(value.normalize().as_tuple().exponent) for value in values if isinstance(value, Decimal) and value.is_finite()]
    return min(max([column.decimals, *exact]), MOST_DECIMALS)
