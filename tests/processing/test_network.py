"""Roads as a network, and travel over it: against a brute-force shortest path, and never worse for one more road."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box

from processing.crs import length_m
from processing.network import Noding, build, component_lengths_m, components, connected
from processing.travel import Travel, travel_minutes


def series(shapes, **options):
    return gpd.GeoSeries(shapes, crs=4490, **options)


def roads_of(seed, count=12):
    rng = np.random.default_rng(seed)
    start = np.array([104, 36]) + rng.uniform(0, 0.08, (count, 1, 2))
    return series(shapely.linestrings(start + np.cumsum(rng.normal(0, 0.012, (count, 4, 2)), axis=1)))


def places_of(seed, count=15):
    rng = np.random.default_rng(seed + 1)
    return series(shapely.points(104 + rng.uniform(-0.02, 0.1, count), 36 + rng.uniform(-0.02, 0.1, count)))


CROSS = [LineString([(104, 36), (104.02, 36)]), LineString([(104.01, 35.99), (104.01, 36.01)])]


def test_crossings_join_roads_unless_they_are_bridges():
    assert components(build(series(CROSS))).tolist() == [0, 0]
    assert components(build(series(CROSS), noding=Noding(crossings=False))).nunique() == 2


def test_ends_near_a_road_touch_it_within_the_tolerance():
    short = LineString([(104.005, 36.00001), (104.005, 36.01)])  # 1.1 m short of the road
    lines = series([CROSS[0], short])
    assert components(build(lines)).tolist() == [0, 1]
    assert components(build(lines, noding=Noding(tolerance_m=2))).tolist() == [0, 0]
    assert components(build(lines, noding=Noding(tolerance_m=2, crossings=False))).tolist() == [0, 0]


def test_roads_that_run_together_are_joined():
    lines = series(
        [
            LineString([(104, 36), (104.02, 36)]),
            LineString([(104.01, 36), (104.03, 36)]),
            LineString([(104.005, 36), (104.015, 36)]),
        ]
    )
    network = build(lines)
    assert components(network).tolist() == [0, 0, 0]


def test_groups_of_roads_are_those_that_touch():
    for seed in range(20):
        roads = roads_of(seed)
        left, right = roads.sindex.query(roads, predicate="intersects")
        group = {i: {i} for i in range(len(roads))}
        for a, b in zip(left, right, strict=True):
            merged = group[a] | group[b]
            for member in merged:
                group[member] = merged
        found = components(build(roads, noding=Noding(tolerance_m=0.001)))
        assert [set(found.index[found == found[i]]) for i in range(len(roads))] == [group[i] for i in range(len(roads))]


def test_odd_roads_take_their_place_or_none():
    lines = series(
        [None, LineString(), MultiLineString([[(104, 36), (104.01, 36)], [(104.01, 36), (104.02, 36)]]), Point(104, 36)],
        index=list("abcd"),
    )
    network = build(lines)
    found = components(network)
    assert found.isna().tolist() == [True, True, False, True]
    assert component_lengths_m(network).sum() == pytest.approx(length_m(lines)["c"])
    empty = build(lines.iloc[:0])
    assert empty.nodes == 0
    assert connected(places_of(0), empty, snap_m=100)["connected"].tolist() == [False] * 15
    assert travel_minutes(places_of(0), places_of(3), empty, travel=Travel(max_walk_m=1))["status"].eq("unsnapped").all()


def test_connected_means_a_road_that_leads_on():
    island = LineString([(104.05, 36), (104.052, 36)])
    trunk = LineString([(104, 36), (104.03, 36)])
    lane = LineString([(104.01, 36), (104.01, 36.01)])
    network = build(series([island, trunk, lane], index=["island", "trunk", "lane"]))
    places = series([Point(104.051, 36.001), Point(104.0101, 36.01), Point(104.2, 36), None], index=list("abcd"))
    by_length = connected(places, network, snap_m=300, min_component_m=1000)
    assert by_length["connected"].tolist() == [False, True, False, pd.NA]
    anchors = pd.Series({"trunk": True, "island": False})
    by_anchor = connected(places, network, snap_m=300, anchors=anchors)
    assert by_anchor["road_index"].fillna("").tolist() == ["", "lane", "", ""]
    assert by_anchor["access_m"].round().tolist()[1] == pytest.approx(9, abs=1)
    assert connected(places, network, snap_m=300, anchors=pd.Series({"island": True}))["connected"].tolist() == [
        True,
        False,
        False,
        pd.NA,
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_one_more_road_disconnects_nobody(seed):
    roads, places = roads_of(seed), places_of(seed)
    fewer, all_ = (
        connected(places, build(part), snap_m=800, min_component_m=3000)["connected"] for part in (roads.iloc[:-3], roads)
    )
    assert (all_ | ~fewer).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(100, 3000))
def test_one_more_road_never_lengthens_a_way(seed, walk):
    roads, places, goals = roads_of(seed), places_of(seed), places_of(seed + 7, 3)
    rules = Travel(max_walk_m=walk)
    fewer, all_ = (travel_minutes(places, goals, build(part), travel=rules) for part in (roads.iloc[:-3], roads))
    assert (all_["minutes"].fillna(np.inf) <= fewer["minutes"].fillna(np.inf) * (1 + 1e-6) + 1e-6).all()
    assert all_.index.equals(places.index)
    assert set(all_["status"]) <= {"reached", "unreachable", "unsnapped"}
    assert (all_["minutes"].notna() == (all_["status"] == "reached")).all()


def test_time_is_walk_and_road_and_walk():
    road = series([LineString([(104, 36), (104.1, 36)])])
    place, clinic = series([Point(104, 36.005)]), series([Point(104.1, 36.003)], index=["clinic"])
    found = travel_minutes(place, clinic, build(road), travel=Travel(walk_kmh=5, road_kmh=30))
    walked = length_m(series([LineString([(104, 36), (104, 36.005)]), LineString([(104.1, 36), (104.1, 36.003)])])).sum()
    expected = walked / (5000 / 60) + length_m(road)[0] / (30000 / 60)
    assert found["minutes"][0] == pytest.approx(expected, rel=1e-4)
    assert found["destination_index"].tolist() == ["clinic"]
    slow = travel_minutes(place, clinic, build(road), travel=Travel(walk_kmh=5, road_kmh=30), road_kmh=pd.Series({0: 15.0}))
    assert slow["minutes"][0] == pytest.approx(walked / (5000 / 60) + length_m(road)[0] / (15000 / 60), rel=1e-4)
    ignored = travel_minutes(place, clinic, build(road), travel=Travel(walk_kmh=5, road_kmh=30), road_kmh=pd.Series({0: np.nan}))
    assert ignored["minutes"][0] == pytest.approx(expected, rel=1e-4)


def test_who_is_near_walks_all_the_way_without_any_road():
    network = build(series([LineString([(105, 36), (105.1, 36)])]))
    found = travel_minutes(series([Point(104, 36)]), series([Point(104.01, 36)]), network, travel=Travel(walk_kmh=4))
    assert found["status"].tolist() == ["reached"]
    assert found["minutes"][0] == pytest.approx(
        length_m(series([LineString([(104, 36), (104.01, 36)])]))[0] / (4000 / 60), rel=1e-4
    )
    assert found["access_m"].isna().all()


def test_everybody_is_listed_with_the_reason():
    roads = series([LineString([(104, 36), (104.05, 36)]), LineString([(104.2, 36), (104.25, 36)])])
    places = series(
        [Point(104, 36.001), Point(104.2, 36.001), Point(104, 37), None, box(104.01, 36.001, 104.011, 36.002)],
        index=list("abcde"),
    )
    clinic = series([Point(104.05, 36.001)])
    found = travel_minutes(places, clinic, build(roads))
    assert found["status"].to_dict() == {"a": "reached", "b": "unreachable", "c": "unsnapped", "d": "no_geometry", "e": "reached"}
    none = travel_minutes(places, clinic.iloc[:0], build(roads))
    assert none["status"].to_dict() == {
        "a": "unreachable",
        "b": "unreachable",
        "c": "unsnapped",
        "d": "no_geometry",
        "e": "unreachable",
    }


def test_of_two_roads_between_the_same_places_the_quicker_counts():
    straight = LineString([(104, 36), (104.05, 36)])
    detour = LineString([(104, 36), (104.025, 36.03), (104.05, 36)])
    place, clinic = series([Point(104, 36)]), series([Point(104.05, 36)])
    one = travel_minutes(place, clinic, build(series([straight])), travel=Travel(max_walk_m=100))["minutes"][0]
    both = travel_minutes(place, clinic, build(series([straight, detour])), travel=Travel(max_walk_m=100))["minutes"][0]
    assert both == pytest.approx(one, rel=1e-6)
