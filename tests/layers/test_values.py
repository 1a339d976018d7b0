import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import values
from layers.errors import BadFrameError
from layers.schema import Field, FieldType

FIELDS = {kind: Field(kind.value, "字段", "Field", kind, "test") for kind in FieldType}


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (FieldType.TEXT, "路", "路"),
        (FieldType.TEXT, "", ""),
        (FieldType.TEXT, None, None),
        (FieldType.TEXT, float("nan"), None),
        (FieldType.INTEGER, 3.0, 3),
        (FieldType.INTEGER, np.int32(7), 7),
        (FieldType.INTEGER, pd.NA, None),
        (FieldType.NUMBER, 3, 3.0),
        (FieldType.NUMBER, np.float32(0.5), 0.5),
        (FieldType.FLAG, 1, True),
        (FieldType.FLAG, np.False_, False),
        (FieldType.DATE, pd.Timestamp("2025-03-31 10:00"), "2025-03-31"),
        (FieldType.DATE, np.datetime64("2025-03-31"), "2025-03-31"),
        (FieldType.DATE, pd.NaT, None),
        (FieldType.LIST, '["a"]', '["a"]'),
        (FieldType.LIST, ({"code": "中央", "amount_wan_yuan": 0.1},), '[{"code":"中央","amount_wan_yuan":0.1}]'),
        (FieldType.LIST, np.array([1, 2]), "[1,2]"),
    ],
)
def test_a_value_in_its_two_forms(kind, value, held):
    found = values.encode_value(FIELDS[kind], value)
    assert found == held
    assert type(found) is type(held)


@pytest.mark.parametrize(
    ("kind", "value", "match"),
    [
        (FieldType.INTEGER, 2**63, "64 bits"),
        (FieldType.INTEGER, "3", "whole number"),
        (FieldType.NUMBER, float("inf"), "finite"),
        (FieldType.FLAG, 2, "true or false"),
        (FieldType.DATE, "31.3.2025", "2025-03-31"),
        (FieldType.LIST, "not json", "a list"),
        (FieldType.LIST, {"a": 1}, "a list"),
        (FieldType.LIST, [object()], "plain values"),
        (FieldType.LIST, [float("nan")], "plain values"),
        (FieldType.LIST, ["a\x00"], "plain values"),
    ],
)
def test_a_value_that_does_not_fit_names_the_field(kind, value, match):
    with pytest.raises(BadFrameError, match=rf"Field {kind.value} \(字段\) takes .*{match}"):
        values.encode_value(FIELDS[kind], value)


@given(st.lists(st.one_of(st.none(), st.text(st.characters(blacklist_categories=["Cs"]), max_size=8))))
def test_whole_columns_of_text_go_the_same_way_as_single_values(texts):
    field, column = FIELDS[FieldType.TEXT], pd.Series(texts, dtype=values.TEXT_DTYPE)
    if any("\x00" in text for text in texts if text is not None):
        with pytest.raises(BadFrameError, match="NUL"):
            values.encode_column(field, column)
        return
    assert values.encode_column(field, column) == [values.encode_value(field, text) for text in texts]


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))),
    st.lists(st.one_of(st.none(), st.floats(allow_infinity=False))),
)
def test_whole_columns_of_numbers_go_the_same_way_as_single_values(whole, broken):
    field = FIELDS[FieldType.INTEGER]
    assert values.encode_column(field, pd.Series(whole, dtype="Int64")) == whole
    assert all(type(item) in {int, type(None)} for item in values.encode_column(field, pd.Series(whole, dtype="Int64")))
    field = FIELDS[FieldType.NUMBER]
    column = pd.Series([np.nan if value is None else value for value in broken], dtype="float64")
    assert values.encode_column(field, column) == [values.encode_value(field, value) for value in broken]


def test_what_a_database_gives_is_brought_to_one_form():
    assert values.primitive(FIELDS[FieldType.FLAG], 1) is True
    assert values.primitive(FIELDS[FieldType.DATE], dt.date(2025, 3, 31)) == "2025-03-31"
    assert values.primitive(FIELDS[FieldType.NUMBER], 3) == 3.0
    assert values.decode_value(FIELDS[FieldType.DATE], "2025-03-31") == dt.date(2025, 3, 31)
    assert values.decode_value(FIELDS[FieldType.LIST], "[1]") == [1]
    assert values.decode_value(FIELDS[FieldType.FLAG], 0) is False
