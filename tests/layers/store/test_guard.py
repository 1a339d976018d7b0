import os
import sys
from pathlib import Path

import pytest

from layers.errors import LiveStoreError
from layers.store import Insert, assert_not_live, guard, open_store

OPENED = []
WATCHED = set()


def _watch(event, args):
    if event == "open" and isinstance(args[0], str | bytes | os.PathLike) and os.fspath(args[0]) in WATCHED:
        OPENED.append(os.fspath(args[0]))


sys.addaudithook(_watch)


def test_the_live_store_is_refused_under_every_name(gpkg, path, tmp_path):
    (tmp_path / "soft.gpkg").symlink_to(path)
    os.link(path, tmp_path / "hard.gpkg")
    names = [
        path,
        str(path),
        path.parent / "." / path.name,
        tmp_path / "soft.gpkg",
        tmp_path / "hard.gpkg",
        f"{path}-wal",
        f"{path}-journal",
    ]
    for name in names:
        with pytest.raises(LiveStoreError, match="is the store in use"):
            assert_not_live(name)
    assert_not_live(tmp_path / "other.gpkg")


def test_two_openers_are_counted(gpkg, path, layers):
    with open_store(path, layers=layers):
        pass
    assert guard.is_live(path)
    gpkg.close()
    assert not guard.is_live(path)
    assert_not_live(path)


def test_a_copy_onto_the_store_itself_is_refused(gpkg, path):
    with pytest.raises(LiveStoreError):
        gpkg.copy_to(path)


def test_nothing_but_sqlite_opens_the_live_file(path, layers, change, wells, tmp_path):
    WATCHED.update({str(path), str(path) + "-wal", str(path) + "-journal", str(path) + "-shm"})
    with open_store(path, create=True, layers=layers) as store:
        OPENED.clear()
        store.apply(change(Insert("wells", wells(5))))
        store.frame("wells")
        store.frame("wells")
        store.read("wells", bbox=(100, 30, 110, 40))
        store.copy_to(tmp_path / "copy.gpkg")
        store.verify()
        store.undo(1, who="a", bureau="b", reason="c")
        assert OPENED == []
        Path(path).open("rb").close()
        assert str(path) in OPENED, "the hook would have seen it"
