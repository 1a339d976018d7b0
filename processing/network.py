"""The roads as a network: where they meet, what hangs together, and which places it connects.

Nothing is cut: every end of a road and every meeting of two is an event at so many metres along a road, and events that coincide
are one node. `travel` adds the spots where places reach the roads in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from processing import crs, ellipsoid
from processing.nearest import EARTH_RADIUS_M, true_distance_m
from processing.plane import Plane

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

PLANE_MARGIN = 1.002
"""Searches on the plane go this much further than the true radius; what is found is then measured truly."""


@dataclass(frozen=True, slots=True)
class Noding:
    """Where roads meet: ends within `tolerance_m` of a road touch it; roads that cross meet there unless `crossings` is False."""

    tolerance_m: float = 1.0
    crossings: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    """Noded roads: the single lines on a plane, the events along them with their nodes, and the group each line belongs to.

    `road` gives, for each single line, the row of the road it is a part of; `stretch` turns metres of the plane into true metres.
    """

    plane: Plane
    index: pd.Index
    lines: Shapes
    road: Ints
    stretch: Floats
    length_m: Floats
    event_line: Ints
    event_at_m: Floats
    event_node: Ints
    nodes: int
    group: Ints


def build(roads: gpd.GeoDataFrame | gpd.GeoSeries, *, noding: Noding | None = None) -> Network:
    """Node road lines into a network; roads without geometry take no part in it.

    Raises:
        MissingCrsError: the roads have no CRS.

    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> lines = [LineString([(104, 36), (104.02, 36)]), LineString([(104.01, 35.99), (104.01, 36.01)])]
    >>> network = build(gpd.GeoSeries(lines, index=["甲", "乙"], crs=4490))
    >>> network.nodes, components(network).tolist()
    (5, [0, 0])
    """
    rules = noding or Noding()
    shapes = np.asarray(crs.geographic(roads.geometry).values, dtype=object)
    parts, road = shapely.get_parts(shapes, return_index=True)
    usable = (shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)
    parts, road = parts[usable], road[usable]
    west, _, east, _ = shapely.total_bounds(parts) if len(parts) else (105.0, 0.0, 105.0, 0.0)
    plane = Plane(float(west + east) / 2)
    lines = shapely.transform(parts, plane.forward)
    true_m, planar = ellipsoid.lengths_m(parts), shapely.length(lines)
    stretch = np.divide(true_m, planar, out=np.ones(len(lines)), where=planar > 0)
    event_line, event_at, same = _events(lines, planar, rules)
    nodes, event_node = _merge(len(event_line), same)
    group = _groups(len(lines), nodes, event_line, event_node)
    return Network(
        plane, roads.index, lines, road, stretch, true_m, event_line, event_at * stretch[event_line], event_node, nodes, group
    )


def _events(lines: Shapes, planar: Floats, rules: Noding) -> tuple[Ints, Floats, tuple[Ints, Ints]]:
    """Give the events (line, metres along it on the plane) and the pairs of them that are one node."""
    count = len(lines)
    own = np.arange(count)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]) if count else np.empty(0, dtype=object)
    event_line, event_at = np.concatenate([own, own]), np.concatenate([np.zeros(count), planar])
    tree = shapely.STRtree(lines)
    end, line = tree.query(ends, predicate="dwithin", distance=rules.tolerance_m)
    foreign = (end % max(count, 1)) != line
    end, line = end[foreign], line[foreign]
    touched = 2 * count + np.arange(len(end))
    event_line = np.concatenate([event_line, line])
    event_at = np.concatenate([event_at, shapely.line_locate_point(lines[line], ends[end])])
    same = [(end, touched), _closed(lines, own, count)]
    if rules.crossings:
        left, right, spot = _meetings(lines, tree)
        first = len(event_line)
        event_line = np.concatenate([event_line, left, right])
        at = [shapely.line_locate_point(lines[side], spot) for side in (left, right)]
        event_at = np.concatenate([event_at, *at])
        same.append((first + np.arange(len(left)), first + len(left) + np.arange(len(left))))
    return event_line, event_at, (np.concatenate([a for a, _ in same]), np.concatenate([b for _, b in same]))


def _closed(lines: Shapes, own: Ints, count: int) -> tuple[Ints, Ints]:
    """Pair the two ends of every line that closes on itself."""
    rings = own[shapely.is_closed(lines)]
    return rings, rings + count


def _meetings(lines: Shapes, tree: shapely.STRtree) -> tuple[Ints, Ints, Shapes]:
    """Find the spots where two lines cross or run together: every spot once, both ends of a shared stretch."""
    left, right = tree.query(lines, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared, pair = shapely.get_parts(shapely.intersection(lines[left], lines[right]), return_index=True)
    stretch = shapely.get_dimensions(shared) == 1
    spots = np.concatenate([shared[~stretch], shapely.get_point(shared[stretch], 0), shapely.get_point(shared[stretch], -1)])
    pair = np.concatenate([pair[~stretch], pair[stretch], pair[stretch]])
    return left[pair], right[pair], spots


def _merge(events: int, same: tuple[Ints, Ints]) -> tuple[int, Ints]:
    """Number nodes: events that are the same, directly or through others, share one."""
    graph = coo_array((np.ones(len(same[0]), dtype=np.int8), same), shape=(events, events))
    nodes, node = connected_components(graph, directed=False)
    return int(nodes), node.astype(np.int64)


def _groups(lines: int, nodes: int, event_line: Ints, event_node: Ints) -> Ints:
    """Number the groups of lines that hang together."""
    ones = np.ones(len(event_line), dtype=np.int8)
    graph = coo_array((ones, (event_line, lines + event_node)), shape=(lines + nodes, lines + nodes))
    return np.asarray(connected_components(graph, directed=False)[1][:lines], dtype=np.int64)


def components(network: Network) -> pd.Series:
    """Number the group each road hangs together with, on the index of the roads; missing where a road has no geometry.

    A road of several pieces that do not touch belongs to the group of its first piece.
    """
    result = pd.Series(pd.NA, index=network.index, dtype="Int64", name="component")
    rows, first = np.unique(network.road, return_index=True)
    result.iloc[rows] = network.group[first]
    return result


def component_lengths_m(network: Network) -> pd.Series:
    """Give the true length of each group of roads, by group number."""
    length = np.bincount(network.group, weights=network.length_m)
    return pd.Series(length, name="length_m").rename_axis("component")


def connected(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    network: Network,
    *,
    snap_m: float,
    anchors: pd.Series | None = None,
    min_component_m: float = 5_000.0,
) -> pd.DataFrame:
    """Say which places are connected by the network: a road within `snap_m` whose group leads on.

    A group leads on when it holds one of the `anchors` (booleans on the roads' index: say, national and provincial roads), or,
    without anchors, when it is at least `min_component_m` long. Columns on the index of `points`: `connected` (missing without
    geometry), `access_m` to the nearest road that leads on, within `snap_m`, `road_index` of it. Adding a road never
    disconnects a place.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> network = build(gpd.GeoSeries([LineString([(104, 36), (104.1, 36)])], crs=4490))
    >>> connected(gpd.GeoSeries([Point(104, 36.001), Point(104, 36.2)], crs=4490), network, snap_m=500).round(0)
       connected  access_m  road_index
    0       True     111.0           0
    1      False       NaN        <NA>
    """
    places, present = places_on(points, network.plane)
    if anchors is None:
        leads = component_lengths_m(network).to_numpy() >= min_component_m
    else:
        flags = anchors.reindex(network.index).fillna(value=False).to_numpy(dtype=bool)
        leads = np.zeros(int(network.group.max(initial=-1)) + 1, dtype=bool)
        leads[network.group[flags[network.road]]] = True
    place, line, _, distance = reach(places, network, radius_m=snap_m)
    good = leads[network.group[line]]
    place, line, distance = place[good], line[good], distance[good]
    order = np.lexsort((line, distance, place))
    first = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
    access = np.full(len(places), np.nan)
    access[place[first]] = distance[first]
    road = np.zeros(len(places), dtype=np.int64)
    road[place[first]] = network.road[line[first]]
    labels = labels_at(network.index, road, access, points.index)
    state = pd.Series(np.isfinite(access), index=points.index).astype("boolean").mask(~present)
    return pd.DataFrame({"connected": state, "access_m": access, "road_index": labels})


def places_on(points: gpd.GeoDataFrame | gpd.GeoSeries, plane: Plane) -> tuple[Shapes, Mask]:
    """Give places on the plane, and which of them have geometry; other shapes stand by a point inside."""
    shapes = np.asarray(crs.geographic(points.geometry).values, dtype=object)
    shapes = np.where(shapely.get_dimensions(shapes) > 0, shapely.point_on_surface(shapes), shapes)
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return shapely.transform(shapes, plane.forward), np.asarray(present, dtype=bool)


def reach(places: Shapes, network: Network, *, radius_m: float) -> tuple[Ints, Ints, Floats, Floats]:
    """List, for all lines within a radius: place, line, true metres along it of the nearest spot, true distance to that."""
    x = np.zeros(len(places))
    x[~shapely.is_missing(places)] = shapely.get_x(places[~shapely.is_missing(places)])
    widest = radius_m * np.cosh(np.nan_to_num(x) / EARTH_RADIUS_M) * PLANE_MARGIN
    place, line = shapely.STRtree(network.lines).query(places, predicate="dwithin", distance=widest)
    along = shapely.line_locate_point(network.lines[line], places[place])
    spot = shapely.line_interpolate_point(network.lines[line], along)
    distance = true_distance_m(xy_of(places[place]), xy_of(spot), network.plane)
    keep = distance <= radius_m
    return place[keep], line[keep], (along * network.stretch[line])[keep], distance[keep]


def xy_of(points: Shapes) -> Floats:
    """Give the coordinates of points."""
    return np.asarray(shapely.get_coordinates(points), dtype=np.float64)


def labels_at(labels: pd.Index, position: Ints, amount: Floats, index: pd.Index) -> pd.Series:
    """Give the labels at positions where an amount is known, missing elsewhere."""
    known = np.isfinite(amount)
    if not len(labels):
        return pd.Series(pd.NA, index=index, dtype="Int64")
    series = pd.Series(labels.take(np.where(known, position, 0)), index=index)
    if pd.api.types.is_integer_dtype(series.dtype):
        series = series.astype("Int64")
    return series.mask(~known)
