"""Safe water: four items, each known or not; reach of supply points: distance and height together."""

import itertools

import numpy as np
import pandas as pd
import pytest

from processing.indicators.example import context, frame, hamlets, works
from processing.indicators.safe_water import W4_ITEMS, safe_water, supply_reach

GOOD = {"litres_per_person_day": 60, "quality_ok": True, "fetch_minutes": 5, "outage_days_year": 3}
BAD = {"litres_per_person_day": 10, "quality_ok": False, "fetch_minutes": 50, "outage_days_year": 90}


def one(**columns):
    return {"hamlets": hamlets(population=[100], **{name: [value] for name, value in columns.items()})}


@pytest.mark.parametrize("states", list(itertools.product("gbu", repeat=4)))
def test_every_combination_of_good_bad_and_unknown(states):
    columns = {}
    for name, state in zip(GOOD, states, strict=True):
        columns[name] = {"g": GOOD[name], "b": BAD[name], "u": None}[state]
        if name == "fetch_minutes" and state == "b":
            columns |= {"fetch_distance_m": 5000, "fetch_vertical_m": 500}
    row = safe_water(one(**columns), context()).iloc[0]
    if "b" in states:
        assert row["numerator"] == 0
        assert row["missing"].split(";") == [item for item, state in zip(W4_ITEMS, states, strict=True) if state == "b"]
        assert row["shortfall"] == 100
    elif "u" in states:
        assert np.isnan(row["numerator"])
        assert row["missing"] == "unknown"
    else:
        assert row["numerator"] == 100
        assert row["missing"] is None


@pytest.mark.parametrize(
    ("water_short", "litres", "missing"),
    [(False, 30, "quantity"), (True, 30, None), (None, 30, "unknown"), (None, 35, None), (None, 19, "quantity"), (True, 20, None),
     (False, 35, None), (True, 19, "quantity")],
)  # fmt: skip
def test_water_short_counties_have_the_lower_limit(water_short, litres, missing):
    inputs = one(**GOOD | {"litres_per_person_day": litres})
    inputs["counties"] = frame("county_code", [None], water_short=pd.array([water_short], dtype="boolean"))
    inputs["counties"]["county_code"] = "C"
    assert safe_water(inputs, context())["missing"].iloc[0] == missing


@pytest.mark.parametrize(
    ("rule", "minutes", "distance", "height", "missing"),
    [("or", 30, 700, None, None), ("or", 30, 900, 90, "distance"), ("or", 30, 900, None, "unknown"), ("and", 10, 700, 70, None),
     ("and", 10, 900, None, "distance"), ("and", 10, 700, None, "unknown"), ("time", 10, 5000, 500, None), ("time", None, 10, 1, "unknown"),
     ("or", 20, None, None, None)],
)  # fmt: skip
def test_the_rule_joins_time_distance_and_height(rule, minutes, distance, height, missing):
    row = GOOD | {"fetch_minutes": minutes, "fetch_distance_m": distance, "fetch_vertical_m": height}
    assert safe_water(one(**row), context(water__fetch_rule=rule))["missing"].iloc[0] == missing


def test_a_tap_in_every_house_is_convenient_whatever_the_rule():
    row = GOOD | {"fetch_minutes": None, "households": 20, "tap_in_house_hh": 20}
    assert safe_water(one(**row), context(water__fetch_rule="and"))["numerator"].iloc[0] == 100
    some = row | {"tap_in_house_hh": 19}
    assert safe_water(one(**some), context())["missing"].iloc[0] == "unknown"
    assert safe_water(one(**some), context(water__tap_share_pct=90))["missing"].iloc[0] is None


def test_what_a_hamlet_does_not_say_its_works_may_say():
    row = GOOD | {"quality_ok": None, "outage_days_year": None}
    inputs = one(**row)
    inputs["water_works"] = works(
        work_class=["central20", "central20"], test_ok=[True, False], outage_days=[10, None], reliability_pct=[None, 80.0]
    )
    service = {"served_persons": [50], "tap_persons": [50]}
    inputs["service_areas"] = frame("service_id", [None], work_id=["w1"], hamlet_id=["h1"], **service)
    assert safe_water(inputs, context())["missing"].iloc[0] is None
    inputs["service_areas"]["work_id"] = ["w2"]
    assert safe_water(inputs, context())["missing"].iloc[0] == "water_quality;reliability"
    both = frame(
        "service_id", [None] * 2, work_id=["w1", "w2"], hamlet_id=["h1", "h1"], served_persons=[50, 50], tap_persons=[50, 50]
    )
    assert safe_water(inputs | {"service_areas": both}, context())["missing"].iloc[0] == "water_quality;reliability"


def test_no_hamlets_no_units():
    assert safe_water({}, context()).empty
    assert supply_reach({}, context()).empty


def test_nearest_work_is_named_beside_a_failing_hamlet():
    inputs = one(**BAD) | {"water_works": works(name=["泉"], actual_m3d=[5])}
    row = safe_water(inputs, context()).iloc[0]
    assert (row["nearest_id"], row["nearest_name"]) == ("w1", "泉")
    assert row["distance_m"] == pytest.approx(111, abs=1)


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ({"fetch_distance_m": 800, "fetch_vertical_m": 80}, None),
        ({"fetch_distance_m": 801, "fetch_vertical_m": 0}, "distance"),
        ({"fetch_distance_m": 100, "fetch_vertical_m": -81}, "height"),
        ({"fetch_distance_m": 100, "fetch_vertical_m": None}, "unknown"),
        ({"fetch_distance_m": None, "fetch_vertical_m": None}, "unknown"),
        ({"fetch_distance_m": 9000, "tap_in_house_hh": 10}, None),
    ],
)
def test_reach_asks_for_distance_and_height(columns, missing):
    row = {"households": 10, "tap_in_house_hh": 0} | columns
    assert supply_reach(one(**row), context())["missing"].iloc[0] == missing


def test_hamlets_without_geometry_are_outside_reach():
    inputs = one(households=1, tap_in_house_hh=1)
    inputs["hamlets"].geometry = [None]
    assert supply_reach(inputs, context()).empty


def test_settlements_are_units_of_their_own():
    inputs = {
        "settlements": frame("settlement_id", [works(name=["x"]).geometry.iloc[0]] * 2, persons_total=[800, None], persons_registered_poor=[1, 90],
                             has_water=[True, False]),
        "water_works": works(name=["x"]),
    }  # fmt: skip
    found = supply_reach(inputs, context())
    assert found["unit_layer"].tolist() == ["settlements"] * 2
    assert found["denominator"].tolist() == [800, 90]
    assert found["missing"].tolist() == [None, "unknown"]


def test_limits_of_a_province_hold_only_there():
    from dataclasses import replace
    from datetime import date

    from processing.profiles import Threshold

    here = context()
    strict = Threshold("water.fetch_minutes", 4.0, "min", "C", date(2020, 1, 1), "local rule", "page")
    far = {"fetch_distance_m": 5000, "fetch_vertical_m": 500}
    here = replace(here, profile=replace(here.profile, thresholds=(*here.profile.thresholds, strict)))
    assert safe_water(one(**GOOD, **far), here)["missing"].iloc[0] == "distance"
    elsewhere = one(**GOOD, **far)
    elsewhere["hamlets"]["village_code"] = "unknown"
    assert safe_water(elsewhere, replace(here, memo={}))["missing"].iloc[0] is None
