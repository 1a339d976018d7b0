"""The county's workbook: what it would do, cell by cell, one change or none, and the way back."""

import datetime as dt
import io

import geopandas as gpd
import openpyxl
import pytest
from shapely import LineString, Point

from geo_app.access import local_person
from geo_app.actions import uploads
from geo_app.actions.library import sheet_export, sheet_form, sheet_import, sheet_rows
from geo_app.config import Settings
from geo_app.errors import BadRequestError
from layers.catalogue import LAYERS
from layers.files import FaultsError, Limits, RecipeError
from layers.frames import conform
from layers.store import Change, Insert, open_store

TODAY = dt.date(2026, 11, 22)
PERSON = local_person(Settings())
WHOLE = {
    "project_id": "P-1",
    "name": "通组路硬化",
    "category": "P3",
    "build_nature": "新建",
    "location_text": "东村",
    "village_codes": ["990101001201", "990101001202"],
    "start_date": dt.date(2027, 3, 1),
    "end_date": dt.date(2027, 9, 30),
    "responsible_unit": "交通局",
    "task": "=硬化3.2公里",
    "quantity": 3.2,
    "quantity_unit": "km",
    "budget_total": 120.35,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 100.0}, {"code": "S08", "amount_wan_yuan": 20.35}],
    "beneficiary_text": "两村村民",
    "benefit_households": 80,
    "benefit_persons": 310,
    "performance_target": "雨天能走",
    "participation": "投工投劳",
    "interest_linkage": "就近务工",
    "scope": "到村到户",
    "status": "in_library",
    "work_relief": True,
    "data_quality": "synthetic",
    "geometry": LineString([(104.1, 36.1), (104.123456789012, 36.12)]),
}
LITTLE = {"project_id": "P-2", "name": "文化室", "status": "draft", "budget_total": None, "geometry": Point(104.2, 36.2)}


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store.gpkg", create=True) as found:
        yield found


def hold(store, *rows):
    frame = gpd.GeoDataFrame([dict(row) for row in rows], crs=4490)
    store.apply(Change("li", "b", "r", (Insert("projects", conform(frame, LAYERS["projects"])),), kind="demo"))


def workbook(path, rows, *, above=(), sheet="项目库"):
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in [*above, *rows]:
        page.append(row)
    book.save(path)
    return path


def run(store, path, tmp_path, recipe=""):
    upload = uploads.stage_file(path, folder=tmp_path / "uploads", max_bytes=10_000_000)
    feed = sheet_rows.feed_of(recipe, path.name)
    return sheet_import.dry_run(store, PERSON, upload, feed, limits=Limits(), today=TODAY)


def exported(store, tmp_path):
    data, count = sheet_export.workbook(store, PERSON, area=None, today=TODAY)
    path = tmp_path / "out.xlsx"
    path.write_bytes(data)
    return path, count


def test_what_is_written_reads_back_as_it_was(store, tmp_path):
    hold(store, WHOLE, LITTLE)
    path, count = exported(store, tmp_path)
    assert count == 2
    found = run(store, path, tmp_path)
    assert found.errors == ()
    assert [item.what for item in found.rows] == ["same", "same"]
    with open_store(tmp_path / "other.gpkg", create=True) as other:
        taken = run(other, path, tmp_path)
        assert taken.errors == ()
        sheet_import.accept(other, PERSON, taken)
        before, after = store.read("projects"), other.read("projects")
        names = [item.name for item in sheet_form.FIELDS]
        pairs = [(name, *pair) for name in names for pair in zip(before[name].tolist(), after[name].tolist(), strict=True)]
        assert [item for item in pairs if repr(item[1]) != repr(item[2])] == []
        assert after.geometry.geom_equals_exact(before.geometry, 0).all()


