"""Layers read for analysis: the current snapshot of each, read once per version, and the hierarchy of areas built from them."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from geo_app.errors import NotFoundError
from layers.catalogue import LAYERS
from layers.schema import UnknownNameError
from processing.areas import DEFAULT_SCHEME, HAMLET_RANK, Areas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geopandas import GeoDataFrame

    from layers.store import Store

AREA_LAYERS = ("areas", "counties", "townships", "villages")
TREE_LAYERS = (*AREA_LAYERS, "key_counties")
"""Layers that the hierarchy and its groups are built from."""
SCHEME = "scheme"
"""Key under which the store keeps the area scheme that a recipe brought."""
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

_kept: weakref.WeakKeyDictionary[Store, dict[str, tuple[int, GeoDataFrame]]] = weakref.WeakKeyDictionary()
_trees: weakref.WeakKeyDictionary[Store, tuple[tuple[object, ...], Areas]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def read(store: Store, names: Iterable[str] = (), *, versions: Mapping[str, int] | None = None) -> dict[str, GeoDataFrame]:
    """Give layer frames by name (all layers that hold rows when none is named), as they are or as they were at given versions.

    Frames are shared between callers: nobody changes them.
    """
    current = store.versions()
    asked = current if versions is None else versions
    wanted = list(names) or [name for name in LAYERS if asked.get(name, 0)]
    return {name: _frame(store, name, asked.get(name, 0), current.get(name, 0)) for name in wanted}


def _frame(store: Store, name: str, version: int, current: int) -> GeoDataFrame:
    if version != current:
        return store.frame(name, version=version)
    with _lock:
        kept = _kept.setdefault(store, {}).get(name)
    if kept is not None and kept[0] == version:
        return kept[1]
    frame = store.frame(name)
    with _lock:
        _kept.setdefault(store, {})[name] = (version, frame)
    return frame


def areas(store: Store, frames: Mapping[str, GeoDataFrame] | None = None) -> Areas:
    """Build the hierarchy of areas that the store's data gives; built once for the same frames."""
    frames = read(store, TREE_LAYERS) if frames is None else frames
    basis = tuple(frames.get(name) for name in TREE_LAYERS)
    called = level_names(store)
    with _lock:
        kept = _trees.get(store)
    if kept is not None and kept[0][-1] == called and all(a is b for a, b in zip(kept[0], basis, strict=False)):
        return kept[1]
    found = {name: frame for name, frame in zip(TREE_LAYERS, basis, strict=True) if frame is not None}
    tree = Areas.from_layers(found, level_names=called)
    with _lock:
        _trees[store] = ((*basis, called), tree)
    return tree


def scheme_name(store: Store) -> str:
    """Give the name of the store's area scheme: the one a recipe brought, else the Chinese 12-digit codes."""
    return str((store.settings_get(SCHEME) or {}).get("name") or DEFAULT_SCHEME)


def level_names(store: Store) -> dict[int, str]:
    """Give what the scheme that a recipe brought calls its levels, by rank; empty without one."""
    scheme = store.settings_get(SCHEME) or {}
    return {int(level["rank"]): str(level["name"]) for level in scheme.get("levels", ()) if level.get("name")}


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


def require_area(found: Areas, code: str) -> str:
    """Give back an area code that exists here; raise NotFoundError when it does not."""
    code = code.strip()
    if found.level_of(code) is None:
        raise NotFoundError(f"There is no area with the code {code!r} in this store. `geo-app areas` lists them.")
    return code
