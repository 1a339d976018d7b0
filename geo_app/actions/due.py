"""What is due and overdue for a person: the asset ledger, the project library and the tasks in one list."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import held, reach, work_tasks
from geo_app.actions.edit_rows import features_of
from geo_app.actions.ledger import records, rights
from geo_app.actions.library import record
from layers.area_rules import lineage
from processing import dues as shape
from processing.ledger import clock
from processing.library import clock as library_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from geo_app.access import Person
    from layers.store import Store
    from processing.dues import Due
    from processing.ledger.rules import LedgerRules
    from processing.library.rules import LibraryRules


def dues(store: Store, person: Person, today: date, *, mine: bool = True, area: str | None = None) -> list[Due]:
    """List what is owed in the areas that a person reads.

    Args:
        store: the store.
        person: who asks; nothing outside what the person reads is listed.
        today: the day of the office.
        mine: only what one of the person's roles has to do, in the areas of that role, and a county's share of the tasks of its
            city; the person of everything owes everything.
        area: only what lies in this area.

    Raises:
        NotSignedInError: nobody asks.
    """
    found = [*_procedures(store, person, today), *_tasks(store, person, today)]
    if area is not None:
        inside = reach.territory(store, frozenset({area}))[0]
        found = [item for item in found if item.area_code in inside]
    if mine:
        shared = {(work_tasks.TASKS, key) for key in work_tasks.owed_by_counties(store, person)}
        found = [item for item in found if owes(store, person, item, shared=(item.layer, item.key) in shared)]
    return shape.in_order(found)


def owes(store: Store, person: Person, item: Due, *, shared: bool = False) -> bool:
    """Say whether a due is for one of a person's roles, in the areas of that role.

    A task of a city that is `shared` by every county is owed by the leading group of each county in it, too.
    """
    if person.everything or (shared and work_tasks.county_share(store, person, item.area_code)):
        return True
    roles = {grant.role for grant in person.grants}
    return bool(roles & (item.roles | {ADMINISTRATOR})) and rights.holds(store, person, item.roles, item.area_code)


_kept: weakref.WeakKeyDictionary[Store, list[tuple[object, tuple[Due, ...]]]] = weakref.WeakKeyDictionary()
KEPT: Final = 12
"""Lists that are kept, the latest first; every event of every project stands behind one, and people look at theirs often."""
_lock = threading.Lock()
READ: Final = ("assets", "asset_events", "ledgers", "projects", "project_events", "annual_plans")


def _procedures(store: Store, person: Person, today: date) -> tuple[Due, ...]:
    """Give what is owed in ledger and library; made anew once a layer, the day or what the person reads differs."""
    reaches = tuple(reach.of(store, person, layer) for layer in READ)
    versions = tuple(sorted(store.versions().items()))
    basis = (reaches, versions, today, repr(held.level_names(store)))
    with _lock:
        found = next((dues for key, dues in _kept.get(store, ()) if key == basis), None)
    if found is None:
        found = (*_ledger(store, person, today), *_library(store, person, today))
        with _lock:
            _kept[store] = [(basis, found), *_kept.get(store, [])][:KEPT]
    return found


def _rows(store: Store, person: Person, layer: str) -> list[dict[str, Any]]:
    frame = store.read(layer, geometry=False, reach=reach.of(store, person, layer))
    return features_of(frame)


def _rules(store: Store, today: date) -> Callable[[Mapping[str, Any]], LedgerRules]:
    """Give a function that finds the rules of a row, each area looked up once."""
    kept: dict[str | None, LedgerRules] = {}
    tree, own = held.areas(store), records.own_rules(store)

    def rules(row: Mapping[str, Any]) -> LedgerRules:
        code = rights.area_of(row)
        if code not in kept:
            kept[code] = records.rules_of(store, row, today, tree=tree, own=own)
        return kept[code]

    return rules


def _ledger(store: Store, person: Person, today: date) -> Sequence[Due]:
    rules = _rules(store, today)
    assets, events = _rows(store, person, "assets"), _rows(store, person, "asset_events")
    ledgers = _rows(store, person, "ledgers")
    tree = held.areas(store)
    first = [replace(item, title=tree.name(item.key) or item.key) for item in clock.first_ledgers(assets, ledgers, rules, today)]
    return [*clock.of_assets(assets, events, rules, today), *clock.of_ledgers(ledgers, rules, today), *first]


def _library(store: Store, person: Person, today: date) -> Sequence[Due]:
    kept: dict[tuple[str, ...], LibraryRules] = {}
    own = record.own_rules(store)

    def rules(row: Mapping[str, Any]) -> LibraryRules:
        key = tuple(lineage(row))
        if key not in kept:
            kept[key] = record.rules_of(store, row, today, own=own)
        return kept[key]

    projects, events, plans = (_rows(store, person, layer) for layer in ("projects", "project_events", "annual_plans"))
    return library_clock.dues(projects, events, plans, rules, today)


def _tasks(store: Store, person: Person, today: date) -> Sequence[Due]:
    return work_tasks.dues(store, person, today)
