"""The same questions answered by `processing`."""

from datetime import date

import pandas as pd

from benchmarks import usual
from benchmarks.data import areas
from benchmarks.usual import Layers
from processing import coverage, overlay, profiles
from processing.nearest import nearest as nearest_target
from processing.nearest import within_distance

INDICATORS = ("W5", "RD1", "RD3", "RD5", "RD6", "RA")
DAY = date(2024, 6, 30)


def nearest(layers: Layers) -> pd.Series:
    """processing.nearest.nearest."""
    return nearest_target(layers["hamlets"], layers["roads"])["distance_m"]


def within(layers: Layers) -> pd.Series:
    """processing.nearest.within_distance."""
    return within_distance(layers["hamlets"], layers["roads"], radius_m=usual.RADIUS_M)


def join(layers: Layers) -> pd.Series:
    """processing.overlay.locate."""
    return overlay.locate(layers["hamlets"], layers["villages"].set_index("village_code"))


def length(layers: Layers) -> pd.Series:
    """processing.overlay.overlay_length."""
    pieces = overlay.overlay_length(layers["roads"], layers["villages"].set_index("village_code"))
    return pieces.groupby("polygon_index")["length_m"].sum().reindex(layers["villages"]["village_code"], fill_value=0.0)


def covered(layers: Layers) -> pd.Series:
    """processing.overlay.covered_area."""
    return overlay.covered_area(layers["farmland"].set_index("parcel_id"), layers["service_areas"])


def run(layers: Layers) -> pd.DataFrame:
    """processing.coverage.evaluate, with gaps, distances, bounds and unknowns that the others do not give."""
    profile = profiles.load("tches18").override(
        {
            "road_access.radius_m": usual.RADIUS_M,
            "road_access.any_radius_m": usual.ANY_RADIUS_M,
            "road.hamlet_snap_m": usual.SNAP_M,
            "water.point_distance_m": usual.WATER_M,
            "water.point_vertical_m": usual.HEIGHT_M,
        }
    )
    inputs = {name: layers[name] for name in ("villages", "hamlets", "roads", "water_works")}
    inputs["areas"] = areas(layers["villages"])
    levels = ("village", "township", "county")
    found = coverage.evaluate(inputs, indicators=INDICATORS, profile=profile, on=DAY, levels=levels).table
    return found.loc[found["denominator"] > 0, ["indicator", "level", "area_code", "numerator", "denominator", "value"]]
