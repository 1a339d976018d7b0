"""Access to roads: what must always hold when roads are added, radii grow, or states become known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from processing.indicators.example import context, frame, hamlets, roads
from processing.indicators.passability import best_passability
from processing.indicators.road_access import (
    any_road,
    larger_hamlets_hardened,
    rural_access,
    townships_on_class3,
    villages_on_dual_lane,
)
from processing.indicators.road_kinds import all_season, class3, dual_lane, graded, hardened, paved, rural_road

coordinate = st.tuples(st.floats(103.9, 104.1), st.floats(35.9, 36.1))
state = st.sampled_from([True, False, None])
road = st.tuples(coordinate, coordinate, state)


def layer(rows):
    lines = [LineString([a, b]) if a != b else LineString([a, (a[0] + 0.001, a[1])]) for a, b, _ in rows]
    return frame("segment_id", lines, all_season=pd.array([s for *_, s in rows], dtype="boolean"))


def people(places):
    return frame("hamlet_id", [Point(p) for p in places], population=[10] * len(places))


def bounds(found):
    known = found["numerator"].sum()
    return known, known + found.loc[found["numerator"].isna(), "denominator"].sum()


@settings(deadline=None, max_examples=15)
@given(st.lists(coordinate, min_size=1, max_size=6), st.lists(road, min_size=1, max_size=4), road)
def test_adding_a_road_never_lowers_access(places, rows, more):
    before = bounds(rural_access({"hamlets": people(places), "roads": layer(rows)}, context()))
    after = bounds(rural_access({"hamlets": people(places), "roads": layer([*rows, more])}, context()))
    assert after[0] >= before[0]
    assert after[1] >= before[1]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(coordinate, min_size=1, max_size=6),
    st.lists(road, min_size=1, max_size=4),
    st.integers(100, 5000),
    st.integers(0, 5000),
)
def test_access_grows_with_the_radius(places, rows, radius, more):
    inputs = {"hamlets": people(places), "roads": layer(rows)}
    near = bounds(rural_access(inputs, context(road_access__radius_m=radius)))
    far = bounds(rural_access(inputs, context(road_access__radius_m=radius + more)))
    assert far[0] >= near[0]
    assert far[1] >= near[1]


@settings(deadline=None, max_examples=15)
@given(st.lists(coordinate, min_size=1, max_size=6), st.lists(road, min_size=1, max_size=4), st.booleans())
def test_learning_the_state_of_a_road_narrows_the_bounds(places, rows, learned):
    rows[0] = (*rows[0][:2], None)
    wiser = [(*rows[0][:2], learned), *rows[1:]]
    before = bounds(rural_access({"hamlets": people(places), "roads": layer(rows)}, context()))
    after = bounds(rural_access({"hamlets": people(places), "roads": layer(wiser)}, context()))
    assert before[0] <= after[0] <= after[1] <= before[1]


def test_no_road_layer_is_unknown_not_uncovered():
    for compute in (rural_access, any_road):
        found = compute({"hamlets": hamlets(population=[100])}, context())
        assert found["missing"].tolist() == ["unknown"]
        assert compute({}, context()).empty


def test_only_roads_of_unknown_state_nearby_is_unknown():
    inputs = {"hamlets": hamlets(population=[100]), "roads": roads(tech_class=[None])}
    assert rural_access(inputs, context())["missing"].tolist() == ["unknown"]
    assert any_road(inputs, context(road_access__any_radius_m=600))["missing"].tolist() == [None]


def test_a_hamlet_without_geometry_is_unknown():
    inputs = {"hamlets": hamlets(population=[100]), "roads": roads(all_season=[True])}
    inputs["hamlets"].geometry = [None]
    assert rural_access(inputs, context())["missing"].tolist() == ["unknown"]


def test_settlements_have_access_of_their_own():
    area = frame("settlement_id", [box(104.0, 36.0, 104.001, 36.001)], persons_total=[900], setting=["城镇"])
    found = rural_access({"settlements": area, "roads": roads(all_season=[True])}, context())
    assert found[["unit_layer", "numerator"]].to_numpy().tolist() == [["settlements", 900.0]]


@pytest.mark.parametrize(
    ("given_", "tech", "surface", "expected"),
    [(True, "等外", "土", True), (False, "二级", "沥青", False), (None, "四级", None, True), (None, "等外", "水泥", True), (None, "等外", "土", False),
     (None, "等外", None, None), (None, None, "沥青", True), (None, None, "土", None), (None, None, None, None)],
)  # fmt: skip
def test_all_season_is_given_or_derived(given_, tech, surface, expected):
    table = pd.DataFrame({"all_season": pd.array([given_], dtype="boolean"), "tech_class": [tech], "surface_type": [surface]})
    found = all_season(table, context()).iloc[0]
    assert (None if pd.isna(found) else bool(found)) == expected


def test_a_hardened_road_below_class_counts_only_when_the_parameter_says_so():
    table = pd.DataFrame({"tech_class": ["等外"], "surface_type": ["水泥"]})
    assert not all_season(table, context(road__outclass_hardened_is_all_season=False)).iloc[0]


def test_other_kinds_of_road():
    table = pd.DataFrame(
        {
            "tech_class": ["三级", "四级Ⅱ", None],
            "surface_type": ["沥青", "砂石", None],
            "lanes": [2, 1, None],
            "admin_class": ["村道", "国道", None],
        }
    )
    for kind in (class3, hardened, paved, dual_lane, rural_road):
        assert kind(table, context()).tolist()[:2] == [True, False]
        assert pd.isna(kind(table, context()).iloc[2])
    assert graded(table, context()).tolist()[:2] == [True, True]


def test_townships_by_flag_by_seat_and_unknown():
    townships = frame(
        "township_code", [box(103.9, 35.9, 104.1, 36.1)] * 4, class3_connected=pd.array([True, None, None, None], dtype="boolean"),
        seat_lon=[104.0, 104.0, 104.0, None], seat_lat=[36.0, 35.995, 35.99, None],
    )  # fmt: skip
    found = townships_on_class3({"townships": townships, "roads": roads(tech_class=["三级"])}, context())
    assert found["missing"].tolist() == [None, None, "no_class3_road", "unknown"]
    assert found["shortfall"].iloc[2] == pytest.approx(555 - 100, abs=2)
    assert townships_on_class3({}, context()).empty


def test_villages_of_towns_are_no_administrative_villages():
    villages = frame("village_code", [Point(104, 35.995)] * 3, urban_rural_code=["111", "220", None])
    found = villages_on_dual_lane({"villages": villages, "roads": roads(lanes=[2])}, context())
    assert found["unit_id"].tolist() == ["v2", "v3"]
    assert found["numerator"].tolist() == [1, 1]


def test_larger_hamlets_by_either_size():
    inputs = {
        "hamlets": hamlets(
            population=[99, 100, 30, None, None], households=[24, 3, 25, None, 10], hardened_road=[None, True, False, None, None]
        ),
        "roads": roads(surface_type=["水泥"], north=36.0),
    }
    found = larger_hamlets_hardened(inputs, context()).set_index("unit_id")
    assert list(found.index) == ["h2", "h3", "h4", "h5"]
    assert found["denominator"].tolist()[:2] == [1, 1]
    assert found["denominator"].isna().tolist() == [False, False, True, True]
    assert found["missing"].tolist()[:2] == [None, "no_hardened_road"]


def test_a_settlement_says_itself_whether_it_has_a_road():
    area = frame("settlement_id", [Point(104, 36.5)] * 2, persons_total=[900, 900], has_road=[True, None])
    found = larger_hamlets_hardened({"settlements": area, "roads": roads(surface_type=["水泥"])}, context())
    assert found["missing"].tolist() == [None, "no_hardened_road"]


def test_passability_is_the_best_within_reach():
    inputs = {"hamlets": hamlets(population=[100, 100, 100]), "roads": roads(passability=[0.6, 1.0, 0.4])}
    variant = context(road_access__variant="passability", road_access__radius_m=1000)
    found = rural_access(inputs, variant)
    assert found["numerator"].tolist() == pytest.approx([60, 0, 0])
    assert found["missing"].tolist() == ["no_road_within"] * 3


def test_unknown_passability_within_reach_is_unknown_unless_the_best_is_full():
    places = gpd.GeoSeries([Point(104, 36)], crs=4490)
    radius = pd.Series([2000.0])
    for passability, expected in (([0.5, None], None), ([1.0, None], 1.0)):
        found = best_passability({"roads": roads(passability=passability)}, context(), places, radius).iloc[0]
        assert (None if pd.isna(found) else found) == expected
    assert best_passability({}, context(), places, radius).isna().all()


def test_inputs_are_not_changed():
    inputs = {"hamlets": hamlets(population=[100, 50]), "roads": roads(tech_class=["四级"], lanes=[2])}
    before = {name: rows.copy(deep=True) for name, rows in inputs.items()}
    for compute in (rural_access, any_road, larger_hamlets_hardened):
        compute(inputs, context())
    for name, rows in inputs.items():
        pd.testing.assert_frame_equal(rows, before[name])
    assert not np.shares_memory(inputs["hamlets"]["population"].to_numpy(), before["hamlets"]["population"].to_numpy())
