"""The asset ledger in a real browser: the list, a step that is refused and one that is taken, ledgers, copies, what is due."""

import datetime as dt
import os
import re
import threading
from pathlib import Path

import pandas as pd
import pytest
import shapely
from waitress.server import create_server

from geo_app import create_app
from geo_app.access.people import local_person
from geo_app.actions.ledger import acting, building
from geo_app.config import Settings
from layers.store import Change, Insert, open_store

pytestmark = pytest.mark.browser

COUNTY, TOWN, VILLAGE = "990101", "990101001", "990101001200"
AREAS = {"village_code": VILLAGE, "township_code": TOWN, "county_code": COUNTY}
TODAY = dt.date(2026, 11, 22)
WAIT = 60_000


def put(store, layer, *rows):
    store.apply(Change("test", "测试", "rows", (Insert(layer, pd.DataFrame(list(rows), dtype=object)),), kind="demo"))


def asset(number, **given):
    return {
        "asset_id": f"Z{number}",
        "name": f"甲村扶贫车间{number}",
        "asset_class": "OPR",
        "sub_class": "OPR7",
        "original_value": 80.0,
        "current_value": 70.0,
        "formed_date": dt.date(2020, 6, 1),
        "registered_on": dt.date(2021, 11, 30),
        "owner_level": "村集体",
        "owner": "甲村股份经济合作社",
        "operator": "甲农业公司",
        "mode": "租赁",
        "term_start": dt.date(2024, 1, 1),
        "term_end": dt.date(2026, 12, 10),
        "plan_exists": True,
        "status": "正常",
        "geometry": shapely.Point(105.01, 36.01),
        "data_quality": "synthetic",
        **AREAS,
    } | given


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server on a small ledger: three assets, ledgers of village and township, one change since."""
    folder = tmp_path_factory.mktemp("ledger")
    me, box = local_person(Settings(user="li", bureau="乡村振兴局")), shapely.box(105, 36, 105.2, 36.2)
    with open_store(folder / "store.gpkg", create=True) as store:
        put(store, "counties", {"county_code": COUNTY, "name": "甲县", "geometry": box})
        put(store, "townships", {"township_code": TOWN, "name": "甲乡", "county_code": COUNTY, "geometry": box})
        put(
            store,
            "villages",
            {"village_code": VILLAGE, "name": "甲村", "township_code": TOWN, "county_code": COUNTY, "geometry": box},
        )
        road = {"sub_class": "PUB01", "asset_class": "PUB", "name": "甲村通组路", "maintainer": None, "status": "闲置"}
        put(store, "assets", asset(1), asset(2, **road), asset(3, original_value=None))
        building.build(store, me, "LV2", TOWN, 2026, dt.date(2026, 11, 1))
        changed = {"reason": "重估", "document": "评估报告", "value_after": 66.0, "start_date": "2026-11-05"}
        acting.act(store, me, "Z1", "change", changed, expected_ver=1, today=dt.date(2026, 11, 5))
        building.build(store, me, "LV1", VILLAGE, 2026, dt.date(2026, 11, 6))
    app = create_app(Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data"))
    app.config["OFFICE_DAY"] = TODAY
    server = create_server(app, listen="127.0.0.1:0", threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=10)
    app.extensions["xiangtu"].jobs.close()
    app.extensions["xiangtu"].store.close()


@pytest.fixture
def page(browser_driver):
    browser = browser_driver.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    opened.set_default_timeout(WAIT)
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []
    browser.close()


def picture(page, name):
    """Keep a picture for the guide where XIANGTU_PICTURES names the folder."""
    folder = os.environ.get("XIANGTU_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / name)


def test_the_ledger_from_the_list_to_the_copies(page, address):
    page.goto(f"{address}/assets")
    assert page.locator("#equal").get_attribute("data-equal") == "yes"
    assert page.locator("#assets tbody tr").count() == 3
    page.select_option("#filters select[name=status]", "wanting")
    page.click("#filters button[type=submit]")
    page.wait_for_url(re.compile("status=wanting"))
    assert page.locator("#assets tbody tr").count() == 1

    page.goto(f"{address}/assets/Z1")
    settle = page.locator("details[data-move=settle]")
    settle.locator("summary").click()
    settle.locator("input[name=amount]").fill("6")
    settle.locator("input[name=period]").fill("2026")
    settle.locator("button[type=submit]").click()
    page.wait_for_selector(".notice.good")
    assert page.locator("#settled").inner_text().startswith("6")

    give = page.locator("details[data-move=distribute]")
    give.locator("summary").click()
    give.locator("select[name=use-0]").select_option("IP1")
    give.locator("input[name=amount-0]").fill("1")
    give.locator("textarea[name=plan]").fill("提取管理费")
    give.locator("button[type=submit]").click()
    page.wait_for_selector("#refused li[data-code=forbidden_use]")
    assert "湘扶办联〔2021〕2号" in page.locator("#refused").inner_text()
    again = page.locator("details[data-move=distribute]")
    assert again.locator("select[name=use-0]").input_value() == "IP1"
    again.locator("select[name=use-0]").select_option("IU2")
    again.locator("button[type=submit]").click()
    page.wait_for_selector(".notice.good")

    page.goto(f"{address}/ledgers")
    page.locator("#ledgers a", has_text="甲村").first.click()
    page.wait_for_selector("details[data-move=publish]")
    publish = page.locator("details[data-move=publish]")
    publish.locator("input[name=place]").fill("村务公开栏")
    publish.locator("button[type=submit]").click()
    page.wait_for_selector("#state[data-state=published]")
    assert page.locator("#violations li[data-check=E8]").count() == 1
    page.goto(f"{address}/ledgers/compare?area={VILLAGE}&year=2026")
    assert page.locator("#same").get_attribute("data-same") == "no"
    assert page.locator("#differences tbody tr").count() == 1
    assert page.locator("#differences tbody tr").get_attribute("data-field") == "current_value"


def test_what_is_due_leads_to_the_asset_and_stays_narrow_on_a_phone(page, address):
    page.goto(f"{address}/due")
    contract = page.locator("#dues tr[data-kind=asset_contract]").first
    assert "2026-12-10" in contract.inner_text()
    assert contract.get_attribute("data-state") == "due"
    picture(page, "due.png")
    contract.locator("a").click()
    page.wait_for_selector("#timeline")
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/due", "/assets", "/assets/Z1", "/ledgers"):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
