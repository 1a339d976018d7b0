"""Change requests: from the first edit to the decision, and the acceptance that is one transaction."""

import threading

import pytest
import shapely

from layers.errors import (
    BadFrameError,
    DuplicateKeyError,
    NotFoundError,
    OutOfReachError,
    PreconditionRequiredError,
    RequestClosedError,
    StaleVersionError,
)
from layers.store import EVERYWHERE, Delete, Insert, Update
from layers.store.requests import coalesced

REVIEWER = {"who": "赵", "bureau": "乡村振兴局"}


@pytest.fixture
def asked(filled, change, wells, one):
    """A request that adds a well, changes one and removes one."""
    edits = (
        Insert("wells", wells(2, first=50)),
        Update("wells", one(filled, "w1")["id"], 1, {"name": "新"}, shapely.Point(104, 36)),
        Delete("wells", one(filled, "w2")["id"], 1),
    )
    return filled.requests.submit(change(*edits, kind="bulk", file_name="测量.gpkg"), account_id=4, origin="file", note="请审")


def test_a_request_is_kept_as_it_was_asked(filled, asked):
    request = filled.requests.get(asked)
    assert (request.request_id, request.state, request.who, request.bureau) == (1, "open", "李工", "水务局")
    assert (request.account_id, request.origin, request.kind, request.file_name) == (4, "file", "bulk", "测量.gpkg")
    assert (request.decided_at, request.decided_by, request.change_id, request.note) == (None, None, None, "请审")
    assert [type(edit).__name__ for edit in request.edits] == ["Insert", "Update", "Delete"]
    assert request.layers == ("wells",)
    assert filled.count("wells") == 10
    with pytest.raises(NotFoundError):
        filled.requests.get(2)


def test_requests_are_listed_by_state_account_and_layer(filled, change, asked):
    listing = filled.requests.list
    basket = filled.requests.submit(change(), account_id=5, origin="ogc", state="collecting")
    assert [item.request_id for item in listing()] == [basket, asked]
    assert [item.request_id for item in listing(state="open")] == [asked]
    assert [item.request_id for item in listing(account_id=5)] == [basket]
    assert [(item.request_id, item.layers) for item in listing(layer="wells")] == [(asked, ("wells",))]
    assert listing(layer="notes") == []
    assert [item.request_id for item in listing(limit=1, offset=1)] == [asked]


def test_what_could_never_be_applied_is_not_taken(filled, change, wells):
    with pytest.raises(PreconditionRequiredError):
        filled.requests.submit(change(Delete("wells", "x", None)), account_id=1, origin="page")
    with pytest.raises(BadFrameError):
        filled.requests.submit(change(Insert("wells", wells(1).assign(rank=1))), account_id=1, origin="page")
    with pytest.raises(RequestClosedError):
        filled.requests.submit(change(), account_id=1, origin="page", state="accepted")
    assert filled.requests.list() == []


def test_accepting_applies_and_marks_in_one(filled, asked):
    receipt = filled.accept(asked, **REVIEWER, note="同意", reach={"wells": EVERYWHERE}, account_id=9)
    assert (receipt.inserted, receipt.updated, receipt.deleted) == (2, 1, 1)
    request, change = filled.requests.get(asked), filled.change(receipt.change_id)
    assert (request.state, request.decided_by, request.note, request.change_id) == ("accepted", "赵", "同意", receipt.change_id)
    assert request.decided_at >= request.created_at
    assert (change.kind, change.who, change.bureau, change.account_id) == ("request", "赵", "乡村振兴局", 9)
    assert (change.reason, change.file_name) == ("测试 (李工, 水务局)", "测量.gpkg")
    assert filled.verify() == []
    for again in (lambda: filled.accept(asked, **REVIEWER), lambda: filled.requests.set_state(asked, "refused", by="x")):
        with pytest.raises(RequestClosedError, match="request 1 is accepted by 赵") as caught:
            again()
        assert (caught.value.code, caught.value.state) == ("request_closed", "accepted")
    assert len(filled.changes()) == 2


