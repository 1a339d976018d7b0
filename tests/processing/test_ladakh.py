"""On Ladakh the shares agree with a calculation of another kind: an azimuthal projection around every single habitation."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Geod, Proj

from processing import profiles
from processing.coverage import evaluate

pytestmark = pytest.mark.real_data
RADII_M = (500, 1000, 2000)
DAY = date(2024, 1, 1)
AGREE = 1e-6


def _read(folder, name):
    # an independent reader, so that the expected values owe nothing to ours
    return pyogrio.read_dataframe(folder / "pmgsy-ladakh" / f"{name}.zip")  # noqa: TID251


@pytest.fixture(scope="module")
def files(shared_data):
    return {name: _read(shared_data, name) for name in ("Habitation", "Road_DRRP")}


@pytest.fixture(scope="module")
def area_names(shared_data):
    return pd.read_csv(shared_data / "pmgsy-ladakh" / "area_names.csv", dtype=str)


@pytest.fixture(scope="module")
def inputs(files, area_names):
    """The layers as the recipe assumes: every road of the survey all-season, areas by state, district and block."""
    habitation, road = files["Habitation"], files["Road_DRRP"]
    levels = {"state": (1, None), "district": (3, "STATE"), "block": (4, "DISTRICT")}
    rows = [
        {
            "area_code": row[f"{level.upper()}_ID"],
            "area_name": row[f"{level.upper()}_NAME"],
            "level": level,
            "parent_code": None if parent is None else row[f"{parent}_ID"],
            "rank": rank,
            "scheme": "pmgsy",
        }
        for level, (rank, parent) in levels.items()
        for row in area_names.drop_duplicates(f"{level.upper()}_ID").to_dict("records")
    ]
    hamlets = gpd.GeoDataFrame(
        {
            "hamlet_id": habitation["HAB_ID"].astype(str),
            "name": habitation["HAB_NAME"],
            "population": habitation["TOT_POPULA"],
            "township_code": habitation["BLOCK_ID"].astype(str),
            "data_quality": "registered",
        },
        geometry=habitation.geometry,
        crs=4326,
    ).to_crs(4490)
    roads = gpd.GeoDataFrame(
        {"segment_id": [str(row) for row in range(len(road))], "all_season": True}, geometry=road.geometry, crs=4326
    ).to_crs(4490)
    return {"areas": pd.DataFrame(rows), "hamlets": hamlets, "roads": roads}


@pytest.fixture(scope="module")
def true_distance_m(files):
    """Distance of every habitation to the nearest road, on an azimuthal equidistant projection around that habitation."""
    coordinates, line = shapely.get_coordinates(np.asarray(files["Road_DRRP"].geometry.values, dtype=object), return_index=True)
    follows = line[1:] == line[:-1]
    start, end = coordinates[:-1][follows], coordinates[1:][follows]
    tree = shapely.STRtree(shapely.linestrings(np.stack([start, end], axis=1)))
    return np.array([_distance_m(point, start, end, tree) for point in files["Habitation"].geometry])


def _distance_m(point, start, end, tree):
    project = Proj(f"+proj=aeqd +lat_0={point.y} +lon_0={point.x} +ellps=WGS84 +units=m")
    margin = 0.05
    while True:
        close = tree.query(shapely.box(point.x - margin, point.y - margin, point.x + margin, point.y + margin))
        nearest = np.inf
        if len(close):
            a, b = (np.column_stack(project(*ends[close].T)) for ends in (start, end))
            step = b - a
            along = np.clip(-(a * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-12), 0, 1)
            nearest = np.hypot(*(a + along[:, None] * step).T).min()
        if nearest <= margin * 80_000 or len(close) == len(start):
            return nearest
        margin *= 2


@pytest.mark.parametrize("radius_m", RADII_M)
@pytest.mark.parametrize(
    "level", [("block", "BLOCK_ID"), ("district", "DISTRICT_I"), ("state", "STATE_ID")], ids=lambda pair: pair[0]
)
def test_shares_agree_with_brute_force(inputs, files, true_distance_m, radius_m, level):
    habitation, (name, column) = files["Habitation"], level
    profile = profiles.load("rai").override({"road_access.radius_m": radius_m})
    table = evaluate(inputs, indicators=["RD1"], profile=profile, on=DAY, levels=[name]).table.set_index("area_code")
    people = habitation["TOT_POPULA"].astype(float)
    near = people.where(true_distance_m <= radius_m, 0.0)
    codes = habitation[column].astype(str)
    expected = pd.DataFrame({"near": near, "all": people}).groupby(codes).sum()
    shown = table.loc[expected.index]
    total = people.sum()
    assert shown["denominator"].to_numpy() == pytest.approx(expected["all"].to_numpy())
    assert np.abs(shown["numerator"].to_numpy() - expected["near"].to_numpy()).max() <= AGREE * total
    assert shown["value"].to_numpy() == pytest.approx((100 * expected["near"] / expected["all"]).to_numpy(), abs=1e-6)


def test_every_habitation_is_in_a_block(inputs):
    found = evaluate(inputs, indicators=["RD1"], profile=profiles.load("rai"), on=DAY)
    assert len(found.units["RD1"]) == 729
    assert found.units["RD1"]["area_code"].notna().all()
    assert found.units["RD1"]["denominator"].notna().all()


def test_distances_agree_to_a_centimetre_in_a_kilometre(inputs, true_distance_m):
    found = evaluate(inputs, indicators=["RD1"], profile=profiles.load("rai"), on=DAY).units["RD1"]
    near = true_distance_m <= 5000
    difference = np.abs(found["distance_m"].to_numpy() - true_distance_m)[near]
    assert (difference <= 0.05 + 1e-5 * true_distance_m[near]).all()


def test_habitations_near_a_threshold_fall_on_the_true_side(inputs, true_distance_m):
    for radius_m in RADII_M:
        profile = profiles.load("rai").override({"road_access.radius_m": radius_m})
        rows = evaluate(inputs, indicators=["RD1"], profile=profile, on=DAY).units["RD1"]
        ours = (rows["numerator"] > 0) | (rows["denominator"] == 0)
        truth = (true_distance_m <= radius_m) | (rows["denominator"] == 0)
        assert (ours == truth).all()


def test_azimuthal_distance_is_geodesic(files):
    """The yardstick itself: on that projection the distance from its centre is the geodesic one."""
    point = files["Habitation"].geometry.iloc[0]
    lon, lat, _ = Geod(ellps="WGS84").fwd(point.x, point.y, 37.0, 1500.0)
    x, y = Proj(f"+proj=aeqd +lat_0={point.y} +lon_0={point.x} +ellps=WGS84 +units=m")(lon, lat)
    assert np.hypot(x, y) == pytest.approx(1500.0, abs=1e-4)
