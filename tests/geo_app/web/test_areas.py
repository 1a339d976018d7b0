"""The page of an area and its file."""

import io

import openpyxl
import pytest


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_shows_all_figures(web, language):
    text = web.page(f"/areas/990101?lang={language}")
    assert "东县" in text
    assert "62.7 %" in text
    assert "58.8–65.0" in text
    assert "/indicators/W1" in text
    assert ("短板清单" in text) == (language == "zh")


def test_top_area_is_the_first_page(web):
    assert web.get("/areas").headers["Location"] == "/areas/9901"


def test_area_without_a_run_names_the_next_step(bare, empty_app, small_files):
    from geo_app.actions import load_recipe
    from geo_app.actions.signing import By

    load_recipe.load(empty_app.extensions["xiangtu"].store, small_files / "recipe.toml", small_files, By("li"))
    text = bare.page("/areas/990101")
    assert "计算覆盖情况" in text
    answer = bare.post("/areas/990101/download", data={"format": "xlsx"})
    assert answer.status_code == 409


def test_unknown_area_and_run_are_404(web):
    assert "这里没有" not in web.page("/areas/123", 404)
    web.page("/areas/990101?run=77", 404)
    web.page("/areas/123/map", 404)


def test_several_runs_draw_a_course(web, app):
    from layers.store import Change, Update

    store = app.extensions["xiangtu"].store
    row = store.read("hamlets", limit=1).iloc[0]
    store.apply(Change("li", "", "fix", (Update("hamlets", row["id"], int(row["ver"]), {"population": 200}),)))
    web.job("/runs", {})
    assert "<polyline" in web.page("/areas/990101")


def test_workbook_has_figures_gaps_and_parts(web):
    answer = web.post("/areas/990101/download", data={"format": "xlsx"})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "filename*=UTF-8''%E4%B8%9C%E5%8E%BF-990101.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rows = {row[0]: row for row in book["数字"].iter_rows(values_only=True)}
    assert rows["RD1"][4] == pytest.approx(37.5)
    assert len(list(book["地区"].iter_rows())) == 3
    assert len(list(book["短板"].iter_rows())) > 5


def test_table_is_csv_that_opens_in_office_programs(web):
    answer = web.post("/areas/990101/download", data={"format": "csv"})
    assert answer.data.startswith(b"\xef\xbb\xbfindicator,")
    assert web.post("/areas/990101/download", data={"format": "exe"}).status_code == 400


def test_small_map_draws_the_area_in_its_surroundings(web):
    answer = web.get("/areas/990101/map")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
