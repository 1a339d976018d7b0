"""What is owed in the project library: each thing once, by whom, until it is done."""

import datetime as dt

import pytest

from processing.library import clock
from processing.library.rules import rules_for

TODAY = dt.date(2026, 6, 1)
RULES = rules_for((), TODAY)
PROJECT = {
    "project_id": "P1",
    "name": "路",
    "status": "x",
    "sector": "water",
    "village_code": "990101001200",
    "township_code": "990101001",
    "county_code": "990101",
}
WAY = (
    ("村申报", "村", "2026-03-01"),
    ("村公示", "村", "2026-03-02"),
    ("上报", "村", "2026-03-12"),
    ("乡审核", "乡", "2026-03-15"),
    ("乡公示", "乡", "2026-03-16"),
    ("上报", "乡", "2026-03-26"),
    ("振兴局意见", "县", "2026-03-28"),
    ("财政意见", "县", "2026-03-29"),
    ("行业意见", "县", "2026-03-30"),
    ("县审定", "县", "2026-04-02"),
    ("县公示", "县", "2026-04-03"),
    ("入库公告", "县", "2026-04-13"),
)


def events(count, *more):
    rows = [*WAY[:count], *more]
    return [
        {
            "event_id": f"e{n}",
            "project_id": "P1",
            "seq": n,
            "event_type": row[0],
            "level": row[1],
            "start_date": row[2],
            "result": "通过",
            **(row[3] if len(row) > 3 else {}),
        }
        for n, row in enumerate(rows, 1)
    ]


def owed(rows, *, today=TODAY, plans=(), **project):
    found = clock.dues([PROJECT | project], rows, list(plans), lambda _row: RULES, today)
    return {item.kind: item for item in found}


@pytest.mark.parametrize(
    ("count", "kinds", "role"),
    [
        (0, set(), None),
        (1, {"village_notice"}, "village"),
        (2, {"submit_to_township"}, "village"),
        (3, {"township_pass"}, "township"),
        (4, {"township_notice"}, "township"),
        (5, {"submit_to_county"}, "township"),
        (6, {"opinion_revitalisation", "opinion_finance", "opinion_sector"}, None),
        (8, {"opinion_sector"}, "water"),
        (9, {"county_approve"}, "leading_group"),
        (10, {"county_notice"}, "revitalisation"),
        (11, {"enter_library"}, "revitalisation"),
        (12, set(), None),
    ],
)
def test_the_step_that_waits_is_owed_by_whose_step_it_is(count, kinds, role):
    found = owed(events(count))
    assert set(found) == kinds
    assert role is None or role in found[next(iter(kinds))].roles
    assert all((item.layer, item.key, item.area_code) == ("projects", "P1", "990101001200") for item in found.values())


def test_a_notice_that_hangs_owes_nothing_until_it_is_over():
    assert owed(events(2), today=dt.date(2026, 3, 11)) == {}
    assert owed(events(2), today=dt.date(2026, 3, 12))["submit_to_township"].since == dt.date(2026, 3, 12)


def test_the_reminder_of_emergency_works_goes_away_with_the_library_alone():
    consent = ("应急同意", "县", "2026-03-01")
    for way in ([], [("开工", "乡", "2026-03-02"), ("完工", "乡", "2026-05-01")], [("撤回", "村", "2026-05-02")]):
        found = owed(events(1, consent, *way), scope="应急")["emergency_procedure"]
        assert (found.due_on, found.state, found.rule_id) == (dt.date(2026, 5, 30), "overdue", "E21")
    early = owed(events(1, consent), today=dt.date(2026, 3, 1), scope="应急")["emergency_procedure"]
    assert early.state != "overdue"
    rows = events(12)
    rows.insert(1, {**rows[0], "event_id": "x", "seq": 1.5, "event_type": "应急同意", "level": "县"})
    assert owed(rows, scope="应急") == {}


def test_objections_and_changes_are_owed_until_they_are_answered():
    objection = ("异议", "村", "2026-03-05")
    assert "answer_objection" in owed(events(2, objection))
    answered = events(2, objection, ("异议答复", "村", "2026-03-06", {"answers": "e3"}))
    assert "answer_objection" not in owed(answered)
    asked = ("调整申请", "乡", "2026-05-01", {"proposed": [{"field": "task", "new": "长"}]})
    assert set(owed(events(12, asked))) == {"approve_change"}
    decided = ("调整审定", "县", "2026-05-02")
    assert set(owed(events(12, asked, decided))) == {"publish_change"}
    assert owed(events(12, asked, decided, ("调整公告", "县", "2026-05-03"))) == {}
    assert owed(events(12, asked, ("调整审定", "县", "2026-05-02", {"result": "退回"}))) == {}


def test_the_plan_of_the_next_year_is_owed_by_the_end_of_november():
    for day, state in (("2026-06-01", "upcoming"), ("2026-11-15", "due"), ("2026-12-01", "overdue")):
        found = owed(events(12), today=dt.date.fromisoformat(day), status="in_library")["compile_plan"]
        assert (found.key, found.due_on, found.state) == ("990101-2027", dt.date(2026, 11, 30), state)
    plan = {
        "plan_id": "990101-2027",
        "county_code": "990101",
        "plan_year": 2027,
        "compiled_on": "2026-11-01",
        "state": "compiled",
    }
    assert set(owed(events(12), status="in_library", plans=[plan])) == {"publish_plan"}
    assert owed(events(12), status="in_library", plans=[plan | {"state": "published"}]) == {}
