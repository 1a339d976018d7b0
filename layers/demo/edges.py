"""Natural-looking edges: straight links become fractal lines that cannot cross each other.

Every link has a kite of its own: the link and one apex on each side (the seeds of two Voronoi cells; the centroids of two
Delaunay triangles). Kites of one net do not overlap, and a line `P(t) + a(t)·(apex − P(t))`, 0 ≤ a < 1, stays in its kite.
"""

from __future__ import annotations

import numpy as np
import shapely

Array = np.ndarray


def _profiles(count: int, levels: int, rng: np.random.Generator) -> Array:
    """Midpoint displacement on 2**levels steps, zero at both ends, shape (count, 2**levels + 1), within [-1, 1]."""
    steps = 2**levels
    made = np.zeros((count, steps + 1))
    size, amplitude = steps, 0.5
    while size > 1:
        half = size // 2
        middle = np.arange(half, steps, size)
        made[:, middle] = (made[:, middle - half] + made[:, middle + half]) / 2 + rng.uniform(
            -amplitude, amplitude, (count, len(middle))
        )
        size, amplitude = half, amplitude * 0.55
    return np.clip(made, -1, 1)


def wiggle(links: Array, apexes: Array, rng: np.random.Generator, *, levels: int = 3, reach: float = 0.35) -> Array:
    """Turn links into fractal lines inside their kites.

    Args:
        links: start and end of each link, shape (n, 2, 2), metres.
        apexes: apex on the left and on the right of each link, shape (n, 2, 2); NaN where there is none (the line then
            stays on the other side).
        rng: where the randomness comes from.
        levels: halvings per link; 2**levels pieces.
        reach: greatest share of the way to the apex.

    Returns:
        LineStrings, shape (n,). Lines of one net touch at their ends only.

    >>> rng = np.random.default_rng(1)
    >>> line = wiggle(np.array([[[0, 0], [10, 0]]]), np.array([[[5, 5], [5, -5]]]), rng)[0]
    >>> line.coords[0], line.coords[-1], len(line.coords) >= 9
    ((0.0, 0.0), (10.0, 0.0), True)
    """
    links, apexes = np.asarray(links, float), np.asarray(apexes, float)
    shift = reach * _profiles(len(links), levels, rng)
    none_left, none_right = np.isnan(apexes[:, 0, 0]), np.isnan(apexes[:, 1, 0])
    shift[none_left] = -np.abs(shift[none_left])
    shift[none_right] = np.abs(shift[none_right])
    shift[none_left & none_right] = 0
    shift *= np.where(shift >= 0, *_slimness(links, apexes))
    share = np.linspace(0, 1, shift.shape[1])
    lines = []
    for link, apex, offset in zip(links, np.nan_to_num(apexes), shift, strict=True):
        place, moved = _with_crossings(share, offset)
        along = link[0] + place[:, None] * (link[1] - link[0])
        toward = np.where((moved >= 0)[:, None], apex[0], apex[1]) - along
        line = along + np.abs(moved)[:, None] * toward
        line[[0, -1]] = link
        lines.append(line)
    sizes = [len(line) for line in lines]
    if not lines:
        return np.array([], dtype=object)
    return np.asarray(shapely.linestrings(np.concatenate(lines), indices=np.repeat(np.arange(len(lines)), sizes)))


def _slimness(links: Array, apexes: Array) -> tuple[Array, Array]:
    """Give, for the left and the right, the share of its reach that a link may use: a short link makes no long spike."""
    long = np.hypot(*(links[:, 1] - links[:, 0]).T)
    far = np.hypot(*np.moveaxis(np.nan_to_num(apexes) - links.mean(axis=1)[:, None], 2, 0))
    share = np.minimum(1.0, 0.9 * long[:, None] / np.maximum(far, 1e-9))
    return share[:, :1], share[:, 1:]


def _with_crossings(share: Array, offset: Array) -> tuple[Array, Array]:
    """Add a point on the link wherever the line changes sides, so that it cannot leave a kite that is not convex."""
    turns = np.flatnonzero(offset[:-1] * offset[1:] < 0)
    if not len(turns):
        return share, offset
    part = offset[turns] / (offset[turns] - offset[turns + 1])
    at = share[turns] + part * (share[turns + 1] - share[turns])
    return np.insert(share, turns + 1, at), np.insert(offset, turns + 1, 0.0)
