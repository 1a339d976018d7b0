"""A map put down and taken up again says the same, and nothing beyond what was published."""

import json

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, box

from geo_app.actions import frozen_map
from map_templates.spec import Choropleth, Classes, Credits, Legend, MapLayer, MapSpec


def spec(**options):
    frame = gpd.GeoDataFrame(
        {
            "area_code": ["1", "2"],
            "area_name": ["甲村", "乙村"],
            "value": [50.0, np.nan],
            "low": [40.0, 0.0],
            "high": [60.0, 100.0],
            "status": ["partial", "no_data"],
            "numerator": [5.0, np.nan],
            "denominator": [10.0, np.nan],
            "unknown": [2.0, 7.0],
            "secret": ["x", "y"],
        },
        geometry=[box(104, 36, 104.1, 36.1), box(104.1, 36, 104.2, 36.1)],
        crs="EPSG:4490",
    )
    classes = Classes((0.0, 40.0, 100.0), "given", (0, 1), 1)
    return MapSpec(
        "某县自来水",
        area_name="某县",
        subtitle="按村统计",
        layers=(
            MapLayer("neighbours", "相邻", frame[["area_name", "geometry"]]),
            MapLayer("roads", "道路", gpd.GeoDataFrame({"name": ["某路"]}, geometry=[Point(104, 36)], crs="EPSG:4490")),
        ),
        choropleth=Choropleth(frame, "自来水普及率", unit_noun="村", classes=classes, target=90.0),
        legend=Legend(notes=("说明",)),
        credits=Credits(sources=("测试",), simulated=True, run_id=3, method="W1"),
        **options,
    )


def test_what_is_taken_up_is_what_was_put_down():
    first = spec()
    kept = json.loads(json.dumps(frozen_map.freeze(first), allow_nan=False))
    again = frozen_map.thaw(kept)
    assert (again.title, again.area_name, again.subtitle, again.legend) == (
        first.title,
        first.area_name,
        first.subtitle,
        first.legend,
    )
    assert again.credits == first.credits
    assert again.choropleth.classes == first.choropleth.classes
    assert again.choropleth.target == 90.0
    columns = ["area_code", "value", "low", "high", "status", "numerator", "denominator", "unknown"]
    assert again.choropleth.frame[columns].equals(first.choropleth.frame[columns])
    assert again.choropleth.frame.geometry.geom_equals_exact(first.choropleth.frame.geometry, 1e-7).all()
    assert again.choropleth.frame.crs == "EPSG:4490"


def test_single_features_and_other_columns_are_not_published():
    text = json.dumps(frozen_map.freeze(spec()), ensure_ascii=False)
    assert "某路" not in text
    assert "secret" not in text
    assert [item["name"] for item in frozen_map.freeze(spec())["layers"]] == ["neighbours"]


def test_unknown_stays_unknown_in_the_table():
    rows = frozen_map.rows(frozen_map.freeze(spec()))
    assert rows["value"].isna().tolist() == [False, True]
    assert rows["unknown"].tolist() == [2.0, 7.0]


def test_a_map_without_figures_is_not_published():
    with pytest.raises(ValueError, match="figures"):
        frozen_map.freeze(MapSpec("leer"))
