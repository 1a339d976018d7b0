"""The one shape of units, and reading columns that may be missing."""

import numpy as np
import pandas as pd

from processing.indicators import reading
from processing.indicators.definition import UNIT_COLUMNS, Finding, joined, nothing, units
from processing.indicators.example import context, frame
from processing.indicators.sanitation import village_sewage
from processing.indicators.subjects import subject


def test_a_finding_that_says_nothing_is_unknown():
    inputs = {"villages": frame("village_code", [None, None])}
    places = subject(inputs, context(), "villages")
    found = units(places, Finding(weight=reading.spread(1.0, places.ids), missing="x"))
    assert found["missing"].tolist() == ["unknown", "unknown"]
    assert found["numerator"].isna().all()


def test_a_numerator_never_leaves_its_weight():
    inputs = {"villages": frame("village_code", [None] * 3)}
    places = subject(inputs, context(), "villages")
    got = pd.Series([150.0, -5.0, 40.0], index=places.ids.index)
    found = units(places, Finding(weight=reading.spread(100.0, places.ids), numerator=got, missing="x"))
    assert found["numerator"].tolist() == [100, 0, 40]
    assert found["missing"].tolist() == [None, "x", "x"]


def test_no_units_have_the_columns_and_types_of_units():
    assert list(nothing().columns) == list(UNIT_COLUMNS)
    assert nothing()["denominator"].dtype == float
    pd.testing.assert_frame_equal(joined([nothing(), nothing()]), nothing())


def test_tables_without_geometry_are_taken():
    villages = pd.DataFrame({"village_code": ["v1", "v2"], "sewage_treated": [True, None], "name": ["南村", None]})
    found = village_sewage({"villages": villages}, context())
    assert found["unit_name"].tolist() == ["南村", "v2"]
    assert found["missing"].tolist() == [None, "unknown"]
    assert found["lon"].isna().all()


def test_units_without_a_key_are_named_by_what_they_have():
    rows = pd.DataFrame({"village_code": [None, None], "id": ["uuid", None], "waste_sorting": [True, True]}, index=[4, 9])
    places = subject({"villages": rows}, context(), "villages")
    assert places.ids.tolist() == ["uuid", "villages:9"]


def test_a_date_after_the_day_is_not_known_on_that_day():
    table = pd.DataFrame({"on": ["2024-06-01", "2024-07-01", "no date", None]})
    assert reading.days_before(table, "on", context().on).tolist()[:1] == [29]
    assert reading.days_before(table, "on", context().on).isna().tolist() == [False, True, True, True]


def test_numbers_that_are_none_are_unknown():
    table = pd.DataFrame({"a": ["12", "x", None]})
    assert reading.number(table, "a").tolist()[0] == 12
    assert reading.number(table, "a").isna().tolist() == [False, True, True]
    assert np.isnan(reading.number(table, "b").astype(float)).all()
    assert reading.simulated({}, "roads") is False
