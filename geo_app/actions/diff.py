"""What a change does to one feature: which fields, how far it moved, how much longer or larger it became."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np

from geo_app.actions.merge import GEOMETRY, plain_or_shape, same
from layers.schema import STORAGE_CRS, GeometryKind
from layers.values import columns_of
from processing.crs import area_m2, length_m
from processing.displacement import displacement

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely

    from layers.schema import Layer

Kind = Literal["added", "removed", "changed"]
LINES = frozenset({"LineString", "MultiLineString"})
POLYGONS = frozenset({"Polygon", "MultiPolygon"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A length or an area before and after; None where there is no such geometry."""

    before: float | None = None
    after: float | None = None

    @property
    def difference(self) -> float | None:
        """After less before, a missing side counted as nothing there; None when both are missing."""
        if self.before is None and self.after is None:
            return None
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, slots=True)
class FeatureDiff:
    """One feature before and after: the fields that differ, and what became of its geometry, in metres of the ellipsoid.

    `moved_m` is the largest distance between the old and the new geometry, `centroid_m` that between their middles; both None
    unless there is a geometry on both sides, and 0 where it stayed.
    """

    kind: Kind
    fields: tuple[tuple[str, Any, Any], ...]
    moved_m: float | None = None
    centroid_m: float | None = None
    length: Measure = field(default_factory=Measure)
    area: Measure = field(default_factory=Measure)
    geometry_before: shapely.Geometry | None = None
    geometry_after: shapely.Geometry | None = None

    @property
    def geometry_changed(self) -> bool:
        """Whether the geometry differs."""
        return not same(self.geometry_before, self.geometry_after)


def describe(layer: Layer, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> FeatureDiff:
    """Describe what a change does to a feature.

    Args:
        layer: the layer's declaration.
        before: the feature (fields and `geometry`, EPSG:4490); None when it is added.
        after: the same; None when it is removed.

    Raises:
        ValueError: neither is given.

    Example:
        >>> from layers.catalogue import layer
        >>> from shapely import LineString
        >>> old = {"name": "a", "geometry": LineString([(104, 36), (104, 36.01)])}
        >>> found = describe(layer("roads"), old, old | {"geometry": LineString([(104, 36), (104, 36.02)])})
        >>> found.kind, round(found.moved_m), round(found.length.difference)
        ('changed', 1110, 1110)
    """
    if before is None and after is None:
        raise ValueError("a difference needs a feature on one side at least")
    kind: Kind = "added" if before is None else "removed" if after is None else "changed"
    fields = tuple(_differing(layer, before or {}, after or {}))
    if layer.geometry is GeometryKind.NONE:
        return FeatureDiff(kind, fields)
    old, new = _shape(before), _shape(after)
    moved, centroid = _moved(old, new)
    return FeatureDiff(
        kind,
        fields,
        moved_m=moved,
        centroid_m=centroid,
        length=Measure(*_measured(old, new, LINES)),
        area=Measure(*_measured(old, new, POLYGONS)),
        geometry_before=old,
        geometry_after=new,
    )


def _differing(layer: Layer, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    found = []
    for item in columns_of(layer.fields):
        old, new = plain_or_shape(before.get(item.name)), plain_or_shape(after.get(item.name))
        if not same(old, new):
            found.append((item.name, old, new))
    return found


def _shape(feature: Mapping[str, Any] | None) -> shapely.Geometry | None:
    found = None if feature is None else feature.get(GEOMETRY)
    return None if found is None or found.is_empty else found


def _moved(old: shapely.Geometry | None, new: shapely.Geometry | None) -> tuple[float | None, float | None]:
    if old is None or new is None:
        return None, None
    if same(old, new):
        return 0.0, 0.0
    found = displacement(old, new)
    return found.largest_m, found.centroid_m


def moved_m(old: shapely.Geometry | None, new: shapely.Geometry | None) -> float | None:
    """Give the largest distance between two geometries in metres (`displacement`); None unless both are there."""
    return _moved(old, new)[0]


def size(shape: shapely.Geometry) -> tuple[Literal["length", "area"], float] | None:
    """Measure a geometry on the ellipsoid: a line in metres, a polygon in square metres; None for any other.

    Example:
        >>> from shapely import LineString
        >>> kind, value = size(LineString([(104, 36), (104, 36.01)]))
        >>> kind, round(value)
        ('length', 1110)
    """
    length, area = _measured(shape, None, LINES)[0], _measured(shape, None, POLYGONS)[0]
    if length is not None:
        return "length", length
    return None if area is None else ("area", area)


def _measured(
    old: shapely.Geometry | None, new: shapely.Geometry | None, kinds: frozenset[str]
) -> tuple[float | None, float | None]:
    shapes = [shape if shape is not None and shape.geom_type in kinds else None for shape in (old, new)]
    series = gpd.GeoSeries(shapes, crs=STORAGE_CRS)
    measured = length_m(series) if kinds is LINES else area_m2(series)
    values = [None if np.isnan(value) else float(value) for value in measured.to_numpy(dtype=float)]
    return values[0], values[1]
