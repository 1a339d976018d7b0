"""An asset from the finished project to its disposal, with every role and date; and each forbidden step."""

import datetime as dt

import pytest

from geo_app.actions.ledger import acting, building, comparing, forming, records, rights
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from layers.errors import NotFoundError as MissingError
from layers.errors import PreconditionRequiredError, StaleVersionError
from layers.store import Condition

from .conftest import COUNTY, TODAY, TOWN, VILLAGE, asset_row, project_row, put


def day(text):
    return dt.date.fromisoformat(text)


class Walker:
    """Takes steps of one asset in the name of roles, on days."""

    def __init__(self, store, people, asset_id):
        self.store, self.people, self.asset_id = store, people, asset_id

    def __call__(self, role, move, on, **values):
        found = records.asset(self.store, self.people["local"], self.asset_id, day(on))
        given = values | {"start_date": day(on)}
        return acting.act(self.store, self.people[role], self.asset_id, move, given, expected_ver=found.ver, today=day(on))

    def refused(self, role, move, on, *codes, **values):
        with pytest.raises(rights.LedgerFaultsError) as caught:
            self(role, move, on, **values)
        assert {item.code for item in caught.value.faults} == set(codes)
        assert all(item.source for item in caught.value.faults if item.code not in {"date_order", "future_date", "bad_amount"})
        return caught.value.faults

    @property
    def row(self):
        return records.asset(self.store, self.people["local"], self.asset_id, TODAY).row

    @property
    def violations(self):
        return records.asset(self.store, self.people["local"], self.asset_id, TODAY).violations


RIGHTS = {
    "owner_level": "村集体",
    "owner": "甲村股份经济合作社",
    "use_right_holder": "甲村股份经济合作社",
    "operating_right_holder": "甲农业公司",
    "income_right_holder": "甲村股份经济合作社",
    "disposal_right_holder": "甲村股份经济合作社",
    "supervision_right_holder": "甲乡人民政府",
}
OPERATION = {
    "operator": "甲农业公司",
    "mode": "租赁",
    "term_start": day("2024-01-01"),
    "term_end": day("2027-12-31"),
    "plan_exists": True,
    "risk_note": "押金",
}
DISPOSAL = {"cause": "DC3", "disposal_mode": "D6", "plan": "公开拍卖", "reason": "停产"}


@pytest.fixture
def walker(store, people):
    """An operating asset, formed from an accepted project."""
    put(store, "projects", project_row(category="P1", sector=None, end_date=day("2023-12-01")))
    parts = {
        "sub_class": "OPR7",
        "owner_level": "村集体",
        "owner": "甲村股份经济合作社",
        "document": "移交1号",
        "start_date": day("2023-12-10"),
    }
    made = forming.form(store, people["township"], "P1", expected_ver=1, today=day("2023-12-10"), overrides=parts)
    return Walker(store, people, made.asset_ids[0])


def confirm_rights(walk):
    walk("revitalisation", "rights_plan", "2024-01-02", document="确权方案")
    walk("revitalisation", "rights_notice", "2024-01-03", url="https://portal.example/1")
    walk("township", "rights_survey", "2024-01-10", document="勘验表")
    walk("sector", "rights_review", "2024-01-12", opinion="属实", **RIGHTS)
    walk("revitalisation", "rights_announce", "2024-01-15", url="https://portal.example/2", place="村务公开栏")


