import datetime as dt
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from map_templates.spec import Detail, MapLayer
from map_templates.web import payload
from map_templates.web.geojson import screen_geometry
from map_templates.web.payload import as_script_text, layer_payload, plain

BOUNDS = (104.0, 35.0, 106.0, 36.0)


def test_counts_sum_to_the_areas(spec):
    shown = payload(spec)["choropleth"]
    assert sum(shown["counts"]) + shown["no_data"] == len(spec.choropleth.frame) == len(shown["features"]["features"])
    classes = [feature["properties"]["k"] for feature in shown["features"]["features"]]
    assert [classes.count(i) for i in range(len(shown["colours"]))] == shown["counts"]
    assert classes.count(-1) == shown["no_data"]


def test_unknown_is_null_and_never_zero(spec):
    for feature in payload(spec)["choropleth"]["features"]["features"]:
        row = feature["properties"]
        assert (row["v"] is None) == (row["k"] == -1)


def test_layers_come_from_the_lowest_to_the_highest(spec):
    orders = [layer["order"] for layer in payload(spec)["layers"]]
    assert orders == sorted(orders)
    assert payload(spec)["layers"][0]["name"] == "neighbours"


def test_features_left_out_are_said(county):
    layer = MapLayer("roads", "道路", county["roads"])
    shown = layer_payload(layer, BOUNDS, "zh", 10)
    assert (len(shown["features"]["features"]), shown["total"]) == (10, len(county["roads"]))
    assert shown["note"] == f"仅显示前 10 个，共 {len(county['roads'])} 个"
    assert layer_payload(layer, BOUNDS, "zh")["note"] == ""


def test_details_are_plain_values():
    frame = gpd.GeoDataFrame(
        {
            "day": [dt.date(2026, 11, 1), None],
            "flag": pd.array([True, pd.NA], dtype="boolean"),
            "count": pd.array([3, pd.NA], dtype="Int64"),
            "many": [["a", "b"], None],
            "number": [1.5, np.nan],
        },
        geometry=[shapely.Point(105, 35)] * 2,
        crs=4490,
    )
    layer = MapLayer("projects", "项目", frame, details=tuple(Detail(name, name) for name in frame.columns if name != "geometry"))
    rows = [feature["properties"]["d"] for feature in layer_payload(layer, BOUNDS, "zh")["features"]["features"]]
    assert rows == [["2026-11-01", True, 3, "a、b", 1.5], [None] * 5]


def test_rows_without_geometry_are_left_out():
    frame = gpd.GeoDataFrame({"status": ["draft", "draft"]}, geometry=[shapely.Point(105, 35), None], crs=4490)
    assert layer_payload(MapLayer("projects", "项目", frame), BOUNDS, "zh")["total"] == 1


@pytest.mark.parametrize("value", [float("inf"), np.nan, pd.NA, pd.NaT, None, np.float64("nan")])
def test_what_is_not_known_is_null(value):
    assert plain(value) is None


@given(
    st.recursive(
        st.text() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_values_come_back_and_cannot_leave_the_script(values):
    text = as_script_text(values)
    assert json.loads(text) == values
    assert not set("<>&\u2028\u2029") & set(text)


def test_neighbours_keep_their_shared_edge_when_simplified(county):
    areas = county["villages"].geometry
    shown = screen_geometry(areas, 10.0, coverage=True)
    assert shapely.coverage_is_valid(shown)
    assert shapely.get_num_coordinates(shown).sum() <= shapely.get_num_coordinates(areas.to_numpy()).sum()


def test_coordinates_are_rounded_and_two_dimensional():
    points = gpd.GeoSeries([shapely.Point(105.123456789, 35.987654321, 12), None, shapely.Point()], crs=4490)
    shown = screen_geometry(points, 0.01)
    assert shapely.get_coordinates(shown[0], include_z=True)[0].tolist()[:2] == [105.123457, 35.987654]
    assert not shapely.has_z(shown[0])
    assert shown[1] is None
    assert shown[2] is None


def test_credits_say_simulated_and_ask_for_review(spec):
    lines = payload(spec)["credits"]
    assert lines[0].startswith("本图含程序生成的模拟数据")
    assert lines[-1] == "审图号：内部用图，公开使用前须送审"
    english = payload(replace(spec, language="en"))["credits"]
    assert english[-1].startswith("Review No.: internal use")


@pytest.mark.parametrize(("span", "places"), [(0.01, 6), (1.0, 5), (3.0, 5), (20.0, 4)])
def test_a_wider_view_carries_fewer_places_but_errs_less_than_it_simplifies(span, places):
    shown = screen_geometry(gpd.GeoSeries([shapely.Point(105.123456789, 35.987654321)], crs=4490), span)
    x, y = shapely.get_coordinates(shown[0])[0].tolist()
    assert (x, y) == (round(105.123456789, places), round(35.987654321, places))
    assert 0.5 * 10.0**-places < span / 8000


def test_the_page_says_how_the_figures_were_made(spec):
    assert spec.credits.method in payload(spec)["credits"]
