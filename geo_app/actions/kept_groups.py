"""Kept edits as a list shows them: those that were refused together as one, each with the feature that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import reach
from geo_app.actions.edit_rows import features_of, present
from layers.catalogue import LAYERS
from layers.store import Delete, Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geo_app.access import Person
    from layers.store import KeptEdit, Reach, Store


@dataclass(frozen=True, slots=True)
class Group:
    """Edits that one person had refused at one time for one cause: a refused request, or a set that was sent at once."""

    items: tuple[KeptEdit, ...]

    @property
    def first(self) -> KeptEdit:
        """The edit whose number is the smallest; time, person, cause, origin, reason and state are the same in all."""
        return self.items[0]


@dataclass(frozen=True, slots=True)
class Named:
    """The feature that a kept edit is about, as far as the person reads it; `there` says that it still is in the layer."""

    feature: dict[str, Any]
    there: bool


def grouped(items: Iterable[KeptEdit]) -> list[Group]:
    """Put together what was refused together, the latest group first."""
    groups: dict[tuple[object, ...], list[KeptEdit]] = {}
    for item in sorted(items, key=lambda kept: kept.kept_id):
        key = (item.at, item.account_id, item.who, item.bureau, item.cause, item.origin, item.reason, item.state, item.change_id)
        groups.setdefault(key, []).append(item)
    return sorted((Group(tuple(found)) for found in groups.values()), key=lambda group: -group.first.kept_id)


def named(store: Store, person: Person, items: Sequence[KeptEdit]) -> dict[int, Named]:
    """Find the feature of each kept edit: as it is now, as it last was, or as a new row wants it; by the number of the edit."""
    found: dict[int, Named] = {}
    for layer in dict.fromkeys(item.layer for item in items):
        if layer not in LAYERS or not reach.may(person, layer):
            continue
        reading = reach.of(store, person, layer)
        own = [item for item in items if item.layer == layer]
        there = present(store, layer, [item.edit.id for item in own if isinstance(item.edit, Update | Delete)], reading)
        for item in own:
            if isinstance(item.edit, Update | Delete):
                now = there.get(item.edit.id)
                feature = now if now is not None else _gone(store, item.edit, reading)
                known = None if feature is None else Named(feature, now is not None)
            else:
                rows = features_of(item.edit.frame.head(1))
                known = Named(rows[0], there=False) if rows else None
            if known is not None:
                found[item.kept_id] = known
    return found


def _gone(store: Store, edit: Update | Delete, reading: Reach) -> dict[str, Any] | None:
    """Give a feature that was removed as it last was."""
    versions = store.history(edit.layer, edit.id, reach=reading)
    return next((item.after for item in reversed(versions) if item.after is not None), None)
