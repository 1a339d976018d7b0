"""Books from the store: sums, groups, both partitions, what is not there yet, areas and ranks, names of households nowhere."""

import datetime as dt
import io
import shutil
from decimal import Decimal

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geo_app.access import NOBODY, Permission, Person
from geo_app.access.people import person_of
from geo_app.actions import books
from geo_app.actions.book_lists import ARCHIVES
from geo_app.errors import BadRequestError, NotFoundError, NotSignedInError
from geo_app.progress import CancelledError, Progress
from layers.store import Change, Grant, Insert, open_store
from processing.ledger.moves import MOVES
from processing.ledger.publishing import COURSE

TODAY = dt.date(2026, 11, 22)
EAST, SOUTH, VILLAGE = "990101", "990101001", "990101001200"
HOUSEHOLD = "钱某某"
LOCAL = Person("li", "测试局", frozenset(Permission))


def asset(number, asset_class, sub_class, value, **more):
    usual = {
        "asset_id": f"Z-{number}",
        "name": f"资产{number}",
        "asset_class": asset_class,
        "sub_class": sub_class,
        "original_value": value,
        "current_value": value,
        "owner_level": "户" if asset_class == "HHD" else "村集体",
        "owner": HOUSEHOLD if asset_class == "HHD" else "甲南村股份经济合作社",
        "maintainer": HOUSEHOLD if asset_class == "HHD" else "村民委员会",
        "formed_date": dt.date(2024, 5, 1),
        "status": "正常",
        "village_code": VILLAGE,
        "township_code": SOUTH,
        "county_code": EAST,
        "data_quality": "surveyed",
    }
    return usual | more


ASSETS = [
    asset(1, "PUB", "PUB01", 10.1, fund_sources=[{"code": "S11", "amount_wan_yuan": 10.1}]),
    asset(2, "PUB", "PUB03", 0.2, current_value=None),
    asset(3, "OPR", "OPR6", 30.0),
    asset(4, "HHD", "HHD1", 1.0, name=f"{HOUSEHOLD}家基础母羊"),
    asset(5, "PUB", "PUB01", 7.0, village_code="990101001201"),
    asset(6, "PUB", "PUB06", 5.0, formed_date=dt.date(2027, 1, 1)),
    asset(7, "PUB", "PUB06", 5.0, status="已处置", disposed_on=dt.date(2026, 6, 1)),
    asset(8, "PUB", "PUB01", 3.0, village_code="990102001202", township_code="990102001", county_code="990102"),
]
PROJECTS = [
    {
        "project_id": f"P-{n}",
        "name": f"通组路{n}，电话13800138000",
        "category": "P3",
        "budget_total": 100.25 + n,
        "status": status,
        "plan_year": 2027 if n < 3 else None,
        "plan_rank": 3 - n if n < 3 else None,
        "village_codes": [VILLAGE],
        "township_code": SOUTH,
        "county_code": EAST,
        "data_quality": "synthetic",
    }
    for n, status in ((1, "annual_plan"), (2, "annual_plan"), (3, "in_library"), (4, "draft"))
]
ASSET_EVENTS = [
    {
        "event_id": f"E-{n}",
        "asset_id": key,
        "event_type": kind,
        "seq": n,
        "start_date": day,
        "township_code": SOUTH,
        "county_code": EAST,
    }
    | more
    for n, (key, kind, day, more) in enumerate(
        [
            ("Z-3", "收益结算", dt.date(2026, 3, 1), {"amount": 1.5, "period": "2025", "level": "LV1", "document": "凭证1号"}),
            ("Z-3", "收益使用", dt.date(2026, 5, 1), {"uses": [{"use": "IU3", "amount_wan_yuan": 0.9}], "level": "LV1"}),
            ("Z-3", "收益结算", dt.date(2025, 3, 1), {"amount": 9.0, "period": "2024", "level": "LV1"}),
            (
                "Z-7",
                "处置申请",
                dt.date(2026, 4, 1),
                {"cause": "DC1", "disposal_mode": "D5", "value_before": 5.0, "level": "LV1"},
            ),
            ("Z-7", "评估", dt.date(2026, 4, 5), {"value_after": 0.5, "valuer": "评估公司", "level": "LV2"}),
            ("Z-7", "处置审批", dt.date(2026, 5, 5), {"approver": "县政府", "level": "LV4", "document": "批复"}),
            (
                "Z-7",
                "处置收入使用",
                dt.date(2026, 6, 5),
                {"amount": 0.5, "uses": [{"use": "IU3", "amount_wan_yuan": 0.5}], "level": "LV2"},
            ),
            ("Z-7", "处置申请", dt.date(2027, 1, 1), {"cause": "DC2", "level": "LV1"}),
            ("Z-3", "民主决策", dt.date(2023, 4, 1), {"cause": "DC3", "disposal_mode": "D6", "level": "LV1", "document": "决议"}),
            ("Z-4", "四议两公开", dt.date(2023, 5, 1), {"cause": "DC1", "disposal_mode": "D5", "level": "LV1"}),
            ("Z-4", "处置登记", dt.date(2023, 5, 20), {"level": "LV2", "document": "登记表"}),
            ("Z-4", "处置备案", dt.date(2023, 5, 25), {"level": "LV4", "document": "备案表"}),
            ("Z-3", "收益结算", dt.date(2022, 7, 1), {"amount": 10.0, "period": "2022上半年", "level": "LV1", "document": "a"}),
            ("Z-3", "收益结算", dt.date(2022, 12, 20), {"amount": 4.0, "period": "2022下半年", "level": "LV1", "document": "b"}),
        ],
        start=1,
    )
]
PROJECT_EVENTS = [
    {
        "event_id": "PE-1",
        "project_id": "P-1",
        "event_type": "村公示",
        "seq": 1,
        "level": "村",
        "start_date": dt.date(2026, 2, 1),
        "end_date": dt.date(2026, 2, 12),
        "place": "村务公开栏",
        "objections": 1,
        "township_code": SOUTH,
        "county_code": EAST,
    }
]
PLANS = [{"plan_id": f"{EAST}-2027", "plan_year": 2027, "money_limit": 200.0, "state": "compiled", "county_code": EAST}]


