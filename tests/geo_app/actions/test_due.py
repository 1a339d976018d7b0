"""What is due is made anew whenever something behind it differs: the rows, the day, the reader."""

import datetime as dt

import pandas as pd
import shapely

from geo_app.access.people import person_of
from geo_app.actions import due
from layers.store import Change, Grant, Insert

TODAY = dt.date(2026, 11, 22)
PLACES = {
    "east": {"village_code": "990101001200", "township_code": "990101001", "county_code": "990101"},
    "west": {"village_code": "990102001202", "township_code": "990102001", "county_code": "990102"},
}


def put(store, key, place):
    row = {
        "asset_id": key,
        "name": key,
        "asset_class": "OPR",
        "sub_class": "OPR7",
        "original_value": 80.0,
        "formed_date": dt.date(2020, 6, 1),
        "registered_on": dt.date(2021, 11, 30),
        "owner_level": "村集体",
        "status": "正常",
        "geometry": shapely.Point(105.01 if place == "east" else 105.25, 36.01),
        **PLACES[place],
    }
    store.apply(Change("test", "测试", key, (Insert("assets", pd.DataFrame([row], dtype=object)),), kind="demo"))


def reader(store, name, *areas):
    return person_of(store.accounts.add(name, name, "测试局", "x", (Grant("viewer", areas),)))


def keys(store, person, today=TODAY):
    return {item.key for item in due.dues(store, person, today, mine=False) if item.layer == "assets"}


def test_kept_dues_follow_the_rows_and_belong_to_who_reads_them(small):
    east, everywhere = reader(small, "east", "990101"), reader(small, "all")
    put(small, "E1", "east")
    assert keys(small, everywhere) == keys(small, east) == {"E1"}
    put(small, "W1", "west")
    assert keys(small, everywhere) == {"E1", "W1"}
    assert keys(small, east) == {"E1"}
    assert due.dues(small, east, TODAY, mine=False) == due.dues(small, east, TODAY, mine=False)


def test_another_day_makes_them_anew(small):
    person = reader(small, "all")
    put(small, "E1", "east")
    early, late = (
        sum(item.state == "overdue" for item in due.dues(small, person, day, mine=False))
        for day in (dt.date(2021, 12, 1), dt.date(2035, 1, 1))
    )
    assert early < late


def test_only_so_many_lists_are_kept(small):
    person = reader(small, "all")
    put(small, "E1", "east")
    for number in range(due.KEPT + 3):
        due.dues(small, person, TODAY + dt.timedelta(days=number))
    assert len(due._kept[small]) == due.KEPT
