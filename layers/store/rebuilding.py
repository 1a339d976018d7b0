"""Bringing a copy of a store to the state after a change: its log completed from another store or cut back, its layers rebuilt.

The log (`xt_changes`, `xt_history`) holds every version of every feature with what it was before and after. Before it is
believed, it is followed from the first version of each feature to the last one: what a version replaced must be what the one
before it left. Then every layer's table is made what the log says, row by row.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from layers.errors import StoreError
from layers.store import memory, rows, tables
from layers.store.times import instant
from layers.values import to_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.rows import Row

CHUNK = 2000


class RestoreError(StoreError, RuntimeError):
    """A state cannot be restored from what there is; nothing was changed."""

    code: ClassVar[str] = "restore_failed"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done: the change the copy stands at, changes added from the log, changes taken back, rows set right."""

    change: int
    added: int
    removed: int
    rows: int


def change_at(connection: sa.Connection, at: dt.datetime) -> int:
    """The last change made at or before a moment; 0 when there was none."""
    table = tables.changes
    moment = instant(at)
    found: int = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(table.c.change_id), 0)).where(table.c.at <= moment)
    ).scalar_one()
    return found


def bring_to(copy: Backend, log: Backend, change: int) -> Rebuilt:
    """Make a copy hold the state after a change, in one transaction.

    Args:
        copy: a copy of the store, older or newer than the change; it is written.
        log: a store with the same history that reaches at least as far as the change; it is read only. What it has of
            attachments the copy has afterwards.
        change: the number of the change, 0 for the empty beginning.

    Raises:
        RestoreError: the two have different histories, or the log has a gap.
    """
    with copy.writing() as connection, nullcontext(connection) if log is copy else log.reading() as source:
        newest: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(tables.changes.c.change_id), 0))).scalar_one()
        _refuse_other_history(connection, source, min(newest, change))
        added = _complete(copy, connection, source, (newest, change))
        if log is not copy:
            _add_attachments(copy, connection, source)
        removed = _cut(connection, change)
        touched = 0
        for layer in copy.layers.values():
            _refuse_gap(connection, layer)
            touched += _set_layer(copy, connection, layer, change)
            _set_numbers(connection, source, layer)
        _forget_what_was_seen(connection)
    return Rebuilt(change, added, removed, touched)


def _refuse_other_history(connection: sa.Connection, source: sa.Connection, common: int) -> None:
    statement = sa.select(tables.changes.c.token).where(tables.changes.c.change_id == common)
    one, other = connection.execute(statement).scalar(), source.execute(statement).scalar()
    if one != other:
        raise RestoreError(
            f"The backup and the store have different histories: change {common} is not the same in both. Name another backup."
        )


def _complete(copy: Backend, connection: sa.Connection, source: sa.Connection, span: tuple[int, int]) -> int:
    """Add the changes after the first number up to the second one, as the other log has them."""
    first, last = span
    if first >= last:
        return 0
    for table in (tables.changes, tables.change_layers, tables.history):
        keys = list(table.primary_key.columns)
        wanted = sa.select(table).where(table.c.change_id > first, table.c.change_id <= last).order_by(*keys)
        for part in source.execution_options(stream_results=True).execute(wanted).mappings().partitions(CHUNK):
            copy.many(connection, sa.insert(table), [dict(row) for row in part])
    return last - first


def _add_attachments(copy: Backend, connection: sa.Connection, source: sa.Connection) -> None:
    """Add the papers and photographs that came after the copy: the records that are added name them. Those in it stay."""
    table = tables.attachments
    listed = sa.select(table.c.attachment_id, table.c.sha256)
    held = {row.attachment_id: row.sha256 for row in connection.execute(listed)}
    lacking = []
    for row in source.execute(listed.order_by(table.c.attachment_id)):
        if row.attachment_id not in held:
            lacking.append(row.attachment_id)
        elif held[row.attachment_id] != row.sha256:
            raise RestoreError(
                f"The backup and the store have different histories: attachment {row.attachment_id} is not the same in both. "
                "Name another backup."
            )
    for number in lacking:
        found = source.execute(sa.select(table).where(table.c.attachment_id == number)).mappings().one()
        copy.many(connection, sa.insert(table), [dict(found)])


