"""The greatest passability of the roads within reach of a place: the variant of the rural access index of 2019."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from processing import nearest
from processing.indicators import reading
from processing.indicators.road_kinds import all_season

if TYPE_CHECKING:
    import geopandas as gpd

    from processing.indicators.definition import Context, Inputs

STEP = 0.01
"""Passability is read to this step; each step in use costs one search."""


def best_passability(inputs: Inputs, context: Context, places: gpd.GeoSeries, radius_m: pd.Series) -> pd.Series:
    """Give for every place the greatest passability (0–1) of the roads within the radius, 0 where no road is.

    A road's passability is that given, else 1 when it is known to be all-season and 0 when known not to be. Where a road of
    unknown passability lies within the radius and the best known is below 1, the answer is unknown.

    Source: TRL/ReCAP supplemental guidelines 2019 (secondary; domain dictionary B2.2).

    >>> from processing.indicators.example import context, hamlets, roads
    >>> places = hamlets(population=[1, 1, 1]).geometry
    >>> inputs = {"roads": roads(passability=[0.7, 0.2])}
    >>> best_passability(inputs, context(), places, reading.spread(2000.0, places)).tolist()
    [0.7, 0.7, 0.0]
    """
    roads = reading.rows(inputs, "roads")
    if roads is None:
        return pd.Series(pd.NA, index=places.index, dtype="Float64")
    known = reading.first_known(reading.number(roads, "passability"), all_season(roads, context).astype("Float64"))
    levels = (known / STEP).round() * STEP
    best = pd.Series(0.0, index=places.index, dtype="Float64")
    for level in sorted(set(levels.dropna().tolist())):
        best = best.mask(_near(places, roads, (levels == level).fillna(value=False), radius_m), np.round(level, 2))
    doubtful = _near(places, roads, known.isna(), radius_m) & (best < 1)
    return best.mask(doubtful | places.isna())


def _near(places: gpd.GeoSeries, roads: gpd.GeoDataFrame, chosen: pd.Series, radius_m: pd.Series) -> pd.Series:
    found = nearest.nearest(places, roads.geometry[chosen.to_numpy(dtype=bool)])
    return (reading.as_number(found["distance_m"]) <= radius_m).fillna(value=False).astype(bool)
