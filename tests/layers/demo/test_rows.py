import datetime as dt

import numpy as np
import pytest
import shapely

from layers.demo import rows


def test_columns_not_given_are_unknown_and_geometry_is_in_the_storage_crs():
    made = rows.frame("hamlets", {"hamlet_id": ["a", "b"], "population": [3, None]}, shapely.points([[104, 36], [105, 36]]))
    assert made.crs.to_string() == "EPSG:4490"
    assert made["population"].isna().tolist() == [False, True]
    assert made["name"].isna().all()
    assert (made["data_quality"] == "synthetic").all()
    assert made.index.tolist() == [1, 2]


def test_a_field_that_is_not_declared_is_refused():
    with pytest.raises(KeyError, match="hamlets has no field"):
        rows.frame("hamlets", {"hamlet_id": ["a"], "colour": ["red"]})


def test_columns_of_other_length_are_refused():
    with pytest.raises(ValueError, match="population: 1 values for 2 rows"):
        rows.frame("hamlets", {"hamlet_id": ["a", "b"], "population": [1]})


def test_some_values_are_lost_and_the_others_kept():
    values = rows.some_unknown(np.arange(2_000), 0.1, np.random.default_rng(1))
    lost = sum(value is None for value in values)
    assert 120 < lost < 280
    assert all(value == place for place, value in enumerate(values) if value is not None)


def test_only_keeps_what_is_chosen():
    assert rows.only([True, False], np.array([1.5, 2.5])).tolist() == [1.5, None]


def test_days_are_counted_back_from_the_day_of_the_area():
    assert rows.days_before([0, 31]) == [rows.AS_OF, rows.AS_OF - dt.timedelta(days=31)]


def test_lengths_of_nothing_are_nothing():
    assert rows.lengths_m(np.array([], dtype=object)).tolist() == []