def _cut(connection: sa.Connection, change: int) -> int:
    """Take away what came after a change: its log, runs that stand on it; requests and kept edits it settled are open again."""
    for table in (tables.change_layers, tables.history):
        connection.execute(sa.delete(table).where(table.c.change_id > change))
    removed = connection.execute(sa.delete(tables.changes).where(tables.changes.c.change_id > change)).rowcount
    later = [
        run_id
        for run_id, text in connection.execute(sa.select(tables.runs.c.run_id, tables.runs.c.layer_versions))
        if any(int(version) > change for version in json.loads(text).values())
    ]
    for run_id in later:
        connection.execute(sa.delete(tables.run_units).where(tables.run_units.c.run_id == run_id))
        connection.execute(sa.delete(tables.runs).where(tables.runs.c.run_id == run_id))
    again = {"state": "open", "change_id": None}
    for table, named in ((tables.requests, "decided"), (tables.kept, "settled")):
        reset = again | {f"{named}_at": None, f"{named}_by": None}
        connection.execute(sa.update(table).where(table.c.change_id > change).values(reset))
    return removed


def _refuse_gap(connection: sa.Connection, layer: Layer) -> None:
    """Follow every feature of a layer through its versions; raise RestoreError where a version is missing or does not fit."""
    table = tables.history
    columns = (table.c.fid, table.c.ver, table.c.op, table.c.before, table.c.before_wkb, table.c.after, table.c.after_wkb)
    statement = sa.select(*columns).where(table.c.layer == layer.name).order_by(table.c.fid, table.c.ver)
    last: tuple[int, int, bytes] | None = None
    for row in connection.execution_options(stream_results=True).execute(statement):
        before, after = _mark(row.before, row.before_wkb), _mark(row.after, row.after_wkb)
        follows = last is not None and last[0] == row.fid
        fits = (last is not None and last[1] + 1 == row.ver and last[2] == before) if follows else row.op == "insert"
        if not fits:
            raise RestoreError(
                f"The log of layer {layer.name} has a gap at row {row.fid}, version {row.ver}. Name another backup."
            )
        last = (row.fid, row.ver, after)


def _mark(text: str | None, wkb: bytes | memoryview | None) -> bytes:
    if text is None:
        return b""
    return hashlib.sha256(text.encode() + b"\0" + bytes(wkb or b"")).digest()


def _set_layer(copy: Backend, connection: sa.Connection, layer: Layer, change: int) -> int:
    """Make a layer's table what the log says; give the number of rows that had to be touched."""
    present = {row.fid: row for row in rows.fetch(copy, connection, layer)}
    wanted = {row.fid: row for row in memory.rows_at(connection, layer, change)}
    wrong = [fid for fid, row in present.items() if wanted.get(fid) != row]
    missing = [row for fid, row in wanted.items() if present.get(fid) != row]
    table = copy.tables[layer.name]
    for start in range(0, len(wrong), CHUNK // 4):
        connection.execute(sa.delete(table).where(table.c.fid.in_(wrong[start : start + CHUNK // 4])))
    box = None
    for start in range(0, len(missing), CHUNK):
        records, part = rows.records(copy, layer, missing[start : start + CHUNK])
        copy.many(connection, sa.insert(table), records)
        box = rows.joined(box, part)
    copy.touched(connection, {layer.name: box})
    return len(set(wrong) | {row.fid for row in missing})


def _set_numbers(connection: sa.Connection, source: sa.Connection, layer: Layer) -> None:
    """Set the layer's version; the next row number is the higher of both, so that none is ever given twice."""
    touched = tables.change_layers
    version = sa.select(sa.func.coalesce(sa.func.max(touched.c.change_id), 0)).where(touched.c.layer == layer.name)
    table = tables.layer_rows
    numbers = sa.select(table.c.next_fid).where(table.c.name == layer.name)
    highest = max(connection.execute(numbers).scalar() or 1, source.execute(numbers).scalar() or 1)
    connection.execute(
        sa.update(table)
        .where(table.c.name == layer.name)
        .values(version=connection.execute(version).scalar_one(), next_fid=highest)
    )


def _forget_what_was_seen(connection: sa.Connection) -> None:
    """End all sessions and forget which versions were served: the same version numbers may come to mean something else."""
    connection.execute(sa.delete(tables.sessions))
    connection.execute(sa.delete(tables.served))


def digest_of(found: Iterable[Row]) -> str:
    """A SHA-256 over rows, whatever kind of store they come from."""
    digest = hashlib.sha256()
    for row in found:
        digest.update(to_json([row.fid, row.id, row.ver, row.json()]).encode())
        digest.update(row.wkb or b"-")
    return digest.hexdigest()


def digests(backend: Backend) -> dict[str, str]:
    """The checksum of every layer as it stands in its table."""
    with backend.reading() as connection:
        return {name: digest_of(rows.fetch(backend, connection, layer)) for name, layer in sorted(backend.layers.items())}


def digests_at(backend: Backend, change: int) -> dict[str, str]:
    """The checksum of every layer as the history says that it was after a change."""
    with backend.reading() as connection:
        return {name: digest_of(memory.rows_at(connection, layer, change)) for name, layer in sorted(backend.layers.items())}
