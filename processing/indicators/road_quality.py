"""The state of rural roads by length: graded (RD5) and paved (RD6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from processing import crs, overlay
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, Subject, nothing, units
from processing.indicators.road_kinds import graded, paved, rural_road
from processing.indicators.subjects import POLYGONS, polygons_of, stated_place, subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from processing.indicators.definition import Inputs

REST_M = 0.01
"""A remainder of a road outside all polygons shorter than this is the rounding of the cuts."""


def graded_length(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD5, the share of the length of rural roads that has a technical class other than 等外.

    RD5 = 100 · Σ length of 一–四级 / Σ length of 县道, 乡道 and 村道. Lengths are measured along the ellipsoid. A road that
    crosses areas is cut at their borders (villages, else townships, else counties); what lies outside all of them goes to the
    area that the road states, or is counted in “all” only. A road without technical class is unknown; one without administrative
    class may be no rural road and is counted apart, without weight.

    Source: white paper 2024-11-29 (domain dictionary D11).

    >>> from processing.indicators.example import context, roads
    >>> lanes = roads(admin_class=["村道", "村道", "国道"], tech_class=["四级", "等外", "二级"])
    >>> graded_length({"roads": lanes}, context())[["unit_id", "numerator", "denominator"]].round(0)
      unit_id  numerator  denominator
    0      s1     1803.0       1803.0
    1      s2        0.0       1804.0
    """
    return _by_length(inputs, context, graded, "below_class")


def paved_length(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute RD6, the share of the length of rural roads that is paved (`road.paved_surfaces`: asphalt and cement).

    Lengths, cuts and unknowns as in RD5.

    Source: white paper 2024-11-29 (domain dictionary D12).

    >>> from processing.indicators.example import context, roads
    >>> lanes = roads(admin_class=["村道", "村道"], surface_type=["水泥", None])
    >>> paved_length({"roads": lanes}, context())["missing"].tolist()
    [None, 'unknown']
    """
    return _by_length(inputs, context, paved, "unpaved")


def pieces(inputs: Inputs, context: Context) -> Subject | None:
    """Give the pieces of rural roads by area, with their length in metres in the column `piece_m`; made once in a run."""
    return context.once("road_pieces", lambda: _pieces(inputs, context))


def _by_length(
    inputs: Inputs, context: Context, kind: Callable[[pd.DataFrame, Context], pd.Series], missing: str
) -> pd.DataFrame:
    cut = pieces(inputs, context)
    if cut is None:
        return nothing()
    length = reading.number(cut.frame, "piece_m")
    weight = length.mask(rural_road(cut.frame, context).isna())
    return units(
        cut,
        Finding(weight=weight, covered=kind(cut.frame, context), missing=missing, shortfall=length, shortfall_unit="m"),
    )


def _pieces(inputs: Inputs, context: Context) -> Subject | None:
    roads = subject(inputs, context, "roads")
    if roads is None:
        return None
    kept = roads.take(rural_road(roads.frame, context).fillna(value=True))
    parts = []
    rest = gpd.GeoSeries(kept.frame.geometry)
    for layer, key in POLYGONS:
        polygons = polygons_of(inputs, context, layer, key)
        if polygons is not None and len(rest):
            cut = overlay.overlay_length(rest, polygons)
            parts.append(cut.rename(columns={"line_index": "road", "polygon_index": "area", "length_m": "piece_m"}))
            rest = _outside(rest, cut, polygons)
    length = crs.length_m(rest)
    length = length[length > REST_M]
    stated = stated_place(context, "roads", kept.frame.loc[length.index])
    parts.append(pd.DataFrame({"road": length.index, "area": stated.to_numpy(), "piece_m": length.to_numpy()}))
    return _cut_subject(kept, pd.concat([part for part in parts if len(part)] or parts, ignore_index=True))


def _outside(lines: gpd.GeoSeries, cut: pd.DataFrame, polygons: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give what of the lines lies outside the polygons, for those of which something does."""
    inside = cut.groupby("line_index")["length_m"].sum().reindex(lines.index, fill_value=0.0)
    left = lines[(crs.length_m(lines) - inside) > REST_M]
    touched = cut[cut["line_index"].isin(left.index)].groupby("line_index")["polygon_index"]
    shapes = np.array(left.to_numpy(dtype=object), dtype=object, copy=True)
    for road, areas in touched:
        at = left.index.get_loc(road)
        shapes[at] = shapely.difference(shapes[at], shapely.union_all(polygons.loc[list(areas)].to_numpy()))
    return gpd.GeoSeries(shapes, index=left.index, crs=lines.crs)


def _cut_subject(roads: Subject, table: pd.DataFrame) -> Subject:
    row = roads.ids.index.get_indexer(pd.Index(table["road"]))
    frame = pd.DataFrame(roads.frame.drop(columns=roads.frame.geometry.name)).iloc[row].reset_index(drop=True)
    frame["piece_m"] = table["piece_m"].to_numpy()
    several = table["road"].duplicated(keep=False).to_numpy()
    ids = roads.ids.iloc[row].reset_index(drop=True)
    areas = table["area"].astype(object).where(table["area"].notna(), None)
    ids = ids.where(~several, ids + "@" + areas.fillna("").astype(str))
    return Subject(
        layer="roads",
        frame=frame,
        ids=ids,
        names=roads.names.iloc[row].reset_index(drop=True),
        area_codes=areas,
        persons=pd.Series(pd.NA, index=frame.index, dtype="Float64"),
        lon=roads.lon.iloc[row].reset_index(drop=True),
        lat=roads.lat.iloc[row].reset_index(drop=True),
        synthetic=roads.synthetic.iloc[row].reset_index(drop=True),
    )


INDICATORS = (
    Indicator(
        code="RD5",
        zh="农村公路等级率",
        en="Graded rural roads",
        formula_zh="100 × 县道、乡道、村道中等级路里程之和 ÷ 县道、乡道、村道里程之和",
        formula="100 · Σ length of graded 县道, 乡道, 村道 / Σ length of 县道, 乡道, 村道",
        weight="metre",
        needs=("roads",),
        uses=("villages", "townships", "counties"),
        parameters=("road.graded_classes", "road.rural_classes"),
        source="domain dictionary D11 (white paper 2024-11-29, pages eaobd.ahlulin.com, eastmoney.com)",
        caveat_zh="按椭球面长度计算，跨界路段在界线处切分；未填技术等级的为未知。",
        caveat_en="By length along the ellipsoid, roads cut at borders; a road without technical class is unknown.",
        compute=graded_length,
        finest_rank=5,
    ),
    Indicator(
        code="RD6",
        zh="农村公路铺装率",
        en="Paved rural roads",
        formula_zh="100 × 县道、乡道、村道中铺装路面里程之和 ÷ 县道、乡道、村道里程之和",
        formula="100 · Σ length of paved 县道, 乡道, 村道 / Σ length of 县道, 乡道, 村道",
        weight="metre",
        needs=("roads",),
        uses=("villages", "townships", "counties"),
        parameters=("road.paved_surfaces", "road.rural_classes"),
        source="domain dictionary D12 (white paper 2024-11-29, pages eaobd.ahlulin.com, eastmoney.com)",
        caveat_zh="铺装仅指沥青和水泥路面；未填路面类型的为未知。",
        caveat_en="Paved means asphalt or cement; a road without surface type is unknown.",
        compute=paved_length,
        finest_rank=5,
    ),
)
