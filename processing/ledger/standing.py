"""Where an asset stands after its events: in the ledger or not, the last step of each chain, objections, money, disposal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import entries, known
from processing.ledger.moves import DISPOSAL_STARTS, ENTERED_BY, MOVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SENT_BACK: Final = "退回"
DISPOSED: Final = "已处置"
TOLERANCE: Final = Decimal("0.01")
"""Sums of money in 万元 agree when they differ by less."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of income: its day, the period that it is for, and its amount in 万元."""

    on: date
    period: str
    amount: Decimal

    def same_period(self, other: Settlement) -> bool:
        """Say whether both are for the same period: a period without a year in it is one of the year of its settlement.

        >>> first = Settlement(date(2026, 7, 1), "2026年上半年", Decimal(10))
        >>> first.same_period(Settlement(date(2027, 1, 5), " 2026上半年", Decimal(4)))
        True
        >>> first.same_period(Settlement(date(2026, 12, 20), "2026下半年", Decimal(4)))
        False
        """
        return self._period() == other._period()

    def _period(self) -> str:
        text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", self.period))
        text = re.sub(r"(\d{4})年度?", r"\1", text)
        return text if re.search(r"\d{4}", text) else f"{self.on.year}{text}"


@dataclass
class Standing:
    """The standing of one asset.

    `last` gives for every open chain its last event, `settled` and `distributed` are sums of money in 万元 (what was settled, and
    what distributions not sent back give away), `proposed` what the last distribution gives away, `sold_for` what a disposal
    brought, `objections` the open ones by their event ids, `settlements` every settlement of income in the order of the events.
    """

    entered: date | None = None
    last: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    objections: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    settlements: list[Settlement] = field(default_factory=list)
    settled: Decimal = Decimal(0)
    distributed: Decimal = Decimal(0)
    proposed: Decimal = Decimal(0)
    sold_for: Decimal | None = None
    last_settled: date | None = None
    last_upkeep: date | None = None
    disposed: bool = False

    def step(self, chain: str) -> str:
        """Name the last step of an open chain, empty where none is open."""
        return str(self.last[chain]["move"]) if chain in self.last else ""

    @property
    def balance(self) -> Decimal:
        """Settled income that no distribution has given away yet, in 万元."""
        return self.settled - self.distributed

    @property
    def annual_income(self) -> Decimal | None:
        """The income of the latest year in which any was settled, in 万元; None where none was.

        The year is that of the day of the settlement, as in the book of income.
        """
        year = max((item.on.year for item in self.settlements), default=None)
        return None if year is None else sum((item.amount for item in self.settlements if item.on.year == year), Decimal(0))

    @property
    def disposal_chain(self) -> str:
        """Name the kind of the disposal under way: public, small, collective, or empty."""
        return str(self.last["disposal"].get("chain") or "") if "disposal" in self.last else ""


def day(value: object) -> date | None:
    """Read a day from a date, a moment or ISO text; None when it is unknown or none.

    >>> day("2026-03-01"), day(""), day("soon")
    (datetime.date(2026, 3, 1), None, None)
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value)[:10]) if isinstance(value, str) and value else None
    except ValueError:
        return None


def money(value: object) -> Decimal | None:
    """Read an amount in 万元 exactly; None when it is unknown or no number.

    >>> money(0.1) + money("0.2"), money("many"), money(None)
    (Decimal('0.3'), None, None)
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def listed(row: Mapping[str, Any], name: str) -> list[Any]:
    """Read a list that stands in a field as a list or as JSON."""
    return entries(row.get(name))


def used(row: Mapping[str, Any], name: str = "uses") -> Decimal:
    """Add up the amounts of a list of uses, in 万元.

    >>> used({"uses": [{"use": "IU1", "amount_wan_yuan": 0.1}, {"use": "IU2", "amount_wan_yuan": 0.2}]})
    Decimal('0.3')
    """
    amounts = (money(item.get("amount_wan_yuan")) for item in listed(row, name) if isinstance(item, dict))
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def ordered(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort the events of one asset by their numbers; those without one come first, by their days."""
    return sorted(events, key=lambda item: (int(known(item, "seq") or 0), str(known(item, "start_date") or "")))


def of(asset: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Standing:
    """Read the standing of an asset from its events, in their order.

    An asset that is marked as entered in the ledger, or disposed of, but has no such event was taken over as it stands.
    """
    found = Standing(disposed=known(asset, "status") == DISPOSED)
    for event in ordered(events):
        _take(found, event)
    if found.entered is None:
        found.entered = day(known(asset, "registered_on"))
    return found


def _take(found: Standing, event: Mapping[str, Any]) -> None:
    move = MOVES.get(str(known(event, "move") or ""))
    if move is None:
        return
    if known(event, "result") == SENT_BACK:
        _sent_back(found, move.chain)
        return
    if move.name in ENTERED_BY and found.entered is None:
        found.entered = day(known(event, "start_date"))
    _money(found, event, move.name)
    if move.name == "objection":
        found.objections[str(event["event_id"])] = event
    elif move.name == "answer":
        found.objections.pop(str(known(event, "answers")), None)
    if move.chain:
        chain = {"chain": _disposal(found, event, move.name)} if move.chain == "disposal" else {}
        found.last[move.chain] = {**event, **chain}
        if move.ends or (move.name == "write_off" and found.sold_for == 0):  # what brought nothing leaves nothing to be used
            del found.last[move.chain]
    found.disposed = found.disposed or move.name == "write_off"


def _disposal(found: Standing, event: Mapping[str, Any], name: str) -> str:
    return DISPOSAL_STARTS.get(name) or str(known(event, "chain") or found.disposal_chain)


def _money(found: Standing, event: Mapping[str, Any], name: str) -> None:
    if name == "settle":
        _settled(found, event)
    elif name in {"distribute", "owner_distribute"}:
        found.proposed = used(event)
        found.distributed += found.proposed
    elif name == "upkeep":
        found.last_upkeep = max(filter(None, (found.last_upkeep, day(known(event, "start_date")))), default=None)
    elif name == "write_off":
        found.sold_for = money(known(event, "amount"))


def _settled(found: Standing, event: Mapping[str, Any]) -> None:
    amount, on = money(known(event, "amount")) or Decimal(0), day(known(event, "start_date"))
    found.settled += amount
    if on is not None:
        found.last_settled = max(filter(None, (found.last_settled, on)))
        found.settlements.append(Settlement(on, str(known(event, "period") or ""), amount))


def _sent_back(found: Standing, chain: str) -> None:
    if chain == "income":
        found.distributed -= found.proposed
    found.last.pop(chain, None)
