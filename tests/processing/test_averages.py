import pandas as pd
import pytest

from layers.codes import table
from processing.areas import Areas
from processing.averages import Average, against, average, counts_of

AREAS = Areas(
    pd.DataFrame(
        {
            "area_code": ["62", "6204", "a", "b"],
            "area_name": ["甘肃省", "白银市", "甲县", "乙县"],
            "parent_code": [None, "62", "6204", "6204"],
            "rank": [1, 2, 3, 3],
        }
    )
)
TABLE = pd.DataFrame(
    [
        ("W1", "62", "province", 66.0, 63.9, 67.1, 1500.0, 50.0),
        ("W1", "6204", "prefecture", 66.0, 63.9, 67.1, 1500.0, 50.0),
        ("W1", "a", "county", 62.7, 58.8, 65.0, 750.0, 50.0),
        ("W1", "b", "county", 69.3, 69.3, 69.3, 750.0, 0.0),
        ("W2", "6204", "prefecture", None, None, None, 0.0, 0.0),
        ("W3", "6204", "prefecture", 50.0, 50.0, 50.0, 10.0, 0.0),
        ("W3", "a", "county", 50.0, 50.0, 50.0, 10.0, 0.0),
        ("W3", "b", "county", None, None, None, 0.0, 0.0),
    ],
    columns=["indicator", "area_code", "level", "value", "low", "high", "denominator", "unknown"],
)


def test_an_average_needs_every_county_of_the_area():
    counts = {"62": 86, "6204": 2}
    whole = average(TABLE, AREAS, "W1", "6204", counts)
    assert (whole.status, whole.held, whole.expected, whole.usable, whole.name) == ("whole", 2, 2, True, "白银市")
    part = average(TABLE, AREAS, "W1", "62", counts)
    assert (part.status, part.held, part.expected, part.usable) == ("partial", 2, 86, False)


def test_a_county_without_figures_is_not_held():
    assert average(TABLE, AREAS, "W3", "6204", {"6204": 2}).status == "partial"


def test_no_figure_and_no_count_are_said():
    assert average(TABLE, AREAS, "W2", "6204", {"6204": 2}).status == "absent"
    assert average(TABLE, AREAS, "W9", "6204", {"6204": 2}).value is None
    assert average(TABLE, AREAS, "W1", "6204", {}).status == "untold"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(67.1, 70, "better"), (60, 63.8, "worse"), (60, 66, "unknown"), (None, 66, "unknown")],
)
def test_bounds_decide(low, high, verdict):
    assert against(low, high, average(TABLE, AREAS, "W1", "6204", {"6204": 2})) == verdict


def test_nothing_is_compared_with_a_partial_average():
    assert against(0, 0, average(TABLE, AREAS, "W1", "62", {"62": 86})) == "unknown"
    assert against(50, 50, Average("x", "x", "x", 50.0, 50.0, 50.0, 1, 1, "whole")) == "equal"


def test_the_shipped_counts_of_counties():
    counts = counts_of(table("county_counts"))
    assert (counts["6204"], counts["62"], counts["43"]) == (5, 86, 122)
    assert len([code for code in counts if len(code) == 2]) == 31
