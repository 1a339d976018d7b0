"""What a kind of store must do; everything above it is the same for a GeoPackage and for PostGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    import shapely
    import sqlalchemy as sa

    from layers.schema import Field, Layer

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees of EPSG:4490."""


class Backend(Protocol):
    """One kind of database."""

    name: str
    """Which folder of `sql` is its own."""
    layers: Mapping[str, Layer]
    tables: Mapping[str, sa.Table]
    snapshots: Path

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection inside a transaction that sees one moment."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Give the only writing connection, inside a transaction."""

    def prepare(self, connection: sa.Connection) -> None:
        """Make what must be there before the first script."""

    def schema_version(self, connection: sa.Connection) -> int | None:
        """Read the schema's version; None when there is nothing yet; NotAStoreError when it is something else."""

    def run_statement(self, connection: sa.Connection, statement: str) -> None:
        """Run one statement of a script."""

    def copy_before_migration(self, version: int) -> str:
        """Keep a copy of the store as it is and say where it is, without a path of the server."""

    def columns(self, connection: sa.Connection, layer: Layer) -> frozenset[str]:
        """Names of the columns that a layer's table has; empty when there is no such table."""

    def create_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Make a layer's table, its indexes and its registration."""

    def add_fields(self, connection: sa.Connection, layer: Layer, fields: Sequence[Field]) -> None:
        """Add columns for fields that are newly declared."""

    def describe_layer(self, connection: sa.Connection, layer: Layer) -> None:
        """Write the titles and code lists of a layer where other tools look for them."""

    def many(self, connection: sa.Connection, statement: sa.UpdateBase, records: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for many records, all of the same keys."""

    def encode(self, wkbs: Sequence[bytes | None], geometries: np.ndarray[Any, Any]) -> Sequence[bytes | None]:
        """Turn geometries, given as WKB and as objects, into what the geometry column takes."""

    def decode(self, values: Sequence[Any]) -> list[bytes | None]:
        """Turn what the geometry column gives into WKB."""

    def inside(self, table: sa.Table, box: Box) -> sa.ColumnElement[bool]:
        """Say in SQL that a geometry's envelope meets a box."""

    def among(self, column: sa.ColumnElement[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """Say in SQL that a text is one of many, which travel as one parameter."""

    def meets(self, table: sa.Table, outline: shapely.Geometry) -> sa.ColumnElement[bool]:
        """Say in SQL that a geometry meets an outline, exactly."""

    def has_text(self, column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
        """Say in SQL that a text column contains a text, letter case counting."""

    def has_member(self, column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
        """Say in SQL that a list column has a member, or a member whose `code` it is."""

    def touched(self, connection: sa.Connection, boxes: Mapping[str, Box | None]) -> None:
        """Note in the registration of the layers that they changed and how far they reach."""

    def copy_to(self, path: Path) -> Path:
        """Make a consistent GeoPackage of everything at a new path."""

    def faults(self) -> list[str]:
        """Look for damage that only this kind of database can have."""

    def close(self) -> None:
        """Close all connections."""
