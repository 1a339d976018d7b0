"""A filter of another tool read into a tree of plain values: CQL2 text or CQL2 JSON, within limits, geometries in our axes.

The text is looked at before the parser sees it: the parser follows brackets and signs by recursion and would end the process on
a few thousand of them, and takes exponential time on lists within lists.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import cql2
import shapely

from geo_app.api.crs import CRS84, System
from geo_app.web import bodies
from layers.errors import BadConditionError
from layers.store import cql, cql_spatial

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 4096
LANGUAGES = ("cql2-text", "cql2-json")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_LIST = re.compile(r"\bin\s*\($", re.IGNORECASE)
_SIGNS = re.compile(r"(?:[-+]\s*){3,}")


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
    tree = _from_text(text) if language == "cql2-text" else _from_json(text)
    cql.measure(tree)
    return tree if given.uri == CRS84 else _turned(tree, given)


def _from_text(text: str) -> Any:
    _refuse_bottomless(text)
    try:
        return cql2.parse_text(text).to_json()
    except (ValueError, TypeError, cql2.ParseError):
        raise BadConditionError(
            "The filter cannot be read as CQL2 text, for example: surface_type = '水泥' AND width_m >= 3.5"
        ) from None


def _from_json(text: str) -> Any:
    try:
        return bodies.parse(text)
    except bodies.BodyError as error:
        raise BadConditionError(f"The filter cannot be read as CQL2 JSON. {error}") from error


def _refuse_bottomless(text: str) -> None:
    bare = _QUOTED.sub("''", text)
    depth, lists = 0, []
    if "\x00" in text or _SIGNS.search(bare):
        raise BadConditionError("The filter cannot be read as CQL2 text: signs without a number")
    for at, character in enumerate(bare):
        if character == "(":
            depth += 1
            if _LIST.search(bare, max(0, at - 12), at + 1):
                lists.append(depth)
        elif character == ")":
            if lists and lists[-1] == depth:
                lists.pop()
            depth -= 1
        if depth > cql.MAX_DEPTH or len(lists) > 1:
            raise BadConditionError(
                f"The filter has brackets deeper than {cql.MAX_DEPTH} levels or a list within a list; simplify it"
            )


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
