"""Repairs: each changes what it says, logs what it changed, and nothing else."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from layers import files
from layers.catalogue import LAYERS
from layers.files.errors import RecipeError
from layers.files.repairing import REPAIRS, parse_numbers, repair
from layers.schema import Field, FieldType

HAMLETS = LAYERS["hamlets"]
NUMBER = Field("n", "数", "n", FieldType.NUMBER, "test")
BOWTIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def frame(geometries=None, **columns):
    count = len(next(iter(columns.values()))) if columns else len(geometries)
    columns = columns or {"hamlet_id": [str(at) for at in range(count)]}
    index = pd.RangeIndex(1, count + 1, name="row")
    found = geometries if geometries is not None else [Point(104, 36)] * count
    return gpd.GeoDataFrame(
        pd.DataFrame(columns, index=index).astype(object), geometry=gpd.GeoSeries(found, index=index, crs=4490), crs=4490
    )


@pytest.mark.parametrize(
    ("name", "field", "before", "after"),
    [
        ("strip_spaces", "name", "　甲村 ", "甲村"),
        ("fullwidth_to_halfwidth", "name", "ＡＢ１２，村", "AB12，村"),
        ("parse_numbers", "population", "1,200", 1200.0),
        ("parse_numbers", "population", "１２", 12.0),
        ("parse_numbers", "fetch_distance_m", "35公里", 35.0),
        ("parse_numbers", "population", " 3 500 人", 3500.0),
        ("unit_km_to_m", "fetch_distance_m", "3.5公里", 3500.0),
        ("unit_km_to_m", "fetch_distance_m", "1,2km", 12000.0),
        ("translate_codes", "data_quality", "登记", "registered"),
    ],
)
def test_values(name, field, before, after):
    result = repair(frame(hamlet_id=["1"], **{field: [before]}), HAMLETS, [name])
    assert result.frame[field].tolist() == [after]
    assert result.log.to_dict("records") == [{"row": 1, "field": field, "repair": name, "before": before, "after": after}]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("strip_spaces", "name", "甲村"),
        ("parse_numbers", "name", "1,200"),
        ("parse_numbers", "population", "many"),
        ("parse_numbers", "population", 12),
        ("unit_km_to_m", "fetch_distance_m", "350"),
        ("unit_km_to_m", "population", "3公里"),
        ("translate_codes", "data_quality", "registered"),
        ("translate_codes", "data_quality", "unheard of"),
        ("translate_codes", "name", "登记"),
        ("strip_spaces", "name", None),
    ],
)
def test_values_that_stay(name, field, value):
    result = repair(frame(hamlet_id=["1"], **{field: [value]}), HAMLETS, [name])
    assert result.frame[field].tolist() == [value]
    assert result.log.empty


def test_columns_that_the_layer_does_not_have_are_left_alone():
    assert repair(frame(hamlet_id=["1"], other=[" x "]), HAMLETS, ["strip_spaces"]).frame["other"].tolist() == [" x "]


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "人", " 公里", "米", "km", "％"]))
def test_numbers_with_separators_and_units(number, unit):
    assert parse_numbers(NUMBER, f"{number:,}{unit}") == number


@given(st.text(max_size=12))
def test_texts_that_are_no_numbers_stay(text):
    found = parse_numbers(NUMBER, text)
    assert found == text or isinstance(found, float)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("swap_lonlat", Point(36, 104), Point(104, 36)),
        ("drop_z", Point(104, 36, 5), Point(104, 36)),
        ("multi_to_single", MultiPoint([(104, 36)]), Point(104, 36)),
        ("multi_to_single", MultiPoint([(104, 36), (105, 36)]), MultiPoint([(104, 36), (105, 36)])),
        ("drop_repeated_points", LineString([(0, 0), (0, 0), (1, 1)]), LineString([(0, 0), (1, 1)])),
        ("make_valid", BOWTIE, MultiPolygon([Polygon([(0.5, 0.5), (0, 1), (0, 0)]), Polygon([(1, 0), (1, 1), (0.5, 0.5)])])),
    ],
)
def test_shapes(name, before, after):
    result = repair(frame([before, None]), HAMLETS, [name])
    found = result.frame.geometry.iloc[0]
    assert shapely.to_wkb(shapely.normalize(found)) == shapely.to_wkb(shapely.normalize(after))
    assert result.frame.geometry.iloc[1] is None
    assert len(result.log) == (
        0
        if before.equals(after) and before.geom_type == after.geom_type and not before.has_z and name == "multi_to_single"
        else 1
    )


def test_make_valid_leaves_valid_and_infinite_ones_alone():
    result = repair(frame([box(0, 0, 1, 1), Polygon([(0, 0), (np.inf, 1), (1, 1)]), BOWTIE]), HAMLETS, ["make_valid"])
    assert result.log["row"].tolist() == [3]
    assert "invalid" in result.log["before"].iloc[0]
    assert result.log["after"].iloc[0].endswith(" valid")


def test_unclosed_ring_is_closed_on_request(geojson):
    path = geojson({"type": "Polygon", "coordinates": [[[104, 36], [105, 36], [105, 37], [104, 37]]]})
    raw = files.read(path, original_name=path.name)
    given_rows, _ = files.apply_feed(
        raw, files.Feed("townships", path.name, columns={"township_code": "a"}, constants={"name": "x"})
    )
    layer = LAYERS["townships"]
    report = files.check(given_rows, layer)
    assert "close_rings" in report.repairs
    result = repair(given_rows, layer, ["close_rings"])
    assert result.log[["row", "repair"]].to_numpy().tolist() == [[1, "close_rings"]]
    assert files.check(result.frame, layer).ok
    assert given_rows.attrs["geometry_faults"] == {1: "unclosed"}


def test_order_is_ours_not_the_callers():
    result = repair(frame(hamlet_id=["1"], data_quality=[" 登记 "]), HAMLETS, ["translate_codes", "strip_spaces"])
    assert result.frame["data_quality"].tolist() == ["registered"]
    assert result.log["repair"].tolist() == ["strip_spaces", "translate_codes"]


def test_frame_is_not_changed():
    rows = frame([BOWTIE], hamlet_id=[" 1 "])
    before = rows.copy(deep=True)
    repair(rows, HAMLETS, list(REPAIRS))
    assert rows["hamlet_id"].tolist() == before["hamlet_id"].tolist()
    assert rows.geometry.iloc[0].equals(before.geometry.iloc[0])


def test_unknown_repair():
    with pytest.raises(RecipeError, match="no repair magic; there are: strip_spaces"):
        repair(frame(hamlet_id=["1"]), HAMLETS, ["magic"])


def test_every_repair_says_what_it_does_in_two_languages():
    assert all(zh and en for zh, en in REPAIRS.values())
