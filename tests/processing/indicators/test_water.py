"""Tap water, central and large-scale supply, tests in time: who counts, who does not, and who is not known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.indicators import INDICATORS
from processing.indicators.definition import UNIT_COLUMNS
from processing.indicators.example import context, frame, hamlets, works
from processing.indicators.nearby import in_service
from processing.indicators.supply import is_large
from processing.indicators.water import central_supply, large_scale_supply, tap_water
from processing.indicators.water import tested_in_time as in_time

WORKS = {"work_class": ["city_ext", "central10k", "central1k", "central20", "dispersed", None]}


def service(rows, **columns):
    """Service areas from (work, hamlet, served, tap)."""
    return frame(
        "service_id",
        [None] * len(rows),
        work_id=[row[0] for row in rows],
        hamlet_id=[row[1] for row in rows],
        served_persons=[row[2] for row in rows],
        tap_persons=[row[3] for row in rows],
        **columns,
    )


def layers(rows, population=(100, 100, 100), **columns):
    return {
        "hamlets": hamlets(population=list(population)),
        "water_works": works(**WORKS),
        "service_areas": service(rows, **columns),
    }


@pytest.mark.parametrize("compute", [tap_water, central_supply, large_scale_supply, in_time])
def test_an_empty_layer_gives_no_units(compute):
    assert list(compute({}, context()).columns) == list(UNIT_COLUMNS)
    assert compute({"hamlets": hamlets(population=[1]).iloc[:0]}, context()).empty


def test_taps_of_centralised_works_count_and_never_exceed_the_population():
    rows = [("w1", "h1", 60, 60), ("w2", "h1", 60, 60), ("w5", "h2", 100, 100), ("w3", "h3", 80, 30)]
    found = tap_water(layers(rows), context())
    assert found["numerator"].tolist() == [100, 0, 30]
    assert found["missing"].tolist() == [None, "no_tap", "no_tap"]
    assert found["shortfall"].tolist()[1:] == [100, 70]


def test_an_unknown_part_makes_the_hamlet_unknown():
    rows = [("w1", "h1", 60, None), ("w6", "h2", 100, 50), ("w6", "h3", 0, 0)]
    found = tap_water(layers(rows), context())
    assert found["numerator"].isna().tolist() == [True, True, False]
    assert found["missing"].tolist() == ["unknown", "unknown", "no_tap"]


def test_village_wide_service_areas_are_shared_out_by_population():
    rows = [("w1", "h1", 100, 100), ("w2", None, 150, 60)]
    found = tap_water(layers(rows, population=(100, 100, 200)), context())
    assert found["numerator"].tolist() == pytest.approx([100, 20, 40])


def test_a_hamlet_without_service_area_speaks_for_itself():
    inputs = layers([("w1", "h1", 100, 100)])
    inputs["hamlets"]["households"] = [50, 50, 50]
    inputs["hamlets"]["tap_in_house_hh"] = [0, 25, None]
    found = tap_water(inputs, context())
    assert found["numerator"].tolist()[:2] == [100, 50]
    assert np.isnan(found["numerator"].iloc[2])


def test_central_supply_is_over_those_served():
    rows = [("w4", "h1", 90, 0), ("w5", "h2", 100, 0), ("w6", "h3", 100, 0)]
    found = central_supply(layers(rows), context())
    assert found["denominator"].tolist() == [90, 100, 100]
    assert found["numerator"].tolist()[:2] == [90, 0]
    assert np.isnan(found["numerator"].iloc[2])
    by_population = central_supply(layers(rows), context(water__central_denominator="population"))
    assert by_population["denominator"].tolist() == [100, 100, 100]


def test_unknown_served_persons_weigh_as_the_population():
    found = central_supply(layers([("w1", "h1", None, None)]), context())
    assert found["denominator"].iloc[0] == 100
    assert np.isnan(found["numerator"].iloc[0])


def test_people_without_supply_are_outside_the_form():
    found = central_supply({"hamlets": hamlets(population=[100, 50], supply_mode=["none", None])}, context())
    assert found["denominator"].tolist() == [0, 50]
    assert found["numerator"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("rule", "expected"), [("or", [True, True, True, False, None, False]), ("and", [True, False, True, False, None, False])]
)
def test_large_scale_by_either_rule(rule, expected):
    table = pd.DataFrame(
        {
            "work_class": ["city_ext", "central10k", "central10k", "central1k", "central1k", "central20"],
            "design_m3d": [None, 900.0, 1000.0, 200.0, None, 5000.0],
            "served_population": [50, 12000, 10000, 3000, 9000, 500],
        }
    )
    found = is_large(table, context(water__large_rule=rule))
    assert [None if pd.isna(value) else bool(value) for value in found] == (
        [*expected[:4], None, False] if rule == "or" else [*expected[:4], False, False]
    )


def test_large_scale_supply_of_persons():
    rows = [("w1", "h1", 70, 0), ("w4", "h1", 30, 0), ("w3", "h2", 100, 0)]
    found = large_scale_supply(layers(rows), context())
    assert found["numerator"].iloc[0] == 70
    assert np.isnan(found["numerator"].iloc[1])
    assert found["missing"].iloc[0] == "small_work"


def test_large_scale_by_mode_alone():
    modes = ["city_ext", "central10k", "central1k", "central20", "dispersed", "none", None]
    inputs = {"hamlets": hamlets(population=[10] * 7, supply_mode=modes)}
    assert [None if np.isnan(v) else v for v in large_scale_supply(inputs, context())["numerator"]] == [
        10,
        10,
        None,
        0,
        0,
        0,
        None,
    ]
    both = large_scale_supply(inputs, context(water__large_rule="and"))["numerator"]
    assert [None if np.isnan(v) else v for v in both] == [10, None, None, 0, 0, 0, None]


def test_urban_hamlets_are_left_out_and_unknown_ones_are_noted():
    inputs = {"hamlets": hamlets(population=[100, 50], supply_mode=["city_ext"] * 2)}
    here = context()
    assert len(central_supply(inputs, here)) == 2
    assert "2 units have no urban–rural class" in here.notes["rural_unknown"][1]
    inputs["villages"] = frame("id", [None], urban_rural_code=["121"])
    assert central_supply(inputs, context()).empty


def test_works_out_of_service_are_left_out():
    table = works(
        last_test_date=["2024-06-01"] * 4, valid_to=[None, "2024-01-01", "2025-01-01", None], actual_m3d=[10, 10, 10, 0]
    )
    assert in_service(table, context()).tolist() == [True, False, True, False]
    assert len(in_time({"water_works": table}, context())) == 2


def test_the_day_decides_whether_a_test_counts():
    table = works(last_test_date=["2023-12-30", "2023-12-29", "2024-07-01"])
    found = in_time({"water_works": table}, context())
    assert found["numerator"].tolist()[:2] == [1, 0]
    assert found["missing"].tolist() == [None, "test_overdue", "unknown"]


def test_simulated_rows_are_marked_whichever_layer_they_are_in():
    inputs = layers([("w1", "h1", 100, 100)])
    assert not tap_water(inputs, context())["synthetic"].any()
    inputs["water_works"]["data_quality"] = "synthetic"
    assert tap_water(inputs, context())["synthetic"].all()


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*(f"w{n}" for n in range(1, 7)), "none"]),
            st.sampled_from(["h1", "h2", "h3", None]),
            st.one_of(st.none(), st.integers(0, 200)),
            st.one_of(st.none(), st.integers(0, 200)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_numerators_lie_between_nothing_and_the_weight(rows):
    for code in ("W1", "W2", "W3"):
        found = INDICATORS[code].compute(layers(rows), context())
        known = found.dropna(subset=["numerator", "denominator"])
        assert (known["numerator"] >= 0).all()
        assert (known["numerator"] <= known["denominator"]).all()


def test_service_areas_without_works_say_nothing_of_the_class():
    inputs = layers([("w1", "h1", 100, 100)])
    del inputs["water_works"]
    assert tap_water(inputs, context())["missing"].iloc[0] == "unknown"
