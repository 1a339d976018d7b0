"""The small map that shows where the mapped area lies inside its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from map_templates import palette
from map_templates.palette import FillSymbol
from map_templates.paper import marks
from map_templates.paper.projection import GEOGRAPHIC, Window, open_window
from map_templates.paper.sheet import Rect, Type, points
from map_templates.texts import text

if TYPE_CHECKING:
    from map_templates.paper.sheet import Sheet
    from map_templates.spec import Locator


def draw_locator(sheet: Sheet, locator: Locator, window: Window, rect: Rect) -> None:
    """Draw the parent's areas, the highlighted ones filled, and the outline of the map window in red; the title stands above."""
    words = text("location_in", sheet.language, name=locator.name) if locator.name else text("location", sheet.language)
    sheet.write(rect.x, rect.top + 2.2, words, Type(6.6, va="center"))
    sheet.rectangle(rect, facecolor=palette.PAPER, edgecolor=palette.INK, linewidth=points(0.18), zorder=34, gid="locator")
    bounds = tuple(float(edge) for edge in locator.frame.total_bounds)
    if not np.isfinite(bounds).all():
        return
    small = open_window((bounds[0], bounds[1], bounds[2], bounds[3]), rect, None, sheet.language)
    shapes = small.draw(locator.frame.geometry)
    chosen = locator.frame["area_code"].astype(str).isin([str(code) for code in locator.highlight]).to_numpy()
    plain = FillSymbol(palette.NEIGHBOUR, 1.0, palette.NEIGHBOUR_EDGE, 0.12)
    marks.draw(sheet, list(shapes[~chosen]), plain, marks.Place("locator-areas", 34.2, rect))
    picked = FillSymbol(palette.ACCENT, 0.85, palette.INK, 0.18)
    marks.draw(sheet, list(shapes[chosen]), picked, marks.Place("locator-highlight", 34.4, rect))
    frame = FillSymbol(None, 0, palette.TARGET_LINE, 0.3)
    marks.draw(sheet, [shapely.Polygon(_outline(window, small))], frame, marks.Place("locator-window", 34.6, rect))


def _outline(window: Window, small: Window) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Edge of the map window in the locator's millimetres; the two maps may be in different zones."""
    left, bottom, right, top = window.ground_box()
    corners = shapely.get_coordinates(shapely.segmentize(shapely.box(left, bottom, right, top), (right - left) / 20))
    across = Transformer.from_crs(window.projection.crs, GEOGRAPHIC, always_xy=True)
    into = Transformer.from_crs(GEOGRAPHIC, small.projection.crs, always_xy=True)
    return small.to_sheet(np.column_stack(into.transform(*across.transform(corners[:, 0], corners[:, 1]))))
