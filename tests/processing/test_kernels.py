"""The compiled parts by themselves, against plain numpy and shapely."""

import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from processing import cutting, kernels
from processing.compiled import compiled
from processing.ellipsoid import GEOD, lengths_m
from processing.nearest import true_distance_m
from processing.plane import Plane


def lonlat(seed, count=200, west=104.0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(west, west + 2, count), rng.uniform(35, 37, count)])


@pytest.mark.parametrize("meridian", [75.0, 105.0, 135.0])
def test_the_compiled_projection_is_the_plane(meridian):
    at = lonlat(1)
    found, plane = kernels.project(at, meridian), Plane(meridian)
    assert found[:, :2] == pytest.approx(plane.forward(at), abs=2e-6)
    assert found[:, 2] == pytest.approx(plane.scale(at), rel=1e-12)


def test_lines_become_segments_and_single_points_segments_of_no_length():
    at = lonlat(2, 6)
    segments, owner = kernels.project_lines(at, np.array([0, 0, 0, 1, 2, 2]), 105.0)
    xy = Plane(105.0).forward(at)
    assert owner.tolist() == [0, 0, 1, 2]
    expected = [[*xy[0], *xy[1]], [*xy[1], *xy[2]], [*xy[3], *xy[3]], [*xy[4], *xy[5]]]
    assert segments == pytest.approx(np.array(expected), abs=2e-6)


def brute(places, segments, owner):
    lines = shapely.linestrings(segments.reshape(-1, 2, 2))
    ends = shapely.get_coordinates(shapely.shortest_line(shapely.points(places[:, None, :2]), lines[None, :])).reshape(-1, 2, 2)
    distance = true_distance_m(ends[:, 0], ends[:, 1], Plane(105.0)).reshape(len(places), len(lines))
    return distance.min(axis=1), owner[distance.argmin(axis=1)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60), st.sampled_from([0.0, 0.0005, 0.01, 0.3]))
def test_the_grid_finds_what_comparing_with_everything_finds(seed, count, step):
    rng = np.random.default_rng(seed)
    start = lonlat(seed, count)
    at = np.stack([start, start + rng.normal(0, 1, (count, 2)) * step], axis=1).reshape(-1, 2)
    segments, owner = kernels.project_lines(at, np.repeat(np.arange(count), 2), 105.0)
    places = kernels.project(np.vstack([lonlat(seed + 1, 40), [[101.0, 33.0], [109.0, 39.0]]]), 105.0)
    distance, found = kernels.nearest_segments(places, segments, owner)
    expected, target = brute(places, segments, owner)
    assert distance == pytest.approx(expected, rel=1e-3, abs=1e-5)  # far away `nearest` measures again
    assert (found == target).mean() > 0.9


def test_nothing_is_looked_for_beyond_the_limit():
    segments, owner = kernels.project_lines(np.array([[104.0, 36.0], [104.01, 36.0]]), np.array([0, 0]), 105.0)
    places = kernels.project(np.array([[104.005, 36.001], [104.005, 36.02]]), 105.0)
    distance, found = kernels.nearest_segments(places, segments, owner, limit_m=500.0)
    assert found.tolist() == [0, -1]
    assert distance[0] == pytest.approx(111.0, abs=0.1)
    assert np.isinf(distance[1])


def test_of_equal_segments_the_lowest_owner_is_named():
    at = np.tile(np.array([[104.0, 36.0], [104.01, 36.0]]), (3, 1))
    segments, _ = kernels.project_lines(at, np.repeat([0, 1, 2], 2), 105.0)
    places = kernels.project(np.array([[104.005, 36.001]]), 105.0)
    assert kernels.nearest_segments(places, segments, np.array([7, 4, 9]))[1].tolist() == [4]


def steps_of(line):
    at = shapely.get_coordinates(line)
    return np.hstack([at[:-1], at[1:]]), np.array([0, len(at) - 1])


def test_lengths_of_lines_are_those_of_the_ellipsoid():
    for seed, size in ((1, 0.001), (2, 0.05), (3, 0.4)):
        rng = np.random.default_rng(seed)
        line = shapely.linestrings(np.array([104, 36]) + np.cumsum(rng.normal(0, size, (9, 2)), axis=0))
        assert cutting.lengths_m(*steps_of(line))[0] == pytest.approx(
            lengths_m(np.array([line]))[0], rel=2e-5 if size > 0.1 else 1e-6
        )
    assert cutting.lengths_m(*steps_of(shapely.LineString([(104, 36), (104, 36.5)])))[0] == pytest.approx(
        GEOD.line_length([104, 104], [36, 36.5]), rel=1e-8
    )


def test_a_vertex_on_the_border_is_doubtful():
    ring = shapely.box(104, 36, 104.01, 36.01).exterior
    pair = (np.array([0]), np.array([0]))
    for line in (
        [(104.005, 36.005), (104.01, 36.005), (104.02, 36.005)],
        [(104.01, 36.002), (104.01, 36.008)],
        [(103.99, 35.99), (104.02, 36.02)],
    ):
        assert np.isnan(cutting.inside_lengths_m(steps_of(shapely.LineString(line)), steps_of(ring), pair))
    clear = cutting.inside_lengths_m(steps_of(shapely.LineString([(104.005, 36.005), (104.02, 36.005)])), steps_of(ring), pair)
    assert clear[0] == pytest.approx(GEOD.line_length([104.005, 104.01], [36.005, 36.005]), rel=1e-7)


def test_a_line_that_meets_a_border_too_often_is_doubtful():
    teeth = [(104 + i * 1e-4, 36 + (i % 2) * 0.01) for i in range(200)]
    comb = shapely.Polygon([*teeth, (104.02, 36.02), (104, 36.02)]).exterior
    line = shapely.LineString([(103.99, 36.005), (104.03, 36.0051)])
    assert np.isnan(cutting.inside_lengths_m(steps_of(line), steps_of(comb), (np.array([0]), np.array([0]))))


def test_where_no_folder_can_be_written_code_is_kept_in_memory(monkeypatch):
    import numba

    def refusing(**options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: (function, options)

    monkeypatch.setattr(numba, "njit", refusing)

    def double(x):
        return 2 * x

    assert compiled(double) == (double, {"nogil": True, "error_model": "numpy"})


def test_small_work_does_not_load_the_compiler(root):
    import subprocess

    code = (
        "import sys, geopandas as gpd; from shapely import LineString, Point; from processing import nearest, overlay, query, network;"
        "roads = gpd.GeoSeries([LineString([(104, 36), (104.1, 36)])], crs=4490);"
        "nearest.nearest(gpd.GeoSeries([Point(104, 36)], crs=4490), roads); overlay.overlay_length(roads, roads.buffer(0)[:0]);"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
