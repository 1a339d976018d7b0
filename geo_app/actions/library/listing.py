"""The list of projects with its filters and totals, and what waits for a person; all of it as far as the person reads."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geo_app.actions import inputs, reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import acting, record
from geo_app.errors import ForbiddenError
from layers.area_rules import lineage
from layers.store import Condition
from processing.library.money import decimal_of
from processing.library.moves import CLOSED, DRAFT, LIBRARY, MOVES, OPEN_STAGES, STAGES
from processing.library.stages import allowed, follow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from layers.store import Store
    from processing.library.faults import Fault
    from processing.library.moves import Move
    from processing.library.rules import LibraryRules

REVIEWED: Final = (
    "apply",
    "village_notice",
    "submit_to_township",
    "township_pass",
    "township_notice",
    "submit_to_county",
    "opinion_revitalisation",
    "opinion_finance",
    "opinion_sector",
    "county_approve",
    "county_notice",
    "enter_library",
    "approve_change",
    "publish_change",
    "answer_objection",
    "accept",
)
"""Steps for which a project waits: of the procedure, decisions on changes, answers, acceptance; plans have their own page."""
FOREIGN: Final = frozenset({"begins_in_village", "wrong_stage"})
"""Faults that say that the step is nobody's here rather than that it waits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty is everything."""

    stage: str = ""
    area: str = ""
    category: str = ""
    sector: str = ""
    year: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """Projects of a stage: how many, their money in 万元, and how many state none."""

    stage: str
    count: int
    budget: Decimal
    unknown: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for a person: of which project, since when, whether it may be taken today, and what stands against it."""

    project: Mapping[str, Any]
    move: Move
    possible: bool
    earliest: dt.date | None
    blocked: tuple[Fault, ...]
    since: dt.date | None


def projects(store: Store, person: Person) -> GeoDataFrame | None:
    """Give the projects that a person reads; None where there are none.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or the person reads no projects.
    """
    reach.of(store, person, "projects")
    if not store.versions().get("projects"):
        return None
    frame = inputs.read(store, ["projects"], person=person)["projects"]
    return frame if len(frame) else None


def narrowed(store: Store, person: Person, frame: GeoDataFrame, wanted: Wanted) -> GeoDataFrame:
    """Give the rows that a list is narrowed to, by stage and name.

    Raises:
        NotFoundError: an area that is not among the person's.
    """
    keep = np.ones(len(frame), dtype=bool)
    for name, value in (("status", wanted.stage), ("category", wanted.category), ("sector", wanted.sector)):
        if value:
            keep &= (frame[name] == value).fillna(value=False).to_numpy(dtype=bool)
    if wanted.year is not None:
        keep &= _of_year(frame, wanted.year)
    if wanted.text:
        keep &= _with_text(frame, wanted.text)
    if wanted.area:
        keep &= _in_area(store, person, frame, wanted.area)
    order = {stage: place for place, stage in enumerate(STAGES)}
    chosen = frame[keep]
    places = chosen["status"].map(order).fillna(len(order))
    return chosen.assign(_place=places).sort_values(["_place", "name"], kind="stable").drop(columns="_place")


def _of_year(frame: GeoDataFrame, year: int) -> np.ndarray[Any, Any]:
    """A project is of the year of its plan; without a plan of the year in which it starts."""
    start = pd.to_datetime(frame["start_date"], errors="coerce").dt.year
    own = pd.to_numeric(frame["plan_year"]).astype("Float64").fillna(start.astype("Float64"))
    return np.asarray((own == year).fillna(value=False), dtype=bool)


def _with_text(frame: GeoDataFrame, text: str) -> np.ndarray[Any, Any]:
    found = np.zeros(len(frame), dtype=bool)
    for name in ("name", "project_id", "location_text", "responsible_unit", "task"):
        words = frame[name].astype("str").str.casefold()
        found |= words.str.contains(text.casefold(), regex=False, na=False).to_numpy(dtype=bool)
    return found


def _in_area(store: Store, person: Person, frame: GeoDataFrame, area: str) -> np.ndarray[Any, Any]:
    tree = inputs.areas(store, person=person)
    inside = tree.within([inputs.require_area(tree, area)])
    codes = set(tree.codes[inside].tolist())
    found = np.zeros(len(frame), dtype=bool)
    for name in ("village_code", "township_code", "county_code"):
        found |= frame[name].isin(codes).to_numpy(dtype=bool)
    named = [bool(codes & set(map(str, items or ()))) for items in _lists(frame["village_codes"])]
    return np.asarray(found | np.array(named, dtype=bool), dtype=bool)


def _lists(column: pd.Series) -> list[Sequence[Any] | None]:
    return [value if isinstance(value, (list, tuple)) else None for value in column]


def totals(frame: GeoDataFrame) -> list[Total]:
    """Count projects and add their money up by stage, in the order of the way; unknown amounts are counted, never nought."""
    found = []
    for stage in STAGES:
        amounts = [decimal_of(value) for value in frame.loc[(frame["status"] == stage).fillna(value=False), "budget_total"]]
        if amounts:
            known = [item for item in amounts if item is not None]
            found.append(Total(stage, len(amounts), sum(known, Decimal(0)), len(amounts) - len(known)))
    return found


def waiting(store: Store, person: Person, today: dt.date) -> list[Waiting]:
    """List the steps that wait for a person, those that may be taken today first, then by the day on which they may.

    Raises:
        NotSignedInError, NotFoundError: as `projects`.
    """
    frame = projects(store, person)
    if frame is None:
        return []
    open_ones = frame[~frame["status"].isin([*CLOSED, "asset_formed"]).to_numpy(dtype=bool)]
    steps = [MOVES[name] for name in REVIEWED]
    mine: dict[str, tuple[Mapping[str, Any], set[str]]] = {}
    for row in features_of(open_ones):
        names = {step.name for step in steps if _may(store, person, step, row)}
        if names:
            mine[str(row["project_id"])] = (row, names)
    events = _events(store, set(mine))
    laws: dict[tuple[str, ...], LibraryRules] = {}
    own = record.own_rules(store)
    found: list[Waiting] = []
    for key, (project, names) in mine.items():
        codes = tuple(lineage(project))
        if codes not in laws:
            laws[codes] = record.rules_of(store, project, today, own=own)
        found += _of_project(project, events.get(key, []), names, laws[codes], today)
    return sorted(found, key=lambda item: _urgency(item, today))


def _urgency(item: Waiting, today: dt.date) -> tuple[bool, bool, dt.date, str]:
    """Order what waits: what may be done today first, the way into the library before acceptance, the longest wait first."""
    return not item.possible, item.move.name == "accept", item.earliest or item.since or today, str(item.project["name"])


def _of_project(
    row: Mapping[str, Any], events: Sequence[Mapping[str, Any]], names: set[str], law: LibraryRules, today: dt.date
) -> list[Waiting]:
    trail = follow(row, events)
    offers = [item for item in allowed(row, events, law, today=today) if item.move.name in names]
    return [
        Waiting(row, item.move, item.possible, item.earliest, item.blocked, trail.since)
        for item in offers
        if not any(fault.code in FOREIGN for fault in item.blocked) and (item.move.name != "answer_objection" or trail.objections)
    ]


def _may(store: Store, person: Person, step: Move, row: Mapping[str, Any]) -> bool:
    stage = str(row.get("status") or DRAFT)
    if stage not in step.before or (step.name == "apply" and not _applies(person, row)):
        return False
    if step.name in {"approve_change", "publish_change"} and stage not in LIBRARY:
        return False
    try:
        acting.acting(store, person, step, row, stage)
    except ForbiddenError:
        return False
    return True


def _applies(person: Person, row: Mapping[str, Any]) -> bool:
    """A draft waits for the village that applies; of works of several areas, for whoever else writes it."""
    return person.is_local or row.get("village_code") is None or any(item.role == "village" for item in person.grants)


def _events(store: Store, keys: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Read the events of many projects at once, by project, in their order."""
    if not keys:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    listed = sorted(keys)
    for start in range(0, len(listed), 400):
        where = [Condition("project_id", "in", listed[start : start + 400])]
        for event in features_of(store.read("project_events", where=where, geometry=False)):
            dated = {name: value.date() if hasattr(value, "date") else value for name, value in event.items()}
            found.setdefault(str(event["project_id"]), []).append(dated)
    return found


def emergencies(store: Store, person: Person) -> list[Mapping[str, Any]]:
    """List the emergency projects whose procedure is not complete (E21), as far as the person reads."""
    frame = projects(store, person)
    if frame is None:
        return []
    chosen = frame[(frame["scope"] == "应急").fillna(value=False) & ~frame["status"].isin([*LIBRARY, *CLOSED, *OPEN_STAGES])]
    rows = features_of(chosen)
    events = _events(store, {str(row["project_id"]) for row in rows})
    return [row for row in rows if any(item["event_type"] == "应急同意" for item in events.get(str(row["project_id"]), []))]
