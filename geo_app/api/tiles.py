"""Vector tiles over HTTP: the tile, how a layer is drawn from tiles, and how much of it a zoom shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, jsonify, request

from geo_app.access import Permission, permission
from geo_app.actions import tiles
from geo_app.errors import BadRequestError
from geo_app.web import bodies
from geo_app.web.desk import desk, layer_of, reach
from geo_app.web.language import language, title
from layers.store.tile_levels import MAX_ZOOM
from map_templates import symbols

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("tiles", __name__, url_prefix="/tiles")

MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"
WORLD: Final = (-180.0, -90.0, 180.0, 90.0)
LEFT_OUT: Final = "X-Xiangtu-Left-Out"
"""How many features a tile had to leave out because of its size."""


@pages.get("/<name>/<int:z>/<int:x>/<int:y>.mvt")
@permission(Permission.READ)
def tile(name: str, z: int, x: int, y: int) -> ResponseReturnValue:
    """Give a tile of a layer: 204 where it is empty, 304 where the browser holds it as it is."""
    layer, own, store = layer_of(name), reach(name), desk().store
    at = tiles.address(z, x, y)
    tag = tiles.tag(store, layer, own)
    if tag in request.if_none_match:
        return _kept(Response(status=304), tag)
    found = tiles.tile(store, layer, own, at)
    if not found.data:
        return _kept(Response(status=204), tag)
    response = _kept(Response(found.data, mimetype=MEDIA_TYPE), tag)
    response.headers[LEFT_OUT] = str(found.cut)
    return response


def _kept(response: Response, tag: str) -> Response:
    """Let a browser keep a tile, and ask each time whether it still stands."""
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@pages.get("/<name>/counts")
@permission(Permission.READ)
def counts(name: str) -> ResponseReturnValue:
    """Say how many features of a view a zoom shows, and how many there are, without the classes in `hide`."""
    zoom = bodies.whole_argument("z", 0, low=0, high=MAX_ZOOM)
    layer = layer_of(name)
    found = tiles.drawn(desk().store, layer, reach(name), zoom, bodies.bbox_argument() or WORLD)
    hidden = {value for value in request.args.get("hide", "").split("|") if value}
    if len(hidden) > len(symbols.style_of(name).entries):
        raise BadRequestError("More classes are to be hidden than the layer has")
    classes = {key: both for key, both in found.classes.items() if key.split("/")[0] not in hidden}
    shown, total = (sum(both[place] for both in classes.values()) for place in (0, 1))
    return jsonify(
        layer=name,
        title=title(layer),
        version=found.version,
        shown=max(shown - found.cut, 0),
        total=total,
        cut=found.cut,
        classes={key: {"shown": both[0], "total": both[1]} for key, both in classes.items()},
    )


@pages.get("/<name>/drawing")
@permission(Permission.READ)
def drawing(name: str) -> ResponseReturnValue:
    """Say how the map draws the layer from tiles: its symbols, its place in the stack, its version."""
    layer = tiles.located(layer_of(name))
    own = reach(name)
    found = tiles.drawn(desk().store, layer, own, 0, WORLD)
    return jsonify(
        name=name,
        title=title(layer),
        tiled=found.total > tiles.TILED_ABOVE,
        version=tiles.tag(desk().store, layer, own),
        total=found.total,
        order=symbols.style_of(name).order,
        legend=[_entry(name, key, title(layer)) for key in symbols.legend_order(name, set(found.classes))],
    )


def _entry(name: str, key: str, heading: str) -> dict[str, Any]:
    entry = symbols.entry_of(name, key)
    return {"key": key, "label": entry.label(language(), heading), "symbol": symbols.as_json(entry.symbol)}
