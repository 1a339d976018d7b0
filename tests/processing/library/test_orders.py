"""Random orders of moves: whatever is tried, no state that the rules let somebody reach breaks a rule.

What is expected is worked out here anew, from the days of the events alone, and not by the code that decided.
"""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.library import trail
from processing.library.moves import LIBRARY, MOVES, NOTICES, PROCEDURE, SECTORS, level_of, roles_at
from processing.library.rules import read, rules_for
from processing.library.stages import allowed, check, replay

FIRST = dt.date(2026, 1, 5)
CALENDAR = rules_for((), FIRST)
OWN = read(
    '[[rule]]\nkey="day_kind"\nvalue="working"\nscope="990101"\nvalid_from=2020-01-01\ncertainty="design"\n'
    '[[rule]]\nkey="holidays"\nvalue=["2026-02-16","2026-02-17","2026-02-18","2026-05-01"]\nscope="990101"\n'
    'valid_from=2020-01-01\ncertainty="design"\n'
    '[[rule]]\nkey="county_notice_days"\nvalue=15\nscope="990101"\nvalid_from=2020-01-01\ncertainty="design"\n'
)
WORKING = rules_for(("990101",), FIRST, OWN)
HOLIDAYS = {dt.date(2026, 2, 16), dt.date(2026, 2, 17), dt.date(2026, 2, 18), dt.date(2026, 5, 1)}
WHOLE = {
    "status": "draft",
    "name": "路",
    "category": "P3",
    "build_nature": "新建",
    "location_text": "三组",
    "village_codes": ["990101001200"],
    "start_date": dt.date(2026, 3, 1),
    "end_date": dt.date(2026, 9, 1),
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
    "village_code": "990101001200",
    "township_code": "990101001",
    "county_code": "990101",
}
BRINGS = {
    "document": "文件",
    "opinion": "意见",
    "place": "公开栏",
    "url": "https://example.gov/1",
    "result": "通过",
    "exclusion": "X2",
    "amount": 3.0,
    "fund_source": "S11",
    "progress_pct": 40.0,
    "plan_rank": 1,
    "answers": "?",
    "proposed": [{"field": "task", "old": "硬化", "new": "硬化加长"}],
}
STEP = st.tuples(
    st.sampled_from(sorted(MOVES)),
    st.one_of(st.integers(0, 14), st.integers(-3, 3)),
    st.sampled_from(["通过", "通过", "通过", "退回", "不予入库"]),
    st.sampled_from(["", "", "", "document", "opinion", "url", "place", "result"]),
    st.integers(0, 4),
)
SCOPES = st.sampled_from(["到村到户", "跨区域规模化", "应急"])


class Walker:
    """A project on which moves are tried, one after the other; those that the rules let pass become events."""

    def __init__(self, scope, rules, *, lacking=None):
        self.rules, self.events, self.today = rules, [], FIRST
        self.project = WHOLE | {"scope": scope, "emergency_cause": "disaster" if scope == "应急" else None}
        if lacking:
            self.project[lacking] = None

    def level(self, move):
        stage = trail.follow(self.project, self.events).stage
        roles = roles_at(MOVES[move], stage, sector=self.project["sector"])
        if not roles:
            return MOVES[move].level or "县"
        wide = self.project["scope"] == "跨区域规模化"
        order = ["township", "village", *sorted(SECTORS.values())] if wide else ["village", "township", *sorted(SECTORS.values())]
        return level_of(MOVES[move], next((role for role in order if role in roles), "revitalisation"))

    def values(self, move, day, result, missing):
        now = trail.follow(self.project, self.events)
        found = {name: BRINGS[name] for name in MOVES[move].needs if name in BRINGS and name != missing}
        found |= {"start_date": day, "level": self.level(move)}
        if "result" in found:
            found["result"] = result
        if "answers" in found and now.objections:
            found["answers"] = next(iter(now.objections))
        if move == "into_plan":
            found["plan_year"] = day.year + 1
        if move == "ask_change":
            new = f"硬化{len(self.events)}"
            found["proposed"] = [{"field": "task", "old": self.project["task"], "new": new}]
        if MOVES[move].event in NOTICES:
            found["end_date"] = self.rules.notice_end(NOTICES[MOVES[move].event], day)
        return found

    def attempt(self, move, days, result="通过", missing="", back=0):
        """Try a move some days later, dated some days back; say whether it passed."""
        self.today += dt.timedelta(days=max(days, 0))
        day = self.today - dt.timedelta(days=back if days >= 0 else days)
        values = self.values(move, day, result, missing)
        if any(item.blocks for item in check(move, self.project, self.events, values, self.rules, today=self.today)):
            return False
        now = trail.follow(self.project, self.events)
        seq = len(self.events) + 1
        after = trail.after(now, move, values["level"]) if move != "take_over" else now.stage
        event = {
            "event_id": f"e{seq}",
            "seq": seq,
            "event_type": MOVES[move].event,
            "stage_after": after,
            "recorded_on": self.today,
        }
        if move in {"apply", "take_over"}:
            event["proposed"] = [
                {"field": name, "new": self.project[name]} for name in ("task", "name", "location_text", "village_codes")
            ]
        if move == "approve_change" and values["result"] == "通过":
            self.project |= trail.stated(now.asked)
        self.events.append(values | event)
        self.project["status"] = after
        return True