def test_texts_of_the_workbook_are_never_formulas_and_simulated_rows_say_so(store, tmp_path):
    hold(store, WHOLE)
    path, _ = exported(store, tmp_path)
    book = openpyxl.load_workbook(path)
    cells = {cell.value: cell for row in book["项目库"].iter_rows() for cell in row}
    assert cells["=硬化3.2公里"].data_type == "s"
    assert "模拟" in book["填写说明"]["A1"].value
    codes = [tuple(cell.value for cell in row[:3]) for row in book["代码表"].iter_rows()]
    assert ("项目类别", "P3", "乡村建设") in codes


def test_a_dry_run_names_what_is_new_changed_and_the_same(store, tmp_path):
    hold(store, {**LITTLE, "project_id": "P-2"}, {**LITTLE, "project_id": "P-3"})
    head = ["项目编号", "项目名称", "资金规模（元）", "筹资方式", "状态"]
    rows = [
        head,
        ["P-2", "文化室", None, None, None],
        ["P-3", "新名", 250000, "衔接资金 25万元", None],
        ["P-4", "桥", "1,000", "S08 0.1", "入库"],
    ]
    found = run(store, workbook(tmp_path / "a.xlsx", rows), tmp_path)
    assert found.errors == ()
    assert [(item.project_id, item.what) for item in found.rows] == [("P-2", "same"), ("P-3", "changed"), ("P-4", "new")]
    assert found.rows[1].cells == (
        ("budget_total", None, 25.0),
        ("funding_sources", None, [{"code": "S11", "amount_wan_yuan": 25.0}]),
        ("name", "文化室", "新名"),
    )
    assert store.count("projects") == 2
    receipt = sheet_import.accept(store, PERSON, found)
    assert (receipt.inserted, receipt.updated) == (2, 1)
    change = store.changes(limit=1)[0]
    assert (change.kind, change.file_name) == ("library", "a.xlsx")
    events = store.read("project_events").to_dict("records")
    assert [(item["project_id"], item["event_type"], item["stage_after"]) for item in events] == [
        ("P-4", "登记接收", "in_library")
    ]
    held = {row["project_id"]: row for row in store.read("projects").to_dict("records")}
    assert held["P-4"]["budget_total"] == 0.1


def test_faults_stand_at_their_cells_and_nothing_is_saved(store, tmp_path):
    rows = [
        ["项目编号", "项目名称", "项目类别", "开工日期", "资金规模", "筹资方式"],
        ["P-1", "桥", "不知道", "2026-13-01", "十万", "衔接资金 1"],
        [None, None, None, None, None, None],
        ["P-2", None, "P3", "2026/3/1", 10, "衔接资金 4；社会捐赠 5"],
        ["P-2", "再", "P3", None, 10, "天上 10"],
    ]
    found = run(store, workbook(tmp_path / "b.xlsx", rows, above=[["某县项目库"], [None]]), tmp_path, FEED.format(row=3))
    cells = {item.cell for item in found.errors}
    assert {"C4", "D4", "E4", "B6", "F6", "F7"} <= cells
    by_cell = {item.cell: item for item in found.errors}
    assert by_cell["C4"].value == "不知道"
    assert "项目类别" in by_cell["C4"].expected_zh
    assert by_cell["F6"].rule == "E6_funds_add_up"
    assert any(item.rule == "duplicate_key" for item in found.errors)
    with pytest.raises(FaultsError, match="Nothing was saved"):
        sheet_import.accept(store, PERSON, found)
    assert store.count("projects") == 0


FEED = (
    '[recipe]\nname = "x"\n[[feed]]\nlayer = "projects"\nfile = "b.xlsx"\nheader_row = {row}\ncolumns.project_id = "项目编号"\n'
)


