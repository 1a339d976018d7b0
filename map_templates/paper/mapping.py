"""What stands inside the frame: coloured areas, layers in their order, names where there is room."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.collections import PathCollection

from map_templates import classes as class_breaks
from map_templates import symbols
from map_templates.fonts import MM_PER_POINT
from map_templates.labels import Box, Label, Placed, place
from map_templates.paper import marks
from map_templates.paper.sheet import Type, points
from map_templates.symbols import PointSymbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from map_templates.paper.projection import Window
    from map_templates.paper.sheet import Sheet
    from map_templates.spec import Choropleth, Classes, MapLayer, MapSpec
    from map_templates.symbols import Entry

POLYGONS: Final = frozenset({3, 6})
GROUND_ORDER: Final = 4.0
AREA_ORDER: Final = 6.0
MANY_AREAS: Final = 900
"""From this number of areas in the window, their edges are drawn finer."""


@dataclass
class Shown:
    """What came onto the map: legend entries (layer title, entry), names placed, names left out for lack of room."""

    entries: list[tuple[str, Entry]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    left_out: list[Label] = field(default_factory=list)


@dataclass
class _Names:
    """Names that ask for room, and the room that symbols have taken."""

    wanted: list[Label] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)


def draw_map(sheet: Sheet, spec: MapSpec, window: Window, classes: Classes | None, taken: list[Box]) -> Shown:
    """Draw everything inside the frame and say what the legend must explain."""
    shown, names = Shown(), _Names(taken=list(taken))
    sheet.rectangle(window.rect, facecolor=symbols.GROUND, edgecolor="none", zorder=GROUND_ORDER)
    for layer in sorted(spec.layers, key=lambda item: symbols.style_of(item.name).order, reverse=True):
        if layer.visible and len(layer.frame):
            shown.entries += _draw_layer(sheet, layer, window, names)
    if spec.choropleth is not None and classes is not None and len(spec.choropleth.frame):
        _draw_areas(sheet, spec.choropleth, classes, window, names)
    frame = window.rect.shrunk(0.8).box
    shown.placed, shown.left_out = place(names.wanted, frame, names.taken)
    for found in shown.placed:
        _write_label(sheet, found)
    return shown


def _draw_areas(sheet: Sheet, choropleth: Choropleth, classes: Classes, window: Window, names: _Names) -> None:
    shapes = window.draw(choropleth.frame.geometry)
    index = class_breaks.class_index(classes, class_breaks.known_values(choropleth))
    colours = symbols.ramp(choropleth.ramp, classes.size) if classes.size else ()
    polygon = np.array([s is not None and shapely.get_type_id(s) in POLYGONS for s in shapes], dtype=bool)
    known = np.flatnonzero((index >= 0) & polygon)
    edge: dict[str, Any] = {
        "edgecolors": symbols.AREA_EDGE,
        "linewidths": points(0.05 if polygon.sum() > MANY_AREAS else 0.09),
        "joinstyle": "round",
    }
    filled = PathCollection(
        [marks.area_path(shapes[i]) for i in known], facecolors=[colours[index[i]] for i in known], zorder=AREA_ORDER, **edge
    )
    marks.add(sheet, filled, marks.Place("choropleth", AREA_ORDER, window.rect))
    blank = [shapes[i] for i in np.flatnonzero((index < 0) & polygon)]
    marks.hatch(sheet, blank, window.rect, AREA_ORDER + 0.1)
    outline = PathCollection([marks.area_path(s) for s in blank], facecolors="none", zorder=AREA_ORDER + 0.2, **edge)
    marks.add(sheet, outline, marks.Place("no-data-outline", AREA_ORDER + 0.2, window.rect))
    names.wanted += _area_labels(sheet, choropleth.frame["area_name"].tolist(), shapes, symbols.STYLES["villages"])


def _draw_layer(sheet: Sheet, layer: MapLayer, window: Window, names: _Names) -> list[tuple[str, Entry]]:
    style = symbols.style_of(layer.name)
    base = (GROUND_ORDER + 0.5) if style.order < 1 else AREA_ORDER + style.order * 2
    shapes = window.draw(layer.frame.geometry)
    keys = symbols.symbol_keys(layer.name, layer.frame).to_numpy()
    present = np.array([s is not None for s in shapes], dtype=bool)
    order = symbols.legend_order(layer.name, set(keys[present]))
    for step, key in enumerate(reversed(order)):
        chosen = shapes[present & (keys == key)]
        symbol = symbols.entry_of(layer.name, key).symbol
        marks.draw(sheet, list(chosen), symbol, marks.Place(f"layer-{layer.name}", base + 0.002 * step, window.rect))
        if isinstance(symbol, PointSymbol):
            names.taken += _occupied(chosen, symbol)
    names.wanted += _layer_labels(sheet, layer, shapes, keys, window)
    return [(layer.title, symbols.entry_of(layer.name, key)) for key in order]


def _occupied(shapes: NDArray[np.object_], symbol: PointSymbol) -> list[Box]:
    half = symbol.size_mm / 2
    return [(x - half, y - half, x + half, y + half) for x, y in shapely.get_coordinates(shapes)]


def _layer_labels(
    sheet: Sheet, layer: MapLayer, shapes: NDArray[np.object_], keys: NDArray[np.object_], window: Window
) -> Iterator[Label]:
    style = symbols.style_of(layer.name)
    frame = shapely.box(*window.rect.shrunk(1).box)
    texts = layer.frame[layer.label_field] if layer.label_field is not None else []
    for text, shape, key in zip(texts, shapes, keys, strict=False):
        if shape is None or not isinstance(text, str) or not text:
            continue
        symbol = symbols.entry_of(layer.name, key).symbol
        if isinstance(symbol, PointSymbol):
            yield replace(_label(sheet, text, shapely.get_coordinates(shape)[0], style), gap_mm=symbol.size_mm / 2)
        elif shapely.get_type_id(shape) in POLYGONS:
            seen = shapely.intersection(shape, frame)
            if not shapely.is_empty(seen):
                label = _label(sheet, text, _anchor(_largest(seen)), style)
                yield replace(label, inside=shapely.buffer(seen, -1.5)) if style.label_style == "neighbour" else label


def _area_labels(sheet: Sheet, texts: list[Any], shapes: NDArray[np.object_], style: symbols.Style) -> Iterator[Label]:
    """Names of the coloured areas, each only where it fits inside its own area."""
    for text, shape in zip(texts, shapes, strict=True):
        if shape is None or not isinstance(text, str) or shapely.get_type_id(shape) not in POLYGONS:
            continue
        part = _largest(shape)
        label = replace(_label(sheet, text, _anchor(part), style), inside=part)
        left, bottom, right, top = shapely.bounds(part)
        if right - left > label.width_mm and top - bottom > label.height_mm:
            yield label


def _anchor(shape: shapely.Geometry) -> NDArray[np.float64]:
    """Centre of the largest circle inside, to half a millimetre: where a name has most room."""
    inner: NDArray[np.float64] = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 0.5))[0]
    return inner


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _label(sheet: Sheet, text: str, at: NDArray[np.float64], style: symbols.Style) -> Label:
    setting = symbols.LABELS[style.label_style]
    shown = " ".join(text) if setting.spaced and not text.isascii() else text
    width = sheet.fonts.width_mm(shown, setting.size_pt, setting.face)
    height = setting.size_pt * MM_PER_POINT * 1.05
    return Label(shown, float(at[0]), float(at[1]), width, height, style.label_rank, style=style.label_style)


def _write_label(sheet: Sheet, found: Placed) -> None:
    style = symbols.LABELS[found.label.style]
    depth = 28 - found.label.rank / 10
    setting = Type(style.size_pt, style.face, style.colour, ha="center", va="center", halo_pt=style.halo_pt, zorder=depth)
    sheet.write(found.x_mm, found.y_mm, found.label.text, setting)
