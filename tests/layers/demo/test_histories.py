"""What the demonstration tells of its projects, assets and ledgers keeps the rules; only what was planted breaks them."""

import collections
import datetime as dt
import math
from decimal import Decimal

import pytest

from layers.codes import PROJECT_STATUS
from layers.demo import AS_OF
from layers.demo.asset_history import history_of as asset_history
from layers.demo.project_history import history_of as project_history
from processing.ledger import comparing, publishing
from processing.ledger.replaying import replay as replay_asset
from processing.ledger.rules import rules_for as ledger_rules
from processing.ledger.standing import of as standing_of
from processing.library.rules import rules_for as library_rules
from processing.library.stages import replay as replay_project

PUBLISHED_WAN = 2_893_000
"""Σ of the published amounts of the plan by category, and by county: 289.30 亿元."""


def _rows(frame):
    rows = frame.drop(columns="geometry", errors="ignore").to_dict("records")
    return [{name: None if _lost(value) else value for name, value in row.items()} for row in rows]


def _lost(value):
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and math.isnan(value))


def _grouped(frame, key):
    found = collections.defaultdict(list)
    for row in _rows(frame):
        if row[key] is not None:
            found[row[key]].append(row)
    return found


@pytest.fixture(scope="session")
def project_violations(frames):
    """Each project's violations, judged by the rules of the library from its events."""
    told, rules = _grouped(frames["project_events"], "project_id"), library_rules((), AS_OF)
    return {row["project_id"]: replay_project(row, told[row["project_id"]], rules) for row in _rows(frames["projects"])}


def test_projects_live_in_every_stage_and_their_money_is_the_published_total(frames):
    projects = frames["projects"]
    assert len(projects) == 1_194
    assert set(projects["status"]) == {item.code for item in PROJECT_STATUS}
    assert sum(Decimal(str(value)) for value in projects["budget_total"]) == PUBLISHED_WAN


def test_the_events_lead_to_the_stage_that_is_booked(project_violations, frames):
    booked = dict(zip(frames["projects"]["project_id"], frames["projects"]["status"], strict=True))
    assert {key: found.stage for key, found in project_violations.items()} == booked


def test_only_what_was_planted_breaks_the_rules_of_the_library(project_violations, area):
    planted = area.contradictions.set_index("rule")
    broken = {(key, item.check) for key, found in project_violations.items() for item in found.violations}
    emergencies = {(key, "E21") for key, found in project_violations.items() if found.trail.consent is not None}
    assert len(emergencies) >= 2
    of_event = {rule: planted.at[rule, "feature"].rsplit("-", 1)[0] for rule in ("E2_notice_short", "E4_opinion_missing")}
    assert broken - emergencies == {
        (of_event["E2_notice_short"], "E2"),
        (of_event["E4_opinion_missing"], "E4"),
        (planted.at["start_before_plan", "feature"], "E3"),
    }


def test_nothing_happens_after_the_day_of_the_demonstration(frames):
    for name in ("project_events", "asset_events"):
        assert max(frames[name]["start_date"]) <= AS_OF


def test_no_source_pays_more_than_it_gives(frames):
    events = frames["project_events"]
    paid = events[events["event_type"] == "支出"].groupby(["project_id", "fund_source"])["amount"].sum()
    given = {
        (row["project_id"], item["code"]): item["amount_wan_yuan"]
        for row in _rows(frames["projects"])
        for item in row["funding_sources"]
    }
    assert len(paid) > 1_000
    assert all(amount <= given[key] + 0.005 for key, amount in paid.items())


def test_only_what_was_planted_breaks_the_steps_of_the_ledger(frames, area):
    told, rules = _grouped(frames["asset_events"], "asset_id"), ledger_rules((), AS_OF)
    broken = {
        row["asset_id"]
        for row in _rows(frames["assets"])
        for item in replay_asset(row, told[row["asset_id"]], rules).violations
        if item.kind == "broken"
    }
    planted = area.contradictions.set_index("rule")
    assert broken == {planted.at["E12_maintainer", "feature"]}


