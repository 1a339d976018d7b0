import datetime as dt

import pandas as pd
import pytest

from processing import profiles
from processing.areas import Areas
from processing.indicators import INDICATORS
from processing.indicators.definition import Context

AREAS = Areas(pd.DataFrame({"area_code": ["C", "T", "V"], "parent_code": [None, "C", "T"], "rank": [3, 4, 5]}))


def ledger(number, **given):
    return {
        "ledger_id": number,
        "level": "LV1",
        "unit": number,
        "village_code": "V",
        "county_code": "C",
        "built_on": "2024-01-02",
        "published_on": "2024-01-05",
        "published_until": "2024-01-20",
    } | given


COUNTY = {"ledger_id": "c", "level": "LV4", "unit": "C", "county_code": "C", "built_on": "2024-01-02", "opened_on": "2024-03-01"}


def answer(*rows, on=dt.date(2024, 6, 30), events=None):
    inputs = {"ledgers": pd.DataFrame(list(rows))} | ({"asset_events": pd.DataFrame(events)} if events else {})
    found = INDICATORS["AS2"].compute(inputs, Context(AREAS, profiles.load(), on))
    return {row["unit_id"]: (None if pd.isna(row["numerator"]) else row["numerator"]) for row in found.to_dict("records")}


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        ({}, 1.0),
        ({"published_on": "2024-01-09"}, 1.0),  # the seventh day
        ({"published_on": "2024-01-10"}, 0.0),
        ({"published_until": "2024-01-14"}, 0.0),  # nine days
        ({"published_until": "2024-01-15"}, 1.0),  # ten
        ({"published_on": None, "published_until": None}, 0.0),
        ({"level": "LV2", "village_code": None, "township_code": "T"}, 1.0),
    ],
)
def test_seven_days_and_ten_days(given, covered):
    assert answer(ledger("a", **given), COUNTY) == {"a": covered}


def test_what_still_runs_is_unknown():
    fresh = ledger("a", built_on="2024-06-28", published_on=None, published_until=None)
    hanging = ledger("b", built_on="2024-06-20", published_on="2024-06-25", published_until=None)
    assert answer(fresh, hanging, COUNTY) == {"a": None, "b": None}


def test_the_county_publishes_in_the_year():
    assert answer(ledger("a")) == {"a": None}  # the year is not over
    assert answer(ledger("a"), on=dt.date(2025, 1, 1)) == {"a": 0.0}
    late = COUNTY | {"opened_on": None}
    event = {"event_type": "年度公示", "ledger_id": "c", "county_code": "C", "start_date": "2024-12-01"}
    assert answer(ledger("a"), late, on=dt.date(2025, 1, 1), events=[event]) == {"a": 1.0}


def test_the_last_ledger_of_a_unit_counts_and_a_store_without_ledgers_has_no_units():
    old = ledger("a", unit="V", built_on="2023-01-02")
    assert answer(old, ledger("b", unit="V"), COUNTY) == {"b": 1.0}
    assert INDICATORS["AS2"].compute({}, Context(AREAS, profiles.load(), dt.date(2024, 6, 30))).empty
