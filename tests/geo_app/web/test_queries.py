"""Questions from the panel: answered, kept, downloaded, refused."""

import csv
import io
import json

import pytest


def test_attribute_query_gives_rows_and_map(web):
    answer = web.post("/queries/run", {"layer": "hamlets", "where": [{"field": "population", "op": ">=", "value": 100}]})
    found = answer.get_json()
    assert found["total"] == 8
    assert found["map"]["name"] == "result"
    assert len(found["map"]["features"]["features"]) == 8
    assert len(found["rows"]) == 8


def test_drawn_area_and_relation(web):
    square = {"type": "Polygon", "coordinates": [[[105.0, 36.0], [105.1, 36.0], [105.1, 36.1], [105.0, 36.1], [105.0, 36.0]]]}
    assert web.post("/queries/run", {"layer": "hamlets", "intersects": square}).get_json()["total"] == 4
    crossed = {"layer": "villages", "relation": {"layer": "roads", "predicate": "intersects"}}
    assert web.post("/queries/run", crossed).get_json()["total"] >= 4


def test_nothing_found_is_said(web):
    found = web.post(
        "/queries/run", {"layer": "hamlets", "where": [{"field": "population", "op": ">", "value": 10_000}]}
    ).get_json()
    assert (found["total"], found["map"], found["rows"]) == (0, None, [])


@pytest.mark.parametrize(
    "spec",
    [
        {"layer": "nothing"},
        {"layer": "hamlets", "where": [{"field": "nothing", "op": "=", "value": 1}]},
        {"layer": "hamlets", "where": [{"field": "name", "op": "like", "value": "x' OR 1=1 --"}]},
        {"layer": "hamlets", "intersects": {"type": "Polygon", "coordinates": []}},
        {},
    ],
)
def test_bad_query_is_refused(web, spec):
    answer = web.post("/queries/run", spec)
    assert answer.status_code in {400, 404}
    assert answer.get_json()["code"] in {"bad_filter", "unknown_name", "bad_request"}


def test_query_is_kept_by_name_and_forgotten(web):
    spec = {"layer": "hamlets", "where": [{"field": "population", "op": ">=", "value": 100}]}
    assert web.post("/queries", {"name": "大村", "spec": spec}).status_code == 201
    kept = web.json("/queries")["queries"]
    assert [(item["name"], item["spec"]["layer"]) for item in kept] == [("大村", "hamlets")]
    assert web.delete("/queries/大村").status_code == 200
    assert web.json("/queries")["queries"] == []
    assert web.delete("/queries/大村").status_code == 404
    for body in ({"name": " ", "spec": spec}, {"name": "x" * 100, "spec": spec}, {"name": "x"}):
        assert web.post("/queries", body).status_code == 400


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg"])
def test_answer_comes_as_a_file(web, kind):
    spec = {"layer": "hamlets", "where": [{"field": "population", "op": ">=", "value": 100}]}
    answer = web.post("/queries/download", data={"spec": json.dumps(spec), "format": kind})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if kind == "csv":
        assert len(list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))) == 8
    if kind == "gpkg":
        assert answer.data.startswith(b"SQLite format 3")


def test_bad_download_is_refused(web):
    assert web.post("/queries/download", data={"spec": "[1]", "format": "csv"}).status_code == 400
    assert web.post("/queries/download", data={"spec": "{}", "format": "exe"}).status_code == 400
