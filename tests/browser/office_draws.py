"""Draws the pictures of plan, works, assets, ledgers, waiting projects and map in docs/images, on the demonstration area.

    .venv/bin/python tests/browser/office_draws.py STORE FOLDER

STORE is a GeoPackage with the demonstration area (`geo-app demo`) and a run; a copy of it is used. FOLDER takes the pictures.
"""

import datetime as dt
import io
import json
import sys
import tempfile
import threading
from pathlib import Path

import shapely
from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright
from shapely.affinity import translate
from waitress.server import create_server

from geo_app import create_app
from geo_app.config import Settings
from layers.store import Condition, open_store

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
TODAY = dt.date(2026, 11, 22)
COUNTY, ROAD, ASSET = "620421", "P6204210149", "Z62040200011"
WAIT = 180_000
WHITE = 255


def photograph(place, taken, mark):
    """A picture of a road with sky, as a telephone writes it; place is longitude and latitude."""
    image = Image.new("RGB", (640, 440), (150 + mark, 190, 225))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 200 + mark, 640, 440), fill=(150, 150 + mark, 90))
    draw.polygon(
        [(280 + mark, 200 + mark), (340 - mark, 200 + mark), (560, 440), (80 + mark * 4, 440)], fill=(120 + mark, 118, 112)
    )
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    degrees = [(int(v), int(v % 1 * 60), v % 1 * 60 % 1 * 60) for v in (place[1], place[0])]
    exif.get_ifd(0x8825).update({1: "N", 2: degrees[0], 3: "E", 4: degrees[1]})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def sent(page, selector):
    """Press a button and wait for the page that answers."""
    with page.expect_navigation():
        page.locator(selector).click()


def works(page, site, road):
    """Enter photographs, one of them doubtful, and the works as built beside the planned line."""
    page.goto(f"{site}/projects/{ROAD}/as-built")
    line = translate(road, 0.00012, 0.00012)
    page.locator("#built-file").set_input_files(
        {
            "name": "竣工测量.geojson",
            "mimeType": "application/geo+json",
            "buffer": json.dumps({"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(line)}).encode(),
        }
    )
    page.locator("#file-says:not(:empty)").wait_for()
    page.fill("input[name=surveyed_on]", "2026-11-10")
    page.fill("input[name=surveyor]", "靖远县测绘队")
    sent(page, "#built-form button[type=submit]")
    near, far = road.interpolate(0.4, normalized=True), road.interpolate(0.7, normalized=True)
    shots = (
        ("施工中", "路基.jpg", (near.x, near.y), "2025:05:04 10:20:30", 0),
        ("施工中", "远处.jpg", (near.x + 0.15, near.y), "2025:02:01 09:00:00", 30),
        ("完工", "路面.jpg", (far.x, far.y), "2025:07:09 16:05:00", 15),
    )
    for stage, name, place, taken, mark in shots:
        page.select_option("#photo-form select[name=stage]", stage)
        file = {"name": name, "mimeType": "image/jpeg", "buffer": photograph(place, taken, mark)}
        page.set_input_files("#photo-form input[name=photo]", file)
        sent(page, "#photo-form button.primary")
    page.frame_locator("iframe.small-map").locator(".leaflet-container").wait_for()


def plan(page, site):
    """Take candidates into next year's plan, beyond its money."""
    page.goto(f"{site}/plans")
    page.fill('#open-plan input[name="year"]', "2027")
    page.locator('#open-plan [name="county"], #open-plan [name="area"]').first.select_option(COUNTY)
    page.get_by_role("button", name="打开").click()
    page.wait_for_selector("#candidates tbody tr")
    keys = [row.get_attribute("data-project") for row in page.locator("#candidates tr[data-project]").all()[:5]]
    for key in keys:
        page.check(f'input[name="in:{key}"]')
    total = float(page.inner_text("#plan-total").replace(",", ""))
    page.fill("#money-limit", str(int(total * 0.8)))
    page.fill('input[name="reason"]', "县领导小组会议纪要〔2026〕8号")
    page.get_by_role("button", name="保存计划").click()
    page.wait_for_selector("#plan-faults")


def asset(page, site):
    """Give away income for a use that is not allowed."""
    page.goto(f"{site}/assets/{ASSET}")
    give = page.locator("details[data-move=distribute]")
    give.locator("summary").click()
    give.locator("select[name=use-0]").select_option("IP1")
    give.locator("input[name=amount-0]").fill("30")
    give.locator("textarea[name=plan]").fill("提取管理费")
    give.locator("button[type=submit]").click()
    page.wait_for_selector("#refused li[data-code=forbidden_use]")


def draw(page, site, folder, road):
    """Draw the pictures one after another."""

    def shoot(name):
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / name)

    page.goto(site)
    page.frame_locator("iframe").first.locator(".leaflet-container").wait_for()
    page.get_by_text("短板清单").first.wait_for()
    page.wait_for_timeout(5000)
    shoot("map.png")
    lighter(folder / "map.png")
    page.goto(f"{site}/projects/review")
    shoot("review.png")
    asset(page, site)
    shoot("asset.png")
    page.goto(f"{site}/ledgers/compare?area={COUNTY}&year=2026")
    page.wait_for_selector("#differences tbody tr")
    shoot("ledger-compare.png")
    plan(page, site)
    shoot("plan.png")
    page.set_viewport_size({"width": 1440, "height": 1240})
    works(page, site, road)
    shoot("progress.png")
    page.set_viewport_size({"width": 1440, "height": 900})


def lighter(path):
    """Make a picture of many shades lighter: channels keep four bits, white stays white; no colour of a legend is lost."""
    with Image.open(path) as picture:
        flat = picture.convert("RGB").point(lambda value: value if value == WHITE else (value & 0xF0) | 8)
    flat.save(path, optimize=True)


def main(store, folder):
    """Serve a copy of the store and draw."""
    with tempfile.TemporaryDirectory() as place:
        held = Path(place) / "store.gpkg"
        held.write_bytes(Path(store).read_bytes())
        with open_store(held) as opened:
            rows = opened.read("projects", where=[Condition("project_id", "=", ROAD)])
            road = shapely.line_merge(rows.geometry.iloc[0])
        app = create_app(Settings(store=str(held), data_dir=Path(place) / "data"))
        app.config["OFFICE_DAY"] = TODAY
        server = create_server(app, listen="127.0.0.1:0", threads=6)
        threading.Thread(target=server.run, daemon=True).start()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
            page.set_default_timeout(WAIT)
            page.on("dialog", lambda box: box.accept())
            draw(page, f"http://127.0.0.1:{server.effective_port}", Path(folder), road)
            browser.close()
        server.close()
        app.extensions["xiangtu"].jobs.close()
        app.extensions["xiangtu"].store.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
