"""Toilets by household, sewage and waste by village and township."""

import numpy as np
import pandas as pd
import pytest

from processing.indicators.example import context, frame
from processing.indicators.sanitation import sanitary_toilets, township_sewage, village_sewage, waste_sorting


def summary(rows):
    return frame(
        "facility_id",
        [None] * len(rows),
        facility_type=["户厕汇总"] * len(rows),
        village_code=[row[0] for row in rows],
        households=[row[1] for row in rows],
        hh_sanitary=[row[2] for row in rows],
    )


def villages(count, **columns):
    return frame("village_code", [None] * count, **columns)


def test_households_weigh_and_a_village_without_row_is_unknown():
    inputs = {"villages": villages(3, households=[100, 50, None]), "sanitation": summary([("v1", 90, 60), ("v1", 10, 10)])}
    found = sanitary_toilets(inputs, context())
    assert found["denominator"].iloc[:2].tolist() == [100, 50]
    assert found["numerator"].iloc[0] == 70
    assert found["missing"].tolist() == ["no_sanitary_toilet", "unknown", "unknown"]
    assert np.isnan(found["denominator"].iloc[2])


def test_a_sum_with_an_unknown_part_is_unknown():
    inputs = {"villages": villages(1, households=[100]), "sanitation": summary([("v1", 90, 60), ("v1", 10, None)])}
    assert sanitary_toilets(inputs, context())["missing"].tolist() == ["unknown"]


def test_other_facilities_are_no_toilets():
    rows = summary([("v1", 90, 90)])
    rows["facility_type"] = "公厕"
    found = sanitary_toilets({"villages": villages(1, households=[100]), "sanitation": rows}, context())
    assert found["missing"].tolist() == ["unknown"]


def test_without_villages_the_rows_count_themselves():
    found = sanitary_toilets({"sanitation": summary([("V", 100, 68)])}, context())
    assert found[["unit_layer", "area_code", "numerator"]].to_numpy().tolist() == [["sanitation", "V", 68.0]]


def test_without_rows_every_village_is_unknown():
    found = sanitary_toilets({"villages": villages(2, households=[10, 20])}, context())
    assert found["missing"].tolist() == ["unknown", "unknown"]
    assert found["denominator"].tolist() == [10, 20]


@pytest.mark.parametrize("compute", [sanitary_toilets, village_sewage, township_sewage, waste_sorting])
def test_no_layers_no_units(compute):
    assert compute({}, context()).empty


def test_sewage_flag_goes_before_the_share_of_households():
    given = pd.array([False, None, None, None, True], dtype="boolean")
    found = village_sewage(
        {"villages": villages(5, sewage_treated=given, sewage_household_pct=[90, 60, 59.9, None, None])}, context()
    )
    assert found["missing"].tolist() == ["no_sewage_treatment", None, "no_sewage_treatment", "unknown", None]
    lower = village_sewage({"villages": villages(1, sewage_household_pct=[50])}, context(sanitation__sewage_household_pct=40))
    assert lower["numerator"].tolist() == [1]


def test_town_communities_are_no_administrative_villages():
    inputs = {"villages": villages(3, urban_rural_code=["111", "121", "220"], waste_sorting=[True, True, False])}
    assert waste_sorting(inputs, context())["unit_id"].tolist() == ["v3"]


def test_townships_by_flag():
    townships = frame("township_code", [None] * 3, sewage_facility=pd.array([True, False, None], dtype="boolean"))
    found = township_sewage({"townships": townships}, context())
    assert found["missing"].tolist() == [None, "no_sewage_facility", "unknown"]
