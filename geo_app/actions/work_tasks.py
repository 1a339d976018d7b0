"""Tasks and targets as a person sees them, and the notes of units on how far their tasks have come."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.access import Verb
from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import held, reach
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from layers.catalogue import LAYERS
from layers.codes import TASK_STATE
from layers.store import Change, Condition, Update
from processing import task_dues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Receipt, Store
    from processing.areas import Areas
    from processing.dues import Due

TASKS, TARGETS = "tasks", "indicator_targets"
NOTE_LENGTH: Final = 1000


def rows(store: Store, person: Person, layer: str) -> list[dict[str, Any]]:
    """Give the rows of a list that concern a person: of no held area, of an area above the person's, or inside them.

    Lists of a city or province hold for every county in it, so somebody of one county sees them; those of another county not.
    """
    reach.of(store, person, layer)
    found = _plain(store.read(layer))
    codes = reach.area_codes(store, person)
    if codes is None:
        return found
    tree = held.areas(store)
    return [row for row in found if _concerns(row.get("area_code"), codes, tree)]


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if not isinstance(value, list) and pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _concerns(code: Any, codes: frozenset[str], tree: Areas) -> bool:
    if not code or str(code) in codes:
        return True
    if str(code) in tree:
        return any(str(code) in tree.ancestors(own) for own in codes)
    return True


def one(store: Store, person: Person, task_id: str) -> dict[str, Any]:
    """Give a task; raise NotFoundError when there is none, or it is not for the person."""
    found = next((row for row in rows(store, person, TASKS) if row["task_id"] == task_id), None)
    if found is None:
        raise NotFoundError(f"There is no task {task_id!r}")
    return found


def may_note(person: Person, task: Mapping[str, Any]) -> bool:
    """Say whether a person notes progress of a task: who keeps the list, and the roles of its units."""
    if person.is_local or reach.may(person, TASKS, Verb.APPLY):
        return True
    return any(grant.apply and grant.role in task_dues.roles_of(task) for grant in person.grants)


def may_date(person: Person) -> bool:
    """Say whether a person enters the last day of a task: who keeps the list."""
    return person.is_local or reach.may(person, TASKS, Verb.APPLY)


def note(  # noqa: PLR0913 - who notes what of which task, as it was seen, today
    store: Store, person: Person, task_id: str, values: Mapping[str, str], *, expected_ver: int, today: dt.date
) -> Receipt:
    """Note how far a task has come, as one change; what was noted before stays in the history.

    Args:
        store: the store.
        person: of a unit of the task, or who keeps the list.
        task_id: the task.
        values: `state`, `progress_note`, `progress_on`, `reported_by`; for who keeps the list `due_on` and `due_basis` too.
        expected_ver: the version that was seen.
        today: the day at the office; a progress cannot be dated later.

    Raises:
        NotFoundError, ForbiddenError: it is not for this person.
        BadRequestError: a state or day that is none.
        StaleVersionError: somebody was quicker.
    """
    task = one(store, person, task_id)
    if not may_note(person, task):
        raise ForbiddenError("Progress of a task is noted by its lead or responsible units, or by who keeps the list")
    wanted = _noted(values, today) | {"reported_by": (values.get("reported_by") or person.bureau or person.name)[:120]}
    if may_date(person):
        wanted |= _dated(values)
    seen = store.read(TASKS, where=[Condition("task_id", "=", task_id)])
    change = Change(
        person.name,
        person.bureau,
        f"{LAYERS[TASKS].zh} {task_id}",
        (Update(TASKS, str(seen["id"].iloc[0]), expected_ver, wanted),),
        account_id=person.account_id,
    )
    return store.apply(change)


def _noted(values: Mapping[str, str], today: dt.date) -> dict[str, Any]:
    state = values.get("state", "")
    if state not in TASK_STATE:
        raise BadRequestError(f"The state must be one of {', '.join(item.code for item in TASK_STATE)}, found {state!r}")
    on = _day(values.get("progress_on", ""), "progress_on") or today
    if on > today:
        raise BadRequestError(f"Progress cannot be dated after today ({today.isoformat()})")
    text = values.get("progress_note", "").strip()
    if len(text) > NOTE_LENGTH:
        raise BadRequestError(f"The note may have {NOTE_LENGTH} characters, found {len(text)}")
    return {"state": state, "progress_note": text or None, "progress_on": on.isoformat()}


def _dated(values: Mapping[str, str]) -> dict[str, Any]:
    if "due_on" not in values:
        return {}
    day = _day(values["due_on"], "due_on")
    return {"due_on": None if day is None else day.isoformat(), "due_basis": values.get("due_basis", "").strip()[:200] or None}


def _day(text: str, name: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BadRequestError(f"{name} is a day such as 2026-11-30") from None


def owed_by_counties(store: Store, person: Person) -> frozenset[str]:
    """Give the tasks that a person reads of which every county owes its share."""
    return frozenset(str(row["task_id"]) for row in rows(store, person, TASKS) if task_dues.of_every_county(row))


def county_share(store: Store, person: Person, area_code: str | None) -> bool:
    """Say whether a person answers for a county's share of a task of an area: the leading group of a county inside the area.

    Tasks are printed for the units of a city or province. What its bureaus owe is theirs; where 各县市区 stands among the units,
    each county owes its share, and there its leading group (`task_units.csv`).
    """
    wanted, tree = {task_dues.role_of(task_dues.EVERY_COUNTY), ADMINISTRATOR}, held.areas(store)
    below = [own for grant in person.grants if grant.apply and grant.role in wanted for own in grant.areas]
    if area_code is None or area_code not in tree:
        return bool(below)
    return any(own in tree and area_code in tree.ancestors(own) for own in below)


def dues(store: Store, person: Person, today: dt.date) -> list[Due]:
    """List what is owed from the task lists that concern a person."""
    return task_dues.dues(rows(store, person, TASKS), today)
