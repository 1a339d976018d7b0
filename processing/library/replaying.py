"""A history played again from its events alone: the stage it leads to, and every rule it breaks with the day on which it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.library import content
from processing.library.checking import GATES, refusals
from processing.library.faults import fault
from processing.library.moves import LIBRARY, MOVES, OPEN_STAGES
from processing.library.trail import day_of, in_order, opening, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from processing.library.faults import Fault
    from processing.library.rules import LibraryRules
    from processing.library.trail import Event, Trail

CHECK_OF: Final[Mapping[str, str]] = {
    "field_missing": "E1",
    "value_missing": "E1",
    "value_bad": "E1",
    "too_early": "E2",
    "notice_missing": "E2",
    "opinion_missing": "E4",
    "late": "E5",
    "sum_differs": "E6",
    "change_missing": "E7",
    "not_changeable": "E7",
    "emergency_open": "E21",
}
"""The check of Part E that a fault belongs to; what stands in none is the order of the steps (E3)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a history breaks: the check, the day, the event it happened at (None: the register now), what was expected."""

    check: str
    code: str
    field: str
    value: str
    on: date | None
    event_id: str | None
    zh: str
    en: str
    source: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a history leads to: the stage, the violations in order, and the state with all that is open."""

    stage: str
    violations: tuple[Violation, ...]
    trail: Trail


def replay(
    project: Mapping[str, Any],
    events: Iterable[Mapping[str, Any] | Event],
    rules: LibraryRules,
    *,
    links: Iterable[tuple[str, str]] = (),
) -> Replayed:
    """Play a project's events again and judge each by the rules, as if nothing had refused it.

    E1 and E6 are asked of the register as it is now, once the project left the draft; E7 compares it with what was applied for
    and every approved change, its villages by what became of them in changes of areas (`links`, former and present code); E21
    stands from the consent to an emergency project until it is in the library. A project taken over from an older register is
    judged from there on.

    >>> from datetime import date
    >>> from processing.library.rules import rules_for
    >>> event = {"event_id": "a-1", "seq": 1, "event_type": "县公示", "level": "县", "start_date": "2026-03-01"}
    >>> found = replay({"status": "county_notice"}, [event], rules_for((), date(2026, 3, 1)))
    >>> found.stage, found.violations[0].check
    ('county_notice', 'E3')
    """
    ordered = in_order(events)
    trail = opening(project, ordered)
    found: list[Violation] = []
    for event in ordered:
        found += _of_event(project, trail, event, rules)
        step(trail, event)
        found += _recorded(trail, event)
    if trail.stage not in OPEN_STAGES:
        found += [_violation(item, trail.since, None) for item in content.faults(project)]
    found += [
        *_changed(project, trail, tuple(links)),
        *_displaced(project, trail, rules),
        *(_unlike(project, trail) if ordered else []),
        *_emergency(trail, rules),
    ]
    return Replayed(trail.stage, tuple(found), trail)


def _violation(item: Fault, on: date | None, event_id: str | None) -> Violation:
    check = CHECK_OF.get(item.code, "E3")
    return Violation(
        check, item.code, item.field, item.value, on, event_id, item.expected_zh, item.expected_en, item.source, item.severity
    )


def _of_event(project: Mapping[str, Any], trail: Trail, event: Event, rules: LibraryRules) -> list[Violation]:
    move = MOVES[event.move]
    values = dict(event.values) | {"plan_rank": event.get("plan_rank") or 1}
    recorded = day_of(event.get("recorded_on")) or event.start
    found = refusals(move, project, trail, values, rules, today=max(recorded, event.start))
    if event.start > recorded:
        found.append(fault("future_date", "start_date", event.start, day=recorded))
    own = {"field_missing", "sum_differs"} if event.move in {*GATES, "ask_change"} else set()
    return [
        _violation(item, event.start, event.event_id)
        for item in found
        if item.code not in own | {"nothing_changes", "other_year", "over_budget", "less_progress", "not_whole"}
    ]


def _recorded(trail: Trail, event: Event) -> list[Violation]:
    """The stage that the event says it led to is the one that the rules lead to."""
    said = event.get("stage_after")
    if said is None or said == trail.stage:
        return []
    return [_violation(fault("wrong_stage", "stage_after", said, zh=trail.stage, en=trail.stage), event.start, event.event_id)]


def _changed(project: Mapping[str, Any], trail: Trail, links: Sequence[tuple[str, str]]) -> list[Violation]:
    """E7: what the register says is what was applied for, with every approved change."""
    if trail.stage in OPEN_STAGES:
        return []
    differing = [
        name
        for name in content.KEY_FACTS
        if name in trail.facts
        and name in project
        and content.comparable(name, trail.facts[name]) != content.comparable(name, project[name])
    ]
    both = (known(trail.facts, content.VILLAGES), known(project, content.VILLAGES))
    if content.VILLAGES in project and both[0] is not None and not content.same_villages(*both, links):
        differing.append(content.VILLAGES)
    return [
        Violation(
            "E7",
            "changed_without_approval",
            name,
            str(known(project, name) or ""),
            trail.since,
            None,
            f"与申报及审定的调整一致：{trail.facts[name]}",
            f"as applied for, with every approved change: {trail.facts[name]}",
            "S4-17 (E7)",
        )
        for name in differing
    ]


def _displaced(project: Mapping[str, Any], trail: Trail, rules: LibraryRules) -> list[Violation]:
    """E7: the works lie where they were applied for, or where an approved change put them."""
    stated = trail.facts.get(content.PLACE)
    far = None if trail.stage in OPEN_STAGES else content.moved_m(stated, project.get(content.PLACE))
    if far is None or far <= rules.place_tolerance_m:
        return []
    limit = f"{rules.place_tolerance_m:.0f} m"
    texts = (f"实施地点的移动不超过 {limit}，或经审定", f"a place that moved by at most {limit}, or an approved change")
    source = "S4-17 (E7); design"
    return [Violation("E7", "place_moved", content.PLACE, f"{far:.0f} m", trail.since, None, *texts, source)]


def _unlike(project: Mapping[str, Any], trail: Trail) -> list[Violation]:
    status = str(known(project, "status") or "draft")
    if status == trail.stage:
        return []
    return [_violation(fault("wrong_stage", "status", status, zh=trail.stage, en=trail.stage), trail.since, None)]


def _emergency(trail: Trail, rules: LibraryRules) -> list[Violation]:
    """E21: from the consent on, until the project is in the library; nothing else ends it."""
    if trail.consent is None or trail.entered is not None or trail.stage in LIBRARY:
        return []
    last = trail.consent.start + timedelta(days=rules.emergency_remind_days)
    return [
        Violation(
            "E21",
            "emergency_open",
            "status",
            trail.stage,
            last,
            trail.consent.event_id,
            f"应急项目同步完成入库程序（{last} 前，{rules.emergency_remind_days} 日）",
            f"the procedure of an emergency project completed beside its works (by {last})",
            "S4-17 三 (E21)",
            "due",
        )
    ]
