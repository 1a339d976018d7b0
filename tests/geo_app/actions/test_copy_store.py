"""Moving a store to the other kind and back: equal checksums, nothing left behind, a filled target refused."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from geo_app.actions import copy_store
from geo_app.cli import cli
from geo_app.errors import BadRequestError
from layers.errors import NotAStoreError, StoreMissingError
from layers.store import Change, Delete, Grant, Insert, RunRecord, Store, Update, open_store
from layers.store.times import now

CHANGE = {"who": "李工", "bureau": "交通局", "reason": "测试"}


@pytest.fixture
def full(tmp_path):
    """A store with something of every kind in it."""
    path = tmp_path / "满.gpkg"
    with open_store(path, create=True) as store:
        lines = [None, *(shapely.LineString([(104, 36), (104.1, 36 + n / 100)]) for n in range(2999))]
        roads = gpd.GeoDataFrame({"segment_id": [f"s{n}" for n in range(3000)]}, geometry=lines, crs="EPSG:4490")
        links = pd.DataFrame(
            {
                "link_id": ["甲"],
                "event_id": ["1"],
                "change_kind": ["merge"],
                "from_code": ["1"],
                "to_code": ["2"],
                "share": [0.1],
                "valid_from": [dt.date(2026, 1, 1)],
            }
        )
        store.apply(Change(**CHANGE, edits=(Insert("roads", roads), Insert("area_crosswalk", links))))
        ids = store.read("roads", limit=2)["id"].tolist()
        account = store.accounts.add("li", "李工", "交通局", "hash", [Grant("transport", ("620422",), apply=False)])
        store.accounts.start_session(account.account_id, "token", now() + dt.timedelta(hours=1), "csrf")
        edit = Update("roads", ids[0], 1, {"name": "“新”", "width_m": 3.5}, shapely.LineString([(1, 1), (2, 2)]))
        store.apply(Change(**CHANGE, edits=(edit, Delete("roads", ids[1], 1)), account_id=account.account_id))
        store.undo(2, **CHANGE)
        store.requests.submit(
            Change(**CHANGE, edits=(edit, Insert("roads", roads.head(3).assign(segment_id=list("xyz"))))),
            account_id=1,
            origin="page",
        )
        store.kept.settle(store.kept.keep(edit, **CHANGE, account_id=1, cause="stale", origin="ogc"), "dismissed", by="王")
        store.served.note(1, "roads", {ids[0]: 2})
        store.published.publish("notice", "公示", {"a": [1, None]}, who="李工", valid_from=dt.date(2026, 1, 1))
        record = RunRecord({"a": 1}, "tches18", {"roads": 1}, "0.1", "李工", now())
        store.save_run(record, pd.DataFrame({"v": [1.5]}), {"RD1": pd.DataFrame({"u": [1]})})
        store.save_query("q", {"layer": "roads"}, "李工")
        store.settings_set("scheme", "cn-12")
    return path


@pytest.mark.postgis
def test_there_and_back_with_equal_checksums(full, postgis_schema, tmp_path):
    seen = []
    there = copy_store.copy(str(full), postgis_schema, lambda done, total: seen.append((done, total)))
    back = copy_store.copy(postgis_schema, str(tmp_path / "back.gpkg"))
    assert there == back
    assert there.change == 3
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with open_store(full) as old, open_store(tmp_path / "back.gpkg") as new:
        assert new.checksum() == old.checksum()
        assert new.accounts.all() == old.accounts.all()
        assert new.accounts.password_hash(1) == "hash"
        assert new.accounts.session("token", now()) is None
        assert [item.kept_id for item in new.kept.list(state="dismissed")] == [1]
        assert new.requests.get(1).edits[0] == old.requests.get(1).edits[0]
        assert new.published.all() == old.published.all()
        assert new.count("area_crosswalk") == 1
        assert new.settings_get("scheme") == "cn-12"
        assert new.accept(1, who="赵", bureau="局", edits=[]).change_id == 4
        assert new.full_checksum() != old.full_checksum()
        assert new.checksum() == old.checksum()


def _account(store):
    store.accounts.add("a", "b", "c", "d", [])


@pytest.mark.parametrize(
    ("fill", "named"),
    [
        (_account, "holds accounts"),
        (lambda store: store.kept.keep(Delete("roads", "x", 1), **CHANGE, account_id=None, cause="stale"), "holds kept"),
        (lambda store: store.apply(Change(**CHANGE, edits=())), "holds changes already"),
        (lambda store: store.save_query("q", {}, "x"), "holds queries"),
    ],
)
def test_a_target_that_holds_something_is_refused(full, tmp_path, fill, named):
    target = tmp_path / "target.gpkg"
    with open_store(target, create=True) as store:
        fill(store)
        before = store.full_checksum()
    with pytest.raises(NotAStoreError, match=named):
        copy_store.copy(str(full), str(target))
    with open_store(target) as store:
        assert store.full_checksum() == before


def test_settings_of_a_new_target_give_way(full, tmp_path):
    target = tmp_path / "target.gpkg"
    with open_store(target, create=True) as store:
        store.settings_set("scheme", "other")
    copy_store.copy(str(full), str(target))
    with open_store(target) as store:
        assert store.settings_get("scheme") == "cn-12"


def test_a_store_is_not_copied_into_itself_nor_out_of_nothing(full, tmp_path, monkeypatch):
    monkeypatch.chdir(full.parent)
    for same in (full.name, f"gpkg://{full}", str(full.parent / "." / full.name)):
        with pytest.raises(BadRequestError):
            copy_store.copy(str(full), same)
    with pytest.raises(StoreMissingError):
        copy_store.copy(str(tmp_path / "none.gpkg"), str(tmp_path / "x.gpkg"))
    assert not (tmp_path / "x.gpkg").exists()


def test_a_copy_that_differs_is_reported(full, tmp_path, monkeypatch):
    real = Store.copy_into

    def with_a_writer(self, other, *, progress=None):
        real(self, other, progress=progress)
        _account_named(other)

    monkeypatch.setattr(Store, "copy_into", with_a_writer)
    with pytest.raises(copy_store.CopyDiffersError, match="does not hold the same"):
        copy_store.copy(str(full), str(tmp_path / "x.gpkg"))


def _account_named(store):
    store.accounts.add("later", "b", "c", "d", [])


def test_the_command_says_what_it_did(full, tmp_path):
    found = CliRunner().invoke(cli, ["store", "copy", str(full), str(tmp_path / "new.gpkg")], catch_exceptions=False)
    assert found.exit_code == 0
    assert "Copied up to change 3: 3001 rows in the layers; both stores have checksum " in found.stderr
    assert "99 % rows" in found.stderr
    again = CliRunner().invoke(cli, ["store", "copy", str(full), str(tmp_path / "new.gpkg")], catch_exceptions=False)
    assert again.exit_code == 6
    assert "holds changes already" in again.stderr