def test_an_operating_asset_from_forming_to_the_use_of_its_proceeds(walker):
    walk = walker
    confirm_rights(walk)
    early = walk.refused("revitalisation", "certify", "2024-01-24", "too_early", certificate_no="证1")
    assert early[0].earliest == day("2024-01-25")
    walk("village", "objection", "2024-01-20", opinion="面积有误")
    walk.refused("revitalisation", "certify", "2024-01-25", "objection_open", certificate_no="证1")
    walk("township", "answer", "2024-01-23", answers=f"{walk.asset_id}-007", opinion="已复核")
    walk("revitalisation", "certify", "2024-01-25", certificate_no="证1")
    assert (walk.row["confirmed"], walk.row["certificate_no"], walk.row["confirmed_date"]) == (True, "证1", day("2024-01-25"))
    assert (walk.row["use_right_holder"], walk.row["operating_right_holder"]) == ("甲村股份经济合作社", "甲农业公司")

    walk("village", "operate", "2024-02-01", **OPERATION)
    walk("village", "change_village", "2024-02-02", place="公开栏")
    walk("township", "change_township", "2024-02-03", place="政务栏")
    walk.refused("sector", "change_file", "2024-02-12", "too_early", document="备案1")
    walk("sector", "change_file", "2024-02-13", document="备案1")

    walk("village", "settle", "2024-12-20", amount=6.0, period="2024")
    assert (walk.row["annual_income"], walk.row["settled_date"]) == (6.0, day("2024-12-20"))
    uses = [{"use": "IU2", "amount_wan_yuan": 4.0}, {"use": "IU6", "amount_wan_yuan": 2.0}]
    walk("village", "distribute", "2024-12-22", uses=uses, plan="公益岗位")
    walk("township", "distribution_review", "2024-12-24", opinion="同意")
    walk("revitalisation", "distribution_file", "2024-12-26", document="备案2")
    walk("village", "distribution_publish", "2024-12-27", place="公开栏")
    walk("village", "use_income", "2025-01-05", uses=uses)

    walk("village", "idle", "2025-06-01", status="亏损", reason="订单减少")
    walk("township", "revive", "2025-07-01", revival_mode="RV2", document="托管协议")
    assert walk.row["status"] == "正常"
    walk("village", "settle", "2025-12-20", amount=1.0, period="2025")
    walk("village", "damage", "2026-03-01", reason="火灾", value_after=20.0)
    assert (walk.row["status"], walk.row["current_value"]) == ("损毁", 20.0)

    walk("village", "members_decide", "2026-04-01", document="会议记录", **DISPOSAL)
    walk("township", "collective_review", "2026-04-05", opinion="同意")
    walk("sector", "collective_file", "2026-04-10", document="备案3")
    walk("township", "valuate", "2026-04-20", value_after=18.0, valuer="评估公司", document="评估报告")
    walk("revitalisation", "write_off", "2026-05-01", document="核销文件", amount=19.5)
    assert (walk.row["status"], walk.row["disposed_on"], walk.row["current_value"]) == ("已处置", day("2026-05-01"), 0.0)
    assert "proceeds" in {item.code for item in walk.violations}
    proceeds = {"amount": 19.5, "to_members": False, "uses": [{"use": "IU3", "amount_wan_yuan": 19.5}]}
    walk("village", "use_proceeds", "2026-05-20", **proceeds)
    assert walk.violations == ()
    walk.refused("village", "settle", "2026-06-01", "wrong_stage", amount=1.0, period="2026")
    events = records.events_of(walk.store, walk.asset_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["chain"] for event in events if event["event_type"] in {"民主决策", "评估", "产权变更"}} == {"collective"}


def test_a_public_asset_goes_its_own_way(store, people):
    put(store, "projects", project_row(end_date=day("2023-12-01")))
    parts = {"owner_level": "村集体", "owner": "甲村", "maintainer": "王五", "maintenance_fund": 1.5, "document": "1号"}
    made = forming.form(store, people["township"], "P1", expected_ver=1, today=day("2023-12-10"), overrides=parts)
    walk = Walker(store, people, made.asset_ids[0])
    walk.refused("village", "members_decide", "2024-05-01", "wrong_stage", document="a", **DISPOSAL)
    working = walk.refused("village", "dispose_apply", "2024-05-01", "working", **DISPOSAL)
    assert working[0].source == "A2.4-17 湘振局联〔2021〕5号"
    walk("village", "dispose_apply", "2024-05-01", opinion="并网后重复供水", **DISPOSAL)
    walk.refused("leading_group", "dispose_approve", "2024-05-02", "wrong_stage", approver="县长", document="批")
    walk("township", "dispose_review", "2024-05-03", opinion="补充方案", result="退回")
    walk("village", "dispose_apply", "2024-05-05", opinion="并网后重复供水", **DISPOSAL)
    walk("township", "dispose_review", "2024-05-08", opinion="同意")
    walk("leading_group", "dispose_approve", "2024-05-20", approver="县长", document="批复")
    walk("sector", "valuate", "2024-05-25", value_after=3.0, valuer="评估公司", document="报告")
    walk("sector", "write_off", "2024-06-01", document="核销")
    walk("township", "use_proceeds", "2024-06-10", amount=0, uses=[], to_members=False)
    found = records.asset(store, people["local"], walk.asset_id, TODAY)
    assert found.standing.disposed
    assert found.standing.step("disposal") == ""


