"""Three values from lists that may be partial: worked by hand, on the shipped lists, and for random lists."""

import pandas as pd
from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st

from layers import key_counties, key_lists
from layers.codes import table
from processing.key_areas import (
    ABSENT,
    DIFFER,
    LEVELS,
    NO,
    NO_LIST,
    PARTIAL,
    UNKNOWN,
    YES,
    County,
    conflicts,
    counted,
    decide,
    facts,
)

HERE = County("620422", "会宁县", ("6204", "62"))


def entry(code="620422", level="国家", year=2021, **more):
    return {"county_code": code, "level": level, "year": year, "list_id": "L", "list_name": "名录", "document": "甲号", **more}


def listed(area="62", level="国家", complete=True, year=2021, **more):  # noqa: FBT002 - a shorthand
    return {"list_id": "L", "level": level, "area_code": area, "complete": complete, "year": year, "list_name": "名录", **more}


def one(entries, lists, county=HERE, level="国家"):
    return next(item for item in decide([county], entries, lists) if item.level == level)


def test_a_county_on_a_list_is_yes_with_its_source():
    found = one([entry()], [listed(complete=False)])
    assert (found.state, found.list_name, found.document, found.year) == (YES, "名录", "甲号", 2021)


def test_absent_from_a_partial_list_is_unknown_and_never_no():
    assert (one([], [listed(complete=False)]).state, one([], [listed(complete=False)]).reason) == (UNKNOWN, PARTIAL)
    assert one([], [listed(complete=None)]).state == UNKNOWN
    assert one([], [listed(complete=pd.NA)]).state == UNKNOWN


def test_absent_from_a_whole_list_is_no_only_where_the_list_holds():
    assert (one([], [listed()]).state, one([], [listed()]).reason) == (NO, ABSENT)
    assert (one([], [listed(area="51")]).state, one([], [listed(area="51")]).reason) == (UNKNOWN, NO_LIST)
    assert one([], [listed(area="6204")]).state == NO
    assert one([], [listed(level="省")]).state == UNKNOWN


def test_each_level_is_decided_by_its_own_lists():
    states = {item.level: item.state for item in decide([HERE], [entry()], [listed(level="省")])}
    assert states == {"国家": YES, "省": NO, "市": UNKNOWN}


def test_the_newest_statement_goes():
    old, new = entry(year=2021), listed(year=2026) | {"list_id": "M"}
    assert one([old], [listed(), new]).state == NO
    assert one([entry(year=2026) | {"list_id": "M"}], [listed(), new]).state == YES


def test_a_document_may_say_that_a_county_is_none():
    assert one([entry(listed=False)], []).state == NO
    assert one([entry(listed=None)], []).state == YES


def test_statements_of_one_year_that_contradict_leave_it_unknown_and_name_both():
    found = one([entry(), entry(listed=False, document="乙号")], [])
    assert (found.state, found.reason, found.document) == (UNKNOWN, DIFFER, "甲号；乙号")


def test_shipped_lists_by_hand():
    entries, lists = key_counties.published(), key_lists.published()
    asked = [
        County("620422", "会宁县", ("6204", "62")),
        County("620402", "白银区", ("6204", "62")),
        County("620423", "景泰县", ("6204", "62")),
        County("510104", "锦江区", ("51",)),
        County("610102", "新城区", ("61",)),
        County("430102", "芙蓉区", ("43",)),
        County("110101", "东城区", ("11",)),
    ]
    found = {(item.name, item.level): (item.state, item.reason) for item in decide(asked, entries, lists)}
    assert found["会宁县", "国家"] == ("yes", "listed")
    assert found["白银区", "国家"] == ("unknown", "partial")  # the list of Gansu is partial
    assert found["景泰县", "国家"] == ("unknown", "partial")
    assert found["景泰县", "省"] == ("yes", "listed")
    assert found["会宁县", "省"] == ("unknown", "partial")
    assert found["锦江区", "国家"] == ("no", "absent")  # 四川's 25 are given in full
    assert found["新城区", "国家"] == ("unknown", "partial")  # 陕西's list is whole by memory only
    assert found["芙蓉区", "省"] == ("no", "absent")
    assert found["东城区", "国家"] == ("unknown", "no_list")
    assert {found[name, "市"] for name, level in found if level == "市"} == {("unknown", "no_list")}


def test_what_documents_state_against_what_is_held():
    found = {
        (item.stated, item.document[:2]): item
        for item in facts(key_counties.published(), table("key_county_facts"), key_lists.published())
    }
    assert (found[160, "无标"].counted, found[160, "无标"].status) == (114, "incomplete")
    assert (found[44, "无标"].counted, found[44, "无标"].status) == (53, "differs")
    assert found[53, "“十"].status == "equal"
    assert sum(item.status == "equal" for item in found.values()) >= 5
    clash = conflicts(found.values())
    assert [(item.stated[0][0], item.stated[1][0], item.counted) for item in clash] == [(44, 53, 53)]


def test_fewer_than_stated_on_whole_lists_is_a_difference():
    stated = [{"subject_zh": "数", "subject_en": "n", "stated": "3", "by": "level", "value": "", "document": "d"}]
    assert facts([entry()], stated, [listed()])[0].status == "differs"
    assert facts([entry()], stated, [listed(complete=False)])[0].status == "incomplete"


CODES = st.sampled_from([f"c{number}" for number in range(6)])
ROWS = st.builds(
    entry,
    code=CODES,
    level=st.sampled_from(LEVELS),
    year=st.sampled_from([2021, 2023]),
    listed=st.sampled_from([None, True, False]),
)
LISTS = st.builds(
    lambda area, level, complete, year, name: listed(area, level, complete, year) | {"list_id": name},
    st.sampled_from(["p", "q"]), st.sampled_from(LEVELS), st.sampled_from([True, False, None]), st.sampled_from([2021, 2023]),
    st.sampled_from(["L", "M"]),
)  # fmt: skip


@house(max_examples=120)
@given(st.lists(ROWS, max_size=8), st.lists(LISTS, max_size=5))
def test_for_any_lists_no_needs_a_whole_list_or_a_word_and_every_county_is_counted_once(entries, lists):
    asked = [County(f"c{number}", "", ("p" if number % 2 else "q",)) for number in range(6)]
    found = decide(asked, entries, lists)
    for item, county in ((item, next(one for one in asked if one.code == item.code)) for item in found):
        own = [row for row in entries if row["county_code"] == item.code and row["level"] == item.level]
        whole = [row for row in lists if row["complete"] and row["level"] == item.level and row["area_code"] in county.above]
        if item.state == NO:
            assert whole or any(row["listed"] is False for row in own)
        if item.state == YES:
            assert any(row["listed"] is not False for row in own)
    counts = counted(found)
    assert all(sum(counts[level].values()) == len(asked) for level in LEVELS)
    assert [item.state for item in decide(asked, entries[::-1], lists[::-1])] == [item.state for item in found]
