"""The legend: classes with the number of areas in each, no data hatched, the target, and the symbols that are on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from map_templates import classes as class_breaks
from map_templates import palette
from map_templates.palette import FillSymbol, LineSymbol
from map_templates.paper import marks
from map_templates.paper.sheet import Rect, Type, points
from map_templates.texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from map_templates.paper.sheet import Sheet
    from map_templates.spec import Choropleth, Classes, Legend
    from map_templates.symbols import Entry

SWATCH: Final = (8.0, 3.7)
ROW_MM: Final = 5.3
BAR_MM: Final = 15.0
TARGET: Final = LineSymbol(palette.TARGET_LINE, 0.35, dash_mm=(1.4, 0.7), round_caps=False)
_TEXT: Final = Type(7)
_SMALL: Final = Type(6.2, colour=palette.SECONDARY)
_BOLD: Final = Type(8, "sans-bold")


def heading(sheet: Sheet, rect: Rect) -> float:
    """Write 图例 over a rule and give the y below it."""
    words = text("legend", sheet.language)
    spaced = "　".join(words) if sheet.language.startswith("zh") else words
    sheet.write(rect.x, rect.top - 2.6, spaced, Type(11, "sans-bold", va="center"))
    sheet.axes.plot([rect.x, rect.right], [rect.top - 6] * 2, color=palette.INK, linewidth=points(0.2), zorder=35)
    return rect.top - 9.2


def class_rows(classes: Classes) -> int:
    """Number of rows of the class block: the classes and no data."""
    return classes.size + 1


def draw_classes(sheet: Sheet, choropleth: Choropleth, legend: Legend, rect: Rect, row_mm: float = ROW_MM) -> float:
    """Draw the classes from the top of a rectangle downwards and give the y below them."""
    classes = class_breaks.classes_of(choropleth)
    title = choropleth.title + (f" / {choropleth.unit}" if choropleth.unit else "")
    y = sheet.lines(rect.x, rect.top - 1.6, sheet.fonts.wrap(title, _BOLD.size_pt, rect.width - 1, "sans-bold"), _BOLD)
    colours: list[str | None] = list(palette.ramp(choropleth.ramp, classes.size)) if classes.size else []
    rows = [*zip(colours, class_breaks.class_labels(classes), classes.counts, strict=True)]
    rows.append((None, text("no_data", sheet.language), classes.no_data))
    words = rect.x + SWATCH[0] + 2.2
    bars = words + max(sheet.fonts.width_mm(label, _TEXT.size_pt) for _, label, _ in rows) + 5
    per_area = min(BAR_MM, rect.right - bars - 6) / max(1, *(count for _, _, count in rows))
    if legend.show_counts:
        noun = text("number_of", sheet.language, noun=choropleth.unit_noun or text("areas", sheet.language))
        sheet.write(bars, y - 0.4, noun, _SMALL)
        y -= 4.2
    for i, (colour, label, count) in enumerate(rows):
        _class_swatch(sheet, Rect(rect.x, y - SWATCH[1] / 2, *SWATCH), colour)
        sheet.write(words, y, label, _TEXT)
        if legend.show_counts:
            if count:
                _class_swatch(sheet, Rect(bars, y - 1.0, max(per_area * count, 0.15), 2.0), colour)
            sheet.write(bars + per_area * count + 0.9, y, f"{count:,}", Type(6), gid="class-count")
        if i and i < classes.size and choropleth.target == classes.breaks[i]:
            line = shapely.LineString([(rect.x - 1, y + row_mm / 2), (bars - 2, y + row_mm / 2)])
            marks.draw(sheet, [line], TARGET, marks.Place("target-line", 36))
        y -= row_mm
    y += row_mm - 4.6
    notes = [_target_words(choropleth, sheet.language)] if choropleth.target is not None else []
    for note in [*notes, *legend.notes]:
        y = sheet.lines(rect.x, y, sheet.fonts.wrap(note, _SMALL.size_pt, rect.width), _SMALL)
    return y


def _class_swatch(sheet: Sheet, rect: Rect, colour: str | None) -> None:
    if colour is None:
        marks.hatch(sheet, [shapely.box(*rect.box)], rect, 34)
        sheet.rectangle(rect, edgecolor=palette.NO_DATA_LINE, linewidth=points(0.12), zorder=35)
    else:
        sheet.rectangle(rect, facecolor=colour, edgecolor=palette.AREA_EDGE, linewidth=points(0.12), zorder=35)


def _target_words(choropleth: Choropleth, language: str) -> str:
    """Say how many areas meet the target and how many do not; where it lies between low and high, that cannot be known."""
    target = float(choropleth.target or 0)
    value = class_breaks.known_values(choropleth)
    low, high = (
        choropleth.frame[name].astype("float64").fillna(choropleth.frame["value"]).to_numpy() for name in ("low", "high")
    )
    known = np.isfinite(value)
    met, failed = int((known & (low >= target)).sum()), int((known & (high < target)).sum())
    rest = len(value) - met - failed
    counted = [("met", met), ("not_met", failed), ("cannot_be_known", rest)]
    comma, colon = ("，", "：") if language.startswith("zh") else (", ", ": ")
    head = text("target", language, value=f"{target:g} {choropleth.unit}".strip())
    return head + colon + comma.join(f"{text(word, language)} {count:,}" for word, count in counted)


def symbol_rows(sheet: Sheet, entries: Sequence[tuple[str, Entry]], width_mm: float) -> list[list[tuple[float, Entry, str]]]:
    """Arrange entries in two columns, a long label in a row of its own; gives (x offset, entry, label) by row."""
    half = width_mm / 2
    rows: list[list[tuple[float, Entry, str]]] = []
    for title, entry in entries:
        label = entry.label(sheet.language, title)
        wide = sheet.fonts.width_mm(label, _TEXT.size_pt) > half - SWATCH[0] - 3
        if wide or not rows or len(rows[-1]) == 2 or rows[-1][0][0] < 0:  # noqa: PLR2004 - two columns
            rows.append([(-1.0 if wide else 0.0, entry, label)])
        else:
            rows[-1].append((half, entry, label))
    return rows


def draw_symbols(sheet: Sheet, entries: Sequence[tuple[str, Entry]], rect: Rect, row_mm: float = ROW_MM) -> float:
    """Draw the symbols of the layers from the top of a rectangle downwards and give the y below them."""
    y = rect.top - 2
    for row in symbol_rows(sheet, entries, rect.width):
        for offset, entry, label in row:
            x = rect.x + max(offset, 0.0)
            _swatch(sheet, entry, x, y)
            sheet.write(x + SWATCH[0] + 2.2, y, label, _TEXT)
        y -= row_mm
    return y


def _swatch(sheet: Sheet, entry: Entry, x: float, y: float) -> None:
    symbol = entry.symbol
    place = marks.Place("legend-symbol", 35)
    if isinstance(symbol, LineSymbol):
        marks.draw(sheet, [shapely.LineString([(x, y), (x + SWATCH[0], y)])], symbol, place)
    elif isinstance(symbol, FillSymbol) and symbol.fill is None:
        line = shapely.LineString([(x, y), (x + SWATCH[0], y)])
        if symbol.band:
            band = FillSymbol(symbol.band, symbol.band_opacity)
            marks.draw(sheet, [shapely.box(x, y - symbol.band_mm / 2, x + SWATCH[0], y + symbol.band_mm / 2)], band, place)
        edge = LineSymbol(symbol.outline or palette.INK, symbol.outline_mm, dash_mm=symbol.dash_mm, round_caps=False)
        marks.draw(sheet, [line], edge, place)
    elif isinstance(symbol, FillSymbol):
        marks.draw(sheet, [shapely.box(x, y - 1.75, x + SWATCH[0], y + 1.75)], symbol, place)
    else:
        marks.draw(sheet, [shapely.Point(x + SWATCH[0] / 2, y)], symbol, place)
