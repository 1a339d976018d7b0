"""What is due and overdue: the list of each person, its download, and the calendar for other programs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.access.roles import ROLES
from geo_app.actions import calendar, inputs, reach
from geo_app.actions import due as owed
from geo_app.errors import BadRequestError
from geo_app.web import bodies, due_words, sending
from geo_app.web.context import simulated
from geo_app.web.desk import desk, person, today
from geo_app.web.language import short, title
from layers.catalogue import LAYERS
from processing.dues import STATES

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from processing.dues import Due

pages = Blueprint("due", __name__)

A_PAGE: Final = 200
LEVELS: Final = (3, 4)
HELD: Final = "assets"
LAYERS_OF_DUES: Final = ("assets", "ledgers", "counties", "projects", "tasks", "annual_plans")


def _area() -> str | None:
    """Read the area that the list is narrowed to.

    Raises:
        NotFoundError: there is no such area for the reader.
    """
    text = request.args.get("area", "").strip()
    return inputs.require_area(inputs.areas(desk().store, person=person()), text) if text else None


def _listed() -> list[Due]:
    mine = request.args.get("whose", "mine") != "all"
    found = owed.dues(desk().store, person(), today(), mine=mine, area=_area())
    for name, choices in (("state", STATES), ("layer", LAYERS_OF_DUES)):
        wanted = request.args.get(name, "")
        if wanted and wanted not in choices:
            raise BadRequestError(f"{name}: one of {', '.join(choices)} was expected, found {wanted[:20]!r}")
        found = [item for item in found if not wanted or getattr(item, name) == wanted]
    kind = request.args.get("kind", "")
    return [item for item in found if not kind or item.kind == kind]


@pages.get("/due")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show what this person owes, or what is owed in the areas that it reads."""
    found = _listed()
    words = {kind: due_words.word(item) for kind, item in {item.kind: item for item in found}.items()}
    tree = inputs.areas(desk().store)
    start = bodies.whole_argument("offset", 0)
    hierarchy = inputs.areas(desk().store, person=person())
    areas = hierarchy.frame[hierarchy.frame["rank"].isin(LEVELS)]
    return render_template(
        "due.html",
        rows=[
            (item, words[item.kind], due_words.address(item), short(tree.name(item.area_code)) if item.area_code else "")
            for item in found[start : start + A_PAGE]
        ],
        total=len(found),
        start=start,
        a_page=A_PAGE,
        counts={state: sum(item.state == state for item in found) for state in STATES},
        states=due_words.states(),
        kinds=sorted(words.items(), key=lambda item: item[1]),
        areas=[
            (code, short(str(name or code)), int(rank))
            for code, name, rank in zip(areas["area_code"], areas["area_name"], areas["rank"], strict=True)
        ],
        layers={name: title(LAYERS[name]) for name in LAYERS_OF_DUES if name in LAYERS},
        roles_of=_roles,
        arguments={name: value for name, value in request.args.items() if name not in {"offset", "lang"} and value},
        today=today(),
        basic=desk().settings.access == "accounts",
    )


def _roles(item: Due) -> str:
    return "、".join(title(ROLES[name]) for name in ROLES if name in item.roles)


@pages.get("/due/download.<kind>")
@permission(Permission.EXPORT)
def download(kind: str) -> ResponseReturnValue:
    """Send the list as it is narrowed."""
    kind = sending.format_of(kind, ("csv", "xlsx"))
    states = due_words.states()
    heads = (
        gettext("State"),
        gettext("Last day"),
        gettext("What is to be done"),
        gettext("Name"),
        gettext("Number"),
        gettext("Area"),
        gettext("Counted from"),
        gettext("Who"),
        gettext("Rule"),
        gettext("Document"),
    )
    rows: list[tuple[Any, ...]] = [
        (
            states[item.state],
            None if item.due_on is None else item.due_on.isoformat(),
            due_words.word(item),
            item.title,
            item.key,
            item.area_code,
            item.since.isoformat(),
            _roles(item),
            item.rule_id,
            item.document,
        )
        for item in _listed()
    ]
    table = pd.DataFrame(rows, columns=list(heads), dtype=object)
    if simulated(*LAYERS_OF_DUES):
        table[gettext("Simulated data")] = gettext("yes")
    return sending.table(table, stem=f"due-{today()}", kind=kind)


@pages.get("/due.ics")
@permission(Permission.READ)
def ics() -> ResponseReturnValue:
    """Give the dues of this person as a calendar; other programs send login and password with the request."""
    reach.of(desk().store, person(), HELD)
    note = gettext("Simulated data: not facts about any place.") if simulated(*LAYERS_OF_DUES) else ""
    hierarchy = inputs.areas(desk().store)
    data = calendar.calendar(
        _listed(),
        name=f"{gettext('Xiangtu')} · {gettext('Due')} · {person().name}",
        words=due_words.word,
        places=hierarchy.name,
        made=dt.datetime.now(dt.UTC),
        note=note,
        address=lambda item: due_words.address(item, whole=True),
    )
    response = Response(data, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="due.ics"'
    response.headers["Cache-Control"] = "no-store"
    return response
