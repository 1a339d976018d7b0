"""List the units that fail an indicator: what is missing, how far, for how many people, and which project mentions it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_app.actions import inputs, run_coverage
from processing import gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from layers.store import Store

COLUMNS = gaps.COLUMNS
"""Columns of every gap file, in this order."""


def list_gaps(store: Store, run: run_coverage.Run, *, indicators: Sequence[str] = (), area: str | None = None) -> GeoDataFrame:
    """List the failing units of a run, of some indicators and below one area; most persons first."""
    codes = [run_coverage.indicator(code) for code in indicators] or list(run.units)
    frames = inputs.read(store, versions=dict(run.record.layer_versions))
    hierarchy = inputs.areas(store, frames)
    units = {code: run.units[code] for code in codes if code in run.units}
    found = gaps.list_gaps(units, frames, areas=hierarchy, profile=run_coverage.profile_of(run.record))
    if area:
        code = inputs.require_area(hierarchy, area)
        found = found[found["area_code"].isin(hierarchy.codes[hierarchy.within([code])])]
    return found.reset_index(drop=True)
