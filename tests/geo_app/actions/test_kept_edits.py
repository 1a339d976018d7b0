"""Refused edits are merged field by field, again and again if need be, and never lost."""

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_app.access import local_person
from geo_app.access.people import person_of
from geo_app.actions import kept_edits
from geo_app.actions.edit_payload import parse
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError, save
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from layers.errors import PreconditionRequiredError
from layers.store import Delete, Grant, Insert, Update

LOCAL = local_person(Settings())
ROAD = {"segment_id": "S9", "route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥"}
FIELDS = {"width_m": st.sampled_from([3.0, 4.0, 5.0]), "lanes": st.sampled_from([1, 2]), "name": st.sampled_from(["甲", "乙"])}


def row(store, key="S1"):
    frame = store.read("roads")
    return frame[frame["segment_id"] == key].iloc[0]


def update(store, ver=None, geometry=None, **values):
    there = row(store)
    payload = {"op": "update", "id": there["id"], "expected_ver": int(there["ver"]) if ver is None else ver, "properties": values}
    return parse("roads", payload | ({"geometry": geometry} if geometry else {}))


def account(store, login, *grants, bureau="交通局"):
    return person_of(store.accounts.add(login, login, bureau, "x", grants))


@pytest.fixture
def li(small):
    return account(small, "li", Grant("transport"))


@pytest.fixture
def wang(small):
    return account(small, "wang", Grant("transport"))


def refused(store, person, *edits):
    with pytest.raises(StaleEditsError) as caught:
        save(store, person, edits, reason="后到")
    return caught.value.kept[0]


def test_fields_of_two_people_are_put_together(small, li, wang):
    bent = {"type": "LineString", "coordinates": [[105.0, 36.05], [105.2, 36.06], [105.4, 36.05]]}
    late = update(small, width_m=5.0, lanes=2, geometry=bent)
    save(small, wang, [update(small, width_m=4.0, name="甲路")], reason="先到")
    found = kept_edits.standing(small, li, refused(small, li, late))
    states = {part.name: part.state for part in found.merge.parts if part.state != "same"}
    assert states == {"width_m": "conflict", "lanes": "mine", "name": "theirs", "geometry": "mine"}
    assert (found.last.who, found.theirs["ver"], found.own) == ("wang", 2, True)
    with pytest.raises(BadRequestError, match="width_m"):
        kept_edits.merged_edit(found, {}, {}, 2)
    edit = kept_edits.merged_edit(found, {"width_m": "other"}, {"width_m": 4.5}, 2)
    carried = kept_edits.carry_on(small, li, found, [edit], "合并")
    now = row(small)
    assert (now["width_m"], now["lanes"], now["name"], now["ver"]) == (4.5, 2, "甲路", 3)
    assert now.geometry.equals(shapely.geometry.shape(bent))
    kept = small.kept.get(found.kept.kept_id)
    assert (kept.state, kept.change_id) == ("merged", carried.saved.receipt.change_id)


def test_a_third_editor_between_opens_the_page_again_with_the_choices(small, li, wang):
    late = update(small, width_m=5.0)
    save(small, wang, [update(small, width_m=4.0)], reason="先到")
    found = kept_edits.standing(small, li, refused(small, li, late))
    edit = kept_edits.merged_edit(found, {"width_m": "mine"}, {}, 2)
    save(small, wang, [update(small, width_m=4.2)], reason="又到")
    carried = kept_edits.carry_on(small, li, found, [edit], "合并")
    assert carried.saved is None
    assert small.kept.get(found.kept.kept_id).state == "merged"
    again = kept_edits.standing(small, li, carried.next_id)
    assert (again.base["width_m"], again.mine["width_m"], again.theirs["width_m"]) == (4.0, 5.0, 4.2)
    edit = kept_edits.merged_edit(again, {"width_m": "mine"}, {}, 3)
    assert kept_edits.carry_on(small, li, again, [edit], "合并").saved.receipt
    assert row(small)["width_m"] == 5.0
    assert kept_edits.listed(small, li) == []


def test_choosing_what_is_there_changes_nothing_and_settles(small, li, wang):
    late = update(small, width_m=5.0)
    save(small, wang, [update(small, width_m=4.0)], reason="先到")
    found = kept_edits.standing(small, li, refused(small, li, late))
    assert kept_edits.merged_edit(found, {"width_m": "theirs"}, {}, 2) is None
    assert kept_edits.carry_on(small, li, found, [], "x") == kept_edits.Carried()
    assert small.kept.get(found.kept.kept_id).state == "merged"
    assert row(small)["ver"] == 2


