"""The import page: a file comes in, leaves questions, is mapped and checked, repaired, and accepted as one change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import import_layer, reach, uploads, visible_changes
from geo_app.actions.recipe_text import recipe_text
from geo_app.actions.signing import By
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from geo_app.web import bodies, figures, frames, importing, jobs, received, sending
from geo_app.web.desk import desk, person
from geo_app.web.features import thin
from geo_app.web.language import language, title
from layers.catalogue import LAYERS
from layers.files import REPAIRS
from layers.schema import FieldType
from map_templates.spec import Credits, MapLayer, MapSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from geo_app.progress import Progress
    from geo_app.web.importing import Waiting

pages = Blueprint("imports", __name__, url_prefix="/imports")

DAY_S = 86_400.0
FAULTS_SHOWN = 300
RECENT = 10
REASON_LENGTH = 300
ON_MAP = 3000
ROOM_DEGREES = 0.02
ASKED_CONSTANTS = ("source", "source_date", "data_quality")


@pages.get("")
@permission(Permission.SUBMIT)
def index() -> ResponseReturnValue:
    """Show the form that takes a file, and the newest imports."""
    wish = request.args.get("layer", "")
    recent = visible_changes.listed(desk().store, person(), limit=RECENT, kind="import")
    return render_template(
        "imports.html",
        recent=recent,
        most=desk().settings.max_upload_mb,
        wish=wish if wish in LAYERS else "",
        suffixes=sorted(uploads.SUFFIXES),
    )


@pages.post("")
@permission(Permission.SUBMIT)
def upload() -> ResponseReturnValue:
    """Take a file in and start looking into it; answers with a job for scripts, with the file's page for plain forms.

    Raises:
        BadRequestError: when no file came.
    """
    here = desk()
    sent = received.sent_file()
    uploads.sweep(here.settings.uploads, older_than_s=DAY_S)
    kept = received.keep(sent)
    wish = request.form.get("layer", "")
    item = here.imports.put(importing.Waiting(kept, wish=wish if wish in LAYERS else ""))
    store, settings, who = here.store, here.settings, person()
    return _job(
        jobs.INSPECT,
        gettext("Looking into %(name)s", name=kept.original_name),
        item,
        lambda: importing.look(store, item, settings, who),
    )


def _job(kind: str, name: str, item: Waiting, work: Callable[[], Any]) -> ResponseReturnValue:
    def run(progress: Progress) -> str:
        progress(0, 0, "")
        work()
        return item.upload.id

    return jobs.start(kind, name, run)


def _item(upload_id: str) -> Waiting:
    here = desk()
    item = here.imports.get(upload_id, here.settings, person().owner)
    if item.inspection is None and item.imported is None:
        importing.look(here.store, item, here.settings, person())
    return item


def _writable() -> list[str]:
    who = person()
    return [name for name in LAYERS if reach.may(who, name, Verb.SUBMIT)]


def _mapping(item: Waiting) -> dict[str, Any]:
    columns = list(item.samples or {})
    kinds = item.inspection.geometry_types if item.inspection is not None else ()
    chosen = request.args.get("layer") or (item.choices.layer if item.choices else item.wish)
    among = _writable()
    if not among:
        raise ForbiddenError("Your account may not change any layer")
    name = chosen if chosen in among else importing.guess_layer(columns, kinds, among)
    held = dict(item.choices.columns) if item.choices and item.choices.layer == name else import_layer.suggest(name, columns)
    layer = LAYERS[name]
    fields = [field for field in layer.fields if not field.derived and field.name not in {"id", "valid_from", "valid_to"}]
    constants = (
        dict(item.choices.constants) if item.choices else {"source": item.upload.original_name, "data_quality": "registered"}
    )
    return {"layer": layer, "fields": fields, "columns": columns, "held": held, "constants": constants, "asked": ASKED_CONSTANTS}


def _report(item: Waiting) -> dict[str, Any]:
    checked = item.checked
    if checked is None:
        return {}
    faults = checked.report.faults
    rules = faults.groupby(["severity", "rule", "field"], dropna=False).size().sort_values(ascending=False)
    return {
        "rows": checked.report.rows,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "bad_rows": len(checked.report.bad_rows),
        "whole": checked.report.errors["row"].isna().any(),
        "faults": figures.records(faults.head(FAULTS_SHOWN)),
        "total": len(faults),
        "rules": [{"severity": key[0], "rule": key[1], "field": key[2], "count": int(count)} for key, count in rules.items()],
        "repairs": [(name, REPAIRS[name][0 if language() == "zh" else 1]) for name in REPAIRS],
        "offered": set(checked.report.repairs),
        "repaired": figures.records(checked.repaired.head(FAULTS_SHOWN)),
        "repaired_total": len(checked.repaired),
        "layer": LAYERS[checked.choices.layer],
    }


@pages.get("/<upload_id>")
@permission(Permission.SUBMIT)
def page(upload_id: str) -> ResponseReturnValue:
    """Show where a file stands: questions, columns, report or receipt."""
    item = _item(upload_id)
    step = request.args.get("step") or item.step
    if step not in importing.STEPS or importing.STEPS.index(step) > importing.STEPS.index(item.step):
        step = item.step
    mapping = _mapping(item) if step == "columns" else {}
    skipped = figures.records(item.imported.skipped.head(FAULTS_SHOWN)) if item.imported is not None else []
    return render_template(
        "import.html",
        item=item,
        step=step,
        steps=importing.STEPS,
        mapping=mapping,
        report=_report(item) if step == "report" else {},
        skipped=skipped,
        layers=[(name, title(LAYERS[name])) for name in _writable()],
        code_type=FieldType.CODE,
    )


@pages.post("/<upload_id>/answers")
@permission(Permission.SUBMIT)
def answer(upload_id: str) -> ResponseReturnValue:
    """Take the answers to a file's questions and read its columns with them."""
    item = _item(upload_id)
    item.answers = importing.answers_of(bodies.body())
    item.samples, item.choices, item.checked = None, None, None
    settings = desk().settings
    return _job(
        jobs.INSPECT,
        gettext("Reading %(name)s", name=item.upload.original_name),
        item,
        lambda: importing.read_columns(item, settings),
    )


