"""Change requests: who decides, what is applied, what is left, and what became of the feature meanwhile."""

import pytest

from geo_app.access import local_person
from geo_app.access.people import person_of
from geo_app.actions import requests
from geo_app.actions.edit_payload import parse
from geo_app.actions.requests import Decision
from geo_app.actions.save_edits import EditFaultsError, save
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from layers.errors import RequestClosedError
from layers.store import Change, Delete, Grant

LOCAL = local_person(Settings())
ROAD = {"segment_id": "S9", "route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥"}


def row(store, key="S1"):
    frame = store.read("roads")
    return frame[frame["segment_id"] == key].iloc[0]


def update(store, key="S1", **values):
    there = row(store, key)
    return parse("roads", {"op": "update", "id": there["id"], "expected_ver": int(there["ver"]), "properties": values})


def new(**values):
    shape = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.1, 36.17]]}
    return parse("roads", {"op": "insert", "properties": ROAD | values, "geometry": shape})


def account(store, login, *grants, bureau="交通局"):
    return person_of(store.accounts.add(login, login, bureau, "x", grants))


@pytest.fixture
def asker(small):
    return account(small, "zhao", Grant("transport", (), apply=False))


@pytest.fixture
def reviewer(small):
    return account(small, "zhang", Grant("revitalisation"), bureau="乡村振兴局")


def ask(store, person, *edits, reason="请审"):
    return save(store, person, edits, reason=reason).request_id


def test_an_accepted_request_is_one_change_that_names_both(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5), new())
    assert [item.request_id for item in requests.to_review(small, reviewer)] == [number]
    receipt = requests.accept(small, reviewer, number, Decision(note="同意"))
    record, request = small.change(receipt.change_id), small.requests.get(number)
    assert (record.who, record.kind) == ("zhang", "request")
    assert "zhao" in record.reason
    assert (request.state, request.decided_by, request.note, request.change_id) == (
        "accepted",
        "zhang",
        "同意",
        receipt.change_id,
    )
    assert (row(small)["width_m"], len(small.read("roads"))) == (4.5, 3)
    with pytest.raises(RequestClosedError):
        requests.accept(small, reviewer, number, Decision())
    with pytest.raises(RequestClosedError):
        requests.withdraw(small, asker, number)


def test_a_part_is_accepted_and_the_rest_stays_kept_for_who_asked(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5), update(small, "S2", lanes=1))
    requests.accept(small, reviewer, number, Decision(chosen=frozenset({1})))
    assert (row(small)["ver"], row(small, "S2")["lanes"]) == (1, 1)
    (kept,) = small.kept.list(account_id=asker.account_id)
    assert (kept.cause, kept.edit.values) == ("refused", {"width_m": 4.5})


def test_a_refusal_needs_a_note_and_loses_nothing(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5))
    with pytest.raises(BadRequestError, match="Say why"):
        requests.refuse(small, reviewer, number, " ")
    kept = requests.refuse(small, reviewer, number, "宽度与设计不符")
    assert requests.get(small, asker, number).note == "宽度与设计不符"
    assert small.kept.get(kept[0]).account_id == asker.account_id
    assert row(small)["ver"] == 1


def test_nobody_decides_on_the_own_request_but_the_administrator(small, reviewer):
    both = account(small, "both", Grant("transport", (), apply=False), Grant("revitalisation"))
    number = ask(small, both, update(small, width_m=4.5))
    with pytest.raises(ForbiddenError, match="Somebody else"):
        requests.accept(small, both, number, Decision())
    with pytest.raises(ForbiddenError, match="Somebody else"):
        requests.refuse(small, both, number, "x")
    root = account(small, "root", Grant("administrator"))
    assert requests.accept(small, root, number, Decision()).updated == 1


