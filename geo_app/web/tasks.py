"""The pages of the task lists: what each unit owes, by date, group and indicator, with progress notes and the list's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import reach as rights
from geo_app.actions import work_tasks
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.web import figures, list_loading, sending
from geo_app.web.desk import desk, person, scoped, today
from geo_app.web.language import language, title
from geo_app.web.map import home
from layers.catalogue import LAYERS
from layers.codes import TASK_STATE
from layers.tasks import PROGRESS
from processing import task_dues
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask.typing import ResponseReturnValue

pages = Blueprint("tasks", __name__, url_prefix="/tasks")

BY: Final = ("unit", "group", "date", "indicator")
LAYER: Final = work_tasks.TASKS


def _rows() -> list[dict[str, Any]]:
    here = desk()
    key = scoped("tasks", here.store.versions().get(LAYER, 0), tuple(sorted(figures.versions().items())))
    who = person()
    return here.kept.get(key, lambda: work_tasks.rows(here.store, who, LAYER))


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give tasks as the page shows them: how each stands today, its units, and what its indicators say."""
    day, measures = today(), Measures()
    return [
        dict(row)
        | {
            "stands": task_dues.state_on(row, day),
            "units": task_dues.units_of(row),
            "measures": [measures.of(code) for code in row.get("related_indicators") or ()],
            "repeated": row.get("lead_unit") in (row.get("responsible_units") or ()),
            "aliases": _aliases(row),
        }
        for row in rows
    ]


def _aliases(row: Mapping[str, Any]) -> list[str]:
    """Name the units of a task whose name is printed otherwise elsewhere."""
    printed = [row.get("lead_unit"), *(row.get("responsible_units") or [])]
    return [f"{unit} → {task_dues.same_unit(unit)}" for unit in printed if unit and task_dues.same_unit(unit) != unit]


class Measures:
    """The newest figures of indicators for the area of the page: value, bounds, target and how it stands."""

    def __init__(self) -> None:
        self.area = request.args.get("area") or home(figures.areas())
        self.profile = desk().settings.profile
        self._held: dict[str, dict[str, Any]] = {}

    def of(self, code: str) -> dict[str, Any]:
        """Give what the newest run says of an indicator; without a run or a row the value is unknown."""
        if code not in self._held:
            self._held[code] = self._look(code)
        return self._held[code]

    def _look(self, code: str) -> dict[str, Any]:
        if code not in INDICATORS:
            return {"code": code, "known": False, "figure": None, "title": code, "run": None}
        found = figures.choose(code, self.profile)
        figure = figures.figure(found, code, self.area) if found is not None and self.area else None
        return {
            "code": code,
            "known": True,
            "figure": figure,
            "title": title(INDICATORS[code]),
            "run": found.id if found else None,
        }


