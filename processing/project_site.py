"""The place of a project before it is decided on: what it overlaps, whose land it takes, whom it reaches, which gap it closes.

Everything is measured on the CGCS2000 ellipsoid; what is unknown stays unknown. The distances stand in `profiles/_site.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from layers.catalogue import LAYERS
from processing import crs, ellipsoid, matching, site_overlap, site_persons, site_places
from processing.indicators import reading
from processing.site_seen import Unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import shapely

    from processing.indicators.definition import Context
    from processing.site_overlap import Shared
    from processing.site_persons import Persons
    from processing.site_places import Farmland, Gap, Village

    Inputs = Mapping[str, gpd.GeoDataFrame]

FEATURE_LAYERS: Final[Mapping[str, str]] = {
    "road": "roads",
    "water": "water_works",
    "sanitation": "sanitation",
    "farmland": "farmland",
    "settlement": "settlements",
    "facility": "facilities",
}
"""Which layer holds the feature that an asset is joined to."""
ENDED: Final = frozenset({"rejected", "withdrawn"})
"""Statuses of projects that will not be built."""
_OTHERS: Final = ("projects", "assets", "farmland", "hamlets", "villages", "settlement_origins")
NEEDS: Final = (*_OTHERS, *dict.fromkeys(FEATURE_LAYERS.values()))
"""Layers that are looked at where they are present."""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """Distances of the analysis, in metres; `design`, no document prints them."""

    reach_m: float
    along_m: float
    least_overlap_m2: float


@cache
def rules() -> SiteRules:
    """Read the distances from `profiles/_site.toml`.

    >>> rules().along_m
    20.0
    """
    text = (files("processing") / "profiles" / "_site.toml").read_text(encoding="utf-8")
    return SiteRules(**{row["name"]: float(row["value"]) for row in tomllib.loads(text)["rule"]})


@dataclass(frozen=True, slots=True)
class Site:
    """What an application says of its place and its work.

    `geometry` in degrees of EPSG:4490, None where it only covers villages; `reason` says why it invests in a village to be moved;
    `width_m` is the width of a line's works, for what they take of farmland.
    """

    geometry: shapely.Geometry | None
    village_codes: tuple[str, ...] = ()
    work: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    width_m: float | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another project or an asset that shares the place: what it is and how much is shared."""

    layer: str
    key: str
    name: str
    status: str | None
    same_item: bool | None
    """Whether it is the same sub-item of the plan, or the same kind of work; None where that cannot be known."""
    shared: Shared


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the person should look at: a code, and what it concerns."""

    code: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteReport:
    """The whole answer."""

    drawn: bool
    length_m: float | None
    area_m2: float | None
    projects: tuple[Overlap, ...]
    same_villages: tuple[tuple[str, str, str | None], ...]
    """Key, name and status of other projects of the same kind that name one of the villages, wherever they are drawn."""
    assets: tuple[Overlap, ...]
    farmland: Farmland | None
    villages: tuple[Village, ...]
    persons: Persons | None
    gaps: tuple[Gap, ...] | None
    """None where no run says which villages have a gap."""
    warnings: tuple[Warned, ...]
    synthetic: bool
    unseen: Unseen = field(default_factory=Unseen)
    """What is not known because it is not loaded, not read or not within the areas that are read."""
    unread: frozenset[str] = frozenset()
    """Keys of projects that are named here and that the person does not read whole."""


def analyse(
    site: Site,
    inputs: Inputs,
    context: Context,
    *,
    units: Mapping[str, pd.DataFrame] | None = None,
    distances: SiteRules | None = None,
) -> SiteReport:
    """Look at the place of a project from every side that a reviewer asks about.

    Args:
        site: the application's place and work; `work` gives project_id, name, task, baiyin_item, category.
        inputs: the layers of NEEDS as far as they are there.
        context: the hierarchy of areas, the thresholds (`gap.*`) and the day.
        units: units of the newest run, by indicator; None where there is no run.
        distances: other distances than those of `rules()`.

    Source: 湘委乡振组办发〔2021〕1号 (contents and review of a project), check E20 (搬迁撤并, design); distances design.
    """
    how = distances or rules()
    villages = site_places.villages_touched(
        site.geometry, site.village_codes, _frame(inputs, "villages"), near_m=context.value("gap.near_m")
    )
    touched = [item.code for item in villages]
    projects = _projects(site, inputs, how)
    report = SiteReport(
        drawn=site.geometry is not None,
        length_m=_measure(site.geometry, "length"),
        area_m2=_measure(site.geometry, "area"),
        projects=projects,
        same_villages=_same_villages(site, inputs, touched),
        assets=_assets(site, inputs, how),
        farmland=_farmland(site, inputs),
        villages=tuple(villages),
        persons=site_persons.persons_within(site.geometry, touched, inputs, context, reach_m=how.reach_m),
        gaps=None if units is None else tuple(site_places.gaps_of(touched, site.work, inputs, units, context)),
        warnings=(),
        synthetic=reading.simulated(inputs, *NEEDS),
    )
    return replace(report, warnings=tuple(_warned(site, report)))


def _frame(inputs: Inputs, name: str) -> gpd.GeoDataFrame:
    frame = reading.rows(inputs, name)
    return gpd.GeoDataFrame({LAYERS[name].key: []}, geometry=[], crs=crs.GEOGRAPHIC) if frame is None else frame


def _measure(shape: shapely.Geometry | None, what: str) -> float | None:
    if shape is None or shape.is_empty:
        return None
    asked = np.array([shape], dtype=object)
    found = float((ellipsoid.lengths_m if what == "length" else ellipsoid.areas_m2)(asked)[0])
    return found if found > 0 else None


def _projects(site: Site, inputs: Inputs, how: SiteRules) -> tuple[Overlap, ...]:
    frame = reading.rows(inputs, "projects")
    if site.geometry is None or frame is None:
        return ()
    others = frame[(reading.text(frame, "project_id") != site.work.get("project_id")).to_numpy()]
    pieces = site_overlap.shared(site.geometry, others.geometry, along_m=how.along_m, least_m2=how.least_overlap_m2)
    alike = _alike(site.work, others.loc[[item.label for item in pieces]])
    found = [_overlap("projects", others.loc[item.label], item, alike[item.label]) for item in pieces]
    return tuple(sorted(found, key=lambda one: (one.status in ENDED, one.same_item is not True, -(one.shared.share or 0))))


def _assets(site: Site, inputs: Inputs, how: SiteRules) -> tuple[Overlap, ...]:
    frame = reading.rows(inputs, "assets")
    if site.geometry is None or frame is None:
        return ()
    features = {kind: (_frame(inputs, name), LAYERS[name].key) for kind, name in FEATURE_LAYERS.items()}
    shapes = site_overlap.asset_shapes(frame, features)
    pieces = site_overlap.shared(site.geometry, shapes, along_m=how.along_m, least_m2=how.least_overlap_m2)
    found = [_overlap("assets", frame.loc[item.label], item, None) for item in pieces]
    return tuple(sorted(found, key=lambda one: -(one.shared.share or 0)))


def _overlap(layer: str, row: pd.Series, piece: Shared, same: bool | None) -> Overlap:  # noqa: FBT001 - three-valued
    texts = reading.text(row.to_frame().T, LAYERS[layer].key), reading.text(row.to_frame().T, "name")
    status = reading.text(row.to_frame().T, "status").iloc[0]
    key = str(texts[0].iloc[0])
    return Overlap(layer, key, str(texts[1].iloc[0] or key), status, same, piece)


def _alike(work: Mapping[str, Any], others: pd.DataFrame) -> dict[Any, bool | None]:
    """Say which projects are of the same sub-item, or of the same kind of work by their words; None where neither is known."""
    mine = _kinds(work)
    items = reading.text(others, "baiyin_item")
    kinds = {name: matching.is_of_kind(others, name) for name in matching.kinds()}
    found: dict[Any, bool | None] = {}
    for label in others.index:
        theirs = {name for name, are in kinds.items() if are[label]}
        both = work.get("baiyin_item") and items[label]
        found[label] = True if both and items[label] == work["baiyin_item"] else bool(mine & theirs) if mine or both else None
    return found


def _kinds(work: Mapping[str, Any]) -> set[str]:
    frame = gpd.GeoDataFrame([{name: work.get(name) for name in ("name", "task", "baiyin_item")}])
    return {name for name in matching.kinds() if bool(matching.is_of_kind(frame, name).iloc[0])}


def _same_villages(site: Site, inputs: Inputs, touched: list[str]) -> tuple[tuple[str, str, str | None], ...]:
    frame = reading.rows(inputs, "projects")
    if frame is None or not touched:
        return ()
    keys = reading.text(frame, "project_id")
    pairs = matching.villages_of(frame, None, near_m=0.0)
    rows = dict.fromkeys(pairs.loc[pairs["village_code"].isin(touched), "project"])
    others = frame.loc[[row for row in rows if keys[row] != site.work.get("project_id")]]
    same = _alike(site.work, others)
    names, status = reading.text(others, "name"), reading.text(others, "status")
    return tuple(
        (str(keys[row]), str(names[row] or keys[row]), status[row])
        for row in others.index
        if same[row] and status[row] not in ENDED
    )


def _farmland(site: Site, inputs: Inputs) -> Farmland | None:
    frame = reading.rows(inputs, "farmland")
    if site.geometry is None or frame is None:
        return None
    return site_places.farmland_taken(site.geometry, frame, width_m=site.width_m)


def _warned(site: Site, report: SiteReport) -> list[Warned]:
    """Name what a reviewer would stop at; none of it forbids the application."""
    moved = tuple(item.name for item in report.villages if item.to_be_moved)
    same = tuple(item.name for item in report.projects if item.same_item and item.status not in ENDED)
    closing = tuple(dict.fromkeys(name for gap in report.gaps or () if gap.helped for _, name, _ in gap.already))
    outside = tuple(item.name for item in report.villages if item.met and not item.stated)
    away = tuple(item.name for item in report.villages if item.stated and not item.met) if site.geometry is not None else ()
    land = report.farmland
    found = [
        Warned("E20_moved_village", moved) if moved and not site.reason.strip() else None,
        Warned("same_work_here", same) if same else None,
        Warned("gap_already_closed", closing) if closing else None,
        Warned("permanent_farmland") if land is not None and land.permanent_m2 else None,
        Warned("permanent_farmland_unknown")
        if land is not None and land.parcels and not land.permanent_m2 and _unsure(land)
        else None,
        Warned("high_standard_farmland") if land is not None and land.hsf_m2 else None,
        Warned("villages_not_stated", outside) if outside else None,
        Warned("villages_not_met", away) if away else None,
    ]
    return [item for item in found if item is not None]


def _unsure(land: Farmland) -> bool:
    """Say whether farmland is taken of which nobody said whether it is permanent basic farmland."""
    return bool(land.parcels) and not land.permanent_m2 and (not land.permanent_said or bool(land.permanent_unknown_m2))
