"""Every step that the rules forbid is tried, refused with its reason, and leaves nothing behind."""

import datetime as dt

import pytest
import shapely

from geo_app.access import NOBODY
from geo_app.actions.ledger.rights import LedgerFaultsError
from geo_app.actions.library import drafting, moving, setting_rules
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError, answer
from layers.errors import LockedRowError, PreconditionRequiredError
from layers.store import Change, Insert
from processing.library.moves import MOVES
from tests.geo_app.actions.library.people import APPLICATION, GRANTS, PEOPLE, VILLAGE, WALK, day, person


def refused(library, *arguments, code, **values):
    """Try a move, see it refused for a reason and nothing written; give the faults."""
    before = library.store.versions(), library.store.changes(limit=1)
    with pytest.raises(moving.MoveFaultsError) as caught:
        library.move(*arguments, **values)
    assert (library.store.versions(), library.store.changes(limit=1)) == before
    assert answer(caught.value) == ("library_rule", (422, 3))
    found = [item for item in caught.value.faults if item.code == code]
    assert found, [item.code for item in caught.value.faults]
    assert all((item.expected_zh, item.expected_en, item.fix_zh, item.fix_en, item.source) for item in found)
    return found


# too early


@pytest.mark.parametrize(
    ("until", "by", "name", "early", "earliest"),
    [
        ("village_notice", "village", "submit_to_township", "03-11", "03-12"),
        ("township_notice", "township", "submit_to_county", "03-25", "03-26"),
        ("county_notice", "revitalisation", "enter_library", "04-12", "04-13"),
    ],
)
def test_a_notice_hangs_its_ten_days_and_the_earliest_day_is_said(library, values, until, by, name, early, earliest):
    key = library.brought(until)
    found = refused(library, key, by, name, early, code="too_early", **getattr(values, name))
    assert [item.earliest for item in found] == [day(earliest)]
    assert found[0].expected_zh == f"公示满 10 日，最早 2026-{earliest}"
    offered = library.offers(key, by, early)[name]
    assert (offered.possible, offered.earliest) == (False, day(earliest))
    assert library.offers(key, by, earliest)[name].possible
    library.move(key, by, name, earliest, **getattr(values, name))


def test_a_notice_that_was_planned_longer_ends_when_it_said(library, values):
    key = library.brought("apply")
    library.move(key, "village", "village_notice", "03-02", place="公开栏", end_date=day("03-20"))
    found = refused(library, key, "village", "submit_to_township", "03-19", code="too_early", **values.submit_to_township)
    assert found[0].earliest == day("03-20")


def test_a_notice_planned_too_short_is_refused_when_it_is_hung(library):
    key = library.brought("apply")
    found = refused(library, key, "village", "village_notice", "03-02", code="too_early", place="栏", end_date=day("03-11"))
    assert (found[0].field, found[0].earliest) == ("end_date", day("03-12"))


def test_working_days_and_longer_notices_are_an_areas_own_rules(library, values):
    setting_rules.load(
        library.store,
        PEOPLE["revitalisation"],
        '[[rule]]\nkey="day_kind"\nvalue="working"\nscope="990101"\nvalid_from=2026-01-01\ncertainty="design"\n'
        '[[rule]]\nkey="holidays"\nvalue=["2026-03-10"]\nscope="990101"\nvalid_from=2026-01-01\ncertainty="design"\n',
    )
    key = library.brought("village_notice")
    found = refused(library, key, "village", "submit_to_township", "03-16", code="too_early", **values.submit_to_township)
    assert found[0].earliest == day("03-17")  # Monday the 2nd to Monday the 16th are ten working days without the 10th
    library.move(key, "village", "submit_to_township", "03-17", **values.submit_to_township)


# the hand-over is the ledger's


def not_handed_over(library, key, on, **values):
    """Try to hand a project over, see it refused and nothing written; give the faults."""
    before = library.store.versions(), library.store.changes(limit=1)
    with pytest.raises(LedgerFaultsError) as caught:
        library.hand_over(key, on=on, **values)
    assert (library.store.versions(), library.store.changes(limit=1)) == before
    return caught.value.faults