def hung(start, end, *, working):
    """Count the days of a notice, a day at a time."""
    days = [start + dt.timedelta(days=n) for n in range((end - start).days)]
    return sum(1 for day in days if not working or (day.weekday() < 5 and day not in HOLIDAYS))


def sound(walker, *, working):
    """Look through the events for what must never be there."""
    needed = {"村公示": 10, "乡公示": 10, "县公示": 15 if working else 10}
    ends = {"上报": ("村公示", "乡公示"), "入库公告": ("县公示",)}
    emergency = walker.project["scope"] == "应急"
    open_objections, reached, consent = set(), [], None
    round_events = []
    for event in walker.events:
        kind, on = event["event_type"], event["start_date"]
        assert on <= event["recorded_on"]
        if kind == "村申报":
            round_events = []
        steps = {
            "村公示",
            "上报",
            "乡审核",
            "乡公示",
            "县审定",
            "县公示",
            "入库公告",
            "列入年度计划",
            "移出年度计划",
            "退库",
            "村申报",
        }
        if kind in steps:
            assert not open_objections, f"{kind} while {open_objections} wait for an answer"
            assert all(on >= other["start_date"] for other in round_events if other["event_type"] in steps)
        if kind in ends:
            notice = [other for other in round_events if other["event_type"] in ends[kind]][-1]
            least = needed[notice["event_type"]]
            assert hung(notice["start_date"], on, working=working) >= least, (notice["event_type"], notice["start_date"], on)
        if kind == "县审定":
            for opinion in ("振兴局意见", "财政意见", "行业意见"):
                said = [other for other in round_events if other["event_type"] == opinion]
                assert said, f"no {opinion}"
                assert said[-1]["result"] == "通过"
                assert said[-1]["start_date"] <= on
        if kind == "入库公告":
            assert event["url"]
            assert [other for other in round_events if other["event_type"] == "县审定"]
        if kind == "调整审定":
            assert reached[-1] == "调整申请" or "调整申请" in reached
        if kind == "应急同意":
            assert emergency
            consent = on
        if kind == "开工":
            assert "列入年度计划" in reached or (emergency and consent is not None and on >= consent)
        if kind == "异议":
            open_objections.add(event["event_id"])
        if kind == "异议答复":
            open_objections.remove(event["answers"])
        reached.append(kind)
        round_events.append(event)


@settings(max_examples=120)
@given(SCOPES, st.booleans(), st.lists(STEP, max_size=45))
def test_no_order_of_moves_reaches_a_state_that_breaks_a_rule(scope, working, steps):
    walker = Walker(scope, WORKING if working else CALENDAR)
    for move, days, result, missing, back in steps:
        walker.attempt(move, days, result, missing, back)
    judged(walker, working=working)


def judged(walker, *, working):
    sound(walker, working=working)
    found = replay(walker.project, walker.events, walker.rules)
    assert found.stage == walker.project["status"]
    emergency = found.trail.consent is not None and found.trail.entered is None and found.stage not in LIBRARY
    assert [item.check for item in found.violations if item.severity == "error"] == []
    assert [item.check for item in found.violations if item.severity == "due"] == (["E21"] if emergency else [])
    assert all(item.check == "E5" for item in found.violations if item.severity == "warning")
    return found


A, B, C, D = "990101001200", "990101001201", "990101001202", "990101001203"


