"""Made-up country for timing: clustered hamlets, wandering roads, a jittered mosaic of villages, water works, parcels.

The same every time. A county is a square of half a degree with 3,000 hamlets, 3,100 roads of 12 vertices, 256 villages in 16
townships, 300 water works with overlapping service areas and 3,600 parcels; a province is 33 of them, a tenth of the nation 87.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:4490"
WEST, SOUTH, COUNTY_DEGREES = 102.0, 34.0, 0.5
SIDE = 16  # villages along a county's side
EDGE_STEPS = 8


@dataclass(frozen=True)
class Size:
    """Columns and rows of counties, and how many of them are used."""

    name: str
    columns: int
    counties: int
    share: float = 1.0


SIZES = {
    "tiny": Size("tiny", 1, 1, 0.1),
    "county": Size("county", 1, 1),
    "province": Size("province", 6, 33),
    "tenth": Size("tenth of the nation", 10, 87),
}
HAMLETS, ROADS, WORKS, PARCELS = 3_000, 3_600, 300, 3_600


def make(size_name: str) -> dict[str, gpd.GeoDataFrame]:
    """Make the layers of a size: counties, townships, villages, hamlets, roads, water_works, service_areas, farmland."""
    size = SIZES[size_name]
    rng = np.random.default_rng(20210228)
    villages = _villages(rng, size)
    count = [int(number * size.counties * size.share) for number in (HAMLETS, ROADS, WORKS, PARCELS)]
    centres = _inside(rng, size, count[0] // 12 + 1)
    hamlets = _hamlets(rng, _around(rng, size, centres, count[0], 0.012))
    works = _around(rng, size, centres, count[2], 0.006)
    return {
        "villages": villages,
        "hamlets": hamlets,
        "roads": _roads(rng, size, _around(rng, size, centres, count[1], 0.015)),
        "water_works": _works(works),
        "service_areas": _service(rng, works),
        "farmland": _parcels(rng, _around(rng, size, centres, count[3], 0.015)),
    }


def _extent(size: Size) -> tuple[int, int]:
    return size.columns, -(-size.counties // size.columns)


def _inside(rng: np.random.Generator, size: Size, count: int) -> np.ndarray:
    county = rng.integers(0, size.counties, count)
    corner = np.column_stack([county % size.columns, county // size.columns]) * COUNTY_DEGREES
    return np.array([WEST, SOUTH]) + corner + rng.uniform(0, COUNTY_DEGREES, (count, 2))


def _around(rng: np.random.Generator, size: Size, centres: np.ndarray, count: int, spread: float) -> np.ndarray:
    at = centres[rng.integers(0, len(centres), count)] + rng.normal(0, spread, (count, 2))
    alone = rng.random(count) < 0.15  # the share that lies apart
    at[alone] = _inside(rng, size, int(alone.sum()))
    return at


def _hamlets(rng: np.random.Generator, at: np.ndarray) -> gpd.GeoDataFrame:
    n = len(at)
    households = rng.integers(4, 90, n)
    frame = pd.DataFrame(
        {
            "hamlet_id": [f"H{i:07d}" for i in range(n)],
            "name": [f"村组{i}" for i in range(n)],
            "population": (households * rng.uniform(2.2, 4.1, n)).astype("int64"),
            "households": households,
            "tap_in_house_hh": np.where(rng.random(n) < 0.5, households, 0),
            "fetch_vertical_m": rng.integers(0, 110, n).astype(float),
        }
    )
    return _layer(frame, shapely.points(at))


def _roads(rng: np.random.Generator, size: Size, start: np.ndarray) -> gpd.GeoDataFrame:
    """Wandering lines; those that leave the country are left out, so that every metre lies in a village."""
    n = len(start)
    heading = rng.normal(0, 0.0010, (n, 1, 2))
    lines = np.concatenate(
        [start[:, None, :], start[:, None, :] + np.cumsum(heading + rng.normal(0, 0.0008, (n, 11, 2)), axis=1)], axis=1
    )
    lines = lines[_inland(lines, size).all(axis=1)]
    n = len(lines)
    frame = pd.DataFrame(
        {
            "segment_id": [f"R{i:07d}" for i in range(n)],
            "admin_class": rng.choice(["县道", "乡道", "村道"], n, p=[0.15, 0.27, 0.58]),
            "tech_class": rng.choice(["三级", "四级", "等外"], n, p=[0.1, 0.75, 0.15]),
            "surface_type": rng.choice(["沥青", "水泥", "砂石", "土"], n, p=[0.2, 0.55, 0.15, 0.1]),
            "all_season": rng.random(n) < 0.7,
        }
    )
    return _layer(frame, shapely.linestrings(lines))


def _inland(at: np.ndarray, size: Size) -> np.ndarray:
    inland = np.ones(at.shape[:-1], dtype=bool)
    for step in ((-0.012, -0.012), (-0.012, 0.012), (0.012, -0.012), (0.012, 0.012)):
        cell = np.floor((at - [WEST, SOUTH] + step) / COUNTY_DEGREES).astype(int)
        column, row = cell[..., 0], cell[..., 1]
        inland &= (column >= 0) & (row >= 0) & (column < size.columns) & (row * size.columns + column < size.counties)
    return inland


def _works(at: np.ndarray) -> gpd.GeoDataFrame:
    return _layer(pd.DataFrame({"work_id": [f"W{i:06d}" for i in range(len(at))], "work_class": "central20"}), shapely.points(at))


def _service(rng: np.random.Generator, at: np.ndarray) -> gpd.GeoDataFrame:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = rng.uniform(0.006, 0.03, (len(at), 1)) * rng.uniform(0.75, 1.25, (len(at), 40))
    ring = at[:, None, :] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    return _layer(pd.DataFrame({"work_id": [f"W{i:06d}" for i in range(len(at))]}), shapely.polygons(ring))


def _parcels(rng: np.random.Generator, at: np.ndarray) -> gpd.GeoDataFrame:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius = rng.uniform(0.0005, 0.0025, (len(at), 1)) * rng.uniform(0.7, 1.0, (len(at), 12))
    ring = at[:, None, :] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    return _layer(pd.DataFrame({"parcel_id": [f"F{i:07d}" for i in range(len(at))]}), shapely.polygons(ring))


def _villages(rng: np.random.Generator, size: Size) -> gpd.GeoDataFrame:
    """Cells of a jittered grid; neighbours share wandering borders exactly."""
    columns, rows = (side * SIDE for side in _extent(size))
    step = COUNTY_DEGREES / SIDE
    node = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=2) * step
    node = np.array([WEST, SOUTH]) + node + rng.uniform(-0.2, 0.2, node.shape) * step
    along = np.linspace(0, 1, EDGE_STEPS, endpoint=False)[:, None]
    bump = np.sin(np.pi * along) * 0.03 * step

    def edges(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        line = first[:, :, None, :] + (last - first)[:, :, None, :] * along
        return line + rng.uniform(-1.5, 1.5, line.shape) * bump

    east, north = edges(node[:-1], node[1:]), edges(node[:, :-1], node[:, 1:])
    records, shapes = [], []
    for county in range(size.counties):
        for cell in range(SIDE * SIDE):
            i = (county % size.columns) * SIDE + cell % SIDE
            j = (county // size.columns) * SIDE + cell // SIDE
            back_east = np.vstack([node[i + 1, j + 1], east[i, j + 1][:0:-1]])
            back_north = np.vstack([node[i, j + 1], north[i, j][:0:-1]])
            shapes.append(shapely.Polygon(np.vstack([east[i, j], north[i + 1, j], back_east, back_north])))
            township = f"T{county:03d}{(cell % SIDE) // 4}{cell // SIDE // 4}"
            records.append((f"V{county:03d}{cell:03d}", f"村{county}-{cell}", township, f"C{county:03d}"))
    return _layer(pd.DataFrame(records, columns=["village_code", "name", "township_code", "county_code"]), np.array(shapes))


def areas(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the hierarchy of the made-up country: counties, townships, villages."""
    parts = [
        pd.DataFrame(
            {"area_code": villages["village_code"], "parent_code": villages["township_code"], "rank": 5, "level": "village"}
        ),
        pd.DataFrame(
            {"area_code": villages["township_code"], "parent_code": villages["county_code"], "rank": 4, "level": "township"}
        ),
        pd.DataFrame({"area_code": villages["county_code"], "parent_code": None, "rank": 3, "level": "county"}),
    ]
    table = pd.concat(parts, ignore_index=True).drop_duplicates("area_code", ignore_index=True)
    return table.assign(area_name=table["area_code"], urban_rural_code="220")


def _layer(frame: pd.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame.assign(data_quality="synthetic"), geometry=shapes, crs=CRS)