def test_no_project_forms_an_asset_without_the_ledger(library):
    key = library.brought("accept")
    found = refused(library, key, "township", "form_asset", "12-25", code="by_ledger", document="移交书")
    assert found[0].fix_zh == f"打开 /projects/{key}/progress，填写资产信息后移交"
    assert f"/projects/{key}/progress" in found[0].fix_en
    with pytest.raises(ForbiddenError, match="Hand over as asset"):
        library.move(key, "finance", "form_asset", "12-25", document="移交书")
    offered = library.offers(key, "township", "12-25")["form_asset"]
    assert (offered.mine, offered.possible, offered.by_ledger) == (True, True, True)
    assert not library.offers(key, "township", "12-25")["spend"].by_ledger
    assert library.seen(key).stage == "accepted"


def test_the_hand_over_keeps_to_the_rules_of_the_library(library):
    key = library.brought("accept")
    assert {item.code for item in not_handed_over(library, key, "12-19")} == {"date_order"}
    assert "future_date" in {item.code for item in not_handed_over(library, key, "12-26", today="12-25")}
    assert {item.field for item in not_handed_over(library, key, "12-25", document=None)} == {"document"}
    for by in ("finance", "leading_group"):
        with pytest.raises(ForbiddenError, match="Hand over as asset"):
            library.hand_over(key, by=by)
    with pytest.raises(StaleEditsError):
        library.hand_over(key, ver=99)
    objected = library.seen(key).events[-1] | {
        "event_id": f"{key}-019",
        "seq": 19,
        "event_type": "异议",
        "stage_before": "accepted",
        "start_date": day("12-21"),
    }
    row = {name: value for name, value in objected.items() if name not in {"id", "fid", "ver", "geometry"}}
    library.store.apply(Change("li", "局", "异议", (Insert("project_events", moving.frame([row])),), kind="demo"))
    assert [item.code for item in not_handed_over(library, key, "12-25")] == ["objection_open"]
    library.move(key, "village", "answer_objection", "12-23", opinion="已核实", answers=f"{key}-019", ver=library.seen(key).ver)
    library.hand_over(key)
    end = library.seen(key)
    assert (end.stage, end.project["event_seq"], end.events[-1]["seq"], len(end.events)) == ("asset_formed", 21, 21, 21)


# wrong role, wrong area, nobody


def test_each_step_of_the_walk_is_refused_to_every_other_role(library):
    key = library.draft()
    for role, name, on, given in WALK:
        for other in ("village", "township", "revitalisation", "finance", "transport", "water", "leading_group"):
            if other in MOVES[name].roles and (name != "opinion_sector" or other == role):
                continue
            with pytest.raises(ForbiddenError) as caught:
                library.move(key, other, name, on, **given)
            assert set(caught.value.roles) >= {role}
        library.move(key, role, name, on, **given)


def test_a_role_that_may_not_is_told_whose_step_it_is(library, values):
    key = library.brought("apply")
    with pytest.raises(
        ForbiddenError, match=r"Hang the village notice \(村内公示\) is a step of: Village committees \(村两委\)\. Ask them"
    ):
        library.move(key, "revitalisation", "village_notice", "03-02", **values.village_notice)
    for who in ("viewer", "statistics", "asks"):
        with pytest.raises(ForbiddenError, match="takes no part in the procedures"):
            library.move(key, who, "village_notice", "03-02", **values.village_notice)
    with pytest.raises(NotSignedInError):
        moving.move(library.store, NOBODY, key, "village_notice", {}, expected_ver=2, today=day("03-02"))


def test_another_area_does_not_see_the_project_or_may_not_move_it(library, values):
    key = library.brought("submit_to_township")
    for who in ("other_village", "other_township", "other_bureau"):
        with pytest.raises(NotFoundError, match="There is no project"):
            library.move(key, who, "township_pass", "03-15", ver=4, **values.township_pass)
    both = person(GRANTS["viewer"], GRANTS["other_township"], name="both")
    with pytest.raises(ForbiddenError, match="outside the areas of your account"):
        moving.move(library.store, both, key, "township_pass", values.township_pass, expected_ver=4, today=day("03-15"))


def test_the_opinion_of_the_sector_is_that_of_the_projects_sector(library, values):
    key = library.brought("submit_to_county")
    with pytest.raises(ForbiddenError, match="Transport"):
        library.move(key, "water", "opinion_sector", "03-30", **values.opinion_sector)
    library.move(key, "transport", "opinion_sector", "03-30", **values.opinion_sector)


# content


