"""Creating, replacing, changing and removing features (OGC API – Features, Part 4), through our one way in for edits."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

import shapely
from flask import Response, jsonify, request
from shapely.geometry import mapping, shape

from geo_app.actions import edit_payload, tool_edits
from geo_app.actions.edit_payload import BadFieldError, BadShapeError
from geo_app.api import crs
from geo_app.api.geojson import VERSION
from geo_app.api.provider import note_served
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.web.bodies import parse
from geo_app.web.desk import desk
from layers.errors import PreconditionRequiredError
from layers.frames import GEOMETRY
from layers.schema import GeometryKind
from layers.store import UNCHANGED, Update
from layers.store.ids import fresh
from layers.values import encode_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.api.asked import Collection
    from layers.schema import PersonError
    from layers.store import Delete, Insert

JSON_TYPES = frozenset({"", "application/geo+json", "application/json", "application/merge-patch+json"})
ETAG = re.compile(r'"(\d{1,18})"')
MEMBERS = frozenset(
    {"type", "id", "geometry", "properties", "links", "bbox", "geometry_name", "crs", "conformsTo", "time", "place"}
)
"""Members of a feature that clients send; those that are not ours are passed over."""
AGENT_LENGTH = 160
SIX_DECIMALS = 6
"""To how many decimals QGIS writes the coordinates of a feature that it replaces."""


def create(collection: Collection, items_url: str) -> Response:
    """Add a feature; 201 with its address, or 202 when it waits for somebody else's decision."""
    feature = _body(collection)
    number = fresh(1)[0]
    payload = {"op": "insert", "id": number, "properties": _properties(collection, feature), "geometry": feature.get("geometry")}
    sent = tool_edits.send(collection.store, collection.person, _edit(collection, payload), reason=_reason())
    response = _answer(collection, number, sent, HTTPStatus.CREATED)
    response.headers["Location"] = f"{items_url}/{number}"
    return response


def replace(collection: Collection, feature_id: str) -> Response:
    """Replace a feature: a field that is not sent becomes unknown."""
    feature = _body(collection)
    sent = _properties(collection, feature)
    present = _present(collection, feature_id, {"properties": sent, "geometry": feature.get("geometry")})
    writable = tool_edits.writable_fields(collection.store, collection.person, collection.layer.name)
    names = [item.name for item in collection.fields if not item.derived and (writable is None or item.name in writable)]
    properties = dict.fromkeys(names) | sent
    payload = {"properties": properties, "geometry": feature.get("geometry")}
    return _update(collection, present, payload, feature)


def update(collection: Collection, feature_id: str) -> Response:
    """Change the fields that are sent, and the geometry when it is."""
    feature = _body(collection)
    payload: dict[str, Any] = {"properties": _properties(collection, feature)}
    if "geometry" in feature:
        payload["geometry"] = feature["geometry"]
    return _update(collection, _present(collection, feature_id, payload), payload, feature)


def remove(collection: Collection, feature_id: str) -> Response:
    """Remove a feature."""
    present = _present(collection, feature_id)
    payload = {"op": "delete", "id": feature_id}
    try:
        version = _version(collection, present)
    except (BadRequestError, PreconditionRequiredError) as error:
        _refuse(collection, _edit(collection, payload), error)
    edit = _edit(collection, {**payload, "expected_ver": version})
    sent = tool_edits.send(collection.store, collection.person, edit, reason=_reason())
    return _answer(collection, feature_id, sent, HTTPStatus.NO_CONTENT)


def _update(
    collection: Collection, present: Mapping[str, Any], payload: Mapping[str, Any], feature: Mapping[str, Any]
) -> Response:
    number = str(present["id"])
    named = (feature.get("properties") or {}).get(VERSION)
    try:
        version = _version(collection, present, named if isinstance(named, int) and not isinstance(named, bool) else None)
    except (BadRequestError, PreconditionRequiredError) as error:
        unseen = _changes_only(collection, _updating(collection, {"id": number, **payload}), present)
        _refuse(collection, unseen if unseen.values or unseen.geometry is not UNCHANGED else None, error)
    made = _updating(collection, {"id": number, "expected_ver": version, **payload})
    edit = _changes_only(collection, made, tool_edits.base_of(collection.store, made) or present)
    sent = tool_edits.send(collection.store, collection.person, edit, reason=_reason())
    return _answer(collection, number, sent, HTTPStatus.NO_CONTENT)


def _updating(collection: Collection, payload: Mapping[str, Any]) -> Update:
    found = _edit(collection, {"op": "update", **payload})
    if not isinstance(found, Update):
        raise TypeError(type(found))
    return found


def _refuse(collection: Collection, edit: Insert | Update | Delete | None, error: PersonError) -> NoReturn:
    tool_edits.refuse(collection.store, collection.person, edit, error, reason=_reason())


def _changes_only(collection: Collection, edit: Update, base: Mapping[str, Any]) -> Update:
    """Leave of an edit what differs from what was seen: nobody's right is asked for fields that only travelled along."""
    layer = collection.layer
    values = {
        name: value
        for name, value in edit.values.items()
        if encode_value(layer[name], value) != encode_value(layer[name], base.get(name))
    }
    held = base.get(GEOMETRY)
    kept = edit.geometry is not UNCHANGED and _same_place(edit.geometry, held)
    return Update(edit.layer, edit.id, edit.expected_ver, values, UNCHANGED if kept else edit.geometry)


