"""The way a project went, followed event by event: the stage it is in, what was passed, what is still open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import entries, known
from processing.library.money import decimal_of
from processing.library.moves import (
    LIBRARY,
    MOVES,
    NOTICES,
    OPINIONS,
    WORKS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PASSED: Final = "通过"
MOVE_OF: Final[Mapping[str, str]] = {move.event: move.name for move in MOVES.values() if move.event != "上报"}
WORKS_STAGE: Final[Mapping[str, str]] = {"started": "implementing", "completed": "completed", "accepted": "accepted"}
"""Stage of a project in the library, by how far its works are."""
_WORKS_DONE: Final = {"start": "started", "complete": "completed", "accept": "accepted"}


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the events, as the rules read it."""

    event_id: str
    seq: int
    move: str
    event_type: str
    level: str
    start: date
    end: date | None
    values: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Give another value of the row, None where it is unknown."""
        return known(self.values, name)


@dataclass(slots=True)
class Trail:
    """Where a project stands after its events."""

    stage: str
    seq: int = 0
    since: date | None = None
    """Day on which the present stage began."""
    last: date | None = None
    """Latest day of the procedure: of steps, opinions and answers."""
    worked: date | None = None
    """Latest day of the works."""
    notices: dict[str, Event] = field(default_factory=dict)
    """By level, the notice of this round."""
    reviewed: bool = False
    opinions: dict[str, Event] = field(default_factory=dict)
    """By event, the latest opinion of this round."""
    objections: dict[str, Event] = field(default_factory=dict)
    """Objections without an answer, by event id."""
    consent: Event | None = None
    works: str = ""
    """`started`, `completed` or `accepted`, empty before."""
    began: date | None = None
    asked: Event | None = None
    """Change that was asked for and not decided on."""
    approved: list[Event] = field(default_factory=list)
    """Approved changes that were not announced yet."""
    entered: date | None = None
    taken_over: bool = False
    spent: Decimal = Decimal(0)
    progress: Decimal | None = None
    """Percentage entered last, None where none was."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the application stated, with every approved change."""

    def opinion_passed(self, event_type: str) -> bool:
        """Say whether one of the three opinions is there and in favour."""
        found = self.opinions.get(event_type)
        return found is not None and found.get("result") == PASSED


def day_of(value: Any) -> date | None:
    """Give a value as a day; None where it is none.

    >>> day_of("2026-03-01"), day_of(None), day_of("soon")
    (datetime.date(2026, 3, 1), None, None)
    """
    if isinstance(value, datetime):
        return value.date() if value == value else None  # noqa: PLR0124 -- a missing time is not equal to itself
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def event_of(row: Mapping[str, Any]) -> Event:
    """Read a row of the events.

    Raises:
        ValueError: it has no day, or its kind is none of the library.
    """
    kind, start = str(row.get("event_type")), day_of(known(row, "start_date"))
    level = str(known(row, "level") or "")
    move = ("submit_to_county" if level != "村" else "submit_to_township") if kind == "上报" else MOVE_OF.get(kind)
    if start is None or move is None:
        raise ValueError(f"event {row.get('event_id')}: kind {kind!r} and start {row.get('start_date')!r} cannot be read")
    number = int(known(row, "seq") or 0)
    return Event(str(row.get("event_id")), number, move, kind, level, start, day_of(known(row, "end_date")), row)


def in_order(rows: Iterable[Mapping[str, Any] | Event]) -> list[Event]:
    """Read rows of one project and put them in order of their number."""
    found = [row if isinstance(row, Event) else event_of(row) for row in rows]
    return sorted(found, key=lambda item: (item.seq, item.start, item.event_id))


def opening(project: Mapping[str, Any], events: Iterable[Event]) -> Trail:
    """Give the state before the first event: a draft, or what the register says where no event or its taking over comes first."""
    first = next(iter(events), None)
    if first is not None and first.move == "take_over":
        return Trail(stage=str(first.get("stage_after") or known(project, "status") or "draft"))
    return Trail(stage=str(known(project, "status") or "draft") if first is None else "draft")


