"""The map in edit mode: the page, the map in its frame, the features of a view with their versions, and the form of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely
from flask import Blueprint, jsonify, render_template, request

from geo_app.access import Permission, Verb, permission
from geo_app.actions import edit_form
from geo_app.actions import reach as reaching
from geo_app.web import bodies, context, edit_texts, figures, frames
from geo_app.web.desk import desk, person
from geo_app.web.language import LANGUAGES, language, title, unit
from layers.catalogue import LAYERS
from layers.schema import FieldType
from layers.store import Condition, viewing
from map_templates import symbols
from map_templates.spec import Credits, MapLayer, MapSpec
from map_templates.web import WebOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from layers.schema import Field, Layer
    from layers.store import Reach
    from layers.store.viewing import View

pages = Blueprint("editing", __name__)

MOST_FEATURES: Final = 1500
MOST_VERTICES: Final = 200_000
MOST_IDS: Final = 50
"""What one view may hold: beyond it the map asks the person to zoom in, rather than show a part as if it were all."""
BELOW: Final = {"point": ("roads", "villages"), "line": ("villages",), "polygon": ("villages",)}
"""Layers shown below at first, and snapped to, by what is drawn."""
AS_THEY_ARE: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.INTEGER, FieldType.FLAG})
"""Types of fields whose values JSON holds as they are."""


@pages.get("/edit")
@permission(Permission.SUBMIT)
def page() -> ResponseReturnValue:
    """Show the map in edit mode, with the layers that the person may write or submit edits to."""
    who, held = person(), desk().store.versions()
    drawn = [layer for layer in LAYERS.values() if edit_form.drawable(layer)]
    writable = [layer for layer in drawn if reaching.may(who, layer.name, Verb.SUBMIT)]
    setup = {
        "layers": [_offered(layer) for layer in writable],
        "references": [_offered(layer) for layer in drawn if held.get(layer.name) and reaching.may(who, layer.name)],
        "limit": MOST_FEATURES,
        "person": "local" if who.account_id is None else str(who.account_id),
        "shapes": {name: [list(corner) for corner in corners] for name, corners in symbols.SHAPES.items()},
        "language": language(),
        "texts": edit_texts.texts(),
    }
    return render_template("edit.html", setup=setup, writable=writable)


def _offered(layer: Layer) -> dict[str, Any]:
    shapes = edit_form.shapes_of(layer)
    return {
        "name": layer.name,
        "title": title(layer),
        "key": layer.key,
        "name_field": layer.name_field,
        "shapes": shapes,
        "below": [name for name in BELOW[shapes[0]] if name != layer.name],
        "apply": reaching.may(person(), layer.name, Verb.APPLY),
        "simulated": context.simulated(layer.name),
    }


@pages.get("/edit/frame")
@permission(Permission.SUBMIT)
def frame() -> ResponseReturnValue:
    """Give the map that stands in the page's frame: outlines only; features and what is snapped to follow as messages."""
    spec = MapSpec(
        str(edit_texts.texts()["map_title"]),
        layers=_outlines(),
        credits=Credits(simulated=context.simulated(), review_number=desk().settings.review_number),
        language="zh" if language() == "zh" else "en",
    )
    given = frames.options()
    options = WebOptions(
        edit=True,
        finder=False,
        controls=False,
        heading=False,
        popups=False,
        parent_origin=given.parent_origin,
        nonce=given.nonce,
    )
    return frames.answer(spec, options)


def _outlines() -> tuple[MapLayer, ...]:
    levels = frames.levels()
    if not levels:
        return ()
    return (MapLayer("outline", str(edit_texts.texts()["boundary"]), frames.outlines(levels[0][0])),)


