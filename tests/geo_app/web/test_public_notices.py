"""Notices over HTTP: everybody reads what was published and nothing else; the code, the sheet, the record; who may give notice."""

import datetime as dt
import io
import re
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pypdf import PdfReader

from geo_app.actions import accounts, notice_view, passwords
from layers.store import Change, Insert

EAST, WEST, SOUTH, VILLAGE = "990101", "990102", "990101001", "990101001200"
SECRET = "a long enough passphrase"
TODAY = dt.date(2026, 11, 22)
NAME = "甲南村通组路<b>硬化</b>"


def put(store, layer, rows):
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, dtype=object), geometry=[shapely.Point(105.05, 36.02)] * len(rows), crs="EPSG:4490"
    )
    store.apply(Change("li", "测试局", layer, (Insert(layer, frame),), kind="demo"))


@pytest.fixture
def here(peopled):
    store = peopled.extensions["xiangtu"].store
    peopled.config["OFFICE_DAY"] = TODAY
    place = {"village_code": VILLAGE, "township_code": SOUTH, "county_code": EAST, "data_quality": "synthetic"}
    put(store, "projects", [{"project_id": "P/1", "name": NAME, "status": "village_notice", "budget_total": 12.5} | place])
    household = {"asset_id": "Z-1", "name": "钱某某家母羊", "asset_class": "HHD", "owner": "钱某某"} | place
    put(store, "assets", [household, {"asset_id": "Z-2", "name": "广场", "asset_class": "PUB", "maintainer": "村委会"} | place])
    for login, grants in {
        "committee": [f"village@{VILLAGE}"],
        "west_town": [f"township@{WEST}", "viewer"],
        "bureau": [f"revitalisation@{EAST}"],
    }.items():
        store.accounts.add(login, login, "", passwords.hashed(SECRET), [accounts.parse_grant(text) for text in grants])
    return peopled


def give(web, **fields):
    asked = {"subject": "project", "key": "P/1", "level": "village", "days": "10"} | fields
    return web.form("/notices", **asked)


def test_everybody_reads_a_notice_its_code_and_its_sheet(here, browser_of):
    answer = give(browser_of(here, "committee"))
    assert answer.status_code == 302, answer.text[:500]
    nobody = browser_of(here)
    page = nobody.page(answer.headers["Location"])
    assert "甲南村通组路&lt;b&gt;硬化" in page
    assert "<b>硬化" not in page
    assert "公示期 2026-11-22 至 2026-12-01（共 10 天）" in page
    assert "还剩 10 天" in page
    assert "模拟数据" in page
    assert "甲南村村民委员会" in page
    assert "<form" not in page, "objections are not collected from people without an account"
    code = nobody.get("/public/1/qr.svg")
    assert code.mimetype == "image/svg+xml"
    assert code.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    sheet = nobody.get("/public/1/notice.pdf")
    assert sheet.data.startswith(b"%PDF")
    assert nobody.get("/public/1/works.svg").data.count(b"<circle") == 1
    about = nobody.page("/public/projects/P/1")
    assert "村级公示" in about
    assert nobody.get("/public/codes/projects/P/1").status_code == 200


def test_the_code_leads_to_the_address_that_people_open(here, browser_of):
    import segno

    from map_templates.books import qr

    assert give(browser_of(here, "committee")).status_code == 302
    drawn = browser_of(here).get("/public/1/qr.svg").text
    assert drawn == qr.svg("http://xiangtu.test/public/1")
    assert segno.make_qr("http://xiangtu.test/public/1", error="m", boost_error=False).designator.endswith("M")


def test_a_publication_follows_the_address_that_is_set_today(here, browser_of):
    from map_templates.books import qr

    assert give(browser_of(here, "committee")).status_code == 302
    desk = here.extensions["xiangtu"]
    kept = desk.store.published.get(1)
    assert "http" not in str(kept.content), "a publication keeps no host"
    desk.settings = replace(desk.settings, public_url="https://moved.example.cn")
    nobody = here.test_client()
    assert nobody.get("/public/1/qr.svg", base_url="https://moved.example.cn").text == qr.svg("https://moved.example.cn/public/1")
    page = nobody.get("/public/1", base_url="https://moved.example.cn").text
    assert "https://moved.example.cn/public/1<" in page
    assert "data-here-only" not in page