def _same_place(sent: Any, held: shapely.Geometry | None) -> bool:
    """Say whether a geometry is the one held, or that one rounded to six decimals as QGIS rounds what it did not move."""
    if sent is None or held is None:
        return sent is held
    if shapely.equals_identical(sent, held):
        return True
    rounded = shapely.transform(held, lambda points: points.round(SIX_DECIMALS))
    return bool(shapely.equals_exact(sent, rounded, tolerance=1e-12))


def _present(collection: Collection, feature_id: str, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the feature as it is, of those the person may read; where it is not there, what was to be written is kept."""
    found = collection.store.get(collection.layer.name, feature_id, reach=collection.reach)
    if found is not None:
        return found
    edit = None
    if payload is not None:
        seen = tool_edits.served_version(collection.store, collection.person, collection.layer.name, feature_id)
        edit = _updating(collection, {"id": feature_id, "expected_ver": seen, **payload})
    try:
        tool_edits.refuse_missing(collection.store, collection.layer.name, feature_id, collection.reach)
    except tool_edits.GoneError as error:
        _refuse(collection, edit, error)
    _refuse(collection, edit, NotFoundError(f"The collection {collection.layer.name} has no feature {feature_id}"))


def _version(collection: Collection, present: Mapping[str, Any], named: int | None = None) -> int:
    """Give the version that this edit is an edit of: what If-Match says, else what was served.

    Raises:
        BadRequestError: If-Match is `*`, which would overwrite whatever is there.
        PreconditionRequiredError: no If-Match, and the feature was never served to this account.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return tool_edits.expected_version(collection.store, collection.person, collection.layer.name, present, named)
    if "*" in header:
        raise BadRequestError("If-Match: * would overwrite whatever is there; send the ETag of the feature that was read")
    seen = [int(text) for text in ETAG.findall(re.sub(r'W/"[^"]*"', "", header))]
    if not seen:
        raise BadRequestError('If-Match must be the ETag of the feature that was read, for example "3"')
    return int(present[VERSION]) if present[VERSION] in seen else seen[0]


def _body(collection: Collection) -> dict[str, Any]:
    """Read a feature as GeoJSON, its geometry brought into longitude and latitude."""
    if request.mimetype not in JSON_TYPES:
        raise BadRequestError("A feature is sent as application/geo+json, a change of one as application/merge-patch+json")
    found = parse(request.get_data(cache=False))
    if not isinstance(found, dict) or found.get("type", "Feature") != "Feature":
        raise BadRequestError("One GeoJSON feature was expected")
    strange = sorted(set(found) - MEMBERS)
    if strange:
        raise BadFieldError(f"A feature has no member {strange[0][:60]!r}", field=strange[0])
    given = crs.system(request.headers.get("Content-Crs"), collection.systems, parameter="Content-Crs")
    if found.get("geometry") is not None and given.uri != crs.CRS84:
        found["geometry"] = _turned(found["geometry"], given)
    return found


def _turned(given: Any, system: crs.System) -> Any:
    try:
        moved = system.back(shapely.force_2d(shape(given)))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, shapely.errors.ShapelyError):
        raise BadShapeError("A geometry must be GeoJSON with type and coordinates") from None
    return _lists(mapping(moved))


def _lists(value: Any) -> Any:
    """Turn the tuples of a mapping into lists, as JSON has them."""
    if isinstance(value, tuple):
        return [_lists(part) for part in value]
    return {name: _lists(part) for name, part in value.items()} if isinstance(value, dict) else value


def _properties(collection: Collection, feature: Mapping[str, Any]) -> dict[str, Any]:
    """Give the properties that were sent, of the fields that the person may read."""
    found = feature.get("properties") or {}
    if not isinstance(found, dict):
        raise BadFieldError("properties must be an object of fields and values", field="properties")
    open_names = {item.name for item in collection.fields}
    strange = sorted(set(found) - open_names - {"id", VERSION, "fid"})
    if strange:
        known = ", ".join(item.name for item in collection.fields)
        raise BadFieldError(f"The collection has no field {strange[0][:60]!r}; its fields are: {known}", field=strange[0])
    return {name: value for name, value in found.items() if name in open_names}


def _edit(collection: Collection, payload: Mapping[str, Any]) -> Insert | Update | Delete:
    if payload.get("geometry", 0) is None and collection.layer.geometry is GeometryKind.NONE:
        payload = {name: value for name, value in payload.items() if name != "geometry"}
    found: Any = edit_payload.parse(collection.layer, payload)
    edit: Insert | Update | Delete = found
    return edit


def _reason() -> str:
    """Say in the history where an edit came from: what the tool says of itself, or the reason it was given."""
    given = unquote(request.headers.get("X-Reason", "")).strip()
    agent = request.headers.get("User-Agent", "").split("(")[0].strip()[:AGENT_LENGTH] or "?"
    text = given or (f"OGC API: {agent}" if desk().settings.language == "en" else f"经 OGC API 编辑（{agent}）")
    return "".join(character for character in text if character.isprintable())[:200]


def _answer(collection: Collection, number: str, sent: tool_edits.Sent, status: HTTPStatus) -> Response:
    if sent.request_id is not None:
        response = jsonify(code="collected", request_id=sent.request_id, href=f"/requests/{sent.request_id}")
        response.status_code = HTTPStatus.ACCEPTED
        return response
    response = Response(status=status)
    if sent.ver is not None:
        response.set_etag(str(sent.ver))
        note_served(collection, {number: sent.ver})
    return response
