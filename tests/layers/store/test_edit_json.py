"""Edits written as JSON and brought back."""

import datetime as dt
import json
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.errors import BadFrameError
from layers.store import UNCHANGED, Delete, Insert, Replace, Update
from layers.store.edit_json import dump_edit, dump_edits, load_edit, load_edits


def there_and_back(edit, layers):
    return load_edit(json.loads(json.dumps(dump_edit(edit), allow_nan=False)), layers)


@pytest.mark.parametrize("shape", [UNCHANGED, None, shapely.Point(104.123456789012345, 36)])
def test_an_update_comes_back_as_it_was(shape, layers):
    values = {
        "name": "井“一”",
        "persons": 3,
        "depth_m": 0.1,
        "tested": True,
        "dug_on": dt.date(2020, 1, 2),
        "uses": [{"code": 1}],
    }
    edit = Update("wells", "a", 7, values, shape)
    assert there_and_back(edit, layers) == edit


def test_a_removal_and_a_missing_version_come_back(layers):
    assert there_and_back(Delete("wells", "a", None), layers) == Delete("wells", "a", None)


def test_values_of_arrays_and_frames_become_plain(layers):
    values = {
        "persons": np.int64(3),
        "depth_m": np.float64(0.5),
        "tested": np.bool_(True),
        "name": pd.NA,
        "uses": np.array(["a"]),
    }
    back = there_and_back(Update("wells", "a", 1, values | {"dug_on": dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC)}), layers)
    assert asdict(back)["values"] == {
        "persons": 3,
        "depth_m": 0.5,
        "tested": True,
        "name": None,
        "uses": ["a"],
        "dug_on": dt.date(2020, 1, 2),
    }


def test_values_that_no_field_takes_are_kept_as_they_were_said(layers):
    values = {"depth_m": float("inf"), "dug_on": "昨天", "unknown_field": 1, "name": object}
    back = asdict(there_and_back(Update("wells", "a", 1, values), layers))["values"]
    assert (back["depth_m"], back["dug_on"], back["unknown_field"]) == ("inf", "昨天", 1)
    strange = Update("rivers", "a", 1, {"x": "2020-01-01"})
    assert there_and_back(strange, layers) == strange


def test_new_rows_are_written_one_by_one_and_joined_again(layers, wells, store, change):
    frame = wells(5)
    items = dump_edits([Insert("wells", frame), Delete("wells", "x", 1), Insert("wells", wells(2, first=7))])
    assert [item["op"] for item in items] == ["insert"] * 5 + ["delete"] + ["insert"] * 2
    first, removal, second = load_edits(json.loads(json.dumps(items, allow_nan=False)), layers)
    assert removal == Delete("wells", "x", 1)
    store.apply(change(first, second))
    store.apply(change(Insert("wells", wells(5, prefix="o"))))
    ours, theirs = store.read("wells"), store.read("wells").iloc[7:]
    assert len(ours) == 12
    for name in ("name", "kind", "persons", "depth_m", "tested", "dug_on", "uses"):
        pd.testing.assert_series_equal(ours[name].iloc[:5], theirs[name], check_index=False, check_exact=True)
    assert shapely.to_wkb(ours.geometry.array[:5]).tolist() == shapely.to_wkb(frame.geometry.array).tolist()


def test_ids_labels_and_tables_without_geometry(layers):
    frame = pd.DataFrame({"note_id": ["a", "b"], "id": ["x", None]}, index=[12, 17])
    back = there_and_back(Insert("notes", frame), layers).frame
    assert (back.index.tolist(), back["id"].fillna("-").tolist(), "geometry" in back) == ([12, 17], ["x", "-"], False)
    joined = load_edits(dump_edits([Insert("notes", frame), Insert("notes", frame)]), layers)[0].frame
    assert joined.index.tolist() == [1, 2, 3, 4]


def test_a_replacement_stays_one_edit(layers, wells):
    (item,) = dump_edits([Replace("wells", wells(3))])
    assert isinstance(load_edit(item, layers), Replace)
    assert len(load_edit(item, layers).frame) == 3
    assert len(there_and_back(Replace("wells", wells(0)), layers).frame) == 0


def test_another_crs_is_refused(layers):
    frame = gpd.GeoDataFrame({"well_id": ["a"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4544")
    with pytest.raises(BadFrameError, match="the frame is in EPSG:4544"):
        dump_edit(Insert("wells", frame))


def test_an_unknown_edit_is_refused(layers):
    with pytest.raises(BadFrameError):
        load_edit({"op": "shred", "layer": "wells", "rows": []}, layers)
