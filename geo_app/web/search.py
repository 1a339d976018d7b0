"""Search by name, code or first letters of pinyin across areas, works, projects, settlements and hamlets."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request, url_for

from geo_app.access import Permission, permission
from geo_app.actions import inputs, reach
from geo_app.web.desk import desk, person, scoped
from geo_app.web.figures import areas
from geo_app.web.language import short, title
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("search", __name__)

LAYERS_SEARCHED = ("counties", "townships", "villages", "settlements", "water_works", "projects", "hamlets", "facilities")
AREA_LAYERS = frozenset({"counties", "townships", "villages"})
MOST_HITS = 12
LONGEST = 80
_STARTS = (
    *(0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8),
    *(0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1, 0xD7FA),
)
_LETTERS = "abcdefghjklmnopqrstwxyz"
"""GB 2312 orders its 3,755 common characters by pinyin; these are the codes where each first letter begins."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found: its layer, code, name, first letters, and the area that helps to tell it apart."""

    layer: str
    code: str
    name: str
    letters: str
    area: str | None


def first_letters(name: str) -> str:
    """Give the first letters of the pinyin of a name: common characters only, others stand as they are.

    Example:
        >>> first_letters("会宁县"), first_letters("Leh")
        ('hnx', 'leh')
    """
    return "".join(_letter(character) for character in name)


def _letter(character: str) -> str:
    try:
        raw = character.encode("gb2312")
    except UnicodeEncodeError:
        return character
    if len(raw) == 1:
        return character.casefold()
    at = bisect_right(_STARTS, int.from_bytes(raw, "big"))
    return _LETTERS[at - 1] if 0 < at <= len(_LETTERS) else character


def _entries() -> list[Entry]:
    here = desk()
    held = here.store.versions()
    who = person()
    names = [name for name in LAYERS_SEARCHED if held.get(name) and reach.may(who, name)]

    def build() -> list[Entry]:
        found: list[Entry] = []
        for name, frame in inputs.read(here.store, names, person=who).items() if names else ():
            layer = declared(name)
            label = layer.name_field if layer.name_field in frame else layer.key
            own_area = next((field for field in layer.area_fields if field in frame and field != layer.key), None)
            where = frame[own_area] if own_area else [None] * len(frame)
            for code, text, area in zip(frame[layer.key], frame[label], where, strict=True):
                if isinstance(text, str):
                    found.append(Entry(name, str(code), text, first_letters(text), area if isinstance(area, str) else None))
        return found

    return here.kept.get(scoped("search", *((name, held.get(name, 0)) for name in names)), build)


def _rank(entry: Entry, text: str) -> int | None:
    name = entry.name.casefold()
    if entry.code.casefold() == text or name == text:
        return 0
    if name.startswith(text) or entry.code.casefold().startswith(text):
        return 1
    if text in name:
        return 2
    return 3 if len(text) > 1 and text.isascii() and entry.letters.startswith(text) else None


def find(text: str) -> list[Entry]:
    """Find entries whose name or code holds the text or whose first letters begin with it, the closest first."""
    text = text.strip().casefold()[:LONGEST]
    if not text:
        return []
    ranked = [(rank, place, entry) for place, entry in enumerate(_entries()) if (rank := _rank(entry, text)) is not None]
    ranked.sort(key=lambda item: item[:2])
    return [entry for _, _, entry in ranked[:MOST_HITS]]


def _hit(entry: Entry) -> dict[str, Any]:
    hierarchy = areas()
    chain = [hierarchy.name(code) for code in reversed(hierarchy.ancestors(entry.area))][-2:] if entry.area else []
    is_area = entry.layer in AREA_LAYERS
    href = url_for("areas.page", code=entry.code) if is_area else url_for("map.page", pick=f"{entry.layer}:{entry.code}")
    where = " ".join([*chain, entry.code])
    return {
        "layer": entry.layer,
        "code": entry.code,
        "name": short(entry.name),
        "kind": title(LAYERS[entry.layer]),
        "where": where,
        "href": href,
    }


@pages.get("/search")
@permission(Permission.READ)
def search() -> ResponseReturnValue:
    """Answer the search box."""
    return jsonify(hits=[_hit(entry) for entry in find(request.args.get("q", ""))])
