"""The annual plan of a county: who draws it up, its lines, its candidates in order, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import inputs, list_gaps, reach, run_coverage
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import record
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.store import Condition
from processing.library import planning, priorities
from processing.library.money import amounts_of, decimal_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from geo_app.access import Person
    from layers.store import Store
    from processing.library.planning import Entry, Line, PlanFault, SourceUse
    from processing.library.priorities import Priorities, Score

ROLES: Final = frozenset({"revitalisation", "leading_group", ADMINISTRATOR})
FIRST_YEAR, LAST_YEAR = 2000, 2100
LAYER: Final = LAYERS["annual_plans"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project beside its score; `line` is its place among those of the plan, None while it is not in it."""

    project: Mapping[str, Any]
    entry: Entry
    score: Score
    gap_persons: float | None
    line: Line | None = None

    @property
    def planned(self) -> bool:
        """Whether it is in the plan."""
        return self.line is not None

    @property
    def movable(self) -> bool:
        """Whether it can still be put in or taken out: works that have begun stay."""
        return self.entry.status in {"in_library", "annual_plan"}


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as it stands: its row (empty values before it is opened), lines, candidates, money by source, and what is wrong."""

    county: str
    county_name: str
    year: int
    row: Mapping[str, Any]
    ver: int | None
    lines: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]
    sources: tuple[SourceUse, ...]
    faults: tuple[PlanFault, ...]
    due: dt.date
    priorities: Priorities
    editable: bool

    @property
    def plan_id(self) -> str:
        """Key of the plan."""
        return plan_id(self.county, self.year)

    @property
    def limit(self) -> Decimal | None:
        """Money limit in 万元; None where none is set."""
        return decimal_of(self.row.get("money_limit"))

    @property
    def total(self) -> Decimal:
        """Sum of the budgets that are known, in 万元."""
        return self.lines[-1].line.cumulative if self.lines and self.lines[-1].line else Decimal(0)

    @property
    def unknown(self) -> int:
        """How many projects of the plan state no budget; the total is then a lower bound."""
        return sum(item.entry.budget is None for item in self.lines)

    @property
    def simulated(self) -> bool:
        """Whether a row behind it is simulated."""
        return any(item.project.get("data_quality") == "synthetic" for item in (*self.lines, *self.candidates))


def plan_id(county: str, year: int) -> str:
    """Give the key of the plan of a county and year.

    >>> plan_id("620422", 2027)
    '620422-2027'
    """
    return f"{county}-{year}"


def may_plan(store: Store, person: Person, county: str) -> bool:
    """Say whether a person draws up the plan of a county: its bureau, the leading group, or the administrator."""
    if person.is_local:
        return True
    for grant in person.grants:
        if (
            grant.role in ROLES
            and grant.apply
            and (not grant.areas or county in reach.territory(store, frozenset(grant.areas))[0])
        ):
            return True
    return False


def require_planner(store: Store, person: Person, county: str) -> None:
    """Ask whether a person draws up the plan of a county.

    Raises:
        NotSignedInError: nobody asks.
        ForbiddenError: it is not theirs.
    """
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if not may_plan(store, person, county):
        raise ForbiddenError(
            "The annual plan is drawn up by the rural revitalisation bureau or the leading group of the county; "
            "your account has neither role there."
        )


def counties(store: Store, person: Person) -> list[tuple[str, str]]:
    """Name the counties of whose projects a person reads any, by code and name."""
    limit = reach.of(store, person, "projects")
    codes = store.read("projects", reach=limit, geometry=False)["county_code"].dropna().astype(str).unique().tolist()
    tree = inputs.areas(store)
    mine = limit.codes
    own = [str(code) for code in tree.frame.loc[tree.frame["rank"] == COUNTY_RANK, "area_code"] if mine is None or code in mine]
    return sorted({(code, tree.name(code) if code in tree else code) for code in (*codes, *own)})


COUNTY_RANK: Final = 3


def view(store: Store, person: Person, county: str, year: int, *, today: dt.date) -> PlanView:
    """Give a plan as it stands for a person; it is no secret, so that townships and villages of the county see it too.

    Raises:
        NotSignedInError: nobody asks.
        NotFoundError: the person reads nothing of that county.
        BadRequestError: no year that a plan can have.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadRequestError(f"A year from {FIRST_YEAR} to {LAST_YEAR} was expected, found {year}")
    name = dict(counties(store, person)).get(county)
    if name is None:
        raise NotFoundError(f"There is no area with the code {county!r}.")
    held = features_of(store.read("annual_plans", where=(Condition("plan_id", "=", plan_id(county, year)),)))
    chosen = (Condition("county_code", "=", county),)
    found = features_of(store.read("projects", where=chosen, reach=reach.of(store, person, "projects")))
    law = record.rules_of(store, {"county_code": county}, today)
    plan = _Plan(county, name, year, held[0] if held else {}, law.deadline(year), may_plan(store, person, county))
    return _seen(plan, found, _gap_persons(store), today)


