"""Coverage as a run: the numbers worked by hand, kept, found again, replayed, and asked for by level and area."""

from datetime import date

import pandas as pd
import pytest

from geo_app.actions import list_gaps, run_coverage
from geo_app.actions.run_coverage import RunRequest, View
from geo_app.errors import NoDataError, NotFoundError
from geo_app.progress import CancelledError, Progress
from layers.schema import UnknownNameError
from layers.store import Change, Insert, Update

ON = date(2026, 11, 1)
HAND = [
    # indicator, level, area, numerator, denominator, value, unknown, low, high
    ("RD1", "prefecture", "9901", 600, 1550, 60000 / 1550, 0, 60000 / 1550, 60000 / 1550),
    ("RD1", "county", "990101", 300, 800, 37.5, 0, 37.5, 37.5),
    ("RD1", "county", "990102", 300, 750, 40, 0, 40, 40),
    ("RD1", "township", "990101001", 300, 400, 75, 0, 75, 75),
    ("RD1", "township", "990102002", 0, 350, 0, 0, 0, 0),
    ("W1", "prefecture", "9901", 990, 1500, 66, 50, 99000 / 1550, 104000 / 1550),
    ("W1", "county", "990101", 470, 750, 47000 / 750, 50, 58.75, 65),
    ("W1", "county", "990102", 520, 750, 52000 / 750, 0, 52000 / 750, 52000 / 750),
    ("W1", "village", "990101001200", 80, 150, 8000 / 150, 50, 40, 65),
    ("SN2", "prefecture", "9901", 3, 7, 300 / 7, 1, 37.5, 50),
    ("SN3", "prefecture", "9901", 1, 4, 25, 0, 25, 25),
    ("W6", "prefecture", "9901", 1, 2, 50, 1, 100 / 3, 200 / 3),
]


@pytest.mark.parametrize("line", HAND, ids=lambda line: "-".join(line[:3]))
def test_numbers_worked_by_hand(small, line):
    indicator, level, area, *numbers = line
    table = run_coverage.load(small, 1).table
    row = table[(table["indicator"] == indicator) & (table["level"] == level) & (table["area_code"] == area)]
    assert len(row) == 1
    found = row.iloc[0]
    names = ["numerator", "denominator", "value", "unknown", "low", "high"]
    assert [float(found[name]) for name in names] == pytest.approx(numbers, abs=1e-9)


def test_a_run_keeps_what_it_was_made_of(small):
    run = run_coverage.load(small, 1)
    assert run.record.who == "li"
    assert run.record.parameters["on"] == "2026-11-01"
    assert run.record.layer_versions["hamlets"] == 1
    assert "W1" in run.units
    assert len(run.units["W1"]) == 30


def test_the_same_question_on_the_same_data_is_answered_by_the_run_that_is_there(small):
    again = run_coverage.run(small, RunRequest(on=ON))
    assert (again.id, again.fresh) == (1, False)
    other = run_coverage.run(small, RunRequest(indicators=("rd1",), on=ON))
    assert (other.id, other.fresh) == (2, True)
    assert set(other.table["indicator"]) == {"RD1"}


def test_another_threshold_is_another_run(small):
    wider = run_coverage.run(small, RunRequest(indicators=("RD1",), overrides={"road_access.radius_m": 4000.0}, on=ON))
    row = wider.table[(wider.table["area_code"] == "990101001")].iloc[0]
    assert row["value"] == pytest.approx(100)


def test_a_run_replays_to_the_same_numbers(small):
    replay = run_coverage.replay(small, 1)
    assert replay.same, replay.differences


def test_a_run_replays_to_the_same_numbers_after_the_data_changed(small):
    roads = small.read("roads")
    row = roads[roads["segment_id"] == "S2"].iloc[0]
    small.apply(Change("wang", "", "paved", (Update("roads", row["id"], int(row["ver"]), {"all_season": True}),)))
    now = run_coverage.run(small, RunRequest(indicators=("RD1",), on=ON))
    value = now.table.set_index(["level", "area_code"])["value"]
    assert value["township", "990101002"] == pytest.approx(75)
    assert run_coverage.replay(small, 1).same


def test_a_layer_that_came_later_does_not_disturb_a_replay(small):
    frame = small.read("hamlets").head(1)[["geometry"]].assign(settlement_id="A1", name="安置点", persons_total=80)
    small.apply(Change("wang", "", "new", (Insert("settlements", frame),)))
    assert run_coverage.replay(small, 1).same
    assert len(list_gaps.list_gaps(small, run_coverage.load(small, 1), indicators=("RD1",), area="990101")) == 12


