"""A made-up county: villages that fill it, townships, roads of every class, water works, gap villages. Nothing of it is real."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from map_templates.spec import Choropleth, Credits, Detail, Locator, MapLayer, MapSpec

CENTRE = (105.05, 35.69)
TOWNS = ["青禾镇", "柳溪镇", "石桥镇", "云岭乡", "白塔镇", "南坪乡", "东湾镇", "金沙镇", "长岗乡"]


def _outline(rng):
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    radius = 1 + sum(rng.normal(0, 0.2) / k * np.cos(k * turn + rng.uniform(0, 6)) for k in range(2, 11))
    x, y = CENTRE[0] + 0.42 * radius * np.cos(turn), CENTRE[1] + 0.3 * radius * np.sin(turn)
    return shapely.make_valid(shapely.Polygon(np.c_[x, y]))


def _cells(area, count, rng):
    west, south, east, north = area.bounds
    points = rng.uniform((west, south), (east, north), (count * 3, 2))
    points = points[shapely.contains_xy(area, points[:, 0], points[:, 1])][:count]
    for _ in range(4):
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=area.buffer(1)))
        cells = shapely.intersection(cells, area)
        cells = cells[~shapely.is_empty(cells)]
        points = shapely.get_coordinates(shapely.centroid(cells))
    return cells


def _road(start, end, rng, steps=60):
    way = np.linspace(0, 1, steps)[:, None]
    line = np.asarray(start) * (1 - way) + np.asarray(end) * way
    bend = np.cumsum(rng.normal(0, 0.004, (steps, 2)), axis=0)
    bend -= way * bend[-1]
    return shapely.LineString(line + bend)


@pytest.fixture(scope="session")
def county():
    """Frames of the made-up county by layer name."""
    rng = np.random.default_rng(20261121)
    area = _outline(rng)
    cells = _cells(area, 150, rng)
    centres = shapely.get_coordinates(shapely.centroid(cells))
    seeds = shapely.get_coordinates(shapely.centroid(_cells(area, 9, rng)))
    town = np.argmin(((centres[:, None] - seeds[None]) ** 2).sum(axis=2), axis=1)
    value = np.clip(76 + 40 * (centres[:, 0] - CENTRE[0]) + rng.normal(0, 7, len(cells)), 30, 100)
    value[rng.choice(len(cells), 8, replace=False)] = np.nan
    villages = gpd.GeoDataFrame(
        {
            "area_code": [f"62042210{i:04d}" for i in range(len(cells))],
            "area_name": [f"{TOWNS[t][:2]}{'东西南北上下前后'[i % 8]}{'村湾沟坪'[i // 8 % 4]}村" for i, t in enumerate(town)],
            "town": town,
            "value": value,
            "low": value - 2,
            "high": np.minimum(value + 2, 100),
            "numerator": value * 10,
            "denominator": 1000.0,
            "unknown": 20.0,
            "status": np.where(np.isnan(value), "no_data", "ok"),
            "synthetic": True,
        },
        geometry=cells,
        crs=4490,
    )
    towns = villages.dissolve("town").reset_index()[["town", "geometry"]]
    towns["name"] = [TOWNS[t] for t in towns["town"]]
    towns["area_code"] = [f"6204221{t:02d}" for t in towns["town"]]
    seats = gpd.GeoDataFrame({"name": towns["name"]}, geometry=towns.representative_point(), crs=4490)
    hub = seats.geometry.iloc[0]
    roads, kinds, surfaces = [], [], []
    for k, seat in enumerate(seats.geometry[1:]):
        roads.append(_road((hub.x, hub.y), (seat.x, seat.y), rng))
        kinds.append("县道" if k % 2 else "乡道")
        surfaces.append("沥青")
    for i, (x, y) in enumerate(centres):
        seat = seats.geometry.iloc[town[i] if town[i] < len(seats) else 0]
        if i % 2:
            roads.append(_road((seat.x, seat.y), (x, y), rng, 12))
            kinds.append("村道" if i % 4 == 1 else "组道")
            surfaces.append("土" if i % 8 == 3 else "水泥")
    road_frame = gpd.GeoDataFrame({"admin_class": kinds, "surface_type": surfaces}, geometry=roads, crs=4490)
    road_frame["route_no"] = [f"Y{i:03d}" for i in range(len(road_frame))]
    picks = rng.choice(len(centres), 14, replace=False)
    works = gpd.GeoDataFrame(
        {
            "name": [f"{villages['area_name'].iloc[i][:2]}水厂" for i in picks],
            "work_class": [("central20", "central1k", "central10k", "city_ext", "dispersed")[j % 5] for j in range(len(picks))],
            "work_id": [f"W{i}" for i in picks],
            "design_m3d": [float(10 * i) for i in picks],
        },
        geometry=gpd.points_from_xy(centres[picks, 0] + 0.01, centres[picks, 1]),
        crs=4490,
    )
    around = shapely.box(CENTRE[0] - 2, CENTRE[1] - 1.6, CENTRE[0] + 2, CENTRE[1] + 1.6)
    others = shapely.difference(_cells(around, 14, np.random.default_rng(3)), area)
    neighbours = gpd.GeoDataFrame(
        {
            "name": [f"{'甲乙丙丁戊己庚辛壬癸子丑寅卯'[i % 14]}邻县" for i in range(len(others))],
            "area_code": [f"6299{i:02d}" for i in range(len(others))],
        },
        geometry=others,
        crs=4490,
    )
    whole = gpd.GeoDataFrame({"name": ["示例县"], "area_code": ["620422"]}, geometry=[area], crs=4490)
    return {
        "villages": villages,
        "townships": towns,
        "seats": seats,
        "roads": road_frame,
        "water_works": works,
        "neighbours": neighbours,
        "counties": whole,
    }


@pytest.fixture(scope="session")
def spec(county):
    """A full map of the made-up county: choropleth, seven layers, locator, credits."""
    villages = county["villages"]
    gaps = villages[villages["value"] < 62].copy()
    gaps.geometry = gaps.representative_point()
    locator = gpd.GeoDataFrame(
        np.vstack([county["neighbours"][["area_code", "geometry"]], county["counties"][["area_code", "geometry"]]]),
        columns=["area_code", "geometry"],
        crs=4490,
    )
    return MapSpec(
        title="示例县较大自然村通硬化路率分布图",
        area_name="示例县",
        figure_no="图 3-2",
        layers=(
            MapLayer("neighbours", "邻县", county["neighbours"], label_field="name"),
            MapLayer("townships", "乡镇界", county["townships"], label_field=None),
            MapLayer("counties", "县界", county["counties"]),
            MapLayer(
                "roads",
                "道路",
                county["roads"],
                key_field="route_no",
                details=(Detail("admin_class", "行政等级"), Detail("surface_type", "路面")),
            ),
            MapLayer(
                "water_works", "供水工程", county["water_works"], "work_id", "name", (Detail("design_m3d", "设计规模", "m³/d"),)
            ),
            MapLayer("township_seats", "乡镇驻地", county["seats"], label_field="name"),
            MapLayer("gaps", "未达标村", gaps, "area_code", "area_name", visible=False),
        ),
        choropleth=Choropleth(villages, "较大自然村通硬化路率", unit_noun="村", target=90.0),
        credits=Credits(
            sources=("农村公路台账（2025-12-31）", "行政区划"),
            date="2026-11-21",
            organisation="示例县农业农村局",
            simulated=True,
            run_id=128,
            method="RD1，依据 T/CHES 18-2018；按户数加权，未知不计为零",
        ),
        locator=Locator(locator, ("620422",), "示例市"),
    )


@pytest.fixture(scope="session")
def bare(spec):
    """The same map without choropleth and layers."""
    return replace(spec, layers=(), choropleth=None, locator=None)


@pytest.fixture(scope="session")
def small(spec):
    """A map of ten villages and nothing else, for what does not depend on the rest."""
    few = replace(spec.choropleth, frame=spec.choropleth.frame.iloc[:10], target=None)
    return replace(spec, layers=(), choropleth=few, locator=None)
