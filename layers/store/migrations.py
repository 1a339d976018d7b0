"""Bringing a store to the schema of this version: a copy first, then each step in one transaction.

A step that is interrupted, at whatever statement, leaves the old schema; the store is then refused until the step succeeds.
GeoPackage owns `PRAGMA user_version`, so the version stands in a table of ours, xt_schema.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers.errors import MigrationError, StoreBusyError, StoreError, StoreFaultError, StoreMissingError
from layers.store import scripts, tables
from layers.values import columns_of

if TYPE_CHECKING:
    from layers.schema import Layer
    from layers.store.backend import Backend

log = logging.getLogger(__name__)


def newest(backend: Backend) -> int:
    """The schema this version of the software works with."""
    return scripts.migrations(backend.name)[-1][0]


def create(backend: Backend) -> None:
    """Build everything in an empty database, in one transaction; do nothing when another process was quicker."""
    with backend.writing() as connection:
        backend.prepare(connection)
        if backend.schema_version(connection) is not None:
            return
        for version, name in scripts.migrations(backend.name):
            _run_step(backend, connection, version, name)


def bring_up(backend: Backend) -> None:
    """Run the steps that are missing and make the tables of newly declared layers and fields.

    Raises:
        MigrationError: the store is newer than this software, or a step failed; nothing was changed then.
    """
    with backend.reading() as connection:
        version = backend.schema_version(connection)
    if version is None:
        raise StoreMissingError("There is no store yet. Create it (geo-app init) or name another place.")
    wanted = newest(backend)
    if version > wanted:
        raise MigrationError(f"The store has schema {version}; this version knows up to {wanted}. Install the newer version.")
    if version < wanted:
        _migrate(backend, version, wanted)
    declare(backend)


def _migrate(backend: Backend, version: int, wanted: int) -> None:
    copy = backend.copy_before_migration(version)
    log.warning("migrating the store from schema %s to %s; %s keeps the old state", version, wanted, copy)
    for step, name in scripts.migrations(backend.name):
        if step <= version:
            continue
        try:
            with backend.writing() as connection:
                present = backend.schema_version(connection)
                if present is not None and present < step:
                    _run_step(backend, connection, step, name)
        except StoreBusyError:
            raise
        except (StoreError, StoreFaultError) as error:
            raise MigrationError(
                f"The store is still at schema {step - 1}, {wanted} is needed: step {step} did not succeed and changed nothing. "
                f"Free disk space, close other programs that hold the store and start again; {copy} has the old state."
            ) from error


def _run_step(backend: Backend, connection: sa.Connection, version: int, name: str) -> None:
    for statement in scripts.statements(scripts.text(backend.name, name)):
        backend.run_statement(connection, statement)
    connection.execute(sa.insert(tables.schema).values(version=version, at=dt.datetime.now(dt.UTC).isoformat()))


def declare(backend: Backend) -> None:
    """Make tables and columns for what is declared and not there yet; look first, so that a start usually writes nothing."""
    with backend.reading() as connection:
        wanting = [layer for layer in backend.layers.values() if _wanting(backend, connection, layer)]
    if not wanting:
        return
    with backend.writing() as connection:
        for layer in wanting:
            _declare(backend, connection, layer)


def _wanting(backend: Backend, connection: sa.Connection, layer: Layer) -> bool:
    present = backend.columns(connection, layer)
    return any(field.name not in present for field in columns_of(layer.fields)) or not present


def _declare(backend: Backend, connection: sa.Connection, layer: Layer) -> None:
    scripts.checked_name(layer.name)
    for field in layer.fields:
        scripts.checked_name(field.name)
    present = backend.columns(connection, layer)
    if not present:
        backend.create_layer(connection, layer)
        connection.execute(sa.insert(tables.layer_rows).values(name=layer.name, version=0, next_fid=1))
    else:
        backend.add_fields(connection, layer, [field for field in columns_of(layer.fields) if field.name not in present])
    backend.describe_layer(connection, layer)