def test_a_recipe_maps_columns_codes_units_and_columns_of_money(store, tmp_path):
    rows = [
        ["编码", "工程", "类别", "总投资", "中央衔接", "社会帮扶"],
        ["P-9", "蓄水池", "水利", 0.012, 0.01, 0.002],
    ]
    recipe = (
        FEED.format(row=2).replace('columns.project_id = "项目编号"\n', "")
        + 'columns = {project_id = "编码", name = "工程", category = "类别", budget_total = "总投资"}\n'
        + 'units = {budget_total = "亿元", funding_sources = "亿元"}\n'
        + 'sources = {S11 = "中央衔接", S08 = "社会帮扶"}\n'
        + 'translate.category = {"水利" = "P3"}\n'
    )
    found = run(store, workbook(tmp_path / "c.xlsx", rows, above=[["标题"]]), tmp_path, recipe)
    assert found.errors == ()
    sheet_import.accept(store, PERSON, found)
    row = store.read("projects").to_dict("records")[0]
    assert (row["budget_total"], row["category"], row["status"]) == (120.0, "P3", "draft")
    assert row["funding_sources"] == [{"code": "S11", "amount_wan_yuan": 100.0}, {"code": "S08", "amount_wan_yuan": 20.0}]
    assert store.count("project_events") == 0


def test_the_status_of_a_held_project_is_not_changed_by_a_workbook(store, tmp_path):
    hold(store, WHOLE)
    rows = [["项目编号", "项目名称", "状态"], ["P-1", "通组路硬化", "已完工"]]
    found = run(store, workbook(tmp_path / "d.xlsx", rows), tmp_path)
    assert [(item.cell, item.rule, item.value) for item in found.errors] == [("C2", "locked", "in_library → completed")]
    assert "申请调整" in found.errors[0].advice_zh


def test_a_workbook_without_numbers_and_a_recipe_without_feed_are_refused(store, tmp_path):
    with pytest.raises(sheet_rows.NoKeyColumnError, match="no column with project numbers"):
        run(store, workbook(tmp_path / "e.xlsx", [["甲", "乙"], [1, 2]]), tmp_path)
    with pytest.raises(BadRequestError, match="no \\[\\[feed\\]\\]"):
        sheet_rows.feed_of('[recipe]\nname = "x"\n[[feed]]\nlayer = "roads"\nfile = "a"\ncolumns = {name = "a"}\n', "a.xlsx")
    with pytest.raises(RecipeError, match="has no column 没有"):
        run(
            store,
            workbook(tmp_path / "f.xlsx", [["项目编号"], ["P"]]),
            tmp_path,
            FEED.format(row=1) + 'columns.name = "没有"\n',
        )


@pytest.mark.parametrize("recipe", ['units = {budget_total = "美元"}\n', "header_row = 0\n"])
def test_a_recipe_with_an_unknown_unit_or_row_is_refused(store, tmp_path, recipe):
    text = '[recipe]\nname = "x"\n[[feed]]\nlayer = "projects"\nfile = "b.xlsx"\ncolumns.project_id = "项目编号"\n' + recipe
    with pytest.raises(RecipeError, match=r"units|header_row"):
        run(store, workbook(tmp_path / "g.xlsx", [["项目编号", "资金规模"], ["P", 1]]), tmp_path, text)


def test_a_workbook_changed_meanwhile_has_another_digest(store, tmp_path):
    hold(store, LITTLE)
    path = workbook(tmp_path / "h.xlsx", [["项目编号", "项目名称"], ["P-2", "另名"]])
    first = run(store, path, tmp_path)
    sheet_import.accept(store, PERSON, first)
    assert run(store, path, tmp_path).digest != first.digest
    assert sheet_import.accept(store, PERSON, run(store, path, tmp_path)).change_id == 0


def test_a_book_is_one_file_of_three_sheets(store):
    data, count = sheet_export.workbook(store, PERSON, area=None, today=TODAY)
    assert count == 0
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["项目库", "代码表", "填写说明"]


def test_every_code_comes_back_from_its_cell():
    layer = LAYERS["projects"]
    for name in ("category", "baiyin_category", "baiyin_item", "status", "build_nature", "sector"):
        field = layer[name]
        for item in field.codes:
            assert sheet_form.parsed(field, sheet_form.cell(field, item.code)) == item.code, (name, item.code)
