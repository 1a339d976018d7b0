"""A plan's investment by category and county: shares on every total, what the document contradicts, the library beside it.

Arithmetic is decimal and exact; amounts are in 亿元 as printed, the library's in 万元 (1 亿元 = 10 000 万元). A share may rest on
the stated total or on the sum of the parts; both are computed, and nothing is mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from processing.published import AGREES, check_partition, recompute_rate, totals_that_fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

WAN_PER_YI: Final = 10_000
TOLERANCE: Final = Decimal("0.05")
"""亿元 within which parts may miss a stated total by rounding (check E16)."""
CENT: Final = Decimal("0.01")
UNIT: Final = "亿元"
CATEGORY, COUNTY = "category", "county"
STATED, PARTS = "stated", "parts"
"""The two totals that a share may rest on: the one that is stated, and the sum of the parts."""


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a margin: amount as printed, stated share, the share on both totals, and which of them it fits."""

    dimension: str
    name: str
    code: str | None
    amount: Decimal
    unit_printed: str
    stated: Decimal | None
    on_stated: Decimal | None
    on_parts: Decimal | None
    fits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that a document says twice and differently: kind, subject, and the arithmetic that shows it.

    `kind`: total (parts against the stated total), share (a share that fits only one total, or none), shares (shares that rest on
    different totals), items (sub-items), named_twice, not_named, unit, count. `status`: rounding, differs.
    """

    kind: str
    subject: str
    stated: str
    computed: str
    arithmetic: str
    status: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan's figures: document, stated total, margins and cells as printed, and its contradictions."""

    plan_id: str
    name: str
    document: str
    area_code: str | None
    total: Decimal | None
    margins: tuple[Share, ...]
    cells: Mapping[tuple[str, str], Decimal]
    contradictions: tuple[Contradiction, ...]
    projects_stated: int | None

    def of(self, dimension: str) -> tuple[Share, ...]:
        """Give one margin: by category or by county."""
        return tuple(item for item in self.margins if item.dimension == dimension)

    def parts(self, dimension: str) -> Decimal:
        """Add a margin up."""
        return sum((item.amount for item in self.of(dimension)), Decimal(0))


def plans(rows: Iterable[Row]) -> list[Plan]:
    """Read the plans that rows of the layer plan_investments hold, in order of their ids."""
    held: dict[str, list[Row]] = {}
    for row in rows:
        held.setdefault(str(row["plan_id"]), []).append(row)
    return [plan(held[name]) for name in sorted(held)]


def plan(rows: Sequence[Row]) -> Plan:
    """Read one plan, and compute its shares and contradictions.

    Example:
        >>> rows = [{"plan_id": "p", "document": "d", "dimension_row": name, "amount_yi": amount, "stated_share": share}
        ...         for name, amount, share in (("a", 38.55, 13.33), ("b", 250.75, 86.67))]
        >>> found = plan([*rows, {"plan_id": "p", "document": "d", "amount_yi": 289.31}])
        >>> [(item.name, item.on_stated, item.on_parts, item.fits) for item in found.margins]
        [('a', Decimal('13.32'), Decimal('13.33'), ('parts',)), ('b', Decimal('86.67'), Decimal('86.67'), ('stated', 'parts'))]
        >>> found.contradictions[0].arithmetic
        '38.55 + 250.75 = 289.30; 289.30 − 289.31 = −0.01'
    """
    rows = sorted(rows, key=lambda row: _whole(row.get("position")) or 0)
    first = rows[0]
    whole = [row for row in rows if not _text(row.get("dimension_row")) and not _text(row.get("dimension_col"))]
    total = _decimal(whole[0].get("amount_yi")) if whole else None
    margins = tuple(item for name in (CATEGORY, COUNTY) for item in _margin(rows, name, total))
    cells = {
        (_text(row["dimension_row"]), _text(row["dimension_col"])): _decimal(row["amount_yi"]) or Decimal(0)
        for row in rows
        if _text(row.get("dimension_row")) and _text(row.get("dimension_col"))
    }
    return Plan(
        plan_id=str(first["plan_id"]),
        name=_text(first.get("plan_name")) or str(first["plan_id"]),
        document=_text(first.get("document")),
        area_code=_text(first.get("area_code")) or None,
        total=total,
        margins=margins,
        cells=cells,
        contradictions=tuple(_contradictions(rows, margins, total, whole[0] if whole else {})),
        projects_stated=_whole(whole[0].get("projects_stated")) if whole else None,
    )


