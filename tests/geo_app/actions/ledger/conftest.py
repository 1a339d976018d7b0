"""A store with two villages of one township, people of every role, and an accepted project."""

import datetime as dt

import pandas as pd
import pytest
import shapely

from geo_app.access.people import local_person, person_of
from geo_app.config import Settings
from layers.store import Change, Grant, Insert, open_store

COUNTY, TOWN, VILLAGE, OTHER = "990101", "990101001", "990101001200", "990101001201"
AREAS = {"village_code": VILLAGE, "township_code": TOWN, "county_code": COUNTY}
TODAY = dt.date(2026, 11, 22)
ROLES = {
    "village": VILLAGE,
    "township": TOWN,
    "sector": COUNTY,
    "revitalisation": COUNTY,
    "leading_group": COUNTY,
    "finance": COUNTY,
}


def put(store, layer, *rows):
    store.apply(Change("test", "测试", "rows", (Insert(layer, pd.DataFrame(list(rows), dtype=object)),), kind="demo"))


def project_row(**given):
    return {
        "project_id": "P1",
        "name": "甲村供水工程",
        "category": "P3",
        "sector": "water",
        "status": "accepted",
        "village_codes": [VILLAGE],
        "township_code": TOWN,
        "county_code": COUNTY,
        "budget_total": 120.0,
        "funding_sources": [{"code": "S11", "amount_wan_yuan": 120.0}],
        "end_date": dt.date(2026, 5, 30),
        "geometry": shapely.Point(105.01, 36.01),
    } | given


def asset_row(**given):
    return {
        "asset_id": "Z1",
        "name": "甲村扶贫车间",
        "asset_class": "OPR",
        "sub_class": "OPR7",
        "original_value": 80.0,
        "current_value": 70.0,
        "formed_date": dt.date(2020, 6, 1),
        "owner_level": "村集体",
        "owner": "甲村股份经济合作社",
        "status": "正常",
        **AREAS,
    } | given


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store.gpkg", create=True) as opened:
        put(opened, "counties", {"county_code": COUNTY, "name": "甲县"})
        put(opened, "townships", {"township_code": TOWN, "name": "甲乡", "county_code": COUNTY})
        put(
            opened,
            "villages",
            *(
                {"village_code": code, "name": name, "township_code": TOWN, "county_code": COUNTY}
                for code, name in ((VILLAGE, "甲村"), (OTHER, "乙村"))
            ),
        )
        yield opened


@pytest.fixture
def people(store):
    """A person of each role in its area, and `other_village`, whose role ends at another village."""
    found = {
        name: person_of(store.accounts.add(name, name, f"{name}局", "x", (Grant(name, (area,)),))) for name, area in ROLES.items()
    }
    found["other_village"] = person_of(store.accounts.add("other", "other", "乙村", "x", (Grant("village", (OTHER,)),)))
    found["viewer"] = person_of(store.accounts.add("viewer", "viewer", "", "x", (Grant("viewer", (COUNTY,)),)))
    found["local"] = local_person(Settings())
    return found
