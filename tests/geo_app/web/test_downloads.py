"""Files of layers, tables, gaps, units, and the print map."""

import csv
import io

import pytest

from geo_app.actions import list_gaps, run_coverage


def rows(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg", "shp", "kml"])
def test_layer_in_every_format(web, kind):
    answer = web.post("/downloads/layers/hamlets", data={"format": kind})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert len(answer.data) > 300


def test_a_layer_as_csv_begins_with_the_mark_that_spreadsheets_need(web):
    assert web.post("/downloads/layers/hamlets", data={"format": "csv"}).data.startswith(b"\xef\xbb\xbfhamlet_id,")


def test_layer_of_an_area(web):
    found = rows(web.post("/downloads/layers/hamlets", data={"format": "csv", "area": "990102"}))
    assert len(found) == 14
    assert {row["county_code"] for row in found} == {"990102"}
    assert {row["township_code"] for row in found} == {"990102001", "990102002"}


def test_coverage_table_has_the_stated_columns(web):
    found = rows(web.post("/downloads/coverage", data={"run": "1", "indicator": "RD1", "area": "990101", "format": "csv"}))
    assert tuple(found[0])[: len(run_coverage.COLUMNS)] == run_coverage.COLUMNS
    assert next(row for row in found if row["area_code"] == "990101")["value"] == "37.5"
    assert web.post("/downloads/coverage", data={"run": "1", "format": "xlsx"}).data.startswith(b"PK")


def test_gaps_and_units(web):
    gaps = rows(web.post("/downloads/gaps", data={"run": "1", "indicator": "RD1", "area": "990101", "format": "csv"}))
    assert set(gaps[0]) <= set(list_gaps.COLUMNS)
    assert len(gaps) == 12
    units = rows(web.post("/downloads/units", data={"run": "1", "indicator": "RD1", "area": "990101", "format": "csv"}))
    assert len(units) == 16


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/downloads/layers/nothing", {"format": "csv"}, 404),
        ("/downloads/layers/hamlets", {"format": "../x"}, 400),
        ("/downloads/layers/hamlets", {"format": "csv", "area": "1"}, 404),
        ("/downloads/coverage", {"format": "csv"}, 400),
        ("/downloads/coverage", {"run": "99", "format": "csv"}, 404),
        ("/downloads/gaps", {"run": "1", "indicator": "X", "format": "csv"}, 404),
        ("/downloads/units", {"run": "1", "indicator": "W1", "format": "pdf"}, 400),
    ],
)
def test_bad_asking_is_refused(web, path, data, status):
    assert web.post(path, data=data).status_code == status


def test_print_map_by_a_job(web):
    job = web.job("/downloads/maps", {"indicator": "RD1", "area": "990101", "level": "village", "format": "svg", "run": 1})
    answer = web.get(job["href"])
    assert answer.data.lstrip().startswith(b"<?xml")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_self_contained_map_by_a_job(web):
    job = web.job("/downloads/maps", {"indicator": "RD1", "level": "village", "format": "html"})
    text = web.get(job["href"]).text
    assert "<script src" not in text


@pytest.mark.parametrize("body", [{"indicator": "RD1", "format": "exe"}, {"indicator": "RD1", "size": "A0"}])
def test_bad_map_is_refused(web, body):
    assert web.post("/downloads/maps", body).status_code == 400


def test_unfinished_or_other_job_gives_no_file(web):
    web.json("/downloads/jobs/99", 404)
    number = web.job("/runs", {"profile": "rai"})["id"]
    web.json(f"/downloads/jobs/{number}", 404)
