"""The file as other tools see it; they look at a copy, in a process of their own."""

import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from layers.catalogue import LAYERS
from layers.errors import StoreDamagedError
from layers.store import Insert, Update, geopackage, open_store

READ = textwrap.dedent(
    """
    import json, sys, warnings
    warnings.simplefilter("error")
    import pyogrio
    found = {}
    for name, kind in pyogrio.list_layers(sys.argv[1]):
        info = pyogrio.read_info(sys.argv[1], layer=name)
        frame = pyogrio.read_dataframe(sys.argv[1], layer=name, fid_as_index=True)
        found[str(name)] = {"kind": kind, "crs": info["crs"], "count": len(frame), "fields": [str(f) for f in info["fields"]],
                       "rows": json.loads(frame.head(3).drop(columns=["geometry"], errors="ignore").to_json(orient="records", date_format="iso")),
                       "wkt": [str(g) for g in frame.geometry.head(3)] if "geometry" in frame else None,
                       "fids": [int(f) for f in frame.index[:3]]}
    print(json.dumps(found, ensure_ascii=False))
    """
)


@pytest.fixture
def copy(gpkg, change, wells, tmp_path):
    gpkg.apply(change(Insert("wells", wells(10)), Insert("notes", pd.DataFrame({"note_id": ["甲"], "text": ["“引号”与😀"]}))))
    return gpkg.copy_to(tmp_path / "副本.gpkg")


def test_gdal_reads_every_layer_of_a_copy(copy):
    answer = subprocess.run([sys.executable, "-c", READ, str(copy)], capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout)
    assert set(found) == {"wells", "tracks", "notes"}
    assert (found["wells"]["count"], found["notes"]["count"], found["tracks"]["count"]) == (10, 1, 0)
    assert found["wells"]["crs"] == "EPSG:4490"
    assert found["wells"]["kind"] == "Point"
    assert found["wells"]["wkt"][1] == "POINT (104.01 36.001)"
    assert found["wells"]["rows"][1]["name"] == "井“1”🚰"
    assert found["wells"]["rows"][1]["uses"] == ["饮水", "用途1"]
    assert found["wells"]["fields"][:2] == ["id", "ver"]
    assert found["wells"]["fids"] == [1, 2, 3]
    assert found["notes"]["rows"] == [{**found["notes"]["rows"][0], "note_id": "甲", "text": "“引号”与😀"}]
    assert found["notes"]["crs"] is None


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo (package gdal-bin) is not installed")
def test_ogrinfo_reads_a_copy_without_a_word_of_complaint(copy):
    answer = subprocess.run(["ogrinfo", "-al", "-ro", str(copy)], capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    assert "Layer name: wells" in answer.stdout
    assert "Feature Count: 10" in answer.stdout
    assert 'ID["EPSG",4490]' in answer.stdout
    assert "name (String) = 井“1”🚰" in answer.stdout
    assert "dug_on (Date) = 2001/01/01" in answer.stdout
    spatial = subprocess.run(
        ["ogrinfo", "-so", "-ro", "-spat", "104.005", "36", "104.025", "37", str(copy), "wells"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Feature Count: 2" in spatial.stdout


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="ogr2ogr (package gdal-bin) is not installed")
def test_gdal_can_edit_a_copy_and_its_triggers_hold(copy, layers):
    subprocess.run(
        ["ogrinfo", str(copy), "-sql", "UPDATE wells SET geom = NULL WHERE fid = 1"], capture_output=True, text=True, check=True
    )
    with open_store(copy, layers=layers) as store:
        assert store.verify() == ["layer wells: 1 rows differ from the history; another program changed them"]


def test_titles_and_code_lists_stand_where_other_tools_look(copy):
    connection = sqlite3.connect(copy)
    contents = dict(connection.execute("SELECT table_name, identifier FROM gpkg_contents"))
    assert contents == {"wells": "水井", "tracks": "小路", "notes": "备注"}
    kinds = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert kinds == {"wells": "features", "tracks": "features", "notes": "attributes"}
    titles = dict(connection.execute("SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'wells'"))
    assert (titles["name"], titles["depth_m"]) == ("名称", "深度（m）")
    codes = connection.execute("SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = 'well_kind'").fetchall()
    assert codes == [("筒井",), ("管井",)]
    connection.close()


def test_the_tables_follow_the_standard(copy):
    connection = sqlite3.connect(copy)
    srs = {row[0] for row in connection.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    assert srs == {-1, 0, 4326, 4490}
    columns = connection.execute(
        "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns"
    ).fetchall()
    assert sorted(columns) == [("tracks", "geom", "GEOMETRY", 4490, 0, 0), ("wells", "geom", "POINT", 4490, 0, 0)]
    box = connection.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'wells'").fetchone()
    assert box == pytest.approx((104, 36, 104.09, 36.009))
    triggers = {
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'wells'")
    }
    assert triggers == {f"rtree_wells_geom_{name}" for name in ("insert", "update1", "update2", "update3", "update4", "delete")}
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    blob = connection.execute("SELECT geom FROM wells").fetchone()[0]
    assert blob[:4] == b"GP\x00\x03"
    connection.close()


def test_the_extent_never_shrinks_below_the_content(gpkg, change, wells, one, path):
    gpkg.apply(change(Insert("wells", wells(2))))
    import shapely

    gpkg.apply(change(Update("wells", one(gpkg, "w1")["id"], 1, geometry=shapely.Point(99, 40))))
    gpkg.apply(change(Update("wells", one(gpkg, "w1")["id"], 2, {"name": "x"})))
    with gpkg._backend.reading() as connection:
        box = connection.exec_driver_sql("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'wells'").one()
    assert tuple(box) == pytest.approx((99, 36, 104.01, 40))


def test_every_layer_of_the_catalogue_opens_in_gdal(tmp_path):
    with open_store(tmp_path / "s.gpkg", create=True) as store:
        store.copy_to(tmp_path / "copy.gpkg")
    answer = subprocess.run([sys.executable, "-c", READ, str(tmp_path / "copy.gpkg")], capture_output=True, text=True, check=True)
    assert set(json.loads(answer.stdout)) == set(LAYERS)


def test_a_copy_while_writing_is_whole(gpkg, change, wells, tmp_path, layers):
    import threading

    stop = threading.Event()

    def write():
        turn = 0
        while not stop.is_set():
            turn += 1
            gpkg.apply(change(Insert("wells", wells(20, prefix=f"c{turn}_"))))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        copies = [gpkg.copy_to(tmp_path / f"copy{n}.gpkg") for n in range(4)]
    finally:
        stop.set()
        thread.join()
    for item in copies:
        with open_store(item, layers=layers) as store:
            assert store.verify() == []
            assert store.count("wells") == 20 * len(store.changes(limit=10_000))


def test_a_copy_takes_the_place_of_an_older_one_and_leaves_no_draft(gpkg, tmp_path, copy, change, wells):
    gpkg.apply(change(Insert("wells", wells(1, first=90))))
    gpkg.copy_to(copy)
    with open_store(copy, layers=gpkg.layers) as store:
        assert store.count("wells") == 11
    assert not list(tmp_path.glob(".*.part"))


def test_a_copy_that_cannot_be_read_back_is_not_put_in_place(gpkg, tmp_path, monkeypatch):
    def bad(_path):
        raise StoreDamagedError("The copy is damaged")

    monkeypatch.setattr(geopackage, "_check_copy", bad)
    with pytest.raises(StoreDamagedError):
        gpkg.copy_to(tmp_path / "copy.gpkg")
    assert [item.name for item in tmp_path.iterdir() if "copy" in item.name] == []
