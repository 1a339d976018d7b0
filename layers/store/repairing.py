"""Mending what can be derived anew: spatial indexes, extents, counts, layer versions and row numbers, snapshots.

Rows that differ from the history are not mended: which of the two is right is for a person to say (`restore --layer`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from pandas.testing import assert_frame_equal

from layers.schema import GeometryKind
from layers.store import memory, snapshots, tables
from layers.store.geopackage import GeoPackage

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.store import Store


def repair(store: Store) -> list[str]:
    """Rebuild everything that can be derived, where it is wrong; give what was rebuilt, as sentences."""
    backend = store._backend  # noqa: SLF001 -- the same package
    done: list[str] = []
    with backend.writing() as connection:
        if isinstance(backend, GeoPackage):
            done += _reindex(connection)
            done += _trees(backend, connection)
            done += _feature_counts(backend, connection)
        else:
            done += _reindex_layers(backend, connection)
        done += _change_counts(connection)
        done += _layer_numbers(backend, connection)
    return done + drop_wrong_snapshots(store)


def faults(store: Store) -> list[str]:
    """List everything that is wrong with a store: what `Store.verify` finds, counts kept for other tools, snapshots."""
    backend = store._backend  # noqa: SLF001 -- the same package
    found = store.verify()
    if isinstance(backend, GeoPackage):
        with backend.reading() as connection:
            found += [
                f"layer {name}: the count for other tools is {said}, there are {present} rows"
                for name, said, present in _wrong_counts(backend, connection)
            ]
    return found + [f"snapshot {path.name} differs from the history" for path in wrong_snapshots(store)]


def light_faults(store: Store) -> list[str]:
    """Look for what a glance shows, at the start of a server: versions, row numbers, rows in the spatial indexes."""
    backend = store._backend  # noqa: SLF001 -- the same package
    found: list[str] = []
    with backend.reading() as connection:
        for layer in backend.layers.values():
            table = backend.tables[layer.name]
            version, next_fid = _numbers(connection, layer)
            last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.fid), 0))).scalar_one()
            if last >= next_fid:
                found.append(f"layer {layer.name}: the next row number {next_fid} is taken")
            if version != _last_touch(connection, layer):
                found.append(f"layer {layer.name}: version {version} is not its last change")
            if isinstance(backend, GeoPackage) and layer.geometry is not GeometryKind.NONE:
                held = connection.execute(sa.select(sa.func.count()).select_from(_tree(layer))).scalar_one()
                located = sa.select(sa.func.count()).select_from(table).where(table.c.geom.is_not(None))
                if held != connection.execute(located.where(sa.func.ST_IsEmpty(table.c.geom) == 0)).scalar_one():
                    found.append(
                        f"layer {layer.name}: the spatial index has {held} rows, not as many as the layer has geometries"
                    )
    return found


def wrong_snapshots(store: Store) -> list[Path]:
    """Find the snapshots that say they are of this history and hold something else than it."""
    backend = store._backend  # noqa: SLF001 -- the same package
    found = []
    for path in sorted(backend.snapshots.glob("*.parquet")) if backend.snapshots.is_dir() else []:
        match = snapshots.PATTERN.fullmatch(path.name)
        if match is None or match["layer"] not in backend.layers:
            continue
        layer, version = backend.layers[match["layer"]], int(match["version"])
        with backend.reading() as connection:
            if version > max(memory.versions(connection).values(), default=0):
                continue  # of another history: never believed
            number, token = memory.resolve_version(connection, layer, version)
            kept = snapshots.read(path, layer, snapshots.mark_of(layer, number, token))
            if kept is not None and not _same(kept, memory.frame_at(connection, layer, number)):
                found.append(path)
    return found


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    try:
        assert_frame_equal(one, other)
    except AssertionError:
        return False
    return True


def drop_wrong_snapshots(store: Store) -> list[str]:
    """Remove wrong snapshots; they are written again when they are needed."""
    found = wrong_snapshots(store)
    for path in found:
        path.unlink(missing_ok=True)
    return [f"snapshot {path.name} differed from the history and was removed; it is written again when needed" for path in found]


def _reindex(connection: sa.Connection) -> list[str]:
    answer = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    if answer == ["ok"]:
        return []
    connection.exec_driver_sql("REINDEX")
    return [f"the indexes of the file were built anew ({len(answer)} faults)"]


def _reindex_layers(backend: Backend, connection: sa.Connection) -> list[str]:
    for name in backend.layers:
        connection.execute(sa.text(f'REINDEX TABLE "{backend.tables[name].name}"'))
    return [f"the indexes of {len(backend.layers)} layers were built anew"]


def _tree(layer: Layer) -> sa.TableClause:
    return sa.table(f"rtree_{layer.name}_geom", *(sa.column(name) for name in ("id", "minx", "maxx", "miny", "maxy")))


def _trees(backend: GeoPackage, connection: sa.Connection) -> list[str]:
    done = []
    for layer in backend.layers.values():
        if layer.geometry is GeometryKind.NONE or not backend.index_faults(connection, layer):
            continue
        tree, table = _tree(layer), backend.tables[layer.name]
        connection.execute(sa.delete(tree))
        corners = (getattr(sa.func, name)(table.c.geom) for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"))
        located = sa.and_(table.c.geom.is_not(None), sa.func.ST_IsEmpty(table.c.geom) == 0)
        columns = ["id", "minx", "maxx", "miny", "maxy"]
        connection.execute(sa.insert(tree).from_select(columns, sa.select(table.c.fid, *corners).where(located)))
        done.append(f"layer {layer.name}: the spatial index was built anew")
    return done


OGR_COUNTS = sa.table("gpkg_ogr_contents", sa.column("table_name"), sa.column("feature_count"))


def _wrong_counts(backend: GeoPackage, connection: sa.Connection) -> list[tuple[str, int, int]]:
    """Compare the counts that GDAL keeps, where it has made its table, with the rows there are."""
    if not sa.inspect(connection).has_table(OGR_COUNTS.name):
        return []
    found = []
    for name, said in connection.execute(sa.select(OGR_COUNTS)).all():
        if name in backend.layers:
            present = connection.execute(sa.select(sa.func.count()).select_from(backend.tables[name])).scalar_one()
            if said != present:
                found.append((name, said, present))
    return found


def _feature_counts(backend: GeoPackage, connection: sa.Connection) -> list[str]:
    done = []
    for name, said, present in _wrong_counts(backend, connection):
        connection.execute(sa.update(OGR_COUNTS).where(OGR_COUNTS.c.table_name == name).values(feature_count=present))
        done.append(f"layer {name}: the count for other tools was {said}, is {present}")
    return done


def _change_counts(connection: sa.Connection) -> list[str]:
    history, changes = tables.history, tables.changes
    held: dict[tuple[int, str], int] = {
        (number, op): count
        for number, op, count in connection.execute(
            sa.select(history.c.change_id, history.c.op, sa.func.count()).group_by(history.c.change_id, history.c.op)
        )
    }
    done = []
    for row in connection.execute(sa.select(changes.c.change_id, changes.c.inserted, changes.c.updated, changes.c.deleted)).all():
        said = (row.inserted, row.updated, row.deleted)
        right = tuple(held.get((row.change_id, op), 0) for op in ("insert", "update", "delete"))
        if said != right:
            values = dict(zip(("inserted", "updated", "deleted"), right, strict=True))
            connection.execute(sa.update(changes).where(changes.c.change_id == row.change_id).values(values))
            done.append(f"change {row.change_id}: its counts were {said}, are {right}")
    return done


def _numbers(connection: sa.Connection, layer: Layer) -> tuple[int, int]:
    table = tables.layer_rows
    row = connection.execute(sa.select(table.c.version, table.c.next_fid).where(table.c.name == layer.name)).one()
    return row.version, row.next_fid


def _last_touch(connection: sa.Connection, layer: Layer) -> int:
    touched = tables.change_layers
    statement = sa.select(sa.func.coalesce(sa.func.max(touched.c.change_id), 0)).where(touched.c.layer == layer.name)
    last: int = connection.execute(statement).scalar_one()
    return last


def _layer_numbers(backend: Backend, connection: sa.Connection) -> list[str]:
    done = []
    for layer in backend.layers.values():
        history, table = tables.history, backend.tables[layer.name]
        version, next_fid = _numbers(connection, layer)
        last = _last_touch(connection, layer)
        known = connection.execute(sa.select(sa.func.max(history.c.fid)).where(history.c.layer == layer.name)).scalar() or 0
        taken = connection.execute(sa.select(sa.func.max(table.c.fid))).scalar() or 0
        free = max(known, taken) + 1
        if version == last and next_fid >= free:
            continue
        where = tables.layer_rows.c.name == layer.name
        connection.execute(sa.update(tables.layer_rows).where(where).values(version=last, next_fid=max(free, next_fid)))
        done.append(
            f"layer {layer.name}: version was {version}, is {last}; next row number was {next_fid}, is {max(free, next_fid)}"
        )
    return done
