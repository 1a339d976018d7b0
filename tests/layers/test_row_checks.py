"""The row checks of the declarations, each with a row that breaks it and a row that does not."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.catalogue import LAYERS
from layers.row_values import amount, known
from layers.settlements import size_class


def rules(name, **row):
    return {fault.rule for check in LAYERS[name].row_checks for fault in check(row)}


CASES = [
    ("hamlets", {"households": 10, "tap_in_house_hh": 11}, {"tap_in_house_hh": 10}, "tap_in_house_hh_not_above_households"),
    (
        "settlements",
        {"size_class": "<800", "persons_registered_poor": 800},
        {"size_class": "800-2999"},
        "size_class_fits_persons",
    ),
    ("roads", {"route_no": "C101", "admin_class": "乡道"}, {"route_no": "Y101"}, "route_letter_fits_class"),
    ("roads", {"admin_class": "村道"}, {"admin_class": "组道"}, "route_no_needed"),
    ("water_works", {"work_class": "central1k", "served_population": 999}, {"served_population": 1000}, "E19_class_fits_persons"),
    (
        "water_works",
        {"served_population": 9, "tap_population": 10},
        {"tap_population": 9},
        "tap_population_not_above_served_population",
    ),
    ("water_works", {"design_m3d": 1000, "continuous24h": False}, {"continuous24h": True}, "E19_type_iii_24h"),
    ("service_areas", {"work_id": "W"}, {"village_code": "620422100201"}, "hamlet_or_village"),
    ("sanitation", {"households": 5, "hh_sanitary": 6}, {"hh_sanitary": 5}, "hh_sanitary_not_above_households"),
    ("sanitation", {"hh_sanitary": 5, "hh_harmless": 6}, {"hh_harmless": 0}, "hh_harmless_not_above_hh_sanitary"),
    ("sanitation", {"facility_type": "户厕汇总"}, {"households": 3, "hh_sanitary": 1}, "households_needed"),
    ("farmland", {"hsf": True}, {"hsf_year": 2020}, "hsf_year_needed"),
    (
        "projects",
        {"start_date": date(2024, 2, 1), "end_date": "2024-01-31"},
        {"end_date": "2024-02-01"},
        "start_date_not_after_end_date",
    ),
    (
        "projects",
        {"benefit_persons": 1, "benefit_former_poor": 2},
        {"benefit_former_poor": 1},
        "benefit_former_poor_not_above_benefit_persons",
    ),
    (
        "projects",
        {"budget_total": 3, "funding_sources": [{"code": "S11", "amount_wan_yuan": 2.98}]},
        {"budget_total": 2.98},
        "E6_funds_add_up",
    ),
    ("projects", {"funding_sources": [{"code": "X", "amount_wan_yuan": 1}]}, {"funding_sources": None}, "fund_source_listed"),
    ("projects", {"funding_sources": '[{"code": "X"}]'}, {"funding_sources": '[{"code": "S11"}]'}, "fund_source_listed"),
    ("annual_plans", {"fund_sources": '[{"code": "X"}]'}, {"fund_sources": [{"code": "S11"}]}, "fund_source_listed"),
    ("assets", {"fund_sources": [{"code": "X", "amount_wan_yuan": 1}]}, {"fund_sources": ["S11"]}, "fund_source_listed"),
    ("projects", {"baiyin_category": "C1", "baiyin_item": "C2-1"}, {"baiyin_item": "C1-1"}, "item_fits_category"),
    ("assets", {"asset_class": "PUB", "sub_class": "OPR1"}, {"sub_class": "PUB01"}, "sub_class_fits_class"),
    ("assets", {"asset_class": "PUB"}, {"maintainer": "村委会"}, "maintainer_needed"),
    ("assets", {"asset_class": "OPR"}, {"mode": "租赁"}, "mode_needed"),
    ("monitored_households", {"households": 4, "suppressed": False}, {"households": 5}, "E22_small_cell"),
    ("monitored_households", {"households": 9, "suppressed": True}, {"suppressed": False}, "E22_suppressed_is_empty"),
    ("indicator_targets", {"target_id": "t"}, {"area_group": "全省"}, "area_or_group"),
]


@pytest.mark.parametrize(("layer", "bad", "mended", "rule"), CASES, ids=[f"{case[0]}-{case[3]}" for case in CASES])
def test_a_check_names_the_fault_and_passes_the_mended_row(layer, bad, mended, rule):
    assert rule in rules(layer, **bad)
    assert rule not in rules(layer, **(bad | mended))


@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NA, pd.NaT, "", "  "])
def test_unknown_is_unknown_in_every_spelling(unknown):
    assert known({"a": unknown}, "a") is None
    assert amount({"a": unknown}, "a") is None
    assert not rules("water_works", served_population=unknown, tap_population=10, work_class="central10k")


def test_funding_is_added_exactly():
    parts = [{"code": "S11", "amount_wan_yuan": 0.1}] * 3
    assert "E6_funds_add_up" not in rules("projects", budget_total=0.3, funding_sources=parts)
    assert "E6_funds_add_up" not in rules(
        "projects", budget_total=0.3, funding_sources='[{"code": "S11", "amount_wan_yuan": 0.3}]'
    )


@given(st.integers(0, 50_000), st.integers(0, 50_000))
def test_size_class_never_falls_with_more_persons(one, other):
    order = ["<800", "800-2999", "3000-9999", "10000+"]
    low, high = sorted((one, other))
    assert order.index(size_class(low)) <= order.index(size_class(high))
