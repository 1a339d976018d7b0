"""Layers as the store holds them, whole: each read once per version, and the hierarchy of areas built from them.

What a person gets to see of them is `inputs`; nothing in the pages reads here.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from layers.catalogue import LAYERS
from processing.areas import Areas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geopandas import GeoDataFrame

    from layers.store import Store

AREA_LAYERS = ("areas", "counties", "townships", "villages")
TREE_LAYERS = (*AREA_LAYERS, "key_counties")
"""Layers that the hierarchy and its groups are built from."""
SCHEME = "scheme"
"""Key under which the store keeps the area scheme that a recipe brought."""

_kept: weakref.WeakKeyDictionary[Store, dict[str, tuple[int, GeoDataFrame]]] = weakref.WeakKeyDictionary()
_trees: weakref.WeakKeyDictionary[Store, list[tuple[tuple[object, ...], Areas]]] = weakref.WeakKeyDictionary()
KEPT_TREES = 12
"""Hierarchies kept: the whole one, and those of people who see a part."""
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
    """Build the hierarchy of areas that the frames, or the store's data, give; built once for the same frames."""
    frames = read(store, TREE_LAYERS) if frames is None else frames
    basis = (*(frames.get(name) for name in TREE_LAYERS), level_names(store))
    with _lock:
        kept = next((tree for held, tree in _trees.get(store, ()) if _same(held, basis)), None)
    if kept is not None:
        return kept
    found = {name: frame for name in TREE_LAYERS if (frame := frames.get(name)) is not None}
    tree = Areas.from_layers(found, level_names=level_names(store))
    with _lock:
        _trees[store] = [(basis, tree), *_trees.get(store, [])][:KEPT_TREES]
    return tree


def _same(held: tuple[object, ...], basis: tuple[object, ...]) -> bool:
    return held[-1] == basis[-1] and all(one is other for one, other in zip(held[:-1], basis[:-1], strict=True))


def level_names(store: Store) -> dict[int, str]:
    """Give what the scheme that a recipe brought calls its levels, by rank; empty without one."""
    scheme = store.settings_get(SCHEME) or {}
    return {int(level["rank"]): str(level["name"]) for level in scheme.get("levels", ()) if level.get("name")}
