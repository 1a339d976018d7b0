"""Annual plan, progress with photographs, and exchange of the library in a real browser, on a small area of the tests' own."""

import contextlib
import datetime as dt
import io
import threading
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from PIL import Image, ImageDraw
from shapely import LineString
from waitress.server import create_server

from geo_app import create_app
from geo_app.actions import load_recipe
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.catalogue import LAYERS
from layers.frames import conform
from layers.store import Change, Insert, open_store
from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser

SMALL = Path(__file__).resolve().parents[1] / "geo_app" / "fixtures" / "small"
COUNTY = "990101"
NAMES = ("甲南村通组路硬化", "甲南村供水管网延伸", "乙村排水沟", "丙村文化广场", "丁村灌溉渠", "戊村卫生厕所改造")


def project(number, status):
    planned = status != "in_library"
    return {
        "project_id": f"X-{number}",
        "name": NAMES[number - 1],
        "category": "P3",
        "build_nature": "新建",
        "location_text": "甲南村",
        "village_codes": ["990101001200"],
        "start_date": dt.date(2026, 3, 1),
        "end_date": dt.date(2026, 10, 30),
        "responsible_unit": "交通局",
        "task": "硬化3.5米宽路面1.2公里",
        "quantity": 1.2,
        "quantity_unit": "km",
        "budget_total": 20.0 + 10 * number,
        "funding_sources": [{"code": "S11", "amount_wan_yuan": 20.0 + 10 * number}],
        "beneficiary_text": "村民",
        "benefit_households": 30,
        "benefit_persons": 90 * number,
        "benefit_former_poor": 20 * number,
        "performance_target": "通",
        "participation": "有",
        "interest_linkage": "有",
        "scope": "应急" if number == 4 else "到村到户",
        "status": status,
        "sector": "transport",
        "plan_year": 2026 if planned else None,
        "plan_rank": number if planned else None,
        "village_code": "990101001200",
        "township_code": "990101001",
        "county_code": COUNTY,
        "data_quality": "synthetic",
        "geometry": LineString([(105.045 + number / 1000, 36.045), (105.056 + number / 1000, 36.047)]),
    }


