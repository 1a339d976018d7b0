"""Queries: every answer equals the one found row by row, `not` is the rest, and every fault is named with its place."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box, to_geojson

from processing.crs import area_m2, length_m
from processing.errors import MissingInputError, QueryError
from processing.nearest import nearest
from processing.query import MEASURES, layers_needed, run_query, validate
from processing.relations import relate


def layer(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4490)


def geojson(shape):
    return json.loads(to_geojson(shape))


def country(seed=0):
    """A small made-up country, with unknown values and places."""
    rng = np.random.default_rng(seed)
    at = np.column_stack([104 + rng.uniform(0, 0.1, 30), 36 + rng.uniform(0, 0.1, 30)])
    points = shapely.points(at).astype(object)
    points[3] = None
    start = np.array([104, 36]) + rng.uniform(0, 0.1, (10, 1, 2))
    lines = shapely.linestrings(start + np.cumsum(rng.normal(0, 0.015, (10, 4, 2)), axis=1))
    corner = np.array([104, 36]) + rng.uniform(0, 0.09, (12, 2))
    parcels = shapely.box(*corner.T, *(corner + rng.uniform(0.002, 0.02, (12, 2))).T)
    service = shapely.buffer(shapely.points(np.array([104, 36]) + rng.uniform(0, 0.1, (5, 2))), rng.uniform(0.005, 0.03, 5))
    population = rng.integers(0, 300, 30).astype(float)
    population[[1, 5]] = np.nan
    return {
        "hamlets": layer(
            points,
            hamlet_id=[f"h{i}" for i in range(30)],
            id=[f"uuid-{i}" for i in range(30)],
            name=[None if i == 4 else f"{'上' if i % 2 else '下'}湾{i}" for i in range(30)],
            population=pd.array(population, dtype="Float64").astype("Int64"),
            hardened_road=pd.array([None if i % 7 == 0 else i % 2 == 0 for i in range(30)], dtype="boolean"),
            supply_mode=[None if i % 9 == 0 else ["dispersed", "central20"][i % 2] for i in range(30)],
            quality_test_date=[None if i % 5 == 0 else f"2024-0{1 + i % 9}-11" for i in range(30)],
        ),
        "roads": layer(
            lines,
            segment_id=[f"r{i}" for i in range(10)],
            admin_class=["村道", "县道"] * 5,
            lanes=pd.array([1, 2] * 5, dtype="Int64"),
        ),
        "farmland": layer(
            parcels, parcel_id=[f"f{i}" for i in range(12)], hsf=pd.array([i % 3 == 0 for i in range(12)], dtype="boolean")
        ),
        "service_areas": layer(service, work_id=[f"w{i}" for i in range(5)]),
        "projects": pd.DataFrame(
            {
                "project_id": ["p1", "p2", "p3"],
                "village_codes": [["v1", "v2"], None, ["v2"]],
                "funding_sources": [[{"code": "A"}], None, []],
            }
        ),
    }


INPUTS = country()
FARM = {"layer": "farmland"}
HAMLETS = {"layer": "hamlets"}


def keys(spec, inputs=None):
    found = run_query(spec, INPUTS if inputs is None else inputs)
    return found.iloc[:, 0].tolist()


def hamlets_where(op, value, field="population"):
    return {"layer": "hamlets", "where": [{"field": field, "op": op, "value": value}]}


@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
def test_numbers_compare_and_unknown_satisfies_nothing(op):
    compare = {"=": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}[op]
    limit = int(INPUTS["hamlets"]["population"].iloc[0])
    frame = INPUTS["hamlets"]
    brute = [
        h
        for h, p in zip(frame["hamlet_id"], frame["population"], strict=True)
        if p is not pd.NA and getattr(int(p), compare)(limit)
    ]
    assert keys(hamlets_where(op, limit)) == brute


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("hamlet_id", "in", ["h2", "h4", "nobody"], ["h2", "h4"]),
        ("name", "contains", "湾1", [f"h{i}" for i in (1, *range(10, 20))]),
        ("name", "contains", ".", []),
        ("name", "starts", "上", [f"h{i}" for i in range(1, 30, 2)]),
        ("name", "is_null", None, ["h4"]),
        ("name", "is_null", True, ["h4"]),
        ("population", "is_null", True, ["h1", "h5"]),
        ("hardened_road", "=", True, [f"h{i}" for i in range(0, 30, 2) if i % 7]),
        ("hardened_road", "!=", True, [f"h{i}" for i in range(1, 30, 2) if i % 7]),
        ("supply_mode", "=", "dispersed", [f"h{i}" for i in range(0, 30, 2) if i % 9]),
        ("quality_test_date", ">=", "2024-09-01", [f"h{i}" for i in range(30) if i % 5 and i % 9 == 8]),
        ("outage_days_year", "is_null", True, [f"h{i}" for i in range(30)]),
        ("outage_days_year", "=", 3, []),
    ],
)
def test_fields_of_every_type(field, op, value, expected):
    assert keys(hamlets_where(op, value, field)) == expected


def test_lists_hold_values_and_codes():
    assert keys({"layer": "projects", "where": [{"field": "village_codes", "op": "contains", "value": "v2"}]}) == ["p1", "p3"]
    assert keys({"layer": "projects", "where": [{"field": "funding_sources", "op": "contains", "value": "A"}]}) == ["p1"]
    assert keys({"layer": "projects", "not": {"where": [{"field": "village_codes", "op": "is_null"}]}}) == ["p1", "p3"]


def test_a_drawn_area_holds_what_lies_in_it_and_measures_what_it_cuts():
    area = box(104.02, 36.02, 104.07, 36.08)
    inside = [
        h
        for h, p in zip(INPUTS["hamlets"]["hamlet_id"], INPUTS["hamlets"].geometry, strict=True)
        if p is not None and area.covers(p)
    ]
    assert keys({**HAMLETS, "within": geojson(area)}) == inside
    roads = run_query({"layer": "roads", "intersects": geojson(area)}, INPUTS)
    brute = INPUTS["roads"][INPUTS["roads"].intersects(area)]
    assert roads["segment_id"].tolist() == brute["segment_id"].tolist()
    assert roads["inside_length_m"].to_numpy() == pytest.approx(length_m(brute.geometry.intersection(area)).to_numpy())
    land = run_query({**FARM, "intersects": geojson(area)}, INPUTS)
    assert land["inside_area_m2"].to_numpy() == pytest.approx(area_m2(land.geometry.intersection(area)).to_numpy())


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.04), st.floats(0, 0.04), st.sampled_from(["hamlets", "roads", "farmland"]))
def test_a_larger_drawn_area_holds_no_less(one, other, name):
    small, large = sorted((one, other))
    areas = [geojson(box(104.05 - d - 0.001, 36.05 - d - 0.001, 104.05 + d + 0.001, 36.05 + d + 0.001)) for d in (small, large)]
    for key in ("within", "intersects"):
        inner, outer = (set(keys({"layer": name, key: area})) for area in areas)
        assert inner <= outer
    assert set(keys({"layer": name, "within": areas[1]})) <= set(keys({"layer": name, "intersects": areas[1]}))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.floats(0, 6000))
def test_near_is_the_distance_to_the_chosen_features(seed, distance):
    inputs = country(seed)
    spec = {**HAMLETS, "near": {"layer": "roads", "where": [{"field": "lanes", "op": "=", "value": 2}], "distance_m": distance}}
    found = run_query(spec, inputs)
    measured = nearest(inputs["hamlets"], inputs["roads"][1::2])
    brute = measured[measured["distance_m"] <= distance]
    assert found.index.tolist() == brute.index.tolist()
    assert found["nearest_distance_m"].tolist() == pytest.approx(brute["distance_m"].tolist())
    assert found["nearest_id"].tolist() == [inputs["roads"]["segment_id"].iloc[i] for i in brute["target_index"]]
    assert found.attrs["without_geometry"] == 1


@pytest.mark.parametrize("name", ["r1", "uuid-2"])
def test_one_feature_is_named_by_key_or_id(name):
    other = {"layer": "roads", "id": "r1"} if name == "r1" else {"layer": "hamlets", "id": "uuid-2"}
    found = run_query({**HAMLETS, "near": {**other, "distance_m": 4000}}, INPUTS)
    target = INPUTS["roads"].iloc[[1]] if name == "r1" else INPUTS["hamlets"].iloc[[2]]
    within = nearest(INPUTS["hamlets"], target)["distance_m"] <= 4000
    expected = INPUTS["hamlets"]["hamlet_id"][within].tolist()
    assert found["hamlet_id"].tolist() == [h for h in expected if name == "r1" or h != "h2"]


def test_a_feature_is_not_near_itself():
    alone = layer([Point(104, 36), Point(105, 36), Point(105.001, 36)], hamlet_id=["a", "b", "c"])
    found = run_query({**HAMLETS, "near": {"layer": "hamlets", "distance_m": 500}}, {"hamlets": alone})
    assert found[["hamlet_id", "nearest_id"]].to_numpy().tolist() == [["b", "c"], ["c", "b"]]
    parcels = layer([box(0, 0, 1, 1), box(0.5, 0, 2, 1), box(5, 5, 6, 6)], parcel_id=["a", "b", "c"])
    assert keys({**FARM, "relation": {"layer": "farmland", "predicate": "crosses"}}, {"farmland": parcels}) == ["a", "b"]
    assert keys({**FARM, "relation": {"layer": "farmland", "predicate": "outside_all"}}, {"farmland": parcels}) == ["c"]


SHAPELY = {
    "intersects": lambda a, b: a.intersects(b),
    "within": lambda a, b: a.covered_by(b),
    "contains": lambda a, b: a.covers(b),
}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 200),
    st.sampled_from(sorted(SHAPELY)),
    st.sampled_from(["hamlets", "roads", "farmland"]),
    st.sampled_from(["roads", "farmland", "service_areas"]),
)
def test_relations_agree_with_comparing_every_pair(seed, predicate, name, other):
    inputs = country(seed)
    others = [shape for shape in inputs[other].geometry if shape is not None]
    brute = []
    for row, shape in enumerate(inputs[name].geometry):
        count = (
            0 if shape is None else sum(SHAPELY[predicate](shape, o) for i, o in enumerate(others) if name != other or i != row)
        )
        brute.append(count)
    found = run_query({"layer": name, "relation": {"layer": other, "predicate": predicate}}, inputs)
    assert found.index.tolist() == [i for i, count in enumerate(brute) if count]
    assert found["related_count"].tolist() == [count for count in brute if count]


def test_farmland_crossed_by_a_road_with_the_length_of_the_crossing():
    found = run_query({**FARM, "relation": {"layer": "roads", "predicate": "crosses"}}, INPUTS)
    roads = INPUTS["roads"].geometry
    lengths = {
        row: sum(
            length_m(gpd.GeoSeries([road.intersection(parcel)], crs=4490))[0]
            for road in roads
            if road.intersection(parcel).length > 0
        )
        for row, parcel in enumerate(INPUTS["farmland"].geometry)
    }
    assert found.index.tolist() == [row for row, length in lengths.items() if length > 0]
    assert found["shared_length_m"].tolist() == pytest.approx([length for length in lengths.values() if length > 0])
    crossed = run_query({"layer": "roads", "relation": {"layer": "farmland", "predicate": "crosses"}}, INPUTS)
    whole = INPUTS["farmland"].union_all()
    assert crossed["shared_length_m"].to_numpy() == pytest.approx(length_m(crossed.geometry.intersection(whole)).to_numpy())


def test_shared_area_counts_overlaps_once():
    found = run_query({**FARM, "relation": {"layer": "service_areas", "predicate": "intersects"}}, INPUTS)
    whole = INPUTS["service_areas"].union_all()
    assert found["shared_area_m2"].to_numpy() == pytest.approx(area_m2(found.geometry.intersection(whole)).to_numpy(), rel=1e-6)


def test_outside_every_service_area_leaves_unknown_places_out():
    spec = {**HAMLETS, "relation": {"layer": "service_areas", "predicate": "outside_all"}}
    whole = INPUTS["service_areas"].union_all()
    shapes = INPUTS["hamlets"].geometry
    assert run_query(spec, INPUTS).index.tolist() == [
        i for i, p in enumerate(shapes) if p is not None and not p.intersects(whole)
    ]
    assert 3 in run_query({**HAMLETS, "not": {"relation": {"layer": "service_areas", "predicate": "intersects"}}}, INPUTS).index


def test_touching_a_border_is_not_inside_but_not_disjoint():
    parcels = layer([box(0, 0, 1, 1), box(3, 3, 4, 4)], parcel_id=["touching", "apart"])
    service = layer([box(1, 0, 2, 1)], work_id=["w"])
    inputs = {"farmland": parcels, "service_areas": service, "roads": layer([LineString([(1, 0), (1, 1)])], segment_id=["along"])}
    assert keys({**FARM, "relation": {"layer": "service_areas", "predicate": "outside_all"}}, inputs) == ["touching", "apart"]
    assert keys({**FARM, "relation": {"layer": "service_areas", "predicate": "disjoint"}}, inputs) == ["apart"]
    assert keys({**FARM, "relation": {"layer": "roads", "predicate": "crosses"}}, inputs) == []
    assert keys({**FARM, "relation": {"layer": "roads", "predicate": "intersects"}}, inputs) == ["touching"]


def test_lines_cross_in_a_spot_and_points_never_do():
    roads = layer(
        [LineString([(0, 0), (2, 2)]), LineString([(0, 2), (2, 0)]), LineString([(2, 2), (3, 3)])], segment_id=["a", "b", "c"]
    )
    assert keys({"layer": "roads", "relation": {"layer": "roads", "predicate": "crosses"}}, {"roads": roads}) == ["a", "b"]
    found = relate(np.array([Point(0, 0)]), roads.geometry.to_numpy(), "crosses")
    assert found.mask.tolist() == [False]
    assert np.isnan(found.length_m).all()


CLAUSES = st.recursive(
    st.sampled_from(
        [
            {"where": [{"field": "population", "op": ">", "value": 150}]},
            {"where": [{"field": "hardened_road", "op": "=", "value": True}]},
            {"near": {"layer": "roads", "distance_m": 1000}},
            {"relation": {"layer": "service_areas", "predicate": "within"}},
            {"relation": {"layer": "service_areas", "predicate": "disjoint"}},
            {"within": geojson(box(104, 36, 104.05, 36.1))},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda node: {"not": node}, inner),
        st.builds(lambda a, b: {"and": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"or": [a, b]}, inner, inner),
    ),
    max_leaves=5,
)


def rows(node):
    return set(run_query({"layer": "hamlets", **node}, INPUTS).index)


@settings(max_examples=60, deadline=None)
@given(CLAUSES, CLAUSES)
def test_not_is_the_rest_and_both_are_the_overlap_and_either_the_union(a, b):
    everything = set(INPUTS["hamlets"].index)
    assert rows({"not": a}) == everything - rows(a)
    assert rows({"and": [a, b]}) == rows(a) & rows(b)
    assert rows({"or": [a, b]}) == rows(a) | rows(b)


def test_of_two_distances_the_nearer_is_kept_with_its_feature():
    near = [{"near": {"layer": "roads", "id": name, "distance_m": 20_000}} for name in ("r1", "r2")]
    one, two, either = (run_query({**HAMLETS, **node}, INPUTS) for node in (near[0], near[1], {"or": near}))
    assert either["nearest_distance_m"].to_numpy() == pytest.approx(
        np.fmin(one["nearest_distance_m"].reindex(either.index), two["nearest_distance_m"].reindex(either.index))
    )
    closer = (one["nearest_distance_m"] <= two["nearest_distance_m"]).to_numpy()
    assert either["nearest_id"].tolist() == np.where(closer, "r1", "r2").tolist()


def test_answers_keep_the_row_the_crs_and_the_columns_and_leave_the_input_alone():
    before = INPUTS["hamlets"].copy()
    found = run_query({**HAMLETS, "near": {"layer": "roads", "distance_m": 3000}}, INPUTS)
    assert found.crs == before.crs
    assert found.columns.tolist() == [*before.columns, "nearest_distance_m", "nearest_id"]
    pd.testing.assert_frame_equal(INPUTS["hamlets"], before)
    assert not set(MEASURES) & set(before.columns)


def test_measures_are_no_fields_of_any_layer():
    from layers.catalogue import LAYERS

    assert not {name for declared in LAYERS.values() for name in declared.field_names} & set(MEASURES)


def test_the_layers_that_are_looked_at():
    spec = {
        "layer": "villages",
        "or": [
            {"near": {"layer": "roads", "distance_m": 1, "relation": {"layer": "farmland", "predicate": "crosses"}}},
            {"not": {"relation": {"layer": "service_areas", "predicate": "within"}}},
        ],
    }
    assert layers_needed(spec) == ("villages", "roads", "farmland", "service_areas")
    with pytest.raises(MissingInputError, match="villages, which is not loaded; loaded are: hamlets"):
        run_query({"layer": "villages"}, INPUTS)


def nested(depth):
    node = {"where": []}
    for _ in range(depth):
        node = {"not": node}
    return {"layer": "hamlets", **node}


SQUARE = [[104, 36], [105, 36], [105, 37], [104, 36]]
BOW = [[104, 36], [105, 37], [105, 36], [104, 37], [104, 36]]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "query: an object with clauses was expected, found list of 0"),
        ({}, "unknown layer None; expected areas, counties"),
        ({"layer": ["hamlets"]}, "unknown layer list of 1"),
        ({"layer": "hamlets; drop table"}, "unknown layer 'hamlets; drop table'"),
        ({**HAMLETS, "sort": 1}, "query: unknown key 'sort'; keys are and, intersects"),
        ({**HAMLETS, "and": {}}, "query.and: a list of one or more objects was expected"),
        ({**HAMLETS, "or": []}, "query.or: a list of one or more objects"),
        ({**HAMLETS, "not": {"layer": "roads"}}, "query.not.layer: unknown layer 'roads'; expected hamlets"),
        ({**HAMLETS, "where": {}}, "query.where: a list of conditions was expected"),
        ({**HAMLETS, "where": [{"op": "="}]}, r"query.where\[0\]: field, op and value were expected"),
        (hamlets_where("=", 1, "pop"), r"query.where\[0\].field: Layer hamlets has no field 'pop'; its fields are"),
        (hamlets_where("like", 1), r"field population \(integer\) takes =, !=, .*; found 'like'"),
        (hamlets_where(["="], 1), "found list of 1"),
        (hamlets_where("=", "many"), "field population: a finite number was expected, found 'many'"),
        (hamlets_where("=", float("nan")), "a finite number was expected"),
        (hamlets_where("=", 10**400), "a finite number was expected"),
        (hamlets_where("=", True), "a finite number was expected, found True"),
        (hamlets_where("in", 3), "a list of values was expected"),
        (hamlets_where("in", []), "a list of values was expected"),
        (hamlets_where("is_null", 3), "is_null takes true, false or no value"),
        (hamlets_where("=", 1, "hardened_road"), "true or false was expected"),
        (hamlets_where("=", "2024-2-3", "quality_test_date"), "a day as YYYY-MM-DD was expected"),
        (hamlets_where("=", "2024-02-31", "quality_test_date"), "a day as YYYY-MM-DD was expected"),
        (hamlets_where("=", "管道", "supply_mode"), "'管道' is not in its code list; codes are"),
        (hamlets_where("starts", "", "name"), "text was expected"),
        ({**HAMLETS, "near": 3}, "query.near: an object with layer and distance_m was expected"),
        ({**HAMLETS, "near": {"layer": "roads"}}, "query.near.distance_m: metres from 0 to 1000000 were expected, found None"),
        ({**HAMLETS, "near": {"layer": "roads", "distance_m": -1}}, "metres from 0"),
        ({**HAMLETS, "near": {"layer": "roads", "distance_m": 5, "id": 3}}, "query.near.id: text was expected"),
        ({**HAMLETS, "near": {"layer": "areas", "distance_m": 5}}, "query.near.layer: layer areas is a table without geometry"),
        ({**HAMLETS, "near": {"layer": "moon", "distance_m": 5}}, "query.near.layer: unknown layer 'moon'"),
        ({**HAMLETS, "relation": {"layer": "roads", "predicate": "touches"}}, "unknown predicate 'touches'; one of intersects"),
        ({**HAMLETS, "relation": []}, "query.relation: an object with layer and predicate"),
        ({"layer": "areas", "near": {"layer": "roads", "distance_m": 5}}, "query.near: layer areas is a table without geometry"),
        ({**HAMLETS, "within": "here"}, "query.within: a GeoJSON Polygon or MultiPolygon was expected"),
        ({**HAMLETS, "within": {"type": "Point", "coordinates": [1, 2]}}, "a GeoJSON Polygon"),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": []}}, "has no ring"),
        ({**HAMLETS, "within": {"type": "MultiPolygon", "coordinates": []}}, "has no coordinates"),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": [[[0, 0]]]}}, "fewer than four positions"),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": [[*SQUARE[:3], [1, 1]]]}}, "is not closed"),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": [BOW]}}, "crosses itself"),
        (
            {**HAMLETS, "within": {"type": "Polygon", "coordinates": [[[0, 0], [1, float("inf")], [1, 1], [0, 0]]]}},
            "not on the earth",
        ),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": [[[0, 0], [1, 91], [1, 1], [0, 0]]]}}, "not on the earth"),
        ({**HAMLETS, "within": {"type": "Polygon", "coordinates": [[0, 0, 0, 0]]}}, "is not .longitude, latitude."),
        (
            {**HAMLETS, "intersects": {"type": "Polygon", "coordinates": [[[i / 1e5, 0] for i in range(10_001)]]}},
            "more than 10000 vertices",
        ),
        (nested(25), "nested more than 20 deep"),
        ({**HAMLETS, "or": [{"where": []}] * 300}, "more than 200 clauses"),
        (hamlets_where("in", ["x" * 50] * 100, "name"), "bytes long without drawn areas; at most 4096"),
    ],
)
def test_faults_are_named_with_their_place(spec, message):
    with pytest.raises(QueryError, match=message):
        validate(spec)


def test_all_faults_are_told_at_once_and_many_are_cut_short():
    with pytest.raises(QueryError, match=r"where\[0\].*where\[1\].*near.distance_m") as found:
        validate({**HAMLETS, "where": [{"field": "a", "op": "="}, {"field": "b", "op": "="}], "near": {"layer": "roads"}})
    assert found.value.code == "bad_filter"
    with pytest.raises(QueryError) as many:
        validate({**HAMLETS, "where": [{}] * 150})
    assert str(many.value).count("were expected") == 20


def test_a_large_drawn_area_does_not_count_as_text():
    ring = shapely.get_coordinates(Point(104.5, 36.5).buffer(0.5, quad_segs=2000)).tolist()
    assert validate({**HAMLETS, "within": {"type": "Polygon", "coordinates": [ring]}}).drawn[0].whole
    assert validate(nested(19)).layer == "hamlets"


def test_labels_of_codes_are_understood():
    assert validate({"layer": "roads", "where": [{"field": "surface_type", "op": "in", "value": ["水泥", "沥青"]}]}).where[
        0
    ].value == ("水泥", "沥青")
