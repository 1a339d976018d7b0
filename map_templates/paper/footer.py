"""The lines below the frame: CRS, sources, method and run on the left; organisation, date and review number on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from map_templates import palette
from map_templates.fonts import MM_PER_POINT
from map_templates.paper.sheet import Type
from map_templates.texts import text

if TYPE_CHECKING:
    from map_templates.paper.projection import Window
    from map_templates.paper.sheet import Rect, Sheet
    from map_templates.spec import Classes, MapSpec

SIZE_PT: Final = 6.3
LINE_MM: Final = SIZE_PT * MM_PER_POINT * 1.42
RIGHT_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Footer:
    """Wrapped lines of both columns; the first `marked` lines on the left say that data is simulated."""

    left: list[str]
    right: list[str]
    marked: int

    @property
    def height_mm(self) -> float:
        """Height of the taller column."""
        return max(len(self.left), len(self.right)) * LINE_MM


def compose_footer(sheet: Sheet, spec: MapSpec, window: Window, classes: Classes | None, width_mm: float) -> Footer:
    """Write and wrap the lines for a width."""
    language, own = sheet.language, spec.credits
    colon, stop, join = ("：", "；", "、") if language == "zh" else (": ", "; ", ", ")
    angle = window.projection.convergence_degrees(*window.centre_degrees())
    shown_angle = f"{'+' if angle >= 0 else '−'}{abs(angle):.2f}°"
    crs = own.crs_text or window.projection.description
    paragraphs = [f"{text('crs', language)}{colon}{crs}{stop}{text('grid_north', language, angle=shown_angle)}"]
    if own.sources:
        paragraphs.append(f"{text('sources', language)}{colon}{join.join(own.sources)}")
    method = [own.method] if own.method else []
    if classes is not None and classes.size:
        method.append(f"{text('classes', language)}{colon}{text(classes.method, language, k=classes.size)}")
    if own.run_id is not None:
        method.append(f"{text('run', language)} #{own.run_id}")
    paragraphs += [stop.join(method)] if method else []
    paragraphs += [own.note] if own.note else []
    left_width = width_mm * (1 - RIGHT_SHARE) - 4
    warning = sheet.fonts.wrap(text("simulated_note", language), SIZE_PT, left_width, "sans-bold") if own.simulated else []
    left = [line for paragraph in paragraphs for line in sheet.fonts.wrap(paragraph, SIZE_PT, left_width)]
    review = own.review_number or text("review_default", language)
    pairs = [("organisation", own.organisation), ("date", own.date), ("review", review)]
    right = [
        line
        for key, value in pairs
        if value
        for line in sheet.fonts.wrap(f"{text(key, language)}{colon}{value}", SIZE_PT, width_mm * RIGHT_SHARE)
    ]
    return Footer([*warning, *left], right, len(warning))


def draw_footer(sheet: Sheet, footer: Footer, rect: Rect) -> None:
    """Draw the lines from the top of a rectangle downwards, the right column flush right."""
    for i, line in enumerate(footer.left):
        warns = i < footer.marked
        setting = Type(SIZE_PT, "sans-bold" if warns else "sans", palette.SIMULATED if warns else palette.INK, va="center")
        sheet.write(rect.x, rect.top - (i + 0.5) * LINE_MM, line, setting)
    for i, line in enumerate(footer.right):
        sheet.write(rect.right, rect.top - (i + 0.5) * LINE_MM, line, Type(SIZE_PT, ha="right", va="center"))
