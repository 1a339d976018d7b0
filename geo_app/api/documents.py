"""The documents about the service that are ours: what it conforms to, what a collection's fields are, the OpenAPI definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_app.api import crs
from geo_app.api.asked import DEFAULT_LIMIT, MOST_ITEMS
from geo_app.api.geojson import VERSION
from geo_app.api.provider import JSON_TYPES
from layers.schema import FieldType, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo_app.api.asked import Collection
    from layers.schema import Field

SPEC = "http://www.opengis.net/spec/"
CONFORMS = tuple(
    SPEC + name
    for name in (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-1/1.0/conf/landing-page",
        "ogcapi-common-1/1.0/conf/json",
        "ogcapi-common-1/1.0/conf/oas30",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/queryables",
        "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-4/1.0/conf/create-replace-delete",
        "ogcapi-features-4/1.0/conf/update",
        "ogcapi-features-4/1.0/conf/features",
        "ogcapi-features-4/1.0/conf/optimistic-locking-etags",
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-features-5/1.0/conf/core-roles-features",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-functions-plus",
        "cql2/1.0/conf/basic-spatial-operators",
        "cql2/1.0/conf/spatial-functions",
        "cql2/1.0/conf/property-property",
    )
)
"""`basic-spatial-operators` is the name that drafts and QGIS give to `basic-spatial-functions`."""
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
GEOMETRY_FORMATS = {
    GeometryKind.POINT: "geometry-point",
    GeometryKind.LINE: "geometry-linestring-or-multilinestring",
    GeometryKind.POLYGON: "geometry-polygon-or-multipolygon",
}
SORTED_TYPES = ("application/geo+json", "application/json")


def conformance() -> dict[str, Any]:
    """Name the conformance classes."""
    return {"conformsTo": sorted(CONFORMS)}


def queryables(collection: Collection, *, url: str, language: str) -> dict[str, Any]:
    """Describe the fields that a filter may name."""
    properties = _geometry(collection) | {item.name: _property(item, language) for item in collection.fields}
    return {
        "$schema": SCHEMA,
        "$id": url,
        "type": "object",
        "title": collection.layer.title(language),
        "properties": properties,
        "additionalProperties": False,
    }


def schema(collection: Collection, *, url: str, language: str) -> dict[str, Any]:
    """Describe a feature: its fields with titles, types, codes and limits, which are needed and which only read."""
    properties: dict[str, Any] = {"id": {"title": "id", "type": "string", "readOnly": True, "x-ogc-role": "id"}}
    properties |= _geometry(collection)
    properties |= {item.name: _property(item, language) for item in collection.fields}
    properties[VERSION] = {"title": "版本" if language == "zh" else "Version", "type": "integer", "readOnly": True}
    return {
        "$schema": SCHEMA,
        "$id": url,
        "type": "object",
        "title": collection.layer.title(language),
        "properties": properties,
        "required": [item.name for item in collection.fields if item.required],
    }


def _geometry(collection: Collection) -> dict[str, Any]:
    kind = collection.layer.geometry
    if kind is GeometryKind.NONE:
        return {}
    return {"geometry": {"format": GEOMETRY_FORMATS.get(kind, "geometry-any"), "x-ogc-role": "primary-geometry"}}


def _property(field: Field, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"title": field.title(language), **JSON_TYPES[field.type]}
    if field.type is FieldType.CODE and field.codes is not None:
        found["enum"] = [item.code for item in field.codes]
    limits = {"minimum": field.minimum, "maximum": field.maximum, "maxLength": field.length}
    found |= {name: value for name, value in limits.items() if value is not None}
    if field.pattern:
        found["pattern"] = f"^({field.pattern})$"
    if field.unit:
        found["x-ogc-unit"] = field.unit
    if field.derived:
        found["readOnly"] = True
    return found


def openapi(collections: Iterable[Collection], *, url: str, language: str) -> dict[str, Any]:
    """Give the OpenAPI 3.0 definition; it refers to nothing outside itself."""
    paths: dict[str, Any] = {
        "/": {"get": _operation("Landing page", "landing")},
        "/conformance": {"get": _operation("Conformance", "conformance")},
        "/collections": {"get": _operation("Collections", "collections")},
    }
    for item in collections:
        paths |= _paths(item, language)
    return {
        "openapi": "3.0.3",
        "info": {"title": "乡图 OGC API – Features" if language == "zh" else "Xiangtu OGC API – Features", "version": "1.0"},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {"parameters": _parameters()},
    }


def _paths(collection: Collection, language: str) -> dict[str, Any]:
    name, title = collection.layer.name, collection.layer.title(language)
    shared = [{"$ref": f"#/components/parameters/{item}"} for item in _parameters() if item != "featureId"]
    own = [
        {"name": item.name, "in": "query", "schema": dict(JSON_TYPES[item.type]), "description": item.title(language)}
        for item in collection.fields
        if item.type is not FieldType.LIST
    ]
    one = [{"$ref": "#/components/parameters/featureId"}]
    items: dict[str, Any] = {"get": _operation(title, f"get_{name}", [*shared, *own], SORTED_TYPES)}
    item_of: dict[str, Any] = {"get": _operation(title, f"get_{name}_item", one, SORTED_TYPES)}
    if collection.editable:
        items["post"] = _writing(title, f"add_{name}")
        item_of["put"] = _writing(title, f"replace_{name}", one)
        item_of["patch"] = _writing(title, f"update_{name}", one, "application/merge-patch+json")
        item_of["delete"] = _operation(title, f"delete_{name}", one, status="204")
    root = f"/collections/{name}"
    return {
        root: {"get": _operation(title, f"describe_{name}")},
        f"{root}/schema": {"get": _operation(title, f"schema_{name}")},
        f"{root}/queryables": {"get": _operation(title, f"queryables_{name}")},
        f"{root}/items": items,
        f"{root}/items/{{featureId}}": item_of,
    }


def _operation(
    summary: str,
    operation: str,
    parameters: list[dict[str, Any]] | None = None,
    types: Iterable[str] = ("application/json",),
    *,
    status: str = "200",
) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "object"}} for kind in types}
    done: dict[str, Any] = {"description": "ok"} | ({"content": content} if status == "200" else {})
    return {"summary": summary, "operationId": operation, "parameters": parameters or [], "responses": {status: done}}


def _writing(
    summary: str, operation: str, parameters: list[dict[str, Any]] | None = None, kind: str = "application/geo+json"
) -> dict[str, Any]:
    found = _operation(summary, operation, parameters, status="201" if parameters is None else "204")
    return found | {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "object"}}}}}


def _parameters() -> dict[str, Any]:
    def text(name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "in": "query", "required": False, "schema": {"type": "string", **more}}

    whole = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000, "default": 0}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": DEFAULT_LIMIT}
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    return {
        "limit": {"name": "limit", "in": "query", "required": False, "schema": limit},
        "offset": {"name": "offset", "in": "query", "required": False, "schema": whole},
        "bbox": {"name": "bbox", "in": "query", "required": False, "schema": box, "style": "form", "explode": False},
        "bbox-crs": text("bbox-crs", default=crs.CRS84),
        "crs": text("crs", default=crs.CRS84),
        "datetime": text("datetime"),
        "filter": text("filter"),
        "filter-lang": text("filter-lang", enum=["cql2-text", "cql2-json"], default="cql2-text"),
        "filter-crs": text("filter-crs", default=crs.CRS84),
        "sortby": text("sortby"),
        "featureId": {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}},
    }
