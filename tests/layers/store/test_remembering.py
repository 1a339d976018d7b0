"""State at any time, differences and restoring: compared with a model kept by hand under any edits."""

import datetime as dt

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import NotFoundError
from layers.store import Delete, Insert, Replace, Update

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HEAD = {"who": "a", "bureau": "b", "reason": "c"}


def day(number):
    return START + dt.timedelta(days=number)


@pytest.fixture
def dated(store, change, wells, one):
    """Wells on the first day, a change on the third, a removal and an addition on the fifth."""
    store.apply(change(Insert("wells", wells(3)), at=day(1)))
    store.apply(change(Update("wells", one(store, "w1")["id"], 1, {"name": "三"}, shapely.Point(1, 1)), at=day(3), who="王工"))
    store.apply(change(Delete("wells", one(store, "w2")["id"], 1), Insert("wells", wells(1, first=9)), at=day(5)))
    return store


def names(frame):
    return dict(zip(frame["well_id"], frame["name"].fillna("-"), strict=True))


def test_the_state_of_any_day(dated):
    assert [dated.version_at("wells", day(number)) for number in range(7)] == [0, 1, 1, 2, 2, 3, 3]
    assert dated.state("wells", day(0)).empty
    assert names(dated.state("wells", day(2))) == {"w0": "-", "w1": "井“1”🚰", "w2": "井“2”🚰"}
    assert names(dated.state("wells", day(4))) == {"w0": "-", "w1": "三", "w2": "井“2”🚰"}
    assert names(dated.state("wells", day(9))) == names(dated.read("wells")) == {"w0": "-", "w1": "三", "w9": "-"}
    assert names(dated.state("wells", 2)) == names(dated.state("wells", day(3)))
    assert dated.state("wells", dt.datetime(2026, 1, 3, 23, tzinfo=dt.timezone(dt.timedelta(hours=8)))).equals(
        dated.state("wells", day(2))
    )
    assert dated.version_at("notes", day(9)) == dated.version_at("notes", 3) == 0
    for ask in (dated.state, dated.version_at):
        with pytest.raises(NotFoundError, match="no version 9"):
            ask("wells", 9)


def test_a_feature_as_it_was_seen(dated, one):
    w1, w2 = one(dated, "w1")["id"], dated.change_rows(3)[0].id
    assert dated.feature_at_version("wells", w1, 1)["name"] == "井“1”🚰"
    assert dated.feature_at_version("wells", w1, 2) == one(dated, "w1")
    assert dated.feature_at_version("wells", w1, 3) is None
    assert dated.feature_at_version("wells", w2, 1)["well_id"] == "w2"
    assert dated.feature_at_version("wells", w2, 2) is None
    assert dated.feature_at_version("wells", "never", 1) is None


def test_differences_between_versions(dated):
    (moved,) = dated.diff("wells", 1, 2)
    assert (moved.op, moved.before["name"], moved.after["name"], moved.change_id, moved.who) == (
        "update",
        "井“1”🚰",
        "三",
        2,
        "王工",
    )
    whole = {item.after["well_id"] if item.after else item.before["well_id"]: item.op for item in dated.diff("wells", 1, 3)}
    assert whole == {"w1": "update", "w2": "delete", "w9": "insert"}
    back = {(item.before or item.after)["well_id"]: item.op for item in dated.diff("wells", 3, 1)}
    assert back == {"w1": "update", "w2": "insert", "w9": "delete"}
    assert dated.diff("wells", 2, 2) == []
    assert len(dated.diff("wells", 0, 3)) == 3
    with pytest.raises(NotFoundError):
        dated.diff("wells", 1, 8)


def test_there_and_back_again_is_no_difference(dated):
    dated.undo(3, **HEAD)
    assert dated.diff("wells", 2, 4) == []
    assert [item.op for item in dated.change_rows(4)] == ["delete", "insert"]


