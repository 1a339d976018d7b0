"""Writing rows of layers inside one change: each row with its history, the layer's table and the counts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from layers.errors import CancelledError
from layers.store import deriving, rows, tables
from layers.store.judging import Judge
from layers.store.place_rules import PlaceRules

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.locking import Lock
    from layers.store.rows import Row

Item = TypeVar("Item")
CHUNK = 2000


class Writer:
    """The pen of one change, inside its transaction."""

    def __init__(
        self, backend: Backend, connection: sa.Connection, change_id: int, judge: Judge | None = None, *, lock: Lock
    ) -> None:
        """Start with nothing written; the judge and the lock see every row before it is written."""
        self.judge = judge or Judge()
        self.lock = lock
        lock.places = PlaceRules(backend, connection)
        self.backend = backend
        self.connection = connection
        self.change_id = change_id
        self.inserted = self.updated = self.deleted = 0
        self.boxes: dict[str, Box | None] = {}
        self.progress: Callable[[int, int], object] | None = None
        self.cancel: threading.Event | None = None
        self.total = 0
        self._done = 0
        self._seq = connection.execute(sa.select(sa.func.coalesce(sa.func.max(tables.history.c.seq), 0))).scalar_one()

    def take_fids(self, layer: Layer, count: int) -> range:
        """Take the next row numbers of a layer; a number is never given twice."""
        name = tables.layer_rows.c.name == layer.name
        first: int = self.connection.execute(sa.select(tables.layer_rows.c.next_fid).where(name)).scalar_one()
        self.connection.execute(sa.update(tables.layer_rows).where(name).values(next_fid=first + count))
        return range(first, first + count)

    def insert(self, layer: Layer, added: Sequence[Row]) -> None:
        """Add rows."""
        self.judge.added(layer, added)
        self.lock.added(layer, added)
        added = deriving.filled(layer, added)
        for chunk in self._chunks(added):
            self.backend.many(self.connection, sa.insert(self.backend.tables[layer.name]), self._records(layer, chunk))
            self._remember(layer, [(None, row) for row in chunk])
        self.inserted += len(added)

    def update(self, layer: Layer, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Give rows new content; a pair is the row before and the row after."""
        self.judge.changed(layer, pairs)
        self.lock.changed(layer, pairs)
        pairs = deriving.followed(layer, pairs)
        table = self.backend.tables[layer.name]
        names = [column.name for column in table.columns if column.name != "fid"]
        statement = (
            sa.update(table)
            .where(table.c.fid == sa.bindparam("at_fid"), table.c.ver == sa.bindparam("at_ver"))
            .values({name: sa.bindparam(f"to_{name}", type_=table.c[name].type) for name in names})
        )
        for chunk in self._chunks(pairs):
            records = self._records(layer, [after for _, after in chunk])
            parameters = [
                {"at_fid": before.fid, "at_ver": before.ver} | {f"to_{name}": record[name] for name in names}
                for (before, _), record in zip(chunk, records, strict=True)
            ]
            self.backend.many(self.connection, statement, parameters)
            self._remember(layer, list(chunk))
        self.updated += len(pairs)

    def delete(self, layer: Layer, removed: Sequence[Row]) -> None:
        """Remove rows; `ver` of the removal is one more than the row's."""
        self.judge.removed(layer, removed)
        self.lock.removed(layer, removed)
        table = self.backend.tables[layer.name]
        statement = sa.delete(table).where(table.c.fid == sa.bindparam("at_fid"), table.c.ver == sa.bindparam("at_ver"))
        for chunk in self._chunks(removed):
            self.backend.many(self.connection, statement, [{"at_fid": row.fid, "at_ver": row.ver} for row in chunk])
            self._remember(layer, [(row, None) for row in chunk])
        self.deleted += len(removed)

    def finish(self) -> None:
        """Write the counts, the versions of the layers and their registration; raise what the judge and the lock have found."""
        self.judge.close()
        self.lock.close()
        change = tables.changes.c.change_id == self.change_id
        counts = {"inserted": self.inserted, "updated": self.updated, "deleted": self.deleted}
        self.connection.execute(sa.update(tables.changes).where(change).values(counts))
        for name in self.boxes:
            self.connection.execute(sa.insert(tables.change_layers).values(layer=name, change_id=self.change_id))
            row = sa.update(tables.layer_rows).where(tables.layer_rows.c.name == name)
            self.connection.execute(row.values(version=self.change_id))
        self.backend.touched(self.connection, self.boxes)

    def _chunks(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        for start in range(0, len(items), CHUNK):
            if self.cancel is not None and self.cancel.is_set():
                raise CancelledError("The change was stopped. Nothing was saved.")
            chunk = items[start : start + CHUNK]
            yield chunk
            self._done += len(chunk)
            if self.progress is not None:
                self.progress(self._done, max(self.total, self._done))

    def _records(self, layer: Layer, chunk: Sequence[Row]) -> list[dict[str, Any]]:
        found, box = rows.records(self.backend, layer, chunk)
        self.boxes[layer.name] = rows.joined(self.boxes.get(layer.name), box)
        return found

    def _remember(self, layer: Layer, pairs: Sequence[tuple[Row | None, Row | None]]) -> None:
        self.boxes.setdefault(layer.name, None)
        records = []
        for before, after in pairs:
            self._seq += 1
            row = after or before
            if row is None:
                continue
            records.append(
                {
                    "seq": self._seq,
                    "change_id": self.change_id,
                    "layer": layer.name,
                    "fid": row.fid,
                    "id": row.id,
                    "ver": row.ver if after else row.ver + 1,
                    "op": "delete" if after is None else "insert" if before is None else "update",
                    "before": before.json() if before else None,
                    "before_wkb": before.wkb if before else None,
                    "after": after.json() if after else None,
                    "after_wkb": after.wkb if after else None,
                }
            )
        self.backend.many(self.connection, sa.insert(tables.history), records)