def test_every_asset_stands_in_the_ledger_and_the_disposed_ones_went_their_whole_way(frames):
    told, rules = _grouped(frames["asset_events"], "asset_id"), ledger_rules((), AS_OF)
    chains = set()
    for row in _rows(frames["assets"]):
        standing = replay_asset(row, told[row["asset_id"]], rules).standing
        assert standing.entered == row["registered_on"], row["asset_id"]
        assert standing.disposed == (row["status"] == "已处置")
        if standing.disposed:
            assert row["disposed_on"] <= AS_OF
            assert row["current_value"] == 0
            chains |= {event["chain"] for event in told[row["asset_id"]] if event["chain"]}
    assert chains == {"public", "small", "collective"}


def test_the_booked_income_is_that_of_the_settlements(frames):
    told, settled = _grouped(frames["asset_events"], "asset_id"), 0
    for row in _rows(frames["assets"]):
        standing = standing_of(row, told[row["asset_id"]])
        if standing.settlements:
            settled += 1
            assert (row["annual_income"], row["settled_date"]) == (float(standing.annual_income), standing.last_settled)
    assert settled > 200


def test_the_four_ledgers_hold_the_same_assets_and_values(frames):
    entries = frames["ledger_entries"]
    held = frames["assets"][frames["assets"]["status"] != "已处置"]
    for _, own in entries.groupby("level"):
        assert sorted(own["asset_id"]) == sorted(held["asset_id"])
        assert round(own["original_value"].sum(), 2) == round(held["original_value"].sum(), 2)
    by_level = {
        level: [row for row in _rows(own) if row["asset_id"] in set(held["asset_id"])] for level, own in entries.groupby("level")
    }
    assert [item.field for item in comparing.differences(by_level)] == ["current_value"]


def test_ledgers_keep_their_course(frames, area):
    rules, planted = ledger_rules((), AS_OF), area.contradictions.set_index("rule")
    late = {row["ledger_id"] for row in _rows(frames["ledgers"]) if publishing.violations(row, rules, AS_OF)}
    assert late == {planted.at["E8_ledger_late", "feature"], planted.at["E8_ledger_short", "feature"]}
    assert set(frames["ledgers"]["state"]) >= {"built", "confirmed", "merged", "approved", "open"}


def test_plans_hold_the_projects_of_their_year(frames):
    plans, projects = _rows(frames["annual_plans"]), _rows(frames["projects"])
    for plan in plans:
        own = [row for row in projects if row["plan_year"] == plan["plan_year"] and row["county_code"] == plan["county_code"]]
        assert sorted(row["project_id"] for row in own) == sorted(plan["ranking"] or [])
        if own:
            assert plan["money_limit"] == pytest.approx(sum(row["budget_total"] for row in own), abs=0.005)
    assert {plan["plan_year"] for plan in plans if plan["state"] == "draft"} == {AS_OF.year + 1}


def test_no_unit_is_named_twice_over(frames):
    units = set(frames["project_events"]["unit"].dropna())
    assert units
    doubled = [unit for unit in units for word in ("民委员会", "人民政府", "办事处") if unit.count(word) > 1]
    assert not doubled
    assert not [unit for unit in units if unit in {"村民委员会", "人民政府"} or "办事处人民政府" in unit]


def test_a_draft_has_no_events_and_a_name_makes_no_difference_to_another_project():
    project = {"project_id": "P1", "status": "draft", "plan_year": None}
    assert project_history(project, {}) == []


def test_an_older_asset_was_taken_over_as_it_was():
    asset = dict.fromkeys(
        (
            *("project_id", "confirmed", "confirmed_date", "village_code", "township_code", "county_code", "certificate_no"),
            *("maintainer", "maintenance_fund"),
        )
    ) | {"asset_id": "Z1", "asset_class": "PUB", "status": "正常"}
    day = dt.date(2021, 11, 18)
    told = asset_history(asset | {"registered_on": day, "formed_date": dt.date(2016, 5, 1)})
    assert [(event["move"], event["start_date"]) for event in told] == [("take_over", day)]
