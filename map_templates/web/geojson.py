"""Geometry for the screen: simplified below what a screen shows, rounded to about a decimetre, as GeoJSON values."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoSeries
    from numpy.typing import NDArray

DECIMALS: Final = 6
"""Most places of a degree kept; 0.000001° is about 0.1 m. Fewer where a tenth of what is simplified away is coarser."""
SCREEN_STEPS: Final = 8000
"""Parts of the longer side of the shown area; a detail below one part is not drawn (12 m in a county of 100 km)."""


def screen_geometry(geometry: GeoSeries, span_degrees: float, *, coverage: bool = False) -> NDArray[np.object_]:
    """Simplify and round geometries for display; neighbours of a coverage keep their shared edge.

    Args:
        geometry: Geometries in EPSG:4490; missing ones stay missing.
        span_degrees: Longer side of what is shown, in degrees.
        coverage: The polygons share edges (administrative areas) and must not part.
    """
    values = np.asarray(geometry.array, dtype=object)
    present = np.array([g is not None and not shapely.is_empty(g) for g in values], dtype=bool)
    shown = np.full(values.shape, None, dtype=object)
    if not present.any():
        return shown
    tolerance = span_degrees / SCREEN_STEPS
    places = min(DECIMALS, 1 - math.floor(math.log10(tolerance))) if tolerance > 0 else DECIMALS
    whole = shapely.force_2d(values[present])
    polygons = np.isin(shapely.get_type_id(whole), (3, 6)).all()
    if coverage and polygons:
        simple = shapely.coverage_simplify(whole, tolerance)
    else:
        simple = shapely.simplify(whole, tolerance, preserve_topology=True)
    rounded = shapely.transform(simple, lambda xy: np.round(xy, places))
    rounded[shapely.is_empty(rounded)] = None
    shown[present] = rounded
    return shown


def collection(shapes: NDArray[np.object_], properties: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put shapes and their properties together as a FeatureCollection; rows without a shape are left out.

    Examples:
        >>> collection(np.array([shapely.Point(105, 35.5), None], dtype=object), [{"c": "1"}, {"c": "2"}])["features"]
        [{'type': 'Feature', 'geometry': {'type': 'Point', 'coordinates': [105.0, 35.5]}, 'properties': {'c': '1'}}]
    """
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": row}
        for text, row in zip(shapely.to_geojson(shapes), properties, strict=True)
        if text is not None
    ]
    return {"type": "FeatureCollection", "features": features}
