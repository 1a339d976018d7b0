"""Vector tiles of a layer for a person: one table in memory for each layer and reach of rights, brought up to date row by row.

A table holds only the rows that lie inside the reach and only what the symbol and the name need of the fields that may be read.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.actions import held
from geo_app.errors import BusyError, NotFoundError
from layers.catalogue import LAYERS
from layers.schema import GeometryKind
from layers.store import EVERYWHERE, reaching
from layers.store.tile_levels import MAX_ZOOM
from layers.store.tiles import TileTable, changed_ids, token
from map_templates import symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store import Reach, Store
    from layers.store.tiles import Tile

TILED_ABOVE: Final = 5000
"""Features above which the map asks for tiles instead of GeoJSON."""
MOST_TABLES: Final = 12
MOST_CHANGED: Final = 5000
"""Rows beyond which a table is made anew rather than changed."""
AT_ONCE: Final = 500
QUEUE_SECONDS: Final = 2.0
FIRST_SECONDS: Final = 60.0

_renders = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass
class _Place:
    """Where the table of one layer and reach stands; `lock` is held while it is made or changed."""

    tag: str
    token: tuple[int, str] = (-1, "")
    lock: threading.Lock = field(default_factory=threading.Lock)
    table: TileTable | None = None


_shelves: weakref.WeakKeyDictionary[Store, OrderedDict[tuple[str, Reach], _Place]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Drawn:
    """How much of a layer a zoom shows in a view: by key of the symbol, shown and in all; `cut` for a tile's size."""

    version: int
    classes: dict[str, tuple[int, int]]
    cut: int

    @property
    def total(self) -> int:
        """Features in the view."""
        return sum(total for _, total in self.classes.values())

    @property
    def shown(self) -> int:
        """Features drawn in the view."""
        return max(sum(shown for shown, _ in self.classes.values()) - self.cut, 0)


def located(layer: Layer) -> Layer:
    """Give back a layer that can be drawn.

    Raises:
        NotFoundError: it is a table without geometry.
    """
    if layer.geometry is GeometryKind.NONE:
        raise NotFoundError(f"The layer {layer.name} is a table without geometry")
    return layer


def address(z: int, x: int, y: int) -> tuple[int, int, int]:
    """Give back the address of a tile.

    Raises:
        NotFoundError: the zoom is beyond 18, or there is no such column or row.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFoundError(f"There is no tile {z}/{x}/{y}; zooms go from 0 to {MAX_ZOOM}, columns and rows from 0 to 2^zoom - 1")
    return z, x, y


def tag(store: Store, layer: Layer, reach: Reach) -> str:
    """Give what names the state of all tiles of a layer for a reach: its version and the reach, for ETag."""
    place, version = _place(store, layer, reach), store.version(layer.name)
    if place.token[0] != version:
        place.token = (version, token(store, layer.name))
    return f"{version}-{place.token[1]}-{place.tag}"


def tile(store: Store, layer: Layer, reach: Reach, at: tuple[int, int, int]) -> Tile:
    """Give a tile of a layer as it is now.

    Raises:
        NotFoundError: there is no such tile.
        BusyError: others are drawing, for more than two seconds.
    """
    z, x, y = address(*at)
    table = _table(store, located(layer), reach, wait=QUEUE_SECONDS)
    kept = table.kept(z, x, y)
    if kept is not None:
        return kept
    if not _renders.acquire(timeout=QUEUE_SECONDS):
        raise BusyError("Too many tiles are being drawn. Try again in a moment.")
    try:
        return table.tile(z, x, y)
    finally:
        _renders.release()


def drawn(store: Store, layer: Layer, reach: Reach, z: int, box: tuple[float, float, float, float]) -> Drawn:
    """Count what a zoom shows of a layer in a box of degrees, and what there is."""
    address(z, 0, 0)
    table = _table(store, located(layer), reach, wait=FIRST_SECONDS)
    return Drawn(table.version, table.counts(z, box), table.cut(z, box))


def _digest(reach: Reach) -> str:
    if reach == EVERYWHERE:
        return "all"
    codes = "*" if reach.codes is None else ",".join(sorted(reach.codes))
    fields = "*" if reach.fields is None else ",".join(sorted(reach.fields))
    shape = b"" if reach.outline is None else reach.outline.wkb
    return hashlib.sha256(f"{codes}|{fields}|".encode() + shape).hexdigest()[:16]


def _place(store: Store, layer: Layer, reach: Reach) -> _Place:
    key = (layer.name, reach)
    with _lock:
        shelf = _shelves.setdefault(store, OrderedDict())
        found = shelf.get(key)
        if found is None:
            found = shelf[key] = _Place(_digest(reach))
        shelf.move_to_end(key)
        while len(shelf) > MOST_TABLES:
            shelf.popitem(last=False)
    return found


def _table(store: Store, layer: Layer, reach: Reach, *, wait: float) -> TileTable:
    place = _place(store, layer, reach)
    version = store.version(layer.name)
    table = place.table
    if table is not None and table.version == version:
        return table
    if not place.lock.acquire(timeout=wait):
        raise BusyError("The tiles of this layer are being prepared. Try again in a moment.")
    try:
        if place.table is None or not _follow(store, layer, reach, place.table, version):
            place.table = _made(store, layer, reach, version)
        return place.table
    finally:
        place.lock.release()


def _made(store: Store, layer: Layer, reach: Reach, version: int) -> TileTable:
    frame = held.read(store, [layer.name])[layer.name]
    frame = reaching.narrow(frame[reaching.mask(frame, layer, reach)], reach, layer)
    return TileTable(layer.name, frame, words(layer, frame), version=version)


def _follow(store: Store, layer: Layer, reach: Reach, table: TileTable, version: int) -> bool:
    """Bring a table to a version of its layer by the rows that changed; False when it has to be made anew."""
    if table.version == version:
        return True
    if table.version > version:
        return False
    ids = changed_ids(store, layer.name, table.version, version, most=MOST_CHANGED)
    if ids is None:
        return False
    frame = _present(store, layer, reach, ids)
    table.change(ids, frame, words(layer, frame), version=version)
    return True


def _present(store: Store, layer: Layer, reach: Reach, ids: Sequence[str]) -> gpd.GeoDataFrame:
    parts = [store.read(layer.name, ids=ids[at : at + AT_ONCE], reach=reach) for at in range(0, max(len(ids), 1), AT_ONCE)]
    frame: Any = pd.concat(parts) if len(parts) > 1 else parts[0]
    return reaching.narrow(frame, reach, layer)


def words(layer: Layer, frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give what a tile says of each row: key of its symbol, name, and the importance of its class (the legend's order)."""
    if frame.empty:
        return pd.DataFrame({"k": [], "n": [], "importance": []}, index=frame.index)
    keys = symbols.symbol_keys(layer.name, frame)
    entries = list(symbols.style_of(layer.name).entries)
    rank = {key: float(len(entries) - place) for place, key in enumerate(entries)}
    names = frame[layer.name_field] if layer.name_field in frame else pd.Series(None, index=frame.index, dtype="object")
    named = names.astype("object").where(names.notna(), frame[layer.key].astype("object"))
    return pd.DataFrame({"k": keys, "n": named, "importance": keys.map(rank).fillna(0.0).astype(float)}, index=frame.index)


def is_large(store: Store, layer: str, reach: Reach) -> bool:
    """Say whether a layer is to be drawn from tiles."""
    return LAYERS[layer].geometry is not GeometryKind.NONE and store.count(layer, reach=reach) > TILED_ABOVE
