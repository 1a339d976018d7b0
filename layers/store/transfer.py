"""Moving everything from one store to another of either kind: layers, history, changes, runs, queries, settings."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers.errors import NotAStoreError
from layers.store import durability, guard, migrations, rows, tables
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.rows import Row

CHUNK = 2000
MOVED = (
    tables.changes,
    tables.change_layers,
    tables.history,
    tables.runs,
    tables.run_units,
    tables.queries,
    tables.settings,
    tables.accounts,
    tables.requests,
    tables.request_edits,
    tables.kept,
    tables.served,
    tables.published,
    tables.attachments,
)
"""Everything beside the layers but sign-ins: sessions and attempts end with the store in which they were made."""
AT_ONCE = {tables.attachments.name: 4}
"""Rows that are held at once where a row is large."""
MAY_BE_FILLED = frozenset({tables.settings.name})


def move(source: Backend, target: Backend, progress: Callable[[int, int], object] | None = None) -> None:
    """Copy everything of a store, as of one moment, into a new store of the same layers, in one transaction.

    Raises:
        NotAStoreError: the target holds something already.
    """
    with source.reading() as reader, target.writing() as writer:
        _refuse_filled(target, writer)
        writer.execute(sa.delete(tables.settings))
        ticker = _Ticker(_rows_of(source, reader), progress)
        for table in MOVED:
            _move_table(reader, writer, table, target, ticker)
        boxes: dict[str, Box | None] = {}
        for name, layer in source.layers.items():
            for chunk in _row_chunks(source, reader, layer):
                records, box = rows.records(target, layer, chunk)
                target.many(writer, sa.insert(target.tables[name]), records)
                boxes[name] = rows.joined(boxes.get(name), box)
                ticker.add(len(chunk))
        for row in reader.execute(sa.select(tables.layer_rows)):
            statement = sa.update(tables.layer_rows).where(tables.layer_rows.c.name == row.name)
            writer.execute(statement.values(version=row.version, next_fid=row.next_fid))
        target.touched(writer, boxes)


class _Ticker:
    """Counts rows and tells how far the copying has come."""

    def __init__(self, total: int, progress: Callable[[int, int], object] | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, max(self._total, self._done))


def _count(connection: sa.Connection, table: sa.Table) -> int:
    number: int = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return number


def _rows_of(backend: Backend, connection: sa.Connection) -> int:
    return sum(_count(connection, table) for table in (*MOVED, *backend.tables.values()))


def _refuse_filled(target: Backend, writer: sa.Connection) -> None:
    filled = [table.name for table in MOVED if table.name not in MAY_BE_FILLED and _count(writer, table)]
    if tables.changes.name in filled:
        raise NotAStoreError("The store to copy into holds changes already. Name a new one.")
    if filled:
        names = ", ".join(name.removeprefix("xt_") for name in filled)
        raise NotAStoreError(f"The {target.name} store to copy into is not empty, it holds {names}. Name a new one.")


def _row_chunks(backend: Backend, connection: sa.Connection, layer: Layer) -> Iterator[list[Row]]:
    """Read a layer in parts, in the order of the fid."""
    fid = backend.tables[layer.name].c.fid
    last: int | None = connection.execute(sa.select(sa.func.max(fid))).scalar()
    first: int | None = connection.execute(sa.select(sa.func.min(fid))).scalar()
    while first is not None and last is not None and first <= last:
        chunk = rows.fetch(backend, connection, layer, [fid.between(first, first + CHUNK - 1)])
        if chunk:
            yield chunk
        first = connection.execute(sa.select(sa.func.min(fid)).where(fid > first + CHUNK - 1)).scalar()


def _move_table(reader: sa.Connection, writer: sa.Connection, table: sa.Table, target: Backend, ticker: _Ticker) -> None:
    keys = list(table.primary_key.columns)
    count = AT_ONCE.get(table.name, CHUNK)
    streaming = reader.execution_options(stream_results=True, max_row_buffer=count)
    for part in streaming.execute(sa.select(table).order_by(*keys)).mappings().partitions(count):
        target.many(writer, sa.insert(table), [dict(row) for row in part])
        ticker.add(len(part))


def full_checksum(backend: Backend) -> str:
    """A SHA-256 over everything that `move` copies, layers included; equal for two stores that hold the same.

    Every row is hashed by itself and the hashes are added up, so that the order in which a database sorts texts does not matter.
    """
    total = 0
    with backend.reading() as connection:
        for table in MOVED:
            streaming = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE.get(table.name, CHUNK))
            for record in streaming.execute(sa.select(table)):
                total += _hash([table.name, *record])
        for name, layer in backend.layers.items():
            for chunk in _row_chunks(backend, connection, layer):
                total += sum(_hash([name, row.fid, row.id, row.ver, row.json(), row.wkb]) for row in chunk)
    return hashlib.sha256(str(total).encode()).hexdigest()


def _hash(values: Sequence[object]) -> int:
    plain = [bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value for value in values]
    return int.from_bytes(hashlib.sha256(to_json(plain).encode()).digest())


def checksum(backend: Backend) -> str:
    """A SHA-256 over all layers and the whole history; equal for two stores that hold the same."""
    digest = hashlib.sha256()
    with backend.reading() as connection:
        for name, layer in sorted(backend.layers.items()):
            for row in rows.fetch(backend, connection, layer):
                digest.update(to_json([name, row.fid, row.id, row.ver, row.json()]).encode())
                digest.update(row.wkb or b"-")
        history = tables.history
        for record in connection.execute(sa.select(history).order_by(history.c.seq)):
            digest.update(to_json([value for value in record if not isinstance(value, (bytes, memoryview))]).encode())
            digest.update(bytes(record.before_wkb or b"-") + bytes(record.after_wkb or b"-"))
    return digest.hexdigest()


def to_geopackage(source: Backend, path: Path) -> Path:
    """Make a GeoPackage store of everything at a new path, put in place in one step."""
    from layers.store.geopackage import GeoPackage  # noqa: PLC0415 -- a kind of store that is needed for this one thing

    guard.assert_not_live(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    os.close(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o640))
    target = GeoPackage(draft, source.layers, durability.Durability("delete", "extra"))
    try:
        migrations.create(target)
        migrations.declare(target)
        move(source, target)
        target.close()
        draft.replace(path)
    finally:
        target.close()
        draft.unlink(missing_ok=True)
    return path
