"""The list of live store files, and the question every other opener of files must ask first.

Opening and closing an SQLite file by any other means (GDAL, `open`, a copy, a download) in a process that holds it open
drops SQLite's locks, and acknowledged edits are lost without an error. So `layers.files` and `geo_app` call
`assert_not_live(path)` before they open, send, hash or copy a file. Exports work on `Store.copy_to`.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from layers.errors import LiveStoreError

SIDE_FILES = ("", "-wal", "-shm", "-journal")
lock = threading.Lock()
_live: dict[str, int] = {}


def register(path: Path) -> None:
    """Count one more opener of a live store."""
    name = os.path.realpath(path)
    with lock:
        _live[name] = _live.get(name, 0) + 1


def forget(path: Path) -> None:
    """Count one opener less."""
    name = os.path.realpath(path)
    with lock:
        left = _live.get(name, 0) - 1
        if left > 0:
            _live[name] = left
        else:
            _live.pop(name, None)


def live_paths() -> frozenset[Path]:
    """Give the files of all stores open in this process, with their journals."""
    with lock:
        return frozenset(Path(name + suffix) for name in _live for suffix in SIDE_FILES)


def is_live(path: str | os.PathLike[str]) -> bool:
    """Say whether a path is a live store or its journal, also through a symbolic or hard link; opens nothing."""
    live = live_paths()
    if Path(os.path.realpath(path)) in live:
        return True
    try:
        wanted = Path(path).stat()
    except OSError:
        return False
    return any(_same_file(wanted, candidate) for candidate in live)


def _same_file(wanted: os.stat_result, candidate: Path) -> bool:
    try:
        return os.path.samestat(wanted, candidate.stat())
    except OSError:
        return False


def assert_not_live(path: str | os.PathLike[str]) -> None:
    """Raise LiveStoreError when a path is a live store; call it before opening, sending, hashing or copying a file.

    >>> assert_not_live("/tmp/some-export.gpkg")
    """
    if is_live(path):
        raise LiveStoreError(
            f"{Path(path).name} is the store in use; opening it here would lose edits. Name another file or make a copy."
        )
