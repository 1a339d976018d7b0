"""Unknown is one thing in every spelling and type of number; what is known comes back as it stands."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from layers.row_values import amount, entries, known


@pytest.mark.parametrize(
    "unknown",
    [None, float("nan"), np.float32("nan"), np.float64("nan"), Decimal("NaN"), np.datetime64("NaT"), pd.NA, pd.NaT, "", "  "],
)
def test_unknown_is_unknown_in_every_spelling(unknown):
    assert known({"a": unknown}, "a") is None
    assert amount({"a": unknown}, "a") is None
    assert known({}, "a") is None


@pytest.mark.parametrize("value", [0, 0.0, False, Decimal(0), " x ", [], [None], {}, np.array([np.nan, 1.0])])
def test_what_is_known_comes_back_as_it_stands(value):
    assert known({"a": value}, "a") is value


@pytest.mark.parametrize(("value", "read"), [("12", 12.0), (3, 3.0), ("twelve", None), ([1], None), (0, 0.0)])
def test_an_amount_is_a_number_or_unknown(value, read):
    assert amount({"a": value}, "a") == read


@pytest.mark.parametrize(
    ("value", "read"), [(["a"], ["a"]), (("a",), ["a"]), ('["a"]', ["a"]), ("a", []), ("5", []), ('{"a": 1}', []), (None, [])]
)
def test_a_list_is_read_however_it_is_held(value, read):
    assert entries(value) == read
