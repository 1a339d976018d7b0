"""The annual plan: candidates in order, money added up in that order, and what stands against the plan (check E5)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from processing.library.money import amounts_of, decimal_of
from processing.library.trail import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CANDIDATE: Final = "in_library"
PLANNED: Final = frozenset({"annual_plan", "implementing", "completed", "accepted", "asset_formed"})
"""Stages in which a project that states a plan year stands in that plan."""
DEADLINE: Final = (11, 30)
"""By the end of November of the year before (湘委乡振组办发〔2021〕1号 四(三))."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A project as a plan sees it: budget and what each source pays in 万元 (None: unknown), its rank by hand and its score."""

    project_id: str
    budget: Decimal | None = None
    sources: Mapping[str, Decimal | None] | None = None
    rank: int | None = None
    score: float = 0.0
    status: str = CANDIDATE
    plan_year: int | None = None
    starts: dt.date | None = None
    ends: dt.date | None = None

    def outside(self, year: int) -> bool:
        """Say whether the planned dates lie wholly in other years; what is not stated lies nowhere.

        >>> entry = Entry("a", starts=dt.date(2025, 3, 1), ends=dt.date(2026, 12, 31))
        >>> entry.outside(2026), entry.outside(2027), Entry("b").outside(2027)
        (False, True, False)
        """
        return other_year(self.starts, self.ends, year)


def other_year(starts: dt.date | None, ends: dt.date | None, year: int) -> bool:
    """Say whether works from one day to another lie wholly outside a year, as far as the days are stated."""
    return (starts is not None and starts.year > year) or (ends is not None and ends.year < year)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plan: its place, the sum up to and with it, and whether it still fits (None: that cannot be said)."""

    entry: Entry
    place: int
    cumulative: Decimal
    unknown: int
    """Lines up to here whose budget is not known; the sum is then a lower bound."""
    fits: bool | None


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A fund source of a plan: what it has (None: not stated), what the lines ask of it, and how many do not say."""

    code: str
    available: Decimal | None
    asked: Decimal
    unknown: int

    @property
    def over(self) -> Decimal | None:
        """By how much more is asked than there is; None where it is not, or not known."""
        return None if self.available is None or self.asked <= self.available else self.asked - self.available


