"""Edits as they are sent: what is read, and what is refused with a name for the fault."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_app.actions.edit_payload import MOST_VERTICES, BadFieldError, BadShapeError, geometry_of, parse
from layers.catalogue import layer
from layers.store import UNCHANGED, Delete, Insert, Update

LINE = {"type": "LineString", "coordinates": [[105, 36], [105.1, 36]]}
UPDATE = {"op": "update", "layer": "roads", "id": "a", "expected_ver": 1}
RING = [[105, 36], [105.1, 36], [105.1, 36.1], [105, 36]]


def test_an_update_keeps_what_is_left_out_and_forgets_what_is_null():
    found = parse("roads", UPDATE | {"properties": {"width_m": "4.5", "lanes": None, "all_season": True, "length_m": 9}})
    assert isinstance(found, Update)
    assert found.values == {"width_m": 4.5, "lanes": None, "all_season": True}
    assert found.geometry is UNCHANGED
    assert parse("roads", UPDATE | {"geometry": None}).geometry is None
    assert parse("roads", {**UPDATE, "expected_ver": None}).expected_ver is None


def test_an_insert_and_a_deletion():
    new = parse("roads", {"op": "insert", "properties": {"segment_id": "S9"}, "geometry": LINE})
    assert isinstance(new, Insert)
    assert new.frame["segment_id"].tolist() == ["S9"]
    assert new.frame.crs.to_epsg() == 4490
    assert parse("roads", {"op": "delete", "id": "a", "expected_ver": 2}) == Delete("roads", "a", 2)
    row = parse("indicator_targets", {"op": "insert", "properties": {"target_id": "t"}, "geometry": None})
    assert "geometry" not in row.frame


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"op": "upsert"}, "op"),
        (UPDATE | {"properties": {"breite": 4}}, "breite"),
        (UPDATE | {"properties": {"width_m": "breit"}}, "width_m"),
        (UPDATE | {"properties": {"width_m": True}}, "width_m"),
        (UPDATE | {"properties": {"lanes": 2.5}}, "lanes"),
        (UPDATE | {"properties": {"lanes": 10**30}}, "lanes"),
        (UPDATE | {"properties": {"width_m": math.inf}}, "width_m"),
        (UPDATE | {"properties": {"name": {"a": 1}}}, "name"),
        (UPDATE | {"properties": {"name": "x" * 10_001}}, "name"),
        (UPDATE | {"properties": {"name": "a\x00b"}}, "name"),
        (UPDATE | {"properties": [1]}, "properties"),
        (UPDATE | {"values": {}}, "values"),
        (UPDATE | {"layer": "hamlets"}, "layer"),
        (UPDATE | {"expected_ver": "1"}, "expected_ver"),
        (UPDATE | {"expected_ver": True}, "expected_ver"),
        ({"op": "update", "expected_ver": 1}, "id"),
        (UPDATE | {"id": 7}, "id"),
    ],
)
def test_a_member_or_field_that_cannot_be_is_named(payload, field):
    with pytest.raises(BadFieldError) as caught:
        parse("roads", payload)
    assert caught.value.field == field
    assert caught.value.code == "bad_field"


@pytest.mark.parametrize(
    ("name", "geometry", "words"),
    [
        ("roads", {"type": "Point", "coordinates": [105, 36]}, "LineString"),
        ("roads", {"type": "GeometryCollection", "geometries": []}, "LineString"),
        ("roads", "LINESTRING (0 0, 1 1)", "GeoJSON"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36]]}, "two positions"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36], [105, 36]]}, "one place"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36], [105, math.nan]]}, "finite"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36], [105, "36"]]}, "finite"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36], [True, 36]]}, "finite"),
        ("roads", {"type": "LineString", "coordinates": [[36, 105], [36.1, 105]]}, "swapped"),
        ("roads", {"type": "LineString", "coordinates": [[105], [106]]}, "longitude and latitude"),
        ("roads", {"type": "LineString", "coordinates": None}, "two positions"),
        ("roads", {"type": "MultiLineString", "coordinates": []}, "one part"),
        ("farmland", {"type": "Polygon", "coordinates": [RING[:-1]]}, "four positions"),
        ("farmland", {"type": "Polygon", "coordinates": [[*RING[:-1], [105.2, 36]]]}, "closed"),
        ("farmland", {"type": "Polygon", "coordinates": []}, "one ring"),
        ("indicator_targets", {"type": "Point", "coordinates": [105, 36]}, "without geometry"),
        ("roads", {"type": "LineString", "coordinates": [[105, 36 + n / 1e6] for n in range(MOST_VERTICES + 1)]}, "vertices"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused(name, geometry, words):
    with pytest.raises(BadShapeError, match=words):
        geometry_of(layer(name), geometry)


def test_a_third_dimension_falls_away():
    found = geometry_of(layer("roads"), {"type": "LineString", "coordinates": [[105, 36, 1800], [105.1, 36, 1801]]})
    assert not found.has_z


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=6), part, max_size=4),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["insert", "update", "delete"])},
        optional={
            "id": anything,
            "expected_ver": anything,
            "properties": st.dictionaries(
                st.sampled_from(["name", "width_m", "lanes", "all_season", "source_date", "x"]), anything
            ),
            "geometry": anything
            | st.fixed_dictionaries({"type": st.sampled_from(["LineString", "MultiLineString"]), "coordinates": anything}),
        },
    )
)
def test_whatever_is_sent_is_read_or_refused_in_words(payload):
    with contextlib.suppress(BadFieldError, BadShapeError):
        assert parse("roads", payload).layer == "roads"
