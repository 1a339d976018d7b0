"""Editing in a real browser on the small area: draw, snap, move, split, cut, undo, the form, checks, and a lost connection."""

import json
import math
import random
import shutil
import threading
import time

import pandas as pd
import pytest
import shapely
from pyproj import Geod
from shapely.ops import split
from werkzeug.serving import WSGIRequestHandler, make_server

from geo_app import create_app
from geo_app.actions import accounts, load_recipe
from geo_app.actions.signing import By
from geo_app.config import Settings
from geo_app.web import editing
from layers.store import Change, Condition, Grant, Update, open_store

pytestmark = pytest.mark.browser

VIEW = "13/105.2/36.05"
PASSWORD = "Feng-yu-qiao-8841"


@pytest.fixture(scope="module")
def small_store(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edited")
    files = root / "tests" / "geo_app" / "fixtures" / "small"
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, files / "recipe.toml", files, By("li", "测试局", "first load"))
    return folder


class Quiet(WSGIRequestHandler):
    """Answers without a line on the terminal."""

    def log(self, *_):
        pass


class Site:
    """A server on a copy of the small store, and the store itself to look into."""

    def __init__(self, folder, **settings):
        self.app = create_app(Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data", **settings))
        self.store = self.app.extensions["xiangtu"].store
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join(timeout=30)
        self.server.server_close()
        self.app.extensions["xiangtu"].jobs.close()
        self.store.close()

    def road(self, key):
        found = self.store.read("roads", where=(Condition("segment_id", "=", key),))
        return None if found.empty else found.iloc[0]

    def account(self, login, name, *grants):
        made = accounts.NewAccount(login, name, "交通运输局", grants or (Grant("transport", (), apply=True),))
        return accounts.create(self.store, made, PASSWORD)


@pytest.fixture
def make_site(small_store, tmp_path):
    made = []

    def make(**settings):
        folder = tmp_path / f"site{len(made)}"
        shutil.copytree(small_store, folder)
        made.append(Site(folder, **settings))
        return made[-1]

    yield make
    for item in made:
        item.close()


@pytest.fixture
def site(make_site):
    return make_site()


class Hand:
    """A person at the edit page: looks at places, clicks them, fills the form."""

    def __init__(self, page, until):
        self.page, self._until = page, until

    @property
    def frame(self):
        return next(frame for frame in self.page.frames if "/edit/frame" in frame.url)

    def until(self, expression):
        self._until(self.page, expression, seconds=40)

    def until_frame(self, expression):
        self._until(self.frame, expression, seconds=40)

    def ready(self, *, layer="roads"):
        self.page.wait_for_selector("#in-view", state="attached")
        self.until(f"document.getElementById('layer').value === '{layer}'")
        self.until("document.querySelectorAll('#in-view li').length > 0 || !document.getElementById('map-note').hidden")
        return self

    def at(self, lng, lat, *, right=0, down=0):
        box = self.page.locator("#map").bounding_box()
        point = self.frame.evaluate(f"(() => {{ const p = MAP.latLngToContainerPoint([{lat}, {lng}]); return [p.x, p.y]; }})()")
        return box["x"] + point[0] + right, box["y"] + point[1] + down

    def move(self, lng, lat, **off):
        self.page.mouse.move(*self.at(lng, lat, **off), steps=4)

    def click(self, lng, lat, **off):
        self.move(lng, lat, **off)
        self.page.mouse.click(*self.at(lng, lat, **off))

    def double(self, lng, lat, **off):
        self.move(lng, lat, **off)
        self.page.mouse.dblclick(*self.at(lng, lat, **off))

    def drag(self, start, end, **off):
        self.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end, **off), steps=8)
        self.page.mouse.up()

    def fill(self, **values):
        for name, value in values.items():
            box = self.page.locator(f"#field-{name}")
            if box.evaluate("node => node.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)
                box.press("Tab")

    def choose(self, name):
        fits = self.frame.evaluate("XTE.state().fits")
        self.page.locator("#in-view button", has_text=name).first.click()
        self.page.wait_for_selector("#feature-form")
        self.until_frame(f"XTE.state().fits > {fits}")

    def pending(self):
        return int(self.page.inner_text("#pending-count"))

    def pend(self, count):
        self.until(f"document.getElementById('pending-count').textContent === '{count}'")

    def entries(self):
        kept = self.page.evaluate(
            "Object.entries(localStorage).filter(([name]) => name.startsWith('xiangtu.draft')).map(([, text]) => text)"
        )
        return [entry for text in kept for entry in json.loads(text)["entries"]]

    def save(self, reason="测试"):
        self.page.click("#save")
        self.page.fill("#reason", reason)
        self.page.click("#confirm-save")

    def saved(self, reason="测试"):
        self.save(reason)
        self.page.wait_for_selector("#edit-notice.good")
        self.pend(0)


OWN = ("http://127.0.0.1:", "data:", "blob:", "about:")


@pytest.fixture
def someone(browser):
    """Opens the edit page as a person with a browser profile of their own; nothing may go outside and no page may fail."""
    contexts, outside, errors = [], [], []

    def until(target, expression, *, seconds):
        last = time.monotonic() + seconds
        while not target.evaluate(expression):
            assert time.monotonic() < last, f"did not become true: {expression}"
            time.sleep(0.1)

    def come(site, path=f"/edit?layer=roads&view={VIEW}", *, login="", **options):
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"} | options))
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith(OWN) else outside.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        if login:
            page.goto(f"{site.url}/sign-in")
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url(lambda address: "/sign-in" not in address)
        page.goto(site.url + path)
        return Hand(page, until).ready(layer=path.split("layer=")[1].split("&")[0])

    yield come
    for context in contexts:
        context.close()
    assert outside == []
    assert errors == []


@pytest.fixture
def hand(site, someone):
    return someone(site)


def test_draws_a_road_that_snaps_to_its_neighbour_and_stores_it_exactly(hand, site):
    hand.page.click('[data-draw="line"]')
    hand.click(105.2, 36.05, right=6, down=5)
    hand.click(105.206, 36.056)
    hand.move(105.212, 36.058)
    assert hand.page.locator("#measures dd").first.inner_text().endswith("m")
    hand.double(105.212, 36.058)
    hand.page.wait_for_selector("#feature-form")
    assert hand.page.locator("#field-data_quality").is_visible()
    assert "实测" in hand.page.inner_text("#proposed")
    day = hand.page.input_value("#field-source_date")
    assert day == hand.page.evaluate("new Date().toLocaleDateString('sv')")
    hand.page.click("#save")
    hand.page.wait_for_selector("#blocked")
    assert "路段编号" in hand.page.inner_text("#blocked")
    assert hand.page.locator("#field-segment_id").get_attribute("aria-invalid") == "true"
    options = hand.page.locator("#field-surface_type option").all_inner_texts()
    assert options[0] == "未知"
    assert "水泥" in options
    assert hand.page.locator("#field-all_season option").all_inner_texts() == ["未知", "是", "否"]
    assert "m" in hand.page.inner_text('[data-field="width_m"] label')
    assert "必填" in hand.page.inner_text('[data-field="segment_id"] label')
    hand.fill(segment_id="S9", name="新路", admin_class="组道", surface_type="水泥", width_m="宽")
    hand.page.click("#save")
    hand.page.wait_for_selector('[data-field="width_m"].error')
    assert site.road("S9") is None
    hand.fill(width_m="3.5")
    hand.saved("新修")
    stored = site.road("S9")
    points = list(stored.geometry.coords)
    assert points[0] == (105.2, 36.05)
    assert len(points) == 3
    assert points[1] == pytest.approx((105.206, 36.056), abs=3e-4)
    assert (stored["surface_type"], stored["width_m"]) == ("水泥", 3.5)
    assert pd.isna(stored["all_season"])
    assert (str(stored["source_date"])[:10], stored["data_quality"]) == (day, "surveyed")
    newest = site.store.changes(limit=1)[0]
    assert (newest.reason, newest.inserted, newest.updated) == ("新修", 1, 0)


def test_moves_a_vertex_undoes_redoes_and_keeps_the_others_as_they_were(hand, site):
    hand.choose("S1")
    hand.page.wait_for_selector('[data-tool="vertices"][aria-pressed="true"]')
    hand.until_frame("MAP.pm.getGeomanLayers().some((layer) => layer.pm.enabled())")
    hand.page.evaluate("document.activeElement.blur()")
    hand.frame.evaluate("MAP.setView([36.05, 105.2], 13, {animate: false})")
    hand.drag((105.2, 36.05), (105.21, 36.06))
    hand.pend(1)
    before = hand.page.inner_text("#measures")
    hand.page.click("#undo")
    hand.pend(0)
    assert hand.page.inner_text("#measures") != before
    hand.page.click("#redo")
    hand.pend(1)
    hand.saved()
    hand.until("document.querySelector('#in-view').innerText.includes('S1')")
    hand.until_frame("document.querySelectorAll('.marker-icon').length === 0")
    hand.until_frame("!MAP.pm.getGeomanLayers().some((layer) => layer.pm.enabled())")
    points = list(site.road("S1").geometry.coords)
    assert points[1] == pytest.approx((105.21, 36.06), abs=3e-4)
    assert (points[0], points[2]) == ((105.0, 36.05), (105.4, 36.05))
    assert [item.op for item in site.store.history("roads", site.road("S1")["id"])] == ["insert", "update"]


def test_splits_a_line_the_first_part_keeps_key_and_history(hand, site):
    before = site.road("S1")
    hand.choose("S1")
    hand.frame.evaluate("MAP.setView([36.05, 105.2], 13, {animate: false})")
    hand.page.click('[data-tool="splitAt"]')
    hand.click(105.21, 36.05, down=2)
    hand.pend(2)
    assert hand.page.input_value("#field-segment_id") == ""
    assert hand.page.input_value("#field-surface_type") == "水泥"
    hand.page.click("#save")
    hand.page.wait_for_selector("#blocked")
    hand.fill(segment_id="S1-2")
    hand.saved()
    first, second = site.road("S1"), site.road("S1-2")
    assert first["id"] == before["id"]
    assert first.geometry.coords[-1] == second.geometry.coords[0]
    assert first.geometry.length + second.geometry.length == pytest.approx(before.geometry.length, rel=1e-9)
    assert len(site.store.history("roads", first["id"])) == 2
    assert len(site.store.history("roads", second["id"])) == 1


def test_splits_by_a_line_and_takes_it_back_piece_by_piece(hand, site):
    hand.choose("S1")
    hand.frame.evaluate("MAP.setView([36.05, 105.2], 13, {animate: false})")
    hand.page.uncheck("#snap-on")
    hand.page.click('[data-tool="splitLine"]')
    hand.click(105.19, 36.06)
    hand.click(105.19, 36.04)
    hand.double(105.21, 36.055)
    hand.pend(3)
    assert sorted(entry["op"] for entry in hand.entries()) == ["insert", "insert", "update"]
    hand.page.locator("[data-revert]").last.click()
    hand.pend(2)
    hand.page.keyboard.press("Control+z")
    hand.pend(3)
    hand.page.keyboard.press("Control+z")
    hand.pend(0)
    assert len(site.store.read("roads")) == 2


def test_deletes_and_takes_it_back_then_deletes_for_good(hand, site):
    hand.choose("S1")
    hand.page.click("#delete-feature")
    hand.pend(1)
    assert "将删除" in hand.page.inner_text("#feature-state")
    hand.page.keyboard.press("Control+z")
    hand.pend(0)
    hand.page.click("#delete-feature")
    hand.pend(1)
    hand.page.click("#save")
    assert "删除 1" in hand.page.inner_text("#save-dialog h2")
    hand.page.fill("#reason", "重复登记")
    hand.page.click("#confirm-save")
    hand.page.wait_for_selector("#edit-notice.good")
    assert site.road("S1") is None


def test_cuts_a_polygon_by_a_polygon_and_measures_on_the_ellipsoid(site, someone):
    hand = someone(site, "/edit?layer=townships&view=11/105.2/36.1")
    hand.page.uncheck("#snap-on")
    name = site.store.read("townships").iloc[0]["name"]
    hand.choose(name)
    shape = site.store.read("townships").iloc[0].geometry
    west, south, east, north = shape.bounds
    hand.frame.evaluate(f"MAP.fitBounds([[{south - 0.1}, {west - 0.1}], [{north + 0.1}, {east + 0.1}]], {{animate: false}})")
    hand.page.click('[data-tool="cut"]')
    middle = (west + east) / 2
    hand.click(middle - 0.02, north + 0.02)
    hand.click(middle - 0.02, south - 0.02)
    hand.click(middle + 0.02, south - 0.02)
    hand.double(middle + 0.02, north + 0.02)
    hand.pend(1)
    entry = hand.entries()[0]
    cut = shapely.from_geojson(json.dumps(entry["geometry"]))
    assert cut.geom_type == "MultiPolygon"
    assert cut.area == pytest.approx(shape.area * (east - west - 0.04) / (east - west), rel=0.02)
    area, _ = Geod(ellps="GRS80").geometry_area_perimeter(shapely.orient_polygons(cut))
    shown = hand.page.locator("#measures dd").first.inner_text()
    assert float(shown.replace(",", "").split()[0]) == pytest.approx(area / 1e6, rel=1e-5)


def test_splits_an_area_by_a_line_into_two_features(site, someone):
    hand = someone(site, "/edit?layer=townships&view=11/105.2/36.1")
    hand.page.uncheck("#snap-on")
    before = site.store.read("townships").iloc[0]
    hand.choose(before["name"])
    west, south, east, north = before.geometry.bounds
    hand.frame.evaluate(f"MAP.fitBounds([[{south - 0.1}, {west - 0.1}], [{north + 0.1}, {east + 0.1}]], {{animate: false}})")
    middle = (west + east) / 2
    hand.page.click('[data-tool="splitLine"]')
    hand.click(middle, (south + north) / 2)
    hand.double(east + 0.02, (south + north) / 2)
    hand.page.get_by_text("线的两端须在面外").first.wait_for()
    hand.pend(0)
    hand.page.click('[data-tool="splitLine"]')
    hand.click(middle, south - 0.02)
    hand.double(middle, north + 0.02)
    hand.pend(2)
    first, second = sorted(hand.entries(), key=lambda entry: entry["op"], reverse=True)
    assert (first["op"], second["op"], second["properties"]["name"]) == ("update", "insert", before["name"])
    assert second["properties"]["township_code"] is None
    left, right = (shapely.from_geojson(json.dumps(entry["geometry"])) for entry in (first, second))
    assert left.bounds[2] == pytest.approx(right.bounds[0], abs=1e-9)
    assert left.area + right.area == pytest.approx(before.geometry.area, rel=1e-9)
    assert left.intersection(right).area == pytest.approx(0, abs=1e-12)


def test_areas_are_split_as_by_geos(site, someone):
    """Stars with holes and several parts, split by random lines of one or two bends: the areas are those that GEOS finds."""
    rng, cases, expected = random.Random(4), [], []
    while len(cases) < 300:
        shapes = []
        for part in range(rng.choice([1, 1, 2])):
            x, size = part * 3, rng.uniform(0.5, 1)
            turns = [n * 6.283 / 9 for n in range(9)]
            if rng.random() < 0.5:
                turns.reverse()
            ring = [(x + size * (r := rng.uniform(0.5, 1)) * math.cos(a), size * r * math.sin(a)) for a in turns]
            hole = [(x + 0.1 * math.cos(a), 0.1 * math.sin(a)) for a in turns[::3]] if rng.random() < 0.3 else []
            shapes.append(shapely.Polygon(ring, [hole] if hole else []))
        area = shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)
        line = shapely.LineString(sorted((rng.uniform(-2, 5), rng.uniform(-1.5, 1.5)) for _ in range(rng.choice([2, 3]))))
        met = [line.intersection(shape.exterior) for shape in shapes if line.intersects(shape.exterior)]
        twice = all(getattr(item, "geom_type", "") == "MultiPoint" and len(item.geoms) == 2 for item in met)
        ends = any(shape.covers(shapely.Point(point)) for shape in shapes for point in (line.coords[0], line.coords[-1]))
        clear = not any(line.intersects(hole) for shape in shapes for hole in shape.interiors)
        cases.append([json.loads(shapely.to_geojson(area)), list(line.coords)])
        expected.append(sorted(item.area for item in split(area, line).geoms) if met and twice and clear and not ends else None)
    assert 40 < sum(item is not None for item in expected) < 260
    found = someone(site, "/edit?layer=townships&view=11/105.2/36.1").page.evaluate(
        """async (cases) => { const { splitAreaBy } = await import('/static/js/edit-shapes.js');
        return cases.map(([area, line]) => splitAreaBy(area, line)); }""",
        cases,
    )
    for (area, line), wanted, sides in zip(cases, expected, found, strict=True):
        if wanted is None:
            assert sides is None, (area, line)
            continue
        left, right = (shapely.from_geojson(json.dumps(side)) for side in sides)
        assert left.is_valid
        assert right.is_valid
        parts = [part.area for side in (left, right) for part in shapely.get_parts(side)]
        assert sorted(parts) == pytest.approx(wanted, rel=1e-9)


