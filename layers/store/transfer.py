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
    from pathlib import Path

    from layers.store.backend import Backend

CHUNK = 2000
MOVED = (
    tables.changes,
    tables.change_layers,
    tables.history,
    tables.runs,
    tables.run_units,
    tables.queries,
    tables.settings,
)


def move(source: Backend, target: Backend) -> None:
    """Copy everything of a store, as of one moment, into a new store of the same layers, in one transaction.

    Raises:
        NotAStoreError: the target holds something already.
    """
    with source.reading() as reader, target.writing() as writer:
        held = writer.execute(sa.select(sa.func.count()).select_from(tables.changes)).scalar_one()
        if held:
            raise NotAStoreError("The store to copy into holds changes already. Name a new one.")
        for table in MOVED:
            _move_table(reader, writer, table, target)
        boxes: dict[str, tuple[float, float, float, float] | None] = {}
        for name, layer in source.layers.items():
            found = rows.fetch(source, reader, layer)
            for start in range(0, len(found), CHUNK):
                chunk = found[start : start + CHUNK]
                records, box = rows.records(target, layer, chunk)
                target.many(writer, sa.insert(target.tables[name]), records)
                boxes[name] = rows.joined(boxes.get(name), box)
        for row in reader.execute(sa.select(tables.layer_rows)):
            statement = sa.update(tables.layer_rows).where(tables.layer_rows.c.name == row.name)
            writer.execute(statement.values(version=row.version, next_fid=row.next_fid))
        target.touched(writer, boxes)


def _move_table(reader: sa.Connection, writer: sa.Connection, table: sa.Table, target: Backend) -> None:
    keys = list(table.primary_key.columns)
    found = reader.execution_options(stream_results=True).execute(sa.select(table).order_by(*keys))
    for part in found.mappings().partitions(CHUNK):
        target.many(writer, sa.insert(table), [dict(row) for row in part])


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
