"""Edits of a change request on its page: the difference, the three states of what was changed meanwhile, the open choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext

from geo_app.actions.diff_map import Drawn
from geo_app.actions.merge import same
from geo_app.web import difference
from geo_app.web.difference import GEOMETRY
from geo_app.web.language import title

if TYPE_CHECKING:
    from geo_app.actions.merge import FieldMerge
    from geo_app.actions.requests import Item


@dataclass(frozen=True, slots=True)
class Row:
    """One edit on the review page: its difference, and what stands against it.

    `sides` has the key, the title and the measures of the geometry as it was seen, as requested and as it is now, where the
    feature was changed or removed meanwhile and the three are not the same.
    """

    item: Item
    shown: difference.Shown
    open_parts: tuple[dict[str, str], ...]
    sides: tuple[tuple[str, str, str], ...]
    drawn: Drawn


def row(item: Item) -> Row:
    """Describe an edit of a request."""
    before = item.now if item.now is not None else item.base
    after = item.applied
    found = difference.shown(item.layer, before, after) if before is not None or after is not None else None
    if found is None:
        found = difference.shown(item.layer, {}, None)
    parts = () if item.merge is None or not item.stale else item.merge.parts
    conflicts = [_open(item, part) for part in parts if part.state == "conflict"] if item.after is not None else []
    three = _three(item)
    drawn = found.drawn() if three is None else _drawn(item, found.name, three)
    return Row(item, found, tuple(conflicts), () if three is None else _sides(item, three), drawn)


def _open(item: Item, part: FieldMerge) -> dict[str, str]:
    name = gettext("Geometry") if part.name == GEOMETRY else title(item.layer[part.name])
    return {
        "name": part.name,
        "title": str(name),
        "chosen": request.form.get(f"choice:{item.at}:{part.name}", ""),
        "base": difference.said(item.layer, part.name, part.base),
        "mine": difference.said(item.layer, part.name, part.mine, seen=part.base),
        "theirs": difference.said(item.layer, part.name, part.theirs, seen=part.base),
    }


def _three(item: Item) -> tuple[Any, Any, Any] | None:
    """Give the geometry as it was seen, as requested and as it is, of a feature changed meanwhile; None where nothing differs."""
    if not item.stale or item.base is None:
        return None
    seen, asked, now = (None if state is None else state.get(GEOMETRY) for state in (item.base, item.after, item.now))
    return None if seen is None or (same(seen, asked) and same(seen, now)) else (seen, asked, now)


def _sides(item: Item, three: tuple[Any, Any, Any]) -> tuple[tuple[str, str, str], ...]:
    seen = three[0]
    titles = (("before", gettext("As it was seen")), ("after", gettext("The request")), ("present", gettext("Now")))
    return tuple(
        (key, str(word), difference.said(item.layer, GEOMETRY, shape, seen=seen))
        for (key, word), shape in zip(titles, three, strict=True)
    )


def _drawn(item: Item, name: str, three: tuple[Any, Any, Any]) -> Drawn:
    seen, asked, now = three
    return Drawn(
        item.layer, name, before=seen, after=None if same(seen, asked) else asked, present=None if same(seen, now) else now
    )
