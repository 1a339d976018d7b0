"""Layer against layer: which features of one stand in a relation to others, to how many, and over what length or area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from processing import ellipsoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

LINE, AREA = 1, 2
_OVERLAPS = {(LINE, LINE): "0********", (LINE, AREA): "1********", (AREA, LINE): "1********", (AREA, AREA): "2*T***T**"}
"""`crosses` by the dimensions of both sides, as patterns of the DE-9IM: two lines meet in a spot, a line runs through an area's
interior over some length, two areas overlap and neither holds the other."""


@dataclass(frozen=True, slots=True)
class Related:
    """Which places are related, and what was measured for each: 0 or NaN where they are not."""

    mask: Mask
    count: Ints
    length_m: Floats
    area_m2: Floats


def relate(places: Shapes, others: Shapes, predicate: str, *, same: Ints | None = None) -> Related:
    """Relate places to other features, all in degrees.

    `intersects` shares a spot; `within` lies in one of them, border included; `contains` holds one of them, border included;
    `crosses` see above; `disjoint` touches none; `outside_all` has no inner part in common with any (a point: touches none). A
    place without geometry is in no relation, `disjoint` and `outside_all` included. `same` gives, when both sides are one layer,
    the row of each other feature among the places, so that nothing is related to itself.

    >>> from shapely import box, LineString
    >>> parcels = np.array([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    >>> road = np.array([LineString([(-1, 0.5), (1.5, 0.5)])])
    >>> crossing = relate(parcels, road, "crosses")
    >>> crossing.mask.tolist(), crossing.length_m.round(-3).tolist()
    ([True, False], [111000.0, nan])
    """
    place, other = _pairs(places, others, predicate)
    if same is not None:
        apart = place != same[other]
        place, other = place[apart], other[apart]
    count = np.bincount(place, minlength=len(places)).astype(np.int64)
    if predicate in {"disjoint", "outside_all"}:
        nothing = np.full(len(places), np.nan)
        present = ~(shapely.is_missing(places) | shapely.is_empty(places))
        return Related((count == 0) & present, count, nothing, nothing)
    length_m = _shared(places, others, place, other, lines=True)
    return Related(count > 0, count, length_m, _shared(places, others, place, other, lines=False))


def _pairs(places: Shapes, others: Shapes, predicate: str) -> tuple[Ints, Ints]:
    """Pair places with the features that meet the predicate; for the negative ones, with those that speak against it."""
    tree = shapely.STRtree(others)
    named = {"within": "covered_by", "contains": "covers"}.get(predicate, "intersects")
    place, other = tree.query(places, predicate=named)
    if predicate in {"crosses", "outside_all"}:
        keep = (_crossing if predicate == "crosses" else _inner)(places[place], others[other])
        place, other = place[keep], other[keep]
    return place, other


def _crossing(left: Shapes, right: Shapes) -> Mask:
    """Say which pairs cross."""
    return _by_dimensions(left, right, _OVERLAPS.get)


def _inner(left: Shapes, right: Shapes) -> Mask:
    """Say which pairs share an inner part; for a point any spot counts."""
    return _by_dimensions(left, right, lambda pair: "T********" if pair[0] else "*********")


def _by_dimensions(left: Shapes, right: Shapes, pattern: Callable[[tuple[int, int]], str | None]) -> Mask:
    """Test pairs with the pattern that their dimensions ask for; no pattern means no."""
    dimensions = np.column_stack([shapely.get_dimensions(left), shapely.get_dimensions(right)])
    result = np.zeros(len(left), dtype=bool)
    for first, second in np.unique(dimensions, axis=0):
        rows = np.flatnonzero((dimensions == (first, second)).all(axis=1))
        wanted = pattern((int(first), int(second)))
        if wanted is not None:
            result[rows] = shapely.relate_pattern(left[rows], right[rows], wanted)
    return result


def _shared(places: Shapes, others: Shapes, place: Ints, other: Ints, *, lines: bool) -> Floats:
    """Measure what places share with the features they are paired with: length of lines in areas, or surface of areas in areas.

    Areas that overlap are merged before they cut a line or an area, so that what they share counts once; lengths of different
    lines in one area add up.
    """
    of, by = shapely.get_dimensions(places[place]), shapely.get_dimensions(others[other])
    rows = np.flatnonzero((of + by == LINE + AREA) & (of * by == LINE * AREA) if lines else (of == AREA) & (by == AREA))
    result = np.full(len(places), np.nan)
    if not rows.size:
        return result
    rows = rows[np.argsort(place[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(place[rows], prepend=-1))
    owner = place[rows][starts]
    if lines and of[rows[0]] == AREA:
        pieces = shapely.intersection(places[place[rows]], others[other[rows]])
        result[owner] = np.add.reduceat(ellipsoid.lengths_m(pieces), starts)
        return result
    cover = np.array([shapely.union_all(part) for part in np.split(others[other[rows]], starts[1:])], dtype=object)
    pieces = shapely.intersection(places[owner], cover)
    result[owner] = ellipsoid.lengths_m(pieces) if lines else ellipsoid.areas_m2(pieces)
    return result