def test_a_small_asset_inside_the_village(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30"), status="损毁"))
    walk = Walker(store, people, "Z1")
    walk("village", "small_decide", "2024-05-01", document="会议记录", **DISPOSAL)
    walk("village", "small_notice", "2024-05-02", place="公开栏")
    walk.refused("township", "small_register", "2024-05-11", "too_early", document="登记")
    walk("township", "small_register", "2024-05-12", document="登记")
    walk("revitalisation", "small_file", "2024-05-15", document="备案")
    assert records.asset(store, people["local"], "Z1", TODAY).standing.disposal_chain == "small"


def test_income_of_a_county_asset_is_approved_by_the_county_government(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30"), owner_level="县", owner="县国资中心"))
    walk = Walker(store, people, "Z1")
    walk("sector", "settle", "2024-12-01", amount=10.0, period="2024")
    uses = [{"use": "IU3", "amount_wan_yuan": 10.0}]
    walk.refused("village", "distribute", "2024-12-02", "wrong_stage", uses=uses, plan="a")
    walk("sector", "owner_distribute", "2024-12-02", uses=uses, plan="方案")
    walk("revitalisation", "department_review", "2024-12-03", opinion="同意")
    with pytest.raises(ForbiddenError, match="County leading group"):
        walk("revitalisation", "government_approve", "2024-12-04", approver="县长", document="批")
    walk("leading_group", "government_approve", "2024-12-04", approver="县长", document="批")


FORBIDDEN = [
    ({"uses": [{"use": "IP1", "amount_wan_yuan": 1.0}]}, "forbidden_use", "A2.4-16 湘扶办联〔2021〕2号"),
    ({"uses": [{"use": "IP3", "amount_wan_yuan": 1.0}]}, "forbidden_use", "A2.4-16 湘扶办联〔2021〕2号"),
    ({"uses": [{"use": "IU1", "amount_wan_yuan": 1.0}], "equal_handout": True}, "forbidden_use", "A2.4-16 国办函〔2021〕51号"),
    ({"uses": [{"use": "IU1", "amount_wan_yuan": 6.02}]}, "sum_differs", "A2.4-14 湘振局联〔2021〕5号"),
    ({"uses": [{"use": "IU9", "amount_wan_yuan": 1.0}]}, "unknown_use", "A2.4-14 湘振局联〔2021〕5号"),
]


@pytest.mark.parametrize(("values", "code", "source"), FORBIDDEN)
def test_what_income_may_not_be_used_for_is_refused_with_its_source(store, people, values, code, source):
    put(store, "assets", asset_row(registered_on=day("2021-11-30")))
    walk = Walker(store, people, "Z1")
    walk("village", "settle", "2024-12-01", amount=6.0, period="2024")
    faults = walk.refused("village", "distribute", "2024-12-02", code, plan="a", **values)
    assert faults[0].source == source


def test_proceeds_are_not_given_to_members_and_add_up(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30"), status="闲置"))
    walk = Walker(store, people, "Z1")
    walk("village", "members_decide", "2026-04-01", document="会议记录", **DISPOSAL)
    walk("township", "collective_review", "2026-04-05", opinion="同意")
    walk("sector", "collective_file", "2026-04-10", document="备案")
    walk.refused("revitalisation", "write_off", "2026-04-11", "wrong_stage", document="核销")
    walk("township", "valuate", "2026-04-20", value_after=18.0, valuer="公司", document="报告")
    walk("revitalisation", "write_off", "2026-05-01", document="核销", amount=10.0)
    uses = [{"use": "IU1", "amount_wan_yuan": 9.0}]
    faults = walk.refused(
        "village", "use_proceeds", "2026-05-02", "forbidden_use", "sum_differs", amount=10.0, to_members=True, uses=uses
    )
    assert faults[0].source == "A2.4-20 湘扶办联〔2021〕2号"
    walk.refused("village", "use_proceeds", "2026-05-02", "sum_differs", amount=9.0, to_members=False, uses=uses)


def test_wrong_role_wrong_area_wrong_version_wrong_values(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30")))
    walk = Walker(store, people, "Z1")
    with pytest.raises(ForbiddenError, match="Plan of the confirmation is for: Rural revitalisation"):
        walk("village", "rights_plan", "2024-01-01", document="a")
    with pytest.raises(NotFoundError):
        walk("other_village", "settle", "2024-01-01", amount=1, period="2023")
    with pytest.raises(ForbiddenError):
        walk("viewer", "settle", "2024-01-01", amount=1, period="2023")
    with pytest.raises(BadRequestError, match="takes no mode"):
        walk("village", "settle", "2024-01-01", amount=1, period="2023", mode="租赁")
    with pytest.raises(BadRequestError, match="no step 'sell'"):
        walk("village", "sell", "2024-01-01")
    with pytest.raises(BadRequestError, match="cannot be used"):
        walk("village", "settle", "2024-01-01", amount="many", period="2023")
    with pytest.raises((NotFoundError, MissingError)):
        acting.act(store, people["village"], "nothing", "settle", {}, expected_ver=1, today=TODAY)
    with pytest.raises(PreconditionRequiredError):
        acting.act(store, people["village"], "Z1", "settle", {}, expected_ver=None, today=TODAY)
    with pytest.raises(StaleVersionError):
        acting.act(store, people["village"], "Z1", "settle", {"amount": 1, "period": "a"}, expected_ver=9, today=TODAY)
    walk.refused("village", "settle", "2024-01-01", "field_missing", amount=1)
    assert not store.read("asset_events", where=(Condition("asset_id", "=", "Z1"),)).shape[0]


def test_days_are_those_of_the_office(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30")))
    for on, code in (("2026-11-23", "future_date"), ("2020-05-31", "date_order")):
        with pytest.raises(rights.LedgerFaultsError) as caught:
            acting.act(
                store,
                people["village"],
                "Z1",
                "settle",
                {"amount": 1, "period": "a", "start_date": day(on)},
                expected_ver=1,
                today=TODAY,
            )
        assert [item.code for item in caught.value.faults] == [code]


def test_the_offers_name_what_stands_next_and_from_when(walker):
    confirm_rights(walker)
    offers = {
        item.offer.move.name: item
        for item in acting.offers(walker.store, walker.people["revitalisation"], walker.asset_id, day("2024-01-16"))
    }
    assert not offers["certify"].offer.possible
    assert offers["certify"].offer.earliest == day("2024-01-25")
    assert offers["certify"].mine
    assert "rights_plan" not in offers
    assert "dispose_apply" not in offers


def ledger_step(store, people, role, number, move, on, **values):
    found = building.ledger(store, people["local"], number, day(on))
    return building.step(
        store, people[role], number, move, values | {"start_date": day(on)}, expected_ver=found.ver, today=day(on)
    )


def test_the_course_of_ledgers_and_their_copies(store, people):
    put(
        store,
        "assets",
        asset_row(registered_on=day("2021-11-30")),
        asset_row(
            asset_id="Z2",
            asset_class="HHD",
            sub_class="HHD1",
            owner_level="户",
            owner="张三丰",
            benefit_months=24,
            original_value=1.5,
            registered_on=day("2021-11-30"),
        ),
    )
    village = building.build(store, people["village"], "LV1", VILLAGE, 2026, day("2026-03-01"))
    township = building.build(store, people["township"], "LV2", TOWN, 2026, day("2026-03-01"))
    county = building.build(store, people["revitalisation"], "LV4", COUNTY, 2026, day("2026-03-01"))
    row = building.ledger(store, people["local"], village, TODAY).row
    assert (row["count"], row["value"], row["value_unknown"]) == (2, 81.5, 0)
    same = comparing.compare(store, people["revitalisation"], VILLAGE, 2026)
    assert same.same
    assert len(set(same.checksums.values())) == 1
    assert "张三丰" not in str(store.read("ledger_entries").to_dict())

    ledger_step(store, people, "village", village, "publish", "2026-03-08", place="公开栏")
    with pytest.raises(rights.LedgerFaultsError, match="2026-03-18 at the earliest"):
        ledger_step(store, people, "sector", village, "confirm", "2026-03-17", document="确认")
    ledger_step(store, people, "sector", village, "confirm", "2026-03-18", document="确认")
    assert building.ledger(store, people["local"], village, TODAY).violations == ()
    ledger_step(store, people, "township", township, "publish", "2026-03-09", place="公开栏")
    assert [item.code for item in building.ledger(store, people["local"], township, TODAY).violations] == ["publication_days"]
    with pytest.raises(ForbiddenError):
        ledger_step(store, people, "sector", county, "merge", "2026-03-20")
    ledger_step(store, people, "revitalisation", county, "merge", "2026-03-20")
    ledger_step(store, people, "leading_group", county, "approve", "2026-03-25", approver="县长", document="批复")
    ledger_step(store, people, "revitalisation", county, "open", "2026-03-26", url="https://portal.example/3")
    ledger_step(store, people, "revitalisation", county, "republish", "2026-11-01", url="https://portal.example/4")

    walk = Walker(store, people, "Z1")
    walk("township", "change", "2026-05-01", reason="重估", document="报告", value_after=66.0)
    building.build(store, people["village"], "LV1", VILLAGE, 2026, day("2026-05-02"))
    assert building.ledger(store, people["local"], village, TODAY).row["state"] == "replaced"
    differing = comparing.compare(store, people["revitalisation"], VILLAGE, 2026)
    assert [(item.asset_id, item.field, dict(item.said)) for item in differing.differences] == [
        ("Z1", "current_value", {"LV1": 66.0, "LV2": 70.0, "LV4": 70.0})
    ]
    rows = [{"asset_id": "Z1", "name": "甲村扶贫车间", "original_value": 80.0}]
    file = comparing.compare(store, people["revitalisation"], VILLAGE, 2026, uploaded=("LV1", rows))
    assert {(item.asset_id, item.field) for item in file.differences if "file" in item.said} == {("Z2", "*")}


def test_who_builds_what(store, people):
    put(store, "assets", asset_row(registered_on=day("2021-11-30")))
    with pytest.raises(ForbiddenError):
        building.build(store, people["viewer"], "LV1", VILLAGE, 2026, TODAY)
    with pytest.raises(NotFoundError):
        building.build(store, people["other_village"], "LV1", VILLAGE, 2026, TODAY)
    with pytest.raises(BadRequestError, match="county:sector"):
        building.build(store, people["sector"], "LV3", COUNTY, 2026, TODAY)
    with pytest.raises(BadRequestError, match="no area of the level of this ledger"):
        building.build(store, people["revitalisation"], "LV2", COUNTY, 2026, TODAY)
    number = building.build(store, people["sector"], "LV3", f"{COUNTY}:other", 2026, TODAY)
    assert building.ledger(store, people["local"], number, TODAY).row["count"] == 1
    with pytest.raises(BadRequestError, match="built today already"):
        building.build(store, people["sector"], "LV3", f"{COUNTY}:other", 2026, TODAY)
