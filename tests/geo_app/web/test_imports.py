"""The import page, step by step, without a browser."""

import gc
import io
import json

import pytest

pytestmark = pytest.mark.usefixtures("app")

CSV = "编号,名称,类型,经度,纬度\nA1,卫生院,医疗,105.05,36.05\nA2,学校,教育,105.06,36.05\nA3,车站,车站,105.07,36.05\n"
CHOSEN = {
    "layer": "facilities",
    "columns": {"facility_id": "编号", "name": "名称", "facility_type": "类型"},
    "constants": {"source": "测试", "source_date": "2026-11-01", "data_quality": "registered"},
}


def send(web, text, name="设施.csv", **more):
    data = {"file": (io.BytesIO(text if isinstance(text, bytes) else text.encode()), name)} | more
    return web.post("/imports", data=data, content_type="multipart/form-data")


def look(web, text=CSV, name="设施.csv", *, state="done", **more):
    answer = send(web, text, name, **more)
    assert answer.status_code == 202, answer.text
    number = answer.get_json()["job"]
    web.app.extensions["xiangtu"].jobs.wait(number, timeout=60)
    found = web.json(f"/jobs/{number}")
    assert found["state"] == state, found
    return found


def mapped(web, **more):
    """A file brought to the step of its columns; gives its address."""
    address = look(web, layer="facilities", **more)["href"]
    if web.json(f"{address}/state")["step"] == "questions":
        web.job(f"{address}/answers", {"crs": "EPSG:4490", "x_field": "经度", "y_field": "纬度"})
    assert web.json(f"{address}/state")["step"] == "columns"
    return address


def test_form_and_recent_imports(web):
    text = web.page("/imports")
    assert 'type="file"' in text
    assert "1 MB" in text


def test_file_goes_in_and_comes_out_again(web, app):
    address = mapped(web)
    text = web.page(address)
    assert "卫生院" in text
    assert 'value="类型" selected' in text or "类型" in text
    web.job(f"{address}/check", CHOSEN)
    report = web.page(address)
    assert "车站" in report
    assert "跳过" in report
    assert web.get(f"{address}/map").headers["Content-Security-Policy"].startswith("sandbox")
    refused = web.job(f"{address}/accept", {"skip_bad_rows": False}, state="failed")
    assert refused["error"]["code"] == "faults_found"
    web.job(f"{address}/accept", {"skip_bad_rows": True, "reason": "测试"})
    done = web.page(address)
    assert "新增 2 行" in done
    assert "车站" in done
    store = app.extensions["xiangtu"].store
    assert store.count("facilities") == 2
    record = store.changes(limit=1)[0]
    assert (record.kind, record.reason, record.file_name) == ("import", "测试", "设施.csv")
    assert b"facility_id" in web.get(f"/changes/{record.change_id}/recipe.toml").data
    assert "设施.csv" in web.page("/imports")
    assert web.post(f"/changes/{record.change_id}/undo", data={}).status_code == 302
    assert store.count("facilities") == 0
    assert list(app.extensions["xiangtu"].settings.uploads.iterdir()) == []


def test_report_as_files_and_recipe(web):
    address = mapped(web)
    assert web.get(f"{address}/report.csv").status_code == 404
    web.job(f"{address}/check", CHOSEN)
    text = web.get(f"{address}/report.csv").data.decode("utf-8-sig")
    assert "车站" in text
    assert "expected_zh" in text
    assert "expected_en" not in text
    assert web.get(f"{address}/report.xlsx").data.startswith(b"PK")
    assert web.get(f"{address}/report.exe").status_code == 400
    assert "facilities" in web.get(f"{address}/recipe.toml").text


def test_repairs_are_named_and_listed(web):
    address = mapped(
        web,
        text=CSV.replace("卫生院", " 卫生院 ")
        .replace("车站\n", "教育\n")
        .replace("车站,", "车站,")
        .replace(",车站,105.07", ",教育,105.07"),
    )
    web.job(f"{address}/check", CHOSEN)
    web.job(f"{address}/check", {"repairs_only": True, "repairs": ["strip_spaces"]})
    text = web.page(address)
    assert "修复所改" in text
    web.job(f"{address}/check", {"repairs_only": True, "repairs": ["nothing"]}, state="failed")


@pytest.mark.parametrize(
    "body",
    [
        {"layer": "nothing"},
        {"layer": "facilities", "columns": {"nothing": "编号"}},
        {"layer": "facilities", "columns": {"name": "没有"}},
        {"layer": "facilities", "columns": []},
        {"layer": "facilities", "constants": {"nothing": 1}},
        {"layer": "facilities", "mode": "burn"},
        {"layer": "facilities", "repairs": "all"},
    ],
)
def test_bad_choices_are_refused(web, body):
    address = mapped(web)
    answer = web.post(f"{address}/check", body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [(b"x", "a.exe", 422), (b"x", "路网.shp", 422), (b"x" * 1_100_000, "a.csv", 413), (b"x" * 3_000_000, "a.csv", 413)],
)
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the test client leaves its own temporary file open
def test_what_is_not_taken_is_said_at_once(web, app, content, name, status):
    answer = send(web, content, name)
    assert answer.status_code == status
    assert answer.get_json()["message"]
    uploads = app.extensions["xiangtu"].settings.uploads
    assert not uploads.is_dir() or list(uploads.iterdir()) == []
    del answer
    gc.collect()


def test_no_file_is_said(web):
    assert web.post("/imports", data={}, content_type="multipart/form-data").status_code == 400


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (
            b"<OGRVRTDataSource><OGRVRTLayer name='s'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
            "a.geojson",
        ),
        (
            json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd"}).encode(),
            "b.geojson",
        ),
        (b"PK\x03\x04 not a zip", "c.zip"),
        (b"", "d.csv"),
        (b"SQLite format 3\x00" + b"x" * 200, "e.gpkg"),
    ],
)
def test_hostile_files_get_a_sentence_and_nothing_of_the_machine(web, content, name):
    found = look(web, content, name, state="failed")
    assert found["error"]["code"] in {"unreadable_file", "bad_archive", "limit_exceeded", "too_large"}
    assert "/" + "etc" not in found["error"]["message"]
    assert "root:" not in json.dumps(found)


def test_discarded_file_is_gone(web, app):
    address = mapped(web)
    assert web.post(f"{address}/discard", data={}).status_code == 302
    assert list(app.extensions["xiangtu"].settings.uploads.iterdir()) == []
    web.json(f"{address}/state", 404)


@pytest.mark.parametrize("path", ["/imports/x", "/imports/" + "0" * 32, "/imports/..%2F..%2Fetc"])
def test_unknown_file_is_404(web, path):
    assert web.get(path).status_code == 404


def test_accept_before_the_check_is_refused(web):
    address = mapped(web)
    assert web.post(f"{address}/accept", {}).status_code == 400


def test_layer_is_guessed_from_the_titles(web):
    address = look(
        web, "hamlet_id,name,households,population,village_code,lon,lat\nh1,甲,10,30,990101001001,105.05,36.05\n", "村.csv"
    )["href"]
    if web.json(f"{address}/state")["step"] == "questions":
        web.job(f"{address}/answers", {"crs": "EPSG:4490", "x_field": "lon", "y_field": "lat"})
    assert '<option value="hamlets" selected>' in web.page(address)


def test_server_that_forgot_looks_again(web, app):
    address = mapped(web)
    app.extensions["xiangtu"].imports.items.clear()
    assert web.get(address).status_code == 200
