"""Pages of key counties, settlements and planned money on the small area, by who asks; figures worked out by hand."""

import io
import shutil

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geo_app import create_app
from geo_app.config import Settings
from layers.store import Change, Insert, open_store

HOST = "http://xiangtu.test"
EAST, WEST = "990101", "990102"
OLD, HOST_VILLAGE, WEST_VILLAGE = "990101001201", "990101001200", "990102001202"
LISTS = [
    {
        "list_id": "N",
        "list_name": "国家名录",
        "level": "国家",
        "area_code": "9901",
        "year": 2021,
        "complete": False,
        "document": "国文",
    },
    {
        "list_id": "P",
        "list_name": "省名录",
        "level": "省",
        "area_code": "9901",
        "year": 2021,
        "complete": True,
        "document": "省文",
    },
]
ENTRIES = [
    {"entry_id": "N/e", "county_code": EAST, "name": "东县", "level": "国家", "list_id": "N", "list_name": "国家名录", "year": 2021,
     "document": "news repost of the 2021-08-27 list; 东县之文"},
    {"entry_id": "P/w", "county_code": WEST, "name": "西县", "level": "省", "list_id": "P", "list_name": "省名录", "year": 2021,
     "document": "西县之文"},
]  # fmt: skip
QUOTAS = [
    {
        "quota_id": "e25",
        "county_code": EAST,
        "year": 2025,
        "land_quota_mu": 600.0,
        "land_used_mu": 450.0,
        "document": "无标题讲话（002_e8049f35b2ff2d15.txt）",
    },
    {"quota_id": "e26", "county_code": EAST, "year": 2026, "land_quota_mu": 600.0},
    {"quota_id": "w25", "county_code": WEST, "year": 2025, "land_quota_mu": 600.0, "land_used_mu": 7.0},
]
FLAGS = ("water", "power", "road", "comm", "sewage", "waste", "school", "clinic")


def settlement(name, village, persons, **flags):
    known = {f"has_{flag}": True for flag in FLAGS} | flags
    return {"settlement_id": name, "name": f"{name}安置点", "village_code": village, "county_code": village[:6], "persons_total": persons,
            "persons_registered_poor": persons, "counted_in_village": False, **known}  # fmt: skip


SITES = [
    settlement("东一", HOST_VILLAGE, 300, has_clinic=False),
    settlement("东二", HOST_VILLAGE, 100),
    settlement("东三", HOST_VILLAGE, 100, has_water=None),
    settlement("西一", WEST_VILLAGE, 900, has_road=False),
]
ORIGINS = [
    {"origin_id": "o1", "settlement_id": "东一", "village_code": OLD, "county_code": EAST, "persons": 40, "still_counted": True,
     "land_mu": 88.5, "assets_kept": 2},
    {"origin_id": "o2", "settlement_id": "西一", "village_code": WEST_VILLAGE, "county_code": WEST, "persons": 20, "still_counted": True},
]  # fmt: skip
FIGURES = [
    {"dimension_row": "巩固类", "category_code": "C1", "amount_yi": 0.6, "stated_share": 60.0},
    {"dimension_row": "产业类", "category_code": "C2", "amount_yi": 0.4, "stated_share": 40.0},
    {"dimension_col": "东县", "county_code": EAST, "amount_yi": 0.7, "stated_share": 70.0},
    {"dimension_col": "西县", "county_code": WEST, "amount_yi": 0.29, "stated_share": 29.0},
    {"amount_yi": 1.0, "items_stated": 5},
]
PLAN = [
    {"figure_id": f"g{at}", "plan_id": "g", "plan_name": "规划", "document": "规文", "area_code": "9901", "position": at} | row
    for at, row in enumerate(FIGURES, start=1)
]
PROJECTS = [
    {"project_id": "东项一", "name": "东项一", "baiyin_category": "C1", "county_code": EAST, "budget_total": 3000.0, "status": "in_library",
     "village_codes": [HOST_VILLAGE]},
    {"project_id": "东项二", "name": "东项二", "baiyin_category": "C2", "county_code": EAST, "status": "implementing",
     "village_codes": [HOST_VILLAGE, OLD]},
    {"project_id": "西项", "name": "西项", "baiyin_category": "C1", "county_code": WEST, "budget_total": 500.0, "status": "completed",
     "village_codes": [WEST_VILLAGE]},
]  # fmt: skip
ROWS = {
    "key_lists": LISTS,
    "key_counties": ENTRIES,
    "land_quotas": QUOTAS,
    "settlement_origins": ORIGINS,
    "plan_investments": PLAN,
}


def frame(rows):
    return pd.DataFrame(rows).assign(data_quality="surveyed", source="试")


