"""Fill stores until there is no room, at many points, and say what was found: `filler.py limit FOLDER POINT…`.

`limit` sets the largest size a file may have, with the signal for it ignored, as a full quota would answer. The points are
bytes beyond the size at the start.
"""

import resource
import shutil
import signal
import sys
from pathlib import Path

import scene

from layers.errors import StorageFullError
from layers.store import Insert

ROWS = 15


def filled(store, turns=4000):
    """Add rows until there is no room; give the rows acknowledged."""
    acknowledged = 0
    for turn in range(turns):
        try:
            acknowledged += store.apply(scene.change(Insert("wells", scene.wells(ROWS, first=10_000 + turn * ROWS)))).inserted
        except StorageFullError as error:
            if error.code != "storage_full" or "Nothing was saved" not in str(error):
                raise AssertionError(str(error)) from error
            return acknowledged
    raise AssertionError("there always was room")


def faults_after(store, acknowledged):
    """What is wrong with a store that was filled: rows against those acknowledged, reading, its own check."""
    found = []
    if store.count("wells") != scene.FIRST + acknowledged:
        found.append(f"{store.count('wells')} rows, {scene.FIRST} + {acknowledged} acknowledged")
    if len(store.read("wells", limit=5)) != min(5, store.count("wells")):
        found.append("rows cannot be read")
    return found + store.verify()


def limited(path, extra):
    """Fill a store under a limit on the size of files, then without it."""
    shutil.copyfile(path.parent / "base.gpkg", path)
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.stat().st_size + extra
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, free[1]))
    try:
        with scene.opened(path) as store:
            acknowledged = filled(store)
            found = faults_after(store, acknowledged)
            resource.setrlimit(resource.RLIMIT_FSIZE, free)
            store.apply(scene.change(Insert("wells", scene.wells(ROWS, first=900_000))))
            return found + faults_after(store, acknowledged + ROWS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, free)


def main():
    """Try every point and tell each."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    folder = Path(sys.argv[2])
    scene.made(folder / "base.gpkg")
    for extra in map(int, sys.argv[3:]):
        path = folder / f"limit-{extra}.gpkg"
        sys.stdout.write(f"{extra} {limited(path, extra)}\n")
        sys.stdout.flush()
        path.unlink()


if __name__ == "__main__":
    main()
