"""The rows of the road layer, and what villages, townships and hamlets know of their roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.demo.network import CLASSES
from layers.demo.rows import chance, frame, lengths_m, some_unknown
from layers.roads import ROUTE_LETTERS

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray
HARDENED = ("沥青", "水泥")
_CHOICES: dict[str, tuple[tuple[tuple[str, str, float, int], ...], tuple[float, ...]]] = {
    "国道": ((("二级", "沥青", 9.0, 2), ("一级", "沥青", 16.0, 4)), (0.85, 0.15)),
    "省道": ((("二级", "沥青", 8.5, 2), ("三级", "沥青", 7.0, 2)), (0.55, 0.45)),
    "县道": ((("三级", "沥青", 7.0, 2), ("四级", "沥青", 6.0, 2), ("四级", "水泥", 5.0, 1)), (0.5, 0.25, 0.25)),
    "乡道": ((("四级", "沥青", 6.0, 2), ("四级", "水泥", 4.5, 1), ("四级Ⅰ", "水泥", 4.0, 1)), (0.2, 0.5, 0.3)),
    "村道": (
        (
            ("四级", "水泥", 4.0, 1),
            ("四级Ⅱ", "水泥", 3.5, 1),
            ("四级Ⅱ", "砂石", 3.5, 1),
            ("等外", "砂石", 3.0, 1),
            ("等外", "土", 3.0, 1),
        ),
        (0.42, 0.4, 0.09, 0.06, 0.03),
    ),
    "组道": (
        (("四级Ⅱ", "水泥", 3.5, 1), ("等外", "水泥", 3.0, 1), ("等外", "砂石", 3.0, 1), ("等外", "土", 2.5, 1)),
        (0.3, 0.25, 0.27, 0.18),
    ),
}
"""Technical class, surface, width and lanes by administrative class, with their shares."""
_MAINTAINERS = {
    "国道": "市公路局",
    "省道": "市公路局",
    "县道": "县交通运输局",
    "乡道": "乡镇人民政府",
    "村道": "村民委员会",
    "组道": "村民委员会",
}
_FUNCTIONS = {"国道": None, "省道": None, "县道": "通乡", "乡道": "通村", "村道": "通组", "组道": "通组"}


def _features(rank: Array, route: Array, rng: np.random.Generator) -> Array:
    """Choose technical class, surface, width and lanes, the same along one route."""
    chosen = np.empty((len(rank), 4), dtype=object)
    for number, name in enumerate(CLASSES):
        own = np.flatnonzero(rank == number)
        choices, shares = _CHOICES[name]
        group = route[own] if number < CLASSES.index("村道") else np.arange(len(own))
        for one in np.unique(group):
            chosen[own[group == one]] = choices[rng.choice(len(choices), p=shares)]
    return chosen


def add_roads(built: Built) -> None:
    """Add the frame `roads` and the facts dual_lane, class3, hardened and the features of every link."""
    roads, places = built.roads, built.places
    rng = places.rng("road rows")
    features = _features(roads.rank, roads.route, rng)
    names = np.array(CLASSES)[roads.rank]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(roads.line, 0.5, normalized=True))
    village = built.village_at(middle)
    count = len(names)
    paved = np.isin(features[:, 1].astype(str), HARDENED)
    built.facts["road"] = {
        "features": features,
        "village": village,
        "paved": paved,
        "ids": np.array([f"R{built.code}{number:05d}" for number in range(1, count + 1)], dtype=object),
    }
    _tell_places(built, features, paved)
    all_season = paved | (features[:, 1] == "砂石") & chance(rng, count, 0.45)
    built.frames["roads"] = frame(
        "roads",
        {
            "segment_id": built.facts["road"]["ids"],
            "route_no": [
                f"{ROUTE_LETTERS[name]}{number:03d}" if name in ROUTE_LETTERS else None
                for name, number in zip(names, roads.route, strict=True)
            ],
            "name": [
                None if name == "组道" else f"{built.name_of(position)}{name}"
                for name, position in zip(names, village, strict=True)
            ],
            "admin_class": names,
            "tech_class": features[:, 0],
            "surface_type": features[:, 1],
            "width_m": features[:, 2],
            "lanes": features[:, 3],
            "function": [_FUNCTIONS[name] for name in names],
            "all_season": some_unknown(all_season, 0.02, rng),
            "passability": np.where(paved, 1.0, np.where(all_season, 0.8, 0.45)),
            "condition": some_unknown(
                rng.choice(["优", "良", "中", "次", "差"], count, p=[0.22, 0.4, 0.24, 0.1, 0.04]), 0.06, rng
            ),
            "length_m": lengths_m(roads.line),
            "built_year": some_unknown(rng.integers(2008, 2026, count), 0.05, rng),
            "maintainer": [_MAINTAINERS[name] for name in names],
            **built.area_columns(village),
        },
        roads.line,
    )


def _tell_places(built: Built, features: Array, paved: Array) -> None:
    """Say which hamlets, villages and townships have hardened, two-lane and class III roads at their seat."""
    roads, places = built.roads, built.places
    hamlets, villages = places.hamlets, places.villages

    def touched(chosen: Array) -> Array:
        nodes = np.zeros(len(roads.nodes), dtype=bool)
        nodes[roads.ends[chosen]] = True
        return nodes

    node_of = np.full(len(villages), -1)
    node_of[hamlets.village[hamlets.is_seat]] = np.flatnonzero(hamlets.is_seat)
    town = np.flatnonzero(villages.community)
    node_of[town] = len(hamlets) + np.arange(len(town))
    built.facts["node_of_village"] = node_of
    built.facts["hardened"] = touched(paved)[: len(hamlets)]
    built.facts["dual_lane"] = touched(np.array([lanes >= 2 for lanes in features[:, 3]]))[node_of]  # noqa: PLR2004 - two lanes
    third = np.isin(features[:, 0].astype(str), ("一级", "二级", "三级"))
    built.facts["class3"] = touched(third)[node_of[places.township_seat]]
