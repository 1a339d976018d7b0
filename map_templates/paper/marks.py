"""Symbols drawn in millimetres: lines with casing, areas, markers and the no-data hatch, as raw collections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path

from map_templates import palette, symbols
from map_templates.palette import FillSymbol, LineSymbol, PointSymbol, Symbol
from map_templates.paper.sheet import points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.collections import Collection
    from numpy.typing import NDArray

    from map_templates.paper.sheet import Rect, Sheet

_CIRCLE: Final = Path.unit_circle()
_POLYGONS: Final = (3, 6)


def area_path(geometry: shapely.Geometry) -> Path:
    """Give a polygon of any number of parts and holes as one path."""
    vertices, codes = [], []
    for polygon in shapely.get_parts(geometry):
        for ring in (polygon.exterior, *polygon.interiors):
            corners = shapely.get_coordinates(ring)
            vertices.append(corners)
            codes.append(np.r_[Path.MOVETO, np.full(len(corners) - 2, Path.LINETO), Path.CLOSEPOLY])
    return Path(np.concatenate(vertices), np.concatenate(codes))


def _dash(symbol: LineSymbol | FillSymbol, width_pt: float) -> Any:
    return (0, tuple(points(part) / width_pt for part in symbol.dash_mm)) if symbol.dash_mm else "solid"


def polygons_of(shapes: Iterable[shapely.Geometry | None]) -> list[shapely.Geometry]:
    """Give the polygons and multipolygons that are not empty."""
    return [s for s in shapes if s is not None and shapely.get_type_id(s) in _POLYGONS and not shapely.is_empty(s)]


def _parts(shapes: Iterable[shapely.Geometry | None]) -> list[NDArray[np.float64]]:
    """Give every line, and the rings of every polygon, as coordinate arrays."""
    lines = []
    for shape in shapes:
        if shape is None:
            continue
        outline = shapely.boundary(shape) if shapely.get_type_id(shape) in _POLYGONS else shape
        lines += [shapely.get_coordinates(p) for p in shapely.get_parts(outline) if len(shapely.get_coordinates(p)) > 1]
    return lines


@dataclass(frozen=True, slots=True)
class Place:
    """Where marks go in the stack: the name of their group in an SVG, their height, and the rectangle that cuts them."""

    gid: str
    zorder: float
    clip: Rect | None = None


def draw(sheet: Sheet, shapes: Sequence[shapely.Geometry | None], symbol: Symbol, place: Place) -> None:
    """Draw shapes (millimetres) with one symbol."""
    for collection in _collections(shapes, symbol, place.zorder):
        add(sheet, collection, place)


def add(sheet: Sheet, collection: Collection, place: Place) -> None:
    """Put a collection on the sheet, cut at a rectangle."""
    collection.set_gid(place.gid)
    sheet.axes.add_collection(collection, autolim=False)
    if place.clip is not None:
        collection.set_clip_path(sheet.clip(place.clip))


def _collections(shapes: Sequence[shapely.Geometry | None], symbol: Symbol, zorder: float) -> Iterable[Collection]:
    if isinstance(symbol, LineSymbol):
        return _draw_lines(shapes, symbol, zorder)
    return _draw_areas(shapes, symbol, zorder) if isinstance(symbol, FillSymbol) else _draw_points(shapes, symbol, zorder)


def _draw_lines(shapes: Sequence[shapely.Geometry | None], symbol: LineSymbol, zorder: float) -> Iterable[Collection]:
    parts = _parts(shapes)
    cap = "round" if symbol.round_caps else "butt"
    if symbol.casing:
        width = points(symbol.casing_mm)
        yield LineCollection(parts, colors=symbol.casing, linewidths=width, capstyle=cap, joinstyle="round", zorder=zorder)
    width = points(symbol.width_mm)
    yield LineCollection(
        parts,
        colors=symbol.colour,
        linewidths=width,
        linestyle=_dash(symbol, width),
        capstyle=cap,
        joinstyle="round",
        zorder=zorder + 0.05,
    )


def _draw_areas(shapes: Sequence[shapely.Geometry | None], symbol: FillSymbol, zorder: float) -> Iterable[Collection]:
    areas = polygons_of(shapes)
    if symbol.fill is not None:
        yield PathCollection(
            [area_path(a) for a in areas], facecolors=symbol.fill, edgecolors="none", alpha=symbol.opacity, zorder=zorder
        )
    if symbol.outline is None:
        return
    # Shared edges are drawn once, so that dashes of two neighbours do not fill each other's gaps.
    edges = shapely.line_merge(shapely.union_all([shapely.boundary(a) for a in areas])) if symbol.dash_mm and areas else None
    outlines = areas if edges is None else [edges]
    if symbol.band:
        width = points(symbol.band_mm)
        yield LineCollection(
            _parts(outlines),
            colors=symbol.band,
            linewidths=width,
            alpha=symbol.band_opacity,
            joinstyle="round",
            zorder=zorder + 0.01,
        )
    width = points(symbol.outline_mm)
    yield LineCollection(
        _parts(outlines),
        colors=symbol.outline,
        linewidths=width,
        linestyle=_dash(symbol, width),
        joinstyle="round",
        zorder=zorder + 0.02,
    )


def _draw_points(shapes: Sequence[shapely.Geometry | None], symbol: PointSymbol, zorder: float) -> Iterable[Collection]:
    at = shapely.get_coordinates([s for s in shapes if s is not None])
    if not len(at):
        return
    outline = _marker(symbol.shape)
    size = symbol.size_mm
    common: dict[str, Any] = {
        "edgecolors": symbol.outline,
        "linewidths": points(symbol.outline_mm),
        "joinstyle": "round",
        "zorder": zorder,
    }
    fill = palette.PAPER if symbol.half else symbol.fill or "none"
    yield PathCollection([_at(outline, size, p) for p in at], facecolors=fill, **common)
    if symbol.half:
        lower = shapely.intersection(shapely.Polygon(outline.to_polygons()[0]), shapely.box(-2, -2, 2, 0))
        half = area_path(lower)
        yield PathCollection([_at(half, size, p) for p in at], facecolors=symbol.fill, edgecolors="none", zorder=zorder + 0.01)
    if symbol.dot:
        yield PathCollection(
            [_at(_CIRCLE, size / 5, p) for p in at], facecolors=symbol.dot, edgecolors="none", zorder=zorder + 0.02
        )


def _marker(shape: str) -> Path:
    corners = symbols.SHAPES[shape]
    if not corners:
        return Path(np.asarray(_CIRCLE.vertices, dtype=float) / 2, _CIRCLE.codes)
    return Path([*corners, corners[0]], [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1), Path.CLOSEPOLY])


def _at(path: Path, size: float, place: NDArray[np.float64]) -> Path:
    return Path(np.asarray(path.vertices, dtype=float) * size + place, path.codes)


def hatch(sheet: Sheet, shapes: Sequence[shapely.Geometry | None], clip: Rect, zorder: float) -> None:
    """Fill areas with the no-data hatch: true 45° lines at a fixed spacing on paper, cut at the areas' edges."""
    areas = polygons_of(shapes)
    if not areas:
        return
    fill = PathCollection([area_path(a) for a in areas], facecolors=palette.NO_DATA_FILL, edgecolors="none", zorder=zorder)
    add(sheet, fill, Place("no-data-ground", zorder, clip))
    whole = shapely.intersection(shapely.union_all(areas), shapely.box(*clip.box))
    left, bottom, right, top = shapely.bounds(whole)
    if not np.isfinite(left):
        return
    step = palette.NO_DATA_SPACING_MM * np.sqrt(2)
    starts = np.arange(np.floor((left - (top - bottom)) / step) * step, right, step)
    slant = shapely.linestrings([[(x, bottom), (x + top - bottom, top)] for x in starts])
    cut = _parts(shapely.get_parts(shapely.intersection(slant, whole)))
    lines = LineCollection(cut, colors=palette.NO_DATA_LINE, linewidths=points(0.14), zorder=zorder + 0.01)
    add(sheet, lines, Place("no-data-hatch", zorder, clip))
