"""The page for field work: a package is made and sent, the edited file comes back and its result is shown."""

import io
import os
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import pytest

SYSTEM_PYTHON = Path("/usr/bin/python3")
CODE = """
import sys
from osgeo import gdal
gdal.UseExceptions()
data = gdal.OpenEx(sys.argv[1], gdal.OF_UPDATE | gdal.OF_VECTOR)
data.ExecuteSQL(sys.argv[2])
"""


def edited(path, statement):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROJ", "GDAL", "VIRTUAL"))}
    done = subprocess.run([SYSTEM_PYTHON, "-c", CODE, path, statement], check=False, env=env, capture_output=True)
    if b"No module named" in done.stderr:
        pytest.skip("the system's Python has no GDAL (Debian package python3-gdal)")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def county(web):
    return web.app.extensions["xiangtu"].store.read("counties")["county_code"].iloc[0]


def taken(web, county, tmp_path, layers=("roads",)):
    job = web.job("/field/packages", {"area": county, "layers": list(layers)})
    answer = web.get(job["href"])
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path)
        return tmp_path / next(name for name in archive.namelist() if name.endswith("field.gpkg"))


def brought(web, path, **fields):
    data = {"file": (io.BytesIO(path.read_bytes()), path.name), "csrf_token": web._token(), **fields}
    return web.job("/field/returns", data=data, content_type="multipart/form-data")


def test_the_page_offers_areas_and_layers(app, web, county):
    page = web.page("/field")
    assert "外业" in page
    assert f'value="{county}"' in page
    assert 'value="roads" checked' in page
    assert "field-bring" in page


def test_out_and_back(app, web, county, tmp_path):
    path = taken(web, county, tmp_path)
    store = app.extensions["xiangtu"].store
    with sqlite3.connect(path) as link:
        key, feature = link.execute("SELECT segment_id, id FROM roads LIMIT 1").fetchone()
    edited(path, f"UPDATE roads SET name = '<b>外业</b>' WHERE segment_id = '{key}'")
    job = brought(web, path, reason="五月外业")
    page = web.page(job["href"])
    assert "已写入，变更" in page
    row = store.get("roads", feature)
    assert (row["name"], row["ver"]) == ("<b>外业</b>", 2)
    assert store.changes(limit=1)[0].reason == "五月外业"
    edited(path, f"UPDATE roads SET name = '再改' WHERE segment_id = '{key}'")
    page = web.page(brought(web, path, look="1")["href"])
    assert "冲突" in page
    assert "&lt;b&gt;外业&lt;/b&gt;" in page
    assert "/kept/" not in page
    page = web.page(brought(web, path)["href"])
    assert "/kept/1" in page
    assert store.kept.get(1).origin == "field"


def test_wrong_files_and_words(app, web, county, tmp_path):
    answer = web.post("/field/returns", data={"csrf_token": web._token()}, content_type="multipart/form-data")
    assert answer.status_code == 400
    other = {"file": (io.BytesIO(b"x"), "field.qgs"), "csrf_token": web._token()}
    assert web.post("/field/returns", data=other, content_type="multipart/form-data").status_code == 400
    assert web.post("/field/packages", {"area": county, "layers": "roads"}).status_code == 400
    assert web.post("/field/packages", {"area": "nowhere", "layers": ["roads"]}).get_json()["code"] == "not_found"
    (tmp_path / "x.gpkg").write_bytes(b"SQLite format 3\0 and no more")
    data = {"file": (io.BytesIO((tmp_path / "x.gpkg").read_bytes()), "x.gpkg"), "csrf_token": web._token()}
    failed = web.job("/field/returns", data=data, content_type="multipart/form-data", state="failed")
    assert failed["error"]["code"] in {"unreadable_file", "bad_field_file"}
    assert list((tmp_path / "data" / "uploads").glob("*")) == []


def test_results_of_other_jobs_are_not_found(app, web):
    assert web.get("/field/packages/99").status_code == 404
    assert web.get("/field/returns/99").status_code == 404


def test_a_package_of_an_area_beyond_is_refused_before_a_job_begins(peopled, browser_of):
    east = browser_of(peopled, "east")

    def refused(**asked):
        answer = east.post("/field/packages", {"area": "990101", "layers": ["roads"]} | asked)
        return answer.status_code, answer.get_json()["message"].replace(asked.get("area", ""), "X")

    beyond, never = refused(area="990102"), refused(area="990109")
    assert beyond == never
    assert beyond[0] == 404
    assert refused(layers=["monitored_households"])[0] == 404
    assert refused(layers=[])[0] == 400
    assert east.json("/jobs/list")["jobs"] == []
