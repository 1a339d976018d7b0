"""Merging two edits of one feature: what needs no asking, what does, and that the order of the two does not matter."""

import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_app.actions.merge import GEOMETRY, same, state_of, three_way
from layers.catalogue import layer

ROADS = layer("roads")
LINES = [shapely.LineString([(104, 36), (104.1, 36 + step / 100)]) for step in range(3)]
NAMES = ("name", "width_m", "lanes", "all_season")
TURNED = {"mine": "theirs", "theirs": "mine", "same": "same", "both_same": "both_same", "conflict": "conflict"}

values = st.fixed_dictionaries(
    {
        "name": st.sampled_from([None, "甲路", "乙路"]),
        "width_m": st.sampled_from([None, 4.0, 4.5]),
        "lanes": st.sampled_from([None, 1, 2]),
        "all_season": st.sampled_from([None, True, False]),
        GEOMETRY: st.sampled_from(LINES),
    }
)


def chosen(found):
    return {part.name: part.state for part in found.parts if part.state != "same"}


def test_each_side_changed_other_fields():
    base = {"name": "甲路", "width_m": 4.0, GEOMETRY: LINES[0]}
    found = three_way(ROADS, base, {**base, "name": "乙路"}, {**base, "width_m": 5.0, GEOMETRY: LINES[1]})
    assert not found.conflicts
    assert chosen(found) == {"name": "mine", "width_m": "theirs", GEOMETRY: "theirs"}
    assert (found.merged["name"], found.merged["width_m"], found.merged[GEOMETRY]) == ("乙路", 5.0, LINES[1])


def test_both_changed_a_field_differently():
    base = {"width_m": 4.0, GEOMETRY: LINES[0]}
    found = three_way(ROADS, base, {**base, "width_m": 5.0}, {**base, "width_m": 6.0})
    assert found.conflicts
    assert chosen(found) == {"width_m": "conflict"}
    assert found.merged["width_m"] == 6.0


def test_a_deletion_against_a_change_is_a_conflict_and_against_nothing_is_not():
    base = {"name": "甲路", GEOMETRY: LINES[0]}
    assert three_way(ROADS, base, None, {**base, "name": "乙路"}).conflicts
    assert three_way(ROADS, base, {**base, "name": "乙路"}, None).conflicts
    assert not three_way(ROADS, base, None, base).conflicts
    assert not three_way(ROADS, base, base, None).conflicts
    assert not three_way(ROADS, base, None, None).conflicts
    assert three_way(ROADS, base, None, base).deleted == "mine"


def test_without_the_state_that_was_seen_every_difference_is_asked():
    found = three_way(ROADS, None, {"name": "甲路", "lanes": 2}, {"name": "乙路", "lanes": 2})
    assert chosen(found) == {name: "both_same" for name in (*ROADS.field_names, GEOMETRY) if name not in {"name", "id"}} | {
        "name": "conflict"
    }


def test_a_table_without_geometry_has_none_to_merge():
    targets = layer("indicator_targets")
    assert three_way(targets, {}, {}, {}).geometry is None


def test_unknown_and_lists_are_compared_by_what_they_hold():
    assert same(float("nan"), None)
    assert same([1, "a"], [1, "a"])
    assert not same(None, "")
    assert same(LINES[0], shapely.LineString(LINES[0].coords))
    assert not same(LINES[0], None)
    assert state_of(None, None, 1) == "theirs"


@given(values, values)
def test_one_side_unchanged_never_conflicts_and_gives_the_other(base, other):
    for found in (three_way(ROADS, base, other, base), three_way(ROADS, base, base, other)):
        assert not found.conflicts
        assert all(same(found.merged[name], other[name]) for name in (*NAMES, GEOMETRY))


@given(values, values)
def test_the_same_edit_twice_never_conflicts(base, wanted):
    found = three_way(ROADS, base, wanted, dict(wanted))
    assert not found.conflicts
    assert all(same(found.merged[name], wanted[name]) for name in (*NAMES, GEOMETRY))


@given(values, values, values)
def test_who_comes_first_does_not_matter(base, one, other):
    found, turned = three_way(ROADS, base, one, other), three_way(ROADS, base, other, one)
    assert found.conflicts == turned.conflicts
    assert {name: TURNED[state] for name, state in chosen(found).items()} == chosen(turned)
    if not found.conflicts:
        assert all(same(found.merged[name], turned.merged[name]) for name in (*NAMES, GEOMETRY))


@given(values, values, values)
def test_a_merge_merged_again_is_itself(base, one, other):
    found = three_way(ROADS, base, one, other)
    if not found.conflicts:
        again = three_way(ROADS, other, found.merged, other)
        assert not again.conflicts
        assert all(same(again.merged[name], found.merged[name]) for name in (*NAMES, GEOMETRY))
