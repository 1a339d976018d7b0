"""What was spent of a project's money, against its budget, by fund source; an amount nobody stated is unknown, not nothing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from processing.library.money import CENT, amounts_of, decimal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SPEND: Final = "支出"
PROGRESS: Final = frozenset({"进度", "完工"})
"""Events that say how far the works are; completing them says 100 per cent."""
NO_SOURCE: Final = ""
"""Source of spending that names none."""


@dataclass(frozen=True, slots=True)
class SourceSpent:
    """One fund source: its part of the budget (None: unknown, or not part of it), what was spent, entries without an amount."""

    code: str
    budget: Decimal | None
    spent: Decimal
    unknown: int = 0
    planned: bool = True

    @property
    def over(self) -> Decimal | None:
        """By how much more was spent than planned; None where it was not, or where that cannot be said."""
        limit = self.budget if self.planned else Decimal(0)
        return None if limit is None or self.spent - limit < CENT else self.spent - limit


@dataclass(frozen=True, slots=True)
class Spending:
    """Spending of a project: its budget (None: unknown), what was spent, entries without an amount, and both by source."""

    budget: Decimal | None
    spent: Decimal
    unknown: int
    sources: tuple[SourceSpent, ...]

    @property
    def over(self) -> Decimal | None:
        """By how much more was spent than the budget; None where it was not, or where that cannot be said."""
        return None if self.budget is None or self.spent - self.budget < CENT else self.spent - self.budget

    @property
    def left(self) -> Decimal | None:
        """What is left of the budget; None where that cannot be said."""
        return None if self.budget is None or self.unknown else self.budget - self.spent

    @property
    def share(self) -> float | None:
        """Share of the budget that was spent; None where it cannot be said."""
        return None if self.budget is None or not self.budget or self.unknown else float(self.spent / self.budget)


def spending(project: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> Spending:
    """Add up the spending of a project from its events.

    Args:
        project: row with budget_total and funding_sources, in 万元.
        events: its events; those of type 支出 have `amount` (万元) and `fund_source`.

    >>> row = {"budget_total": 10, "funding_sources": [{"code": "S11", "amount_wan_yuan": 10}]}
    >>> found = spending(row, [{"event_type": "支出", "amount": 4.5, "fund_source": "S11"}, {"event_type": "支出", "amount": 1}])
    >>> str(found.spent), str(found.left), [(item.code, str(item.spent)) for item in found.sources]
    ('5.5', '4.5', [('', '1'), ('S11', '4.5')])
    """
    planned = amounts_of(project.get("funding_sources"))
    spent: dict[str, Decimal] = {}
    unknown: dict[str, int] = {}
    for event in events:
        if event.get("event_type") != SPEND:
            continue
        code, amount = _source(event), decimal_of(event.get("amount"))
        spent[code] = spent.get(code, Decimal(0)) + (amount or Decimal(0))
        unknown[code] = unknown.get(code, 0) + (amount is None)
    rows = tuple(
        SourceSpent(code, planned.get(code), spent.get(code, Decimal(0)), unknown.get(code, 0), code in planned)
        for code in sorted({*planned, *spent})
    )
    budget = decimal_of(project.get("budget_total"))
    return Spending(budget, sum(spent.values(), Decimal(0)), sum(unknown.values()), rows)


def _source(event: Mapping[str, Any]) -> str:
    value = event.get("fund_source")
    return value if isinstance(value, str) else NO_SOURCE


def percent_done(events: Iterable[Mapping[str, Any]]) -> float | None:
    """Give the last progress entered, in percent; None where there is none.

    >>> percent_done([{"event_type": "支出", "seq": 1}, {"event_type": "进度", "progress_pct": 65.5}])
    65.5
    """
    entries = [item for item in events if item.get("event_type") in PROGRESS]
    for item in sorted(entries, key=lambda event: int(event.get("seq") or 0), reverse=True):
        found = decimal_of(item.get("progress_pct"))
        if found is not None:
            return float(found)
    return None