def test_who_sees_a_request(small, asker, reviewer):
    number = ask(small, asker, update(small, "S2", width_m=4.5))
    assert [item.request_id for item in requests.mine(small, asker)] == [number]
    for stranger in (
        account(small, "other", Grant("transport")),
        account(small, "far", Grant("revitalisation", ("990102",))),
        account(small, "assistant", Grant("revitalisation", (), apply=False)),
    ):
        assert requests.to_review(small, stranger) == []
        with pytest.raises(NotFoundError):
            requests.get(small, stranger, number)
        with pytest.raises(NotFoundError):
            requests.accept(small, stranger, number, Decision())
    with pytest.raises(ForbiddenError):
        requests.accept(small, asker, number, Decision())
    with pytest.raises(ForbiddenError):
        requests.withdraw(small, reviewer, number)
    requests.withdraw(small, asker, number)
    assert small.requests.get(number).state == "withdrawn"
    assert requests.to_review(small, reviewer) == []


def test_a_basket_is_seen_by_who_collects_until_it_is_handed_in(small, asker, reviewer):
    change = Change("zhao", "交通局", "QGIS", (update(small, width_m=4.5),))
    number = small.requests.submit(change, account_id=asker.account_id, origin="ogc", state="collecting")
    with pytest.raises(NotFoundError):
        requests.get(small, reviewer, number)
    with pytest.raises(NotFoundError):
        requests.hand_in(small, reviewer, number)
    requests.hand_in(small, asker, number)
    assert requests.get(small, reviewer, number).state == "open"


def test_other_fields_changed_meanwhile_are_kept_beside_the_requested(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5))
    save(small, LOCAL, [update(small, lanes=2)], reason="其间")
    (item,) = requests.items(small, reviewer, small.requests.get(number))
    assert item.stale
    assert not item.merge.conflicts
    assert (item.applied["width_m"], item.applied["lanes"]) == (4.5, 2)
    requests.accept(small, reviewer, number, Decision())
    assert (row(small)["width_m"], row(small)["lanes"]) == (4.5, 2)


def test_the_same_field_changed_meanwhile_is_for_the_reviewer_to_choose(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5, name="甲"))
    save(small, LOCAL, [update(small, width_m=6.0)], reason="其间")
    with pytest.raises(BadRequestError, match="width_m"):
        requests.accept(small, reviewer, number, Decision())
    assert small.requests.get(number).state == "open"
    requests.accept(small, reviewer, number, Decision(choices={0: {"width_m": "theirs"}}))
    assert (row(small)["width_m"], row(small)["name"]) == (6.0, "甲")


def test_what_is_gone_or_asked_in_vain_cannot_be_applied(small, asker, reviewer):
    number = ask(small, asker, update(small, width_m=4.5))
    save(small, LOCAL, [Delete("roads", row(small)["id"], 1)], reason="拆除")
    (item,) = requests.items(small, reviewer, small.requests.get(number))
    assert item.gone
    with pytest.raises(BadRequestError, match="removed meanwhile"):
        requests.accept(small, reviewer, number, Decision())
    with pytest.raises(BadRequestError, match="Nothing of the request"):
        requests.accept(small, reviewer, number, Decision(chosen=frozenset()))


def test_a_removal_of_what_was_changed_is_asked_once_more(small, asker, reviewer):
    number = ask(small, asker, Delete("roads", row(small)["id"], 1))
    save(small, LOCAL, [update(small, lanes=2)], reason="其间")
    with pytest.raises(BadRequestError, match="all the same"):
        requests.accept(small, reviewer, number, Decision())
    assert requests.accept(small, reviewer, number, Decision(choices={0: {"deletion": "mine"}})).deleted == 1


def test_faults_that_came_up_meanwhile_stop_an_acceptance(small, asker, reviewer):
    number = ask(small, asker, new())
    save(small, LOCAL, [new()], reason="同一编号")
    assert any(item.rule == "key_exists" for item in requests.warnings(small, reviewer, small.requests.get(number)))
    with pytest.raises(EditFaultsError, match="key_exists"):
        requests.accept(small, reviewer, number, Decision())
    assert small.requests.get(number).state == "open"
