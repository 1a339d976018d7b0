"""The page as a whole: where title, map, panel and footer stand, and the drawing of all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from map_templates import classes as class_breaks
from map_templates import palette
from map_templates.paper import footer as footers
from map_templates.paper import furniture, legend
from map_templates.paper.graticule import MARGIN_MM, draw_frame, draw_graticule
from map_templates.paper.locator import draw_locator
from map_templates.paper.mapping import Shown, draw_map
from map_templates.paper.projection import Window, open_window
from map_templates.paper.sheet import Rect, Sheet, Type, points
from map_templates.texts import text

if TYPE_CHECKING:
    from map_templates.fonts import Fonts
    from map_templates.labels import Box
    from map_templates.spec import Classes, Extent, MapSpec

EDGE_MM: Final = {"A4": 11.0, "A3": 15.0}
PANEL_MM: Final = {"A4": 58.0, "A3": 76.0}
LOWER_PANEL_MM: Final = {"A4": 63.0, "A3": 78.0}
GAP_MM: Final = 6.0
SCALE_MM: Final = 13.0
LOCATOR_MM: Final = 40.0
NORTH_MM: Final = 11.0
SOMEWHERE: Final = (104.0, 35.0, 106.0, 37.0)
"""What an empty map shows: the middle of the country."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Rectangles of the page; `panel` stands right of the map on a landscape page and below it on a portrait one."""

    title: Rect
    map: Rect
    panel: Rect
    footer: Rect
    beside: bool


@dataclass(frozen=True)
class Page:
    """A drawn page and what is to be reported about it."""

    sheet: Sheet
    window: Window
    layout: Layout
    shown: Shown
    classes: Classes | None
    bounds: Extent


def lay_out(spec: MapSpec, title_mm: float, footer_mm: float) -> Layout:
    """Divide the sheet, for a title and a footer of given heights."""
    width, height = spec.page.size_mm
    edge = EDGE_MM[spec.page.size]
    title = Rect(edge, height - edge + 3 - title_mm, width - 2 * edge, title_mm)
    foot = Rect(edge, edge - 3, width - 2 * edge, footer_mm)
    lowest, highest = foot.top + 3.2 + MARGIN_MM, title.y - 2.4 - MARGIN_MM
    if spec.page.orientation == "landscape":
        panel_width = PANEL_MM[spec.page.size]
        body = Rect(edge + MARGIN_MM, lowest, width - 2 * edge - 2 * MARGIN_MM - GAP_MM - panel_width, highest - lowest)
        panel = Rect(body.right + MARGIN_MM + GAP_MM, lowest - MARGIN_MM, panel_width, highest - lowest + 2 * MARGIN_MM)
        return Layout(title, body, panel, foot, beside=True)
    lower = LOWER_PANEL_MM[spec.page.size]
    panel = Rect(edge, foot.top + 3.2, width - 2 * edge, lower)
    body = Rect(
        edge + MARGIN_MM, panel.top + 4 + MARGIN_MM, width - 2 * edge - 2 * MARGIN_MM, highest - panel.top - 4 - MARGIN_MM
    )
    return Layout(title, body, panel, foot, beside=False)


@dataclass(frozen=True)
class _Plan:
    """A sheet with its divisions, footer and map window, before anything is drawn."""

    sheet: Sheet
    classes: Classes | None
    layout: Layout
    foot: footers.Footer
    window: Window
    bounds: Extent


def _plan(spec: MapSpec, fonts: Fonts) -> _Plan:
    sheet = Sheet(*spec.page.size_mm, fonts, spec.language)
    classes = class_breaks.classes_of(spec.choropleth) if spec.choropleth is not None else None
    wide = sheet.width_mm - 2 * EDGE_MM[spec.page.size]
    size, lines = furniture.title_lines(sheet, spec.title, wide)
    title_mm = furniture.title_height(size, lines, spec.subtitle)
    bounds = spec.bounds() or _highlighted(spec) or SOMEWHERE
    first = open_window(bounds, lay_out(spec, title_mm, 12).map, spec.page.scale, spec.language)
    foot = footers.compose_footer(sheet, spec, first, classes, wide)
    layout = lay_out(spec, title_mm, foot.height_mm)
    return _Plan(sheet, classes, layout, foot, open_window(bounds, layout.map, spec.page.scale, spec.language), bounds)


def oriented(spec: MapSpec, fonts: Fonts) -> MapSpec:
    """Decide an `auto` orientation: the one with the larger scale for the area, landscape where both give the same."""
    if spec.page.orientation != "auto":
        return spec
    turns: tuple[Literal["landscape"], Literal["portrait"]] = ("landscape", "portrait")
    free = [replace(spec, page=replace(spec.page, orientation=turn, scale=None)) for turn in turns]
    best = min(free, key=lambda item: _plan(item, fonts).window.scale)
    return replace(best, page=replace(best.page, scale=spec.page.scale))


