"""CRS of the service beside pyproj: axis order, zones, boxes."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from geo_app.api import crs
from geo_app.api.crs import CRS84, EPSG, System, box_of, offered, system, uri_of, zones
from geo_app.errors import BadRequestError

BOX = (102.0, 35.0, 107.0, 38.0)
CODES = [4490, 4326, 4522, 4523, 4524, 4543, 4544, 4545]


def one(geometry):
    column = np.empty(1, dtype=object)
    column[0] = geometry
    return column


def test_the_zones_are_those_of_the_registry():
    for at, meridian in enumerate(crs.MERIDIANS):
        for first, numbered in ((crs.WITH_ZONE_NUMBER, True), (crs.WITHOUT_ZONE_NUMBER, False)):
            found = CRS.from_epsg(first + at)
            text = f"zone {meridian // 3}" if numbered else f"CM {meridian}E"
            assert found.name == f"CGCS2000 / 3-degree Gauss-Kruger {text}"


def test_a_collection_offers_the_zones_it_meets():
    assert offered(None) == (CRS84, EPSG + "4490", EPSG + "4326")
    assert [uri.rsplit("/", 1)[1] for uri in zones(BOX)] == ["4522", "4523", "4524", "4543", "4544", "4545"]
    assert zones((-10, 40, 10, 50)) == ()


@pytest.mark.parametrize("code", CODES)
@given(x=st.floats(102, 107), y=st.floats(35, 38))
@settings(max_examples=25)
def test_there_and_back_as_pyproj_has_it(code, x, y):
    there = Transformer.from_crs("EPSG:4490", f"EPSG:{code}").transform(y, x)
    point = shapely.Point(x, y)
    moved = System(f"{EPSG}{code}").forward(one(point))[0]
    assert (moved.x, moved.y) == pytest.approx(there, rel=1e-12)
    back = System(f"{EPSG}{code}").back(moved)
    assert (back.x, back.y) == pytest.approx((x, y), abs=1e-9)


def test_cgcs2000_and_wgs84_are_the_same_to_the_registry():
    assert Transformer.from_crs("EPSG:4490", "EPSG:4326").transform(36.0, 104.0) == (36.0, 104.0)


def test_longitude_latitude_is_handed_on_as_it_is():
    line = one(shapely.LineString([(104.1234567890123, 36.1), (104.2, 36.2)]))
    assert System(CRS84).forward(line) is line


@pytest.mark.parametrize("text", ["http://x/", "EPSG:27700", "", "http://www.opengis.net/def/crs/EPSG/0/4522'"])
def test_another_crs_is_refused_by_name(text):
    with pytest.raises(BadRequestError, match="crs must be one of http"):
        system(text, offered((104.6, 35, 105.4, 36)), parameter="crs")


def test_ways_to_write_a_crs():
    for text in ("EPSG:4490", "<http://www.opengis.net/def/crs/EPSG/0/4490>", " https://www.opengis.net/def/crs/EPSG/0/4490"):
        assert uri_of(text) == EPSG + "4490"


@pytest.mark.parametrize("code", CODES)
def test_a_box_keeps_what_lies_in_it(code):
    given_crs = System(f"{EPSG}{code}")
    points = np.array([shapely.Point(x, y) for x in np.linspace(104, 105, 5) for y in np.linspace(36, 36.5, 5)], dtype=object)
    moved = given_crs.forward(points)
    bounds = shapely.total_bounds(moved)
    west, south, east, north = box_of(",".join(map(str, bounds)), given_crs)
    inside = [(west - 1e-9 <= point.x <= east + 1e-9) and (south - 1e-9 <= point.y <= north + 1e-9) for point in points]
    assert all(inside)
    assert 0.9 < east - west < 1.2
