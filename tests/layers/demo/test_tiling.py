import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.demo.terrain import Plane
from layers.demo.tiling import tile

OUTLINE = shapely.difference(shapely.box(104, 36, 104.5, 36.4), shapely.box(104.2, 36.2, 104.5, 36.25))
"""A county with a deep cut, so that cells fall into pieces."""


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_areas_tile_the_outline_share_their_edges_and_hold_their_seed(seed, count):
    rng = np.random.default_rng(seed)
    seeds = rng.uniform((104, 36), (104.5, 36.4), (400, 2))
    seeds = np.round(seeds[shapely.contains_xy(OUTLINE, seeds)][:count], 7)
    areas = tile(OUTLINE, seeds, Plane(104.2, 36.2), rng)
    assert shapely.is_valid(areas).all()
    assert abs(shapely.area(areas).sum() - OUTLINE.area) < 1e-6 * OUTLINE.area
    assert shapely.intersects_xy(areas, seeds[:, 0], seeds[:, 1]).all()
    one, _ = shapely.STRtree(areas).query(areas, predicate="overlaps")
    assert not len(one)
