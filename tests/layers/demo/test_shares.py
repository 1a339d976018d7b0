import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers.demo.shares import split, two_way

WEIGHTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(st.integers(0, 10**9), WEIGHTS, st.integers(0, 20))
def test_parts_add_up_exactly_and_are_never_negative(total, weights, least):
    parts = split(total, np.array(weights), least=least)
    assert parts.sum() == total
    assert (parts >= 0).all()
    assert (parts >= min(least, total // len(weights))).all()


@given(st.integers(0, 10**6), WEIGHTS)
def test_parts_are_within_one_of_their_share(total, weights):
    heavy = np.array(weights)
    if heavy.sum() > 0:
        assert (np.abs(split(total, heavy) - total * heavy / heavy.sum()) <= 1 + 1e-6).all()


@given(st.integers(2, 6), st.integers(2, 5), st.integers(0, 10**6))
def test_a_table_meets_both_margins(rows, columns, seed):
    rng = np.random.default_rng(seed)
    inside = rng.integers(1, 5_000, (rows, columns))
    table = two_way(inside.sum(axis=1), inside.sum(axis=0), rng.uniform(0.5, 2, (rows, columns)))
    assert (table.sum(axis=1) == inside.sum(axis=1)).all()
    assert (table.sum(axis=0) == inside.sum(axis=0)).all()
    assert (table >= 0).all()
