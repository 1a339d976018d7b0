"""Rows of a layer for the map and the table: GeoJSON by view, pages of rows, and one row with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from flask import Blueprint, jsonify, request, url_for

from geo_app.access import Permission, permission
from geo_app.actions import inputs
from geo_app.errors import NotFoundError
from geo_app.web import bodies
from geo_app.web.desk import desk, layer_of, person, reach
from geo_app.web.figures import areas, plain_value
from geo_app.web.language import language, title, unit
from layers.schema import FieldType, GeometryKind
from map_templates import symbols
from map_templates.spec import MapLayer
from map_templates.web.payload import layer_payload

if TYPE_CHECKING:
    import pandas as pd
    from flask.typing import ResponseReturnValue
    from geopandas import GeoDataFrame

    from layers.schema import Field, Layer

pages = Blueprint("features", __name__, url_prefix="/layers")

MOST_FEATURES = 5000
MOST_ROWS = 200
HIDDEN = ("id", "ver", "source", "source_date", "valid_from", "valid_to", "geometry")


def frame_of(layer: Layer) -> GeoDataFrame:
    """Give the rows of a layer that the asker reads, as they are now, shared: nobody changes them."""
    return inputs.read(desk().store, [layer.name], person=person())[layer.name]


def in_area(frame: pd.DataFrame, layer: Layer, area: str | None) -> pd.DataFrame:
    """Keep the rows of an area, by the finest area code that each row states.

    Raises:
        NotFoundError: when there is no such area.
    """
    if not area:
        return frame
    hierarchy = areas()
    if area not in hierarchy:
        raise NotFoundError(f"There is no area with the code {area}")
    within = hierarchy.within([area])
    found = np.zeros(len(frame), dtype=bool)
    for name in dict.fromkeys((layer.key, *layer.area_fields)):
        if name in frame:
            at = hierarchy.positions(frame[name])
            found |= (at >= 0) & within[at]
    return frame[found]


def _in_view(frame: GeoDataFrame, bbox: tuple[float, float, float, float] | None) -> GeoDataFrame:
    drawn = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if bbox is None:
        return drawn
    return drawn.iloc[np.sort(drawn.sindex.query(shapely.box(*bbox), predicate="intersects"))]


def thin(frame: GeoDataFrame, most: int) -> GeoDataFrame:
    """Keep at most so many rows, evenly through the layer, so that no corner of the view is empty."""
    if len(frame) <= most:
        return frame
    return frame.iloc[np.unique(np.linspace(0, len(frame) - 1, most).astype(int))]


def drawn(layer: Layer, shown: GeoDataFrame, box: tuple[float, float, float, float], *, total: int) -> dict[str, Any]:
    """Give a layer as the map in the frame takes it: features, symbols, counts, and how many of how many are drawn."""
    label = layer.name_field if layer.name_field in shown else layer.key
    item = MapLayer(layer.name, title(layer), shown, key_field="id", label_field=label)
    return layer_payload(item, box, language(), max_features=MOST_FEATURES) | {"total": total, "shown": len(shown)}


@pages.get("/<name>/features")
@permission(Permission.READ)
def features(name: str) -> ResponseReturnValue:
    """Give a layer's features in a view as GeoJSON, at most 5,000; says how many there are and what is drawn."""
    layer = layer_of(name)
    if layer.geometry is GeometryKind.NONE:
        raise NotFoundError(f"The layer {name} is a table without geometry")
    rows = _in_view(in_area(frame_of(layer), layer, request.args.get("area")), bodies.bbox_argument())
    hidden = {value for value in request.args.get("hide", "").split("|") if value}
    if hidden:
        rows = rows[~symbols.symbol_keys(layer.name, rows).str.split("/").str[0].isin(hidden)]
    shown = thin(rows, bodies.whole_argument("limit", MOST_FEATURES, low=1, high=MOST_FEATURES))
    box = bodies.bbox_argument() or (tuple(shown.total_bounds) if len(shown) else (-180.0, -90.0, 180.0, 90.0))
    return jsonify(drawn(layer, shown, box, total=len(rows)))