SPLITS = [
    ([[0, 0], [2, 0]], [1, 0.1], [[[0, 0], [1, 0]], [[1, 0], [2, 0]]]),
    ([[0, 0], [1, 0], [2, 0]], [1, 0], [[[0, 0], [1, 0]], [[1, 0], [2, 0]]]),
    ([[0, 0], [2, 0]], [-1, 0], None),
    ([[0, 0], [2, 0]], [2, 0], None),
]


def test_lengths_and_areas_agree_with_proj_and_lines_part_where_they_should(hand):
    geod = Geod(ellps="GRS80")
    rng = random.Random(7)
    cases = []
    for size in (1e-4, 1e-2, 0.3, 2.0):
        for _ in range(6):
            x, y = rng.uniform(75, 135), rng.uniform(4, 53)
            turns = sorted(rng.uniform(0, 6.28) for _ in range(9))
            ring = [(x + size * rng.uniform(0.4, 1) * math.cos(a), y + size * rng.uniform(0.4, 1) * math.sin(a)) for a in turns]
            cases.append([*ring, ring[0]])
    found = hand.page.evaluate(
        """async (rings) => { const { measure } = await import('/static/js/edit-geodesy.js');
        return rings.map((ring) => [measure({type: 'Polygon', coordinates: [ring]}).area_m2, measure({type: 'LineString', coordinates: ring}).length_m]); }""",
        cases,
    )
    for ring, (area, length) in zip(cases, found, strict=True):
        expected, around = geod.geometry_area_perimeter(shapely.orient_polygons(shapely.Polygon(ring)))
        assert area == pytest.approx(abs(expected), rel=1e-5)
        assert length == pytest.approx(around, rel=1e-9, abs=1e-5)
    places = hand.page.evaluate(
        """async (cases) => { const { splitAt } = await import('/static/js/edit-shapes.js');
        return cases.map(([line, at]) => splitAt({type: 'LineString', coordinates: line}, at)?.map((item) => item.coordinates) ?? null); }""",
        [[line, at] for line, at, _ in SPLITS],
    )
    assert places == [parts for _, _, parts in SPLITS]


