import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import NotFoundError, UndoConflictError
from layers.store import Delete, Insert, Replace, Update, open_store

PERSON = {"who": "王科", "bureau": "水务局", "reason": "录错"}


def test_undo_of_an_import_takes_everything_back(filled, content):
    receipt = filled.undo(1, **PERSON)
    assert (receipt.deleted, receipt.versions) == (10, {"wells": 2})
    assert content(filled) == {}
    undone, undoing = filled.changes()[1], filled.changes()[0]
    assert (undone.undone_by, undoing.undoes, undoing.kind) == (2, 1, "undo")
    assert filled.verify() == []


def test_undo_of_edits_is_identity_but_for_the_version(filled, change, one, content):
    before = content(filled)
    first, second = one(filled, "w1"), one(filled, "w2")
    filled.apply(
        change(
            Update("wells", first["id"], 1, {"name": "x", "uses": None}, geometry=shapely.Point(105, 36)),
            Update("wells", first["id"], 2, {"persons": 3}),
            Delete("wells", second["id"], 1),
        )
    )
    filled.undo(2, **PERSON)
    assert content(filled) == before
    assert one(filled, "w1")["ver"] == 5
    assert one(filled, "w2")["ver"] == 3
    assert filled.verify() == []


def test_undo_is_refused_when_a_later_change_touched_the_same_feature(filled, change, one):
    filled.apply(change(Update("wells", one(filled, "w1")["id"], 1, {"name": "x"})))
    with pytest.raises(UndoConflictError, match="Change 1 cannot be undone: change 2 touched the same features") as caught:
        filled.undo(1, **PERSON)
    assert caught.value.changes == (2,)
    assert filled.count("wells") == 10


def test_a_later_change_elsewhere_is_no_conflict(filled, change, wells):
    filled.apply(change(Insert("wells", wells(2, first=20))))
    filled.undo(1, **PERSON)
    assert sorted(filled.read("wells")["well_id"]) == ["w20", "w21"]


def test_an_undone_change_is_no_conflict_and_a_redone_one_is(filled, change, one, content):
    before = content(filled)
    filled.apply(change(Update("wells", one(filled, "w1")["id"], 1, {"name": "x"})))
    filled.undo(2, **PERSON)
    filled.undo(3, **PERSON)
    assert one(filled, "w1")["name"] == "x"
    with pytest.raises(UndoConflictError) as caught:
        filled.undo(1, **PERSON)
    assert caught.value.changes == (2,)
    filled.undo(2, **PERSON)
    assert content(filled) == before
    filled.undo(1, **PERSON)
    assert content(filled) == {}
    assert filled.verify() == []


def test_a_change_is_not_undone_twice(filled):
    filled.undo(1, **PERSON)
    with pytest.raises(UndoConflictError, match="change 2 touched"):
        filled.undo(1, **PERSON)


def test_undo_of_a_deletion_is_refused_when_the_key_is_taken(filled, change, wells, one):
    filled.apply(change(Delete("wells", one(filled, "w9")["id"], 1)))
    filled.apply(change(Insert("wells", wells(1, first=9))))
    with pytest.raises(UndoConflictError, match="has other rows with the key w9 now"):
        filled.undo(2, **PERSON)


def test_undo_of_a_replaced_layer_brings_back_rows_with_their_ids(filled, change, wells, content):
    before = content(filled)
    filled.apply(change(Replace("wells", wells(5, first=7))))
    filled.undo(2, **PERSON)
    assert content(filled) == before


def test_a_change_that_never_was_is_not_found(filled):
    with pytest.raises(NotFoundError, match="There is no change 7"):
        filled.undo(7, **PERSON)


def test_undo_is_refused_after_a_change_past_the_store(gpkg, change, wells):
    gpkg.apply(change(Insert("wells", wells(3))))
    with gpkg._backend.writing() as connection:
        connection.exec_driver_sql("UPDATE wells SET ver = 9 WHERE fid = 1")
    with pytest.raises(UndoConflictError, match="changed by another program"):
        gpkg.undo(1, **PERSON)
    with gpkg._backend.writing() as connection:
        connection.exec_driver_sql("DELETE FROM wells WHERE fid = 1")
    with pytest.raises(UndoConflictError, match="removed by another program"):
        gpkg.undo(1, **PERSON)


def test_undo_of_many_rows(gpkg, change, wells, content):
    gpkg.apply(change(Insert("wells", wells(1500))))
    before = content(gpkg)
    gpkg.apply(change(Replace("wells", wells(1500).assign(name="同名"))))
    gpkg.undo(2, **PERSON)
    assert content(gpkg) == before
    gpkg.undo(1, **PERSON)
    gpkg.undo(4, **PERSON)
    assert content(gpkg) == before
    assert gpkg.verify() == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "update", "move", "delete", "replace", "undo"]), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=8,
)


def _edits(kind, frame, wells, *, pick, value):
    if kind == "insert":
        return [Insert("wells", wells(value % 3 + 1, prefix=f"n{pick}_{value}_"))]
    if kind == "replace":
        return [Replace("wells", wells(value % 6 + 1, first=pick % 5))]
    if frame.empty:
        return []
    row = frame.iloc[pick % len(frame)]
    if kind == "delete":
        return [Delete("wells", row["id"], int(row["ver"]))]
    if kind == "move":
        return [Update("wells", row["id"], int(row["ver"]), geometry=shapely.Point(100 + value / 7, 30) if value else None)]
    return [Update("wells", row["id"], int(row["ver"]), {"name": f"名{value}" if value else None, "persons": value})]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_edits_undone_in_reverse_order_are_identity(steps, tmp_path_factory, layers, wells, change, content):
    path = tmp_path_factory.mktemp("undo") / "s.gpkg"
    with open_store(path, create=True, layers=layers) as store:
        states, numbers = [], []
        store.apply(change(Insert("wells", wells(4))))
        for kind, pick, value in steps:
            states.append(content(store))
            if kind == "undo":
                if not numbers:
                    states.pop()
                    continue
                numbers.append(store.undo(numbers[-1], **PERSON).change_id)
                continue
            frame = store.read("wells")
            taken = set(frame["well_id"])
            edits = [
                edit
                for edit in _edits(kind, frame, wells, pick=pick, value=value)
                if not isinstance(edit, Insert) or not taken & set(edit.frame["well_id"])
            ]
            numbers.append(store.apply(change(*edits)).change_id)
        for number, state in zip(reversed(numbers), reversed(states), strict=True):
            store.undo(number, **PERSON)
            assert content(store) == state
        assert store.verify() == []
