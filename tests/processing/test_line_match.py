"""Planted cases in metres along a parallel: 0.01° of longitude at 36° N is about 902 m, 1e-5° of latitude 1.1 m."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point

from processing.line_match import Thresholds, match_lines, metric_pair, moved_m, near_pairs
from processing.pairing import MERGED, PARTLY, SEVERAL, SPLIT, pair_up

METRE = 1 / 110_958
"""Degrees of latitude in a metre at 36° N."""


def lines(*paths):
    return gpd.GeoSeries([None if path is None else LineString(path) for path in paths], crs=4490)


def road(west, east, north_m=0.0):
    return [(west, 36 + north_m * METRE), ((west + east) / 2, 36 + north_m * METRE), (east, 36 + north_m * METRE)]


OLD = road(104.00, 104.02)


def outcome(old, new, **options):
    found = pair_up(match_lines(old, new, Thresholds(**options)))
    return found.sure[["new", "old"]].to_numpy().tolist(), found.open[["new", "old", "reason"]].to_numpy().tolist()


@pytest.mark.parametrize(("shift_m", "expected"), [(0, [[0, 0]]), (5, [[0, 0]]), (14, [[0, 0]]), (16, []), (40, [])])
def test_shifted_by_known_metres(shift_m, expected):
    assert outcome(lines(OLD), lines(road(104.00, 104.02, shift_m))) == (expected, [])


def test_distance_and_shares_are_metres():
    pair = match_lines(lines(OLD), lines(road(104.00, 104.02, 5)), Thresholds()).iloc[0]
    assert pair["distance_m"] == pytest.approx(5, abs=0.02)
    assert (pair["share_new"], pair["share_old"], pair["exact"]) == (1, 1, False)
    half = match_lines(lines(OLD), lines(road(104.00, 104.01)), Thresholds()).iloc[0]
    # half the road and 15 m more that lie within the buffer around its end
    assert half["share_old"] == pytest.approx((902.0 + 15) / 1804.0, abs=0.002)
    assert half["share_new"] == 1


def test_reversed_direction_is_the_same_line():
    pair = match_lines(lines(OLD), lines(OLD[::-1]), Thresholds()).iloc[0]
    assert bool(pair["exact"])
    assert pair["distance_m"] == pytest.approx(0, abs=1e-6)


def test_split_line_is_left_to_the_person():
    sure, left = outcome(lines(OLD), lines(road(104.00, 104.01), road(104.01, 104.02)))
    assert (sure, left) == ([], [[0, 0, SPLIT], [1, 0, SPLIT]])


def test_small_piece_cut_off_leaves_the_road_itself():
    assert outcome(lines(OLD), lines(road(104.00, 104.018), road(104.018, 104.02))) == ([[0, 0]], [])


def test_joined_lines_are_left_to_the_person():
    sure, left = outcome(lines(road(104.00, 104.01), road(104.01, 104.02)), lines(OLD))
    assert (sure, left) == ([], [[0, 0, MERGED], [0, 1, MERGED]])


def test_duplicate_is_left_to_the_person():
    assert outcome(lines(OLD), lines(OLD, OLD)) == ([], [[0, 0, SEVERAL], [1, 0, SEVERAL]])
    assert outcome(lines(OLD), lines(OLD, road(104.00, 104.02, 5))) == ([[0, 0]], [])
    sure, left = outcome(lines(OLD), lines(road(104.00, 104.02, 4), road(104.00, 104.02, -4)))
    assert (sure, left) == ([], [[0, 0, SEVERAL], [1, 0, SEVERAL]])


def test_missing_and_far_lines_have_no_pair():
    assert outcome(lines(OLD, None), lines(None, road(104.5, 104.52))) == ([], [])
    assert outcome(lines(), lines(OLD)) == ([], [])


def test_partly_shared_lines_are_candidates_from_the_possible_share_on():
    new = road(104.009, 104.024)  # 0.011 of its 0.015 lie on the old one, which shares 0.011 of its 0.020
    assert outcome(lines(OLD), lines(new)) == ([], [[0, 0, PARTLY]])
    assert outcome(lines(OLD), lines(new), possible_share=0.79) == ([], [])


def test_crossing_and_side_roads_are_no_candidates():
    across = [(104.01, 35.99), (104.01, 36.01)]
    side = [(104.01, 36.0), (104.01, 36.01)]
    assert outcome(lines(OLD), lines(across, side)) == ([], [])


def test_parts_count_as_one_line():
    halves = gpd.GeoSeries([MultiLineString([road(104.00, 104.01), road(104.01, 104.02)])], crs=4490)
    assert outcome(lines(OLD), halves) == ([[0, 0]], [])


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(7)
    old = lines(*[road(104 + i * 0.01, 104.009 + i * 0.01, 200 * (i % 3)) for i in range(40)])
    new = gpd.GeoSeries(shapely.transform(old.to_numpy(), lambda xy: xy + np.array([0, 6 * METRE])), crs=4490)
    order = rng.permutation(40)
    sure = pair_up(match_lines(old, new.iloc[order], Thresholds())).sure
    assert sorted(zip(order[sure["new"]].tolist(), sure["old"].tolist(), strict=True)) == [(i, i) for i in range(40)]


def test_metres_are_asked_of_either_crs():
    old = lines(OLD)
    assert outcome(old.to_crs(4544), lines(road(104.00, 104.02, 5)))[0] == [[0, 0]]
    before, _ = metric_pair(old, old)
    assert shapely.length(before[0]) == pytest.approx(1804, rel=1e-3)


def test_progress_is_told_and_may_stop():
    steps = []
    match_lines(lines(OLD), lines(OLD), Thresholds(), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 1)]

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        match_lines(lines(OLD), lines(OLD), Thresholds(), progress=stop)


@pytest.mark.parametrize(
    "options",
    [
        {"buffer_m": 0},
        {"buffer_m": float("nan")},
        {"point_m": -1},
        {"share": 1.2},
        {"possible_share": 0.9},
        {"same_m": -1},
        {"clear": 0.5},
    ],
)
def test_meaningless_thresholds_are_refused(options):
    with pytest.raises(ValueError, match=r"expected|must be|0 or more"):
        Thresholds(**options)


def test_near_pairs_pass_over_what_is_not_there():
    assert [len(found) for found in near_pairs(np.array([None], dtype=object), np.array([Point(0, 0)], dtype=object), 1.0)] == [
        0,
        0,
    ]


def test_thousands_of_lines(scale):
    """A net of parallel roads 100 m apart, each shifted by 4 m: all find their own; up to 200,000 with --full."""
    count = min(2_000 * scale, 200_000)
    at = np.arange(count)
    west = 104 + (at % 100) * 0.012
    north = (at // 100) * 100.0
    old = lines(*[road(w, w + 0.01, n) for w, n in zip(west, north, strict=True)])
    new = gpd.GeoSeries(shapely.transform(old.to_numpy(), lambda xy: xy + np.array([0, 4 * METRE])), crs=4490)
    found = pair_up(match_lines(old, new, Thresholds()))
    assert (found.sure["new"] == found.sure["old"]).all()
    assert (len(found.sure), len(found.open)) == (count, 0)


def test_long_lines_are_measured_as_short_ones():
    """The way through a tree of steps gives what GEOS gives, for lines, parts and outlines."""
    at = np.linspace(0, 20_000, 400)
    first = LineString(np.column_stack([at, 300 * np.sin(at / 700)]))
    second = LineString(np.column_stack([at + 3, 300 * np.sin(at / 700) + 4]))
    parts = MultiLineString([second.coords[:200], second.coords[200:]])
    pairs = [(first, second), (first, parts), (first.buffer(50), second.buffer(60))]
    for one, other in pairs:
        found = moved_m(np.array([one], dtype=object), np.array([other], dtype=object))[0]
        outlines = [shape if shape.geom_type.endswith("LineString") else shape.boundary for shape in (one, other)]
        assert found == pytest.approx(shapely.hausdorff_distance(*outlines, densify=0.5), rel=1e-6)
