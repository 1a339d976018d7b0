"""The annual plan: candidates, order, money, what is wrong with it, one change for all moves, and publication."""

import datetime as dt
from decimal import Decimal

import geopandas as gpd
import pytest
from shapely import Point

from geo_app.access import NOBODY, local_person, person_of
from geo_app.actions.library import moving, plan_writing, plans, record
from geo_app.actions.save_edits import StaleEditsError
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.frames import conform
from layers.store import Account, Change, Grant, Insert, open_store

TODAY = dt.date(2026, 11, 22)
PERSON = local_person(Settings(user="li", bureau="乡村振兴局"))
COUNTY = "990101"


def project(number, **values):
    return {
        "project_id": f"P-{number}",
        "name": f"项目{number}",
        "category": "P3",
        "build_nature": "新建",
        "location_text": "村",
        "village_codes": ["990101001201"],
        "start_date": dt.date(2027, 3, 1),
        "end_date": dt.date(2027, 9, 30),
        "responsible_unit": "局",
        "task": "修路",
        "quantity": 1.0,
        "quantity_unit": "km",
        "budget_total": 40.0,
        "funding_sources": [{"code": "S11", "amount_wan_yuan": 40.0}],
        "beneficiary_text": "村民",
        "benefit_households": 10,
        "benefit_persons": 100 * number,
        "performance_target": "通",
        "participation": "有",
        "interest_linkage": "有",
        "scope": "到村到户",
        "status": "in_library",
        "county_code": COUNTY,
        "township_code": "990101001",
        "geometry": Point(104.1, 36.1),
    } | values


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store.gpkg", create=True) as found:
        rows = [project(1), project(2), project(3, scope="应急"), project(4, budget_total=None, funding_sources=None)]
        rows.append(project(5, county_code="990102"))
        frame = gpd.GeoDataFrame(rows, crs=4490)
        found.apply(Change("li", "b", "r", (Insert("projects", conform(frame, LAYERS["projects"])),), kind="demo"))
        yield found


def see(store, *, person=PERSON, year=2027, today=TODAY):
    return plans.view(store, person, COUNTY, year, today=today)


def wish(*order, limit="100", sources=None, stated=None):
    return plan_writing.Wish(Decimal(limit), sources or {"S11": Decimal(100)}, tuple(order), stated or {}, reason="领导小组会议")


def test_candidates_are_those_of_the_library_with_a_score_whose_parts_are_shown(store):
    found = see(store)
    assert found.lines == ()
    assert found.candidates[0].entry.project_id == "P-3"
    assert {item.entry.project_id for item in found.candidates} == {"P-1", "P-2", "P-3", "P-4"}
    third = found.candidates[0].score
    assert third.parts["emergency"] == 1.0
    assert "R1" in third.unknown
    assert third.low < third.high
    assert found.due == dt.date(2026, 11, 30)
    assert [item.code for item in found.faults] == []


def test_a_plan_is_saved_as_one_change_with_an_event_for_every_move(store):
    receipt = plan_writing.save(store, PERSON, see(store), wish("P-2", "P-1"), today=TODAY)
    change = store.changes(limit=1)[0]
    assert (change.change_id, change.kind) == (receipt.change_id, "library")
    found = see(store)
    assert [(item.entry.project_id, item.entry.rank, item.line.fits) for item in found.lines] == [
        ("P-2", 1, True),
        ("P-1", 2, True),
    ]
    events = store.read("project_events").to_dict("records")
    kinds = sorted((item["project_id"], item["event_type"]) for item in events if item["event_type"] == "列入年度计划")
    assert kinds == [("P-1", "列入年度计划"), ("P-2", "列入年度计划")]
    assert found.total == Decimal("80.0")
    assert found.sources[0].asked == Decimal("80.0")


@pytest.mark.parametrize(
    ("starts", "ends", "warned"),
    [
        ("2025-03-01", "2025-12-31", True),
        ("2028-01-01", "2028-06-30", True),
        ("2026-10-01", "2027-01-31", False),
        ("2027-12-31", "2029-12-31", False),
    ],
)
def test_works_planned_wholly_in_another_year_are_taken_with_a_warning(store, starts, ends, warned):
    row = project(6, start_date=dt.date.fromisoformat(starts), end_date=dt.date.fromisoformat(ends))
    frame = conform(gpd.GeoDataFrame([row], crs=4490), LAYERS["projects"])
    store.apply(Change("li", "b", "r", (Insert("projects", frame),), kind="demo"))
    values = {"plan_year": 2027, "plan_rank": 1, "document": "会议纪要"}
    moved = moving.move(store, PERSON, "P-6", "into_plan", values, expected_ver=1, today=TODAY)
    assert [item.code for item in moved.warnings] == (["other_year"] if warned else [])
    assert moved.project["status"] == "annual_plan"
    found = see(store)
    assert [(item.code, item.project_id) for item in found.faults if item.project_id] == (
        [("other_year", "P-6")] if warned else []
    )
    assert found.lines[0].entry.outside(2027) is warned
    plan_writing.save(store, PERSON, found, wish("P-6"), today=TODAY)
    plan_writing.compile_(store, PERSON, see(store), today=TODAY)
    assert record.project(store, PERSON, "P-6", on=TODAY).violations == (), "the history breaks no rule"


