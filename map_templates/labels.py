"""Where names stand on a page: the important first, none over another, none cut by the frame, area names only where they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in millimetres."""
CLEARANCE_MM: Final = 0.35
SHORT_ENDINGS: Final = (("村村民委员会", "村"), ("村民委员会", "村"), ("社区居民委员会", "社区"), ("居民委员会", "社区"))
GRID: Final = 13
"""Places tried along each side of an area."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name to place: its size on the page, its anchor, and how it may move.

    `gap_mm` above zero puts the name beside a point symbol of that radius. Zero puts it on the anchor, and then `inside`, a
    polygon in millimetres, must hold it whole. `rank` 0 is placed first; `style` says how it is drawn.
    """

    text: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    rank: int = 5
    gap_mm: float = 0.0
    style: str = "plain"
    inside: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A label with the centre that was found for it."""

    label: Label
    x_mm: float
    y_mm: float

    @property
    def box(self) -> Box:
        """The room that the label takes."""
        return _box(self.label, self.x_mm, self.y_mm)


def short_name(name: str) -> str:
    """Give the name that a map prints for an area: 村民委员会 becomes 村, 社区居民委员会 becomes 社区; others stay.

    Examples:
        >>> short_name("甘沟村民委员会"), short_name("南关社区居民委员会"), short_name("会宁县")
        ('甘沟村', '南关社区', '会宁县')
    """
    for ending, short in SHORT_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending) + short
    return name


def place(labels: Sequence[Label], frame: Box, taken: Sequence[Box] = ()) -> tuple[list[Placed], list[Label]]:
    """Place labels greedily by rank and give those placed and those for which there was no room.

    Args:
        labels: What is to be placed, in any order; equal ranks keep their order.
        frame: The box that every label must stay in.
        taken: Boxes that no label may touch (symbols, marks on the map).

    Examples:
        >>> a, b = Label("会宁", 10, 10, 7, 3, gap_mm=1), Label("靖远", 10, 10, 7, 3, gap_mm=1)
        >>> placed, left = place([a, b], (0, 0, 40, 40))
        >>> [round(p.x_mm, 2) for p in placed], left
        ([14.85, 5.15], [])
    """
    boxes = np.full((len(taken) + len(labels), 4), np.nan)
    boxes[: len(taken)] = np.asarray(taken, dtype=float).reshape(-1, 4)
    used = len(taken)
    placed, left = [], []
    for label in sorted(labels, key=lambda item: item.rank):
        found = _free(label, frame, boxes[:used])
        if found is None:
            left.append(label)
            continue
        boxes[used] = found.box
        used += 1
        placed.append(found)
    return placed, left


def _free(label: Label, frame: Box, boxes: NDArray[np.float64]) -> Placed | None:
    """Try the places of a label in their order: within the frame, clear of the boxes, held by its area."""
    places = np.asarray(list(_candidates(label)))
    half = np.array([label.width_mm, label.height_mm]) / 2
    tried = np.hstack([places - half, places + half])
    within = (tried[:, :2] >= frame[:2]).all(axis=1) & (tried[:, 2:] <= frame[2:]).all(axis=1)
    wide = tried + np.array([-1, -1, 1, 1]) * CLEARANCE_MM
    apart = (
        (boxes[None, :, 2] <= wide[:, None, 0])
        | (boxes[None, :, 0] >= wide[:, None, 2])
        | (boxes[None, :, 3] <= wide[:, None, 1])
        | (boxes[None, :, 1] >= wide[:, None, 3])
    ).all(axis=1)
    good = np.flatnonzero(within & apart)
    if label.inside is not None and good.size:
        good = good[shapely.contains(label.inside, shapely.box(*tried[good].T))]
    return Placed(label, float(places[good[0], 0]), float(places[good[0], 1])) if good.size else None


def _box(label: Label, x: float, y: float) -> Box:
    return (x - label.width_mm / 2, y - label.height_mm / 2, x + label.width_mm / 2, y + label.height_mm / 2)


def _candidates(label: Label) -> Iterator[tuple[float, float]]:
    if label.gap_mm <= 0:
        yield from _positions_inside(label)
        return
    away = label.gap_mm + CLEARANCE_MM
    side, over = away + label.width_mm / 2, away + label.height_mm / 2
    lean, shift = label.height_mm * 0.45, label.width_mm * 0.4
    for dx, dy in (
        (side, 0), (-side, 0), (side, lean), (side, -lean), (-side, lean), (-side, -lean),
        (0, over), (0, -over), (shift, over), (-shift, over), (shift, -over), (-shift, -over),
    ):  # fmt: skip
        yield label.x_mm + dx, label.y_mm + dy


def _positions_inside(label: Label) -> Iterator[tuple[float, float]]:
    """The anchor, then places round it, the nearest first: over the whole area where there is one."""
    yield label.x_mm, label.y_mm
    if label.inside is None or shapely.is_empty(label.inside):
        for step in (1.0, -1.0, 2.0, -2.0):
            yield label.x_mm, label.y_mm + step * label.height_mm * 0.6
        return
    shapely.prepare(label.inside)
    left, bottom, right, top = shapely.bounds(label.inside)
    x, y = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    far = np.hypot(x - label.x_mm, y - label.y_mm).ravel()
    for i in np.argsort(far, kind="stable"):
        yield float(x.flat[i]), float(y.flat[i])