@pytest.fixture(scope="module")
def keyed(_peopled_folder, tmp_path_factory, compiled):
    folder = tmp_path_factory.mktemp("keyed")
    shutil.copytree(_peopled_folder, folder / "store")
    places = [shapely.Point(105.05, 36.05)] * 3 + [shapely.Point(105.25, 36.05)]
    with open_store(folder / "store" / "store.gpkg") as store:
        edits = [Insert("settlements", gpd.GeoDataFrame(frame(SITES), geometry=places, crs="EPSG:4490"))]
        edits += [Insert("projects", gpd.GeoDataFrame(frame(PROJECTS), geometry=[None] * 3, crs="EPSG:4490"))]
        edits += [Insert(name, frame(rows)) for name, rows in ROWS.items()]
        store.apply(Change("rev", "乡村振兴局", "keyed", tuple(edits), kind="import"))
    settings = Settings(store=str(folder / "store" / "store.gpkg"), data_dir=folder / "data", access="accounts", public_url=HOST)
    made = create_app(settings)
    yield made
    here = made.extensions["xiangtu"]
    here.jobs.close()
    here.store.close()


@pytest.fixture(scope="module")
def who(keyed, browser_of):
    held = {}
    return lambda login: held.setdefault(login, None) or held.update({login: browser_of(keyed, login)}) or held[login]


def sheets(answer):
    assert answer.status_code == 200, answer.text[:500]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def test_counties_by_level_with_unknown_apart(who):
    page = who("all").page("/key-areas?lang=zh")
    assert "东县之文" in page
    rows = sheets(who("all").form("/key-areas/download?lang=zh", format="xlsx"))["1"]
    states = {(row[0], row[2]): (row[3], row[4]) for row in rows[1:]}
    assert states[EAST, "国家"] == ("yes", "listed")
    assert states[WEST, "国家"] == ("unknown", "partial")
    assert (states[EAST, "省"], states[WEST, "省"]) == (("no", "absent"), ("yes", "listed"))
    assert states[EAST, "市"] == states[WEST, "市"] == ("unknown", "no_list")


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "2021年8月27日公布的国家乡村振兴重点帮扶县名单"), ("en", "(repost in the news)")]
)
def test_documents_are_named_by_their_titles_in_the_language_of_the_page(who, language, words):
    web = who("all")
    for path in ("/key-areas", f"/key-areas/counties/{EAST}"):
        page = web.page(f"{path}?lang={language}")
        assert words in page, path
        assert "002_e8049f35b2ff2d15" not in page, path
        assert "news repost" not in page, path
    assert {"zh": "讲话（网上转载", "en": "(web copy"}[language] in page


def test_who_reads_the_east_alone_sees_nothing_of_the_west(who):
    east = who("east")
    pages = [
        "/key-areas",
        "/key-areas?level=省",
        f"/key-areas/counties/{EAST}",
        f"/key-areas/villages/{OLD}",
        "/settlements",
        "/investment",
    ]
    for path in pages:
        page = east.page(path)
        assert not [word for word in ("西县", "西一", "西项", WEST, "西县之文") if word in page], path
    for path in ("/key-areas/download", "/settlements/download", "/investment/download", f"/key-areas/counties/{EAST}/download"):
        text = str(sheets(east.form(f"{path}?lang=zh", format="xlsx")))
        assert not [word for word in ("西县", "西一", "西项", WEST) if word in text], path
    for path in ("/key-areas/map", "/settlements/map"):
        assert "西" not in east.page(path)


def test_a_part_of_a_plan_is_not_judged_as_the_whole(who):
    page = who("east").page("/investment?lang=zh")
    assert "partial-plan" in page
    assert "文件前后一致" not in page
    assert "None" not in page
    assert "partial-plan" not in who("all").page("/investment?lang=zh")


@pytest.mark.parametrize(
    "path",
    [f"/key-areas/counties/{WEST}", f"/key-areas/villages/{WEST_VILLAGE}", f"/key-areas/counties/{OLD}", "/key-areas/villages/x"],
)
def test_places_out_of_reach_or_of_another_kind_are_not_there(who, path):
    assert who("east").get(path).status_code == 404
    assert who("east").form(f"{path}/download", format="xlsx").status_code == 404
    assert who("east").post(f"{path}/print").status_code == 404


def test_nobody_is_asked_to_sign_in(keyed, browser_of):
    for path in ("/key-areas", "/settlements", "/investment", f"/key-areas/counties/{EAST}"):
        assert browser_of(keyed).get(path, headers={"Accept": "application/json"}).status_code == 401


def test_the_monitoring_page_of_a_county_by_hand(who):
    made = sheets(who("all").form(f"/key-areas/counties/{EAST}/download?lang=zh", format="xlsx"))
    money = {row[0]: row[1] for row in made["资金"][1:]}
    assert money["projects"] == 2
    assert money["projects_without_budget"] == 1
    assert money["budget_wan_yuan"] == 3000
    people = money["population_low"]
    assert people == money["population_high"]
    assert money["yuan_per_head_low"] == round(3000 * 10000 / people, 2)
    land = {row[0]: row[1:] for row in made["用地指标"][1:]}
    assert (land[2025][1], land[2025][2]) == (450, 150)
    assert land[2026][1] is None
    head, *rows = made["数字"]
    figures = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert round(figures["RD1"]["value"], 1) == 37.5


