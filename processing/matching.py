"""Which projects are meant for which village, and for which kind of gap."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import crs

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class ProjectKind:
    """A kind of project: which indicators it helps, and by which items or words it is recognised."""

    name: str
    zh: str
    en: str
    indicators: tuple[str, ...]
    items: tuple[str, ...]
    words: tuple[str, ...]


@cache
def kinds() -> dict[str, ProjectKind]:
    """List the kinds of projects by name, from `profiles/_kinds.toml`.

    >>> kinds()["sewage"].indicators
    ('SN2', 'SN3')
    """
    text = (files("processing") / "profiles" / "_kinds.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["kind"]
    return {
        row["name"]: ProjectKind(
            row["name"], row["zh"], row["en"], tuple(row["indicators"]), tuple(row["items"]), tuple(row["words"])
        )
        for row in rows
    }


def kind_of_indicator(code: str) -> str | None:
    """Name the kind of project that helps an indicator; None where none does.

    >>> kind_of_indicator("RD3"), kind_of_indicator("AS1")
    ('road', None)
    """
    return next((kind.name for kind in kinds().values() if code in kind.indicators), None)


def is_of_kind(projects: pd.DataFrame, kind: str) -> pd.Series:
    """Say which projects are of a kind, by item or by words in name and task.

    >>> import pandas as pd
    >>> is_of_kind(pd.DataFrame({"name": ["某村饮水巩固", "某村村部"], "baiyin_item": [None, "C5-2"]}), "water").tolist()
    [True, False]
    """
    wanted = kinds()[kind]
    none = pd.Series(data=False, index=projects.index)
    by_item = projects["baiyin_item"].isin(wanted.items) if "baiyin_item" in projects else none
    by_word = none.copy()
    for column in ("name", "task"):
        if column in projects:
            words = projects[column].astype(object).where(projects[column].notna(), "").astype(str)
            by_word |= words.str.contains("|".join(wanted.words), regex=True)
    found: pd.Series = by_item | by_word
    return found


def villages_of(projects: pd.DataFrame, villages: pd.DataFrame | None, *, near_m: float) -> pd.DataFrame:
    """Pair projects with the villages they are meant for: columns `project` (index label of the project) and `village_code`.

    The villages that a project lists count. A project that lists none but is drawn counts for every village whose area or seat
    lies within `near_m` metres of it.
    """
    named = _named(projects)
    drawn = projects[~projects.index.isin(named["project"])]
    parts = [part for part in (named, _drawn(drawn, villages, near_m)) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else named


def _named(projects: pd.DataFrame) -> pd.DataFrame:
    pairs: list[tuple[Any, str]] = []
    if "village_codes" in projects:
        for label, codes in zip(projects.index, projects["village_codes"], strict=True):
            pairs.extend((label, code) for code in _codes(codes))
    return pd.DataFrame(pairs, columns=["project", "village_code"])


def _codes(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else value.replace("；", ";").split(";")
    return [str(code).strip() for code in value if code] if isinstance(value, (list, tuple, np.ndarray)) else []


def _drawn(projects: pd.DataFrame, villages: pd.DataFrame | None, near_m: float) -> pd.DataFrame:
    nothing = pd.DataFrame({"project": [], "village_code": []})
    if not (_has_shapes(projects) and _has_shapes(villages)):
        return nothing
    shapes = gpd.GeoSeries(gpd.GeoDataFrame(projects).geometry).dropna()
    places = gpd.GeoDataFrame(villages).dropna(subset=["village_code"])
    places = places[places.geometry.notna()]
    if shapes.empty or places.empty:
        return nothing
    plane = crs.metric_crs(gpd.GeoSeries(places.geometry))
    tree = shapely.STRtree(np.asarray(crs.to_metric(gpd.GeoSeries(places.geometry), crs=plane).values))
    subjects = np.asarray(crs.to_metric(shapes, crs=plane).values)
    project, village = tree.query(subjects, predicate="dwithin", distance=near_m)
    codes = places["village_code"].to_numpy(dtype=object)
    return pd.DataFrame({"project": shapes.index.take(project), "village_code": codes[village]})


def _has_shapes(frame: pd.DataFrame | None) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and len(frame) > 0 and frame.active_geometry_name is not None
