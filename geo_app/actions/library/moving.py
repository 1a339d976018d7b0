"""Moving a project through the library: right, rules, and one change that holds the new stage and the event together."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.access import Permission
from geo_app.actions.library import acting, record
from geo_app.actions.save_edits import StaleEditsError
from geo_app.errors import BadRequestError, ForbiddenError, NotSignedInError, in_both
from layers.catalogue import LAYERS
from layers.errors import PreconditionRequiredError, StaleVersionError
from layers.schema import PersonError
from layers.store import UNCHANGED, Change, Insert, Update
from processing.library import content, trail
from processing.library.faults import fault, in_chinese
from processing.library.moves import BY_LEDGER, MOVES, NOTICES
from processing.library.stages import allowed, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Edit, Receipt, Store
    from processing.library.faults import Fault
    from processing.library.moves import Move
    from processing.library.stages import Trail

SHOWN = 5
HAND_OVER = "form_asset"
FIRST = "登记接收"


class MoveFaultsError(PersonError, ValueError):
    """A move that the rules of the library do not let pass; `faults` has every reason."""

    code: ClassVar[str] = "library_rule"

    def __init__(self, move: Move, faults: Sequence[Fault]) -> None:
        """Keep the faults beside the sentence."""
        self.move = move
        self.faults = tuple(faults)
        parts = [f"{item.field}: {item.value or '-'} (expected {item.expected_en})" for item in self.faults[:SHOWN]]
        more = f"; {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        super().__init__(f"{move.en} ({move.zh}) is not possible: {'; '.join(parts)}{more}. Nothing was saved.")
        self.zh = f"现在不能办理“{move.zh}”：{in_chinese(self.faults, ('project_events', 'projects'))}。没有保存。"


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move left: the receipt of its change, the project and the event as they are now, and what is only a warning."""

    receipt: Receipt
    project: Mapping[str, Any]
    event: Mapping[str, Any]
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A move that was checked and not yet written: its edits, the event, the project's new values, and what is only a warning."""

    edits: tuple[Edit, ...]
    event: Mapping[str, Any]
    values: Mapping[str, Any]
    reason: str
    record: ProjectRecord
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A move that belongs to the project's stage: what stands against it today, whose step it is, whether it is this person's."""

    move: Move
    possible: bool
    earliest: dt.date | None
    blocked: tuple[Fault, ...]
    roles: tuple[str, ...]
    mine: bool

    @property
    def by_ledger(self) -> bool:
        """Whether the page of the works makes it, with the asset, and no form of a step does."""
        return self.move.name in BY_LEDGER


def move(  # noqa: PLR0913 -- who, what, with what, as seen, when
    store: Store,
    person: Person,
    project_id: str,
    move: str,
    values: Mapping[str, Any],
    *,
    expected_ver: int | None,
    today: dt.date,
) -> Moved:
    """Move a project one step, as one change: the project's new stage and the event of the step.

    Args:
        store: the store.
        person: who moves it; the role and its areas decide.
        project_id: key of the project.
        move: name of the move (`processing.library.stages.MOVES`).
        values: what it brings, by field of `project_events`; `start_date` is the day of the step, today when it is not given.
        expected_ver: version of the project that the person saw.
        today: the day at the office.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: nobody, no such project for this person, another's step or area.
        BadRequestError: there is no such move, or a value that is none.
        PreconditionRequiredError: the version is missing.
        StaleEditsError: the project was changed meanwhile.
        MoveFaultsError: the rules of the library stand against it, or only the ledger makes it (`BY_LEDGER`).
    """
    ready = prepare(store, person, project_id, move, values, expected_ver=expected_ver, today=today)
    receipt = write(store, person, ready.edits, ready.reason)
    return Moved(receipt, store.get("projects", ready.record.id) or {}, ready.event, ready.warnings)


def prepare(  # noqa: PLR0913 -- as `move`
    store: Store,
    person: Person,
    project_id: str,
    move: str,
    values: Mapping[str, Any],
    *,
    expected_ver: int | None,
    today: dt.date,
) -> Prepared:
    """Check a move and give its edits, so that another action can write them together with its own; raises as `move`."""
    return _prepared(store, person, project_id, _named(move), values, (expected_ver, today))


def prepare_hand_over(  # noqa: PLR0913 -- as `move`
    store: Store, person: Person, project_id: str, values: Mapping[str, Any], *, expected_ver: int | None, today: dt.date
) -> Prepared:
    """Check the hand-over of a project as `prepare` does, for the ledger, which writes it together with the assets."""
    return _prepared(store, person, project_id, MOVES[HAND_OVER], values, (expected_ver, today), by_ledger=True)


def _prepared(  # noqa: PLR0913, PLR0917 -- as `move`
    store: Store,
    person: Person,
    project_id: str,
    known_move: Move,
    values: Mapping[str, Any],
    seen: tuple[int | None, dt.date],
    *,
    by_ledger: bool = False,
) -> Prepared:
    expected_ver, today = seen
    require_moving(person)
    found = record.project(store, person, project_id, on=today)
    by = acting.acting(store, person, known_move, found.project, found.stage)
    refuse_stale(store, found, expected_ver)
    if known_move.name in BY_LEDGER and not by_ledger:
        raise MoveFaultsError(known_move, [fault("by_ledger", "status", known_move.zh, key=found.project_id)])
    given = _given(known_move, values, found, by.level, person, today)
    faults = refusals(known_move, found.project, found.trail, given, found.rules, today=today)
    blocking = [item for item in faults if item.blocks]
    if blocking:
        raise MoveFaultsError(known_move, blocking)
    rows = _first_rows(known_move, found, given, person) if not found.events else []
    event = _event(known_move, found, given, seq=len(found.events) + len(rows) + 1)
    new = _new_values(known_move, found.trail, given, event)
    shape = new.pop(content.PLACE, UNCHANGED)
    edits = (Update("projects", found.id, expected_ver, new, shape), Insert("project_events", frame([*rows, event])))
    reason = " ".join(filter(None, (known_move.zh, str(given.get("document") or ""))))
    return Prepared(edits, event, new, reason, found, tuple(item for item in faults if not item.blocks))


def write(store: Store, person: Person, edits: Sequence[Edit], reason: str) -> Receipt:
    """Apply the edits of a procedure as one change of the kind `library`.

    Raises:
        StaleEditsError: the project was changed meanwhile.
    """
    change = Change(person.name, person.bureau, reason, tuple(edits), kind="library", account_id=person.account_id)
    try:
        return store.apply(change)
    except StaleVersionError as error:
        raise StaleEditsError(str(error), conflicts=error.conflicts, kept=()) from error


def offers(store: Store, person: Person, project_id: str, today: dt.date) -> list[Offered]:
    """List the moves that belong to a project's stage, with what stands against each today and whether it is this person's.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or the person does not read the project.
    """
    found = record.project(store, person, project_id, on=today)
    return [
        Offered(
            item.move,
            item.possible,
            item.earliest,
            item.blocked,
            tuple(acting.ordered(acting.roles_of(item.move, found.project, found.stage))),
            _is_mine(store, person, item.move, found),
        )
        for item in allowed(found.project, found.events, found.rules, today=today)
    ]


def _is_mine(store: Store, person: Person, move: Move, found: ProjectRecord) -> bool:
    try:
        require_moving(person)
        acting.acting(store, person, move, found.project, found.stage)
    except ForbiddenError:
        return False
    return True


def require_moving(person: Person) -> None:
    """Ask whether a person takes part in procedures at all.

    Raises:
        NotSignedInError, ForbiddenError: nobody asks, or no role of theirs does.
    """
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if not person.may(Permission.MOVE):
        raise ForbiddenError(
            "Your account takes no part in the procedures of projects and assets; an administrator can grant it."
        )


def refuse_stale(store: Store, found: ProjectRecord, expected_ver: int | None) -> None:
    """Refuse a move that was decided on another version than the present one.

    Raises:
        PreconditionRequiredError, StaleEditsError: no version, or not the present one.
    """
    if expected_ver is None:
        raise PreconditionRequiredError(
            f"projects {found.project_id}: the version that was seen is missing. Read the feature again and send its version."
        )
    if expected_ver == found.ver:
        return
    last = store.history("projects", found.id)[-1]
    conflict = {
        "layer": "projects",
        "id": found.id,
        "expected_ver": expected_ver,
        "ver": found.ver,
        "feature": found.project,
        "base": None,
        "mine": None,
        "theirs": found.project,
        "who": last.who,
        "bureau": last.bureau,
        "at": last.at,
        "kept_id": None,
    }
    by, by_zh = (f"{last.who} ({last.bureau})", f"{last.who}（{last.bureau}）") if last.bureau else (last.who, last.who)
    name, at = found.project.get("name") or found.project_id, f"{last.at:%Y-%m-%d %H:%M}"
    text = (
        f"The project {name} ({found.project_id}) was changed by {by} at {at} UTC after you opened it: "
        f"version {expected_ver} was seen, {found.ver} is there. Nothing was saved. "
        "Compare with the present state and apply your edit to it."
    )
    zh = (
        f"项目“{name}”（{found.project_id}）在您打开之后已由{by_zh}于 {at}（UTC）修改："
        f"您看到的是第 {expected_ver} 版，现为第 {found.ver} 版。没有保存，请核对现在的内容后再办理。"
    )
    raise in_both(StaleEditsError(text, conflicts=(conflict,), kept=()), zh)


def _named(name: str) -> Move:
    if name not in MOVES:
        raise BadRequestError(f"There is no move {name}; there are: {', '.join(MOVES)}")
    return MOVES[name]


def _given(  # noqa: PLR0913, PLR0917 -- what a move brings, and what is known without asking
    move: Move, values: Mapping[str, Any], found: ProjectRecord, level: str, person: Person, today: dt.date
) -> dict[str, Any]:
    """Complete what a move brings: its day, its level, who acts, and the last day of a notice."""
    given = {name: value for name, value in values.items() if value is not None and value != ""}
    given.setdefault("start_date", today)
    given |= {"level": level, "person": person.name, "recorded_on": today}
    given["unit"] = given.get("unit") or person.bureau
    on = trail.day_of(given["start_date"])
    if on is not None:
        given["start_date"] = on
        if move.event in NOTICES:
            given.setdefault("end_date", found.rules.notice_end(NOTICES[move.event], on))
    if move.name == "complete":
        given["progress_pct"] = 100.0
    if move.name == "ask_change":
        given["proposed"] = asked(found.project, given.get("proposed"))
    return given


def asked(project: Mapping[str, Any], proposed: Any) -> list[dict[str, Any]]:
    """Give the values that are asked for, each beside the present one; a geometry as GeoJSON.

    Raises:
        BadRequestError: it is no mapping from field to value, or a geometry that is none.
    """
    if isinstance(proposed, list):
        proposed = {item["field"]: item.get("new") for item in proposed if isinstance(item, dict) and "field" in item}
    if not isinstance(proposed, dict):
        return []
    return [{"field": name, "old": _json(project.get(name)), "new": _json(value)} for name, value in proposed.items()]


def _json(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_geojson(value)
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value


def facts(project: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what an application states, to compare the register with later."""
    middle = content.middle(project.get(content.PLACE))
    place = [] if middle is None else [{"field": content.PLACE, "new": _json(shapely.Point(middle))}]
    return place + [
        {"field": name, "new": _json(project.get(name))}
        for name in content.CHANGEABLE
        if name in project and not content.is_empty(project, name)
    ]