def _margin(rows: Sequence[Row], dimension: str, total: Decimal | None) -> list[Share]:
    own, other = ("dimension_row", "dimension_col") if dimension == CATEGORY else ("dimension_col", "dimension_row")
    lines = [row for row in rows if _text(row.get(own)) and not _text(row.get(other))]
    parts = sum((_decimal(row["amount_yi"]) or Decimal(0) for row in lines), Decimal(0))
    totals = {name: value for name, value in ((STATED, total), (PARTS, parts)) if value}
    return [_share(row, dimension, _text(row[own]), totals) for row in lines]


def _share(row: Row, dimension: str, name: str, totals: Mapping[str, Decimal]) -> Share:
    amount, stated = _decimal(row["amount_yi"]) or Decimal(0), _decimal(row.get("stated_share"))
    printed = None if stated is None else stated.quantize(CENT)
    return Share(
        dimension=dimension,
        name=name,
        code=_text(row.get("category_code" if dimension == CATEGORY else "county_code")) or None,
        amount=amount,
        unit_printed=_text(row.get("unit_printed")) or UNIT,
        stated=printed,
        on_stated=_percent(amount, totals.get(STATED)),
        on_parts=_percent(amount, totals.get(PARTS)),
        fits=() if printed is None else totals_that_fit(amount, totals, stated_share=printed),
    )


def _contradictions(rows: Sequence[Row], margins: Sequence[Share], total: Decimal | None, whole: Row) -> Iterator[Contradiction]:
    for dimension in (CATEGORY, COUNTY):
        part = [item for item in margins if item.dimension == dimension]
        if part and total is not None:
            yield from _total(dimension, part, total)
    yield from _shares(margins, total)
    yield from _named(rows, whole)
    for item in margins:
        if item.unit_printed != UNIT:
            yield Contradiction(
                "unit", item.name, item.unit_printed, UNIT, f"{item.amount} {item.unit_printed} → {item.amount} {UNIT}", "differs"
            )


def _total(dimension: str, part: Sequence[Share], total: Decimal) -> Iterator[Contradiction]:
    found = check_partition({item.name: item.amount for item in part}, total=total, tolerance=TOLERANCE)
    if found.status != AGREES:
        added = " + ".join(str(item.amount) for item in part)
        signed = f"{found.difference}".replace("-", "−")
        sentence = f"{added} = {found.parts_sum}; {found.parts_sum} − {total} = {signed}"
        yield Contradiction("total", dimension, str(total), str(found.parts_sum), sentence, found.status)


def _shares(margins: Sequence[Share], total: Decimal | None) -> Iterator[Contradiction]:
    stated = [item for item in margins if item.stated is not None]
    odd = [item for item in stated if total is not None and STATED in _offered(item) and set(item.fits) != _offered(item)]
    for item in odd:
        yield Contradiction("share", item.name, f"{item.stated} %", _both(item), _working(item, margins, total), "differs")
    bases = {item.fits for item in odd}
    if len(bases) > 1:
        named = "; ".join(f"{item.name} {item.stated} %: {', '.join(item.fits) or '—'}" for item in odd)
        yield Contradiction(
            "shares", "", str(len(odd)), ", ".join(sorted({", ".join(base) or "—" for base in bases})), named, "differs"
        )


def _offered(item: Share) -> set[str]:
    return {name for name, value in ((STATED, item.on_stated), (PARTS, item.on_parts)) if value is not None}


def _both(item: Share) -> str:
    return f"{item.on_stated} % / {item.on_parts} %"


def _working(item: Share, margins: Sequence[Share], total: Decimal | None) -> str:
    parts = sum((other.amount for other in margins if other.dimension == item.dimension), Decimal(0))
    return f"100 × {item.amount} ÷ {total} = {item.on_stated}; 100 × {item.amount} ÷ {parts} = {item.on_parts}"


