import datetime as dt
import threading

import numpy as np
import pandas as pd
import pytest
import shapely

from layers.errors import (
    BadFrameError,
    BadGeometryError,
    CancelledError,
    DuplicateKeyError,
    NotFoundError,
    PreconditionRequiredError,
    StaleVersionError,
)
from layers.schema import UnknownNameError
from layers.store import Delete, Insert, Replace, Update


def test_insert_is_read_back_with_values_dtypes_and_place(store, change, wells):
    given = wells(10)
    receipt = store.apply(change(Insert("wells", given)))
    assert (receipt.change_id, receipt.versions, receipt.inserted, receipt.updated, receipt.deleted) == (
        1,
        {"wells": 1},
        10,
        0,
        0,
    )
    found = store.read("wells")
    assert found.crs == "EPSG:4490"
    assert found.index.name == "fid"
    assert found["ver"].tolist() == [1] * 10
    assert found["id"].is_unique
    assert [str(found[name].dtype) for name in ("name", "persons", "depth_m", "tested")] == ["str", "Int64", "float64", "boolean"]
    assert found.geometry.tolist() == given.geometry.tolist()
    for name in ("well_id", "name", "kind", "persons", "depth_m", "tested", "dug_on", "uses"):
        known = given[name].notna().tolist()
        assert found[name].notna().tolist() == known
        assert [v for v, k in zip(found[name], known, strict=True) if k] == [
            v for v, k in zip(given[name], known, strict=True) if k
        ]


def test_given_frame_is_not_changed(store, change, wells):
    given = wells(3)
    before = given.copy(deep=True)
    store.apply(change(Insert("wells", given)))
    pd.testing.assert_frame_equal(given, before)


def test_insert_into_a_table_without_geometry(store, change):
    store.apply(change(Insert("notes", pd.DataFrame({"note_id": ["a"], "text": ["路面破损"]}))))
    found = store.read("notes")
    assert list(found.columns) == ["id", "ver", "note_id", "text", "source"]
    assert found["text"].tolist() == ["路面破损"]


def test_lines_keep_single_and_multiple_parts(store, change):
    shapes = [shapely.LineString([(104, 36), (104.1, 36)]), shapely.MultiLineString([[(104, 36), (104.1, 36)]]), None]
    frame = pd.DataFrame({"track_id": ["a", "b", "c"], "geometry": shapes})
    store.apply(change(Insert("tracks", frame)))
    assert store.read("tracks").geometry.tolist() == shapes


def test_duplicate_key_inside_the_frame_names_the_rows(store, change, wells):
    frame = wells(4)
    frame.loc[3, "well_id"] = "w1"
    with pytest.raises(DuplicateKeyError, match=r"well_id must be different in every row; w1 .*rows 1, 3") as caught:
        store.apply(change(Insert("wells", frame)))
    assert caught.value.rows == (1, 3)
    assert caught.value.keys == ("w1",)
    assert store.changes() == []


def test_key_that_the_layer_has_already_names_the_rows(filled, change, wells):
    with pytest.raises(DuplicateKeyError, match="w8, w9 stands more than once") as caught:
        filled.apply(change(Insert("wells", wells(4, first=8))))
    assert caught.value.rows == (0, 1)
    assert filled.count("wells") == 10


def test_unknown_keys_do_not_clash(store, change):
    store.apply(change(Insert("notes", pd.DataFrame({"note_id": [None, None], "text": ["a", "b"]}))))
    assert store.count("notes") == 2


def test_undeclared_column_is_refused(store, change, wells):
    with pytest.raises(BadFrameError, match="Layer wells has no field colour"):
        store.apply(change(Insert("wells", wells(1).assign(colour="red"))))


