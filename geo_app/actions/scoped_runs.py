"""A run as a person sees it: the rows of the areas that this person reads, and no names of what lies beyond.

A run is computed over everything, so that the numbers of an area are the same for everybody who sees them.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geo_app.actions import inputs, list_gaps, reach, run_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from geo_app.actions.run_coverage import Run
    from layers.store import Store

KEPT = 24
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[tuple[object, ...], Run]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def load(store: Store, run_id: int, person: Person) -> Run:
    """Give a stored run as a person sees it; raise NotFoundError when there is none of this number."""
    return narrowed(store, run_coverage.load(store, run_id), person)


def latest(store: Store, person: Person) -> Run | None:
    """Give the newest run that holds for the present data, else the newest of all, as a person sees it."""
    found = run_coverage.latest(store)
    return None if found is None else narrowed(store, found, person)


def narrowed(store: Store, found: Run, person: Person) -> Run:
    """Leave of a run what a person reads: rows of areas and units within reach; groups cross areas and are left out."""
    codes = reach.area_codes(store, person)
    if codes is None:
        return found
    key = (found.id, person.scope, codes)
    with _lock:
        kept = _kept.setdefault(store, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    known = _known(store, found, person)
    units = {code: _named(rows[rows["area_code"].isin(codes)], known) for code, rows in found.units.items()}
    single = {str(unit) for rows in units.values() for unit in rows["unit_id"]}
    table = found.table[found.table["area_code"].isin(codes | single) & (found.table["level"] != inputs.GROUP)]
    made = replace(found, table=table.reset_index(drop=True), units=units)
    with _lock:
        kept[key] = made
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return made


def gaps(store: Store, found: Run, person: Person, *, indicators: Sequence[str] = (), area: str | None = None) -> GeoDataFrame:
    """List the failing units of a run that a person reads, of some indicators and below one area."""
    codes = reach.area_codes(store, person)
    if codes is None:
        return list_gaps.list_gaps(store, found, indicators=indicators, area=area)
    whole = list_gaps.list_gaps(store, run_coverage.load(store, found.id), indicators=indicators)
    rows = whole[whole["area_code"].isin(codes)]
    if area:
        tree = inputs.areas(store, inputs.read(store, inputs.TREE_LAYERS, person=person), person=person)
        rows = rows[rows["area_code"].isin(tree.codes[tree.within([inputs.require_area(tree, area)])])]
    known = _known(store, found, person)
    named = _named(rows, known)
    return named.assign(projects=[_mentions(text, known) for text in named["projects"]]).reset_index(drop=True)


def _known(store: Store, found: Run, person: Person) -> frozenset[str]:
    """Give the ids and keys of every row that the person reads in the data of a run."""
    frames = inputs.read(store, versions=dict(found.record.layer_versions), person=person)
    names = {name: store.layers[name].key for name in frames}
    return frozenset(
        str(value)
        for name, frame in frames.items()
        for column in ("id", names[name])
        if column in frame
        for value in frame[column]
    )


def _named(rows: Any, known: frozenset[str]) -> Any:
    """Take away the name of a nearest feature that the person does not read; the distance to it stays."""
    hidden = rows["nearest_id"].notna() & ~rows["nearest_id"].isin(known)
    if not hidden.any():
        return rows
    blank = {name: rows[name].astype(object).mask(hidden, None) for name in ("nearest_id", "nearest_name")}
    return rows.assign(**blank)


def _mentions(text: Any, known: frozenset[str]) -> Any:
    """Keep of `id name; id name` the projects that the person reads."""
    if not isinstance(text, str):
        return text
    kept = [part for part in text.split("; ") if part.partition(" ")[0] in known]
    return "; ".join(kept) or None


def differences(table: pd.DataFrame, store: Store, person: Person) -> pd.DataFrame:
    """Leave of the rows in which two runs differ those of areas that a person reads."""
    codes = reach.area_codes(store, person)
    return table if codes is None else table[table["area_code"].isin(codes)]