@pytest.mark.parametrize(("language", "words"), [("zh", "只能在本机打开"), ("en", "opens on this machine only")])
def test_without_the_setting_pages_and_sheet_say_that_the_code_works_here_only(here, browser_of, language, words):
    web = browser_of(here, "bureau")
    assert give(web, level="county").status_code == 302
    assert "data-here-only" not in web.page("/notices/new"), "an address is set"
    assert "data-here-only" not in browser_of(here).page("/public/projects/P/1")
    desk = here.extensions["xiangtu"]
    with_address = browser_of(here).get("/public/1/notice.pdf").data
    desk.settings = replace(desk.settings, public_url="")
    nobody, local = here.test_client(), "http://127.0.0.1:8000"
    for path in ("/public/1", "/public/projects/P/1"):
        page = nobody.get(f"{path}?lang={language}", base_url=local).text
        assert words in page.partition("data-here-only")[2], path
        assert "XIANGTU_PUBLIC_URL" in page, path
    sheet = nobody.get("/public/1/notice.pdf", base_url=local).data
    assert notice_view.HERE_ONLY[:12] in text_of(sheet)
    assert notice_view.HERE_ONLY[:12] not in text_of(with_address)


def text_of(pdf):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")


def test_ended_notices_stay_as_a_record_and_the_list_narrows(here, browser_of):
    bureau = browser_of(here, "bureau")
    assert give(browser_of(here, "committee")).status_code == 302
    assert give(bureau, level="county", days="").status_code == 302
    assert give(bureau, subject="asset", key="Z-2", level="township", days="20").status_code == 302
    here.config["OFFICE_DAY"] = dt.date(2026, 12, 5)
    nobody = browser_of(here)
    page = nobody.page("/public")
    assert re.findall(r'data-publication="(\d+)"', page) == ["3", "2", "1"]
    assert page.count('data-state="ended"') == 1
    for query, numbers in (
        ("kind=library", ["2"]),
        ("state=ended", ["1"]),
        ("state=running", ["3"]),
        (f"area={SOUTH}", ["3", "1"]),
        (f"area={EAST}", ["3", "2", "1"]),
        (f"area={WEST}", []),
        ("kind=<script>", []),
        ("page=99", []),
    ):
        assert re.findall(r'data-publication="(\d+)"', nobody.page(f"/public?{query}")) == numbers, query
    assert "已结束，存档" in nobody.page("/public/1")


def test_what_is_not_published_is_not_there(here, browser_of):
    nobody = browser_of(here)
    for path in (
        "/public/1",
        "/public/1/qr.svg",
        "/public/1/notice.pdf",
        "/public/1/works.svg",
        "/public/projects/P/1",
        "/public/codes/assets/Z-1",
        "/public/assets/Z-1",
    ):
        assert nobody.get(path).status_code == 404, path
    assert give(browser_of(here, "committee")).status_code == 302
    assert browser_of(here, "bureau").form("/publications/1/withdraw").status_code == 302
    for path in ("/public/1", "/public/1/qr.svg", "/public/1/notice.pdf", "/public/projects/P/1"):
        assert nobody.get(path).status_code == 404, path
    assert NAME not in nobody.page("/public")


def test_a_plain_text_has_no_code(here, browser_of):
    assert browser_of(here, "revital").form("/publications/notices", title="通知", text="x").status_code == 302
    nobody = browser_of(here)
    assert nobody.get("/public/1").status_code == 200
    assert nobody.get("/public/1/qr.svg").status_code == nobody.get("/public/1/notice.pdf").status_code == 404


@pytest.mark.parametrize(
    ("login", "fields", "status"),
    [
        ("committee", {"level": "county", "days": ""}, 403),
        ("committee", {"key": "P-77"}, 404),
        ("committee", {"days": "ten"}, 400),
        ("committee", {"days": "0"}, 400),
        ("west_town", {"level": "township"}, 403),
        ("water_east", {"level": "village"}, 403),
        ("bureau", {"subject": "asset", "key": "Z-1"}, 400),
        ("bureau", {"subject": "household"}, 400),
        ("all", {}, 403),
        ("nothing", {}, 403),
    ],
)
def test_who_may_not_give_notice_gives_none(here, browser_of, login, fields, status):
    assert give(browser_of(here, login), **fields).status_code == status
    assert here.extensions["xiangtu"].store.published.all() == []


def test_the_form_asks_for_the_right_to_move(here, browser_of):
    assert 'value="P/1"' in browser_of(here, "committee").page("/notices/new?subject=project&key=P/1&level=village")
    assert browser_of(here, "all").get("/notices/new").status_code == 403
    assert browser_of(here).get("/notices/new").status_code in {302, 303, 401}
