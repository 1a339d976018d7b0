import io
import json

import pytest

from geo_app.web import bulk_asking
from layers.store import Change, Condition, Update

LINE = [[105.0, 36.05], [105.2, 36.05], [105.4, 36.05]]
AS_IT_IS = {"type": "LineString", "coordinates": [[x, y + 0.00004] for x, y in LINE]}
NEW = {"type": "LineString", "coordinates": [[105.02, 36.0], [105.03, 36.02]]}
HALF = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.05, 36.15]]}


def survey(*shapes):
    features = [{"type": "Feature", "properties": {"name": f"n{at}"}, "geometry": shape} for at, shape in enumerate(shapes)]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def started(web, content=None, name="survey.geojson", layer="roads"):
    data = {"file": (io.BytesIO(content or survey(AS_IT_IS, NEW, HALF)), name), "layer": layer}
    return web.job("/bulk", data=data, content_type="multipart/form-data")["href"]


def compared(web, **asked):
    address = started(web)
    if "columns" not in web.page(address):
        web.job(f"{address}/answers", {"crs": "EPSG:4490"})
    body = {"layer": "roads", "columns": {"name": "name"}, "key_prefix": "S-"} | asked
    web.job(f"{address}/compare", body)
    return address


def store_of(app):
    return app.extensions["xiangtu"].store


def test_comparison_shows_every_class_and_nothing_is_written(web, app):
    version = store_of(app).version("roads")
    page = web.page(compared(web))
    for kind, count in (("added", 1), ("both", 1), ("ambiguous", 1), ("unchanged", 0), ("removed", 0)):
        assert f'data-class="{kind}" data-count="{count}"' in page
    assert "15 m" in page
    assert store_of(app).version("roads") == version


def test_accepted_with_a_decision_as_one_change(web, app):
    address = compared(web)
    assert web.post(f"{address}/accept", {}).status_code == 400
    web.job(f"{address}/accept", {"decisions": {"2": "skip"}, "reason": "实测"})
    record = store_of(app).changes(limit=1)[0]
    assert (record.kind, record.reason, record.inserted, record.updated) == ("bulk", "实测", 1, 1)
    assert f"#{record.change_id}" in web.page(address)
    assert f"#{record.change_id}" in web.page("/bulk")


def test_neighbours_edit_gives_412_and_says_whose(web, app):
    address = compared(web)
    store = store_of(app)
    row = store.read("roads", where=[Condition("segment_id", "=", "S1")]).iloc[0]
    store.apply(Change("wu", "水利局", "", (Update("roads", row["id"], int(row["ver"]), {"name": "改"}),)))
    answer = web.post(f"{address}/accept", {"decisions": {"2": "skip"}})
    assert (answer.status_code, answer.get_json()["code"]) == (412, "changed")
    (conflict,) = answer.get_json()["conflicts"]
    assert (conflict["key"], conflict["who"], conflict["ver"]) == ("S1", "wu", 2)


def test_map_and_tables(web, app):
    address = compared(web, complete_for="all")
    assert web.get(f"{address}/map").status_code == 200
    text = web.get(f"{address}/rows.csv").data.decode("utf-8-sig")
    assert "added" in text
    assert "ambiguous" in text
    assert web.get(f"{address}/rows.xlsx").data.startswith(b"PK")
    assert web.get(f"{address}/rows.exe").status_code == 400


@pytest.mark.parametrize(
    "asked", [{"buffer_m": "x"}, {"buffer_m": "-1"}, {"share": "2"}, {"layer": "nothing"}, {"columns": {"nothing": "name"}}]
)
def test_meaningless_wishes_are_refused(web, app, asked):
    address = started(web)
    body = {"layer": "roads", "columns": {"name": "name"}} | asked
    assert web.post(f"{address}/compare", body).status_code == 400


def test_unknown_area_fails_with_a_sentence(web, app):
    address = started(web)
    ended = web.job(f"{address}/compare", {"layer": "roads", "columns": {"name": "name"}, "complete_for": "0"}, state="failed")
    assert ended["error"]["code"] == "not_found"


def test_bad_decisions_and_thrown_away_files(web, app):
    address = compared(web)
    for decisions in ([], {"x": "skip"}, {"2": 1}, {"99": "skip"}, {"2": "nothing"}):
        assert web.post(f"{address}/accept", {"decisions": decisions}).status_code == 400
    assert web.post(f"{address}/discard", data={}).status_code == 302
    assert web.get(address).status_code == 404
    assert web.post("/bulk", data={}, content_type="multipart/form-data").status_code == 400


def test_a_survey_beyond_the_right_is_kept_and_the_job_says_so(peopled, browser_of):
    web = browser_of(peopled, "roads_east")
    beyond = {"type": "LineString", "coordinates": [[105.3, 36.05], [105.31, 36.06]]}
    address = started(web, survey(beyond))
    if "columns" not in web.page(address):
        web.job(f"{address}/answers", {"crs": "EPSG:4490"})
    body = {"layer": "roads", "columns": {"name": "name"}, "key_prefix": "S-"}
    web.job(f"{address}/compare", body)
    error = web.job(f"{address}/accept", {"reason": "实测"}, state="failed")["error"]
    kept = store_of(peopled).kept.list()
    assert error["code"] == "forbidden"
    assert error["kept"] == [item.kept_id for item in kept] == [1]
    assert "已留存，编号 #1" in error["message"]
    assert (kept[0].cause, kept[0].origin, kept[0].who) == ("forbidden", "file", "roads_east name")


def test_a_map_that_leaves_rows_out_says_so(web, app, monkeypatch):
    address = compared(web)
    assert 'id="thinned"' not in web.page(address)
    monkeypatch.setattr(bulk_asking, "ON_MAP", 0)
    assert 'id="thinned"' in web.page(address)
