"""An asset that was moved to another place: how far, and what its event says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processing.library.content import middle, moved_m
from processing.library.faults import Fault

if TYPE_CHECKING:
    import shapely

    from processing.ledger.rules import LedgerRules

MOVE: Final = "relocate"
"""The step that takes a new place."""
PLACE: Final = "geometry"


def lacking(place: shapely.Geometry | None, rules: LedgerRules) -> list[Fault]:
    """Name what a relocation lacks: the new place."""
    if place is not None and not place.is_empty:
        return []
    text = ("迁移后的位置", "the place to which it was moved")
    return [
        Fault("field_missing", PLACE, "", *text, "在地图上绘制，或上传文件", "Draw it, or send a file", rules.source("change"))
    ]


def record(before: shapely.Geometry | None, after: shapely.Geometry) -> dict[str, Any]:
    """Give what the event says: the middle of both places in degrees (EPSG:4490); the whole shapes stand in the row's history.

    >>> import shapely
    >>> record(shapely.Point(104, 36), shapely.Point(104, 36.001))
    {'field': 'geometry', 'before': '104.000000, 36.000000', 'after': '104.000000, 36.001000'}
    """
    return {"field": PLACE, "before": _said(before), "after": _said(after)}


def distance_m(before: shapely.Geometry | None, after: shapely.Geometry) -> float | None:
    """Measure how far the middle moved along the ellipsoid, to the tenth of a metre; None where there was no place before.

    >>> import shapely
    >>> distance_m(shapely.Point(104, 36), shapely.Point(104, 36.001)), distance_m(None, shapely.Point(104, 36))
    (111.0, None)
    """
    found = moved_m(before, after)
    return None if found is None else round(found, 1)


def _said(place: shapely.Geometry | None) -> str | None:
    at = middle(place)
    return None if at is None else f"{at[0]:.6f}, {at[1]:.6f}"