def test_people_are_counted_once_by_hand(who, keyed):
    store = keyed.extensions["xiangtu"].store
    villages = store.read("villages")
    stated = villages["pop_resident"].fillna(villages["pop_registered"])
    east = int(stated[villages["county_code"] == EAST].fillna(0).sum())
    page = who("all").page(f"/settlements?area={EAST}&lang=en")
    assert f"{east:,}" in page
    assert f"{east - 40 + 500:,}" in page


def test_settlements_by_what_they_lack_by_hand(who):
    rows = sheets(who("all").form("/settlements/download?lang=zh", format="xlsx", area=EAST))["安置点"]
    head, *body = rows
    found = [dict(zip(head, row, strict=True)) for row in body]
    assert [(row["settlement_id"], row["state"], row["missing"], row["unknown"]) for row in found] == [
        ("东一", "lacks", "clinic", None), ("东三", "unknown", None, "water"), ("东二", "has", None, None),
    ]  # fmt: skip
    page = who("all").page(f"/settlements?area={EAST}&lang=en")
    assert "25.0 %" in page  # all eight: 100 of 400 known persons
    assert "20.0–40.0" in page  # 100 to 200 of 500
    assert "88.5" in page  # land stays with the old village


def test_an_area_that_is_not_there_is_said(who):
    assert who("all").get("/settlements?area=nothing").status_code == 404
    assert who("east").get(f"/settlements?area={WEST}").status_code == 404


def test_planned_money_by_hand(who):
    page = who("all").page("/investment?lang=en")
    assert "0.60 + 0.40" not in page  # the categories agree
    assert "0.70 + 0.29 = 0.99; 0.99 − 1.00 = −0.01" in page
    made = sheets(who("all").form("/investment/download?lang=zh", format="xlsx"))
    head, *rows = made["规划投资"]
    lines = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    assert (lines["巩固类"]["东县"], lines["巩固类"]["西县"], lines["巩固类"]["library"], lines["巩固类"]["difference"]) == (
        0.3,
        0.05,
        0.35,
        -0.25,
    )
    assert (lines["产业类"]["library"], lines["产业类"]["without_budget"], lines["产业类"]["projects"]) == (0, 1, 1)
    assert (lines["Σ"]["library"], lines["Σ"]["plan"]) == (0.35, 1.0)
    assert who("all").get("/investment?plan=none").status_code == 404


def test_a_wrong_format_is_refused(who):
    for path in ("/key-areas/download", "/settlements/download", "/investment/download", f"/key-areas/counties/{EAST}/download"):
        assert who("all").form(path, format="exe").status_code == 400


def test_tables_as_csv(who):
    for path in ("/key-areas/download", "/settlements/download", "/investment/download", f"/key-areas/villages/{OLD}/download"):
        answer = who("all").form(path, format="csv")
        assert answer.data.startswith(b"\xef\xbb\xbf"), path


@pytest.mark.parametrize(
    "path",
    [
        "/key-areas/print",
        f"/key-areas/counties/{EAST}/print",
        f"/key-areas/villages/{OLD}/print",
        "/settlements/print",
        "/settlements/print-list",
        "/investment/print",
    ],
)
def test_printed_pages_are_pdf(who, path):
    found = who("all").job(path)
    answer = who("all").get(f"/downloads/jobs/{found['id']}")
    assert answer.data.startswith(b"%PDF")


def test_pages_of_a_village(who):
    page = who("all").page(f"/key-areas/villages/{HOST_VILLAGE}?lang=en")
    assert "3,000.00" in page
    assert "Shared with other villages" in page
    old = who("all").page(f"/key-areas/villages/{OLD}?lang=en")
    assert "40 persons, of whom 40 still stand" in old


def test_an_empty_store_says_what_to_load(bare):
    assert "geo-app key-counties load" in bare.page("/key-areas?lang=en") or "No county" in bare.page("/key-areas?lang=en")
    assert "No settlement is recorded" in bare.page("/settlements?lang=en")
    assert "geo-app investment load" in bare.page("/investment?lang=en")
    assert bare.get("/settlements/map", headers={"Accept": "application/json"}).status_code == 409
    assert bare.post("/settlements/print").status_code == 409


def test_both_languages_are_whole(who):
    for path in ("/key-areas", f"/key-areas/counties/{EAST}", "/settlements", "/investment"):
        assert 'lang="zh-CN"' in who("all").page(f"{path}?lang=zh")
        assert "Simulated" not in who("all").page(f"{path}?lang=zh")
