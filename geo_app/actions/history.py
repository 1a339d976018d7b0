"""Looking back: the changes of a layer, the versions of a feature, a layer as of a date, and what would undo a change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import reach, visible_changes
from geo_app.errors import BadRequestError, NotFoundError
from layers.catalogue import layer as declared
from layers.store import Condition
from layers.store.reaching import mask, narrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from geo_app.access import Person
    from layers.store import ChangeRecord, Store, VersionRecord

PAGE = 100
LOOKED_AT = 5_000
CHECKED_ROWS = 5_000
COLUMNS = (
    "change_id",
    "at",
    "who",
    "bureau",
    "kind",
    "reason",
    "inserted",
    "updated",
    "deleted",
    "file_name",
    "undoes",
    "undone_by",
)


@dataclass(frozen=True, slots=True)
class Span:
    """Which changes are asked for: since and until (whole days or moments), and by whom."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    who: str | None = None


def moment(text: str, *, end: bool = True) -> dt.datetime:
    """Read a date or a moment: a date means its end (or its beginning), a moment without a zone is that of this machine.

    Raises:
        BadRequestError: the text is neither.

    >>> moment("2026-11-01").strftime("%H:%M:%S"), moment("2026-11-01", end=False).strftime("%H:%M:%S")
    ('23:59:59', '00:00:00')
    """
    text = text.strip()
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadRequestError(f"{text[:40]!r} is no date; expected for example 2026-11-01 or 2026-11-01T14:30.") from None
    if len(text) == len("2026-11-01"):
        found = dt.datetime.combine(found.date(), dt.time.max if end else dt.time.min)
    return found if found.tzinfo else found.astimezone()


def when(text: str) -> dt.datetime | int:
    """Read what a state is asked for by: a date, a moment, or the number of a change (#12).

    >>> when("#12")
    12
    """
    number = text.strip().removeprefix("#")
    return int(number) if text.strip().startswith("#") and number.isdecimal() else moment(text)


def layer_changes(  # noqa: PLR0913 - whose changes, of what, when, by whom, which page of them
    store: Store, person: Person, layer: str, span: Span | None = None, *, limit: int = PAGE, offset: int = 0
) -> list[ChangeRecord]:
    """List the changes of a layer that a person sees, the latest first, with the rows counted that the person reads."""
    reach.of(store, person, layer)
    found: list[ChangeRecord] = []
    for record in _all(store, layer, span or Span()):
        shown = visible_changes.seen(store, person, record)
        if shown is not None and layer in shown.layers:
            found.append(shown)
        if len(found) >= limit + offset:
            break
    return found[offset:]


def _all(store: Store, layer: str, span: Span) -> Iterator[ChangeRecord]:
    for start in range(0, LOOKED_AT, PAGE):
        part = store.changes(layer, limit=PAGE, offset=start, since=span.since, until=span.until, who=span.who)
        yield from part
        if len(part) < PAGE:
            return


def table(records: list[ChangeRecord]) -> pd.DataFrame:
    """Give changes as a table."""
    return pd.DataFrame([{name: getattr(item, name) for name in COLUMNS} for item in records], columns=list(COLUMNS))


def versions(store: Store, person: Person, layer: str, code: str) -> list[VersionRecord]:
    """List all versions of a feature, the first one first; by its internal id, or the key it has now.

    Raises:
        NotFoundError: there is no such feature, or the person does not read it; both are said alike.
    """
    readable = reach.of(store, person, layer)
    found = store.history(layer, code, reach=readable)
    if not found:
        now = store.read(layer, where=[Condition(declared(layer).key, "=", code)], limit=1, geometry=False)
        found = store.history(layer, str(now["id"].iloc[0]), reach=readable) if len(now) else []
    if not found:
        raise NotFoundError(f"The layer {layer} has no row {code}")
    return found


def state(store: Store, person: Person, layer: str, at: dt.datetime | int) -> gpd.GeoDataFrame:
    """Give a layer as it was at a time or after a change, as far as the person reads it.

    Raises:
        NotFoundError: no such layer, or no such change yet.
    """
    readable = reach.of(store, person, layer)
    frame = store.state(layer, at)
    return narrow(frame[mask(frame, declared(layer), readable)], readable, declared(layer))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A later change that touched rows of a change and still stands, with the rows (layer and id) of both."""

    change: ChangeRecord
    rows: tuple[tuple[str, str], ...]


def obstacles(store: Store, person: Person, change_id: int) -> list[Obstacle]:
    """List the later changes that keep a change from being undone, the latest first; those that were undone do not count.

    At most some thousands of rows are looked at; the store itself refuses what is not listed here.

    Raises:
        NotFoundError: there is no such change for this person.
    """
    record = visible_changes.find(store, person, change_id)
    readable = reach.for_reading(store, person)
    mine = {(row.layer, row.id) for row in store.change_rows(change_id, readable, limit=CHECKED_ROWS)}
    found: list[Obstacle] = []
    for later in _later(store, record):
        rows = {(row.layer, row.id) for row in store.change_rows(later.change_id, readable, limit=CHECKED_ROWS)} & mine
        if rows:
            found.append(Obstacle(later, tuple(sorted(rows))))
    return _standing(found)


def _later(store: Store, record: ChangeRecord) -> Iterator[ChangeRecord]:
    seen: set[int] = set()
    for layer in record.layers:
        for later in _all(store, layer, Span()):
            if later.change_id <= record.change_id:
                break
            if later.change_id not in seen:
                seen.add(later.change_id)
                yield later


def _standing(found: list[Obstacle]) -> list[Obstacle]:
    """Leave out pairs of a change and its undo: after both, the rows are what they were."""
    by_number = {item.change.change_id: item for item in found}
    gone: set[int] = set()
    for number in sorted(by_number, reverse=True):
        undone = by_number[number].change.undoes
        if number not in gone and undone in by_number:
            gone |= {number, int(undone)}
    return [by_number[number] for number in sorted(by_number, reverse=True) if number not in gone]


def facts(store: Store, layer: str) -> dict[str, Any]:
    """Give who changed a layer and since when, for the filters of its page."""
    newest = store.changes(layer, limit=PAGE)
    return {"people": sorted({item.who for item in newest}), "latest": newest[0] if newest else None}
