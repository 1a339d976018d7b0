"""Import and export of the project library: the county's workbook with a dry run by cell, and OC4IDS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, flash, json, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import import_layer, reach, uploads
from geo_app.actions.library import disclosure, sheet_export, sheet_import, sheet_rows
from geo_app.errors import BadRequestError
from geo_app.web import addresses, received, sending
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import title
from layers.projects import LAYER
from layers.schema import PersonError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.library.sheet_import import DryRun
    from geo_app.actions.uploads import Upload

pages = Blueprint("exchange", __name__, url_prefix="/projects/exchange")

MOST_RECIPE: Final = 60_000
SHOWN_ROWS: Final = 300
SHOWN_FAULTS: Final = 500
PREFIX: Final = "oc4ids-xiangtu"
AREA_LENGTH: Final = 24
FILE_ERRORS: Final = frozenset(
    {"bad_file", "unreadable_file", "bad_recipe", "limit_exceeded", "bad_archive", "bad_request", "question"}
)


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Offer the workbook and OC4IDS, and the form for a workbook where the person may bring one."""
    return _index()


def _index(message: str = "", status: int = 200) -> ResponseReturnValue:
    who = person()
    may = reach.may(who, "projects", Verb.APPLY)
    return render_template("exchange.html", may=may, message=message, count=_count()), status


def _count() -> int:
    here = desk()
    return int(here.store.count("projects", reach=reach.of(here.store, person(), "projects")))


def _area() -> str | None:
    return request.args.get("area", "").strip()[:AREA_LENGTH] or None


@pages.get("/library.xlsx")
@permission(Permission.EXPORT)
def workbook() -> ResponseReturnValue:
    """Send the library as a workbook that reads back."""
    data, _ = sheet_export.workbook(desk().store, person(), area=_area(), today=today())
    return sending.attachment(data, name=f"{LAYER.zh}-{today().isoformat()}.xlsx", kind="xlsx")


@pages.get("/oc4ids.json")
@permission(Permission.EXPORT)
def oc4ids() -> ResponseReturnValue:
    """Send the announced projects as a package of OC4IDS."""
    settings = desk().settings
    found = disclosure.package(
        desk().store,
        person(),
        area=_area(),
        prefix=settings.oc4ids_prefix or PREFIX,
        publisher=settings.organisation or person().bureau,
        base=addresses.base(),
    )
    answer = Response(json.dumps(found, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"oc4ids-{today().isoformat()}.json")
    return answer


@pages.post("/check")
@permission(Permission.SUBMIT)
def check() -> ResponseReturnValue:
    """Take a workbook and show what it would do; nothing is written."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _index(gettext("Choose a file first."), 400)
    kept = received.keep(sent)
    try:
        recipe = _recipe()
        run = _run(kept, recipe)
    except PersonError as error:
        uploads.discard(kept)
        if error.code not in FILE_ERRORS:
            raise
        return _index(told(error), 422)
    return _shown(run, kept, recipe)


def _recipe() -> str:
    sent = request.files.get("recipe_file")
    data = b"" if sent is None else sent.stream.read(MOST_RECIPE + 1)
    if len(data) > MOST_RECIPE:
        raise BadRequestError(f"A recipe may have at most {MOST_RECIPE} bytes")
    try:
        return data.decode("utf-8") if data else request.form.get("recipe", "")[:MOST_RECIPE]
    except UnicodeDecodeError:
        raise BadRequestError("The recipe is no text in UTF-8") from None


def _run(kept: Upload, recipe: str) -> DryRun:
    here = desk()
    feed = sheet_rows.feed_of(recipe, kept.original_name)
    limits = import_layer.limits_of(here.settings)
    return sheet_import.dry_run(here.store, person(), kept, feed, limits=limits, today=today())


def _shown(run: DryRun, kept: Upload, recipe: str, *, stale: bool = False) -> ResponseReturnValue:
    page = render_template(
        "exchange_check.html",
        run=run,
        rows=[item for item in run.rows if item.what != "same"][:SHOWN_ROWS],
        more=max(0, run.count("new") + run.count("changed") - SHOWN_ROWS),
        faults=run.faults[:SHOWN_FAULTS],
        fault_total=len(run.faults),
        field_title=_field_title,
        layer=LAYER,
        upload=kept.id,
        recipe=recipe,
        stale=stale,
    )
    return page, 412 if stale else 422 if run.errors else 200


def _field_title(name: str) -> str:
    return str(title(LAYER[name])) if name in LAYER else gettext("Geometry") if name == "geometry" else name


@pages.post("/accept")
@permission(Permission.SUBMIT)
def accept() -> ResponseReturnValue:
    """Take the checked workbook into the library as one change, if nothing changed since it was shown."""
    form = request.form
    kept = uploads.find(form.get("upload", ""), desk().settings.uploads)
    if kept.owner != person().owner:
        raise uploads.gone()
    recipe: Any = form.get("recipe", "")[:MOST_RECIPE]
    run = _run(kept, recipe)
    if run.digest != form.get("digest") or run.errors:
        return _shown(run, kept, recipe, stale=run.digest != form.get("digest"))
    receipt = sheet_import.accept(desk().store, person(), run, reason=form.get("reason", ""))
    uploads.discard(kept)
    if not receipt.change_id:
        flash(gettext("The library holds all of it already; nothing was changed."), "good")
    else:
        text = gettext(
            "Change no. %(id)s: %(new)s projects new, %(changed)s changed.",
            id=receipt.change_id,
            new=run.count("new"),
            changed=run.count("changed"),
        )
        flash(text, "good")
    return redirect(url_for("exchange.index"))
