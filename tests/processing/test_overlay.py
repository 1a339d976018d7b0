"""What lies in what: pieces add up to the whole, overlaps count once, and the compiled measure agrees with shapely's cuts."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from processing import overlay as module
from processing.crs import area_m2, length_m
from processing.overlay import covered_area, covered_length, locate, overlay_area, overlay_length


def series(shapes, **options):
    return gpd.GeoSeries(shapes, crs=4490, **options)


def mosaic(seed, side=4, step=0.01):
    """Jittered cells that share their borders exactly and fill a square from (104, 36)."""
    rng = np.random.default_rng(seed)
    node = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=2) * step
    node[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, (side - 1, side - 1, 2)) * step
    node += [104, 36]
    cells = [Polygon([node[i, j], node[i + 1, j], node[i + 1, j + 1], node[i, j + 1]]) for i in range(side) for j in range(side)]
    return series(cells, index=[f"v{i}" for i in range(side * side)])


def lines_in(seed, count=12):
    rng = np.random.default_rng(seed)
    at = np.array([104, 36]) + rng.uniform(0.001, 0.039, (count, 5, 2))
    return series(shapely.linestrings(at))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_pieces_of_lines_add_up_to_the_whole(seed, compiled):
    lines, cells = lines_in(seed), mosaic(seed)
    pieces = pairs(lines, cells, compiled=compiled)
    total = pieces.groupby("line_index")["length_m"].sum().reindex(lines.index)
    assert total.to_numpy() == pytest.approx(length_m(lines).to_numpy(), rel=1e-6)
    assert not pieces.duplicated(["line_index", "polygon_index"]).any()


def pairs(lines, cells, *, compiled):
    before = module.COMPILED_FROM
    module.COMPILED_FROM = 0 if compiled else 10**9
    try:
        return overlay_length(lines, cells)
    finally:
        module.COMPILED_FROM = before


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_the_compiled_measure_is_that_of_the_cut_pieces(seed):
    cells = mosaic(seed)
    ring = cells.iloc[0].union(cells.iloc[2])
    holed = cells.iloc[5].difference(cells.iloc[5].centroid.buffer(0.001))
    areas = pd.concat([cells, series([ring, holed], index=["two parts", "holed"])])
    slow, fast = (
        pairs(lines_in(seed), areas, compiled=compiled).set_index(["line_index", "polygon_index"]) for compiled in (False, True)
    )
    both = slow.merge(fast, left_index=True, right_index=True, suffixes=("_slow", "_fast"), how="outer").fillna(0.0)
    assert both["length_m_fast"].to_numpy() == pytest.approx(both["length_m_slow"].to_numpy(), abs=1e-4, rel=1e-7)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_road_along_a_border_is_counted_once(compiled):
    areas = series([box(104, 36, 104.01, 36.01), box(104.01, 36, 104.02, 36.01)], index=["west", "east"])
    border = LineString([(104.01, 36.002), (104.01, 36.008)])
    through_corner = LineString([(104.0, 36.0), (104.01, 36.01), (104.02, 36.0)])
    lines = series([border, through_corner], index=["border", "corner"])
    pieces = pairs(lines, areas, compiled=compiled)
    assert pieces["polygon_index"].tolist() == ["west", "west", "east"]
    total = pieces.groupby("line_index")["length_m"].sum()
    assert total["border"] == pytest.approx(length_m(lines)["border"])
    assert total["corner"] == pytest.approx(length_m(lines)["corner"], rel=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_what_lies_in_no_area_or_has_no_geometry_has_no_piece(compiled):
    lines = series([LineString([(110, 36), (110.1, 36)]), None, LineString()])
    assert len(pairs(lines, mosaic(0), compiled=compiled)) == 0
    assert len(pairs(lines.iloc[:0], mosaic(0), compiled=compiled)) == 0
    assert len(pairs(lines, mosaic(0).iloc[:0], compiled=compiled)) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_pieces_of_land_add_up_to_the_whole(seed):
    rng = np.random.default_rng(seed)
    cells = mosaic(seed)
    parcels = series(
        shapely.buffer(shapely.points(104.02 + rng.uniform(-0.01, 0.01, 8), 36.02 + rng.uniform(-0.01, 0.01, 8)), 0.004)
    )
    pieces = overlay_area(parcels, cells)
    total = pieces.groupby("subject_index")["area_m2"].sum()
    assert total.to_numpy() == pytest.approx(area_m2(parcels).to_numpy(), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
@example(3334)
def test_overlapping_service_areas_count_once(seed):
    rng = np.random.default_rng(seed)
    service = series(
        shapely.buffer(
            shapely.points(104 + rng.uniform(0, 0.04, 12), 36 + rng.uniform(0, 0.04, 12)), rng.uniform(0.002, 0.012, 12)
        )
    )
    parcels, roads = mosaic(seed), lines_in(seed)
    merged = service.union_all()
    land = covered_area(parcels, service)
    assert land.to_numpy() == pytest.approx(area_m2(series(parcels.intersection(merged))).fillna(0).to_numpy(), rel=1e-6, abs=0.5)
    road = covered_length(roads, service)
    assert road.to_numpy() == pytest.approx(length_m(series(roads.intersection(merged))).fillna(0).to_numpy(), rel=1e-6, abs=1e-3)
    assert (land <= area_m2(parcels) * (1 + 2e-6)).all()  # each side is measured to 1e-6; cutting adds vertices to one of them
    more = covered_area(parcels, pd.concat([service, series([box(104, 36, 104.02, 36.02)])], ignore_index=True))
    assert (more >= land - 0.5).all()


def test_covered_keeps_every_row():
    parcels = series([box(104, 36, 104.01, 36.01), None, Polygon(), box(110, 36, 110.01, 36.01)], index=list("abcd"))
    service = series([box(104, 36, 104.005, 36.01), None])
    found = covered_area(parcels, service)
    assert found.index.tolist() == list("abcd")
    assert found["a"] == pytest.approx(area_m2(parcels)["a"] / 2, rel=1e-3)
    assert found[["b", "c"]].isna().all()
    assert found["d"] == 0


def test_broken_shapes_are_mended_for_the_cut():
    bow = Polygon([(104, 36), (104.01, 36.01), (104.01, 36), (104, 36.01)])
    odd = Polygon([(104, 36), (104.02, 36), (104.02, 36.02), (104.01, 36.0), (104, 36.02)])
    road = series([LineString([(103.99, 36.0025), (104.03, 36.0025)])])
    found = overlay_area(series([bow]), series([odd]))
    assert (found["area_m2"] > 0).all()
    assert covered_area(series([bow]), series([odd, bow]))[0] > 0
    assert overlay_length(road, series([bow]))["length_m"].sum() > 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_locate_is_the_first_polygon_that_holds_the_point(seed):
    rng = np.random.default_rng(seed)
    areas = pd.concat([mosaic(seed), series([box(104.01, 36.01, 104.03, 36.03)], index=["over"])])
    points = series(shapely.points(104 + rng.uniform(-0.01, 0.05, 40), 36 + rng.uniform(-0.01, 0.05, 40)))
    brute = [next((name for name, area in areas.items() if area.intersects(point)), None) for point in points]
    assert locate(points, areas).astype(object).where(lambda found: found.notna(), None).tolist() == brute


def test_locate_takes_borders_surfaces_and_integer_labels():
    areas = series([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=[7, 8])
    places = series(
        [Point(1, 0.5), box(0.2, 0.2, 0.4, 0.4), LineString([(1.2, 0.5), (1.8, 0.5)]), None, Point(5, 5)], index=list("abcde")
    )
    found = locate(places, areas)
    assert found.astype(object).where(found.notna(), None).tolist() == [7, 7, 8, None, None]
    assert str(found.dtype) == "Int64"
    assert locate(places, areas.iloc[:0]).isna().all()


def test_inputs_are_left_alone_and_any_crs_will_do():
    lines, cells = lines_in(1), mosaic(1)
    before = lines.copy(), cells.copy()
    here = overlay_length(lines, cells)
    there = overlay_length(lines.to_crs(4544), cells.to_crs(4544))
    merged = here.merge(there, on=["line_index", "polygon_index"])
    assert merged["length_m_x"].to_numpy() == pytest.approx(merged["length_m_y"].to_numpy(), abs=0.05)
    assert before[0].equals(lines)
    assert before[1].equals(cells)


def test_multipolygons_measure_all_their_parts():
    both = MultiPolygon([box(104, 36, 104.01, 36.01), box(104.02, 36, 104.03, 36.01)])
    road = series([LineString([(103.99, 36.005), (104.04, 36.005)])])
    one = length_m(series([LineString([(104, 36.005), (104.01, 36.005)])]))[0]
    for compiled in (False, True):
        assert pairs(road, series([both]), compiled=compiled)["length_m"].tolist() == pytest.approx([2 * one], rel=1e-7)
