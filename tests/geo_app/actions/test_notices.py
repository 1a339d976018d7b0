"""Notices: frozen on the day, without households and numbers of persons, by the unit of the area, and kept after their end."""

import datetime as dt
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_app.access import NOBODY
from geo_app.access.people import person_of
from geo_app.actions import notice_view, notices
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError
from layers.store import Change, Grant, Insert, Update, open_store
from map_templates.books import lines, sketch

TODAY = dt.date(2026, 11, 22)
EAST, WEST, SOUTH, VILLAGE = "990101", "990102", "990101001", "990101001200"
HOUSEHOLD, PHONE, CARD = "钱某某", "13800138000", "62042219800101123X"
PROJECT = {
    "project_id": "P-1",
    "name": "甲南村通组路硬化",
    "category": "P3",
    "task": f"硬化 1.2 公里，联系人{HOUSEHOLD[0]}主任 {PHONE}",
    "beneficiary_text": f"全村农户，身份证 {CARD}",
    "benefit_monitored": 3,
    "budget_total": 100.5,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 100.5}],
    "village_codes": [VILLAGE],
    "village_code": VILLAGE,
    "start_date": dt.date(2027, 3, 1),
    "end_date": dt.date(2027, 9, 1),
    "status": "village_notice",
    "plan_year": 2027,
    "plan_rank": 1,
    "township_code": SOUTH,
    "county_code": EAST,
    "data_quality": "surveyed",
}
PLACE = {"village_code": VILLAGE, "township_code": SOUTH, "county_code": EAST, "data_quality": "surveyed"}
ASSETS = [
    {
        "asset_id": "Z-1",
        "name": "文化广场",
        "asset_class": "PUB",
        "sub_class": "PUB06",
        "original_value": 10.1,
        "maintainer": "村委会",
    }
    | PLACE,
    {"asset_id": "Z-2", "name": f"{HOUSEHOLD}母羊", "asset_class": "HHD", "sub_class": "HHD1", "owner": HOUSEHOLD} | PLACE,
]
LEDGER = {
    "ledger_id": "L-1",
    "name": "甲南村 2026 年台账",
    "level": "LV1",
    "year": 2026,
    "built_on": dt.date(2026, 11, 20),
} | PLACE
ENTRIES = [
    {"entry_id": "L-1/1", "ledger_id": "L-1", "asset_id": "Z-1", "name": "文化广场", "asset_class": "PUB", "original_value": 10.1}
    | PLACE,
    {
        "entry_id": "L-1/2",
        "ledger_id": "L-1",
        "asset_id": "Z-2",
        "name": f"{HOUSEHOLD}母羊",
        "asset_class": "HHD",
        "original_value": 0.7,
        "owner": HOUSEHOLD,
    }
    | PLACE,
    {
        "entry_id": "L-1/3",
        "ledger_id": "L-1",
        "asset_id": "Z-3",
        "name": "羊",
        "asset_class": "HHD",
        "original_value": 0.2,
        "owner": HOUSEHOLD,
    }
    | PLACE,
]
CHANGED = {
    "event_id": "E-9",
    "project_id": "P-1",
    "event_type": "调整审定",
    "seq": 9,
    "start_date": dt.date(2026, 11, 1),
    "proposed": [{"field": "end_date", "old": "2027-09-01", "new": "2027-12-01"}],
    "township_code": SOUTH,
    "county_code": EAST,
}
PLAN = {
    "plan_id": f"{EAST}-2027",
    "name": "2027 年度项目计划",
    "plan_year": 2027,
    "money_limit": 900.0,
    "state": "compiled",
    "county_code": EAST,
}


def put(store, layer, rows, shapes=None):
    frame = pd.DataFrame(rows, dtype=object)
    if shapes is not None:
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490")
    store.apply(Change("li", "测试局", f"{layer} of the tests", (Insert(layer, frame),), kind="demo"))


