"""Layers read for analysis: the current snapshot of each, read once per version, and the hierarchy of areas built from them."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from geo_app.actions import held, reach
from geo_app.errors import NotFoundError
from layers.catalogue import LAYERS
from layers.schema import UnknownNameError
from layers.store.reaching import mask, narrow
from processing.areas import DEFAULT_SCHEME, HAMLET_RANK, Areas

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from layers.store import Reach, Store

AREA_LAYERS, TREE_LAYERS, SCHEME = held.AREA_LAYERS, held.TREE_LAYERS, held.SCHEME
ALL = "all"
GROUP = "group"
LEVEL_RANKS = {
    "state": 1,
    "province": 1,
    "prefecture": 2,
    "city": 2,
    "county": 3,
    "district": 3,
    "township": 4,
    "town": 4,
    "block": 4,
    "village": 5,
    "hamlet": 6,
    "habitation": 6,
}
"""Names people use for a level, whatever the store's own scheme calls it."""

_masked: weakref.WeakKeyDictionary[Store, OrderedDict[tuple[object, ...], tuple[object, GeoDataFrame]]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()
KEPT_MASKED = 48


def read(
    store: Store,
    names: Iterable[str] = (),
    *,
    versions: Mapping[str, int] | None = None,
    person: Person | None = None,
) -> dict[str, GeoDataFrame]:
    """Give layer frames by name (all layers that hold rows when none is named), as they are or as they were at given versions.

    Frames are shared between callers: nobody changes them. With a person only the rows that this person reads are in them;
    without names only the layers that the person reads are given.

    Raises:
        NotFoundError: a layer named is not one that the person reads.
    """
    if person is None or person.is_local:
        return held.read(store, names, versions=versions)
    names = list(names)
    reaches = {name: reach.of(store, person, name) for name in names or reach.readable_layers(person)}
    asked = versions if versions is not None else store.versions()
    wanted = names or [name for name in reaches if asked.get(name, 0)]
    if not wanted:
        return {}
    frames = held.read(store, wanted, versions=versions)
    if person.everything:
        return frames
    return {name: _part(store, frame, name, asked.get(name, 0), reaches[name]) for name, frame in frames.items()}


def _part(store: Store, frame: GeoDataFrame, name: str, version: int, limit: Reach) -> GeoDataFrame:
    """Give the rows of a layer inside a reach, made once for a version of the layer."""
    if limit.codes is None and not limit.masked:
        return frame
    key = (name, version, limit.codes, id(limit.outline), limit.masked)
    with _lock:
        kept = _masked.setdefault(store, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key][1]
    part = narrow(frame[mask(frame, LAYERS[name], limit)], limit, LAYERS[name])
    with _lock:
        kept[key] = (limit.outline, part)  # the outline is held so that its id stays its own
        while len(kept) > KEPT_MASKED:
            kept.popitem(last=False)
    return part


def areas(store: Store, frames: Mapping[str, GeoDataFrame] | None = None, *, person: Person | None = None) -> Areas:
    """Build the hierarchy of areas that the store's data, or the frames given, hold; of a person's areas where one is named.

    A county names its prefecture; that code is an area only for whom the prefecture is granted.
    """
    tree = held.areas(store, frames)
    codes = None if person is None else reach.area_codes(store, person)
    if codes is None:
        return tree
    inside = tree.frame["area_code"].isin(codes)
    return tree if inside.all() else Areas(tree.frame[inside].reset_index(drop=True), tree.groups, tree.level_names)


def level_names(store: Store) -> dict[int, str]:
    """Give what the scheme that a recipe brought calls its levels, by rank; empty without one."""
    return held.level_names(store)


def scheme_name(store: Store) -> str:
    """Give the name of the store's area scheme: the one a recipe brought, else the Chinese 12-digit codes."""
    return str((store.settings_get(SCHEME) or {}).get("name") or DEFAULT_SCHEME)


def level_name(found: Areas, asked: str, *, also: Iterable[str] = ()) -> str | None:
    """Translate a level as a person names it into the scheme's own name; None for all levels. `also` are levels beyond the areas.

    Raises:
        UnknownNameError: with the levels there are.
    """
    asked = asked.strip().lower()
    if asked in {"", ALL}:
        return None
    own = {level.name: level.rank for level in found.levels} | {found.level_name(HAMLET_RANK): HAMLET_RANK}
    if asked in own or asked == GROUP or asked in set(also):
        return asked
    own |= {name: LEVEL_RANKS.get(name, 0) for name in also if name not in {*own, GROUP, ALL}}
    rank = LEVEL_RANKS.get(asked)
    for name, own_rank in own.items():
        if name == asked or own_rank == rank:
            return name
    names = ", ".join([*own, GROUP, ALL])
    raise UnknownNameError(f"There is no level {asked!r} here; the levels are: {names}.")


def require_area(found: Areas, code: str, codes: Collection[str] | None = None) -> str:
    """Give back an area code that exists here (and is one of `codes`); raise NotFoundError when it does not, or is not."""
    code = code.strip()
    if found.level_of(code) is None or (codes is not None and code not in codes):
        raise NotFoundError(f"There is no area with the code {code!r} in this store. `geo-app areas` lists them.")
    return code
