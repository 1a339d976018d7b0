"""Reading a whole layer without keeping writers waiting: in short transactions, put right afterwards from the history.

A GeoPackage with a rollback journal lets nobody commit while a transaction reads, and gives up after its busy timeout (5 s). So
a large layer is read in parts; rows that changed meanwhile are then set back to what they were at the version asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.store import features, memory, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend

PART = 20_000
"""Rows read in one transaction, about a tenth of a second."""


def present(backend: Backend, layer: Layer, version: int) -> gpd.GeoDataFrame:
    """Read a layer as it is at its present version, also when it moves on meanwhile."""
    found: list[Sequence[Any]] = []
    after = -1
    while True:
        part = _part(backend, layer, after)
        found += part
        if len(part) < PART:
            break
        after = part[-1][0]
    with backend.reading() as connection:
        later = memory.states_before_later_changes(connection, layer, version)
    frame = features.build(backend, layer, [row for row in found if row[0] not in later])
    back = [row for row in later.values() if row is not None]
    return pd.concat([frame, rows.frame(layer, back)]).sort_index() if back else frame


def _part(backend: Backend, layer: Layer, after: int) -> Sequence[Sequence[Any]]:
    with backend.reading() as connection:
        clause: sa.ColumnElement[bool] = backend.tables[layer.name].c.fid > after
        return features.fetch(backend, connection, layer, clauses=[clause], limit=PART)


def earlier(backend: Backend, layer: Layer, version: int) -> gpd.GeoDataFrame:
    """Rebuild a layer as it was after a change, from the history."""
    with backend.reading() as connection:
        states = memory.states_at(connection, layer, version)
    return rows.frame(layer, memory.rebuilt(layer, states))
