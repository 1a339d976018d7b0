"""The gap list: every unit that fails an indicator, what it lacks, by how much, for how many people, and which projects help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import matching, profiles
from processing.areas import Areas
from processing.indicators import reading
from processing.indicators.definition import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processing.profiles import Profile

COLUMNS: Final = (
    "indicator", "unit_layer", "unit_id", "unit_name", "area_code", "area_name", "missing", "distance_m", "shortfall",
    "shortfall_unit", "persons", "nearest_id", "nearest_name", "projects", "synthetic",
)  # fmt: skip
TOWNSHIP_RANK: Final = 4


def list_gaps(
    units: Mapping[str, pd.DataFrame],
    inputs: Mapping[str, gpd.GeoDataFrame],
    *,
    areas: Areas | None = None,
    profile: Profile | None = None,
) -> gpd.GeoDataFrame:
    """List every unit of a run that certainly fails an indicator, with the projects that are meant for it.

    A unit whose answer is unknown is no gap and is not listed. `projects` holds “id name” of each project of the matching kind
    that names the unit's village or is drawn within `gap.near_m` of it, whatever its status, joined by `; `; None without any.
    For a township it is each project that names it or is meant for one of its villages.
    Rows are ordered by indicator, most persons first. Geometry: the unit's point in EPSG:4490, None where it has none.

    Args:
        units: units by indicator code, as `processing.coverage.evaluate` gives them.
        inputs: layer frames; projects and villages are read where present.
        areas: the hierarchy, for names; built from the inputs when not given.
        profile: thresholds (`gap.near_m`); the default profile when not given.

    >>> from processing import coverage, profiles
    >>> from processing.indicators.example import DAY, frame, hamlets, roads
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80]), "roads": roads(tech_class=["四级"])}
    >>> inputs["villages"] = frame("id", [None], name=["V"])
    >>> inputs["projects"] = frame("project_id", [None], name=["通村公路"], village_codes=[["V"]])
    >>> run = coverage.evaluate(inputs, indicators=["RD1"], profile=profiles.load("rai"), on=DAY)
    >>> list_gaps(run.units, inputs)[["unit_id", "missing", "persons", "projects"]]
      unit_id         missing  persons projects
    0      h3  no_road_within     80.0  p1 通村公路
    """
    known = Areas.from_layers(inputs) if areas is None else areas
    near_m = (profile or profiles.load()).at("gap.near_m").value
    book = _Projects(inputs, near_m, known)
    parts = [_of_indicator(code, rows, known, book) for code, rows in units.items()]
    filled = [part for part in parts if len(part)]
    if not filled:
        return gpd.GeoDataFrame({name: pd.Series(dtype=object) for name in COLUMNS}, geometry=[], crs="EPSG:4490")
    table = pd.concat(filled, ignore_index=True)
    points = np.full(len(table), None, dtype=object)
    there = table["lon"].notna().to_numpy()
    points[there] = shapely.points(table["lon"][there].to_numpy(dtype=float), table["lat"][there].to_numpy(dtype=float))
    return gpd.GeoDataFrame(table[list(COLUMNS)], geometry=gpd.GeoSeries(points, crs="EPSG:4490"))


def _of_indicator(code: str, rows: pd.DataFrame, areas: Areas, book: _Projects) -> pd.DataFrame:
    failing = rows[rows["missing"].notna() & (rows["missing"] != UNKNOWN)]
    if failing.empty:
        return pd.DataFrame()
    failing = failing.sort_values("persons", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    names = {area: areas.name(area) for area in failing["area_code"].dropna().unique()}
    return failing.assign(
        indicator=code,
        area_name=failing["area_code"].map(names).astype(object).where(failing["area_code"].notna(), None),
        projects=book.mentions(code, failing),
    )


class _Projects:
    """Which projects of which kind are meant for which village and township, worked out once for a list."""

    def __init__(self, inputs: Mapping[str, gpd.GeoDataFrame], near_m: float, areas: Areas) -> None:
        self.frame = reading.rows(inputs, "projects")
        self.pairs = pd.DataFrame({"project": [], "area_code": []})
        self.township_pairs = self.pairs
        self.texts: dict[Any, str] = {}
        if self.frame is not None:
            named = matching.villages_of(self.frame, reading.rows(inputs, "villages"), near_m=near_m)
            self.pairs = named.rename(columns={"village_code": "area_code"})
            self.township_pairs = _of_townships(self.frame, self.pairs, areas)
            ids, names = reading.text(self.frame, "project_id"), reading.text(self.frame, "name")
            self.texts = {
                label: " ".join(part for part in (key, name) if part)
                for label, key, name in zip(ids.index, ids, names, strict=True)
            }
        self.by_kind: dict[str, tuple[dict[str, str], dict[str, str]]] = {}

    def mentions(self, code: str, failing: pd.DataFrame) -> pd.Series:
        """Give the projects of the indicator's kind for the village of each failing unit, or for the township that it is."""
        kind = matching.kind_of_indicator(code)
        if kind is None or self.frame is None:
            return reading.blank(failing.index)
        if kind not in self.by_kind:
            wanted = set(self.frame.index[matching.is_of_kind(self.frame, kind)])
            self.by_kind[kind] = (self._texts(self.pairs, wanted), self._texts(self.township_pairs, wanted))
        villages, townships = self.by_kind[kind]
        found = failing["area_code"].map(villages).astype(object)
        found = found.mask(failing["unit_layer"] == "townships", failing["area_code"].map(townships).astype(object))
        return found.where(found.notna(), None)

    def _texts(self, pairs: pd.DataFrame, wanted: set[Any]) -> dict[str, str]:
        """Give the text that names the wanted projects of each area."""
        pairs = pairs[pairs["project"].isin(wanted)]
        texts = pairs["project"].map(self.texts)
        return {str(code): "; ".join(dict.fromkeys(group)) for code, group in texts.groupby(pairs["area_code"], sort=False)}


def _of_townships(projects: pd.DataFrame, pairs: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Pair projects with the townships that they state, and with those of the villages that they are meant for."""
    stated = reading.text(projects, "township_code").dropna()
    parts = [pd.DataFrame({"project": stated.index, "area_code": stated.to_numpy(dtype=object)})]
    column = next((number for number, level in enumerate(areas.levels) if level.rank == TOWNSHIP_RANK), None)
    if column is not None and len(pairs):
        above = np.append(areas.lineage[:, column], -1)[areas.positions(pairs["area_code"])]
        codes = areas.codes.to_numpy(dtype=object)[above[above >= 0]]
        parts.append(pd.DataFrame({"project": pairs["project"].to_numpy()[above >= 0], "area_code": codes}))
    return pd.concat(parts, ignore_index=True).drop_duplicates().sort_values("project", kind="stable")