def shown_fields(layer: Layer) -> list[Field]:
    """Give the fields a table shows, the record-keeping ones left to the row's own page."""
    return [field for field in layer.fields if field.name not in HIDDEN]


def words(field: Field, value: Any) -> Any:
    """Give a value for reading: the label of a code, everything else as JSON holds it."""
    found = plain_value(value)
    if found is not None and field.type is FieldType.CODE and field.codes is not None:
        return field.codes.label(str(found), language())
    return found


def _sorted(frame: pd.DataFrame, layer: Layer, order: str) -> pd.DataFrame:
    name, descending = order.removeprefix("-"), order.startswith("-")
    if not name or layer[name].type is FieldType.LIST:
        return frame
    return frame.sort_values(name, ascending=not descending, na_position="last", kind="stable", key=_comparable)


def _comparable(values: pd.Series[Any]) -> pd.Series[Any]:
    return values if values.dtype != object else values.map(lambda value: value if value is None else str(value))


def _matching(frame: pd.DataFrame, layer: Layer, text: str) -> pd.DataFrame:
    text = text.strip().casefold()[:80]
    if not text:
        return frame
    kinds = {FieldType.TEXT, FieldType.CODE}
    found = np.zeros(len(frame), dtype=bool)
    for field in layer.fields:
        if field.type in kinds and field.name in frame:
            found |= frame[field.name].astype("str").str.casefold().str.contains(text, regex=False, na=False).to_numpy(dtype=bool)
    return frame[found]


@pages.get("/<name>/rows")
@permission(Permission.READ)
def rows(name: str) -> ResponseReturnValue:
    """Give a page of a layer's rows: filtered by area and text, sorted by a field."""
    layer = layer_of(name)
    frame = in_area(frame_of(layer), layer, request.args.get("area"))
    frame = _sorted(_matching(frame, layer, request.args.get("text", "")), layer, request.args.get("sort", ""))
    start = bodies.whole_argument("offset", 0)
    page = frame.iloc[start : start + bodies.whole_argument("limit", MOST_ROWS, low=1, high=MOST_ROWS)]
    fields = [field for field in shown_fields(layer) if field.name in page]
    columns = [
        {"name": field.name, "title": field.title(language()), "unit": unit(field.unit), "type": str(field.type)}
        for field in fields
    ]
    values = [
        {
            "id": plain_value(row["id"]),
            "code": plain_value(row[layer.key]),
            "cells": [words(field, row[field.name]) for field in fields],
        }
        for row in page.to_dict("records")
    ]
    return jsonify(total=len(frame), offset=start, columns=columns, rows=values, key=layer.key)


def _row(layer: Layer, code: str) -> tuple[dict[str, Any], Any]:
    frame = frame_of(layer)
    found = frame[(frame["id"] == code) | (frame[layer.key].astype("str") == code)]
    if found.empty:
        raise NotFoundError(f"The layer {layer.name} has no row {code}")
    row = found.iloc[0]
    return row.to_dict(), row.get("geometry") if layer.geometry is not GeometryKind.NONE else None


@pages.get("/<name>/rows/<code>")
@permission(Permission.READ)
def row(name: str, code: str) -> ResponseReturnValue:
    """Give one row: its values in words, where it lies, and the changes that made it what it is."""
    layer = layer_of(name)
    values, shape = _row(layer, code)
    facts = [
        {
            "name": field.name,
            "title": field.title(language()),
            "unit": unit(field.unit),
            "value": words(field, values.get(field.name)),
        }
        for field in layer.fields
    ]
    history = [
        {
            "change": item.change_id,
            "href": url_for("changes.page", change_id=item.change_id),
            "op": item.op,
            "at": item.at.isoformat()[:16],
            "who": item.who,
            "reason": item.reason,
            "ver": item.ver,
        }
        for item in desk().store.history(name, str(values["id"]), reach=reach(name))
    ]
    box = None if shape is None or shape.is_empty else list(shape.bounds)
    code_of = plain_value(values[layer.key])
    label = plain_value(values.get(layer.name_field)) or code_of
    return jsonify(
        layer=name,
        title=title(layer),
        id=plain_value(values["id"]),
        code=code_of,
        name=label,
        facts=facts,
        history=history,
        bounds=box,
    )
