"""Updates and deletions of features that are there, many at a time.

Edits of one layer that stand one after the other are fetched, checked and written together, in parts in which no feature stands
twice. Stale edits of a part are gathered. A part in which anything else is to be refused is gone through edit by edit before any
of it is written, so that what is refused first is what is named, whether edits come together or alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from layers import frames
from layers.errors import BadFrameError, DuplicateKeyError
from layers.schema import GeometryKind, UnknownNameError
from layers.store import geometry, reaching, rows, tables
from layers.store.judging import Judge, absent, writable
from layers.store.records import UNCHANGED, Delete, Update
from layers.store.rows import Row
from layers.values import encode_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from layers.schema import Layer
    from layers.store.records import Edit, Reach
    from layers.store.writing import Writer
    from layers.values import Primitive

SHOWN = 10
ASKED_AT_ONCE = 500
PART = 1000
"""So many edits are held at once; between parts a change tells how far it is and can be stopped."""
Conflict = dict[str, Any]


def parts(edits: Sequence[Edit]) -> Iterator[tuple[int, Sequence[Edit]]]:
    """Cut edits, in their order, into what is applied together; each part with the place of its first edit.

    >>> removals = [Delete("a", "1", 1), Delete("a", "2", 1), Delete("a", "1", 2), Delete("b", "1", 1)]
    >>> [(at, len(part)) for at, part in parts(removals)]
    [(0, 2), (2, 1), (3, 1)]
    """
    first, seen = 0, set[str]()
    for number, edit in enumerate(edits):
        feature = edit.id if isinstance(edit, Update | Delete) else None
        joins = bool(seen) and feature is not None and feature not in seen
        if number > first and not (joins and edit.layer == edits[first].layer and number - first < PART):
            yield first, edits[first:number]
            first, seen = number, set()
        if feature is not None:
            seen.add(feature)
    if edits:
        yield first, edits[first:]


def apply_part(writer: Writer, layer: Layer, part: Sequence[Edit], reach: Mapping[str, Reach] | None) -> list[Conflict]:
    """Update and delete features of one layer, none twice; give the conflicts of those that are not what was seen."""
    edits = [edit for edit in part if isinstance(edit, Update | Delete)]
    plan = _planned(writer, layer, edits, reach) if len(edits) > 1 and not writer.judge.items else None
    if plan is None:
        conflicts = [_edit_one(writer, layer, edit) for edit in edits]
        return [conflict for conflict in conflicts if conflict is not None]
    for removed, steps in groupby(plan.steps, key=lambda step: step[1] is None):
        if removed:
            writer.delete(layer, [before for before, _ in steps])
        else:
            writer.update(layer, [(before, after) for before, after in steps if after is not None])
    return plan.conflicts


@dataclass(slots=True)
class _Plan:
    """What a part writes, in the order of its edits (each row before and after, None: removed), and its conflicts."""

    steps: list[tuple[Row, Row | None]]
    conflicts: list[Conflict]


def _planned(writer: Writer, layer: Layer, edits: Sequence[Update | Delete], reach: Mapping[str, Reach] | None) -> _Plan | None:
    """Plan a part without writing; None when an edit of it would be refused for another reason than a stale version."""
    table = writer.backend.tables[layer.name]
    wanted = writer.backend.among(table.c.id, [edit.id for edit in edits])
    there = {row.id: row for row in rows.fetch(writer.backend, writer.connection, layer, [wanted])}
    stale = [edit for edit in edits if edit.id not in there or there[edit.id].ver != edit.expected_ver]
    touches = _last_touches(writer, layer, [edit.id for edit in stale])
    gone = [edit.id for edit in stale if edit.id not in there]
    if any(feature_id not in touches for feature_id in gone):
        return None
    named = [*there.values(), *(row for row in (_last_row(layer, touches[feature_id]) for feature_id in gone) if row is not None)]
    if not _all_writable(layer, named, reach):
        return None
    past = {edit.id for edit in stale}
    try:
        steps = _steps(layer, there, [edit for edit in edits if edit.id not in past])
    except (BadFrameError, UnknownNameError):
        return None
    if _keys_clash(writer, layer, steps) or _refused(layer, steps, reach):
        return None
    return _Plan(steps, [_described(writer, layer, edit, there.get(edit.id), touches.get(edit.id)) for edit in stale])


def _all_writable(layer: Layer, named: Sequence[Row], reach: Mapping[str, Reach] | None) -> bool:
    """Say whether every row that is named may be read and written as it stands."""
    if reach is None or not named:
        return True
    own = reach.get(layer.name)
    if own is None:
        return False
    return bool(reaching.inside(named, layer, own.reading or own).all() and writable(named, layer, own).all())


def _steps(layer: Layer, there: Mapping[str, Row], edits: Sequence[Update | Delete]) -> list[tuple[Row, Row | None]]:
    """Give each row before and after; an update that changes nothing is left out."""
    shapes = _shapes(layer, [edit for edit in edits if isinstance(edit, Update)])
    found: list[tuple[Row, Row | None]] = []
    for edit in edits:
        before = there[edit.id]
        after = None if isinstance(edit, Delete) else _after(before, _values(layer, before, edit), shapes)
        if after is None or not after.same_content(before):
            found.append((before, after))
    return found


def _keys_clash(writer: Writer, layer: Layer, steps: Sequence[tuple[Row, Row | None]]) -> bool:
    """Say whether new keys repeat, or stand in the layer already, be it in a row that gives its key up."""
    changed = [
        after.values[layer.key]
        for before, after in steps
        if after is not None and after.values[layer.key] not in (None, before.values[layer.key])
    ]
    if len(set(changed)) < len(changed):
        return True
    starts = range(0, len(changed), ASKED_AT_ONCE)
    return any(taken(writer, layer, layer.key, changed[start : start + ASKED_AT_ONCE]) for start in starts)


def _refused(layer: Layer, steps: Sequence[tuple[Row, Row | None]], reach: Mapping[str, Reach] | None) -> bool:
    """Say whether the judge would find something in what is to be written."""
    judge = Judge(reach)
    judge.changed(layer, [(before, after) for before, after in steps if after is not None])
    if not judge.items:
        judge.removed(layer, [before for before, after in steps if after is None])
    return bool(judge.items)


def _edit_one(writer: Writer, layer: Layer, edit: Update | Delete) -> Conflict | None:
    """Update or delete one feature; give the conflict instead when it is not the one that was seen."""
    table = writer.backend.tables[layer.name]
    found = rows.fetch(writer.backend, writer.connection, layer, [table.c.id == edit.id])
    if not found:
        return _missing(writer, layer, edit)
    row = found[0]
    if not writer.judge.named(layer, row):
        return None
    if row.ver != edit.expected_ver:
        return _described(writer, layer, edit, row, _last_touches(writer, layer, [edit.id]).get(edit.id))
    if isinstance(edit, Delete):
        writer.delete(layer, [row])
        return None
    values = _values(layer, row, edit)
    after = _after(row, values, _shapes(layer, [edit]))
    if after.same_content(row):
        return None
    key = after.values[layer.key]
    if key != row.values[layer.key] and taken(writer, layer, layer.key, [key]):
        raise_duplicate(layer, layer.key, [edit.id], [key])
    writer.update(layer, [(row, after)])
    return None


def _values(layer: Layer, row: Row, edit: Update) -> dict[str, Primitive]:
    """The values of the row after the edit."""
    values = dict(row.values)
    for name, value in edit.values.items():
        field = layer[name]
        if name == "id":
            raise BadFrameError(f"{layer.name} {edit.id}: id is given by the store and stays as it is")
        values[name] = encode_value(field, value)
    return values


def _shapes(layer: Layer, edits: Sequence[Update]) -> dict[str, bytes | None]:
    """The new geometries by feature, checked; a feature that keeps its own is not named."""
    given = [edit for edit in edits if edit.geometry is not UNCHANGED]
    if not given:
        return {}
    if layer.geometry is GeometryKind.NONE:
        raise BadFrameError(f"Layer {layer.name} is a table without geometry")
    column = np.empty(len(given), dtype=object)
    for at, edit in enumerate(given):
        column[at] = edit.geometry
    flat = frames.check_geometries(column, layer, labels=[edit.id for edit in given])
    return dict(zip([edit.id for edit in given], geometry.to_wkb(flat), strict=True))


def _after(row: Row, values: dict[str, Primitive], shapes: Mapping[str, bytes | None]) -> Row:
    return Row(row.fid, row.id, row.ver + 1, values, shapes.get(row.id, row.wkb))


def taken(writer: Writer, layer: Layer, name: str, values: Sequence[Any]) -> set[Any]:
    """Which of these values stand in a column already."""
    column = writer.backend.tables[layer.name].c[name]
    wanted = [value for value in values if value is not None]
    if len(wanted) > ASKED_AT_ONCE:
        return set(writer.connection.execute(sa.select(column).where(column.is_not(None))).scalars()).intersection(wanted)
    return set(writer.connection.execute(sa.select(column).where(column.in_(wanted))).scalars()) if wanted else set()


def raise_duplicate(layer: Layer, name: str, labels: Sequence[object], keys: Sequence[object]) -> None:
    """Raise DuplicateKeyError for rows that have a key which stands there twice."""
    more = " …" if len(labels) > SHOWN or len(keys) > SHOWN else ""
    raise DuplicateKeyError(
        f"Layer {layer.name}: {name} must be different in every row; {', '.join(map(str, keys[:SHOWN]))} stands more than once "
        f"(rows {', '.join(map(str, labels[:SHOWN]))}{more}). Keep one row of each, or replace the layer instead of adding.",
        rows=labels,
        keys=keys,
    )


def _last_touches(writer: Writer, layer: Layer, ids: Sequence[str]) -> dict[str, Any]:
    """The last version of each of these features, by whom and when; a feature that never was is not named."""
    if not ids:
        return {}
    history, changes = tables.history, tables.changes
    last = (
        sa.select(sa.func.max(history.c.seq))
        .where(history.c.layer == layer.name, writer.backend.among(history.c.id, ids))
        .group_by(history.c.id)
    )
    found = writer.connection.execute(
        sa.select(changes.c.who, changes.c.bureau, changes.c.at, history)
        .join(changes, changes.c.change_id == history.c.change_id)
        .where(history.c.seq.in_(last))
    )
    return {row.id: row for row in found}


def _last_row(layer: Layer, last: Any) -> Row | None:
    """The row as it was before its last version."""
    return None if last.before is None else rows.from_history(layer, last.before, last.before_wkb, (last.fid, last.id, last.ver))


def _missing(writer: Writer, layer: Layer, edit: Update | Delete) -> Conflict:
    last = _last_touches(writer, layer, [edit.id]).get(edit.id)
    if last is None:
        raise absent(layer, edit.id)
    row = _last_row(layer, last)
    if row is not None:
        writer.judge.named(layer, row)
    return _described(writer, layer, edit, None, last)


def _described(writer: Writer, layer: Layer, edit: Update | Delete, row: Row | None, last: Any) -> Conflict:
    return {
        "layer": layer.name,
        "id": edit.id,
        "expected_ver": edit.expected_ver,
        "ver": row.ver if row else None,
        "feature": writer.judge.shown(layer, rows.feature(layer, row)) if row else None,
        "who": last.who if last else None,
        "bureau": last.bureau if last else None,
        "at": dt.datetime.fromisoformat(last.at) if last else None,
    }


def stale_text(conflicts: Sequence[Mapping[str, Any]]) -> str:
    """Say which features are not what was seen, by whom and when."""
    lines = [
        f"{item['layer']} {item['id']} was "
        + ("deleted" if item["ver"] is None else f"changed to version {item['ver']} (you saw {item['expected_ver']})")
        + (f" by {item['who']} ({item['bureau']}) at {item['at']:%Y-%m-%d %H:%M} UTC" if item["who"] else "")
        for item in conflicts[:SHOWN]
    ]
    more = f"; {len(conflicts) - SHOWN} more" if len(conflicts) > SHOWN else ""
    return f"{'; '.join(lines)}{more}. Nothing was saved. Compare with the present state and apply your edit to it."