@pages.get("/editing/<name>/features")
@permission(Permission.READ)
def features(name: str) -> ResponseReturnValue:
    """Give the features of a view (`bbox`), by `ids` or by `key`, unsimplified, with raw values and the version of each.

    A view that holds more than `limit` features, or more vertices than can be moved by hand, is answered with none of them, their
    `total` and `zoom_in`.

    Raises:
        NotFoundError: the layer is not there or is not the person's to read.
        BodyError: neither bbox nor ids nor key is given, or it cannot be used.
    """
    reach = reaching.of(desk().store, person(), name)
    layer = LAYERS[name]
    limit = bodies.whole_argument("limit", MOST_FEATURES, low=1, high=MOST_FEATURES)
    found, total = _asked(layer, reach, limit)
    if found is None:
        return jsonify(type="FeatureCollection", features=[], total=total, shown=0, limit=limit, zoom_in=True, symbols={})
    return jsonify(_collection(layer, found) | {"total": total, "shown": len(found), "limit": limit, "zoom_in": False})


def _asked(layer: Layer, reach: Reach, limit: int) -> tuple[View | None, int]:
    store = desk().store
    ids = [part for part in request.args.get("ids", "").split(",") if part]
    key = request.args.get("key", "")
    if ids or key:
        if len(ids) > MOST_IDS:
            raise bodies.BodyError(f"At most {MOST_IDS} ids can be asked for at once")
        where = (Condition(layer.key, "=", key),) if key else ()
        found = viewing.view(store, layer.name, ids=ids or None, where=where, most=MOST_IDS, reach=reach)
        return found, len(found)
    bbox = bodies.bbox_argument()
    if bbox is None:
        raise bodies.BodyError("Give the view as bbox=west,south,east,north, or ids, or a key")
    if not edit_form.drawable(layer):
        raise bodies.BodyError(f"{layer.name} is a table without geometry; ask for ids or a key")
    found = viewing.view(store, layer.name, bbox=bbox, most=limit, reach=reach)
    heavy = int(shapely.get_num_coordinates(found.geometries).sum()) > MOST_VERTICES
    return (None if found.total > limit or heavy else found), found.total


def _collection(layer: Layer, found: View) -> dict[str, Any]:
    shapes = [None] * len(found)
    keys = [""] * len(found)
    if edit_form.drawable(layer) and found.geometries is not None:
        shapes = [
            None if shape is None else shapely.geometry.mapping(shape) for shape in shapely.force_2d(found.geometries).tolist()
        ]
        kinds = [None if shape is None else shape.geom_type for shape in found.geometries]
        keys = symbols.row_keys(layer.name, found.columns, kinds)
    known = [item for item in layer.fields if item.name != "id" and item.name in found.columns]
    names = [item.name for item in known]
    columns = [_plain(item, found.columns[item.name]) for item in known]
    listed = [
        {
            "type": "Feature",
            "id": feature_id,
            "ver": ver,
            "k": key,
            "geometry": shape,
            "properties": dict(zip(names, row, strict=True)),
        }
        for feature_id, ver, key, shape, *row in zip(found.ids, found.vers, keys, shapes, *columns, strict=True)
    ]
    plain = {"point", "line", "area"}
    drawn = {key: symbols.as_json(symbols.entry_of(layer.name, key).symbol) for key in sorted({*keys, *plain} - {""})}
    if "" in keys:
        drawn[""] = symbols.as_json(symbols.entry_of(layer.name, "").symbol)
    return {"type": "FeatureCollection", "features": listed, "symbols": drawn}


def _plain(item: Field, values: Sequence[Any]) -> Sequence[Any]:
    """Turn a column into what JSON holds; texts, codes and whole numbers stand as they are."""
    return values if item.type in AS_THEY_ARE else [figures.plain_value(value) for value in values]


@pages.get("/editing/<name>/form")
@permission(Permission.SUBMIT)
def form(name: str) -> ResponseReturnValue:
    """Give the form of a layer: its fields with titles, units, codes and rules, and which of them the person may change.

    Raises:
        NotFoundError: the layer is not there or is not the person's to read.
        ForbiddenError: the person may only read it.
    """
    reach = reaching.of(desk().store, person(), name, Verb.SUBMIT)
    asked = request.args.get("lang", "")
    made = edit_form.form(LAYERS[name], asked if asked in LANGUAGES else language(), writable=reach.fields)
    for field in made["fields"]:
        field["unit"] = unit(field["unit"])
    return jsonify(made)
