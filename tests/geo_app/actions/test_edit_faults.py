"""Edits are checked like an import: only the rows they touch, with what stands beside them and what they point to."""

from geo_app.actions.edit_faults import faults_of
from geo_app.actions.edit_payload import parse
from layers.store import Change, Reach, Update

ROAD = {"segment_id": "S9", "route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥"}


def line(*points):
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def update(store, key, name="roads", **more):
    frame = store.read(name)
    row = frame[frame[{"roads": "segment_id", "farmland": "parcel_id", "hamlets": "hamlet_id"}[name]] == key].iloc[0]
    properties = {field: value for field, value in more.items() if field != "geometry"}
    shape = {"geometry": more["geometry"]} if "geometry" in more else {}
    return parse(name, {"op": "update", "id": row["id"], "expected_ver": int(row["ver"]), "properties": properties} | shape)


def new(name="roads", **more):
    geometry = more.pop("geometry", line((105, 36.05), (105.1, 36.07)))
    base = ROAD if name == "roads" else {}
    return parse(name, {"op": "insert", "properties": base | more, "geometry": geometry})


def rules(report):
    return {(item.field, item.rule, item.severity) for item in report.faults}


def test_a_good_edit_has_no_fault(small):
    assert faults_of(small, [update(small, "S1", width_m=4), new()]).faults == ()


def test_values_codes_ranges_and_references_are_checked_by_key(small):
    report = faults_of(small, [update(small, "S1", tech_class="九级", width_m=999, village_code="77", asset_id="A-0")])
    assert {
        ("tech_class", "code", "error"),
        ("width_m", "range", "error"),
        ("village_code", "unknown_reference", "error"),
    } <= rules(report)
    assert not [item for item in report.faults if item.field == "asset_id"]
    assert not report.ok
    assert report.errors[0].as_json("en")["advice"]
    known = str(small.read("villages")["village_code"].iloc[0])
    assert faults_of(small, [update(small, "S1", village_code=known)]).faults == ()


def test_a_key_that_another_row_has_is_named_and_the_own_is_not(small):
    assert ("segment_id", "key_exists", "error") in rules(faults_of(small, [new(segment_id="S1")]))
    assert ("segment_id", "key_exists", "error") in rules(faults_of(small, [update(small, "S1", segment_id="S2")]))
    assert faults_of(small, [update(small, "S1", segment_id="S1")]).ok
    assert ("segment_id", "duplicate_key", "error") in rules(
        faults_of(small, [new(), new(geometry=line((105.1, 36), (105.2, 36.1)))])
    )


def test_a_key_freed_in_the_same_set_may_be_taken(small):
    road = small.read("roads").iloc[0]
    gone = parse("roads", {"op": "delete", "id": road["id"], "expected_ver": int(road["ver"])})
    assert faults_of(small, [gone, new(segment_id=str(road["segment_id"]))]).ok


def test_what_was_wrong_before_and_is_not_touched_only_warns(small):
    bad = update(small, "S1", width_m=4)
    road = small.read("roads").iloc[0]
    small.apply(Change("li", "局", "old fault", (Update("roads", road["id"], 1, {"tech_class": "九级"}),)))
    report = faults_of(small, [update(small, "S1", width_m=4)])
    assert ("tech_class", "code", "warning") in rules(report)
    assert report.ok
    assert not faults_of(small, [update(small, "S1", tech_class="八级")]).ok
    assert faults_of(small, [bad]).faults == (), "a stale edit is left to the store"


def test_a_line_drawn_over_another_and_one_outside_are_named(small):
    twin = new(geometry=line((105.0, 36.15), (105.2, 36.15)))
    report = faults_of(small, [twin])
    assert ("geometry", "duplicate_geometry", "warning") in rules(report)
    assert "S2" in report.faults[0].expected[0]
    away = faults_of(small, [new(geometry=line((100.0, 30.0), (100.1, 30.0)))])
    assert ("geometry", "E17_outside", "error") in rules(away)
    assert away.errors[0].place is not None


def test_an_overlapping_parcel_beside_is_named(small):
    square = {"type": "Polygon", "coordinates": [[[105, 36], [105.01, 36], [105.01, 36.01], [105, 36.01], [105, 36]]]}
    parcel = new("farmland", geometry=square, parcel_id="F1")
    assert faults_of(small, [parcel]).ok
    small.apply(Change("li", "局", "a parcel", (parcel,)))
    over = faults_of(small, [new("farmland", geometry=square, parcel_id="F2")])
    assert {"overlap", "duplicate_geometry"} <= {item.rule for item in over.faults}
    assert "F1" in over.errors[0].expected[1]


def test_nothing_is_said_of_rows_that_may_not_be_read(small):
    nothing = {"roads": Reach(codes=frozenset(), outline=None)}
    twin = new(geometry=line((105.0, 36.15), (105.2, 36.15)))
    assert faults_of(small, [twin], readable=nothing).faults == ()
    assert faults_of(small, [update(small, "S1", tech_class="九级")], readable=nothing).faults == ()


def test_an_empty_store_knows_no_reference_and_no_area(empty):
    assert faults_of(empty, [new(village_code="77")]).ok