@contextlib.contextmanager
def served(folder):
    """A server on the small area with six projects: one under way, one accepted, four in the library."""
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, SMALL / "recipe.toml", SMALL, By("li", "测试局", "first load"))
        rows = [project(1, "implementing"), project(2, "accepted"), *(project(number, "in_library") for number in (3, 4, 5, 6))]
        frame = gpd.GeoDataFrame(rows, crs=4490)
        store.apply(Change("li", "测试局", "r", (Insert("projects", conform(frame, LAYERS["projects"])),), kind="demo"))
    app = create_app(Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data", bureau="县乡村振兴局", user="李"))
    app.config["OFFICE_DAY"] = dt.date(2026, 11, 22)
    server = create_server(app, listen="127.0.0.1:0", threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", app.extensions["xiangtu"].store
    server.task_dispatcher.shutdown()
    server.close()
    thread.join(timeout=5)
    app.extensions["xiangtu"].jobs.close()
    app.extensions["xiangtu"].store.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Address of a server that the tests of this file share."""
    with served(tmp_path_factory.mktemp("works")) as (address, _):
        yield address


@pytest.fixture
def unranked(tmp_path):
    """Address and store of a server whose plans nobody has touched."""
    with served(tmp_path) as found:
        yield found


def photograph(path, place, taken, mark):
    """A picture of a road with sky, as a telephone writes it."""
    image = Image.new("RGB", (640, 440), (150 + mark, 190, 225))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 200 + mark, 640, 440), fill=(150, 150 + mark, 90))
    draw.polygon(
        [(280 + mark, 200 + mark), (340 - mark, 200 + mark), (560, 440), (80 + mark * 4, 440)], fill=(120 + mark, 118, 112)
    )
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    if place:
        parts = [(int(v), int(v % 1 * 60), v % 1 * 60 % 1 * 60) for v in (place[1], place[0])]
        exif.get_ifd(0x8825).update({1: "N", 2: parts[0], 3: "E", 4: parts[1]})
    image.save(path, "JPEG", exif=exif)
    return path


def test_a_plan_is_ranked_by_keyboard_saved_compiled_and_published(web):
    page = web.open("/plans")
    page.fill('#open-plan input[name="year"]', "2027")
    page.get_by_role("button", name="打开").click()
    page.wait_for_selector("#candidates tbody tr")
    assert page.locator("#candidates tr[data-project]").first.inner_text().find("丙村文化广场") >= 0  # the emergency stands first
    page.fill("#money-limit", "140")
    for key in ("X-4", "X-5", "X-6"):
        page.check(f'input[name="in:{key}"]')
    assert page.locator("#planned tr[data-project]").count() == 3
    assert page.inner_text("#plan-total") == "210.00"
    page.locator('#planned tr[data-project="X-6"] button[data-move="-1"]').focus()
    page.keyboard.press("Enter")
    page.fill('input[name="rank:X-5"]', "1")
    page.keyboard.press("Tab")
    order = [row.get_attribute("data-project") for row in page.locator("#planned tr[data-project]").all()]
    assert order == ["X-5", "X-4", "X-6"]
    assert page.locator("#planned tr.over").count() == 1
    page.select_option('select[name="R1:X-3"]', "1")
    page.fill('input[name="reason"]', "县领导小组会议纪要〔2026〕8号")
    page.get_by_role("button", name="保存计划").click()
    page.wait_for_selector("#plan-faults")
    assert "超出资金上限" in page.inner_text("#plan-faults")
    assert "模拟数据" in page.inner_text(".page-head")
    page.get_by_role("button", name="编制完成").click()
    page.click("dialog button.primary")
    page.wait_for_selector("#publish-plan")
    page.get_by_role("button", name="发布").click()
    page.wait_for_load_state()
    page.get_by_role("link", name="查看公开页").click()
    page.wait_for_load_state()
    assert "丁村灌溉渠" in page.inner_text("main")


def stored(store):
    rows = store.read("projects")
    planned = rows[rows["plan_year"] == 2027].sort_values("plan_rank")
    return list(zip(planned["plan_rank"].astype(int), planned["project_id"], strict=True))


def in_order(page):
    return [row.get_attribute("data-project") for row in page.locator("#planned tr[data-project]").all()]


def drag(page, row, onto, *, below=False):
    """Drag a row by its grip with the mouse onto the upper or lower half of another."""
    grip, other = page.locator(f"{row} .grip"), page.locator(onto)
    other.scroll_into_view_if_needed()
    grip.scroll_into_view_if_needed()
    start = grip.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    for _ in range(2):  # rows move aside while one is dragged, so that the aim is taken again
        end = other.bounding_box()
        page.mouse.move(end["x"] + 60, end["y"] + end["height"] * (0.75 if below else 0.25), steps=8)
    page.mouse.up()


def saved(page):
    page.fill('input[name="reason"]', "领导小组会议")
    page.get_by_role("button", name="保存计划").click()
    page.get_by_text("已保存为第").first.wait_for()


def test_the_order_of_a_plan_is_dragged_with_the_mouse_and_stored(browser, unranked):
    address, store = unranked
    watched = Watched(browser, address)
    page = watched.open(f"/plans/{COUNTY}/2027", height=1400)
    page.fill("#money-limit", "500")
    for key in ("X-3", "X-4", "X-5"):
        page.check(f'input[name="in:{key}"]')
    assert in_order(page) == ["X-3", "X-4", "X-5"]
    drag(page, '#planned tr[data-project="X-5"]', '#planned tr[data-project="X-3"]')
    assert in_order(page) == ["X-5", "X-3", "X-4"]
    assert [page.input_value(f'input[name="rank:X-{at}"]') for at in (5, 3, 4)] == ["1", "2", "3"]
    assert page.inner_text('#planned tr[data-project="X-4"] .sum') == page.inner_text("#plan-total")
    saved(page)
    assert stored(store) == [(1, "X-5"), (2, "X-3"), (3, "X-4")]
    drag(page, '#planned tr[data-project="X-5"]', '#planned tr[data-project="X-4"]', below=True)
    drag(page, '#candidates tr[data-project="X-6"]', '#planned tr[data-project="X-3"]', below=True)
    assert in_order(page) == ["X-3", "X-6", "X-4", "X-5"]
    assert page.is_checked('input[name="in:X-6"]')
    saved(page)
    assert stored(store) == [(1, "X-3"), (2, "X-6"), (3, "X-4"), (4, "X-5")]
    page.locator('#planned tr[data-project="X-5"] button[data-move="-1"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert in_order(page) == ["X-5", "X-3", "X-6", "X-4"], "three steps up by key, the button keeps the focus"
    saved(page)
    assert stored(store) == [(1, "X-5"), (2, "X-3"), (3, "X-6"), (4, "X-4")]
    assert watched.errors == []
    page.context.close()


def test_progress_photographs_and_the_way_into_the_ledger(web, tmp_path):
    page = web.open("/projects/X-1/progress")
    page.fill('details[data-step="progress"] input[name="progress_pct"]', "60")
    page.click('details[data-step="progress"] button.primary')
    page.wait_for_load_state()
    assert page.inner_text("#percent") == "60 %"
    page.click('details[data-step="spend"] summary')
    page.fill('details[data-step="spend"] input[name="amount"]', "180000")
    page.select_option('details[data-step="spend"] select[name="amount_unit"]', "元")
    page.select_option('details[data-step="spend"] select[name="fund_source"]', "S11")
    page.fill('details[data-step="spend"] input[name="document"]', "拨款凭证 12")
    page.click('details[data-step="spend"] button.primary')
    page.wait_for_load_state()
    assert page.inner_text("#spent") == "18"
    good = photograph(tmp_path / "路基.jpg", (105.0503, 36.0459), "2026:05:04 10:20:30", 0)
    far = photograph(tmp_path / "远处.jpg", (105.2, 36.2), "2026:02:01 09:00:00", 30)
    page.select_option('#photo-form select[name="stage"]', "施工中")
    page.set_input_files('#photo-form input[name="photo"]', [good, far])
    page.click("#photo-form button.primary")
    page.wait_for_selector("figure.photo")
    assert page.locator("figure.photo").count() == 2
    doubts = page.inner_text("figure.doubtful")
    assert "距工程" in doubts
    assert "早于开工日期" in doubts
    web.until(
        page, "[...document.querySelectorAll('figure.photo img')].every((image) => image.complete && image.naturalWidth > 0)"
    )
    page.frame_locator("iframe.small-map").locator(".leaflet-container").wait_for()
    page.goto(web.site + "/projects/X-2/progress")
    page.select_option('#form-asset select[name="asset_class"]', "PUB")
    page.select_option('#form-asset select[name="sub_class"]', "PUB01")
    page.select_option('#form-asset select[name="owner_level"]', "村集体")
    for name, value in (("owner", "甲南村"), ("maintainer", "甲南村村委会"), ("maintenance_fund", "0.3"), ("document", "移交单")):
        page.fill(f'#form-asset input[name="{name}"]', value)
    page.click("#form-asset button.primary")
    page.wait_for_load_state()
    assert page.get_attribute("#stage", "data-stage") == "asset_formed"
    assert "Z-X-2" in page.inner_text("#asset")


def test_works_as_built_are_drawn_on_the_map_page(web):
    page = web.open("/projects/X-1/as-built")
    page.frame_locator("#map").locator(".leaflet-container").wait_for()
    web.until(page, "document.getElementById('measures').textContent.length > 3")
    page.fill('input[name="surveyor"]', "县测绘队")
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("#as-built dl")
    assert "县测绘队" in page.inner_text("#as-built")


def test_a_workbook_is_checked_by_cell_and_taken(web, tmp_path):
    page = web.open("/projects/exchange")
    with page.expect_download() as got:
        page.get_by_role("button", name="表格", exact=True).click()
    book = openpyxl.load_workbook(io.BytesIO(Path(got.value.path()).read_bytes()))
    sheet = book["项目库"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    row = sheet.max_row + 1
    sheet.cell(row=row, column=columns["项目编号"], value="X-9")
    sheet.cell(row=row, column=columns["项目名称"], value="己村桥")
    sheet.cell(row=row, column=columns["项目类别"], value="不存在的类别")
    book.save(tmp_path / "库.xlsx")
    page.set_input_files('input[name="file"]', tmp_path / "库.xlsx")
    web_errors = len(web.errors)
    page.get_by_role("button", name="查看将发生的变化").click()
    page.wait_for_selector("#faults")
    cell = f"{openpyxl.utils.get_column_letter(columns['项目类别'])}{row}"
    assert cell in page.inner_text("#faults")
    del web.errors[web_errors:]  # the browser notes the status 422 of a page with faults
    sheet.cell(row=row, column=columns["项目类别"], value="乡村建设")
    book.save(tmp_path / "库.xlsx")
    page.goto(web.site + "/projects/exchange")
    page.set_input_files('input[name="file"]', tmp_path / "库.xlsx")
    page.get_by_role("button", name="查看将发生的变化").click()
    page.wait_for_selector("#accept-form")
    page.get_by_role("button", name="接收入库").click()
    page.wait_for_selector(".notice.good")
    assert "新增 1 个项目" in page.inner_text(".notice.good")


def test_a_photograph_stands_on_the_map_with_its_picture(web, tmp_path):
    page = web.open("/projects/X-1/progress")
    file = photograph(tmp_path / "图上.jpg", (105.052, 36.0462), "2026:06:04 10:20:30", 60)
    page.set_input_files('#photo-form input[name="photo"]', file)
    page.select_option('#photo-form select[name="stage"]', "施工中")
    page.click("#photo-form button.primary")
    page.wait_for_selector("figure.photo")
    number = page.locator("figure.photo").last.get_attribute("id").removeprefix("photo-")
    page.goto(web.site + "/?layers=photographs")
    assert page.locator("text=项目照片").count() >= 1
    row = web.page()
    row.goto(web.site + f"/photographs/{number}/thumbnail")
    assert row.evaluate("document.images[0].naturalWidth") > 0