def test_a_lost_connection_keeps_the_draft_beyond_the_closing_of_the_page(hand, site):
    hand.choose("S2") if hand.page.locator("#in-view button", has_text="S2").count() else hand.page.fill("#open-key", "S2")
    if not hand.page.locator("#feature-form").count():
        hand.page.press("#open-key", "Enter")
        hand.page.wait_for_selector("#feature-form")
    context = hand.page.context
    context.set_offline(True)
    hand.fill(surface_type="砂石")
    hand.pend(1)
    hand.save("断网")
    hand.page.wait_for_selector("#offline")
    assert site.road("S2")["surface_type"] == "土"
    context.set_offline(False)
    url = hand.page.url
    hand.page.close()
    page = context.new_page()
    page.goto(url)
    again = Hand(page, hand._until).ready()
    page.wait_for_selector("#restored")
    again.pend(1)
    assert again.entries()[0]["properties"]["surface_type"] == "砂石"
    again.page.click("#save")
    assert again.page.input_value("#reason") == "断网"
    again.page.click("#confirm-save")
    again.page.wait_for_selector("#edit-notice.good")
    assert site.road("S2")["surface_type"] == "砂石"
    again.until("!Object.keys(localStorage).some((name) => name.startsWith('xiangtu.draft'))")


def test_leaving_with_unsaved_edits_warns(hand):
    hand.choose("S1")
    hand.fill(name="改名")
    hand.pend(1)
    warned = []
    hand.page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    hand.page.goto("about:blank")
    assert warned == ["beforeunload"]


