"""The other pages in a real browser: area, indicator, import of a shapefile that says neither encoding nor CRS, language, phone."""

import struct
import zipfile

import pytest
from pyproj import Transformer

pytestmark = pytest.mark.browser

HUINING = "620422"


def shapefile_without_words(path, rows):
    """A zipped point shapefile in GBK with neither .cpg nor .prj, coordinates in a CGCS2000 3-degree zone, written byte by byte."""
    fields = [("编号", 24), ("名称", 20), ("类型", 10)]
    to_metres = Transformer.from_crs(4490, 4544, always_xy=True)
    points = [to_metres.transform(lon, lat) for _, _, _, lon, lat in rows]
    xs, ys = zip(*points, strict=True)
    box = struct.pack("<4d", min(xs), min(ys), max(xs), max(ys)) + bytes(32)
    shapes = b"".join(struct.pack(">2i", at, 10) + struct.pack("<i2d", 1, *point) for at, point in enumerate(points, start=1))
    index = b"".join(struct.pack(">2i", 50 + 14 * at, 10) for at in range(len(points)))

    def head(size):
        return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + size) // 2) + struct.pack("<2i", 1000, 1) + box

    record = 1 + sum(width for _, width in fields)
    columns = b"".join(
        name.encode("gbk").ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14) for name, width in fields
    )
    table = (
        b"\x03" + bytes([126, 11, 1]) + struct.pack("<IHH", len(rows), 33 + len(columns), record) + bytes(20) + columns + b"\r"
    )
    for row in rows:
        table += b" " + b"".join(str(value).encode("gbk").ljust(width) for value, (_, width) in zip(row, fields, strict=False))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("设施.shp", head(len(shapes)) + shapes)
        archive.writestr("设施.shx", head(len(index)) + index)
        archive.writestr("设施.dbf", table + b"\x1a")
    return path


def test_area_page_shows_figures_with_bounds_gaps_and_gives_a_file(web):
    page = web.open(f"/areas/{HUINING}")
    assert page.inner_text("h1") == "会宁县"
    assert page.locator("#figures tbody tr").count() >= 18
    assert page.locator("#gaps tbody tr").count() > 10
    assert "模拟数据" in page.inner_text(".page-head")
    with page.expect_download() as got:
        page.get_by_role("button", name="XLSX").click()
    assert got.value.suggested_filename == "会宁县-620422.xlsx"
    page.click("#figures th >> nth=2 >> button")
    assert page.get_attribute("#figures th >> nth=2", "aria-sort") == "ascending"


def test_print_map_comes_from_a_job(web):
    page = web.open(f"/areas/{HUINING}")
    page.select_option('select[name="level"]', "township")
    with page.expect_download(timeout=120_000) as got:
        page.get_by_role("button", name="打印地图（PDF）").click()
    with got.value.path().open("rb") as handle:
        assert handle.read(5) == b"%PDF-"


def test_indicator_page_marks_what_is_not_verified_and_ranks_areas(web):
    page = web.open("/indicators/W4?profile=tches18")
    assert page.locator("#ranking tbody tr").count() == 5
    assert "依据" in page.inner_text("main")
    page.select_option('select[name="level"]', "township")
    page.wait_for_url("**level=township**")
    assert page.locator("#ranking tbody tr").count() > 20


def test_language_switch_keeps_the_place_and_is_remembered(web):
    page = web.open(f"/areas/{HUINING}")
    page.click("#other-language")
    page.wait_for_load_state()
    assert page.url.startswith(f"{web.site}/areas/{HUINING}")
    assert page.get_attribute("html", "lang") == "en"
    page.goto(f"{web.site}/indicators")
    assert page.inner_text("h1") == "Indicators"


def test_file_without_encoding_and_crs_is_asked_checked_accepted_and_undone(web, tmp_path):
    good = [(f"F-{number}", f"中心小学{number}", "教育", 105.05 + number / 1000, 35.69) for number in range(6)]
    bad = [("F-90", "站", "车站", 105.06, 35.70)]
    file = shapefile_without_words(tmp_path / "设施.zip", good + bad)
    page = web.open("/imports?layer=facilities")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="上传并查看").click()
    page.wait_for_selector("#answers")
    asked = page.inner_text("#answers")
    assert "中心小学" in asked
    page.check('input[name="encoding"][value="gb18030"]')
    page.check('input[name="crs"][value="EPSG:4544"]')
    page.get_by_role("button", name="继续").click()
    page.wait_for_selector("#columns")
    assert page.input_value("#target-layer") == "facilities"
    page.select_option('select[name="column:facility_id"]', "编号")
    page.select_option('select[name="column:name"]', "名称")
    page.select_option('select[name="column:facility_type"]', "类型")
    page.fill('[name="constant:source_date"]', "2026-11-01")
    page.get_by_role("button", name="逐行检查").click()
    page.wait_for_selector("#verdict")
    assert "车站" in page.inner_text("#faults")
    page.frame_locator("iframe.small-map").locator(".leaflet-container").wait_for()
    page.check('#accept input[value="1"]')
    page.fill('#accept [name="reason"]', "测试导入")
    page.get_by_role("button", name="接收入库").click()
    page.wait_for_selector("#receipt")
    assert "新增 6 行" in page.inner_text("#receipt")
    assert "车站" in page.inner_text("main")
    page.get_by_role("link", name="查看或撤销变更").click()
    page.get_by_role("button", name="撤销此变更").click()
    assert "6" in page.inner_text("dialog")
    page.click("dialog button.primary")
    page.wait_for_selector(".notice.good")
    assert "已撤销" in page.inner_text(".notice.good")


def test_wrong_file_is_refused_with_a_sentence(web, tmp_path):
    file = tmp_path / "表.geojson"
    file.write_text("<OGRVRTDataSource/>", encoding="utf-8")
    page = web.open("/imports")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="上传并查看").click()
    page.wait_for_selector(".notice.danger")
    assert "文件无法按 GeoJSON 读取：内容不是 JSON" in page.inner_text(".notice.danger")


@pytest.mark.parametrize("path", ["/areas/620422", "/indicators/RD3", "/imports", "/layers/villages", "/runs/1", "/changes"])
def test_pages_fit_a_phone(web, path):
    page = web.open(path, width=390, height=844)
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_simulated_mark_stands_on_every_page(web):
    page = web.page()
    for path in ("/", "/areas/6204", "/indicators", "/imports", "/layers", "/runs", "/changes", "/jobs"):
        page.goto(web.site + path)
        assert page.locator("header .simulated").count() == 1, path
