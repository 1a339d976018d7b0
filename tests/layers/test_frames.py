import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers import frames
from layers.catalogue import LAYERS
from layers.errors import BadFrameError, BadGeometryError
from layers.schema import GeometryKind

HAMLETS = LAYERS["hamlets"]


@pytest.mark.parametrize("name", list(LAYERS))
def test_an_empty_frame_of_every_layer_conforms(name):
    layer = LAYERS[name]
    frame = frames.empty(layer)
    assert list(frame.columns[:2]) == ["id", "ver"]
    assert [column for column in frame.columns if column not in {"id", "ver", "geometry"}] == [
        f for f in layer.field_names if f != "id"
    ]
    assert ("geometry" in frame.columns) == (layer.geometry is not GeometryKind.NONE)
    assert (frame.index.name, str(frame.index.dtype)) == ("fid", "int64")
    pd.testing.assert_frame_equal(frames.conform(frame, layer), frame)


def test_missing_columns_become_unknown_of_the_right_dtype():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"]}, geometry=[shapely.Point(104, 36)], crs="EPSG:4490", index=pd.Index([7]))
    found = frames.conform(frame, HAMLETS)
    assert found.index.tolist() == [7]
    assert found["population"].isna().all()
    assert str(found["population"].dtype) == "Int64"
    assert found["quality_test_date"].tolist() == [None]
    assert found.dtypes.to_dict() == frames.empty(HAMLETS).dtypes.to_dict()


def test_the_frame_given_stays_as_it_was():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"], "population": [3.0]}, geometry=[shapely.Point(104, 36, 9)], crs="EPSG:4490")
    before = frame.copy(deep=True)
    found = frames.conform(frame, HAMLETS)
    pd.testing.assert_frame_equal(frame, before)
    assert found["population"].tolist() == [3]
    assert not found.geometry.has_z.any()


def test_text_labels_are_numbered_anew():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a", "b"]}, geometry=[None, None], crs="EPSG:4490", index=["x", "y"])
    assert frames.conform(frame, HAMLETS).index.tolist() == [1, 2]


def test_an_empty_geometry_is_unknown():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"]}, geometry=[shapely.Point()], crs="EPSG:4490")
    assert frames.conform(frame, HAMLETS).geometry.tolist() == [None]


@pytest.mark.parametrize(
    ("column", "values", "match"),
    [
        ("colour", ["red"], "Layer hamlets has no field colour; its fields are: hamlet_id"),
        ("population", ["many"], "Field population .* row 0: 'many' is not a whole number"),
        ("population", [1.5], "whole number"),
        ("population", [True], "whole number"),
        ("name", [3], "is not text"),
        ("name", ["a\x00b"], "without NUL"),
        ("name", pd.Series(["\ud800"], dtype=object), "whole characters"),
        ("fetch_distance_m", [np.inf], "finite number"),
        ("fetch_distance_m", ["3"], "is not a number"),
        ("quality_ok", ["yes"], "true or false"),
        ("quality_test_date", ["2025-13-01"], "a date like 2025-03-31"),
        ("quality_test_date", [3], "is not a date"),
    ],
)
def test_what_does_not_fit_is_refused(column, values, match):
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"], column: values}, geometry=[None], crs="EPSG:4490")
    with pytest.raises(BadFrameError, match=match):
        frames.conform(frame, HAMLETS)


def test_many_bad_rows_are_counted():
    frame = gpd.GeoDataFrame({"hamlet_id": list("abcdefgh"), "population": ["x"] * 8}, geometry=[None] * 8, crs="EPSG:4490")
    with pytest.raises(BadFrameError, match="and 3 more"):
        frames.conform(frame, HAMLETS)


def test_repeated_labels_and_columns_are_refused():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a", "b"]}, geometry=[None, None], crs="EPSG:4490", index=[1, 1])
    with pytest.raises(BadFrameError, match="labels repeat"):
        frames.conform(frame, HAMLETS)
    twice = pd.DataFrame([["a", "b"]], columns=["hamlet_id", "hamlet_id"])
    with pytest.raises(BadFrameError, match="stands there twice"):
        frames.conform(twice, HAMLETS)


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        (shapely.LineString([(104, 36), (105, 36)]), "LineString, the layer takes Point"),
        (shapely.Point(np.nan, 36), "longitude and latitude"),
        (shapely.Point(104, np.inf), "longitude and latitude"),
        (shapely.Point(36.5, 104.1), "longitude and latitude"),
        (shapely.Point(34_600_000, 4_000_000), "in metres"),
    ],
)
def test_geometries_that_do_not_fit_are_refused(shape, match):
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"]}, geometry=[shape], crs="EPSG:4490")
    with pytest.raises(BadGeometryError, match=match):
        frames.conform(frame, HAMLETS)


def test_another_crs_and_other_objects_are_refused():
    frame = gpd.GeoDataFrame({"hamlet_id": ["a"]}, geometry=[shapely.Point(104, 36)], crs="EPSG:4326")
    with pytest.raises(BadGeometryError, match="the frame is in EPSG:4326, the store holds EPSG:4490"):
        frames.conform(frame, HAMLETS)
    with pytest.raises(BadGeometryError, match="something else than geometries"):
        frames.conform(pd.DataFrame({"hamlet_id": ["a"], "geometry": ["POINT (1 2)"]}), HAMLETS)


def test_dates_and_lists_in_other_clothes():
    projects = LAYERS["projects"]
    lists = [name.name for name in projects.fields if name.type.value == "list"]
    dates = [name.name for name in projects.fields if name.type.value == "date"]
    frame = pd.DataFrame(
        {projects.key: ["a", "b"], lists[0]: [["x", np.int64(3)], ("y",)], dates[0]: [pd.Timestamp("2025-03-31"), "2025-04-01"]}
    )
    found = frames.conform(frame, projects)
    assert found[lists[0]].tolist() == [["x", 3], ["y"]]
    assert found[dates[0]].tolist() == [dt.date(2025, 3, 31), dt.date(2025, 4, 1)]
