"""The page of published targets: how each stands for an area, and why those that cannot be compared are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import reach as rights
from geo_app.actions import work_tasks
from geo_app.errors import NotFoundError
from geo_app.web import figures, list_loading, sending
from geo_app.web.desk import desk, person, scoped, today
from geo_app.web.language import title
from geo_app.web.map import home
from layers.catalogue import LAYERS
from processing.indicators import INDICATORS
from processing.target_status import STATES, TargetStatus, statuses

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("targets", __name__, url_prefix="/targets")
LAYER: Final = work_tasks.TARGETS
MOST_AREAS: Final = 400


def _area() -> str | None:
    hierarchy = figures.areas()
    asked = request.args.get("area", "").strip()
    if asked and asked not in hierarchy:
        raise NotFoundError(f"There is no area with the code {asked!r}")
    return asked or home(hierarchy)


def _judged(area: str | None) -> list[dict[str, Any]]:
    here, who = desk(), person()
    run = figures.choose(None, here.settings.profile)
    key = scoped("targets", area, run.id if run else 0, today(), tuple(sorted(figures.versions().items())))
    return here.kept.get(key, lambda: _made(work_tasks.rows(here.store, who, LAYER), area, run))


def _made(rows: list[dict[str, Any]], area: str | None, run: Any) -> list[dict[str, Any]]:
    if not rows:
        return []
    if area is None or run is None:
        found = [TargetStatus(str(row["target_id"]), "unknown", "no_run") for row in rows]
    else:
        found = statuses(pd.DataFrame(rows), run.table, figures.areas(), area, on=today())
    return [{"row": row, "status": status} for row, status in zip(rows, found, strict=True)]


def words() -> dict[str, str]:
    """Give the words for states and reasons."""
    return {
        "reached": gettext("reached"),
        "not_reached": gettext("not reached"),
        "unknown": gettext("cannot be known"),
        "not_comparable": gettext("not comparable"),
        "baseline": gettext("baseline, no target"),
        "elsewhere": gettext("for other areas"),
        "no_indicator": gettext("no indicator measures it"),
        "other_quantity": gettext("another quantity than the related indicator"),
        "rule_line": gettext("a line of a rule, not a success"),
        "words": gettext("words without a number"),
        "group": gettext("for persons or places that the layers do not tell apart"),
        "province_unknown": gettext("the average of the province is not known: it takes all of its counties"),
        "no_data": gettext("no data for this area"),
        "no_run": gettext("no coverage was computed"),
        "partial": gettext("between low and high, data is lacking"),
    }


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show how each target stands for an area."""
    area = _area()
    found = _judged(area)
    state, hierarchy = request.args.get("state", ""), figures.areas()
    counts = {name: sum(1 for item in found if item["status"].state == name) for name in STATES}
    codes = hierarchy.codes.tolist()
    offered = [(code, hierarchy.name(code)) for code in codes if hierarchy.level_of(code) != hierarchy.level_name(5)]
    return render_template(
        "targets.html",
        items=[item for item in found if not state or item["status"].state == state],
        total=len(found),
        counts=counts,
        state=state,
        area=area,
        area_name=hierarchy.name(area) if area else "",
        areas=offered[:MOST_AREAS],
        words=words(),
        titles={code: title(item) for code, item in INDICATORS.items()},
        run=figures.choose(None, desk().settings.profile),
        may_load=rights.may(person(), LAYER, Verb.SUBMIT),
    )


@pages.get("/list.<kind>")
@permission(Permission.EXPORT)
def download(kind: str) -> ResponseReturnValue:
    """Send the targets with how each stands for an area."""
    file_format = sending.format_of(kind, ("csv", "xlsx"))
    area, layer, said = _area(), LAYERS[LAYER], words()
    names = [name for name in layer.field_names if name not in {"id", "valid_from", "valid_to"}]
    rows = [
        {name: item["row"].get(name) for name in names}
        | {
            gettext("Area compared"): area,
            gettext("State"): said[item["status"].state],
            gettext("Why"): said.get(item["status"].reason, ""),
            gettext("Value"): item["status"].value,
            gettext("Low"): item["status"].low,
            gettext("High"): item["status"].high,
            gettext("Compared with"): item["status"].number,
        }
        for item in _judged(area)
    ]
    return sending.table(pd.DataFrame(rows), stem=title(layer), kind=file_format)


@pages.post("/load")
@permission(Permission.SUBMIT)
def load() -> ResponseReturnValue:
    """Check a list of targets; changes nothing."""
    list_loading.require(allowed=rights.may(person(), LAYER, Verb.SUBMIT))
    return list_loading.check(LAYER, "targets")


@pages.post("/load/accept")
@permission(Permission.SUBMIT)
def take() -> ResponseReturnValue:
    """Take a checked list of targets as one change."""
    list_loading.require(allowed=rights.may(person(), LAYER, Verb.SUBMIT))
    return list_loading.accept(LAYER, "targets.index")
