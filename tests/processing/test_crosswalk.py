import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.crosswalk import MERGED, SAME, SHARE, basis_of, carried, compose, shares, sources, with_rates

COLUMNS = ["event", "from_code", "to_code", "share"]


def links(*rows):
    return pd.DataFrame(list(rows), columns=COLUMNS)


def test_merge_then_split_then_rename_is_one_table():
    chain = links((1, "A", "B", 1.0), (1, "B", "B", 1.0), (2, "B", "B", 0.4), (2, "B", "C", 0.6), (3, "C", "D", 1.0))
    found = {(row.from_code, row.to_code): row.share for row in compose(chain).itertuples()}
    assert found == {("A", "B"): 0.4, ("A", "D"): 0.6, ("B", "B"): 0.4, ("B", "D"): 0.6}


def test_code_that_came_up_later_has_no_past_of_its_own():
    chain = links((1, "A", "A", 0.5), (1, "A", "N", 0.5), (2, "N", "M", 1.0))
    assert set(compose(chain)["from_code"]) == {"A"}
    assert sources(compose(chain), "M") == {"A": 0.5}


def test_transfer_moves_a_share_between_townships():
    found = compose(links((1, "T1", "T1", 0.75), (1, "T1", "T2", 0.25), (1, "T2", "T2", 1.0)))
    assert sources(found, "T2") == {"T1": 0.25, "T2": 1.0}
    assert basis_of(sources(found, "T2"), "T2") == SHARE


def test_untouched_area_is_itself():
    found = compose(links((1, "A", "B", 1.0), (1, "B", "B", 1.0)))
    assert sources(found, "X") == {"X": 1.0}
    assert (basis_of({"X": 1.0}, "X"), basis_of({"A": 1.0, "B": 1.0}, "B"), basis_of({"A": 1.0}, "B")) == (SAME, MERGED, MERGED)


@pytest.mark.parametrize(
    "rows",
    [
        [(1, "A", "B", 0.5)],
        [(1, "A", "B", 1.5)],
        [(1, "A", "B", -0.1), (1, "A", "C", 1.1)],
        [(1, "A", "B", 0.6), (1, "A", "C", 0.6)],
    ],
)
def test_shares_that_are_none_are_refused(rows):
    with pytest.raises(ValueError, match="share"):
        compose(links(*rows))


def test_no_links_compose_to_nothing():
    assert compose(links()).empty


def test_figures_are_sum_over_sum_with_bounds():
    table = pd.DataFrame(
        [("W1", "A", 80, 100, 50), ("W1", "B", 130, 150, 0), ("SN2", "A", 1, 1, 0), ("W1", "C", 1, 2, 0)],
        columns=["indicator", "area_code", "numerator", "denominator", "unknown"],
    )
    found = carried(table, {"A": 1.0, "B": 1.0}).set_index("indicator")
    assert found.loc["W1", ["numerator", "denominator", "unknown"]].tolist() == [210, 250, 50]
    assert found.loc["W1", ["value", "low", "high"]].tolist() == [84, 70, pytest.approx(260 / 3)]
    assert found.loc["SN2", "value"] == 100


def test_child_of_a_split_shows_the_parent_rate():
    table = pd.DataFrame([("W1", "A", 80, 100, 50)], columns=["indicator", "area_code", "numerator", "denominator", "unknown"])
    found = carried(table, {"A": 0.3}).iloc[0]
    assert (found["denominator"], found["value"], found["low"]) == (30, 80, pytest.approx(80 / 1.5))


def test_nothing_known_has_no_rate():
    found = with_rates(pd.DataFrame({"numerator": [0.0], "denominator": [0.0], "unknown": [5.0]})).iloc[0]
    assert np.isnan(found["value"])
    assert (found["low"], found["high"]) == (0, 100)


def test_shares_by_persons():
    assert shares({"A": 30, "B": 10}) == {"A": 0.75, "B": 0.25}
    for persons in ({"A": 0}, {"A": -1, "B": 3}):
        with pytest.raises(ValueError, match="population"):
            shares(persons)


codes = st.sampled_from(list("ABCDEF"))


@given(st.lists(st.tuples(codes, codes, st.floats(0.05, 0.95), st.booleans()), max_size=8))
def test_nobody_is_lost_through_any_chain(steps):
    """Whatever merges and splits follow each other, every old area's shares add up to one, so totals stay."""
    there, rows = set("ABCDEF"), []
    for number, (a, b, share, split) in enumerate(steps):
        if a == b or a not in there:
            continue
        if split:
            rows += [(number, a, a, share), (number, a, b, 1 - share)] + ([(number, b, b, 1.0)] if b in there else [])
            there.add(b)
        else:
            rows += [(number, a, b, 1.0)] + ([(number, b, b, 1.0)] if b in there else [])
            there = (there - {a}) | {b}
    found = compose(links(*rows))
    assert np.allclose(found.groupby("from_code")["share"].sum(), 1)
    persons = pd.Series(dict(zip("ABCDEF", [10, 20, 30, 40, 50, 60], strict=True)))
    carried_over = {code: sum(persons.get(old, 0) * share for old, share in sources(found, code).items()) for code in there}
    assert sum(carried_over.values()) == pytest.approx(persons.sum())
