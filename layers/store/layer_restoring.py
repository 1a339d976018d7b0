"""Bringing a whole layer back to what it was at an earlier version, as one new change with new versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layers.store import memory, rows
from layers.store.applying import close_change, open_change
from layers.store.judging import Judge
from layers.store.locking import Lock
from layers.store.undoing import last_versions
from layers.store.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Change, Reach, Receipt
    from layers.store.rows import Row


def restore(
    backend: Backend,
    layer: Layer,
    change: Change,
    *,
    version: Callable[[sa.Connection], int],
    reach: Mapping[str, Reach] | None = None,
) -> Receipt:
    """Restore a layer; see `Store.restore_layer`. `version` finds the version inside the transaction."""
    Judge(reach).layers([layer.name])
    with backend.writing() as connection:
        wanted = {row.fid: row for row in memory.rows_at(connection, layer, version(connection))}
        present = {row.fid: row for row in rows.fetch(backend, connection, layer)}
        writer = Writer(backend, connection, open_change(connection, change), Judge(reach), lock=Lock(change.kind))
        _bring_back(writer, layer, present, wanted)
        return close_change(writer, [layer.name])


def _bring_back(writer: Writer, layer: Layer, present: dict[int, Row], wanted: dict[int, Row]) -> None:
    """Remove what was not there, change what differed, add what is gone.

    A row whose key is another one's now is removed and added again, since two rows never carry one key, not even in between.
    """
    last = dict(last_versions(writer, layer.name, sorted({*present, *wanted})))
    surplus = [row for fid, row in present.items() if fid not in wanted]
    pairs = [(row, wanted[fid]) for fid, row in present.items() if fid in wanted and not row.same_content(wanted[fid])]
    moved = [(row, then) for row, then in pairs if row.values[layer.key] != then.values[layer.key]]
    stayed = [(row, then) for row, then in pairs if row.values[layer.key] == then.values[layer.key]]
    lost = [row for fid, row in wanted.items() if fid not in present]
    writer.total = len(surplus) + len(stayed) + 2 * len(moved) + len(lost)
    writer.delete(layer, surplus + [row for row, _ in moved])
    writer.update(layer, [(row, replace(then, ver=row.ver + 1)) for row, then in stayed])
    again = [replace(then, ver=row.ver + 2) for row, then in moved]
    writer.insert(layer, again + [replace(row, ver=last[row.fid] + 1) for row in lost])
