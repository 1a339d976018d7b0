"""The plan of Baiyin against the figures worked out in the specification, other plans, and the library beside them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st

from layers.plan_investments import published
from processing.investment import CATEGORY, COUNTY, EMPTY, library, plan, plans

D = Decimal


@pytest.fixture(scope="module")
def baiyin():
    return plans(published())[0]


def test_both_margins_miss_the_stated_total_by_one_last_digit(baiyin):
    assert (baiyin.total, baiyin.parts(CATEGORY), baiyin.parts(COUNTY)) == (D("289.31"), D("289.30"), D("289.30"))
    found = [item for item in baiyin.contradictions if item.kind == "total"]
    assert [(item.stated, item.computed, item.status) for item in found] == [("289.31", "289.30", "rounding")] * 2
    assert found[1].arithmetic == "110.28 + 103.76 + 60.04 + 11.07 + 4.15 = 289.30; 289.30 − 289.31 = −0.01"


@pytest.mark.parametrize(
    ("name", "stated", "on_stated", "on_parts", "fits"),
    [
        ("巩固拓展脱贫攻坚成果", "13.33", "13.32", "13.33", ("parts",)),
        ("支持脱贫地区乡村特色产业发展壮大", "22.85", "22.85", "22.85", ("stated", "parts")),
        ("促进脱贫人口稳定就业", "2.31", "2.31", "2.31", ("stated", "parts")),
        ("乡村公共基础设施建设", "22.40", "22.40", "22.40", ("stated", "parts")),
        ("农村人居环境整治提升", "26.88", "26.88", "26.88", ("stated", "parts")),
        ("提升脱贫地区公共服务水平", "12.02", "12.02", "12.02", ("stated", "parts")),
        ("其他", "0.21", "0.21", "0.21", ("stated", "parts")),
        ("会宁县", "38.12", "38.12", "38.12", ("stated", "parts")),
        ("靖远县", "35.86", "35.86", "35.87", ("stated",)),
        ("景泰县", "20.75", "20.75", "20.75", ("stated", "parts")),
        ("白银区", "3.83", "3.83", "3.83", ("stated", "parts")),
        ("平川区", "1.44", "1.43", "1.43", ()),
    ],
)
def test_every_share_on_both_totals(baiyin, name, stated, on_stated, on_parts, fits):
    item = next(part for part in baiyin.margins if part.name == name)
    assert (str(item.stated), str(item.on_stated), str(item.on_parts), item.fits) == (stated, on_stated, on_parts, fits)


def test_every_contradiction_of_the_document_with_its_arithmetic(baiyin):
    found = {(item.kind, item.subject): item for item in baiyin.contradictions}
    assert len(found) == len(baiyin.contradictions) == 10
    assert found["share", "巩固拓展脱贫攻坚成果"].arithmetic == "100 × 38.55 ÷ 289.31 = 13.32; 100 × 38.55 ÷ 289.30 = 13.33"
    assert found["share", "平川区"].computed == "1.43 % / 1.43 %"
    assert found["shares", ""].stated == "3"
    assert found["items", ""].arithmetic == "6 + 15 + 9 + 8 + 6 + 6 + 0 = 50; 50 − 51 = −1"
    assert found["named_twice", "农村人居环境整治提升"].computed == "2"
    assert found["not_named", "提升脱贫地区公共服务水平"].computed == "0"
    assert found["unit", "促进脱贫人口稳定就业"].stated == "亿万元"
    assert baiyin.projects_stated == 1194


def row(name=None, county=None, amount=1.0, **more):
    return {"plan_id": "p", "document": "d", "dimension_row": name, "dimension_col": county, "amount_yi": amount, **more}


def test_a_plan_that_agrees_with_itself_has_no_contradiction():
    rows = [row("a", amount=25.0, stated_share=25.0), row("b", amount=75.0, stated_share=75.0), row(amount=100.0)]
    assert plan(rows).contradictions == ()


def test_beyond_the_tolerance_the_total_differs():
    found = plan([row("a", amount=25.0), row("b", amount=74.9), row(amount=100.0)]).contradictions
    assert [(item.kind, item.status) for item in found] == [("total", "differs")]
    assert plan([row("a", amount=25.0), row("b", amount=74.95), row(amount=100.0)]).contradictions[0].status == "rounding"


def test_a_plan_may_have_cells_or_no_total():
    found = plan([row("a", amount=3.0), row("a", "x", 1.0), row("a", "y", 2.0)])
    assert found.total is None
    assert found.cells == {("a", "x"): D("1.00"), ("a", "y"): D("2.00")}
    assert found.margins[0].on_stated is None
    assert found.contradictions == ()


def project(category, county, budget, status="in_library"):
    return {"baiyin_category": category, "county_code": county, "budget_total": budget, "status": status}


def test_the_library_adds_up_in_yi_by_hand():
    found = library(
        [
            project("C1", "x", 12345.6),
            project("C1", "x", 1.0),
            project("C1", "y", None),
            project(None, "x", 10000),
            project("C2", "x", 9, "rejected"),
        ],
        leave_out=frozenset({"rejected"}),
    )
    assert found.at("C1", "x").amount == D("1.23466")
    assert (found.at("C1", "x").shown(), found.at("C1", "y").unknown, found.at(None, "x").shown()) == (D("1.23"), 1, D("1.00"))
    assert found.at("C2", "x") == EMPTY
    assert (found.whole().projects, found.whole().unknown) == (4, 1)


MONEY = st.one_of(st.none(), st.integers(0, 10**8).map(lambda cents: cents / 100))


@house(max_examples=80)
@given(st.lists(st.builds(project, st.sampled_from(["C1", "C2", None]), st.sampled_from(["x", "y", None]), MONEY), max_size=30))
def test_rows_and_columns_add_up_to_the_whole_exactly(projects):
    found = library(projects)
    for sums in ([found.row(name) for name in ("C1", "C2", None)], [found.column(name) for name in ("x", "y", None)]):
        assert sum((item.amount for item in sums), D(0)) == found.whole().amount
        assert sum(item.projects for item in sums) == len(projects)
        assert sum(item.unknown for item in sums) == sum(item["budget_total"] is None for item in projects)
    assert found.whole().amount * 10_000 == sum(
        (D(str(item["budget_total"])) for item in projects if item["budget_total"] is not None), D(0)
    )