def _filtered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = {name: request.args.get(name, "").strip() for name in ("unit", "group", "indicator", "state", "q")}
    tests: dict[str, Callable[[dict[str, Any], str], bool]] = {
        "unit": lambda row, value: value in row["units"],
        "group": lambda row, value: str(row.get("group_no")) == value,
        "indicator": lambda row, value: value in (row.get("related_indicators") or ()),
        "state": lambda row, value: row["stands"] == value,
        "q": lambda row, value: value.casefold() in f"{row['title_zh']} {row.get('group_name')}".casefold(),
    }
    return [row for row in rows if all(not value or tests[name](row, value) for name, value in wanted.items())]


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the tasks by unit, group, date or indicator."""
    everything = shown(_rows())
    rows = _filtered(everything)
    by = request.args.get("by", "")
    by = by if by in BY else "group"
    counts = {state: sum(1 for row in everything if row["stands"] == state) for state in task_dues.STATES}
    return render_template(
        "tasks.html",
        rows=rows,
        total=len(everything),
        parts_of=_parts(rows, by),
        by=by,
        counts=counts,
        units=_units(everything),
        groups=sorted({(row.get("group_no") or 0, row.get("group_name") or "") for row in everything}),
        indicators=sorted({code for row in everything for code in row.get("related_indicators") or ()}),
        may_load=rights.may(person(), LAYER, Verb.SUBMIT),
        lists=sorted({(row["list_code"], row["document"]) for row in everything}),
        words=words(),
        area=Measures().area,
    )


def words() -> dict[str, str]:
    """Give the words for how a task stands."""
    return {
        "overdue": gettext("overdue"),
        "not_started": TASK_STATE.label("not_started", language()),
        "under_way": TASK_STATE.label("under_way", language()),
        "done": TASK_STATE.label("done", language()),
    }


def _units(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the units with what each leads, owes and has done, who leads most first."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for unit in row["units"]:
            line = found.setdefault(unit, {"unit": unit, "leads": 0, "owes": 0, "done": 0, "overdue": 0})
            line["leads"] += task_dues.same_unit(str(row["lead_unit"])) == unit
            line["owes"] += row["stands"] != task_dues.DONE
            line["done"] += row["stands"] == task_dues.DONE
            line["overdue"] += row["stands"] == task_dues.OVERDUE
    return sorted(found.values(), key=lambda line: (-line["leads"], -line["owes"], line["unit"]))


def _parts(rows: list[dict[str, Any]], by: str) -> list[tuple[str, list[dict[str, Any]]]]:
    if by == "unit":
        return [
            (line["unit"], [row for row in rows if row["lead_unit"] and task_dues.same_unit(row["lead_unit"]) == line["unit"]])
            for line in _units(rows)
            if line["leads"]
        ]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=_by_date) if by == "date" else rows:
        for name in _names(row, by):
            found.setdefault(name, []).append(row)
    return list(found.items())


def _names(row: Mapping[str, Any], by: str) -> list[str]:
    if by == "date":
        return [str(row["due_on"]) if row.get("due_on") else str(gettext("no date printed"))]
    if by == "indicator":
        return list(row.get("related_indicators") or ()) or [str(gettext("no indicator"))]
    return [f"{row.get('group_no') or ''} {row.get('group_name') or ''}".strip() or "—"]


def _by_date(row: Mapping[str, Any]) -> tuple[bool, str, str]:
    return (row.get("due_on") is None, str(row.get("due_on")), str(row["task_id"]))


@pages.get("/units/<unit>")
@permission(Permission.READ)
def unit(unit: str) -> ResponseReturnValue:
    """Show what one unit owes: the tasks it leads and those it answers for, by date.

    Raises:
        NotFoundError: no task names it.
    """
    name = task_dues.same_unit(unit)
    rows = [row for row in shown(_rows()) if name in row["units"]]
    if not rows:
        raise NotFoundError(f"No task names the unit {unit!r}")
    leads = [row for row in rows if task_dues.same_unit(str(row["lead_unit"])) == name]
    others = [row for row in rows if row not in leads]
    return render_template(
        "task_unit.html",
        unit=name,
        note=task_dues.unit_note(name),
        leads=sorted(leads, key=_by_date),
        others=sorted(others, key=_by_date),
        words=words(),
    )


@pages.get("/list.<kind>")
@permission(Permission.EXPORT)
def download(kind: str) -> ResponseReturnValue:
    """Send the tasks that the filters leave, with how each stands."""
    file_format = sending.format_of(kind, ("csv", "xlsx"))
    layer = LAYERS[LAYER]
    names = [name for name in layer.field_names if name not in {"id", "valid_from", "valid_to"}]
    rows = _filtered(shown(_rows()))
    frame = pd.DataFrame([{name: row.get(name) for name in names} | {gettext("Stands"): words()[row["stands"]]} for row in rows])
    return sending.table(frame, stem=title(layer), kind=file_format)


@pages.get("/<task_id>")
@permission(Permission.READ)
def page(task_id: str) -> ResponseReturnValue:
    """Show one task: its units, figures, indicators, progress, and the form for a note where the asker may write one."""
    here, who = desk(), person()
    task = shown([work_tasks.one(here.store, who, task_id)])[0]
    return render_template(
        "task.html",
        task=task,
        states=[(item.code, item.zh if language() == "zh" else item.en) for item in TASK_STATE],
        may_note=who.may(Permission.MOVE) and work_tasks.may_note(who, task),
        may_date=work_tasks.may_date(who),
        today=today().isoformat(),
        words=words(),
        layer=LAYERS[LAYER],
    )


@pages.post("/<task_id>/progress")
@permission(Permission.MOVE)
def progress(task_id: str) -> ResponseReturnValue:
    """Note how far a task has come.

    Raises:
        BadRequestError: without the version that was seen.
    """
    values = {name: request.form[name] for name in PROGRESS if name in request.form}
    seen = request.form.get("ver", "")
    work_tasks.one(desk().store, person(), task_id)
    if not seen.isdecimal():
        raise BadRequestError("The version that was seen is missing; open the task again")
    receipt = work_tasks.note(desk().store, person(), task_id, values, expected_ver=int(seen), today=today())
    flash(gettext("Progress noted as change %(id)s.", id=receipt.change_id), "good")
    return redirect(url_for("tasks.page", task_id=task_id))


@pages.post("/load")
@permission(Permission.SUBMIT)
def load() -> ResponseReturnValue:
    """Check a list of tasks; changes nothing."""
    list_loading.require(allowed=rights.may(person(), LAYER, Verb.SUBMIT))
    return list_loading.check(LAYER, "tasks")


@pages.post("/load/accept")
@permission(Permission.SUBMIT)
def take() -> ResponseReturnValue:
    """Take a checked list of tasks as one change."""
    list_loading.require(allowed=rights.may(person(), LAYER, Verb.SUBMIT))
    return list_loading.accept(LAYER, "tasks.index")
