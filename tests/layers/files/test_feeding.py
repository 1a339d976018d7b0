"""Feeds: columns, constants, codes, filters, joins, parts and merged parts."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from layers.files.errors import RecipeError
from layers.files.feeding import apply_feed
from layers.files.reading import RawTable
from layers.files.recipe import Feed, Filter, GeometryFrom, Join


def raw(columns, geometries=None):
    count = len(next(iter(columns.values())))
    index = pd.RangeIndex(1, count + 1, name="row")
    geometries = geometries if geometries is not None else [Point(104, 36)] * count
    frame = gpd.GeoDataFrame(
        pd.DataFrame(columns, index=index), geometry=gpd.GeoSeries(geometries, index=index, crs=4490), crs=4490
    )
    return RawTable(frame, "EPSG:4490", "utf-8", "0" * 64)


def feed(**options):
    return Feed(**{"layer": "hamlets", "file": "a.csv", "columns": {"hamlet_id": "A"}} | options)


def test_columns_constants_and_order():
    frame, index = apply_feed(
        raw({"B": ["x", "y"], "A": ["1", "2"]}),
        feed(columns={"name": "B", "hamlet_id": "A"}, constants={"data_quality": "registered"}),
    )
    assert list(frame.columns) == ["hamlet_id", "name", "data_quality", "geometry"]
    assert frame["data_quality"].tolist() == ["registered"] * 2
    assert index.tolist() == [1, 2]
    assert frame.crs == "EPSG:4490"


def test_codes_held_as_numbers_become_texts_without_fraction():
    frame, _ = apply_feed(
        raw({"A": [742.0, np.nan], "N": pd.array([7, None], dtype="Int64")}), feed(columns={"hamlet_id": "A", "population": "N"})
    )
    assert frame["hamlet_id"].tolist() == ["742", None]
    assert frame["population"].tolist() == [7, None]


def test_unknown_texts_are_unknown_and_zero_is_zero():
    frame, _ = apply_feed(
        raw({"A": ["1", "2", "3"], "N": ["NA", "0", " NA "]}),
        feed(columns={"hamlet_id": "A", "population": "N"}, unknown=("NA",)),
    )
    assert frame["population"].tolist() == [None, "0", None]


def test_translation_with_a_rest():
    table = {"supply_mode": {"piped": "city_ext", "none": "", "*": "dispersed"}}
    frame, _ = apply_feed(
        raw({"A": list("1234"), "S": ["piped", "none", "well", None]}),
        feed(columns={"hamlet_id": "A", "supply_mode": "S"}, translate=table),
    )
    assert frame["supply_mode"].tolist() == ["city_ext", None, "dispersed", None]


def test_translation_without_a_rest_leaves_the_value():
    frame, _ = apply_feed(
        raw({"A": ["1"], "S": ["other"]}),
        feed(columns={"hamlet_id": "A", "supply_mode": "S"}, translate={"supply_mode": {"a": "b"}}),
    )
    assert frame["supply_mode"].tolist() == ["other"]


def test_factors():
    frame, _ = apply_feed(
        raw({"A": ["1", "2"], "K": ["1.5", "x"]}),
        feed(columns={"hamlet_id": "A", "fetch_distance_m": "K"}, factors={"fetch_distance_m": 1000.0}),
    )
    assert frame["fetch_distance_m"].tolist() == [1500.0, "x"]


def test_prefixes():
    frame, _ = apply_feed(
        raw({"A": ["1"], "D": [466]}), feed(columns={"hamlet_id": "A", "county_code": "D"}, prefixes={"county_code": "D"})
    )
    assert frame["county_code"].tolist() == ["D466"]


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (Filter("N", "=", 2), [2]),
        (Filter("N", "!=", 2), [1, 3, 4]),
        (Filter("N", "<", 2), [1]),
        (Filter("N", "<=", 2), [1, 2]),
        (Filter("N", ">", 2), [3]),
        (Filter("N", ">=", 2), [2, 3]),
        (Filter("N", "in", [1, 3]), [1, 3]),
        (Filter("N", "in", 1), [1]),
        (Filter("N", "not in", [1, 3]), [2, 4]),
        (Filter("N", "is_null"), [4]),
        (Filter("N", "not_null"), [1, 2, 3]),
        (Filter("T", "=", "b"), [2]),
        (Filter("T", "!=", "b"), [1, 3, 4]),
        (Filter("T", ">", "a"), [2, 3]),
    ],
)
def test_filters(item, kept):
    frame, _ = apply_feed(raw({"A": list("1234"), "N": [1.0, 2.0, 3.0, np.nan], "T": ["a", "b", "c", None]}), feed(where=(item,)))
    assert frame.index.tolist() == kept


def test_distinct_rows_keep_their_row_numbers():
    frame, _ = apply_feed(raw({"A": ["1", "1", "2"]}), feed(distinct=("A",)))
    assert frame.index.tolist() == [1, 3]


def test_running_numbers_make_keys_unique():
    frame, _ = apply_feed(raw({"E": [5, 6, 5, None]}), feed(columns={}, parts={"hamlet_id": "E"}))
    assert frame["hamlet_id"].tolist() == ["5-1", "6-1", "5-2", None]


def test_merged_parts_keep_all_geometries():
    lines = [LineString([(0, 0), (1, 0)]), LineString([(2, 0), (3, 0)]), None, LineString([(4, 0), (5, 0)])]
    frame, _ = apply_feed(
        raw({"M": [1, 1, 1, 2], "Q": [9.0, 9.0, 9.0, 3.0]}, lines),
        Feed("projects", "p.zip", columns={"project_id": "M", "quantity": "Q"}, dissolve=("M",)),
    )
    assert frame["project_id"].tolist() == ["1", "2"]
    assert frame["quantity"].tolist() == [9.0, 3.0]
    assert [geometry.geom_type for geometry in frame.geometry] == ["MultiLineString", "LineString"]
    assert [geometry.length for geometry in frame.geometry] == [2.0, 1.0]
    assert frame.attrs["rows_read"] == 4


def test_merged_parts_of_several_kinds_and_none():
    frame, _ = apply_feed(
        raw({"M": [1, 1, 2]}, [Point(0, 0), box(0, 0, 1, 1), None]),
        Feed("projects", "p", columns={"project_id": "M"}, dissolve=("M",)),
    )
    assert frame.geometry.iloc[0].geom_type == "GeometryCollection"
    assert frame.geometry.iloc[1] is None


def test_join_compares_codes_as_texts():
    names = pd.DataFrame({"CODE": ["742", "743", "743", None], "NAME": ["Leh", "Kargil", "Other", "none"]})
    given = feed(columns={"hamlet_id": "A", "name": "NAME"}, join=Join("n.csv", "D", "CODE", ("NAME",)))
    frame, _ = apply_feed(raw({"A": list("123"), "D": [742.0, 743.0, np.nan]}), given, join=names)
    assert frame["name"].tolist() == ["Leh", "Kargil", None]


def test_joins_that_cannot_be():
    given = feed(join=Join("n.csv", "A", "CODE", ("NAME",)))
    with pytest.raises(RecipeError, match="not given"):
        apply_feed(raw({"A": ["1"]}), given)
    with pytest.raises(RecipeError, match=r"n\.csv has no column CODE"):
        apply_feed(raw({"A": ["1"]}), given, join=pd.DataFrame({"X": ["1"]}))
    with pytest.raises(RecipeError, match=r"a\.csv has no column B"):
        apply_feed(raw({"A": ["1"]}), feed(join=Join("n.csv", "B", "X", ())), join=pd.DataFrame({"X": ["1"]}))


def test_missing_columns_are_named_with_those_there_are():
    with pytest.raises(RecipeError, match="no column Z; its columns are: A"):
        apply_feed(raw({"A": ["1"]}), feed(columns={"hamlet_id": "Z"}))


def test_places_from_another_layer_by_code():
    villages = gpd.GeoDataFrame({"village_code": ["V1"]}, geometry=[box(1, 1, 2, 2)], crs=4490)
    given = Feed(
        "assets", "a.csv", columns={"asset_id": "A", "village_code": "V"}, geometry_from=GeometryFrom("villages", "village_code")
    )
    frame, _ = apply_feed(
        raw({"A": list("1234"), "V": ["V1", "V9", None, "V1"]}, [None, None, None, Point(5, 5)]), given, places=villages
    )
    assert [None if geometry is None else geometry.geom_type for geometry in frame.geometry] == ["Polygon", None, None, "Point"]
    wrong = Feed("assets", "a.csv", columns={"asset_id": "A"}, geometry_from=GeometryFrom("villages", "village_code"))
    with pytest.raises(RecipeError, match="does not fill"):
        apply_feed(raw({"A": ["1"]}), wrong, places=villages)


def test_faults_of_the_reading_stay_with_their_rows():
    table = raw({"A": ["1", "2"]})
    table.frame.attrs["geometry_faults"] = {1: "unclosed", 2: "unreadable"}
    frame, _ = apply_feed(table, feed(where=(Filter("A", "=", "2"),), allow_missing=("name",)))
    assert frame.attrs["geometry_faults"] == {2: "unreadable"}
    assert frame.attrs["allow_missing"] == ("name",)


def test_raw_table_is_not_changed():
    table = raw({"A": ["1"], "N": ["NA"]})
    before = table.frame.copy(deep=True)
    apply_feed(table, feed(columns={"hamlet_id": "A", "population": "N"}, unknown=("NA",), constants={"name": "x"}))
    pd.testing.assert_frame_equal(pd.DataFrame(table.frame), pd.DataFrame(before))