def _first_rows(move: Move, found: ProjectRecord, given: Mapping[str, Any], person: Person) -> list[dict[str, Any]]:
    """A project that came from an older register gets an event that says so before its first step here."""
    if found.stage == "draft" or move.name == "take_over":
        return []
    taken = {
        "start_date": given["start_date"],
        "opinion": "由原有台账登记接收",
        "level": "县",
        "unit": person.bureau,
        "person": person.name,
        "recorded_on": given["recorded_on"],
    }
    return [_event(MOVES["take_over"], found, taken, seq=1)]


def _event(move: Move, found: ProjectRecord, given: Mapping[str, Any], *, seq: int) -> dict[str, Any]:
    """Make the row of an event."""
    project = found.project
    fields = {field.name for field in LAYERS["project_events"].fields if not field.derived}
    event: dict[str, Any] = {name: value for name, value in given.items() if name in fields}
    event |= {
        "event_id": f"{found.project_id}-{seq:03d}",
        "project_id": found.project_id,
        "seq": seq,
        "event_type": move.event,
        "stage_before": found.stage,
        "stage_after": found.stage if move.name == "take_over" else trail.after(found.trail, move.name, str(given["level"])),
        "source": project.get("source"),
        "data_quality": project.get("data_quality"),
    }
    event |= {name: project.get(name) for name in ("village_code", "township_code", "county_code")}
    if move.name in {"apply", "take_over"}:
        event["proposed"] = facts(project)
    if move.name == "ask_change":
        event["changed_fields"] = [item["field"] for item in given["proposed"]]
    if move.name in {"approve_change", "publish_change"}:
        event["answers"] = _answered(move, found.trail)
    if move.name == "answer_objection":
        event["objections_resolved"] = 1
        event["objections"] = 1
    return event


