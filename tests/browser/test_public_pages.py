"""Publishing in a real browser: the form starts the job, the page shows the map and the figures as they were."""

import pytest

pytestmark = pytest.mark.browser


def test_a_map_is_published_and_shown(web):
    page = web.open("/publications")
    page.fill("#publish-map [name=title]", "会宁县自来水普及率")
    page.select_option("#publish-map [name=indicator]", "W1")
    page.select_option("#publish-map [name=level]", "township")
    page.fill("#publish-map [name=area]", "620422")
    page.click("#publish-map button")
    page.wait_for_url("**/public/*", timeout=120_000)
    assert page.locator("h1").inner_text() == "会宁县自来水普及率"
    assert page.locator(".simulated").is_visible()
    assert page.locator("#figures tbody tr").count() == 28
    frame = page.frame_locator("iframe.published-map")
    frame.locator(".leaflet-container").wait_for(timeout=60_000)
    frame.get_by_text("模拟数据", exact=True).first.wait_for()
    with page.expect_download() as got:
        page.click("text=打印页（PDF）")
    assert got.value.path().read_bytes().startswith(b"%PDF")
    page.goto(page.url.rsplit("/", 1)[0])
    assert page.locator("[data-publication] a").first.inner_text() == "会宁县自来水普及率"


def test_notice_is_given_and_read_on_a_phone(web):
    page = web.open("/changes")
    found = page.request.get(f"{page.url.rsplit('/', 1)[0]}/api/ogc/collections/projects/items?limit=1&f=json").json()
    key = found["features"][0]["properties"]["project_id"]
    page = web.open(f"/notices/new?subject=project&key={key}&level=village")
    page.fill("#notice-new [name=days]", "12")
    page.click("#notice-new button[type=submit]")
    page.wait_for_url("**/public/*", timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_load_state("networkidle")
    assert "还剩 12 天" in page.locator("#days").inner_text()
    assert page.locator("#facts dd").first.inner_text() == key
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing runs over the edge of a phone"
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    with page.expect_download(timeout=60_000) as got:
        page.click("text=公示栏张贴页")
    assert got.value.path().read_bytes().startswith(b"%PDF")
