"""What edits are checked against beyond their own rows: keys elsewhere, the outline of the area, the rows beside them."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo_app.actions import held, inputs
from geo_app.actions.edit_rows import ASKED_AT_ONCE
from layers import files
from layers.catalogue import layer as declared
from layers.files import geometry_checks
from layers.frames import GEOMETRY
from layers.store import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from geo_app.actions.edit_rows import EditedRow
    from layers.files.faults import Fault
    from layers.schema import Layer
    from layers.store import Reach, Store

OUTLINED = ("counties", "townships", "villages")
"""Area layers whose outlines bound the area, the coarsest first; they themselves are not held against it."""
NEIGHBOURS = 200
MANY = 50
"""Edited geometries from which the layer is read once instead of asking for each row's neighbours."""
FEW = 12
AREAS = "areas"
"""Name under which the codes of the whole hierarchy of areas are known."""
NOTHING = "\x00"
"""Stands among the known keys of a layer that holds rows, so that a pointer to none of them is named."""

_outlines: weakref.WeakKeyDictionary[Store, tuple[tuple[str, int], shapely.Geometry]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def options(store: Store, versions: Mapping[str, int]) -> files.Checks:
    """Say by which scheme area codes are checked, and which counties are known, for the present versions of the layers."""
    counties = held.read(store, ["counties"])["counties"]["county_code"] if versions.get("counties") else ()
    return files.Checks(scheme=inputs.scheme_name(store), counties=frozenset(map(str, counties)))


def known_keys(store: Store, layer: Layer, rows: Sequence[EditedRow], gone: set[str]) -> dict[str, set[str]]:
    """Give the keys that the rows point to, as far as they are there, and the keys of their own that are taken.

    Only what an edit changed is looked up: a pointer that stays as it was counts as known.
    """
    asked: dict[str, tuple[set[str], set[str]]] = {}
    for item in layer.fields:
        if item.references is not None:
            new, old = asked.setdefault(AREAS if item.references in held.AREA_LAYERS else item.references, (set(), set()))
            new.update(_texts(row.after.get(item.name) for row in rows if _changed(row, item.name)))
            old.update(_texts(row.after.get(item.name) for row in rows if not _changed(row, item.name)))
    known: dict[str, set[str]] = {}
    versions = store.versions() if any(new for new, _ in asked.values()) else {}
    for name, (new, old) in asked.items():
        layers = [one for one in (held.AREA_LAYERS if name == AREAS else (name,)) if versions.get(one)]
        found = _there(store, layers, sorted(new)) if new else None
        if found is not None:
            known[name] = found | old | {NOTHING}
    stays = {str(row.after.get(layer.key)) for row in rows if not _changed(row, layer.key)}
    known[layer.name] = (known.get(layer.name, set()) - stays) | _taken(store, layer, rows, gone)
    return {name: keys for name, keys in known.items() if keys}


def _changed(row: EditedRow, name: str) -> bool:
    return row.before is None or row.before.get(name) != row.after.get(name)


def _texts(values: Iterable[Any]) -> list[str]:
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(str(part) for part in flat if part is not None and not isinstance(part, dict)))


def _there(store: Store, names: Sequence[str], values: Sequence[str]) -> set[str] | None:
    """Give which of these keys some of the layers hold; None when none of them holds a row at all."""
    found: set[str] = set()
    for name in names:
        found |= _held(store, name, [value for value in values if value not in found])
    return found if found or any(store.count(name) for name in names) else None


def _held(store: Store, name: str, values: Sequence[str]) -> set[str]:
    """Give which of these keys a layer holds: a few are counted one by one, which builds no frame; many are read."""
    key = declared(name).key
    if len(values) <= FEW:
        return {value for value in values if store.count(name, [Condition(key, "=", value)])}
    found: set[str] = set()
    for start in range(0, len(values), ASKED_AT_ONCE):
        part = [Condition(key, "in", list(values[start : start + ASKED_AT_ONCE]))]
        found |= set(store.read(name, where=part, geometry=False)[key].astype(str))
    return found


