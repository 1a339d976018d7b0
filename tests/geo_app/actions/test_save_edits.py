"""Saving edits: one change or none, rights, what is kept of what was refused, and answers that got lost."""

import datetime as dt

import pytest
import shapely

from geo_app.access import NOBODY, local_person
from geo_app.access.people import person_of
from geo_app.actions import keeping
from geo_app.actions.edit_payload import parse
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError, save
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotSignedInError
from layers.errors import DuplicateKeyError, LockedRowError, OutOfReachError, PreconditionRequiredError
from layers.store import Allowance, Change, Grant, Insert, Update

LOCAL = local_person(Settings())
ROAD = {"segment_id": "S9", "route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥"}
EAST, WEST = "990101", "990102"


def row(store, key="S1"):
    frame = store.read("roads")
    return frame[frame["segment_id"] == key].iloc[0]


def update(store, key="S1", ver=None, geometry=None, **values):
    there = row(store, key)
    payload = {"op": "update", "id": there["id"], "expected_ver": int(there["ver"]) if ver is None else ver, "properties": values}
    return parse("roads", payload | ({"geometry": geometry} if geometry else {}))


def new(line=((105.0, 36.15), (105.1, 36.17)), **values):
    geometry = {"type": "LineString", "coordinates": [list(point) for point in line]}
    return parse("roads", {"op": "insert", "properties": ROAD | values, "geometry": geometry})


def delete(store, key="S1", ver=None):
    there = row(store, key)
    return parse("roads", {"op": "delete", "id": there["id"], "expected_ver": int(there["ver"]) if ver is None else ver})


def account(store, login, *grants, bureau="交通局"):
    return person_of(store.accounts.add(login, login, bureau, "x", grants))


@pytest.fixture
def li(small):
    return account(small, "li", Grant("transport"))


def test_edits_become_one_change_of_their_author(small, li):
    saved = save(small, li, [update(small, width_m=4.5), new()], reason="改宽")
    record = small.change(saved.receipt.change_id)
    assert (record.who, record.bureau, record.reason, record.kind, record.account_id) == (
        "li",
        "交通局",
        "改宽",
        "edit",
        li.account_id,
    )
    assert (record.updated, record.inserted) == (1, 1)
    assert row(small)["width_m"] == 4.5
    assert saved.request_id is None


def test_where_edits_come_from_stands_in_the_history(small):
    saved = save(small, LOCAL, [update(small, lanes=1)], reason="外业", origin="field", kind="field", file=("a.gpkg", "00"))
    record = small.change(saved.receipt.change_id)
    assert (record.kind, record.file_name, record.file_sha256) == ("field", "a.gpkg", "00")


def test_nothing_and_a_missing_version_are_refused(small):
    with pytest.raises(BadRequestError, match="nothing to save"):
        save(small, LOCAL, [], reason="x")
    there = row(small)
    edits = [Update("roads", there["id"], None, {"lanes": 1}), new()]
    with pytest.raises(PreconditionRequiredError, match="version that was seen is missing") as caught:
        save(small, LOCAL, edits, reason="x")
    kept = [small.kept.get(number) for number in caught.value.kept]
    assert [(item.cause, type(item.edit)) for item in kept] == [("unseen", Update), ("unseen", Insert)]
    assert (kept[0].edit, len(small.read("roads"))) == (edits[0], 2)


def test_a_stale_edit_shows_the_three_states_and_is_kept_with_its_whole_set(small, li):
    wang = account(small, "wang", Grant("transport"))
    first, second = update(small, width_m=4.0), update(small, width_m=5.0, lanes=2)
    save(small, wang, [first], reason="先到")
    with pytest.raises(StaleEditsError, match="wang") as caught:
        save(small, li, [second, new()], reason="后到")
    (conflict,) = caught.value.conflicts
    assert (conflict["who"], conflict["bureau"], conflict["ver"], conflict["expected_ver"]) == ("wang", "交通局", 2, 1)
    assert [conflict[side]["width_m"] for side in ("base", "mine", "theirs")] == [None, 5.0, 4.0]
    assert conflict["kept_id"] == caught.value.kept[0]
    kept = small.kept.list(account_id=li.account_id)
    assert [(item.cause, item.reason, item.origin) for item in kept] == [("stale", "后到", "page")] * 2
    assert {type(item.edit) for item in kept} == {Update, Insert}
    assert len(small.read("roads")) == 2, "nothing of the set was saved"


def test_a_deleted_feature_is_said_to_be_deleted_by_whom(small, li):
    late = update(small, lanes=2)
    save(small, LOCAL, [delete(small)], reason="拆除")
    with pytest.raises(StaleEditsError) as caught:
        save(small, li, [late], reason="x")
    (conflict,) = caught.value.conflicts
    assert (conflict["theirs"], conflict["ver"], conflict["who"]) == (None, None, "local")
    assert conflict["mine"]["lanes"] == 2


