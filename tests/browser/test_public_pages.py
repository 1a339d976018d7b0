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
