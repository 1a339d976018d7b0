"""One file into one layer: questions, report, repairs, all or nothing, one change with its hash."""

import hashlib
import io

import pytest

from geo_app.actions import import_layer, uploads
from geo_app.actions.import_layer import Choices
from geo_app.actions.merging import Mode
from geo_app.actions.signing import By
from layers.errors import LockedRowError
from layers.files import Answers, FaultsError, QuestionError, Recipe
from layers.schema import UnknownNameError

HEAD = "编号,名称,人口,户数,供水方式,经度,纬度"
CGCS = Answers(crs="EPSG:4490")
BY = By("wang", "水务局", "survey 2026")


@pytest.fixture
def put(tmp_path):
    def stage(text, name="hamlets.csv"):
        return uploads.stage(io.BytesIO(text.encode()), original_name=name, folder=tmp_path / "up", max_bytes=10**6)

    return stage


def rows(*lines):
    return "\n".join((HEAD, *lines)) + "\n"


def test_an_undeclared_crs_is_a_question_with_choices_inside_the_area(small, put):
    upload = put(rows("H1,新组,90,20,none,105.05,36.05"))
    with pytest.raises(QuestionError) as caught:
        import_layer.check(small, upload, Choices(layer="hamlets"))
    question = caught.value.questions[0]
    assert question.kind == "crs"
    assert "EPSG:4490" in [choice.value for choice in question.choices]
    assert small.versions()["hamlets"] == 1


def test_columns_are_matched_by_chinese_titles_and_taken_as_one_change(small, put):
    text = rows("H1,新组,90,20,none,105.05,36.05", "H2,旧组,60,15,central1k,105.06,36.06")
    upload = put(text)
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS))
    assert checked.feed.columns["hamlet_id"] == "编号"
    done = import_layer.accept(small, checked, BY)
    assert (done.rows, len(done.skipped)) == (2, 0)
    change = small.changes()[0]
    assert (change.who, change.bureau, change.reason, change.file_name) == ("wang", "水务局", "survey 2026", "hamlets.csv")
    assert change.file_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert small.count("hamlets") == 32
    small.undo(change.change_id, who="wang", bureau="", reason="no")
    assert small.count("hamlets") == 30


def test_the_recipe_of_an_import_repeats_it(small, put):
    upload = put(rows("H1,新组,90,20,none,105.05,36.05"))
    checked = import_layer.check(
        small, upload, Choices(layer="hamlets", answers=CGCS, constants={"data_quality": "surveyed"}, repairs=("strip_spaces",))
    )
    recipe = Recipe.load(import_layer.accept(small, checked, BY).recipe)
    feed = recipe.feeds[0]
    assert (feed.layer, feed.file, feed.crs, feed.repairs) == ("hamlets", "hamlets.csv", "EPSG:4490", ("strip_spaces",))
    assert feed.columns["population"] == "人口"
    assert feed.constants == {"data_quality": "surveyed"}


def test_one_bad_row_stops_the_import_and_leaves_nothing(small, put):
    upload = put(rows("H1,新组,90,20,none,105.05,36.05", "H2,旧组,很多,15,none,105.06,36.06"))
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS))
    assert checked.errors == 1
    fault = checked.report.errors.iloc[0]
    assert (int(fault["row"]), fault["field"], fault["value"]) == (2, "population", "很多")
    with pytest.raises(FaultsError):
        import_layer.accept(small, checked, BY)
    assert small.count("hamlets") == 30
    assert len(small.changes()) == 1


def test_bad_rows_may_be_skipped_and_each_is_listed(small, put):
    upload = put(rows("H1,新组,90,20,none,105.05,36.05", "H2,旧组,很多,15,none,105.06,36.06"))
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS, skip_bad_rows=True))
    done = import_layer.accept(small, checked, BY)
    assert done.rows == 1
    assert done.skipped["row"].tolist() == [2]


def test_a_named_repair_says_what_it_changed(small, put):
    upload = put(rows('H1,新组,"1,200人",20,none,105.05,36.05'))
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS, repairs=("parse_numbers",)))
    assert checked.errors == 0
    log = checked.repaired[checked.repaired["field"] == "population"].iloc[0]
    assert (log["before"], float(log["after"])) == ("1,200人", 1200)