def test_asks_for_the_features_of_the_view_only(site, someone):
    hand = someone(site)
    first = hand.page.evaluate(
        "performance.getEntriesByType('resource').map((item) => item.name).filter((name) => name.includes('/editing/roads/features'))"
    )
    assert len(first) == 1
    assert hand.page.inner_text("#in-view").split() == ["S1"]
    asked = []
    hand.page.on("request", lambda request: asked.append(request.url) if "/editing/roads/features" in request.url else None)
    hand.page.fill("#open-key", "S")  # what is being typed stays when the list comes again
    hand.frame.evaluate("MAP.setView([36.15, 105.1], 13, {animate: false})")
    hand.until("document.getElementById('in-view').innerText.includes('S2')")
    hand.page.keyboard.type("2")
    assert hand.page.input_value("#open-key") == "S2"
    assert "S1" not in hand.page.inner_text("#in-view")
    assert len(asked) == 1
    west, south, east, north = map(float, asked[0].split("bbox=")[1].split("&")[0].split(","))
    assert west < 105.1 < east
    assert south < 36.15 < north
    assert east - west < 0.3
    hand.frame.evaluate("MAP.setZoom(14, {animate: false})")
    hand.page.wait_for_timeout(600)
    assert len(asked) == 1


def test_two_browsers_edit_the_same_road_and_nothing_is_overwritten(make_site, someone):
    site = make_site(access="accounts")
    site.account("zhang", "张工")
    site.account("wang", "王工")
    zhang, wang = someone(site, login="zhang"), someone(site, login="wang")
    zhang.choose("S1")
    wang.choose("S1")
    wang.frame.evaluate("MAP.setView([36.05, 105.2], 13, {animate: false})")
    zhang.fill(surface_type="沥青")
    zhang.saved("路面改造")
    wang.drag((105.2, 36.05), (105.21, 36.06))
    wang.pend(1)
    wang.fill(surface_type="砂石", width_m="4")
    wang.save("实测")
    wang.page.wait_for_selector("#conflict")
    text = wang.page.inner_text("#conflict")
    assert "张工" in text
    assert "交通运输局" in text
    assert site.store.changes(limit=1)[0].at.isoformat()[:10] in text
    table = wang.page.inner_text("#conflict-table")
    assert "沥青" in table
    assert "砂石" in table
    assert "clash" in (wang.page.locator('#conflict-table tr[data-field="surface_type"]').get_attribute("class") or "")
    wang.until_frame(
        "[...document.querySelectorAll('.leaflet-tooltip')].filter((tip) => tip.innerText.includes('张工')).length === 1"
    )
    stored = site.road("S1")
    assert (stored["surface_type"], stored["ver"]) == ("沥青", 2)
    assert list(stored.geometry.coords)[1] == (105.2, 36.05)
    kept = site.store.kept.list()
    assert len(kept) == 1
    assert "砂石" in repr(kept[0].edit)
    assert wang.page.locator("#merge").get_attribute("href").endswith(f"/kept/{kept[0].kept_id}")
    wang.page.click("#take-theirs")
    wang.pend(0)
    wang.page.wait_for_selector("#feature-form")
    assert wang.page.input_value("#field-surface_type") == "沥青"
    assert site.road("S1")["ver"] == 2
    assert len(site.store.kept.list()) == 1


