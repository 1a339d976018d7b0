"""What becomes of an imported file: applied as far as the right reaches, or submitted for somebody else to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_app.access import Verb
from geo_app.actions import reach, submitting
from geo_app.errors import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Change, Reach, Store


@dataclass(frozen=True, slots=True)
class Rights:
    """How far somebody reads and applies (None: everywhere); `asking` is how far they may submit where they may not apply."""

    reading: Reach | None = None
    applying: Mapping[str, Reach] | None = None
    asking: Mapping[str, Reach] | None = None


def of(store: Store, person: Person | None, layer: str) -> Rights:
    """Say what a person may do with a file for a layer.

    Raises:
        NotFoundError, ForbiddenError: the layer is not read, or not written at all, by the person.
    """
    if person is None or person.is_local:
        return Rights()
    reading = reach.of(store, person, layer)
    asking = reach.for_writing(store, person, [layer], Verb.SUBMIT)
    try:
        return Rights(reading, reach.for_writing(store, person, [layer], Verb.APPLY))
    except ForbiddenError:
        return Rights(reading, None, asking)


def submit(store: Store, change: Change, rights: Rights) -> int:
    """Submit the edits of a file as a change request and give its number.

    Raises:
        OutOfReachError: a row lies outside of what the person may submit.
    """
    asking = rights.asking or {}
    submitting.refuse_out_of_reach(store, change.edits, asking, {name: item.reading or item for name, item in asking.items()})
    return store.requests.submit(change, account_id=change.account_id or 0, origin="file")
