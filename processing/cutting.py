"""Compiled measure of how much of a line lies inside a polygon, without making the cut pieces; used by `overlay` for large work.

Each step of a line is split where it meets an edge of the polygon, and the parts whose middle is inside (even-odd rule over all
rings) are measured on the ellipsoid by the mid-latitude formula. Where a vertex lies on the other's edge, or the two run
together, within a tenth of a micrometre, the pair is called doubtful and left to shapely.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from processing.compiled import compiled
from processing.ellipsoid import E2, LONG_SEGMENT_M, SEMI_MAJOR_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Step = tuple[float, float, float, float]

TOUCH_DEGREES = 1e-12
MOST_MEETINGS = 64


@compiled
def _step_m(x1: float, y1: float, x2: float, y2: float) -> float:
    """Measure a straight step in degrees; long ones in parts."""
    parts = 1
    total = 0.0
    while True:
        total = 0.0
        for i in range(parts):
            low, high = y1 + (y2 - y1) * i / parts, y1 + (y2 - y1) * (i + 1) / parts
            sine = math.sin(math.radians(low + high) / 2.0)
            w2 = 1.0 - E2 * sine * sine
            north = (1.0 - E2) / w2 * math.radians(high - low)
            east = math.sqrt(1.0 - sine * sine) * math.radians(x2 - x1) / parts
            total += SEMI_MAJOR_M / math.sqrt(w2) * math.sqrt(north * north + east * east)
        if total <= parts * LONG_SEGMENT_M:
            return total
        parts = int(total / LONG_SEGMENT_M) + 1


@compiled
def lengths_m(steps: Floats, first: Ints) -> Floats:
    """Measure lines given by their steps (n, 4) in degrees and where each line's steps start (one more than lines)."""
    result = np.zeros(first.shape[0] - 1)
    for line in range(result.shape[0]):
        for s in range(first[line], first[line + 1]):
            result[line] += _step_m(steps[s, 0], steps[s, 1], steps[s, 2], steps[s, 3])
    return result


@compiled
def _contains(edges: Floats, x: float, y: float) -> bool:
    """Say whether a position lies inside by the even-odd rule."""
    inside = False
    for i in range(edges.shape[0]):
        y1, y2 = edges[i, 1], edges[i, 3]
        if (y1 > y) != (y2 > y) and x < edges[i, 0] + (y - y1) / (y2 - y1) * (edges[i, 2] - edges[i, 0]):
            inside = not inside
    return inside


@compiled
def _meetings(step: Step, edges: Floats, found: Floats) -> int:
    """Write where along a step (0 to 1) it meets edges; give how many, or -1 when that is doubtful."""
    ax, ay, bx, by = step
    left, right, low, high = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    dx, dy = bx - ax, by - ay
    size = math.sqrt(dx * dx + dy * dy)
    count = 0
    for i in range(edges.shape[0]):
        cx, cy, ex, ey = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
        outside = max(cx, ex) < left - TOUCH_DEGREES or min(cx, ex) > right + TOUCH_DEGREES
        if outside or max(cy, ey) < low - TOUCH_DEGREES or min(cy, ey) > high + TOUCH_DEGREES:
            continue
        start, end = dx * (cy - ay) - dy * (cx - ax), dx * (ey - ay) - dy * (ex - ax)
        gx, gy = ex - cx, ey - cy
        before, after = gx * (ay - cy) - gy * (ax - cx), gx * (by - cy) - gy * (bx - cx)
        near_line = min(abs(start), abs(end)) <= TOUCH_DEGREES * size
        near_edge = min(abs(before), abs(after)) <= TOUCH_DEGREES * math.sqrt(gx * gx + gy * gy)
        if (near_line and (near_edge or before * after < 0.0)) or (near_edge and start * end < 0.0) or count == found.shape[0]:
            return -1
        if start * end < 0.0 and before * after < 0.0:
            found[count] = before / (before - after)
            count += 1
    return count


@compiled
def inside_lengths_m(lines: tuple[Floats, Ints], polygons: tuple[Floats, Ints], pairs: tuple[Ints, Ints]) -> Floats:
    """Measure, for pairs of a line and a polygon, the length of the line inside; NaN where a pair is doubtful.

    Args:
        lines: steps (n, 4) in degrees, and where each line's steps start (one more than lines).
        polygons: edges (m, 4) of all rings in degrees, and where each polygon's edges start.
        pairs: numbers of lines and of polygons.
    """
    steps, first_step = lines
    edges, first_edge = polygons
    result = np.zeros(pairs[0].shape[0])
    found = np.empty(MOST_MEETINGS)
    for k in range(result.shape[0]):
        outline = edges[first_edge[pairs[1][k]] : first_edge[pairs[1][k] + 1]]
        for s in range(first_step[pairs[0][k]], first_step[pairs[0][k] + 1]):
            step = (steps[s, 0], steps[s, 1], steps[s, 2], steps[s, 3])
            count = _meetings(step, outline, found)
            if count < 0:
                result[k] = np.nan
                break
            result[k] += _inside_m(step, outline, found[:count])
    return result


@compiled
def _inside_m(step: Step, edges: Floats, meetings: Floats) -> float:
    """Measure the parts of a step that lie inside, given where it meets the outline."""
    x1, y1, x2, y2 = step
    meetings.sort()
    total, before = 0.0, 0.0
    for i in range(meetings.shape[0] + 1):
        after = meetings[i] if i < meetings.shape[0] else 1.0
        middle = (before + after) / 2.0
        if after > before and _contains(edges, x1 + middle * (x2 - x1), y1 + middle * (y2 - y1)):
            start_x, start_y = x1 + before * (x2 - x1), y1 + before * (y2 - y1)
            total += _step_m(start_x, start_y, x1 + after * (x2 - x1), y1 + after * (y2 - y1))
        before = after
    return total