ELEVEN = {
    "category": "F02",
    "build_nature": "F03",
    "location_text": "F04",
    "start_date": "F05",
    "end_date": "F05",
    "responsible_unit": "F06",
    "task": "F07",
    "budget_total": "F08",
    "funding_sources": "F08",
    "beneficiary_text": "F09",
    "performance_target": "F10",
    "participation": "F11",
    "interest_linkage": "F11",
}


def test_each_of_the_eleven_fields_is_a_gate_and_named(library, values):
    for field, number in ELEVEN.items():
        key = library.draft(**{field: None})
        found = refused(library, key, "village", "apply", "03-01", code="field_missing", **values.apply)
        assert [(item.field, item.value) for item in found] == [(field, number)]


def test_all_that_lacks_is_named_at_once(library, values):
    key = library.draft(category=None, task=None, participation=None, funding_sources=[])
    found = refused(library, key, "village", "apply", "03-01", code="field_missing", **values.apply)
    assert [item.value for item in found] == ["F02", "F07", "F08", "F11"]


def test_a_broken_sum_does_not_get_in(library):
    for amount in (20.34, 20.36, 2035.0):
        sources = [{"code": "S11", "amount_wan_yuan": 100.0}, {"code": "S08", "amount_wan_yuan": amount}]
        with pytest.raises(EditFaultsError, match="E6_funds_add_up"):
            library.draft(funding_sources=sources)


def test_a_sum_within_the_rounding_passes_and_a_budget_of_nothing_does_not(library, values):
    key = library.draft(funding_sources=[{"code": "S11", "amount_wan_yuan": 120.345}])
    library.move(key, "village", "apply", "03-01", **values.apply)
    empty = library.draft(budget_total=0, funding_sources=[{"code": "S11", "amount_wan_yuan": 0}])
    refused(library, empty, "village", "apply", "03-01", code="value_bad", **values.apply)


# order


def test_a_step_out_of_order_is_refused_from_every_stage(library):
    key = library.draft()
    for at in range(len(WALK)):
        for role, name, on, given in WALK[at + 1 :]:
            stage = library.seen(key).stage
            if stage in MOVES[name].before:
                continue
            refused(library, key, role, name, max(on, WALK[at][2]), code="wrong_stage", **given)
        role, name, on, given = WALK[at]
        library.move(key, role, name, on, **given)


def test_the_township_notice_waits_for_the_review(library, values):
    key = library.brought("submit_to_township")
    refused(library, key, "township", "township_notice", "03-16", code="review_missing", **values.township_notice)


def test_all_three_opinions_are_needed(library, values):
    for lacking in ("opinion_revitalisation", "opinion_finance", "opinion_sector"):
        key = library.brought("submit_to_county")
        for role, name, on, given in WALK[6:9]:
            if name != lacking:
                library.move(key, role, name, on, **given)
        found = refused(library, key, "leading_group", "county_approve", "04-02", code="opinion_missing", **values.county_approve)
        assert [item.field for item in found] == [MOVES[lacking].event]


def test_an_opinion_against_it_is_no_opinion_for_it_until_another_follows(library, values):
    key = library.brought("opinion_finance")
    library.move(key, "transport", "opinion_sector", "03-30", result="退回", opinion="补充设计", document="交意1")
    refused(library, key, "leading_group", "county_approve", "04-02", code="opinion_missing", **values.county_approve)
    library.move(key, "transport", "opinion_sector", "04-01", result="通过", opinion="已补充", document="交意2")
    library.move(key, "leading_group", "county_approve", "04-02", **values.county_approve)


def test_days_go_forward_and_not_ahead_of_today(library, values):
    key = library.brought("apply")
    refused(library, key, "village", "village_notice", "02-28", code="date_order", today=day("03-05"), **values.village_notice)
    refused(library, key, "village", "village_notice", "03-06", code="future_date", today=day("03-05"), **values.village_notice)
    refused(
        library, key, "village", "village_notice", "03-06", code="bad_date", **(values.village_notice | {"start_date": "soon"})
    )


def test_a_step_without_its_document_opinion_or_place_is_refused(library):
    for at, (role, name, on, given) in enumerate(WALK):
        key = library.brought(WALK[at - 1][1]) if at else library.draft()
        for needed in MOVES[name].needs:
            rest = {field: value for field, value in given.items() if field != needed}
            found = refused(library, key, role, name, on, code="url_missing" if needed == "url" else "value_missing", **rest)
            assert [item.field for item in found] == [needed]


