"""Rows of a view are the rows that a frame has: same values, same order, same reach."""

import pandas as pd
import pytest
import shapely

from layers.errors import BadConditionError
from layers.schema import UnknownNameError
from layers.store import Condition, Insert, Reach, viewing

EVERYWHERE = (103, 35, 106, 38)


def plain(value):
    return None if not isinstance(value, list) and pd.isna(value) else value


def assert_same(view, frame):
    assert list(view.ids) == frame["id"].tolist()
    assert list(view.vers) == frame["ver"].tolist()
    assert set(view.columns) == set(frame.columns) - {"id", "ver", "geometry"}
    for name, values in view.columns.items():
        expected = [plain(value) for value in frame[name].tolist()]
        assert list(values) == expected, name
        assert [type(value) for value in values] == [type(value) for value in expected], name
    if "geometry" in frame:
        assert shapely.equals_identical(view.geometries, frame.geometry.array).all()


def test_a_view_has_what_a_frame_has(filled):
    for box in (EVERYWHERE, (104.015, 35.9, 104.055, 36.1), (0, 0, 1, 1)):
        view = viewing.view(filled, "wells", bbox=box, most=50)
        assert_same(view, filled.read("wells", bbox=box))
        assert view.total == len(view) == filled.count("wells", bbox=box)


def test_ids_and_conditions(filled):
    ids = filled.read("wells")["id"].tolist()[3:6]
    assert_same(viewing.view(filled, "wells", ids=ids, most=3), filled.read("wells", ids=ids))
    where = [Condition("kind", "=", "筒井")]
    assert_same(viewing.view(filled, "wells", where=where, most=50), filled.read("wells", where=where))


def test_more_than_asked_for_are_counted_and_none_is_read(filled):
    view = viewing.view(filled, "wells", bbox=EVERYWHERE, most=9)
    assert (view.total, len(view), list(view.geometries)) == (10, 0, [])


def test_missing_geometry_and_a_table_without_one(store, change, wells):
    rows = wells(2)
    rows.loc[0, "geometry"] = None
    store.apply(change(Insert("wells", rows), Insert("notes", pd.DataFrame({"note_id": ["n"], "text": ["字"]}))))
    assert viewing.view(store, "wells", most=5).geometries[0] is None
    notes = viewing.view(store, "notes", most=5)
    assert (list(notes.columns["text"]), notes.geometries) == (["字"], None)
    assert_same(notes, store.read("notes"))


def test_only_rows_and_fields_within_reach(area_store, change, plots):
    near, far = shapely.box(104, 36, 104.1, 36.1), shapely.box(105, 36, 105.1, 36.1)
    inside, outside = ("a", "v1", "t1", "c1", near), ("b", "v2", "t2", "c1", far)
    area_store.apply(change(Insert("plots", plots(inside, outside))))
    reach = Reach(codes=frozenset({"v1", "t1"}), outline=near, fields=frozenset({"name"}))
    view = viewing.view(area_store, "plots", bbox=EVERYWHERE, most=5, reach=reach)
    assert_same(view, area_store.read("plots", bbox=EVERYWHERE, reach=reach))
    assert (view.total, list(view.columns["plot_id"]), set(view.columns)) == (1, ["a"], {"plot_id", "name"})
    with pytest.raises(BadConditionError):
        viewing.view(area_store, "plots", where=[Condition("money", "=", 1)], most=5, reach=reach)


def test_what_is_not_there_is_refused(filled):
    with pytest.raises(UnknownNameError):
        viewing.view(filled, "nowhere", most=5)
    with pytest.raises(BadConditionError):
        viewing.view(filled, "notes", bbox=EVERYWHERE, most=5)
