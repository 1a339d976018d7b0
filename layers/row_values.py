"""What a row knows of a field: the value, or None for unknown. Pure and without a frame; rules and checks read rows with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def known(row: Mapping[str, Any], name: str) -> Any:
    """Give the value of a field, or None when it is unknown (missing, None, NaN, NA, empty text); zero and no are known.

    >>> known({"a": float("nan"), "b": 0}, "a"), known({"a": float("nan"), "b": 0}, "b"), known({"a": " "}, "a")
    (None, 0, None)
    """
    value = row.get(name)
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(value, "__len__"):
        return value
    return None if value != value else value  # noqa: PLR0124 -- only NaN, in whatever type of number, differs from itself


def amount(row: Mapping[str, Any], name: str) -> float | None:
    """Give the value of a field as a number, or None when it is unknown or no number (the type check names that).

    >>> amount({"n": "12"}, "n"), amount({"n": "twelve"}, "n")
    (12.0, None)
    """
    value = known(row, name)
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def entries(value: Any) -> list[Any]:
    """Give the value of a list field as a list, whether it is held as one or as JSON; empty where it is neither.

    >>> entries('[1, 2]'), entries(None), entries(("a",)), entries("a; b")
    ([1, 2], [], ['a'], [])
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return list(value) if isinstance(value, (list, tuple)) else []
