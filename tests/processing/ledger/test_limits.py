"""Every limit of the ledger on its last good day, at its last good amount, and just beyond."""

import datetime as dt
from decimal import Decimal

import pytest

from processing.ledger import publishing
from processing.ledger.checking import check
from processing.ledger.partitions import Part, Partitions, partitions
from processing.ledger.rules import rules_for

DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 3, 1)
TODAY = dt.date(2026, 11, 22)
RULES = rules_for((), FIRST)
ASSET = {
    "asset_id": "Z1",
    "asset_class": "OPR",
    "sub_class": "OPR7",
    "owner_level": "村集体",
    "owner": "甲村",
    "status": "正常",
    "original_value": 10.0,
    "current_value": 10.0,
    "registered_on": dt.date(2022, 1, 1),
}
FREE = ASSET | {"registered_on": None, "status": None}


def events(*rows):
    return [{"event_id": f"e{seq}", "seq": seq, "move": row[0], "start_date": row[1]} | row[2] for seq, row in enumerate(rows, 1)]


def codes(move, values, rows=(), asset=ASSET, today=TODAY):
    return {item.code for item in check(move, asset, events(*rows), values, RULES, today=today)}


NOTICE = ("inventory_village", FIRST, {"place": "公开栏"})
SECOND = ("inventory_township", FIRST, {"place": "公开栏"})


def test_a_notice_of_ten_days_hangs_ten_whole_days():
    days = RULES.days("inventory_notice_days")

    def confirmed(on, **more):
        rows = (NOTICE, (SECOND[0], SECOND[1], SECOND[2] | more))
        return codes("inventory_confirm", {"start_date": on, "document": "文件"}, rows, FREE)

    assert confirmed(FIRST + (days - 1) * DAY) == {"too_early"}
    assert confirmed(FIRST + days * DAY) == set()
    assert confirmed(FIRST + days * DAY, end_date=FIRST + (days + 1) * DAY) == {"too_early"}
    assert confirmed(FIRST + (days + 1) * DAY, end_date=FIRST + (days + 1) * DAY) == set()


def test_a_notice_may_end_on_its_earliest_day_and_not_before():
    days = RULES.days("inventory_notice_days")

    def hung(until):
        return codes("inventory_village", {"start_date": FIRST, "place": "公开栏", "end_date": until}, (), FREE)

    assert hung(FIRST + (days - 1) * DAY) == {"notice_short"}
    assert hung(FIRST + days * DAY) == set()


@pytest.mark.parametrize(("about", "stopped"), [(None, True), ("e2", True), ("e1", False)])
def test_an_objection_to_the_notice_that_hangs_stops_the_next_step(about, stopped):
    rows = [NOTICE, SECOND, ("objection", FIRST + DAY, {"opinion": "有异议", "answers": about})]
    values = {"start_date": FIRST + 10 * DAY, "document": "文件"}
    assert ("objection_open" in codes("inventory_confirm", values, rows, FREE)) is stopped
    answered = [*rows, ("answer", FIRST + 2 * DAY, {"answers": "e3", "opinion": "答复"})]
    assert codes("inventory_confirm", values, answered, FREE) == set()


@pytest.mark.parametrize(("months", "found"), [(12, {"household_term"}), (13, set()), (None, {"household_term"})])
def test_what_benefits_a_household_for_a_year_or_less_is_no_asset_of_the_ledger(months, found):
    own = FREE | {"asset_class": "HHD", "sub_class": "HHD1", "owner_level": "户", "benefit_months": months}
    assert codes("take_over", {"start_date": FIRST, "document": "旧册"}, (), own) == found


def uses(*amounts):
    return [{"use": "IU1", "amount_wan_yuan": amount} for amount in amounts]


SETTLED = ("settle", FIRST, {"amount": 2.0, "period": "2025"})


@pytest.mark.parametrize(("given", "found"), [((1.5, 0.5), set()), ((2.009,), set()), ((2.01,), {"sum_differs"})])
def test_income_is_given_away_to_the_last_cent_and_no_further(given, found):
    values = {"start_date": FIRST + DAY, "uses": uses(*given), "plan": "方案"}
    assert codes("distribute", values, [SETTLED]) == found


def test_income_is_given_away_once():
    rows = [SETTLED, ("distribute", FIRST, {"uses": uses(1.5), "plan": "方案"})]
    ends = [
        ("distribution_review", FIRST, {"result": "通过", "opinion": "同意"}),
        ("distribution_file", FIRST, {"document": "备案"}),
        ("distribution_publish", FIRST, {"place": "公开栏"}),
    ]
    values = {"start_date": FIRST + DAY}
    assert codes("use_income", values | {"uses": uses(1.5)}, [*rows, *ends]) == set()
    assert codes("use_income", values | {"uses": uses(1.51)}, [*rows, *ends]) == {"sum_differs"}
    used = [*rows, *ends, ("use_income", FIRST, {"uses": uses(1.5)})]
    assert codes("distribute", values | {"uses": uses(0.5), "plan": "方案"}, used) == set()
    assert codes("distribute", values | {"uses": uses(0.51), "plan": "方案"}, used) == {"sum_differs"}
    back = [*rows, ("distribution_review", FIRST, {"result": "退回", "reason": "缺决议"})]
    assert codes("distribute", values | {"uses": uses(2.0), "plan": "方案"}, back) == set()


