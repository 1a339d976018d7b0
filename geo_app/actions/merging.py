"""How incoming rows meet the rows already there: added, updated by key, or in place of the whole layer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from layers.catalogue import layer as declared
from layers.schema import PersonError
from layers.store import Insert, Receipt, Replace, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from geo_app.progress import Progress
    from layers.files import Feed
    from layers.schema import Layer
    from layers.store import Change, Edit, Reach, Store

SHOWN = 5
SAME_PLACE_DEGREES = 1e-9
OWN_COLUMNS = frozenset({"id", "ver"})


class Mode(StrEnum):
    """What happens to rows whose key is already in the store."""

    ADD = "add"
    """A known key is a fault: nothing is taken."""
    UPDATE = "update"
    """A row with a known key updates it; the others are added; rows not in the file stay."""
    REPLACE = "replace"
    """The layer afterwards holds what the file holds, and nothing else."""


class KeyTakenError(PersonError, ValueError):
    """Rows to be added have keys that are in the layer already."""

    code: ClassVar[str] = "faults_found"


def edits(  # noqa: PLR0913 - which rows meet which, and who reads them
    store: Store,
    layer_name: str,
    frame: GeoDataFrame,
    mode: Mode = Mode.ADD,
    *,
    fields: Collection[str] | None = None,
    reach: Reach | None = None,
) -> list[Edit]:
    """Say what a change has to do so that the layer takes the rows of a frame; unchanged rows are left alone.

    `fields` are those that the file fills: an update touches no other. None means all columns of the frame.
    `reach` limits the rows that are looked at to those that may be read.
    """
    if mode is Mode.REPLACE:
        return [Replace(layer_name, frame)]
    layer = declared(layer_name)
    existing = store.read(layer_name, reach=reach)
    if existing.empty:
        return [Insert(layer_name, frame)] if len(frame) else []
    known = existing.drop_duplicates(layer.key).set_index(layer.key)
    taken = frame[layer.key].isin(known.index)
    if mode is Mode.ADD and taken.any():
        keys = ", ".join(frame.loc[taken, layer.key].astype(str).head(SHOWN))
        raise KeyTakenError(
            f"{int(taken.sum())} rows have a {layer.key} that is in {layer.name} already: {keys}. "
            "Choose `update` to change those rows, or `replace` to put the file in place of the layer."
        )
    own = [name for name in layer.field_names if name in frame and name not in OWN_COLUMNS and (fields is None or name in fields)]
    new = frame[~taken]
    return [*_updates(layer, frame[taken], known, own), *([Insert(layer_name, new)] if len(new) else [])]


def _updates(layer: Layer, frame: GeoDataFrame, known: GeoDataFrame, names: Sequence[str]) -> list[Edit]:
    """Compare rows with those of the same key and give an update for each that differs, with only what differs."""
    old = known.loc[frame[layer.key]]
    names = [name for name in names if name != layer.key]
    differs = {name: _differ(frame[name], old[name]) for name in names}
    moved = _moved(frame, old)
    changed = np.flatnonzero(np.logical_or.reduce([moved, *differs.values()]))
    found: list[Edit] = []
    for at in changed:
        values = {name: plain(frame[name].iloc[at]) for name in names if differs[name][at]}
        extra = {"geometry": frame.geometry.iloc[at]} if moved[at] else {}
        found.append(Update(layer.name, str(old["id"].iloc[at]), int(old["ver"].iloc[at]), values, **extra))
    return found


def _differ(new: pd.Series[Any], old: pd.Series[Any]) -> NDArray[np.bool_]:
    return np.array([plain(a) != plain(b) for a, b in zip(new.tolist(), old.tolist(), strict=True)], dtype=bool)


def _moved(frame: GeoDataFrame, old: GeoDataFrame) -> NDArray[np.bool_]:
    """Say which rows bring a geometry that is not the one there; a row without one leaves it as it is."""
    if "geometry" not in frame or "geometry" not in old:
        return np.zeros(len(frame), dtype=bool)
    new, there = np.asarray(frame["geometry"], dtype=object), np.asarray(old["geometry"], dtype=object)
    return np.asarray(~shapely.is_missing(new) & ~shapely.equals_exact(new, there, tolerance=SAME_PLACE_DEGREES), dtype=bool)


def apply(store: Store, change: Change, progress: Progress, reach: Mapping[str, Reach] | None = None) -> Receipt:
    """Apply a change as far as a right reaches (none given: everywhere); without edits give a receipt of nothing (change 0)."""
    if not change.edits:
        return Receipt(0, {}, 0, 0, 0)
    return store.apply(change, reach=reach, progress=lambda done, total: progress(done, total, "writing"), cancel=progress.cancel)


def filled(feed: Feed) -> set[str]:
    """Give the fields that a feed fills."""
    return {*feed.columns, *feed.constants, *feed.parts}


def plain(value: Any) -> Any:
    """Give a cell as a plain Python value, None for unknown, so that two cells can be compared.

    Example:
        >>> plain(float("nan")), plain(pd.NA), plain(3.0), plain([1])
        (None, None, 3.0, [1])
    """
    if isinstance(value, list | tuple | dict):
        return value
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