def test_changes_by_number_time_and_person(dated):
    assert dated.change(2).who == "王工"
    with pytest.raises(NotFoundError, match="no change 7"):
        dated.change(7)
    with pytest.raises(NotFoundError, match="no change 7"):
        dated.change_rows(7)

    def numbers(**options):
        return [item.change_id for item in dated.changes(**options)]

    assert numbers(since=day(3)) == [3, 2]
    assert numbers(until=day(3)) == [2, 1]
    assert numbers(since=day(2), until=day(4), who="王工") == [2]
    assert numbers(who="nobody") == numbers(layer="notes") == []
    assert numbers(limit=1, offset=1) == [2]
    assert [item.op for item in dated.change_rows(3)] == ["delete", "insert"]
    assert [item.op for item in dated.change_rows(3, limit=1, offset=1)] == ["insert"]


def test_a_layer_is_restored_by_one_change_that_can_be_undone(dated, change, wells, content):
    dated.apply(change(Insert("wells", wells(2, first=20)), Insert("tracks", wells(0)[["geometry"]])))
    before, versions = content(dated), dated.versions()
    receipt = dated.restore_layer("wells", day(2), **HEAD, account_id=5)
    assert (receipt.inserted, receipt.updated, receipt.deleted) == (1, 1, 3)
    assert names(dated.read("wells")) == names(dated.state("wells", 1))
    record = dated.change(receipt.change_id)
    assert (record.kind, record.account_id, record.layers) == ("restore", 5, ("wells",))
    assert dated.versions() == versions | {"wells": receipt.change_id}
    assert dated.verify() == []
    again = dated.restore_layer("wells", 1, **HEAD)
    assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)
    dated.undo(receipt.change_id, **HEAD)
    assert content(dated) == before
    assert dated.verify() == []
    with pytest.raises(NotFoundError):
        dated.restore_layer("wells", 99, **HEAD)


def test_keys_that_changed_hands_come_back(store, change, wells, one, content):
    store.apply(change(Insert("wells", wells(3))))
    before = content(store)
    ids = {key: one(store, key)["id"] for key in ("w0", "w1", "w2")}
    for number, key in enumerate(("x", "w0", "w1")):
        name = ("w0", "w1", "w2")[number]
        store.apply(change(Update("wells", ids[name], 1, {"well_id": key})))
    store.apply(change(Update("wells", ids["w0"], 2, {"well_id": "w2"})))
    store.restore_layer("wells", 1, **HEAD)
    assert content(store) == before
    assert store.verify() == []


STEP = st.tuples(st.sampled_from(["add", "change", "remove", "replace", "restore"]), st.integers(0, 5), st.integers(0, 9))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=14))
def test_states_and_restores_equal_a_model_kept_by_hand(steps, store, change, wells):
    base = store.version("wells")
    store.apply(change(Replace("wells", wells(0))))
    model, states = {}, {store.changes()[0].change_id: {}}
    for what, number, value in steps:
        key, frame = f"k{number}", store.read("wells").set_index("well_id")
        row = wells(1, prefix="k", first=number).assign(persons=value)
        if what == "add" and key not in model:
            receipt = store.apply(change(Insert("wells", row)))
            model = model | {key: value}
        elif what == "change" and key in model:
            edit = Update("wells", frame.loc[key, "id"], int(frame.loc[key, "ver"]), {"persons": value})
            receipt = store.apply(change(edit))
            model = model | {key: value}
        elif what == "remove" and key in model:
            receipt = store.apply(change(Delete("wells", frame.loc[key, "id"], int(frame.loc[key, "ver"]))))
            model = {name: held for name, held in model.items() if name != key}
        elif what == "replace":
            receipt = store.apply(change(Replace("wells", row)))
            model = {key: value}
        elif what == "restore":
            target = sorted(states)[value % len(states)]
            receipt = store.restore_layer("wells", target, **HEAD)
            model = states[target]
        else:
            continue
        states[receipt.change_id] = model
    for number, wanted in states.items():
        state = store.state("wells", number)
        assert dict(zip(state["well_id"], state["persons"], strict=True)) == wanted
    first, last = min(states), max(states)
    changed = {(item.before or item.after)["well_id"] for item in store.diff("wells", first, last)}
    assert changed == set(states[last])
    assert store.version("wells") >= base
    assert store.verify() == []
