"""The workbench in a real browser: choose, click, follow a number to its rows, switch layers, ask, and come back by the address."""

import csv

import pytest

pytestmark = pytest.mark.browser

HUINING = "620422"


def ready(page):
    page.wait_for_selector("#figure")
    page.wait_for_selector("#veil", state="hidden")
    return page


def frame_of(page):
    return next(frame for frame in page.frames if "/map/frame" in frame.url)


def value(page):
    return page.inner_text("#figure")


def test_map_loads_the_demonstration_with_legend_counts_and_marks(web):
    page = ready(web.open("/"))
    assert page.inner_text("#panel-title") == "白银市"
    assert "模拟数据" in page.inner_text("header.top")
    assert "本服务仅限本机使用" in page.inner_text("footer")
    rows = page.locator("#legend .legend-row")
    assert rows.count() >= 4
    counted = sum(int(text.replace(",", "")) for text in page.locator("#legend .n").all_inner_texts())
    villages = int(page.inner_text('[data-layer="villages"] .n').replace(",", ""))
    drawn = "Object.values(MAP._layers).filter((layer) => layer.feature && 'v' in layer.feature.properties).length"
    assert counted == villages == frame_of(page).evaluate(drawn)


def test_frame_is_shut_off_from_the_page(web):
    page = ready(web.open("/"))
    frame = frame_of(page)
    assert frame.evaluate("window.origin") == "null"
    with pytest.raises(Exception, match=r"cross-origin|Blocked|SecurityError"):
        frame.evaluate("window.parent.document.title")


def test_indicator_and_level_change_the_number_and_the_map(web):
    page = ready(web.open(f"/?area={HUINING}&indicator=RD3&level=village"))
    before = value(page)
    page.select_option("#level", "township")
    web.until(
        page,
        "document.querySelectorAll('#legend .n').length && [...document.querySelectorAll('#legend .n')].reduce((s, n) => s + Number(n.textContent), 0) < 60",
    )
    page.click('[data-theme="W"]')
    web.until(page, "document.getElementById('panel-body').innerText.includes('W1')")
    ready(page)
    assert value(page) != before
    assert "indicator=W1" in page.url
    assert "level=township" in page.url


def test_click_on_an_area_leads_to_its_rows_and_to_a_row_with_its_change(web):
    page = ready(web.open(f"/?area={HUINING}&indicator=RD3&level=township"))
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    web.until(page, "document.getElementById('panel-title')?.textContent !== '会宁县'")
    ready(page)
    assert "pick=area:" in page.url
    page.click("#show-rows")
    page.wait_for_selector("#units tbody tr")
    page.click("#units tbody tr >> nth=0")
    page.wait_for_selector("#history li")
    assert "变更 #1" in page.inner_text("#history")
    assert "所属村代码" in page.inner_text("#facts")
    page.get_by_role("button", name="返回").first.click()
    page.wait_for_selector("#units")


def test_address_brings_the_state_back(web):
    page = ready(web.open(f"/?area={HUINING}&indicator=W4&level=township&layers=settlements&table=settlements"))
    page.wait_for_selector("#drawer-body tbody tr")
    assert page.is_checked('[data-layer="settlements"] input')
    assert page.input_value("#level") == "township"
    again = ready(web.open(page.url.removeprefix(web.site)))
    assert value(again) == value(page)
    assert again.is_checked('[data-layer="settlements"] input')


def test_layer_is_fetched_by_view_and_taken_off(web):
    page = ready(web.open(f"/?area={HUINING}"))
    with page.expect_response(lambda response: "/layers/roads/features" in response.url) as answer:
        page.check('[data-layer="roads"] input >> nth=0')
    found = answer.value.json()
    assert 0 < found["shown"] <= 5000
    assert "bbox=" in answer.value.url
    frame = frame_of(page)
    web.until(
        frame, "Object.values(MAP._layers).filter((l) => l.feature && l.feature.geometry.type.includes('LineString')).length > 50"
    )
    page.uncheck('[data-layer="roads"] input >> nth=0')
    web.until(
        frame,
        "Object.values(MAP._layers).filter((l) => l.feature && l.feature.geometry.type.includes('LineString')).length === 0",
    )


def test_table_sorts_filters_downloads_and_moves_the_map(web):
    page = ready(web.open(f"/?area={HUINING}&table=hamlets"))
    page.wait_for_selector("#drawer-body tbody tr")
    page.click("#drawer-body th >> nth=3 >> button")
    web.until(page, "document.querySelectorAll('#drawer-body th')[3].getAttribute('aria-sort') === 'ascending'")
    page.wait_for_selector("#drawer-body tbody tr")
    page.fill("#drawer-filter", "湾")
    web.until(
        page,
        "[...document.querySelectorAll('#drawer-body tbody tr')].length && [...document.querySelectorAll('#drawer-body tbody tr')].every((r) => r.textContent.includes('湾'))",
    )
    page.click("#drawer-body tbody tr >> nth=0")
    page.wait_for_selector("#facts")
    assert "pick=hamlets:" in page.url
    with page.expect_download() as got:
        page.click('.drawer [data-format="csv"]')
    assert got.value.suggested_filename.endswith(".csv")
    with got.value.path().open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    assert rows
    assert {row["county_code"] for row in rows} == {HUINING}


