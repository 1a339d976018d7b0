"""The same questions answered the usual way and with the best geopandas idiom, for comparison.

The usual way: project, buffer everything, union the buffers, ask what lies within; clip with one dissolved shape or area by area.
The best idiom: `sjoin_nearest`, `sjoin(predicate="dwithin")`, `overlay` on parts. Both measure in the Gauss–Krüger zone or a
transverse Mercator of the whole extent, as people do, so distances are off by the scale of the projection.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from processing.crs import metric_crs

RADIUS_M, ANY_RADIUS_M, SNAP_M, WATER_M, HEIGHT_M = 2000.0, 500.0, 500.0, 800.0, 80.0
LARGE_HOUSEHOLDS, LARGE_PERSONS = 25, 100
HARDENED = ("沥青", "水泥")
Layers = dict[str, gpd.GeoDataFrame]


def projected(layers: Layers, *names: str) -> list[gpd.GeoDataFrame]:
    """Project layers to the metric CRS of the villages."""
    crs = metric_crs(layers["villages"])
    return [layers[name].to_crs(crs) for name in names]


def nearest_usual(layers: Layers) -> pd.Series:
    """Distance to the union of all roads."""
    hamlets, roads = projected(layers, "hamlets", "roads")
    return hamlets.distance(roads.union_all())


def nearest_best(layers: Layers) -> pd.Series:
    """sjoin_nearest."""
    hamlets, roads = projected(layers, "hamlets", "roads")
    found = gpd.sjoin_nearest(hamlets[["geometry"]], roads[["geometry"]], distance_col="distance_m")
    return found["distance_m"].groupby(level=0).first()


def within_usual(layers: Layers) -> pd.Series:
    """Buffer, union, within."""
    hamlets, roads = projected(layers, "hamlets", "roads")
    return _buffered(hamlets, roads, RADIUS_M)


def within_best(layers: Layers) -> pd.Series:
    """sjoin with dwithin."""
    hamlets, roads = projected(layers, "hamlets", "roads")
    return _dwithin(hamlets, roads, RADIUS_M)


def _buffered(points: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, radius_m: float) -> pd.Series:
    return points.within(lines.buffer(radius_m).union_all())


def _dwithin(points: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, radius_m: float) -> pd.Series:
    pairs = gpd.sjoin(points[["geometry"]], lines[["geometry"]], predicate="dwithin", distance=radius_m)
    return pd.Series(points.index.isin(pairs.index), index=points.index)


def join_usual(layers: Layers) -> pd.Series:
    """Polygon after polygon."""
    hamlets, villages = layers["hamlets"], layers["villages"]
    found = pd.Series(index=hamlets.index, dtype=object)
    for code, polygon in zip(villages["village_code"], villages.geometry, strict=True):
        found[hamlets.within(polygon)] = code
    return found


def join_best(layers: Layers) -> pd.Series:
    """sjoin."""
    villages = layers["villages"][["village_code", "geometry"]]
    found = gpd.sjoin(layers["hamlets"][["geometry"]], villages, predicate="intersects", how="left")
    return found["village_code"].groupby(level=0).first().reindex(layers["hamlets"].index)


def length_usual(layers: Layers) -> pd.Series:
    """Clip the roads village after village."""
    roads, villages = projected(layers, "roads", "villages")
    return pd.Series(
        {
            code: gpd.clip(roads, polygon).length.sum()
            for code, polygon in zip(villages["village_code"], villages.geometry, strict=True)
        }
    )


def length_best(layers: Layers) -> pd.Series:
    """Overlay on parts."""
    pieces = _road_pieces(layers)
    return pieces.length.groupby(pieces["village_code"]).sum().reindex(layers["villages"]["village_code"], fill_value=0.0)


def _road_pieces(layers: Layers) -> gpd.GeoDataFrame:
    roads, villages = projected(layers, "roads", "villages")
    return gpd.overlay(roads, villages[["village_code", "geometry"]], how="intersection", keep_geom_type=True)


def overlay_usual(layers: Layers) -> pd.Series:
    """Overlay on one dissolved geometry."""
    farmland, service = projected(layers, "farmland", "service_areas")
    whole = gpd.GeoDataFrame(geometry=[service.union_all()], crs=service.crs)
    return _covered(farmland, whole)


def overlay_best(layers: Layers) -> pd.Series:
    """Overlay on the parts of the dissolved geometry."""
    farmland, service = projected(layers, "farmland", "service_areas")
    parts = service[["geometry"]].dissolve().explode(ignore_index=True)
    return _covered(farmland, parts)


def _covered(farmland: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame) -> pd.Series:
    cut = gpd.overlay(farmland, shapes, how="intersection", keep_geom_type=True)
    return cut.area.groupby(cut["parcel_id"]).sum().reindex(farmland["parcel_id"], fill_value=0.0)


def run_usual(layers: Layers) -> pd.DataFrame:
    """The whole indicator run the usual way: buffers and unions, villages clipped one after another."""
    hamlets, roads, works, villages = projected(layers, "hamlets", "roads", "water_works", "villages")
    inside = gpd.sjoin(hamlets[["geometry"]], villages[["village_code", "geometry"]], how="left", predicate="intersects")
    clipped = [
        gpd.clip(roads, polygon).assign(village_code=code)
        for code, polygon in zip(villages["village_code"], villages.geometry, strict=True)
    ]
    return _table(layers, _buffered, (hamlets, roads, works), _first(inside, hamlets), pd.concat(clipped))


def run_best(layers: Layers) -> pd.DataFrame:
    """The whole indicator run with the best idiom for the same answer, distance and nearest feature of every unit included."""
    return _run(layers, _by_distance)


def run_lean(layers: Layers) -> pd.DataFrame:
    """The whole indicator run with the best idiom for yes and no alone: no distances, no nearest features, so no list of gaps."""
    return _run(layers, _dwithin)


def _by_distance(points: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, radius_m: float) -> pd.Series:
    found = gpd.sjoin_nearest(points[["geometry"]], lines[["geometry"]], distance_col="distance_m")
    found = found[~found.index.duplicated()]
    return found["distance_m"].reindex(points.index) <= radius_m


def _run(layers: Layers, near) -> pd.DataFrame:
    hamlets, roads, works = projected(layers, "hamlets", "roads", "water_works")
    inside = gpd.sjoin(
        layers["hamlets"][["geometry"]], layers["villages"][["village_code", "geometry"]], how="left", predicate="intersects"
    )
    return _table(layers, near, (hamlets, roads, works), _first(inside, hamlets), _road_pieces(layers))


def _first(inside: pd.DataFrame, hamlets: gpd.GeoDataFrame) -> pd.Series:
    return inside["village_code"].groupby(level=0).first().reindex(hamlets.index)


def _table(layers: Layers, near, frames, village: pd.Series, pieces: gpd.GeoDataFrame) -> pd.DataFrame:
    """Weigh units and add them up by village, township and county."""
    hamlets, roads, works = frames
    persons = hamlets["population"].astype(float)
    large = (hamlets["households"] >= LARGE_HOUSEHOLDS) | (hamlets["population"] >= LARGE_PERSONS)
    tap = hamlets["tap_in_house_hh"] >= hamlets["households"]
    water = tap | (near(hamlets, works, WATER_M) & (hamlets["fetch_vertical_m"] <= HEIGHT_M))
    all_season = near(hamlets, roads[roads["all_season"]], RADIUS_M)
    hardened = near(hamlets, roads[roads["surface_type"].isin(HARDENED)], SNAP_M)
    any_road = near(hamlets, roads, ANY_RADIUS_M)
    length = pieces.length
    units = {
        "W5": (village, persons * water, persons),
        "RD1": (village, persons * all_season, persons),
        "RD3": (village[large], hardened[large].astype(float), large[large].astype(float)),
        "RA": (village, persons * any_road, persons),
        "RD5": (pieces["village_code"], length * (pieces["tech_class"] != "等外"), length),
        "RD6": (pieces["village_code"], length * pieces["surface_type"].isin(HARDENED), length),
    }
    chain = layers["villages"].set_index("village_code")[["township_code", "county_code"]]
    parts = []
    for code, (where, numerator, denominator) in units.items():
        for level in ("village", "township", "county"):
            area = where if level == "village" else where.map(chain[f"{level}_code"])
            sums = pd.DataFrame({"numerator": numerator, "denominator": denominator}).groupby(area.to_numpy()).sum()
            parts.append(sums.rename_axis("area_code").reset_index().assign(indicator=code, level=level))
    table = pd.concat(parts, ignore_index=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return table.assign(value=100 * table["numerator"] / table["denominator"])