def test_differences_are_listed():
    before = pd.DataFrame(
        {
            "indicator": ["W1"] * 2,
            "level": ["county"] * 2,
            "area_code": ["1", "2"],
            "numerator": [1.0, 2.0],
            "denominator": [2.0, 4.0],
        }
        | {"value": [50.0, 50.0], "unknown": [0.0, 0.0], "low": [50.0, 50.0], "high": [50.0, 50.0], "status": ["ok", "ok"]}
    )
    after = before.assign(value=[50.0, 51.0])
    found = run_coverage.differences(before, after)
    assert found["area_code"].tolist() == ["2"]
    assert run_coverage.differences(before, before).empty
    assert len(run_coverage.differences(before, before.iloc[:1])) == 1


def test_the_columns_of_a_coverage_file_are_exact(small):
    table = run_coverage.view(small, run_coverage.load(small, 1), View())
    wanted = "indicator level area_code area_name numerator denominator value unknown low high status run"
    assert list(table.columns) == wanted.split()
    assert set(table["run"]) == {1}
    with_targets = run_coverage.view(small, run_coverage.load(small, 1), View(targets=True))
    assert {"target", "target_status"} <= set(with_targets.columns)


@pytest.mark.parametrize(
    ("asked", "own"), [("county", "county"), ("district", "county"), ("block", "township"), ("Village", "village")]
)
def test_levels_may_be_named_as_people_name_them(small, asked, own):
    table = run_coverage.view(small, run_coverage.load(small, 1), View(levels=(asked,), indicators=("W1",)))
    assert set(table["level"]) == {own}


def test_an_area_brings_everything_below_it(small):
    table = run_coverage.view(small, run_coverage.load(small, 1), View(area="990102", indicators=("RD1",)))
    codes = set(table["area_code"])
    assert {"990102", "990102001", "990102001202"} <= codes
    assert not any(code.startswith("990101") for code in codes)
    hamlets = run_coverage.view(
        small, run_coverage.load(small, 1), View(area="990102001202", indicators=("RD1",), levels=("hamlet",))
    )
    assert sorted(hamlets["area_code"]) == [f"990102001202-{k}" for k in (1, 2, 3, 4)]


def test_unknown_names_are_refused_with_those_there_are(small):
    run = run_coverage.load(small, 1)
    with pytest.raises(UnknownNameError, match="the levels are: "):
        run_coverage.view(small, run, View(levels=("galaxy",)))
    with pytest.raises(UnknownNameError, match="the indicators are: W1"):
        run_coverage.run(small, RunRequest(indicators=("X9",)))
    with pytest.raises(NotFoundError, match="no area with the code '123'"):
        run_coverage.view(small, run, View(area="123"))
    with pytest.raises(LookupError, match="profile"):
        run_coverage.run(small, RunRequest(profile="nowhere"))
    with pytest.raises(LookupError, match="no run 99"):
        run_coverage.load(small, 99)


def test_an_empty_store_has_no_coverage_and_says_what_to_do(empty):
    with pytest.raises(NoDataError, match="geo-app demo"):
        run_coverage.run(empty, RunRequest())
    assert run_coverage.latest(empty) is None
    assert not run_coverage.is_current(empty)


def test_a_stopped_run_leaves_nothing(small):
    progress = Progress()
    progress.cancel.set()
    with pytest.raises(CancelledError):
        run_coverage.run(small, RunRequest(indicators=("W1",), on=ON), progress)
    assert [item.run_id for item in small.runs()] == [1]


def test_the_present_data_has_a_run_until_it_changes(small):
    assert run_coverage.is_current(small)
    assert run_coverage.latest(small).id == 1
    small.undo(1, who="li", bureau="", reason="away")
    assert not run_coverage.is_current(small)


def test_single_units_stand_at_the_level_that_the_recipes_scheme_names(small):
    small.settings_set("scheme", {"name": "pmgsy", "levels": [{"name": "habitation", "rank": 6}]})
    found = run_coverage.run(small, RunRequest(indicators=("RD1",), on=ON))
    assert found.fresh
    assert {"habitation", "village"} <= set(found.table["level"])
    assert "hamlet" not in set(found.table["level"])
    by_either_name = [
        run_coverage.view(small, found, View(levels=(name,), indicators=("RD1",))) for name in ("habitation", "hamlet")
    ]
    assert len(by_either_name[0]) == 30
    assert by_either_name[0].equals(by_either_name[1])
    assert len(run_coverage.view(small, run_coverage.load(small, 1), View(levels=("hamlet",), indicators=("RD1",)))) == 30
    small.settings_set("scheme", None)
    assert run_coverage.replay(small, found.id).same


def test_a_target_in_words_stands_beside_the_value(small):
    found = run_coverage.load(small, 1)
    found.table.loc[found.table["indicator"] == "SN3", ["target_text", "target_status"]] = ["基本覆盖", "unknown"]
    shown = run_coverage.view(small, found, View(targets=True, indicators=("SN3",)))
    assert set(shown["target_text"]) == {"基本覆盖"}
    assert set(shown["target_status"]) == {"unknown"}