def test_signed_out_keeps_the_draft_and_asks_to_sign_in(make_site, someone):
    site = make_site(access="accounts")
    account = site.account("zhang", "张工")
    hand = someone(site, login="zhang")
    hand.choose("S1")
    hand.fill(name="改名")
    hand.pend(1)
    site.store.accounts.end_sessions(account.account_id)
    hand.save()
    hand.page.wait_for_selector("#signed-out button")
    assert len(hand.entries()) == 1
    assert site.road("S1")["name"] != "改名"
    hand.page.locator("#signed-out button").first.click()
    hand.page.wait_for_selector("#login")
    hand.page.fill("#login", "zhang")
    hand.page.fill("#password", PASSWORD)
    hand.page.press("#password", "Enter")
    hand.page.wait_for_selector("#restored")
    hand.saved("改名")
    assert site.road("S1")["name"] == "改名"


def test_moves_a_road_whole_and_a_vertex_snaps_to_the_next_road(hand, site):
    hand.page.fill("#open-key", "S2")
    hand.page.press("#open-key", "Enter")
    hand.page.wait_for_selector("#feature-form")
    hand.page.click('[data-tool="drag"]')
    hand.frame.evaluate("MAP.setView([36.1, 105.15], 12, {animate: false})")
    hand.drag((105.1, 36.15), (105.1, 36.1))
    hand.pend(1)
    moved = hand.entries()[0]["geometry"]["coordinates"]
    assert [point[1] for point in moved] == pytest.approx([36.1, 36.1], abs=1e-3)
    hand.page.click('[data-tool="vertices"]')
    hand.drag(tuple(moved[1]), (105.2, 36.05), right=5, down=-5)
    hand.until("[...document.querySelectorAll('#undo')][0].title.includes('移动顶点')")
    hand.saved()
    assert list(site.road("S2").geometry.coords)[1] == (105.2, 36.05)


