"""What is asked of the store: gaps, queries, exports, an area on one page, a map, the dictionary, checks."""

import csv
import io
import json
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook

from geo_app.actions import (
    area_summary,
    build_demo,
    check_store,
    compose_map,
    describe,
    draw_map,
    export_layer,
    inputs,
    list_gaps,
    run_coverage,
    run_query,
    tables,
)
from geo_app.actions.compose_map import Maker, MapRequest
from geo_app.actions.signing import By
from geo_app.errors import BadRequestError, NoDataError, NotFoundError
from layers import demo, files
from layers.store import Change, Update
from processing.errors import QueryError


def test_gaps_are_the_units_that_fail_with_distance_and_persons(small):
    found = list_gaps.list_gaps(small, run_coverage.load(small, 1), indicators=("RD1",), area="990101001")
    assert sorted(found["unit_name"]) == ["乙南村3组", "乙南村4组", "甲南村3组", "甲南村4组"]
    assert found["persons"].sum() == 100
    assert found["distance_m"].between(3300, 3350).all()
    assert set(found["nearest_id"]) == {"S1"}
    assert list(found.columns)[: len(list_gaps.COLUMNS)] == list(list_gaps.COLUMNS)


def test_a_unit_without_an_answer_is_no_gap(small):
    found = list_gaps.list_gaps(small, run_coverage.load(small, 1), indicators=("W1",), area="990101001200")
    assert "甲南村2组" not in set(found["unit_name"])


@pytest.mark.parametrize("kind", ["gpkg", "fgb"])
def test_an_answer_is_written_as_a_file_of_its_layer(small, tmp_path, kind):
    result = run_query.run(small, {"layer": "hamlets", "near": {"layer": "roads", "distance_m": 5000}})
    path = run_query.write(result, tmp_path / "new" / f"answer.{kind}")
    found = files.read(path, original_name=path.name, answers=files.Answers())
    assert found.source_crs == "EPSG:4490"
    assert set(found.frame["hamlet_id"]) == set(result.frame["hamlet_id"])
    assert len(found.frame) == len(result.frame) > 0


def test_a_query_is_answered_kept_and_asked_again(small):
    spec = {
        "layer": "hamlets",
        "where": [{"field": "population", "op": ">=", "value": 100}],
        "near": {"layer": "roads", "distance_m": 2000},
    }
    found = run_query.run(small, spec)
    assert len(found.frame) == 6
    assert not found.synthetic
    run_query.save(small, "大组近路", spec, "li")
    assert run_query.saved(small, "大组近路") == spec
    with pytest.raises(NotFoundError, match="大组近路"):
        run_query.saved(small, "别的")
    with pytest.raises(QueryError, match="moon"):
        run_query.save(small, "x", {"layer": "hamlets", "where": [{"field": "moon", "op": "=", "value": 1}]}, "li")


