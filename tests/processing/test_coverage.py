"""A whole run: rows for every area, remarks beside them, progress, cancelling, and what a filter leaves."""

import threading

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from processing import profiles
from processing.coverage import COLUMNS, evaluate
from processing.errors import CancelledError, UnknownIndicatorError, UnknownLevelError
from processing.indicators import INDICATORS
from processing.indicators.example import DAY, frame, hamlets, roads

CONTRACT = ("indicator", "level", "area_code", "area_name", "numerator", "denominator", "value", "unknown", "low", "high", "status", "target",
            "target_status", "synthetic")  # fmt: skip


def layers():
    villages = frame(
        "village_code", [box(103.9, 35.9, 104.1, 36.005), box(103.9, 36.005, 104.1, 36.1)], name=["南村", "北村"], township_code=["T", "T"],
        households=[30, 20], urban_rural_code=["220", "220"], former_poor_village=[True, None],
    )  # fmt: skip
    return {
        "areas": pd.DataFrame(
            {
                "area_code": ["62", "6204", "C", "T"],
                "area_name": ["甘肃省", "白银市", "某县", "某乡"],
                "parent_code": [None, "62", "6204", "C"],
                "rank": [1, 2, 3, 4],
            }
        ),
        "villages": villages,
        "hamlets": hamlets(population=[100, 50, 80], supply_mode=["city_ext", "dispersed", None]).assign(
            village_code=["v1", "v2", "v2"]
        ),
        "roads": roads(tech_class=["四级", "等外"], admin_class=["村道", "村道"]),
    }


def run(inputs=None, **options):
    return evaluate(layers() if inputs is None else inputs, profile=profiles.load(), on=DAY, **options)


def test_every_indicator_runs_on_whatever_is_loaded():
    found = run()
    assert list(found.table.columns) == list(COLUMNS)
    assert set(CONTRACT) <= set(COLUMNS)
    assert set(found.table["indicator"]) == set(INDICATORS) == set(found.units)
    for code, item in INDICATORS.items():
        assert (found.table.loc[found.table["indicator"] == code, "level"] == "all").sum() == 1, item.code


@pytest.mark.parametrize(
    "inputs", [{}, {name: rows.iloc[:0] for name, rows in layers().items()}], ids=["nothing", "empty layers"]
)
def test_nothing_loaded_is_no_data_everywhere(inputs):
    found = run(inputs)
    assert set(found.table["status"]) == {"no_data"}
    assert any("Layers not loaded: Hamlets" in text for text in found.caveats)


def test_values_by_level():
    table = run(indicators=["RD1", "W2"]).table.set_index(["indicator", "area_code"])
    assert table.loc[("RD1", "v1"), "value"] == 100
    assert table.loc[("RD1", "C"), "value"] == pytest.approx(100 * 150 / 230)
    assert table.loc[("W2", "v2"), ["value", "unknown", "low", "high", "status"]].tolist() == [
        0,
        80,
        0,
        pytest.approx(100 * 80 / 130),
        "partial",
    ]
    assert table.loc[("RD1", "former_poor_villages"), "numerator"] == 100
    assert table.loc[("RD1", "h3"), ["level", "value"]].tolist() == ["hamlet", 0]


def test_levels_may_be_chosen():
    assert set(run(indicators=["RD1"], levels=["county", "group"]).table["level"]) == {"county", "group"}
    assert set(run(indicators=["RD1"], levels=["hamlet"]).table["level"]) == {"hamlet"}
    everything = run(indicators=["RD1"]).table
    pd.testing.assert_frame_equal(run(indicators=["RD1"], levels=["all"]).table, everything)
    with pytest.raises(UnknownLevelError, match="no level 'block'"):
        run(indicators=["RD1"], levels=["block"])


@pytest.mark.parametrize("area", ["v2", ["v2"]])
def test_a_filter_leaves_an_area_and_what_lies_in_it(area):
    found = run(indicators=["RD1"], areas_filter=area)
    assert found.units["RD1"]["unit_id"].tolist() == ["h2", "h3"]
    shown = found.table.set_index("area_code")
    assert list(shown.index) == ["all", "v2", "h2", "h3"]
    assert shown.loc["all", "denominator"] == 130


def test_unknown_codes_are_refused():
    with pytest.raises(UnknownIndicatorError, match="no indicator 'W9'"):
        run(indicators=["W9"])


def test_progress_is_told_and_a_run_can_be_stopped():
    told = []
    run(indicators=["W1", "RD1"], progress=lambda *step: told.append(step))
    assert told == [(0, 2, "W1"), (1, 2, "RD1"), (2, 2, "")]
    stop = threading.Event()

    def stop_after_one(done, _total, _text):
        if done == 1:
            stop.set()

    with pytest.raises(CancelledError, match="stopped after 2 of 3"):
        run(indicators=["W1", "W2", "W3"], progress=stop_after_one, cancel=stop)


