"""Whether a change stays within what the person may write: every row before and after, inside the transaction.

Both states of a row must state a granted area code and lie within the outline of the granted areas, grown by 1e-6 degrees
(about 0.1 m, more than rounding moves a vertex and less than anybody digitises). A state without a code needs the geometry.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from layers.errors import NotFoundError, OutOfReachError
from layers.store import geometry, reaching

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.schema import Layer
    from layers.store.records import Reach
    from layers.store.rows import Row

SLACK_DEGREES = 1e-6
SHOWN = 5
TEXTS = {
    "layer": "the layer {layer} may not be changed by you",
    "area_before": "{layer} {id} lies outside your areas",
    "area_after": "{layer} {id} would lie outside your areas",
    "field": "{layer} {id}: {detail} is not for you to write",
    "not_readable": "{layer}: some rows lie outside your areas",
}


@lru_cache(maxsize=64)
def _grown(outline: shapely.Geometry) -> shapely.Geometry:
    grown = outline.buffer(SLACK_DEGREES, join_style="mitre")
    shapely.prepare(grown)
    return grown


def absent(layer: Layer, feature_id: str) -> NotFoundError:
    """The error for a feature that is not there, the same for one that may not be read."""
    return NotFoundError(f"Layer {layer.name} has no feature {feature_id}. Read the layer again.")


def writable(rows: Sequence[Row], layer: Layer, reach: Reach) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Say for each state of a row whether it may be written, by area."""
    count = len(rows)
    fields = reaching.code_fields(layer)
    if reach.codes is None or not (fields or reaching.located(layer)):
        return np.ones(count, dtype=bool)
    codes = reaching.finest_codes(rows, layer)
    granted = reach.codes
    stated = np.array([code is not None for code in codes], dtype=bool)
    allowed = np.array([code is None or code in granted for code in codes], dtype=bool)
    if not reaching.located(layer):
        return np.asarray(allowed & stated, dtype=bool)
    known = np.array([row.wkb is not None for row in rows], dtype=bool)
    if reach.outline is None:
        return np.asarray(allowed & stated, dtype=bool)
    covered = np.zeros(count, dtype=bool)
    if known.any():
        shapes = geometry.from_wkb([row.wkb for row, one in zip(rows, known, strict=True) if one])
        covered[known] = _covers(_grown(reach.outline), shapes)
    return np.asarray(allowed & np.where(known, covered, stated), dtype=bool)


def _covers(outline: shapely.Geometry, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    try:
        return np.asarray(shapely.covers(outline, shapes), dtype=bool)
    except shapely.errors.GEOSException:
        return np.array([_covers_one(outline, shape) for shape in shapes], dtype=bool)


def _covers_one(outline: shapely.Geometry, shape: shapely.Geometry) -> bool:
    try:
        return bool(outline.covers(shape))
    except shapely.errors.GEOSException:
        return False


class Judge:
    """Gathers what a change may not do; `reach` None lets everything pass, a layer it does not name is refused."""

    def __init__(self, reach: Mapping[str, Reach] | None = None) -> None:
        """Start with nothing found."""
        self._reach = reach
        self._seen = False
        self.items: list[tuple[str, str, str, str]] = []

    def layers(self, names: Iterable[str]) -> None:
        """Refuse at once the layers that the person may not write."""
        if self._reach is not None:
            self.items += [(name, "", "layer", "") for name in dict.fromkeys(names) if name not in self._reach]
            self.close()

    def named(self, layer: Layer, row: Row) -> bool:
        """Test a row that an edit names, before anything is said about it; say whether it may be written.

        Raises:
            NotFoundError: the row may not be read, so for this person it is not there.
        """
        reach = self._of(layer)
        if reach is None:
            return True
        if not bool(reaching.inside([row], layer, reach.reading or reach)[0]):
            raise absent(layer, row.id)
        found = len(self.items)
        self._outside(layer, [row], reach, "area_before")
        return len(self.items) == found

    def shown(self, layer: Layer, feature: dict[str, Any]) -> dict[str, Any]:
        """Give a feature as this person may see it: what names a person is blanked where that is not for it."""
        reach = None if self._reach is None else self._reach.get(layer.name)
        return feature if reach is None else reaching.narrow_feature(feature, reach.reading or reach, layer)

    def added(self, layer: Layer, rows: Sequence[Row]) -> None:
        """Test rows that are to be there."""
        reach = self._of(layer)
        if reach is not None and rows:
            self._whole(layer, rows, reach, "a new row")
            self._outside(layer, rows, reach, "area_after")

    def removed(self, layer: Layer, rows: Sequence[Row]) -> None:
        """Test rows that are to go."""
        reach = self._of(layer)
        if reach is not None and rows:
            self._whole(layer, self._standing(layer, rows, reach), reach, "a removal")

    def changed(self, layer: Layer, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Test rows that get other content, before and after."""
        reach = self._of(layer)
        if reach is None or not pairs:
            return
        seen = {row.fid for row in self._standing(layer, [before for before, _ in pairs], reach)}
        shown = [(before, after) for before, after in pairs if before.fid in seen]
        self._outside(layer, [after for _, after in shown], reach, "area_after")
        if reach.fields is None:
            return
        for before, after in shown:
            names = [name for name, value in after.values.items() if value != before.values.get(name)]
            names += ["geometry"] if after.wkb != before.wkb else []
            self.items += [(layer.name, before.id, "field", name) for name in names if name not in reach.fields]

    @property
    def all_hidden(self) -> bool:
        """Whether something was to be written and no row of it may be read."""
        return bool(self.items) and not self._seen and all(item[2] == "not_readable" for item in self.items)

    def close(self) -> None:
        """Raise OutOfReachError when something was found."""
        if not self.items:
            return
        found = list(dict.fromkeys(self.items))
        lines = [TEXTS[why].format(layer=layer, id=feature, detail=detail) for layer, feature, why, detail in found[:SHOWN]]
        more = f"; {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise OutOfReachError(f"{'; '.join(lines)}{more}. Nothing was saved.", items=found)

    def _of(self, layer: Layer) -> Reach | None:
        if self._reach is None:
            return None
        self.layers([layer.name])
        return self._reach[layer.name]

    def _standing(self, layer: Layer, rows: Sequence[Row], reach: Reach) -> list[Row]:
        """Test rows as they stand and give those that may be read; the others are not named."""
        readable = reaching.inside(rows, layer, reach.reading or reach)
        shown = [row for row, one in zip(rows, readable, strict=True) if one]
        self._seen = self._seen or bool(shown)
        if len(shown) < len(rows):
            self.items.append((layer.name, "", "not_readable", ""))
        self._outside(layer, shown, reach, "area_before")
        return shown

    def _whole(self, layer: Layer, rows: Sequence[Row], reach: Reach, what: str) -> None:
        if reach.fields is not None:
            self.items += [(layer.name, row.id, "field", what) for row in rows]

    def _outside(self, layer: Layer, rows: Sequence[Row], reach: Reach, why: str) -> None:
        allowed = writable(rows, layer, reach)
        self.items += [
            (layer.name, row.id, why, str(row.values[layer.key])) for row, one in zip(rows, allowed, strict=True) if not one
        ]