def test_drawn_area_asks_and_shows_map_table_and_file(web):
    page = ready(web.open(f"/?area={HUINING}&level=township"))
    page.click("#query-tool")
    page.select_option("#query-layer", "hamlets")
    page.click('[data-draw="Rectangle"]')
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    frame = frame_of(page)
    web.until(frame, "MAP.pm.globalDrawModeEnabled()")
    page.mouse.move(x - 60, y - 60, steps=4)
    page.mouse.click(x - 60, y - 60)
    page.mouse.move(x + 60, y + 60, steps=8)
    page.mouse.click(x + 60, y + 60)
    web.until(page, "document.getElementById('query-body').innerText.includes('已画出范围')")
    page.click("#run-query")
    page.wait_for_selector("#query-count")
    total = int("".join(sign for sign in page.inner_text("#query-count").split("个")[0] if sign.isdigit()))
    assert 0 < total < 1819
    with page.expect_download() as got:
        page.click('[data-query-format="csv"]')
    with got.value.path().open(encoding="utf-8-sig") as handle:
        assert sum(1 for _ in csv.DictReader(handle)) == total
    page.fill("#query-name", "画出的自然村")
    page.get_by_role("button", name="保存", exact=True).click()
    web.until(page, "document.getElementById('saved-queries').innerText.includes('画出的自然村')")


def test_escape_leaves_and_keyboard_reaches_the_controls(web):
    page = ready(web.open("/"))
    page.click("#export-tool")
    assert page.locator(".tools .menu").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".tools .menu").count() == 0
    page.focus("#search")
    page.keyboard.type("hnx")
    page.wait_for_selector("#search-results [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    web.until(page, "document.getElementById('panel-title')?.textContent === '会宁县'")


def test_phone_shows_the_map_whole_and_the_panel_as_a_sheet(web):
    page = ready(web.open(f"/?area={HUINING}", width=390, height=844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    low = page.locator("#panel").bounding_box()["height"]
    page.click("#sheet-handle")
    web.until(page, f"document.getElementById('panel').getBoundingClientRect().height > {low + 50}")
    page.click("#sheet-handle")
    page.click("#show-layers")
    assert page.locator("#layers-side").bounding_box()["x"] >= 0


def test_query_with_alternative_and_exception_is_kept_and_comes_back(web):
    page = web.open("/?query=1")
    page.wait_for_selector("#query-layer", state="visible")
    page.select_option("#query-layer", "townships")

    def condition(block, field, value):
        block.get_by_role("button", name="加一个条件").first.click()
        row = block.locator('.row:has(button[aria-label="移除"])').first
        row.locator("select").first.select_option(field)
        row.locator("input").fill(value)

    def count(code_starts):
        with page.expect_response("**/queries/run") as answer:
            page.click("#run-query")
        found = answer.value.json()
        assert found["map"]["total"] == found["total"]
        return found["total"], answer.value.request.post_data_json

    page.locator('[data-add="or"]').click()
    page.locator('[data-add="not"]').click()
    everything, spec = count("")
    assert (set(spec), spec["where"]) == ({"layer", "where"}, [])
    first = page.locator("#query-body > fieldset").first
    condition(first, "county_code", "620421")
    one, _ = count("620421")
    condition(page.locator('[data-block="or"]'), "county_code", "620422")
    two, spec = count("620422")
    assert 0 < one < two < everything
    assert [item["where"][0]["value"] for item in spec["or"]] == ["620421", "620422"]
    condition(page.locator('[data-block="not"]'), "county_code", "620421")
    left, spec = count("")
    assert (left, spec["not"]["where"][0]["value"]) == (two - one, "620421")
    page.fill("#query-name", "甲或乙")
    with page.expect_response(lambda answer: answer.url.endswith("/queries") and answer.request.method == "POST"):
        page.locator("#query-body").get_by_role("button", name="保存").click()
    again = web.open("/?query=1")
    with again.expect_response("**/queries/run") as answer:
        again.locator("#saved-queries").get_by_role("button", name="甲或乙").first.click()
    assert answer.value.json()["total"] == left
    again.wait_for_selector("#query-count")
    with again.expect_response("**/queries/run") as answer:
        again.click("#run-query")
    assert answer.value.request.post_data_json == spec
