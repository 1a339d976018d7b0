"""Looking for drift: rows, histories, counts and indexes that no longer agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers.store import attachments, memory, rows, tables

if TYPE_CHECKING:
    from layers.schema import Layer
    from layers.store.backend import Backend


def faults(backend: Backend) -> list[str]:
    """List every disagreement, as sentences; an empty list means that all is well."""
    found = backend.faults()
    for layer in backend.layers.values():
        with backend.reading() as connection:  # one at a time, so that writers get their turn in between
            found += _layer_faults(backend, connection, layer)
    with backend.reading() as connection:
        found += _count_faults(connection)
        found += _version_faults(connection)
        found += attachments.faults(connection)
    return found


def _layer_faults(backend: Backend, connection: sa.Connection, layer: Layer) -> list[str]:
    """Compare every row with the last version the history knows."""
    present = {row.fid: row for row in rows.fetch(backend, connection, layer)}
    newest: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(tables.changes.c.change_id), 0))).scalar_one()
    remembered = {row.fid: row for row in memory.rows_at(connection, layer, newest)}
    found = []
    foreign, lost = present.keys() - remembered.keys(), remembered.keys() - present.keys()
    if foreign:
        found.append(f"layer {layer.name}: {len(foreign)} rows are not in the history; another program wrote them")
    if lost:
        found.append(f"layer {layer.name}: {len(lost)} rows of the history are gone; another program removed them")
    both = present.keys() & remembered.keys()
    changed = [fid for fid in both if present[fid] != remembered[fid]]
    if changed:
        found.append(f"layer {layer.name}: {len(changed)} rows differ from the history; another program changed them")
    next_fid: int = connection.execute(
        sa.select(tables.layer_rows.c.next_fid).where(tables.layer_rows.c.name == layer.name)
    ).scalar_one()
    if present and max(present) >= next_fid:
        found.append(f"layer {layer.name}: the next row number {next_fid} is taken")
    return found


def _count_faults(connection: sa.Connection) -> list[str]:
    """Compare what each change says it did with what the history holds of it."""
    history, changes = tables.history, tables.changes
    held: dict[tuple[int, str], int] = {}
    for number, op, count in connection.execute(
        sa.select(history.c.change_id, history.c.op, sa.func.count()).group_by(history.c.change_id, history.c.op)
    ):
        held[number, op] = count
    found = []
    for row in connection.execute(sa.select(changes.c.change_id, changes.c.inserted, changes.c.updated, changes.c.deleted)):
        said = (row.inserted, row.updated, row.deleted)
        if said != tuple(held.pop((row.change_id, op), 0) for op in ("insert", "update", "delete")):
            found.append(f"change {row.change_id}: its counts differ from its history")
    found += [
        f"change {number}: the history has rows of it, the list of changes has not" for number in sorted({key[0] for key in held})
    ]
    return found


def _version_faults(connection: sa.Connection) -> list[str]:
    """Compare the version of each layer with its last change."""
    touched = tables.change_layers
    last = {
        row[0]: row[1]
        for row in connection.execute(sa.select(touched.c.layer, sa.func.max(touched.c.change_id)).group_by(touched.c.layer))
    }
    return [
        f"layer {name}: version {version} is not its last change {last.get(name, 0)}"
        for name, version in memory.versions(connection).items()
        if version != last.get(name, 0)
    ]
