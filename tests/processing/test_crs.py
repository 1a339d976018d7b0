"""Lengths, areas and the metric CRS, against pyproj's geodesics."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import LineString, Point, Polygon, box

from processing import crs, ellipsoid
from processing.errors import DegreesError, MissingCrsError
from processing.plane import Plane

GEOD = Geod(ellps="GRS80")
lon = st.floats(74, 134)
lat = st.floats(4, 53)


def lines(seed, count, step):
    rng = np.random.default_rng(seed)
    start = np.column_stack([rng.uniform(74, 134, count), rng.uniform(4, 53, count)])
    steps = rng.normal(0, step, (count, 8, 2))
    return shapely.linestrings(start[:, None, :] + np.cumsum(steps, axis=1))


@pytest.mark.parametrize(
    ("bounds", "epsg"),
    [
        ((103.5, 36.0, 104.9, 37.3), 4544),  # Baiyin
        ((112.0, 26.5, 113.2, 27.4), 4547),  # Hengyang
        ((75.0, 32.0, 80.0, 36.0), 4535),
        ((73.7, 39.0, 74.0, 39.5), 4534),
        ((134.0, 48.0, 134.7, 48.4), 4554),
    ],
)
def test_inside_china_the_zone_of_the_middle_is_chosen(bounds, epsg):
    assert crs.metric_crs(bounds).to_epsg() == epsg


def test_every_zone_has_its_own_central_meridian():
    for zone in range(25, 46):
        chosen = crs.metric_crs((3 * zone - 0.1, 30, 3 * zone + 0.1, 31))
        assert crs.central_meridian(chosen) == 3 * zone


@pytest.mark.parametrize("bounds", [(33.0, -17.0, 36.0, -9.0), (100.0, 20.0, 110.0, 30.0), (72.0, 30.0, 74.0, 31.0)])
def test_elsewhere_or_wide_a_transverse_mercator_on_the_middle(bounds):
    chosen = crs.metric_crs(bounds)
    assert crs.is_metric(chosen)
    assert crs.central_meridian(chosen) == (bounds[0] + bounds[2]) / 2


def test_a_frame_gives_its_own_crs_and_keeps_its_own_coordinates():
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[Point(104.2, 36.5), None], crs=4490)
    before = frame.copy()
    metric = crs.to_metric(frame)
    assert metric.crs.to_epsg() == 4544
    expected = Transformer.from_crs(4490, 4544, always_xy=True).transform(104.2, 36.5)
    assert shapely.get_coordinates(metric.geometry.iloc[0])[0] == pytest.approx(expected)
    pd.testing.assert_frame_equal(frame, before)
    assert crs.to_metric(metric) is metric
    assert crs.to_metric(frame, crs=CRS.from_epsg(4545)).crs.to_epsg() == 4545


def test_a_frame_without_any_place_still_gets_metres():
    empty = gpd.GeoSeries([None, Point()], crs=4490)
    assert crs.is_metric(crs.to_metric(empty).crs)
    with pytest.raises(ValueError, match="at least one finite coordinate"):
        crs.metric_crs(empty)


def test_feet_on_a_plane_are_converted():
    frame = gpd.GeoSeries([Point(104.2, 36.5)], crs=4490).to_crs(CRS.from_dict({"proj": "tmerc", "lon_0": 104, "units": "us-ft"}))
    assert crs.to_metric(frame).crs.to_epsg() == 4544


def test_degrees_and_silence_are_refused():
    with pytest.raises(DegreesError, match="metres; found China Geodetic"):
        crs.require_metres(CRS.from_epsg(4490))
    with pytest.raises(DegreesError, match="found no coordinate system"):
        crs.require_metres(None)
    with pytest.raises(DegreesError, match=r"use metric_crs\(\)"):
        crs.central_meridian(CRS.from_epsg(4490))
    with pytest.raises(MissingCrsError, match="no coordinate system"):
        crs.length_m(gpd.GeoSeries([LineString([(0, 0), (1, 1)])]))
    with pytest.raises(DegreesError):
        crs.to_metric(gpd.GeoSeries([Point(104, 36)], crs=4490), crs=CRS.from_epsg(4326))


@pytest.mark.parametrize("step", [0.00005, 0.002, 0.02, 0.5])
def test_length_agrees_with_geodesics(step):
    shapes = lines(1, 200, step)
    ours = crs.length_m(gpd.GeoSeries(shapes, crs=4490))
    assert ours.to_numpy() == pytest.approx([GEOD.geometry_length(shape) for shape in shapes], rel=2e-8)


@settings(max_examples=60, deadline=None)
@given(lon, lat, st.floats(0.0003, 0.3), st.integers(3, 9), st.integers(0, 2**31))
def test_area_agrees_with_geodesics(west, south, size, corners, seed):
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.8, corners)) / corners
    radius = size * rng.uniform(0.5, 1, corners)
    shape = Polygon(np.column_stack([west + radius * np.cos(angle), south + radius * np.sin(angle)]))
    expected = abs(GEOD.geometry_area_perimeter(shape)[0])
    assert crs.area_m2(gpd.GeoSeries([shape], crs=4490))[0] == pytest.approx(expected, rel=2e-6, abs=0.5)


def test_holes_parts_and_kinds():
    hole = Polygon(box(104, 36, 104.01, 36.01).exterior, [box(104.004, 36.004, 104.006, 36.006).exterior])
    both = shapely.MultiPolygon([hole, box(105, 36, 105.1, 36.1)])
    shapes = gpd.GeoSeries([hole, both, LineString([(104, 36), (104.01, 36)]), Point(104, 36), None, Polygon()], crs=4490)
    area, length = crs.area_m2(shapes), crs.length_m(shapes)
    outer, inner = (
        crs.area_m2(gpd.GeoSeries([part], crs=4490))[0]
        for part in (box(104, 36, 104.01, 36.01), box(104.004, 36.004, 104.006, 36.006))
    )
    assert area[0] == pytest.approx(outer - inner)
    assert area[1] == pytest.approx(area[0] + abs(GEOD.geometry_area_perimeter(box(105, 36, 105.1, 36.1))[0]))
    assert area[2:4].tolist() == [0, 0]
    assert area[4:].isna().all()
    assert length[0] == pytest.approx(GEOD.geometry_length(hole.exterior) + GEOD.geometry_length(hole.interiors[0]))
    assert length[3] == 0
    assert length[4:].isna().all()


def test_measures_do_not_depend_on_the_crs_of_the_frame():
    shapes = gpd.GeoSeries(lines(3, 20, 0.002), crs=4490)
    shapes = shapes[shapes.bounds["maxx"].between(102, 108)]
    moved = shapes.to_crs(4544)
    assert crs.length_m(moved).to_numpy() == pytest.approx(crs.length_m(shapes).to_numpy(), rel=1e-9)


def test_nothing_measures_nothing():
    nothing = gpd.GeoSeries([], crs=4490)
    assert len(crs.length_m(nothing)) == 0
    assert len(crs.area_m2(nothing)) == 0
    assert len(ellipsoid.segment_lengths_m(np.zeros((1, 2)))) == 0


@pytest.mark.parametrize("meridian", [75.0, 105.0, 110.5])
def test_the_plane_is_proj_s_transverse_mercator(meridian):
    rng = np.random.default_rng(5)
    lonlat = np.column_stack([rng.uniform(meridian - 30, meridian + 30, 500), rng.uniform(-60, 60, 500)])
    plane = Plane(meridian)
    there = Transformer.from_crs(4490, f"+proj=tmerc +lon_0={meridian} +ellps=GRS80 +type=crs", always_xy=True)
    assert plane.forward(lonlat) == pytest.approx(np.column_stack(there.transform(*lonlat.T)), abs=1e-4)
    assert plane.inverse(plane.forward(lonlat)) == pytest.approx(lonlat, abs=1e-9)
    here, east = lonlat[:, 0], GEOD.fwd(*lonlat.T, np.full(500, 90.0), np.full(500, 1.0))
    step = np.hypot(*(plane.forward(np.column_stack(east[:2])) - plane.forward(np.column_stack([here, lonlat[:, 1]]))).T)
    assert plane.scale(lonlat) == pytest.approx(step, rel=1e-6)
