from decimal import Decimal

from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st

from processing.monitoring import amount, crossed, grouped, per_head, quotas, total


def project(budget, status="in_library"):
    return {"budget_total": budget, "status": status}


def test_money_per_head_by_hand():
    found = per_head([project(30.5), project(9.5, "completed"), project(99, "withdrawn"), project(99, "draft")], 800)
    assert found.yuan == Decimal("500.00")  # 40 万元 = 400 000 元 over 800 persons
    assert (found.budgets.rows, found.budgets.unknown, found.lower_bound) == (2, 0, False)


def test_an_unknown_budget_makes_a_lower_bound_and_an_unknown_population_nothing():
    assert per_head([project(8), project(None)], 100).lower_bound
    assert per_head([project(8)], None).yuan is None
    assert per_head([project(8)], 0).yuan is None
    assert per_head([project(None)], 100).yuan is None
    assert per_head([], 100).yuan is None


def test_a_text_that_is_no_number_is_unknown():
    assert amount("十") is None


def test_land_by_hand():
    found = quotas(
        [
            {"year": 2024, "land_quota_mu": 600.0, "land_used_mu": 450.5, "document": "甲"},
            {"year": 2025, "land_quota_mu": 600.0, "land_used_mu": None},
            {"year": 2023, "land_quota_mu": 600.0, "land_used_mu": 610.0},
            {"year": 2022, "land_quota_mu": None, "land_used_mu": 1.0},
        ]
    )
    assert [(item.year, item.state) for item in found] == [
        (2025, "unknown"),
        (2024, "within"),
        (2023, "above"),
        (2022, "unknown"),
    ]
    assert (found[1].left_mu, found[1].used_pct, found[1].document) == (Decimal("149.5"), Decimal("75.1"), "甲")
    assert found[0].left_mu is None
    assert found[2].left_mu == Decimal("-10.0")


AMOUNTS = st.one_of(st.none(), st.integers(0, 10**6).map(lambda cents: cents / 100))
ROWS = st.lists(
    st.fixed_dictionaries(
        {"status": st.sampled_from(["a", "b", None]), "kind": st.sampled_from(["x", "y", None]), "value": AMOUNTS}
    ),
    max_size=30,
)


@house(max_examples=80)
@given(ROWS)
def test_parts_add_up_to_the_whole_exactly(rows):
    whole = total(rows, "value")
    for parts in (grouped(rows, "status", "value", ["b", "a"]), list(crossed(rows, ("kind", "status"), "value").items())):
        assert sum(item.rows for _, item in parts) == whole.rows == len(rows)
        assert sum(item.unknown for _, item in parts) == whole.unknown
        assert sum((item.amount for _, item in parts), Decimal(0)) == whole.amount
    names = [name for name, _ in grouped(rows, "status", "value", ["b", "a"])]
    assert names == [name for name in ("b", "a", None) if name in names]
