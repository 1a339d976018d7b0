"""Length of roads by state: cut at the borders of areas, nothing lost, nothing counted twice."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from processing import crs
from processing.areas import Areas
from processing.indicators.definition import Context
from processing.indicators.example import DAY, context, frame, roads
from processing.indicators.road_quality import graded_length, paved_length
from processing.profiles import load
from processing.rollup import roll_up


def two_villages():
    villages = frame("village_code", [box(104.0, 36.0, 104.1, 36.1), box(104.1, 36.0, 104.2, 36.1)], township_code=["t1", "t1"])
    return {"villages": villages, "townships": frame("township_code", [box(103.9, 35.9, 104.3, 36.1)], county_code=["C"])}


def segment(start, end, **columns):
    lines = frame("segment_id", [LineString([start, end])], **columns)
    return lines.drop(columns="village_code")


def here(inputs):
    return Context(Areas.from_layers(inputs), load(), DAY)


def test_a_road_is_cut_where_it_crosses_a_border():
    inputs = two_villages() | {"roads": segment((104.05, 36.05), (104.15, 36.05), admin_class=["村道"], tech_class=["四级"])}
    found = graded_length(inputs, here(inputs))
    assert found["unit_id"].tolist() == ["s1@v1", "s1@v2"]
    assert found["area_code"].tolist() == ["v1", "v2"]
    assert found["denominator"].iloc[0] == pytest.approx(found["denominator"].iloc[1], rel=1e-6)
    assert found["denominator"].sum() == pytest.approx(crs.length_m(inputs["roads"]).sum(), rel=1e-6)


def test_what_lies_outside_villages_goes_to_the_township_and_then_nowhere():
    inputs = two_villages() | {"roads": segment((104.15, 36.05), (104.45, 36.05), admin_class=["村道"], tech_class=["等外"])}
    found = graded_length(inputs, here(inputs))
    assert found["area_code"].tolist() == ["v2", "t1", None]
    assert found["denominator"].tolist() == pytest.approx([4505, 9010, 13516], rel=1e-2)
    assert found["denominator"].sum() == pytest.approx(crs.length_m(inputs["roads"]).sum(), rel=1e-6)
    table = roll_up(found, here(inputs).areas, finest_rank=5).set_index("area_code")
    assert table.loc["all", "denominator"] == pytest.approx(27032, rel=1e-2)
    assert table.loc["t1", "denominator"] == pytest.approx(13516, rel=1e-2)


def test_without_polygons_a_road_counts_where_it_says_it_lies():
    lanes = roads(admin_class=["县道"], tech_class=["三级"])
    inputs = {"roads": lanes, "villages": pd.DataFrame({"village_code": ["V"], "township_code": ["T"]})}
    found = graded_length(inputs, here(inputs))
    assert found[["unit_id", "area_code"]].to_numpy().tolist() == [["s1", "V"]]


def test_only_rural_roads_count_and_unknown_ones_are_counted_apart():
    lanes = roads(admin_class=["国道", "县道", "乡道", "村道", None], tech_class=["二级", "四级", None, "等外", "四级"])
    found = graded_length({"roads": lanes}, context())
    assert found["missing"].tolist() == [None, "unknown", "below_class", None]
    assert found["denominator"].isna().tolist() == [False, False, False, True]
    assert found["shortfall"].iloc[2] == pytest.approx(1804, abs=2)


def test_paved_is_asphalt_or_cement():
    lanes = roads(admin_class=["村道"] * 4, surface_type=["水泥", "沥青", "砂石", None])
    assert paved_length({"roads": lanes}, context())["missing"].tolist() == [None, None, "unpaved", "unknown"]


def test_no_roads_no_units():
    assert paved_length({}, context()).empty


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.floats(103.95, 104.3), st.floats(35.9, 36.2)), min_size=2, max_size=5, unique=True))
def test_pieces_add_up_to_the_road(points):
    lines = gpd.GeoDataFrame(
        {"segment_id": ["s1"], "admin_class": ["村道"], "tech_class": ["四级"]}, geometry=[LineString(points)], crs=4490
    )
    inputs = two_villages() | {"roads": lines}
    whole = crs.length_m(lines).iloc[0]
    assert graded_length(inputs, here(inputs))["denominator"].sum() == pytest.approx(whole, rel=1e-6, abs=0.05)