def test_what_no_longer_fits_is_shown_and_counts_unknown_budgets(store):
    plan_writing.save(store, PERSON, see(store), wish("P-1", "P-2", "P-3", "P-4", limit="100"), today=TODAY)
    found = see(store)
    assert [item.line.fits for item in found.lines] == [True, True, False, False]
    assert found.unknown == 1
    assert ("over_limit", "20.0") in [(item.code, item.found) for item in found.faults]
    assert found.sources[0].over == Decimal("20.0")


def test_a_project_goes_out_and_ranks_follow(store):
    plan_writing.save(store, PERSON, see(store), wish("P-2", "P-1"), today=TODAY)
    plan_writing.save(store, PERSON, see(store), wish("P-1", "P-3"), today=TODAY)
    found = see(store)
    assert [(item.entry.project_id, item.entry.rank) for item in found.lines] == [("P-1", 1), ("P-3", 2)]
    held = {row["project_id"]: row for row in store.read("projects").to_dict("records")}
    assert held["P-2"]["status"] == "in_library"
    events = store.read("project_events")
    assert set(events.loc[events["project_id"] == "P-2", "event_type"]) >= {"列入年度计划", "移出年度计划"}


def test_what_the_bureau_states_of_the_four_criteria_moves_a_candidate_up(store):
    plan_writing.save(store, PERSON, see(store), wish(stated={"P-1": {"R1": 1.0, "R2": 1.0, "R3": 1.0, "R4": 1.0}}), today=TODAY)
    assert see(store).candidates[0].entry.project_id == "P-1"


def test_a_late_unpublished_plan_is_shown_so(store):
    plan_writing.save(store, PERSON, see(store), wish("P-1"), today=TODAY)
    late = dt.date(2026, 12, 3)
    assert "overdue" in [item.code for item in see(store, today=late).faults]
    plan_writing.compile_(store, PERSON, see(store, today=late), today=late)
    found = see(store, today=late)
    assert {item.code for item in found.faults} == {"late", "unpublished"}
    assert found.row["state"] == "compiled"
    plan_writing.publish(store, PERSON, found, url="https://example.gov.cn/plan", today=late)
    found = see(store, today=late)
    assert {item.code for item in found.faults} == {"late"}
    assert found.row["state"] == "published"
    shown = store.published.all()[0]
    assert shown.published_id == found.row["publication_id"]
    assert shown.content["notice"]["subject"] == "plan"


def test_a_plan_seen_before_another_changed_it_is_refused(store):
    seen = see(store)
    plan_writing.save(store, PERSON, see(store), wish("P-2"), today=TODAY)
    with pytest.raises(StaleEditsError):
        plan_writing.save(store, PERSON, seen, wish("P-2", "P-1"), today=TODAY)
    assert [item.entry.project_id for item in see(store).lines] == ["P-2"]


def test_projects_of_elsewhere_twice_named_or_unknown_money_are_refused(store):
    with pytest.raises(BadRequestError, match="no candidates of this plan: P-5"):
        plan_writing.save(store, PERSON, see(store), wish("P-5"), today=TODAY)
    with pytest.raises(BadRequestError, match="stands twice"):
        plan_writing.save(store, PERSON, see(store), wish("P-1", "P-1"), today=TODAY)
    with pytest.raises(BadRequestError, match="S01–S11"):
        plan_writing.save(store, PERSON, see(store), wish("P-1", sources={"S77": None}), today=TODAY)
    with pytest.raises(BadRequestError, match="cannot be compiled yet"):
        plan_writing.compile_(store, PERSON, see(store), today=TODAY)
    with pytest.raises(BadRequestError, match="not compiled"):
        plan_writing.publish(store, PERSON, see(store), today=TODAY)


def somebody(*grants):
    return person_of(Account(1, "a", "甲", "局", tuple(grants), True, dt.datetime.now(dt.UTC)))


def test_only_the_bureau_and_the_leading_group_of_the_county_draw_up_its_plan(store):
    for grant in (Grant("township", ("990101001",)), Grant("finance"), Grant("revitalisation", ("990102",))):
        with pytest.raises(ForbiddenError, match="drawn up by"):
            plans.require_planner(store, somebody(grant), COUNTY)
    for grant in (Grant("revitalisation"), Grant("leading_group", (COUNTY,)), Grant("administrator")):
        plans.require_planner(store, somebody(grant), COUNTY)
    with pytest.raises(NotSignedInError):
        plans.require_planner(store, NOBODY, COUNTY)
    with pytest.raises(NotFoundError):
        plans.view(store, somebody(Grant("revitalisation", ("990102",))), COUNTY, 2027, today=TODAY)
    with pytest.raises(BadRequestError, match="year from 2000"):
        plans.view(store, PERSON, COUNTY, 1999, today=TODAY)