def test_faulty_edits_are_kept_and_named(small, li):
    with pytest.raises(EditFaultsError, match="tech_class") as caught:
        save(small, li, [update(small, tech_class="九级")], reason="x")
    assert caught.value.report.errors[0].field == "tech_class"
    assert small.kept.get(caught.value.kept[0]).cause == "faults"


def test_an_edit_that_only_the_store_can_refuse_is_kept(small, li):
    twin = new()
    twin = Insert(twin.layer, twin.frame.assign(id=row(small)["id"]))
    with pytest.raises(DuplicateKeyError):
        save(small, li, [twin], reason="重号")
    assert [item.cause for item in small.kept.list(account_id=li.account_id)] == ["faults"]
    assert len(small.read("roads")) == 2


def test_a_row_that_only_a_procedure_writes_is_refused_and_the_edit_kept(small, li, monkeypatch):
    def locked(*_arguments, **_options):
        raise LockedRowError.of("roads", "S1", ["width_m"])

    monkeypatch.setattr(small, "apply", locked)
    with pytest.raises(LockedRowError) as caught:
        save(small, li, [update(small, width_m=4.5)], reason="x")
    assert [(item.cause, item.kept_id) for item in small.kept.list()] == [("locked", caught.value.kept[0])]


def test_an_answer_that_got_lost_is_not_applied_twice(small, li):
    edits = [update(small, width_m=4.5), new()]
    first = save(small, li, edits, reason="x")
    again = save(small, li, edits, reason="x")
    assert again.again
    assert again.receipt.change_id == first.receipt.change_id
    gone = delete(small, "S2")
    first = save(small, li, [gone], reason="x")
    assert save(small, li, [gone], reason="x").receipt.change_id == first.receipt.change_id
    assert small.kept.list() == []


def test_the_same_edit_of_somebody_else_is_no_lost_answer(small, li):
    wang = account(small, "wang", Grant("transport"))
    edit = update(small, width_m=4.5)
    save(small, wang, [edit], reason="x")
    with pytest.raises(StaleEditsError):
        save(small, li, [edit], reason="x")


def test_who_may_only_submit_gets_a_request(small):
    person = account(small, "zhao", Grant("transport", (), apply=False))
    saved = save(small, person, [update(small, width_m=4.5)], reason="请审", origin="ogc")
    assert saved.receipt is None
    request = small.requests.get(saved.request_id)
    assert (request.state, request.who, request.reason, request.origin, request.account_id) == (
        "open", "zhao", "请审", "ogc", person.account_id,
    )  # fmt: skip
    assert row(small)["ver"] == 1


def test_who_may_write_nothing_is_refused_and_keeps_the_edit(small):
    viewer = account(small, "see", Grant("viewer"))
    with pytest.raises(ForbiddenError) as caught:
        save(small, viewer, [update(small, width_m=4.5)], reason="x")
    assert [(item.cause, item.kept_id) for item in small.kept.list(account_id=viewer.account_id)] == [
        ("forbidden", caught.value.kept[0])
    ]
    with pytest.raises(NotSignedInError) as nobody:
        save(small, NOBODY, [update(small, width_m=4.5)], reason="x")
    assert (nobody.value.kept, small.kept.count()) == ((), 1), "there is nobody to keep it for"


def test_a_feature_that_never_was_is_refused_and_the_edit_kept(small, li):
    edit = Update("roads", "never", 1, {"lanes": 1})
    with pytest.raises(LookupError) as caught:
        save(small, li, [edit], reason="x")
    kept = small.kept.get(caught.value.kept[0])
    assert (kept.cause, kept.edit, kept.account_id) == ("missing", edit, li.account_id)


def test_who_may_write_nothing_fills_no_disk(small, monkeypatch):
    """So many edits, and so much text, are kept of an account that may write nothing; of others all."""
    viewer, water = account(small, "see", Grant("viewer")), account(small, "water", Grant("water"))
    monkeypatch.setattr(keeping, "ALLOWANCE", Allowance(edits_a_day=3, text_a_day=2000, edits=4, text=10_000))

    def tried(person, *edits):
        with pytest.raises((ForbiddenError, PreconditionRequiredError)) as caught:
            save(small, person, edits, reason="x")
        return len(caught.value.kept), caught.value.no_room

    small_edit = update(small, lanes=1)
    for person in (viewer, water):
        assert tried(person, update(small, name="长" * 2000)) == (0, True)
        assert tried(person, *[small_edit] * 4) == (0, True), "all of a set or none of it"
        assert [tried(person, small_edit) for _ in range(4)] == [(1, False)] * 3 + [(0, True)]
        for item in small.kept.list(account_id=person.account_id):
            small.kept.settle(item.kept_id, "dismissed", by="x")
        assert tried(person, small_edit) == (0, True), "what was put away counts: it stays in the store"
    li = account(small, "li", Grant("transport"))
    assert [tried(li, Update("roads", row(small)["id"], None, {"lanes": 1})) for _ in range(6)] == [(1, False)] * 6
    assert small.kept.count() == 6


