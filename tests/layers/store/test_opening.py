import sqlite3

import pytest

from layers.catalogue import LAYERS
from layers.errors import DurabilityError, NotAStoreError, StoreAccessError, StoreMissingError
from layers.store import Insert, durability, open_store


def test_a_store_that_is_not_there_is_named(path, layers):
    with pytest.raises(StoreMissingError, match=r"There is no store 库\.gpkg"):
        open_store(path, layers=layers)
    assert not path.exists()


def test_a_path_and_a_url_open_the_same_store(path, layers, change, wells):
    with open_store(str(path), create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(2))))
        assert store.kind == "gpkg"
    with open_store(f"gpkg://{path}", layers=layers) as store:
        assert store.count("wells") == 2
    with open_store(path, create=True, layers=layers) as store:
        assert store.count("wells") == 2


def test_the_catalogue_is_held_unless_other_layers_are_given(path):
    with open_store(path, create=True) as store:
        assert dict(store.layers) == dict(LAYERS)
        assert set(store.versions()) == set(LAYERS)
        for name in LAYERS:
            assert store.frame(name).empty
        assert store.verify() == []


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"this is a text file, long enough to be looked at as a database" * 20, "no GeoPackage"),
        (None, "database of another kind"),
    ],
)
def test_other_files_are_refused(path, layers, content, match):
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE f (a)")
        other.close()
    else:
        path.write_bytes(content)
    with pytest.raises(NotAStoreError, match=match):
        open_store(path, create=True, layers=layers)


def test_an_empty_file_is_a_store_only_when_one_is_to_be_made(path, layers):
    path.touch()
    with pytest.raises(StoreMissingError, match="There is no store yet"):
        open_store(path, layers=layers)
    with open_store(path, create=True, layers=layers) as store:
        assert store.count("wells") == 0


def test_a_folder_and_a_strange_url_are_refused(tmp_path, layers):
    with pytest.raises(NotAStoreError, match="is a folder"):
        open_store(tmp_path, layers=layers)
    with pytest.raises(NotAStoreError, match="not mysql"):
        open_store("mysql://host/x", layers=layers)


@pytest.mark.parametrize("query", ["synchronous=normal", "synchronous=off", "journal=memory", "cache=shared"])
def test_unsafe_options_are_refused(path, layers, query):
    with pytest.raises(DurabilityError):
        open_store(f"gpkg://{path}?{query}", create=True, layers=layers)


def test_a_folder_that_cannot_be_made_is_said(tmp_path, layers):
    (tmp_path / "file").touch()
    with pytest.raises(StoreAccessError, match="cannot be made there"):
        open_store(tmp_path / "file" / "s.gpkg", create=True, layers=layers)


def test_a_wal_is_refused_on_a_network_disk(path, layers, monkeypatch, tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 0 0:1 / / rw - nfs4 host:/a rw\n", "utf-8")
    monkeypatch.setattr(durability, "MOUNTS", mounts)
    monkeypatch.setattr(durability, "for_version", lambda _: durability.Durability("wal", "full"))
    with pytest.raises(DurabilityError, match="network disk"):
        open_store(path, create=True, layers=layers)


def test_journal_and_syncing_are_set_and_logged(path, layers, caplog):
    caplog.set_level("INFO", logger="layers.store.sqlite")
    with open_store(path, create=True, layers=layers) as store, store._backend.writing() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    kept = durability.for_version(sqlite3.sqlite_version_info)
    assert (mode, level) == (kept.journal, kept.level)
    assert f"journal {kept.journal}, synchronous {kept.synchronous}" in caplog.text
