"""The fonts of the printed page: found or a clear failure, widths in millimetres, line breaks, glyphs that are not there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.ft2font import LoadFlags

from map_templates.errors import FontMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.ft2font import FT2Font

SANS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN")
SERIF: Final = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN")
GETA: Final = "〓"
"""What printers set where a character is not in the type case."""
PROBE: Final = "乡图"
MM_PER_POINT: Final = 25.4 / 72
_WORD: Final = re.compile(r"[A-Za-z0-9_.,:;%/#()+°′″\-–]+\s?|\s|.", re.DOTALL)
_NOT_FIRST: Final = frozenset("，。；：、！？）》」』”’％%)")


def _find(families: tuple[str, ...], weight: str) -> FontProperties | None:
    for family in families:
        chosen = FontProperties(family=[family], weight=weight)
        try:
            fontManager.findfont(chosen, fallback_to_default=False)
        except ValueError:
            continue
        return chosen
    return None


@dataclass(frozen=True)
class Fonts:
    """Sans and serif in two weights; one without a serif family takes the sans for it."""

    faces: dict[str, FontProperties] = field(hash=False)

    def face(self, name: str) -> FontProperties:
        """Give the face `sans`, `sans-bold`, `serif` or `serif-bold`."""
        return self.faces[name]

    def width_mm(self, text: str, size_pt: float, face: str = "sans") -> float:
        """Width of a line of text in millimetres.

        Examples:
            >>> 6.9 < load().width_mm("会宁", 10) < 7.2
            True
        """
        return sum(self._advance(character, face) for character in text) * size_pt * MM_PER_POINT

    def _advance(self, character: str, face: str) -> float:
        return _advance(self.faces[face], character)

    def wrap(self, text: str, size_pt: float, width_mm: float, face: str = "sans") -> list[str]:
        """Break text into lines no wider than `width_mm`: between any two Chinese characters, between words elsewhere.

        Examples:
            >>> load().wrap("会宁县道路", 10, 11)
            ['会宁县', '道路']
        """
        lines, line, width = [], "", 0.0
        for word in _WORD.findall(text):
            extent = self.width_mm(word.rstrip(), size_pt, face)
            if line and width + extent > width_mm and word not in _NOT_FIRST:
                lines.append(line.rstrip())
                line, width = "", 0.0
                if word.isspace():
                    continue
            line += word
            width += self.width_mm(word, size_pt, face)
        return [*lines, line.rstrip()] if line.strip() or not lines else lines

    def missing(self, texts: Iterable[str], face: str = "sans") -> set[str]:
        """Give the characters that the face cannot draw."""
        known = _character_map(self.faces[face])
        return {character for text in texts for character in text if ord(character) not in known and not character.isspace()}


def load() -> Fonts:
    """Find the fonts of the page.

    Raises:
        FontMissingError: No family with Chinese glyphs is installed.
    """
    faces: dict[str, FontProperties] = {}
    for name, families, weight in (
        ("sans", SANS, "regular"),
        ("sans-bold", SANS, "bold"),
        ("serif", SERIF, "regular"),
        ("serif-bold", SERIF, "bold"),
    ):
        found = _find(families, weight) or faces.get(name.replace("serif", "sans"))
        if found is not None:
            faces[name] = found
    if "sans" not in faces or any(ord(character) not in _character_map(faces["sans"]) for character in PROBE):
        raise FontMissingError(
            "A printed map needs a font with Chinese glyphs; none of "
            f"{', '.join(SANS)} was found. Install one, on Debian or Ubuntu: apt-get install fonts-noto-cjk; then run again."
        )
    return Fonts(faces)


@cache
def _font(face: FontProperties) -> FT2Font:
    return get_font(fontManager.findfont(face))


@cache
def _character_map(face: FontProperties) -> frozenset[int]:
    return frozenset(_font(face).get_charmap())


@cache
def _advance(face: FontProperties, character: str) -> float:
    """Advance of one character in units of the type size; a missing one counts as a full square."""
    font = _font(face)
    if ord(character) not in _character_map(face):
        return 1.0
    font.set_size(100, 72)
    return float(font.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 100
