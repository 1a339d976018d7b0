import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from map_templates import palette, symbols
from map_templates.spec import RAMPS


def _contrast(a, b):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", RAMPS)
def test_a_ramp_gives_as_many_different_colours_as_asked(name):
    for size in range(1, 8):
        colours = palette.ramp(name, size)
        assert len(set(colours)) == size
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_ramps_darken_from_low_to_high():
    for name in ("more", "gaps"):
        lightness = [sum(int(c[i : i + 2], 16) * w for i, w in ((1, 0.3), (3, 0.59), (5, 0.11))) for c in palette.ramp(name, 5)]
        assert lightness == sorted(lightness, reverse=True)


def test_text_colours_are_readable_on_paper():
    for colour in (
        palette.INK,
        palette.SECONDARY,
        palette.ACCENT,
        palette.DANGER,
        palette.WARNING,
        palette.GOOD,
        palette.SIMULATED,
    ):
        assert _contrast(colour, palette.PAPER) >= 4.5


def test_no_other_module_names_a_colour(root):
    for path in (root / "map_templates").rglob("*.py"):
        if path.name not in {"palette.py", "symbols.py"}:
            assert re.findall(r"[\"']#[0-9a-fA-F]{3,8}[\"']", path.read_text("utf-8")) == [], path


def test_every_road_class_has_a_paved_and_an_unpaved_symbol():
    line = shapely.LineString([(105, 35), (105.1, 35)])
    classes = ["国道", "省道", "县道", "乡道", "村道", "专用", "组道"]
    roads = gpd.GeoDataFrame(
        {"admin_class": classes * 2, "surface_type": ["水泥"] * 7 + ["砂石"] * 7}, geometry=[line] * 14, crs=4490
    )
    keys = symbols.symbol_keys("roads", roads).tolist()
    assert keys == [*classes, *(f"{name}/unpaved" for name in classes)]
    for key in keys:
        symbol = symbols.entry_of("roads", key).symbol
        assert isinstance(symbol, palette.LineSymbol)
        assert ("unpaved" in key) == (symbol.dash_mm == symbols.DOTTED_MM)


def test_unknown_class_and_missing_columns_still_get_a_symbol():
    line = shapely.LineString([(105, 35), (105.1, 35)])
    roads = gpd.GeoDataFrame({"admin_class": [None, "别的"]}, geometry=[line] * 2, crs=4490)
    assert symbols.symbol_keys("roads", roads).tolist() == ["村道", "村道"]
    bare = gpd.GeoDataFrame(geometry=[line], crs=4490)
    assert symbols.symbol_keys("roads", bare).tolist() == ["村道"]


def test_projects_are_drawn_by_stage_and_by_geometry():
    frame = gpd.GeoDataFrame(
        {"status": ["in_library", "implementing", "asset_formed", "completed", None]},
        geometry=[*[shapely.Point(105, 35)] * 4, shapely.LineString([(105, 35), (106, 35)])],
        crs=4490,
    )
    assert symbols.symbol_keys("projects", frame).tolist() == ["planned", "under_way", "done", "done", "line"]
    assert isinstance(symbols.entry_of("projects", "line").symbol, palette.LineSymbol)


@pytest.mark.parametrize("name", [*symbols.STYLES, "anything"])
def test_every_layer_answers_for_every_geometry(name):
    shapes = [shapely.Point(105, 35), shapely.LineString([(105, 35), (106, 35)]), shapely.box(105, 35, 106, 36)]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=4490)
    kinds = [symbols.entry_of(name, key).symbol.kind for key in symbols.symbol_keys(name, frame)]
    assert kinds == ["point", "line", "fill"]


def test_sizes_of_water_works_follow_their_class():
    sizes = [symbols.entry_of("water_works", key).symbol.size_mm for key in ("dispersed", "central20", "central1k", "central10k")]
    assert sizes == sorted(sizes)
    assert {symbols.entry_of("water_works", key).symbol.shape for key in symbols.STYLES["water_works"].entries} == {"square"}


def test_the_legend_speaks_both_languages():
    for name, style in symbols.STYLES.items():
        for entry in style.entries.values():
            assert bool(entry.zh) == bool(entry.en), name
            assert entry.label("en", "Title").isascii() or "–" in entry.label("en", "Title")


def test_plain_values_for_the_screen_are_pixels():
    plain = symbols.as_json(symbols.entry_of("roads", "组道").symbol)
    assert plain["width"] == pytest.approx(0.2 * palette.PX_PER_MM)
    assert plain["dash"] == pytest.approx([1.1 * palette.PX_PER_MM, 0.6 * palette.PX_PER_MM])
    marker = symbols.as_json(symbols.SEAT)
    assert marker["outline"] == palette.INK
    assert marker["outline_width"] == pytest.approx(0.3 * palette.PX_PER_MM)


def test_keys_keep_the_index_of_the_frame():
    frame = gpd.GeoDataFrame({"work_class": ["central20", pd.NA]}, geometry=[shapely.Point(1, 1)] * 2, crs=4490, index=[7, 3])
    keys = symbols.symbol_keys("water_works", frame)
    assert keys.index.tolist() == [7, 3]
    assert np.all(keys.isin(list(symbols.STYLES["water_works"].entries)))


def test_crowded_markers_shrink_and_lines_do_not():
    small = palette.scaled(symbols.SEAT, 0.5)
    assert (small.size_mm, small.outline_mm) == (symbols.SEAT.size_mm / 2, symbols.SEAT.outline_mm / 2)
    road = symbols.entry_of("roads", "县道").symbol
    assert palette.scaled(road, 0.5) is road