def compose(spec: MapSpec, fonts: Fonts) -> Page:
    """Draw a whole page."""
    plan = _plan(spec, fonts)
    sheet, classes, layout, window = plan.sheet, plan.classes, plan.layout, plan.window
    taken: list[Box] = []
    if spec.credits.simulated:
        taken.append(furniture.simulated_mark(sheet, layout.map).box)
    shown = draw_map(sheet, spec, window, classes, taken)
    if classes is not None and not classes.size:
        said = Type(9, "sans-bold", palette.SECONDARY, va="center", halo_pt=3)
        sheet.write(layout.map.x + 4, layout.map.y + 5, text("all_unknown", spec.language), said)
    draw_graticule(sheet, window)
    draw_frame(sheet, layout.map)
    furniture.draw_title(sheet, spec, layout.title)
    footers.draw_footer(sheet, plan.foot, layout.footer)
    page = Page(sheet, window, layout, shown, classes, plan.bounds)
    (_panel_beside if layout.beside else _panel_below)(spec, page)
    return page


def _highlighted(spec: MapSpec) -> Extent | None:
    """Bounds of the area that the locator highlights, for a map that shows nothing else."""
    if spec.locator is None:
        return None
    codes = [str(code) for code in spec.locator.highlight]
    chosen = spec.locator.frame[spec.locator.frame["area_code"].astype(str).isin(codes)]
    if chosen.geometry.dropna().empty:
        return None
    west, south, east, north = (float(edge) for edge in chosen.total_bounds)
    return (west, south, east, north)


def _panel_beside(spec: MapSpec, page: Page) -> None:
    """Locator and north arrow on top, then the legend, the scale at the foot."""
    sheet, panel = page.sheet, page.layout.panel
    rows = len(legend.symbol_rows(sheet, page.shown.entries, panel.width))
    rows += 0 if page.classes is None else legend.class_rows(page.classes) + 1
    furniture.draw_north(sheet, page.window, panel.right - 5, panel.top - NORTH_MM - 2)
    y = panel.top - NORTH_MM - 5
    if spec.locator is not None:
        room = panel.height - SCALE_MM - 34 - rows * legend.ROW_MM
        height = min(LOCATOR_MM, max(room, 24.0))
        rect = Rect(panel.x, panel.top - 4 - height, panel.width - 14, height)
        draw_locator(sheet, spec.locator, page.window, rect)
        y = min(y, rect.y - 6)
    y = legend.heading(sheet, Rect(panel.x, panel.y, panel.width, y - panel.y))
    available = y - panel.y - SCALE_MM - 16
    row = min(legend.ROW_MM, max(available / max(rows, 1), 3.9))
    if spec.choropleth is not None:
        y = legend.draw_classes(sheet, spec.choropleth, spec.legend, Rect(panel.x, panel.y, panel.width, y - panel.y), row) - 1.5
    legend.draw_symbols(sheet, page.shown.entries, Rect(panel.x, panel.y, panel.width, y - panel.y), row)
    _draw_scale(page, Rect(panel.x, panel.y, panel.width, SCALE_MM))


def _panel_below(spec: MapSpec, page: Page) -> None:
    """Three columns below the map: classes, symbols, locator with north arrow and scale."""
    sheet, panel = page.sheet, page.layout.panel
    last = 56.0
    share = (panel.width - last - 2 * GAP_MM) / 2
    y = legend.heading(sheet, Rect(panel.x, panel.y, 2 * share + GAP_MM, panel.height))
    left = Rect(panel.x, panel.y, share, y - panel.y)
    if spec.choropleth is not None:
        legend.draw_classes(sheet, spec.choropleth, spec.legend, left)
        left = Rect(left.right + GAP_MM, panel.y, share, y - panel.y)
    rows = len(legend.symbol_rows(sheet, page.shown.entries, left.width))
    legend.draw_symbols(sheet, page.shown.entries, left, min(legend.ROW_MM, left.height / max(rows, 1)))
    right = Rect(panel.right - last, panel.y, last, panel.height)
    furniture.draw_north(sheet, page.window, right.right - 5, right.top - NORTH_MM - 2)
    if spec.locator is not None:
        height = right.height - SCALE_MM - 12
        draw_locator(sheet, spec.locator, page.window, Rect(right.x, right.top - 4 - height, right.width - 14, height))
    _draw_scale(page, Rect(right.x, right.y, right.width, SCALE_MM))


def _draw_scale(page: Page, rect: Rect) -> None:
    sheet = page.sheet
    words = f"{text('scale', sheet.language)}  {furniture.scale_words(page.window.scale, sheet.language)}"
    sheet.axes.plot([rect.x, rect.right], [rect.top] * 2, color=palette.INK, linewidth=points(0.2), zorder=35)
    sheet.write(rect.x, rect.top - 3.6, words, Type(8, "sans-bold", va="center"))
    furniture.draw_scale_bar(sheet, page.window, rect.x + 1, rect.y + 0.4, rect.width - 9)