def put(store, layer, rows, shapes=None):
    frame = pd.DataFrame(rows, dtype=object)
    if shapes is not None:
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490")
    store.apply(Change("li", "测试局", f"{layer} of the tests", (Insert(layer, frame),), kind="demo"))


def somewhere(rows):
    return [shapely.Point(105.05, 36.02)] * len(rows)


@pytest.fixture(scope="module")
def store(_small_store_file, tmp_path_factory):
    """One store for the tests of this module; they write nothing but accounts of their own."""
    path = tmp_path_factory.mktemp("books") / "store.gpkg"
    shutil.copyfile(_small_store_file, path)
    with open_store(path) as opened:
        put(opened, "assets", ASSETS, somewhere(ASSETS))
        put(opened, "projects", PROJECTS, somewhere(PROJECTS))
        put(opened, "asset_events", ASSET_EVENTS)
        put(opened, "project_events", PROJECT_EVENTS)
        put(opened, "annual_plans", PLANS)
        yield opened


def book(store, name, area=None, person=LOCAL, **more):
    return books.book(store, person, name, area=area, today=TODAY, **more)


def column(made, title):
    at = next(place for place, item in enumerate(made.columns) if item.title == title)
    return [row[at] for row in made.rows]


def test_a_village_ledger_stands_by_class_and_adds_up(store):
    made = book(store, "village-ledger", VILLAGE)
    assert column(made, "资产编号") == ["Z-3", "Z-1", "Z-2", "Z-4"], (
        "operating, public, household; nothing of later or disposed of"
    )
    assert [(group.title, group.rows) for group in made.groups] == [
        ("经营性资产（1项）", 1),
        ("公益性资产（2项）", 2),
        ("到户类资产（1项）", 1),
    ]
    assert sum(column(made, "原值")) == Decimal("41.3")
    assert "注：现值有 1 项未知，以“—”表示，未计入合计。" in made.notes
    assert any("两种划分数量、价值相等" in note and "原值 41.3 万元" in note for note in made.notes)
    assert made.area_name == "东县南乡甲南村"
    assert not made.simulated


