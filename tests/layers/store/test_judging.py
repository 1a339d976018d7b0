"""What a person may write: both states of every row, tested in the transaction that writes them."""

import pandas as pd
import pytest
import shapely

from layers.errors import NotFoundError, OutOfReachError, PreconditionRequiredError, StaleVersionError, UndoConflictError
from layers.schema import UnknownNameError
from layers.store import EVERYWHERE, Change, Delete, Insert, Reach, Replace, Update

AREA = shapely.box(0, 0, 10, 10)
WEST = Reach(frozenset({"w", "w1"}), shapely.box(0, 0, 5, 10))
READS_ALL = Reach(WEST.codes, WEST.outline, reading=EVERYWHERE)
NAME_ONLY = Reach(WEST.codes, WEST.outline, frozenset({"name"}))


@pytest.fixture
def held(area_store, change, plots):
    """Plots in the west, in the east, across, without a code, without a geometry."""
    frame = plots(
        ("west", None, None, "w", shapely.Point(1, 1)),
        ("east", None, None, "e", shapely.Point(9, 9)),
        ("across", None, None, "w", shapely.LineString([(4, 4), (6, 4)])),
        ("loose", None, None, None, shapely.Point(2, 2)),
        ("bare", None, "w1", None, None),
    )
    area_store.apply(change(Insert("plots", frame)))
    return area_store


@pytest.fixture
def ids(held):
    return held.read("plots").set_index("plot_id")["id"].to_dict()


def refused(store, change, *edits, reach=WEST):
    before = store.checksum()
    with pytest.raises(OutOfReachError) as caught:
        store.apply(change(*edits), reach={"plots": reach})
    assert caught.value.code == "forbidden"
    assert "Nothing was saved" in str(caught.value)
    assert store.checksum() == before
    return [item[1:] for item in caught.value.items]


def test_what_lies_within_may_be_written(held, ids, change, plots):
    edits = (
        Update("plots", ids["west"], 1, {"name": "新", "county_code": "w1"}, shapely.Point(5 + 5e-7, 3)),
        Update("plots", ids["loose"], 1, {"name": "新"}, shapely.LineString([(0, 0), (5, 10)])),
        Update("plots", ids["bare"], 1, {"money": 1.0}),
        Insert("plots", plots(("n1", "w", None, "e", shapely.Point(3, 3)), ("n2", None, None, None, shapely.Point(3, 3)))),
    )
    assert held.apply(change(*edits), reach={"plots": WEST}).updated == 3
    assert held.apply(change(Delete("plots", ids["west"], 2)), reach={"plots": WEST}).deleted == 1


def test_a_feature_is_not_moved_out_by_code_or_by_geometry(held, ids, change):
    assert refused(held, change, Update("plots", ids["west"], 1, {"county_code": "e"})) == [(ids["west"], "area_after", "west")]
    assert refused(held, change, Update("plots", ids["west"], 1, {}, shapely.Point(6, 1)))[0][1] == "area_after"
    assert (
        refused(held, change, Update("plots", ids["loose"], 1, {}, shapely.LineString([(1, 1), (5.1, 1)])))[0][1] == "area_after"
    )
    assert refused(held, change, Update("plots", ids["loose"], 1, {}, None))[0][1] == "area_after"
    assert refused(held, change, Update("plots", ids["bare"], 1, {"township_code": None}))[0][1] == "area_after"


def test_a_feature_is_not_moved_in(held, ids, change):
    into = Update("plots", ids["east"], 1, {"county_code": "w"}, shapely.Point(1, 1))
    with pytest.raises(NotFoundError) as hidden:
        held.apply(change(into), reach={"plots": WEST})
    with pytest.raises(NotFoundError) as absent:
        held.apply(change(Update("plots", "0", 1, {})), reach={"plots": WEST})
    assert str(hidden.value).replace(ids["east"], "0") == str(absent.value)
    assert vars(hidden.value) == vars(absent.value)
    assert refused(held, change, into, reach=READS_ALL) == [(ids["east"], "area_before", "east")]


def test_a_feature_across_the_border_is_not_changed(held, ids, change):
    assert refused(held, change, Update("plots", ids["across"], 1, {"name": "x"})) == [(ids["across"], "area_before", "across")]
    assert refused(held, change, Delete("plots", ids["across"], 1)) == [(ids["across"], "area_before", "across")]


def test_new_rows_lie_within(held, change, plots):
    frame = plots(("n1", None, None, "e", shapely.Point(1, 1)), ("n2", None, None, "w", shapely.Point(9, 1)))
    assert [item[1:] for item in refused(held, change, Insert("plots", frame))] == [("area_after", "n1"), ("area_after", "n2")]
    assert refused(held, change, Insert("plots", plots(("n3", None, None, None, None))))[0][1] == "area_after"
    unknown_outline = Reach(frozenset({"w"}))
    assert refused(held, change, Insert("plots", plots(("n4", None, None, None, shapely.Point(1, 1)))), reach=unknown_outline)
    held.apply(change(Insert("plots", plots(("n5", None, None, "w", shapely.Point(99, 1))))), reach={"plots": unknown_outline})


def test_one_row_past_the_border_refuses_the_whole_change(held, ids, change, plots):
    refused(
        held,
        change,
        Update("plots", ids["west"], 1, {"name": "x"}),
        Insert("plots", plots(("n1", None, None, "e", shapely.Point(1, 1)))),
    )


