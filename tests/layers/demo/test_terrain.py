import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers.demo.terrain import Plane, dryness, relief

LON, LAT = st.floats(73, 135), st.floats(18, 54)


@given(LON, LAT, st.integers(0, 2**31))
def test_relief_is_a_share_and_the_same_every_time(lon, lat, seed):
    place = np.array([[lon, lat]])
    assert 0 <= relief(place, seed)[0] <= 1
    assert 0 <= dryness(place, seed)[0] <= 1
    assert relief(place, seed)[0] == relief(np.vstack([place, place + 1]), seed)[0]


def test_relief_is_smooth_and_differs_between_seeds():
    line = np.column_stack([np.linspace(104, 105, 2_000), np.full(2_000, 36.0)])
    assert np.abs(np.diff(relief(line, 1))).max() < 0.03
    assert np.abs(relief(line, 1) - relief(line, 2)).mean() > 0.02


@given(LON, LAT)
def test_the_plane_returns_to_where_it_came_from(lon, lat):
    plane = Plane(104.0, 36.0)
    place = np.array([[lon, lat]])
    assert np.abs(plane.lonlat(plane.xy(place)) - place).max() < 1e-7
