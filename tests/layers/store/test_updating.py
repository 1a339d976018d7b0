"""Updates and deletions that come together: what becomes of them is what would become of them one by one."""

import datetime as dt
import threading
from contextlib import contextmanager

import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import CancelledError, DuplicateKeyError, NotFoundError, OutOfReachError, StaleVersionError
from layers.schema import PersonError
from layers.store import EVERYWHERE, UNCHANGED, Change, Delete, Insert, Reach, Update, applying, tables, updating

WEST = Reach(frozenset({"w"}), shapely.box(0, 0, 5, 10))
REACHES = (
    None,
    {"plots": EVERYWHERE, "notes": EVERYWHERE},
    {"plots": WEST, "notes": EVERYWHERE},
    {"plots": Reach(WEST.codes, WEST.outline, reading=EVERYWHERE), "notes": Reach(fields=frozenset({"text"}))},
    {"plots": Reach(WEST.codes, WEST.outline, frozenset({"name", "geometry"})), "notes": EVERYWHERE},
    {"notes": EVERYWHERE},
)
VERSIONS = {**{f"p{n}": 1 for n in range(8)}, "p1": 2, "gone": 2, "never": 1} | {f"n{n}": 1 for n in range(4)}
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def held(area_store, change, plots):
    """Plots in the west, one in the east, one across, some changed or removed already; a few notes."""
    west = [(f"k{n}", None, None, "w" if n % 3 else None, shapely.Point(1 + n / 10, 1)) for n in range(5)]
    others = [
        ("k5", None, None, "e", shapely.Point(9, 9)),
        ("k6", None, None, "w", shapely.LineString([(4, 4), (6, 4)])),
        ("k7", None, None, "w", None),
        ("kgone", None, None, "w", shapely.Point(1, 1)),
    ]
    frame = plots(*west, *others).assign(id=[*(f"p{n}" for n in range(8)), "gone"])
    notes = pd.DataFrame({"note_id": ["a", "b", "c", None], "text": "x", "id": [f"n{n}" for n in range(4)]})
    area_store.apply(change(Insert("plots", frame), Insert("notes", notes)))
    area_store.apply(change(Update("plots", "p1", 1, {"name": "甲的"}), Delete("plots", "gone", 1), who="甲", at=NOON))
    return area_store


class UndoneError(Exception):
    """Ends a transaction without keeping it."""


def take_back(*seen):
    raise UndoneError(*seen)


def outcome(store, wanted, reach):
    """What a change does, taken back at once: its receipt and every row of every table, or its error."""
    backend = store._backend
    try:
        prepared = applying.prepare(backend, wanted, reach)
        with backend.writing() as connection:
            receipt = applying.apply_in(backend, connection, wanted, prepared, reach=reach)
            take_back(receipt, everything(store, connection))
    except UndoneError as done:
        return done.args
    except PersonError as error:
        return type(error), str(error), repr(vars(error))


def everything(store, connection):
    found = []
    written = [store._backend.tables[name] for name in ("plots", "notes")]
    for table in (*written, tables.history, tables.changes, tables.change_layers, tables.layer_rows):
        columns = [column for column in table.columns if column.name != "token"]
        found.append([tuple(row) for row in connection.execute(sa.select(*columns).order_by(*table.primary_key.columns))])
    if store._backend.name == "gpkg":
        tree = connection.exec_driver_sql("SELECT * FROM rtree_plots_geom ORDER BY id")
        extent = connection.exec_driver_sql("SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents")
        found += [tree.all(), extent.all()]
    return found


def rarely(usual, strange):
    """Mostly what goes well, now and then what does not."""
    return st.integers(0, 19).flatmap(lambda number: strange if number == 0 else usual)


PLAIN = {"name": st.sampled_from(["新", "地块k1", None]), "money": st.sampled_from([1.5, None])}
KEYS = {"plot_id": st.sampled_from(["k0", "k1", "k2", "x1", "x2", "x3", "x4", "x5", "kgone"])}
PLOT_VALUES = rarely(
    st.sampled_from([{}, {}, {}, KEYS]).flatmap(lambda more: st.fixed_dictionaries({}, optional=PLAIN | more)),
    st.sampled_from([{"money": "many"}, {"colour": "red"}, {"id": "z"}, {"county_code": "e"}, {"plot_id": None}]),
)
SHAPES = rarely(
    st.sampled_from([UNCHANGED, UNCHANGED, shapely.Point(2, 2), shapely.Point(3, 3, 5), shapely.LineString([(1, 1), (2, 2)])]),
    st.sampled_from([None, shapely.Point(8, 8), shapely.Point(200, 0), shapely.Point()]),
)
NOTE_VALUES = st.fixed_dictionaries(
    {}, optional={"text": st.sampled_from(["x", "y"]), "note_id": st.sampled_from(["a", "d", None])}
)