@dataclass(frozen=True, slots=True)
class PlanFault:
    """Something that stands against a plan: its code, the project (empty: the plan itself), and what was found."""

    code: str
    project_id: str = ""
    found: str = ""


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Put candidates in order: those that a person ranked first, by rank, then the others by score, the highest first.

    >>> [item.project_id for item in ordered([Entry("a", score=9), Entry("b", rank=2), Entry("c", rank=1), Entry("d", score=10)])]
    ['c', 'b', 'd', 'a']
    """
    return sorted(entries, key=lambda item: (item.rank is None, item.rank or 0, -item.score, item.project_id))


def lines(entries: Iterable[Entry], money_limit: Decimal | None) -> list[Line]:
    """Add up the budgets in the order given; what goes beyond the limit is shown as not fitting, and nothing is left out.

    A line fits when the sum with it is within the limit. After a line whose budget is unknown the sum is a lower bound: what
    exceeds it surely does not fit, what does not cannot be said.

    >>> found = lines([Entry("a", Decimal(60)), Entry("b", Decimal(50)), Entry("c")], Decimal(100))
    >>> [(str(item.cumulative), item.fits) for item in found]
    [('60', True), ('110', False), ('110', False)]
    """
    total, unknown, found = Decimal(0), 0, []
    for place, entry in enumerate(entries, 1):
        if entry.budget is None:
            unknown += 1
        else:
            total += entry.budget
        found.append(Line(entry, place, total, unknown, _fits(total, unknown, money_limit)))
    return found


def _fits(total: Decimal, unknown: int, limit: Decimal | None) -> bool | None:
    if limit is None:
        return None
    if total > limit:
        return False
    return None if unknown else True


def sources(entries: Sequence[Entry], available: Mapping[str, Decimal | None]) -> list[SourceUse]:
    """Add up what the lines ask of each fund source beside what it has; a line that does not say of a source counts as unknown.

    >>> sources([Entry("a", Decimal(5), {"S11": Decimal(5)}), Entry("b", Decimal(1))], {"S11": Decimal(4)})[0].over
    Decimal('1')
    """
    asked: dict[str, Decimal] = {}
    unknown: Counter[str] = Counter()
    silent = 0
    for entry in entries:
        silent += not entry.sources
        for code, amount in (entry.sources or {}).items():
            asked[code] = asked.get(code, Decimal(0)) + (amount or Decimal(0))
            unknown[code] += amount is None
    codes = sorted({*asked, *available})
    return [SourceUse(code, available.get(code), asked.get(code, Decimal(0)), unknown[code] + silent) for code in codes]


def deadline(plan_year: int, month_day: tuple[int, int] = DEADLINE) -> dt.date:
    """Give the day by which the plan of a year is to be compiled.

    >>> deadline(2027)
    datetime.date(2026, 11, 30)
    """
    return dt.date(plan_year - 1, *month_day)


def faults(plan: Mapping[str, Any], entries: Iterable[Entry], *, today: dt.date, due: dt.date) -> list[PlanFault]:
    """Name everything that stands against a plan (E5): late, unranked, duplicate rank, not in the library, unpublished, over.

    A project whose planned dates lie wholly in another year is named too; that is to be looked at and stops nothing.

    Args:
        plan: the row of the plan: plan_year, compiled_on, published_on, url, money_limit.
        entries: the projects that state this plan's year.
        today: the day of the office.
        due: the day by which the plan is to be compiled.

    >>> row = {"plan_year": 2027, "compiled_on": dt.date(2026, 12, 2), "money_limit": 9}
    >>> found = faults(row, [Entry("a", rank=1, status="applied")], today=dt.date(2026, 12, 3), due=dt.date(2026, 11, 30))
    >>> [item.code for item in found]
    ['late', 'unpublished', 'not_in_library']
    """
    rows = list(entries)
    return [
        *_late(plan, today, due),
        *_unpublished(plan),
        *_money(plan, rows),
        *_ranks(rows),
        *_outside(rows),
        *_other_year(plan, rows),
    ]


def _late(plan: Mapping[str, Any], today: dt.date, due: dt.date) -> list[PlanFault]:
    compiled = plan.get("compiled_on")
    if compiled is not None:
        return [PlanFault("late", found=compiled.isoformat())] if compiled > due else []
    return [PlanFault("overdue", found=today.isoformat())] if today > due else []


def _unpublished(plan: Mapping[str, Any]) -> list[PlanFault]:
    if plan.get("compiled_on") is None:
        return []
    shown = plan.get("published_on") is not None and (plan.get("url") or plan.get("publication_id"))
    return [] if shown else [PlanFault("unpublished")]


def _money(plan: Mapping[str, Any], entries: Sequence[Entry]) -> list[PlanFault]:
    limit = decimal_of(plan.get("money_limit"))
    if limit is None:
        return [PlanFault("no_limit")] if entries else []
    total = sum((item.budget for item in entries if item.budget is not None), Decimal(0))
    return [PlanFault("over_limit", found=str(total - limit))] if total > limit else []


def _ranks(entries: Sequence[Entry]) -> list[PlanFault]:
    times = Counter(item.rank for item in entries if item.rank is not None)
    found = [PlanFault("unranked", item.project_id) for item in entries if item.rank is None]
    doubled = [item for item in entries if item.rank is not None and times[item.rank] > 1]
    return found + [PlanFault("duplicate_rank", item.project_id, str(item.rank)) for item in doubled]


def _outside(entries: Sequence[Entry]) -> list[PlanFault]:
    return [PlanFault("not_in_library", item.project_id, item.status) for item in entries if item.status not in PLANNED]


def _other_year(plan: Mapping[str, Any], entries: Sequence[Entry]) -> list[PlanFault]:
    year = plan.get("plan_year")
    if year is None:
        return []
    return [
        PlanFault("other_year", item.project_id, f"{item.starts or '…'} – {item.ends or '…'}")
        for item in entries
        if item.outside(int(year))
    ]


def entry_of(row: Mapping[str, Any], *, rank: int | None = None, score: float = 0.0) -> Entry:
    """Make a plan's entry of a project's row.

    >>> entry_of({"project_id": "a", "budget_total": 12.5, "funding_sources": [{"code": "S11", "amount_wan_yuan": 12.5}]}).sources
    {'S11': Decimal('12.5')}
    """
    year = row.get("plan_year")
    return Entry(
        str(row["project_id"]),
        decimal_of(row.get("budget_total")),
        amounts_of(row.get("funding_sources")),
        rank,
        score,
        str(row.get("status") or ""),
        None if decimal_of(year) is None else int(str(year)),
        day_of(row.get("start_date")),
        day_of(row.get("end_date")),
    )
