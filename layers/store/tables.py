"""The tables as SQLAlchemy knows them: our own (xt_…) and one per layer, for both kinds of store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from layers.schema import FieldType, GeometryKind
from layers.values import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layers.schema import Layer


class Named(UserDefinedType[Any]):
    """A column type by its name in the database; values pass as they are."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        """Keep the name."""
        self.spec = spec

    def get_col_spec(self, **_options: Any) -> str:
        """Give the name as DDL wants it."""
        return self.spec


GPKG_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "TEXT",
    FieldType.CODE: "TEXT",
    FieldType.INTEGER: "INTEGER",
    FieldType.NUMBER: "DOUBLE",
    FieldType.FLAG: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.LIST: "TEXT",
}

system = sa.MetaData()

schema = sa.Table("xt_schema", system, sa.Column("version", sa.BigInteger, primary_key=True), sa.Column("at", sa.Text))
layer_rows = sa.Table(
    "xt_layers",
    system,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger),
    sa.Column("next_fid", sa.BigInteger),
)
changes = sa.Table(
    "xt_changes",
    system,
    sa.Column("change_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("at", "who", "bureau", "reason", "kind", "file_name", "file_sha256", "recipe")),
    *(sa.Column(name, sa.BigInteger) for name in ("inserted", "updated", "deleted")),
    sa.Column("undoes", sa.BigInteger),
    sa.Column("token", sa.Text),
    sa.Column("account_id", sa.BigInteger),
)
change_layers = sa.Table(
    "xt_change_layers",
    system,
    sa.Column("layer", sa.Text, primary_key=True),
    sa.Column("change_id", sa.BigInteger, primary_key=True),
)
history = sa.Table(
    "xt_history",
    system,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("change_id", sa.BigInteger),
    sa.Column("layer", sa.Text),
    sa.Column("fid", sa.BigInteger),
    sa.Column("id", sa.Text),
    sa.Column("ver", sa.BigInteger),
    sa.Column("op", sa.Text),
    sa.Column("before", sa.Text),
    sa.Column("before_wkb", sa.LargeBinary),
    sa.Column("after", sa.Text),
    sa.Column("after_wkb", sa.LargeBinary),
)
runs = sa.Table(
    "xt_runs",
    system,
    sa.Column("run_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(
        sa.Column(name, sa.Text)
        for name in ("at", "who", "title", "profile", "parameters", "layer_versions", "code_version", "caveats")
    ),
    sa.Column("result", sa.LargeBinary),
)
run_units = sa.Table(
    "xt_run_units",
    system,
    sa.Column("run_id", sa.BigInteger, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("units", sa.LargeBinary),
)
queries = sa.Table(
    "xt_queries",
    system,
    sa.Column("name", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("spec", "who", "at")),
)
settings = sa.Table("xt_settings", system, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text))

accounts = sa.Table(
    "xt_accounts",
    system,
    sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("login", "name", "bureau", "password_hash", "grants")),
    sa.Column("active", sa.Boolean),
    *(sa.Column(name, sa.Text) for name in ("created_at", "language")),
)
sessions = sa.Table(
    "xt_sessions",
    system,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("account_id", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("csrf", "started_at", "seen_at", "expires_at")),
)
attempts = sa.Table(
    "xt_attempts",
    system,
    sa.Column("attempt_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("login", "address", "at")),
    sa.Column("ok", sa.Boolean),
)
requests = sa.Table(
    "xt_requests",
    system,
    sa.Column("request_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("state", "who", "bureau")),
    sa.Column("account_id", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("reason", "origin", "kind", "file_name", "file_sha256", "created_at")),
    *(sa.Column(name, sa.Text) for name in ("decided_at", "decided_by", "note")),
    sa.Column("change_id", sa.BigInteger),
)
request_edits = sa.Table(
    "xt_request_edits",
    system,
    sa.Column("request_id", sa.BigInteger, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("layer", "feature_id", "edit")),
)
kept = sa.Table(
    "xt_kept",
    system,
    sa.Column("kept_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("at", "state", "who", "bureau")),
    sa.Column("account_id", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("cause", "origin", "reason", "layer", "feature_id")),
    sa.Column("theirs_ver", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("edit", "settled_at", "settled_by")),
    sa.Column("change_id", sa.BigInteger),
)
served = sa.Table(
    "xt_served",
    system,
    sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("layer", "id")),
    sa.Column("ver", sa.BigInteger),
)
published = sa.Table(
    "xt_published",
    system,
    sa.Column("published_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("kind", "title", "content", "who", "at")),
    *(sa.Column(name, sa.Text) for name in ("valid_from", "valid_to", "withdrawn_at", "withdrawn_by")),
)
attachments = sa.Table(
    "xt_attachments",
    system,
    sa.Column("attachment_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text) for name in ("sha256", "media_type")),
    sa.Column("size", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("name", "who", "at")),
    sa.Column("content", sa.LargeBinary),
)


def layer_table(
    layer: Layer,
    metadata: sa.MetaData,
    *,
    types: Callable[[FieldType], sa.types.TypeEngine[Any]],
    geometry: Callable[[GeometryKind], sa.types.TypeEngine[Any]],
    whole: sa.types.TypeEngine[int],
) -> sa.Table:
    """Describe a layer's table: fid, geom (unless the layer has no geometry), id, ver, then the declared fields."""
    own_numbers = isinstance(whole, sa.Integer) and not isinstance(whole, sa.BigInteger)
    columns: list[sa.Column[Any]] = [sa.Column("fid", whole, primary_key=True, autoincrement=own_numbers)]
    if layer.geometry is not GeometryKind.NONE:
        columns.append(sa.Column("geom", geometry(layer.geometry)))
    columns += [sa.Column("id", sa.Text, nullable=False), sa.Column("ver", whole, nullable=False)]
    columns += [sa.Column(item.name, types(item.type)) for item in columns_of(layer.fields)]
    return sa.Table(layer.name, metadata, *columns, sqlite_autoincrement=own_numbers)


def gpkg_type(kind: FieldType) -> Named:
    """Name a field's column type in a GeoPackage."""
    return Named(GPKG_TYPES[kind])


def gpkg_geometry_name(kind: GeometryKind) -> str:
    """Name a layer's geometry type in a GeoPackage; GEOMETRY where single and multiple parts stand side by side."""
    return kind.value[0].upper() if len(kind.value) == 1 else "GEOMETRY"


def gpkg_geometry(kind: GeometryKind) -> Named:
    """Give the geometry's column type in a GeoPackage."""
    return Named(gpkg_geometry_name(kind))