def test_unknown_layer_is_refused(store, change, wells):
    with pytest.raises(UnknownNameError, match="There is no layer 'castles'"):
        store.apply(change(Insert("castles", wells(1))))


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        (shapely.LineString([(104, 36), (105, 36)]), "LineString, the layer takes Point"),
        (shapely.Point(36, 104), "not a longitude and latitude"),
        (shapely.Point(np.inf, 36), "not a longitude and latitude"),
    ],
)
def test_geometry_that_does_not_fit_is_refused(store, change, wells, shape, match):
    frame = wells(2)
    frame.loc[1, "geometry"] = shape
    with pytest.raises(BadGeometryError, match=match):
        store.apply(change(Insert("wells", frame)))
    assert store.count("wells") == 0


def test_another_crs_is_refused(store, change, wells):
    with pytest.raises(BadGeometryError, match="the frame is in EPSG:4326"):
        store.apply(change(Insert("wells", wells(1).set_crs("EPSG:4326", allow_override=True))))


def test_a_change_without_a_person_is_refused(store, change, wells):
    with pytest.raises(BadFrameError, match="who makes it"):
        store.apply(change(Insert("wells", wells(1)), who=" "))


def test_update_changes_values_and_raises_the_version(filled, change, one):
    before = one(filled, "w1")
    receipt = filled.apply(change(Update("wells", before["id"], 1, {"name": "新名", "persons": 12, "uses": ["灌溉"]})))
    after = one(filled, "w1")
    assert receipt.updated == 1
    assert after["ver"] == 2
    assert (after["name"], after["persons"], after["uses"]) == ("新名", 12, ["灌溉"])
    assert {k: v for k, v in after.items() if k not in {"ver", "name", "persons", "uses"}} == {
        k: v for k, v in before.items() if k not in {"ver", "name", "persons", "uses"}
    }


def test_update_moves_and_erases_geometry(filled, change, one):
    feature = one(filled, "w2")
    filled.apply(change(Update("wells", feature["id"], 1, geometry=shapely.Point(105, 37))))
    assert filled.get("wells", feature["id"])["geometry"] == shapely.Point(105, 37)
    assert filled.read("wells", bbox=(104.99, 36.99, 105.01, 37.01))["well_id"].tolist() == ["w2"]
    filled.apply(change(Update("wells", feature["id"], 2, geometry=None)))
    assert filled.get("wells", feature["id"])["geometry"] is None
    assert filled.read("wells", bbox=(104.99, 36.99, 105.01, 37.01)).empty
    assert filled.verify() == []


def test_update_with_the_same_content_makes_no_version(filled, change, one):
    feature = one(filled, "w1")
    receipt = filled.apply(change(Update("wells", feature["id"], 1, {"name": feature["name"]})))
    assert receipt.updated == 0
    assert one(filled, "w1")["ver"] == 1
    assert receipt.versions == {"wells": 1}


@pytest.mark.parametrize("edit", [Update("wells", "x", None, {"name": "a"}), Delete("wells", "x", None)])
def test_a_write_without_the_expected_version_is_refused(filled, change, edit):
    with pytest.raises(PreconditionRequiredError, match="the version that was seen is missing"):
        filled.apply(change(edit))


def test_a_stale_write_shows_the_present_feature_its_editor_and_time(filled, change, one):
    seen = one(filled, "w1")
    at = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
    filled.apply(change(Update("wells", seen["id"], 1, {"name": "甲的名字"}), who="甲", bureau="交通局", at=at))
    with pytest.raises(
        StaleVersionError, match=r"changed to version 2 \(you saw 1\) by 甲 \(交通局\) at 2026-03-01 08:00"
    ) as caught:
        filled.apply(change(Update("wells", seen["id"], 1, {"name": "乙的名字"}), who="乙"))
    error = caught.value
    assert (error.ver, error.who, error.at) == (2, "甲", at)
    assert error.feature["name"] == "甲的名字"
    assert one(filled, "w1")["name"] == "甲的名字"


