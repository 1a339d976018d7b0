import uuid

import pandas as pd
import pytest

from layers.errors import LiveStoreError, NotAStoreError
from layers.store import Insert, RunRecord, Update, open_store
from layers.store.times import now


def busy(store, change, one):
    """Give a store every kind of thing it can hold."""
    store.apply(change(Insert("notes", pd.DataFrame({"note_id": ["甲"], "text": ["“引号”😀"]}))))
    store.apply(
        change(Update("wells", one(store, "w1")["id"], 1, {"name": None, "uses": [{"code": "a", "amount": 0.1}]}, geometry=None))
    )
    store.undo(2, who="a", bureau="b", reason="c")
    store.save_run(
        RunRecord({"a": 1}, "tches18", {"wells": 1}, "0.1", "李工", now()),
        pd.DataFrame({"v": [1.5]}),
        {"W1": pd.DataFrame({"u": [1]})},
    )
    store.save_query("q", {"layer": "wells"}, "李工")
    store.settings_set("scheme", "cn-12")


@pytest.fixture
def full(filled, change, one):
    busy(filled, change, one)
    return filled


def test_everything_moves_with_equal_checksum(full, tmp_path, layers, change, wells):
    with open_store(tmp_path / "other.gpkg", create=True, layers=layers) as other:
        full.copy_into(other)
        assert other.checksum() == full.checksum()
        assert other.verify() == []
        assert other.versions() == full.versions()
        assert other.changes() == full.changes()
        assert other.queries() == full.queries()
        assert other.settings_get("scheme") == "cn-12"
        pd.testing.assert_frame_equal(other.run(1).units["W1"], full.run(1).units["W1"])
        pd.testing.assert_frame_equal(other.frame("wells", 1), full.frame("wells", 1))
        assert other.read("wells", bbox=(104, 36, 104.02, 37))["well_id"].tolist() == ["w0", "w2"]
        other.apply(change(Insert("wells", wells(3, first=50))))
        assert other.checksum() != full.checksum()
        assert other.verify() == []


@pytest.mark.postgis
def test_a_store_moves_into_a_database_and_back(filled, postgis_server, tmp_path, change, one):
    gpkg, fresh = filled, f"t{uuid.uuid4().hex[:12]}"
    busy(gpkg, change, one)
    with (
        open_store(f"{postgis_server}?schema={fresh}", create=True, layers=gpkg.layers, snapshots=tmp_path / "s") as database,
        open_store(tmp_path / "back.gpkg", create=True, layers=gpkg.layers) as back,
    ):
        gpkg.copy_into(database)
        database.copy_into(back)
        assert gpkg.checksum() == database.checksum() == back.checksum()
        assert database.verify() == back.verify() == []


def test_a_store_that_holds_something_is_not_written_over(full, tmp_path, layers, change, wells):
    with open_store(tmp_path / "other.gpkg", create=True, layers=layers) as other:
        other.apply(change(Insert("wells", wells(1))))
        with pytest.raises(NotAStoreError, match="holds changes already"):
            full.copy_into(other)
        assert other.count("wells") == 1


def test_copy_to_gives_a_geopackage_of_everything(full, tmp_path, layers):
    copy = full.copy_to(tmp_path / "new" / "副本.gpkg")
    assert not list(copy.parent.glob(".*"))
    with open_store(copy, layers=layers) as store:
        assert store.kind == "gpkg"
        assert store.checksum() == full.checksum()
        with pytest.raises(LiveStoreError):
            full.copy_to(copy)