# objections


def test_an_objection_stops_the_next_step_until_it_is_answered(library, values):
    key = library.brought("village_notice")
    event = library.move(key, "village", "objection", "03-05", opinion="占用自留地").event["event_id"]
    assert [
        item.value
        for item in refused(
            library, key, "village", "submit_to_township", "03-12", code="objection_open", **values.submit_to_township
        )
    ] == [event]
    assert not library.offers(key, "village", "03-12")["submit_to_township"].possible
    refused(library, key, "village", "answer_objection", "03-13", code="answers_unknown", answers="x", opinion="已调整")
    refused(library, key, "village", "answer_objection", "03-04", code="date_order", answers=event, opinion="已调整")
    library.move(key, "village", "answer_objection", "03-14", answers=event, opinion="已调整走向")
    refused(library, key, "village", "submit_to_township", "03-13", code="date_order", **values.submit_to_township)
    library.move(key, "village", "submit_to_township", "03-14", **values.submit_to_township)


# changes


def test_a_changed_place_needs_the_leading_group_and_an_announcement(library):
    key = library.brought("enter_library")
    moved = shapely.LineString([(105.08, 36.08), (105.09, 36.09)])
    new = {"location_text": "甲南村五组", "end_date": dt.date(2027, 12, 31), "geometry": moved}
    refused(
        library,
        key,
        "leading_group",
        "approve_change",
        "05-01",
        code="change_missing",
        result="通过",
        document="纪",
        opinion="同意",
    )
    refused(
        library, key, "township", "ask_change", "05-01", code="not_changeable", proposed={"status": "accepted"}, opinion="改线"
    )
    refused(
        library, key, "township", "ask_change", "05-01", code="nothing_changes", proposed={"task": "硬化3.2公里"}, opinion="改线"
    )
    refused(library, key, "township", "ask_change", "05-01", code="sum_differs", proposed={"budget_total": 130}, opinion="追加")
    library.move(key, "township", "ask_change", "05-01", proposed=new, opinion="地质原因改线")
    before = library.seen(key)
    assert (before.project["location_text"], before.violations) == ("甲南村三组", ())
    refused(library, key, "township", "ask_change", "05-02", code="change_open", proposed={"task": "硬化4公里"}, opinion="再改")
    with pytest.raises(ForbiddenError, match="County leading group"):
        library.move(key, "revitalisation", "approve_change", "05-03", result="通过", document="纪", opinion="同意")
    refused(library, key, "revitalisation", "publish_change", "05-03", code="change_missing", url="https://example.gov/c")
    library.move(key, "leading_group", "approve_change", "05-03", result="通过", document="县领纪5", opinion="同意")
    after = library.seen(key)
    assert (after.project["location_text"], after.project["end_date"]) == ("甲南村五组", dt.date(2027, 12, 31))
    assert after.project["geometry"].equals(moved)
    assert after.violations == ()
    refused(library, key, "revitalisation", "publish_change", "05-04", code="url_missing")
    library.move(key, "revitalisation", "publish_change", "05-04", url="https://example.gov/c")
    asked, decided, told = library.seen(key).events[-3:]
    assert asked["changed_fields"] == list(new)
    assert {item["field"]: item["old"] for item in asked["proposed"]}["location_text"] == "甲南村三组"
    assert (decided["answers"], told["answers"]) == (asked["event_id"], decided["event_id"])


def test_a_change_that_is_refused_changes_nothing(library):
    key = library.brought("into_plan")
    library.move(key, "township", "ask_change", "11-21", proposed={"task": "硬化5公里"}, opinion="加长")
    library.move(key, "leading_group", "approve_change", "11-22", result="退回", document="纪", opinion="不同意")
    found = library.seen(key)
    assert (found.project["task"], found.trail.asked, found.violations) == ("硬化3.2公里", None, ())


def test_the_cancelled_rules_are_not_enforced(library):
    """Half as much again in one year, and every project of the library changed in one year: nothing speaks against it."""
    first = [library.brought("enter_library") for _ in range(2)]
    more = [library.brought("enter_library")]
    for key in first + more:
        library.move(key, "township", "ask_change", "05-01", proposed={"task": "硬化4公里"}, opinion="加长")
        library.move(key, "leading_group", "approve_change", "05-02", result="通过", document="纪", opinion="同意")
        assert library.seen(key).violations == ()