def test_a_batch_names_every_stale_feature_and_saves_nothing(filled, change, one):
    seen = [one(filled, key) for key in ("w1", "w2", "w3")]
    filled.apply(change(Update("wells", seen[0]["id"], 1, {"name": "x"}), Delete("wells", seen[1]["id"], 1)))
    with pytest.raises(StaleVersionError, match="was deleted") as caught:
        filled.apply(change(*(Update("wells", item["id"], 1, {"name": "mine"}) for item in seen)))
    assert [item["id"] for item in caught.value.conflicts] == [seen[0]["id"], seen[1]["id"]]
    assert caught.value.conflicts[1]["feature"] is None
    assert one(filled, "w3")["ver"] == 1


def test_a_feature_that_never_was_is_not_found(filled, change):
    with pytest.raises(NotFoundError, match="has no feature nowhere"):
        filled.apply(change(Delete("wells", "nowhere", 1)))


def test_update_refuses_unknown_fields_foreign_values_and_taken_keys(filled, change, one):
    seen = one(filled, "w1")
    with pytest.raises(UnknownNameError, match="Layer wells has no field 'colour'"):
        filled.apply(change(Update("wells", seen["id"], 1, {"colour": "red"})))
    with pytest.raises(BadFrameError, match="persons"):
        filled.apply(change(Update("wells", seen["id"], 1, {"persons": "many"})))
    with pytest.raises(DuplicateKeyError, match="w2"):
        filled.apply(change(Update("wells", seen["id"], 1, {"well_id": "w2"})))
    with pytest.raises(BadFrameError, match="id is given by the store"):
        filled.apply(change(Update("wells", seen["id"], 1, {"id": "other"})))
    assert len(filled.changes()) == 1


def test_a_row_number_is_never_given_twice(filled, change, wells, one):
    last = one(filled, "w9")
    filled.apply(change(Delete("wells", last["id"], 1)))
    filled.apply(change(Insert("wells", wells(1, first=9))))
    assert one(filled, "w9")["fid"] > last["fid"]


def test_replace_keeps_what_is_the_same_and_touches_the_rest(filled, change, wells, one):
    kept, changed = one(filled, "w1"), one(filled, "w2")
    frame = wells(11).drop(index=[3, 4])
    frame.loc[2, "name"] = "改名"
    receipt = filled.apply(change(Replace("wells", frame)))
    assert (receipt.inserted, receipt.updated, receipt.deleted) == (1, 1, 2)
    assert one(filled, "w1") == kept
    now = one(filled, "w2")
    assert (now["fid"], now["id"], now["ver"], now["name"]) == (changed["fid"], changed["id"], 2, "改名")
    assert sorted(filled.read("wells")["well_id"]) == sorted(frame["well_id"])
    assert filled.verify() == []


def test_replace_with_the_same_frame_touches_nothing(filled, change, wells):
    receipt = filled.apply(change(Replace("wells", wells(10))))
    assert (receipt.inserted, receipt.updated, receipt.deleted, receipt.versions) == (0, 0, 0, {"wells": 1})


def test_progress_counts_up_to_all_rows(store, change, wells):
    seen = []
    store.apply(change(Insert("wells", wells(4500))), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2000, 4500), (4000, 4500), (4500, 4500)]


def test_a_cancelled_change_saves_nothing(store, change, wells):
    cancel = threading.Event()
    with pytest.raises(CancelledError, match="Nothing was saved"):
        store.apply(change(Insert("wells", wells(4500))), progress=lambda *_: cancel.set(), cancel=cancel)
    assert store.count("wells") == 0
    assert store.changes() == []
    assert store.versions() == {"wells": 0, "tracks": 0, "notes": 0}
    assert store.apply(change(Insert("wells", wells(3)))).change_id == 1


def test_several_layers_in_one_change(store, change, wells):
    receipt = store.apply(change(Insert("wells", wells(2)), Insert("notes", pd.DataFrame({"note_id": ["a"]}))))
    assert receipt.versions == {"wells": 1, "notes": 1}
    assert store.changes("tracks") == []
    assert store.changes("notes")[0].layers == ("notes", "wells")