@st.composite
def edits(draw):
    versions, found = dict(VERSIONS), []
    for number in range(draw(st.integers(2, 9))):
        layer = draw(st.sampled_from(["plots"] * 9 + ["notes"] * 2))
        ids = ["n0", "n1", "n2", "n3"] if layer == "notes" else [f"p{n}" for n in range(5)]
        strange = st.just("n0") if layer == "notes" else st.sampled_from(["p5", "p6", "p7", "gone", "gone", "never"])
        feature = draw(rarely(st.sampled_from(ids), strange))
        seen = draw(rarely(st.just(versions[feature]), st.sampled_from([1, 9])))
        kind = draw(st.sampled_from(["update"] * 8 + ["delete", "insert"]))
        if kind == "update":
            values = draw(PLOT_VALUES if layer == "plots" else NOTE_VALUES)
            found.append(Update(layer, feature, seen, values, draw(SHAPES) if layer == "plots" else UNCHANGED))
            versions[feature] += draw(st.sampled_from([1, 1, 0]))
        elif kind == "delete":
            found.append(Delete(layer, feature, seen))
        else:
            found.append(Insert("notes", pd.DataFrame({"note_id": [f"new{number}"], "id": [f"i{number}"]})))
    return tuple(found)


@pytest.fixture
def held_together(monkeypatch):
    """Set how many edits are held at once."""
    return lambda size: monkeypatch.setattr(updating, "PART", size)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=edits(), reach=st.sampled_from(REACHES), size=st.sampled_from([2, 3, 1000]))
def test_together_is_as_one_by_one(held, held_together, wanted, reach, size):
    change = Change("乙", "水务局", "测试", wanted, at=NOON)
    held_together(1)
    alone = outcome(held, change, reach)
    held_together(size)
    assert outcome(held, change, reach) == alone


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(st.sampled_from([f"k{n}" for n in range(5)] + ["y1", "y2"]), min_size=5, max_size=5), out=st.integers(0, 6))
def test_keys_that_go_from_row_to_row(held, held_together, keys, out):
    """Taken keys are refused, keys that were given up before may be taken, in the order of the edits."""
    wanted = [Update("plots", f"p{n}", VERSIONS[f"p{n}"], {"plot_id": key}) for n, key in enumerate(keys)]
    if out < len(wanted):
        wanted[out] = Delete("plots", f"p{out}", VERSIONS[f"p{out}"])
    change = Change("乙", "水务局", "测试", tuple(wanted), at=NOON)
    held_together(1)
    alone = outcome(held, change, None)
    held_together(1000)
    assert outcome(held, change, None) == alone


def test_parts_keep_the_order_and_no_feature_twice(held_together):
    held_together(3)
    frame = pd.DataFrame({"note_id": ["a"]})
    row = [Delete("a", str(n), 1) for n in range(4)]
    wanted = (Insert("a", frame), *row, row[3], Update("b", "3", 1), Insert("b", frame), Insert("b", frame), row[0])
    found = list(updating.parts(wanted))
    assert [(at, len(part)) for at, part in found] == [(0, 1), (1, 3), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1)]
    assert [edit for _, part in found for edit in part] == list(wanted)
    assert list(updating.parts(())) == []


def test_swapped_keys_are_refused_and_a_detour_is_taken(held, change):
    swapped = (Update("plots", "p2", 1, {"plot_id": "k3"}), Update("plots", "p3", 1, {"plot_id": "k2"}))
    with pytest.raises(DuplicateKeyError, match="k3 stands more than once") as caught:
        held.apply(change(*swapped))
    assert caught.value.rows == ("p2",)
    detour = (
        Update("plots", "p2", 1, {"plot_id": "aside"}),
        Update("plots", "p3", 1, {"plot_id": "k2"}),
        Update("plots", "p2", 2, {"plot_id": "k3"}),
    )
    assert held.apply(change(*detour)).updated == 3
    assert held.get("plots", "p2")["plot_id"] == "k3"
    assert held.get("plots", "p3")["plot_id"] == "k2"
    assert held.get("plots", "p2")["ver"] == 3
    assert held.verify() == []


