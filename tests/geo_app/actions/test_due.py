"""What is due is made anew whenever something behind it differs: the rows, the day, the reader."""

import datetime as dt

import pandas as pd
import shapely

from geo_app.access.people import person_of
from geo_app.actions import due, held
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


def grantee(store, name, *grants):
    return person_of(store.accounts.add(name, name, "测试局", "x", tuple(Grant(role, areas) for role, areas in grants)))


def tasks_of(store, person, *, mine=True):
    return {item.key for item in due.dues(store, person, TODAY, mine=mine) if item.layer == "tasks"}


def test_a_county_owes_its_share_of_the_tasks_of_its_city_and_not_what_the_city_s_bureaus_owe(small):
    rows = [
        {"task_id": "T-all", "lead_unit": "市水利局", "responsible_units": ["各县市区", "市财政局"], "area_code": "9901"},
        {"task_id": "T-city", "lead_unit": "市水利局", "responsible_units": ["市财政局"], "area_code": "9901"},
        {"task_id": "T-east", "lead_unit": "水利局", "responsible_units": ["各县市区"], "area_code": "990101"},
    ]
    frame = pd.DataFrame([{"title_zh": row["task_id"], **row} for row in rows], dtype=object)
    small.apply(Change("test", "测试", "tasks", (Insert("tasks", frame),), kind="demo"))
    assert "9901" in held.areas(small)
    city = grantee(small, "city", ("water", ("9901",)))
    east_group, east_water = (grantee(small, name, (name, ("990101",))) for name in ("leading_group", "water"))
    other = grantee(small, "other", ("leading_group", ("990102001",)), ("viewer", ("990101",)))
    reader_alone = grantee(small, "reader", ("viewer", ("990101",)))
    assert tasks_of(small, city) == {"T-all", "T-city"}
    assert tasks_of(small, east_group) == {"T-all", "T-east"}
    assert tasks_of(small, east_water) == set(), "the county's bureau is not the city's; 水利局 without 市 is no known unit"
    assert tasks_of(small, east_water, mine=False) == {"T-all", "T-city", "T-east"}
    assert tasks_of(small, other) == {"T-all"}
    assert tasks_of(small, reader_alone) == set()