GONE = [
    ("dispose_apply", FIRST, {}),
    ("dispose_review", FIRST, {"result": "通过"}),
    ("dispose_approve", FIRST, {"result": "通过"}),
    ("valuate", FIRST, {"value_after": 3.0}),
    ("write_off", FIRST, {"amount": 3.0}),
]


@pytest.mark.parametrize(
    ("amount", "spent", "found"),
    [(3.0, 3.0, set()), (3.009, 3.0, set()), (3.01, 3.01, {"sum_differs"}), (3.0, 2.99, {"sum_differs"}), (3.0, 2.995, set())],
)
def test_proceeds_are_what_the_disposal_brought_and_all_of_them_have_a_use(amount, spent, found):
    values = {"start_date": FIRST + DAY, "amount": amount, "uses": uses(spent), "to_members": False}
    gone = ASSET | {"asset_class": "PUB", "sub_class": "PUB01", "status": "已处置"}
    assert codes("use_proceeds", values, GONE, gone) == found
    assert codes("upkeep", {"maintainer": "王", "maintenance_fund": 1}, GONE, gone) == {"wrong_stage"}


@pytest.mark.parametrize(("end", "plan", "found"), [("2026-01-01", True, set()), ("2025-12-31", True, {"date_order"})])
def test_a_term_may_end_on_the_day_it_begins(end, plan, found):
    values = {
        "operator": "甲",
        "mode": "租赁",
        "term_start": "2026-01-01",
        "term_end": end,
        "plan_exists": plan,
        "risk_note": "无",
    }
    assert codes("operate", values) == found


@pytest.mark.parametrize(("plan", "found"), [(True, set()), (False, {"field_missing"}), (None, {"field_missing"})])
def test_an_operation_without_a_plan_is_refused(plan, found):
    values = {"operator": "甲", "mode": "租赁", "term_start": "2026-01-01", "term_end": "2027-01-01", "risk_note": "无"}
    assert codes("operate", values | ({} if plan is None else {"plan_exists": plan})) == found


LEDGER = {"ledger_id": "L1", "level": "LV1", "state": "published", "built_on": FIRST, "published_on": FIRST + 7 * DAY}


def violations(today=TODAY, **more):
    return {item.code for item in publishing.violations(LEDGER | more, RULES, today)}


def test_a_ledger_is_published_within_seven_days():
    assert RULES.days("publication_days") == 7
    assert violations() == set()
    assert violations(published_on=FIRST + 8 * DAY) == {"publication_days"}
    assert violations(today=FIRST + 7 * DAY, published_on=None) == set()
    assert violations(today=FIRST + 8 * DAY, published_on=None) == {"publication_days"}


def test_a_ledger_hangs_for_at_least_ten_days():
    begun = LEDGER["published_on"]
    assert violations(published_until=begun + 10 * DAY) == set()
    assert violations(published_until=begun + 9 * DAY) == {"notice_days"}

    def confirmed(on, **more):
        values = {"start_date": on, "document": "确认表"}
        return {item.code for item in publishing.check("confirm", LEDGER | more, values, RULES, today=TODAY)}

    assert confirmed(begun + 9 * DAY) == {"too_early"}
    assert confirmed(begun + 10 * DAY) == set()
    assert confirmed(begun + 10 * DAY, published_until=begun + 12 * DAY) == {"too_early"}
    assert confirmed(begun + 12 * DAY, published_until=begun + 12 * DAY) == set()


def test_a_county_ledger_is_opened_every_year():
    county = {"level": "LV4", "state": "open", "published_on": None}
    assert violations(**county, opened_on=dt.date(2025, 1, 1)) == set()
    assert violations(**county, opened_on=dt.date(2024, 12, 31)) == {"publications_per_year"}


def test_partitions_are_equal_only_where_both_are():
    one, two = Part(1, Decimal(1), 0), Part(2, Decimal(2), 0)
    assert Partitions({"PUB": one, "OPR": one}, {"县": two}, two).equal
    assert not Partitions({"PUB": one, "OPR": one}, {"县": one}, two).equal
    assert not Partitions({"PUB": one}, {"县": two}, two).equal


def test_a_disposed_asset_is_counted_only_where_it_is_asked_for():
    rows = [ASSET, ASSET | {"status": "已处置"}]
    assert partitions(rows).total.count == 1
    assert partitions(rows, disposed=True).total == Part(2, Decimal(20), 0)
