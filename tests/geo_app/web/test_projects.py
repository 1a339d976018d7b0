"""Pages of the project library without a browser: what is read strictly, what is refused, what is listed."""

import datetime as dt
import io
import json
import re

import pytest
import shapely

from geo_app.actions.library import drafting, moving, record
from layers.store import Condition
from tests.geo_app.actions.library.people import APPLICATION, PLACE, VILLAGE, WALK

LINE = {"type": "LineString", "coordinates": [[105.02, 36.03], [105.06, 36.03]]}


def sent(**more):
    content = {
        "values": {"name": "甲南村路", "village_codes": [VILLAGE]},
        "budget": {"amount": "1", "unit": "万元"},
        "sources": [],
    }
    return content | more


@pytest.fixture
def store(app):
    app.config["OFFICE_DAY"] = dt.date(2026, 3, 1)
    return app.extensions["xiangtu"].store


@pytest.fixture
def local(app):
    from geo_app.access.people import local_person

    return local_person(app.extensions["xiangtu"].settings)


def row(store, key):
    return store.read("projects", where=[Condition("project_id", "=", key)]).iloc[0]


def test_amounts_are_taken_with_their_unit_and_kept_in_ten_thousands(web, store):
    body = sent(
        budget={"amount": "0.0120356789", "unit": "亿元"},
        sources=[{"code": "S11", "amount": "1,203,567.89", "unit": "元"}],
        geometry=LINE,
    )
    key = web.post("/projects/drafts", body).get_json()["project_id"]
    kept = row(store, key)
    assert kept["budget_total"] == pytest.approx(120.356789, abs=1e-9)
    assert kept["funding_sources"] == [{"code": "S11", "amount_wan_yuan": 120.356789}]
    assert (kept["village_code"], kept["township_code"], kept["county_code"]) == (VILLAGE, VILLAGE[:9], VILLAGE[:6])
    assert kept["status"] == "draft"
    assert "1,203,567.89 元" in web.page(f"/projects/{key}?lang=zh")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (sent(budget={"amount": "1", "unit": "块"}), "budget_total"),
        (sent(budget={"amount": "-1", "unit": "元"}), "budget_total"),
        (sent(budget={"amount": "0.001", "unit": "元"}), "budget_total"),
        (sent(budget={"amount": "1e400", "unit": "元"}), "budget_total"),
        (sent(sources=[{"code": "S99", "amount": "1", "unit": "元"}]), "funding_sources"),
        (sent(values={"name": "x", "status": "in_library"}), "status"),
        (sent(values={"name": "x", "budget_total": 5}), "budget_total"),
        (sent(geometry={"type": "Point", "coordinates": [500, 36]}), "longitude"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_kept(web, store, body, words):
    before = store.count("projects")
    answer = web.post("/projects/drafts", body)
    assert answer.status_code in {400, 422}
    assert words in answer.text
    assert store.count("projects") == before


def test_the_form_the_record_and_the_list_open(web, store, local):
    key = drafting.create(store, local, APPLICATION, PLACE, today=dt.date(2026, 3, 1))
    for path in (
        "/projects",
        "/projects/new",
        f"/projects/{key}",
        f"/projects/{key}/edit",
        f"/projects/{key}/map",
        "/projects/review",
    ):
        assert web.get(path).status_code == 200, path
    assert 'data-stage="draft"' in web.page(f"/projects/{key}")
    assert APPLICATION["name"] in web.page("/projects?text=通组路")
    assert APPLICATION["name"] not in web.page("/projects?stage=in_library")
    assert APPLICATION["name"] in web.page(f"/projects?area={VILLAGE[:6]}&category=P3&sector=transport&year=2027")
    assert web.get("/projects?stage=nowhere").status_code == 400
    assert web.get("/projects/nothing").status_code == 404
    table = web.get("/projects/download.csv?text=通组路").get_data(as_text=True)
    assert "资金规模 (万元)" in table
    assert "120.35" in table
    assert web.get("/projects/download.xlsx").data[:2] == b"PK"


def test_a_step_too_early_is_refused_with_its_day_and_nothing_changes(web, app, store, local):
    key = drafting.create(store, local, APPLICATION, PLACE, today=dt.date(2026, 2, 20))
    for _, name, on, values in WALK[:2]:
        seen = record.project(store, local, key).ver
        moving.move(store, local, key, name, values, expected_ver=seen, today=dt.date.fromisoformat(f"2026-{on}"))
    app.config["OFFICE_DAY"] = dt.date(2026, 3, 11)
    seen = record.project(store, local, key).ver
    data = {"expected_ver": str(seen), "document": "报"}
    refused = web.post(f"/projects/{key}/moves/submit_to_township", data=data, headers={"Accept": "text/html"})
    assert refused.status_code == 422
    assert "2026-03-12" in refused.text
    assert row(store, key)["status"] == "village_notice"
    app.config["OFFICE_DAY"] = dt.date(2026, 3, 12)
    assert web.post(f"/projects/{key}/moves/submit_to_township", data={"document": "报"}).status_code == 428
    assert web.post(f"/projects/{key}/moves/submit_to_township", data=data | {"expected_ver": "1"}).status_code == 412
    assert web.post(f"/projects/{key}/moves/submit_to_township", data=data).status_code == 302
    assert row(store, key)["status"] == "township_review"


def test_a_paper_is_kept_and_sent_back_as_a_file_to_keep(web, store, local):
    key = drafting.create(store, local, APPLICATION, PLACE, today=dt.date(2026, 3, 1))
    seen = str(record.project(store, local, key).ver)
    data = {"expected_ver": seen, "opinion": "同意", "paper": (io.BytesIO(b"<script>"), "会议纪要.html", "text/html")}
    assert web.post(f"/projects/{key}/moves/apply", data=data).status_code == 302
    event = record.project(store, local, key).events[0]
    answer = web.get(f"/projects/{key}/documents/{event['event_id']}")
    assert answer.data == b"<script>"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert web.get(f"/projects/{key}/documents/nothing").status_code == 404


def test_the_place_is_analysed_without_being_kept(web, store):
    before = store.count("projects")
    found = web.post("/projects/site", sent(geometry=LINE)).get_json()
    assert {block["key"] for block in found["blocks"]} >= {"measures", "villages", "persons", "gaps", "farmland"}
    assert web.post("/projects/site", sent(reach_m="far")).status_code == 400
    assert store.count("projects") == before


def test_a_file_with_one_feature_gives_its_geometry(web, store):
    def send(features):
        text = json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "properties": {}, "geometry": item} for item in features],
            }
        )
        return web.post("/projects/site-file", data={"file": (io.BytesIO(text.encode()), "place.geojson")})

    found = send([LINE])
    assert found.status_code == 200, found.text
    assert shapely.geometry.shape(found.get_json()["geometry"]).equals_exact(shapely.geometry.shape(LINE), 1e-9)
    assert send([LINE, LINE]).status_code == 422
    assert web.post("/projects/site-file", data={}).status_code == 400


