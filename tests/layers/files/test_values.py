"""Cells are read as their field says, or refused."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.files.plain_table import as_text
from layers.files.values import MisfitError, is_unknown, read_value
from layers.schema import Field, FieldType


def field(kind):
    return Field("f", "字段", "Field", kind, "test")


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (FieldType.TEXT, 12.0, "12"),
        (FieldType.TEXT, "012", "012"),
        (FieldType.CODE, " 水泥 ", "水泥"),
        (FieldType.INTEGER, "12.0", 12),
        (FieldType.INTEGER, 12.0, 12),
        (FieldType.INTEGER, "-3", -3),
        (FieldType.NUMBER, "1e3", 1000.0),
        (FieldType.NUMBER, ".5", 0.5),
        (FieldType.FLAG, True, True),
        (FieldType.FLAG, "否", False),
        (FieldType.FLAG, "Yes", True),
        (FieldType.FLAG, 0, False),
        (FieldType.DATE, "2024-3-5", dt.date(2024, 3, 5)),
        (FieldType.DATE, "2024/03/05 00:00:00", dt.date(2024, 3, 5)),
        (FieldType.DATE, "2024.3.5", dt.date(2024, 3, 5)),
        (FieldType.DATE, "20240305", dt.date(2024, 3, 5)),
        (FieldType.DATE, 20240305, dt.date(2024, 3, 5)),
        (FieldType.DATE, "2024年3月5日", dt.date(2024, 3, 5)),
        (FieldType.DATE, dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC), dt.date(2024, 3, 5)),
        (FieldType.DATE, dt.date(2024, 3, 5), dt.date(2024, 3, 5)),
        (FieldType.LIST, "a；b、c", ["a", "b", "c"]),
        (FieldType.LIST, '["a", 1]', ["a", 1]),
        (FieldType.LIST, ("a",), ["a"]),
        (FieldType.LIST, 5, ["5"]),
    ],
)
def test_cells_that_fit(kind, cell, value):
    found = read_value(field(kind), cell)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (FieldType.INTEGER, "1.5"), (FieldType.INTEGER, "1,000"), (FieldType.INTEGER, 2**70), (FieldType.INTEGER, True), (FieldType.NUMBER, "NaN!"),
        (FieldType.NUMBER, "inf"), (FieldType.NUMBER, float("inf")), (FieldType.NUMBER, "1_000"), (FieldType.FLAG, "2"), (FieldType.DATE, "2024"),
        (FieldType.DATE, "2024-13-01"), (FieldType.DATE, "1850-01-01"), (FieldType.DATE, "5.3.2024"), (FieldType.LIST, "[1"), (FieldType.LIST, "[" * 100_000),
    ],
)  # fmt: skip
def test_cells_that_do_not(kind, cell):
    with pytest.raises(MisfitError):
        read_value(field(kind), cell)


@pytest.mark.parametrize("cell", [None, np.nan, pd.NA, pd.NaT, "", " ", "　"])
@pytest.mark.parametrize("kind", list(FieldType))
def test_empty_cells_are_unknown(kind, cell):
    assert is_unknown(cell)
    assert read_value(field(kind), cell) is None


@given(st.sampled_from(list(FieldType)), st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.dates()))
def test_any_cell_is_read_or_refused(kind, cell):
    try:
        value = read_value(field(kind), cell)
    except MisfitError:
        return
    again = read_value(field(kind), value)
    assert again == value or isinstance(value, list)


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_as_text_have_no_fraction(number):
    assert as_text(float(number)) == str(number)
    assert as_text(number) == str(number)