def test_a_point_is_put_on_the_road_below_it_and_typed_elsewhere_by_keyboard(site, someone):
    hand = someone(site, f"/edit?layer=water_works&view={VIEW}")
    hand.until('document.querySelector(\'[data-reference="roads"][data-what="snapped"]\').checked')
    hand.until_frame("XTE.references.has('roads')")
    hand.page.click('[data-draw="point"]')
    hand.click(105.22, 36.05, down=6)
    hand.page.wait_for_selector("#feature-form")
    assert hand.entries()[0]["geometry"]["coordinates"][1] == pytest.approx(36.05, abs=1e-9)
    hand.page.click('#panel-body [aria-label="关闭"]')
    hand.page.focus("#add-typed")
    hand.page.keyboard.press("Enter")
    hand.page.keyboard.type("105.2137, 36.0521 1")
    hand.page.keyboard.press("Tab")
    hand.page.keyboard.press("Enter")
    assert "第 1 行" in hand.page.inner_text(".coordinates .says")
    hand.page.fill("#coordinates", "105.2137，36.0521")
    hand.page.get_by_role("button", name="采用这些坐标").press("Enter")
    hand.until("document.getElementById('measures').innerText.includes('105.213700, 36.052100')")
    hand.page.click("[data-revert] >> nth=0")
    hand.pend(1)
    hand.choose("新要素") if not hand.page.locator("#feature-form").count() else None
    hand.fill(work_id="W-NEW", name="新井", work_class="dispersed")
    hand.saved()
    stored = site.store.read("water_works", where=(Condition("work_id", "=", "W-NEW"),)).iloc[0]
    assert (stored.geometry.x, stored.geometry.y) == (105.2137, 36.0521)


