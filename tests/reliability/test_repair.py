"""Drift of indexes, counts, numbers and snapshots: found, built anew, and gone (R13)."""

import logging
import random

import pandas as pd
import pytest
import scene

from layers.store import Insert, Update, repairing, snapshots

DRIFTS = {
    "rows missing from the spatial index": "DELETE FROM rtree_wells_geom WHERE id % 3 = 0",
    "rows too many in the spatial index": "INSERT INTO rtree_wells_geom VALUES (99999, 0, 1, 0, 1)",
    "rows elsewhere in the spatial index": "UPDATE rtree_wells_geom SET minx = 0, maxx = 0 WHERE id < 9",
    "an empty spatial index": "DELETE FROM rtree_tracks_geom",
    "wrong counts of a change": "UPDATE xt_changes SET inserted = 7, deleted = 1 WHERE change_id = 1",
    "a wrong version of a layer": "UPDATE xt_layers SET version = 77 WHERE name = 'wells'",
    "a row number that is taken": "UPDATE xt_layers SET next_fid = 3 WHERE name = 'wells'",
    "a wrong count of another tool": "UPDATE gpkg_ogr_contents SET feature_count = 2 WHERE table_name = 'wells'",
}
RANDOM_DRIFTS = 20
AT_A_GLANCE = ("rows missing", "rows too many", "an empty", "a wrong version", "a row number")


@pytest.fixture
def store(path):
    """A store with some changes, and the table of counts that GDAL makes."""
    with scene.opened(scene.made(path)) as opened:
        row = opened.read("wells", limit=1).iloc[0]
        opened.apply(scene.change(Update("wells", row["id"], 1, {"persons": 5}), reason="e"))
        with opened._backend.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE gpkg_ogr_contents (table_name TEXT PRIMARY KEY, feature_count INTEGER)")
            connection.exec_driver_sql(f"INSERT INTO gpkg_ogr_contents VALUES ('wells', {scene.FIRST}), ('tracks', 20)")
        yield opened


@pytest.mark.parametrize("drift", DRIFTS)
def test_every_drift_is_found_mended_and_gone(store, drift):
    assert repairing.faults(store) == []
    content = store.checksum()
    with store._backend.writing() as connection:
        connection.exec_driver_sql(DRIFTS[drift])
    assert repairing.faults(store) != []
    assert bool(repairing.light_faults(store)) is drift.startswith(AT_A_GLANCE)
    assert repairing.repair(store) != []
    assert repairing.faults(store) == []
    assert repairing.repair(store) == []
    assert store.checksum() == content
    store.apply(scene.change(Insert("wells", scene.wells(3, prefix="later"))))
    assert store.verify() == []
    assert len(store.read("wells", bbox=(103, 35, 108, 40))) == scene.FIRST + 3


def any_drift(rng):
    """One of many ways in which an index, a count or a number can be wrong."""
    row, share = rng.randrange(1, scene.FIRST), rng.randrange(2, 9)
    west, south = rng.uniform(-180, 179), rng.uniform(-90, 89)
    box = f"{west}, {west + rng.random()}, {south}, {south + rng.random()}"
    return rng.choice(
        [
            f"DELETE FROM rtree_wells_geom WHERE id % {share} = {row % share}",
            f"DELETE FROM rtree_tracks_geom WHERE id = {row % 20 + 1}",
            f"INSERT INTO rtree_wells_geom VALUES ({10_000 + row}, {box})",
            f"UPDATE rtree_wells_geom SET minx = {west - 1}, maxx = {west} WHERE id % {share} = 0 AND id <= {row + share}",
            f"UPDATE rtree_wells_geom SET maxy = {south + 1.5}, miny = {south} WHERE id = {row}",
            f"UPDATE xt_changes SET {rng.choice(['inserted', 'updated', 'deleted'])} = {1000 + row} WHERE change_id = 1",
            f"UPDATE xt_layers SET version = {rng.randrange(10, 99)} WHERE name = '{rng.choice(['wells', 'tracks'])}'",
            f"UPDATE xt_layers SET next_fid = {rng.randrange(1, 20)} WHERE name = 'wells'",
            f"UPDATE gpkg_ogr_contents SET feature_count = {1000 + row} WHERE table_name = 'wells'",
        ]
    )


def test_random_drifts_one_to_four_at_once_are_found_mended_and_gone(store, scale):
    rng, content = random.Random(13), store.checksum()
    for number in range(RANDOM_DRIFTS * scale):
        drifts = [any_drift(rng) for _ in range(rng.randrange(1, 5))]
        with store._backend.writing() as connection:
            for statement in drifts:
                connection.exec_driver_sql(statement.replace("INSERT INTO", "INSERT OR REPLACE INTO"))
        assert repairing.faults(store) != [], (number, drifts)
        assert repairing.repair(store) != [], (number, drifts)
        assert repairing.faults(store) == [], (number, drifts)
        assert store.checksum() == content, (number, drifts)


def test_a_snapshot_that_differs_from_the_history_is_removed_and_written_again(store):
    right = store.frame("wells")
    path = snapshots.path_of(store._backend.snapshots, scene.WELLS, store.version("wells"))
    with store._backend.reading() as connection:
        number, token = store._resolve(connection, scene.WELLS, None)
    assert repairing.faults(store) == []
    snapshots.write(path, right.assign(depth_m=1.0), scene.WELLS, snapshots.mark_of(scene.WELLS, number, token))
    assert store.frame("wells")["depth_m"].eq(1.0).all()
    assert repairing.faults(store) == [f"snapshot {path.name} differs from the history"]
    assert [path.name in line for line in repairing.repair(store)] == [True]
    pd.testing.assert_frame_equal(store.frame("wells"), right)


def test_a_damaged_index_of_the_file_is_built_anew(store, path):
    """An index that lacks an entry: what a torn write of one page leaves."""
    import sqlite3

    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'xt_history_change'").fetchone()[0]
    partial = f"{sql} WHERE change_id = 1"
    connection.execute("DROP INDEX xt_history_change")
    connection.execute(partial)
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'xt_history_change'", (sql,))
    connection.close()
    with scene.opened(path) as again:
        assert any("damaged" in line for line in again.verify())
        assert "the indexes of the file were built anew" in repairing.repair(again)[0]
        assert repairing.faults(again) == []


def test_rows_changed_past_the_store_are_not_mended_in_silence(store):
    with store._backend.writing() as connection:
        connection.exec_driver_sql("UPDATE wells SET persons = 9999 WHERE fid = 3")
    found = repairing.faults(store)
    assert any("differ from the history" in line for line in found)
    assert repairing.repair(store) == []
    assert repairing.faults(store) == found


def test_the_start_of_a_server_says_what_it_sees(store, caplog):
    from geo_app.actions import starting

    with store._backend.writing() as connection:
        connection.exec_driver_sql(DRIFTS["an empty spatial index"])
    with caplog.at_level(logging.ERROR):
        assert len(starting.watch(store)) == 1
    assert "layer tracks: the spatial index has 0 rows" in caplog.text
    assert "geo-app verify" in caplog.text


@pytest.mark.postgis
def test_a_database_is_mended_too(postgis_schema):
    scene.made(postgis_schema)
    with scene.opened(postgis_schema) as store:
        assert repairing.faults(store) == repairing.light_faults(store) == []
        with store._backend.writing() as connection:
            for drift in ("wrong counts of a change", "a wrong version of a layer", "a row number that is taken"):
                connection.exec_driver_sql(DRIFTS[drift])
        assert len(repairing.light_faults(store)) == 2
        assert len(repairing.repair(store)) == 3
        assert repairing.faults(store) == []
