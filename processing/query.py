"""Answer a query over the layers: by attribute, drawn area, distance, layer against layer, combined with and, or, not.

An answer holds rows of the asked layer and, beside their own fields, what the clauses measured (see `MEASURES`). `not` gives all
other rows: also those whose value or place is unknown, since nothing says that they meet the condition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import crs, ellipsoid
from processing.conditions import holds
from processing.errors import MissingInputError
from processing.nearest import nearest, neighbours
from processing.query_spec import Drawn, Near, Node, Relation, parse
from processing.relations import relate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from layers.schema import Layer

    Mask = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

MEASURES: dict[str, tuple[str, str, str]] = {
    "nearest_distance_m": ("最近距离", "distance to the nearest", "m"),
    "nearest_id": ("最近要素", "nearest feature", ""),
    "related_count": ("相关要素数", "related features", ""),
    "shared_length_m": ("相交长度", "shared length", "m"),
    "shared_area_m2": ("重叠面积", "shared area", "m²"),
    "inside_length_m": ("区内长度", "length inside the drawn area", "m"),
    "inside_area_m2": ("区内面积", "area inside the drawn area", "m²"),
}
"""Columns that clauses add: Chinese title, English title, unit. None of them is a field of a layer."""


@dataclass(slots=True)
class _Found:
    """Rows that meet a node, and what was measured on the way."""

    mask: Mask
    measures: dict[str, NDArray[Any]] = field(default_factory=dict)


def validate(spec: Any, *, layers: Mapping[str, Layer] | None = None) -> Node:
    """Check a query without answering it.

    Raises:
        QueryError: with every fault and its place in the query.

    >>> validate({"layer": "villages", "where": [{"field": "size", "op": "=", "value": 3}]}).layer
    Traceback (most recent call last):
    processing.errors.QueryError: The query cannot be answered: query.where[0].field: Layer villages has no field 'size'; ...
    """
    return parse(spec, layers=layers)


def layers_needed(spec: Any, *, layers: Mapping[str, Layer] | None = None) -> tuple[str, ...]:
    """Name the layers a query looks at, the asked one first.

    >>> layers_needed({"layer": "villages", "relation": {"layer": "service_areas", "predicate": "outside_all"}})
    ('villages', 'service_areas')
    """
    return tuple(dict.fromkeys(_names(parse(spec, layers=layers))))


def _names(node: Node) -> Iterable[str]:
    """Walk over the layers named in a node."""
    yield node.layer
    others = [clause.other for clause in (node.near, node.relation) if clause is not None]
    for child in [*others, *node.all_of, *(node.any_of or ()), *([node.none_of] if node.none_of else [])]:
        yield from _names(child)


def run_query(
    spec: Any,
    inputs: Mapping[str, gpd.GeoDataFrame],
    *,
    layers: Mapping[str, Layer] | None = None,
) -> gpd.GeoDataFrame:
    """Answer a query: the rows of its layer that meet it, in their order, with the columns of `MEASURES` that apply.

    `attrs["without_geometry"]` tells how many rows of the layer have no geometry, and so could not meet a spatial clause.

    Raises:
        QueryError: the query is not well put.
        MissingInputError: a layer it names is not among the inputs.

    >>> from shapely import Point, box
    >>> hamlets = gpd.GeoDataFrame({"hamlet_id": ["a", "b"]}, geometry=[Point(104, 36), Point(105, 36)], crs=4490)
    >>> water = gpd.GeoDataFrame({"work_id": ["w"]}, geometry=[Point(104, 36.01)], crs=4490)
    >>> spec = {"layer": "hamlets", "near": {"layer": "water_works", "distance_m": 2000}}
    >>> found = run_query(spec, {"hamlets": hamlets, "water_works": water})
    >>> found[["hamlet_id", "nearest_id", "nearest_distance_m"]].round(1).to_numpy().tolist()
    [['a', 'w', 1109.6]]
    """
    declared = _declared(layers)
    node = parse(spec, layers=declared)
    answer = _Answer(inputs, declared)
    found = answer.node(node)
    frame = answer.frame(node.layer)
    kept = frame.loc[found.mask].copy()
    for name in MEASURES:
        if name in found.measures:
            kept[name] = found.measures[name][found.mask]
    if isinstance(frame, gpd.GeoDataFrame):
        kept.attrs["without_geometry"] = int((~_present(answer.shapes(node.layer))).sum())
    return kept


def _declared(layers: Mapping[str, Layer] | None) -> Mapping[str, Layer]:
    """Give the declarations to read a query by."""
    if layers is not None:
        return layers
    from layers.catalogue import LAYERS  # noqa: PLC0415 - the catalogue loads every declaration; only queries need it

    return LAYERS


def _present(shapes: Shapes) -> Mask:
    """Say which entries are geometries with coordinates."""
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=bool)


@dataclass(slots=True)
class _Answer:
    """Evaluates nodes over the given frames."""

    inputs: Mapping[str, gpd.GeoDataFrame]
    layers: Mapping[str, Layer]
    _shapes: dict[str, Shapes] = field(default_factory=dict)

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        """Give the rows of a layer."""
        if layer not in self.inputs:
            raise MissingInputError(
                f"The query looks at layer {layer}, which is not loaded; loaded are: {', '.join(self.inputs)}"
            )
        return self.inputs[layer]

    def shapes(self, layer: str) -> Shapes:
        """Give the geometries of a layer in degrees; none at all when the frame has no geometry column."""
        if layer not in self._shapes:
            frame = self.frame(layer)
            if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
                self._shapes[layer] = np.asarray(crs.geographic(frame.geometry).values, dtype=object)
            else:
                self._shapes[layer] = np.full(len(frame), None, dtype=object)
        return self._shapes[layer]

    def node(self, node: Node) -> _Found:
        """Find the rows that meet every clause of a node; cheap clauses first."""
        frame = self.frame(node.layer)
        found = _Found(np.ones(len(frame), dtype=bool))
        if node.id is not None:
            found.mask &= self._named(node.layer, node.id)
        for condition in node.where:
            found.mask &= holds(condition, frame)
        for drawn in node.drawn:
            _both(found, self._in_area(node.layer, drawn))
        if node.near is not None:
            _both(found, self._near(node.layer, node.near))
        if node.relation is not None:
            _both(found, self._related(node.layer, node.relation))
        for child in node.all_of:
            _both(found, self.node(child))
        if node.any_of is not None:
            _both(found, _either([self.node(child) for child in node.any_of]))
        if node.none_of is not None:
            found.mask &= ~self.node(node.none_of).mask
        return found

    def _named(self, layer: str, name: str) -> Mask:
        """Say which rows bear an id, either the store's or the layer's own key."""
        frame = self.frame(layer)
        mask = np.zeros(len(frame), dtype=bool)
        for column in ("id", self.layers[layer].key):
            if column in frame.columns:
                mask |= (frame[column] == name).fillna(value=False).to_numpy(dtype=bool)
        return mask

    def _in_area(self, layer: str, drawn: Drawn) -> _Found:
        """Find what lies in a drawn area or shares a part with it."""
        shapes = self.shapes(layer)
        shapely.prepare(drawn.area)
        if drawn.whole:
            return _Found(np.asarray(shapely.covers(drawn.area, shapes), dtype=bool))
        mask = np.asarray(shapely.intersects(drawn.area, shapes), dtype=bool)
        dimension = shapely.get_dimensions(shapes)
        measures = {}
        for name, wanted, measure in (("inside_length_m", 1, ellipsoid.lengths_m), ("inside_area_m2", 2, ellipsoid.areas_m2)):
            rows = np.flatnonzero(mask & (dimension == wanted))
            if rows.size:
                measures[name] = np.full(len(shapes), np.nan)
                measures[name][rows] = measure(shapely.intersection(drawn.area, shapes[rows]))
        return _Found(mask, measures)

    def _near(self, layer: str, near: Near) -> _Found:
        """Find what lies within a distance of the chosen features; a feature is not near itself."""
        chosen = np.flatnonzero(self.node(near.other).mask)
        places, others = _series(self.shapes(layer)), _series(self.shapes(near.other.layer)[chosen])
        if layer == near.other.layer:
            pairs = neighbours(places, others, radius_m=near.distance_m)
            pairs = pairs[pairs["point_position"].to_numpy() != chosen[pairs["target_position"]]]
            pairs = (
                pairs.sort_values(["point_position", "distance_m"]).drop_duplicates("point_position").set_index("point_position")
            )
            result = pd.DataFrame(index=places.index).join(pairs)
            distance, position = result["distance_m"].to_numpy(), result["target_position"].fillna(-1).to_numpy(dtype=np.int64)
        else:
            result = nearest(places, others, max_distance_m=near.distance_m)
            distance = result["distance_m"].to_numpy()
            position = result["target_index"].fillna(-1).to_numpy(dtype=np.int64)
        mask = position >= 0
        names = np.full(len(places), None, dtype=object)
        names[mask] = self._labels(near.other.layer)[chosen[position[mask]]]
        return _Found(mask, {"nearest_distance_m": distance, "nearest_id": names})

    def _labels(self, layer: str) -> NDArray[np.object_]:
        """Give what the rows of a layer are called: its key, or the row label."""
        frame = self.frame(layer)
        key = self.layers[layer].key
        return np.asarray(frame[key] if key in frame.columns else frame.index, dtype=np.object_)

    def _related(self, layer: str, relation: Relation) -> _Found:
        """Find what stands in a relation to the chosen features; a feature is not related to itself."""
        other = relation.other.layer
        chosen = np.flatnonzero(self.node(relation.other).mask)
        same = chosen if other == layer else None
        found = relate(self.shapes(layer), self.shapes(other)[chosen], relation.predicate, same=same)
        measures: dict[str, NDArray[Any]] = {"related_count": found.count}
        if np.isfinite(found.length_m).any():
            measures["shared_length_m"] = found.length_m
        if np.isfinite(found.area_m2).any():
            measures["shared_area_m2"] = found.area_m2
        return _Found(found.mask, measures)


def _series(shapes: Shapes) -> gpd.GeoSeries:
    """Lay geometries in degrees on row numbers."""
    return gpd.GeoSeries(shapes, crs=crs.GEOGRAPHIC)


_MERGE: dict[str, Callable[[Any, Any], Any]] = {"nearest_distance_m": np.fmin}


def _both(found: _Found, other: _Found) -> None:
    """Narrow `found` by another clause and take over its measures."""
    found.mask &= other.mask
    _take(found, other)


def _either(several: list[_Found]) -> _Found:
    """Join alternatives; a measure is that of the alternatives which the row meets."""
    result = _Found(np.zeros_like(several[0].mask))
    for other in several:
        kept = {name: _only(values, other.mask) for name, values in other.measures.items()}
        result.mask |= other.mask
        _take(result, _Found(other.mask, kept))
    return result


def _only(values: NDArray[Any], mask: Mask) -> NDArray[Any]:
    """Keep measures of the rows in the mask, unknown elsewhere."""
    named = values.dtype == np.object_
    blank: Any = None if named else np.nan
    kept = values.astype(np.object_ if named else np.float64)
    kept[~mask] = blank
    return kept


def _take(found: _Found, other: _Found) -> None:
    """Take measures over; where both measured, the nearer distance with its feature, and the larger amount."""
    mine, new = found.measures.get("nearest_distance_m"), other.measures.get("nearest_distance_m")
    if mine is not None and new is not None:
        nearer = ~(mine <= new) & ~np.isnan(new)
        found.measures["nearest_id"] = np.where(nearer, other.measures["nearest_id"], found.measures["nearest_id"])
    for name, values in other.measures.items():
        if name not in found.measures:
            found.measures[name] = values
        elif name != "nearest_id":
            found.measures[name] = _MERGE.get(name, np.fmax)(found.measures[name], values)
