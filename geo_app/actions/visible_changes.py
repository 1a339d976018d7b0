"""Changes as a person sees them: only those that touched rows this person reads, and only those rows counted."""

from __future__ import annotations

import threading
import weakref
from collections import Counter, OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from geo_app.access import Verb
from geo_app.actions import reach
from geo_app.errors import NotFoundError
from layers.errors import NotFoundError as MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import ChangeRecord, Reach, Store

Seen = tuple[int, int, int, tuple[str, ...]]
"""Rows added, changed and removed that somebody reads, and the layers they are of."""
KEPT = 2000
PAGE = 100
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[tuple[object, ...], Seen]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def listed(
    store: Store, person: Person, *, layer: str | None = None, limit: int = PAGE, kind: str | None = None
) -> list[ChangeRecord]:
    """List the newest changes that a person sees, of one layer or of all, of one kind or of any."""
    found: list[ChangeRecord] = []
    offset = 0
    while len(found) < limit:
        records = store.changes(layer, limit=PAGE, offset=offset)
        for record in records:
            shown = seen(store, person, record) if kind in {None, record.kind} else None
            found += [] if shown is None else [shown]
        if len(records) < PAGE:
            break
        offset += PAGE
    return found[:limit]


def find(store: Store, person: Person, change_id: int) -> ChangeRecord:
    """Give a change as a person sees it.

    Raises:
        NotFoundError: there is none of this number, or no row of it is for this person; both are said alike.
    """
    try:
        shown = seen(store, person, store.change(change_id))
    except MissingError:
        shown = None
    if shown is None:
        raise NotFoundError(f"There is no change {change_id}")
    return shown


def seen(store: Store, person: Person, record: ChangeRecord) -> ChangeRecord | None:
    """Give a change with the rows counted that a person reads; None when there is none.

    The recipe and the file's checksum are shown only with the whole change.
    """
    if person.everything:
        return record
    inserted, updated, deleted, layers = _count(store, person, record)
    if not layers:
        return None
    if (inserted, updated, deleted) == (record.inserted, record.updated, record.deleted):
        return replace(record, layers=layers)
    return replace(
        record, inserted=inserted, updated=updated, deleted=deleted, layers=layers, recipe=None, file_sha256=None, file_name=None
    )


def _count(store: Store, person: Person, record: ChangeRecord) -> Seen:
    key = (record.change_id, person.scope, reach.area_codes(store, person))
    with _lock:
        kept = _kept.setdefault(store, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    limits = {name: limit for name, limit in reach.for_reading(store, person).items() if name in record.layers}
    rows = store.change_rows(record.change_id, limits)
    ops = Counter(str(row.op) for row in rows)
    touched = {row.layer for row in rows}
    made = (ops["insert"], ops["update"], ops["delete"], tuple(name for name in record.layers if name in touched))
    with _lock:
        kept[key] = made
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return made


def undoing(store: Store, person: Person, record: ChangeRecord) -> Mapping[str, Reach] | None:
    """Give how far a person may undo a change; None for everything.

    Raises:
        NotFoundError, ForbiddenError: a layer of the change is not read, or not written, by the person.
    """
    if person.is_local:
        return None
    return reach.for_writing(store, person, store.change(record.change_id).layers, Verb.APPLY)
