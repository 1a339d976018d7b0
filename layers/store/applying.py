"""Applying a change: every edit checked against what is there now, then written, in one transaction or not at all."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers import frames
from layers.errors import BadFrameError, PreconditionRequiredError, StaleVersionError
from layers.schema import UnknownNameError
from layers.store import geometry, rows, tables, updating
from layers.store.ids import fresh
from layers.store.judging import Judge
from layers.store.locking import Lock
from layers.store.records import Change, Insert, Receipt, Replace
from layers.store.rows import Row
from layers.store.times import instant
from layers.store.writing import Writer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from layers.frames import Encoded
    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Edit, Reach

ASKED_AT_ONCE = updating.ASKED_AT_ONCE
Prepared = dict[int, "Encoded"]


def declared(backend: Backend, name: str) -> Layer:
    """Find a layer by name; raise UnknownNameError with the names there are."""
    if name not in backend.layers:
        raise UnknownNameError(f"There is no layer {name!r}; there are: {', '.join(backend.layers)}")
    return backend.layers[name]


def open_change(connection: sa.Connection, change: Change, *, undoes: int | None = None) -> int:
    """Write the head of a change and give its number."""
    number: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(tables.changes.c.change_id), 0))).scalar_one() + 1
    connection.execute(
        sa.insert(tables.changes).values(
            change_id=number,
            at=instant(change.at),
            who=change.who,
            bureau=change.bureau,
            reason=change.reason,
            kind=change.kind,
            file_name=change.file_name,
            file_sha256=change.file_sha256,
            recipe=change.recipe,
            inserted=0,
            updated=0,
            deleted=0,
            undoes=undoes,
            token=uuid.uuid4().hex,
            account_id=change.account_id,
        )
    )
    return number


def close_change(writer: Writer, names: Sequence[str]) -> Receipt:
    """Finish a change and write its receipt."""
    writer.finish()
    found = writer.connection.execute(
        sa.select(tables.layer_rows.c.name, tables.layer_rows.c.version).where(tables.layer_rows.c.name.in_(names))
    )
    versions = {row[0]: row[1] for row in found}
    return Receipt(writer.change_id, versions, writer.inserted, writer.updated, writer.deleted)


def apply(
    backend: Backend,
    change: Change,
    *,
    reach: Mapping[str, Reach] | None = None,
    progress: Callable[[int, int], object] | None = None,
    cancel: threading.Event | None = None,
) -> Receipt:
    """Apply a change; see `Store.apply`."""
    prepared = prepare(backend, change, reach)
    with backend.writing() as connection:
        return apply_in(backend, connection, change, prepared, reach=reach, progress=progress, cancel=cancel)


def apply_in(  # noqa: PLR0913 -- the parts of one change
    backend: Backend,
    connection: sa.Connection,
    change: Change,
    prepared: Prepared,
    *,
    reach: Mapping[str, Reach] | None = None,
    progress: Callable[[int, int], object] | None = None,
    cancel: threading.Event | None = None,
) -> Receipt:
    """Apply a change that was prepared, inside a writing transaction that the caller ends."""
    writer = Writer(backend, connection, open_change(connection, change), Judge(reach), lock=Lock(change.kind))
    writer.progress, writer.cancel = progress, cancel
    writer.total = sum(len(prepared[number].labels) if number in prepared else 1 for number in range(len(change.edits)))
    conflicts: list[Mapping[str, Any]] = []
    for number, part in updating.parts(change.edits):
        layer = declared(backend, part[0].layer)
        if isinstance(part[0], Insert):
            _insert(writer, layer, prepared[number])
        elif isinstance(part[0], Replace):
            _replace(writer, layer, prepared[number])
        else:
            conflicts += updating.apply_part(writer, layer, part, reach)
    writer.judge.close()
    if conflicts:
        raise StaleVersionError(updating.stale_text(conflicts), conflicts=conflicts)
    return close_change(writer, sorted({edit.layer for edit in change.edits}))


def prepare(backend: Backend, change: Change, reach: Mapping[str, Reach] | None = None) -> Prepared:
    """Check everything that needs no database, before the transaction begins: first the right to the layers."""
    if not change.who.strip():
        raise BadFrameError("A change needs to say who makes it")
    Judge(reach).layers(declared(backend, edit.layer).name for edit in change.edits)
    return checked(backend, change.edits)


def checked(backend: Backend, edits: Sequence[Edit]) -> Prepared:
    """Check edits against the declarations of their layers."""
    prepared: Prepared = {}
    for number, edit in enumerate(edits):
        layer = declared(backend, edit.layer)
        if isinstance(edit, (Insert, Replace)):
            prepared[number] = frames.encode(edit.frame, layer)
            _refuse_repeated(layer, prepared[number])
        elif edit.expected_ver is None:
            raise PreconditionRequiredError(
                f"{layer.name} {edit.id}: the version that was seen is missing. Read the feature again and send its version."
            )
    return prepared


def _refuse_repeated(layer: Layer, encoded: Encoded) -> None:
    for name, values in ((layer.key, encoded.columns[layer.key]), ("id", encoded.ids)):
        counts = Counter(value for value in values if value is not None)
        twice = {value for value, count in counts.items() if count > 1}
        if twice:
            labels = [label for label, value in zip(encoded.labels, values, strict=True) if value in twice]
            updating.raise_duplicate(layer, name, labels, sorted(map(str, twice)))


def _refuse_taken(writer: Writer, layer: Layer, encoded: Encoded) -> None:
    for name, values in ((layer.key, encoded.columns[layer.key]), ("id", encoded.ids)):
        taken = updating.taken(writer, layer, name, values)
        if taken:
            labels = [label for label, value in zip(encoded.labels, values, strict=True) if value in taken]
            updating.raise_duplicate(layer, name, labels, sorted(map(str, taken)))


def new_rows(encoded: Encoded, fids: Sequence[int]) -> list[Row]:
    """Make rows of the encoded columns, with new ids where none are given."""
    names = list(encoded.columns)
    columns = list(encoded.columns.values())
    count = len(encoded.labels)
    wkbs: Sequence[bytes | None] = [None] * count if encoded.geometries is None else geometry.to_wkb(encoded.geometries)
    ids = [given or new for given, new in zip(encoded.ids, fresh(count), strict=True)]
    content = zip(*columns, strict=True) if columns else iter([()] * count)
    return [
        Row(fid, feature_id, 1, dict(zip(names, values, strict=True)), wkb)
        for fid, feature_id, values, wkb in zip(fids, ids, content, wkbs, strict=True)
    ]


def _insert(writer: Writer, layer: Layer, encoded: Encoded) -> None:
    _refuse_taken(writer, layer, encoded)
    writer.insert(layer, new_rows(encoded, writer.take_fids(layer, len(encoded.labels))))


def _replace(writer: Writer, layer: Layer, encoded: Encoded) -> None:
    present = rows.fetch(writer.backend, writer.connection, layer)
    by_key = {row.values[layer.key]: row for row in present if row.values[layer.key] is not None}
    wanted = new_rows(encoded, range(len(encoded.labels)))
    pairs, added, kept = [], [], set()
    for row in wanted:
        old = by_key.get(row.values[layer.key])
        if old is None:
            added.append(row)
            continue
        kept.add(old.fid)
        if not old.same_content(row):
            pairs.append((old, replace(row, fid=old.fid, id=old.id, ver=old.ver + 1)))
    writer.delete(layer, [row for row in present if row.fid not in kept])
    writer.update(layer, pairs)
    taken = updating.taken(writer, layer, "id", [row.id for row in added])
    fids = writer.take_fids(layer, len(added))
    writer.insert(
        layer,
        [replace(row, fid=fid, id=fresh(1)[0] if row.id in taken else row.id) for fid, row in zip(fids, added, strict=True)],
    )
