"""Annual plans of the demonstration counties, and the works as they were built."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from layers.demo.project_history import COMPILED, PORTAL
from layers.demo.rows import AS_OF, SIMULATED, areas_m2, frame, lengths_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

_BUILT = frozenset({"completed", "accepted"})
_OFF_DEGREES = 4e-5
"""How far works were built from where they were planned: about four metres."""


def plans(frames: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Make the frame `annual_plans`: one of each county and year that projects are planned for, and next year's in the making."""
    projects = pd.DataFrame(frames["projects"].drop(columns="geometry"))
    names = dict(zip(frames["areas"]["area_code"].astype(str), frames["areas"]["area_name"].astype(str), strict=True))
    rows: list[dict[str, Any]] = []
    for code, own in projects.groupby(projects["county_code"].astype(str)):
        years = sorted({int(year) for year in own["plan_year"].dropna()})
        before: float | None = None
        for year in years:
            chosen = own[own["plan_year"].eq(year).fillna(value=False).astype(bool)].sort_values(["plan_rank", "project_id"])
            row = _plan(str(code), names.get(str(code), ""), year, chosen) | {"previous_year_funds": before}
            before = float(row["money_limit"])
            rows.append(row)
        rows.append(
            {
                "plan_id": f"{code}-{AS_OF.year + 1}",
                "name": f"{names.get(str(code), '')}{AS_OF.year + 1}年度项目计划",
                "plan_year": AS_OF.year + 1,
                "previous_year_funds": before,
                "state": "draft",
                "county_code": str(code),
            }
        )
    return frame("annual_plans", {name: [row.get(name) for row in rows] for name in rows[0]} | _rest(rows))


def _rest(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for row in rows for name in row}


def _plan(code: str, name: str, year: int, chosen: pd.DataFrame) -> dict[str, Any]:
    funds: dict[str, float] = {}
    for sources in chosen["funding_sources"]:
        for item in sources:
            funds[item["code"]] = round(funds.get(item["code"], 0.0) + item["amount_wan_yuan"], 2)
    compiled = dt.date(year - 1, *COMPILED)
    return {
        "plan_id": f"{code}-{year}",
        "name": f"{name}{year}年度项目计划",
        "plan_year": year,
        "money_limit": round(float(chosen["budget_total"].sum()), 2),
        "fund_sources": [{"code": key, "amount_wan_yuan": funds[key]} for key in sorted(funds)],
        "ranking": chosen["project_id"].astype(str).tolist(),
        "compiled_on": compiled,
        "published_on": compiled + dt.timedelta(days=3),
        "url": f"{PORTAL}/plan/{code}-{year}",
        "state": "published",
        "county_code": code,
    }


def _beside(shape: Any, key: str) -> Any:
    off = np.random.default_rng(zlib.crc32(key.encode())).normal(_OFF_DEGREES / 2, _OFF_DEGREES / 2, 2)
    return shapely.transform(shape, lambda points: points + off)


def built(frames: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Make the frame `as_built` for finished works whose asset is not formed yet, metres beside the plan; None without any."""
    projects = frames["projects"]
    own = projects[projects["status"].isin(_BUILT) & projects.geometry.notna()]
    if own.empty:
        return None
    shapes = np.empty(len(own), dtype=object)
    shapes[:] = [_beside(shape, str(key)) for key, shape in zip(own["project_id"], own.geometry, strict=True)]
    kinds = shapely.get_type_id(shapes)
    lines, areas = np.isin(kinds, (1, 5)), np.isin(kinds, (3, 6))
    length, area = np.full(len(own), np.nan), np.full(len(own), np.nan)
    if lines.any():
        length[lines] = lengths_m(shapes[lines])
    for place in np.flatnonzero(areas):
        area[place] = areas_m2(shapely.get_parts(shapes[place])).sum()
    surveyed = [min(end + dt.timedelta(days=7), AS_OF) for end in own["end_date"]]
    return frame(
        "as_built",
        {
            "project_id": own["project_id"].tolist(),
            "name": [f"{name}竣工测量" for name in own["name"]],
            "surveyed_on": surveyed,
            "surveyor": own["responsible_unit"].tolist(),
            "length_m": length,
            "area_m2": area,
            **{name: own[name].tolist() for name in ("township_code", "county_code")},
        },
        shapes,
        source=SIMULATED,
    )
