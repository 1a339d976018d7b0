"""The shipped lists beside the published ones, with their traps."""

import csv

from layers import key_counties, key_lists, land_quotas, plan_investments, settlement_origins
from layers.catalogue import LAYERS
from layers.codes import table


def test_the_shipped_entries_are_the_published_ones(shared_data):
    with (shared_data / "key_counties.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert rows == table("key_counties")


def test_every_entry_stands_on_a_list_that_is_shipped():
    lists = {row["list_id"]: row for row in key_lists.published()}
    entries = key_counties.published()
    assert len(entries) == 128
    assert len({row["entry_id"] for row in entries}) == 128
    for row in entries:
        own = lists[row["list_id"]]
        assert (own["level"], own["year"]) == (row["level"], row["year"])
        assert own["area_code"] in {row["province_code"], row["county_code"][:4]}


def test_a_list_is_whole_only_where_a_document_gives_it_in_full():
    lists = {row["area_code"]: row for row in key_lists.published() if row["level"] == "国家"}
    assert {code for code, row in lists.items() if row["complete"]} == {"15", "45", "50", "51", "52"}
    assert {code for code, row in lists.items() if row["complete"] is False} == {"53", "62", "63"}
    assert all(row["complete"] is not True for row in lists.values() if row["certainty"] == "memory")
    held = [row["province_code"] for row in key_counties.published() if row["level"] == "国家"]
    for code, row in lists.items():
        assert held.count(code) == row["stated_count"] or not row["complete"], code
    assert sum(row["stated_count"] for row in lists.values()) == 160


def test_a_county_may_stand_on_several_lists():
    assert LAYERS["key_counties"].key == "entry_id"
    assert LAYERS["key_counties"]["county_code"].references is None


def test_rows_keep_to_their_layers():
    for layer, rows in (
        (key_counties.LAYER, key_counties.published()),
        (key_lists.LAYER, key_lists.published()),
        (plan_investments.LAYER, plan_investments.published()),
    ):
        for row in rows:
            assert set(row) <= set(layer.field_names)
            assert row[layer.key]
            assert [fault for check in layer.row_checks for fault in check(row)] == []


def test_a_use_above_the_quota_is_no_fault_of_the_row():
    assert land_quotas.LAYER.row_checks == ()


def test_origins_name_the_settlement_and_the_old_village():
    layer = settlement_origins.LAYER
    assert layer["settlement_id"].references == "settlements"
    assert layer["village_code"].references == "villages"
    assert layer.area_fields[0] == "village_code"
    fault = [fault for check in layer.row_checks for fault in check({"households": 5, "persons": 4})]
    assert [item.field for item in fault] == ["households"]


def test_the_plan_is_kept_as_printed():
    rows = plan_investments.published()
    assert len(rows) == 13
    total = rows[-1]
    assert (total["amount_yi"], total["items_stated"], total["projects_stated"], total["stated_share"]) == (
        289.31,
        51,
        1194,
        None,
    )
    assert [row["items_listed"] for row in rows[:7]] == [6, 15, 9, 8, 6, 6, 0]
