"""What units owe by a day from a task list: the tasks that are not done, with their last day where one is printed or entered."""

from __future__ import annotations

from datetime import date
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from layers.codes import table
from processing.dues import Due, in_order, made

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DONE, UNDER_WAY, NOT_STARTED, OVERDUE = "done", "under_way", "not_started", "overdue"
STATES: Final = (OVERDUE, NOT_STARTED, UNDER_WAY, DONE)
KIND, RULE = "task", "A6"
EVERY_COUNTY: Final = "各县市区"


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({row["unit"]: MappingProxyType(row) for row in table("task_units")})


def same_unit(unit: str) -> str:
    """Give the name under which a unit's tasks are shown together; other spellings are data (`task_units.csv`), never repaired.

    >>> same_unit("市纪委"), same_unit("市林业局")
    ('市纪委监委', '市林业局')
    """
    known = _table().get(unit)
    return known["same_as"] or unit if known is not None else unit


def role_of(unit: str) -> str:
    """Give the role that answers for a unit's tasks here; `sector` for a unit without one of its own (design).

    >>> role_of("市水利局"), role_of("市林业局"), role_of("交通局")
    ('water', 'sector', 'sector')
    """
    known = _table().get(unit)
    return known["role"] if known is not None else "sector"


def unit_note(unit: str) -> str:
    """Give what is noted about a unit's name, empty for most."""
    known = _table().get(unit)
    return known["note"] if known is not None else ""


def units_of(task: Mapping[str, Any]) -> list[str]:
    """Give the units of a task under their common names, the lead first, each once.

    >>> units_of({"lead_unit": "市民政局", "responsible_units": ["市纪委", "市民政局"]})
    ['市民政局', '市纪委监委']
    """
    printed = [task.get("lead_unit"), *(task.get("responsible_units") or [])]
    return list(dict.fromkeys(same_unit(unit) for unit in printed if unit))


def roles_of(task: Mapping[str, Any]) -> frozenset[str]:
    """Give the roles that owe something of a task."""
    return frozenset(role_of(unit) for unit in units_of(task))


def of_every_county(task: Mapping[str, Any]) -> bool:
    """Say whether every county in the area of a list owes its share of a task (各县市区 stands among the units).

    >>> of_every_county({"responsible_units": ["各县市区", "市教育局"]}), of_every_county({"lead_unit": "市教育局"})
    (True, False)
    """
    return EVERY_COUNTY in units_of(task)


def day(value: object) -> date | None:
    """Read a stored day; None for unknown.

    >>> day("2025-12-31"), day(None)
    (datetime.date(2025, 12, 31), None)
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value)[:10]) if value is not None else None
    except ValueError:
        return None


def state_on(task: Mapping[str, Any], today: date) -> str:
    """Say how a task stands: done, overdue, under way or not started; a task without a word on its progress is not started.

    >>> state_on({"state": None, "due_on": "2025-12-31"}, date(2026, 11, 22)), state_on({"state": "done"}, date(2026, 1, 1))
    ('overdue', 'done')
    """
    if task.get("state") == DONE:
        return DONE
    last = day(task.get("due_on"))
    if last is not None and last < today:
        return OVERDUE
    return UNDER_WAY if task.get("state") == UNDER_WAY else NOT_STARTED


def dues(tasks: Iterable[Mapping[str, Any]], today: date) -> list[Due]:
    """Give what is owed from tasks: each that is not done, with its last day, or open where no day is printed or entered.

    >>> found = dues([{"task_id": "X-1", "lead_unit": "市交通运输局", "source_date": "2021-11-01"}], date(2026, 1, 1))
    >>> [(item.key, item.state, sorted(item.roles)) for item in found]
    [('X-1', 'open', ['transport'])]
    """
    found = [
        made(
            KIND,
            "tasks",
            str(task["task_id"]),
            title=str(task.get("title_zh") or task["task_id"]),
            since=day(task.get("source_date")) or today,
            due_on=day(task.get("due_on")),
            today=today,
            area_code=task.get("area_code"),
            roles=roles_of(task),
            rule_id=RULE,
            document=str(task.get("document") or ""),
        )
        for task in tasks
        if task.get("state") != DONE
    ]
    return in_order(found)
