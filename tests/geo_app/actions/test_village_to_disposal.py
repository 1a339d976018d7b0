"""One project from the village's application to the disposal of its asset, with every role and date, on both kinds of store."""

import datetime as dt

import pytest

from geo_app.actions.ledger import acting, building, forming, records
from geo_app.actions.library import drafting, moving, record
from layers.store import Condition, open_store
from tests.geo_app.actions.library.people import APPLICATION, COUNTY, PEOPLE, PLACE, TOWN, VILLAGE, WALK

OWNER = {"owner_level": "村集体", "owner": "甲南村股份经济合作社"}
UPKEEP = {"maintainer": "村级公益性岗位", "maintenance_fund": 1.2}
RIGHTS = OWNER | {
    f"{name}_right_holder": "甲南村股份经济合作社" for name in ("use", "operating", "income", "disposal", "supervision")
}
LIFE = (
    ("revitalisation", "rights_plan", "2027-01-10", {"document": "确权方案1"}),
    ("revitalisation", "rights_notice", "2027-01-12", {"url": "https://example.gov/rights/1"}),
    ("township", "rights_survey", "2027-01-20", {"document": "勘验表1"}),
    ("transport", "rights_review", "2027-01-25", {"opinion": "权属清楚", **RIGHTS}),
    ("revitalisation", "rights_announce", "2027-02-01", {"url": "https://example.gov/rights/2", "place": "村务公开栏"}),
    ("revitalisation", "certify", "2027-02-11", {"certificate_no": "权证1"}),
    ("village", "damage", "2030-07-15", {"reason": "山洪冲毁", "value_after": 30.0}),
    ("village", "change_village", "2030-07-16", {"place": "村务公开栏"}),
    ("township", "change_township", "2030-07-17", {"place": "乡政务公开栏"}),
    ("transport", "change_file", "2030-07-27", {"document": "变更备案1"}),
    (
        "village",
        "dispose_apply",
        "2030-08-01",
        {"cause": "DC2", "disposal_mode": "D5", "plan": "报废，残料变卖", "reason": "山洪冲毁，不能修复"},
    ),
    ("township", "dispose_review", "2030-08-05", {"opinion": "属实"}),
    ("leading_group", "dispose_approve", "2030-08-15", {"approver": "县人民政府", "document": "批复1"}),
    ("township", "valuate", "2030-08-20", {"value_after": 2.0, "valuer": "评估公司", "document": "评估报告1"}),
    ("revitalisation", "write_off", "2030-09-01", {"document": "核销文件1", "amount": 2.5}),
    (
        "village",
        "use_proceeds",
        "2030-09-10",
        {"amount": 2.5, "to_members": False, "uses": [{"use": "IU3", "amount_wan_yuan": 2.5}]},
    ),
)


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=[pytest.mark.postgis, pytest.mark.slow])])
def store(request, small):
    if request.param == "gpkg":
        yield small
        return
    with open_store(request.getfixturevalue("postgis_schema"), create=True) as other:
        small.copy_into(other)
        yield other


def into_the_library_and_built(store):
    """Draft and every step up to the acceptance, each by its role on its day."""
    key = drafting.create(store, PEOPLE["village"], APPLICATION, PLACE, today=dt.date(2026, 2, 20))
    for role, move, on, values in WALK:
        seen = record.project(store, PEOPLE[role], key)
        moving.move(store, PEOPLE[role], key, move, values, expected_ver=seen.ver, today=dt.date.fromisoformat(f"2026-{on}"))
    return key


def test_from_the_village_to_disposal(store):
    key = into_the_library_and_built(store)
    accepted = record.project(store, PEOPLE["township"], key)
    assert (accepted.stage, accepted.violations) == ("accepted", ())

    handed = dt.date(2026, 12, 25)
    said = {"asset_class": "PUB", "sub_class": "PUB01", "document": "移交书", **OWNER, **UPKEEP}
    formed = forming.form(store, PEOPLE["township"], key, expected_ver=accepted.ver, today=handed, overrides=said)
    (number,) = formed.asset_ids
    assert record.project(store, PEOPLE["township"], key).stage == "asset_formed"
    asset = records.asset(store, PEOPLE["village"], number, handed)
    told = {name: asset.row[name] for name in ("project_id", "village_code", "township_code", "county_code", "original_value")}
    assert told == {
        "project_id": key,
        "village_code": VILLAGE,
        "township_code": TOWN,
        "county_code": COUNTY,
        "original_value": 60.0,
    }
    assert asset.row["geometry"].equals(PLACE)
    assert asset.row["fund_sources"] == [{"code": "S11", "amount_wan_yuan": 60.0}]

    ledger = building.build(store, PEOPLE["village"], "LV1", VILLAGE, 2027, dt.date(2027, 1, 5))
    assert [item["asset_id"] for item in building.ledger(store, PEOPLE["village"], ledger, dt.date(2027, 1, 5)).entries] == [
        number
    ]

    for role, move, on, values in LIFE:
        day = dt.date.fromisoformat(on)
        seen = records.asset(store, PEOPLE[role], number, day)
        acting.act(store, PEOPLE[role], number, move, values, expected_ver=seen.ver, today=day)

    end = records.asset(store, PEOPLE["village"], number, dt.date(2030, 9, 10))
    assert (end.row["status"], end.row["disposed_on"], end.row["current_value"]) == ("已处置", dt.date(2030, 9, 1), 0.0)
    assert end.violations == ()
    events = store.read("asset_events", where=[Condition("asset_id", "=", number)]).sort_values("seq")
    assert events["move"].tolist() == ["hand_over", *(move for _, move, _, _ in LIFE)]
    assert events["start_date"].tolist() == [handed, *(dt.date.fromisoformat(on) for _, _, on, _ in LIFE)]
    assert events["person"].tolist() == ["township", *(role for role, *_ in LIFE)]

    whole = record.project(store, PEOPLE["leading_group"], key)
    assert [item["event_type"] for item in whole.events][-1] == "资产移交"
    assert whole.violations == ()
    empty = building.build(store, PEOPLE["village"], "LV1", VILLAGE, 2030, dt.date(2030, 12, 1))
    assert building.ledger(store, PEOPLE["village"], empty, dt.date(2030, 12, 1)).entries == ()
    assert store.verify() == []
