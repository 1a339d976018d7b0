"""A layer of more than 5,000 features in a real browser: drawn from tiles, what a zoom leaves out is said, an edit shows."""

import threading

import geopandas as gpd
import numpy as np
import pytest
import shapely
from waitress.server import create_server

from geo_app import create_app
from geo_app.config import Settings
from layers.store import Change, Insert, Update, open_store

pytestmark = pytest.mark.browser
COUNT = 24_000


def roads(count):
    random = np.random.default_rng(4)
    starts = np.array([104.0, 35.5]) + random.uniform(0, 0.5, (count, 1, 2))
    return gpd.GeoDataFrame(
        {
            "segment_id": [f"S{n}" for n in range(count)],
            "name": [f"路{n}" for n in range(count)],
            "admin_class": ["县道" if n % 50 == 0 else "村道" for n in range(count)],
            "surface_type": "沥青",
            "county_code": "620422",
        },
        geometry=shapely.linestrings(starts + random.normal(0, 0.0015, (count, 4, 2)).cumsum(axis=1)),
        crs="EPSG:4490",
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """An application on a county with many roads."""
    folder = tmp_path_factory.mktemp("tiles")
    county = gpd.GeoDataFrame(
        {"county_code": ["620422"], "name": ["会宁县"]}, geometry=[shapely.box(103.95, 35.45, 104.55, 36.05)], crs="EPSG:4490"
    )
    with open_store(folder / "s.gpkg", create=True) as store:
        store.apply(Change("li", "", "test", (Insert("counties", county), Insert("roads", roads(COUNT)))))
    made = create_app(Settings(store=str(folder / "s.gpkg"), data_dir=folder / "data"))
    yield made
    made.extensions["xiangtu"].jobs.close()
    made.extensions["xiangtu"].store.close()


@pytest.fixture(scope="module")
def site(app):
    """A server of that application."""
    server = create_server(app, listen="127.0.0.1:0", threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()  # no answer is still on its way when the server closes
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def store(app):
    """The store behind the server."""
    return app.extensions["xiangtu"].store


def frame_of(page):
    return next(frame for frame in page.frames if "/map/frame" in frame.url)


INK = """() => [...document.querySelectorAll('.leaflet-xt-tiles-pane canvas')].reduce((sum, tile) => {
  if (!tile.width) return sum;
  const data = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i]) inked += 1;
  return sum + inked;
}, 0)"""
AT_CENTRE = "() => window.XTT.at(window.MAP.getCenter())"


def open_roads(web, view):
    page = web.open(f"/?layers=roads&view={view}")
    web.until(page, "!!document.querySelector('iframe')")
    frame = frame_of(page)
    web.until(frame, "!!window.XTT && window.XTT.layers.has('roads')", seconds=60)
    web.until(frame, f"({INK})() > 1000", seconds=60)
    return page, frame


def test_a_large_layer_is_drawn_from_tiles_and_what_is_left_out_is_said(web):
    asked = []
    page = web.page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(web.site + "/?layers=roads&view=9/104.25/35.75")
    web.until(page, "document.getElementById('map-note')?.textContent.includes('此缩放级别显示')", seconds=60)
    note = page.inner_text("#map-note")
    shown, total = (int(part.replace(",", "").strip()) for part in note.split("此缩放级别显示")[1].split("/"))
    assert 0 < shown < total
    assert total == COUNT
    assert any("/tiles/roads/8/" in url for url in asked)
    assert not any("/layers/roads/features" in url for url in asked)
    frame = frame_of(page)
    web.until(frame, f"({INK})() > 1000", seconds=60)
    frame.evaluate("window.MAP.setView([35.75, 104.25], 15, { animate: false })")
    web.until(page, "document.getElementById('map-note').hidden", seconds=60)


def test_a_click_picks_a_road_and_an_edit_shows_when_the_view_is_asked_again(web, store):
    row = store.read("roads", limit=1).iloc[0]
    x, y = row.geometry.coords[0]
    page, frame = open_roads(web, f"17/{x}/{y}")
    web.until(frame, f"({AT_CENTRE})() !== null", seconds=60)
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#history li")
    assert "pick=roads:" in page.url
    spot = shapely.LineString([(105.5, 34.0), (105.502, 34.002), (105.504, 34.001)])
    store.apply(Change("wang", "", "moved", (Update("roads", row["id"], int(row["ver"]), {"name": "改线"}, spot),)))
    frame.evaluate("window.MAP.setView([34.002, 105.502], 17, { animate: false })")
    web.until(frame, f"({AT_CENTRE})()?.props.n === '改线'", seconds=60)
    web.until(frame, f"({INK})() > 50", seconds=60)


def test_hiding_a_class_and_taking_the_layer_off(web):
    page, frame = open_roads(web, "11/104.25/35.75")
    before, again = -1, frame.evaluate(INK)
    while again != before:  # until every tile of the view is drawn
        page.wait_for_timeout(1000)
        before, again = again, frame.evaluate(INK)
    page.locator('[data-layer="roads"] .sub-classes label', has_text="村道").first.locator("input").click()
    web.until(frame, f"({INK})() > 0 && ({INK})() < {before // 2}", seconds=60)
    page.locator('[data-layer="roads"] .layer-row input').click()
    web.until(frame, "!window.XTT.layers.size && !document.querySelector('.leaflet-xt-tiles-pane canvas')", seconds=60)