def test_a_change_of_a_key_fact_is_asked_for_decided_and_announced(web, app, store, local):
    key = drafting.create(store, local, APPLICATION, PLACE, today=dt.date(2026, 2, 20))
    for _, name, on, values in WALK[:12]:
        seen = record.project(store, local, key).ver
        moving.move(store, local, key, name, values, expected_ver=seen, today=dt.date.fromisoformat(f"2026-{on}"))
    app.config["OFFICE_DAY"] = dt.date(2026, 5, 1)

    def step(name, **values):
        values["expected_ver"] = str(record.project(store, local, key).ver)
        answer = web.post(f"/projects/{key}/moves/{name}", data=values)
        assert answer.status_code == 302, answer.text[:500]

    moved = {"type": "LineString", "coordinates": [[105.07, 36.05], [105.08, 36.06]]}
    step("ask_change", opinion="改线", **{"new:end_date": "2027-12-31", "new:geometry": json.dumps(moved)})
    assert str(row(store, key)["end_date"])[:10] == "2027-09-30"
    step("approve_change", result="通过", opinion="同意", document="县领纪3号")
    assert str(row(store, key)["end_date"])[:10] == "2027-12-31"
    assert row(store, key).geometry.coords[0] == (105.07, 36.05)
    step("publish_change", announce="yes")
    end = record.project(store, local, key)
    assert end.violations == ()
    assert end.events[-1]["url"] == "/public/1", "the publication here is named by its path; the host is made when it is shown"
    shown = web.get(f"/projects/{key}").text
    assert re.search(r'href="http://[^/"]+/public/1"', shown)