# back, out, again


def test_returned_mended_and_handed_in_again_it_goes_the_whole_way_anew(library, values):
    key = library.brought("opinion_finance")
    library.move(key, "leading_group", "return_", "03-30", opinion="补充受益情况")
    seen = library.seen(key)
    assert (seen.stage, seen.project["status"]) == ("returned", "returned")
    drafting.change(library.store, PEOPLE["village"], key, {"beneficiary_text": "全村320人"}, expected_ver=seen.ver)
    for role, name, on, given in WALK[:6]:
        later = (day(on) + dt.timedelta(days=40)).isoformat()
        library.move(key, role, name, later, **given)
    assert library.seen(key).trail.opinions == {}
    refused(library, key, "leading_group", "county_approve", "2026-05-20", code="opinion_missing", **values.county_approve)


def test_a_refusal_says_which_of_the_five_reasons(library):
    key = library.brought("submit_to_township")
    refused(library, key, "township", "refuse", "03-15", code="value_missing", opinion="不合适")
    refused(library, key, "township", "refuse", "03-15", code="value_bad", exclusion="X9", opinion="不合适")
    library.move(key, "township", "refuse", "03-15", exclusion="X5", opinion="形象工程")
    assert library.seen(key).stage == "rejected"
    refused(library, key, "village", "apply", "03-20", code="wrong_stage", document="d", opinion="o")
    library.move(key, "village", "reenter", "03-20", opinion="已调整内容")
    library.move(key, "village", "apply", "03-21", document="d", opinion="o")


def test_what_was_withdrawn_enters_again_by_the_whole_way(library):
    key = library.brought("village_notice")
    library.move(key, "village", "withdraw", "03-05", opinion="资金另有安排")
    assert library.seen(key).stage == "withdrawn"
    library.move(key, "village", "reenter", "04-05", opinion="重新申报")
    library.move(key, "village", "apply", "04-06", document="d", opinion="o")
    refused(library, key, "village", "submit_to_township", "04-20", code="wrong_stage", document="d")
    refused(library, key, "village", "submit_to_township", "04-20", code="notice_missing", document="d")


# who begins where, and emergencies


def test_works_of_a_village_begin_in_the_village(library, values):
    key = library.draft()
    refused(library, key, "township", "apply", "03-01", code="begins_in_village", **values.apply)


def test_works_of_several_areas_begin_at_the_township_or_a_department(library, values):
    for by in ("township", "transport"):
        key = library.draft(by=by, scope="跨区域规模化", village_code=None, township_code="990101001", county_code="990101")
        moved = library.move(key, by, "apply", "03-01", **values.apply)
        assert (moved.project["status"], moved.event["level"]) == ("township_review", "乡" if by == "township" else "县")
    wide = library.draft(by="transport", scope="跨区域规模化", county_code="990101")
    for role, name, on, given in (
        ("transport", "apply", "03-01", values.apply),
        *((("transport", *item[1:])) for item in WALK[3:6]),
    ):
        library.move(wide, role, name, on, **given)
    assert library.seen(wide).stage == "opinions"


EMERGENCY = {"scope": "应急", "emergency_cause": "disaster"}


def test_an_emergency_runs_first_and_the_reminder_stays_until_the_library(library, values):
    key = library.brought("apply", **EMERGENCY)
    refused(library, key, "township", "start", "03-02", code="wrong_stage", document="开工令")
    library.move(key, "leading_group", "emergency_consent", "03-02", document="县领纪", opinion="同意先行实施")
    library.move(key, "township", "start", "03-02", document="开工令")
    library.move(key, "village", "progress", "03-05", progress_pct=50)
    for role, name, on, given in WALK[1:5]:
        library.move(key, role, name, on, **given)
        assert [item.check for item in library.seen(key).violations] == ["E21"]
    library.move(key, "township", "complete", "03-20", document="完工报告")
    assert library.seen(key).stage == "township_notice"
    assert not_handed_over(library, key, "03-21")[0].code == "wrong_stage"
    for role, name, on, given in WALK[5:12]:
        assert [item.check for item in library.seen(key).violations] == ["E21"]
        library.move(key, role, name, on, **given)
    found = library.seen(key)
    assert (found.stage, found.project["status"], found.violations) == ("completed", "completed", ())


