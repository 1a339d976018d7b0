"""The nearest facility to each unit, for lists of gaps: a water work in service, a sewage treatment station that works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from processing import nearest
from processing.indicators import reading
from processing.indicators.road_access import seats
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from processing.indicators.definition import Context, Inputs, Subject

STATION: Final = "污水处理站"
WORKING: Final = frozenset({"正常"})


@dataclass(frozen=True)
class Nearby:
    """The nearest facility of each unit: distance, key and name."""

    distance_m: pd.Series
    ids: pd.Series
    names: pd.Series


def works_nearby(inputs: Inputs, context: Context, places: Subject) -> Nearby:
    """Find the nearest water work in service for each unit of a layer; measured once in a run for the whole layer.

    >>> from processing.indicators.example import context, hamlets, works
    >>> inputs = {"hamlets": hamlets(population=[100]), "water_works": works(name=["dry", "spring"], actual_m3d=[0, 5])}
    >>> works_nearby(inputs, context(), subject(inputs, context(), "hamlets")).names.tolist()
    ['spring']
    """
    return _nearby(inputs, context, places, ("water_works", in_service))


def stations_nearby(inputs: Inputs, context: Context, places: Subject) -> Nearby:
    """Find the nearest sewage treatment station that works for each unit of a layer, measured from the unit's seat."""
    return _nearby(inputs, context, places, ("sanitation", _treats))


def in_service(works: pd.DataFrame, context: Context) -> pd.Series:
    """Say which works are in service on the day: not ended before it, and not with an actual supply of 0."""
    ended = (reading.days_before(works, "valid_to", context.on) > 0).fillna(value=False)
    idle = (reading.number(works, "actual_m3d") == 0).fillna(value=False)
    return ~(ended | idle)


def _treats(facilities: pd.DataFrame, context: Context) -> pd.Series:
    ended = (reading.days_before(facilities, "valid_to", context.on) > 0).fillna(value=False)
    works = reading.among(reading.text(facilities, "status"), WORKING).fillna(value=True)
    return reading.among(reading.text(facilities, "facility_type"), {STATION}).fillna(value=False) & works & ~ended


def _nearby(
    inputs: Inputs, context: Context, places: Subject, wanted: tuple[str, Callable[[pd.DataFrame, Context], pd.Series]]
) -> Nearby:
    found = context.once((f"nearest {wanted[0]}", places.layer), lambda: _measured(inputs, context, places.layer, wanted))
    index = places.ids.index
    return Nearby(found.distance_m.reindex(index), found.ids.reindex(index), found.names.reindex(index))


def _measured(
    inputs: Inputs, context: Context, layer: str, wanted: tuple[str, Callable[[pd.DataFrame, Context], pd.Series]]
) -> Nearby:
    places, targets = subject(inputs, context, layer), subject(inputs, context, wanted[0])
    index = pd.Index([]) if places is None else places.ids.index
    if places is None or targets is None:
        none = reading.blank(index)
        return Nearby(pd.Series(pd.NA, index=index, dtype="Float64"), none, none)
    chosen = targets.take(wanted[1](targets.frame, context))
    found = nearest.nearest(seats(places), chosen.frame.geometry)
    target = found["target_index"]
    return Nearby(
        reading.as_number(found["distance_m"]), reading.picked(chosen.ids, target), reading.picked(chosen.names, target)
    )
