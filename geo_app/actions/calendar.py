"""Dues as a calendar that other programs read (iCalendar, RFC 5545): a day each, or a task where no day is printed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from icalendar import Alarm, Calendar, Event, Todo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processing.dues import Due

PRODUCT: Final = "-//Xiangtu//Dues//ZH"
WARNED_DAYS: Final = 3
"""How many days before the last day a calendar reminds (design)."""


def calendar(  # noqa: PLR0913 -- what a calendar says of each due
    dues: Iterable[Due],
    *,
    name: str,
    words: Callable[[Due], str],
    places: Callable[[str], str],
    made: dt.datetime,
    note: str = "",
    address: Callable[[Due], str] = lambda _: "",
) -> bytes:
    """Write dues as a calendar.

    A due with a last day is an event of that whole day, one without a task. The UID of a due stays the same while its cause
    does, so that a calendar that is read again moves an entry and does not double it.

    Args:
        dues: what is owed.
        name: name of the calendar.
        words: gives the title of what is to be done.
        places: gives the name of an area.
        made: when the calendar is made.
        note: said in every description, for example that the data is simulated.
        address: gives the page of what a due is about.
    """
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("x-wr-calname", name)
    for due in dues:
        entry = Todo() if due.due_on is None else Event()
        entry.add("uid", f"{due.uid}@xiangtu")
        entry.add("dtstamp", made)
        summary = f"{words(due)}：{due.title}"
        entry.add("summary", summary)
        entry.add("dtstart", due.since if due.due_on is None else due.due_on)
        if due.due_on is None:
            entry.add("status", "NEEDS-ACTION")
        else:
            entry.add("dtend", due.due_on + dt.timedelta(days=1))
            entry.add("transp", "TRANSPARENT")
            entry.add_component(_alarm(summary))
        if due.area_code:
            entry.add("location", places(due.area_code))
        entry.add("categories", [due.layer, due.state])
        entry.add("description", "\n".join(part for part in (note, f"{due.rule_id} {due.document}".strip(), due.key) if part))
        if address(due):
            entry.add("url", address(due))
        found.add_component(entry)
    written: bytes = found.to_ical()
    return written


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -dt.timedelta(days=WARNED_DAYS))
    return alarm
