"""A store in one schema of a PostgreSQL database with PostGIS, for many writers at once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable, SetColumnComment, SetTableComment

from layers.errors import NotAStoreError
from layers.schema import FieldType, GeometryKind
from layers.store import copying, geometry, scripts, tables, transfer
from layers.store.postgres import Connections
from layers.store.tables import Named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    import shapely

    from layers.schema import Field, Layer
    from layers.store.backend import Box

TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: 'TEXT COLLATE "C"',
    FieldType.CODE: 'TEXT COLLATE "C"',
    FieldType.INTEGER: "BIGINT",
    FieldType.NUMBER: "DOUBLE PRECISION",
    FieldType.FLAG: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.LIST: "TEXT",
}
"""Texts compare by their bytes, as in a GeoPackage, so that both kinds of store give the same rows."""


class Shape(Named):
    """A geometry column: takes WKB and gives WKB, little endian."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        """Keep the name of the type with its SRID."""
        super().__init__(spec)

    def bind_expression(self, bindvalue: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        """Turn WKB into a geometry of EPSG:4490."""
        return sa.func.ST_GeomFromWKB(bindvalue, sa.literal_column(str(geometry.SRS_ID)))

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Turn a geometry into WKB."""
        return sa.func.ST_AsBinary(column, sa.literal_column("'NDR'"), type_=sa.LargeBinary)


def shape(kind: GeometryKind) -> Shape:
    """Name a layer's geometry column type."""
    return Shape(f"geometry({kind.value[0] if len(kind.value) == 1 else 'Geometry'},{geometry.SRS_ID})")


