"""The figures that edits would move, against really applying them to a copy of the store and computing everything anew."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_app.actions import run_coverage
from geo_app.actions.edit_payload import parse
from geo_app.actions.edited_frames import edited
from geo_app.actions.effects import effect, of_person, touched
from geo_app.progress import CancelledError, Progress
from layers.catalogue import LAYERS
from layers.store import Change, Delete, Insert, Replace, Update, open_store
from processing.indicators import INDICATORS

ON = date(2026, 11, 1)
KEYS = ["indicator", "level", "area_code"]
NUMBERS = ["numerator", "denominator", "value", "unknown", "low", "high"]
ROAD = {"route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥", "all_season": True}


def line(*points):
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def road(key="S9", points=((105.0, 36.15), (105.2, 36.15)), **facts):
    return parse("roads", {"op": "insert", "properties": ROAD | {"segment_id": key} | facts, "geometry": line(*points)})


def first(store, name, at=0):
    return store.read(name).iloc[at]


def update(store, name, at=0, **values):
    there = first(store, name, at)
    return Update(name, str(there["id"]), int(there["ver"]), values)


def full(store):
    return run_coverage.run(store, run_coverage.RunRequest(on=ON, who="test"))


def really(store, folder, edits):
    """Give the table and units before, and after applying the edits to a copy of the store."""
    before = full(store)
    with open_store(store.copy_to(folder / "copy.gpkg")) as copy:
        copy.apply(Change("test", "局", "really", tuple(edits)))
        after = full(copy)
        return before, after


def differing(before, after):
    """The rows that differ between two whole runs, worked out row by row."""
    sides = [{tuple(row[name] for name in KEYS): row for row in run.table.to_dict("records")} for run in (before, after)]
    found = {}
    for key in {*sides[0], *sides[1]}:
        pair = [side.get(key) for side in sides]
        numbers = [[float(row[name]) if row else np.nan for name in NUMBERS] for row in pair]
        if not np.allclose(numbers[0], numbers[1], rtol=1e-9, atol=1e-9, equal_nan=True):
            found[key] = numbers
    return found


def assert_same(store, tmp_path, edits):
    found = effect(store, edits, profile="tches18", on=ON)
    before, after = really(store, tmp_path, edits)
    wanted = differing(before, after)
    table = found.table.set_index(KEYS)
    assert set(wanted) <= set(table.index)
    balanced = table.drop(index=list(wanted))
    assert (balanced["gained"] > 0).all(), "a row whose numbers stay is there for the persons who are moved"
    for key, (old, new) in wanted.items():
        row = table.loc[key]
        assert np.allclose([float(row[f"{name}_before"]) for name in NUMBERS], old, rtol=1e-9, atol=1e-9, equal_nan=True), key
        assert np.allclose([float(row[f"{name}_after"]) for name in NUMBERS], new, rtol=1e-9, atol=1e-9, equal_nan=True), key
    return found, before, after


def covered(units, weight):
    """Persons covered by unit: the numerator where persons are counted, else the persons times the share."""
    result = {}
    for row in units.to_dict("records"):
        share = row["numerator"] / row["denominator"] if row["denominator"] else 0.0
        result[row["unit_id"]] = row["numerator"] if weight == "person" else row["persons"] * share
    return result


EDITS = {
    "a new road": lambda _: [road()],
    "a road taken away": lambda store: [Delete("roads", str(first(store, "roads")["id"]), 1)],
    "a road paved": lambda store: [update(store, "roads", 1, tech_class="四级", surface_type="水泥", all_season=True)],
    "people counted anew": lambda store: [update(store, "hamlets", 2, population=75, households=20), update(store, "hamlets", 5, population=None)],
    "a hamlet supplied, one not": lambda store: [
        update(store, "hamlets", 2, supply_mode="central1k", tap_in_house_hh=8), update(store, "hamlets", 0, supply_mode="none", tap_in_house_hh=0),
    ],
    "a work tested": lambda store: [update(store, "water_works", 1, last_test_date=date(2026, 10, 1), work_class="central1k")],
    "a hamlet in another village": lambda store: [update(store, "hamlets", 0, village_code=str(first(store, "villages", 3)["village_code"]))],
    "a hamlet gone": lambda store: [Delete("hamlets", str(first(store, "hamlets")["id"]), 1)],
    "sewage treated": lambda store: [update(store, "villages", 0, sewage_treated=True)],
    "a township with a facility": lambda store: [update(store, "townships", 1, sewage_facility=True)],
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_figures_are_those_of_really_applying(small, tmp_path, name):
    assert_same(small, tmp_path, EDITS[name](small))


def test_persons_gained_and_lost_are_those_of_the_units(small, tmp_path):
    edits = [road(), Delete("roads", str(first(small, "roads")["id"]), 1)]
    found, before, after = assert_same(small, tmp_path, edits)
    for code in found.indicators:
        weight = INDICATORS[code].weight
        old, new = covered(before.units[code], weight), covered(after.units[code], weight)
        grown = [new.get(unit, 0.0) - old.get(unit, 0.0) for unit in {*old, *new}]
        known = [value for value in grown if not np.isnan(value)]
        top = found.table[(found.table["indicator"] == code) & (found.table["level"] == "all")]
        if len(top):
            assert top["gained"].iloc[0] == pytest.approx(sum(value for value in known if value > 0)), code
            assert top["lost"].iloc[0] == pytest.approx(-sum(value for value in known if value < 0)), code
    rd1 = found.table[(found.table["indicator"] == "RD1")]
    counties = rd1[rd1["level"] == "county"]
    top = rd1[rd1["level"] == "all"]
    assert counties["gained"].sum() == pytest.approx(top["gained"].iloc[0])
    assert top["gained"].iloc[0] > 0
    assert top["lost"].iloc[0] > 0


def test_a_unit_that_changes_village_is_lost_here_and_gained_there(small):
    there = small.read("hamlets").iloc[0]
    other = str(small.read("villages")["village_code"].iloc[3])
    found = effect(small, [update(small, "hamlets", 0, village_code=other)], profile="tches18", on=ON).table
    rows = found[(found["indicator"] == "RD1") & (found["level"] == "village")].set_index("area_code")
    assert rows.loc[other, "gained"] == rows.loc[there["village_code"], "lost"] == 100.0
    assert not len(found[(found["indicator"] == "RD1") & (found["level"] == "all")])


def test_only_what_depends_on_the_layers_is_computed(small):
    assert effect(small, [road()], profile="tches18", on=ON, indicators=["RD1", "FL1"]).indicators == ("RD1",)
    nothing = Insert("monitored_households", pd.DataFrame({"household_id": ["h"]}, index=[1]))
    assert effect(small, [nothing], profile="tches18", on=ON).empty
    assert set(touched(["villages"])) == set(INDICATORS)
    assert all(set(touched([name])) <= set(INDICATORS) for name in LAYERS)


def test_work_stops_when_it_is_cancelled_and_says_how_far_it_is(small):
    steps = []
    effect(small, [road()], profile="tches18", on=ON, progress=Progress(report=lambda *step: steps.append(step)))
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)
    stopped = Progress()
    stopped.cancel.set()
    with pytest.raises(CancelledError):
        effect(small, [road()], profile="tches18", on=ON, progress=stopped)


def test_what_lies_elsewhere_is_left_out_for_who_reads_one_area(small):
    found = effect(small, [road()], profile="tches18", on=ON)
    assert of_person(found, None) is found.table
    village = str(small.read("villages")["village_code"].iloc[4])
    left = of_person(found, frozenset([village]))
    assert set(left["level"]) <= {"village", "hamlet"}
    assert 0 < len(left) < len(found.table)


def test_frames_as_edits_leave_them_are_those_of_the_store(small, tmp_path):
    frame = small.read("roads")
    edits = [
        update(small, "roads", 0, width_m=4.5, source_date=date(2026, 1, 2), built_year=2020),
        Delete("roads", str(frame["id"].iloc[1]), 1),
        road(),
    ]
    ours = edited({"roads": small.frame("roads")}, edits)["roads"]
    small.apply(Change("test", "局", "really", tuple(edits)))
    theirs = small.frame("roads")
    named = [name for name in theirs.columns if name not in {"id", "ver", "geometry"}]
    pd.testing.assert_frame_equal(pd.DataFrame(ours[named]), pd.DataFrame(theirs[named]))
    assert shapely.equals(ours.geometry.values, theirs.geometry.values).all()
    emptied = edited({"roads": theirs}, [Delete("roads", str(number), 1) for number in theirs["id"]])["roads"]
    assert emptied.empty
    whole = edited({"roads": theirs}, [Replace("roads", road().frame)])["roads"]
    assert whole["segment_id"].tolist() == ["S9"]
    assert edited({"roads": theirs}, [Update("roads", "nowhere", 1, {"lanes": 1})])["roads"]["lanes"].equals(theirs["lanes"])


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(105.0, 105.4), st.floats(36.0, 36.2)), min_size=2, max_size=4, unique=True))
def test_a_road_that_is_added_never_lowers_road_access(small, points):
    table = effect(small, [road(points=points)], profile="tches18", on=ON, indicators=["RD1", "RD3", "RA"]).table
    assert (table["lost"] == 0).all()
    assert (table["value_after"].fillna(0) >= table["value_before"].fillna(0) - 1e-9).all()
