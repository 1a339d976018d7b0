"""How long it takes from a place to the nearest facility: on foot to a road, along roads, on foot from the road, or all on foot.

A place reaches every road within walking distance, not only the nearest, and may walk all the way: so a new road can shorten a
way and never lengthen it. (World Bank's Rural Accessibility Map issue 30: snapped to the nearest road only, places lost access
when a road was added.) A place that reaches nothing is listed as such, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from processing.nearest import EARTH_RADIUS_M, true_distance_m
from processing.network import PLANE_MARGIN, Network, labels_at, places_on, reach, xy_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from processing.plane import Plane

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

METRES_PER_MINUTE = 1000 / 60
"""One km/h."""
SHORTEST_MIN = 1e-9
"""Edges of no length keep this weight: a sparse graph takes 0 for no edge."""


@dataclass(frozen=True, slots=True)
class Travel:
    """How people travel: walking speed, road speed (where the roads do not give their own), and how far they walk to a road."""

    walk_kmh: float = 4.0
    road_kmh: float = 20.0
    max_walk_m: float = 2_000.0


@dataclass(frozen=True, slots=True)
class _Edges:
    """Edges between numbered nodes, in minutes."""

    start: Ints
    end: Ints
    minutes: Floats


def travel_minutes(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    network: Network,
    *,
    travel: Travel | None = None,
    road_kmh: pd.Series | None = None,
) -> pd.DataFrame:
    """Find for every place the quickest way to any destination, by road and on foot.

    `road_kmh` gives a speed per road (on the roads' index); missing ones take `travel.road_kmh`. Every place is listed. Columns
    on the index of `points`: `minutes`, `destination_index`, `access_m` (straight to the nearest road within walking distance),
    `status`: reached; unreachable (the roads it reaches lead to no destination); unsnapped (no road or destination within
    walking distance); no_geometry.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from processing.network import build
    >>> network = build(gpd.GeoSeries([LineString([(104, 36), (104.1, 36)])], crs=4490))
    >>> hamlets = gpd.GeoSeries([Point(104, 36.001), Point(104, 36.2)], crs=4490)
    >>> clinics = gpd.GeoSeries([Point(104.1, 36)], index=["卫生院"], crs=4490)
    >>> travel_minutes(hamlets, clinics, network).round(1)
       minutes destination_index  access_m      status
    0     28.7               卫生院     111.0     reached
    1      NaN               NaN       NaN  unsnapped
    """
    rules = travel or Travel()
    places, present = places_on(points, network.plane)
    goals, _ = places_on(destinations, network.plane)
    count = len(places) + len(goals)
    place, line, along, distance = reach(np.concatenate([places, goals]), network, radius_m=rules.max_walk_m)
    direct = _direct(places, goals, network.plane, radius_m=rules.max_walk_m)
    walk = rules.walk_kmh * METRES_PER_MINUTE
    feet = count + network.nodes + np.arange(len(place), dtype=np.int64)
    edges = [
        _Edges(direct[0], len(places) + direct[1], direct[2] / walk),
        _Edges(place, feet, distance / walk),
        _along(network, (line, along, feet), count, _speeds(network, rules, road_kmh)),
    ]
    minutes, goal = _search(_graph(edges, count + network.nodes + len(feet)), len(places), count)
    access = np.full(count, np.inf)
    np.minimum.at(access, place, distance)
    access = np.where(np.isinf(access), np.nan, access)[: len(places)]
    snapped = np.isfinite(access) | np.isin(np.arange(len(places)), direct[0])
    status = np.select([~present, np.isfinite(minutes), snapped], ["no_geometry", "reached", "unreachable"], "unsnapped")
    labels = labels_at(destinations.index, goal, minutes, points.index)
    columns = {"minutes": minutes, "destination_index": labels, "access_m": access, "status": status}
    return pd.DataFrame(columns, index=points.index)


def _speeds(network: Network, rules: Travel, road_kmh: pd.Series | None) -> Floats:
    """Give metres per minute of every line."""
    kmh = np.full(len(network.index), rules.road_kmh)
    if road_kmh is not None:
        given = road_kmh.reindex(network.index).to_numpy(dtype=np.float64, na_value=np.nan)
        kmh = np.where(np.isfinite(given) & (given > 0), given, kmh)
    return np.asarray(kmh[network.road] * METRES_PER_MINUTE, dtype=np.float64)


def _along(network: Network, feet: tuple[Ints, Floats, Ints], first: int, speed: Floats) -> _Edges:
    """Join successive events of every line: its own and the spots where places reach it."""
    line = np.concatenate([network.event_line, feet[0]])
    at_m = np.concatenate([network.event_at_m, feet[1]])
    node = np.concatenate([first + network.event_node, feet[2]])
    order = np.lexsort((at_m, line))
    line, at_m, node = line[order], at_m[order], node[order]
    next_ = np.flatnonzero(line[1:] == line[:-1])
    return _Edges(node[next_], node[next_ + 1], (at_m[next_ + 1] - at_m[next_]) / speed[line[next_]])


def _graph(several: list[_Edges], nodes: int) -> csr_array:
    """Lay edges out as a symmetric matrix; of parallel edges the quickest counts (a sparse matrix would add them)."""
    start, end = np.concatenate([edges.start for edges in several]), np.concatenate([edges.end for edges in several])
    minutes = np.maximum(np.concatenate([edges.minutes for edges in several]), SHORTEST_MIN)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((minutes, high, low))
    low, high, minutes = low[order], high[order], minutes[order]
    keep = np.flatnonzero((low != high) & ((np.diff(low, prepend=-1) != 0) | (np.diff(high, prepend=-1) != 0)))
    low, high, minutes = low[keep], high[keep], minutes[keep]
    both = (np.concatenate([low, high]), np.concatenate([high, low]))
    return csr_array((np.concatenate([minutes, minutes]), both), shape=(nodes, nodes))


def _search(graph: csr_array, places: int, count: int) -> tuple[Floats, Ints]:
    """Give minutes to the quickest destination and its position for every place; NaN and -1 where none is reached."""
    if count == places:
        return np.full(places, np.nan), np.full(places, -1)
    minutes, _, source = dijkstra(graph, indices=np.arange(places, count), min_only=True, return_predecessors=True)
    reached = np.isfinite(minutes[:places])
    return np.where(reached, minutes[:places], np.nan), np.where(reached, source[:places] - places, -1)


def _direct(places: Shapes, goals: Shapes, plane: Plane, *, radius_m: float) -> tuple[Ints, Ints, Floats]:
    """List place, destination and distance of all pairs within a walk."""
    x = shapely.get_coordinates(goals)[:, 0]
    widest = radius_m * float(np.cosh(np.abs(x).max(initial=0.0) / EARTH_RADIUS_M)) * PLANE_MARGIN
    place, goal = shapely.STRtree(goals).query(places, predicate="dwithin", distance=widest)
    distance = true_distance_m(xy_of(places[place]), xy_of(goals[goal]), plane)
    keep = distance <= radius_m
    return place[keep], goal[keep], distance[keep]
