"""Edits sent a second time because the answer to the first was lost: recognised, so that they are neither refused nor doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_app.actions.edit_rows import features_of, present
from geo_app.actions.merge import GEOMETRY, same
from layers.catalogue import layer as declared
from layers.store import UNCHANGED, Condition, Delete, Insert, Receipt, Update

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Edit, Reach, Store, VersionRecord

MOST = 500
"""Beyond so many edits nothing is looked for: a page or a tool sends a few."""


def find(store: Store, person: Person, edits: Sequence[Edit], readable: Mapping[str, Reach]) -> Receipt | None:
    """Give the receipt of the change of this person that made every feature what these edits want; None when there is none.

    A feature counts only where the last change to it is that one, so nothing that anybody did since is passed over.
    """
    if len(edits) > MOST or sum(len(edit.frame) if isinstance(edit, Insert) else 1 for edit in edits) > MOST:
        return None
    numbers = set()
    for edit in edits:
        for record in _lasts(store, edit, readable):
            if record is None or (record.who, record.bureau) != (person.name, person.bureau):
                return None
            numbers.add(record.change_id)
    if len(numbers) != 1:
        return None
    made = store.change(numbers.pop())
    if made.account_id != person.account_id:
        return None
    return Receipt(made.change_id, dict.fromkeys(made.layers, made.change_id), made.inserted, made.updated, made.deleted)


def _lasts(store: Store, edit: Edit, readable: Mapping[str, Reach]) -> Iterator[VersionRecord | None]:
    """Give for each row of an edit the last version of its feature, None where the feature is not what the edit wants."""
    reach = readable[edit.layer]
    if isinstance(edit, Insert):
        for feature in features_of(edit.frame):
            yield _last_of_new(store, edit.layer, feature, reach)
    elif isinstance(edit, Update):
        there = present(store, edit.layer, [edit.id], reach).get(edit.id)
        wanted = dict(edit.values)
        if edit.geometry is not UNCHANGED:
            wanted[GEOMETRY] = edit.geometry
        yield _last(store, edit.layer, edit.id, "update") if there is not None and _is(there, wanted) else None
    elif isinstance(edit, Delete):
        gone = not present(store, edit.layer, [edit.id])
        yield _last(store, edit.layer, edit.id, "delete") if gone else None
    else:
        yield None


def _last_of_new(store: Store, layer: str, wanted: Mapping[str, Any], reach: Reach) -> VersionRecord | None:
    key = declared(layer).key
    if wanted.get(key) is None:
        return None
    there = features_of(store.read(layer, where=[Condition(key, "=", wanted[key])], reach=reach))
    fits = len(there) == 1 and _is(there[0], {name: value for name, value in wanted.items() if name not in {"id", "ver"}})
    return _last(store, layer, str(there[0]["id"]), "insert") if fits else None


def _is(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(same(there.get(name), value) for name, value in wanted.items())


def _last(store: Store, layer: str, feature_id: str, op: str) -> VersionRecord | None:
    versions = store.history(layer, feature_id)
    return versions[-1] if versions and versions[-1].op == op else None
