"""The sheet of monitored households read into what is counted, and faults that never repeat a cell."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.household_counts import counted
from processing.household_rules import rules_for, window
from processing.household_sheet import Asked, incomes, read_sheet
from tests.sample_households import MARK, grid, household, households

VILLAGES = ["430421001201", "430421001202"]
RULES = rules_for(VILLAGES, dt.date(2026, 10, 31))


def read(rows, *, line=6500.0, cells=None):
    names = {code: code for code in VILLAGES} | {"甲村": VILLAGES[0]}
    return read_sheet(cells or grid(rows), Asked(2026, 10, RULES, line, names))


def one(seed=1, **given):
    return household(random.Random(seed), 1, VILLAGES[0], **given)


def rules_of(rows, severity="error"):
    return {(fault.item, fault.rule) for fault in read(rows).faults if fault.severity == severity}


def test_a_clean_sheet_gives_households_and_nothing_of_persons():
    sheet = read(households(VILLAGES, 60, seed=2))
    assert sheet.errors == 0
    assert len(sheet.households) == 60
    assert sheet.persons == sum(item.persons for item in sheet.households)
    assert MARK not in repr(sheet)
    assert sheet.window == (dt.date(2025, 10, 1), dt.date(2026, 9, 30))
    assert sheet.header_row == 2


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"A28": "三千"}, ("A28", "number")),
        ({"A33": "1"}, ("A33", "sum_differs")),
        ({"A38": "1"}, ("A38", "sum_differs")),
        ({"A26": "01", "member_A17": "01"}, ("A26", "sum_differs")),
        ({"A23": ""}, ("A23", "yesno")),
        ({"A27": "怪病"}, ("A27", "codes")),
        ({"A3": "1", "A4": "否"}, ("A4", "type_logic")),
        ({"A3": "2", "A4": "是"}, ("A4", "type_logic")),
        ({"A3": "", "A4": ""}, ("A3", "filled")),
        ({"村代码": "没有的村"}, ("area", "village")),
        ({"A53": "01", "A54": ""}, ("A54", "day")),
        ({"纳入时间": "2026-11"}, ("included", "not_later")),
    ],
)
def test_faults_name_item_and_rule(given, fault):
    rows = one(**({"A3": "1", "A4": "是"} | given))
    assert fault in rules_of(rows)


def test_no_risk_is_removed_below_the_line():
    poor = {"A3": "1", "persons": 1, "A28": "4000", "A29": "0", "A32": "0", "A33": "", "A34": "", "A37": "", "A38": ""}
    assert ("A34", "removal_line") in rules_of(one(**poor, A53="01", A54="2026.10.09"))
    assert ("A34", "removal_line") not in rules_of(one(**poor))


def test_the_type_follows_from_income_and_former_poverty_where_it_is_not_ticked():
    money = {"persons": 1, "A29": "0", "A32": "0", "A33": "", "A34": "", "A37": "", "A38": "", "A3": ""}
    kinds = [
        read(one(**money, A28=wage, A4=former)).households[0].kind
        for wage, former in (("6499", "是"), ("6499", "否"), ("6500", "是"))
    ]
    assert kinds == ["脱贫不稳定", "边缘易致贫", "突发严重困难"]


def test_one_person_stands_once():
    rows = one() + household(random.Random(2), 1, VILLAGES[1], 户编号="另一户")
    assert ("A7", "once") in {(fault.item, fault.rule) for fault in read(rows).faults}


def test_households_without_a_number_begin_with_their_head():
    rows = households(VILLAGES, 12, seed=4)
    for row in rows:
        row["户编号"] = ""
    cells = grid(rows)
    for row in cells[1:]:
        row[1] = ""
    assert len(read(rows, cells=cells).households) == 12


def test_a_sheet_without_its_columns_names_them():
    sheet = read([], cells=[["姓名", "电话"], ["x", "y"]])
    assert {fault.rule for fault in sheet.faults} == {"column_missing"}
    assert "A28" in {fault.item for fault in sheet.faults}


def test_there_is_no_cap():
    """The text of 2020 speaks of 5 and 10 percent; the Hunan text of 2021 does away with it, so nothing is refused for being many."""
    assert read(households(VILLAGES, 400, seed=9)).errors == 0
    assert "cap" not in RULES.__slots__


def test_counts_add_up_and_the_removed_are_not_monitored():
    rows = households(VILLAGES, 80, seed=6)
    rows += household(random.Random(3), 900, VILLAGES[0], A3="3", A53="02", A54="2026.10.20", 纳入时间="2026-10")
    sheet = read(rows)
    assert sheet.errors == 0
    parent = {**dict.fromkeys(VILLAGES, "430421001"), "430421001": "430421"}
    level = dict.fromkeys(VILLAGES, 0) | {"430421001": 1, "430421": 2}
    kinds, risks = ("脱贫不稳定", "边缘易致贫", "突发严重困难"), ("01", "07")
    found = counted(sheet.households, parent, level, types=kinds, risks=risks)
    total = found["430421", "合计", "all"]
    assert total["households"] == 80
    assert total["removed"] == 1
    for name, value in total.items():
        assert sum(found[village, "合计", "all"][name] for village in VILLAGES) == value
    for name in ("households", "persons"):
        assert sum(found["430421", kind, "all"][name] for kind in kinds) == total[name]


@given(st.lists(st.integers(0, 10**6), min_size=7, max_size=7), st.integers(1, 9))
def test_incomes_are_exact(amounts, persons):
    named = dict(zip(("A28", "A29", "A30", "A31", "A32", "A35", "A36"), map(Decimal, amounts), strict=True))
    found = incomes(named, persons)
    a28, a29, a30, a31, a32, a35, a36 = amounts
    assert found["A33"] == a28 + a29 + a30 + a31 - a32
    assert found["A37"] == found["A33"] + a35 - a36
    assert found["A34"] * persons == pytest.approx(found["A33"])


def test_the_window_ends_with_the_month_before():
    assert window(2021, 5) == (dt.date(2020, 5, 1), dt.date(2021, 4, 30))
    assert window(2024, 3) == (dt.date(2023, 3, 1), dt.date(2024, 2, 29))
