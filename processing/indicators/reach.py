"""Whether a place lies on or near a road that is known to be of a kind, or may be of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from processing import nearest
from processing.indicators import reading
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    import geopandas as gpd

    from processing.indicators.definition import Context, Inputs, Subject


@dataclass(frozen=True)
class Reach:
    """Whether each place is within the radius of a road of the kind (NA: only of roads that may be), and the nearest of them."""

    radius_m: pd.Series
    within: pd.Series
    distance_m: pd.Series
    ids: pd.Series
    names: pd.Series

    def take(self, index: pd.Index) -> Reach:
        """Give the reach of some of the places."""
        return Reach(*(getattr(self, name).reindex(index) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Kind:
    """A kind of road as it is asked for: which roads are of it (nullable), within which distance, and its name in the memo.

    Distances to the same kind from the same places are measured once in a run.
    """

    name: str
    of_kind: pd.Series
    radius_m: pd.Series


def reach(inputs: Inputs, context: Context, places: gpd.GeoSeries, kind: Kind) -> Reach:
    """Measure places against the roads of a kind.

    A place is within reach when a road known to be of the kind lies within the radius. It is not when no road that is or may be
    of the kind does. Where only roads of unknown kind lie within the radius, the answer is unknown; so it is for a place without
    geometry, and everywhere when there is no road at all, because an empty layer says nothing of the ground.

    Args:
        inputs: the layers; roads are read.
        context: areas, thresholds and memo.
        places: where the places are, in EPSG:4490.
        kind: which roads, and the radius in metres for every place.
    """
    roads = subject(inputs, context, "roads")
    if roads is None:
        none = reading.blank(places.index)
        unknown = pd.Series(pd.NA, index=places.index, dtype="boolean")
        return Reach(kind.radius_m, unknown, pd.Series(pd.NA, index=places.index, dtype="Float64"), none, none)
    known = kind.of_kind.fillna(value=False)
    sure = context.once(("reach", kind.name, "sure"), lambda: _nearest(places, roads, known))
    maybe = context.once(("reach", kind.name, "maybe"), lambda: _nearest(places, roads, kind.of_kind.isna()))
    distance = reading.as_number(sure["distance_m"])
    within = (distance <= kind.radius_m).fillna(value=False)
    perhaps = (reading.as_number(maybe["distance_m"]) <= kind.radius_m).fillna(value=False)
    without = places.isna() | places.is_empty
    target = sure["target_index"]
    return Reach(
        radius_m=kind.radius_m,
        within=within.astype("boolean").mask((perhaps & ~within) | without),
        distance_m=distance,
        ids=reading.picked(roads.ids, target),
        names=reading.picked(roads.names, target),
    )


def _nearest(places: gpd.GeoSeries, roads: Subject, chosen: pd.Series) -> pd.DataFrame:
    return nearest.nearest(places, roads.frame.geometry[chosen.to_numpy(dtype=bool)])