def test_what_was_deleted_meanwhile_is_brought_back_as_a_new_feature(small, li, wang):
    late = update(small, width_m=5.0)
    there = row(small)
    save(small, wang, [Delete("roads", there["id"], 1)], reason="拆除")
    found = kept_edits.standing(small, li, refused(small, li, late))
    assert (found.theirs, found.merge.deleted, found.last.op) == (None, "theirs", "delete")
    edit = kept_edits.merged_edit(found, {}, {}, None)
    assert isinstance(edit, Insert)
    kept_edits.carry_on(small, li, found, [edit], "恢复")
    assert (row(small)["width_m"], row(small)["tech_class"]) == (5.0, "四级")
    assert row(small)["id"] != there["id"]


def test_a_removal_of_what_was_changed_meanwhile_removes_what_is_there(small, li, wang):
    late = Delete("roads", row(small)["id"], 1)
    save(small, wang, [update(small, width_m=4.0)], reason="先到")
    found = kept_edits.standing(small, li, refused(small, li, late))
    assert found.merge.conflicts
    assert kept_edits.merged_edit(found, {}, {}, 2) == Delete("roads", row(small)["id"], 2)


def test_a_new_row_with_faults_is_mended_and_taken_in(small, li):
    shape = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.1, 36.17]]}
    bad = parse("roads", {"op": "insert", "properties": ROAD | {"tech_class": "九级"}, "geometry": shape})
    with pytest.raises(EditFaultsError) as caught:
        save(small, li, [bad], reason="新路")
    found = kept_edits.standing(small, li, caught.value.kept[0])
    with pytest.raises(EditFaultsError):
        kept_edits.carry_on(small, li, found, [kept_edits.merged_edit(found, {}, {}, None)], "x")
    assert [item.kept_id for item in kept_edits.listed(small, li)] == [found.kept.kept_id], "kept once, not twice"
    edit = kept_edits.merged_edit(found, {"tech_class": "other"}, {"tech_class": "三级"}, None)
    kept_edits.carry_on(small, li, found, [edit], "新路")
    assert row(small, "S9")["tech_class"] == "三级"
    assert kept_edits.listed(small, li) == []


def test_only_its_author_and_reviewers_see_a_kept_edit_and_only_the_author_carries_it_on(small, li, wang):
    late = update(small, width_m=5.0)
    save(small, wang, [update(small, width_m=4.0)], reason="先到")
    number = refused(small, li, late)
    for stranger in (wang, account(small, "water", Grant("water")), account(small, "see", Grant("viewer"))):
        assert kept_edits.listed(small, stranger) == []
        with pytest.raises(NotFoundError):
            kept_edits.standing(small, stranger, number)
    reviewer = account(small, "zhang", Grant("revitalisation"), bureau="乡村振兴局")
    assert [item.kept_id for item in kept_edits.listed(small, reviewer)] == [number]
    elsewhere = account(small, "fern", Grant("revitalisation", ("990102",)), bureau="乡村振兴局")
    assert kept_edits.listed(small, elsewhere) == []
    found = kept_edits.standing(small, reviewer, number)
    assert not found.own
    with pytest.raises(ForbiddenError):
        kept_edits.carry_on(small, reviewer, found, [], "x")
    with pytest.raises(ForbiddenError):
        kept_edits.dismiss(small, reviewer, number)
    kept_edits.dismiss(small, li, number)
    assert small.kept.get(number).state == "dismissed"
    assert [item.kept_id for item in kept_edits.listed(small, li, state="dismissed")] == [number]
    assert isinstance(small.kept.get(number).edit, Update)


def unseen(store, person, edit):
    with pytest.raises(PreconditionRequiredError) as caught:
        save(store, person, [edit], reason="未说明版本")
    return caught.value.kept[0]


