"""Vector tiles against the geometry they come from: nothing lost close by, nothing hidden far out, never too large, fresh at once."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.store import tile_levels, tiles
from layers.store.tiles import TileTable

WEST, SOUTH = 104.0, 35.5
MOST = 200_000
"""Features of the goal; sizes that grow with --full end here."""


def frame(shapes, *, first=0):
    return gpd.GeoDataFrame({"id": [f"id-{first + n}" for n in range(len(shapes))]}, geometry=list(shapes), crs="EPSG:4490")


def words(rows, *, k="村道", importance=1.0):
    return pd.DataFrame({"k": k, "n": [f"名{label}" for label in rows["id"]], "importance": importance}, index=rows.index)


def table(shapes, **options):
    rows = frame(shapes)
    return TileTable("roads", rows, words(rows, **options), version=1)


def lines(count, *, seed=1, spread=1.0, step=0.002):
    random = np.random.default_rng(seed)
    starts = np.array([WEST, SOUTH]) + random.uniform(0, spread, (count, 1, 2))
    return shapely.linestrings(starts + random.normal(0, step, (count, 8, 2)).cumsum(axis=1))


def parcels(count, *, seed=2, spread=1.0):
    random = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, 13)[:-1]
    size = random.uniform(0.6, 1.4, (count, 12)) * 0.002
    middle = np.array([WEST, SOUTH]) + random.uniform(0, spread, (count, 1, 2))
    return shapely.polygons(middle + np.stack([size * np.cos(turn), size * np.sin(turn)], axis=2))


def points(count, *, seed=3, spread=1.0):
    return shapely.points(np.array([WEST, SOUTH]) + np.random.default_rng(seed).uniform(0, spread, (count, 2)))


def decoded(tile):
    if not tile.data:
        return {}
    layer = mapbox_vector_tile.decode(tile.data, default_options={"y_coord_down": True})["roads"]
    assert layer["extent"] == tiles.EXTENT
    return {item["properties"]["id"]: item for item in layer["features"]}


def touched(shape, z):
    """Addresses of all tiles that a geometry of EPSG:4490 touches, found by shapely alone."""
    projected = tile_levels.project(np.array([shape], dtype=object))[0]
    width = tile_levels.tile_width(z)
    west, south, east, north = shapely.bounds(projected)
    columns = range(int((west + tile_levels.HALF_WORLD) // width), int((east + tile_levels.HALF_WORLD) // width) + 1)
    rows = range(int((tile_levels.HALF_WORLD - north) // width), int((tile_levels.HALF_WORLD - south) // width) + 1)
    return {(z, x, y) for x in columns for y in rows if projected.intersects(shapely.box(*tile_levels.box_of(z, x, y)))}


def in_grid(shape, z, x, y):
    """A geometry in the grid of a tile, clipped as a tile is."""
    left, _, right, top = tile_levels.box_of(z, x, y)
    scale = tiles.EXTENT / (right - left)
    projected = tile_levels.project(np.array([shape], dtype=object))
    moved = shapely.transform(projected, lambda xy: np.column_stack([(xy[:, 0] - left) * scale, (top - xy[:, 1]) * scale]))
    return shapely.clip_by_rect(moved[0], -tiles.BUFFER, -tiles.BUFFER, tiles.EXTENT + tiles.BUFFER, tiles.EXTENT + tiles.BUFFER)


@pytest.mark.parametrize("make", [lines, parcels, points])
def test_close_tiles_hold_what_clipping_gives(make):
    shapes = make(400, spread=0.1)
    made = table(shapes)
    addresses = sorted(set().union(*(touched(shape, 14) for shape in shapes)))[::7]
    seen = 0
    for at in addresses:
        found = decoded(made.tile(*at))
        expected = {f"id-{n}" for n, shape in enumerate(shapes) if at in touched(shape, 14)}
        assert expected <= found.keys()
        for key, item in found.items():
            wanted = in_grid(shapes[int(key[3:])], *at)
            drawn = shapely.geometry.shape(item["geometry"])
            assert shapely.hausdorff_distance(drawn, wanted) <= 3.0, key
            seen += 1
    assert seen > 50


THING = st.tuples(
    st.integers(-1799, 1799),
    st.integers(-840, 840),
    st.integers(1, 5000),
    st.integers(-5000, 5000),
    st.sampled_from(["p", "l", "a"]),
)


@settings(max_examples=15)
@given(st.lists(THING, min_size=1, max_size=8), st.integers(14, 18))
def test_every_feature_is_in_the_tiles_it_touches(things, z):
    shapes = []
    for column, row, east, north, kind in things:
        x, y, dx, dy = column / 10, row / 10, east / 1e5, (north or 1) / 1e5
        whole = {
            "p": shapely.Point(x, y),
            "l": shapely.LineString([(x, y), (x + dx / 2, y), (x + dx, y + dy)]),
            "a": shapely.box(x, y, x + dx, y + abs(dy)),
        }
        shapes.append(whole[kind])
    made = table(shapes)
    for number, shape in enumerate(shapes):
        spots = [shape] if shape.geom_type == "Point" else [shapely.Point(shape.bounds[0], y) for y in (shape.bounds[1],)]
        inside = [spot for spot in spots if spot.distance(shape) == 0]
        for spot in inside:
            for at in touched(spot, z):
                if at[1] < 2**z and at[2] < 2**z:
                    assert f"id-{number}" in decoded(made.tile(*at)), (shape, at)


def test_far_out_the_important_stay_and_the_rest_is_counted(scale):
    count = min(30_000 * scale, MOST)
    shapes = lines(count, spread=2.0)
    rows = frame(shapes)
    told = words(rows)
    told.loc[told.index[:50], ["k", "importance"]] = ["国道", 9.0]
    made = TileTable("roads", rows, told, version=1)
    box = (WEST - 1, SOUTH - 1, WEST + 3, SOUTH + 3)
    before = 0
    for z in range(15):
        counts = made.counts(z, box)
        assert counts["国道"][0] == 50 or z < 3, "the most important class is left out last"
        shown, total = (sum(pair[place] for pair in counts.values()) for place in (0, 1))
        assert total == count
        assert shown >= before, "what a zoom shows, all closer ones show"
        before = shown
    assert before == count
    assert sum(pair[0] for pair in made.counts(4, box).values()) < 10_000


def test_what_is_counted_is_what_the_tiles_hold(scale):
    count = min(4000 * scale, MOST // 2)
    shapes = [*lines(count, spread=0.5), *parcels(count, spread=0.5), shapely.LineString([(104.2, 35.7), (104.20000001, 35.7)])]
    made = table(shapes)
    width = tile_levels.tile_width
    for z in (5, 8, 10, 12):
        seen = set()
        west, south, east, north = tile_levels.degrees_box(103.9, 35.4, 104.7, 36.2)
        half = tile_levels.HALF_WORLD
        for x in range(int((west + half) // width(z)), int((east + half) // width(z)) + 1):
            for y in range(int((half - north) // width(z)), int((half - south) // width(z)) + 1):
                seen |= decoded(made.tile(z, x, y)).keys()
        assert len(seen) == made.counts(z, (103, 35, 106, 37))["村道"][0]


def test_no_tile_is_larger_than_half_a_megabyte():
    random = np.random.default_rng(5)
    crowd = shapely.linestrings(
        np.array([WEST, SOUTH]) + random.uniform(0, 0.01, (9000, 1, 2)) + random.normal(0, 0.004, (9000, 30, 2))
    )
    made = table(crowd)
    largest = max(
        (made.tile(14, x, y) for _, x, y in sorted(touched(shapely.box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.01), 14))),
        key=lambda tile: len(tile.data),
    )
    assert 200_000 < len(largest.data) <= tiles.MOST_BYTES
    assert largest.cut > 0
    assert len(decoded(largest)) == largest.shown
    assert made.cut(14, (WEST, SOUTH, WEST + 0.01, SOUTH + 0.01)) >= largest.cut


def test_a_change_shows_in_the_tiles_it_touches_and_leaves_the_others(scale):
    count = min(2000 * scale, MOST)
    made, fresh = table(points(count)), f"id-{MOST + 5000}"
    spot, away = shapely.Point(WEST + 0.5, SOUTH + 0.5), shapely.Point(WEST + 0.9, SOUTH + 0.9)
    (here,), (there,) = touched(spot, 12), touched(away, 12)
    before, untouched = made.tile(*here), made.tile(*there)
    new = frame([spot], first=MOST + 5000)
    made.change([fresh], new, words(new), version=2)
    assert decoded(made.tile(*here)).keys() == decoded(before).keys() | {fresh}
    assert made.kept(*there) is untouched
    moved = frame([away], first=MOST + 5000)
    made.change([fresh], moved, words(moved), version=3)
    assert fresh not in decoded(made.tile(*here))
    assert fresh in decoded(made.tile(*there))
    made.change([fresh, "id-0"], new.iloc[:0], words(new.iloc[:0]), version=4)
    assert fresh not in decoded(made.tile(*there))
    assert (len(made), made.version) == (count - 1, 4)


def test_a_new_feature_shows_where_all_its_neighbours_do():
    made = table(points(20_000, spread=0.3))
    lonely, crowded = (
        frame([shapely.Point(90, 30)], first=90_000),
        frame([shapely.Point(WEST + 0.15, SOUTH + 0.15)], first=90_001),
    )
    for rows in (lonely, crowded):
        made.change(list(rows["id"]), rows, words(rows), version=2)
    assert made.counts(2, (89, 29, 91, 31))["村道"] == (1, 1)
    near = (WEST + 0.149, SOUTH + 0.149, WEST + 0.151, SOUTH + 0.151)
    shown = [made.counts(z, near)["村道"] for z in range(15)]
    assert shown[14][0] == shown[14][1]


def test_rows_without_a_shape_and_empty_tiles():
    rows = frame([shapely.Point(WEST, SOUTH), None, shapely.Point()])
    made = TileTable("roads", rows, words(rows), version=1)
    assert len(made) == 1
    assert made.tile(10, 0, 0).data == b""
    assert TileTable("roads", rows.iloc[:0], words(rows.iloc[:0]), version=0).tile(0, 0, 0).data == b""


def test_names_and_ids_are_only_text():
    made = table([shapely.Point(WEST, SOUTH)], k="a'); DROP TABLE items; --")
    (item,) = decoded(made.tile(0, 0, 0)).values()
    assert item["properties"] == {"id": "id-0", "k": "a'); DROP TABLE items; --", "n": "名id-0"}


def test_the_table_reaches_no_file_and_no_network(tmp_path):
    made = table([shapely.Point(WEST, SOUTH)])
    (tmp_path / "x.csv").write_text("a\n1\n")
    for statement in (
        f"SELECT * FROM '{tmp_path}/x.csv'",
        f"COPY items TO '{tmp_path}/y.csv'",
        f"ATTACH '{tmp_path}/z.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access=true",
    ):
        with pytest.raises(duckdb.Error):
            made._room.connection.execute(statement)
    assert not (tmp_path / "y.csv").exists()
    assert not (tmp_path / "z.duckdb").exists()


def test_tables_share_an_engine_but_no_row_and_are_freed_with_the_last_who_holds_them():
    one, other = table(points(3)), table(points(5, seed=9))

    def rooms():
        return set(one._room.connection.execute("SELECT database_name FROM duckdb_databases()").fetchall())

    before = rooms()
    assert (len(one), len(other)) == (3, 5)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda seed: table(points(seed, seed=seed)), range(20, 32)))
    assert [len(each) for each in made] == list(range(20, 32))
    assert len(rooms()) == len(before) + 12
    del made
    assert rooms() == before
    other.change(["id-0"], frame([]), words(frame([])), version=2)
    assert (len(one), len(other)) == (3, 4)