def listed(store: Store, person: Person, *, today: dt.date) -> list[PlanView]:
    """Give every plan that was opened in the counties of a person, by county, the latest year first; everything is read once.

    A plan is no secret, so that townships and villages of the county see it too, with those of its projects that they read.

    Raises:
        NotSignedInError, NotFoundError: as `view`.
    """
    named = dict(counties(store, person))
    by_county: dict[str, list[dict[str, Any]]] = {code: [] for code in named}
    held = sorted(features_of(store.read("annual_plans")), key=lambda row: (str(row["county_code"]), -int(row["plan_year"])))
    plans = [row for row in held if row["county_code"] in named]
    if not plans:
        return []
    for project in features_of(store.read("projects", geometry=False, reach=reach.of(store, person, "projects"))):
        by_county.setdefault(str(project["county_code"]), []).append(project)
    gaps, own = _gap_persons(store), record.own_rules(store)
    found = []
    for row in plans:
        county, year = str(row["county_code"]), int(row["plan_year"])
        due = record.rules_of(store, {"county_code": county}, today, own=own).deadline(year)
        plan = _Plan(county, named[county], year, row, due, may_plan(store, person, county))
        found.append(_seen(plan, by_county[county], gaps, today))
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan before its projects: its row (empty before it is opened), its last day, and whether the person writes it."""

    county: str
    name: str
    year: int
    row: Mapping[str, Any]
    due: dt.date
    editable: bool


def _seen(plan: _Plan, projects: Iterable[Mapping[str, Any]], gaps: Mapping[str, float] | None, today: dt.date) -> PlanView:
    """Put the projects of a county in the lines of its plan and among the candidates."""
    row, year, weights = plan.row, plan.year, priorities.load()
    stated = {str(item["project_id"]): item for item in row.get("ranking") or () if isinstance(item, dict)}
    items = [_candidate(project, stated, gaps, weights) for project in projects if _counts(project, year)]
    inside = [item for item in items if item.entry.plan_year == year and item.entry.status != planning.CANDIDATE]
    entries = planning.ordered(item.entry for item in inside)
    lines = {line.entry.project_id: line for line in planning.lines(entries, decimal_of(row.get("money_limit")))}
    shown = sorted((_with_line(item, lines) for item in inside), key=lambda item: item.line.place if item.line else 0)
    others = [item for item in items if item.entry.project_id not in lines and item.entry.status == planning.CANDIDATE]
    order = {entry.project_id: at for at, entry in enumerate(planning.ordered(item.entry for item in others))}
    return PlanView(
        plan.county,
        plan.name,
        year,
        row,
        int(row["ver"]) if row else None,
        tuple(shown),
        tuple(sorted(others, key=lambda item: order[item.entry.project_id])),
        tuple(planning.sources(entries, amounts_of(row.get("fund_sources")))),
        tuple(planning.faults({**row, "plan_year": year}, entries, today=today, due=plan.due)),
        plan.due,
        weights,
        plan.editable,
    )


def _counts(project: Mapping[str, Any], year: int) -> bool:
    return project.get("status") == planning.CANDIDATE or project.get("plan_year") == year


def _with_line(item: Candidate, lines: Mapping[str, Line]) -> Candidate:
    return Candidate(item.project, item.entry, item.score, item.gap_persons, lines.get(item.entry.project_id))


def _candidate(
    project: Mapping[str, Any], stated: Mapping[str, Mapping[str, Any]], gaps: Mapping[str, float] | None, weights: Priorities
) -> Candidate:
    key = str(project["project_id"])
    own = stated.get(key, {})
    marks = {name: float(own[name]) for name in priorities.STATED if own.get(name) is not None}
    persons = None if gaps is None else gaps.get(key, 0.0)
    facts = priorities.Facts(
        stated=marks,
        emergency=project.get("scope") == "应急",
        gap_persons=persons,
        persons=_float(project.get("benefit_persons")),
        former_poor=_float(project.get("benefit_former_poor")),
        budget_wan_yuan=_float(project.get("budget_total")),
    )
    score = priorities.score(facts, weights)
    rank = project.get("plan_rank") if project.get("status") != planning.CANDIDATE else own.get("rank")
    entry = planning.entry_of(project, rank=None if rank is None else int(rank), score=score.middle)
    return Candidate(project, entry, score, persons)


def _float(value: Any) -> float | None:
    found = decimal_of(value)
    return None if found is None else float(found)


def _gap_persons(store: Store) -> dict[str, float] | None:
    """Give the persons of the open gaps that mention each project, by the latest run; None while nothing was computed."""
    run = run_coverage.latest(store)
    if run is None:
        return None
    found: dict[str, float] = {}
    gaps = list_gaps.list_gaps(store, run)
    for names, persons in zip(gaps["projects"].tolist(), gaps["persons"].tolist(), strict=True):
        for key in _keys(names):
            found[key] = max(found.get(key, 0.0), 0.0 if pd.isna(persons) else float(persons))
    return found


def _keys(names: Any) -> list[str]:
    items = names if isinstance(names, (list, tuple)) else str(names).split(";") if isinstance(names, str) else []
    return [str(item.get("project_id") if isinstance(item, dict) else item).strip() for item in items]
