"""What the store remembers: changes, the versions of a feature, and a layer as it was at an earlier version."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import NotFoundError
from layers.store import rows, tables
from layers.store.records import ChangeRecord, VersionRecord

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.rows import Row


def changes(connection: sa.Connection, *, layer: str | None, limit: int) -> list[ChangeRecord]:
    """List changes, the latest first; of one layer only when it is named."""
    table, touched = tables.changes, tables.change_layers
    statement = sa.select(table).order_by(table.c.change_id.desc()).limit(limit)
    if layer is not None:
        statement = statement.where(table.c.change_id.in_(sa.select(touched.c.change_id).where(touched.c.layer == layer)))
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


def history(connection: sa.Connection, layer: Layer, feature_id: str) -> list[VersionRecord]:
    """List the versions of a feature, the first one first."""
    table, change = tables.history, tables.changes
    found = connection.execute(
        sa.select(table, change.c.at, change.c.who, change.c.bureau, change.c.reason)
        .join(change, change.c.change_id == table.c.change_id)
        .where(table.c.layer == layer.name, table.c.id == feature_id)
        .order_by(table.c.seq)
    )
    return [_version_record(layer, row) for row in found]


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
    table = tables.history
    last = (
        sa.select(table.c.fid, sa.func.max(table.c.ver).label("ver"))
        .where(table.c.layer == layer.name, table.c.change_id <= version)
        .group_by(table.c.fid)
        .subquery()
    )
    found = connection.execute(
        sa.select(table.c.fid, table.c.id, table.c.ver, table.c.after, table.c.after_wkb)
        .join(last, sa.and_(last.c.fid == table.c.fid, last.c.ver == table.c.ver))
        .where(table.c.layer == layer.name, table.c.op != "delete")
        .order_by(table.c.fid)
    )
    return [rows.from_history(layer, row.after, row.after_wkb, (row.fid, row.id, row.ver)) for row in found]


def frame_at(connection: sa.Connection, layer: Layer, version: int) -> gpd.GeoDataFrame:
    """Rebuild a layer as it was after a change, as a frame."""
    return rows.frame(layer, rows_at(connection, layer, version))
