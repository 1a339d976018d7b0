"""Rows that edits touch, as features: what is there, and what each edit leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from layers.frames import GEOMETRY
from layers.store import UNCHANGED, Insert, Replace, Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from layers.schema import Layer
    from layers.store import Edit, Reach, Store

ASKED_AT_ONCE = 400
FEW = 12
"""Up to so many rows are read one by one, which builds no frame."""


@dataclass(frozen=True, slots=True)
class EditedRow:
    """A row as an edit leaves it: which edit, the feature before (None: new), and after."""

    edit: int
    row: int
    id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def feature_after(before: Mapping[str, Any], edit: Update) -> dict[str, Any]:
    """Give a feature as an update leaves it."""
    after = dict(before) | dict(edit.values)
    if edit.geometry is not UNCHANGED:
        after[GEOMETRY] = edit.geometry
    return after


def features_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame as features: plain values, unknown None, the geometry under `geometry`."""
    geometry = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else GEOMETRY
    columns = {str(name): _values(frame[name]) for name in frame.columns if name != geometry}
    if geometry in frame.columns:
        columns[GEOMETRY] = list(frame[geometry].array)
    names = tuple(columns)
    if not names:
        return [{} for _ in range(len(frame))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pd.Series) -> list[Any]:
    """Give the plain values of a column, unknown None; a column of one known kind is converted whole, which is much quicker."""
    if isinstance(column.dtype, pd.StringDtype | pd.BooleanDtype | pd.Int64Dtype | pd.Float64Dtype):
        whole: list[Any] = column.array.to_numpy(dtype=object, na_value=None).tolist()
        return whole
    return [value if type(value) in _PLAIN else _plain(value) for value in column.tolist()]


def present(store: Store, layer: str, ids: Iterable[str], reach: Reach | None = None) -> dict[str, dict[str, Any]]:
    """Read features by id, in parts; those that are not there, or that may not be read, are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, dict[str, Any]] = {}
    if len(wanted) <= FEW:
        for number in wanted:
            feature = store.get(layer, number, reach=reach)
            if feature is not None:
                found[number] = feature
        return found
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        frame = store.read(layer, ids=wanted[start : start + ASKED_AT_ONCE], reach=reach)
        found |= {str(feature["id"]): feature for feature in features_of(frame)}
    return found


_PLAIN = frozenset({str, int, bool, dt.date, list, tuple, dict, type(None)})
"""Kinds of values that are plain and never unknown."""


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        return value
    return None if value is None or pd.isna(value) else value.item() if hasattr(value, "item") else value


def rows_of(store: Store, layer: Layer, edits: Sequence[tuple[int, Edit]], reach: Reach | None = None) -> Iterator[EditedRow]:
    """Give the rows that numbered edits of a layer leave; a feature that is not the one that was seen is left out."""
    there = present(store, layer.name, [edit.id for _, edit in edits if isinstance(edit, Update)], reach)
    for at, edit in edits:
        if isinstance(edit, Insert | Replace):
            for number, feature in enumerate(features_of(edit.frame), start=1):
                yield EditedRow(at, number, feature.get("id"), None, feature)
        elif isinstance(edit, Update) and edit.id in there and there[edit.id]["ver"] == edit.expected_ver:
            yield EditedRow(at, 1, edit.id, there[edit.id], feature_after(there[edit.id], edit))
