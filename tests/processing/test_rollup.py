"""Roll-up: what must always hold of sums and bounds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.areas import Areas
from processing.rollup import COLUMNS, roll_up

AREAS = Areas(
    pd.DataFrame(
        {
            "area_code": ["P", "C1", "C2", "T1", "T2", "T3", "V1", "V2", "V3"],
            "parent_code": [None, "P", "P", "C1", "C1", "C2", "T1", "T2", "T3"],
            "rank": [2, 3, 3, 4, 4, 4, 5, 5, 5],
        }
    ),
    {"key_counties": frozenset({"C1"}), "key_villages": frozenset({"V1", "V3"}), "elsewhere": frozenset({"X"})},
)
PLACES = ["V1", "V2", "V3", "T1", "C2", None, "unknown"]

unit = st.tuples(
    st.sampled_from(PLACES),
    st.one_of(st.none(), st.integers(0, 5000)),
    st.one_of(st.none(), st.floats(0, 1)),
    st.booleans(),
)


def frame(rows, layer="hamlets"):
    weight = [np.nan if w is None else float(w) for _, w, _, _ in rows]
    share = [np.nan if s is None else s for _, _, s, _ in rows]
    return pd.DataFrame(
        {
            "unit_layer": [layer] * len(rows),
            "unit_id": [f"h{i}" for i in range(len(rows))],
            "unit_name": [f"村{i}" for i in range(len(rows))],
            "area_code": pd.Series([place for place, *_ in rows], dtype=object),
            "numerator": np.array(weight, dtype=float) * np.array(share, dtype=float),
            "denominator": np.array(weight, dtype=float),
            "synthetic": [bool(s) for *_, s in rows],
        }
    )


@settings(deadline=None)
@given(st.lists(unit, max_size=30))
def test_bounds_enclose_the_value_and_lie_in_0_to_100(rows):
    table = roll_up(frame(rows), AREAS)
    assert list(table.columns) == list(COLUMNS)
    known = table.dropna(subset=["value"])
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    bounded = table.dropna(subset=["low"])
    assert bounded["low"].between(0, 100).all()
    assert bounded["high"].between(0, 100).all()
    assert (table["status"].eq("no_data") == table["value"].isna()).all()
    certain = table[table["status"] == "ok"]
    assert (certain["low"] == certain["value"]).all()
    assert (certain["high"] == certain["value"]).all()


@settings(deadline=None)
@given(st.lists(unit, max_size=30))
def test_parents_are_the_sum_of_their_children_and_of_what_lies_in_them_directly(rows):
    table = roll_up(frame(rows), AREAS).set_index(["level", "area_code"])
    directly = {place: frame([row for row in rows if row[0] == place]) for place in ("T1", "C2")}
    numbers = ["numerator", "denominator", "unknown"]

    def own(place):
        total = roll_up(directly[place], AREAS, levels=["all"])[numbers].iloc[0]
        return total.to_numpy(dtype=float)

    counties = table.loc["county"][numbers].sum().to_numpy(dtype=float)
    assert table.loc[("prefecture", "P")][numbers].to_numpy(dtype=float) == pytest.approx(counties)
    townships = table.loc["township"].loc[["T1", "T2"]][numbers].sum().to_numpy(dtype=float)
    assert table.loc[("county", "C1")][numbers].to_numpy(dtype=float) == pytest.approx(townships)
    assert table.loc[("township", "T1")][numbers].to_numpy(dtype=float) == pytest.approx(
        table.loc[("village", "V1")][numbers].to_numpy(dtype=float) + own("T1")
    )


@settings(deadline=None)
@given(st.lists(unit, max_size=20), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    before, after = (
        table[table["level"] != "hamlet"] for table in (roll_up(frame(rows), AREAS), roll_up(frame(shuffled), AREAS))
    )
    pd.testing.assert_frame_equal(before, after, rtol=1e-9)


@settings(deadline=None)
@given(st.lists(unit, min_size=1, max_size=20), st.floats(0, 1))
def test_learning_an_unknown_narrows_the_bounds(rows, learned):
    if not any(share is None and weight for _, weight, share, _ in rows):
        rows = [*rows, ("V1", 100, None, False)]
    at = next(i for i, (_, weight, share, _) in enumerate(rows) if share is None and weight)
    place, weight, _, synthetic = rows[at]
    wiser = [*rows[:at], (place, weight, learned, synthetic), *rows[at + 1 :]]
    before = roll_up(frame(rows), AREAS, levels=["all"]).iloc[0]
    after = roll_up(frame(wiser), AREAS, levels=["all"]).iloc[0]
    assert after["low"] >= before["low"] - 1e-9
    assert after["high"] <= before["high"] + 1e-9
    assert after["unknown"] < before["unknown"]


def test_every_unit_is_in_the_row_for_all_even_without_area():
    table = roll_up(frame([("V1", 10, 1.0, False), (None, 30, 0.0, True), ("unknown", 60, None, False)]), AREAS)
    row = table[table["level"] == "all"].iloc[0]
    assert (row["area_code"], row["area_name"]) == ("all", "全部")
    assert (row["numerator"], row["denominator"], row["unknown"]) == (10, 40, 60)
    assert (row["value"], row["low"], row["high"], row["status"]) == (25, 10, 70, "partial")
    assert row["synthetic"]
    assert not table.set_index("area_code").loc["V1", "synthetic"]


def test_unknown_is_not_zero():
    table = roll_up(frame([("V1", 100, None, False)]), AREAS).set_index("area_code")
    row = table.loc["V1"]
    assert np.isnan(row["value"])
    assert (row["low"], row["high"], row["status"], row["unknown"]) == (0, 100, "no_data", 100)


def test_a_unit_of_unknown_weight_is_counted_and_makes_the_status_partial():
    row = roll_up(frame([("V1", 100, 1.0, False), ("V1", None, None, False)]), AREAS).set_index("area_code").loc["V1"]
    assert (row["value"], row["status"], row["unweighted_units"]) == (100, "partial", 1)


def test_an_area_without_units_is_there_with_no_data():
    row = roll_up(frame([("V1", 1, 1.0, False)]), AREAS).set_index("area_code").loc["V3"]
    assert row["status"] == "no_data"
    assert np.isnan(row["low"])
    assert row["denominator"] == 0


def test_groups_add_up_the_areas_in_them():
    table = roll_up(frame([("V1", 10, 1.0, False), ("V2", 10, 0.0, False), ("V3", 10, 1.0, False)]), AREAS)
    group = table[table["level"] == "group"].set_index("area_code")
    assert group.loc["key_counties", ["numerator", "denominator", "area_name"]].tolist() == [10, 20, "重点帮扶县"]
    assert group.loc["key_villages", ["numerator", "denominator"]].tolist() == [20, 20]
    assert "elsewhere" not in group.index


def test_settlements_count_in_their_own_group_only():
    units = pd.concat([frame([("V1", 10, 1.0, False)]), frame([("V1", 99, 0.0, False)], layer="settlements")])
    table = roll_up(units, AREAS).set_index("area_code")
    assert table.loc["all", "denominator"] == 10
    assert table.loc["settlements", ["level", "denominator", "value"]].tolist() == ["group", 99, 0]


def test_levels_finer_than_the_indicator_are_left_out():
    table = roll_up(frame([("V1", 10, 1.0, False)]), AREAS, finest_rank=4)
    assert set(table["level"]) == {"all", "prefecture", "county", "township", "group"}
    assert set(roll_up(frame([("V1", 10, 1.0, False)]), AREAS)["level"]) >= {"village", "hamlet"}


def test_the_hamlet_level_is_named_as_the_scheme_names_it():
    areas = Areas(
        pd.DataFrame({"area_code": ["B", "h9"], "level": ["block", "habitation"], "parent_code": [None, "B"], "rank": [4, 6]})
    )
    table = roll_up(frame([("B", 10, 1.0, False)]), areas, levels=["habitation"])
    assert table[["level", "area_code", "area_name"]].to_numpy().tolist() == [["habitation", "h0", "村0"]]


def test_no_level_wanted_gives_no_rows():
    assert roll_up(frame([("V1", 10, 1.0, False)]), AREAS, levels=["none of them"]).empty


def test_a_hundred_thousand_units():
    count = 100_000
    generator = np.random.default_rng(7)
    units = pd.DataFrame(
        {
            "unit_layer": "hamlets",
            "unit_id": [f"h{i}" for i in range(count)],
            "unit_name": "",
            "area_code": generator.choice(["V1", "V2", "V3"], count),
            "numerator": generator.random(count),
            "denominator": 1.0,
            "synthetic": False,
        }
    )
    table = roll_up(units, AREAS)
    assert len(table) == count + 1 + len(AREAS) + 2
    assert table.loc[0, "numerator"] == pytest.approx(units["numerator"].sum())


def test_single_units_stand_at_the_level_that_the_scheme_names():
    blocks = pd.DataFrame({"area_code": ["B"], "level": ["block"], "rank": [4]})
    rows = frame([("B", 10, 1.0, False)])
    assert set(roll_up(rows, Areas(blocks))["level"]) == {"all", "block", "hamlet"}
    named = Areas(blocks, level_names={4: "never used", 6: "habitation"})
    assert set(roll_up(rows, named)["level"]) == {"all", "block", "habitation"}
    assert set(roll_up(rows, named, levels=["habitation"])["level"]) == {"habitation"}
