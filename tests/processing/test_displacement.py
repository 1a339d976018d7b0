"""How far a geometry moved, against figures worked out in another way."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import translate

from processing.displacement import displacement

GEOD = Geod(ellps="GRS80")
LINE = shapely.LineString([(104.0, 36.0), (104.05, 36.02), (104.1, 36.0)])
SQUARE = shapely.box(104.0, 36.0, 104.01, 36.01)


def test_a_point_moves_along_the_ellipsoid():
    found = displacement(shapely.Point(104, 36), shapely.Point(104.1, 36.05))
    wanted = GEOD.inv(104, 36, 104.1, 36.05)[2]
    assert found.largest_m == pytest.approx(wanted, rel=1e-6)
    assert found.centroid_m == pytest.approx(wanted, rel=1e-6)


def test_one_moved_vertex_counts_though_the_middle_hardly_moves():
    moved = shapely.LineString([(104.0, 36.0), (104.05, 36.02), (104.1, 36.001)])
    found = displacement(LINE, moved)
    assert found.largest_m == pytest.approx(GEOD.inv(104.1, 36.0, 104.1, 36.001)[2], rel=1e-2)
    assert found.centroid_m < found.largest_m / 2


def test_between_vertices_the_largest_distance_is_found():
    straight = shapely.LineString([(104.0, 36.0), (104.1, 36.0)])
    found = displacement(straight, LINE)
    assert found.largest_m == pytest.approx(GEOD.inv(104.05, 36.0, 104.05, 36.02)[2], rel=1e-3)


def test_polygons_are_compared_by_their_outlines():
    smaller = shapely.box(104.001, 36.001, 104.009, 36.009)
    corner = GEOD.inv(104.0, 36.0, 104.001, 36.001)[2]
    found = displacement(SQUARE, smaller)
    assert found.largest_m == pytest.approx(corner, rel=1e-3)
    assert found.centroid_m == pytest.approx(0.0, abs=0.01)
    ring = shapely.Polygon(SQUARE.exterior, [smaller.exterior])
    assert displacement(SQUARE, ring).largest_m > 50


def test_a_geometry_without_points_is_refused():
    with pytest.raises(ValueError, match="two geometries"):
        displacement(shapely.Point(), shapely.Point(1, 1))


def test_the_figure_is_about_the_hausdorff_distance_of_a_plane():
    plane = 6_378_137.0 * math.cos(math.radians(0.0))
    rng = np.random.default_rng(7)
    for _ in range(20):
        a, b = (shapely.LineString(rng.uniform(0, 0.05, (6, 2))) for _ in range(2))
        wanted = math.radians(shapely.hausdorff_distance(a, b, densify=0.01)) * plane
        assert displacement(a, b).largest_m == pytest.approx(wanted, rel=0.02)


@given(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02), st.sampled_from([LINE, SQUARE, shapely.Point(104, 36)]))
def test_both_ways_the_same_and_nothing_moves_nowhere(x, y, shape):
    moved = translate(shape, x, y)
    there, back = displacement(shape, moved), displacement(moved, shape)
    assert there.largest_m == pytest.approx(back.largest_m, rel=1e-6, abs=1e-6)
    assert there.largest_m <= GEOD.inv(104, 36, 104 + x, 36 + y)[2] * 1.01 + 0.5
    assert displacement(shape, shape).largest_m == 0.0