class PostGIS:
    """The backend for one schema of a database."""

    name = "postgis"

    def __init__(self, where: str, layers: Mapping[str, Layer]) -> None:
        """Prepare for `postgresql://user@host/database`, with `?schema=` when it is not xiangtu."""
        try:
            url = sa.make_url(where).set(drivername="postgresql+psycopg")
        except sa.exc.ArgumentError as error:
            raise NotAStoreError("The store's URL is not like postgresql://user@host/database") from error
        named = url.query.get("schema", "xiangtu")
        self.schema = named if isinstance(named, str) else named[-1]
        url = url.difference_update_query(["schema"])
        self._connections = Connections(url, self.schema)
        self.layers = layers
        identity = hashlib.sha256(f"{url.host}:{url.port}/{url.database}/{self.schema}".encode()).hexdigest()[:16]
        self.snapshots = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xiangtu" / f"{identity}.snapshots"
        metadata = sa.MetaData()
        self.tables: Mapping[str, sa.Table] = {
            name: tables.layer_table(
                layer, metadata, types=lambda kind: Named(TYPES[kind]), geometry=shape, whole=sa.BigInteger()
            )
            for name, layer in layers.items()
        }

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection inside a read-only transaction that sees one moment."""
        return self._connections.reading()

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Give the only writing connection of the schema."""
        return self._connections.writing()

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def prepare(self, connection: sa.Connection) -> None:
        """Make the schema and the extension, where they are not there yet."""
        connection.execute(CreateSchema(self.schema, if_not_exists=True))
        known = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")).scalar()
        if not known:
            connection.execute(sa.text("CREATE EXTENSION postgis WITH SCHEMA public"))

    def schema_version(self, connection: sa.Connection) -> int | None:
        """Read the schema's version; None when there is no store in the schema."""
        if not sa.inspect(connection).has_table(tables.schema.name, schema=self.schema):
            return None
        version: int = connection.execute(sa.select(sa.func.max(tables.schema.c.version))).scalar_one()
        return version

    def run_statement(self, connection: sa.Connection, statement: str) -> None:
        """Run one statement of a script."""
        connection.exec_driver_sql(statement)

    def copy_before_migration(self, version: int) -> str:
        """Copy all tables into a schema of their own on the same server."""
        target = f"{self.schema}_schema_{version}"
        with self.writing() as connection:
            names = sa.inspect(connection).get_table_names(schema=self.schema)
            connection.execute(sa.schema.DropSchema(target, cascade=True, if_exists=True))
            connection.execute(CreateSchema(target))
            for name in names:
                filled = scripts.text(self.name, "copy_table").replace("{source}", self.schema).replace("{target}", target)
                self.run_statement(connection, filled.replace("{table}", name))
        return f"the schema {target} of the database"

    def columns(self, connection: sa.Connection, layer: Layer) -> frozenset[str]:
        """Names of the columns that the layer's table has."""
        found = connection.execute(
            sa.text("SELECT column_name FROM information_schema.columns WHERE table_schema = :schema AND table_name = :layer"),
            {"schema": self.schema, "layer": layer.name},
        )
        return frozenset(found.scalars())

    def create_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Make the table, its unique indexes and its GiST index."""
        table = self.tables[layer.name]
        connection.execute(CreateTable(table))
        for name in ("id", layer.key):
            connection.execute(CreateIndex(sa.Index(f"{layer.name}_{name}", table.c[name], unique=True)))
        if layer.geometry is not GeometryKind.NONE:
            connection.execute(CreateIndex(sa.Index(f"{layer.name}_geom", table.c.geom, postgresql_using="gist")))

    def add_fields(self, connection: sa.Connection, layer: Layer, fields: Sequence[Field]) -> None:
        """Add columns for fields that are newly declared."""
        for field in fields:
            for statement in scripts.for_column(self.name, layer.name, field.name, TYPES[field.type]):
                self.run_statement(connection, statement)

    def describe_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Write the titles as comments of table and columns."""
        table = self.tables[layer.name]
        table.comment = f"{layer.zh} {layer.en}"
        connection.execute(SetTableComment(table))
        for field in layer.fields:
            column = table.c[field.name]
            column.comment = f"{field.zh}（{field.unit}） {field.en}" if field.unit else f"{field.zh} {field.en}"
            connection.execute(SetColumnComment(column))

    def many(self, connection: sa.Connection, statement: sa.UpdateBase, records: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for many records; many plain new rows go in by COPY."""
        if len(records) >= copying.WORTH_COPYING and isinstance(statement, sa.Insert) and copying.is_plain(statement):
            copying.copy_rows(connection, statement.table, records, shapes=Shape)
        elif records:
            connection.execute(statement, records)

    def encode(self, wkbs: Sequence[bytes | None], geometries: np.ndarray[Any, Any]) -> Sequence[bytes | None]:
        """Leave the WKB as it is."""
        del geometries
        return wkbs

    def decode(self, values: Sequence[Any]) -> list[bytes | None]:
        """Leave the WKB as it is."""
        return [None if value is None else bytes(value) for value in values]

    def inside(self, table: sa.Table, box: Box) -> sa.ColumnElement[bool]:
        """Ask the GiST index for candidates, then the exact envelopes."""
        west, south, east, north = box
        geom = table.c.geom
        wanted = sa.func.ST_MakeEnvelope(west, south, east, north, geometry.SRS_ID)
        return sa.and_(
            geom.op("&&")(wanted),
            sa.func.ST_XMin(geom) <= east,
            sa.func.ST_XMax(geom) >= west,
            sa.func.ST_YMin(geom) <= north,
            sa.func.ST_YMax(geom) >= south,
        )

    def among(self, column: sa.ColumnElement[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """Look the text up in one array."""
        return column == sa.any_(sa.literal(list(values), ARRAY(sa.Text)))

    def meets(self, table: sa.Table, outline: shapely.Geometry) -> sa.ColumnElement[bool]:
        """Ask PostGIS, which looks into the GiST index first."""
        wanted = sa.func.ST_GeomFromWKB(sa.literal(geometry.to_wkb_one(outline), sa.LargeBinary), geometry.SRS_ID)
        return sa.func.ST_Intersects(table.c.geom, wanted)

    def has_text(self, column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
        """Find a text by strpos, which knows no wildcards."""
        return sa.func.strpos(column, text) > 0

    def has_member(self, column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
        """Look through the members of a JSON list."""
        member = sa.func.jsonb_array_elements(sa.cast(column, JSONB)).table_valued(sa.column("value", JSONB))
        plain = member.c.value.op("#>>")(sa.literal_column("'{}'::text[]"))
        named = member.c.value.op("->>")(sa.literal_column("'code'"))
        found = sa.case((sa.func.jsonb_typeof(member.c.value) == "object", named), else_=plain)
        return sa.exists(sa.select(1).select_from(member).where(found == value))

    def touched(self, connection: sa.Connection, boxes: Mapping[str, Box | None]) -> None:
        """Nothing to note: PostGIS keeps its own statistics."""

    def copy_to(self, path: Path) -> Path:
        """Make a GeoPackage of everything, as of one moment."""
        return transfer.to_geopackage(self, path)

    def faults(self) -> list[str]:
        """PostgreSQL keeps its indexes inside the transaction; there is nothing of its own kind to look for."""
        return []
