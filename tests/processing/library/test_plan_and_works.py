"""Plans, scores, spending, works and photographs: what is added up, and what speaks against it."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from processing.library import money, photographs, planning, priorities, spending, works
from processing.library.photographs import Photo, Works

TODAY = dt.date(2026, 11, 22)
LINE = LineString([(104, 36), (104.01, 36)])
AMOUNTS = st.one_of(st.none(), st.decimals(0, 10_000, places=2))


def at(text):
    return dt.datetime.fromisoformat(text)


def codes(photo, project=None, others=(), **more):
    return [item.code for item in photographs.contradictions(photo, project or Works("p"), others, today=TODAY, **more)]


@given(st.lists(AMOUNTS, max_size=12), st.one_of(st.none(), st.decimals(0, 20_000, places=2)))
@settings(max_examples=120)
def test_sums_only_grow_and_a_line_fits_only_when_all_before_it_fit(budgets, limit):
    entries = [planning.Entry(str(number), budget) for number, budget in enumerate(budgets)]
    found = planning.lines(entries, limit)
    sums = [item.cumulative for item in found]
    assert sums == sorted(sums)
    assert (sums[-1] if sums else 0) == sum((item for item in budgets if item is not None), Decimal(0))
    assert [item.unknown for item in found] == [sum(b is None for b in budgets[: n + 1]) for n in range(len(budgets))]
    fits = [item.fits for item in found]
    assert all(not (late is True and early is not True) for early, late in itertools.pairwise(fits))


@given(
    st.permutations([("a", None, 9.0), ("b", 2, 1.0), ("c", 1, 0.0), ("d", None, 9.0), ("e", 7, 3.0)]),
)
def test_ranks_by_hand_stand_first_whatever_the_order(rows):
    entries = [planning.Entry(key, rank=rank, score=score) for key, rank, score in rows]
    assert [item.project_id for item in planning.ordered(entries)] == ["c", "b", "e", "a", "d"]


def test_a_plan_on_its_last_day_is_in_time():
    row = {"plan_year": 2027, "compiled_on": dt.date(2026, 11, 30), "money_limit": 1, "published_on": TODAY, "url": "x"}
    due = planning.deadline(2027)
    assert planning.faults(row, [], today=TODAY, due=due) == []
    assert [item.code for item in planning.faults({}, [], today=due, due=due)] == []
    assert [item.code for item in planning.faults({}, [], today=due + dt.timedelta(1), due=due)] == ["overdue"]


@given(st.floats(0, 5000), st.floats(0, 1), st.booleans())
@settings(max_examples=60)
def test_a_score_lies_between_its_bounds_and_more_knowledge_narrows_them(persons, mark, emergency):
    few = priorities.score(priorities.Facts(emergency=emergency, persons=persons), priorities.load())
    more = priorities.score(priorities.Facts({"R1": mark}, emergency, 100.0, persons), priorities.load())
    assert 0 <= few.low <= few.middle <= few.high <= 100
    assert few.low - 0.01 <= more.low <= more.high <= few.high + 0.01


@given(st.lists(st.tuples(st.sampled_from(["S11", "S08", None]), AMOUNTS), max_size=10))
@settings(max_examples=80)
def test_spending_by_source_adds_up_to_the_whole_and_unknown_is_counted(parts):
    events = [{"event_type": "支出", "amount": amount, "fund_source": code} for code, amount in parts]
    found = spending.spending({"budget_total": 5, "funding_sources": [{"code": "S11", "amount_wan_yuan": 5}]}, events)
    assert sum(item.spent for item in found.sources) == found.spent
    assert found.unknown == sum(amount is None for _, amount in parts)
    assert (found.left is None) == (found.unknown > 0)


def test_spending_against_an_unknown_budget_is_not_over():
    found = spending.spending({}, [{"event_type": "支出", "amount": 3, "fund_source": "S08"}])
    assert (found.over, found.left, found.share) == (None, None, None)
    assert found.sources[0].over == Decimal(3)
    assert spending.percent_done([]) is None


@pytest.mark.parametrize(
    ("value", "unit", "wan"), [("1", "亿元", "10000"), ("1", "万元", "1"), ("1", "元", "0.0001"), ("x", "元", None)]
)
def test_units_of_money(value, unit, wan):
    assert money.in_wan_yuan(value, unit) == (None if wan is None else Decimal(wan))


def test_built_works_are_compared_with_the_plan():
    same = works.compare(LINE, LINE)
    assert (same.difference, same.largest_m, same.built_inside, same.planned_covered) == (0, 0, 1, 1)
    area = works.compare(box(104, 36, 104.001, 36.001), box(104, 36, 104.002, 36.001))
    assert area.kind == "area"
    assert area.difference_share == pytest.approx(1, abs=1e-6)
    mixed = works.compare(LINE, box(104, 36, 104.001, 36.001))
    assert (mixed.kind, mixed.difference) == ("mixed", None)
    point = works.compare(Point(104, 36), Point(104, 36.01))
    assert point.largest_m == pytest.approx(1109.6, abs=0.1)
    assert point.built_inside == 0


def test_a_place_inside_an_area_is_at_no_distance():
    assert works.distance_m(Point(104.0005, 36.0005), [box(104, 36, 104.001, 36.001)]) == 0
    assert works.distance_m(Point(104, 36), []) is None


def test_a_photograph_without_place_and_time_says_both():
    assert codes(Photo("a", "施工中")) == ["no_position", "no_time"]
    assert codes(Photo("a", "施工中", at("2026-05-01"), has_place=True), Works("p", has_geometry=False)) == ["no_works_geometry"]


def test_the_tolerance_is_a_setting():
    shot = Photo("a", "施工中", at("2026-05-01"), distance_m=300, has_place=True)
    assert codes(shot) == []
    assert codes(shot, tolerance_m=200) == ["too_far"]


def test_a_shift_as_of_web_maps_is_hinted():
    assert codes(Photo("a", "施工中", at("2026-05-01"), 540, 20, has_place=True)) == ["too_far", "shifted"]
    assert codes(Photo("a", "施工中", at("2026-05-01"), 540, 520, has_place=True)) == ["too_far"]


@pytest.mark.parametrize(
    ("stage", "day", "found"),
    [
        ("开工前", "2026-02-01", []),
        ("开工前", "2026-03-02", ["after_start"]),
        ("施工中", "2026-02-01", ["before_start"]),
        ("施工中", "2026-09-02", ["after_completion"]),
        ("完工", "2026-08-01", ["before_completion"]),
        ("完工", "2026-09-02", []),
        ("完工", "2026-12-01", ["in_future"]),
    ],
)
def test_time_is_compared_with_begin_completion_and_stage(stage, day, found):
    project = Works("p", dt.date(2026, 3, 1), dt.date(2026, 9, 1))
    assert codes(Photo("a", stage, at(day), 0, has_place=True), project) == found


def test_a_later_stage_is_not_taken_before_an_earlier_one():
    first = Photo("a", "施工中", at("2026-06-01"), 0, has_place=True, project_id="p")
    last = Photo("b", "完工", at("2026-05-01"), 0, has_place=True, project_id="p")
    assert codes(last, others=[first]) == ["before_earlier_stage"]
    assert codes(first, others=[last]) == []


def test_the_same_picture_is_found_by_content_and_by_look():
    here = Photo("a", "施工中", at("2026-05-01"), 0, has_place=True, sha256="1", look="00ff00ff00ff00ff", project_id="p")
    there = Photo("b", "施工中", at("2026-05-01"), 0, has_place=True, sha256="1", look="00ff00ff00ff00ff", project_id="q")
    near = Photo("c", "施工中", at("2026-05-01"), 0, has_place=True, sha256="2", look="00ff00ff00ff00fe", project_id="q")
    again = Photo("d", "施工中", at("2026-05-01"), 0, has_place=True, sha256="1", look="", project_id="p")
    assert codes(here, others=[here, there]) == ["same_picture"]
    assert codes(here, others=[near]) == ["alike_picture"]
    assert codes(here, others=[again]) == ["same_picture_here"]
