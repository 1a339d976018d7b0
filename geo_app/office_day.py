"""The day at the office: the one place where today's date comes from."""

from __future__ import annotations

import datetime as dt
from typing import Final

OFFICE_ZONE: Final = dt.timezone(dt.timedelta(hours=8), "UTC+8")
"""Notices, deadlines and calendars of the offices follow China's time, whatever the clock of the server says."""


def today(at: dt.datetime | None = None) -> dt.date:
    """Give the date at the office, now or at an instant.

    Example:
        >>> today(dt.datetime(2026, 11, 21, 17, 30, tzinfo=dt.UTC))
        datetime.date(2026, 11, 22)
    """
    return (at or dt.datetime.now(dt.UTC)).astimezone(OFFICE_ZONE).date()
