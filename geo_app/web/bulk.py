"""The page of bulk updates: a surveyed file comes in, is compared with its layer, decided, and accepted as one change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import bulk_update, import_layer, reach, uploads
from geo_app.actions.bulk_compare import Kind, Wishes
from geo_app.errors import BadRequestError, ForbiddenError
from geo_app.web import bodies, bulk_asking, features, figures, frames, importing, jobs, received, sending
from geo_app.web.desk import desk, person
from geo_app.web.language import title
from layers.catalogue import LAYERS
from layers.schema import FieldType, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from geo_app.actions.bulk_compare import Item
    from geo_app.actions.bulk_update import Comparison
    from geo_app.actions.save_edits import Saved
    from geo_app.progress import Progress

pages = Blueprint("bulk", __name__, url_prefix="/bulk")


STEPS = ("file", "questions", "columns", "report", "done")
SHOWN = 300
OPEN_SHOWN = 1000
REASON_LENGTH = 300
DAY_S = 86_400.0
RECENT = 10
RECORD_FIELDS = ("source", "source_date", "data_quality")


@dataclass
class Surveyed(importing.Waiting):
    """A waiting file that is to update a layer: how it compares, and what came of it."""

    comparison: Comparison | None = None
    saved: Saved | None = None

    @property
    def step(self) -> str:
        """Name the step that the person is at."""
        if self.saved is not None:
            return "done"
        if self.comparison is not None:
            return "report"
        return "columns" if self.samples is not None else "questions"


def _writable() -> list[str]:
    return [name for name in LAYERS if reach.may(person(), name, Verb.SUBMIT)]


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the form that takes a surveyed file, and the newest bulk updates."""
    here, wish = desk(), request.args.get("layer", "")
    recent = [item for item in here.store.changes(limit=100) if item.kind == "bulk"][:RECENT] if person().everything else []
    return render_template(
        "bulk_start.html",
        recent=recent,
        wish=wish if wish in LAYERS else "",
        layers=[(name, title(LAYERS[name])) for name in _writable()],
        most=here.settings.max_upload_mb,
        suffixes=sorted(uploads.SUFFIXES),
    )


@pages.post("")
@permission(Permission.SUBMIT)
def upload() -> ResponseReturnValue:
    """Take a surveyed file in and start looking into it.

    Raises:
        BadRequestError: when no file came.
    """
    here, sent, who = desk(), received.sent_file(), person()
    uploads.sweep(here.settings.uploads, older_than_s=DAY_S)
    kept = received.keep(sent)
    wish = request.form.get("layer", "")
    item = Surveyed(kept, wish=wish if wish in LAYERS else "")
    here.imports.put(item)
    store, settings = here.store, here.settings
    return _job(
        gettext("Looking into %(name)s", name=kept.original_name), item, lambda _: importing.look(store, item, settings, who)
    )


def _job(name: str, item: Surveyed, work: Callable[[Progress], Any]) -> ResponseReturnValue:
    def run(progress: Progress) -> str:
        progress(0, 0, "")
        work(progress)
        return item.upload.id

    return jobs.start(jobs.BULK, name, run)


def _item(upload_id: str) -> Surveyed:
    here = desk()
    held = here.imports.get(upload_id, here.settings, person().owner)
    if isinstance(held, Surveyed):
        return held
    fresh = Surveyed(held.upload, wish=held.wish)
    here.imports.put(fresh)
    importing.look(here.store, fresh, here.settings, person())
    return fresh


def _mapping(item: Surveyed) -> dict[str, Any]:
    among = _writable()
    if not among:
        raise ForbiddenError("Your account may not change any layer")
    columns = list(item.samples or {})
    kinds = item.inspection.geometry_types if item.inspection is not None else ()
    chosen = request.args.get("layer") or (item.choices.layer if item.choices else item.wish)
    name = chosen if chosen in among else importing.guess_layer(columns, kinds, among)
    layer = LAYERS[name]
    held = dict(item.choices.columns) if item.choices and item.choices.layer == name else import_layer.suggest(name, columns)
    constants = dict(item.choices.constants) if item.choices else {"source": item.upload.original_name}
    return {
        "layer": layer,
        "fields": [field for field in layer.fields if not field.derived and field.name not in {"id", "valid_from", "valid_to"}],
        "columns": columns,
        "held": held,
        "constants": constants,
        "record": RECORD_FIELDS,
        "wishes": item.comparison.sides.wishes if item.comparison is not None else Wishes(),
        "areas": [(code, name) for code, name in _top_areas()],
        "located": layer.geometry is not GeometryKind.NONE,
    }


def _top_areas() -> list[tuple[str, str]]:
    hierarchy = figures.areas()
    frame = hierarchy.frame[hierarchy.frame["rank"] <= 4]  # noqa: PLR2004 - down to townships; a village's code is typed
    return list(zip(frame["area_code"].astype(str), frame["area_name"].astype(str), strict=True))


@pages.get("/<upload_id>")
@permission(Permission.SUBMIT)
def page(upload_id: str) -> ResponseReturnValue:
    """Show where a surveyed file stands: questions, columns and thresholds, the comparison, or what was done."""
    item = _item(upload_id)
    step = request.args.get("step") or item.step
    if step not in STEPS or STEPS.index(step) > STEPS.index(item.step):
        step = item.step
    return render_template(
        "bulk.html",
        item=item,
        step=step,
        steps=STEPS,
        mapping=_mapping(item) if step == "columns" else {},
        report=_report(item.comparison) if step == "report" and item.comparison is not None else {},
        layers=[(name, title(LAYERS[name])) for name in _writable()],
        code_type=FieldType.CODE,
    )


