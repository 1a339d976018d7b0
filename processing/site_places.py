"""What the place of a project touches: villages, farmland, and the gaps of the villages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.farmland import M2_PER_MU
from processing import crs, matching, nearest, overlay
from processing.indicators import gap_projects, reading
from processing.plane import Plane
from processing.site_overlap import AREA, LINE, beside, shared

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from processing.indicators.definition import Context

MOVED_TYPE: Final = "搬迁撤并"
"""Planning type of a village that is to be moved or merged (check E20)."""
M2_PER_HA: Final = 10_000.0


@dataclass(frozen=True, slots=True)
class Village:
    """A village that a project names or touches.

    `share` is the part of the project's own length or area that lies in it; None for a point, for a village known by its seat
    alone, and for one that is only named.
    """

    code: str
    name: str
    planning_type: str | None
    stated: bool
    met: bool
    share: float | None = None

    @property
    def to_be_moved(self) -> bool:
        """Say whether the village is to be moved or merged."""
        return self.planning_type == MOVED_TYPE


def villages_touched(
    site: shapely.Geometry | None, stated: Collection[str], villages: gpd.GeoDataFrame, *, near_m: float
) -> list[Village]:
    """List the villages that a project names, and those that its geometry meets; the named ones first.

    A village with an outline is met where the geometry shares some of it; one known by its seat alone where the seat lies within
    `near_m`. A named village that is not among the rows keeps its code as its name.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> shapes = [box(104, 36, 105, 37), box(105, 36, 106, 37)]
    >>> rows = gpd.GeoDataFrame({"village_code": ["A", "B"], "name": ["甲", "乙"]}, geometry=shapes, crs=4490)
    >>> found = villages_touched(LineString([(104.5, 36.5), (105.5, 36.5)]), ["A"], rows, near_m=0)
    >>> [(item.name, item.stated, item.met, round(item.share, 2)) for item in found]
    [('甲', True, True, 0.5), ('乙', False, True, 0.5)]
    """
    rows = villages.reset_index(drop=True)
    codes = reading.text(rows, "village_code")
    met = _met(site, rows, near_m) if site is not None and len(rows) else {}
    names, types = reading.text(rows, "name"), reading.text(rows, "planning_type")
    found = []
    for position in sorted({*met, *np.flatnonzero(codes.isin(list(stated)).to_numpy()).tolist()}):
        code = codes.iloc[position]
        if code is not None:
            named = code in stated
            found.append(
                Village(
                    str(code),
                    str(names.iloc[position] or code),
                    types.iloc[position],
                    stated=named,
                    met=position in met,
                    share=met.get(position),
                )
            )
    strange = [Village(code, code, None, stated=True, met=False) for code in stated if code not in set(codes)]
    return sorted(found, key=lambda item: not item.stated) + strange


def _met(site: shapely.Geometry, rows: gpd.GeoDataFrame, near_m: float) -> dict[int, float | None]:
    """Give the positions of the villages that a geometry meets, each with its share where it has one."""
    shapes = crs.geographic(rows.geometry)
    outlined = shapely.get_dimensions(np.asarray(shapes.values, dtype=object)) == AREA
    found: dict[int, float | None] = {}
    for item in shared(site, shapes[outlined], along_m=0.0, least_m2=0.0):
        if item.relation in {"area", "inside", "at"}:
            found[int(item.label)] = item.share
    seats = shapes[~outlined]
    near = nearest.neighbours(gpd.GeoSeries([site], crs=shapes.crs), seats, radius_m=near_m)
    found |= {int(seats.index[position]): None for position in near["target_position"]}
    return found


@dataclass(frozen=True, slots=True)
class Farmland:
    """What a place takes of farmland: surfaces in m², with high-standard and permanent basic farmland apart.

    `measured` says of what: `area` (the drawn surface), `strip` (the line times its stated width), `line` (only the length can be
    known), `point`. `*_unknown_m2` is the part of which the layer does not say whether it is such farmland. `permanent_said` is
    False where no parcel of the layer says anything about permanent basic farmland.
    """

    measured: str
    parcels: tuple[str, ...]
    length_m: float | None
    area_m2: float | None
    hsf_m2: float | None
    hsf_unknown_m2: float | None
    permanent_m2: float | None
    permanent_unknown_m2: float | None
    permanent_said: bool

    @staticmethod
    def mu(area_m2: float) -> float:
        """Turn square metres into mu (亩).

        >>> Farmland.mu(20_000)
        30.0
        """
        return area_m2 / M2_PER_MU

    @staticmethod
    def hectares(area_m2: float) -> float:
        """Turn square metres into hectares."""
        return area_m2 / M2_PER_HA


def farmland_taken(site: shapely.Geometry, parcels: gpd.GeoDataFrame, *, width_m: float | None = None) -> Farmland:
    """Measure what a place takes of farmland; overlapping parcels count once.

    A line takes a strip of its stated width (square ends); without a width only its length in farmland is known.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> rows = gpd.GeoDataFrame({"parcel_id": ["a"], "hsf": [True]}, geometry=[box(104, 36, 104.02, 36.01)], crs=4490)
    >>> found = farmland_taken(box(104.01, 36, 104.03, 36.01), rows)
    >>> round(found.area_m2), round(found.mu(found.hsf_m2), 1), found.permanent_said
    (1000385, 1500.6, False)
    """
    rows = parcels.reset_index(drop=True)
    shapes = beside(crs.geographic(rows.geometry), site, width_m or 0.0)
    rows = rows.loc[shapes.index].set_geometry(shapes)
    said = bool(reading.flag(parcels, "permanent_basic").notna().any())
    surface, measured = _surface(site, width_m)
    place = site if surface is None else surface
    hit = rows[shapes.intersects(place)]
    names = tuple(str(key) for key in reading.text(hit, "parcel_id").dropna())
    if surface is None:
        length = float(overlay.covered_length(_one(site), hit.geometry).iloc[0]) if measured == "line" else None
        return Farmland(measured, names, length, None, None, None, None, None, said)

    def area(flag: str | None = None, *, unknown: bool = False) -> float:
        chosen = hit
        if flag is not None:
            state = reading.flag(hit, flag)
            chosen = hit[(state.isna() if unknown else state.fillna(value=False)).to_numpy(dtype=bool)]
        return float(overlay.covered_area(_one(surface), chosen.geometry).iloc[0])

    length = float(overlay.covered_length(_one(site), hit.geometry).iloc[0]) if measured == "strip" else None
    return Farmland(
        measured,
        names if area() > 0 else (),
        length,
        area(),
        area("hsf"),
        area("hsf", unknown=True),
        area("permanent_basic"),
        area("permanent_basic", unknown=True),
        said,
    )


def _one(shape: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries([shape], crs=crs.GEOGRAPHIC)


def _surface(site: shapely.Geometry, width_m: float | None) -> tuple[shapely.Geometry | None, str]:
    """Give the surface that a place takes, and what was measured."""
    dimension = shapely.get_dimensions(site)
    if dimension == AREA:
        return site, "area"
    if dimension != LINE:
        return None, "point"
    if not width_m:
        return None, "line"
    middle = shapely.get_coordinates(shapely.centroid(site))
    plane = Plane(float(middle[0, 0]))
    half = width_m / 2 * float(plane.scale(middle)[0])
    strip = shapely.buffer(shapely.transform(site, plane.forward), half, cap_style="flat", join_style="mitre")
    return shapely.transform(strip, plane.inverse), "strip"


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a village: which indicator fails (or may fail), whether this project helps, and who is closing it already."""

    village_code: str
    indicator: str
    certain: bool
    helped: bool
    already: tuple[tuple[str, str, str], ...]
    """Key, name and status of other projects of the kind in an active status for the same village."""


