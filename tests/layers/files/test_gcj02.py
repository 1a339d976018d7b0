"""GCJ-02 and BD-09: the published points, the shift at three places, and exact ways back."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.files import gcj02

GEOD = pyproj.Geod(ellps="WGS84")
longitudes = st.floats(73.0, 135.0)
latitudes = st.floats(4.0, 53.0)


def test_published_point():
    lon, lat = gcj02.wgs84_to_gcj02(116.42079, 39.90105)
    assert lon == pytest.approx(116.42703, abs=1e-5)
    assert lat == pytest.approx(39.90245, abs=1e-5)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "metres"),
    [("Beijing", 116.42079, 39.90105, 554), ("Baiyin", 104.17, 36.54, 247), ("Hengyang", 112.57, 26.89, 655)],
)
def test_length_of_the_shift(place, lon, lat, metres):
    shifted = gcj02.wgs84_to_gcj02(lon, lat)
    assert GEOD.inv(lon, lat, *map(float, shifted))[2] == pytest.approx(metres, abs=3), place


def test_outside_china_nothing_is_shifted():
    lon, lat = gcj02.wgs84_to_gcj02([2.35, 150.0, 77.5, np.nan], [48.85, -33.0, -1.0, 30.0])
    np.testing.assert_array_equal(lon[:3], [2.35, 150.0, 77.5])
    np.testing.assert_array_equal(lat[:3], [48.85, -33.0, -1.0])
    assert np.isnan(lon[3])


@given(longitudes, latitudes)
def test_way_back_from_gcj02(lon, lat):
    back = gcj02.gcj02_to_wgs84(*gcj02.wgs84_to_gcj02(lon, lat))
    assert abs(back[0] - lon) < 1e-10
    assert abs(back[1] - lat) < 1e-10


@given(longitudes, latitudes)
def test_way_back_from_bd09(lon, lat):
    back = gcj02.bd09_to_wgs84(*gcj02.wgs84_to_bd09(lon, lat))
    assert abs(back[0] - lon) < 1e-9
    assert abs(back[1] - lat) < 1e-9


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=20))
def test_arrays_give_what_single_points_give(points):
    lon, lat = np.array(points).T
    together = gcj02.wgs84_to_gcj02(lon, lat)
    for at in range(len(points)):
        alone = gcj02.wgs84_to_gcj02(lon[at], lat[at])
        assert together[0][at] == alone[0]
        assert together[1][at] == alone[1]


def test_empty_arrays():
    assert gcj02.gcj02_to_wgs84([], [])[0].shape == (0,)
    assert gcj02.bd09_to_gcj02([], [])[0].shape == (0,)
