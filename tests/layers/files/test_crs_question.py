"""Coordinate systems: declared, missing, shifted, refused."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from layers import files
from layers.files import crs_question, gcj02
from layers.files.errors import QuestionError, RefusedCrsError

BAIYIN = (103.5, 35.5, 105.6, 37.7)
PLACES = np.array([[104.17, 36.54], [104.6, 36.2], [105.0, 35.7]])


def projected(code, points=PLACES):
    return np.column_stack(pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(points[:, 0], points[:, 1]))


@pytest.mark.parametrize("zone", range(25, 46))
def test_every_zone_in_both_forms_is_offered_for_its_own_data(zone):
    middle = 3.0 * zone
    area = (middle - 1.4, 30.0, middle + 1.4, 33.0)
    points = np.array([[middle - 1.0, 31.0], [middle + 1.0, 32.0]])
    prefixed = [choice.value for choice in crs_question.candidates(projected(4488 + zone, points), area)]
    assert prefixed == [f"EPSG:{4488 + zone}"]
    centred = [choice.value for choice in crs_question.candidates(projected(4509 + zone, points), area)]
    assert centred[0] == f"EPSG:{4509 + zone}"
    for code in (4488 + zone, 4509 + zone):
        crs = pyproj.CRS.from_epsg(code)
        assert "CGCS2000 / 3-degree Gauss-Kruger" in crs.name
        assert (f"zone {zone}" if code < 4534 else f"CM {3 * zone}") in crs.name


def test_only_candidates_that_fit_the_area_are_offered_with_evidence():
    choices = crs_question.candidates(projected(4544), BAIYIN)
    assert [choice.value for choice in choices] == ["EPSG:4544"]
    assert choices[0].evidence.startswith("100% inside the area; 104.17")
    assert "105" in choices[0].label_zh


def test_degrees_are_offered_in_four_systems():
    assert [choice.value for choice in crs_question.candidates(PLACES, BAIYIN)] == ["EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"]


def test_degrees_outside_china_have_no_chinese_shift():
    points = np.array([[34.9, -16.3], [35.1, -15.2]])
    assert [choice.value for choice in crs_question.candidates(points, None)] == ["EPSG:4490", "EPSG:4326"]


def test_swapped_coordinates_are_hinted_at():
    question = crs_question.ask(PLACES[:, ::-1], BAIYIN)
    assert question.choices == ()
    assert "swapped" in question.text_en
    assert "颠倒" in question.text_zh
    assert not crs_question.looks_swapped(PLACES, BAIYIN)


def test_nothing_fits():
    question = crs_question.ask(np.array([[10.0, 50.0]]), BAIYIN)
    assert question.choices == ()
    assert "ask the bureau" in question.text_en


@pytest.mark.parametrize("code", [4610, 2327, 2349, 2362, 2390, 4214, 2401, 2422, 2442, 21413, 21463])
def test_old_chinese_systems_are_refused_with_the_reason(code):
    with pytest.raises(RefusedCrsError, match="surveying department") as caught:
        crs_question.source_crs(f"EPSG:{code}")
    assert "ballpark" in str(caught.value)


@pytest.mark.parametrize("wkt", ['GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
                                 'GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'])  # fmt: skip
def test_old_chinese_systems_in_a_prj_are_refused(shape_zip, wkt):
    path = shape_zip(prj=wkt)
    with pytest.raises(RefusedCrsError, match="surveying department"):
        files.inspect(path, original_name=path.name)


@pytest.mark.parametrize("name", ["EPSG:999999", "nonsense", "EPSG:5703", ""])
def test_unknown_systems_are_refused(name):
    with pytest.raises(RefusedCrsError):
        crs_question.source_crs(name)


def test_wgs84_is_taken_as_equal_and_says_so():
    source = crs_question.source_crs("EPSG:4326")
    assert "taken as equal" in source.note
    np.testing.assert_array_equal(source.transform(PLACES), PLACES)
    assert crs_question.source_crs("EPSG:4490").note == ""


def test_utm_goes_through_wgs84():
    points = np.column_stack(pyproj.Transformer.from_crs(4326, 32648, always_xy=True).transform(PLACES[:, 0], PLACES[:, 1]))
    np.testing.assert_allclose(crs_question.source_crs("EPSG:32648").transform(points), PLACES, atol=1e-9)


def test_systems_of_other_countries_go_by_an_accurate_way():
    source = crs_question.source_crs("EPSG:4258")
    assert "within" in source.note


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([4490, 4326, 4523, 4544, 4526, 32648]), st.floats(104.0, 106.0), st.floats(35.0, 37.0))
def test_there_and_back(code, lon, lat):
    there = projected(code, np.array([[lon, lat]])) if code != 4490 else np.array([[lon, lat]])
    back = crs_question.source_crs(f"EPSG:{code}").transform(there)
    np.testing.assert_allclose(back, [[lon, lat]], atol=1e-8)


def test_geometries_are_brought_to_storage_and_flattened():
    moved = crs_question.to_storage(
        np.array([shapely.Point(*gcj02.wgs84_to_gcj02(104.17, 36.54), 5), None], dtype=object), crs_question.source_crs("gcj-02")
    )
    assert moved[0].distance(shapely.Point(104.17, 36.54)) < 1e-9
    assert not moved[0].has_z
    assert moved[1] is None


# through whole files


def test_shapefile_without_prj_is_a_question(shape_zip):
    path = shape_zip(prj="")
    found = files.inspect(path, original_name=path.name, area_bounds=BAIYIN)
    assert [question.kind for question in found.questions] == ["crs"]
    assert "EPSG:4490" in [choice.value for choice in found.questions[0].choices]
    with pytest.raises(QuestionError):
        files.read(path, original_name=path.name)
    assert files.read(path, original_name=path.name, answers=files.Answers(crs="EPSG:4490")).source_crs == "EPSG:4490"


def test_projected_shapefile_without_prj_lands_in_the_area(shape_zip):
    frame = gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=shapely.points(projected(4523)), crs=4523)
    path = shape_zip(frame=frame, prj="")
    (question,) = files.inspect(path, original_name=path.name, area_bounds=BAIYIN).questions
    assert [choice.value for choice in question.choices] == ["EPSG:4523"]
    raw = files.read(path, original_name=path.name, answers=files.Answers(crs=question.choices[0].value))
    np.testing.assert_allclose(shapely.get_coordinates(raw.frame.geometry), PLACES, atol=1e-7)


def test_prj_that_cannot_be_true_is_asked_about(shape_zip):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=shapely.points(projected(4523)[:1]), crs=4490)
    path = shape_zip(frame=frame)
    (question,) = files.inspect(path, original_name=path.name, area_bounds=BAIYIN).questions
    assert "cannot be that" in question.text_en
    assert [choice.value for choice in question.choices] == ["EPSG:4523"]


def test_declared_system_with_swapped_data_gives_a_note(shape_zip):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(36.54, 76.17)], crs=4490)
    path = shape_zip(frame=frame)
    found = files.inspect(path, original_name=path.name, area_bounds=(76.0, 36.0, 77.0, 37.0))
    assert any("swapped" in note for note in found.notes)


def test_answer_prevails_over_the_declaration(geojson):
    lon, lat = map(float, gcj02.wgs84_to_gcj02(104.17, 36.54))
    path = geojson({"type": "Point", "coordinates": [lon, lat]})
    raw = files.read(path, original_name=path.name, answers=files.Answers(crs="GCJ-02"))
    assert raw.source_crs == "GCJ-02"
    assert raw.frame.geometry.iloc[0].distance(Point(104.17, 36.54)) < 1e-9
    assert any("published formula" in note for note in raw.notes)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::4490", "EPSG:4490", "urn:ogc:def:crs:OGC:1.3:CRS84"])
def test_named_crs_of_old_geojson(geojson, name):
    path = geojson({"type": "Point", "coordinates": [104.0, 36.0]}, crs={"type": "name", "properties": {"name": name}})
    assert files.read(path, original_name=path.name).source_crs in ("EPSG:4490", "EPSG:4326", "OGC:CRS84")
