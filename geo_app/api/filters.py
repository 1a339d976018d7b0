"""A filter of another tool read into a tree of plain values: CQL2 text or CQL2 JSON, within limits, geometries in our axes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from geo_app.api import cql_text
from geo_app.api.crs import CRS84, System
from geo_app.web import bodies
from layers.errors import BadConditionError
from layers.store import cql, cql_spatial

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 4096
LANGUAGES = ("cql2-text", "cql2-json")


def read(text: str, language: str | None, given: System) -> Any:
    """Read a filter.

    Args:
        text: as it came.
        language: `cql2-text` (also when None, unless the text begins like JSON) or `cql2-json`.
        given: the CRS of geometries in it (`filter-crs`).

    Raises:
        BadConditionError: too long, too deep, or not a filter.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise BadConditionError(f"The filter is longer than {MOST_BYTES} bytes; simplify it")
    if language is None:
        language = "cql2-json" if text.lstrip().startswith("{") else "cql2-text"
    if language not in LANGUAGES:
        raise BadConditionError(f"filter-lang must be one of {', '.join(LANGUAGES)}")
    tree = cql_text.parse(text) if language == "cql2-text" else _from_json(text)
    cql.measure(tree)
    return tree if given.uri == CRS84 else _turned(tree, given)


def _from_json(text: str) -> Any:
    try:
        return bodies.parse(text)
    except bodies.BodyError as error:
        raise BadConditionError(f"The filter cannot be read as CQL2 JSON. {error}") from error


def _turned(node: Any, given: System) -> Any:
    """Bring the geometries of a filter into longitude and latitude; the tree is measured, so it is not deep."""
    if isinstance(node, list):
        return [_turned(item, given) for item in node]
    if not isinstance(node, dict):
        return node
    if "bbox" in node or ("type" in node and ("coordinates" in node or "geometries" in node)):
        return _geometry(node, given)
    return {name: _turned(item, given) if name == "args" else item for name, item in node.items()}


def _geometry(node: Mapping[str, Any], given: System) -> Any:
    found = cql_spatial.shape_of(node)
    moved: dict[str, Any] = json.loads(shapely.to_geojson(given.back(found)))
    return moved
