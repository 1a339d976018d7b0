"""Every limit of the library on its last good day, at its last good amount, and just beyond."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
import shapely

from processing.library import content, photographs, planning
from processing.library.checking import check
from processing.library.photographs import Photo, Works
from processing.library.planning import Entry
from processing.library.replaying import replay
from processing.library.rules import rules_for

DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 3, 1)
TODAY = dt.date(2026, 11, 22)
RULES = rules_for((), FIRST)
WHOLE = {
    "project_id": "P1",
    "name": "路",
    "category": "P3",
    "build_nature": "新建",
    "location_text": "三组",
    "village_codes": ["990101001200"],
    "start_date": dt.date(2027, 3, 1),
    "end_date": dt.date(2027, 9, 1),
    "responsible_unit": "乡",
    "task": "硬化",
    "budget_total": 10.0,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 10.0}],
    "beneficiary_text": "群众",
    "performance_target": "目标",
    "participation": "参与",
    "interest_linkage": "联结",
    "scope": "到村到户",
    "sector": "water",
}


def event(seq, kind, level, start, **more):
    return {"event_id": f"e{seq}", "seq": seq, "event_type": kind, "level": level, "start_date": start} | more


def codes(found):
    return {item.code for item in found}


NOTICED = [event(1, "村申报", "村", FIRST - DAY), event(2, "村公示", "村", FIRST, place="公开栏")]


def sent_on(day, events=NOTICED):
    return codes(check("submit_to_township", WHOLE, events, {"start_date": day, "document": "文件"}, RULES, today=TODAY))


def test_a_notice_of_ten_days_hangs_ten_whole_days():
    assert RULES.notice_days("村") == 10
    assert sent_on(FIRST + 9 * DAY) == {"too_early"}
    assert sent_on(FIRST + 10 * DAY) == set()


def test_a_notice_that_says_it_hangs_longer_is_waited_for():
    longer = [NOTICED[0], NOTICED[1] | {"end_date": FIRST + 20 * DAY}]
    assert sent_on(FIRST + 19 * DAY, longer) == {"too_early"}
    assert sent_on(FIRST + 20 * DAY, longer) == set()


def test_a_notice_may_end_on_its_earliest_day_and_not_before():
    def hung(until):
        values = {"start_date": FIRST, "end_date": until, "place": "公开栏"}
        return codes(check("village_notice", WHOLE, NOTICED[:1], values, RULES, today=TODAY))

    assert hung(FIRST + 9 * DAY) == {"too_early"}
    assert hung(FIRST + 10 * DAY) == set()


def test_an_objection_stops_the_next_step_until_it_is_answered_and_may_be_answered_on_its_day():
    raised = event(3, "异议", "村", FIRST + 3 * DAY, opinion="有异议")
    assert sent_on(FIRST + 10 * DAY, [*NOTICED, raised]) == {"objection_open"}
    answer = {"answers": "e3", "opinion": "答复"}

    def answered(day):
        return codes(check("answer_objection", WHOLE, [*NOTICED, raised], answer | {"start_date": day}, RULES, today=TODAY))

    assert "date_order" in answered(FIRST + 2 * DAY)
    assert answered(FIRST + 3 * DAY) == set()
    said = event(4, "异议答复", "村", FIRST + 4 * DAY, **answer)
    assert sent_on(FIRST + 10 * DAY, [*NOTICED, raised, said]) == set()


UNDER_WAY = [
    event(1, "登记接收", "县", FIRST, stage_after="implementing", document="旧册"),
    event(2, "支出", "县", FIRST + DAY, amount=8.0, fund_source="S11", document="凭证"),
]


@pytest.mark.parametrize(("amount", "found"), [(2.0, set()), (2.01, {"over_budget"}), (0, {"value_bad"})])
def test_spending_up_to_the_budget_is_silent_and_beyond_it_warned_of(amount, found):
    values = {"start_date": FIRST + 2 * DAY, "amount": amount, "fund_source": "S11", "document": "凭证"}
    faults = check("spend", WHOLE | {"status": "implementing"}, UNDER_WAY, values, RULES, today=TODAY)
    assert codes(faults) & {"over_budget", "value_bad"} == found
    assert not [item for item in faults if item.code == "over_budget" and item.blocks]


IN_LIBRARY = [event(1, "登记接收", "县", FIRST, stage_after="in_library", document="旧册")]


def planned(year, on, rank=1):
    values = {"start_date": on, "plan_year": year, "plan_rank": rank, "document": "计划"}
    return codes(check("into_plan", WHOLE | {"status": "in_library"}, IN_LIBRARY, values, RULES, today=on))


@pytest.mark.parametrize(
    ("year", "found"), [(2025, {"value_bad"}), (2026, False), (2031, False), (2032, {"value_bad"}), (2027.5, {"value_bad"})]
)
def test_a_plan_is_of_this_year_or_of_the_five_to_come(year, found):
    assert planned(year, TODAY) & {"value_bad"} == (found or set())


def test_the_last_day_of_a_plan_is_in_time():
    assert "late" not in planned(2027, dt.date(2026, 11, 30))
    assert "late" in planned(2027, dt.date(2026, 12, 1))


@pytest.mark.parametrize(("rank", "bad"), [(1, False), (0, True), (1.5, True)])
def test_ranks_are_whole_numbers_from_one(rank, bad):
    assert ("value_bad" in planned(2027, TODAY, rank)) is bad


@pytest.mark.parametrize(("amount", "differs"), [(10.0, False), (10.009, False), (10.01, True), (9.99, True), (9.991, False)])
def test_sources_add_up_to_the_last_cent_of_ten_thousand(amount, differs):
    found = content.faults(WHOLE | {"funding_sources": [{"code": "S11", "amount_wan_yuan": amount}]})
    assert ("sum_differs" in codes(found)) is differs


def test_works_may_begin_and_end_on_one_day():
    day = WHOLE["start_date"]
    assert content.faults(WHOLE | {"end_date": day}) == []
    assert codes(content.faults(WHOLE | {"end_date": day - DAY})) == {"date_order"}


def test_a_plan_compiled_on_its_last_day_is_in_time_and_overdue_the_day_after():
    due, row = dt.date(2026, 11, 30), {"plan_year": 2027, "money_limit": 9}

    def found(today, **more):
        return {item.code for item in planning.faults(row | more, [], today=today, due=due)} & {"late", "overdue"}

    assert found(due) == set()
    assert found(due + DAY) == {"overdue"}
    assert found(due + DAY, compiled_on=due) == set()
    assert found(due + DAY, compiled_on=due + DAY) == {"late"}


def test_a_plan_may_use_its_limit_and_a_source_to_the_last_yuan():
    entries = [Entry("a", Decimal(60), {"S11": Decimal(60)}), Entry("b", Decimal(40), {"S11": Decimal(40)})]
    assert [item.fits for item in planning.lines(entries, Decimal(100))] == [True, True]
    assert [item.fits for item in planning.lines(entries, Decimal("99.99"))] == [True, False]
    assert planning.sources(entries, {"S11": Decimal(100)})[0].over is None
    assert planning.sources(entries, {"S11": Decimal("99.99")})[0].over == Decimal("0.01")

    def over(limit):
        row = {"plan_year": 2027, "money_limit": limit}
        return [item.found for item in planning.faults(row, entries, today=FIRST, due=TODAY) if item.code == "over_limit"]

    assert over(100) == []
    assert over(99.99) == ["0.01"]


def spoken_against(stage="施工中", *, at=None, far=0.0, works=(), today=TODAY):
    photo = Photo("a", stage, dt.datetime.combine(at or FIRST, dt.time(12)), distance_m=far, has_place=True)
    return {item.code for item in photographs.contradictions(photo, Works("p", *works), today=today, tolerance_m=500)}


@pytest.mark.parametrize(("far", "found"), [(500.0, set()), (500.1, {"too_far"})])
def test_a_photograph_at_the_tolerance_is_near_enough(far, found):
    assert spoken_against(far=far) == found


def test_a_photograph_of_the_day_itself_speaks_against_nothing():
    assert spoken_against(at=TODAY) == set()
    assert spoken_against(at=TODAY + DAY) == {"in_future"}
    for stage in photographs.STAGES[:2]:
        assert spoken_against(stage, at=FIRST, works=(FIRST, None)) == set()
    assert spoken_against(photographs.STAGES[0], at=FIRST + DAY, works=(FIRST, None)) == {"after_start"}
    assert spoken_against(photographs.STAGES[1], at=FIRST - DAY, works=(FIRST, None)) == {"before_start"}


def test_pictures_count_as_alike_up_to_the_last_bit_of_the_limit():
    one = "f" * 16
    for bits in (photographs.ALIKE_BITS, photographs.ALIKE_BITS + 1):
        other = f"{int(one, 16) ^ ((1 << bits) - 1):016x}"
        assert photographs.differing_bits(one, other) == bits
        assert photographs.alike(one, other) is (bits == photographs.ALIKE_BITS)


def test_works_may_lie_as_far_from_their_place_as_the_tolerance_and_no_farther():
    place = '{"type":"Point","coordinates":[104.5,36.5]}'
    stated = event(1, "村申报", "村", FIRST, proposed=[{"field": "geometry", "new": place}])
    lying = WHOLE | {"geometry": shapely.Point(104.501, 36.5), "status": "in_library"}
    far = content.moved_m(place, lying["geometry"])

    def broken(tolerance):
        rules = dataclasses.replace(RULES, place_tolerance_m=tolerance)
        found = replay(lying, [stated, event(2, "县公示", "县", FIRST + DAY)], rules)
        return "place_moved" in {item.code for item in found.violations}

    assert far == pytest.approx(89.6, abs=0.1)
    assert not broken(far)
    assert broken(far - 0.001)
    assert not broken(RULES.place_tolerance_m)


def test_no_source_gives_less_than_nothing():
    sources = [{"code": "S11", "amount_wan_yuan": 12.0}, {"code": "S06", "amount_wan_yuan": -2.0}]
    (found,) = content.faults(WHOLE | {"funding_sources": sources})
    assert (found.code, found.field, found.value) == ("value_bad", "funding_sources", "S06 -2.0")
    assert content.faults(WHOLE) == []
