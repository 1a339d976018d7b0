"""Rows that only a procedure may write are locked at the one place where rows are written, on both kinds of store."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.catalogue import LAYERS
from layers.errors import LockedRowError, OutOfReachError, StaleVersionError, UndoConflictError
from layers.schema import Field, FieldType, GeometryKind, Layer
from layers.store import Delete, Insert, Reach, Replace, Update, open_store

FREE = {"draft", None}


def _field(name, kind=FieldType.TEXT):
    return Field(name, name, name, kind, "test")


CASES = Layer(
    "cases",
    "案",
    "Cases",
    "T9",
    GeometryKind.ANY,
    "case_id",
    (
        _field("case_id"),
        _field("name"),
        _field("note"),
        _field("stage"),
        Field("id", "编号", "Id", FieldType.TEXT, "t", derived=True),
    ),
    "test",
    locked=lambda row: frozenset({"stage"} if row["stage"] in FREE else {"stage", "name", "geometry", "*"}),
    entry=lambda row: frozenset() if row["stage"] in FREE else frozenset({"stage"}),
    own_kinds=frozenset({"library", "demo", "area"}),
    place_tolerance_m=100.0,
)
STEPS = Layer(
    "steps",
    "步",
    "Steps",
    "T8",
    GeometryKind.NONE,
    "step_id",
    (_field("step_id"), _field("text"), Field("id", "编号", "Id", FieldType.TEXT, "t", derived=True)),
    "test",
    name_field="text",
    kept_by=frozenset({"library", "demo", "area"}),
)
HERE = shapely.Point(104.0, 36.0)
OTHER_KINDS = ("edit", "import", "request", "bulk", "field", "ogc", "restore")


def cases(*stages, key="c"):
    rows = {"case_id": [f"{key}{n}" for n in range(len(stages))], "name": ["路"] * len(stages), "note": None, "stage": stages}
    return gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry=[HERE] * len(stages), crs="EPSG:4490")


def steps(*names):
    return pd.DataFrame({"step_id": list(names), "text": "x"}, dtype=object)


@pytest.fixture
def book(where, change):
    """A store with a case that is a draft, one that went further, and a step."""
    with open_store(where, create=True, layers={"cases": CASES, "steps": STEPS}) as store:
        store.apply(change(Insert("cases", cases("draft", "done")), Insert("steps", steps("s1")), kind="library"))
        yield store


def ids(store, layer="cases"):
    frame = store.read(layer)
    return dict(zip(frame[store.layers[layer].key], frame["id"], strict=True))


def refused(store, change, *edits, kind="edit", items):
    before = store.full_checksum()
    with pytest.raises(LockedRowError) as caught:
        store.apply(change(*edits, kind=kind))
    assert caught.value.code == "locked"
    assert list(caught.value.items) == items
    assert store.full_checksum() == before
    return str(caught.value)


def test_a_locked_field_changes_by_the_procedure_only(book, change):
    draft, done = ids(book)["c0"], ids(book)["c1"]
    for kind in OTHER_KINDS:
        text = refused(book, change, Update("cases", done, 1, {"name": "桥"}), kind=kind, items=[("cases", "c1", "name")])
        assert text.startswith("cases c1 may not be changed this way: name. It is kept by its procedure; use the moves of")
        refused(book, change, Update("cases", draft, 1, {"stage": "done"}), kind=kind, items=[("cases", "c0", "stage")])
        refused(book, change, Delete("cases", done, 1), kind=kind, items=[("cases", "c1", "*")])
    for ver, kind in enumerate(OTHER_KINDS, 1):
        book.apply(change(Update("cases", done, ver, {"note": f"看过{ver}"}), kind=kind))
    book.apply(change(Delete("cases", draft, 1)))
    book.apply(change(Update("cases", done, len(OTHER_KINDS) + 1, {"name": "桥", "stage": "late"}), kind="library"))


def test_a_layer_kept_by_a_procedure_takes_nothing_else(book, change):
    number = ids(book, "steps")["s1"]
    for kind in OTHER_KINDS:
        for edit, key in (
            (Insert("steps", steps("s2")), "s2"),
            (Update("steps", number, 1, {"text": "y"}), "s1"),
            (Delete("steps", number, 1), "s1"),
        ):
            refused(book, change, edit, kind=kind, items=[("steps", key, "*")])


def test_a_new_row_stands_at_the_beginning_unless_a_register_is_taken_over(book, change):
    for kind in OTHER_KINDS:
        if kind != "import":
            refused(book, change, Insert("cases", cases("done", key="n")), kind=kind, items=[("cases", "n0", "stage")])
    book.apply(change(Insert("cases", cases("draft", key="n"))))
    book.apply(change(Insert("cases", cases("done", key="m")), kind="import"))


def test_a_whole_layer_is_not_replaced_over_locked_rows(book, change):
    items = [("cases", "c0", "stage"), ("cases", "c1", "name"), ("cases", "c1", "stage")]
    new = cases("done", "draft").assign(name=["路", "桥"])
    refused(book, change, Replace("cases", new), kind="import", items=items)
    refused(book, change, Replace("cases", cases("draft")), kind="import", items=[("cases", "c1", "*")])
    book.apply(change(Replace("cases", cases("draft", "done")), kind="import"))


NINETY_METRES_EAST = shapely.Point(104.0010, 36.0)


def test_a_locked_place_is_corrected_and_not_moved(book, change):
    done, draft = ids(book)["c1"], ids(book)["c0"]
    book.apply(change(Update("cases", done, 1, {}, NINETY_METRES_EAST)))
    for shape in (
        shapely.Point(104.0024, 36.0),
        shapely.Point(104.0010, 36.0010),
        None,
        shapely.LineString([(104, 36), (104.01, 36)]),
    ):
        refused(book, change, Update("cases", done, 2, {}, shape), items=[("cases", "c1", "geometry")])
    book.apply(change(Update("cases", draft, 1, {}, None)))
    book.apply(change(Update("cases", draft, 2, {}, shapely.Point(105, 36))))


def test_a_step_of_a_procedure_is_not_undone_and_other_changes_are(book, change):
    who = {"who": "a", "bureau": "b", "reason": "c"}
    before = book.full_checksum()
    with pytest.raises(LockedRowError, match=r"Change 1 is a step of a procedure and cannot be undone"):
        book.undo(1, **who)
    assert book.full_checksum() == before
    taken = book.apply(change(Insert("cases", cases("done", key="m")), kind="import"))
    book.undo(taken.change_id, **who)
    assert set(ids(book)) == {"c0", "c1"}
    named = book.apply(change(Update("cases", ids(book)["c0"], 1, {"name": "桥"})))
    book.apply(change(Update("cases", ids(book)["c0"], 2, {"stage": "done"}), kind="library"))
    with pytest.raises(UndoConflictError):
        book.undo(named.change_id, **who)


def test_an_earlier_state_is_not_restored_over_a_procedure(book, change):
    book.apply(change(Update("cases", ids(book)["c0"], 1, {"stage": "done"}), kind="library"))
    for layer in ("cases", "steps"):
        book.apply(change(Insert("steps", steps("s2")), kind="library")) if layer == "steps" else None
        before = book.full_checksum()
        with pytest.raises(LockedRowError):
            book.restore_layer(layer, 1, who="a", bureau="b", reason="c")
        assert book.full_checksum() == before


def test_a_request_is_accepted_only_as_far_as_the_lock_lets_it(book, change):
    asked = change(Update("cases", ids(book)["c1"], 1, {"name": "桥"}))
    number = book.requests.submit(asked, account_id=None, origin="page")
    with pytest.raises(LockedRowError):
        book.accept(number, who="x", bureau="y")
    assert book.requests.get(number).state == "open"


def test_who_may_not_write_and_who_saw_an_older_row_are_told_so_first(book, change):
    edit = Update("cases", ids(book)["c1"], 1, {"name": "桥"})
    with pytest.raises(OutOfReachError):
        book.apply(change(edit), reach={"cases": Reach(fields=frozenset({"note"}))})
    with pytest.raises(StaleVersionError):
        book.apply(change(Update("cases", ids(book)["c1"], 7, {"name": "桥"})))


def assets(number, name, on):
    row = {"asset_id": number, "name": name, "asset_class": "PUB", "owner": "甲村", "original_value": 80.0, "registered_on": on}
    return gpd.GeoDataFrame(pd.DataFrame([row], dtype=object), geometry=[HERE], crs="EPSG:4490")


def test_an_import_takes_over_assets_and_does_not_write_over_what_the_ledger_keeps(where, change):
    entered = dt.date(2021, 11, 30)
    with open_store(where, create=True, layers={name: LAYERS[name] for name in ("assets", "projects")}) as store:
        taken = store.apply(change(Insert("assets", assets("Z1", "车间", entered)), kind="import"))
        store.apply(change(Insert("assets", assets("Z2", "水厂", None)), kind="import"))
        own, free = ids(store, "assets")["Z1"], ids(store, "assets")["Z2"]
        for field, value in (("owner", "乙村"), ("original_value", 1.0), ("status", "闲置"), ("registered_on", None)):
            items = [("assets", "Z1", field)]
            refused(store, change, Update("assets", own, 1, {field: value}), kind="import", items=items)
        refused(store, change, Delete("assets", own, 1), kind="import", items=[("assets", "Z1", "*")])
        whole = assets("Z1", "车间", entered).assign(owner="乙村")
        items = [("assets", "Z1", "owner")]
        refused(store, change, Replace("assets", whole), kind="import", items=items)
        named = store.apply(change(Update("assets", own, 1, {"name": "扶贫车间"}), kind="import"))
        store.apply(change(Update("assets", free, 1, {"owner": "乙村"}), kind="import"))
        store.undo(named.change_id, who="a", bureau="b", reason="c")
        store.undo(taken.change_id, who="a", bureau="b", reason="c")
        assert set(ids(store, "assets")) == {"Z2"}
        again = store.apply(change(Insert("assets", assets("Z1", "车间", entered)), kind="import"))
        own = ids(store, "assets")["Z1"]
        store.apply(change(Update("assets", own, 1, {"status": "闲置"}), kind="ledger"))
        with pytest.raises(UndoConflictError):
            store.undo(again.change_id, who="a", bureau="b", reason="c")
        assert "import" not in store.layers["projects"].own_kinds
