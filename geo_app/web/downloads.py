"""Files of a layer, of a run's table, gaps and units, and the print map made by a job."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, request
from flask_babel import gettext

from geo_app.access import Permission, Person, permission
from geo_app.actions import compose_map, draw_map, export_layer, list_gaps, run_coverage
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.jobs import State
from geo_app.web import bodies, figures, jobs, sending
from geo_app.web.desk import desk, layer_of, person
from geo_app.web.language import language, title
from geo_app.web.map import indicator_of
from map_templates.spec import PageSpec
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.progress import Progress
    from layers.store import Store

_File = tuple[str, str, bytes]
"""Stem of the name, ending, content."""
_Asked = tuple[compose_map.MapRequest, compose_map.Maker, Person]
pages = Blueprint("downloads", __name__, url_prefix="/downloads")

LAYER_FORMATS = ("csv", "xlsx", "geojson", "gpkg", "shp", "kml")
TABLE_FORMATS = ("csv", "xlsx")
MAP_FORMATS = ("pdf", "png", "svg", "html")


@pages.post("/layers/<name>")
@permission(Permission.EXPORT)
def layer(name: str) -> ResponseReturnValue:
    """Send a layer, or the part of it in an area, with the dictionary's field names."""
    found = layer_of(name)
    kind = sending.format_of(request.form.get("format"), LAYER_FORMATS)
    area = request.form.get("area") or None
    frame = export_layer.rows(desk().store, found, area=area, person=person())
    return sending.layer_file(frame, found, kind, stem=f"{title(found)}{f'-{area}' if area else ''}")


def _run() -> run_coverage.Run:
    text = request.form.get("run", "")
    if not text.isdecimal():
        raise BadRequestError("The number of the run is missing")
    return figures.run(int(text))


@pages.post("/coverage")
@permission(Permission.EXPORT)
def coverage() -> ResponseReturnValue:
    """Send the coverage table of a run: one indicator or all, one area with everything below it or all."""
    found = _run()
    kind = sending.format_of(request.form.get("format"), TABLE_FORMATS)
    asked = request.form.get("indicator") or None
    wanted = run_coverage.View(area=request.form.get("area") or None, indicators=(asked,) if asked else (), targets=True)
    table = run_coverage.view(desk().store, found, wanted, figures.areas())
    return sending.table(table, stem=f"coverage-{found.id}{f'-{asked}' if asked else ''}", kind=kind)


@pages.post("/gaps")
@permission(Permission.EXPORT)
def gaps() -> ResponseReturnValue:
    """Send the gap list of an indicator and area."""
    found = _run()
    code = indicator_of(request.form.get("indicator"))
    rows = figures.gap_rows(found, code, request.form.get("area") or None)
    columns = [name for name in list_gaps.COLUMNS if name in rows]
    kind = sending.format_of(request.form.get("format"), TABLE_FORMATS)
    return sending.table(rows[columns], stem=f"gaps-{found.id}-{code}", kind=kind)


@pages.post("/units")
@permission(Permission.EXPORT)
def units() -> ResponseReturnValue:
    """Send the rows behind a number."""
    found = _run()
    code = indicator_of(request.form.get("indicator"))
    rows = figures.units(found, code, request.form.get("area") or None)
    kind = sending.format_of(request.form.get("format"), TABLE_FORMATS)
    return sending.table(rows, stem=f"units-{found.id}-{code}", kind=kind)


def _draw(store: Store, asked: _Asked, kind: str, progress: Progress) -> _File:
    wanted, maker, who = asked
    folder = Path(tempfile.mkdtemp(prefix="map-"))
    try:
        path = folder / f"map.{kind}"
        drawn = draw_map.draw(store, wanted, maker, path, progress, person=who)
        return drawn.title, kind, path.read_bytes()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pages.post("/maps")
@permission(Permission.RUN)
def print_map() -> ResponseReturnValue:
    """Start drawing the print map of an indicator, area and level; the job's result is the file."""
    asked = bodies.body()
    kind = sending.format_of(str(asked.get("format", "pdf")), MAP_FORMATS)
    code = indicator_of(str(asked.get("indicator")))
    settings, store, who = desk().settings, desk().store, person()
    size, orientation = asked.get("size", "A4"), asked.get("orientation", "auto")
    if size not in {"A4", "A3"} or orientation not in {"landscape", "portrait", "auto"}:
        raise BadRequestError("The page must be A4 or A3, landscape, portrait or auto")
    wanted = compose_map.MapRequest(
        indicator=code,
        level=str(asked.get("level") or ""),
        area=str(asked["area"]) if asked.get("area") else None,
        run_id=asked["run"] if isinstance(asked.get("run"), int) else None,
        language="zh" if language() == "zh" else "en",
        page=PageSpec(size=size, orientation=orientation),
    )
    maker = compose_map.Maker(settings.organisation, settings.review_number, settings.area_name)
    name = title(INDICATORS[code])
    return jobs.start(
        jobs.PRINT,
        gettext("Print map of %(name)s", name=name),
        lambda progress: _draw(store, (wanted, maker, who), kind, progress),
    )


@pages.get("/jobs/<int:job_id>")
@permission(Permission.EXPORT)
def finished(job_id: int) -> ResponseReturnValue:
    """Send the file that a job has made.

    Raises:
        NotFoundError: when there is no such finished job of a map.
    """
    job = jobs.own(job_id)
    if job.kind != jobs.PRINT or job.state is not State.DONE:
        raise NotFoundError(f"Job {job_id} has no file to give")
    stem, kind, data = job.result
    return sending.attachment(data, name=f"{stem}.{kind}", kind=kind)