def test_only_an_emergency_runs_first(library):
    key = library.brought("apply")
    refused(library, key, "leading_group", "emergency_consent", "03-02", code="not_emergency", document="纪", opinion="同意")
    lacking = library.draft(scope="应急")
    assert [
        item.field
        for item in refused(library, lacking, "village", "apply", "03-01", code="field_missing", document="d", opinion="o")
    ] == ["emergency_cause"]


# versions, drafts


def test_what_was_seen_is_what_is_moved(library, values):
    key = library.draft()
    library.move(key, "village", "apply", "03-01", **values.apply)
    with pytest.raises(StaleEditsError) as caught:
        library.move(key, "village", "village_notice", "03-02", ver=1, **values.village_notice)
    assert (caught.value.ver, caught.value.who) == (2, "village")
    with pytest.raises(PreconditionRequiredError):
        moving.move(
            library.store, PEOPLE["village"], key, "village_notice", values.village_notice, expected_ver=None, today=day("03-02")
        )
    with pytest.raises(BadRequestError, match="There is no move fly"):
        library.move(key, "village", "fly", "03-02")
    with pytest.raises(NotFoundError):
        library.move("nothing", "village", "apply", "03-02", ver=1)


def test_an_opinion_moves_the_version_so_that_none_gets_lost(library, values):
    key = library.brought("submit_to_county")
    ver = library.seen(key).ver
    library.move(key, "finance", "opinion_finance", "03-29", ver=ver, **values.opinion_finance)
    with pytest.raises(StaleEditsError):
        library.move(key, "revitalisation", "opinion_revitalisation", "03-29", ver=ver, **values.opinion_revitalisation)


def test_a_draft_is_written_in_the_area_of_its_writer_alone(library):
    with pytest.raises(ForbiddenError, match="outside the areas"):
        library.draft(by="other_village", village_code=VILLAGE)
    for by in ("finance", "leading_group"):
        with pytest.raises(ForbiddenError, match="Applications"):
            library.draft(by=by)
    for field in ("status", "plan_year", "project_id", "event_seq", "nothing"):
        with pytest.raises(BadRequestError, match=field):
            library.draft(**{field: "x"})


def test_what_was_handed_in_is_not_rewritten_and_a_draft_is(library):
    key = library.draft()
    seen = library.seen(key)
    drafting.change(library.store, PEOPLE["village"], key, {"task": "硬化3公里"}, expected_ver=seen.ver)
    library.move(key, "village", "apply", "03-01", document="d", opinion="o")
    seen = library.seen(key)
    for attempt in (
        lambda: drafting.change(library.store, PEOPLE["village"], key, {"task": "硬化9公里"}, expected_ver=seen.ver),
        lambda: drafting.discard(library.store, PEOPLE["village"], key, expected_ver=seen.ver),
    ):
        with pytest.raises(LockedRowError):
            attempt()
    spare = library.draft(name="另一条路")
    drafting.discard(library.store, PEOPLE["village"], spare, expected_ver=1)
    with pytest.raises(NotFoundError):
        library.seen(spare)


def test_a_late_plan_is_taken_and_shown(library, values):
    key = library.brought("enter_library")
    moved = library.move(key, "leading_group", "into_plan", "12-01", plan_year=2027, plan_rank=3)
    assert [item.code for item in moved.warnings] == ["late"]
    assert [(item.check, item.severity) for item in library.seen(key).violations] == [("E5", "warning")]
    refused(library, key, "leading_group", "into_plan", "12-02", code="value_bad", plan_year=2025, plan_rank=1)
    refused(library, key, "leading_group", "into_plan", "12-02", code="value_bad", plan_year=2027, plan_rank=0)


def test_spending_above_the_budget_is_taken_and_said(library):
    key = library.brought("start")
    moved = library.move(key, "finance", "spend", "11-29", amount=200, fund_source="S11", document="拨付")
    assert [item.code for item in moved.warnings] == ["over_budget"]
    refused(library, key, "finance", "spend", "11-29", code="value_bad", amount=-1, fund_source="S11", document="拨付")
    refused(library, key, "finance", "spend", "11-29", code="value_bad", amount=1, fund_source="S99", document="拨付")
    assert APPLICATION["budget_total"] < 200
