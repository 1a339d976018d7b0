import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest

from layers.errors import BadFrameError, NotFoundError
from layers.store import RunRecord

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
TABLE = pd.DataFrame(
    {
        "indicator": ["W1", "W1"],
        "area_name": ["会宁县", None],
        "value": [91.5, float("nan")],
        "synthetic": pd.array([True, None], dtype="boolean"),
    }
)


def record(**options):
    base = {"parameters": {"indicators": ["W1"], "on": "2026-06-01"}, "profile": "tches18", "layer_versions": {"wells": 3}}
    return RunRecord(
        **(base | {"code_version": "0.1.0", "who": "李工", "at": AT, "title": "六月", "caveats": ("模拟数据",)} | options)
    )


def test_a_run_comes_back_as_it_was_saved(store):
    units = {
        "W1": gpd.GeoDataFrame({"unit_id": ["a"], "persons": [3.0]}, geometry=gpd.points_from_xy([104], [36]), crs="EPSG:4490"),
        "RD1": pd.DataFrame({"unit_id": ["b"], "missing": [None]}),
    }
    number = store.save_run(record(), TABLE, units)
    found = store.run(number)
    assert found.run_id == number == 1
    assert found.record == record(run_id=1)
    pd.testing.assert_frame_equal(found.table, TABLE)
    pd.testing.assert_frame_equal(found.units["W1"], units["W1"])
    assert found.units["RD1"]["unit_id"].tolist() == ["b"]


def test_runs_are_listed_latest_first(store):
    for title in ("一", "二", "三"):
        store.save_run(record(title=title), TABLE, {})
    assert [(item.run_id, item.title) for item in store.runs(limit=2)] == [(3, "三"), (2, "二")]


def test_a_run_that_never_was_is_not_found(store):
    with pytest.raises(NotFoundError, match="There is no run 5"):
        store.run(5)


def test_parameters_that_json_cannot_hold_are_refused(store):
    with pytest.raises(BadFrameError, match="parameters of a run"):
        store.save_run(record(parameters={"on": AT}), TABLE, {})
    assert store.runs() == []


def test_a_table_of_mixed_kinds_is_refused(store):
    with pytest.raises(BadFrameError, match="mixed kinds"):
        store.save_run(record(), pd.DataFrame({"a": [1, "x", [2]]}), {})


def test_queries_are_kept_by_name(store):
    spec = {"layer": "wells", "where": [{"field": "name", "op": "contains", "value": "O'Neil"}]}
    store.save_query("缺水村", {"layer": "wells"}, "李工")
    store.save_query("缺水村", spec, "王科")
    assert store.queries() == {"缺水村": spec}
    store.delete_query("缺水村")
    assert store.queries() == {}
    with pytest.raises(NotFoundError, match="缺水村"):
        store.delete_query("缺水村")


def test_settings_hold_what_json_holds(store):
    assert store.settings_get("scheme") is None
    for value in ("cn-12", {"levels": [1, 2]}, 0.1, None, False):
        store.settings_set("scheme", value)
        assert store.settings_get("scheme") == value
    with pytest.raises(BadFrameError, match="The setting at"):
        store.settings_set("at", AT)
