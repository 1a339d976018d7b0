"""The page as it comes out: measured in the SVG, read back from the PDF."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pypdf
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import Transformer

from map_templates import palette
from map_templates.errors import SpecError
from map_templates.fonts import GETA
from map_templates.paper import render
from map_templates.spec import Credits, Legend, MapLayer, MapSpec, PageSpec

POINT_MM = 25.4 / 72
SVG = "{http://www.w3.org/2000/svg}"


def _svg(spec, folder):
    target = folder / "map.svg"
    return render(spec, target, format="svg"), ET.parse(target).getroot()  # noqa: S314 - our own file


def _groups(root, name):
    return [node for node in root.iter() if node.get("id") == name or (node.get("id") or "").startswith(f"{name}_")]


def _paths(group):
    """Coordinates of every path below a group, in millimetres."""
    shapes = []
    for path in group.iter(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", path.get("d") or "")]
        shapes.append(np.asarray(numbers).reshape(-1, 2) * POINT_MM)
    return shapes


def _pdf_text(path):
    return "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


@pytest.fixture(scope="module")
def drawn(spec, tmp_path_factory):
    """The full map, drawn once as SVG: report and root element."""
    return _svg(spec, tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def printed(spec, tmp_path_factory):
    """The full map, printed once as PDF."""
    return render(spec, tmp_path_factory.mktemp("printed") / "map.pdf").path


@pytest.mark.parametrize("page", [PageSpec(), PageSpec("A3", "portrait", 250_000), PageSpec("A4", "portrait")])
def test_ten_kilometres_measure_what_the_scale_says(bare, county, tmp_path, page):
    """A 10 km line in the CRS of the page, drawn as a layer, measured in the file: exact to 0.1 %."""
    epsg = 4544
    back = Transformer.from_crs(epsg, 4490, always_xy=True)
    x, y = Transformer.from_crs(4490, epsg, always_xy=True).transform(105.05, 35.69)
    line = shapely.LineString([back.transform(x, y), back.transform(x + 6000, y + 8000)])
    ruler = MapLayer("ruler", "十千米", gpd.GeoDataFrame(geometry=[line], crs=4490))
    whole = MapLayer("counties", "县界", county["counties"])
    report, root = _svg(replace(bare, layers=(ruler, whole), page=page), tmp_path)
    (ruler_mm,) = [shape for group in _groups(root, "layer-ruler") for shape in _paths(group)]
    length_mm = float(np.hypot(*(ruler_mm[-1] - ruler_mm[0])))
    assert length_mm == pytest.approx(10_000_000 / report.scale, rel=1e-3)
    assert report.crs == f"EPSG:{epsg}"
    if page.scale:
        assert report.scale == page.scale


def test_the_scale_bar_is_as_long_as_it_says(drawn, printed):
    report, root = drawn
    bars = [_paths(_groups(root, f"scale-bar-{i}")[0])[0] for i in range(3)]
    length_mm = max(float(b[:, 0].max()) for b in bars) - min(float(b[:, 0].min()) for b in bars)
    text = _pdf_text(printed)
    assert report.scale == 500_000
    assert "1∶50 万" in text
    assert "20" in text
    assert length_mm == pytest.approx(20_000_000 / report.scale, rel=1e-3)


@pytest.mark.parametrize("page", [PageSpec(), PageSpec("A3"), PageSpec("A3", "portrait"), PageSpec("A4", "portrait")])
def test_the_sheet_has_its_size_in_the_pdf(small, tmp_path, page):
    report = render(replace(small, page=page), tmp_path / "map.pdf")
    box = pypdf.PdfReader(report.path).pages[0].mediabox
    assert (float(box.width) * POINT_MM, float(box.height) * POINT_MM) == pytest.approx(page.size_mm, abs=0.01)
    assert report.fits


def test_text_of_the_pdf_can_be_read_and_fonts_are_inside(spec, printed):
    text = _pdf_text(printed)
    for part in (
        spec.title, "图　例", "无数据", "模拟数据", "本图含程序生成的模拟数据", "EPSG:4544", "审图号：内部用图，公开使用前须送审",
        "编制单位：示例县农业农村局", "2026-11-21", "数据来源：农村公路台账", "#128", "104°40′E", "图 3-2", "在示例市的位置", "石桥镇", "北",
    ):  # fmt: skip
        assert part in text, part
    fonts = [font.get_object() for font in pypdf.PdfReader(printed).pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert font["/Subtype"] == "/Type3"
        assert font["/CharProcs"]


def test_class_counts_on_the_page_sum_to_the_areas(spec, drawn, printed):
    report, root = drawn
    assert sum(report.classes.counts) + report.classes.no_data == len(spec.choropleth.frame)
    assert len(_groups(root, "class-count")) == report.classes.size + 1
    filled = [shape for group in _groups(root, "choropleth") for shape in group.iter(f"{SVG}path")]
    assert len(filled) == sum(report.classes.counts)
    text = _pdf_text(printed)
    assert "83.0 – 89.9" in text
    assert "90.0 – 100.0" in text


def test_no_data_is_hatched_at_45_degrees(drawn):
    _, root = drawn
    strokes = [shape for group in _groups(root, "no-data-hatch") for shape in _paths(group)]
    assert len(strokes) > 50
    for stroke in strokes:
        dx, dy = stroke[-1] - stroke[0]
        assert abs(abs(dx) - abs(dy)) < 0.01


def test_simulated_data_is_marked_on_the_map_and_only_where_it_is(spec, drawn, tmp_path):
    assert _groups(drawn[1], "simulated-mark")
    honest = replace(spec, credits=replace(spec.credits, simulated=False))
    _, root = _svg(honest, tmp_path)
    assert not _groups(root, "simulated-mark")
    assert "模拟数据" not in _pdf_text(render(honest, tmp_path / "map.pdf").path)


def test_a_review_number_replaces_the_warning(small, tmp_path):
    reviewed = replace(small, credits=replace(small.credits, review_number="甘S(2026)12号"))
    text = _pdf_text(render(reviewed, tmp_path / "map.pdf").path)
    assert "审图号：甘S(2026)12号" in text
    assert "须送审" not in text


def test_a_long_title_wraps_and_is_whole(small, tmp_path):
    title = "会宁县较大自然村通硬化路率分布图（二〇二六年十一月，按户数加权，含模拟数据，供内部讨论使用，未经审定）"
    for page in (PageSpec(), PageSpec("A4", "portrait")):
        render(replace(small, title=title, page=page), tmp_path / "map.pdf")
        assert title in _pdf_text(tmp_path / "map.pdf").replace("\n", "").replace(" ", "")


def test_an_area_in_two_parts_is_one_area_drawn_twice(bare, spec, tmp_path):
    frame = spec.choropleth.frame.iloc[:2].copy()
    parts = shapely.MultiPolygon([shapely.box(105.0, 35.6, 105.1, 35.7), shapely.box(105.3, 35.6, 105.4, 35.7)])
    frame = frame.set_geometry(gpd.GeoSeries([parts, shapely.box(105.1, 35.6, 105.3, 35.8)], index=frame.index, crs=4490))
    frame["value"] = [50.0, 80.0]
    report, root = _svg(replace(bare, choropleth=replace(spec.choropleth, frame=frame, target=None)), tmp_path)
    drawn = [path for group in _groups(root, "choropleth") for path in group.iter(f"{SVG}path")]
    assert sorted(path.get("d").count("M") for path in drawn) == [1, 2]
    assert report.classes.counts == (1, 1)


def test_a_map_without_any_data_still_says_so(spec, tmp_path):
    empty = replace(spec, layers=(), choropleth=replace(spec.choropleth, frame=spec.choropleth.frame.iloc[:0]))
    report = render(empty, tmp_path / "map.pdf")
    assert "各单元均无数据" in _pdf_text(report.path)
    assert report.fits
    unknown = spec.choropleth.frame.assign(value=np.nan, status="no_data")
    report = render(replace(spec, choropleth=replace(spec.choropleth, frame=unknown)), tmp_path / "map.pdf")
    assert report.classes.no_data == len(unknown)
    assert render(MapSpec("空图"), tmp_path / "none.svg", format="svg").classes is None


def test_a_given_scale_is_kept_even_where_it_cuts_the_area(small, tmp_path):
    report = render(replace(small, page=PageSpec(scale=20_000)), tmp_path / "map.svg", format="svg")
    assert (report.scale, report.fits) == (20_000, False)


def test_the_same_map_gives_the_same_file(small, tmp_path):
    for kind in ("pdf", "svg", "png"):
        first, second = (render(small, tmp_path / f"{n}.{kind}", format=kind).path.read_bytes() for n in (1, 2))
        assert first == second


def test_an_english_page_has_english_furniture(spec, tmp_path):
    page = replace(
        spec, language="en", title="Hardened roads, Example County", credits=Credits(simulated=True, date="2026-11-21")
    )
    text = _pdf_text(render(page, tmp_path / "map.pdf").path)
    for part in (
        "Legend",
        "No data",
        "SIMULATED DATA",
        "Scale 1:500,000",
        "County road",
        "km",
        "Review No.: internal use",
        "natural breaks",
    ):
        assert part in re.sub(r"\s+", " ", text), part


def test_lost_glyphs_are_reported_and_a_mark_stands_for_them(small, tmp_path):
    report = render(replace(small, title="会宁\U0001f6b0县"), tmp_path / "map.pdf")
    assert report.missing_glyphs == ("\U0001f6b0",)
    assert f"会宁{GETA}县" in _pdf_text(report.path)


def test_markup_and_mathematics_in_names_are_plain_text(small, tmp_path):
    villages = small.choropleth.frame.copy()
    villages["area_name"] = "<b>&$x^2$"
    spiced = replace(
        small, title="<script>alert(1)</script> $\\frac{1}{2}$", layers=(), choropleth=replace(small.choropleth, frame=villages)
    )
    _svg(spiced, tmp_path)
    text = _pdf_text(render(spiced, tmp_path / "map.pdf").path)
    assert "<script>alert(1)</script>" in text
    assert "$\\frac{1}{2}$" in text


def test_the_legend_shows_what_is_on_the_map_and_nothing_else(spec, county, tmp_path):
    gone = MapLayer("settlements", "安置点", county["seats"], visible=False)
    far = MapLayer("projects", "项目", gpd.GeoDataFrame({"status": ["draft"]}, geometry=[shapely.Point(20, 20)], crs=4490))
    text = _pdf_text(render(replace(spec, layers=(*spec.layers, gone, far)), tmp_path / "map.pdf").path)
    assert "县道" in text
    assert "安置点" not in text
    assert "项目：拟建" not in text


def test_counts_can_be_left_out_and_notes_put_in(small, tmp_path):
    _, root = _svg(replace(small, legend=Legend(("未知不计为零",), show_counts=False)), tmp_path)
    assert not _groups(root, "class-count")
    text = _pdf_text(render(replace(small, legend=Legend(("未知不计为零",))), tmp_path / "map.pdf").path)
    assert "未知不计为零" in text


def test_far_from_any_zone_the_page_is_equal_area(bare, tmp_path):
    frame = gpd.GeoDataFrame(geometry=[shapely.box(20, 0, 21, 1)], crs=4490)
    report = render(replace(bare, layers=(MapLayer("counties", "县", frame),)), tmp_path / "map.pdf")
    assert "laea" in report.crs
    assert "兰勃特等积方位投影" in _pdf_text(report.path)


def test_an_unknown_format_is_refused(small, tmp_path):
    with pytest.raises(SpecError, match="'docx' is not one of pdf, png, svg"):
        render(small, tmp_path / "map.docx", format="docx")


def test_input_frames_are_not_changed(spec, county, tmp_path):
    before = {name: frame.copy(deep=True) for name, frame in county.items()}
    render(spec, tmp_path / "map.svg", format="svg")
    for name, frame in county.items():
        assert_geodataframe_equal(frame, before[name])


def test_every_colour_of_the_areas_is_of_the_ramp(drawn):
    report, root = drawn
    fills = {
        re.search(r"fill: (#\w+)", path.get("style"))[1]
        for group in _groups(root, "choropleth")
        for path in group.iter(f"{SVG}path")
    }
    assert fills == set(palette.ramp("more", report.classes.size))


def test_the_boundary_of_all_areas_is_drawn_unless_a_layer_brings_one(spec, small, drawn, tmp_path):
    assert not _groups(drawn[1], "outline")
    _, root = _svg(replace(small, area_name="示例县"), tmp_path)
    assert _groups(root, "outline")
    assert "示例县界" in _pdf_text(render(replace(small, area_name="示例县"), tmp_path / "map.pdf").path)


def test_names_of_few_areas_are_large_and_fall_back_to_small(spec, county, tmp_path):
    towns = county["townships"].assign(area_name=county["townships"]["name"], value=80.0, low=80.0, high=80.0)
    towns = towns.assign(numerator=8.0, denominator=10.0, unknown=0.0, status="ok")
    report = render(replace(spec, layers=(), choropleth=replace(spec.choropleth, frame=towns)), tmp_path / "map.pdf")
    assert report.labels_placed == len(towns)
    text = _pdf_text(report.path).replace(" ", "")
    assert all(name in text for name in towns["name"])


def test_areas_that_cross_themselves_are_still_drawn(small, tmp_path):
    frame = small.choropleth.frame.iloc[:2].copy()
    bow = shapely.Polygon([(105, 35.6), (105.2, 35.8), (105.2, 35.6), (105, 35.8)])
    frame = frame.set_geometry(gpd.GeoSeries([bow, shapely.box(105.2, 35.6, 105.3, 35.8)], index=frame.index, crs=4490))
    frame["value"] = [np.nan, 80.0]
    report, root = _svg(replace(small, choropleth=replace(small.choropleth, frame=frame)), tmp_path)
    assert (report.classes.counts, report.classes.no_data) == ((1,), 1)
    assert _groups(root, "no-data-hatch")


@pytest.mark.parametrize(("box", "turn"), [((105, 35.6, 105.2, 36.4), "portrait"), ((105, 35.6, 106.4, 35.8), "landscape")])
def test_auto_turns_the_page_so_that_the_scale_is_larger(bare, tmp_path, box, turn):
    layer = MapLayer("counties", "县界", gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=4490))
    scales = {}
    for orientation in ("auto", "landscape", "portrait"):
        page = PageSpec("A4", orientation)
        report = render(replace(bare, layers=(layer,), page=page), tmp_path / f"{orientation}.pdf")
        width, height = (float(edge) for edge in pypdf.PdfReader(report.path).pages[0].mediabox[2:])
        scales[orientation] = (report.scale, width > height)
    other = "landscape" if turn == "portrait" else "portrait"
    assert scales["auto"] == scales[turn]
    assert scales[turn][0] < scales[other][0]


def test_a_township_is_named_once_beside_its_seat(spec, county, tmp_path):
    towns = county["townships"].assign(area_name=county["townships"]["name"], value=80.0, low=80.0, high=80.0)
    towns = towns.assign(numerator=8.0, denominator=10.0, unknown=0.0, status="ok")
    seats = MapLayer("township_seats", "乡镇驻地", county["seats"], label_field="name")
    report = render(replace(spec, layers=(seats,), choropleth=replace(spec.choropleth, frame=towns)), tmp_path / "map.pdf")
    assert report.labels_placed == len(towns)
    text = _pdf_text(report.path).replace(" ", "")
    assert [text.count(name) for name in towns["name"]] == [1] * len(towns)


def test_a_county_is_named_even_where_symbols_stand_everywhere(spec, county, tmp_path):
    whole = county["counties"].assign(area_name="示例县", value=80.0, low=80.0, high=80.0)
    whole = whole.assign(numerator=8.0, denominator=10.0, unknown=0.0, status="ok")
    west, south, east, north = whole.total_bounds
    x, y = np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60))
    works = gpd.GeoDataFrame({"work_class": ["city_ext"] * x.size}, geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=4490)
    crowded = replace(
        spec, layers=(MapLayer("water_works", "供水工程", works),), choropleth=replace(spec.choropleth, frame=whole), locator=None
    )
    assert render(crowded, tmp_path / "map.pdf").labels_placed == 1
