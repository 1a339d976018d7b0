"""Settlements of a year, amounts below nothing, steps before the entry in the ledger, and assets without a class."""

import datetime as dt

import pytest

from processing.ledger import checking, effects
from processing.ledger.moves import MOVES
from processing.ledger.replaying import replay
from processing.ledger.rules import rules_for
from processing.ledger.standing import of

ENTERED = dt.date(2025, 3, 1)
TODAY = dt.date(2026, 12, 31)
RULES = rules_for((), TODAY)


def asset_row(**given):
    return {
        "asset_id": "Z1",
        "asset_class": "OPR",
        "sub_class": "OPR7",
        "owner_level": "村集体",
        "status": "闲置",
        "formed_date": dt.date(2024, 6, 1),
        "registered_on": ENTERED,
    } | given


def faults(asset, events, move, on, **values):
    return checking.check(move, asset, events, values | {"start_date": dt.date.fromisoformat(on)}, RULES, today=TODAY)


def take(asset, events, move, on, **values):
    """Take a step that nothing stands against, as the store would."""
    assert faults(asset, events, move, on, **values) == []
    day = dt.date.fromisoformat(on)
    changed = effects.changes(MOVES[move], asset, values, day, events)
    event = values | {"event_id": f"Z1-{len(events)}", "seq": len(events) + 1, "move": move, "start_date": day}
    events.append(event | {"changes": effects.recorded(asset, changed)})
    asset.update(changed)


def test_the_income_of_a_year_is_the_sum_of_its_settlements_and_an_earlier_year_changes_nothing():
    asset, events = asset_row(), []
    take(asset, events, "settle", "2026-07-01", amount=10.0, period="2026上半年")
    take(asset, events, "settle", "2026-12-20", amount=4.0, period="2026下半年")
    booked = (14.0, dt.date(2026, 12, 20))
    assert (asset["annual_income"], asset["settled_date"]) == booked
    take(asset, events, "settle", "2025-12-20", amount=1.0, period="2025年度")
    assert (asset["annual_income"], asset["settled_date"]) == booked
    assert events[-1]["changes"] == []
    assert replay(asset, events, RULES).violations == ()
    assert of(asset, events).settled == 15


def test_the_cents_of_a_year_are_added_up_exactly():
    asset, events = asset_row(), []
    for month in range(1, 11):
        take(asset, events, "settle", f"2026-{month:02d}-20", amount=0.1, period=f"2026年{month}月")
    assert asset["annual_income"] == 1.0


def test_what_an_older_register_says_of_a_later_day_stays():
    asset, events = asset_row(annual_income=5.0, settled_date=dt.date(2026, 3, 1)), []
    take(asset, events, "settle", "2025-12-20", amount=1.0, period="2025")
    assert (asset["annual_income"], asset["settled_date"]) == (5.0, dt.date(2026, 3, 1))
    take(asset, events, "settle", "2026-12-20", amount=2.0, period="2026")
    assert (asset["annual_income"], asset["settled_date"]) == (2.0, dt.date(2026, 12, 20))


@pytest.mark.parametrize(
    ("first", "again", "on"),
    [
        ("2026下半年", "2026下半年", "2026-12-21"),
        ("2026下半年", " 2026年下半年", "2026-12-21"),
        ("2026", "2026年度", "2026-12-21"),
        ("上半年", "上半年", "2026-12-21"),
    ],
)
def test_a_period_is_settled_once(first, again, on):
    asset, events = asset_row(), []
    take(asset, events, "settle", "2026-12-20", amount=4.0, period=first)
    (found,) = faults(asset, events, "settle", on, amount=4.0, period=again)
    assert (found.code, found.field, found.source) == ("settled_twice", "period", RULES.source("settlements_per_year"))
    assert first in found.expected_zh
    assert "2026-12-20" in found.expected_zh
    assert "2026-12-20" in found.expected_en


def test_the_same_half_of_another_year_is_another_period():
    asset, events = asset_row(), []
    take(asset, events, "settle", "2025-07-01", amount=4.0, period="上半年")
    take(asset, events, "settle", "2026-07-01", amount=5.0, period="上半年")
    assert asset["annual_income"] == 5.0


def disposed_until_valued():
    asset, events = asset_row(), []
    said = {"cause": "DC3", "disposal_mode": "D6", "plan": "拍卖", "reason": "停产", "document": "决议"}
    take(asset, events, "members_decide", "2026-04-01", **said)
    take(asset, events, "collective_review", "2026-04-05", opinion="同意")
    take(asset, events, "collective_file", "2026-04-10", document="备案")
    take(asset, events, "valuate", "2026-04-20", value_after=3.0, valuer="公司", document="报告")
    return asset, events


def test_no_amount_is_below_nothing():
    asset, events = disposed_until_valued()
    for move, values in (("write_off", {"document": "核销"}), ("settle", {"period": "2026"})):
        (found,) = faults(asset, events, move, "2026-05-01", amount=-3, **values)
        assert (found.code, found.field, found.value) == ("bad_amount", "amount", "-3")
        assert faults(asset, events, move, "2026-05-01", amount=0, **values) == []


def test_a_disposal_that_brought_nothing_leaves_nothing_to_be_used():
    asset, events = disposed_until_valued()
    take(asset, events, "write_off", "2026-05-01", amount=0, document="核销")
    assert of(asset, events).step("disposal") == ""
    assert replay(asset, events, RULES, today=TODAY).violations == ()
    asset, events = disposed_until_valued()
    take(asset, events, "write_off", "2026-05-01", amount=3, document="核销")
    assert {item.code for item in replay(asset, events, RULES, today=TODAY).violations} == {"proceeds"}


def test_nothing_happens_with_an_asset_before_it_is_entered_in_the_ledger():
    said = {"cause": "DC3", "disposal_mode": "D6", "plan": "拍卖", "reason": "停产", "document": "决议"}
    (found,) = faults(asset_row(), [], "members_decide", "2025-02-28", **said)
    assert (found.code, found.field, found.value, found.earliest) == ("date_order", "start_date", "2025-02-28", ENTERED)
    assert "登记入账日 2025-03-01" in found.expected_zh
    assert faults(asset_row(), [], "members_decide", "2025-03-01", **said) == []
    assert faults(asset_row(registered_on=None), [], "take_over", "2024-07-01", document="旧册") == []
    (early,) = faults(asset_row(registered_on=None), [], "take_over", "2024-05-31", document="旧册")
    assert "形成日期 2024-06-01" in early.expected_zh


def test_an_asset_without_a_class_is_told_to_name_it():
    given = {"owner_level": "村集体", "owner": "甲村", "document": "1号"}
    (found,) = faults(asset_row(asset_class=None, registered_on=None), [], "hand_over", "2026-01-01", **given)
    assert (found.code, found.field, found.value) == ("field_missing", "asset_class", "")
    assert "公益性资产（PUB）" in found.expected_zh
    (other,) = faults(asset_row(), [], "upkeep", "2026-01-01", maintainer="甲村", maintenance_fund=1)
    assert (other.code, other.field, other.value) == ("wrong_stage", "asset_class", "OPR")
    assert "不适用" in other.fix_zh
