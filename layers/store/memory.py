"""What the store remembers: changes, the versions of a feature, and a layer as it was at an earlier version."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from layers.errors import NotFoundError
from layers.store import rows, tables
from layers.store.records import ChangeRecord, VersionRecord
from layers.store.times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.rows import Row


def no_change(change_id: int) -> NotFoundError:
    """The error for a change that is not there."""
    return NotFoundError(f"There is no change {change_id}. Look at the list of changes.")


def change(connection: sa.Connection, change_id: int) -> ChangeRecord:
    """Give one change; raise NotFoundError when there is none of this number."""
    found = _described(connection, sa.select(tables.changes).where(tables.changes.c.change_id == change_id))
    if not found:
        raise no_change(change_id)
    return found[0]


def changes(  # noqa: PLR0913 -- all that may limit the list
    connection: sa.Connection,
    *,
    layer: str | None,
    limit: int,
    offset: int = 0,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    who: str | None = None,
) -> list[ChangeRecord]:
    """List changes, the latest first; of one layer, between two times (both included), by one person where asked."""
    table, touched = tables.changes, tables.change_layers
    statement = sa.select(table).order_by(table.c.change_id.desc()).limit(limit).offset(offset or None)
    if layer is not None:
        statement = statement.where(table.c.change_id.in_(sa.select(touched.c.change_id).where(touched.c.layer == layer)))
    if since is not None:
        statement = statement.where(table.c.at >= instant(since))
    if until is not None:
        statement = statement.where(table.c.at <= instant(until))
    if who is not None:
        statement = statement.where(table.c.who == who)
    return _described(connection, statement)


def _described(connection: sa.Connection, statement: sa.Select[Any]) -> list[ChangeRecord]:
    table, touched = tables.changes, tables.change_layers
    found = connection.execute(statement).all()
    numbers = [row.change_id for row in found]
    layers: dict[int, list[str]] = {}
    for name, number in connection.execute(
        sa.select(touched.c.layer, touched.c.change_id).where(touched.c.change_id.in_(numbers)).order_by(touched.c.layer)
    ):
        layers.setdefault(number, []).append(name)
    undone = connection.execute(
        sa.select(table.c.undoes, sa.func.max(table.c.change_id)).where(table.c.undoes.in_(numbers)).group_by(table.c.undoes)
    )
    undone_by: dict[int, int] = {row[0]: row[1] for row in undone}
    return [_change_record(row, tuple(layers.get(row.change_id, ())), undone_by.get(row.change_id)) for row in found]


def _change_record(row: sa.Row[Any], names: tuple[str, ...], undone_by: int | None) -> ChangeRecord:
    return ChangeRecord(
        change_id=row.change_id,
        at=dt.datetime.fromisoformat(row.at),
        who=row.who,
        bureau=row.bureau,
        reason=row.reason,
        kind=row.kind,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        recipe=row.recipe,
        inserted=row.inserted,
        updated=row.updated,
        deleted=row.deleted,
        layers=names,
        undoes=row.undoes,
        undone_by=undone_by,
        account_id=row.account_id,
    )


def _versions() -> sa.Select[Any]:
    table, head = tables.history, tables.changes
    columns = (head.c.at, head.c.who, head.c.bureau, head.c.reason)
    return sa.select(table, *columns).join(head, head.c.change_id == table.c.change_id).order_by(table.c.seq)


def history(connection: sa.Connection, layer: Layer, feature_id: str) -> list[VersionRecord]:
    """List the versions of a feature, the first one first."""
    table = tables.history
    found = connection.execute(_versions().where(table.c.layer == layer.name, table.c.id == feature_id))
    return [_version_record(layer, row) for row in found]


def feature_at(connection: sa.Connection, layer: Layer, feature_id: str, ver: int) -> dict[str, Any] | None:
    """Give a feature as it was as one version; None when it never was that, or was removed by it."""
    table = tables.history
    found = connection.execute(
        _versions().where(table.c.layer == layer.name, table.c.id == feature_id, table.c.ver == ver)
    ).first()
    return None if found is None else _version_record(layer, found).after


def change_rows(
    connection: sa.Connection, layers: Mapping[str, Layer], change_id: int, *, limit: int | None = None, offset: int = 0
) -> list[VersionRecord]:
    """List the row versions that a change made, in order; those of layers that are no longer declared are left out."""
    table = tables.history
    statement = _versions().where(table.c.change_id == change_id, table.c.layer.in_(list(layers)))
    return [_version_record(layers[row.layer], row) for row in connection.execute(statement.limit(limit).offset(offset or None))]


def difference(connection: sa.Connection, layer: Layer, earlier: int, later: int) -> list[VersionRecord]:
    """What became of each feature between two versions: one record per feature, its state before the first and after the last.

    The record is that of the last change; a feature that ends as it began is left out.
    """
    table = tables.history
    statement = _versions().where(table.c.layer == layer.name, table.c.change_id > earlier, table.c.change_id <= later)
    first: dict[int, Any] = {}
    last: dict[int, Any] = {}
    for row in connection.execute(statement):
        first.setdefault(row.fid, row)
        last[row.fid] = row
    return [_spanned(layer, first[fid], last[fid]) for fid in last if _differs(first[fid], last[fid])]


def _differs(first: sa.Row[Any], last: sa.Row[Any]) -> bool:
    return (first.before, first.before_wkb) != (last.after, last.after_wkb)


def _spanned(layer: Layer, first: sa.Row[Any], last: sa.Row[Any]) -> VersionRecord:
    op: Literal["insert", "update", "delete"] = "update"
    if first.before is None:
        op = "insert"
    elif last.after is None:
        op = "delete"
    return replace(_version_record(layer, last), op=op, before=_version_record(layer, first).before)


def version_at(connection: sa.Connection, layer: Layer, at: dt.datetime) -> int:
    """The layer's version at a time: the last change of it that says it was made no later; 0 when there was none."""
    table, touched = tables.changes, tables.change_layers
    statement = sa.select(sa.func.coalesce(sa.func.max(table.c.change_id), 0)).join(
        touched, touched.c.change_id == table.c.change_id
    )
    found: int = connection.execute(statement.where(touched.c.layer == layer.name, table.c.at <= instant(at))).scalar_one()
    return found


