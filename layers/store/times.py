"""Times as the store keeps them: ISO text in UTC, which sorts as the times do."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """The present time in UTC."""
    return dt.datetime.now(dt.UTC)


def instant(at: dt.datetime | None) -> str:
    """Write a time as the store keeps it: ISO text in UTC; a time without a zone is taken as UTC.

    >>> instant(dt.datetime(2026, 11, 21, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))))
    '2026-11-21T00:00:00+00:00'
    """
    given = at or now()
    return (given if given.tzinfo else given.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).isoformat()


def moment(text: str) -> dt.datetime:
    """Read a time back."""
    return dt.datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> dt.datetime | None:
    """Read a time back that may not be known."""
    return None if text is None else dt.datetime.fromisoformat(text)
