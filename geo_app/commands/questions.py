"""A query as options of the command, turned into the query the layers answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from geo_app.errors import BadRequestError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

_CONDITION = re.compile(r"^\s*(\w+)\s*(<=|>=|!=|=|<|>|~|\?)\s*(.*?)\s*$", re.DOTALL)
_DISTANCE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(m|km)?\s*$")
OPERATORS = {"~": "contains", "?": "is_null"}
KM = 1000.0


def spec_of(options: dict[str, Any]) -> dict[str, Any]:
    """Make a query out of a file or of --layer, --where, --within, --near, --outside and --crosses."""
    if options["spec"] is not None:
        return _read_json(options["spec"])
    if not options["layer"]:
        raise click.UsageError("Name a query file, a saved query (--name) or a layer (--layer).")
    spec: dict[str, Any] = {"layer": options["layer"]}
    if options["where"]:
        spec["where"] = [condition(text) for text in options["where"]]
    if options["within"] is not None:
        spec["within"] = geometry_of(_read_json(options["within"]))
    if options["near"]:
        spec["near"] = near(options["near"])
    relations = [
        {"relation": {"layer": options[name], "predicate": predicate}}
        for name, predicate in (("outside", "outside_all"), ("crosses", "crosses"))
        if options[name]
    ]
    if len(relations) == 1:
        spec |= relations[0]
    elif relations:
        spec["and"] = relations
    return spec


def condition(text: str) -> dict[str, Any]:
    """Read a condition.

    Example:
        >>> condition("population >= 100"), condition("name~新")["op"], condition("households?")["value"]
        ({'field': 'population', 'op': '>=', 'value': 100}, 'contains', True)
    """
    found = _CONDITION.match(text)
    if found is None:
        raise BadRequestError(
            f"The condition {text!r} cannot be read; expected FIELD and one of = != < <= > >= ~ ?, then a value."
        )
    name, sign, raw = found.groups()
    if sign == "?":
        return {"field": name, "op": "is_null", "value": raw.lower() not in {"no", "false", "0"}}
    return {"field": name, "op": OPERATORS.get(sign, sign), "value": raw if sign == "~" else _scalar(raw)}


def near(text: str) -> dict[str, Any]:
    """Read LAYER:KEY:DISTANCE; an empty key means any row of the layer.

    Example:
        >>> near("roads::2km")
        {'layer': 'roads', 'distance_m': 2000.0}
    """
    layer, _, rest = text.partition(":")
    key, _, distance = rest.rpartition(":")
    found = _DISTANCE.match(distance)
    if not layer or found is None:
        raise BadRequestError(
            f"{text!r} cannot be read; expected LAYER:KEY:DISTANCE such as water_works:W-001:500m or roads::2km."
        )
    metres = float(found[1]) * (KM if found[2] == "km" else 1.0)
    return {"layer": layer, **({"id": key} if key else {}), "distance_m": metres}


def geometry_of(content: dict[str, Any]) -> dict[str, Any]:
    """Take the geometry out of a GeoJSON geometry, feature, or collection with one feature."""
    if content.get("type") == "FeatureCollection":
        features = content.get("features") or []
        if len(features) != 1:
            raise BadRequestError(f"Expected a GeoJSON with one feature to look in, found {len(features)}.")
        content = features[0]
    if content.get("type") == "Feature":
        content = content.get("geometry") or {}
    if "coordinates" not in content:
        raise BadRequestError("Expected a GeoJSON geometry to look in, found none.")
    return content


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BadRequestError(f"{path.name} is not readable JSON.") from None
    if not isinstance(content, dict):
        raise BadRequestError(f"{path.name}: expected a JSON object.")
    return content


def _scalar(raw: str) -> Any:
    if raw.startswith("0") and raw[1:2].isdigit():
        return raw
    try:
        value = json.loads(raw)
    except ValueError:
        return raw
    return value if isinstance(value, int | float | bool | str) else raw
