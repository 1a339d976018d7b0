"""Applying a change: every edit checked against what is there now, then written, in one transaction or not at all."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from layers import frames
from layers.errors import (
    BadFrameError,
    DuplicateKeyError,
    PreconditionRequiredError,
    StaleVersionError,
)
from layers.schema import GeometryKind, UnknownNameError
from layers.store import geometry, rows, tables
from layers.store.ids import fresh
from layers.store.judging import Judge, absent
from layers.store.records import UNCHANGED, Change, Delete, Insert, Receipt, Replace, Update
from layers.store.rows import Row
from layers.store.times import instant
from layers.store.writing import Writer
from layers.values import encode_value

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from layers.frames import Encoded
    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Edit, Reach

SHOWN = 10
ASKED_AT_ONCE = 500
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
    writer = Writer(backend, connection, open_change(connection, change), Judge(reach))
    writer.progress, writer.cancel = progress, cancel
    writer.total = sum(len(prepared[number].labels) if number in prepared else 1 for number in range(len(change.edits)))
    conflicts: list[Mapping[str, Any]] = []
    for number, edit in enumerate(change.edits):
        if isinstance(edit, Insert):
            _insert(writer, declared(backend, edit.layer), prepared[number])
        elif isinstance(edit, Replace):
            _replace(writer, declared(backend, edit.layer), prepared[number])
        else:
            conflict = _edit_one(writer, edit)
            conflicts += [conflict] if conflict else []
    writer.judge.close()
    if conflicts:
        raise StaleVersionError(_stale_text(conflicts), conflicts=conflicts)
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
            _raise_duplicate(layer, name, labels, sorted(map(str, twice)))


def _raise_duplicate(layer: Layer, name: str, labels: Sequence[object], keys: Sequence[object]) -> None:
    more = " …" if len(labels) > SHOWN or len(keys) > SHOWN else ""
    raise DuplicateKeyError(
        f"Layer {layer.name}: {name} must be different in every row; {', '.join(map(str, keys[:SHOWN]))} stands more than once "
        f"(rows {', '.join(map(str, labels[:SHOWN]))}{more}). Keep one row of each, or replace the layer instead of adding.",
        rows=labels,
        keys=keys,
    )


def _taken(writer: Writer, layer: Layer, name: str, values: Sequence[Any]) -> set[Any]:
    """Which of these values stand in a column already."""
    column = writer.backend.tables[layer.name].c[name]
    wanted = [value for value in values if value is not None]
    if len(wanted) > ASKED_AT_ONCE:
        return set(writer.connection.execute(sa.select(column).where(column.is_not(None))).scalars()).intersection(wanted)
    return set(writer.connection.execute(sa.select(column).where(column.in_(wanted))).scalars()) if wanted else set()


def _refuse_taken(writer: Writer, layer: Layer, encoded: Encoded) -> None:
    for name, values in ((layer.key, encoded.columns[layer.key]), ("id", encoded.ids)):
        taken = _taken(writer, layer, name, values)
        if taken:
            labels = [label for label, value in zip(encoded.labels, values, strict=True) if value in taken]
            _raise_duplicate(layer, name, labels, sorted(map(str, taken)))


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
    taken = _taken(writer, layer, "id", [row.id for row in added])
    fids = writer.take_fids(layer, len(added))
    writer.insert(
        layer,
        [replace(row, fid=fid, id=fresh(1)[0] if row.id in taken else row.id) for fid, row in zip(fids, added, strict=True)],
    )


def _edit_one(writer: Writer, edit: Update | Delete) -> dict[str, Any] | None:
    """Update or delete one feature; give the conflict instead when it is not the one that was seen."""
    layer = declared(writer.backend, edit.layer)
    table = writer.backend.tables[layer.name]
    found = rows.fetch(writer.backend, writer.connection, layer, [table.c.id == edit.id])
    if not found:
        return _missing(writer, layer, edit)
    row = found[0]
    if not writer.judge.named(layer, row):
        return None
    if row.ver != edit.expected_ver:
        return _conflict(writer, layer, edit, row)
    if isinstance(edit, Delete):
        writer.delete(layer, [row])
        return None
    after = _changed(layer, row, edit)
    if after.same_content(row):
        return None
    key = after.values[layer.key]
    if key != row.values[layer.key] and _taken(writer, layer, layer.key, [key]):
        _raise_duplicate(layer, layer.key, [edit.id], [key])
    writer.update(layer, [(row, after)])
    return None


def _changed(layer: Layer, row: Row, edit: Update) -> Row:
    """The row after the edit."""
    values = dict(row.values)
    for name, value in edit.values.items():
        field = layer[name]
        if name == "id":
            raise BadFrameError(f"{layer.name} {edit.id}: id is given by the store and stays as it is")
        values[name] = encode_value(field, value)
    wkb = row.wkb
    if edit.geometry is not UNCHANGED:
        if layer.geometry is GeometryKind.NONE:
            raise BadFrameError(f"Layer {layer.name} is a table without geometry")
        column = np.empty(1, dtype=object)
        column[0] = edit.geometry
        wkb = geometry.to_wkb(frames.check_geometries(column, layer, labels=[edit.id]))[0]
    return Row(row.fid, row.id, row.ver + 1, values, wkb)


def _last_touch(writer: Writer, layer: Layer, feature_id: str) -> Any:
    history, changes = tables.history, tables.changes
    return writer.connection.execute(
        sa.select(changes.c.who, changes.c.bureau, changes.c.at, history)
        .join(changes, changes.c.change_id == history.c.change_id)
        .where(history.c.layer == layer.name, history.c.id == feature_id)
        .order_by(history.c.seq.desc())
        .limit(1)
    ).first()


def _missing(writer: Writer, layer: Layer, edit: Update | Delete) -> dict[str, Any]:
    last = _last_touch(writer, layer, edit.id)
    if last is None:
        raise absent(layer, edit.id)
    if last.before is not None:
        writer.judge.named(layer, rows.from_history(layer, last.before, last.before_wkb, (last.fid, last.id, last.ver)))
    return _described(layer, edit, None, last)


def _conflict(writer: Writer, layer: Layer, edit: Update | Delete, row: Row) -> dict[str, Any]:
    return _described(layer, edit, row, _last_touch(writer, layer, edit.id))


def _described(layer: Layer, edit: Update | Delete, row: Row | None, last: Any) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "id": edit.id,
        "expected_ver": edit.expected_ver,
        "ver": row.ver if row else None,
        "feature": rows.feature(layer, row) if row else None,
        "who": last.who if last else None,
        "bureau": last.bureau if last else None,
        "at": dt.datetime.fromisoformat(last.at) if last else None,
    }


def _stale_text(conflicts: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"{item['layer']} {item['id']} was "
        + ("deleted" if item["ver"] is None else f"changed to version {item['ver']} (you saw {item['expected_ver']})")
        + (f" by {item['who']} ({item['bureau']}) at {item['at']:%Y-%m-%d %H:%M} UTC" if item["who"] else "")
        for item in conflicts[:SHOWN]
    ]
    more = f"; {len(conflicts) - SHOWN} more" if len(conflicts) > SHOWN else ""
    return f"{'; '.join(lines)}{more}. Nothing was saved. Compare with the present state and apply your edit to it."
