"""Real clients against a real server: OWSLib, GDAL's OAPIF driver and QGIS without a screen."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from owslib.ogcapi.features import Features
from owslib.util import Authentication

from layers.store import open_store

QGIS_SCRIPT = Path(__file__).with_name("qgis_reads.py")
DEBIAN_PYTHON = Path("/usr/bin/python3")
LINE = {"type": "LineString", "coordinates": [[104.02, 36.05], [104.03, 36.055]]}
BOX = "104.0,36.0,104.06,36.02"
TIMEOUT = 240


@pytest.fixture
def address(local, serving):
    with serving(local) as found:
        yield f"{found}/api/ogc"


@pytest.fixture
def clean_headers(monkeypatch):
    """OWSLib keeps the headers of all its clients in one dictionary."""
    import owslib.ogcapi

    monkeypatch.setattr(owslib.ogcapi, "REQUEST_HEADERS", {"User-Agent": "OWSLib"})


def new_road(key="N1"):
    return {"type": "Feature", "geometry": LINE, "properties": {"segment_id": key, "name": "新路", "surface_type": "水泥"}}


def talk(client):
    """Read, filter, create, replace, change and remove, as the tutorials of OWSLib do it."""
    assert "roads" in client.feature_collections()
    assert client.collection("roads")["title"] == "路段"
    assert "surface_type" in client.collection_queryables("roads")["properties"]
    page = client.collection_items("roads", limit=7, sortby=("segment_id", "desc"))
    assert [item["properties"]["segment_id"] for item in page["features"]][:2] == ["R00039", "R00038"]
    assert page["numberMatched"] == 40
    filtered = client.collection_items("roads", filter="surface_type = '水泥' AND width_m > 3.2", limit=100)
    assert {item["properties"]["surface_type"] for item in filtered["features"]} == {"水泥"}
    assert client.collection_items("roads", bbox=[104.0, 36.0, 104.06, 36.02])["numberMatched"] < 40

    client.headers["Content-Type"] = "application/geo+json"
    assert client.collection_item_create("roads", json.dumps(new_road()))
    made = client.collection_items("roads", segment_id="N1")["features"][0]
    number = made["id"]
    made["properties"]["name"] = "改过的路"
    assert client.collection_item_update("roads", number, json.dumps(made))
    assert client.collection_item("roads", number)["properties"]["name"] == "改过的路"
    replaced = {**new_road(), "properties": {"segment_id": "N1", "surface_type": "沥青"}}
    assert client.collection_item_update("roads", number, json.dumps(replaced))
    left = client.collection_item("roads", number)["properties"]
    assert (left["name"], left["surface_type"]) == (None, "沥青")
    assert client.collection_item_delete("roads", number)
    with pytest.raises(RuntimeError):
        client.collection_item("roads", number)


def test_owslib(address, local, clean_headers):
    talk(Features(address))
    changes = local.extensions["xiangtu"].store.changes("roads")
    assert [item.kind for item in changes[:4]] == ["ogc"] * 4
    assert "OWSLib" in changes[0].reason


def test_owslib_signs_in(shared, serving, password, clean_headers):
    with serving(shared) as found:
        talk(Features(f"{found}/api/ogc", auth=Authentication("wang", password)))
    assert shared.extensions["xiangtu"].store.changes("roads")[0].who == "王工"


@pytest.mark.postgis
def test_owslib_on_postgis(postgis_schema, tmp_path, filling, running, serving, clean_headers):
    with open_store(postgis_schema, create=True) as store:
        filling(store)
    with running(postgis_schema, tmp_path) as app, serving(app) as found:
        talk(Features(f"{found}/api/ogc"))
        assert app.extensions["xiangtu"].store.kind == "postgis"


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="gdal-bin (Debian) is not installed")
def test_gdal(address, tmp_path):
    source = f"OAPIF:{address}"
    assert "roads" in run("ogrinfo", "-ro", "-q", source)
    summary = run("ogrinfo", "-ro", "-so", source, "roads")
    assert "Feature Count: 40" in summary
    assert "surface_type: String" in summary
    rows = run("ogrinfo", "-ro", "-q", source, "roads", "-where", "segment_id = 'R00000'")
    assert "西路0" in rows
    assert "LINESTRING (104.01 36.001,104.05 36.0017123456789)" in rows
    boxed = run("ogrinfo", "-ro", "-so", source, "roads", "-spat", *BOX.split(","))
    assert "Feature Count: 4\n" in boxed
    paged = run("ogrinfo", "-ro", "-so", "-oo", "PAGE_SIZE=7", source, "roads", "-where", "lanes = 2")
    assert "Feature Count: 13" in paged
    copy = tmp_path / "copy.geojson"
    run("ogr2ogr", "-f", "GeoJSON", copy, source, "roads", "-oo", "PAGE_SIZE=9", "-t_srs", "EPSG:4544")
    written = json.loads(copy.read_text(encoding="utf-8"))
    assert len(written["features"]) == 40
    x, y = written["features"][0]["geometry"]["coordinates"][0]
    assert (400_000 < x < 600_000, 3_900_000 < y < 4_100_000) == (True, True)


def has_qgis():
    done = (
        subprocess.run([DEBIAN_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
        if DEBIAN_PYTHON.exists()
        else None
    )
    return done is not None and done.returncode == 0


def test_qgis(address, tmp_path):
    if not has_qgis():
        pytest.skip("QGIS for Debian's Python (python3-qgis) is not installed")
    picture, home = tmp_path / "map.png", tmp_path / "home"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    said = json.loads(run(DEBIAN_PYTHON, QGIS_SCRIPT, address, picture, env=environment).splitlines()[-1])
    assert said["valid"]
    assert (said["count"], said["read"], said["subset"]) == (40, 40, 13)
    assert said["names"] == ["东路1", "东路11"]
    assert {"segment_id", "surface_type", "ver"} <= set(said["fields"])
    assert said["expression"] == ["R00004", "R00008", "R00012", "R00016", "R00024", "R00032", "R00036"]
    assert said["box"] == ["R00000", "R00002", "R00004", "R00006"]
    assert said["first"] == "LineString (104.01 36.001, 104.05 36.0017123456789)" or "104.05" in said["first"]
    assert said["drawn"] > 200
    assert picture.stat().st_size > 1000
