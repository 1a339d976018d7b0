import pandas as pd

from layers.indicator_targets import published
from processing.averages import Average
from processing.key_rules import DEMO_VILLAGE, KEY_COUNTY, KEY_VILLAGE, NATIONAL, rules

HUNAN = frozenset({"43", "4305", "430523"})
MEAN = {"SN1": Average("43", "湖南省", "province", 88.0, 87.0, 89.0, 122, 122, "whole")}
PART = {"SN1": Average("43", "湖南省", "province", 88.0, 87.0, 89.0, 3, 122, "partial")}


def found(groups, figures, means=MEAN, above=HUNAN):
    return {item.target_id: item for item in rules(published(), groups, above=above, figures=figures, means=means)}


def test_a_key_county_reaches_the_average_of_its_province():
    assert found([KEY_COUNTY], {"SN1": (89.0, 89.0)})["HN-41-04"].verdict == "met"
    assert found([KEY_COUNTY], {"SN1": (80.0, 87.0)})["HN-41-04"].verdict == "not_met"
    assert found([KEY_COUNTY], {"SN1": (80.0, 90.0)})["HN-41-04"].verdict == "unknown"


def test_an_average_that_is_not_whole_decides_nothing():
    item = found([KEY_COUNTY], {"SN1": (99.0, 99.0)}, PART)["HN-41-04"]
    assert (item.verdict, item.goal, item.measured) == ("unknown", None, True)


def test_income_of_key_and_demonstration_villages():
    five = {"collective_income": (5.0, 5.0)}
    assert found([KEY_VILLAGE], five)["HN-41-06b"].verdict == "met"
    assert found([DEMO_VILLAGE], five)["HN-42-07b"].verdict == "not_met"
    assert found([DEMO_VILLAGE], {"collective_income": (10.0, 10.0)})["HN-42-07b"].verdict == "met"
    assert found([KEY_VILLAGE], {"collective_income": (None, None)})["HN-41-06b"].verdict == "unknown"


def test_targets_of_another_province_are_for_reference_and_not_judged():
    item = found([KEY_VILLAGE], {"collective_income": (9.0, 9.0)}, above=frozenset({"62", "6204"}))["HN-41-06b"]
    assert (item.applies, item.verdict) == ("reference", "none")


def test_the_land_quota_is_national_and_needs_the_national_list():
    quota = {"land_quota_mu": (600.0, 600.0)}
    gansu = frozenset({"62"})
    assert found([KEY_COUNTY, NATIONAL], quota, above=gansu)["CN-06"].verdict == "met"
    assert found([KEY_COUNTY, NATIONAL], {"land_quota_mu": (500.0, 500.0)}, above=gansu)["CN-06"].verdict == "not_met"
    assert "CN-06" not in found([KEY_COUNTY], quota, above=gansu)


def test_words_and_what_nothing_measures_get_no_verdict():
    item = found([KEY_COUNTY], {})["HN-41-01"]
    assert (item.printed, item.measured, item.verdict, item.applies) == ("动态清零", False, "none", "applies")


def test_what_applies_comes_first_and_an_area_code_is_an_area():
    own = {"target_id": "X", "area_code": "62", "area_group": "甘肃省重点帮扶县", "indicator_code": "SN1", "target_value": 90.0,
           "operator": ">=", "document": "d", "item_no": "1"}  # fmt: skip
    listed = rules([*published(), own], [KEY_COUNTY], above=frozenset({"62"}), figures={"SN1": (91.0, 91.0)}, means={})
    assert (listed[0].target_id, listed[0].verdict) == ("X", "met")
    assert all(item.applies == "reference" for item in listed[1:])


def test_no_group_no_rule():
    assert rules(published(), [], above=HUNAN, figures={}, means={}) == []
    assert rules(pd.DataFrame(published()).to_dict("records"), [KEY_COUNTY], above=HUNAN, figures={}, means={})