def test_a_layer_without_a_right_is_refused_before_anything_else(held, ids, change, wells):
    with pytest.raises(OutOfReachError) as caught:
        held.apply(change(Update("wells", "x", None, {}), Insert("wells", wells(1))), reach={"plots": WEST})
    assert caught.value.items == (("wells", "", "layer", ""),)
    with pytest.raises(OutOfReachError):
        held.apply(change(Delete("plots", ids["west"], 1)), reach={})
    with pytest.raises(UnknownNameError):
        held.apply(change(Delete("rivers", ids["west"], 1)), reach={})


def test_hidden_comes_before_forbidden_before_stale(held, ids, change):
    """A client learns nothing of a feature that it may not read, neither its version nor that it was removed."""
    hidden, gone = ids["east"], ids["west"]
    held.apply(change(Update("plots", hidden, 1, {"name": "二"}), Delete("plots", gone, 1)))
    for edit in (
        Update("plots", hidden, 1, {"name": "x"}),
        Update("plots", hidden, 2, {"name": "x"}),
        Delete("plots", hidden, 7),
    ):
        with pytest.raises(NotFoundError, match=f"^Layer plots has no feature {hidden}. Read the layer again.$"):
            held.apply(change(edit), reach={"plots": WEST})
        assert refused(held, change, edit, reach=READS_ALL) == [(hidden, "area_before", "east")]
    for feature_id in (hidden, gone, "never"):
        with pytest.raises(PreconditionRequiredError):
            held.apply(change(Update("plots", feature_id, None, {})), reach={"plots": WEST})
    with pytest.raises(StaleVersionError) as caught:
        held.apply(change(Update("plots", gone, 1, {"name": "x"})), reach={"plots": WEST})
    assert caught.value.conflicts[0]["ver"] is None
    with pytest.raises(StaleVersionError):
        held.apply(change(Update("plots", ids["loose"], 9, {"name": "x"})), reach={"plots": WEST})


def test_a_removed_feature_that_was_hidden_never_was(held, ids, change):
    held.apply(change(Delete("plots", ids["east"], 1)))
    with pytest.raises(NotFoundError, match=f"^Layer plots has no feature {ids['east']}. Read the layer again.$"):
        held.apply(change(Update("plots", ids["east"], 1, {})), reach={"plots": WEST})


def test_only_fields_of_the_grant_are_changed(held, ids, change, plots):
    same_money = Update("plots", ids["west"], 1, {"name": "新", "money": None, "county_code": "w"}, shapely.Point(1, 1))
    held.apply(change(same_money), reach={"plots": NAME_ONLY})
    assert refused(held, change, Update("plots", ids["west"], 2, {"money": 2.0}), reach=NAME_ONLY) == [
        (ids["west"], "field", "money")
    ]
    assert refused(held, change, Update("plots", ids["west"], 2, {}, shapely.Point(2, 2)), reach=NAME_ONLY)[0][2] == "geometry"
    assert refused(held, change, Delete("plots", ids["west"], 2), reach=NAME_ONLY)[0][2] == "a removal"
    row = Insert("plots", plots(("n1", None, None, "w", shapely.Point(1, 1))))
    assert refused(held, change, row, reach=NAME_ONLY)[0][2] == "a new row"


def test_replacing_a_layer_does_not_name_what_may_not_be_read(held, change, plots):
    everything = Replace("plots", plots(("west", None, None, "w", shapely.Point(1, 1))))
    items = refused(held, change, everything)
    assert ("", "not_readable", "") in items
    assert all("east" not in item for item in items)


def test_undoing_and_restoring_are_writing(held, ids, change):
    held.apply(change(Update("plots", ids["west"], 1, {"name": "二"})))
    held.apply(change(Update("plots", ids["east"], 1, {"name": "二"})))
    head = {"who": "a", "bureau": "b", "reason": "c"}
    with pytest.raises(NotFoundError, match="There is no change 3"):
        held.undo(3, **head, reach={"plots": WEST})
    with pytest.raises(OutOfReachError):
        held.undo(3, **head, reach={"plots": READS_ALL})
    with pytest.raises(OutOfReachError) as caught:
        held.undo(3, **head, reach={"wells": EVERYWHERE})
    assert caught.value.items == (("plots", "", "layer", ""),)
    with pytest.raises(UndoConflictError):
        held.undo(1, **head, reach={"plots": WEST})
    with pytest.raises(OutOfReachError) as caught:
        held.restore_layer("plots", 1, **head, reach={"plots": WEST})
    assert ("plots", "", "not_readable", "") in caught.value.items
    with pytest.raises(OutOfReachError):
        held.restore_layer("plots", 1, **head, reach={})
    assert held.undo(2, **head, reach={"plots": WEST}, account_id=7).updated == 1
    assert held.changes()[0].account_id == 7
    assert held.restore_layer("plots", 1, **head, reach=EVERYWHERE).updated == 1


def test_a_layer_with_neither_codes_nor_geometry_is_written_by_all_who_may_write_it(held, change):
    row = Insert("notes", pd.DataFrame({"note_id": ["a"]}))
    assert held.apply(Change("a", "b", "c", (row,)), reach={"notes": Reach(frozenset())}).inserted == 1
