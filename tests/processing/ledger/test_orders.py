"""Random orders of steps: no state that can be reached breaks a rule, and the partitions are equal after every step."""

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from processing.ledger import checking, effects, standing
from processing.ledger.clock import of_assets
from processing.ledger.moves import MOVES
from processing.ledger.partitions import partitions
from processing.ledger.replaying import replay
from processing.ledger.rules import rules_for

START = dt.date(2022, 1, 1)
RULES = rules_for((), START)
VALUES = {
    "place": "公开栏",
    "document": "文件",
    "url": "https://portal.example/1",
    "owner_level": "村集体",
    "owner": "甲村",
    "use_right_holder": "甲村",
    "operating_right_holder": "甲公司",
    "income_right_holder": "甲村",
    "disposal_right_holder": "甲村",
    "supervision_right_holder": "甲乡",
    "maintainer": "王五",
    "maintenance_fund": 1.5,
    "operator": "甲公司",
    "mode": "租赁",
    "term_start": "2022-01-01",
    "term_end": "2030-01-01",
    "plan_exists": True,
    "risk_note": "押金",
    "opinion": "同意",
    "reason": "理由",
    "certificate_no": "证1",
    "plan": "方案",
    "cause": "DC1",
    "disposal_mode": "D5",
    "valuer": "公司",
    "approver": "县长",
    "revival_mode": "RV1",
    "period": "2022",
    "to_members": False,
}
CLASSES = {"OPR": "OPR7", "PUB": "PUB01", "HHD": "HHD1"}


def asset_of(number, kind, level):
    return {
        "asset_id": f"Z{number}",
        "name": "资产",
        "asset_class": kind,
        "sub_class": CLASSES[kind],
        "owner_level": level,
        "original_value": 10.0 + number / 3,
        "current_value": 10.0,
        "benefit_months": 24,
        "status": None,
        "formed_date": START,
    }


def values_of(draw, name, state):
    """Draw what is given with a step: mostly good, sometimes forbidden, too much or lacking."""
    step = MOVES[name]
    found = {field: VALUES[field] for field in (*step.needs, *step.takes) if field in VALUES}
    amount = draw(st.sampled_from(["0.1", "2", "7.5"]))
    use = draw(st.sampled_from(["IU1", "IU6", "IP2"]))
    found |= {"amount": float(amount)} if "amount" in (*step.needs, *step.takes) else {}
    found |= {"period": draw(st.sampled_from(["2022", "2023", "上半年", "下半年"]))} if "period" in step.needs else {}
    found |= {"uses": [{"use": use, "amount_wan_yuan": float(amount)}]} if "uses" in step.needs else {}
    found |= {"status": draw(st.sampled_from(["闲置", "亏损", "正常"]))} if "status" in step.needs else {}
    found |= {"value_after": draw(st.sampled_from([0.0, 3.0, -1.0]))} if "value_after" in (*step.needs, *step.takes) else {}
    found |= {"answers": next(iter(state.objections), None)} if name == "answer" else {}
    if step.judges and draw(st.booleans()):
        found |= {"result": "退回", "reason": "补充"}
    if found and draw(st.integers(0, 9)) == 0:
        found.pop(draw(st.sampled_from(sorted(found))))
    return found


@settings(max_examples=60)
@given(st.data())
def test_no_reachable_state_breaks_a_rule(data):
    kinds = data.draw(
        st.lists(st.tuples(st.sampled_from(sorted(CLASSES)), st.sampled_from(["村集体", "县", "户"])), min_size=2, max_size=3)
    )
    assets = [asset_of(number, *kind) for number, kind in enumerate(kinds)]
    histories = [[] for _ in assets]
    day = START
    for _ in range(data.draw(st.integers(5, 40))):
        place = data.draw(st.integers(0, len(assets) - 1))
        asset, events = assets[place], histories[place]
        state = standing.of(asset, events)
        offers = [offer.move.name for offer in checking.allowed(asset, events, RULES, today=day)]
        names = offers if offers and data.draw(st.integers(0, 4)) else sorted(MOVES)
        name = data.draw(st.sampled_from(names))
        values = values_of(data.draw, name, state) | {"start_date": day}
        faults = checking.check(name, asset, events, values, RULES, today=day)
        if faults:
            day += dt.timedelta(days=data.draw(st.sampled_from([0, 1, 5, 10])))
            continue
        changed = effects.changes(MOVES[name], asset, values, day, events)
        event = values | {
            "event_id": f"{asset['asset_id']}-{len(events)}",
            "seq": len(events) + 1,
            "move": name,
            "event_type": MOVES[name].event,
        }
        event["changes"] = effects.recorded(asset, changed)
        if name == "objection":
            noticed = [last for last in state.last.values() if last["move"] in checking.NOTICED]
            event["answers"] = noticed[-1]["event_id"]
        events.append(event)
        asset.update(changed)
        told = replay(asset, events, RULES)
        assert told.violations == (), (name, told.violations)
        parts = partitions(assets)
        assert parts.equal
        assert parts.total.value == sum(
            (Decimal(str(one["original_value"])) for one in assets if one["status"] != "已处置"), Decimal(0)
        )
        after = standing.of(asset, events)
        assert after.balance > -standing.TOLERANCE
        assert (asset.get("annual_income"), asset.get("settled_date")) == (
            None if after.annual_income is None else float(after.annual_income),
            after.last_settled,
        )
        assert not (after.disposed and asset["status"] != "已处置")
        day += dt.timedelta(days=data.draw(st.sampled_from([0, 1, 5, 10])))
    dues = of_assets(
        assets,
        [event | {"asset_id": asset["asset_id"]} for asset, events in zip(assets, histories, strict=True) for event in events],
        lambda _: RULES,
        day,
    )
    assert len({item.uid for item in dues}) == len(dues)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["OPR", "PUB", "HHD", None]),
            st.sampled_from(["村集体", "户", None]),
            st.one_of(st.none(), st.decimals(0, 100000, places=4)),
        ),
        max_size=40,
    )
)
def test_both_partitions_are_the_whole_to_the_last_digit(rows):
    assets = [{"asset_class": kind, "owner_level": level, "original_value": value} for kind, level, value in rows]
    found = partitions(assets)
    assert found.equal
    assert found.total.count == len(assets)
    assert found.total.value == sum((value for *_, value in rows if value is not None), Decimal(0))
    assert found.total.unknown_values == sum(value is None for *_, value in rows)


def test_the_owner_of_a_households_asset_changes_though_the_event_names_nobody():
    asset = asset_of(0, "HHD", "村集体") | {"owner": "李四", "registered_on": START, "status": "正常"}
    changed = effects.changes(MOVES["transfer"], asset, {"owner": "王五"}, START)
    event = {"event_id": "1", "seq": 1, "move": "transfer", "event_type": MOVES["transfer"].event, "start_date": START}
    event |= {"document": "文件", "owner_level": "村集体", "owner": None, "changes": effects.recorded(asset, changed)}
    codes = {item.code for item in replay(asset | changed, [event], RULES).violations}
    assert "nothing_changes" not in codes
    assert "nothing_changes" in {item.code for item in replay(asset | changed, [event | {"changes": []}], RULES).violations}