@pytest.fixture(scope="module")
def filled(_small_store_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("notices") / "store.gpkg"
    shutil.copyfile(_small_store_file, path)
    with open_store(path) as store:
        put(store, "projects", [PROJECT], [shapely.LineString([(105.02, 36.03), (105.06, 36.06)])])
        put(store, "assets", ASSETS, [shapely.Point(105.05, 36.02)] * 2)
        for layer, rows in (
            ("ledgers", [LEDGER]),
            ("ledger_entries", ENTRIES),
            ("project_events", [CHANGED]),
            ("annual_plans", [PLAN]),
        ):
            put(store, layer, rows)
    return path


@pytest.fixture
def store(filled, tmp_path):
    shutil.copyfile(filled, tmp_path / "store.gpkg")
    with open_store(tmp_path / "store.gpkg") as opened:
        yield opened


def who(store, *grants):
    login = f"u{len(store.accounts.all())}"
    return person_of(store.accounts.add(login, login, "", "x", tuple(Grant(role, areas) for role, areas in grants)))


def announced(store, subject, key, level="county", days=10, person=None, **more):
    person = person or who(store, ("revitalisation", (EAST,)))
    number, url = notices.announce(store, person, subject, key, level=level, days=days, today=TODAY, **more)
    assert url == f"/public/{number}"
    return notice_view.of(store.published.get(number))


def said(notice):
    return {item["zh"]: item["value"] for item in notice.content["facts"]}


def test_a_project_is_announced_with_its_eleven_fields_and_stays_as_it_was(store):
    notice = announced(store, "project", "P-1", "village", person=who(store, ("village", (VILLAGE,))))
    facts = said(notice)
    assert facts["项目名称"] == "甲南村通组路硬化"
    assert facts["资金规模"] == "100.5 万元"
    assert facts["筹资方式"] == "财政衔接推进乡村振兴补助资金 100.5 万元"
    assert facts["涉及村"] == "甲南村"
    assert "受益监测对象" not in facts
    assert notice.title == "甲南村项目申报村级公示：甲南村通组路硬化"
    assert (notice.starts, notice.ends, notice.days) == (TODAY, dt.date(2026, 12, 1), 10), "hangs ten days, the first counted"
    assert notice.content["unit"] == notice.content["contact"] == "甲南村村民委员会"
    row = store.read("projects").iloc[0]
    edit = Update("projects", row["id"], int(row["ver"]), {"name": "改了名"})
    store.apply(Change("li", "测试局", "改名", (edit,), kind="library"))
    assert said(notice_view.of(store.published.get(notice.number))) == facts


def test_days_left_and_the_record_after_the_end(store):
    notice = announced(store, "project", "P-1", "village")
    days = {TODAY: 10, dt.date(2026, 12, 1): 1, dt.date(2026, 12, 2): 0}
    assert {day: notice.days_left(day) for day in days} == days
    assert [notice.state(day) for day in days] == ["running", "running", "ended"]
    assert store.published.all(public_at=dt.date(2030, 1, 1)), "it stays public as a record"
    lasting = announced(store, "project", "P-1", "county", None)
    assert lasting.kind == "library"
    assert lasting.state(dt.date(2040, 1, 1)) == "lasting"
    assert lasting.days_left(TODAY) is None


@pytest.mark.parametrize(
    ("subject", "key"), [("project", "P-1"), ("asset", "Z-1"), ("ledger", "L-1"), ("plan", f"{EAST}-2027"), ("change", "E-9")]
)
def test_no_household_telephone_or_identity_number_is_published(store, subject, key):
    more = notices.Said(unit=f"某局 {PHONE}", contact=f"{PHONE} 某局", text=f"电话{PHONE}")
    notice = announced(store, subject, key, title=f"公示 {PHONE}", said=more)
    kept = str(store.published.get(notice.number).content) + notice.title
    assert not [word for word in (HOUSEHOLD, PHONE, CARD) if word in kept]
    sheet = notice_view.sheet(notice, "https://x.cn/public/1")
    assert not [word for word in (HOUSEHOLD, PHONE, CARD) if word in str(sheet)]
    assert notice.content["simulated"] is False


def test_households_stand_in_a_ledger_as_one_line(store):
    notice = announced(store, "ledger", "L-1", "LV1")
    table = notice_view.table(notice)
    rows = {row[1]: row for row in table.rows}
    assert str(rows["到户类资产（只公布数量和价值）"][2:5]) == "(2, Decimal('0.9'), None)"
    total = list(lines(table))[-1]
    assert total.cells[2] == 3
    assert str(total.cells[3]) == "11.0"
    with pytest.raises(BadRequestError, match="household is not announced alone"):
        announced(store, "asset", "Z-2")


def test_plans_and_changes_say_what_they_are(store):
    plan = announced(store, "plan", f"{EAST}-2027", days=None)
    assert notice_view.table(plan).rows[0][:2] == ("1", "甲南村通组路硬化")
    assert plan.title == "东县2027年度项目计划公告"
    for key in ("E-9", "P-1"):
        change = announced(store, "change", key)
        assert said(change)["调整：完工日期"] == "2027-09-01 → 2027-12-01"
    numbers = [item.number for item in notice_view.about(store.published.all(), "projects", "P-1")]
    assert len(numbers) == 2, "changes of a project stand with it, its plan does not"


def test_where_the_works_lie_is_put_down_in_metres(store):
    kept = announced(store, "project", "P-1").content["sketch"]
    assert kept["names"] == ["甲南村"]
    assert [item["kind"] for item in kept["works"]] == ["line"]
    (x1, y1), (x2, y2) = kept["works"][0]["xy"]
    assert 3500 < x2 - x1 < 3700, "0.04° at 36° N"
    assert 3200 < y1 - y2 < 3450, "0.03° northwards"
    drawn = sketch.svg(kept, title="<b>")
    assert "&lt;b&gt;" in drawn
    assert drawn.count("<polyline") == 1
    assert "km</text>" in drawn or "m</text>" in drawn


GIVES = {
    "village": {"village", "township", "revitalisation", "administrator"},
    "township": {
        "township",
        "revitalisation",
        "administrator",
        "transport",
        "water",
        "agriculture",
        "environment",
        "health",
        "sector",
    },
    "county": {
        "revitalisation",
        "leading_group",
        "administrator",
        "transport",
        "water",
        "agriculture",
        "environment",
        "health",
        "sector",
    },
}


@pytest.mark.parametrize("level", GIVES)
def test_who_gives_notice_at_which_level(store, level):
    for role in (
        "village",
        "township",
        "revitalisation",
        "administrator",
        "leading_group",
        "finance",
        "statistics",
        "viewer",
        *sorted(GIVES["township"]),
    ):
        person = who(store, (role, (EAST,)))
        if role in GIVES[level]:
            assert announced(store, "project", "P-1", level, person=person)
        else:
            with pytest.raises(ForbiddenError, match=f"no notice at the level {level}"):
                announced(store, "project", "P-1", level, person=person)


@pytest.mark.parametrize(
    ("grants", "error"),
    [
        ([("village", (WEST,))], NotFoundError),
        ([("village", ("990101001201",)), ("viewer", (EAST,))], ForbiddenError),
        ([("revitalisation", (WEST,)), ("viewer", ())], ForbiddenError),
        ([("viewer", (EAST,))], ForbiddenError),
    ],
)
def test_notice_is_given_for_own_areas_alone(store, grants, error):
    with pytest.raises(error):
        announced(store, "project", "P-1", "village", person=who(store, *grants))
    assert store.published.all() == []


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"key": "nothing"}, NotFoundError),
        ({"level": "moon"}, BadRequestError),
        ({"days": 0}, BadRequestError),
        ({"days": 99999}, BadRequestError),
        ({"subject": "person"}, BadRequestError),
        ({"title": "长" * 121}, BadRequestError),
        ({"person": NOBODY}, NotSignedInError),
    ],
)
def test_what_cannot_be_announced_is_refused(store, asked, error):
    usual = {"subject": "project", "key": "P-1", "level": "village", "days": 10}
    with pytest.raises(error):
        announced(store, **usual | asked)
    assert store.published.all() == []


def test_a_true_project_over_a_simulated_outline_is_marked(store):
    village = store.read("villages")
    row = village[village["village_code"] == VILLAGE].iloc[0]
    assert announced(store, "project", "P-1").content["simulated"] is False
    edit = Update("villages", str(row["id"]), int(row["ver"]), {"data_quality": "synthetic"})
    store.apply(Change("t", "t", "t", (edit,), kind="demo"))
    assert announced(store, "project", "P-1", level="township").content["simulated"] is True
