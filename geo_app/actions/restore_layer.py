"""Bringing a layer back to a date: first what that would add, change and remove, then one new change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from geo_app.access import Verb
from geo_app.actions import reach
from layers.catalogue import layer as declared
from layers.errors import OutOfReachError
from layers.schema import PersonError
from layers.store.reaching import visible

if TYPE_CHECKING:
    import datetime as dt

    from geo_app.access import Person
    from layers.store import Receipt, Store, VersionRecord


class LayerChangedError(PersonError, RuntimeError):
    """The layer is no longer the one that the preview was made of."""

    code: ClassVar[str] = "changed"


@dataclass(frozen=True, slots=True)
class Preview:
    """What restoring a layer would do, row by row: `before` is how a row is now, `after` how it would be again.

    `version` is the layer's version that was looked at; `hidden` counts rows that lie outside what the person reads.
    """

    layer: str
    at: dt.datetime | int
    version: int
    rows: tuple[VersionRecord, ...]
    hidden: int = 0
    """Never told to the person: it only decides whether the person may restore."""

    def count(self, op: str) -> int:
        """Count the rows that are inserted, updated or deleted."""
        return sum(row.op == op for row in self.rows)


def preview(store: Store, person: Person, layer: str, at: dt.datetime | int) -> Preview:
    """Work out what restoring a layer to a time, or to what it was after a change, would do; nothing is written.

    Raises:
        NotFoundError: no such layer, or no such change yet.
    """
    readable = reach.of(store, person, layer)
    now = store.version(layer)
    found = store.diff(layer, now, store.version_at(layer, at))
    shown = visible(declared(layer), found, readable)
    return Preview(layer, at, now, tuple(shown), len(found) - len(shown))


def restore(store: Store, person: Person, seen: Preview, *, reason: str) -> Receipt:
    """Restore a layer as it was previewed, as one new change that can be undone.

    Raises:
        ForbiddenError, NotFoundError, OutOfReachError: the person may not change rows that differ.
        LayerChangedError: somebody changed the layer since the preview.
    """
    rights = None if person.is_local else reach.of(store, person, seen.layer, Verb.APPLY)
    if seen.hidden:
        raise OutOfReachError("Restoring this layer would change rows outside your areas; somebody with a wider grant can do it.")
    if store.version(seen.layer) != seen.version:
        raise LayerChangedError(f"The layer {seen.layer} was changed since this preview. Look at it again; nothing was restored.")
    return store.restore_layer(
        seen.layer,
        seen.at,
        who=person.name,
        bureau=person.bureau,
        reason=reason,
        reach=rights,
        account_id=person.account_id,
    )