def test_every_stale_feature_is_named_beyond_one_part(held, change, held_together):
    held_together(2)
    wanted = [Update("plots", f"p{n}", 7 if n % 2 else 1, {"name": "x"}) for n in range(6)]
    with pytest.raises(StaleVersionError, match="changed to version 2") as caught:
        held.apply(change(*wanted, Delete("plots", "gone", 1)))
    found = [(item["id"], item["ver"], item["who"]) for item in caught.value.conflicts]
    assert found == [("p1", 2, "甲"), ("p3", 1, "李工"), ("p5", 1, "李工"), ("gone", None, "甲")]
    assert held.get("plots", "p0")["ver"] == 1


def test_a_feature_that_never_was_and_one_out_of_reach_refuse_the_whole(held, change):
    good = [Update("plots", f"p{n}", VERSIONS[f"p{n}"], {"name": "x"}) for n in range(3)]
    with pytest.raises(NotFoundError, match="has no feature never"):
        held.apply(change(*good, Delete("plots", "never", 1)))
    with pytest.raises(OutOfReachError) as caught:
        held.apply(change(*good, Update("plots", "p6", 1, {"name": "x"})), reach={"plots": WEST})
    assert caught.value.items == (("plots", "p6", "area_before", "k6"),)
    assert held.get("plots", "p0")["ver"] == 1


@pytest.mark.parametrize(
    ("reach", "values", "last", "found"),
    [
        (REACHES[2], {"county_code": "e"}, Update("plots", "p2", 1, {"county_code": "e"}), ("area_after", "k1")),
        (REACHES[4], {"money": 2.0}, Update("plots", "p2", 1, {"money": 2.0}), ("field", "money")),
        (REACHES[4], {"money": 2.0}, Delete("plots", "p2", 1), ("field", "money")),
        (REACHES[4], {"name": "x"}, Delete("plots", "p2", 1), None),
    ],
)
def test_what_may_not_be_written_is_named_as_one_by_one(held, held_together, reach, values, last, found):
    edits = (Update("plots", "p4", 1, {"name": "x"}), Update("plots", "p1", 2, values), last)
    change = Change("乙", "水务局", "测试", edits, at=NOON)
    held_together(1)
    alone = outcome(held, change, reach)
    held_together(1000)
    assert outcome(held, change, reach) == alone
    with pytest.raises(OutOfReachError) as caught:
        held.apply(change, reach=reach)
    assert caught.value.items == (("plots", "p1", *found) if found else ("plots", "p2", "field", "a removal"),)


def test_progress_is_told_and_a_change_is_stopped_between_parts(held, change, held_together):
    held_together(2)
    wanted = change(*(Update("plots", f"p{n}", VERSIONS[f"p{n}"], {"name": "x"}) for n in range(5)))
    seen, cancel = [], threading.Event()
    with pytest.raises(CancelledError, match="Nothing was saved"):
        held.apply(wanted, progress=lambda *_: cancel.set(), cancel=cancel)
    assert held.get("plots", "p0")["ver"] == 1
    held.apply(wanted, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


@contextmanager
def counted():
    statements = []

    def note(connection, cursor, statement, *rest):
        del connection, cursor, rest
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def test_many_edits_are_no_more_statements_than_a_few(area_store, change, plots):
    """A change of many rows holds the writing lock for no longer than the rows themselves take."""
    frame = plots(*((f"k{n}", None, None, "w", shapely.Point(1, 1)) for n in range(60)))
    area_store.apply(change(Insert("plots", frame.assign(id=[f"p{n}" for n in range(60)]))))

    def statements(numbers, ver, kind):
        with counted() as found:
            area_store.apply(change(*(kind(f"p{n}", ver) for n in numbers)))
        return len(found)

    def stale(numbers):
        with counted() as found, pytest.raises(StaleVersionError) as caught:
            area_store.apply(change(*(moved(f"p{n}", 1) for n in numbers)))
        assert len(caught.value.conflicts) == len(numbers)
        return len(found)

    def moved(feature, ver):
        return Update("plots", feature, ver, {"name": "x", "plot_id": f"new{feature}"}, shapely.Point(2, 2))

    def removed(feature, ver):
        return Delete("plots", feature, ver)

    assert statements(range(5), 1, moved) == statements(range(5, 60), 1, moved)
    assert stale(range(5)) == stale(range(60))
    assert statements(range(5), 2, removed) == statements(range(5, 60), 2, removed)
    assert area_store.count("plots") == 0