def _taken(store: Store, layer: Layer, rows: Sequence[EditedRow], gone: set[str]) -> set[str]:
    """Give which new keys of the rows another row has that stays as it is."""
    new = [row for row in rows if _changed(row, layer.key)]
    keys = _texts(row.after.get(layer.key) for row in new)
    moved = {row.id for row in rows if row.before is not None} | gone
    found: set[str] = set()
    for start in range(0, len(keys), ASKED_AT_ONCE):
        part = [Condition(layer.key, "in", keys[start : start + ASKED_AT_ONCE])]
        frame = store.read(layer.name, where=part, geometry=False)
        found |= {str(key) for key, number in zip(frame[layer.key], frame["id"], strict=True) if str(number) not in moved}
    return found


def outline(store: Store, versions: Mapping[str, int]) -> shapely.Geometry | None:
    """Give the outline of the known areas, joined once for a version of the layer that has them."""
    for name in OUTLINED:
        version = versions.get(name, 0)
        if not version:
            continue
        with _lock:
            kept = _outlines.get(store)
        if kept is not None and kept[0] == (name, version):
            return kept[1]
        frame = held.read(store, [name])[name]
        if len(frame) and not frame.geometry.dropna().empty:
            made = frame.geometry.dropna().union_all()
            with _lock:
                _outlines[store] = ((name, version), made)
            return made
    return None


def beside_faults(store: Store, layer: Layer, rows: Sequence[EditedRow], gone: set[str], reach: Reach | None) -> list[Fault]:
    """Name what an edited row has in common with rows beside it: the same geometry, an overlap.

    Few rows ask the store for what lies beside each; many read the layer once.
    """
    found: list[Fault] = []
    mine = {str(row.id) for row in rows if row.before is not None} | gone
    asked = [
        (number, row.after[GEOMETRY])
        for number, row in enumerate(rows, start=1)
        if _sound(layer, row.after.get(GEOMETRY)) and not _unmoved(row)
    ]
    held_once = _Others(layer, store.read(layer.name, reach=reach), mine) if len(asked) > MANY else None
    for number, shape in asked:
        others = held_once or _Others(layer, store.read(layer.name, bbox=_box(shape), limit=NEIGHBOURS, reach=reach), mine)
        near, keys = others.beside(shape)
        if not len(near):
            continue
        shapes = np.array([*near, shape], dtype=object)
        labels: list[Any] = [*keys, number]
        faults = [
            *geometry_checks.duplicate_faults(shapes, labels),
            *geometry_checks.overlap_faults(layer, shapes, labels),
        ]
        found += [item for item in faults if item.row == number and item.row is not None]
    return found


class _Others:
    """The sound rows of a frame that are not edited, to be asked for those whose envelope meets a shape's."""

    def __init__(self, layer: Layer, frame: GeoDataFrame, mine: set[str]) -> None:
        kept = frame[~frame["id"].isin(mine) & frame.geometry.notna()]
        kept = kept[kept.geometry.is_valid & ~kept.geometry.is_empty]
        self._shapes = np.asarray(kept.geometry.array, dtype=object)
        self._keys = kept[layer.key].astype(object).where(kept[layer.key].notna(), "—").to_numpy(dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def beside(self, shape: shapely.Geometry) -> tuple[NDArray[np.object_], list[Any]]:
        """Give shapes and keys of the rows beside a shape, in their order, at most a few hundred."""
        at = np.sort(self._tree.query(shape))[:NEIGHBOURS]
        return self._shapes[at], self._keys[at].tolist()


def _unmoved(row: EditedRow) -> bool:
    return row.before is not None and row.before.get(GEOMETRY) is row.after.get(GEOMETRY)


def _sound(layer: Layer, shape: Any) -> bool:
    if shape is None or shape.is_empty or not layer.geometry.accepts(shape.geom_type):
        return False
    return bool(np.isfinite(shapely.get_coordinates(shape)).all() and shape.is_valid)


def _box(shape: shapely.Geometry) -> tuple[float, float, float, float]:
    west, south, east, north = shape.bounds
    return west, south, east, north
