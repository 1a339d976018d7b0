import geopandas as gpd
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from processing.line_match import Thresholds
from processing.pairing import SEVERAL, SPLIT, pair_up
from processing.place_match import match, match_points, match_polygons

METRE = 1 / 110_958


def series(*shapes):
    return gpd.GeoSeries(list(shapes), crs=4490)


def at(north_m):
    return Point(104, 36 + north_m * METRE)


def outcome(found):
    paired = pair_up(found)
    return paired.sure[["new", "old"]].to_numpy().tolist(), paired.open[["new", "old", "reason"]].to_numpy().tolist()


@pytest.mark.parametrize(("moved_m", "expected"), [(0, [[0, 0]]), (49, [[0, 0]]), (51, [])])
def test_points_are_found_within_the_distance(moved_m, expected):
    assert outcome(match_points(series(at(0)), series(at(moved_m)), Thresholds())) == (expected, [])


def test_two_old_points_nearly_as_near_are_left_to_the_person():
    old = series(at(0), at(40))
    assert outcome(match_points(old, series(at(18)), Thresholds())) == ([], [[0, 0, SEVERAL], [0, 1, SEVERAL]])
    assert outcome(match_points(old, series(at(10)), Thresholds())) == ([[0, 0]], [])  # 10 m against 30 m


def test_two_new_points_at_one_place_are_left_to_the_person():
    assert outcome(match_points(series(at(0)), series(at(0), at(0)), Thresholds())) == ([], [[0, 0, SEVERAL], [1, 0, SEVERAL]])


def test_polygons_by_share_of_area_both_ways():
    field = box(104, 36, 104.001, 36.001)
    smaller, half, beside = box(104, 36, 104.001, 36.00085), box(104, 36, 104.001, 36.0005), box(104.001, 36, 104.002, 36.001)
    found = match_polygons(series(field), series(smaller, beside), Thresholds())
    assert outcome(found) == ([[0, 0]], [])
    assert found["share_old"].iloc[0] == pytest.approx(0.85, abs=1e-3)
    assert outcome(match_polygons(series(field), series(half), Thresholds())) == ([], [[0, 0, SPLIT]])


def test_invalid_polygon_is_not_compared():
    bow = Polygon([(104, 36), (104.001, 36.001), (104.001, 36), (104, 36.001)])
    assert match_polygons(series(box(104, 36, 104.001, 36.001)), series(bow), Thresholds()).empty


def test_kinds_meet_their_own_kind_only():
    old = series(at(0), LineString([(104.1, 36), (104.11, 36)]), box(104.2, 36, 104.201, 36.001), None)
    new = series(
        box(104.2, 36, 104.201, 36.001),
        None,
        LineString([(104.1, 36), (104.11, 36)]),
        at(1),
        box(103.999, 35.999, 104.001, 36.001),
    )
    assert outcome(match(old, new, Thresholds())) == ([[0, 2], [2, 1], [3, 0]], [])
    assert match(old.iloc[:1], new.iloc[:1], Thresholds()).empty


def test_touching_polygons_share_nothing():
    found = match_polygons(series(box(104, 36, 104.001, 36.001)), series(box(104.001, 36, 104.002, 36.001)), Thresholds())
    assert found.empty
    assert shapely.__version__
