"""OGC API – Features: addresses, rights and answers; reading goes through pygeoapi, writing through our one way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request
from pygeoapi.api import itemtypes

from geo_app.access import Permission, permission
from geo_app.api import asked, documents, refusals, service
from geo_app.api.collections import base_url, collection, readable, service_of, whole_service
from geo_app.api.service import OgcNotFoundError
from geo_app.api.writing import create, remove, replace, update
from geo_app.errors import BadRequestError
from geo_app.web.desk import person
from geo_app.web.language import language

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.api.asked import Asked

pages = Blueprint("ogc", __name__, url_prefix=service.PREFIX)
refusals.install(pages)

GEOJSON, SCHEMA_JSON = "application/geo+json", "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.0"
FORMATS = frozenset({"json", "html"})
ITEMS, ITEM = "/collections/<name>/items", "/collections/<name>/items/<feature_id>"
BODY_BYTES = 8_000_000
"""Largest feature: 100,000 vertices written out in full. Whom nothing is taken from gets no further than with a form."""


@pages.before_request
def _prepare() -> None:
    if person().may(Permission.SUBMIT):
        request.max_content_length = BODY_BYTES
    if request.args.get("f", "json") not in FORMATS:
        raise BadRequestError("f must be json; the first page is there as html too")


@pages.after_request
def _as_ogc(response: Response) -> Response:
    """Give a refusal the member `description` that OGC's clients read, besides ours."""
    document = response.get_json(silent=True) if response.status_code >= 400 and response.is_json else None  # noqa: PLR2004
    if isinstance(document, dict) and "message" in document:
        response.set_data(current_app.json.dumps(document | {"description": document["message"]}))
    return response


def _sent(document: dict[str, Any], kind: str = "application/json", **headers: str) -> Response:
    response = jsonify(document)
    response.headers["Content-Type"] = kind
    response.headers.update(headers)
    return response


def _wants_page() -> bool:
    chosen = request.args.get("f")
    if chosen is not None:
        return chosen == "html"
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json")
    return best == "text/html"


@pages.get("", strict_slashes=False)
@pages.get("/", strict_slashes=False)
@permission(Permission.READ)
def landing() -> ResponseReturnValue:
    """Give the first page: for a tool what is where, for a person how to connect."""
    if _wants_page():
        rows = [{"layer": item.layer, "editable": item.editable} for item in readable()]
        return render_template("ogc.html", address=base_url(), rows=rows)
    document = service.landing(whole_service())
    document["links"] = [link for link in document["links"] if link["rel"] != "service-doc"]
    document["links"].append({"rel": "service-doc", "type": "text/html", "title": "乡图", "href": f"{base_url()}?f=html"})
    return _sent(document)


@pages.get("/conformance")
@permission(Permission.READ)
def conformance() -> ResponseReturnValue:
    """Say what the service conforms to."""
    return _sent(documents.conformance())


@pages.get("/openapi")
@pages.get("/api")
@permission(Permission.READ)
def openapi() -> ResponseReturnValue:
    """Give the OpenAPI definition."""
    return _sent(documents.openapi(readable(), url=base_url(), language=language()), OPENAPI_JSON)


@pages.get("/collections", strict_slashes=False)
@permission(Permission.READ)
def collections() -> ResponseReturnValue:
    """List what the person may read."""
    return _sent(service.collections(whole_service()))


@pages.get("/collections/<name>", strict_slashes=False)
@permission(Permission.READ)
def describe(name: str) -> ResponseReturnValue:
    """Describe a collection."""
    return _sent(service.collections(service_of(collection(name)), name))


@pages.get("/collections/<name>/queryables")
@permission(Permission.READ)
def queryables(name: str) -> ResponseReturnValue:
    """Describe the fields that a filter may name."""
    found = collection(name)
    return _sent(documents.queryables(found, url=_own_url(name, "queryables"), language=language()), SCHEMA_JSON)


@pages.get("/collections/<name>/schema")
@permission(Permission.READ)
def schema(name: str) -> ResponseReturnValue:
    """Describe a feature of a collection."""
    found = collection(name)
    return _sent(documents.schema(found, url=_own_url(name, "schema"), language=language()), SCHEMA_JSON)


def _own_url(name: str, *more: str) -> str:
    return "/".join([base_url(), "collections", name, *more])