@pytest.fixture
def in_library(app, store, local):
    key = drafting.create(store, local, APPLICATION, PLACE, today=dt.date(2026, 2, 20))
    for _, name, on, values in WALK[:12]:
        seen = record.project(store, local, key).ver
        moving.move(store, local, key, name, values, expected_ver=seen, today=dt.date.fromisoformat(f"2026-{on}"))
    app.config["OFFICE_DAY"] = dt.date(2026, 5, 1)
    return key


def ask(web, store, local, key, **fields):
    data = {"expected_ver": str(record.project(store, local, key).ver), "opinion": "增资", **fields}
    return web.post(f"/projects/{key}/moves/ask_change?lang=zh", data=data)


def test_money_is_asked_for_with_its_sources_approved_and_announced(web, store, local, in_library):
    key = in_library
    before = row(store, key)
    assert "new:budget_total" in web.page(f"/projects/{key}")
    refused = ask(web, store, local, key, **{"new:budget_total": "700"})
    assert refused.status_code == 422
    assert 'data-code="sum_differs"' in refused.text
    assert "筹资渠道" in refused.text.split('id="refused"')[1][:600]
    assert 'name="new:budget_total" value="700"' in refused.text, "what was typed stays"
    assert row(store, key)["ver"] == before["ver"]

    money = {
        "new:budget_total": "0.07",
        "new:budget_unit": "亿元",
        "new:source_code": ["S01", "S11", ""],
        "new:source_amount": ["600", "1,000,000", ""],
        "new:source_unit": ["万元", "元", "万元"],
    }
    asked = ask(web, store, local, key, **money)
    assert asked.status_code == 302, asked.text[:2000]
    asked = record.project(store, local, key).events[-1]
    assert asked["changed_fields"] == ["budget_total", "funding_sources"]
    assert row(store, key)["budget_total"] == before["budget_total"], "asking changes nothing yet"
    for name, values in (
        ("approve_change", {"result": "通过", "opinion": "同意", "document": "县领纪3号"}),
        ("publish_change", {"announce": "yes"}),
    ):
        values["expected_ver"] = str(record.project(store, local, key).ver)
        done = web.post(f"/projects/{key}/moves/{name}", data=values)
        assert done.status_code == 302, done.text[:2000]
    kept = row(store, key)
    assert kept["budget_total"] == 700.0
    assert kept["funding_sources"] == [{"code": "S01", "amount_wan_yuan": 600.0}, {"code": "S11", "amount_wan_yuan": 100.0}]
    assert record.project(store, local, key).violations == ()
    notice = web.page("/public/1?lang=zh")
    assert "→ 700 万元" in notice
    assert "600" in notice.split("→ 700 万元")[1][:800]
    assert "700 万元" in web.page(f"/projects/{key}?lang=zh")


@pytest.mark.parametrize(
    ("name", "said"),
    [("new:no_such", "“no_such”不能申请调整"), ("new:status", "不能申请调整"), ("budget_total", "没有“资金规模”")],
)
def test_a_field_that_the_form_of_a_change_does_not_have_is_refused(web, store, local, in_library, name, said):
    answer = ask(web, store, local, in_library, **{"new:end_date": "2027-12-31", name: "700"})
    assert answer.status_code == 400
    assert said in answer.text.split('id="refused"')[1][:300]
    assert record.project(store, local, in_library).trail.asked is None


def test_contents_of_every_kind_are_asked_for_and_bad_ones_come_back_marked(web, store, local, in_library):
    bad = ask(web, store, local, in_library, **{"new:category": "P99", "new:task": "改线硬化"})
    assert bad.status_code == 400
    assert 'name="new:category" aria-invalid="true"' in bad.text
    assert 'name="new:task" value="改线硬化"' in bad.text
    assert ask(web, store, local, in_library, **{"new:village_codes": "990101999999"}).status_code == 400
    good = ask(web, store, local, in_library, **{"new:name": "甲南村改线路", "new:participation": "以工代赈"})
    assert good.status_code == 302, good.text[:2000]
