"""Whether a move may be made: every fault that stands against it named, and from which day it could be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.library import conditions, content
from processing.library.faults import fault
from processing.library.moves import EMERGENCY, LIBRARY, MOVES, PROCEDURE, RETURNED, WORKS
from processing.library.trail import day_of, follow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from processing.library.faults import Fault
    from processing.library.moves import Move
    from processing.library.rules import LibraryRules
    from processing.library.trail import Event, Trail

GATES: Final = frozenset({"apply", "township_pass", "county_approve", "enter_library"})
"""Moves at which the eleven required fields are asked for (E1, E6); all but the application see what was applied for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that belongs to a stage: whether it could be made today, from which day, and what stands against it.

    Values that the move itself brings (a document, an opinion) do not stand against it; `move.needs` names them.
    """

    move: Move
    possible: bool
    earliest: date | None
    blocked: tuple[Fault, ...]


def stages_of(move: Move, project: Mapping[str, Any], trail: Trail) -> frozenset[str]:
    """Give the stages from which a move may be made: of an emergency project with consent the works begin before the library."""
    if move.name in WORKS and trail.consent is not None and known(project, "scope") == EMERGENCY:
        early = frozenset({*PROCEDURE, RETURNED})
        return move.before | early | ({LIBRARY[0]} if move.name == "start" else frozenset())
    return move.before


def check(  # noqa: PLR0913 -- the whole question: which move, of what, with what, by which rules, on which day
    move: str,
    project: Mapping[str, Any],
    events: Iterable[Mapping[str, Any] | Event],
    values: Mapping[str, Any],
    rules: LibraryRules,
    *,
    today: date,
) -> list[Fault]:
    """List what stands against a move: first its stage and what waits, then its day, its values and the project's content.

    Args:
        move: name of the move.
        project: the project as it is now.
        events: its events so far.
        values: what the move brings, by field of the events (`start_date` is the day of the move, today when it is not given),
            besides `plan_year` and `plan_rank`.
        rules: the rules of its area on the day.
        today: the day at the office.

    >>> from datetime import date
    >>> from processing.library.rules import rules_for
    >>> found = check("village_notice", {"status": "draft"}, [], {}, rules_for((), date(2026, 3, 1)), today=date(2026, 3, 1))
    >>> [item.code for item in found]
    ['wrong_stage', 'value_missing']
    """
    return refusals(MOVES[move], project, follow(project, events), values, rules, today=today)


def refusals(  # noqa: PLR0913 -- as `check`
    move: Move,
    project: Mapping[str, Any],
    trail: Trail,
    values: Mapping[str, Any],
    rules: LibraryRules,
    *,
    today: date,
) -> list[Fault]:
    """List what stands against a move of a project whose events were followed; see `check`."""
    on = today if known(values, "start_date") is None else day_of(values["start_date"])
    found = state_faults(move, project, trail)
    if on is None:
        found.append(fault("bad_date", "start_date", values["start_date"]))
    else:
        found += conditions.of_day(move, trail, rules, on, today)
        found += conditions.of_move(move, project, trail, values, rules, on)
    found += conditions.of_needs(move, values)
    if move.name in GATES:
        found += content.faults(project)
    return found


def state_faults(move: Move, project: Mapping[str, Any], trail: Trail) -> list[Fault]:
    """List what stands against a move whatever it brings: the stage, open objections, steps that lack."""
    found = []
    before = stages_of(move, project, trail)
    if trail.stage not in before:
        found.append(conditions.wrong_stage(before, trail.stage))
    if move.forward and trail.objections:
        found += [fault("objection_open", "objection", name) for name in trail.objections]
    return found + conditions.of_state(move, project, trail)


def allowed(
    project: Mapping[str, Any], events: Iterable[Mapping[str, Any] | Event], rules: LibraryRules, *, today: date
) -> list[Offer]:
    """List the moves that belong to a project's stage, with what stands against each today.

    >>> from datetime import date
    >>> from processing.library.rules import rules_for
    >>> [item.move.name for item in allowed({"status": "draft"}, [], rules_for((), date(2026, 3, 1)), today=date(2026, 3, 1))]
    ['apply']
    """
    trail = follow(project, events)
    found = []
    for move in MOVES.values():
        if trail.stage not in stages_of(move, project, trail) or not conditions.belongs(move, project, trail):
            continue
        blocked = state_faults(move, project, trail) + conditions.of_day(move, trail, rules, today, today)
        if move.name in GATES:
            blocked += content.faults(project)
        earliest = max((item.earliest for item in blocked if item.earliest is not None), default=None)
        found.append(Offer(move, not any(item.blocks for item in blocked), earliest, tuple(blocked)))
    return found
