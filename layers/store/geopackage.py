"""A store in one GeoPackage file, opened as it is by QGIS."""

from __future__ import annotations

import os
import sqlite3
import uuid
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from layers.errors import NotAStoreError, StoreDamagedError, StoreError
from layers.schema import FieldType, GeometryKind
from layers.store import geometry, guard, reaching, scripts, tables
from layers.store.sqlite import Connections, raw_connect, translated
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from layers.schema import Field, Layer
    from layers.store.backend import Box
    from layers.store.durability import Durability

FLOAT32_SLACK = 2.0**-22
"""Relative width by which the rtree may round an envelope outwards: coordinates are kept as 32-bit floats."""


class GeoPackage:
    """The backend for one live GeoPackage."""

    name = "gpkg"

    def __init__(self, path: Path, layers: Mapping[str, Layer], durability: Durability) -> None:
        """Prepare for a file that exists, or was just made empty by `touch`."""
        self.path = path
        self.layers = layers
        self.snapshots = path.with_name(path.name + ".snapshots")
        metadata = sa.MetaData()
        self.tables: Mapping[str, sa.Table] = {
            name: tables.layer_table(layer, metadata, types=tables.gpkg_type, geometry=tables.gpkg_geometry, whole=sa.Integer())
            for name, layer in layers.items()
        }
        self._connections = Connections(path, durability)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection inside a read transaction."""
        return self._connections.reading()

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Give the writing connection inside BEGIN IMMEDIATE."""
        return self._connections.writing()

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def prepare(self, connection: sa.Connection) -> None:
        """Nothing to do: the scripts make everything."""

    def schema_version(self, connection: sa.Connection) -> int | None:
        """Read the schema's version; None for an empty file."""
        names = set(sa.inspect(connection).get_table_names())
        if not names:
            return None
        if tables.schema.name not in names:
            raise NotAStoreError(f"{self.path.name} is a database of another kind. Import it as a file, or name another place.")
        version: int = connection.execute(sa.select(sa.func.max(tables.schema.c.version))).scalar_one()
        return version

    def run_statement(self, connection: sa.Connection, statement: str) -> None:
        """Run one statement of a script."""
        connection.exec_driver_sql(statement)

    def copy_before_migration(self, version: int) -> str:
        """Copy the store beside itself."""
        target = self.path.with_name(f"{self.path.name}.schema-{version}.gpkg")
        self.copy_to(target)
        return f"the copy {target.name} beside the store"

    def columns(self, connection: sa.Connection, layer: Layer) -> frozenset[str]:
        """Names of the columns that the layer's table has."""
        found = connection.execute(sa.select(sa.column("name", sa.Text)).select_from(sa.func.pragma_table_info(layer.name)))
        return frozenset(found.scalars())

    def create_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Make the table, its indexes, the rtree with its triggers, and the rows of the gpkg_ tables."""
        table = self.tables[layer.name]
        connection.execute(CreateTable(table))
        for name in ("id", layer.key):
            connection.execute(CreateIndex(sa.Index(f"{layer.name}_{name}", table.c[name], unique=True)))
        located = layer.geometry is not GeometryKind.NONE
        connection.execute(
            sa.text(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
                "VALUES (:name, :kind, :zh, :en, :srs)"
            ),
            {
                "name": layer.name,
                "kind": "features" if located else "attributes",
                "zh": layer.zh,
                "en": f"{layer.en} ({layer.entity})",
                "srs": geometry.SRS_ID if located else None,
            },
        )
        if located:
            self._register_geometry(connection, layer)

    def _register_geometry(self, connection: sa.Connection, layer: Layer) -> None:
        connection.execute(
            sa.text("INSERT INTO gpkg_geometry_columns VALUES (:name, 'geom', :kind, :srs, 0, 0)"),
            {"name": layer.name, "kind": tables.gpkg_geometry_name(layer.geometry), "srs": geometry.SRS_ID},
        )
        connection.execute(
            sa.text(
                "INSERT INTO gpkg_extensions VALUES "
                "(:name, 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')"
            ),
            {"name": layer.name},
        )
        for statement in scripts.for_layer(self.name, "layer_index", layer.name):
            self.run_statement(connection, statement)

    def add_fields(self, connection: sa.Connection, layer: Layer, fields: Sequence[Field]) -> None:
        """Add columns for fields that are newly declared."""
        for field in fields:
            for statement in scripts.for_column(self.name, layer.name, field.name, tables.GPKG_TYPES[field.type]):
                self.run_statement(connection, statement)

    def describe_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Write titles, units and code lists into gpkg_data_columns and gpkg_data_column_constraints."""
        connection.execute(sa.text("DELETE FROM gpkg_data_columns WHERE table_name = :name"), {"name": layer.name})
        for field in layer.fields:
            connection.execute(
                sa.text("INSERT INTO gpkg_data_columns VALUES (:layer, :column, :column, :title, :text, :mime, :codes)"),
                {
                    "layer": layer.name,
                    "column": field.name,
                    "title": f"{field.zh}（{field.unit}）" if field.unit else field.zh,
                    "text": field.en,
                    "mime": "application/json" if field.type is FieldType.LIST else None,
                    "codes": field.codes.name if field.codes and field.type is FieldType.CODE else None,
                },
            )
            if field.codes and field.type is FieldType.CODE:
                self._describe_codes(connection, field)

    def _describe_codes(self, connection: sa.Connection, field: Field) -> None:
        codes = field.codes
        if codes is None:
            return
        connection.execute(
            sa.text("DELETE FROM gpkg_data_column_constraints WHERE constraint_name = :name"), {"name": codes.name}
        )
        rows = [{"name": codes.name, "value": item.code, "label": f"{item.zh} {item.en}"} for item in codes]
        if rows:
            connection.execute(
                sa.text(
                    "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
                    "VALUES (:name, 'enum', :value, :label)"
                ),
                rows,
            )

    def many(self, connection: sa.Connection, statement: sa.UpdateBase, records: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for many records; the values go to SQLite as they are, which is twice as fast."""
        if not records:
            return
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(records[0]))
        names = list(getattr(compiled, "positiontup", None) or ())
        pick = itemgetter(*names)
        connection.exec_driver_sql(str(compiled), [pick(record) for record in records])

    def encode(self, wkbs: Sequence[bytes | None], geometries: np.ndarray[Any, Any]) -> Sequence[bytes | None]:
        """Put the header with the envelope before the WKB."""
        return geometry.to_blobs(geometries, wkbs)

    def decode(self, values: Sequence[Any]) -> list[bytes | None]:
        """Cut the headers off."""
        return [None if value is None else geometry.wkb_of(value) for value in values]

    def inside(self, table: sa.Table, box: Box) -> sa.ColumnElement[bool]:
        """Ask the rtree for candidates, then the exact envelopes."""
        west, south, east, north = box
        tree = sa.table(f"rtree_{table.name}_geom", *(sa.column(name) for name in ("id", "minx", "maxx", "miny", "maxy")))
        candidates = sa.select(tree.c.id).where(
            tree.c.minx <= east, tree.c.maxx >= west, tree.c.miny <= north, tree.c.maxy >= south
        )
        geom = table.c.geom
        return sa.and_(
            table.c.fid.in_(candidates),
            sa.func.ST_MinX(geom) <= east,
            sa.func.ST_MaxX(geom) >= west,
            sa.func.ST_MinY(geom) <= north,
            sa.func.ST_MaxY(geom) >= south,
        )

    def among(self, column: sa.ColumnElement[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """Look the text up in the members of one JSON list."""
        return column.in_(sa.select(sa.func.json_each(to_json(list(values))).table_valued("value").c.value))

    def meets(self, table: sa.Table, outline: shapely.Geometry) -> sa.ColumnElement[bool]:
        """Ask the rtree for candidates, then compare the geometries themselves."""
        west, south, east, north = outline.bounds
        tree = sa.table(f"rtree_{table.name}_geom", *(sa.column(name) for name in ("id", "minx", "maxx", "miny", "maxy")))
        candidates = sa.select(tree.c.id).where(
            tree.c.minx <= east, tree.c.maxx >= west, tree.c.miny <= north, tree.c.maxy >= south
        )
        return sa.and_(table.c.fid.in_(candidates), sa.func.xt_meets(table.c.geom, reaching.hold_outline(outline)) == 1)

    def has_text(self, column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
        """Find a text by instr, which knows no wildcards."""
        return sa.func.instr(column, text) > 0

    def has_member(self, column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
        """Look through the members of a JSON list."""
        member = sa.func.json_each(column).table_valued("value", "type")
        found = sa.case((member.c.type == "object", sa.func.json_extract(member.c.value, "$.code")), else_=member.c.value)
        return sa.exists(sa.select(1).select_from(member).where(found == value))

    def touched(self, connection: sa.Connection, boxes: Mapping[str, Box | None]) -> None:
        """Set the time of the last change and widen the extent."""
        for layer, box in boxes.items():
            west, south, east, north = box or (None, None, None, None)
            connection.execute(
                sa.text(
                    "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now'), "
                    "min_x = min(coalesce(min_x, :west), coalesce(:west, min_x)), "
                    "min_y = min(coalesce(min_y, :south), coalesce(:south, min_y)), "
                    "max_x = max(coalesce(max_x, :east), coalesce(:east, max_x)), "
                    "max_y = max(coalesce(max_y, :north), coalesce(:north, max_y)) "
                    "WHERE table_name = :layer"
                ),
                {"layer": layer, "west": west, "south": south, "east": east, "north": north},
            )

    def copy_to(self, path: Path) -> Path:
        """Make a consistent copy by VACUUM INTO, check it, and put it in place in one step."""
        guard.assert_not_live(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        try:
            with self._connections.alone() as connection:
                connection.execute("VACUUM INTO ?", (str(draft),))
            _check_copy(draft)
            _flush(draft)
            draft.replace(path)
            _flush(path.parent)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def faults(self) -> list[str]:
        """Run SQLite's integrity check and compare every rtree with the geometries."""
        with self._connections.alone() as connection:
            answer = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        found = [] if answer == ["ok"] else [f"the file is damaged: {line}" for line in answer[:5]]
        for layer in self.layers.values():
            if layer.geometry is not GeometryKind.NONE:
                with self.reading() as reader:
                    found += self.index_faults(reader, layer)
        return found

    def index_faults(self, connection: sa.Connection, layer: Layer) -> list[str]:
        """Compare the spatial index of a layer with its geometries."""
        table = self.tables[layer.name]
        tree = sa.table(f"rtree_{layer.name}_geom", *(sa.column(name) for name in ("id", "minx", "miny", "maxx", "maxy")))
        rows = connection.execute(sa.select(table.c.fid, table.c.geom).where(table.c.geom.is_not(None))).all()
        index = {row[0]: row[1:] for row in connection.execute(sa.select(tree))}
        found = []
        fids = [row[0] for row in rows]
        missing, surplus = set(fids) - index.keys(), index.keys() - set(fids)
        if missing or surplus:
            found.append(f"layer {layer.name}: the spatial index lacks {len(missing)} and has {len(surplus)} rows too many")
        present = [position for position, fid in enumerate(fids) if fid in index]
        if present:
            bounds = shapely.bounds(geometry.from_blobs([rows[position][1] for position in present]))
            boxes = np.array([index[fids[position]] for position in present], dtype=float)
            slack = np.maximum(np.abs(boxes), 1.0) * FLOAT32_SLACK
            off = int((np.abs(boxes - bounds) > slack).any(axis=1).sum())
            if off:
                found.append(f"layer {layer.name}: {off} rows stand elsewhere in the spatial index than their geometry")
        return found


def _check_copy(path: Path) -> None:
    with translated():
        connection = raw_connect(path)
        try:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise StoreDamagedError("The copy could not be read back. Copy again; look at the disk.") from error
        finally:
            connection.close()
    if answer != "ok":
        raise StoreDamagedError("The copy is damaged. Copy again; look at the disk.")


def _flush(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise StoreError(f"{path.name} could not be read back after writing.") from error
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