def _version_record(layer: Layer, row: sa.Row[Any]) -> VersionRecord:
    def content(text: str | None, wkb: bytes | None, ver: int) -> dict[str, Any] | None:
        return None if text is None else rows.feature(layer, rows.from_history(layer, text, wkb, (row.fid, row.id, ver)))

    return VersionRecord(
        layer=layer.name,
        id=row.id,
        fid=row.fid,
        ver=row.ver,
        op=row.op,
        change_id=row.change_id,
        at=dt.datetime.fromisoformat(row.at),
        who=row.who,
        bureau=row.bureau,
        reason=row.reason,
        before=content(row.before, row.before_wkb, row.ver - 1),
        after=content(row.after, row.after_wkb, row.ver),
    )


def versions(connection: sa.Connection) -> dict[str, int]:
    """The version of every layer: the number of the last change that touched it, 0 for never."""
    found = connection.execute(sa.select(tables.layer_rows.c.name, tables.layer_rows.c.version))
    return {row[0]: row[1] for row in found}


def resolve_version(connection: sa.Connection, layer: Layer, wanted: int) -> tuple[int, str]:
    """Find the layer's version as of a change and the token of that change; version 0 is the empty beginning."""
    newest: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(tables.changes.c.change_id), 0))).scalar_one()
    if wanted < 0 or wanted > newest:
        raise NotFoundError(f"Layer {layer.name} has no version {wanted}; the last change is {newest}.")
    touched = tables.change_layers
    version: int = connection.execute(
        sa.select(sa.func.coalesce(sa.func.max(touched.c.change_id), 0)).where(
            touched.c.layer == layer.name, touched.c.change_id <= wanted
        )
    ).scalar_one()
    token = connection.execute(sa.select(tables.changes.c.token).where(tables.changes.c.change_id == version)).scalar()
    return version, token or ""


def rows_at(connection: sa.Connection, layer: Layer, version: int) -> list[Row]:
    """Rebuild the rows of a layer as they were after a change, from the history."""
    return rebuilt(layer, states_at(connection, layer, version))


def rebuilt(layer: Layer, states: Sequence[Any]) -> list[Row]:
    """Make rows of what `states_at` read, outside any transaction."""
    return [rows.from_history(layer, row.after, row.after_wkb, (row.fid, row.id, row.ver)) for row in states]


def frame_at(connection: sa.Connection, layer: Layer, version: int) -> gpd.GeoDataFrame:
    """Rebuild a layer as it was after a change, as a frame."""
    return rows.frame(layer, rows_at(connection, layer, version))


def states_at(connection: sa.Connection, layer: Layer, version: int) -> Sequence[Any]:
    """Read from the history what each row of a layer was after a change."""
    table = tables.history
    last = (
        sa.select(table.c.fid, sa.func.max(table.c.ver).label("ver"))
        .where(table.c.layer == layer.name, table.c.change_id <= version)
        .group_by(table.c.fid)
        .subquery()
    )
    return connection.execute(
        sa.select(table.c.fid, table.c.id, table.c.ver, table.c.after, table.c.after_wkb)
        .join(last, sa.and_(last.c.fid == table.c.fid, last.c.ver == table.c.ver))
        .where(table.c.layer == layer.name, table.c.op != "delete")
        .order_by(table.c.fid)
    ).all()


def states_before_later_changes(connection: sa.Connection, layer: Layer, version: int) -> dict[int, Row | None]:
    """What each row that changed after a version was at that version; None for one that was not there."""
    table = tables.history
    statement = (
        sa.select(table.c.fid, table.c.id, table.c.ver, table.c.before, table.c.before_wkb)
        .where(table.c.layer == layer.name, table.c.change_id > version)
        .order_by(table.c.seq)
    )
    found: dict[int, Row | None] = {}
    for row in connection.execute(statement).all():
        if row.fid not in found:
            numbers = (row.fid, row.id, row.ver - 1)
            found[row.fid] = None if row.before is None else rows.from_history(layer, row.before, row.before_wkb, numbers)
    return found