def gaps_of(
    touched: Sequence[str],
    work: Mapping[str, Any],
    inputs: Mapping[str, gpd.GeoDataFrame],
    units: Mapping[str, pd.DataFrame],
    context: Context,
) -> list[Gap]:
    """List the gaps of villages as GP1 counts them, and the projects that close each already.

    A gap: W4, RD3, SN1 or SN2 of the village certainly lies below its threshold (`certain`), or may lie below it. A project that
    is of the matching kind, in one of the statuses `gap.statuses`, and names the village or is drawn near it, closes the gap.

    Args:
        touched: codes of villages.
        work: project_id, name, task and baiyin_item of the project applied for; it is left out of the others.
        inputs: layer frames; projects and villages are read.
        units: units of a run, by indicator.
        context: areas, thresholds (`gap.*`) and the day.
    """
    for code, rows in units.items():
        context.once(("units", code), lambda rows=rows: rows)  # type: ignore[misc]
    codes = pd.Series(list(touched), dtype=object)
    mine = pd.DataFrame([{name: work.get(name) for name in ("name", "task", "baiyin_item")}])
    closing = _closing(work.get("project_id"), inputs, context)
    found = []
    for code, (_, _, kind, _) in gap_projects.GAPS.items():
        if code not in units or not len(units[code]):
            continue
        state = gap_projects.gap_state(inputs, context, code, codes)
        helped = bool(matching.is_of_kind(mine, kind).iloc[0])
        for village, fails in zip(codes, state, strict=True):
            if pd.isna(fails) or fails:
                found.append(Gap(village, code, not pd.isna(fails), helped, closing.get((village, kind), ())))
    return found


def _closing(
    own: str | None, inputs: Mapping[str, gpd.GeoDataFrame], context: Context
) -> dict[tuple[str, str], tuple[tuple[str, str, str], ...]]:
    """Name the projects in an active status by village and kind."""
    projects = reading.rows(inputs, "projects")
    if projects is None:
        return {}
    keys, status = reading.text(projects, "project_id"), reading.text(projects, "status")
    active = projects[status.isin(context.value("gap.statuses")).to_numpy() & (keys != own).to_numpy()]
    pairs = matching.villages_of(active, reading.rows(inputs, "villages"), near_m=context.value("gap.near_m"))
    names = reading.text(projects, "name")
    found: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {}
    for kind in {kind for _, _, kind, _ in gap_projects.GAPS.values()}:
        of_kind = pairs[pairs["project"].isin(active.index[matching.is_of_kind(active, kind)])]
        for village, rows in of_kind.groupby("village_code", sort=False)["project"]:
            said = [(str(keys[row]), str(names[row] or keys[row]), str(status[row])) for row in dict.fromkeys(rows)]
            found[(str(village), kind)] = tuple(said)
    return found
