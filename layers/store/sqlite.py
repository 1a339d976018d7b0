"""Connections to the live GeoPackage: the one place that opens it.

One writer at a time in the process (a mutex per file) and across processes (`BEGIN IMMEDIATE`, busy timeout 5 s); readers with
`query_only` connections. A reading connection is opened read-write at the level of the file, so that it can roll back the
journal of a process that was killed; `query_only` refuses every write. No connection crosses a fork: before a fork all
transactions end and all connections are closed; the child opens its own.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import weakref
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from layers.errors import (
    DurabilityError,
    ForkedStoreError,
    NotAStoreError,
    StorageFullError,
    StoreAccessError,
    StoreBusyError,
    StoreClosedError,
    StoreDamagedError,
    StoreError,
    StoreFaultError,
)
from layers.store import cql_spatial, geometry, guard, reaching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.store.durability import Durability

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
FORK_SECONDS = 10.0
READERS = 32
FULL_CODES = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_FSYNC}
)
_FAULTS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (StorageFullError, "The disk is full. Nothing was saved. Free disk space and try again."),
    sqlite3.SQLITE_IOERR: (StoreAccessError, "The disk did not answer. Nothing was saved. Look at the disk, then try again."),
    sqlite3.SQLITE_BUSY: (StoreBusyError, "Another writer holds the store. Nothing was written. Try again in a moment."),
    sqlite3.SQLITE_LOCKED: (StoreBusyError, "Another writer holds the store. Nothing was written. Try again in a moment."),
    sqlite3.SQLITE_CORRUPT: (StoreDamagedError, "The store's file is damaged. Stop the service and restore the last backup."),
    sqlite3.SQLITE_NOTADB: (NotAStoreError, "The file is no GeoPackage. Name the store's own file."),
    sqlite3.SQLITE_READONLY: (StoreAccessError, "The store's file or folder may not be written. Give the service write access."),
    sqlite3.SQLITE_CANTOPEN: (
        StoreAccessError,
        "The store's file cannot be opened. Give the service access to it and its folder.",
    ),
    sqlite3.SQLITE_PERM: (StoreAccessError, "The store's file may not be opened. Give the service access to it."),
}
_writers: dict[str, threading.Lock] = {}
_writers_lock = threading.Lock()
_open: weakref.WeakSet[Connections] = weakref.WeakSet()


def person_error(error: BaseException) -> StoreError | StoreFaultError:
    """Find our error for one of SQLite's; the original is only for the log."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return StoreFaultError(f"unforeseen database error {type(error).__name__}")
    if code in FULL_CODES:
        kind, text = _FAULTS[sqlite3.SQLITE_FULL]
        return kind(text)
    if code & 0xFF in _FAULTS:
        kind, text = _FAULTS[code & 0xFF]
        return kind(text)
    return StoreFaultError(f"unforeseen SQLite error {code}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of SQLite and SQLAlchemy inside the block into ours."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise person_error(error.orig or error) from error
    except sqlite3.Error as error:
        raise person_error(error) from error
    except sa.exc.TimeoutError as error:
        raise StoreBusyError("Too many readers at once. Try again in a moment.") from error


def writer_lock(path: Path) -> threading.Lock:
    """Give the one writer mutex of a file in this process."""
    with _writers_lock:
        return _writers.setdefault(os.path.realpath(path), threading.Lock())


def raw_connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the file with the functions its triggers need; transactions are begun and ended by the caller."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    geometry.register(connection)
    cql_spatial.register(connection)
    reaching.register(connection)
    return connection


class Connections:
    """The connections of one process to one live file."""

    def __init__(self, path: Path, durability: Durability) -> None:
        """Register the file as live and prepare the engines; nothing is opened yet."""
        self.path = path
        self.durability = durability
        self._closed = False
        self._prepare()
        guard.register(path)
        _open.add(self)
        _watch_forks()

    def _prepare(self) -> None:
        self._pid = os.getpid()
        self._condition = threading.Condition()
        self._holders: dict[int, int] = {}
        self._forking = False
        self._torn = False
        self._reader = sa.create_engine(
            "sqlite+pysqlite://",
            creator=self._connect_reader,
            poolclass=QueuePool,
            max_overflow=READERS - 5,
            pool_timeout=BUSY_SECONDS,
        )
        self._writer = sa.create_engine(
            "sqlite+pysqlite://", creator=self._connect_writer, poolclass=QueuePool, pool_size=1, max_overflow=0
        )
        event.listen(self._reader, "begin", _begin_reading)
        event.listen(self._writer, "begin", _begin_writing)

    def _connect_reader(self) -> sqlite3.Connection:
        connection = raw_connect(self.path)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cache_size=-16384")
        return connection

    def _connect_writer(self) -> sqlite3.Connection:
        connection = raw_connect(self.path)
        make_durable(connection, self.durability)
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA temp_store=MEMORY")  # statement journals of the rtree's triggers: 40 % less time, no risk
        return connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection inside a read transaction: everything read in the block is of one moment."""
        with self._held(), translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give the writing connection inside BEGIN IMMEDIATE; commit at the end, roll back when the block raises."""
        lock = writer_lock(self.path)
        if not lock.acquire(timeout=BUSY_SECONDS):
            raise StoreBusyError("Another writer holds the store. Nothing was written. Try again in a moment.")
        try:
            with self._held(), translated(), self._writer.begin() as connection:
                yield connection
        finally:
            lock.release()

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """Give a bare connection outside any transaction, for VACUUM INTO and the integrity check."""
        with self._held(), translated():
            connection = raw_connect(self.path)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _held(self) -> Iterator[None]:
        if self._closed:
            raise StoreClosedError("The store was closed. Open it again.")
        if self._pid != os.getpid() or self._torn:
            raise ForkedStoreError("this process was forked in the middle of a transaction")
        me = threading.get_ident()
        with self._condition:
            while self._forking and me not in self._holders:
                self._condition.wait()
            self._holders[me] = self._holders.get(me, 0) + 1
        try:
            yield
        finally:
            with self._condition:
                self._holders[me] -= 1
                if not self._holders[me]:
                    del self._holders[me]
                self._condition.notify_all()

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        _open.discard(self)
        self._reader.dispose()
        self._writer.dispose()
        guard.forget(self.path)

    def before_fork(self) -> None:
        """Wait until no transaction is open and close every connection, so that the child inherits none."""
        deadline = time.monotonic() + FORK_SECONDS
        me = threading.get_ident()
        with self._condition:
            self._forking = True
            while self._holders and me not in self._holders and time.monotonic() < deadline:
                self._condition.wait(0.05)
            quiet = not self._holders
        if quiet:
            self._reader.dispose()
            self._writer.dispose()

    def after_fork_in_parent(self) -> None:
        """Let the transactions go on."""
        with self._condition:
            self._forking = False
            self._condition.notify_all()

    def after_fork_in_child(self) -> None:
        """Start afresh, or refuse to work when the parent was in the middle of a transaction."""
        torn = bool(self._holders)
        inherited = self._reader, self._writer
        self._prepare()
        self._torn = torn
        if torn:
            _kept.append(inherited)


_kept: list[tuple[sa.Engine, sa.Engine]] = []
"""Engines inherited in the middle of a transaction: kept for ever, since closing them would drop the child's own locks."""


def make_durable(connection: sqlite3.Connection, durability: Durability) -> None:
    """Set and verify journal mode and syncing; raise DurabilityError when SQLite did not take them."""
    mode = connection.execute("SELECT * FROM pragma_journal_mode").fetchone()[0]
    if mode != durability.journal:
        statement = "PRAGMA journal_mode=WAL" if durability.journal == "wal" else "PRAGMA journal_mode=DELETE"
        mode = connection.execute(statement).fetchone()[0]
    connection.execute("PRAGMA synchronous=FULL" if durability.synchronous == "full" else "PRAGMA synchronous=EXTRA")
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if mode != durability.journal or level != durability.level:
        raise DurabilityError(
            f"The store could not be set to journal={durability.journal}, synchronous={durability.synchronous} "
            f"(it is at {mode}, {level}). Close every other program that holds it, then start again."
        )
    log.info("store opened: SQLite %s, journal %s, synchronous %s", sqlite3.sqlite_version, mode, durability.synchronous)


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@cache
def _watch_forks() -> None:
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def _before_fork() -> None:
    for connections in list(_open):
        connections.before_fork()
    _writers_lock.acquire()
    guard.lock.acquire()


def _after_fork_in_parent() -> None:
    guard.lock.release()
    _writers_lock.release()
    for connections in list(_open):
        connections.after_fork_in_parent()


def _after_fork_in_child() -> None:
    guard.lock.release()
    _writers_lock.release()
    _writers.clear()
    for connections in list(_open):
        connections.after_fork_in_child()
