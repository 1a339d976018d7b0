"""Rows that only a procedure may write: seen at the one place where rows are written, so that no door leads past it.

A layer says which kinds of change may write it at all (`kept_by`), which fields of a row its present state locks (`locked`), with
which fields a new row would stand where only a procedure leads (`entry`), and how far a locked place may be corrected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from layers.errors import LockedRowError
from layers.store import geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.schema import Layer
    from layers.store.place_rules import PlaceRules
    from layers.store.rows import Row

PROCEDURES: Final = frozenset({"library", "ledger", "rules"})
"""Kinds of change that are steps of a procedure: they are not undone, what they did is corrected by another step."""
WHOLE: Final = "*"
PLACE: Final = "geometry"
METRES_A_DEGREE: Final = 111_320.0
PARTS: Final = 0.05
"""Stretches of at most a twentieth of an edge are followed, so that a distance between vertices counts too."""


class Lock:
    """Gathers what a change of a kind may not write; an undo of anything but a step of a procedure may write everything."""

    def __init__(self, kind: str, *, free: bool = False) -> None:
        """Start with nothing found."""
        self._kind = kind
        self._free = free
        self.items: list[tuple[str, str, str]] = []
        self.places: PlaceRules | None = None

    @classmethod
    def of_undo(cls, undone: str, change_id: int) -> Lock:
        """Make the lock for the undo of a change of a kind.

        Raises:
            LockedRowError: the change was a step of a procedure.
        """
        if undone in PROCEDURES:
            raise LockedRowError(
                f"Change {change_id} is a step of a procedure and cannot be undone. Correct it by another step: return, withdraw "
                "or ask for a change in the project library, or enter the correction in the asset ledger. Nothing was saved."
            )
        return cls("undo", free=True)

    def added(self, layer: Layer, rows: Sequence[Row]) -> None:
        """Look at new rows."""
        if self._kept(layer, rows) or layer.entry is None or self._own(layer) or self._kind == "import":
            return
        for row in rows:
            self.items += [(layer.name, str(row.values[layer.key]), name) for name in sorted(layer.entry(row.values))]

    def removed(self, layer: Layer, rows: Sequence[Row]) -> None:
        """Look at rows that are to go."""
        if self._kept(layer, rows) or layer.locked is None or self._own(layer):
            return
        self.items += [(layer.name, str(row.values[layer.key]), WHOLE) for row in rows if WHOLE in layer.locked(row.values)]

    def changed(self, layer: Layer, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Look at rows that get other content."""
        if self._kept(layer, [before for before, _ in pairs]) or layer.locked is None or self._own(layer):
            return
        for before, after in pairs:
            names = layer.locked(before.values)
            found = [name for name in sorted(names) if name in after.values and after.values[name] != before.values.get(name)]
            found += [PLACE] if PLACE in names and moved(before, after, self._tolerance(layer, before)) else []
            self.items += [(layer.name, str(before.values[layer.key]), name) for name in found]

    def close(self) -> None:
        """Raise LockedRowError when something was found."""
        if not self.items:
            return
        layer, row, _ = self.items[0]
        own = [name for item in self.items if item[:2] == (layer, row) for name in [item[2]]]
        raise LockedRowError.of(layer, row, own, more=[item for item in self.items if item[:2] != (layer, row)])

    def _tolerance(self, layer: Layer, row: Row) -> float:
        return layer.place_tolerance_m if self.places is None else self.places.tolerance_m(layer, row)

    def _own(self, layer: Layer) -> bool:
        return self._free or self._kind in layer.own_kinds

    def _kept(self, layer: Layer, rows: Sequence[Row]) -> bool:
        """Say whether the layer takes no rows of this kind of change, and note them."""
        if self._free or not layer.kept_by or self._kind in layer.kept_by:
            return False
        self.items += [(layer.name, str(row.values[layer.key]), WHOLE) for row in rows]
        return True


def moved(before: Row, after: Row, tolerance_m: float) -> bool:
    """Say whether a geometry became another place: it moved by more than a tolerance, or went.

    Largest distance from one geometry to the other (Hausdorff), in a plane with the scale of the middle latitude; against the
    ellipsoid that is exact to 1 % at the distances that decide here. A geometry drawn for the first time has not moved.
    """
    if before.wkb is None or before.wkb == after.wkb:
        return False
    if after.wkb is None:
        return True
    one, other = geometry.from_wkb([before.wkb, after.wkb])
    if one.is_empty or other.is_empty:
        return bool(one.is_empty != other.is_empty)
    middle = np.radians((one.bounds[1] + one.bounds[3]) / 2)
    scale = np.array([METRES_A_DEGREE * float(np.cos(middle)), METRES_A_DEGREE])
    flat = [shapely.transform(item, lambda lonlat: lonlat * scale) for item in (one, other)]
    return bool(shapely.hausdorff_distance(flat[0], flat[1], densify=PARTS) > tolerance_m)
