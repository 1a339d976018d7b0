"""A connected road network over the hamlets of a county: noded, planar, with detours where the relief is high.

Every road is an edge of one Delaunay triangulation of hamlets, communities and the gates at which roads leave the county, so
roads meet at their ends only. A gate lies on the shared border at a place that both counties find by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay

from layers.demo.edges import wiggle
from layers.demo.sources import County, neighbours
from layers.demo.terrain import relief

if TYPE_CHECKING:
    from layers.demo.places import Places

Array = np.ndarray
CLASSES = ("国道", "省道", "县道", "乡道", "村道", "组道")
_GATE_BORDER_DEGREES = 0.12
_NATIONAL_BORDER_DEGREES = 0.55
_OUTSIDE = 8.0
"""How much worse a link is that leaves the county."""


@dataclass(slots=True)
class Network:
    """Roads of a county: one row per link between two nodes."""

    ends: Array
    """Node numbers of each link, shape (n, 2). Nodes are hamlets first, then communities, then gates."""
    line: Array
    """LineStrings in degrees."""
    rank: Array
    """Position in `CLASSES`."""
    route: Array
    """Number of the route within its class; 0 where hamlet roads have none."""
    unbuilt_ends: Array
    """Links that would reach hamlets without a road, shape (m, 2)."""
    unbuilt_line: Array
    nodes: Array
    """Nodes in metres of the plane."""
    reached: Array
    """Whether a hamlet has a road, shape (hamlets,)."""


def gates(county: County) -> list[tuple[Array, bool, int]]:
    """Give the places at which main roads leave the county: place in degrees, national or not, route number.

    Both counties of a border find the same: the middle of each long stretch of the border they share.
    """
    found = []
    for code, other in neighbours(county).items():
        pair = (county.outline, other) if county.code < code else (other, county.outline)
        shared = shapely.intersection(*pair)
        lines = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString"]
        for stretch in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))) if lines else ():
            if stretch.length >= _GATE_BORDER_DEGREES:
                place = np.round(np.array(shapely.line_interpolate_point(stretch, 0.5, normalized=True).coords[0]), 7)
                national = bool(stretch.length >= _NATIONAL_BORDER_DEGREES)
                number = int(np.round(place.sum() * 1e5)) % 199
                found.append((place, national, (301 if national else 201) + number))
    return sorted(found, key=lambda gate: (gate[0][0], gate[0][1]))


@dataclass(slots=True)
class _Graph:
    """The triangulation: nodes, links, cost of each link, and what has been built."""

    nodes: Array
    links: Array
    apexes: Array
    cost: Array
    rank: Array
    route: Array
    number: dict[tuple[int, int], int] = field(init=False)
    """Number of the link between two nodes, the smaller first."""

    def __post_init__(self) -> None:
        """Number the links."""
        self.number = {(one, other): place for place, (one, other) in enumerate(self.links.tolist())}

    def matrix(self, discount: float) -> coo_matrix:
        """Costs as a sparse matrix; what is built costs only `discount` of its cost."""
        cost = np.where(self.rank < len(CLASSES), self.cost * discount, self.cost)
        return coo_matrix((cost, self.links.T), shape=(len(self.nodes),) * 2).tocsr()

    def build(self, start: int, goals: Array, rank: int, route: int | Array) -> None:
        """Build the cheapest way from `start` to every goal, at `rank` where nothing better is there."""
        before = dijkstra(self.matrix(0.35), directed=False, indices=start, return_predecessors=True)[1]
        routes = np.broadcast_to(route, len(goals))
        for goal, number in zip(goals, routes, strict=True):
            node = int(goal)
            while node != start and before[node] >= 0:
                other = int(before[node])
                link = self.number[min(node, other), max(node, other)]
                if self.rank[link] > rank:
                    self.rank[link], self.route[link] = rank, number
                node = other


def _graph(places: Places, nodes: Array) -> _Graph:
    mesh = Delaunay(nodes)
    corners = np.sort(mesh.simplices, axis=1)
    pairs = np.vstack([corners[:, [0, 1]], corners[:, [0, 2]], corners[:, [1, 2]]])
    centres = np.tile(nodes[corners].mean(axis=1), (3, 1))
    links, inverse = np.unique(pairs, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    apexes = np.full((len(links), 2, 2), np.nan)
    order = np.argsort(inverse, kind="stable")
    first = np.searchsorted(inverse[order], np.arange(len(links)))
    apexes[:, 0] = centres[order[first]]
    twice = np.bincount(inverse) > 1
    apexes[twice, 1] = centres[order[first[twice] + 1]]
    degrees = places.plane.lonlat(nodes)
    height = relief(degrees, places.seed)
    length = np.hypot(*(nodes[links[:, 0]] - nodes[links[:, 1]]).T)
    rise = np.abs(height[links[:, 0]] - height[links[:, 1]])
    cost = length * (1 + height[links].mean(axis=1)) + 6_000 * rise
    chords = shapely.linestrings(degrees[links])
    inside = shapely.covers(shapely.buffer(places.county.outline, 1e-6), chords)
    cost = np.where(inside, cost, cost * _OUTSIDE)
    kept = inside | ~_between_parts(places, degrees, links)
    none = np.full(int(kept.sum()), len(CLASSES))
    return _Graph(nodes, links[kept], apexes[kept], cost[kept], none, np.zeros(len(none), int))


def _between_parts(places: Places, degrees: Array, links: Array) -> Array:
    """Say which links join two parts of a county that is not in one piece; the way leads through the neighbour."""
    parts = shapely.get_parts(places.county.outline)
    if len(parts) == 1:
        return np.zeros(len(links), dtype=bool)
    part = np.argmin([shapely.distance(piece, shapely.points(degrees)) for piece in parts], axis=0)
    return np.asarray(part[links[:, 0]] != part[links[:, 1]])


def lay_roads(places: Places) -> Network:
    """Lay the roads of a county: trunk roads to the gates, county roads to townships, then to villages, then to hamlets."""
    rng = places.rng("roads")
    hamlets, villages = places.hamlets, places.villages
    town = np.flatnonzero(villages.community)
    out = gates(places.county)
    ways = places.plane.xy(np.array([gate[0] for gate in out]).reshape(-1, 2))
    nodes = np.vstack([hamlets.place, villages.seat[town], ways])
    node_of = np.full(len(villages), -1)
    node_of[hamlets.village[hamlets.is_seat]] = np.flatnonzero(hamlets.is_seat)
    node_of[town] = len(hamlets) + np.arange(len(town))
    graph = _graph(places, nodes)
    seats = node_of[places.township_seat]
    gate_nodes = len(hamlets) + len(town) + np.arange(len(out))
    _trunks(graph, places, seats, [(int(node), *gate[1:]) for node, gate in zip(gate_nodes, out, strict=True)])
    for number, seat in enumerate(seats):
        own = node_of[(villages.township == number) & (node_of != seat)]
        graph.build(int(seat), own, 3, 1 + number * 12 + np.arange(len(own)) % 12)
    must = np.zeros(len(nodes), dtype=bool)
    must[node_of] = True
    must[gate_nodes] = True
    spare = _hamlet_roads(graph, places, must, rng)
    return _drawn(graph, places, spare, rng)


def _trunks(graph: _Graph, places: Places, seats: Array, out: list[tuple[int, bool, int]]) -> None:
    """Trunk roads from the main town of each part to its gates, then county roads from there to the township seats."""
    whole = connected_components(graph.matrix(1.0), directed=False)[1]
    home = np.hypot(*(graph.nodes[seats] - places.county_seat).T)
    for part in np.unique(whole):
        own = seats[whole[seats] == part]
        if not len(own):
            continue
        hub = int(own[np.argmin(home[whole[seats] == part])])
        for rank in (0, 1):
            for node, national, number in out:
                if whole[node] == part and national == (rank == 0):
                    graph.build(hub, np.array([node]), rank, number)
        goals = own[own != hub]
        graph.build(hub, goals, 2, 1 + np.flatnonzero(np.isin(seats, goals)))


def _hamlet_roads(graph: _Graph, places: Places, must: Array, rng: np.random.Generator) -> Array:
    """Join the hamlets by the cheapest tree; leave out the most remote ends. Returns the links left out."""
    hamlets = places.hamlets
    tree = minimum_spanning_tree(graph.matrix(1e-6)).tocoo()
    fresh = [graph.number[min(a, b), max(a, b)] for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True)]
    fresh = [link for link in sorted(fresh) if graph.rank[link] == len(CLASSES)]
    degree = np.bincount(graph.links[[*fresh, *np.flatnonzero(graph.rank < len(CLASSES))]].ravel(), minlength=len(graph.nodes))
    worth = {}
    for link in fresh:
        ends = [int(node) for node in graph.links[link] if degree[node] == 1 and not must[node] and node < len(hamlets)]
        if ends:
            worth[link] = (
                graph.cost[link] / 1_000 + 2.2 * hamlets.height[ends[0]] + rng.random() - 0.002 * hamlets.persons[ends[0]]
            )
    spare = sorted(worth, key=lambda link: -worth[link])[: round(0.075 * len(hamlets))]
    built = [link for link in fresh if link not in set(spare)]
    village = hamlets.village[np.minimum(graph.links, len(hamlets) - 1).min(axis=1)]
    for link in built:
        leaf = degree[graph.links[link]].min() == 1
        small = hamlets.persons[np.minimum(graph.links[link], len(hamlets) - 1)].min() < 190  # noqa: PLR2004 - about the median
        graph.rank[link] = 5 if leaf and small else 4
        graph.route[link] = 0 if graph.rank[link] == len(CLASSES) - 1 else 1 + village[link] % 999
    _loops(graph, places, rng)
    return np.array(spare, dtype=int)


def _loops(graph: _Graph, places: Places, rng: np.random.Generator) -> None:
    """Add a few short links between hamlets that have roads already, so that the network is not a mere tree."""
    reached = np.zeros(len(graph.nodes), dtype=bool)
    reached[graph.links[graph.rank < len(CLASSES)]] = True
    free = np.flatnonzero(
        (graph.rank == len(CLASSES)) & reached[graph.links].all(axis=1) & (graph.links < len(places.hamlets)).all(axis=1)
    )
    free = free[graph.cost[free] < np.median(graph.cost)]
    more = rng.permutation(free)[: round(0.04 * len(places.hamlets))]
    graph.rank[more] = 4
    graph.route[more] = 1 + places.hamlets.village[graph.links[more, 0]] % 999


def _drawn(graph: _Graph, places: Places, spare: Array, rng: np.random.Generator) -> Network:
    """Turn links into lines; unbuilt ones are drawn in the same net, so they do not cross what is built either."""
    built = np.flatnonzero(graph.rank < len(CLASSES))
    every = np.concatenate([built, spare]).astype(int)
    lines = wiggle(graph.nodes[graph.links[every]], graph.apexes[every], rng, levels=3, reach=0.5)
    lines = shapely.transform(lines, places.plane.lonlat)
    reached = np.zeros(len(graph.nodes), dtype=bool)
    reached[graph.links[built]] = True
    return Network(
        ends=graph.links[built],
        line=lines[: len(built)],
        rank=graph.rank[built],
        route=graph.route[built],
        unbuilt_ends=graph.links[spare],
        unbuilt_line=lines[len(built) :],
        nodes=graph.nodes,
        reached=reached[: len(places.hamlets)],
    )
