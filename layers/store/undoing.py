"""Undoing a whole change: every feature goes back to what it was before, as a new change with new versions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers.errors import UndoConflictError
from layers.store import memory, rows, tables
from layers.store.applying import ASKED_AT_ONCE, close_change, declared, open_change
from layers.store.judging import Judge
from layers.store.locking import Lock
from layers.store.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Change, Reach, Receipt
    from layers.store.rows import Row

SHOWN = 10


def undo(backend: Backend, change_id: int, change: Change, reach: Mapping[str, Reach] | None = None) -> Receipt:
    """Undo a change; see `Store.undo`. `change` is the head of the new change."""
    with backend.writing() as connection:
        known = connection.execute(sa.select(tables.changes.c.kind).where(tables.changes.c.change_id == change_id)).first()
        if known is None:
            raise memory.no_change(change_id)
        lock = Lock.of_undo(known.kind, change_id)
        _refuse_conflicts(connection, change_id)
        writer = Writer(backend, connection, open_change(connection, change, undoes=change_id), Judge(reach), lock=lock)
        names = _take_back(writer, change_id)
        if writer.judge.all_hidden:
            raise memory.no_change(change_id)
        return close_change(writer, names)


def _refuse_conflicts(connection: sa.Connection, change_id: int) -> None:
    later = effective_later(connection, change_id)
    if later:
        shown = ", ".join(map(str, later[:SHOWN])) + (" …" if len(later) > SHOWN else "")
        raise UndoConflictError(
            f"Change {change_id} cannot be undone: change {shown} touched the same features later. Undo that first.",
            changes=later,
        )


def effective_later(connection: sa.Connection, change_id: int) -> list[int]:
    """Later changes that touched the same features and still stand, latest first.

    A change and its undo cancel each other: after both, the features are what they were before. A change that was itself
    undone (and not done again) counts as touched by its undo.
    """
    first, other = tables.history.alias(), tables.history.alias()
    touching = (
        sa.select(other.c.change_id, tables.changes.c.undoes)
        .distinct()
        .join_from(
            first, other, sa.and_(other.c.layer == first.c.layer, other.c.fid == first.c.fid, other.c.change_id > change_id)
        )
        .join(tables.changes, tables.changes.c.change_id == other.c.change_id)
        .where(first.c.change_id == change_id)
    )
    undoes = {row[0]: row[1] for row in connection.execute(touching)}
    cancelled: set[int] = set()
    for number in sorted(undoes, reverse=True):
        target = undoes[number]
        if number not in cancelled and target in undoes:
            cancelled |= {number, target}
    return [number for number in sorted(undoes, reverse=True) if number not in cancelled]


def _take_back(writer: Writer, change_id: int) -> list[str]:
    history = tables.history
    done = writer.connection.execute(
        sa.select(history).where(history.c.change_id == change_id).order_by(history.c.seq.desc())
    ).all()
    writer.total = len(done)
    present: dict[tuple[str, int], Row] = {}
    last: dict[tuple[str, int], int] = {}
    for name in sorted({item.layer for item in done}):
        fids = sorted({item.fid for item in done if item.layer == name})
        layer = declared(writer.backend, name)
        present |= {(name, row.fid): row for row in _present(writer, layer, fids)}
        last |= {(name, item.fid): item.ver for item in reversed(done) if item.layer == name}
        last |= {(name, fid): ver for fid, ver in last_versions(writer, name, fids)}
    _refuse_foreign(writer, change_id, present, last)
    for (name, op), group in groupby(done, key=lambda item: (item.layer, item.op)):
        layer = declared(writer.backend, name)
        for part in _without_repeats(list(group)):
            _take_back_part(writer, layer, op, part, (present, last))
    return sorted({item.layer for item in done})


def _without_repeats(items: Sequence[sa.Row[tuple[object, ...]]]) -> list[list[sa.Row[tuple[object, ...]]]]:
    """Cut into runs in which no feature stands twice, so that a run can be written at once."""
    parts: list[list[sa.Row[tuple[object, ...]]]] = [[]]
    seen: set[int] = set()
    for item in items:
        if item.fid in seen:
            parts.append([])
            seen.clear()
        parts[-1].append(item)
        seen.add(item.fid)
    return parts


def _take_back_part(
    writer: Writer,
    layer: Layer,
    op: str,
    items: Sequence[sa.Row[tuple[object, ...]]],
    state: tuple[dict[tuple[str, int], Row], dict[tuple[str, int], int]],
) -> None:
    present, last = state
    if op == "insert":
        writer.delete(layer, [present.pop((layer.name, item.fid)) for item in items])
        for item in items:
            last[layer.name, item.fid] += 1
        return
    afters = [
        rows.from_history(layer, item.before, item.before_wkb, (item.fid, item.id, last[layer.name, item.fid] + 1))
        for item in items
    ]
    if op == "update":
        writer.update(layer, [(present[layer.name, row.fid], row) for row in afters])
    else:
        _refuse_taken_keys(writer, layer, afters)
        writer.insert(layer, afters)
    for row in afters:
        present[layer.name, row.fid] = row
        last[layer.name, row.fid] = row.ver


def _present(writer: Writer, layer: Layer, fids: Sequence[int]) -> list[Row]:
    table = writer.backend.tables[layer.name]
    if len(fids) > ASKED_AT_ONCE:
        wanted = set(fids)
        return [row for row in rows.fetch(writer.backend, writer.connection, layer) if row.fid in wanted]
    return rows.fetch(writer.backend, writer.connection, layer, [table.c.fid.in_(fids)])


def last_versions(writer: Writer, name: str, fids: Sequence[int]) -> list[tuple[int, int]]:
    """Give the last version that the history knows of each row, also of rows that are gone."""
    history = tables.history
    statement = sa.select(history.c.fid, sa.func.max(history.c.ver)).where(history.c.layer == name).group_by(history.c.fid)
    if len(fids) <= ASKED_AT_ONCE:
        statement = statement.where(history.c.fid.in_(fids))
    wanted = set(fids)
    return [(row[0], row[1]) for row in writer.connection.execute(statement) if row[0] in wanted]


def _refuse_foreign(
    writer: Writer, change_id: int, present: dict[tuple[str, int], Row], last: dict[tuple[str, int], int]
) -> None:
    """Refuse when a row was changed past the store: its version is not the last one the history knows."""
    history = tables.history
    for key, row in present.items():
        if row.ver != last[key]:
            raise UndoConflictError(f"Change {change_id} cannot be undone: {key[0]} {row.id} was changed by another program.")
    gone = [key for key in last if key not in present]
    for name, fid in gone[:ASKED_AT_ONCE]:
        where = (history.c.layer == name, history.c.fid == fid, history.c.ver == last[name, fid])
        if writer.connection.execute(sa.select(history.c.op).where(*where)).scalar() != "delete":
            raise UndoConflictError(f"Change {change_id} cannot be undone: a feature of {name} was removed by another program.")


def _refuse_taken_keys(writer: Writer, layer: Layer, back: Sequence[Row]) -> None:
    column = writer.backend.tables[layer.name].c[layer.key]
    keys = [row.values[layer.key] for row in back if row.values[layer.key] is not None]
    statement = sa.select(column).where(column.is_not(None))
    if len(keys) <= ASKED_AT_ONCE:
        statement = statement.where(column.in_(keys))
    taken = set(writer.connection.execute(statement).scalars()).intersection(keys)
    if taken:
        raise UndoConflictError(
            f"The change cannot be undone: {layer.name} has other rows with the key "
            f"{', '.join(sorted(map(str, taken))[:SHOWN])} now. Remove those first."
        )