def _named(rows: Sequence[Row], whole: Row) -> Iterator[Contradiction]:
    lines = [row for row in rows if _text(row.get("dimension_row")) and not _text(row.get("dimension_col"))]
    listed = [_whole(row.get("items_listed")) for row in lines]
    stated = _whole(whole.get("items_stated"))
    if stated is not None and listed and None not in listed:
        numbers = [number or 0 for number in listed]
        added = sum(numbers)
        if added != stated:
            sentence = (
                f"{' + '.join(str(number) for number in numbers)} = {added}; {added} − {stated} = {_signed(added - stated)}"
            )
            yield Contradiction("items", "", str(stated), str(added), sentence, "differs")
    for row in lines:
        times = _whole(row.get("times_named"))
        if times is not None and times != 1:
            kind = "not_named" if times == 0 else "named_twice"
            yield Contradiction(kind, _text(row["dimension_row"]), "1", str(times), f"{times} ≠ 1", "differs")


def _signed(number: int) -> str:
    return str(number).replace("-", "−")


@dataclass(frozen=True, slots=True)
class Cell:
    """Money of the library in one cell, in 亿元: the sum of known budgets, the projects, and how many state no budget."""

    amount: Decimal
    projects: int
    unknown: int

    def shown(self) -> Decimal:
        """Give the amount to 0.01 亿元, as plans print it."""
        return self.amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Library:
    """The project library as a matrix of plan categories and counties; None stands for projects without category or county."""

    cells: Mapping[tuple[str | None, str | None], Cell]

    def at(self, category: str | None, county: str | None) -> Cell:
        """Give one cell; empty where there is no project."""
        return self.cells.get((category, county), EMPTY)

    def row(self, category: str | None) -> Cell:
        """Add up a category over all counties."""
        return _sum(cell for (own, _), cell in self.cells.items() if own == category)

    def column(self, county: str | None) -> Cell:
        """Add up a county over all categories."""
        return _sum(cell for (_, own), cell in self.cells.items() if own == county)

    def whole(self) -> Cell:
        """Add everything up."""
        return _sum(self.cells.values())


EMPTY: Final = Cell(Decimal(0), 0, 0)


def library(projects: Iterable[Row], *, leave_out: frozenset[str] = frozenset()) -> Library:
    """Add the budgets of projects up by plan category (C1–C7) and county, exactly, from 万元 to 亿元.

    Args:
        projects: rows of the layer projects (baiyin_category, county_code, budget_total in 万元, status).
        leave_out: stages that are no plan of money (refused, withdrawn).

    Example:
        >>> rows = [{"baiyin_category": "C1", "county_code": "x", "budget_total": 12345.6},
        ...         {"baiyin_category": "C1", "county_code": "x", "budget_total": None}]
        >>> library(rows).at("C1", "x")
        Cell(amount=Decimal('1.23456'), projects=2, unknown=1)
    """
    found: dict[tuple[str | None, str | None], Cell] = {}
    for row in projects:
        if _text(row.get("status")) in leave_out:
            continue
        key = (_text(row.get("baiyin_category")) or None, _text(row.get("county_code")) or None)
        budget = _decimal(row.get("budget_total"))
        own = Cell((budget or Decimal(0)) / WAN_PER_YI, 1, int(budget is None))
        found[key] = _sum((found.get(key, EMPTY), own))
    return Library(found)


def _sum(cells: Iterable[Cell]) -> Cell:
    held = list(cells)
    return Cell(
        sum((item.amount for item in held), Decimal(0)), sum(item.projects for item in held), sum(item.unknown for item in held)
    )


def _percent(part: Decimal, whole: Decimal | None) -> Decimal | None:
    return recompute_rate(part, whole, stated="0.00").computed if whole else None


def _decimal(value: Any) -> Decimal | None:
    return None if value is None or pd.isna(value) else Decimal(str(value)).quantize(_digits(value))


def _digits(value: Any) -> Decimal:
    """At least two decimals, as plans print money in 亿元: 66.1 and 66.10 are one number in a store."""
    return Decimal(1).scaleb(min(-2, int(Decimal(str(value)).as_tuple().exponent)))


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
