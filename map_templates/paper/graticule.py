"""Meridians and parallels with degree-minute labels, and the two neat lines that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.collections import LineCollection
from pyproj import Transformer

from map_templates import palette
from map_templates.paper.marks import Place, add
from map_templates.paper.projection import GEOGRAPHIC, degrees
from map_templates.paper.sheet import Type, points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map_templates.paper.projection import Window
    from map_templates.paper.sheet import Rect, Sheet

STEPS_MINUTES: Final = (0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900)
FEWEST_MM: Final = 26.0
"""Least distance between two lines on paper."""
MARGIN_MM: Final = 4.6
NET_ORDER: Final = 5.5
"""Above the ground and the neighbours, below the coloured areas."""
_TICK_MM: Final = 1.2


def spacing_minutes(window: Window) -> float:
    """Choose the step of the graticule in minutes, so that lines lie at least 26 mm apart.

    At the mean latitude one minute of latitude is about 1852 m on the ground.
    """
    needed = FEWEST_MM / 1000 * window.scale / 1852
    return next((step for step in STEPS_MINUTES if step >= needed), STEPS_MINUTES[-1])


def draw_graticule(sheet: Sheet, window: Window) -> None:
    """Draw meridians and parallels as the curves they are, with labels where they meet the frame."""
    west, south, east, north = window.degree_box()
    step = spacing_minutes(window) / 60
    forward = Transformer.from_crs(GEOGRAPHIC, window.projection.crs, always_xy=True)
    lines, ticks = [], []
    for value in _rounded(west, east, step):
        curve = _curve(forward, window, np.full(60, value), np.linspace(south, north, 60))
        lines.append(curve)
        ticks += _label_meridian(sheet, window.rect, curve, degrees(value, "EW"))
    for value in _rounded(south, north, step):
        curve = _curve(forward, window, np.linspace(west, east, 60), np.full(60, value))
        lines.append(curve)
        ticks += _label_parallel(sheet, window.rect, curve, degrees(value, "NS"))
    net = LineCollection(lines, colors=palette.GRATICULE, linewidths=points(0.09), alpha=0.5, zorder=NET_ORDER)
    add(sheet, net, Place("graticule", NET_ORDER, window.rect))
    add(sheet, LineCollection(ticks, colors=palette.INK, linewidths=points(0.15), zorder=30), Place("graticule-ticks", 30))


def _rounded(low: float, high: float, step: float) -> NDArray[np.float64]:
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _curve(
    forward: Transformer, window: Window, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.float64]:
    return window.to_sheet(np.column_stack(forward.transform(longitude, latitude)))


def _label_meridian(sheet: Sheet, rect: Rect, curve: NDArray[np.float64], label: str) -> list[list[tuple[float, float]]]:
    ticks = []
    for edge, outward in ((rect.y, -1), (rect.top, 1)):
        x = float(np.interp(edge, curve[:, 1], curve[:, 0]))
        if rect.x + 1 < x < rect.right - 1:
            ticks.append([(x, edge), (x, edge + outward * _TICK_MM)])
            sheet.write(x, edge + outward * 2.75, label, Type(5.6, ha="center", va="center"))
    return ticks


def _label_parallel(sheet: Sheet, rect: Rect, curve: NDArray[np.float64], label: str) -> list[list[tuple[float, float]]]:
    ticks = []
    for edge, outward in ((rect.x, -1), (rect.right, 1)):
        y = float(np.interp(edge, curve[:, 0], curve[:, 1]))
        if rect.y + 1 < y < rect.top - 1:
            ticks.append([(edge, y), (edge + outward * _TICK_MM, y)])
            sheet.write(edge + outward * 2.75, y, label, Type(5.6, ha="center", va="center", turn=90))
    return ticks


def draw_frame(sheet: Sheet, rect: Rect) -> None:
    """Draw the inner neat line round the map and the heavy outer one."""
    sheet.rectangle(rect, edgecolor=palette.INK, linewidth=points(0.2), zorder=31, gid="inner-frame")
    sheet.rectangle(
        rect.shrunk(-MARGIN_MM), edgecolor=palette.INK, linewidth=points(0.6), joinstyle="miter", zorder=31, gid="outer-frame"
    )
