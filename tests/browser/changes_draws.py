"""Draws docs/images/conflict.png and docs/images/diff.png: the conflict page and the review page on the demonstration area.

    .venv/bin/python tests/browser/changes_draws.py STORE FOLDER

STORE is a GeoPackage with the demonstration area (`geo-app demo`); a copy of it is used. FOLDER takes the two pictures.
"""

import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import shapely
from playwright.sync_api import sync_playwright
from waitress.server import create_server

from geo_app import create_app
from geo_app.access.people import person_of
from geo_app.actions import requests
from geo_app.actions.save_edits import StaleEditsError, save
from geo_app.config import Settings
from layers.store import Condition, Delete, Grant, Insert, Update, open_store
from processing.crs import length_m

COUNTY = "620422"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def shifted(line, metres):
    """Bend the middle of a line to the north."""
    points = np.array(shapely.segmentize(line, line.length / 12).coords)
    along = np.linspace(0, np.pi, len(points))
    return shapely.LineString(points + np.column_stack([0 * along, np.sin(along) * metres / 111_000]))


def make(store):
    """Two editors of one road, and a request of a third person with an addition, a move and a removal."""
    transport = [
        person_of(store.accounts.add(login, name, "会宁县交通运输局", "x", [Grant("transport", (), apply=apply)]))
        for login, name, apply in (("li", "李明", True), ("wang", "王芳", True), ("zhao", "赵强", False))
    ]
    li, wang, zhao = transport
    store.accounts.add("zhang", "张磊", "会宁县乡村振兴局", "x", [Grant("revitalisation")])
    roads = store.read("roads", where=[Condition("county_code", "=", COUNTY), Condition("admin_class", "in", ["村道", "乡道"])])
    length = length_m(roads)
    roads = roads[(length > 1000) & (length < 3000) & (roads.geom_type == "LineString")]
    first = roads.iloc[3]
    seen = int(first["ver"])
    save(
        store,
        wang,
        [Update("roads", first["id"], seen, {"width_m": 5.5, "condition": "良"}, shifted(first.geometry, 120))],
        reason="竣工测量",
    )
    try:
        edit = Update(
            "roads", first["id"], seen, {"width_m": 7.0, "lanes": 2, "maintainer": "县公路养护中心"}, shifted(first.geometry, -90)
        )
        save(store, li, [edit], reason="拓宽为双车道")
    except StaleEditsError as error:
        kept = error.kept[0]
    unpaved = store.read("hamlets", where=[Condition("county_code", "=", COUNTY), Condition("hardened_road", "=", False)])
    paved = roads[roads["surface_type"].isin(["水泥", "沥青"])]
    apart = {row["id"]: float(paved.distance(row.geometry).min()) for _, row in unpaved.iterrows()}
    far = next(
        row for _, row in unpaved.iterrows() if apart[row["id"]] == min(value for value in apart.values() if value > 0.026)
    )
    second, third = (paved.loc[fid] for fid in paved.distance(far.geometry).nsmallest(2).index)
    near = second.geometry.interpolate(second.geometry.project(far.geometry))
    new = roads.iloc[[5]].drop(columns=["id", "ver"]).copy()
    new["segment_id"], new["name"], new["route_no"] = "新建-0001", "新建通组路", "C901620422"
    new["surface_type"], new["tech_class"], new["all_season"], new["admin_class"] = "水泥", "四级", True, "村道"
    new = new.set_geometry(
        [shapely.LineString([near, shapely.Point((near.x + far.geometry.x) / 2 + 0.003, far.geometry.y), far.geometry])],
        crs=new.crs,
    )
    moved = Update(
        "roads", second["id"], int(second["ver"]), {"surface_type": "沥青", "width_m": 6.5}, shifted(second.geometry, 200)
    )
    gone = Delete("roads", third["id"], int(third["ver"]))
    asked = save(store, zhao, [moved, Insert("roads", new), gone], reason="2026 年通组路建设竣工")
    assert requests.get(store, zhao, asked.request_id)
    return kept, asked.request_id


def shoot(page, url, path, *, height):
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(url)
    for frame in page.locator("iframe").all():
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator(".leaflet-container").wait_for()
    page.wait_for_timeout(1500)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=path)


def main():
    """Draw the two pictures."""
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        with open_store(source) as store:
            store.copy_to(Path(work) / "store.gpkg")
        app = create_app(
            Settings(store=str(Path(work) / "store.gpkg"), data_dir=Path(work) / "data", user="张磊", bureau="会宁县乡村振兴局")
        )
        here = app.extensions["xiangtu"]
        kept, request = make(here.store)
        server = create_server(app, listen="127.0.0.1:0", threads=6)
        threading.Thread(target=server.run, daemon=True).start()
        site = f"http://127.0.0.1:{server.effective_port}"
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_context(locale="zh-CN").new_page()
            shoot(page, f"{site}/kept/{kept}", folder / "conflict.png", height=1180)
            page.goto(f"{site}/requests/{request}")
            page.locator("#effect button").click()
            page.wait_for_selector("#figures-table", timeout=120_000)
            shoot(page, f"{site}/requests/{request}", folder / "diff.png", height=1180)
            browser.close()
        server.close()
        here.jobs.close()
        here.store.close()


if __name__ == "__main__":
    main()
