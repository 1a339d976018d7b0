"""Connections to a PostgreSQL server: readers see one moment, writers take turns, no connection crosses a fork."""

from __future__ import annotations

import os
import re
import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from layers.errors import (
    NotAStoreError,
    StorageFullError,
    StoreAccessError,
    StoreBusyError,
    StoreClosedError,
    StoreDamagedError,
    StoreError,
    StoreFaultError,
    StoreMissingError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_SECONDS = 5
POOL_SIZE = 8
SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,40}")
_FAULTS: tuple[tuple[str, type[StoreError], str], ...] = (
    ("53100", StorageFullError, "The database server's disk is full. Nothing was saved. Free disk space and try again."),
    ("55P03", StoreBusyError, "Another writer holds the store. Nothing was written. Try again in a moment."),
    ("40", StoreBusyError, "Another writer was quicker. Nothing was written. Try again in a moment."),
    ("57", StoreAccessError, "The database server is stopping or starting. Nothing was saved. Try again in a moment."),
    ("53", StoreBusyError, "The database server takes no more connections. Nothing was written. Try again in a moment."),
    ("3D000", StoreMissingError, "The server has no such database. Create it, or name another."),
    ("28", StoreAccessError, "The database server does not let this user in. Look at user and password in the store's URL."),
    (
        "42501",
        StoreAccessError,
        "The user may not do this in the database. Make it the owner of the store's schema.",
    ),
    ("0A000", StoreAccessError, "The server has no PostGIS. Install the package postgresql-15-postgis-3 or its like."),
    ("58P01", StoreAccessError, "The server has no PostGIS. Install the package postgresql-15-postgis-3 or its like."),
    ("08", StoreAccessError, "The database server does not answer. Look whether it runs and at the store's URL."),
    ("XX00", StoreDamagedError, "The database server reports damaged data. Stop the service and restore the last backup."),
)


def person_error(error: BaseException | None) -> StoreError | StoreFaultError:
    """Find our error for one of PostgreSQL's; the original is only for the log."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        if isinstance(error, OSError) or type(error).__name__ in {"OperationalError", "ConnectionTimeout"}:
            return StoreAccessError("The database server does not answer. Look whether it runs and at the store's URL.")
        return StoreFaultError(f"unforeseen database error {type(error).__name__}")
    for start, kind, text in _FAULTS:
        if state.startswith(start):
            return kind(text)
    return StoreFaultError(f"unforeseen PostgreSQL error {state}")


class Connections:
    """The connections of one process to one schema of a database."""

    def __init__(self, url: sa.URL, schema: str) -> None:
        """Prepare; nothing is opened yet."""
        if not SCHEMA.fullmatch(schema):
            raise NotAStoreError(f"{schema!r} cannot be the name of a schema: lower-case letters, digits and _ only")
        self.schema = schema
        self._url = url
        self._closed = False
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._engine = self._new_engine()

    def _new_engine(self) -> sa.Engine:
        options = f"-csearch_path={self.schema},public -clock_timeout={LOCK_SECONDS * 1000} -cstandard_conforming_strings=on"
        return sa.create_engine(
            self._url,
            connect_args={"options": options, "connect_timeout": LOCK_SECONDS},
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_timeout=LOCK_SECONDS,
            pool_pre_ping=True,
        )

    def _present_engine(self) -> sa.Engine:
        if self._closed:
            raise StoreClosedError("The store was closed. Open it again.")
        if self._pid != os.getpid():
            self._lock = threading.Lock()
            self._engine.dispose(close=False)
            self._engine, self._pid = self._new_engine(), os.getpid()
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection inside a read-only transaction that sees one moment."""
        engine = self._present_engine().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection inside a transaction that keeps every other writer of the schema out until it ends."""
        with translated(), self._present_engine().begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(self.schema.encode()))))
            yield connection

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        self._closed = True
        self._engine.dispose(close=self._pid == os.getpid())


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of psycopg and SQLAlchemy inside the block into ours."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise person_error(error.orig) from error
    except psycopg.Error as error:  # of a COPY, which goes past SQLAlchemy
        raise person_error(error) from error
    except sa.exc.TimeoutError as error:
        raise StoreBusyError("Too many readers at once. Try again in a moment.") from error