@pages.route(ITEMS, methods=["GET"], provide_automatic_options=False)
@permission(Permission.READ)
def items(name: str) -> ResponseReturnValue:
    """Give a page of features."""
    found = collection(name)
    wanted: Asked = asked.read(found, request.args)
    g.ogc_asked = wanted
    told = service.ask(itemtypes.get_collection_items, service_of(found), name)
    told.document["links"] = _page_links(name, told.document)
    return _sent(told.document, GEOJSON, **_content_crs(told))


def _content_crs(told: service.Told) -> dict[str, str]:
    return {"Content-Crs": told.headers["Content-Crs"]}


def _page_links(name: str, document: dict[str, Any]) -> list[dict[str, str]]:
    """Lead to the pages around this one with everything that was asked: pygeoapi does not know our part of the query."""
    given = {key: value for key, value in request.args.items() if key != "offset"}
    offset = int(request.args.get("offset") or 0)
    limit = min(int(request.args.get("limit") or asked.DEFAULT_LIMIT), asked.MOST_ITEMS)

    def link(rel: str, start: int) -> dict[str, str]:
        query = urlencode(given | ({"offset": start} if start else {}))
        return {"rel": rel, "type": GEOJSON, "title": rel, "href": _own_url(name, "items") + (f"?{query}" if query else "")}

    links = [link("self", offset)]
    if offset + document["numberReturned"] < document["numberMatched"] and document["numberReturned"]:
        links.append(link("next", offset + limit))
    if offset:
        links.append(link("prev", max(0, offset - limit)))
    return [*links, {"rel": "collection", "type": "application/json", "title": name, "href": _own_url(name)}]


@pages.route(ITEM, methods=["GET"], provide_automatic_options=False)
@permission(Permission.READ)
def item(name: str, feature_id: str) -> ResponseReturnValue:
    """Give one feature with its version as ETag; 304 where the client holds it."""
    found = collection(name)
    strange = sorted(set(request.args) - {"crs", "f", "lang"})
    if strange:
        raise BadRequestError(f"There is no parameter {strange[0][:60]!r} for one feature; there are crs and f")
    g.ogc_asked = asked.read(found, {})
    try:
        told = service.ask(itemtypes.get_collection_item, service_of(found), name, feature_id)
    except OgcNotFoundError:
        raise OgcNotFoundError(f"The collection {name} has no feature {feature_id}") from None
    service.with_own_links(told.document)
    response = _sent(told.document, GEOJSON, **_content_crs(told))
    response.set_etag(str(told.document["properties"]["ver"]))
    return response.make_conditional(request)


@pages.route(ITEMS, methods=["OPTIONS"])
@permission(Permission.READ)
def items_options(name: str) -> ResponseReturnValue:
    """Say whether the person may add features, as QGIS asks before it offers editing."""
    return _allowed("POST" if collection(name).editable else "")


@pages.route(ITEM, methods=["OPTIONS"])
@permission(Permission.READ)
def item_options(name: str, feature_id: str) -> ResponseReturnValue:
    """Say what the person may do to a feature; the feature itself is not looked up, QGIS asks about one that never was."""
    del feature_id
    return _allowed("PUT, PATCH, DELETE" if collection(name).editable else "")


def _allowed(writing: str) -> Response:
    response = Response(status=200)
    response.headers["Allow"] = "GET, HEAD, OPTIONS" + (f", {writing}" if writing else "")
    response.headers["Accept-Patch"] = "application/merge-patch+json"
    return response


@pages.route(ITEMS, methods=["POST"], provide_automatic_options=False)
@permission(Permission.EDIT)
def add(name: str) -> ResponseReturnValue:
    """Add a feature."""
    return create(collection(name), _own_url(name, "items"))


@pages.route(ITEM, methods=["PUT"], provide_automatic_options=False)
@permission(Permission.EDIT)
def put(name: str, feature_id: str) -> ResponseReturnValue:
    """Replace a feature."""
    return replace(collection(name), feature_id)


@pages.route(ITEM, methods=["PATCH"], provide_automatic_options=False)
@permission(Permission.EDIT)
def patch(name: str, feature_id: str) -> ResponseReturnValue:
    """Change parts of a feature."""
    return update(collection(name), feature_id)


@pages.route(ITEM, methods=["DELETE"], provide_automatic_options=False)
@permission(Permission.EDIT)
def delete(name: str, feature_id: str) -> ResponseReturnValue:
    """Remove a feature."""
    return remove(collection(name), feature_id)
