"""Questions asked of the layers from the map's panel: answered, kept by name, downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request

from geo_app.access import Permission, permission
from geo_app.actions import run_query
from geo_app.errors import BadRequestError
from geo_app.web import bodies, sending
from geo_app.web.desk import desk, person
from geo_app.web.features import MOST_FEATURES, shown_fields, thin, words
from geo_app.web.figures import plain_value
from geo_app.web.language import language, title
from layers.catalogue import layer as declared
from layers.schema import GeometryKind
from map_templates.spec import MapLayer
from map_templates.web.payload import layer_payload

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.run_query import Result

pages = Blueprint("queries", __name__, url_prefix="/queries")

ROWS_SHOWN = 200
COLUMNS_SHOWN = 6
NAME_LENGTH = 80
FORMATS = ("csv", "xlsx", "geojson", "gpkg")
WHOLE_WORLD = (-180.0, -90.0, 180.0, 90.0)


def _on_map(found: Result) -> dict[str, Any] | None:
    layer = declared(found.layer)
    if layer.geometry is GeometryKind.NONE or not len(found.frame):
        return None
    located = found.frame[found.frame.geometry.notna()]
    if not len(located):
        return None
    shown = thin(located, MOST_FEATURES)
    label = layer.name_field if layer.name_field in shown else layer.key
    box = tuple(float(value) for value in shown.total_bounds)
    item = MapLayer("result", title(layer), shown, key_field="id", label_field=label)
    return layer_payload(item, box, language()) | {"total": len(located), "shown": len(shown)}  # type: ignore[arg-type]


@pages.post("/run")
@permission(Permission.RUN)
def run() -> ResponseReturnValue:
    """Answer a question: how many rows, the first of them, and what the map draws."""
    found = run_query.run(desk().store, bodies.body(), person())
    layer = declared(found.layer)
    fields = [field for field in shown_fields(layer) if field.name in found.frame][:COLUMNS_SHOWN]
    rows = [
        {"id": plain_value(row["id"]), "cells": [words(field, row[field.name]) for field in fields]}
        for row in found.frame.head(ROWS_SHOWN).to_dict("records")
    ]
    columns = [field.title(language()) for field in fields]
    return jsonify(total=len(found.frame), columns=columns, rows=rows, map=_on_map(found), simulated=found.synthetic)


@pages.get("")
@permission(Permission.READ)
def kept() -> ResponseReturnValue:
    """List the questions kept by name."""
    return jsonify(
        queries=[{"name": name, "spec": spec.get("spec", spec)} for name, spec in run_query.kept(desk().store, person()).items()]
    )


@pages.post("")
@permission(Permission.RUN)
def keep() -> ResponseReturnValue:
    """Keep a question under a name.

    Raises:
        BadRequestError: without a name or a question.
    """
    asked = bodies.body()
    name, spec = asked.get("name"), asked.get("spec")
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH or not isinstance(spec, dict):
        raise BadRequestError(f"A query is kept under a name of 1 to {NAME_LENGTH} characters")
    run_query.save(desk().store, name, spec, person().name, person())
    return jsonify(name=name.strip()), 201


@pages.delete("/<name>")
@permission(Permission.RUN)
def forget(name: str) -> ResponseReturnValue:
    """Throw a kept question away."""
    run_query.forget(desk().store, name, person())
    return jsonify(name=name)


@pages.post("/download")
@permission(Permission.EXPORT)
def download() -> ResponseReturnValue:
    """Give the rows that answer a question as a file."""
    spec = bodies.parse(request.form.get("spec", ""))
    if not isinstance(spec, dict):
        raise BadRequestError("The query is missing")
    file_format = sending.format_of(request.form.get("format"), FORMATS)
    found = run_query.run(desk().store, spec, person())
    layer = declared(found.layer)
    return sending.layer_file(found.frame, layer, file_format, stem=f"{title(layer)}-{_word()}")


def _word() -> str:
    return "查询结果" if language() == "zh" else "query"
