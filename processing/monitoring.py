"""What is watched of a key county or key village beside its indicators: money, land, projects and assets. Unknown is never zero.

Amounts are in 万元 and exact (Decimal); a sum names how many rows have no amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

YUAN_PER_WAN: Final = 10_000
NOT_FUNDED: Final = frozenset({"draft", "withdrawn", "rejected", "returned"})
"""Stages whose budget is no money for the area."""
BELOW, WITHIN, ABOVE, UNKNOWN = "below", "within", "above", "unknown"


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of money in 万元 over the rows that state an amount, how many rows there are, and how many state none."""

    amount: Decimal
    rows: int
    unknown: int

    @property
    def known(self) -> int:
        """Number of rows with an amount."""
        return self.rows - self.unknown


def amount(value: Any) -> Decimal | None:
    """Read an amount exactly; None where it is unknown.

    Example:
        >>> amount(10.1), amount(float("nan")), amount(None)
        (Decimal('10.1'), None, None)
    """
    if value is None or pd.isna(value):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def total(rows: Iterable[Row], name: str) -> Sum:
    """Add a field up over rows.

    Example:
        >>> total([{"budget": 10.1}, {"budget": None}, {"budget": 0.2}], "budget")
        Sum(amount=Decimal('10.3'), rows=3, unknown=1)
    """
    found = [amount(row.get(name)) for row in rows]
    known = [item for item in found if item is not None]
    return Sum(sum(known, Decimal(0)), len(found), len(found) - len(known))


@dataclass(frozen=True, slots=True)
class PerHead:
    """Money for each person: yuan per head over the known budgets, the population, and what is not known.

    `yuan` is None where no project states a budget or the population is unknown; with unknown budgets it is a lower bound.
    """

    yuan: Decimal | None
    budgets: Sum
    population: int | None
    lower_bound: bool


def per_head(projects: Iterable[Row], population: int | None) -> PerHead:
    """Give Σ budget / population in 元, over projects that may receive money (indicator 25).

    A project without a stage is taken in; drafts, returned, refused and withdrawn ones are not.

    Example:
        >>> rows = [{"status": "in_library", "budget_total": 30.0}, {"status": "draft", "budget_total": 9.0}, {"name": "x"}]
        >>> found = per_head(rows, 1000)
        >>> found.yuan, found.budgets.rows, found.budgets.unknown, found.lower_bound
        (Decimal('300.00'), 2, 1, True)
    """
    found = total([row for row in projects if row.get("status") not in NOT_FUNDED], "budget_total")
    if not population or not found.known:
        return PerHead(None, found, population, lower_bound=found.unknown > 0)
    yuan = (found.amount * YUAN_PER_WAN / population).quantize(Decimal("0.01"))
    return PerHead(yuan, found, population, lower_bound=found.unknown > 0)


def grouped(rows: Sequence[Row], name: str, money: str, order: Sequence[str] = ()) -> list[tuple[str | None, Sum]]:
    """Add money up by the values of a field, in a given order; rows without a value come last under None.

    The parts have as many rows and as much money as the whole.
    """
    values = {_value(row, name) for row in rows}
    named = [item for item in order if item in values] + sorted(str(item) for item in values if item and item not in order)
    parts: list[str | None] = [*named, *([None] if None in values else [])]
    return [(item, total([row for row in rows if _value(row, name) == item], money)) for item in parts]


def crossed(rows: Sequence[Row], names: tuple[str, str], money: str) -> dict[tuple[str | None, str | None], Sum]:
    """Add money up by the values of two fields (for example class and status of assets)."""
    keys = dict.fromkeys((_value(row, names[0]), _value(row, names[1])) for row in rows)
    return {key: total([row for row in rows if (_value(row, names[0]), _value(row, names[1])) == key], money) for key in keys}


def _value(row: Row, name: str) -> str | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else str(value)


@dataclass(frozen=True, slots=True)
class Quota:
    """Building land of one year in 亩: quota, used, left, the share used in percent, and where the numbers come from."""

    year: int
    quota_mu: Decimal | None
    used_mu: Decimal | None
    left_mu: Decimal | None
    used_pct: Decimal | None
    state: str
    document: str
    source: str


def quotas(rows: Iterable[Row]) -> list[Quota]:
    """Give the land quota of each year with what is used of it, newest first; a use that nobody stated stays unknown.

    Example:
        >>> [(item.left_mu, item.used_pct, item.state) for item in quotas([
        ...     {"year": 2024, "land_quota_mu": 600.0, "land_used_mu": 450.0}, {"year": 2025, "land_quota_mu": 600.0}])]
        [(None, None, 'unknown'), (Decimal('150.0'), Decimal('75.0'), 'within')]
    """
    return sorted((_quota(row) for row in rows), key=lambda item: -item.year)


def _quota(row: Row) -> Quota:
    limit, used = amount(row.get("land_quota_mu")), amount(row.get("land_used_mu"))
    left = None if limit is None or used is None else limit - used
    share = None if left is None or used is None or not limit else (100 * used / limit).quantize(Decimal("0.1"))
    state = UNKNOWN if left is None else ABOVE if left < 0 else WITHIN
    texts = [_value(row, name) or "" for name in ("document", "source")]
    return Quota(int(row["year"]), limit, used, left, share, state, *texts)