def _answered(move: Move, way: Trail) -> str | None:
    if move.name == "approve_change":
        return None if way.asked is None else way.asked.event_id
    return way.approved[-1].event_id if way.approved else None


def _new_values(move: Move, way: Trail, given: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """Give the project's values after a move."""
    new: dict[str, Any] = {"status": event["stage_after"], "event_seq": event["seq"]}
    if move.name == "into_plan":
        new |= {name: int(given[name]) for name in ("plan_year", "plan_rank")}
    if move.name in {"out_of_plan", "leave_library"}:
        new |= {"plan_year": None, "plan_rank": None}
    if move.name == "approve_change" and given["result"] == trail.PASSED and way.asked is not None:
        new |= {name: _value(name, value) for name, value in trail.stated(way.asked).items()}
    return new


def _value(name: str, value: Any) -> Any:
    if name == content.PLACE:
        return None if value is None else shapely.from_geojson(value)
    return trail.day_of(value) if name in {"start_date", "end_date"} else value


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make rows of events into a frame."""
    return pd.DataFrame([dict(row) for row in rows], dtype=object)


def project_frame(row: Mapping[str, Any], shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Make one project into a frame."""
    return gpd.GeoDataFrame(pd.DataFrame([dict(row)], dtype=object), geometry=[shape], crs="EPSG:4490")
