"""One page of a layer for other tools: filter, reach, order and paging all in the database, so that a page costs a page."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import sqlalchemy as sa

from layers.errors import BadConditionError, StoreError
from layers.schema import GeometryKind
from layers.store import applying, cql, features, reaching
from layers.store.filters import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.records import Condition, Reach
    from layers.store.store import Store

SECONDS = 20.0
"""Longest time a filter of another tool may take the database."""
STEPS = 100_000
"""How many instructions of SQLite pass between two looks at the clock."""
PG_CANCELLED = "57014"


class QueryTimeoutError(StoreError, TimeoutError):
    """A filter took the database longer than it may; nothing was read."""

    code: ClassVar[str] = "query_timeout"


@dataclass(frozen=True, slots=True)
class Query:
    """What a tool asks of a layer.

    `tree` is a filter as CQL2-JSON, `order` field names with whether they run downwards, `count` whether to count all that
    match. The reach is ANDed to everything the tool says.
    """

    bbox: Box | None = None
    where: Sequence[Condition] = ()
    tree: Any = None
    order: Sequence[tuple[str, bool]] = ()
    limit: int = 100
    offset: int = 0
    geometry: bool = True


class Page(NamedTuple):
    """Rows of a page and how many rows match in all."""

    frame: gpd.GeoDataFrame
    matched: int


def page(store: Store, layer_name: str, query: Query, *, reach: Reach | None = None) -> Page:
    """Read a page of a layer.

    Raises:
        UnknownNameError: no such layer.
        BadConditionError: the filter, the order or a condition names what the layer does not have.
        QueryTimeoutError: the filter took too long.
    """
    backend = store._backend  # noqa: SLF001 - the same room
    layer = applying.declared(backend, layer_name)
    clauses = _clauses(backend, layer, query, reach)
    with backend.reading() as connection, _bounded(backend, connection):
        matched = features.count(backend, connection, layer, clauses)
        fids = _fids(backend, connection, layer, clauses, query) if query.limit and matched > query.offset else []
        chosen = [backend.tables[layer.name].c.fid.in_(fids)]
        frame = features.read(backend, connection, layer, clauses=chosen, with_geometry=query.geometry)
    frame = frame.loc[fids]
    return Page(frame if reach is None else reaching.narrow(frame, reach, layer), matched)


def extent(store: Store, layer_name: str) -> Box | None:
    """Give the box that holds a whole layer, from the index; None for an empty layer or a table."""
    backend = store._backend  # noqa: SLF001 - the same room
    layer = applying.declared(backend, layer_name)
    if layer.geometry is GeometryKind.NONE:
        return None
    if backend.name == "gpkg":
        tree = sa.table(f"rtree_{layer.name}_geom", *(sa.column(name) for name in ("minx", "miny", "maxx", "maxy")))
        low, high = sa.func.min, sa.func.max
        statement = sa.select(low(tree.c.minx), low(tree.c.miny), high(tree.c.maxx), high(tree.c.maxy))
    else:
        box = sa.func.ST_Extent(backend.tables[layer.name].c.geom)
        parts = (sa.func.ST_XMin, sa.func.ST_YMin, sa.func.ST_XMax, sa.func.ST_YMax)
        statement = sa.select(*(part(box) for part in parts))
    with backend.reading() as connection:
        west, south, east, north = connection.execute(statement).one()
    return None if west is None else (float(west), float(south), float(east), float(north))


def _clauses(backend: Backend, layer: Layer, query: Query, reach: Reach | None) -> list[sa.ColumnElement[bool]]:
    if reach is not None:
        _refuse_hidden(layer, query, reach)
    found = features.condition_list(backend, layer, bbox=query.bbox, ids=None, where=query.where)
    if query.tree is not None:
        found.append(cql.clause(backend, layer, query.tree).self_group())
    if reach is not None:
        found.append(reaching.clause(backend, layer, reach))
        found += reaching.unasked(backend, layer, reach, map(str, _named(query)))
    return found


def _named(query: Query) -> set[Any]:
    """Name the fields by which a query filters and orders."""
    return {item.field for item in query.where} | {name for name, _ in query.order} | cql.fields_of(query.tree)


def _refuse_hidden(layer: Layer, query: Query, reach: Reach) -> None:
    """Refuse a filter or an order by a field that may not be read: its answer would tell the value."""
    if reach.fields is None:
        return
    hidden = _named(query) - reach.fields - {*OWN, layer.key, *cql.GEOMETRY_NAMES}
    if hidden:
        raise BadConditionError(f"Layer {layer.name} has no field {min(map(str, hidden))!r}")


def _fids(
    backend: Backend, connection: sa.Connection, layer: Layer, clauses: Sequence[sa.ColumnElement[bool]], query: Query
) -> list[int]:
    table = backend.tables[layer.name]
    order: list[Any] = []
    for name, downwards in query.order:
        if name not in OWN and name not in layer:
            raise BadConditionError(f"Layer {layer.name} has no field {name!r} to sort by")
        column: sa.ColumnElement[Any] = table.c[name]
        order.append((column.desc() if downwards else column.asc()).nulls_last())
    statement = sa.select(table.c.fid).where(*clauses).order_by(*order, table.c.fid)
    return list(connection.execute(statement.limit(query.limit).offset(query.offset or None)).scalars())


@contextmanager
def _bounded(backend: Backend, connection: sa.Connection) -> Iterator[None]:
    """Stop what the database does for a filter after a while."""
    if backend.name != "gpkg":
        connection.execute(sa.select(sa.func.set_config("statement_timeout", str(int(SECONDS * 1000)), True)))  # noqa: FBT003 - local
        with _told():
            yield
        return
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(type(raw))
    end = time.monotonic() + SECONDS
    raw.set_progress_handler(lambda: int(time.monotonic() > end), STEPS)
    try:
        with _told():
            yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", None) or getattr(error.orig, "sqlstate", None)
        if code in {sqlite3.SQLITE_INTERRUPT, PG_CANCELLED}:
            raise QueryTimeoutError("The filter takes too long. Ask for a smaller box or a simpler filter.") from error
        raise