def follow(project: Mapping[str, Any], rows: Iterable[Mapping[str, Any] | Event]) -> Trail:
    """Follow a project through its events."""
    events = in_order(rows)
    trail = opening(project, events)
    for event in events:
        step(trail, event)
    return trail


def after(trail: Trail, move: str, level: str) -> str:
    """Give the stage that a move leads to, from the state before it.

    Works of several townships, begun by a township or a department, start with the review of the township (S4-17 三). The
    works of an emergency project run beside the procedure: they leave its stage alone until the library, and set it then.
    """
    if move == "apply" and level != "村":
        return "township_review"
    if move == "enter_library" and trail.works:
        return WORKS_STAGE[trail.works]
    if move in _WORKS_DONE and trail.stage not in LIBRARY:
        return trail.stage
    return MOVES[move].after or trail.stage


def step(trail: Trail, event: Event) -> None:
    """Take one event into account."""
    stage = str(event.get("stage_after") or trail.stage) if event.move == "take_over" else after(trail, event.move, event.level)
    _SPECIAL.get(event.move, _nothing)(trail, event)
    if event.event_type in NOTICES:
        trail.notices[event.level] = event
    if event.event_type in OPINIONS:
        trail.opinions[event.event_type] = event
    if event.move in WORKS:
        trail.works = _WORKS_DONE.get(event.move, trail.works)
        trail.worked = max(trail.worked or event.start, event.start)
    elif event.move != "objection":
        trail.last = max(trail.last or event.start, event.start)
    if stage != trail.stage:
        trail.since = event.start
    trail.stage = stage
    trail.seq = max(trail.seq, event.seq)


def _nothing(_trail: Trail, _event: Event) -> None:
    """Leave the rest as it is."""


def _apply(trail: Trail, event: Event) -> None:
    trail.notices.clear()
    trail.opinions.clear()
    trail.reviewed = False
    trail.facts = stated(event)


def _take_over(trail: Trail, event: Event) -> None:
    trail.taken_over = True
    trail.facts = stated(event)
    found = event.get("stage_after")
    trail.works = next(
        (name for name, stage in WORKS_STAGE.items() if stage == found), "accepted" if found == LIBRARY[-1] else ""
    )
    trail.entered = event.start if found in LIBRARY else None


def _pass(trail: Trail, _event: Event) -> None:
    trail.reviewed = True


def _enter(trail: Trail, event: Event) -> None:
    trail.entered = event.start


def _start(trail: Trail, event: Event) -> None:
    trail.began = event.start


def _object(trail: Trail, event: Event) -> None:
    trail.objections[event.event_id] = event


def _answer(trail: Trail, event: Event) -> None:
    trail.objections.pop(str(event.get("answers")), None)


def _consent(trail: Trail, event: Event) -> None:
    trail.consent = event


def _ask(trail: Trail, event: Event) -> None:
    trail.asked = event


def _decide(trail: Trail, event: Event) -> None:
    if trail.asked is not None and event.get("result") == PASSED:
        trail.facts |= stated(trail.asked)
        trail.approved.append(event)
    trail.asked = None


def _publish(trail: Trail, _event: Event) -> None:
    trail.approved.clear()


def _spend(trail: Trail, event: Event) -> None:
    trail.spent += decimal_of(event.get("amount")) or Decimal(0)


def _progress(trail: Trail, event: Event) -> None:
    found = decimal_of(event.get("progress_pct"))
    trail.progress = trail.progress if found is None else found


def _leave(trail: Trail, _event: Event) -> None:
    trail.works = ""


def stated(event: Event) -> dict[str, Any]:
    """Give the values that an event states, by field."""
    return {
        item["field"]: item.get("new") for item in entries(event.get("proposed")) if isinstance(item, dict) and "field" in item
    }


_SPECIAL: Final = {
    "apply": _apply,
    "take_over": _take_over,
    "township_pass": _pass,
    "enter_library": _enter,
    "start": _start,
    "objection": _object,
    "answer_objection": _answer,
    "emergency_consent": _consent,
    "ask_change": _ask,
    "approve_change": _decide,
    "publish_change": _publish,
    "spend": _spend,
    "progress": _progress,
    "complete": _progress,
    "leave_library": _leave,
}
