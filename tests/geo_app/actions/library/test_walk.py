"""A project from the village to the asset, with every role and date, on both kinds of store."""

import datetime as dt

import pytest

from geo_app.actions.ledger import forming
from geo_app.actions.library import drafting, moving, record
from layers.store import Condition, open_store
from tests.geo_app.actions.library.people import APPLICATION, HAND_OVER, PEOPLE, PLACE, STAGES, VILLAGE, WALK, day


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=[pytest.mark.postgis, pytest.mark.slow])])
def store(request, small):
    if request.param == "gpkg":
        yield small
        return
    with open_store(request.getfixturevalue("postgis_schema"), create=True) as other:
        small.copy_into(other)
        yield other


def steps(store, key, walk):
    for role, name, on, values in walk:
        seen = record.project(store, PEOPLE[role], key)
        today = dt.date.fromisoformat(f"2026-{on}")
        yield moving.move(store, PEOPLE[role], key, name, values, expected_ver=seen.ver, today=today)


def test_a_project_goes_from_the_village_to_the_asset(store):
    key = drafting.create(store, PEOPLE["village"], APPLICATION, PLACE, today=day("02-20"))
    draft = record.project(store, PEOPLE["village"], key)
    assert draft.stage == "draft"
    assert (draft.project["village_code"], draft.project["township_code"], draft.project["county_code"]) == (
        VILLAGE,
        "990101001",
        "990101",
    )
    moved = list(steps(store, key, WALK))
    assert [item.project["status"] for item in moved] == list(STAGES)
    assert [item.project["event_seq"] for item in moved] == list(range(1, len(WALK) + 1))
    role, on, values = HAND_OVER
    formed = forming.form(store, PEOPLE[role], key, expected_ver=moved[-1].project["ver"], today=day(on), overrides=values)
    assert store.read("assets", where=[Condition("project_id", "=", key)])["asset_id"].tolist() == list(formed.asset_ids)
    end = record.project(store, PEOPLE["leading_group"], key)
    assert end.stage == end.project["status"] == "asset_formed"
    assert end.project["event_seq"] == len(end.events) == len(WALK) + 1
    assert end.violations == ()
    assert (end.project["plan_year"], end.project["plan_rank"]) == (2027, 1)
    last = end.events[-1]
    assert (last["event_type"], last["start_date"], last["document"]) == ("资产移交", day(HAND_OVER[1]), "移交书")
    assert (last["person"], last["level"], last["opinion"], last["seq"]) == ("township", "乡", formed.asset_ids[0], 19)
    for (role, _, on, values), event in zip(WALK, end.events[:-1], strict=True):
        assert event["start_date"] == day(on)
        assert (event["person"], event["unit"]) == (role, f"{role}单位")
        assert event["document"] == values.get("document")
        assert event["opinion"] == values.get("opinion")
        assert event["recorded_on"] == day(on)
    assert [event["level"] for event in end.events][:12] == ["村"] * 3 + ["乡"] * 3 + ["县"] * 6
    notices = {event["event_type"]: event["notice_days"] for event in end.events if event["event_type"].endswith("公示")}
    assert notices == {"村公示": 10, "乡公示": 10, "县公示": 10}
    assert store.verify() == []


def test_every_step_is_one_change_of_the_library_with_project_and_event(store):
    key = drafting.create(store, PEOPLE["village"], APPLICATION, PLACE, today=day("02-20"))
    moved = next(steps(store, key, WALK[:1]))
    change = store.change(moved.receipt.change_id)
    assert (change.kind, change.who, change.layers) == ("library", "village", ("project_events", "projects"))
    assert (change.inserted, change.updated, change.deleted) == (1, 1, 0)
    assert len(store.read("project_events", where=[Condition("project_id", "=", key)])) == 1