def test_the_allowance_is_for_a_day_and_in_all(small):
    edit, day = update(small, lanes=1), dt.timedelta(days=1, seconds=1)
    values = {"who": "x", "bureau": "y", "account_id": 7, "cause": "forbidden", "reason": ""}
    allowance = Allowance(edits_a_day=2, text_a_day=10_000, edits=3, text=10_000)
    kept = [len(small.kept.keep_many([edit], **values, allowance=allowance)) for _ in range(3)]
    assert kept == [1, 1, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("layers.store.kept.now", lambda: dt.datetime.now(dt.UTC) + day)
        kept = [len(small.kept.keep_many([edit], **values, allowance=allowance)) for _ in range(3)]
    assert kept == [1, 0, 0]
    assert len(small.kept.keep_many([edit], **values | {"account_id": 8}, allowance=allowance)) == 1


def coded(store):
    """Give the two roads the county in which they lie."""
    east = [update(store, "S1", county_code=EAST), update(store, "S2", county_code=EAST)]
    shape = shapely.geometry.mapping(shapely.LineString([(105.25, 36.05), (105.35, 36.05)]))
    west = parse("roads", {"op": "insert", "properties": ROAD | {"segment_id": "SW", "county_code": WEST}, "geometry": shape})
    save(store, LOCAL, [*east, west], reason="所属县")


@pytest.mark.parametrize("apply", [True, False])
def test_a_right_of_one_county_ends_at_its_border(small, apply):
    coded(small)
    person = account(small, "east", Grant("transport", (EAST,), apply=apply))
    inside = save(small, person, [update(small, "S2", width_m=4.5)], reason="x")
    assert (inside.request_id is None) is apply
    with pytest.raises(LookupError, match="no feature"):
        save(small, person, [update(small, "SW", width_m=4.5)], reason="x")
    with pytest.raises(OutOfReachError):
        save(small, person, [update(small, "S2", county_code=WEST)], reason="x")
    with pytest.raises(OutOfReachError):
        save(small, person, [new(((105.3, 36.1), (105.35, 36.12)), county_code=WEST)], reason="x")
    causes = [item.cause for item in small.kept.list(account_id=person.account_id)]
    assert causes == ["forbidden", "forbidden", "missing"], "the feature beyond the border is not named as one that is there"


def test_a_right_over_fields_ends_at_the_others(small):
    person = account(small, "cai", Grant("finance", (), apply=False), bureau="财政局")
    project = {"project_id": "P-1", "name": "桥"}
    made = parse("projects", {"op": "insert", "properties": project, "geometry": None})
    small.apply(Change("li", "局", "a project", (made,)))
    there = small.read("projects").iloc[0]
    money = parse("projects", {"op": "update", "id": there["id"], "expected_ver": 1, "properties": {"budget_total": 5.0}})
    name = parse("projects", {"op": "update", "id": there["id"], "expected_ver": 1, "properties": {"name": "路"}})
    assert save(small, person, [money], reason="x").request_id
    with pytest.raises(OutOfReachError, match="name"):
        save(small, person, [name], reason="x")
    with pytest.raises(OutOfReachError, match="removal"):
        save(small, person, [parse("projects", {"op": "delete", "id": there["id"], "expected_ver": 1})], reason="x")


def test_an_area_where_one_only_submits_beside_one_where_one_applies(small):
    coded(small)
    both = account(small, "both", Grant("transport", (EAST,)), Grant("transport", (WEST,), apply=False))
    assert save(small, both, [update(small, "S2", width_m=4.5)], reason="x").receipt
    assert save(small, both, [update(small, "SW", width_m=4.5)], reason="x").request_id


def test_kept_edits_are_settled_by_what_stands_for_them(small, li):
    with pytest.raises(EditFaultsError) as caught:
        save(small, li, [update(small, tech_class="九级")], reason="x")
    other = account(small, "wang", Grant("transport"))
    save(small, other, [update(small, "S2", lanes=1)], reason="x", settles=caught.value.kept)
    assert small.kept.get(caught.value.kept[0]).state == "open", "only the author settles"
    saved = save(small, li, [update(small, tech_class="三级")], reason="x", settles=caught.value.kept)
    kept = small.kept.get(caught.value.kept[0])
    assert (kept.state, kept.change_id, kept.settled_by) == ("merged", saved.receipt.change_id, "li")
