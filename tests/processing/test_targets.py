"""Targets: to whom they apply, which of several counts, and when it cannot be said whether they are met."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from processing.areas import Areas
from processing.target_status import statuses
from processing.targets import COLUMNS, SCOPES, Scope, Target, compare, judge, read_targets

ON = date(2024, 6, 30)
AREAS = Areas(
    pd.DataFrame(
        {
            "area_code": ["43", "4304", "430421", "430422", "62", "6204", "lk"],
            "parent_code": [None, "43", "4304", "4304", None, "62", None],
            "rank": [1, 2, 3, 3, 1, 2, 1],
            "scheme": [None] * 6 + ["pmgsy"],
        }
    ),
    {"key_counties": frozenset({"430421"}), "demo_counties": frozenset({"430422", "6204"})},
)


def table(indicator="SN1", **values):
    """Rows of a coverage table: 62=(low, high) and so on; one number stands for both."""
    rows = []
    for code, bounds in values.items():
        low, high = bounds if isinstance(bounds, tuple) else (bounds, bounds)
        place = code.removeprefix("a")
        level = AREAS.level_of(place) or ("group" if place in AREAS.groups else "all" if place == "all" else "hamlet")
        rows.append({"indicator": indicator, "level": level, "area_code": place, "value": low, "low": low, "high": high,
                     "denominator": 100.0, "unknown": 0.0})  # fmt: skip
    return pd.DataFrame(rows)


def target(**columns):
    row = {
        "target_id": "T",
        "area_scope": "湖南省",
        "indicator_code": "SN1",
        "target_year": 2025,
        "operator": ">=",
        "target_value": 90,
    }
    return pd.DataFrame([row | columns])


def found(rows, targets, on=ON, counts=None):
    return compare(rows, targets, AREAS, on=on, counts=counts).set_index(rows["area_code"])


@pytest.mark.parametrize(
    ("operator", "number", "low", "high", "expected"),
    [(">=", 90, 90, 95, "met"), (">=", 90, 80, 90, "unknown"), (">=", 90, 80, 89.9, "not_met"), (">", 90, 90, 95, "unknown"), (">", 90, 80, 90, "not_met"),
     (">", 90, 91, 95, "met"), ("=", 100, 100, 100, "met"), ("=", 100, 90, 100, "unknown"), ("=", 100, 90, 99, "not_met"), ("=", 5, 6, 7, "not_met"),
     ("<=", 10, 5, 10, "met"), ("<=", 10, 5, 11, "unknown"), ("<=", 10, 11, 12, "not_met"), ("<", 10, 5, 9, "met"), ("<", 10, 10, 12, "not_met"),
     (">=", np.nan, 0, 0, "unknown"), (">=", 90, np.nan, np.nan, "unknown")],
)  # fmt: skip
def test_bounds_decide(operator, number, low, high, expected):
    assert judge(operator, number, low, high) == expected


def test_a_provincial_target_does_not_reach_another_province():
    rows = found(table(a43=91, a4304=(85, 92), a62=95, a6204=10, alk=99), target())
    assert list(rows.columns) == list(COLUMNS)
    assert rows["target_status"].tolist() == ["met", "unknown", "none", "none", "none"]
    assert rows["target"].tolist()[:2] == [90, 90]
    assert rows.loc["43", "target_text"] == ">=90"
    assert rows["target_year"].tolist()[:2] == [2025, 2025]


def test_a_national_target_reaches_every_chinese_area_and_no_other():
    rows = found(table(a62=95, a6204=80, alk=99), target(area_scope="全国"))
    assert rows["target_status"].tolist() == ["met", "not_met", "none"]


def test_the_whole_and_groups_have_targets_when_all_of_them_lie_in_the_scope():
    rows = found(table(aall=95, akey_counties=80, ademo_counties=80), target())
    assert rows["target_status"].tolist() == ["none", "not_met", "none"]
    china = Areas(AREAS.frame[AREAS.frame["scheme"] == "cn-12"], AREAS.groups)
    national = compare(table(aall=95), target(area_scope="全国"), china, on=ON)
    assert national["target_status"].tolist() == ["met"]


def test_a_group_target_holds_for_members_and_the_group_row():
    rows = found(table(a43=91, a430421=85, a430422=85, akey_counties=91), target(area_scope="湖南省重点帮扶县", target_value=86))
    assert rows["target_status"].tolist() == ["none", "not_met", "none", "met"]


MEAN = target(area_scope="湖南省重点帮扶县", target_value="全省平均水平", operator=">=")
BOTH = {"43": 2}


def test_the_provincial_mean_is_the_province_s_own_value_where_all_its_counties_are_held():
    held = {"a43": 88, "a430421": 90, "a430422": 86}
    rows = found(table(**held), MEAN, counts=BOTH)
    assert rows.loc["430421", ["target", "target_status", "target_text"]].tolist() == [88, "met", ">=全省平均水平"]
    judged = found(table(**held, akey_counties=85), MEAN, counts=BOTH)["target_status"]
    assert judged.tolist() == ["none", "met", "none", "not_met"]


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"a430421": 90}, BOTH),
        ({"a43": 88, "a430421": 90}, BOTH),
        ({"a43": 88, "a430421": 90, "a430422": 86}, None),
        ({"a43": 88, "a430421": 90, "a430422": 86}, {}),
    ],
    ids=["no row of the province", "one county of two", "two of the 122 that Hunan has", "nobody says how many"],
)
def test_a_province_of_which_some_counties_are_held_has_no_mean(values, counts):
    row = found(table(**values), MEAN, counts=counts).loc["430421"]
    assert np.isnan(row["target"])
    assert row["target_status"] == "unknown"
    (status,) = statuses(MEAN, table(**values), AREAS, "430421", on=ON, counts=counts)
    assert (status.state, status.reason, status.number) == ("unknown", "province_unknown", None)


def test_the_page_of_targets_compares_with_the_same_mean():
    (status,) = statuses(MEAN, table(a43=88, a430421=90, a430422=86), AREAS, "430421", on=ON, counts=BOTH)
    assert (status.state, status.number, status.value) == ("reached", 88, 90)
    (status,) = statuses(MEAN, table(a43=88, a430421=90, a430422=86), AREAS, "430422", on=ON, counts=BOTH)
    assert status.state == "elsewhere"


def test_words_that_are_no_number_cannot_be_known_and_full_coverage_is_100():
    basic = target(target_value="基本覆盖", operator="=")
    assert found(table(a43=99), basic)["target_status"].tolist() == ["unknown"]
    full = target(target_value="全覆盖", operator="=")
    assert found(table(a43=100), full)[["target", "target_status"]].to_numpy().tolist() == [[100, "met"]]
    both = pd.concat([basic.assign(area_scope="衡阳市"), target()], ignore_index=True)
    assert found(table(a4304=95), both)["target"].tolist() == [90]


def test_the_narrowest_scope_then_the_next_due_year_counts():
    several = pd.concat(
        [target(target_value=70, area_scope="全国", target_id="N"), target(target_value=80, target_year=2022), target(target_value=90, target_year=2025),
         target(target_value=95, target_year=2030), target(target_value=60, target_year=None)],
        ignore_index=True,
    )  # fmt: skip
    rows = table(a43=85, a62=85)
    assert found(rows, several)["target"].tolist() == [90, 70]
    assert found(rows, several, date(2028, 1, 1))["target"].tolist() == [95, 70]
    assert found(rows, several, date(2031, 1, 1))["target"].tolist() == [95, 70]
    assert found(rows, several, date(2020, 1, 1))["target"].tolist() == [80, 70]


def test_hamlets_have_no_target():
    assert found(table(ah1=1), target(area_scope="全国"))["target_status"].tolist() == ["none"]


def test_rows_that_are_no_targets_are_left_out():
    for columns in (
        {"indicator_code": None},
        {"target_value": None},
        {"operator": "≈"},
        {"area_scope": "湖南省脱贫地区"},
        {"area_scope": None},
    ):
        assert read_targets(target(**columns)) == []


def test_layer_rows_with_codes_of_their_own():
    rows = pd.DataFrame(
        [
            {
                "target_id": "A",
                "indicator_code": "W1",
                "area_code": "620422",
                "target_value": 95.0,
                "operator": None,
                "target_year": None,
            },
            {"target_id": "B", "indicator_code": "W1", "area_group": "our group", "target_text": "全覆盖", "operator": "="},
            {"target_id": None, "indicator_code": "W1", "area_code": "C", "area_group": "key_villages", "target_value": 50.0},
        ]
    )
    assert read_targets(rows) == [
        Target("A", "W1", Scope("620422"), ">=", 95.0, None, None),
        Target("B", "W1", Scope("", "our group"), "=", None, "全覆盖", None),
        Target("", "W1", Scope("C", "key_villages"), ">=", 50.0, None, None),
    ]


def test_every_printed_scope_of_a_compared_indicator_has_a_meaning(shared_tables):
    printed = pd.read_csv(shared_tables / "indicator_targets.csv", dtype=str, keep_default_na=False)
    assert set(printed.loc[printed["indicator_code"] != "", "area_scope"]) <= set(SCOPES)


def test_the_shipped_table_beside_baiyin(shared_tables):
    printed = pd.read_csv(shared_tables / "indicator_targets.csv", dtype=str)
    rows = pd.concat(
        [table("W1", a6204=89), table("SN1", a6204=72), table("RD2", a43=90), table("SN3", a4304=100)], ignore_index=True
    )
    result = compare(rows, printed, AREAS, on=date(2025, 12, 31))
    assert result["target_id"].tolist()[0] == "CN-01"
    assert result["target_status"].tolist() == ["met", "none", "met", "met"]
    assert result["target"].tolist()[2:] == [85, 100]
