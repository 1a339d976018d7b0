"""What is owed by a day: one shape for the project library, the asset ledger and the tasks, merged on the page of dues."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

State = Literal["overdue", "due", "upcoming", "open"]
STATES: Final = ("overdue", "due", "open", "upcoming")
"""The order in which dues are shown: what is late first, what has no number of days before what lies far ahead."""
SOON_DAYS: Final = 30
"""A due within so many days is `due`, a later one `upcoming` (design)."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that somebody owes.

    `kind` names what is to be done (a text of the pages), `layer` and `key` the row it is about, `since` the day of its cause,
    `due_on` the last day (None where the rule says "promptly" and prints no number), `roles` who has to act, `rule_id` and
    `document` where the rule stands.
    """

    kind: str
    layer: str
    key: str
    title: str
    area_code: str | None
    since: date
    due_on: date | None
    roles: frozenset[str]
    rule_id: str
    document: str
    state: State

    @property
    def uid(self) -> str:
        """Give a name that stays the same while the cause stays, for calendars.

        >>> since, today = date(2025, 1, 1), date(2026, 1, 1)
        >>> a = made("settle", "assets", "Z1", title="库", since=since, due_on=None, today=today)
        >>> b = made("settle", "assets", "Z1", title="新名", since=since, due_on=today, today=today)
        >>> a.uid == b.uid
        True
        """
        text = f"{self.kind}\x1f{self.layer}\x1f{self.key}\x1f{self.since.isoformat()}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def state_of(due_on: date | None, today: date, *, soon_days: int = SOON_DAYS) -> State:
    """Say how a last day stands to today: overdue after it, due within `soon_days` before it, upcoming earlier; open without one.

    >>> [state_of(day, date(2026, 11, 22)) for day in (date(2026, 11, 21), date(2026, 11, 22), date(2027, 11, 1), None)]
    ['overdue', 'due', 'upcoming', 'open']
    """
    if due_on is None:
        return "open"
    if due_on < today:
        return "overdue"
    return "due" if due_on <= today + timedelta(days=soon_days) else "upcoming"


def made(  # noqa: PLR0913 - one call says all of a due
    kind: str,
    layer: str,
    key: str,
    *,
    title: str,
    since: date,
    due_on: date | None,
    today: date,
    area_code: str | None = None,
    roles: Iterable[str] = (),
    rule_id: str = "",
    document: str = "",
) -> Due:
    """Make a due, its state from its last day and today."""
    state = state_of(due_on, today)
    return Due(kind, layer, key, title, area_code, since, due_on, frozenset(roles), rule_id, document, state)


def in_order(found: Iterable[Due]) -> list[Due]:
    """Sort dues: what is late first, then by last day, then by kind, layer and key; the same for every order given."""
    return sorted(
        found, key=lambda item: (STATES.index(item.state), item.due_on or date.max, item.kind, item.layer, item.key, item.since)
    )