def test_who_may_only_submit_gets_a_request_and_only_the_own_layers(make_site, someone):
    site = make_site(access="accounts")
    site.account("chen", "陈工", Grant("transport", (), apply=False))
    hand = someone(site, login="chen")
    assert hand.page.locator("#layer option").all_inner_texts() == ["路段"]
    hand.choose("S1")
    hand.fill(surface_type="沥青")
    hand.pend(1)
    hand.save("申请")
    hand.page.wait_for_selector("#edit-notice.good")
    assert "变更申请 #1" in hand.page.inner_text("#edit-notice")
    hand.pend(0)
    assert site.road("S1")["surface_type"] == "水泥"
    assert [(item.state, item.reason) for item in site.store.requests.list()] == [("open", "申请")]


def test_two_windows_of_one_browser_do_not_lose_each_others_draft(hand, site):
    hand.choose("S1")
    hand.fill(name="第一个窗口")
    hand.pend(1)
    page = hand.page.context.new_page()
    page.goto(hand.page.url)
    other = Hand(page, hand._until).ready()
    page.wait_for_selector("#other-tab")
    other.choose("S1")
    other.fill(name="第二个窗口")
    other.pend(1)
    assert [entry["properties"]["name"] for entry in hand.entries()] == ["第一个窗口"]


def test_a_draft_older_than_somebody_elses_change_says_so_when_it_comes_back(hand, site):
    hand.choose("S1")
    hand.fill(name="旧草稿")
    hand.pend(1)
    road = site.road("S1")
    site.store.apply(Change("王", "别局", "先改", (Update("roads", road["id"], 1, {"width_m": 6.0}),)))
    page = hand.page.context.new_page()
    url = hand.page.url
    hand.page.close()
    page.goto(url)
    page.wait_for_selector("#restored-stale")
    assert "S1" in page.inner_text("#restored-stale") or "旧草稿" in page.inner_text("#restored-stale")
    page.locator("#restored button").first.click()
    Hand(page, hand._until).pend(0)
    assert site.road("S1")["ver"] == 2


