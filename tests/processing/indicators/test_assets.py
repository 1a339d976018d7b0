"""Confirmed rights by count and by value."""

import numpy as np
import pandas as pd
from shapely import Point, box

from processing.areas import Areas
from processing.indicators.assets import confirmed_count, confirmed_value
from processing.indicators.definition import Context
from processing.indicators.example import DAY, context, frame
from processing.profiles import load

ASSETS = {
    "asset_class": ["OPR", "PUB", "PUB", "HHD", None],
    "confirmed": pd.array([True, False, None, True, True], dtype="boolean"),
    "original_value": [10.0, 20.0, 30.0, 40.0, 50.0],
}


def test_by_count():
    found = confirmed_count({"assets": frame("asset_id", [None] * 5, **ASSETS)}, context())
    assert found["unit_id"].tolist() == ["a1", "a2", "a3", "a5"]
    assert found["missing"].tolist() == [None, "not_confirmed", "unknown", None]
    assert found["denominator"].tolist()[:3] == [1, 1, 1]
    assert np.isnan(found["denominator"].iloc[3])
    assert found["shortfall"].tolist()[1] == 20


def test_by_value():
    found = confirmed_value({"assets": frame("asset_id", [None] * 5, **ASSETS)}, context())
    assert found["numerator"].tolist()[:2] == [10, 0]
    assert found["denominator"].tolist()[:3] == [10, 20, 30]


def test_no_layer_no_units():
    assert confirmed_count({}, context()).empty


def test_assets_without_a_code_are_placed_by_where_they_are_drawn():
    villages = frame("village_code", [box(104, 36, 105, 37)], township_code=["t1"])
    townships = frame("township_code", [box(104, 36, 106, 37)], county_code=["C"])
    assets = frame(
        "asset_id", [Point(104.5, 36.5), Point(105.5, 36.5), Point(120, 36), None], asset_class=["PUB"] * 4, confirmed=[True] * 4
    )
    inputs = {"villages": villages, "townships": townships, "assets": assets.drop(columns="village_code")}
    here = Context(Areas.from_layers(inputs), load(), DAY)
    found = confirmed_count(inputs, here)
    assert found["area_code"].tolist() == ["v1", "t1", None, None]
    assert found["lon"].tolist()[:2] == [104.5, 105.5]
    assert here.notes["no_area_assets"][1] == "2 rows of Assets lie in no known area and are counted in “all” only."
