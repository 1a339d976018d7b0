"""One rule in three forms: as SQL in both kinds of store, on frames, on rows; and what reading within a reach shows."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import BadConditionError
from layers.store import EVERYWHERE, Condition, Delete, Insert, Reach, Update, reaching, rows

CODE = st.sampled_from([None, "", "1", "11", "111", "2", "22", "a'b"])
PLACE = st.integers(0, 8)
SHAPE = st.one_of(
    st.none(),
    st.builds(shapely.Point, PLACE, PLACE),
    st.builds(lambda a, b, c, d: shapely.LineString([(a, b), (c, d + 0.5)]), PLACE, PLACE, PLACE, PLACE),
    st.builds(lambda a, b: shapely.box(a, b, a + 1, b + 2), PLACE, PLACE),
)
OUTLINE = st.one_of(
    st.none(),
    st.builds(lambda a, b: shapely.box(a, b, a + 3, b + 2), PLACE, PLACE),
    st.builds(lambda a, b: shapely.Point(a, b).buffer(2.2), PLACE, PLACE),
    st.just(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7.5, 7)])),
)
CODES = st.one_of(st.none(), st.frozensets(CODE.filter(lambda code: code is not None)))
ROWS = st.lists(st.tuples(CODE, CODE, CODE, SHAPE), min_size=12, max_size=12)
REACHES = st.lists(st.builds(Reach, CODES, OUTLINE), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=ROWS, reaches=REACHES)
def test_sql_frames_and_rows_say_the_same(content, reaches, area_store, change, plots):
    frame = plots(*((str(number), *row) for number, row in enumerate(content)))
    receipt = area_store.apply(change(Insert("plots", frame)))
    layer = area_store.layers["plots"]
    whole = area_store.read("plots")
    with area_store._backend.reading() as connection:
        held = rows.fetch(area_store._backend, connection, layer)
    for reach in reaches:
        wanted = np.array([_plainly(row, reach) for row in content])
        assert reaching.mask(whole, layer, reach).tolist() == wanted.tolist()
        assert reaching.inside(held, layer, reach).tolist() == wanted.tolist()
        assert area_store.read("plots", reach=reach)["plot_id"].tolist() == whole["plot_id"][wanted].tolist()
        assert area_store.count("plots", reach=reach) == wanted.sum()
        for feature_id, seen in zip(whole["id"], wanted, strict=True):
            assert (area_store.get("plots", feature_id, reach=reach) is not None) == seen
    area_store.undo(receipt.change_id, who="a", bureau="b", reason="c")


def _plainly(row, reach):
    """The rule in the simplest words."""
    *codes, shape = row
    if reach.codes is None:
        return True
    stated = [code for code in codes if code is not None]
    if stated:
        return stated[0] in reach.codes
    return reach.outline is not None and shape is not None and reach.outline.intersects(shape)


def test_a_layer_with_neither_codes_nor_geometry_is_for_everybody(area_store, change):
    import pandas as pd

    area_store.apply(change(Insert("notes", pd.DataFrame({"note_id": ["a"]}))))
    nowhere = Reach(frozenset())
    assert area_store.count("notes", reach=nowhere) == 1
    assert reaching.mask(area_store.read("notes"), area_store.layers["notes"], nowhere).tolist() == [True]


def test_a_layer_with_geometry_alone_goes_by_the_outline(area_store, change, wells):
    area_store.apply(change(Insert("wells", wells(5))))
    reach = Reach(frozenset({"1"}), shapely.box(104, 35, 104.02, 37))
    assert area_store.read("wells", reach=reach)["well_id"].tolist() == ["w0", "w1", "w2"]
    assert area_store.count("wells", reach=Reach(frozenset({"1"}))) == 0


def test_a_layer_with_codes_alone_goes_by_the_key_of_the_area(area_store, change):
    import pandas as pd

    frame = pd.DataFrame({"township_code": ["11", "12", None], "county_code": ["1", "1", "1"]})
    area_store.apply(change(Insert("zones", frame)))
    assert area_store.read("zones", reach=Reach(frozenset({"11"})))["township_code"].tolist() == ["11"]
    assert area_store.count("zones", reach=Reach(frozenset({"1", "11"}))) == 2


def test_many_codes_are_one_parameter(area_store, change, plots):
    area_store.apply(change(Insert("plots", plots(("a", "v70000", None, None, None), ("b", "x", None, None, None)))))
    many = frozenset(f"v{number}" for number in range(80_000))
    assert area_store.read("plots", reach=Reach(many))["plot_id"].tolist() == ["a"]


def test_an_outline_is_met_exactly_and_not_only_its_box(area_store, change, plots):
    corner, inside = shapely.Point(0.05, 0.95), shapely.Point(0.6, 0.3)
    area_store.apply(change(Insert("plots", plots(("c", None, None, None, corner), ("i", None, None, None, inside)))))
    triangle = shapely.Polygon([(0, 0), (1, 0), (1, 1)])
    assert area_store.read("plots", reach=Reach(frozenset(), triangle))["plot_id"].tolist() == ["i"]
    assert area_store.read("plots", reach=Reach(frozenset(), shapely.Polygon())).empty


def test_conditions_boxes_and_limits_hold_together_with_the_reach(area_store, change, plots):
    shapes = [shapely.Point(n, n) for n in range(6)]
    area_store.apply(change(Insert("plots", plots(*((str(n), None, None, "1" if n % 2 else "2", shapes[n]) for n in range(6))))))
    reach = Reach(frozenset({"1"}))
    either = [Condition("plot_id", "in", ["1", "2", "3"])]
    assert area_store.read("plots", where=either, reach=reach)["plot_id"].tolist() == ["1", "3"]
    assert area_store.read("plots", bbox=(0, 0, 3, 3), limit=1, offset=1, reach=reach)["plot_id"].tolist() == ["3"]
    ids = area_store.read("plots")["id"].tolist()
    assert area_store.read("plots", ids=ids, reach=reach)["plot_id"].tolist() == ["1", "3", "5"]


def test_fields_that_may_not_be_read_are_not_shown_nor_asked_for(area_store, change, plots):
    frame = plots(("a", None, None, "1", shapely.Point(1, 1))).assign(money=9.5)
    area_store.apply(change(Insert("plots", frame)))
    reach = Reach(fields=frozenset({"name"}))
    found = area_store.read("plots", reach=reach)
    assert list(found.columns) == ["id", "ver", "plot_id", "name", "geometry"]
    feature = area_store.get("plots", found["id"].iloc[0], reach=reach)
    assert set(feature) == {"fid", "id", "ver", "plot_id", "name", "geometry"}
    assert "money" not in area_store.history("plots", feature["id"], reach=reach)[0].after
    with pytest.raises(BadConditionError, match=r"no field 'money'; its fields are: plot_id, name"):
        area_store.read("plots", where=[Condition("money", ">", 1)], reach=reach)
    with pytest.raises(BadConditionError):
        area_store.count("plots", [Condition("money", ">", 1)], reach=reach)
    assert list(reaching.narrow(area_store.read("plots"), reach).columns) == ["id", "ver", "name", "geometry"]
    assert list(reaching.narrow(area_store.read("plots"), EVERYWHERE).columns) == list(area_store.read("plots").columns)


def test_the_history_of_a_feature_shows_only_the_states_inside(area_store, change, plots):
    area_store.apply(change(Insert("plots", plots(("a", None, None, "1", shapely.Point(1, 1))))))
    feature_id = area_store.read("plots")["id"].iloc[0]
    area_store.apply(change(Update("plots", feature_id, 1, {"county_code": "2"})))
    one, two = Reach(frozenset({"1"})), Reach(frozenset({"2"}))
    assert area_store.history("plots", feature_id, reach=one) == []
    (moved,) = area_store.history("plots", feature_id, reach=two)
    assert (moved.before, moved.after["county_code"]) == (None, "2")
    area_store.apply(change(Delete("plots", feature_id, 2)))
    assert [item.op for item in area_store.history("plots", feature_id, reach=two)] == ["update", "delete"]
    assert area_store.history("plots", feature_id, reach=one) == []
    assert area_store.history("plots", "never", reach=two) == []
    assert [item.op for item in area_store.change_rows(2, {"plots": one})] == ["update"]
    assert area_store.change_rows(2, {"plots": one})[0].after is None
    assert area_store.change_rows(3, {"plots": one}) == []
    assert area_store.change_rows(3, {}) == []


def test_an_outline_is_held_until_others_push_it_out(monkeypatch):
    monkeypatch.setattr(reaching, "OUTLINES_HELD", 2)
    names = [reaching.hold_outline(shapely.box(n, 0, n + 1, 1)) for n in range(3)]
    assert names[0] not in reaching._outlines
    assert reaching.hold_outline(shapely.box(2, 0, 3, 1)) == names[2]


def test_a_geometry_that_cannot_be_compared_is_not_inside():
    outline = shapely.box(0, 0, 1, 1)
    column = np.array([None, shapely.Point(0.5, 0.5)], dtype=object)
    assert reaching.intersects(outline, column).tolist() == [False, True]
