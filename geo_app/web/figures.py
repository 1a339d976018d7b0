"""From a number back to its run and forward to its units: what the map's panel, the area page and the row lists show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo_app.actions import inputs, scoped_runs
from geo_app.errors import NotFoundError
from geo_app.web.desk import desk, person, scoped
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.actions.run_coverage import Run
    from layers.store import RunRecord, Store
    from processing.areas import Areas

RUNS_LOOKED_AT = 200
PERSON_WEIGHTS = frozenset({"person", "persons"})
FAILS, UNKNOWN, PASSES = "fails", "unknown", "passes"
ENOUGH = 1e-9
"""A numerator this close to its denominator covers it."""


def versions() -> dict[str, int]:
    """Give the version of every layer that was ever written."""
    return {name: version for name, version in desk().store.versions().items() if version}


def areas() -> Areas:
    """Give the hierarchy of areas for the data as it is now, of the areas that the asker reads."""
    here = desk()
    held = versions()
    key = ("areas", *(held.get(name, 0) for name in (*inputs.AREA_LAYERS, "key_counties", "settlements")))
    who = person()
    return here.kept.get(scoped(*key), lambda: _areas(here.store, who))


def _areas(store: Store, who: Person) -> Areas:
    return inputs.areas(store, inputs.read(store, inputs.TREE_LAYERS, person=who), person=who)


def run(run_id: int) -> Run:
    """Give a stored run with the rows that the asker reads."""
    return scoped_runs.load(desk().store, run_id, person())


def listed() -> list[RunRecord]:
    """List the stored runs, newest first."""
    return list(desk().store.runs(limit=RUNS_LOOKED_AT))


def choose(indicator: str | None, profile: str, run_id: int | None = None) -> Run | None:
    """Give the run asked for, or the newest of a profile (without changed thresholds) that holds the indicator.

    A run for the data as it is now goes before newer ones of other data.
    """
    if run_id is not None:
        return run(run_id)
    held = versions()
    fit = [
        item for item in listed() if item.profile == profile and _holds(item, indicator) and not item.parameters.get("overrides")
    ]
    current = [item for item in fit if dict(item.layer_versions) == held]
    for item in current or fit:
        if item.run_id is not None:
            return run(item.run_id)
    return None


def _holds(record: RunRecord, indicator: str | None) -> bool:
    codes = record.parameters.get("indicators") or list(INDICATORS)
    return indicator is None or indicator in codes


def is_stale(found: Run) -> bool:
    """Say whether the data has changed since a run."""
    return dict(found.record.layer_versions) != versions()


def figure(found: Run, indicator: str, area: str) -> dict[str, Any] | None:
    """Give the row of one indicator and area of a run as plain values (unknown is None); None when the run has no such row."""
    table = found.table
    rows = table[(table["indicator"] == indicator) & (table["area_code"] == area)]
    return plain(rows.iloc[0].to_dict()) if len(rows) else None


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Turn the values of a row into what JSON holds: NaN and NA become None, numpy numbers become Python's."""
    return {str(name): plain_value(value) for name, value in row.items()}


def plain_value(value: Any) -> Any:
    """Turn one value into what JSON holds."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return plain(value)
    return str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a frame's rows as plain dictionaries, geometry left out."""
    columns = [name for name in frame.columns if name != "geometry"]
    return [plain(dict(zip(columns, row, strict=True))) for row in frame[columns].itertuples(index=False, name=None)]


def states(units: pd.DataFrame) -> pd.Series[str]:
    """Say for each unit whether it passes, fails or is unknown."""
    numerator = units["numerator"].to_numpy(dtype=float)
    denominator = units["denominator"].to_numpy(dtype=float)
    unknown = np.isnan(numerator)
    fails = ~unknown & (
        np.isnan(denominator) | (numerator < denominator - ENOUGH * np.maximum(1.0, np.abs(np.nan_to_num(denominator))))
    )
    return pd.Series(np.where(unknown, UNKNOWN, np.where(fails, FAILS, PASSES)), index=units.index, dtype="str")


def units(found: Run, indicator: str, area: str | None) -> pd.DataFrame:
    """Give the units behind a number: every row that the indicator counted within an area or group, with its state.

    Raises:
        NotFoundError: when the run did not compute the indicator.
    """
    if indicator not in found.units:
        raise NotFoundError(f"Run {found.id} did not compute {indicator}")
    rows = found.units[indicator]
    if area:
        rows = rows[_inside(rows, area)]
    return rows.assign(state=states(rows))


def _inside(rows: pd.DataFrame, area: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    hierarchy = areas()
    members = hierarchy.groups.get(area)
    if area not in hierarchy and members is None:
        raise NotFoundError(f"There is no area with the code {area}")
    within = hierarchy.within(members if area not in hierarchy and members is not None else [area])
    at = hierarchy.positions(rows["area_code"])
    inside: np.ndarray[Any, np.dtype[np.bool_]] = (at >= 0) & within[at]
    return inside | (rows["unit_id"].astype(str) == area).to_numpy()


def tally(rows: pd.DataFrame, indicator: str) -> dict[str, Any]:
    """Count failing and unknown units and the persons in them (for person-weighted indicators the part not covered)."""
    by_person = str(INDICATORS[indicator].weight) in PERSON_WEIGHTS
    counted: dict[str, Any] = {"units": len(rows), "by_person": by_person}
    for state in (FAILS, UNKNOWN):
        part = rows[rows["state"] == state]
        known = by_person and state == FAILS
        persons = (part["denominator"] - part["numerator"]) if known else part["denominator"] if by_person else part["persons"]
        counted[state] = {"units": len(part), "persons": plain_value(persons.sum(min_count=1))}
    return counted


def gap_rows(found: Run, indicator: str, area: str | None) -> pd.DataFrame:
    """Give the gap list of an area, most persons first; the whole list of a run is made once."""
    here = desk()
    who = person()
    rows: pd.DataFrame = here.kept.get(
        scoped("gaps", found.id, indicator), lambda: scoped_runs.gaps(here.store, found, who, indicators=[indicator])
    )
    return rows[_inside(rows, area)] if area else rows


def trend(indicator: str, area: str, profile: str) -> list[dict[str, Any]]:
    """Give the values of one indicator and area over the runs of a profile, oldest first, one per state of the data."""
    points: dict[tuple[tuple[str, int], ...], dict[str, Any]] = {}
    for item in reversed(listed()):
        if item.run_id is None or item.profile != profile or item.parameters.get("overrides") or not _holds(item, indicator):
            continue
        row = figure(run(item.run_id), indicator, area)
        if row is not None:
            points[tuple(sorted(dict(item.layer_versions).items()))] = {"run": item.run_id, "at": item.at.isoformat(), **row}
    return list(points.values())
