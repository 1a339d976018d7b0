import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Proj

from map_templates.paper.graticule import FEWEST_MM, spacing_minutes
from map_templates.paper.projection import MANTISSAS, choose_projection, nice_scale, open_window
from map_templates.paper.sheet import Rect

RECT = Rect(15, 30, 190, 130)


@given(st.floats(1, 5e6), st.floats(1, 5e6))
def test_the_area_fits_and_the_next_scale_would_not(width_m, height_m):
    scale = nice_scale(width_m, height_m, RECT)
    assert width_m <= RECT.width * scale / 1000
    assert height_m <= RECT.height * scale / 1000
    first = scale / 10 ** np.floor(np.log10(scale))
    assert min(abs(first - m) for m in MANTISSAS) < 0.51 or scale < 10


@given(st.floats(74, 135), st.floats(18, 52))
def test_lengths_on_the_page_are_true_to_a_thousandth(longitude, latitude):
    window = open_window((longitude - 0.5, latitude - 0.4, longitude + 0.5, latitude + 0.4), RECT, None, "zh")
    left, _, right, _ = window.degree_box()
    assert left <= longitude - 0.5
    assert right >= longitude + 0.5
    grid = Proj(window.projection.crs)
    east, north = longitude + 0.3, latitude + 0.2
    ground = Geod(ellps="GRS80").inv(longitude, latitude, east, north)[2]
    start, end = (window.to_sheet(np.asarray([grid(*place)]))[0] for place in ((longitude, latitude), (east, north)))
    paper_mm = float(np.hypot(*(end - start)))
    assert paper_mm == pytest.approx(ground * 1000 / window.scale, rel=1.1e-3)


@given(st.floats(75, 134), st.floats(18, 52))
def test_convergence_agrees_with_the_projection_library(longitude, latitude):
    chosen = choose_projection((longitude - 0.5, latitude - 0.4, longitude + 0.5, latitude + 0.4), "zh")
    expected = Proj(chosen.crs).get_factors(longitude, latitude).meridian_convergence
    assert chosen.convergence_degrees(longitude, latitude) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("longitude", "epsg"), [(75.2, 4534), (104.9, 4544), (106.4, 4544), (106.6, 4545), (108.3, 4545), (134.0, 4554)]
)
def test_the_zone_is_that_of_the_centre(longitude, epsg):
    assert choose_projection((longitude - 0.2, 35, longitude + 0.2, 36), "zh").crs.to_epsg() == epsg


def test_a_wide_area_is_drawn_equal_area():
    assert "Lambert" in choose_projection((100, 30, 108, 40), "en").description


def test_graticule_lines_are_never_crowded():
    for scale in (1_000, 20_000, 250_000, 5_000_000):
        window = open_window((105, 35, 105.5, 35.4), RECT, scale, "zh")
        assert spacing_minutes(window) * 1852 * 1000 / scale >= FEWEST_MM * 0.99
