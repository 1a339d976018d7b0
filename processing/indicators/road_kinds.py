"""What kind of road a road is, as far as it is known: all-season, hardened, class III, graded, dual-lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processing.indicators import reading

if TYPE_CHECKING:
    import pandas as pd

    from processing.indicators.definition import Context

OUTCLASS: Final = "等外"


def all_season(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads are passable all year: as given, else technical class other than 等外, or a hardened surface.

    A hardened road below class counts only while `road.outclass_hardened_is_all_season` says so. What is not known of class and
    surface leaves the answer unknown unless the other decides it.

    Source: domain dictionary B2.2 (design).

    >>> import pandas as pd
    >>> from processing.indicators.example import context
    >>> roads = pd.DataFrame({"all_season": [None, None, None, False], "tech_class": ["四级", "等外", None, "四级"],
    ...                       "surface_type": [None, "水泥", "土", None]})
    >>> all_season(roads, context()).tolist()
    [True, True, <NA>, False]
    """
    classed = ~reading.among(reading.text(roads, "tech_class"), {OUTCLASS})
    firm = hardened(roads, context)
    derived: pd.Series = classed | firm if context.value("road.outclass_hardened_is_all_season") else classed
    return reading.first_known(reading.flag(roads, "all_season"), derived)


def hardened(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads have a surface of `road.hardened_surfaces`; unknown without a surface."""
    return reading.among(reading.text(roads, "surface_type"), set(context.value("road.hardened_surfaces")))


def paved(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads have a surface of `road.paved_surfaces`; unknown without a surface."""
    return reading.among(reading.text(roads, "surface_type"), set(context.value("road.paved_surfaces")))


def class3(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads are of class III or better; unknown without a class, which is never derived from the width."""
    return reading.among(reading.text(roads, "tech_class"), set(context.value("road.class3_classes")))


def graded(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads have a technical class other than 等外; unknown without a class."""
    return reading.among(reading.text(roads, "tech_class"), set(context.value("road.graded_classes")))


def dual_lane(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads have `road.lanes` lanes or more; unknown without lanes."""
    enough: pd.Series = reading.number(roads, "lanes") >= context.value("road.lanes")
    return enough


def rural_road(roads: pd.DataFrame, context: Context) -> pd.Series:
    """Say which roads are rural roads (县道, 乡道, 村道); unknown without an administrative class."""
    return reading.among(reading.text(roads, "admin_class"), set(context.value("road.rural_classes")))
