import datetime as dt

import pytest

from layers.store import Change, Condition, Update


@pytest.fixture
def edited(app):
    """S1 was given a name yesterday by wu; gives the store and the number of the change."""
    store = app.extensions["xiangtu"].store
    row = store.read("roads", where=[Condition("segment_id", "=", "S1")]).iloc[0]
    update = Update("roads", row["id"], int(row["ver"]), {"name": "幸福路"})
    return store, store.apply(Change("wu", "交通局", "命名", (update,), at=dt.datetime.now(dt.UTC))).change_id


def test_versions_of_a_row(web, app, edited):
    _, change = edited
    page = web.page("/layers/roads/rows/S1/history")
    assert "幸福路" in page
    assert "命名" in page
    assert "wu" in page
    assert f"/changes/{change}" in page
    assert page.index("版本 2") < page.index("版本 1")
    assert web.get("/layers/roads/rows/S1/history/1/map").status_code == 200
    assert web.get("/layers/roads/rows/nothing/history").status_code == 404
    assert web.get("/layers/nothing/rows/x/history").status_code == 404


def test_changes_of_a_layer_with_filters_and_as_a_table(web, app, edited):
    page = web.page("/layers/roads/history")
    assert "命名" in page
    assert "first load" in page
    assert "first load" not in web.page("/layers/roads/history?who=wu")
    assert "没有" in web.page("/layers/roads/history?until=2001-01-01")
    text = web.get("/layers/roads/history.csv?who=wu").data.decode("utf-8-sig")
    assert [line.split(",")[2] for line in text.splitlines()] == ["who", "wu"]
    assert web.get("/layers/roads/history?since=x").status_code == 400
    assert web.get("/layers/roads/history.exe").status_code == 400


def test_layer_as_of_a_change_with_downloads_and_map(web, app, edited):
    page = web.page("/layers/roads/history?at=%231")
    assert "幸福路" not in page
    assert "/layers/roads/restore?at=%231" in page
    assert web.get("/layers/roads/history/map?at=%231").status_code == 200
    today = dt.datetime.now().astimezone().date().isoformat()
    assert "幸福路" in web.page(f"/layers/roads/history?at={today}")
    for kind in ("csv", "geojson", "gpkg", "shp", "kml", "xlsx", "fgb", "parquet"):
        answer = web.post("/layers/roads/history/download", data={"format": kind, "at": today})
        assert answer.status_code == 200, kind
        assert today in answer.headers["Content-Disposition"], kind
    assert web.post("/layers/roads/history/download", data={"format": "exe", "at": today}).status_code == 400
    assert "还没有数据" in web.page("/layers/roads/history?at=2001-01-01")
    assert web.get("/layers/roads/history?at=%2399").status_code == 404


def test_tables_without_geometry_have_no_map(web, app):
    today = dt.datetime.now().astimezone().date().isoformat()
    page = web.page(f"/layers/counties/history?at={today}")
    assert "small-map" in page
    assert web.get("/layers/areas/history/map?at=%231").status_code == 200


def test_restore_after_a_preview(web, app, edited):
    store, _ = edited
    page = web.page("/layers/roads/restore?at=%231")
    assert "1 行" in page
    assert web.get("/layers/roads/restore/map?at=%231").status_code == 200
    version = store.version("roads")
    stale = web.post("/layers/roads/restore", data={"at": "#1", "version": str(version - 1)})
    assert stale.status_code == 412
    answer = web.post("/layers/roads/restore", data={"at": "#1", "version": str(version), "reason": "回到导入时"})
    assert answer.status_code == 302
    record = store.changes(limit=1)[0]
    assert (record.kind, record.reason) == ("restore", "回到导入时")
    assert "无需恢复" in web.page("/layers/roads/restore?at=%231")


def test_undo_says_what_stands_in_the_way(web, app, edited):
    _, change = edited
    page = web.page("/changes/1/undo")
    assert f"#{change}" in page
    assert 'id="obstacles"' in page
    assert 'id="obstacles"' not in web.page(f"/changes/{change}/undo")
    assert web.post(f"/changes/{change}/undo", data={}).status_code == 302
    assert 'id="obstacles"' not in web.page("/changes/1/undo")
