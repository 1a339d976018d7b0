"""Field work: a package of an area goes out, the edited GeoPackage comes back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import field_package, field_return, reach, uploads
from geo_app.actions.field_return import FieldFile
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.jobs import State
from geo_app.web import bodies, figures, jobs, received, sending
from geo_app.web.desk import desk, person
from geo_app.web.features import words
from geo_app.web.language import language, title
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.access import Person
    from geo_app.actions.field_compare import FieldConflict, Returned
    from geo_app.actions.merge import FieldMerge
    from geo_app.actions.uploads import Upload
    from geo_app.progress import Progress
    from layers.store import Store

pages = Blueprint("field", __name__, url_prefix="/field")

REASON_LENGTH = 300
MOST_AREAS = 400
"""Areas in the list; deeper ones are typed by their code."""
FIELD_RANKS = frozenset({3, 4})


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the two forms: take along, bring back."""
    hierarchy, who = figures.areas(), person()
    codes = reach.area_codes(desk().store, who)
    ranks = {level.name for level in hierarchy.levels if level.rank in FIELD_RANKS}
    offered = [
        (code, hierarchy.name(code))
        for code in hierarchy.codes.tolist()
        if hierarchy.level_of(code) in ranks and (codes is None or code in codes)
    ]
    held = figures.versions()
    named = [LAYERS[name] for name in field_package.offered(who) if held.get(name)]
    return render_template(
        "field.html",
        areas=offered[:MOST_AREAS],
        layers=[(layer.name, title(layer), layer.name in field_package.DEFAULT_LAYERS) for layer in named],
        most=desk().settings.max_upload_mb,
    )


@pages.post("/packages")
@permission(Permission.EXPORT)
def take() -> ResponseReturnValue:
    """Start making a package; the job's result is the file."""
    asked = bodies.body()
    layers = asked.get("layers")
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        raise BadRequestError("The layers must be a list of names")
    wanted = field_package.FieldRequest(
        area=str(asked.get("area", "")).strip(),
        layers=tuple(layers),
        language="zh" if language() == "zh" else "en",
        metric=asked.get("crs") != "degrees",
    )
    store, who = desk().store, person()
    field_package.checked(store, who, wanted)
    return jobs.start(
        jobs.FIELD_OUT,
        gettext("Package for the field: %(name)s", name=wanted.area),
        lambda progress: _made(store, who, wanted, progress),
    )


def _made(store: Store, who: Person, wanted: field_package.FieldRequest, progress: Progress) -> tuple[str, bytes]:
    progress(0, 0, "")
    folder = Path(tempfile.mkdtemp(prefix="field-"))
    try:
        made = field_package.make(store, who, wanted, folder)
        return made.path.name, made.path.read_bytes()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _result(job_id: int, kind: str) -> Any:
    job = jobs.own(job_id)
    if job.kind != kind or job.state is not State.DONE:
        raise NotFoundError(f"Job {job_id} has no such result")
    return job.result


@pages.get("/packages/<int:job_id>")
@permission(Permission.EXPORT)
def package(job_id: int) -> ResponseReturnValue:
    """Send the package that a job has made.

    Raises:
        NotFoundError: when there is no such finished job.
    """
    name, data = cast("tuple[str, bytes]", _result(job_id, jobs.FIELD_OUT))
    return sending.attachment(data, name=name, kind="zip")


@pages.post("/returns")
@permission(Permission.SUBMIT)
def bring() -> ResponseReturnValue:
    """Take an edited GeoPackage in and start comparing it; the job's result is a page.

    Raises:
        BadRequestError: when no GeoPackage came.
    """
    here, sent = desk(), received.sent_file()
    if not str(sent.filename).lower().endswith(".gpkg"):
        raise BadRequestError("Bring back the field.gpkg of the package, not another file of it")
    kept = received.keep(sent)
    file = FieldFile(kept.path, kept.original_name, request.form.get("reason", "").strip()[:REASON_LENGTH])
    store, who, look = here.store, person(), request.form.get("look") == "1"
    return jobs.start(
        jobs.FIELD_BACK,
        gettext("Back from the field: %(name)s", name=kept.original_name),
        lambda progress: _brought(store, who, kept, file, progress, look=look),
    )


def _brought(store: Store, who: Person, kept: Upload, file: FieldFile, progress: Progress, *, look: bool) -> Returned:  # noqa: PLR0913
    try:
        return field_return.bring_back(store, who, file, dry_run=look, progress=progress)
    finally:
        uploads.discard(kept)


@pages.get("/returns/<int:job_id>")
@permission(Permission.READ)
def returned(job_id: int) -> ResponseReturnValue:
    """Show what a file brought: rows by kind, the change it became, and the conflicts field by field.

    Raises:
        NotFoundError: when there is no such finished job.
    """
    found = cast("Returned", _result(job_id, jobs.FIELD_BACK))
    hierarchy = figures.areas()
    area = hierarchy.name(found.area) if found.area in hierarchy else found.area
    return render_template("field_return.html", found=found, area=area, conflicts=[_shown(item) for item in found.conflicts])


def _shown(item: FieldConflict) -> dict[str, Any]:
    layer = LAYERS[item.layer]
    return {
        "layer": title(layer),
        "key": item.key,
        "deleted": item.deleted,
        "href": url_for("kept.page", kept_id=item.kept_id) if item.kept_id else None,
        "parts": [
            {"title": gettext("Geometry") if part.name == "geometry" else layer[part.name].title(language())} | _sides(item, part)
            for part in item.parts
        ],
    }


def _sides(item: FieldConflict, part: FieldMerge) -> dict[str, Any]:
    layer, sides = LAYERS[item.layer], {"base": part.base, "mine": part.mine, "theirs": part.theirs}
    if part.name == "geometry":
        return {side: "—" if shape is None else f"{shape.geom_type}" for side, shape in sides.items()}
    return {side: words(layer[part.name], value) for side, value in sides.items()}