def test_ledgers_of_township_county_and_sector_stand_by_what_lies_below(store):
    township = book(store, "township-ledger", SOUTH)
    assert [group.rows for group in township.groups] == [4, 1]
    assert sum(column(township, "原值")) == Decimal("48.3")
    county = book(store, "county-ledger", EAST)
    assert column(county, "资产编号") != []
    assert sum(column(county, "原值")) == Decimal("48.3")
    assert sum(column(book(store, "county-ledger"), "原值")) == Decimal("51.3")
    roads = book(store, "sector-ledger", EAST, sector="transport")
    assert sorted(column(roads, "资产编号")) == ["Z-1", "Z-5"]


def test_the_ledger_that_was_built_is_printed_as_it_was_built(small):
    store = small
    head = {
        "ledger_id": "L-1",
        "name": "甲南村台账",
        "level": "LV1",
        "year": 2026,
        "built_on": dt.date(2026, 3, 1),
        "state": "published",
    }
    place = {"village_code": VILLAGE, "township_code": SOUTH, "county_code": EAST}
    put(store, "ledgers", [head | place])
    entry = {
        "entry_id": "L-1/Z-1",
        "ledger_id": "L-1",
        "asset_id": "Z-1",
        "name": "旧名",
        "asset_class": "PUB",
        "sub_class": "PUB01",
    }
    put(store, "ledger_entries", [entry | place | {"original_value": 9.5, "owner_level": "村集体"}])
    made = book(store, "village-ledger", VILLAGE)
    assert column(made, "资产名称") == ["旧名"]
    assert column(made, "原值") == [Decimal("9.5")]
    assert any(note.startswith("台账编号 L-1；建立日期 2026-03-01") for note in made.notes)
    assert "尚未建立" in book(store, "village-ledger", VILLAGE, year=2025).notes[0]
    sector = {
        "ledger_id": "L-2",
        "level": "LV3",
        "unit": f"{EAST}:transport",
        "year": 2026,
        "state": "built",
        "county_code": EAST,
    }
    put(store, "ledgers", [sector])
    assert "台账编号 L-2" in book(store, "sector-ledger", EAST, sector="transport").notes[0]
    assert "尚未建立" in book(store, "sector-ledger", EAST, sector="water").notes[0]


def test_disposals_and_income_of_the_year(store):
    made = book(store, "disposal", EAST)
    (row,) = made.rows
    said = dict(zip((item.title for item in made.columns), row, strict=True))
    assert said["处置前价值"] == Decimal("5.0")
    assert said["评估价值"] == said["处置收入"] == Decimal("0.5")
    assert said["审批人"] == "县政府"
    assert said["处置原因"] == "自然损耗", "what is asked for after the day of the book is not in it"
    income = book(store, "income", EAST)
    assert column(income, "收益") == [Decimal("1.5")]
    assert column(income, "已使用") == [Decimal("0.9")]
    assert column(income, "用途") == ["发展公共事业 0.9"]
    assert "其中 0 项本年度尚未登记收益结算" in income.notes[0]
    assert "其中 1 项" in book(store, "income", EAST, year=2024).notes[0]


def test_small_and_collective_disposals_say_cause_way_and_day_from_their_decision_on(store):
    made = book(store, "disposal", EAST, year=2023)
    names = ("处置原因", "处置方式", "申请（决策）日期", "审核日期", "审批（备案）日期", "进度")
    collective, small = zip(column(made, "资产编号"), *(column(made, name) for name in names), strict=True)
    assert collective == ("Z-3", "市场风险", "拍卖", dt.date(2023, 4, 1), None, None, "民主决策")
    days = (dt.date(2023, 5, 1), dt.date(2023, 5, 20), dt.date(2023, 5, 25))
    assert small == ("Z-4", "自然损耗", "报废", *days, "处置备案")


def test_every_settlement_of_a_year_stands_in_the_book_of_income(store):
    made = book(store, "income", EAST, year=2022)
    assert (column(made, "所属期"), column(made, "收益")) == (["2022上半年、2022下半年"], [Decimal("14.0")])
    assert column(made, "结算日期") == [dt.date(2022, 12, 20)]


def test_every_step_that_asks_for_a_paper_stands_in_the_list_of_archives():
    steps = [*MOVES.values(), *(course.move for course in COURSE.values())]
    asked = {move.event for move in steps if "document" in move.needs}
    assert asked - {kind for kind, *_ in ARCHIVES} == set()


