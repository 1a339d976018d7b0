"""Notices and maps that everybody may see, from when until when."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import BadFrameError, NotFoundError
from layers.store import tables
from layers.store.accounts import next_number
from layers.store.papers import Publication
from layers.store.times import instant, moment, moment_or_none, now
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.store.backend import Backend
    from layers.store.papers import PublicationKind

Day = dt.date | dt.datetime | None
OFFICE = dt.timezone(dt.timedelta(hours=8))
"""A date without a time begins and ends by this clock (China)."""


def _day_text(day: Day) -> str | None:
    if day is None:
        return None
    return instant(day) if isinstance(day, dt.datetime) else day.isoformat()


def _day(text: str | None) -> Day:
    if text is None:
        return None
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)


def _bound(day: dt.date | dt.datetime, *, end: bool) -> dt.datetime:
    """The moment at which a publication begins or ends to be seen; a date is meant whole."""
    if isinstance(day, dt.datetime):
        return day
    return dt.datetime.combine(day + dt.timedelta(days=1 if end else 0), dt.time(), OFFICE)


def is_public(item: Publication, at: dt.date | dt.datetime) -> bool:
    """Say whether a publication may be seen at a time (a date: at its noon).

    >>> item = Publication(1, "notice", "t", {}, "w", now(), dt.date(2026, 3, 1), dt.date(2026, 3, 7))
    >>> [is_public(item, dt.date(2026, 3, day)) for day in (1, 7, 8)]
    [True, True, False]
    """
    when = at if isinstance(at, dt.datetime) else dt.datetime.combine(at, dt.time(12), OFFICE)
    when = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
    begun = item.valid_from is None or _bound(item.valid_from, end=False) <= when
    ended = item.valid_to is not None and _bound(item.valid_to, end=True) <= when
    return begun and not ended and item.withdrawn_at is None


class Published:
    """`Store.published`. A publication that was withdrawn stays, and is no longer shown."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def publish(  # noqa: PLR0913 -- what a publication is made of
        self,
        kind: PublicationKind,
        title: str,
        content: Mapping[str, Any],
        *,
        who: str,
        valid_from: Day = None,
        valid_to: Day = None,
    ) -> int:
        """Publish a notice or map and give its number; raise BadFrameError for content that JSON cannot hold."""
        table = tables.published
        try:
            text = to_json(dict(content))
        except (TypeError, ValueError) as error:
            raise BadFrameError("A publication must be made of texts, numbers, truth values, lists and mappings") from error
        values: dict[str, Any] = {"kind": kind, "title": title, "content": text, "who": who, "at": instant(now())}
        values |= {"valid_from": _day_text(valid_from), "valid_to": _day_text(valid_to)}
        with self._backend.writing() as connection:
            number = next_number(connection, table.c.published_id)
            connection.execute(sa.insert(table).values(published_id=number, **values))
        return number

    def get(self, published_id: int) -> Publication:
        """Give a publication, also one that is not public now; raise NotFoundError when there is none of this number."""
        table = tables.published
        with self._backend.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.published_id == published_id)).first()
        if row is None:
            raise NotFoundError(f"There is no publication {published_id}.")
        return _record(row)

    def all(self, public_at: dt.date | dt.datetime | None = None) -> list[Publication]:
        """List publications, the latest first; only those that may be seen at a time when one is given."""
        table = tables.published
        with self._backend.reading() as connection:
            found = [_record(row) for row in connection.execute(sa.select(table).order_by(table.c.published_id.desc()))]
        return [item for item in found if public_at is None or is_public(item, public_at)]

    def withdraw(self, published_id: int, who: str) -> None:
        """Take a publication back; raise NotFoundError when there is none of this number. A second call changes nothing."""
        table = tables.published
        own = table.c.published_id == published_id
        with self._backend.writing() as connection:
            if connection.execute(sa.select(table.c.published_id).where(own)).first() is None:
                raise NotFoundError(f"There is no publication {published_id}.")
            values = {"withdrawn_at": instant(now()), "withdrawn_by": who}
            connection.execute(sa.update(table).where(own, table.c.withdrawn_at.is_(None)).values(**values))


def _record(row: sa.Row[Any]) -> Publication:
    return Publication(
        published_id=row.published_id,
        kind=row.kind,
        title=row.title,
        content=json.loads(row.content),
        who=row.who,
        at=moment(row.at),
        valid_from=_day(row.valid_from),
        valid_to=_day(row.valid_to),
        withdrawn_at=moment_or_none(row.withdrawn_at),
        withdrawn_by=row.withdrawn_by,
    )
