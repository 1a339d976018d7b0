"""What stands inside the frame: coloured areas, layers in their order, names where there is room."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from geopandas import GeoSeries
from matplotlib.collections import PathCollection

from map_templates import classes as class_breaks
from map_templates import palette, symbols
from map_templates.fonts import MM_PER_POINT
from map_templates.labels import Box, Label, Placed, place, short_name
from map_templates.palette import PointSymbol
from map_templates.paper import marks
from map_templates.paper.projection import sound
from map_templates.paper.sheet import Type, points
from map_templates.texts import text

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
BOUNDARIES: Final = frozenset({"outline", "counties"})
SLIVER_SHARE: Final = 1e-4
MAIN_RANK: Final = 2
"""Names up to this rank (counties, townships) may stand on symbols smaller than `MINOR_MM`; their halo keeps them readable."""
MINOR_MM: Final = 1.6
HELD: Final = frozenset({"neighbour", "county"})
"""Names of layers in these styles stand inside their own area."""
TOP_STYLE: Final = "county"
"""Names in this style may stand on any symbol if there is no other room."""
UNCROWDED: Final = 90
SMALLEST: Final = 0.55
AREA_NAMES: Final = (("counties", 12), ("townships", 120), ("villages", 10_000))
"""Whose label style names of coloured areas take, and up to how many areas."""
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
    """Names that ask for room, and the room that symbols have taken; small symbols give way to important names."""

    wanted: list[Label] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)
    minor: list[Box] = field(default_factory=list)
    marks: list[Box] = field(default_factory=list)

    def place(self, sheet: Sheet, frame: Box) -> tuple[list[Placed], list[Label]]:
        """Place names, the important ones over small symbols if need be; an area is not named again where its seat is."""
        seats = {_plain(label) for label in self.wanted if label.gap_mm}
        again = [label for label in self.wanted if label.inside is not None and _plain(label) in seats]
        first = [label for label in self.wanted if not any(label is other for other in again)]
        main = [label for label in first if label.rank <= MAIN_RANK]
        placed, left = place(main, frame, [*self.taken, *self.minor])
        more, left = place(left, frame, [*self.taken, *(found.box for found in placed)])
        placed += more
        top = [label for label in left if label.style == TOP_STYLE]
        smaller = [label for label in (_smaller(sheet, label) for label in top) if label is not None]
        for tries in (top, smaller):
            lacking = [label for label in tries if _plain(label) not in {_plain(found.label) for found in placed}]
            more, _ = place(lacking, frame, [*self.marks, *(found.box for found in placed)])
            placed += more
        named = {_plain(found.label) for found in placed}
        left = [label for label in left if _plain(label) not in named]
        rest = [label for label in first if label.rank > MAIN_RANK] + [label for label in again if _plain(label) not in named]
        busy = [*self.taken, *self.minor, *(found.box for found in placed)]
        more, rest = place(rest, frame, busy)
        return placed + more, left + rest


def _plain(label: Label) -> str:
    return label.text.replace(" ", "")


def draw_map(sheet: Sheet, spec: MapSpec, window: Window, classes: Classes | None, taken: list[Box]) -> Shown:
    """Draw everything inside the frame and say what the legend must explain."""
    shown, names = Shown(), _Names(taken=list(taken), marks=list(taken))
    sheet.rectangle(window.rect, facecolor=palette.GROUND, edgecolor="none", zorder=GROUND_ORDER)
    for layer in sorted(spec.layers, key=lambda item: symbols.style_of(item.name).order, reverse=True):
        if layer.visible and len(layer.frame):
            shown.entries += _draw_layer(sheet, layer, window, names)
    if spec.choropleth is not None and classes is not None and len(spec.choropleth.frame):
        _draw_areas(sheet, spec.choropleth, classes, window, names)
        shown.entries += _draw_outline(sheet, spec, window)
    frame = window.rect.shrunk(0.8).box
    shown.placed, shown.left_out = names.place(sheet, frame)
    smaller = [label for label in (_smaller(sheet, label) for label in shown.left_out) if label is not None]
    again, _ = place(smaller, frame, [*names.taken, *names.minor, *(found.box for found in shown.placed)])
    shown.placed += again
    named = {(_plain(found.label), found.label.inside) for found in again}
    shown.left_out = [label for label in shown.left_out if (_plain(label), label.inside) not in named]
    for found in shown.placed:
        _write_label(sheet, found)
    return shown


def _draw_areas(sheet: Sheet, choropleth: Choropleth, classes: Classes, window: Window, names: _Names) -> None:
    shapes = window.draw(choropleth.frame.geometry)
    index = class_breaks.class_index(classes, class_breaks.known_values(choropleth))
    colours = palette.ramp(choropleth.ramp, classes.size) if classes.size else ()
    polygon = np.array([s is not None and shapely.get_type_id(s) in POLYGONS for s in shapes], dtype=bool)
    known = np.flatnonzero((index >= 0) & polygon)
    edge: dict[str, Any] = {
        "edgecolors": palette.AREA_EDGE,
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
    names.wanted += _area_labels(sheet, choropleth.frame["area_name"].tolist(), shapes)


def _smaller(sheet: Sheet, label: Label) -> Label | None:
    """Give the name of an area in the next smaller style; None where it has no area or no smaller style."""
    steps = [symbols.STYLES[name] for name, _ in AREA_NAMES]
    following = {style.label_style: after for style, after in pairwise(steps)}
    if label.inside is None or label.style not in following:
        return None
    at = np.array([label.x_mm, label.y_mm])
    return replace(_label(sheet, _plain(label), at, following[label.style]), inside=label.inside)


def _draw_outline(sheet: Sheet, spec: MapSpec, window: Window) -> list[tuple[str, Entry]]:
    """Draw the boundary of all coloured areas together, unless a layer brings boundaries of its own."""
    if spec.choropleth is None or any(layer.visible and layer.name in BOUNDARIES for layer in spec.layers):
        return []
    whole = spec.choropleth.frame.geometry.dropna()
    whole = whole[whole.geom_type.isin(["Polygon", "MultiPolygon"])]
    if whole.empty:
        return []
    shapes = window.draw(
        GeoSeries([_without_slivers(shapely.union_all(sound(np.asarray(whole.array, dtype=object))))], crs=whole.crs)
    )
    entry = symbols.entry_of("outline", "")
    marks.draw(sheet, list(shapes), entry.symbol, marks.Place("outline", AREA_ORDER + 10.4, window.rect))
    words = text("boundary", spec.language, name=spec.area_name) if spec.area_name else text("mapped", spec.language)
    return [(words, entry)] if any(shape is not None for shape in shapes) else []


def _without_slivers(whole: shapely.Geometry) -> shapely.Geometry:
    """Close the pin holes that neighbours with not quite equal edges leave between them; real holes stay."""
    least = SLIVER_SHARE * shapely.area(whole)
    parts = [
        shapely.Polygon(part.exterior, [ring for ring in part.interiors if shapely.area(shapely.Polygon(ring)) > least])
        for part in shapely.get_parts(whole)
        if shapely.area(part) > least
    ]
    return shapely.MultiPolygon(parts)


def _draw_layer(sheet: Sheet, layer: MapLayer, window: Window, names: _Names) -> list[tuple[str, Entry]]:
    style = symbols.style_of(layer.name)
    base = (GROUND_ORDER + 0.5) if style.order < 1 else AREA_ORDER + style.order * 2
    shapes = window.draw(layer.frame.geometry)
    keys = symbols.symbol_keys(layer.name, layer.frame).to_numpy()
    present = np.array([s is not None for s in shapes], dtype=bool)
    order = symbols.legend_order(layer.name, set(keys[present]))
    entries = []
    for step, key in enumerate(reversed(order)):
        chosen = shapes[present & (keys == key)]
        entry = symbols.entry_of(layer.name, key)
        symbol = symbols.scaled(entry.symbol, _crowding(chosen))
        entries.append((layer.title, replace(entry, symbol=symbol)))
        marks.draw(sheet, list(chosen), symbol, marks.Place(f"layer-{layer.name}", base + 0.002 * step, window.rect))
        if isinstance(symbol, PointSymbol):
            (names.minor if symbol.size_mm < MINOR_MM else names.taken).extend(_occupied(chosen, symbol))
    names.wanted += _layer_labels(sheet, layer, shapes, keys, window)
    return entries[::-1]


def _crowding(shapes: NDArray[np.object_]) -> float:
    """Share of their full size at which point symbols of one kind are drawn: less where many stand in the window."""
    count = int((shapely.get_type_id(shapes) == 0).sum())
    return float(np.clip(np.sqrt(UNCROWDED / max(count, 1)), SMALLEST, 1.0))


def _occupied(shapes: NDArray[np.object_], symbol: PointSymbol) -> list[Box]:
    half = symbol.size_mm / 2
    return [(x - half, y - half, x + half, y + half) for x, y in shapely.get_coordinates(shapes)]


def _layer_labels(
    sheet: Sheet, layer: MapLayer, shapes: NDArray[np.object_], keys: NDArray[np.object_], window: Window
) -> Iterator[Label]:
    style = symbols.style_of(layer.name)
    frame = shapely.box(*window.rect.shrunk(1).box)
    texts = layer.frame[layer.label_field] if layer.label_field is not None else []
    for words, shape, key in zip(texts, shapes, keys, strict=False):
        if shape is None or not isinstance(words, str) or not words:
            continue
        symbol = symbols.entry_of(layer.name, key).symbol
        if isinstance(symbol, PointSymbol):
            yield replace(_label(sheet, short_name(words), shapely.get_coordinates(shape)[0], style), gap_mm=symbol.size_mm / 2)
        elif shapely.get_type_id(shape) in POLYGONS:
            seen = shapely.intersection(shape, frame)
            if not shapely.is_empty(seen):
                label = _label(sheet, words, _anchor(_largest(seen)), style)
                yield replace(label, inside=shapely.buffer(seen, -1.5)) if style.label_style in HELD else label


def _area_labels(sheet: Sheet, texts: list[Any], shapes: NDArray[np.object_]) -> Iterator[Label]:
    """Names of the coloured areas, larger where the areas are few, each only where it fits inside its own area."""
    areas = [(short_name(words), s) for words, s in zip(texts, shapes, strict=True) if s is not None and isinstance(words, str)]
    sizes = [symbols.STYLES[name] for name, most in AREA_NAMES if len(areas) <= most]
    for words, shape in areas:
        if shapely.get_type_id(shape) not in POLYGONS:
            continue
        part = _largest(shape)
        anchor = _anchor(part)
        left, bottom, right, top = shapely.bounds(part)
        for style in sizes:
            label = replace(_label(sheet, words, anchor, style), inside=part)
            if right - left > label.width_mm and top - bottom > label.height_mm:
                yield label
                break


def _anchor(shape: shapely.Geometry) -> NDArray[np.float64]:
    """Centre of the largest circle inside, to half a millimetre: where a name has most room."""
    inner: NDArray[np.float64] = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 0.5))[0]
    return inner


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _label(sheet: Sheet, words: str, at: NDArray[np.float64], style: symbols.Style) -> Label:
    setting = symbols.LABELS[style.label_style]
    shown = " ".join(words) if setting.spaced and not words.isascii() else words
    width = sheet.fonts.width_mm(shown, setting.size_pt, setting.face)
    height = setting.size_pt * MM_PER_POINT * 1.05
    return Label(shown, float(at[0]), float(at[1]), width, height, style.label_rank, style=style.label_style)


def _write_label(sheet: Sheet, found: Placed) -> None:
    style = symbols.LABELS[found.label.style]
    depth = 28 - found.label.rank / 10
    setting = Type(style.size_pt, style.face, style.colour, ha="center", va="center", halo_pt=style.halo_pt, zorder=depth)
    sheet.write(found.x_mm, found.y_mm, found.label.text, setting)
