import os
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest

from layers.store import Insert, RunRecord, Update, open_store, snapshots
from layers.store.times import now


@pytest.fixture
def folder(path):
    return path.with_name(path.name + ".snapshots")


def test_a_snapshot_is_a_geoparquet_of_the_version_beside_the_store(gpkg, change, wells, folder):
    gpkg.apply(change(Insert("wells", wells(10))))
    frame = gpkg.frame("wells")
    assert [item.name for item in folder.iterdir()] == ["wells-v1.parquet"]
    other = gpd.read_parquet(folder / "wells-v1.parquet")
    assert other.crs == "EPSG:4490"
    assert other.geometry.tolist() == frame.geometry.tolist()
    assert b"geo" in pq.read_schema(folder / "wells-v1.parquet").metadata


def test_the_second_reading_comes_from_the_snapshot(gpkg, change, wells, monkeypatch):
    gpkg.apply(change(Insert("wells", wells(10))))
    first = gpkg.frame("wells")
    monkeypatch.setattr("layers.store.features.read", None)
    second = gpkg.frame("wells")
    pd.testing.assert_frame_equal(first, second)
    assert second.attrs == {}


def test_an_attribute_layer_has_snapshots_too(gpkg, change, folder):
    gpkg.apply(change(Insert("notes", pd.DataFrame({"note_id": ["a", "b"], "text": ["“好”", None]}))))
    pd.testing.assert_frame_equal(gpkg.frame("notes"), gpkg.read("notes"))
    pd.testing.assert_frame_equal(gpkg.frame("notes"), gpkg.read("notes"))
    assert (folder / "notes-v1.parquet").exists()


def test_a_snapshot_of_an_empty_layer(gpkg):
    for _ in range(2):
        pd.testing.assert_frame_equal(gpkg.frame("wells"), gpkg.read("wells"))


def test_a_snapshot_of_another_history_is_not_believed(path, layers, change, wells):
    for count in (3, 5):
        with open_store(path, create=True, layers=layers) as store:
            store.apply(change(Insert("wells", wells(count))))
            assert len(store.frame("wells")) == count
        path.unlink()


def test_a_damaged_snapshot_is_written_again(gpkg, change, wells, folder):
    gpkg.apply(change(Insert("wells", wells(4))))
    gpkg.frame("wells")
    (folder / "wells-v1.parquet").write_bytes(b"PAR1 broken")
    assert len(gpkg.frame("wells")) == 4
    assert len(gpd.read_parquet(folder / "wells-v1.parquet")) == 4


def test_pruning_keeps_the_present_and_what_runs_stand_on(gpkg, change, wells, one, folder):
    gpkg.apply(change(Insert("wells", wells(4))))
    record = RunRecord({"indicator": "W1"}, "tches18", gpkg.versions(), "0.1", "李工", now())
    gpkg.save_run(record, pd.DataFrame({"value": [1.0]}), {})
    feature = one(gpkg, "w1")
    for ver in (1, 2, 3):
        gpkg.frame("wells")
        gpkg.apply(change(Update("wells", feature["id"], ver, {"persons": 50 + ver})))
    gpkg.frame("wells")
    assert sorted(item.name for item in folder.iterdir()) == ["wells-v1.parquet", "wells-v4.parquet"]
    (folder / "wells-v2.parquet").touch()
    (folder / "readme.txt").touch()
    assert [item.name for item in gpkg.prune_snapshots()] == ["wells-v2.parquet"]


def test_a_disk_that_takes_no_snapshot_still_gives_the_frame(gpkg, change, wells, folder):
    folder.touch()
    gpkg.apply(change(Insert("wells", wells(4))))
    assert len(gpkg.frame("wells")) == 4


def test_no_draft_is_left_when_writing_fails(gpkg, change, wells, folder, monkeypatch):
    gpkg.apply(change(Insert("wells", wells(4))))

    def full(_descriptor):
        raise OSError(28, "no space")

    monkeypatch.setattr(snapshots.os, "fsync", full)
    assert len(gpkg.frame("wells")) == 4
    assert list(folder.iterdir()) == []


def test_drafts_of_ended_processes_are_removed_at_the_next_start(path, layers, tmp_path):
    folder = tmp_path / "snapshots"
    folder.mkdir()
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True, text=True)
    tag = "0" * 32
    names = {
        "dead": f".wells-v3.parquet.{ended.stdout.strip()}.{tag}.part",
        "ours": f".wells-v3.parquet.{os.getpid()}.{tag}.part",
        "another user's": f".wells-v4.parquet.1.{tag}.part",
        "too large for a number": f".wells-v4.parquet.{'9' * 30}.{tag}.part",
        "of an earlier version": f".wells-v3.parquet.{tag}.part",
        "old": f".roads-v1.parquet.{tag}.part",
        "strange": ".something.part",
    }
    for name in names.values():
        (folder / name).write_bytes(b"x")
    os.utime(folder / names["old"], (0, 0))
    open_store(path, create=True, layers=layers, snapshots=folder).close()
    left = {path.name for path in folder.iterdir()}
    assert {key for key, name in names.items() if name in left} == {"ours", "another user's", "of an earlier version", "strange"}
