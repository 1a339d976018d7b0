import datetime as dt

import pytest

from geo_app.access import Permission, Person
from geo_app.access.people import person_of
from geo_app.actions import history, restore_layer
from geo_app.actions.history import Span
from geo_app.actions.restore_layer import LayerChangedError
from geo_app.errors import BadRequestError, NotFoundError
from layers.errors import OutOfReachError
from layers.store import Change, Condition, Delete, Grant, Update

LI = Person("li", "交通局", frozenset(Permission))
DAY = dt.timedelta(days=1)


def row(store, key):
    return store.read("roads", where=[Condition("segment_id", "=", key)]).iloc[0]


@pytest.fixture
def edited(small):
    """Three changes of roads on three days: S1 renamed, S2 removed, S1 renamed again."""
    start = small.changes(limit=1)[0].at
    first, second = row(small, "S1"), row(small, "S2")
    update = Update("roads", first["id"], int(first["ver"]), {"name": "一"})
    small.apply(Change("wu", "交通局", "a", (update,), at=start + DAY))
    small.apply(Change("zhao", "", "b", (Delete("roads", second["id"], int(second["ver"])),), at=start + 2 * DAY))
    again = Update("roads", first["id"], int(first["ver"]) + 1, {"name": "二"})
    small.apply(Change("wu", "", "c", (again,), at=start + 3 * DAY))
    return small, start


def test_changes_of_a_layer_by_person_and_time(edited):
    store, start = edited
    assert [item.reason for item in history.layer_changes(store, LI, "roads")][:3] == ["c", "b", "a"]
    assert [item.reason for item in history.layer_changes(store, LI, "roads", Span(who="wu"))] == ["c", "a"]
    found = history.layer_changes(store, LI, "roads", Span(since=start + DAY, until=start + 2 * DAY))
    assert [item.reason for item in found] == ["b", "a"]
    assert [item.reason for item in history.layer_changes(store, LI, "roads", limit=1, offset=1)] == ["b"]
    assert list(history.table(found)["who"]) == ["zhao", "wu"]
    assert history.facts(store, "roads")["people"] == ["li", "wu", "zhao"]


def test_versions_of_a_feature_by_id_and_by_key(edited):
    store, _ = edited
    found = history.versions(store, LI, "roads", "S1")
    assert [(item.ver, item.who, item.after["name"]) for item in found] == [(1, "li", None), (2, "wu", "一"), (3, "wu", "二")]
    assert history.versions(store, LI, "roads", found[0].id) == found
    with pytest.raises(NotFoundError):
        history.versions(store, LI, "roads", "nothing")


def test_state_as_of_a_time_and_of_a_change(edited):
    store, start = edited
    names = [history.state(store, LI, "roads", start + at * DAY).set_index("segment_id")["name"].to_dict() for at in range(4)]
    assert names[0]["S1"] is None or names[0]["S1"] != names[0]["S1"]
    assert (names[1]["S1"], "S2" in names[1], "S2" in names[2], names[3]["S1"]) == ("一", True, False, "二")
    assert len(history.state(store, LI, "roads", start - DAY)) == 0
    assert "S2" in set(history.state(store, LI, "roads", 1)["segment_id"])


def test_restore_after_a_preview_is_one_change_that_can_be_undone(edited):
    store, start = edited
    seen = restore_layer.preview(store, LI, "roads", start + DAY)
    assert (seen.count("insert"), seen.count("update"), seen.count("delete")) == (1, 1, 0)
    receipt = restore_layer.restore(store, LI, seen, reason="back")
    assert store.change(receipt.change_id).kind == "restore"
    assert row(store, "S1")["name"] == "一"
    assert not store.read("roads", where=[Condition("segment_id", "=", "S2")]).empty
    store.undo(receipt.change_id, who="li", bureau="", reason="")
    assert row(store, "S1")["name"] == "二"


def test_restore_of_what_was_changed_since_the_preview_is_refused(edited):
    store, start = edited
    seen = restore_layer.preview(store, LI, "roads", start)
    s1 = row(store, "S1")
    store.apply(Change("wu", "", "d", (Update("roads", s1["id"], int(s1["ver"]), {"name": "三"}),)))
    with pytest.raises(LayerChangedError):
        restore_layer.restore(store, LI, seen, reason="")
    assert row(store, "S1")["name"] == "三"


def test_restore_beyond_the_persons_areas_is_refused(edited):
    store, start = edited
    number = store.accounts.add("wang", "王", "交通局", "x", (Grant("transport", ("990102",), True),))
    wang = person_of(store.accounts.get(number.account_id))
    seen = restore_layer.preview(store, wang, "roads", start)
    with pytest.raises(OutOfReachError):
        restore_layer.restore(store, wang, seen, reason="")


def test_what_keeps_a_change_from_being_undone(edited):
    store, _ = edited
    a, c = (next(item for item in store.changes(limit=10) if item.reason == reason).change_id for reason in "ac")
    (found,) = history.obstacles(store, LI, a)
    assert (found.change.change_id, len(found.rows)) == (c, 1)
    assert history.obstacles(store, LI, c) == []
    store.undo(c, who="li", bureau="", reason="")
    assert history.obstacles(store, LI, a) == []
    store.undo(a, who="li", bureau="", reason="")
    with pytest.raises(NotFoundError):
        history.obstacles(store, LI, 999)


def test_moments_are_read():
    assert history.when("#7") == 7
    assert history.moment("2026-11-01T10:00:00+00:00") == dt.datetime(2026, 11, 1, 10, tzinfo=dt.UTC)
    assert history.moment("2026-11-01").tzinfo is not None
    for text in ("yesterday", "", "2026-13-01", "#x"):
        with pytest.raises(BadRequestError):
            history.when(text)
