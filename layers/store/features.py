"""Reading features: by box, ids and conditions, as a frame of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers import frames
from layers.errors import BadConditionError
from layers.schema import GeometryKind
from layers.store import filters, geometry, reaching, rows
from layers.values import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.records import Condition, Reach

BOX_PARTS = 4


def condition_list(  # noqa: PLR0913 -- all that may limit a reading
    backend: Backend,
    layer: Layer,
    *,
    bbox: Box | None,
    ids: Sequence[str] | None,
    where: Sequence[Condition],
    reach: Reach | None = None,
) -> list[sa.ColumnElement[bool]]:
    """Gather everything that limits a reading."""
    table = backend.tables[layer.name]
    reaching.refuse_hidden_fields(layer, reach, where)
    found = filters.clauses(backend, layer, where)
    if ids is not None:
        if len(ids) > filters.MAX_CHOICES:
            raise BadConditionError(f"At most {filters.MAX_CHOICES} ids are read at once, {len(ids)} were asked. Read in parts.")
        found.append(table.c.id.in_(list(ids)))
    if bbox is not None:
        found.append(_inside(backend, layer, bbox))
    found += reaching.unasked(backend, layer, reach, [item.field for item in where])
    if reach is not None:
        found.append(reaching.clause(backend, layer, reach))
    return found


def _inside(backend: Backend, layer: Layer, bbox: Box) -> sa.ColumnElement[bool]:
    if layer.geometry is GeometryKind.NONE:
        raise BadConditionError(f"Layer {layer.name} is a table without geometry; it cannot be asked by a box")
    parts = [float(value) for value in bbox]
    if len(parts) != BOX_PARTS or not (parts[0] <= parts[2] and parts[1] <= parts[3]):
        raise BadConditionError("A box is west, south, east, north in degrees, west not above east and south not above north")
    return backend.inside(backend.tables[layer.name], (parts[0], parts[1], parts[2], parts[3]))


def fetch(  # noqa: PLR0913 -- the options of Store.read, passed on
    backend: Backend,
    connection: sa.Connection,
    layer: Layer,
    *,
    clauses: Sequence[sa.ColumnElement[bool]] = (),
    limit: int | None = None,
    offset: int = 0,
    with_geometry: bool = True,
) -> Sequence[Sequence[Any]]:
    """Read rows, in the order of their fid, as the database gives them; `build` makes a frame of them.

    The two are apart because a GeoPackage with a rollback journal keeps writers waiting while a transaction reads.
    """
    table = backend.tables[layer.name]
    located = with_geometry and layer.geometry is not GeometryKind.NONE
    columns = [table.c.fid, table.c.id, table.c.ver, *(table.c[field.name] for field in columns_of(layer.fields))]
    statement = sa.select(*columns, *([table.c.geom] if located else [])).where(*clauses).order_by(table.c.fid)
    return connection.execute(statement.limit(limit).offset(offset or None)).all()


def build(backend: Backend, layer: Layer, found: Sequence[Sequence[Any]], *, with_geometry: bool = True) -> gpd.GeoDataFrame:
    """Make a frame of rows that `fetch` read, outside any transaction."""
    fields = columns_of(layer.fields)
    located = with_geometry and layer.geometry is not GeometryKind.NONE
    content: list[Any] = list(zip(*found, strict=True)) if found else [()] * (3 + len(fields) + located)
    return frames.build(
        layer,
        fids=content[0],
        heads=(content[1], content[2]),
        columns=dict(zip([field.name for field in fields], content[3:], strict=False)),
        geometries=geometry.from_wkb(backend.decode(content[-1])) if located else None,
    )


def read(
    backend: Backend,
    connection: sa.Connection,
    layer: Layer,
    *,
    clauses: Sequence[sa.ColumnElement[bool]] = (),
    with_geometry: bool = True,
) -> gpd.GeoDataFrame:
    """Read rows as a frame inside a transaction, where they are few."""
    found = fetch(backend, connection, layer, clauses=clauses, with_geometry=with_geometry)
    return build(backend, layer, found, with_geometry=with_geometry)


def count(backend: Backend, connection: sa.Connection, layer: Layer, clauses: Sequence[sa.ColumnElement[bool]]) -> int:
    """Count rows."""
    table = backend.tables[layer.name]
    number: int = connection.execute(sa.select(sa.func.count()).select_from(table).where(*clauses)).scalar_one()
    return number


def get(backend: Backend, connection: sa.Connection, layer: Layer, feature_id: str) -> dict[str, Any] | None:
    """Read one feature as a dictionary; None when there is none."""
    found = rows.fetch(backend, connection, layer, [backend.tables[layer.name].c.id == feature_id])
    return rows.feature(layer, found[0]) if found else None