@pytest.mark.parametrize("kind", export_layer.FORMATS)
def test_every_format_has_the_codes_of_the_areas(small, tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    written = export_layer.export(small, export_layer.ExportRequest("hamlets", kind), path)
    assert written.stat().st_size
    if kind == "csv":
        rows = list(csv.DictReader(written.read_text("utf-8").splitlines()))
        assert len(rows) == 30
        by_id = {row["hamlet_id"]: row for row in rows}
        assert by_id["990102002202-1"]["county_code"] == "990102"
        assert by_id["990102002202-1"]["township_code"] == "990102002"
    if kind == "geojson":
        features = json.loads(written.read_text("utf-8"))["features"]
        assert {feature["properties"]["county_code"] for feature in features} == {"990101", "990102"}


def test_a_row_without_any_code_gets_those_of_the_place_it_lies_in(small):
    found = export_layer.rows(small, small.layers["water_works"]).set_index("work_id")
    assert found.loc["W-3", ["village_code", "township_code", "county_code"]].tolist() == ["990102002202", "990102002", "990102"]


def test_what_a_row_says_itself_is_not_changed(small):
    row = small.read("water_works").iloc[0]
    small.apply(Change("li", "", "moved", (Update("water_works", row["id"], int(row["ver"]), {"county_code": "990102"}),)))
    found = export_layer.rows(small, small.layers["water_works"]).set_index("work_id")
    assert found.loc["W-1", "county_code"] == "990102"


def test_an_export_of_one_area_holds_its_rows_only(small):
    assert set(export_layer.rows(small, small.layers["hamlets"], area="990101002")["township_code"]) == {"990101002"}
    with pytest.raises(NotFoundError):
        export_layer.rows(small, small.layers["hamlets"], area="nowhere")


def test_an_unknown_format_or_encoding_is_refused(small, tmp_path):
    with pytest.raises(BadRequestError, match="dxf"):
        export_layer.export(small, export_layer.ExportRequest("roads", "dxf"), tmp_path / "x.dxf")
    with pytest.raises(BadRequestError, match="latin1"):
        export_layer.export(small, export_layer.ExportRequest("roads", "csv", "latin1"), tmp_path / "x.csv")


def test_an_area_on_one_page(small):
    summary = area_summary.summarise(small, "990101")
    assert (summary.area.name, summary.area.level) == ("东县", "county")
    assert [area.code for area in summary.ancestors] == ["9901", "99"]
    assert [area.name for area in summary.children] == ["东县南乡", "东县北乡"]
    figure = next(item for item in summary.figures if item.indicator == "W1")
    assert (figure.numerator, figure.denominator, figure.unknown) == (470, 750, 50)
    assert figure.value == pytest.approx(62.6667, abs=1e-4)
    assert len(summary.gaps)
    assert not summary.synthetic
    with pytest.raises(NotFoundError):
        area_summary.summarise(small, "nowhere")


def test_a_trend_shows_as_soon_as_there_are_several_runs(small):
    run_coverage.run(small, run_coverage.RunRequest(on=date(2026, 12, 1)))
    summary = area_summary.summarise(small, "990101")
    figure = next(item for item in summary.figures if item.indicator == "RD1")
    assert [(point.run_id, point.on, point.value) for point in figure.trend] == [(1, "2026-11-01", 37.5), (2, "2026-12-01", 37.5)]


def test_a_page_without_a_run_says_what_to_do(empty):
    with pytest.raises(NoDataError, match="geo-app coverage"):
        area_summary.summarise(empty, "1")


def test_a_map_says_what_it_shows(small):
    spec = compose_map.compose(
        small, MapRequest(indicator="w1", level="village", area="990101"), Maker("测试局", "GS(2026)1", "")
    )
    assert spec.title == "东县农村自来水普及率"
    frame = spec.choropleth.frame
    assert len(frame) == 4
    assert frame.set_index("area_code").loc["990101001200", "value"] == pytest.approx(8000 / 150)
    assert spec.credits.organisation == "测试局"
    assert spec.credits.review_number == "GS(2026)1"
    assert spec.credits.run_id == 1
    assert not spec.credits.simulated
    assert "Made by hand for the tests" in spec.credits.sources[0]
    assert spec.locator.highlight == ("990101",)
    names = {layer.name for layer in spec.layers}
    assert {"water_works", "gaps", "neighbours"} <= names


def test_a_level_without_outlines_of_its_own_is_joined_from_those_below(small):
    spec = compose_map.compose(small, MapRequest(indicator="RD1", level="prefecture", language="en"))
    assert len(spec.choropleth.frame) == 1
    west, south, east, north = spec.choropleth.frame.total_bounds
    assert (west, south, east, north) == pytest.approx((105.0, 36.0, 105.4, 36.2))
    with pytest.raises(NoDataError, match=r"levels that can be drawn: .*county"):
        compose_map.compose(small, MapRequest(indicator="RD1", level="group"))


def test_a_simulated_row_marks_the_map(small):
    row = small.read("water_works").iloc[0]
    small.apply(Change("li", "", "x", (Update("water_works", row["id"], int(row["ver"]), {"data_quality": "synthetic"}),)))
    run_coverage.run(small, run_coverage.RunRequest())
    assert compose_map.compose(small, MapRequest(indicator="W1", level="county")).credits.simulated


@pytest.mark.parametrize(("suffix", "start"), [("html", b"<!"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_map_is_drawn_to_a_file(small, tmp_path, suffix, start):
    out = tmp_path / f"map.{suffix}"
    drawn = draw_map.draw(small, MapRequest(indicator="W1", level="village"), Maker(), out)
    assert out.read_bytes().lstrip()[: len(start)].lower() == start.lower()
    assert not drawn.simulated
    with pytest.raises(BadRequestError, match="gif"):
        draw_map.draw(small, MapRequest(indicator="W1", level="village"), Maker(), tmp_path / "map.gif")


def test_the_store_is_checked_again(small):
    report = check_store.check(small)
    assert report.errors == 0
    assert report.checked["hamlets"] == 30
    assert check_store.verify(small) == []


def test_the_dictionary_counts_rows(small):
    found = {item["name"]: item for item in describe.layers(small)}
    assert (found["hamlets"]["rows"], found["hamlets"]["version"], found["assets"]["rows"]) == (30, 1, 0)
    fields = {item["name"]: item for item in describe.layer("roads")["fields"]}
    assert "水泥" in [code["code"] for code in fields["surface_type"]["codes"]]


def test_every_threshold_names_its_source():
    for profile in describe.profile_list():
        assert all(item["source"] for item in describe.thresholds(profile["name"]))


def test_a_demonstration_area_is_one_change_and_says_so(empty, small, tmp_path, monkeypatch):
    frames = inputs.read(small, ["counties", "townships", "villages", "hamlets"])
    made = demo.DemoArea(
        {name: frame.assign(data_quality="synthetic") for name, frame in frames.items()},
        pd.DataFrame({"id": ["a"], "what": ["planted"]}),
        ({"recipe": "demo", "title_zh": "模拟"},),
        ({"recipe": "demo", "layer": "all", "zh": "模拟数据", "en": "Simulated data"},),
    )
    monkeypatch.setattr(demo, "generate", lambda **_options: made)
    receipt = build_demo.build(empty, build_demo.DemoRequest(tmp_path), By("li"))
    assert receipt.inserted == 44
    assert [(change.kind, change.reason) for change in empty.changes()] == [("demo", f"演示区域，种子 {demo.SEED}")]
    run = run_coverage.run(empty, run_coverage.RunRequest(indicators=("W1",)))
    assert run.table["synthetic"].all()
    assert empty.settings_get(build_demo.CONTRADICTIONS) == [{"id": "a", "what": "planted"}]
    assert build_demo.build(empty, build_demo.DemoRequest(tmp_path), By("li")).change_id == 2, (
        "a demonstration may follow another"
    )
    with pytest.raises(BadRequestError, match="hamlets"):
        build_demo.build(small, build_demo.DemoRequest(tmp_path), By("li"))
    assert build_demo.build(small, build_demo.DemoRequest(tmp_path, replace=True, language="en"), By("li")).change_id == 2
    assert small.change(2).reason == f"Demonstration area, seed {demo.SEED}"


def test_tables_hold_numbers_in_full_and_run_nothing(tmp_path):
    frame = pd.DataFrame({"name": ["=1+1", "+86", "-x", "@a", "\tb", "村"], "n": [1 / 3, -5.0, float("nan"), 1e16, 0.1, 2.0]})
    rows = list(csv.reader(io.StringIO(tables.csv_text(frame))))
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+86", "'-x", "'@a", "'\tb", "村"]
    assert float(rows[1][1]) == 1 / 3
    assert (rows[2][1], rows[3][1]) == ("-5.0", "")
    path = tables.write(frame, tmp_path / "t.xlsx", more={"about": tables.facts([("run", 1)])})
    book = load_workbook(path)
    assert book.sheetnames == ["table", "about"]
    assert [cell.data_type for cell in book["table"]["A"]][1:] == ["s"] * 6
    assert book["table"]["B3"].value == -5
    with pytest.raises(BadRequestError, match="csv, json, xlsx"):
        tables.write(frame, tmp_path / "t.docx")


def test_json_never_holds_what_is_no_number():
    assert json.loads(tables.json_text({"a": float("nan"), "b": [float("inf"), None, pd.NA]})) == {
        "a": None,
        "b": [None, None, None],
    }


def test_geojson_keeps_rows_without_a_place():
    frame = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[None, None], crs="EPSG:4490")
    found = json.loads(tables.geojson_text(frame))
    assert [feature["geometry"] for feature in found["features"]] == [None, None]