def test_a_failing_acceptance_leaves_everything_as_it_was(filled, asked, change, one, wells):
    before = filled.checksum()
    with pytest.raises(OutOfReachError):
        filled.accept(asked, **REVIEWER, reach={"notes": EVERYWHERE})
    with pytest.raises(DuplicateKeyError):
        filled.accept(asked, **REVIEWER, edits=[Update("wells", one(filled, "w1")["id"], 1, {"well_id": "w3"})])
    assert filled.checksum() == before
    filled.apply(change(Update("wells", one(filled, "w2")["id"], 1, {"name": "别人"})))
    with pytest.raises(StaleVersionError) as caught:
        filled.accept(asked, **REVIEWER)
    assert [item["id"] for item in caught.value.conflicts] == [one(filled, "w2")["id"]]
    request = filled.requests.get(asked)
    assert (request.state, request.change_id, len(request.edits)) == ("open", None, 3)
    assert len(filled.changes()) == 2
    assert filled.count("wells") == 10


def test_the_reviewer_may_accept_a_merged_version(filled, asked, one):
    receipt = filled.accept(asked, **REVIEWER, edits=[Update("wells", one(filled, "w1")["id"], 1, {"name": "合并"})])
    assert (receipt.inserted, receipt.updated, receipt.deleted) == (0, 1, 0)
    assert one(filled, "w1")["name"] == "合并"
    assert len(filled.requests.get(asked).edits) == 3


def test_one_of_many_acceptances_wins(filled, asked):
    outcomes = []

    def accept():
        try:
            outcomes.append(filled.accept(asked, **REVIEWER).change_id)
        except RequestClosedError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=accept) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", *["request_closed"] * 3]
    assert filled.count("wells") == 11


def test_a_basket_gathers_and_is_then_opened(filled, change, one):
    w1 = one(filled, "w1")["id"]
    assert filled.requests.collecting(5) is None
    basket = filled.requests.submit(change(Update("wells", w1, 1, {"name": "a"})), account_id=5, origin="ogc", state="collecting")
    filled.requests.add_edits(basket, [Update("wells", w1, 1, {"persons": 3})])
    filled.requests.add_edits(basket, [Delete("wells", one(filled, "w2")["id"], 1)])
    collected = filled.requests.collecting(5)
    assert collected.request_id == basket
    assert collected.edits[0] == Update("wells", w1, 1, {"name": "a", "persons": 3})
    assert filled.requests.collecting(6) is None
    with pytest.raises(RequestClosedError):
        filled.accept(basket, **REVIEWER)
    filled.requests.set_state(basket, "open", by="李工")
    assert (filled.requests.get(basket).decided_by, filled.requests.collecting(5)) == (None, None)
    with pytest.raises(RequestClosedError, match="is open"):
        filled.requests.add_edits(basket, [Delete("wells", w1, 1)])
    assert filled.accept(basket, **REVIEWER).updated == 1
    with pytest.raises(RequestClosedError):
        filled.requests.add_edits(basket, [Delete("wells", w1, 1)], expected_state="accepted")


@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_a_decision_is_final_and_the_edits_stay(filled, asked, state):
    filled.requests.set_state(asked, state, by="赵", note="缺资料")
    request = filled.requests.get(asked)
    assert (request.state, request.decided_by, request.note, len(request.edits)) == (state, "赵", "缺资料", 3)
    for other in ("open", "refused", "withdrawn", "accepted"):
        with pytest.raises(RequestClosedError):
            filled.requests.set_state(asked, other, by="x")
    with pytest.raises(RequestClosedError):
        filled.accept(asked, **REVIEWER)
    with pytest.raises(NotFoundError):
        filled.requests.set_state(44, state, by="x")


def test_acceptance_goes_only_through_the_store(filled, asked):
    with pytest.raises(RequestClosedError):
        filled.requests.set_state(asked, "accepted", by="x")


def test_edits_of_one_feature_are_joined_when_they_saw_the_same_version(wells):
    new = Insert("wells", wells(1))
    point = shapely.Point(1, 1)
    edits = [
        Update("wells", "a", 1, {"name": "x"}, point),
        new,
        Update("wells", "a", 1, {"name": "y"}),
        Update("wells", "a", 2, {"name": "z"}),
        Update("wells", "b", 1, {}),
        Delete("wells", "b", 1),
        Update("tracks", "a", 1, {}),
        Delete("wells", "c", 1),
        Delete("wells", "c", 1),
    ]
    assert coalesced(edits)[:1] == (Update("wells", "a", 1, {"name": "y"}, point),)
    assert coalesced(edits)[2:5] == (
        Update("wells", "a", 2, {"name": "z"}),
        Delete("wells", "b", 1),
        Update("tracks", "a", 1, {}),
    )
    assert coalesced([Update("wells", "a", 1, {}, point), Update("wells", "a", 1, {}, None)])[0].geometry is None
