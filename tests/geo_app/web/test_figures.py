"""From a number to its units."""

import numpy as np
import pandas as pd
from flask import g

from geo_app.access import local_person
from geo_app.web import figures


def test_state_of_units():
    units = pd.DataFrame({"numerator": [1.0, 0.0, np.nan, 0.999999999999, 0.5], "denominator": [1.0, 1.0, 1.0, 1.0, np.nan]})
    assert figures.states(units).tolist() == ["passes", "fails", "unknown", "passes", "fails"]


def test_plain_values():
    assert figures.plain_value(float("inf")) is None
    assert figures.plain_value(np.float64(2)) == 2.0
    assert figures.plain_value(pd.NA) is None
    assert figures.plain_value(np.array([1, 2])) == [1, 2]
    assert figures.plain_value({"a": np.int64(1)}) == {"a": 1}
    assert figures.plain_value(pd.Timestamp("2026-11-01")) == "2026-11-01 00:00:00"


def test_persons_of_a_person_weighted_indicator_are_the_part_not_covered(app):
    with app.test_request_context("/"):
        g.person = local_person(app.extensions["xiangtu"].settings)
        found = figures.run(1)
        rows = figures.units(found, "W1", "9901")
        counted = figures.tally(rows, "W1")
        assert counted["fails"]["persons"] == (rows["denominator"] - rows["numerator"]).sum()
        by_units = figures.tally(figures.units(found, "SN2", None), "SN2")
        assert by_units["by_person"] is False
        assert by_units["fails"]["units"] == 4
        assert by_units["unknown"]["units"] == 1


def test_trend_holds_one_point_per_state_of_the_data(app):
    with app.test_request_context("/"):
        g.person = local_person(app.extensions["xiangtu"].settings)
        assert [point["run"] for point in figures.trend("RD1", "9901", "tches18")] == [1]
        assert figures.choose("RD1", "tches18", None).id == 1
        assert figures.choose("RD1", "sphere", None) is None
