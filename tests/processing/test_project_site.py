"""The analysis of a project's place against values worked out by hand, and what must hold for any place."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

from processing import profiles, project_site, site_overlap, site_persons, site_places, site_seen
from processing.areas import Areas
from processing.indicators.definition import Context

GEOD = Geod(ellps="GRS80")
DAY = dt.date(2026, 11, 22)


def metres(start, end):
    return GEOD.inv(*start, *end)[2]


def frame(rows, key):
    data = pd.DataFrame([{name: value for name, value in row.items() if name != "at"} for row in rows], dtype=object)
    assert key in data
    return gpd.GeoDataFrame(data, geometry=[row.get("at") for row in rows], crs=4490)


@pytest.fixture
def context():
    return fresh()


def fresh():
    tree = pd.DataFrame({"area_code": ["C", "T", "A", "B"], "parent_code": [None, "C", "T", "T"], "rank": [3, 4, 5, 5]})
    return Context(Areas(tree), profiles.load(), DAY)


def villages(**more):
    rows = [
        {"village_code": "A", "name": "甲村", "planning_type": "集聚提升", "at": box(104, 36, 104.1, 36.1)},
        {"village_code": "B", "name": "乙村", "planning_type": "搬迁撤并", "at": box(104.1, 36, 104.2, 36.1)},
    ]
    return frame([row | more.get(row["village_code"], {}) for row in rows], "village_code")


def of(found, code):
    return next(item for item in found if item.code == code)


# what is shared


def test_two_lines_share_the_stretch_on_which_they_run_together():
    # 10 m apart (0.00009° of latitude), together from 104.005 to 104.015: square ends, so exactly that stretch
    site = LineString([(104, 36), (104.02, 36)])
    other = gpd.GeoSeries([LineString([(104.005, 36.00009), (104.015, 36.00009)])], crs=4490)
    (found,) = site_overlap.shared(site, other, along_m=20)
    assert found.relation == "along"
    assert found.length_m == pytest.approx(metres((104.005, 36), (104.015, 36)), abs=0.2)
    assert found.share == pytest.approx(0.5, abs=1e-3)


def test_lines_that_cross_share_no_length():
    site = LineString([(104, 36), (104.02, 36)])
    others = gpd.GeoSeries(
        [LineString([(104.01, 35.99), (104.01, 36.01)]), LineString([(104, 36.01), (104.02, 36.01)])], crs=4490
    )
    (found,) = site_overlap.shared(site, others, along_m=20)
    assert (found.label, found.relation, found.length_m) == (0, "crosses", None)


def test_a_short_bridge_on_the_line_runs_along_it():
    site = LineString([(104, 36), (104.02, 36)])
    bridge = gpd.GeoSeries([LineString([(104.01, 36), (104.0103, 36)])], crs=4490)  # 27 m, less than 4 · 20 m
    (found,) = site_overlap.shared(site, bridge, along_m=20)
    assert found.relation == "along"
    assert found.length_m == pytest.approx(metres((104.01, 36), (104.0103, 36)), abs=0.1)


def test_a_line_through_a_surface_and_a_surface_over_a_line():
    line, land = LineString([(104, 36.05), (104.04, 36.05)]), box(104.01, 36, 104.02, 36.1)
    inside = metres((104.01, 36.05), (104.02, 36.05))
    (one,) = site_overlap.shared(line, gpd.GeoSeries([land], crs=4490), along_m=20)
    (other,) = site_overlap.shared(land, gpd.GeoSeries([line], crs=4490), along_m=20)
    assert one.relation == other.relation == "inside"
    assert one.length_m == pytest.approx(inside, rel=1e-6)
    assert other.length_m == pytest.approx(inside, rel=1e-6)
    assert one.share == pytest.approx(0.25, rel=1e-6)
    assert other.share == pytest.approx(0.25, rel=1e-6)


def test_surfaces_that_only_touch_share_nothing():
    site = box(104, 36, 104.01, 36.01)
    touching = gpd.GeoSeries([box(104.01, 36, 104.02, 36.01), None], crs=4490)
    assert site_overlap.shared(site, touching, along_m=20) == []


def test_a_line_that_crosses_itself_runs_with_itself_whole():
    """Crossings cut the line into pieces, some shorter than a crossing road would leave; they hang together."""
    crossed = LineString([(104.004, 36), (104, 36.02), (104.008, 36), (104, 36.016), (104.016, 36.016)])
    (itself,) = site_overlap.shared(crossed, gpd.GeoSeries([crossed], crs=4490), along_m=20)
    assert (itself.relation, itself.share) == ("along", pytest.approx(1, abs=1e-3))


def test_a_point_stands_at_what_lies_within_the_tolerance():
    road = gpd.GeoSeries([LineString([(104, 36), (104.02, 36)])], crs=4490)
    (near,) = site_overlap.shared(Point(104.01, 36.0001), road, along_m=20)
    assert near.relation == "at"
    assert near.distance_m == pytest.approx(metres((104.01, 36), (104.01, 36.0001)), abs=0.1)
    assert site_overlap.shared(Point(104.01, 36.0003), road, along_m=20) == []


def test_an_asset_without_geometry_lies_where_its_feature_lies():
    roads = frame([{"segment_id": "r1", "at": LineString([(104, 36), (104.02, 36)])}], "segment_id")
    rows = [
        {"asset_id": "a1", "feature_type": "road", "feature_id": "r1", "at": None},
        {"asset_id": "a2", "feature_type": "road", "feature_id": "r9", "at": None},
        {"asset_id": "a3", "feature_type": None, "feature_id": None, "at": Point(104, 36)},
    ]
    shapes = site_overlap.asset_shapes(frame(rows, "asset_id"), {"road": (roads, "segment_id")})
    assert [None if shape is None else shape.geom_type for shape in shapes] == ["LineString", None, "Point"]


coordinates = st.floats(-0.02, 0.02).map(lambda value: round(value, 5))
corners = st.tuples(coordinates, coordinates).map(lambda pair: (104 + pair[0], 36 + pair[1]))


@st.composite
def shapes(draw):
    points = draw(st.lists(corners, min_size=3, max_size=6, unique=True))
    kind = draw(st.sampled_from(["point", "line", "area"]))
    if kind == "point":
        return Point(points[0])
    return LineString(points) if kind == "line" else shapely.make_valid(shapely.MultiPoint(points).convex_hull.buffer(0.0005))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(shapes(), st.lists(shapes(), max_size=4))
def test_what_is_shared_is_never_more_than_there_is(site, others):
    rows = gpd.GeoSeries(others, index=range(7, 7 + len(others)), crs=4490)
    found = site_overlap.shared(site, rows, along_m=20)
    assert len({item.label for item in found}) == len(found)
    for item in found:
        other = rows[item.label]
        assert item.share is None or 0 < item.share <= 1
        assert (item.area_m2 is not None) == (item.relation == "area")
        assert (item.length_m is not None) == (item.relation in {"along", "inside"})
        if item.area_m2 is not None:
            least = min(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) for shape in (site, other))
            assert item.area_m2 <= least * (1 + 1e-5) + 1
    # the same place again shares the whole of itself
    (itself,) = site_overlap.shared(site, gpd.GeoSeries([site], crs=4490), along_m=20)
    if itself.relation in {"area", "along"}:
        assert itself.share == pytest.approx(1, abs=1e-3)
    else:
        assert itself.relation == "at"
        assert itself.distance_m == 0


# farmland


def parcels():
    # three parcels of 0.01° × 0.01° in a row; the first is HSF and permanent, of the second nothing is said, the third is neither
    return frame(
        [
            {"parcel_id": "p1", "hsf": True, "permanent_basic": True, "at": box(104, 36, 104.01, 36.01)},
            {"parcel_id": "p2", "hsf": None, "permanent_basic": None, "at": box(104.01, 36, 104.02, 36.01)},
            {"parcel_id": "p3", "hsf": False, "permanent_basic": False, "at": box(104.02, 36, 104.03, 36.01)},
        ],
        "parcel_id",
    )


PARCEL_M2 = 1_000_385
"""Area of 0.01° × 0.01° from 36° N: M·Δφ · N·cosφ·Δλ = 1109.60 m · 901.57 m."""


def test_farmland_of_a_surface_with_high_standard_and_permanent_apart():
    # the northern half of all three
    found = site_places.farmland_taken(box(104, 36.005, 104.03, 36.02), parcels())
    half = PARCEL_M2 / 2
    assert found.measured == "area"
    assert found.parcels == ("p1", "p2", "p3")
    assert found.area_m2 == pytest.approx(3 * half, rel=2e-4)
    assert [found.hsf_m2, found.hsf_unknown_m2] == pytest.approx([half, half], rel=2e-4)
    assert [found.permanent_m2, found.permanent_unknown_m2] == pytest.approx([half, half], rel=2e-4)
    assert found.mu(found.area_m2) == pytest.approx(3 * half * 15 / 10_000, rel=2e-4)
    assert found.hectares(found.area_m2) == pytest.approx(150.06, rel=2e-4)


def test_overlapping_parcels_count_once():
    twice = pd.concat([parcels(), parcels()], ignore_index=True)
    once = site_places.farmland_taken(box(104, 36, 104.03, 36.02), parcels())
    assert site_places.farmland_taken(box(104, 36, 104.03, 36.02), twice).area_m2 == pytest.approx(once.area_m2)


def test_a_line_takes_a_strip_of_its_width_and_without_a_width_only_its_length_is_known():
    line = LineString([(103.99, 36.005), (104.01, 36.005)])
    inside = metres((104, 36.005), (104.01, 36.005))
    without = site_places.farmland_taken(line, parcels())
    assert (without.measured, without.area_m2, without.hsf_m2) == ("line", None, None)
    assert without.length_m == pytest.approx(inside, rel=1e-6)
    strip = site_places.farmland_taken(line, parcels(), width_m=6)
    assert strip.measured == "strip"
    assert strip.area_m2 == pytest.approx(6 * inside, rel=1e-3)
    assert strip.parcels == ("p1", "p2")  # the end of the strip lies on their border


def test_a_layer_that_says_nothing_of_permanent_farmland_is_no_layer_without_any():
    silent = parcels().drop(columns="permanent_basic")
    found = site_places.farmland_taken(box(104, 36, 104.01, 36.01), silent)
    assert found.permanent_said is False
    assert found.permanent_m2 == 0
    assert found.permanent_unknown_m2 == pytest.approx(PARCEL_M2, rel=2e-4)


def test_a_point_on_a_parcel_names_it():
    found = site_places.farmland_taken(Point(104.005, 36.005), parcels())
    assert (found.measured, found.parcels, found.area_m2) == ("point", ("p1",), None)


# villages and persons


def test_villages_named_and_met_are_told_apart():
    site = LineString([(104.05, 36.05), (104.15, 36.05)])
    found = site_places.villages_touched(site, ["A", "Z"], villages(), near_m=500)
    assert [(item.code, item.stated, item.met) for item in found] == [("A", True, True), ("B", False, True), ("Z", True, False)]
    assert [of(found, "A").share, of(found, "B").share] == pytest.approx([0.5, 0.5], rel=1e-6)
    assert of(found, "B").to_be_moved
    assert of(found, "Z").name == "Z"


def test_a_village_known_by_its_seat_is_met_within_the_distance():
    rows = frame([{"village_code": "A", "name": "甲村", "planning_type": None, "at": Point(104, 36)}], "village_code")
    assert site_places.villages_touched(Point(104, 36.004), [], rows, near_m=500)[0].met  # 444 m
    assert site_places.villages_touched(Point(104, 36.005), [], rows, near_m=500) == []  # 555 m


def hamlets(*rows):
    return frame(
        [
            {"hamlet_id": f"h{no}", "village_code": code, "population": people, "at": at}
            for no, (code, people, at) in enumerate(rows)
        ],
        "hamlet_id",
    )


def test_persons_within_reach_have_two_bounds():
    site = Point(104.05, 36.05)
    near, far = Point(104.05, 36.055), Point(104.05, 36.065)  # 555 m and 1664 m
    inputs = {
        "villages": villages(A={"pop_resident": 400}),
        "hamlets": hamlets(("A", 100, near), ("A", 50, far), ("A", None, near), ("A", 30, None), ("B", 70, None)),
    }
    found = site_persons.persons_within(site, ["A"], inputs, fresh(), reach_m=1000)
    # sure: 100. The hamlet without a number: at most 400 - (100 + 50 + 30) = 220. The one without a place: at most 30 more.
    assert (found.low, found.high) == (100, 350)
    assert (found.hamlets, found.unknown) == (2, 2)


def test_no_upper_bound_where_the_village_does_not_know_its_persons():
    inputs = {"villages": villages(), "hamlets": hamlets(("A", None, Point(104.05, 36.05)))}
    found = site_persons.persons_within(Point(104.05, 36.05), ["A"], inputs, fresh(), reach_m=1000)
    assert (found.low, found.high, found.unknown) == (0, None, 1)


def settlements(*rows):
    return frame(
        [
            {"settlement_id": f"s{no}", "village_code": code, "persons_total": people, "counted_in_village": counted, "at": at}
            for no, (code, people, counted, at) in enumerate(rows)
        ],
        "settlement_id",
    )


def test_relocated_people_count_at_their_settlement_and_left_hamlets_nobody_names():
    site, near, far = Point(104.05, 36.05), Point(104.05, 36.055), Point(104.05, 36.065)
    inputs = {
        "villages": villages(),
        "hamlets": hamlets(("A", 100, near), ("A", 50, far)),
        "settlements": settlements(("B", 30, False, near), ("B", 9, False, far)),
        "settlement_origins": frame(
            [{"origin_id": "o", "settlement_id": "s0", "village_code": "A", "persons": 30, "still_counted": True}], "origin_id"
        ),
    }
    found = site_persons.persons_within(site, ["A"], inputs, fresh(), reach_m=1000)
    # 30 live at the settlement within reach; they left the near hamlet (70 left) or the far one (100 left)
    assert (found.low, found.high, found.hamlets) == (100, 130, 2)
    inputs["settlement_origins"]["still_counted"] = None
    doubt = site_persons.persons_within(site, ["A"], inputs, fresh(), reach_m=1000)
    assert (doubt.low, doubt.high) == (100, 130)
    inputs["settlement_origins"]["still_counted"] = False
    left = site_persons.persons_within(site, ["A"], inputs, fresh(), reach_m=1000)
    assert (left.low, left.high) == (130, 130)
    inputs["settlements"]["persons_total"] = None
    assert site_persons.persons_within(site, ["A"], inputs, fresh(), reach_m=1000).high is None


def test_ground_beyond_what_is_read_is_a_share_of_its_surface():
    west = box(104, 35, 104.05, 37)
    assert site_seen.beyond(Point(104.05, 36.05), west, 1000) == pytest.approx(0.5, abs=1e-3)
    assert site_seen.beyond(box(104.04, 36, 104.06, 36.01), west, 1) == pytest.approx(0.5, abs=1e-2)
    assert site_seen.beyond(Point(104.02, 36.05), west, 1000) == 0
    assert site_seen.beyond(Point(116.4, 39.9), west, 1000) == 1


def test_without_a_place_the_villages_named_are_counted():
    inputs = {"villages": villages(), "hamlets": hamlets(("A", 100, Point(104.05, 36.05)), ("B", 70, Point(104.15, 36.05)))}
    found = site_persons.persons_within(None, ["B"], inputs, fresh(), reach_m=1000)
    assert (found.low, found.high, found.reach_m) == (70, 70, None)
    assert site_persons.persons_within(None, ["B"], {}, fresh(), reach_m=1000) is None


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.none() | st.integers(0, 99), st.none() | corners.map(Point)), min_size=1, max_size=6
    )
)
def test_more_reach_never_reaches_fewer_and_bounds_stand_in_order(rows):
    inputs = {"villages": villages(A={"pop_resident": 500}, B={"pop_resident": 500}), "hamlets": hamlets(*rows)}
    site = Point(104, 36)
    found = [site_persons.persons_within(site, ["A", "B"], inputs, fresh(), reach_m=reach) for reach in (100, 1000, 5000)]
    assert [item.low for item in found] == sorted(item.low for item in found)
    assert all(item.high is None or item.low <= item.high <= 1000 for item in found)


# gaps


def units(**values):
    """Units of SN2 for two villages: numerator 0 is a gap, 1 none, None unknown."""
    rows = [
        {"unit_layer": "villages", "unit_id": code, "unit_name": code, "area_code": code, "denominator": 1.0, "numerator": value,
         "persons": 100.0, "missing": None, "distance_m": None, "shortfall": None, "shortfall_unit": None, "nearest_id": None,
         "nearest_name": None, "lon": 104.0, "lat": 36.0, "synthetic": False}
        for code, value in values.items()
    ]  # fmt: skip
    return {"SN2": pd.DataFrame(rows).astype({"denominator": "Float64", "numerator": "Float64", "persons": "Float64"})}


PROJECTS = [
    {"project_id": "p1", "name": "甲村生活污水治理", "status": "in_library", "village_codes": ["A"], "at": None},
    {"project_id": "p2", "name": "甲村生活污水治理二期", "status": "rejected", "village_codes": ["A"], "at": None},
    {"project_id": "p3", "name": "甲村通组路硬化", "status": "in_library", "village_codes": ["A"], "at": None},
]
SEWAGE = {"project_id": None, "name": "污水管网", "task": None, "baiyin_item": "C5-2"}


def test_gaps_of_villages_and_who_closes_them_already(context):
    inputs = {"projects": frame(PROJECTS, "project_id"), "villages": villages()}
    found = site_places.gaps_of(["A", "B"], SEWAGE, inputs, units(A=0.0, B=None), context)
    assert [(gap.village_code, gap.indicator, gap.certain, gap.helped) for gap in found] == [
        ("A", "SN2", True, True),
        ("B", "SN2", False, True),
    ]
    assert found[0].already == (("p1", "甲村生活污水治理", "in_library"),)
    assert found[1].already == ()


def test_the_project_itself_does_not_close_its_gap(context):
    inputs = {"projects": frame(PROJECTS, "project_id"), "villages": villages()}
    (gap,) = site_places.gaps_of(["A"], SEWAGE | {"project_id": "p1"}, inputs, units(A=0.0), context)
    assert gap.already == ()


def test_a_village_without_a_gap_has_none(context):
    assert site_places.gaps_of(["A"], SEWAGE, {"villages": villages()}, units(A=1.0), context) == []


# the whole


def whole_inputs():
    line = LineString([(104.05, 36.05), (104.15, 36.05)])
    return {
        "projects": frame(
            [row | {"at": line if row["project_id"] == "p1" else None, "baiyin_item": None, "task": None} for row in PROJECTS],
            "project_id",
        ),
        "assets": frame(
            [{"asset_id": "a1", "name": "老管网", "status": "正常", "feature_type": None, "feature_id": None, "at": line}],
            "asset_id",
        ),
        "farmland": parcels().assign(geometry=[box(104.05, 36, 104.06, 36.1), box(104.2, 36, 104.3, 36.1), None]),
        "villages": villages(),
        "hamlets": hamlets(("A", 100, Point(104.05, 36.05))),
    }


def test_the_whole_report_names_what_a_reviewer_stops_at(context):
    site = project_site.Site(LineString([(104.05, 36.05), (104.15, 36.05)]), ("A",), SEWAGE)
    found = project_site.analyse(site, whole_inputs(), context, units=units(A=0.0, B=1.0))
    assert found.length_m == pytest.approx(metres((104.05, 36.05), (104.15, 36.05)), rel=1e-6)
    assert found.area_m2 is None
    assert [(item.key, item.same_item, item.shared.relation) for item in found.projects] == [("p1", True, "along")]
    assert found.projects[0].shared.share == pytest.approx(1, abs=1e-6)
    assert [(item.key, item.status) for item in found.assets] == [("a1", "正常")]
    assert [key for key, _, _ in found.same_villages] == ["p1"]  # p2 was rejected, p3 is a road
    assert found.farmland.measured == "line"
    assert found.persons.low == 100
    assert [(item.code, item.names) for item in found.warnings] == [
        ("E20_moved_village", ("乙村",)),
        ("same_work_here", ("甲村生活污水治理",)),
        ("gap_already_closed", ("甲村生活污水治理",)),
        ("villages_not_stated", ("乙村",)),
    ]


def test_a_stated_reason_answers_the_village_to_be_moved(context):
    site = project_site.Site(None, ("B",), SEWAGE, reason="应急供水，搬迁前仍须使用")
    found = project_site.analyse(site, whole_inputs(), context)
    assert found.gaps is None
    assert found.warnings == ()
    assert (found.projects, found.farmland, found.length_m) == ((), None, None)
    bare = project_site.analyse(project_site.Site(None, ("B",), SEWAGE), whole_inputs(), context)
    assert [item.code for item in bare.warnings] == ["E20_moved_village"]


def test_permanent_farmland_is_warned_of_and_unknown_is_not_none(context):
    sure = project_site.Site(box(104, 36, 104.005, 36.005), ("A",), {})
    unsure = project_site.Site(box(104.012, 36, 104.015, 36.005), ("A",), {})
    inputs = {"farmland": parcels()}
    assert [w.code for w in project_site.analyse(sure, inputs, context).warnings][:2] == [
        "permanent_farmland",
        "high_standard_farmland",
    ]
    assert "permanent_farmland_unknown" in [w.code for w in project_site.analyse(unsure, inputs, context).warnings]


def test_an_empty_store_gives_an_empty_report(context):
    found = project_site.analyse(project_site.Site(Point(104, 36), (), {}), {}, context)
    assert (found.projects, found.assets, found.farmland, found.villages, found.persons, found.warnings) == (
        (),
        (),
        None,
        (),
        None,
        (),
    )
