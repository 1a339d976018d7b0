"""The gap list: failing units only, most persons first, with the projects meant for them."""

import pandas as pd
import pytest
from shapely import Point, box

from processing import matching, profiles
from processing.areas import Areas
from processing.coverage import evaluate
from processing.gaps import COLUMNS, list_gaps
from processing.indicators.example import DAY, frame, hamlets, roads, works


@pytest.fixture
def inputs():
    villages = frame("village_code", [box(103.9, 35.9, 104.1, 36.015), box(103.9, 36.015, 104.1, 36.1)], name=["南村", "北村"])
    projects = frame(
        "project_id", [None, None, Point(104, 36.05), None], name=["北村通村路", "北村改厕", "硬化路工程", None],
        village_codes=[["v2", "v2"], ["v2"], None, None], baiyin_item=[None, None, None, "C4-1"],
    )  # fmt: skip
    people = hamlets(population=[10, 20, 30, 40, None]).assign(
        village_code=["v1", "v1", "v2", "v2", "v2"], name=[None, "乙", "丙", "丁", "戊"]
    )
    return {
        "villages": villages,
        "hamlets": people,
        "projects": projects.drop(columns="village_code"),
        "roads": roads(tech_class=["四级"], name=["主路"]),
    }


def run(inputs, codes):
    return evaluate(inputs, indicators=codes, profile=profiles.load(), on=DAY).units


def test_failing_units_with_what_they_lack(inputs):
    found = list_gaps(run(inputs, ["RD1", "RA", "W1"]), inputs)
    assert list(found.columns) == [*COLUMNS, "geometry"]
    assert set(found["indicator"]) == {"RD1", "RA"}
    rows = found[found["indicator"] == "RD1"].set_index("unit_id")
    assert list(rows.index) == ["h4", "h3", "h5"]
    row = rows.loc["h3"]
    assert (row["area_code"], row["area_name"], row["unit_name"], row["missing"]) == ("v2", "北村", "丙", "no_road_within")
    assert row["shortfall"] == pytest.approx(row["distance_m"] - 2000)
    assert (row["shortfall_unit"], row["nearest_id"], row["persons"]) == ("m", "s1", 30)
    assert row["projects"] == "p1 北村通村路; p3 硬化路工程"
    assert row["geometry"].equals(Point(104, 36.02))
    assert found.crs.to_epsg() == 4490


def test_an_unknown_unit_is_no_gap(inputs):
    units = run(inputs, ["W1"])
    assert set(units["W1"]["missing"]) == {"unknown"}
    empty = list_gaps(units, inputs)
    assert list(empty.columns) == [*COLUMNS, "geometry"]
    assert empty.empty


def test_without_projects_there_are_none_to_name(inputs):
    del inputs["projects"]
    assert list_gaps(run(inputs, ["RD1"]), inputs)["projects"].isna().all()


def test_an_indicator_no_project_helps_names_none(inputs):
    inputs["assets"] = frame("asset_id", [None], asset_class=["PUB"], confirmed=[False]).assign(village_code="v2")
    found = list_gaps(run(inputs, ["AS1"]), inputs, areas=Areas.from_layers(inputs), profile=profiles.load())
    assert found["missing"].tolist() == ["not_confirmed"]
    assert found["projects"].isna().all()
    assert found.geometry.isna().all()


def test_near_is_a_threshold(inputs):
    far = profiles.load().override({"gap.near_m": 20000})
    found = list_gaps(run(inputs, ["RA"]), inputs, profile=far).set_index("unit_id")
    assert found.loc["h1", "projects"] == "p3 硬化路工程"
    near = list_gaps(run(inputs, ["RA"]), inputs).set_index("unit_id")
    assert pd.isna(near.loc["h1", "projects"])


def test_a_project_is_of_a_kind_by_item_or_by_word():
    table = pd.DataFrame(
        {"name": ["某村供水", "某村小学", None], "task": [None, "铺设污水管网", None], "baiyin_item": ["C5-3", None, "C1-4"]}
    )
    assert matching.is_of_kind(table, "water").tolist() == [True, False, True]
    assert matching.is_of_kind(table, "sewage").tolist() == [False, True, False]
    assert matching.is_of_kind(table, "waste").tolist() == [True, False, False]
    assert matching.is_of_kind(pd.DataFrame({"name": ["公路"]}), "road").tolist() == [True]


def test_drawn_projects_need_drawn_villages(inputs):
    projects, villages = inputs["projects"], inputs["villages"]
    assert len(matching.villages_of(projects, None, near_m=500)) == 3
    assert len(matching.villages_of(projects, villages.assign(geometry=None), near_m=500)) == 3
    assert len(matching.villages_of(projects, villages, near_m=500)) == 4
    assert matching.villages_of(pd.DataFrame(projects.drop(columns=["geometry", "village_codes"])), villages, near_m=500).empty


def test_kinds_name_indicators_once():
    codes = [code for kind in matching.kinds().values() for code in kind.indicators]
    assert len(codes) == len(set(codes))
    assert matching.kind_of_indicator("GP1") is None


def test_a_township_names_the_projects_that_state_it_and_those_of_its_villages(inputs):
    townships = frame("township_code", [None] * 3, name=["甲镇", "乙镇", "丙镇"], sewage_facility=[False] * 3)
    inputs["townships"] = townships.drop(columns="village_code")
    inputs["villages"]["township_code"] = ["t1", "t2"]
    inputs["projects"] = frame(
        "project_id", [None] * 3, name=["乙镇污水处理站", "北村污水治理", "北村改厕"], township_code=["t2", None, "t2"],
        village_codes=[None, ["v2"], ["v2"]],
    ).drop(columns="village_code")  # fmt: skip
    found = list_gaps(run(inputs, ["SN3"]), inputs).set_index("unit_id")
    assert found.loc["t2", "projects"] == "p1 乙镇污水处理站; p2 北村污水治理"
    assert found.loc[["t1", "t3"], "projects"].isna().all()


def test_gaps_of_water_and_sewage_name_the_nearest_facility(inputs):
    inputs["water_works"] = works(name=["停用水厂", "南村水厂"], actual_m3d=[0, 50])
    inputs["hamlets"]["supply_mode"] = "dispersed"
    inputs["villages"]["sewage_treated"] = [True, False]
    inputs["townships"] = frame("township_code", [None], sewage_facility=[False], seat_lon=[104.0], seat_lat=[36.0])
    spots = [Point(104, 36.0575), Point(104, 36.058), Point(104, 36.3)]
    inputs["sanitation"] = frame(
        "facility_id",
        spots,
        facility_type=["公厕", "污水处理站", "污水处理站"],
        status=["正常", "停用", "正常"],
        name=["甲", "乙", "丙"],
    )
    found = list_gaps(run(inputs, ["W1", "SN2", "SN3"]), inputs)
    assert found.groupby("indicator")["nearest_name"].unique().map(list).to_dict() == {
        "W1": ["南村水厂"],
        "SN2": ["丙"],
        "SN3": ["丙"],
    }
    distance = found.set_index(["indicator", "unit_id"])["distance_m"]
    assert distance["W1", "h2"] == pytest.approx(111, abs=1)
    assert distance["SN3"].iloc[0] == pytest.approx(33_288, abs=30)
