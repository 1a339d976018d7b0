"""Compute coverage and keep it as a run; find the run that already answers; compute a run again and compare."""

from __future__ import annotations

import importlib.metadata
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo_app.actions import inputs
from geo_app.errors import NoDataError
from geo_app.progress import Progress
from layers.schema import UnknownNameError
from layers.store import RunRecord, StoredRun
from processing import profiles
from processing.coverage import evaluate
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.store import Store
    from processing.areas import Areas

COLUMNS = (
    "indicator",
    "level",
    "area_code",
    "area_name",
    "numerator",
    "denominator",
    "value",
    "unknown",
    "low",
    "high",
    "status",
    "run",
)
"""Columns of every coverage file, in this order."""
TARGET_COLUMNS = ("target", "target_status", "target_text", "target_id")
"""What stands beside a value when targets are asked for: the number, whether it is met, a target given in words, its key."""
KEPT_RUNS = 13
"""Runs kept in memory for each store: a run never changes, and a trend looks at the newest dozen."""
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[int, Run]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()
_KEYS = ["indicator", "level", "area_code"]
_NUMBERS = ["numerator", "denominator", "value", "unknown", "low", "high"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to compute: indicators (none: all), profile with overrides, the day it holds for. Every level and area is computed."""

    indicators: tuple[str, ...] = ()
    profile: str = "tches18"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None
    who: str = "local"
    title: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Which rows of a run to show: levels (none: all), an area with everything below it, indicators (none: all)."""

    levels: tuple[str, ...] = ()
    area: str | None = None
    indicators: tuple[str, ...] = ()
    targets: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run with its number; `fresh` is False when it was already there."""

    id: int
    record: RunRecord
    table: pd.DataFrame
    units: Mapping[str, pd.DataFrame]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """A run beside the same computed again: the rows that differ (none when it replays to the same numbers)."""

    run: Run
    differences: pd.DataFrame

    @property
    def same(self) -> bool:
        """Say whether every number came out the same."""
        return self.differences.empty


def run(store: Store, request: RunRequest, progress: Progress | None = None) -> Run:
    """Compute coverage for the present data and keep it, or give the run that answers the same question already."""
    progress = progress or Progress()
    parameters = _parameters(request) | _scheme(store)
    versions = {name: version for name, version in store.versions().items() if version}
    found = _find(store, parameters, request.profile, versions)
    if found is not None:
        return load(store, found)
    if not versions:
        raise NoDataError("The store holds no data yet. Load some first: geo-app demo, geo-app load or geo-app import.")
    table, units, caveats = _evaluate(store, parameters, request.profile, versions, progress)
    record = RunRecord(
        parameters=parameters,
        profile=request.profile,
        layer_versions=versions,
        code_version=code_version(),
        who=request.who,
        at=datetime.now(UTC),
        title=request.title,
        caveats=caveats,
    )
    progress(99, 100, "keeping the run")
    number = store.save_run(record, table, units)
    return Run(number, record, table, units, fresh=True)


def load(store: Store, run_id: int) -> Run:
    """Give a stored run; raise NotFoundError when there is none of this number."""
    with _lock:
        kept = _kept.setdefault(store, OrderedDict())
        if run_id in kept:
            kept.move_to_end(run_id)
            return kept[run_id]
    stored: StoredRun = store.run(run_id)
    found = Run(run_id, stored.record, stored.table, stored.units)
    with _lock:
        kept[run_id] = found
        while len(kept) > KEPT_RUNS:
            kept.popitem(last=False)
    return found


def latest(store: Store) -> Run | None:
    """Give the newest run that holds for the data as it is now; the newest of all when none does; None without runs."""
    versions = {name: version for name, version in store.versions().items() if version}
    listed = store.runs(limit=200)
    current = [item for item in listed if dict(item.layer_versions) == versions]
    for item in current or listed:
        return load(store, run_number(item))
    return None


def _units_inside(found: Run, inside: set[str]) -> set[str]:
    """Give the ids of the single units (hamlets) that lie in some areas; they have rows of their own at the finest level."""
    parts = [rows.loc[rows["area_code"].isin(inside), "unit_id"] for rows in found.units.values() if len(rows)]
    return set(pd.concat(parts).astype(str)) if parts else set()


def is_current(store: Store) -> bool:
    """Say whether some run with every indicator holds for the data as it is now."""
    versions = {name: version for name, version in store.versions().items() if version}
    return any(
        dict(item.layer_versions) == versions and set(item.parameters["indicators"]) >= set(INDICATORS)
        for item in store.runs(limit=200)
    )


def replay(store: Store, run_id: int, progress: Progress | None = None) -> Replay:
    """Compute a stored run again from the same parameters, profile and layer versions, and list every number that differs."""
    stored = load(store, run_id)
    table, _, _ = _evaluate(
        store, dict(stored.record.parameters), stored.record.profile, dict(stored.record.layer_versions), progress or Progress()
    )
    return Replay(stored, differences(stored.table, table))


def differences(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """List rows of two coverage tables whose numbers or status differ (relative 1e-9; unknown equals unknown)."""
    joined = before.merge(after, on=_KEYS, how="outer", suffixes=("_before", "_after"), indicator="found")
    differs = joined["found"] != "both"
    for name in _NUMBERS:
        a = pd.to_numeric(joined[f"{name}_before"]).to_numpy(dtype=float, na_value=np.nan)
        b = pd.to_numeric(joined[f"{name}_after"]).to_numpy(dtype=float, na_value=np.nan)
        differs |= ~np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
    differs |= joined["status_before"].astype("string").fillna("") != joined["status_after"].astype("string").fillna("")
    return joined.loc[differs].reset_index(drop=True)


def view(store: Store, found: Run, wanted: View, areas: Areas | None = None) -> pd.DataFrame:
    """Select the rows of a run that a person asked for, with exactly the columns of a coverage file."""
    table = found.table
    hierarchy = inputs.areas(store) if areas is None else areas
    if wanted.indicators:
        table = table[table["indicator"].isin([indicator(code) for code in wanted.indicators])]
    there = found.table["level"].unique()
    levels = [inputs.level_name(hierarchy, name, also=there) for name in wanted.levels]
    if levels and None not in levels:
        table = table[table["level"].isin(levels)]
    if wanted.area:
        inside = set(hierarchy.codes[hierarchy.within([inputs.require_area(hierarchy, wanted.area)])])
        table = table[table["area_code"].isin(inside) | table["area_code"].isin(_units_inside(found, inside))]
    columns = [*COLUMNS[:-1], *(TARGET_COLUMNS if wanted.targets else ())]
    shown = table.reindex(columns=columns)
    shown.insert(len(COLUMNS) - 1, "run", found.id)
    return shown.reset_index(drop=True)


def run_number(record: RunRecord) -> int:
    """Give the number of a stored run."""
    return int(record.run_id or 0)


def indicator(code: str) -> str:
    """Give an indicator's code as declared; raise UnknownNameError with the codes there are.

    Example:
        >>> indicator("w1")
        'W1'
    """
    found = code.strip().upper()
    if found not in INDICATORS:
        raise UnknownNameError(f"There is no indicator {code!r}; the indicators are: {', '.join(INDICATORS)}.")
    return found


def code_version() -> str:
    """Give the version of this software, kept with each run."""
    return importlib.metadata.version("xiangtu")


def _parameters(request: RunRequest) -> dict[str, Any]:
    codes = [indicator(code) for code in request.indicators] or list(INDICATORS)
    return {
        "indicators": sorted(set(codes), key=list(INDICATORS).index),
        "overrides": dict(sorted(request.overrides.items())),
        "on": (request.on or date.today()).isoformat(),  # noqa: DTZ011 - the day at this bureau, which is what a threshold holds for
    }


def _scheme(store: Store) -> dict[str, Any]:
    """Give what the store's scheme calls its levels, as a parameter of a run: computed again it has the same names."""
    found = inputs.level_names(store)
    return {"level_names": {str(rank): name for rank, name in sorted(found.items())}} if found else {}


def profile_of(record: RunRecord) -> profiles.Profile:
    """Give the profile of a run, with what the person put in its place."""
    return _profile(record.profile, record.parameters.get("overrides", {}))


def _profile(name: str, overrides: Mapping[str, Any]) -> profiles.Profile:
    if name not in profiles.names():
        raise UnknownNameError(f"There is no profile {name!r}; the profiles are: {', '.join(profiles.names())}.")
    found = profiles.load(name)
    return found.override(dict(overrides)) if overrides else found


def _evaluate(
    store: Store, parameters: Mapping[str, Any], profile: str, versions: Mapping[str, int], progress: Progress
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], tuple[str, ...]]:
    chosen = _profile(profile, parameters["overrides"])
    progress(0, 100, "reading the layers")
    frames = inputs.read(store, versions=versions)
    part = progress.part(5, 98)
    found = evaluate(
        frames,
        indicators=tuple(parameters["indicators"]),
        profile=chosen,
        on=date.fromisoformat(parameters["on"]),
        level_names={int(rank): name for rank, name in parameters.get("level_names", {}).items()},
        progress=part,
        cancel=progress.cancel,
    )
    return found.table, dict(found.units), tuple(found.caveats)


def _find(store: Store, parameters: Mapping[str, Any], profile: str, versions: Mapping[str, int]) -> int | None:
    for item in store.runs(limit=200):
        same = dict(item.parameters) == parameters and item.profile == profile and dict(item.layer_versions) == versions
        if same and item.code_version == code_version():
            return run_number(item)
    return None