def _report(found: Comparison) -> dict[str, Any]:
    shown = {
        kind: [(item, _fields(found, item)) for item in found.items if item.kind is kind][
            : OPEN_SHOWN if kind is Kind.AMBIGUOUS else SHOWN
        ]
        for kind in Kind
        if kind is not Kind.UNCHANGED
    }
    return {
        "layer": found.layer,
        "counts": [(kind, count) for kind, count in found.counts.items()],
        "shown": shown,
        "errors": found.faults.errors[:SHOWN],
        "error_total": len(found.faults.errors),
        "warnings": len(found.faults.warnings),
        "thresholds": found.sides.wishes.thresholds,
        "wishes": found.sides.wishes,
        "survey": found.survey,
        "located": found.layer.geometry is not GeometryKind.NONE,
        "on_map": bulk_asking.ON_MAP if bulk_asking.is_thinned(found) else None,
        "compared": [title(found.layer[name]) for name in found.sides.fields],
    }


def _fields(found: Comparison, item: Item) -> list[tuple[str, Any, Any]]:
    return [
        (title(found.layer[name]), features.words(found.layer[name], before), features.words(found.layer[name], after))
        for name, before, after in item.fields
    ]


@pages.post("/<upload_id>/answers")
@permission(Permission.SUBMIT)
def answer(upload_id: str) -> ResponseReturnValue:
    """Take the answers to a file's questions and read its columns with them."""
    item, settings = _item(upload_id), desk().settings
    item.answers = importing.answers_of(bodies.body())
    item.samples, item.choices, item.comparison = None, None, None
    return _job(
        gettext("Reading %(name)s", name=item.upload.original_name), item, lambda _: importing.read_columns(item, settings)
    )


@pages.post("/<upload_id>/compare")
@permission(Permission.SUBMIT)
def compare(upload_id: str) -> ResponseReturnValue:
    """Read the file and compare it with its layer by the thresholds asked for; changes nothing."""
    item, asked = _item(upload_id), bodies.body()
    chosen = importing.choices_of(item, asked)
    if not reach.may(person(), chosen.layer, Verb.SUBMIT):
        raise ForbiddenError(f"Your account may not change the layer {chosen.layer}")
    chosen = replace(chosen, skip_bad_rows=bool(asked.get("skip_bad_rows")))
    wishes = bulk_asking.wishes_of(asked)
    item.choices = chosen
    store, limits, who = desk().store, import_layer.limits_of(desk().settings), person()

    def work(progress: Progress) -> None:
        survey = bulk_update.read_survey(store, item.upload, chosen, limits=limits, person=who)
        item.comparison = bulk_update.compare(store, who, survey, wishes, progress)

    return _job(gettext("Comparing %(name)s", name=item.upload.original_name), item, work)


def _comparison(upload_id: str) -> tuple[Surveyed, Comparison]:
    item = _item(upload_id)
    if item.comparison is None:
        raise BadRequestError("Compare the file first")
    return item, item.comparison


@pages.post("/<upload_id>/accept")
@permission(Permission.SUBMIT)
def accept(upload_id: str) -> ResponseReturnValue:
    """Take a comparison into the layer as one change; 412 with the rows and their editors when somebody was quicker."""
    item, found = _comparison(upload_id)
    asked = bodies.body()
    decisions = bulk_asking.decisions_of(asked)
    store, who = desk().store, person()
    conflicts = bulk_update.stale(store, who, found, decisions)
    if conflicts:
        named = "; ".join(f"{one['key'] or one['id']} ({one['who']}, {one['at']})" for one in conflicts[:5])
        message = gettext(
            "Somebody changed %(count)s of these rows since the comparison: %(rows)s. Compare again.",
            count=len(conflicts),
            rows=named,
        )
        return jsonify(code="changed", message=message, conflicts=conflicts), 412
    reason = str(asked.get("reason") or "").strip()[:REASON_LENGTH]

    def work(progress: Progress) -> None:
        item.saved = bulk_update.accept(store, who, found, decisions, reason=reason, progress=progress)
        uploads.discard(item.upload)

    return _job(gettext("Taking in %(name)s", name=item.upload.original_name), item, work)


@pages.post("/<upload_id>/discard")
@permission(Permission.SUBMIT)
def discard(upload_id: str) -> ResponseReturnValue:
    """Throw a surveyed file away."""
    here, item = desk(), _item(upload_id)
    uploads.discard(item.upload)
    here.imports.drop(upload_id)
    return redirect(url_for("bulk.index"))


@pages.get("/<upload_id>/rows.<kind>")
@permission(Permission.EXPORT)
def rows(upload_id: str, kind: str) -> ResponseReturnValue:
    """Send the whole comparison as a table."""
    item, found = _comparison(upload_id)
    stem = f"{item.upload.original_name}-{gettext('comparison')}"
    return sending.table(pd.DataFrame(bulk_update.summary(found)), stem=stem, kind=sending.format_of(kind, ("csv", "xlsx")))


@pages.get("/<upload_id>/map")
@permission(Permission.SUBMIT)
def map_(upload_id: str) -> ResponseReturnValue:
    """Draw the rows of a comparison by their class: as they were, as they become, new, removed, open."""
    _, found = _comparison(upload_id)
    return frames.answer(bulk_asking.map_of(found), frames.options())
