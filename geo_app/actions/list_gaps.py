"""List the units that fail an indicator: what is missing, how far, for how many people, and which project mentions it."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from geo_app.actions import inputs, run_coverage
from processing import gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from layers.store import Store

COLUMNS = gaps.COLUMNS
"""Columns of every gap file, in this order."""


KEPT_RUNS = 3
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[int, GeoDataFrame]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def list_gaps(store: Store, run: run_coverage.Run, *, indicators: Sequence[str] = (), area: str | None = None) -> GeoDataFrame:
    """List the failing units of a run, of some indicators and below one area; most persons first."""
    found = _of_run(store, run)
    if indicators:
        found = found[found["indicator"].isin([run_coverage.indicator(code) for code in indicators])]
    if area:
        hierarchy = inputs.areas(store, inputs.read(store, inputs.TREE_LAYERS, versions=_versions(run)))
        code = inputs.require_area(hierarchy, area)
        found = found[found["area_code"].isin(hierarchy.codes[hierarchy.within([code])])]
    return found.reset_index(drop=True)


def _of_run(store: Store, run: run_coverage.Run) -> GeoDataFrame:
    """Work the gaps of a run out once: a run never changes."""
    with _lock:
        kept = _kept.setdefault(store, OrderedDict())
        if run.id in kept:
            return kept[run.id]
    frames = inputs.read(store, versions=_versions(run))
    made = gaps.list_gaps(run.units, frames, areas=inputs.areas(store, frames), profile=run_coverage.profile_of(run.record))
    with _lock:
        kept[run.id] = made
        while len(kept) > KEPT_RUNS:
            kept.popitem(last=False)
    return made


def _versions(run: run_coverage.Run) -> dict[str, int]:
    return dict(run.record.layer_versions)
