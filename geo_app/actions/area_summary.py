"""Everything the system knows about one area: figures with bounds and targets, their course over runs, gaps, projects, assets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import crosswalk, inputs, list_gaps, run_coverage, scoped_runs
from geo_app.errors import NoDataError
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas

TREND_RUNS = 12
"""Newest runs looked at for a trend."""


@dataclass(frozen=True, slots=True)
class AreaName:
    """An area as it is shown: code, name, level."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The value of an indicator in an earlier run."""

    run_id: int
    at: datetime
    on: str
    profile: str
    value: float | None
    low: float | None
    high: float | None
    basis: str = "same"
    """How the figure of this area was made where areas changed since the run: see `processing.crosswalk`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator of an area: value with bounds, what it is made of, its target, its course."""

    indicator: str
    zh: str
    en: str
    numerator: float | None
    denominator: float | None
    value: float | None
    unknown: float | None
    low: float | None
    high: float | None
    status: str
    target: float | None
    target_status: str
    trend: tuple[TrendPoint, ...]


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """One area on one page. `synthetic` is True when any row behind it is simulated."""

    area: AreaName
    ancestors: tuple[AreaName, ...]
    children: tuple[AreaName, ...]
    figures: tuple[Figure, ...]
    gaps: GeoDataFrame
    projects: pd.DataFrame
    assets: pd.DataFrame
    run: run_coverage.Run
    synthetic: bool


def summarise(store: Store, area_code: str, run_id: int | None = None, *, person: Person | None = None) -> AreaSummary:
    """Summarise one area by one run (none given: the newest), of what a person reads (none named: everything).

    Raises:
        NoDataError: no run yet.
        NotFoundError: no such area or run.
    """
    run = run_coverage.load(store, run_id) if run_id is not None else run_coverage.latest(store)
    if run is None:
        raise NoDataError("There is no run yet. Compute coverage first: geo-app coverage.")
    if person is not None:
        run = scoped_runs.narrowed(store, run, person)
    frames = inputs.read(store, versions=dict(run.record.layer_versions), person=person)
    areas = inputs.areas(store, frames, person=person)
    code = inputs.require_area(areas, area_code)
    inside = set(areas.codes[areas.within([code])].astype(str))
    rows = run.table[run.table["area_code"] == code]
    projects, assets = _projects(frames, inside), _within(frames.get("assets"), inside)
    return AreaSummary(
        area=_named(areas, code),
        ancestors=tuple(_named(areas, above) for above in areas.ancestors(code)[1:]),
        children=children(areas, code),
        figures=figures(rows, trends(store, code)),
        gaps=_gaps(store, run, code, person),
        projects=projects,
        assets=assets,
        run=run,
        synthetic=bool(rows["synthetic"].fillna(value=False).any()) if "synthetic" in rows else False,
    )


def _gaps(store: Store, run: run_coverage.Run, code: str, person: Person | None) -> GeoDataFrame:
    if person is None:
        return list_gaps.list_gaps(store, run, area=code)
    return scoped_runs.gaps(store, run, person, area=code)


def figures(rows: pd.DataFrame, courses: Mapping[str, tuple[TrendPoint, ...]]) -> tuple[Figure, ...]:
    """Turn the rows of one area into figures, in the order of the indicators."""
    found = {str(row["indicator"]): row for _, row in rows.iterrows()}
    return tuple(_figure(code, found[code], courses.get(code, ())) for code in INDICATORS if code in found)


def trends(store: Store, area_code: str) -> dict[str, tuple[TrendPoint, ...]]:
    """Give the course of every indicator of an area over the newest runs, oldest first; older areas are carried over to it."""
    points: dict[str, list[TrendPoint]] = {}
    for record in reversed(store.runs(limit=TREND_RUNS)):
        number = run_coverage.run_number(record)
        table = run_coverage.load(store, number).table
        for _, row in crosswalk.figures_of(store, record, table, area_code).iterrows():
            point = TrendPoint(
                number,
                record.at,
                str(record.parameters.get("on", "")),
                record.profile,
                _number(row["value"]),
                _number(row["low"]),
                _number(row["high"]),
                str(row["basis"]),
            )
            points.setdefault(str(row["indicator"]), []).append(point)
    return {code: tuple(course) for code, course in points.items()}


def children(areas: Areas, code: str) -> tuple[AreaName, ...]:
    """List the areas directly below one."""
    frame = areas.frame
    return tuple(_named(areas, str(found)) for found in frame.loc[frame["parent_code"] == code, "area_code"])


def _named(areas: Areas, code: str) -> AreaName:
    return AreaName(code, areas.name(code), areas.level_of(code) or "")


def _figure(code: str, row: pd.Series[Any], trend: tuple[TrendPoint, ...]) -> Figure:
    shown = INDICATORS[code]
    numbers = {name: _number(row[name]) for name in ("numerator", "denominator", "value", "unknown", "low", "high")}
    return Figure(
        indicator=code,
        zh=shown.zh,
        en=shown.en,
        **numbers,
        status=str(row["status"]),
        target=_number(row.get("target")),
        target_status=str(row.get("target_status") or "none"),
        trend=trend,
    )


def _projects(frames: Mapping[str, GeoDataFrame], inside: set[str]) -> pd.DataFrame:
    frame = frames.get("projects")
    if frame is None or frame.empty:
        return pd.DataFrame()
    by_code = frame["township_code"].isin(inside) | frame["county_code"].isin(inside)
    by_village = frame["village_codes"].map(lambda codes: isinstance(codes, list) and not inside.isdisjoint(codes))
    return pd.DataFrame(frame[by_code | by_village])


def _within(frame: GeoDataFrame | None, inside: set[str]) -> pd.DataFrame:
    if frame is None or frame.empty:
        return pd.DataFrame()
    names = [name for name in ("village_code", "township_code", "county_code") if name in frame]
    hit = pd.concat([frame[name].isin(inside) for name in names], axis=1).any(axis=1)
    return pd.DataFrame(frame[hit])


def _number(value: Any) -> float | None:
    found = pd.to_numeric(value, errors="coerce") if value is not None else None
    return None if found is None or pd.isna(found) else float(found)