def test_a_known_key_is_a_fault_when_adding_and_a_change_when_updating(small, put):
    line = "990101001200-1,甲南村1组,101,25,central1k,105.05,36.04"
    checked = import_layer.check(small, put(rows(line)), Choices(layer="hamlets", answers=CGCS))
    assert checked.report.errors["rule"].tolist() == ["key_exists"]
    checked = import_layer.check(small, put(rows(line)), Choices(layer="hamlets", answers=CGCS, mode=Mode.UPDATE))
    receipt = import_layer.accept(small, checked, BY).receipt
    assert (receipt.inserted, receipt.updated) == (0, 1)
    row = small.read("hamlets").set_index("hamlet_id").loc["990101001200-1"]
    assert row["population"] == 101
    assert row["village_code"] == "990101001200", "a column that the file does not have stays as it was"
    assert row["tap_in_house_hh"] == 20


def test_the_same_rows_again_make_no_change(small, put):
    text = rows("990101001200-1,甲南村1组,101,25,central1k,105.05,36.04")
    for expected in (2, 0):
        checked = import_layer.check(small, put(text), Choices(layer="hamlets", answers=CGCS, mode=Mode.UPDATE))
        assert import_layer.accept(small, checked, BY).receipt.change_id == expected
    assert len(small.changes()) == 2


def test_replacing_puts_the_file_in_place_of_the_layer(small, put):
    upload = put(rows("H1,新组,90,20,none,105.05,36.05"))
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS, mode=Mode.REPLACE))
    import_layer.accept(small, checked, BY)
    assert small.read("hamlets")["hamlet_id"].tolist() == ["H1"]


def test_a_row_outside_the_area_is_told(small, put):
    upload = put(rows("H1,新组,90,20,none,115.05,26.05"))
    checked = import_layer.check(small, upload, Choices(layer="hamlets", answers=CGCS))
    assert any("outside" in rule for rule in checked.report.faults["rule"])


@pytest.mark.parametrize("scheme", ["cn-12", "pmgsy"])
def test_a_code_that_disagrees_with_its_county_is_told_by_the_store_s_own_scheme(small, put, scheme):
    small.settings_set("scheme", {"name": scheme, "levels": []})
    upload = put("facility_id,village_code,township_code,lon,lat\nF1,990101001200,990102001,105.05,36.05\n", "f.csv")
    found = import_layer.check(small, upload, Choices(layer="facilities", answers=CGCS)).report.faults
    assert ("E18_code_prefix" in set(found["rule"])) == (scheme == "cn-12")


def test_an_unknown_layer_is_refused(small, put):
    with pytest.raises(UnknownNameError, match="moons"):
        import_layer.check(small, put(rows()), Choices(layer="moons"))


def test_what_is_named_goes_before_what_matches():
    assert import_layer.suggest("roads", ["surface_type", "路线编号", "Width"])["route_no"] == "路线编号"
    found = import_layer._columns(
        Choices(layer="roads", columns={"name": "surface_type"}, match_names=True), ["surface_type", "lanes"]
    )
    assert found == {"name": "surface_type", "lanes": "lanes"}


def test_assets_are_taken_over_and_the_registered_ones_are_not_written_over(small, put):
    head = "asset_id,name,asset_class,owner,original_value,registered_on,county_code,longitude,latitude"

    def taken(*lines):
        choices = Choices(layer="assets", answers=CGCS, mode=Mode.UPDATE)
        checked = import_layer.check(small, put("\n".join((head, *lines)) + "\n", "assets.csv"), choices)
        assert checked.errors == 0, checked.report.errors
        return import_layer.accept(small, checked, BY).receipt

    first = taken(
        "Z1,车间,PUB,甲村,80,2021-11-30,990101,105.05,36.05",
        "Z2,水厂,PUB,甲村,20,,990101,105.06,36.05",
    )
    assert first.inserted == 2
    before = small.full_checksum()
    for line in ("Z1,车间,PUB,乙村,80,2021-11-30", "Z1,车间,PUB,甲村,8,2021-11-30", "Z1,车间,PUB,甲村,80,2022-11-30"):
        with pytest.raises(LockedRowError, match="assets Z1 may not be changed this way"):
            taken(f"{line},990101,105.05,36.05", "Z3,路,PUB,甲村,5,,990101,105.07,36.05")
    assert small.full_checksum() == before
    assert (
        taken("Z1,扶贫车间,PUB,甲村,80,2021-11-30,990101,105.05,36.05", "Z2,水厂,PUB,乙村,20,,990101,105.06,36.05").updated == 2
    )
    for change in small.changes(limit=2):
        small.undo(change.change_id, who="wang", bureau="", reason="no")
    assert small.count("assets") == 0
