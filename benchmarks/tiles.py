"""Vector tiles of 200,000 features, ours beside the usual way and PostGIS: tiles per second and p95 by zoom.

python -m benchmarks.tiles            writes benchmarks/tiles.json, which docs/benchmarks.md is made with
python -m benchmarks.tiles --quick    2,000 features, nothing written

Ours is the table in memory (`layers.store.tiles`): cold is a tile made anew, warm one that was kept, HTTP the whole answer of
the application with its rights and ETag. The usual way clips with shapely (STRtree, clip_by_rect) and encodes with
mapbox-vector-tile.
The peer is PostGIS' own ST_AsMVT on a table with a GiST index, given with --postgis URL.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import psycopg
import shapely

from geo_app import create_app
from geo_app.config import Settings
from layers.store import Change, Insert
from layers.store.tile_levels import box_of, degrees_box, project, tile_width
from layers.store.tiles import BUFFER, EXTENT, TileTable

ROOT = Path(__file__).resolve().parents[1]
WEST, SOUTH, WIDE, HIGH = 103.0, 35.0, 3.0, 2.6
ZOOMS = (5, 7, 8, 9, 10, 11, 12, 13, 14, 16)
SEED = 20261121
USUAL_FROM = 8


def roads(count: int) -> gpd.GeoDataFrame:
    """Make roads of 12 vertices: a fifth crowded into towns, the rest spread over three degrees."""
    random = np.random.default_rng(SEED)
    starts = np.array([WEST, SOUTH]) + random.uniform(0, 1, (count, 2)) * [WIDE, HIGH]
    towns = np.array([WEST, SOUTH]) + random.uniform(0.1, 0.9, (40, 2)) * [WIDE, HIGH]
    crowd = count // 5
    starts[:crowd] = towns[random.integers(0, 40, crowd)] + random.normal(0, 0.02, (crowd, 2))
    shapes = shapely.linestrings(starts[:, None, :] + random.normal(0, 0.0012, (count, 12, 2)).cumsum(axis=1))
    classes = np.array(["县道", "乡道", "村道", "组道"])[np.minimum(random.exponential(1.2, count).astype(int), 3)[::-1]]
    return gpd.GeoDataFrame(
        {
            "segment_id": [f"S{n}" for n in range(count)],
            "name": [f"道路{n}" for n in range(count)],
            "admin_class": classes,
            "surface_type": "沥青",
            "county_code": "620422",
        },
        geometry=shapes,
        crs="EPSG:4490",
    )


def addresses(z: int, count: int) -> list[tuple[int, int, int]]:
    """Choose tiles of a zoom inside the area, the same every time."""
    random = np.random.default_rng(z)
    left, bottom, right, top = degrees_box(WEST, SOUTH, WEST + WIDE, SOUTH + HIGH)
    half, width = 2**z * tile_width(z) / 2, tile_width(z)
    columns = ((random.uniform(left, right, count) + half) // width).astype(int).tolist()
    rows = ((half - random.uniform(bottom, top, count)) // width).astype(int).tolist()
    return [(z, x, y) for x, y in zip(columns, rows, strict=True)]


def timed(make, tiles: list[tuple[int, int, int]]) -> dict[str, float]:
    """Time tiles one after the other."""
    walls, cpus, sizes = [], [], []
    for at in tiles:
        start, used = time.perf_counter(), time.process_time()
        data = make(*at)
        walls.append(time.perf_counter() - start)
        cpus.append(time.process_time() - used)
        sizes.append(len(data))
    walls_ms = np.array(walls) * 1000
    return {
        "p50_ms": round(float(np.median(walls_ms)), 2),
        "p95_ms": round(float(np.percentile(walls_ms, 95)), 2),
        "cpu_p95_ms": round(float(np.percentile(np.array(cpus) * 1000, 95)), 2),
        "per_second": round(float(len(walls) / np.sum(walls)), 1),
        "largest_kb": round(max(sizes) / 1000, 1),
    }


class Usual:
    """Clip with shapely, encode with mapbox-vector-tile; everything is drawn at every zoom."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self.shapes = project(np.asarray(frame.geometry.array, dtype=object))
        self.tree = shapely.STRtree(self.shapes)
        self.words = [
            {"id": a, "k": b, "n": c} for a, b, c in zip(frame["segment_id"], frame["admin_class"], frame["name"], strict=True)
        ]

    def tile(self, z: int, x: int, y: int) -> bytes:
        box = box_of(z, x, y)
        margin = tile_width(z) * BUFFER / EXTENT
        grown = (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
        found = self.tree.query(shapely.box(*grown))
        cut = shapely.simplify(shapely.clip_by_rect(self.shapes[found], *grown), tile_width(z) / 2048 if z < 14 else 0)
        features = [
            {"geometry": shape, "properties": self.words[row]}
            for shape, row in zip(cut, found, strict=True)
            if not shape.is_empty
        ]
        return mapbox_vector_tile.encode(
            [{"name": "roads", "features": features}], default_options={"quantize_bounds": box, "extents": EXTENT}
        )


class PostGIS:
    """ST_AsMVT on a table in Web Mercator with a GiST index; everything is drawn at every zoom."""

    QUERY = """
        SELECT ST_AsMVT(t, 'roads', 4096, 'geom') FROM (
          SELECT id, k, n, ST_AsMVTGeom(geom, ST_TileEnvelope(%s, %s, %s), 4096, 48, true) AS geom FROM bench_tiles
          WHERE geom && ST_TileEnvelope(%s, %s, %s, margin => 0.01171875)) t WHERE geom IS NOT NULL"""

    def __init__(self, frame: gpd.GeoDataFrame, url: str) -> None:
        self.link = psycopg.connect(url, autocommit=True)
        self.link.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        self.link.execute("DROP TABLE IF EXISTS bench_tiles")
        self.link.execute("CREATE TABLE bench_tiles (id text, k text, n text, geom geometry(LineString, 3857))")
        shapes = shapely.to_wkb(
            shapely.set_srid(project(np.asarray(frame.geometry.array, dtype=object)), 3857), hex=True, include_srid=True
        )
        with self.link.cursor().copy("COPY bench_tiles FROM STDIN") as copy:
            for row in zip(frame["segment_id"], frame["admin_class"], frame["name"], shapes, strict=True):
                copy.write_row(row)
        self.link.execute("CREATE INDEX ON bench_tiles USING gist (geom)")
        self.link.execute("ANALYZE bench_tiles")

    def tile(self, z: int, x: int, y: int) -> bytes:
        row = self.link.execute(self.QUERY, (z, x, y, z, x, y)).fetchone()
        return bytes(row[0]) if row else b""


def over_http(frame: gpd.GeoDataFrame, count: int, folder: Path, measured: list[dict]) -> None:
    """Ask the application itself: cold, warm, unchanged (304), and the first tile after an edit."""
    app = create_app(Settings(store=str(folder / "s.gpkg"), data_dir=folder / "data"))
    store = app.extensions["xiangtu"].store
    store.apply(Change("bench", "", "made up", (Insert("roads", frame),)))
    client = app.test_client()

    def ask(z: int, x: int, y: int, **headers: str) -> bytes:
        answer = client.get(f"/tiles/roads/{z}/{x}/{y}.mvt", base_url="http://127.0.0.1:8000", headers=headers)
        assert answer.status_code in {200, 204, 304}, answer.text[:200]
        return answer.data

    tag = client.get("/tiles/roads/0/0/0.mvt", base_url="http://127.0.0.1:8000").headers["ETag"]
    for z in ZOOMS:
        tiles = list(dict.fromkeys(addresses(z, count)))
        measured.extend({"way": way, "zoom": z} | timed(ask, tiles) for way in ("http cold", "http warm"))
        measured.append({"way": "http 304", "zoom": z} | timed(lambda *at: ask(*at, **{"If-None-Match": tag}), tiles))
    fresh: list[float] = []
    for n in range(10):
        store.apply(Change("bench", "", "edit", (Insert("roads", frame.iloc[[n]].assign(segment_id=f"new{n}")),)))
        start = time.perf_counter()
        ask(*addresses(12, 1)[0])
        fresh.append((time.perf_counter() - start) * 1000)
    measured.append(
        {
            "way": "first tile after an edit",
            "zoom": 12,
            "p50_ms": round(float(np.median(fresh)), 1),
            "p95_ms": round(max(fresh), 1),
        }
    )
    app.extensions["xiangtu"].jobs.close()
    store.close()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 features; writes nothing")
    parser.add_argument("--postgis", help="URL of a database to make a table in")
    options = parser.parse_args()
    count, asked = (2_000, 3) if options.quick else (200_000, 40)
    frame = roads(count)
    rank = frame["admin_class"].map({"县道": 4.0, "乡道": 3.0, "村道": 2.0, "组道": 1.0})
    words = pd.DataFrame({"k": frame["admin_class"], "n": frame["name"], "importance": rank}, index=frame.index)
    measured: list[dict] = []
    start = time.perf_counter()
    table = TileTable("roads", frame.assign(id=frame["segment_id"]), words, version=1)
    prepared = {"ours": round(time.perf_counter() - start, 1)}
    start = time.perf_counter()
    ways = {"ours": lambda *at: table.tile(*at).data, "usual way": Usual(frame).tile}
    prepared["usual way"] = round(time.perf_counter() - start, 1)
    if options.postgis:
        ways["PostGIS ST_AsMVT"] = PostGIS(frame, options.postgis).tile
    for z in ZOOMS:
        counted = table.counts(z, (WEST - 1, SOUTH - 1, WEST + WIDE + 1, SOUTH + HIGH + 1))
        shown, total = (sum(both[place] for both in counted.values()) for place in (0, 1))
        for way, make in ways.items():
            if way == "usual way" and z < USUAL_FROM:
                continue  # tens of seconds a tile
            number = asked if way == "ours" else min(asked, 2 if z < 10 else 10)
            found = timed(make, list(dict.fromkeys(addresses(z, number))))
            measured.append({"way": way, "zoom": z, **found} | ({"shown": shown, "total": total} if way == "ours" else {}))
            print(measured[-1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        over_http(frame, asked, Path(folder), measured)
    found = {
        "date": datetime.now(UTC).date().isoformat(), "features": count, "prepared_s": prepared,
        "cores": os.cpu_count(), "load": " ".join(f"{value:.1f}" for value in os.getloadavg()), "measured": measured,
    }  # fmt: skip
    if options.quick:
        print(json.dumps(found)[:300])
    else:
        (ROOT / "benchmarks" / "tiles.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
