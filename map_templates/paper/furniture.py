"""Title, scale bar, north arrow and the mark of simulated data."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from matplotlib.patches import Polygon

from map_templates import palette
from map_templates.fonts import MM_PER_POINT
from map_templates.paper.sheet import Rect, Type, points
from map_templates.texts import text

if TYPE_CHECKING:
    from map_templates.paper.projection import Window
    from map_templates.paper.sheet import Sheet
    from map_templates.spec import MapSpec

TITLE_SIZES: Final = (21.0, 19.0, 17.0, 15.0, 13.0)
A4_SHORT_MM: Final = 210.0
FIGURE_NUMBER_MM: Final = 20.0
_BREAK: Final = re.compile(r"[，、；：）\s]|(?=（)")
_TEN_THOUSAND: Final = 10_000


def title_lines(sheet: Sheet, title: str, band_mm: float) -> tuple[float, list[str]]:
    """Set a title for a band of the sheet: one line at the largest size that fits, else two; size in points and the lines.

    Room for the figure number is kept free on both sides, so that the title stays centred.
    """
    width = band_mm - 2 * FIGURE_NUMBER_MM
    larger = math.sqrt(min(sheet.width_mm, sheet.height_mm) / A4_SHORT_MM)
    sizes = [size * larger for size in TITLE_SIZES]
    for size in sizes[:3]:
        if sheet.fonts.width_mm(title, size, "serif-bold") <= width:
            return size, [title]
    for size in sizes[2:]:
        halves = _halves(sheet, title, size, width)
        if halves is not None:
            return size, halves
    return sizes[-1], sheet.fonts.wrap(title, sizes[-1], width, "serif-bold")


def _halves(sheet: Sheet, title: str, size: float, width_mm: float) -> list[str] | None:
    """Break a title in two lines that fit, at the mark of punctuation or space nearest the middle, else between characters."""
    ends = [match.end() for match in _BREAK.finditer(title) if 0 < match.end() < len(title)]
    if not ends and not title.isascii():
        ends = [len(title) // 2 + 1]
    for end in sorted(ends, key=lambda place: abs(place - len(title) / 2)):
        lines = [title[:end].strip(), title[end:].strip()]
        if all(sheet.fonts.width_mm(line, size, "serif-bold") <= width_mm for line in lines):
            return lines
    return None


def title_height(size_pt: float, lines: list[str], subtitle: str) -> float:
    """Height of the title block in millimetres."""
    return len(lines) * size_pt * MM_PER_POINT * 1.3 + (4.6 if subtitle else 0)


def draw_title(sheet: Sheet, spec: MapSpec, band: Rect) -> None:
    """Draw title, subtitle and figure number in a band across the sheet."""
    size, lines = title_lines(sheet, spec.title, band.width)
    step = size * MM_PER_POINT * 1.3
    y = band.top - step / 2
    for line in lines:
        sheet.write(band.x + band.width / 2, y, line, Type(size, "serif-bold", ha="center", va="center"))
        y -= step
    if spec.subtitle:
        shown = sheet.fonts.wrap(spec.subtitle, 9, band.width)[0]
        sheet.write(
            band.x + band.width / 2, y + step / 2 - 2.4, shown, Type(9, colour=palette.SECONDARY, ha="center", va="center")
        )
    if spec.figure_no:
        sheet.write(band.x, band.top - size * MM_PER_POINT * 0.65, spec.figure_no, Type(9, colour=palette.SECONDARY, va="center"))


def scale_words(scale: int, language: str) -> str:
    """Print a scale the way the language does.

    Examples:
        >>> scale_words(200_000, "zh"), scale_words(7500, "zh"), scale_words(200_000, "en")
        ('1∶20 万', '1∶7500', '1:200,000')
    """
    if not language.startswith("zh"):
        return f"1:{scale:,}"
    return f"1∶{scale / _TEN_THOUSAND:g} 万" if scale >= _TEN_THOUSAND else f"1∶{scale}"


def bar_step_m(scale: int, width_mm: float) -> float:
    """Ground length of one part of a scale bar of four parts, the longest of 1, 2, 5 times a power of ten that fits.

    Examples:
        >>> bar_step_m(200_000, 45)
        2000.0
    """
    most = width_mm / 1000 * scale / 4
    power = 10.0 ** math.floor(math.log10(most))
    return max(first * power for first in (1, 2, 5) if first * power <= most * (1 + 1e-9))


def draw_scale_bar(sheet: Sheet, window: Window, x: float, y: float, width_mm: float) -> None:
    """Draw a scale bar with its left end at x; 1 m of ground is 1000 / scale mm of paper, without rounding."""
    step = bar_step_m(window.scale, width_mm)
    mm = step * 1000 / window.scale
    per_unit, unit = (1000.0, "km") if step * 4 >= 1000 else (1.0, "m")  # noqa: PLR2004 - from one kilometre up in kilometres
    for i, (start, end) in enumerate(((0, 1), (1, 2), (2, 4))):
        part = Rect(x + start * mm, y, (end - start) * mm, 1.4)
        colour = palette.INK if i % 2 == 0 else palette.PAPER
        sheet.rectangle(part, facecolor=colour, edgecolor=palette.INK, linewidth=points(0.15), zorder=35, gid=f"scale-bar-{i}")
    for mark in (0, 1, 2, 4):
        sheet.write(x + mark * mm, y + 3.0, f"{mark * step / per_unit:g}", Type(6, ha="center", va="center"))
    sheet.write(x + 4 * mm + 2.4, y + 3.0, text(unit, sheet.language), Type(6, va="center"))


def draw_north(sheet: Sheet, window: Window, x: float, y: float) -> None:
    """Draw an arrow to true north, turned from grid north by the convergence at the centre of the map; its foot at (x, y)."""
    turn = math.radians(window.projection.convergence_degrees(*window.centre_degrees()))
    cos, sin = math.cos(turn), math.sin(turn)

    def at(across: float, up: float) -> tuple[float, float]:
        return (x + across * cos - up * sin, y + across * sin + up * cos)

    for side, colour in ((-1, palette.INK), (1, palette.PAPER)):
        corners = [at(0, 8.5), at(side * 2.3, 0), at(0, 1.9)]
        sheet.axes.add_patch(Polygon(corners, facecolor=colour, edgecolor=palette.INK, linewidth=points(0.15), zorder=35))
    letter = at(0, 10.6)
    sheet.write(*letter, text("north", sheet.language), Type(8, "sans-bold", ha="center", va="center"))


def simulated_mark(sheet: Sheet, rect: Rect) -> Rect:
    """Draw the mark of simulated data in the upper right corner of the map and give the room it takes."""
    words = text("simulated", sheet.language)
    width = sheet.fonts.width_mm(words, 10, "sans-bold") + 5
    mark = Rect(rect.right - width - 2.5, rect.top - 8.5, width, 6.2)
    sheet.rectangle(
        mark, facecolor=palette.PAPER, edgecolor=palette.SIMULATED, linewidth=points(0.4), zorder=33, gid="simulated-mark"
    )
    sheet.write(
        mark.x + width / 2, mark.y + mark.height / 2, words, Type(10, "sans-bold", palette.SIMULATED, ha="center", va="center")
    )
    return mark