def test_remarks_say_what_a_reader_must_know():
    inputs = layers()
    inputs["roads"]["data_quality"] = "synthetic"
    inputs["hamlets"].loc[0, "village_code"] = None
    inputs["hamlets"].geometry = gpd.GeoSeries([Point(0, 0), *inputs["hamlets"].geometry[1:]], crs=4490)
    inputs["key_counties"] = pd.DataFrame({"county_code": ["C"], "level": ["国家"]})
    inputs["areas"].loc[0, "parent_code"] = "1"
    inputs["areas"].loc[0, "rank"] = 1
    profile = profiles.load().override({"road_access.radius_m": 700})
    found = evaluate(inputs, indicators=["RD1", "W3"], profile=profile, on=DAY)
    text = "\n".join(found.caveats)
    for part in ("describes no real place", "1 rows of Hamlets lie in no known area", "water.large_rule = or is unverified", "given for this run",
                 "a county absent from it is unknown", "1 codes of parent areas"):  # fmt: skip
        assert part in text
    assert all(" / " in caveat for caveat in found.caveats)
    assert found.notes["synthetic"][0].startswith("结果含模拟数据")
    assert found.table.set_index(["indicator", "area_code"]).loc[("RD1", "all"), "denominator"] == 230


def test_a_run_repeats_to_the_same_numbers_and_changes_no_input():
    inputs = layers()
    before = {name: rows.copy(deep=True) for name, rows in inputs.items()}
    first, second = run(inputs), run(inputs)
    pd.testing.assert_frame_equal(first.table, second.table)
    for name, rows in inputs.items():
        pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(before[name]))


def test_the_order_of_rows_does_not_matter():
    inputs = layers()
    turned = {name: rows.iloc[::-1] for name, rows in inputs.items()}
    key = ["indicator", "level", "area_code"]
    first = run(inputs).table.sort_values(key).reset_index(drop=True)
    second = run(turned).table.sort_values(key).reset_index(drop=True)
    pd.testing.assert_frame_equal(first, second)


def test_targets_of_the_inputs_stand_beside_the_values():
    inputs = layers() | {
        "indicator_targets": pd.DataFrame({"target_id": ["T1"], "indicator_code": ["RD1"], "area_group": ["全国"], "operator": [">="],
                                           "target_value": [60.0], "target_year": [2025]})
    }  # fmt: skip
    table = run(inputs, indicators=["RD1"]).table.set_index("area_code")
    assert table.loc["C", ["target", "target_status", "target_id"]].tolist() == [60, "met", "T1"]
    assert table.loc["v2", "target_status"] == "not_met"
    given = inputs["indicator_targets"].assign(target_value=90.0)
    assert run(inputs, indicators=["RD1"], targets=given).table.set_index("area_code").loc["C", "target_status"] == "not_met"
    assert run(layers(), indicators=["RD1"]).table["target_status"].eq("none").all()


def test_frames_with_text_that_is_missing_in_every_way_are_taken():
    inputs = layers()
    inputs["hamlets"]["supply_mode"] = pd.Series([None, np.nan, ""], dtype=object)
    assert run(inputs, indicators=["W2"]).units["W2"]["missing"].tolist() == ["unknown"] * 3


def test_a_hamlet_that_is_an_area_lies_in_its_parent():
    inputs = {
        "areas": pd.DataFrame({"area_code": ["B", "h1", "h2"], "level": ["block", "habitation", "habitation"], "parent_code": [None, "B", "B"],
                               "rank": [4, 6, 6], "scheme": "pmgsy"}),
        "hamlets": hamlets(population=[10, 20]).drop(columns="village_code"),
        "roads": roads(all_season=[True]),
    }  # fmt: skip
    found = run(inputs, indicators=["RD1"])
    assert found.units["RD1"]["area_code"].tolist() == ["B", "B"]
    table = found.table.set_index(["level", "area_code"])
    assert table.loc[("block", "B"), "denominator"] == 30
    assert table.loc[("habitation", "h1"), "denominator"] == 10
    assert len(table.loc["habitation"]) == 2


def test_persons_of_townships_come_from_villages_or_hamlets():
    inputs = layers() | {"townships": frame("township_code", [None], sewage_facility=[False]).assign(township_code="T")}
    assert run(inputs, indicators=["SN3"]).units["SN3"]["persons"].tolist() == [230]
    inputs["villages"]["pop_resident"] = [500, None]
    inputs["villages"]["pop_registered"] = [1, 40]
    assert run(inputs, indicators=["SN3"]).units["SN3"]["persons"].tolist() == [540]
    bare = {"townships": inputs["townships"]}
    assert np.isnan(run(bare, indicators=["SN3"]).units["SN3"]["persons"].iloc[0])
