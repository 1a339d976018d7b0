"""Key counties, a county's monitoring page, settlements and planned money, looked at and used in a real browser."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_the_list_of_key_counties_to_the_monitoring_page(web):
    page = web.open("/key-areas")
    assert page.locator("#counts tbody tr").first.inner_text().split() == ["国家", "114", "0", "16"]
    assert page.locator(".conflict dl").inner_text().split()[0] == "44"
    assert "53" in page.locator(".conflict").inner_text()
    frame = page.frame_locator("iframe.small-map")
    frame.locator(".leaflet-container").wait_for()
    page.locator("#listed a", has_text="会宁县").click()
    page.locator("#figures").wait_for()
    assert page.locator("h1").inner_text() == "会宁县"
    assert "86 个县中有 5 个在库" in page.locator("#figures").inner_text()
    assert "%" in page.locator("#figures tbody tr").first.locator("td").nth(5).inner_text()
    assert page.locator("#quotas tbody tr").first.inner_text().split()[:3] == ["2025", "600.0", "未知"]
    assert re.search(r"元/人\s+[\d,.]+", page.locator("#money").inner_text())
    assert page.locator("#stages progress").count() > 5


def test_the_monitoring_page_as_a_workbook_and_on_a_narrow_screen(web):
    page = web.open("/key-areas/counties/620422", width=420, height=900)
    page.locator("#figures").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    with page.expect_download() as download:
        page.get_by_role("button", name="XLSX").click()
    assert download.value.suggested_filename == "会宁县-620422.xlsx"


def test_settlements_sorted_by_persons_with_a_map(web):
    page = web.open("/settlements")
    persons = [int(text.replace(",", "")) for text in page.locator("#settlements tbody tr td:nth-child(3)").all_inner_texts()]
    missing = [text for text in page.locator("#settlements tbody tr td:nth-child(14)").all_inner_texts() if text != "—"]
    assert persons[: len(missing)] == sorted(persons[: len(missing)], reverse=True)
    assert page.locator("#sizes tbody tr").count() == 4
    page.frame_locator("iframe.small-map").locator(".leaflet-container").wait_for()
    assert page.locator("#effects tbody tr").count() >= 1
    page.locator("select[name=area]").select_option("620422")
    page.get_by_role("button", name="显示").click()
    page.wait_for_url("**area=620422")
    assert 0 < page.locator("#settlements tbody tr").count() < len(persons)


def test_the_plan_with_its_contradictions(web):
    page = web.open("/investment?lang=en")
    assert page.locator("#shares").inner_text().count("neither") == 1
    text = page.locator("main").inner_text()
    for line in ("289.30 − 289.31 = −0.01", "100 × 103.76 ÷ 289.30 = 35.87", "50 − 51 = −1", "亿万元"):
        assert line in text
    cells = page.locator("#matrix tbody tr").first.locator("td").all_inner_texts()
    counties = [float(text.split()[0]) for text in cells[:5]]
    assert abs(sum(counties) - float(cells[5].split()[0])) <= 0.03
