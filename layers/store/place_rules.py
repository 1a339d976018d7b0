"""How far a locked place may be corrected where a row lies: the layer's own distance, or what its area set as a rule of its own.

Read in the transaction that writes, so that a rule holds from the moment in which it is there, through whatever door one writes.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from layers import area_rules
from layers.store import rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.rows import Row

OFFICE = dt.timezone(dt.timedelta(hours=8))
"""A rule begins at midnight by this clock (China)."""


class PlaceRules:
    """The distances of one change; the rules are read once, when a locked place moved."""

    def __init__(self, backend: Backend, connection: sa.Connection) -> None:
        """Ask in the transaction of a change."""
        self._backend = backend
        self._connection = connection
        self._rows: list[dict[str, object]] | None = None
        self._today = dt.datetime.now(dt.UTC).astimezone(OFFICE).date()

    def tolerance_m(self, layer: Layer, row: Row) -> float:
        """Give the distance for a row as it stands."""
        if layer.place_rule is None:
            return layer.place_tolerance_m
        own = area_rules.own_number(self._own(), layer.place_rule, area_rules.lineage(row.values), self._today)
        return layer.place_tolerance_m if own is None else own

    def _own(self) -> list[dict[str, object]]:
        if self._rows is None:
            declared = self._backend.layers.get(area_rules.LAYER.name)
            found = rows.fetch(self._backend, self._connection, declared) if declared else []
            self._rows = [rows.feature(declared, row) for row in found] if declared else []
        return self._rows
