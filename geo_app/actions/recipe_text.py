"""The recipe of one import as TOML text, so that next year's file is one command."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layers.files.recipe import Feed
    from layers.schema import Layer

PLAIN = (
    *("layer", "file", "member", "crs", "encoding", "x_field", "y_field"),
    *("columns", "constants", "translate", "repairs", "skip_bad_rows"),
)
"""Parts of a feed that an import by hand can fill."""


def recipe_text(layer: Layer, feed: Feed) -> str:
    """Write a recipe with one feed.

    Example:
        >>> from layers.catalogue import layer
        >>> from layers.files.recipe import Feed, Recipe
        >>> text = recipe_text(layer("roads"), Feed("roads", "道路.zip", columns={"segment_id": "编号"}))
        >>> Recipe.load(text).feeds[0].columns
        {'segment_id': '编号'}
    """
    lines = ["[recipe]", f"name = {_value(layer.name)}", f"title_zh = {_value(layer.zh)}", f"title_en = {_value(layer.en)}"]
    lines += ['attribution = ""', 'licence = ""', "", "[[feed]]"]
    defaults = {item.name: item.default for item in fields(feed)}
    for name in PLAIN:
        value = getattr(feed, name)
        if value is not None and value not in ({}, (), False) and value != defaults.get(name):
            lines.append(f"{name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_text(str(key))} = {_value(item)}" for key, item in value.items()) + " }"
    return _text(str(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