@pages.post("/<upload_id>/check")
@permission(Permission.SUBMIT)
def check(upload_id: str) -> ResponseReturnValue:
    """Check every row with the columns, constants and repairs chosen; changes nothing."""
    item = _item(upload_id)
    asked = bodies.body()
    if asked.get("repairs_only") and item.choices is not None:
        chosen = replace(item.choices, repairs=tuple(map(str, asked.get("repairs") or [])))
    else:
        chosen = importing.choices_of(item, asked, _writable())
    item.choices = chosen
    store, limits, who = desk().store, import_layer.limits_of(desk().settings), person()

    def work() -> None:
        item.checked = import_layer.check(store, item.upload, chosen, limits=limits, person=who)

    return _job(jobs.CHECK, gettext("Checking %(name)s", name=item.upload.original_name), item, work)


@pages.post("/<upload_id>/accept")
@permission(Permission.SUBMIT)
def accept(upload_id: str) -> ResponseReturnValue:
    """Take the checked rows into the layer as one change, all or with the bad rows skipped as the person says.

    Raises:
        BadRequestError: when the file was not checked.
    """
    item = _item(upload_id)
    asked = bodies.body()
    checked = item.checked
    if checked is None:
        raise BadRequestError("Check the file first")
    chosen = replace(checked, choices=replace(checked.choices, skip_bad_rows=bool(asked.get("skip_bad_rows"))))
    who = person()
    by = By(who.name, who.bureau, str(asked.get("reason") or "").strip()[:REASON_LENGTH])
    store = desk().store

    def run(progress: Progress) -> str:
        item.imported = import_layer.accept(store, chosen, by, progress, person=who)
        uploads.discard(item.upload)
        return item.upload.id

    return jobs.start(jobs.ACCEPT, gettext("Taking in %(name)s", name=item.upload.original_name), run)


