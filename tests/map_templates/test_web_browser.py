"""The page in a real browser: nothing from outside, no error, names inert, layers switch, a click gives the code."""

import tempfile
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from map_templates.spec import Credits, Detail, Legend, MapLayer
from map_templates.web import WebOptions, payload, render

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
HOSTILE = '<img src=x onerror="window.HIT=1">${window.HIT=2}`</script><script>window.HIT=3</script>\'"&{{7*7}}'


@pytest.fixture(scope="module")
def browser(browser_driver):
    with tempfile.TemporaryDirectory() as profile:
        try:
            context = browser_driver.chromium.launch_persistent_context(
                profile,
                executable_path=CHROMIUM,
                headless=True,
                args=FLAGS,
                locale="zh-CN",
                viewport={"width": 1280, "height": 800},
            )
        except playwright.Error:
            pytest.skip("Chromium is not installed; scripts/test installs it")
        yield context
        context.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a map from a file; at the end nothing must have been asked of another host and no script must have failed."""
    page = browser.new_page()
    outside, faults = [], []
    page.on(
        "request",
        lambda request: outside.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    def opened(spec, **options):
        file = tmp_path / "map.html"
        file.write_text(render(spec, inline=True, options=WebOptions(**options)), "utf-8")
        page.goto(file.as_uri())
        page.wait_for_function("window.MAP && window.XT")
        page.evaluate(
            "window.EVENTS = []; for (const n of ['select','clear','layer','draw']) XT.on(n, (d) => EVENTS.push([n, d]))"
        )
        return page

    yield opened
    page.close()
    assert outside == []
    assert faults == []


def test_the_map_opens_from_a_disk_with_its_legend(open_page, spec):
    page = open_page(spec)
    assert page.locator(".xt-legend .xt-class").count() == 5
    counts = [int(text.replace(",", "")) for text in page.locator(".xt-legend .xt-count").all_inner_texts()]
    assert sum(counts) == len(spec.choropleth.frame)
    assert page.locator(".xt-no-data").inner_text().split() == ["无数据", "8"]
    assert page.locator("pattern#xt-hatch").count() == 1
    assert page.locator(".xt-simulated").inner_text() == "模拟数据"
    assert "须送审" in page.locator(".xt-credits").inner_text()
    assert page.locator(".leaflet-control-scale").is_visible()
    assert page.locator(".leaflet-control-attribution").count() == 0
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == spec.title


@pytest.mark.parametrize("width", [320, 364, 480])
def test_credits_of_a_small_map_leave_its_scale_and_its_ground_free(open_page, spec, width):
    lines = replace(spec.credits, simulated=True, review_number="内部用图，公开使用前须送审，不得转发、复制")
    page = open_page(replace(spec, credits=lines), controls=False, heading=False)
    page.set_viewport_size({"width": width, "height": 300})
    page.reload()
    page.locator(".xt-credits").wait_for()
    scale, foot = (page.locator(name).bounding_box() for name in (".leaflet-control-scale", ".xt-credits"))
    apart = scale["x"] + scale["width"] <= foot["x"] or scale["y"] + scale["height"] <= foot["y"]
    assert apart, (scale, foot)
    west, south, _, _ = spec.choropleth.frame.total_bounds
    ground = page.evaluate(f"MAP.latLngToContainerPoint([{south}, {west}]).y")
    assert width == 480 or ground <= foot["y"], "the area ends above the credits"


def test_a_click_gives_the_code_of_the_area(open_page, spec):
    page = open_page(spec, popups=True)
    frame = spec.choropleth.frame
    area = frame.loc[frame["value"].notna()].iloc[40]
    at = area.geometry.representative_point()
    page.evaluate("for (const n of ['roads','water_works','township_seats']) XT.toggle(n, false)")
    x, y = page.evaluate("([lat, lng]) => { const p = MAP.latLngToContainerPoint([lat, lng]); return [p.x, p.y]; }", [at.y, at.x])
    page.mouse.click(x, y)
    page.wait_for_function("EVENTS.some(([name]) => name === 'select')")
    event = page.evaluate("EVENTS.find(([name]) => name === 'select')[1]")
    assert (event["code"], event["name"], event["layer"]) == (area["area_code"], area["area_name"], "choropleth")
    text = page.locator(".xt-popup").inner_text()
    assert f"{area['value']:.1f} %" in text
    assert "可能范围" in text
    assert "模拟数据" in text
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.leaflet-popup')")


def test_an_area_can_be_chosen_by_code_and_by_keyboard(open_page, spec):
    page = open_page(spec)
    code, name = spec.choropleth.frame[["area_code", "area_name"]].iloc[7]
    assert page.evaluate("(code) => XT.select(code)", code)
    assert not page.evaluate("XT.select('nowhere')")
    finder = page.locator(".xt-finder input")
    finder.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    finder.fill(name)
    finder.press("Enter")
    codes = page.evaluate("EVENTS.filter(([n]) => n === 'select').map(([, d]) => d.code)")
    assert codes[0] == code
    assert codes[-1] in set(spec.choropleth.frame.loc[spec.choropleth.frame["area_name"] == name, "area_code"])


def test_layers_switch_on_and_off(open_page, spec):
    page = open_page(spec)
    box = page.locator("input[data-layer=gaps]")
    assert not box.is_checked()
    box.check()
    page.locator("input[data-layer=roads]").uncheck()
    events = page.evaluate("EVENTS.filter(([n]) => n === 'layer').map(([, d]) => [d.name, d.visible])")
    assert events == [["gaps", True], ["roads", False]]
    page.evaluate("XT.toggle('gaps', false)")
    assert not box.is_checked()


def test_names_of_townships_stand_on_the_map(open_page, spec, county):
    page = open_page(spec)
    shown = page.locator(".xt-map-name").all_inner_texts()
    assert sorted(shown) == sorted(county["seats"]["name"])


def test_names_from_files_are_only_text(open_page, spec):
    frame = spec.choropleth.frame.copy()
    frame["area_name"] = HOSTILE
    frame["area_code"] = [f"{HOSTILE}{i}" for i in range(len(frame))]
    point = frame.geometry.iloc[5].representative_point()
    works = gpd.GeoDataFrame({"name": [HOSTILE], "work_class": [HOSTILE], "detail": [HOSTILE]}, geometry=[point], crs=4490)
    hostile = replace(
        spec,
        title=HOSTILE,
        subtitle=HOSTILE,
        layers=(MapLayer("water_works", HOSTILE, works, "name", "name", (Detail("detail", HOSTILE, HOSTILE),), group=HOSTILE),),
        choropleth=replace(spec.choropleth, frame=frame, title=HOSTILE, unit=HOSTILE, unit_noun=HOSTILE),
        credits=Credits((HOSTILE,), HOSTILE, organisation=HOSTILE, note=HOSTILE),
        legend=Legend((HOSTILE,)),
    )
    page = open_page(hostile)
    assert page.locator(".xt-heading h1").inner_text() == HOSTILE
    page.evaluate("(code) => XT.select(code)", frame["area_code"].iloc[5])
    assert HOSTILE in page.locator(".xt-popup").inner_text()
    assert page.evaluate("window.HIT") is None
    page = open_page(hostile, heading=False, controls=False, finder=False)
    project = "([lat, lng]) => { const p = MAP.latLngToContainerPoint([lat, lng]); return [p.x, p.y]; }"
    x, y = page.evaluate(project, [point.y, point.x])
    page.mouse.move(x + 3, y + 3)
    page.mouse.move(x, y)
    page.wait_for_selector(".leaflet-tooltip")
    page.mouse.click(x, y)
    page.wait_for_selector(".xt-kind")
    assert page.evaluate("window.HIT") is None
    assert page.locator("img[src=x]").count() == 0


def test_a_drawn_circle_comes_back_as_a_polygon(open_page, spec):
    page = open_page(spec, draw=True)
    assert page.locator(".leaflet-pm-toolbar").count() >= 1
    page.evaluate(
        "void MAP.fire('pm:create', { shape: 'Circle', layer: L.circle([35.69, 105.05], { radius: 5000 }).addTo(MAP) })"
    )
    ring = page.evaluate("EVENTS.find(([n]) => n === 'draw')[1].geometry")
    drawn = gpd.GeoSeries([shapely.geometry.shape(ring)], crs=4490).to_crs(4544).iloc[0]
    assert drawn.is_valid
    assert drawn.area == pytest.approx(3.14159 * 5000**2, rel=5e-3)
    page.evaluate(
        "void MAP.fire('pm:create', { shape: 'Polygon', layer: L.polygon([[35,105],[35.1,105],[35.1,105.1]]).addTo(MAP) })"
    )
    assert page.evaluate("EVENTS.filter(([n]) => n === 'draw').at(-1)[1].geometry.type") == "Polygon"


def test_a_polygon_is_drawn_with_the_mouse(open_page, spec):
    page = open_page(spec, draw=True)
    page.evaluate("MAP.pm.enableDraw('Rectangle')")
    page.mouse.click(500, 300)
    page.mouse.move(640, 420)
    page.mouse.click(640, 420)
    page.wait_for_function("EVENTS.some(([n]) => n === 'draw')")
    shape = page.evaluate("EVENTS.find(([n]) => n === 'draw')[1]")
    assert shape["geometry"]["type"] == "Polygon"
    assert len(shape["geometry"]["coordinates"][0]) == 5
    page.evaluate("XT.clear()")


def test_another_map_is_shown_without_a_reload(open_page, spec):
    page = open_page(spec)
    other = payload(replace(spec, language="en", title="Another", layers=()))
    page.evaluate("(values) => XT.show(values)", other)
    assert page.locator(".xt-heading h1").inner_text() == "Another"
    assert page.locator(".xt-layers").count() == 0
    assert page.evaluate("document.documentElement.lang") == "en"
    result = payload(spec)["layers"][-1]
    page.evaluate("(layer) => XT.setLayer({ ...layer, name: 'result', visible: true })", result)
    assert page.locator("input[data-layer=result]").is_checked()
    page.evaluate("XT.removeLayer('result')")
    assert page.locator("input[data-layer=result]").count() == 0


def test_the_page_around_the_map_hears_and_commands(browser, spec, tmp_path):
    (tmp_path / "map.html").write_text(render(spec, inline=True, options=WebOptions(parent_origin="*")), "utf-8")
    code = spec.choropleth.frame["area_code"].iloc[3]
    (tmp_path / "outer.html").write_text(
        "<script>window.GOT=[];addEventListener('message',(e)=>{GOT.push(e.data);if(e.data.xiangtu==='ready')"
        f"e.source.postMessage({{xiangtu:'select',values:['{code}']}},'*')}})</script>"
        '<iframe sandbox="allow-scripts" src="map.html" width="900" height="600"></iframe>',
        "utf-8",
    )
    page = browser.new_page()
    page.goto((tmp_path / "outer.html").as_uri())
    page.wait_for_function("GOT.some((m) => m.xiangtu === 'select')")
    assert page.evaluate("GOT.find((m) => m.xiangtu === 'select').detail.code") == code
    page.close()


def test_a_map_without_data_opens(open_page, spec):
    empty = replace(spec, layers=(), choropleth=replace(spec.choropleth, frame=spec.choropleth.frame.iloc[:0]))
    page = open_page(empty)
    assert page.locator(".xt-no-data").count() == 1
    assert page.locator(".xt-class").count() == 0
