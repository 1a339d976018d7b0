"""Words for photographs of works: what speaks against one, said in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext

from processing.library.moves import MOVES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processing.library.photographs import Contradiction

SHOWN: Final = frozenset(MOVES[name].event for name in ("start", "progress", "spend", "complete", "accept", "form_asset"))
"""Events of the works: begun, progress, spending, completed, accepted, handed over."""


def contradiction(item: Contradiction | Mapping[str, Any]) -> str:
    """Say one thing that speaks against a photograph."""
    code, found, expected = _parts(item)
    texts = {
        "no_position": gettext("The photograph has no position."),
        "no_time": gettext("The photograph has no time."),
        "no_works_geometry": gettext("The project has no geometry to compare the position with."),
        "too_far": gettext("%(found)s m from the works, more than %(expected)s m.", found=found, expected=expected),
        "shifted": gettext(
            "The position looks shifted as web maps are (GCJ-02): %(found)s m off, %(expected)s m once taken back.",
            found=found,
            expected=expected,
        ),
        "in_future": gettext("Taken on %(found)s, after today.", found=found),
        "before_start": gettext("Taken on %(found)s, before the works began on %(expected)s.", found=found, expected=expected),
        "after_start": gettext(
            "Said to be from before the works, taken on %(found)s after they began on %(expected)s.",
            found=found,
            expected=expected,
        ),
        "after_completion": gettext(
            "Said to be of works under way, taken on %(found)s after completion on %(expected)s.", found=found, expected=expected
        ),
        "before_completion": gettext(
            "Said to be of completed works, taken on %(found)s before completion on %(expected)s.", found=found, expected=expected
        ),
        "before_earlier_stage": gettext(
            "Taken %(found)s, before a photograph of an earlier stage (%(expected)s).",
            found=found.replace("T", " "),
            expected=expected.replace("T", " "),
        ),
        "same_picture": gettext("The same picture is used for project %(found)s.", found=found),
        "same_picture_here": gettext("The same picture is used here already."),
        "alike_picture": gettext("Looks like a picture of project %(found)s.", found=found),
    }
    return str(texts.get(code, code))


def _parts(item: Contradiction | Mapping[str, Any]) -> tuple[str, str, str]:
    if isinstance(item, dict):
        return str(item.get("code")), str(item.get("found") or ""), str(item.get("expected") or "")
    return item.code, item.found, item.expected  # type: ignore[union-attr]


def kind(name: str) -> str:
    """Give the words for the kind of geometry that was compared."""
    return str({"line": gettext("Length"), "area": gettext("Area")}.get(name, gettext("Place")))
