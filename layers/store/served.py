"""Which version of a feature an account was last given, for tools that send their writes without one (QGIS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from layers.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.store.backend import Backend

ASKED_AT_ONCE = 5000


class Served:
    """`Store.served`."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def note(self, account_id: int, layer: str, versions: Mapping[str, int]) -> None:
        """Note what an account was just given; what is noted already is not written again."""
        with self._backend.reading() as connection:
            known = _known(connection, account_id, layer, list(versions))
        records = [
            {"account_id": account_id, "layer": layer, "id": feature_id, "ver": int(ver)}
            for feature_id, ver in versions.items()
            if known.get(feature_id) != ver
        ]
        if not records:
            return
        table = tables.served
        kind = sqlite.insert if self._backend.name == "gpkg" else postgresql.insert
        insert = kind(table)
        keys = [table.c.account_id, table.c.layer, table.c.id]
        with self._backend.writing() as connection:
            self._backend.many(
                connection, insert.on_conflict_do_update(index_elements=keys, set_={"ver": insert.excluded.ver}), records
            )

    def seen(self, account_id: int, layer: str, feature_id: str) -> int | None:
        """Give the version an account was last given of a feature; None when it never was."""
        with self._backend.reading() as connection:
            return _known(connection, account_id, layer, [feature_id]).get(feature_id)


def _known(connection: sa.Connection, account_id: int, layer: str, ids: Sequence[str]) -> dict[str, int]:
    table = tables.served
    own = sa.select(table.c.id, table.c.ver).where(table.c.account_id == account_id, table.c.layer == layer)
    found: dict[str, int] = {}
    for start in range(0, len(ids), ASKED_AT_ONCE):
        rows = connection.execute(own.where(table.c.id.in_(ids[start : start + ASKED_AT_ONCE])))
        found |= {row.id: row.ver for row in rows}
    return found
