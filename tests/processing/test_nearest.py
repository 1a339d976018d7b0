"""Distances to the nearest target, against geodesics to dense points and between the two ways of searching."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiPoint, Point, Polygon, box

from processing import nearest as module
from processing.errors import MissingCrsError
from processing.nearest import nearest, neighbours, within_distance

GEOD = Geod(ellps="GRS80")


def series(shapes, **options):
    return gpd.GeoSeries(shapes, crs=4490, **options)


def world(seed, *, places=60, roads=40, west=104.0, width=0.4, south=36.0):
    rng = np.random.default_rng(seed)
    at = np.column_stack([rng.uniform(west, west + width, places), rng.uniform(south, south + 0.4, places)])
    start = np.column_stack([rng.uniform(west, west + width, roads), rng.uniform(south, south + 0.4, roads)])
    steps = np.cumsum(rng.normal(0, 0.004, (roads, 6, 2)), axis=1)
    return series(shapely.points(at)), series(shapely.linestrings(start[:, None, :] + steps))


def dense(line, count=4000):
    """Points along a line, straight between its vertices, and the vertices."""
    along = shapely.line_interpolate_point(line, np.linspace(0, 1, count), normalized=True)
    return np.vstack([shapely.get_coordinates(along), shapely.get_coordinates(line)])


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(module, "COMPILED_FROM", 0)


@pytest.mark.parametrize(("west", "south"), [(104.0, 36.0), (106.4, 18.0), (75.0, 35.0), (34.0, -14.0)])
def test_distance_agrees_with_geodesics_to_dense_points(west, south):
    places, roads = world(1, places=15, roads=6, west=west, south=south)
    found = nearest(places, roads)
    for label, place in places.items():
        spots = np.vstack([dense(road) for road in roads])
        brute = GEOD.inv(np.full(len(spots), place.x), np.full(len(spots), place.y), *spots.T)[2].min()
        spacing = crs_length(roads).max() / 4000
        assert found["distance_m"][label] <= brute + 0.05  # never more than to any point of the line, but for its sagitta
        assert found["distance_m"][label] == pytest.approx(brute, rel=1e-6, abs=spacing**2 / max(brute, 1) + 0.05)


def crs_length(lines):
    return np.array([GEOD.geometry_length(line) for line in lines])


def test_distance_between_points_is_the_geodesic_one():
    places, _ = world(2, places=80)
    targets, _ = world(3, places=50)
    found = nearest(places, targets)
    brute = np.array([[GEOD.inv(p.x, p.y, q.x, q.y)[2] for q in targets] for p in places])
    assert found["distance_m"].to_numpy() == pytest.approx(brute.min(axis=1), rel=1e-7)
    assert found["target_index"].tolist() == brute.argmin(axis=1).tolist()


def test_wide_data_is_as_exact(compiled):
    rng = np.random.default_rng(4)
    at = np.column_stack([rng.uniform(74, 134, 300), rng.uniform(18, 53, 300)])
    azimuth, distance = rng.uniform(0, 360, 300), rng.uniform(10, 19_000, 300)
    lon, lat, _ = GEOD.fwd(*at.T, azimuth, distance)
    wells = series(shapely.points(lon, lat))
    near = nearest(series(shapely.points(at)), wells, max_distance_m=50_000)
    brute = [GEOD.inv(x, y, *shapely.get_coordinates(wells[i])[0])[2] for (x, y), i in zip(at, near["target_index"], strict=True)]
    assert near["distance_m"].to_numpy() == pytest.approx(brute, rel=1e-6)
    assert (near["distance_m"] <= distance * (1 + 1e-6)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 6))
def test_both_ways_of_searching_give_one_answer(seed, width):
    places, roads = world(seed, width=width)
    targets = np.concatenate([roads.to_numpy()[:20], shapely.buffer(roads.to_numpy()[20:30], 0.003), places.to_numpy()[:10]])
    plane = module._plane_of(targets)
    tree = module._by_tree(places.to_numpy(), targets, plane)
    grid = module._by_grid(places.to_numpy(), targets, plane, np.inf)
    assert grid[0] == pytest.approx(tree[0], rel=1e-7, abs=2e-6)
    differs = np.flatnonzero(grid[1] != tree[1])
    again = nearest(series(places.to_numpy()[differs]), series(targets[grid[1][differs]]))
    assert len(differs) == 0 or again["distance_m"].to_numpy() == pytest.approx(tree[0][differs], abs=1e-3)


def test_large_work_is_compiled_and_answers_the_same(compiled):
    places, roads = world(5)
    mixed = pd.concat([places, series([None, Point()])], ignore_index=True)
    fast = nearest(mixed, roads)
    module_value = module.COMPILED_FROM
    assert module_value == 0
    assert fast["distance_m"].isna().tolist() == [False] * 60 + [True, True]
    plane = module._plane_of(roads.to_numpy())
    assert fast["distance_m"][:60].to_numpy() == pytest.approx(
        module._by_tree(places.to_numpy(), roads.to_numpy(), plane)[0], rel=1e-7
    )


def test_far_places_are_measured_geodesically_both_ways(compiled):
    far = series([Point(110, 30), Point(90, 45), Point(104.1, 36.1)])
    _, roads = world(6)
    fast = nearest(far, roads)
    tree = module._by_tree(far.to_numpy(), roads.to_numpy(), module._plane_of(roads.to_numpy()))
    assert fast["distance_m"].to_numpy() == pytest.approx(tree[0], rel=1e-9)


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_inside_a_polygon_is_no_distance_and_the_hole_is_outside(monkeypatch, threshold):
    monkeypatch.setattr(module, "COMPILED_FROM", threshold)
    ring = Polygon(box(104, 36, 104.1, 36.1).exterior, [box(104.04, 36.04, 104.06, 36.06).exterior])
    places = series([Point(104.02, 36.02), Point(104.05, 36.05), Point(104, 36.05), Point(104.11, 36.05)])
    distance = nearest(places, series([ring], index=["area"]))["distance_m"]
    east = GEOD.inv(104.05, 36.05, 104.06, 36.05)[2]
    assert distance.tolist() == pytest.approx([0, east, 0, east], abs=0.05)


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_of_equally_near_targets_the_first_is_named(monkeypatch, threshold):
    monkeypatch.setattr(module, "COMPILED_FROM", threshold)
    fork = [LineString([(104.01, 36), (104.02, 36.01)]), LineString([(104.01, 36), (104.02, 35.99)])]
    place = series([Point(104, 36)])
    assert nearest(place, series(fork))["target_index"].tolist() == [0]
    assert nearest(place, series(fork[::-1]))["target_index"].tolist() == [0]


def test_unknown_places_and_no_targets():
    places = series([Point(104, 36), None, Point()], index=["a", "b", "c"])
    roads = series([LineString([(104, 36.01), (104.1, 36.01)]), None], index=["r", "s"])
    found = nearest(places, roads)
    assert found["target_index"].fillna("none").tolist() == ["r", "none", "none"]
    assert found["distance_m"].notna().tolist() == [True, False, False]
    assert within_distance(places, roads, radius_m=2000).tolist() == [True, pd.NA, pd.NA]
    nothing = roads.iloc[:0]
    assert nearest(places, nothing)["distance_m"].isna().all()
    assert within_distance(places, nothing, radius_m=2000).tolist() == [False, pd.NA, pd.NA]
    assert within_distance(places.iloc[:0], roads, radius_m=2000).tolist() == []


def test_places_that_are_not_points_are_measured_from_their_nearest_spot(compiled):
    yard = box(104, 36, 104.01, 36.01)
    both = MultiPoint([(104.005, 36.005), (104.05, 36.005)])
    wells = series([Point(104.02, 36.005)])
    distance = nearest(series([yard, both]), wells)["distance_m"]
    assert distance.tolist() == pytest.approx(
        [GEOD.inv(104.01, 36.005, 104.02, 36.005)[2], GEOD.inv(104.005, 36.005, 104.02, 36.005)[2]], abs=0.02
    )


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_the_radius_itself_is_within(monkeypatch, threshold):
    monkeypatch.setattr(module, "COMPILED_FROM", threshold)
    lon, lat, _ = GEOD.fwd(104.0, 36.0, 37.0, 2000.0)
    place, well = series([Point(104.0, 36.0)]), series([Point(lon, lat)])
    assert within_distance(place, well, radius_m=2000.001).tolist() == [True]
    assert within_distance(place, well, radius_m=1999.999).tolist() == [False]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 5000), st.floats(0, 5000))
def test_within_grows_with_the_radius_and_ignores_row_order(seed, one, other):
    places, roads = world(seed)
    small, large = sorted((one, other))
    near, wide = within_distance(places, roads, radius_m=small), within_distance(places, roads, radius_m=large)
    assert (wide | ~near).all()
    mixed = places.sample(frac=1, random_state=0)
    assert within_distance(mixed, roads.iloc[::-1], radius_m=large).sort_index().equals(wide)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 4000))
def test_neighbours_are_all_pairs_within_the_radius(seed, radius):
    places, roads = world(seed, places=8, roads=6)
    pairs = neighbours(places, roads, radius_m=radius)
    found = dict(zip(zip(pairs["point_position"], pairs["target_position"], strict=True), pairs["distance_m"], strict=True))
    assert list(found) == sorted(found)
    for p in range(8):
        for r in range(6):
            single = nearest(places.iloc[[p]], roads.iloc[[r]])["distance_m"].iloc[0]
            if abs(single - radius) > 0.05:  # a line bends by centimetres between the planes of one road and of all
                assert ((p, r) in found) == (single <= radius)
                assert found.get((p, r), single) == pytest.approx(single, abs=0.05)
    assert len(neighbours(places, roads.iloc[:0], radius_m=radius)) == 0


def test_inputs_stay_as_they_are_and_projected_frames_are_welcome():
    places, roads = world(7)
    before = places.copy(), roads.copy()
    found = nearest(places.to_crs(4544), roads.to_crs(4546))
    assert found["distance_m"].to_numpy() == pytest.approx(nearest(places, roads)["distance_m"].to_numpy(), rel=1e-8)
    assert before[0].equals(places)
    assert before[1].equals(roads)


def test_faults_are_named():
    places, roads = world(8)
    with pytest.raises(MissingCrsError, match="no coordinate system"):
        nearest(gpd.GeoSeries(places.to_numpy()), roads)
    for radius in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite number of metres"):
            within_distance(places, roads, radius_m=radius)