@pytest.mark.parametrize(
    ("stated", "register", "links", "breaks"),
    [
        ([A], [A], (), False),
        ([A, B], [B, A], (), False),
        ([A], [B], (), True),  # another village
        ([A, B], [A], (), True),  # one left out
        ([A], [A, B], (), True),  # one more
        ([A, B], [], (), True),
        ([A], [C], [(A, C)], False),  # renumbered
        ([A, B], [C], [(A, C), (B, C)], False),  # merged
        ([A], [C, D], [(A, C), (A, D)], False),  # divided
        ([A], [D], [(A, C), (C, D)], False),  # twice
        ([A], [B], [(A, C)], True),  # became another than the one that is named
        ([A, B], [C], [(A, C)], True),  # of two that were stated one has gone without a trace
        ([A], [C], [(C, A)], True),  # the other way round
    ],
)
def test_the_villages_of_the_register_are_those_applied_for_or_what_became_of_them(stated, register, links, breaks):
    walker = Walker("到村到户", CALENDAR)
    walker.project["village_codes"] = stated
    walker.attempt("apply", 0)
    assert walker.project["status"] == "applied"
    found = replay({**walker.project, "village_codes": register}, walker.events, walker.rules, links=links)
    told = [
        (item.check, item.code, item.field) for item in found.violations if item.field == "village_codes" and item.check == "E7"
    ]
    assert told == ([("E7", "changed_without_approval", "village_codes")] if breaks else [])


@st.composite
def likely(draw):
    """Moves that mostly are the ones on offer, so that orders go far; and now and then any other."""
    return [
        (
            draw(st.integers(0, 30)),
            draw(st.sampled_from([0, 1, 1, 3, 10, 11, 20])),
            draw(st.integers(0, 9)),
            draw(st.sampled_from(sorted(MOVES))),
        )
        for _ in range(draw(st.integers(5, 60)))
    ]


@settings(max_examples=100)
@given(SCOPES, st.booleans(), likely())
def test_orders_that_go_far_break_no_rule_either(scope, working, steps):
    walker = Walker(scope, WORKING if working else CALENDAR)
    aside = {"return_", "refuse", "withdraw", "leave_library", "objection"}
    for pick, days, luck, other in steps:
        offered = [item.move.name for item in allowed(walker.project, walker.events, walker.rules, today=walker.today)]
        forward = [name for name in offered if name not in aside] if luck else offered
        move = other if luck == 1 or not forward else forward[pick % len(forward)]
        walker.attempt(move, days)
    judged(walker, working=working)


@settings(max_examples=60)
@given(SCOPES, likely())
def test_what_is_offered_as_possible_passes_with_what_it_needs(scope, steps):
    walker = Walker(scope, CALENDAR)
    for pick, days, luck, _ in steps:
        walker.today += dt.timedelta(days=days)
        offered = allowed(walker.project, walker.events, walker.rules, today=walker.today)
        chosen = offered[pick % len(offered)] if luck < 2 else offered[0]
        before = len(walker.events)
        passed = walker.attempt(chosen.move.name, 0)
        village_first = chosen.move.name == "apply" and walker.level("apply") != "村"
        assert passed == chosen.possible or village_first, (chosen.move.name, chosen.blocked)
        assert len(walker.events) == before + passed


@settings(max_examples=40)
@given(
    st.sampled_from(
        [name for name in WHOLE if name not in {"status", "scope", "sector", "village_code", "township_code", "county_code"}]
    ),
    likely(),
)
def test_nothing_incomplete_leaves_the_draft(lacking, steps):
    walker = Walker("到村到户", CALENDAR, lacking=lacking)
    for pick, days, _, other in steps:
        offered = [item.move.name for item in allowed(walker.project, walker.events, walker.rules, today=walker.today)]
        walker.attempt(offered[pick % len(offered)] if pick % 3 else other, days)
    assert walker.events == []


def test_the_longest_way_is_reached_by_what_is_offered():
    walker = Walker("到村到户", CALENDAR)
    aside = {"return_", "refuse", "withdraw", "leave_library", "objection", "ask_change", "out_of_plan", "progress", "spend"}
    seen = set()
    for _ in range(60):
        offered = [
            item
            for item in allowed(walker.project, walker.events, walker.rules, today=walker.today)
            if item.move.name not in aside
        ]
        ready = [
            item
            for item in offered
            if (item.possible and MOVES[item.move.name].event not in {e["event_type"] for e in walker.events} | {"上报"})
            or (item.move.event == "上报" and item.possible)
        ]
        if ready:
            walker.attempt(ready[-1].move.name if ready[-1].move.after else ready[0].move.name, 0)
        else:
            walker.today += dt.timedelta(days=1)
        seen.add(walker.project["status"])
    assert set(PROCEDURE) | {"in_library", "annual_plan"} <= seen
    assert walker.project["status"] == "asset_formed"