def test_without_a_known_version_every_difference_is_asked_and_nothing_taken_by_itself(small, li, wang):
    number = row(small)["id"]
    bent = shapely.LineString([(105.0, 36.05), (105.2, 36.06), (105.4, 36.05)])
    kept = unseen(small, li, Update("roads", number, None, {"width_m": 5.0, "lanes": 2, "name": "旧名"}, bent))
    save(small, wang, [update(small, width_m=4.0, lanes=2, name="甲路")], reason="先到")
    found = kept_edits.standing(small, li, kept)
    assert (found.base, found.two_way, found.own) == (None, True, True)
    open_ = {part.name for part in found.merge.parts if part.state == "conflict"}
    assert open_ == {"width_m", "name", "geometry"}, "what is the same now is not asked"
    assert found.merge.merged["width_m"] == 4.0
    with pytest.raises(BadRequestError):
        kept_edits.merged_edit(found, {"width_m": "mine", "name": "theirs"}, {}, found.theirs["ver"])
    edit = kept_edits.merged_edit(found, {"width_m": "mine", "name": "theirs", "geometry": "theirs"}, {}, found.theirs["ver"])
    assert (edit.values, edit.expected_ver) == ({"width_m": 5.0}, 2)
    assert kept_edits.carry_on(small, li, found, [edit], "补上").saved is not None
    assert (row(small)["width_m"], row(small)["name"]) == (5.0, "甲路")
    assert small.kept.get(kept).state == "merged"


def test_a_removal_without_a_known_version_removes_what_is_there_when_its_author_says_so(small, li):
    kept = unseen(small, li, Delete("roads", row(small)["id"], None))
    found = kept_edits.standing(small, li, kept)
    assert found.two_way
    edit = kept_edits.merged_edit(found, {}, {}, found.theirs["ver"])
    kept_edits.carry_on(small, li, found, [edit], "补上")
    assert row_count(small) == 1


def row_count(store):
    return len(store.read("roads"))


def test_an_edit_of_a_feature_that_is_not_here_can_be_taken_in_as_a_new_one(small, li):
    with pytest.raises(LookupError) as caught:
        save(small, li, [Update("roads", "never", 3, ROAD, shapely.LineString([(105, 36.15), (105.1, 36.17)]))], reason="x")
    found = kept_edits.standing(small, li, caught.value.kept[0])
    assert (found.base, found.theirs, found.last, found.two_way) == (None, None, None, False)
    edit = kept_edits.merged_edit(found, {}, {}, None)
    assert isinstance(edit, Insert)
    kept_edits.carry_on(small, li, found, [edit], "新增")
    assert row(small, "S9")["route_no"] == "C009"


def test_what_may_not_be_applied_stays_kept_once_however_often_it_is_tried(small):
    viewer = account(small, "see", Grant("viewer"))
    with pytest.raises(ForbiddenError) as caught:
        save(small, viewer, [update(small, width_m=5.0)], reason="x")
    (number,) = caught.value.kept
    assert [item.kept_id for item in kept_edits.listed(small, viewer)] == [number]
    found = kept_edits.standing(small, viewer, number)
    assert found.own
    edit = kept_edits.merged_edit(found, {"width_m": "mine"}, {}, 1)
    for _ in range(2):
        with pytest.raises(ForbiddenError) as again:
            kept_edits.carry_on(small, viewer, found, [edit], "x")
        assert again.value.kept == (number,)
    assert [item.kept_id for item in kept_edits.listed(small, viewer)] == [number]
    assert row(small)["ver"] == 1
    kept_edits.dismiss(small, viewer, number)
    assert kept_edits.listed(small, viewer) == []


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=st.fixed_dictionaries({}, optional=FIELDS), other=st.fixed_dictionaries({}, optional=FIELDS))
def test_with_their_own_choices_everywhere_each_gets_what_he_wanted(small, one, other):
    """Whatever two people change from the same state, choosing one's own everywhere gives one's own fields and the other's rest."""
    number = row(small)["id"]
    before = small.get("roads", number)
    first, second = update(small, **one), update(small, **other)
    save(small, LOCAL, [first], reason="先到")
    try:
        save(small, LOCAL, [second], reason="后到")
    except StaleEditsError as error:
        found = kept_edits.standing(small, LOCAL, error.kept[0])
        choices = {part.name: "mine" for part in found.merge.parts if part.state == "conflict"}
        edit = kept_edits.merged_edit(found, choices, {}, found.theirs["ver"])
        kept_edits.carry_on(small, LOCAL, found, [] if edit is None else [edit], "合并")
    now = small.get("roads", number)
    for name in FIELDS:
        changed = name in other and other[name] != before[name]
        assert now[name] == (other[name] if changed else one.get(name, before[name]))
