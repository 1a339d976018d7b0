import datetime as dt

import pandas as pd
import pytest
import shapely

from layers.errors import NotFoundError, StoreClosedError
from layers.schema import UnknownNameError
from layers.store import Condition, Delete, Insert, Update


def test_reading_by_box_uses_exact_envelopes(filled, change):
    filled.apply(
        change(Insert("tracks", pd.DataFrame({"track_id": ["t"], "geometry": [shapely.LineString([(104, 36), (105, 37)])]})))
    )
    assert filled.read("wells", bbox=(104.0, 36.0, 104.02, 36.002))["well_id"].tolist() == ["w0", "w1", "w2"]
    assert filled.read("wells", bbox=(104.0200001, 36, 105, 37))["well_id"].tolist()[0] == "w3"
    assert filled.count("tracks", bbox=(104.9, 36.1, 104.95, 36.2)) == 1
    assert filled.read("wells", bbox=(0, 0, 1, 1)).empty


def test_reading_in_pages_and_by_ids(filled):
    everything = filled.read("wells")
    assert filled.read("wells", limit=3, offset=4)["well_id"].tolist() == ["w4", "w5", "w6"]
    ids = everything["id"].tolist()[2:4]
    assert filled.read("wells", ids=ids)["well_id"].tolist() == ["w2", "w3"]
    assert filled.read("wells", ids=[]).empty


def test_reading_without_geometry_gives_a_plain_table(filled):
    found = filled.read("wells", geometry=False)
    assert "geometry" not in found.columns
    assert len(found) == 10


def test_an_empty_layer_reads_as_an_empty_frame_of_the_same_shape(store, filled):
    assert store.read("tracks").dtypes.to_dict() == store.read("tracks", limit=0).dtypes.to_dict()
    assert filled.read("wells", limit=0).dtypes.to_dict() == filled.read("wells").dtypes.to_dict()


def test_get_gives_a_feature_or_nothing(filled, one):
    feature = one(filled, "w1")
    assert feature["dug_on"] == dt.date(2001, 1, 1)
    assert feature["uses"] == ["饮水", "用途1"]
    assert feature["tested"] is True
    assert feature["geometry"] == shapely.Point(104.01, 36.001)
    assert filled.get("wells", "nowhere") is None


def test_changes_tell_who_why_and_from_which_file(store, change, wells):
    at = dt.datetime(2026, 5, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    store.apply(
        change(
            Insert("wells", wells(2)),
            kind="import",
            file_name="水井.zip",
            file_sha256="ab" * 32,
            recipe="[recipe]\nname='x'",
            at=at,
        )
    )
    (record,) = store.changes()
    assert (record.who, record.bureau, record.reason, record.kind) == ("李工", "水务局", "测试", "import")
    assert (record.file_name, record.file_sha256, record.recipe) == ("水井.zip", "ab" * 32, "[recipe]\nname='x'")
    assert record.at == at
    assert (record.inserted, record.layers, record.undoes, record.undone_by) == (2, ("wells",), None, None)


def test_changes_are_listed_latest_first_and_limited(filled, change, one):
    for ver in (1, 2, 3):
        filled.apply(change(Update("wells", one(filled, "w1")["id"], ver, {"persons": 100 + ver})))
    assert [item.change_id for item in filled.changes(limit=2)] == [4, 3]


def test_history_shows_before_and_after(filled, change, one):
    feature = one(filled, "w1")
    filled.apply(change(Update("wells", feature["id"], 1, {"name": "新"}, geometry=shapely.Point(105, 36)), who="甲"))
    filled.apply(change(Delete("wells", feature["id"], 2), who="乙"))
    first, second, third = filled.history("wells", feature["id"])
    assert (first.op, first.ver, first.before) == ("insert", 1, None)
    assert first.after == feature
    assert (second.op, second.ver, second.who, second.change_id) == ("update", 2, "甲", 2)
    assert second.before == feature
    assert (second.after["name"], second.after["geometry"]) == ("新", shapely.Point(105, 36))
    assert (third.op, third.ver, third.after) == ("delete", 3, None)
    assert third.before == second.after
    assert filled.history("wells", "nowhere") == []


def test_versions_are_numbers_of_changes(filled, change):
    filled.apply(change(Insert("notes", pd.DataFrame({"note_id": ["a"]}))))
    assert filled.versions() == {"wells": 1, "tracks": 0, "notes": 2}
    assert filled.version("wells") == 1
    with pytest.raises(UnknownNameError):
        filled.version("castles")


def test_an_older_version_is_rebuilt_with_equal_rows(filled, change, wells, one):
    old = filled.read("wells")
    feature = one(filled, "w1")
    filled.apply(change(Update("wells", feature["id"], 1, {"name": None, "uses": ["a"]}, geometry=None)))
    middle = filled.read("wells")
    filled.apply(change(Insert("wells", wells(3, first=30)), Delete("wells", one(filled, "w2")["id"], 1)))
    for version, expected in ((1, old), (2, middle), (3, filled.read("wells"))):
        for _ in range(2):
            pd.testing.assert_frame_equal(filled.frame("wells", version), expected)
    assert filled.frame("wells", 0).empty
    with pytest.raises(NotFoundError, match="has no version 9; the last change is 3"):
        filled.frame("wells", 9)


def test_a_version_between_two_changes_of_a_layer_is_the_earlier_one(filled, change):
    filled.apply(change(Insert("notes", pd.DataFrame({"note_id": ["a"]}))))
    pd.testing.assert_frame_equal(filled.frame("wells", 2), filled.frame("wells", 1))


def test_a_closed_store_says_so(filled):
    filled.close()
    filled.close()
    with pytest.raises(StoreClosedError, match="was closed"):
        filled.count("wells")


def test_conditions_limit_reading_and_counting(filled):
    assert filled.count("wells", [Condition("persons", ">=", 5), Condition("kind", "=", "筒井")]) == 3
