"""Who holds a store's file open: a server says so by a lock on a file beside it, other programs are found by the system's list.

The lock stands on `<store>.served`, never on the store itself: closing a second descriptor of the store would drop the locks
by which SQLite keeps other processes out. It goes with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.store.store import Store

log = logging.getLogger(__name__)
PROCESSES = Path("/proc")


def _lock_file(path: Path) -> Path:
    return path.with_name(path.name + ".served")


def hold(store: Store) -> None:
    """Say that a server works on this store, until the store object is gone or the process ends; nothing to say for PostGIS.

    Raises:
        StoreBusyError: the store's file is being exchanged just now.
    """
    path: Path | None = getattr(store._backend, "path", None)  # noqa: SLF001 -- the same package
    if path is None:
        return
    try:
        descriptor = os.open(_lock_file(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    except OSError as error:
        log.warning("nobody can be told that the store is served: %s", type(error).__name__)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StoreBusyError("The store's file is being exchanged. Start again in a moment.") from error
    weakref.finalize(store, os.close, descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep servers out for the length of the block; raise StoreBusyError when one, or another program, holds the file now."""
    descriptor = os.open(_lock_file(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusyError(f"A server works on {path.name}. Stop it first, then call this again.") from error
        others = openers(path)
        if others:
            raise StoreBusyError(f"{path.name} is open in process {', '.join(map(str, others))}. Close it there first.")
        yield
    finally:
        os.close(descriptor)


def openers(path: Path) -> list[int]:
    """Numbers of the other processes that hold a file open, as far as this user may see them; empty without a list of them."""
    wanted = os.path.realpath(path)
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            held = any(os.path.realpath(entry) == wanted for entry in (process / "fd").iterdir())
        except OSError:  # another user's process, or one that has just ended
            continue
        if held:
            found.append(int(process.name))
    return sorted(found)
