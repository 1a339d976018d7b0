"""How long a notice hangs: the first day on which the next step may follow, in calendar days or in working days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

DayKind = Literal["calendar", "working"]
SATURDAY: Final = 5


def works(day: date, holidays: Collection[date] = ()) -> bool:
    """Say whether a day is a working day: no Saturday, no Sunday, no holiday.

    >>> works(date(2026, 11, 20)), works(date(2026, 11, 21)), works(date(2026, 10, 1), {date(2026, 10, 1)})
    (True, False, False)
    """
    return day.weekday() < SATURDAY and day not in holidays


def earliest_end(start: date, days: int, kind: DayKind = "calendar", holidays: Collection[date] = ()) -> date:
    """Give the first day on which the step after a notice may be taken.

    A notice of ten days that begins on the 1st hangs on the 1st to the 10th, so the next step may follow on the 11th: the day on
    which `days` whole days (calendar days, or working days) lie between the start and it, the start counted, itself not.

    Args:
        start: day on which the notice is hung up.
        days: how many days it hangs.
        kind: `calendar` or `working`. No document says which (A1.3): calendar days are our choice.
        holidays: days that are no working days besides Saturday and Sunday.

    >>> earliest_end(date(2026, 3, 1), 10)
    datetime.date(2026, 3, 11)
    >>> earliest_end(date(2026, 9, 25), 5, "working", {date(2026, 10, 1), date(2026, 10, 2)})
    datetime.date(2026, 10, 6)
    """
    if kind == "calendar":
        return start + timedelta(days=days)
    day, left = start, days
    while left > 0:
        left -= works(day, holidays)
        day += timedelta(days=1)
    return day


def days_hung(start: date, end: date, kind: DayKind = "calendar", holidays: Collection[date] = ()) -> int:
    """Count the days on which a notice hung, the start counted and the day of the next step not.

    >>> days_hung(date(2026, 3, 1), date(2026, 3, 11)), days_hung(date(2026, 11, 20), date(2026, 11, 24), "working")
    (10, 2)
    """
    whole = max(0, (end - start).days)
    return whole if kind == "calendar" else sum(works(start + timedelta(days=number), holidays) for number in range(whole))
