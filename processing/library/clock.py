"""What is owed in the project library: notices that are over, objections, opinions, emergency works, changes, the annual plan."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing import dues as shape
from processing.library.moves import CLOSED, ENDS_NOTICE, LIBRARY, MOVES, OPINIONS, roles_at
from processing.library.trail import day_of, follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from processing.dues import Due
    from processing.library.rules import LibraryRules
    from processing.library.trail import Trail

    Rows = Sequence[Mapping[str, Any]]
    RulesOf = Callable[[Mapping[str, Any]], LibraryRules]

LAYER: Final = "projects"
PLANS: Final = "annual_plans"
DOCUMENT: Final = "湘委乡振组办发〔2021〕1号"
DESIGN: Final = "design"
NEXT: Final[Mapping[str, str]] = {level: move for move, level in ENDS_NOTICE.items()}
WAITING: Final[Mapping[str, tuple[str, ...]]] = {
    "applied": ("village_notice",),
    "township_review": ("township_pass", "township_notice"),
    "county_approval": ("county_notice",),
    "completed": ("accept",),
    "accepted": ("form_asset",),
}
"""Stages in which the next step can be taken at once, with the step; the first that was not taken is what is owed."""
PUBLISHED: Final = "published"
AREAS: Final = ("village_code", "township_code", "county_code")
NOTICE_STAGES: Final[Mapping[str, str]] = {"village_notice": "村", "township_notice": "乡", "county_notice": "县"}
RULE_IDS: Final = {"村": "PN-01", "乡": "PN-02", "县": "PN-03"}


def dues(projects: Rows, events: Rows, plans: Rows, rules: RulesOf, today: date) -> list[Due]:
    """List what is owed for the projects and plans of a library.

    Args:
        projects: rows of the projects; those that left the library, or never left the draft, owe nothing.
        events: rows of their events, in any order.
        plans: rows of the annual plans.
        rules: gives the rules of a row's area.
        today: the day at the office.
    """
    by_project: dict[str, list[Mapping[str, Any]]] = {}
    for row in events:
        by_project.setdefault(str(row["project_id"]), []).append(row)
    found: list[Due] = []
    for project in projects:
        own = by_project.get(str(project["project_id"]), [])
        if own:
            found += _Book(project, follow(project, own), rules(project), today).dues()
    return shape.in_order([*found, *_plans(projects, plans, rules, today)])


class _Book:
    """Writes what is owed for one project."""

    def __init__(self, project: Mapping[str, Any], trail: Trail, rules: LibraryRules, today: date) -> None:
        self.project, self.trail, self.rules, self.today = project, trail, rules, today

    def dues(self) -> Iterator[Due]:
        """Give every due of the project."""
        yield from self._emergency()
        if self.trail.stage in CLOSED:
            return
        for event in self.trail.objections.values():
            yield self._due("answer_objection", event.start, None, self._roles("answer_objection"), "", DESIGN)
        yield from self._step()
        if self.trail.asked is not None:
            yield self._due("approve_change", self.trail.asked.start, None, self._roles("approve_change"), "E7", DOCUMENT)
        for event in self.trail.approved:
            yield self._due("publish_change", event.start, None, self._roles("publish_change"), "PN-05", DOCUMENT)

    def _step(self) -> Iterator[Due]:
        stage, since = self.trail.stage, self.trail.since or self.trail.last or self.today
        level = NOTICE_STAGES.get(stage)
        if level is not None and level in self.trail.notices:
            notice = self.trail.notices[level]
            over = max(self.rules.notice_end(level, notice.start), notice.end or date.min)
            if over <= self.today:
                move = NEXT[level]
                yield self._due(move, over, None, self._roles(move), RULE_IDS[level], DOCUMENT)
        elif stage == "opinions":
            yield from self._opinions(since)
        elif stage in WAITING:
            lacking = [name for name in WAITING[stage] if not (name == "township_pass" and self.trail.reviewed)]
            yield self._due(lacking[0], since, None, self._roles(lacking[0]), "", DOCUMENT)

    def _opinions(self, since: date) -> Iterator[Due]:
        lacking = [move for event, move in OPINIONS.items() if not self.trail.opinion_passed(event)]
        for move in lacking:
            yield self._due(move, since, None, self._roles(move), "E4", DOCUMENT)
        if not lacking:
            yield self._due("county_approve", self.trail.last or since, None, self._roles("county_approve"), "", DOCUMENT)

    def _emergency(self) -> Iterator[Due]:
        """The reminder stands from the consent until the project is in the library, whatever became of it meanwhile."""
        consent = self.trail.consent
        if consent is None or self.trail.entered is not None or self.trail.stage in LIBRARY:
            return
        last = consent.start + timedelta(days=self.rules.emergency_remind_days)
        roles = {"village", "township", "revitalisation", "leading_group"}
        yield self._due("emergency_procedure", consent.start, last, roles, "E21", self.rules.source("emergency_remind_days"))

    def _roles(self, move: str) -> frozenset[str]:
        sector = known(self.project, "sector")
        return roles_at(
            MOVES[move], self.trail.stage, sector=sector, has_township=known(self.project, "township_code") is not None
        )

    def _due(  # noqa: PLR0913, PLR0917 -- the parts of a due
        self, kind: str, since: date, due_on: date | None, roles: Iterable[str], rule_id: str, document: str
    ) -> Due:
        return shape.made(
            kind,
            LAYER,
            str(self.project["project_id"]),
            title=str(known(self.project, "name") or self.project["project_id"]),
            since=since,
            due_on=due_on,
            today=self.today,
            area_code=next((str(self.project[name]) for name in AREAS if known(self.project, name) is not None), None),
            roles=roles,
            rule_id=rule_id,
            document=document,
        )


def _plans(projects: Rows, plans: Rows, rules: RulesOf, today: date) -> Iterator[Due]:
    """Each county that has projects in its library owes the plan of the next year by the end of November, and its publication."""
    standing = {
        (str(plan.get("county_code")), int(plan["plan_year"])): plan for plan in plans if known(plan, "plan_year") is not None
    }
    ready = sorted(
        (row for row in projects if known(row, "county_code") is not None and known(row, "status") in LIBRARY[:2]),
        key=lambda row: str(row["county_code"]),
    )
    for county, rows in groupby(ready, key=lambda row: str(row["county_code"])):
        law = rules(next(iter(rows)))
        for year in (today.year, today.year + 1):
            plan = standing.get((county, year))
            if plan is None and year == today.year:
                continue
            yield from _plan(county, year, plan, law, today)


def _plan(county: str, year: int, plan: Mapping[str, Any] | None, rules: LibraryRules, today: date) -> Iterator[Due]:
    last, since = rules.deadline(year), date(year - 1, 1, 1)
    roles = frozenset({"revitalisation", "leading_group"})
    key = str(plan["plan_id"]) if plan is not None else f"{county}-{year}"
    compiled = day_of(known(plan, "compiled_on")) if plan is not None else None
    if plan is not None and compiled is not None and known(plan, "state") == PUBLISHED:
        return
    yield shape.made(
        "compile_plan" if compiled is None else "publish_plan",
        PLANS,
        key,
        title=f"{year} 年度项目计划",
        since=compiled or since,
        due_on=last,
        today=today,
        area_code=county,
        roles=roles,
        rule_id="PN-06",
        document=DOCUMENT,
    )