def test_the_four_lists(store):
    assert column(book(store, "list-assets", VILLAGE), "资产编号") == ["Z-3", "Z-1", "Z-2", "Z-4"]
    duties = book(store, "list-duties", VILLAGE)
    assert column(duties, "资产编号") == ["Z-1", "Z-2", "Z-3"], "households keep their own"
    assert column(duties, "行业主管") == ["交通运输", "水利", "其他"]
    rules = book(store, "list-rules")
    assert {"PN-01", "AN-04"} <= set(column(rules, "编号"))
    assert column(rules, "公示天数")[column(rules, "编号").index("AN-04")] == 10
    archives = book(store, "list-archives", EAST)
    said = dict(
        zip(column(archives, "档案材料"), zip(column(archives, "应有件数"), column(archives, "缺少"), strict=True), strict=True)
    )
    assert said["收益结算凭证"] == (4, 1)
    assert said["集体资产处置民主决策会议记录、方案"] == (1, 0)
    assert said["小型资产处置“四议两公开”会议记录、方案"] == (1, 1)
    assert said["资产处置批复"] == (1, 0)


def test_library_plan_and_register_of_notices(store):
    library = book(store, "library", EAST)
    assert column(library, "项目编号") == ["P-1", "P-2", "P-3"], "a draft is not in the library"
    assert library.simulated
    assert library.paper == "A3"
    assert all("13800138000" not in name for name in column(library, "项目名称"))
    plan = book(store, "annual-plan", EAST, year=2027)
    assert column(plan, "项目编号") == ["P-2", "P-1"], "by rank"
    assert any("超出上限 3.50 万元" in note for note in plan.notes), plan.notes
    register = book(store, "notices", EAST)
    (row,) = register.rows
    assert row[-4:] == (dt.date(2026, 2, 12), 11, 1, None)


@pytest.mark.parametrize("name", books.KINDS)
def test_no_book_names_a_household(store, name):
    kind = books.KINDS[name]
    area = {5: VILLAGE, 4: SOUTH, 3: EAST}.get(kind.rank, VILLAGE)
    for who in (LOCAL, person_of(store.accounts.add(name, "乡村振兴局", "", "x", (Grant("revitalisation", (EAST,)),)))):
        made = book(store, name, area, who, sector="other" if kind.by_sector else "")
        assert HOUSEHOLD not in str(made)
    data = books.xlsx(made)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert HOUSEHOLD not in str([cell.value for row in sheet.iter_rows() for cell in row])


def test_a_book_reaches_as_far_as_the_right_to_read(store):
    east = person_of(store.accounts.add("east", "东县", "", "x", (Grant("viewer", (EAST,)),)))
    whole = book(store, "county-ledger", person=east)
    assert "Z-8" not in column(whole, "资产编号")
    with pytest.raises(NotFoundError, match="990102"):
        book(store, "county-ledger", "990102", east)
    with pytest.raises(NotSignedInError):
        book(store, "county-ledger", EAST, NOBODY)


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"name": "nothing"}, NotFoundError, "village-ledger"),
        ({"name": "village-ledger"}, BadRequestError, "one village"),
        ({"name": "village-ledger", "area": SOUTH}, BadRequestError, "written for a village"),
        ({"name": "county-ledger", "area": "000000"}, NotFoundError, "000000"),
        ({"name": "county-ledger", "year": 1890}, BadRequestError, "2000 to 2100"),
        ({"name": "sector-ledger", "area": EAST, "sector": "x"}, BadRequestError, "transport"),
    ],
)
def test_what_cannot_be_written_is_said(store, asked, error, said):
    with pytest.raises(error, match=said):
        books.book(store, LOCAL, **{"area": None, "year": None, "today": TODAY} | asked)


def test_a_file_is_written_with_progress_and_can_be_stopped(store):
    steps = []
    wanted = books.Wanted(name="village-ledger", area=VILLAGE)
    name, data = books.file(store, LOCAL, wanted, "pdf", today=TODAY, progress=Progress(report=lambda *step: steps.append(step)))
    assert name == "村级帮扶项目资产台账-东县南乡甲南村-2026-11-22.pdf"
    assert data.startswith(b"%PDF")
    assert steps[-1][:2] == (3, 3)
    stopped = Progress()

    def report(done, total, text):
        if text == "writing":
            stopped.cancel.set()

    with pytest.raises(CancelledError):
        books.file(store, LOCAL, wanted, "pdf", today=TODAY, progress=Progress(report=report, cancel=stopped.cancel))
