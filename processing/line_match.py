"""Which new line is which old one: the share of each that lies inside the other's buffer, both ways.

Goodchild and Hunter, A simple positional accuracy measure for linear features, Int. J. Geographical Information Science 11
(1997): the length of the tested line within a distance of the reference, over its whole length. One way says that the new line
lies on the old one; both ways say that they are the same, and the difference tells a split or a prolonged road. Direction plays
no part. Lengths and buffers are metres on the metric plane of the area; shares are ratios on it, so its scale cancels, and the
buffer is right to 5e-4 of its width. Its corners are widened so that the flattest side still has the full distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import crs
from processing.pairing import MERGED, PARTLY, SPLIT, no_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

QUARTER: Final = 8
"""Sides of a quarter circle of a buffer."""
WIDEN: Final = 1 / np.cos(np.pi / (4 * QUARTER))
"""By how much a buffer is widened so that its flattest spot keeps the distance."""
AT_ONCE: Final = 2_000
DENSIFY: Final = 0.25
LARGE_PAIR: Final = 10_000
"""Vertices of the one times those of the other from which a tree of steps is quicker."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as the same thing; every number is shown to the person and may be changed."""

    buffer_m: float = 15.0
    """Lines: half the width of the strip around a line."""
    share: float = 0.8
    """Lines and polygons: share of each that must lie in the other."""
    possible_share: float = 0.5
    """Share from which a pair that fails `share` is still shown as a candidate."""
    point_m: float = 50.0
    """Points: greatest distance between the old and the new place."""
    same_m: float = 0.1
    """A geometry that moved nowhere farther than this is unchanged."""
    clear: float = 2.0
    """Points: the second nearest must be this many times as far, or the person chooses."""

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        for name in ("buffer_m", "point_m"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be a number of metres above 0; found {getattr(self, name)!r}")
        if not (np.isfinite(self.same_m) and self.same_m >= 0 and self.clear >= 1):
            raise ValueError("same_m must be 0 or more metres, clear 1 or more")
        if not 0 < self.possible_share <= self.share <= 1:
            raise ValueError(f"0 < possible_share ≤ share ≤ 1 was expected; found {self.possible_share!r} and {self.share!r}")


def match_lines(
    old: gpd.GeoSeries, new: gpd.GeoSeries, thresholds: Thresholds, *, progress: Callable[[int, int], object] | None = None
) -> pd.DataFrame:
    """Pair new lines with old ones that could be the same; one row per pair, columns of `processing.pairing.COLUMNS`.

    `share_new` is the share of the new line's length inside the old one's buffer, `share_old` the reverse; `exact` where they
    part nowhere by more than `same_m`; `distance_m` (Hausdorff) is measured for exact and strong pairs only.

    Args:
        old: lines in any CRS; missing ones are passed over.
        new: lines in any CRS.
        thresholds: buffer and shares.
        progress: called with pairs done and in all; may raise to stop.

    Raises:
        MissingCrsError: a series has no CRS.

    >>> from shapely import LineString
    >>> road = gpd.GeoSeries([LineString([(104, 36), (104.01, 36)])], crs=4490)
    >>> back = gpd.GeoSeries([LineString([(104.01, 36.00005), (104, 36.00005)])], crs=4490)
    >>> match_lines(road, back, Thresholds())[["share_new", "share_old", "distance_m", "strong"]].round(1).to_numpy().tolist()
    [[1.0, 1.0, 5.5, True]]
    """
    before, after = metric_pair(old, new)
    new_at, old_at = near_pairs(before, after, thresholds.buffer_m)
    if not new_at.size:
        return no_pairs()
    strips = _Strips(before, thresholds.buffer_m), _Strips(after, thresholds.buffer_m)
    share_new, share_old = np.zeros(len(new_at)), np.zeros(len(new_at))
    for start in range(0, len(new_at), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        share_new[part] = _inside(after[new_at[part]], strips[0].of(old_at[part]))
        share_old[part] = _inside(before[old_at[part]], strips[1].of(new_at[part]))
        if progress is not None:
            progress(min(start + AT_ONCE, len(new_at)), len(new_at))
    return relations(Sides(before, after, new_at, old_at), share_new=share_new, share_old=share_old, thresholds=thresholds)


@dataclass(frozen=True, slots=True)
class Sides:
    """Shapes in metres, old and new, and the positions of the pairs among them."""

    before: Shapes
    after: Shapes
    new_at: Ints
    old_at: Ints


def relations(sides: Sides, *, share_new: Floats, share_old: Floats, thresholds: Thresholds) -> pd.DataFrame:
    """Turn shares both ways into pairs: exact, strong, or a candidate with the reason why it is no more than that."""
    limit, possible = thresholds.share - 1e-9, thresholds.possible_share - 1e-9
    in_old, in_new = share_new >= limit, share_old >= limit
    kept = np.flatnonzero(np.maximum(share_new, share_old) >= possible)
    reason = np.select([in_old & ~in_new, in_new & ~in_old], [SPLIT, MERGED], default=PARTLY)
    strong = in_old & in_new
    distance = np.full(len(kept), np.nan)
    near = np.flatnonzero(strong[kept])
    pair = kept[near]
    distance[near] = moved_m(sides.before[sides.old_at[pair]], sides.after[sides.new_at[pair]])
    with np.errstate(invalid="ignore"):
        exact = distance <= thresholds.same_m
    return pd.DataFrame(
        {
            "new": sides.new_at[kept],
            "old": sides.old_at[kept],
            "share_new": share_new[kept],
            "share_old": share_old[kept],
            "distance_m": distance,
            "exact": exact,
            "strong": strong[kept],
            "reason": reason[kept].astype(object),
        }
    )


def metric_pair(old: gpd.GeoSeries, new: gpd.GeoSeries) -> tuple[Shapes, Shapes]:
    """Give two series on one metric plane as arrays: that of their common extent."""
    degrees = [crs.geographic(gpd.GeoSeries(item.geometry)) for item in (old, new)]
    boxes = np.array([item.total_bounds for item in degrees])
    if not np.isfinite(boxes).any():
        return np.asarray(degrees[0].values, dtype=object), np.asarray(degrees[1].values, dtype=object)
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    plane = crs.metric_crs((float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    first, second = (np.asarray(crs.to_metric(item, crs=plane).values, dtype=object) for item in degrees)
    return first, second


def near_pairs(before: Shapes, after: Shapes, distance_m: float) -> tuple[Ints, Ints]:
    """Give the positions (new, old) of shapes in metres that come within a distance of each other."""
    asked = np.flatnonzero(~(shapely.is_missing(after) | shapely.is_empty(after)))
    there = np.flatnonzero(~(shapely.is_missing(before) | shapely.is_empty(before)))
    if not (asked.size and there.size):
        return asked[:0], there[:0]
    found, target = shapely.STRtree(before[there]).query(after[asked], predicate="dwithin", distance=distance_m)
    return asked[found], there[target]


def moved_m(before: Shapes, after: Shapes) -> Floats:
    """Measure how far two shapes in metres part at most (Hausdorff), pair by pair.

    Followed at vertices and between them: in quarters of each step, in halves for shapes of many vertices, whose nearest spots
    are then found through a tree of steps.
    """
    sizes = shapely.get_num_coordinates(before).astype(np.int64) * shapely.get_num_coordinates(after)
    found = np.zeros(len(before), dtype=np.float64)
    small = sizes <= LARGE_PAIR
    found[small] = shapely.hausdorff_distance(before[small], after[small], densify=DENSIFY)
    for at in np.flatnonzero(~small).tolist():
        found[at] = max(_farthest_m(before[at], after[at]), _farthest_m(after[at], before[at]))
    return found


def _farthest_m(shape: shapely.Geometry, other: shapely.Geometry) -> float:
    """Give the greatest distance from a vertex or the middle of a step of a shape to another shape's outline."""
    starts, ends = _steps(shape)
    spots = shapely.points(np.concatenate([starts, ends[-1:], (starts + ends) / 2]))
    steps = shapely.linestrings(np.stack(_steps(other), axis=1))
    _, distance = shapely.STRtree(steps).query_nearest(spots, return_distance=True, all_matches=False)
    return float(distance.max())


def _steps(shape: shapely.Geometry) -> tuple[Floats, Floats]:
    """Give starts and ends of the straight steps of a line or an outline."""
    lines = shapely.get_parts(shape)
    rings = lines if shape.geom_type.endswith("LineString") else shapely.get_rings(lines)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    return xy[:-1][joined], xy[1:][joined]


class _Strips:
    """Buffers of lines, each made when first asked for."""

    def __init__(self, lines: Shapes, width_m: float) -> None:
        self._lines, self._width = lines, width_m * WIDEN
        self._made: Shapes = np.full(len(lines), None, dtype=object)

    def of(self, positions: Ints) -> Shapes:
        wanted = np.unique(positions)
        lacking = wanted[shapely.is_missing(self._made[wanted])]
        self._made[lacking] = shapely.buffer(self._lines[lacking], self._width, quad_segs=QUARTER)
        shapely.prepare(self._made[lacking])
        return np.asarray(self._made[positions], dtype=object)


def _inside(lines: Shapes, strips: Shapes) -> Floats:
    """Give the share of each line's length that lies in the strip beside it."""
    whole = shapely.length(lines)
    inside = shapely.contains_properly(strips, lines)
    found = np.where(inside, whole, 0.0)
    cut = np.flatnonzero(~inside)
    found[cut] = shapely.length(shapely.intersection(lines[cut], strips[cut]))
    return np.asarray(np.divide(found, whole, out=np.zeros(len(lines)), where=whole > 0), dtype=np.float64)