def test_a_crowded_view_asks_to_zoom_in_and_says_how_many(site, someone, monkeypatch):
    monkeypatch.setattr(editing, "MOST_FEATURES", 1)
    hand = someone(site, "/edit?layer=roads&view=9/105.2/36.1")
    hand.until("document.getElementById('map-note').innerText.includes('视野有 2 个')")
    assert hand.frame.evaluate("XTE.items.size") == 0


def test_on_a_phone_a_finger_chooses_draws_and_finishes(site, someone):
    hand = someone(site, f"/edit?layer=roads&view={VIEW}", viewport={"width": 390, "height": 844}, has_touch=True)
    assert hand.page.evaluate("document.documentElement.scrollWidth") <= 390
    hand.page.touchscreen.tap(*hand.at(105.21, 36.05))
    hand.page.wait_for_selector("#feature-form")
    assert "S1" in hand.page.inner_text("#feature-name")
    hand.page.locator('#panel-body [aria-label="关闭"]').tap()
    hand.page.locator("#sheet-handle").tap()
    hand.page.locator('[data-draw="line"]').tap()
    for place in ((105.2, 36.06), (105.205, 36.07)):
        hand.page.touchscreen.tap(*hand.at(*place))
        hand.page.wait_for_timeout(700)  # two taps at once would be a double tap, which finishes
    hand.page.locator("#finish").tap()
    hand.page.wait_for_selector("#feature-form")
    assert len(hand.entries()[0]["geometry"]["coordinates"]) == 2


def test_what_is_being_typed_survives_the_checks_and_tab_goes_on(hand):
    hand.choose("S1")
    hand.page.fill("#field-name", "甲路")
    hand.page.focus("#field-name")
    with hand.page.expect_response("**/editing/check"):
        hand.page.keyboard.press("Tab")
        hand.until("document.activeElement.id === 'field-admin_class'")
        hand.page.focus("#field-maintainer")
        hand.page.keyboard.type("乡镇")
    hand.until("document.getElementById('feature-name').textContent === '甲路'")
    assert hand.page.evaluate("document.activeElement.id") == "field-maintainer"
    assert hand.page.input_value("#field-maintainer") == "乡镇"
    hand.page.keyboard.press("Control+s")
    hand.page.wait_for_selector("#save-dialog")
    assert {"name", "maintainer"} <= {
        name for name, value in hand.entries()[0]["properties"].items() if value in {"甲路", "乡镇"}
    }


def test_corners_are_added_in_one_step_and_removed(hand):
    hand.choose("S1")
    hand.until_frame("document.querySelectorAll('.marker-icon').length === 5")
    hand.drag((105.3, 36.05), (105.3, 36.09))
    hand.pend(1)
    hand.until("JSON.parse(Object.values(localStorage)[0]).entries[0].geometry.coordinates.length === 4")
    assert hand.entries()[0]["geometry"]["coordinates"][2] == pytest.approx([105.3, 36.09], abs=2e-3)
    hand.page.keyboard.press("Control+z")
    hand.pend(0)
    hand.until_frame("document.querySelectorAll('.marker-icon').length === 5")
    hand.page.mouse.click(*hand.at(105.2, 36.05), button="right")
    hand.pend(1)
    assert hand.entries()[0]["geometry"]["coordinates"] == [[105.0, 36.05], [105.4, 36.05]]


def test_a_phone_shows_name_sign_out_and_layers_of_changes(make_site, someone):
    site = make_site(access="accounts")
    site.account("wu", "吴工程师")
    page = someone(site, login="wu", viewport={"width": 390, "height": 844}).page
    for path in ("/edit", "/changes"):
        page.goto(site.url + path)
        for place in ("#me", ".top .end form button"):
            box = page.locator(place).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390, (path, place)
        assert page.evaluate(
            "(() => { const me = document.getElementById('me'); return me.scrollWidth <= me.clientWidth + 1; })()"
        )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#changes tbody td").nth(5).bounding_box()["width"] >= 90
