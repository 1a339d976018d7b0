"""Request bodies and arguments read strictly: no NaN, no infinite number, no bottomless nesting, no surprise types."""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar, NoReturn

from flask import request

from layers.schema import PersonError


class BodyError(PersonError, ValueError):
    """A request body or argument that cannot be read as what was expected."""

    code: ClassVar[str] = "bad_request"


def _refuse_constant(text: str) -> NoReturn:
    raise BodyError(f"The JSON holds {text}; only finite numbers are taken")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BodyError(f"The number {text[:40]} is too large; only finite numbers are taken")
    return value


def parse(text: str | bytes) -> Any:
    """Read JSON text, refusing NaN, Infinity, 1e999 and nesting deeper than the reader can follow.

    Raises:
        BodyError: with a sentence for the person.
    """
    try:
        found = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        _refuse_half_characters(text, found)
    except BodyError:
        raise
    except RecursionError:
        raise BodyError("The JSON is nested too deeply") from None
    except (ValueError, UnicodeDecodeError):
        raise BodyError("The request is not readable JSON") from None
    return found


def _refuse_half_characters(text: str | bytes, found: Any) -> None:
    """Refuse half of a surrogate pair, as an escape can write it: no file, no database and no answer can hold it."""
    escape = b"\\ud" if isinstance(text, bytes) else "\\ud"
    if escape in text.lower():  # type: ignore[operator]
        try:
            json.dumps(found, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise BodyError("The JSON holds half a character (a lone surrogate)") from None


def body() -> dict[str, Any]:
    """Read the request's JSON object.

    Raises:
        BodyError: when there is none or it is something else.
    """
    found = parse(request.get_data(cache=False)) if request.is_json else None
    if not isinstance(found, dict):
        raise BodyError("A JSON object was expected")
    return found


def number_argument(name: str, default: float | None = None, *, low: float = -math.inf, high: float = math.inf) -> float:
    """Read a finite number from the address, within bounds.

    Raises:
        BodyError: naming the argument.
    """
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        raise BodyError(f"{name} must be a number") from None
    if not math.isfinite(value) or not low <= value <= high:
        raise BodyError(f"{name} must be a number from {low:g} to {high:g}")
    return value


def whole_argument(name: str, default: int, *, low: int = 0, high: int = 1_000_000_000) -> int:
    """Read a whole number from the address, within bounds."""
    return int(number_argument(name, default, low=low, high=high))


def bbox_argument() -> tuple[float, float, float, float] | None:
    """Read `bbox=west,south,east,north` in degrees of EPSG:4490; None when it is not given.

    Raises:
        BodyError: when it is not four ordered finite numbers within the globe.
    """
    text = request.args.get("bbox")
    if not text:
        return None
    try:
        parts = tuple(float(part) for part in text.split(","))
    except ValueError:
        parts = ()
    if len(parts) != 4 or not all(map(math.isfinite, parts)):  # noqa: PLR2004 - a box has four sides
        raise BodyError("bbox must be west,south,east,north in degrees")
    west, south, east, north = parts
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - the globe
        raise BodyError("bbox must lie within -180..180 and -90..90, west before east and south before north")
    return west, south, east, north