@pages.post("/<upload_id>/discard")
@permission(Permission.SUBMIT)
def discard(upload_id: str) -> ResponseReturnValue:
    """Throw a waiting file away."""
    here = desk()
    item = here.imports.get(upload_id, here.settings, person().owner)
    uploads.discard(item.upload)
    here.imports.drop(upload_id)
    return redirect(url_for("imports.index"))


def _recipe(checked: import_layer.Checked) -> str:
    return recipe_text(LAYERS[checked.choices.layer], checked.feed)


def _checked(upload_id: str) -> import_layer.Checked:
    checked = _item(upload_id).checked
    if checked is None:
        raise NotFoundError("This file has not been checked yet")
    return checked


@pages.get("/<upload_id>/report.<kind>")
@permission(Permission.SUBMIT)
def report(upload_id: str, kind: str) -> ResponseReturnValue:
    """Send every fault of a checked file as a table."""
    checked = _checked(upload_id)
    other = "en" if language() == "zh" else "zh"
    faults = checked.report.faults.drop(columns=[f"expected_{other}", f"advice_{other}"], errors="ignore")
    return sending.table(
        pd.DataFrame(faults),
        stem=f"{checked.upload.original_name}-{gettext('check report')}",
        kind=sending.format_of(kind, ("csv", "xlsx")),
    )


@pages.get("/<upload_id>/recipe.toml")
@permission(Permission.SUBMIT)
def recipe(upload_id: str) -> ResponseReturnValue:
    """Send the recipe that repeats this import."""
    item = _item(upload_id)
    text = item.imported.recipe if item.imported is not None else _recipe(_checked(upload_id))
    return sending.attachment(text.encode("utf-8"), name=f"{item.upload.original_name}.toml", kind="toml")


def _around(layers: list[MapLayer]) -> tuple[float, float, float, float] | None:
    """Give the box of what was read, with a little room, so that the known areas around it show where it lies."""
    boxes = [item.frame.total_bounds for item in layers]
    if not boxes:
        return None
    west, south = min(box[0] for box in boxes) - ROOM_DEGREES, min(box[1] for box in boxes) - ROOM_DEGREES
    east, north = max(box[2] for box in boxes) + ROOM_DEGREES, max(box[3] for box in boxes) + ROOM_DEGREES
    return max(-180.0, float(west)), max(-90.0, float(south)), min(180.0, float(east)), min(90.0, float(north))


@pages.get("/<upload_id>/map")
@permission(Permission.SUBMIT)
def fault_map(upload_id: str) -> ResponseReturnValue:
    """Draw the rows of a checked file and where its faults lie."""
    checked = _checked(upload_id)
    layer = LAYERS[checked.choices.layer]
    layers = []
    frame = checked.frame[checked.frame.geometry.notna()] if layer.geometry.value else None
    if frame is not None and len(frame):
        label = layer.name_field if layer.name_field in frame else None
        layers.append(MapLayer("result", title(layer), thin(frame, ON_MAP), label_field=label))
    faults = checked.report.faults
    placed = faults[faults.geometry.notna()] if getattr(faults, "geometry", None) is not None else faults.iloc[:0]
    if len(placed):
        points = placed.assign(label=placed["rule"].astype(str)).set_geometry(placed.geometry.representative_point())
        layers.append(MapLayer("contradictions", gettext("Faults"), thin(points, ON_MAP), label_field="label"))
    extent = _around(layers)
    for rank, _ in frames.levels()[:1]:
        layers.append(MapLayer("counties", gettext("Boundary"), frames.outlines(rank), label_field="area_name"))
    spec = MapSpec(
        gettext("Check report"),
        layers=tuple(layers),
        extent=extent,
        credits=Credits(),
        language="zh" if language() == "zh" else "en",
    )
    return frames.answer(spec, frames.options())


@pages.get("/<upload_id>/state")
@permission(Permission.SUBMIT)
def state(upload_id: str) -> ResponseReturnValue:
    """Say at which step a file is."""
    return jsonify(step=_item(upload_id).step)
