import datetime as dt

import pytest

from geo_app.actions.ledger import forming, records, rights
from geo_app.errors import ForbiddenError, NotFoundError
from layers.errors import PreconditionRequiredError, StaleVersionError
from layers.store import Condition

from .conftest import TODAY, VILLAGE, project_row, put

UPKEEP = {
    "owner_level": "村集体",
    "owner": "甲村股份经济合作社",
    "maintainer": "王五",
    "maintenance_fund": 1.5,
    "document": "移交协议1号",
}


def events(store):
    told = (
        ("登记接收", dt.date(2026, 1, 5), {"stage_after": "implementing"}),
        ("支出", dt.date(2026, 3, 1), {"amount": 60.1}),
        ("支出", dt.date(2026, 4, 1), {"amount": 55.2}),
        ("完工", dt.date(2026, 6, 1), {}),
        ("验收", dt.date(2026, 6, 20), {}),
    )
    for seq, (kind, on, more) in enumerate(told, 1):
        row = {"event_id": f"P1-{seq:03d}", "project_id": "P1", "seq": seq, "event_type": kind, "start_date": on}
        put(store, "project_events", row | more)


def test_an_accepted_project_becomes_an_asset_in_one_change_and_nothing_is_typed_twice(store, people):
    put(store, "projects", project_row())
    events(store)
    before = store.changes()[0].change_id
    made = forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=UPKEEP)
    assert made.receipt.change_id == before + 1
    assert store.change(made.receipt.change_id).kind == "ledger"
    found = records.asset(store, people["township"], made.asset_ids[0], TODAY)
    row = found.row
    assert row["name"] == "甲村供水工程"
    assert (row["asset_class"], row["sub_class"]) == ("PUB", "PUB03")
    assert row["original_value"] == 115.3  # 60.1 + 55.2, what was spent
    assert row["formed_date"] == dt.date(2026, 6, 20)
    assert row["village_code"] == VILLAGE
    assert row["geometry"].equals(project_row()["geometry"])
    assert row["fund_sources"] == [{"code": "S11", "amount_wan_yuan": 120.0}]
    assert row["registered_on"] == TODAY
    assert [event["event_type"] for event in found.events] == ["移交"]
    project = store.read("projects").iloc[0]
    assert (project["status"], project["event_seq"]) == ("asset_formed", 6)
    last = store.read("project_events", where=(Condition("event_type", "=", "资产移交"),)).iloc[0]
    assert (last["stage_before"], last["stage_after"], last["seq"]) == ("accepted", "asset_formed", 6)
    assert found.violations == ()


def test_what_the_class_needs_is_named(store, people):
    put(store, "projects", project_row())
    with pytest.raises(rights.LedgerFaultsError, match="a maintainer and a fund of a public asset") as caught:
        forming.form(
            store,
            people["township"],
            "P1",
            expected_ver=1,
            today=TODAY,
            overrides={"owner_level": "村集体", "owner": "甲村", "document": "a"},
        )
    assert {item.field for item in caught.value.faults} == {"maintainer", "maintenance_fund"}
    assert {item.source for item in caught.value.faults} == {"E12 国办函〔2021〕51号"}
    assert store.count("assets") == 0


def test_only_an_accepted_project_is_handed_over(store, people):
    put(store, "projects", project_row(status="implementing"))
    with pytest.raises(rights.LedgerFaultsError, match="a project in the stage: Accepted"):
        forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=UPKEEP)


def test_a_household_asset_benefits_for_more_than_a_year(store, people):
    put(store, "projects", project_row(sector=None))
    part = UPKEEP | {"asset_class": "HHD", "sub_class": "HHD1", "owner_level": "户", "owner": "张三"}
    with pytest.raises(rights.LedgerFaultsError, match="above 12 months"):
        forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=part | {"benefit_months": 12})
    made = forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=part | {"benefit_months": 13})
    event = store.read("asset_events", where=(Condition("asset_id", "=", made.asset_ids[0]),)).iloc[0]
    assert "张三" not in str(event.to_dict())


def test_several_assets_add_up_to_what_was_spent(store, people):
    put(store, "projects", project_row())
    events(store)
    parts = [UPKEEP | {"name": name, "original_value": value} for name, value in (("水厂", 100.0), ("管网", 15.0))]
    with pytest.raises(rights.LedgerFaultsError, match=r"add up to 115\.3"):
        forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=parts)
    parts[1]["original_value"] = 15.3
    made = forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=parts)
    assert len(made.asset_ids) == 2


def test_rights_and_versions(store, people):
    put(store, "projects", project_row())
    with pytest.raises(ForbiddenError, match="takes no part in the procedures"):
        forming.form(store, people["viewer"], "P1", expected_ver=1, today=TODAY, overrides=UPKEEP)
    with pytest.raises(NotFoundError):
        forming.form(store, people["other_village"], "P1", expected_ver=1, today=TODAY, overrides=UPKEEP)
    with pytest.raises(PreconditionRequiredError):
        forming.form(store, people["township"], "P1", expected_ver=None, today=TODAY, overrides=UPKEEP)
    with pytest.raises(StaleVersionError):
        forming.form(store, people["township"], "P1", expected_ver=7, today=TODAY, overrides=UPKEEP)


def test_a_project_of_an_older_register_gets_an_event_that_says_so(store, people):
    put(store, "projects", project_row())
    forming.form(store, people["township"], "P1", expected_ver=1, today=TODAY, overrides=UPKEEP)
    told = store.read("project_events").sort_values("seq")
    assert told["event_type"].tolist() == ["登记接收", "资产移交"]
    assert told["seq"].tolist() == [1, 2]
    assert store.read("projects").iloc[0]["event_seq"] == 2


def test_the_sources_of_an_asset_are_what_each_source_paid(store, people):
    """E6: the sources add up to the value, also where more was spent than planned."""
    put(store, "projects", project_row())
    for seq, (code, amount) in enumerate((("S11", 80.1), ("S08", 50.0), ("S11", 0.2)), 1):
        row = {"event_id": f"P1-{seq:03d}", "project_id": "P1", "seq": seq, "event_type": "支出", "start_date": TODAY}
        put(store, "project_events", row | {"amount": amount, "fund_source": code})
    planned = forming.proposal(store, people["township"], "P1")
    assert planned["original_value"] == 130.3
    assert planned["fund_sources"] == [{"code": "S08", "amount_wan_yuan": 50.0}, {"code": "S11", "amount_wan_yuan": 80.3}]


def test_sources_are_those_planned_where_a_payment_names_none(store, people):
    put(store, "projects", project_row())
    events(store)
    assert forming.proposal(store, people["township"], "P1")["fund_sources"] == project_row()["funding_sources"]
