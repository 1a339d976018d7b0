"""Small drawings in a page as plain numbers: the course of a figure over runs, and how areas are spread over the scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = 100.0
BINS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A line in a box: the `points` attribute of a polyline, its last point, and the range it was scaled to."""

    points: str
    last: tuple[float, float]
    low: float
    high: float


def line(values: Sequence[float | None], *, width: float = 96.0, height: float = 22.0, margin: float = 3.0) -> Line | None:
    """Lay known values out from left to right; None where fewer than two are known.

    Example:
        >>> line([10.0, None, 20.0], width=12, height=8, margin=1).points
        '1.0,7.0 11.0,1.0'
    """
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - one point is no course
        return None
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = high - low or 1.0
    step = (width - 2 * margin) / max(1, len(values) - 1)
    points = [(margin + at * step, height - margin - (height - 2 * margin) * (value - low) / span) for at, value in known]
    return Line(" ".join(f"{x:.1f},{y:.1f}" for x, y in points), points[-1], low, high)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a distribution: from and to in percent, how many areas, and its height as a share of the tallest."""

    start: float
    end: float
    count: int
    share: float


def bars(values: Sequence[float], bins: int = BINS) -> list[Bar]:
    """Count percentages in equal steps from 0 to 100; 100 belongs to the last step.

    Example:
        >>> [bar.count for bar in bars([0, 5, 99, 100], bins=2)]
        [2, 2]
    """
    step = FULL / bins
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int(value // step)))] += 1
    tallest = max(counts, default=0) or 1
    return [Bar(at * step, (at + 1) * step, count, count / tallest) for at, count in enumerate(counts)]
