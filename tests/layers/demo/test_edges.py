import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from layers.demo.edges import wiggle


def _net(seed, count=12):
    rng = np.random.default_rng(seed)
    nodes = rng.uniform(0, 10_000, (count, 2))
    mesh = Delaunay(nodes)
    sides = {}
    for corners in mesh.simplices:
        for one, other in ((0, 1), (0, 2), (1, 2)):
            key = tuple(sorted((int(corners[one]), int(corners[other]))))
            sides.setdefault(key, []).append(nodes[corners].mean(axis=0))
    links = nodes[np.array(list(sides))]
    apexes = np.array([[*found, np.full(2, np.nan)][:2] for found in sides.values()])
    return links, apexes, rng


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_lines_of_one_net_meet_at_their_ends_only(seed):
    links, apexes, rng = _net(seed)
    lines = wiggle(links, apexes, rng, reach=0.6)
    assert shapely.is_simple(lines).all()
    one, _ = shapely.STRtree(lines).query(lines, predicate="crosses")
    assert not len(one)
    touching = shapely.intersection(lines[:-1], lines[1:])
    assert (shapely.get_type_id(touching[~shapely.is_empty(touching)]) == 0).all()


def test_ends_stay_where_they_are():
    links, apexes, rng = _net(3)
    lines = wiggle(links, apexes, rng)
    assert np.allclose([line.coords[0] for line in lines], links[:, 0])
    assert np.allclose([line.coords[-1] for line in lines], links[:, 1])


def test_a_link_without_sides_stays_straight_and_none_is_none():
    lines = wiggle(np.array([[[0.0, 0], [8, 0]]]), np.full((1, 2, 2), np.nan), np.random.default_rng(1))
    assert lines[0].length == 8
    assert len(wiggle(np.zeros((0, 2, 2)), np.zeros((0, 2, 2)), np.random.default_rng(1))) == 0
