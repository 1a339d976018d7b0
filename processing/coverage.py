"""A whole coverage run: every indicator computed, rolled up, compared with targets, with what a reader must know beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import pandas as pd

from layers.catalogue import layer
from processing import resettled, rollup, targets
from processing.areas import HAMLET_RANK, Areas
from processing.errors import CancelledError
from processing.indicators import INDICATORS, indicator, reading
from processing.indicators.definition import Context

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    import geopandas as gpd

    from processing.indicators.definition import Indicator, Inputs
    from processing.profiles import Profile

COLUMNS: Final = ("indicator", *rollup.COLUMNS[:10], "target", "target_status", *rollup.COLUMNS[10:], *targets.COLUMNS[2:])
"""Columns of the table of an evaluation."""


class Options(TypedDict, total=False):
    """What may be asked of a run beside the indicators, the profile and the day."""

    levels: Iterable[str] | None
    """Names of the levels wanted, `group` and `all` among them; None, or only `all`, means every level."""
    areas_filter: Iterable[str] | str | None
    """Codes of areas: only units inside them are counted, and only they and what lies in them get rows."""
    targets: pd.DataFrame | None
    """Rows of targets; without them the `indicator_targets` layer of the inputs."""
    level_names: Mapping[int, str] | None
    """What the scheme calls the levels, by rank, where the areas do not say."""
    progress: Callable[[int, int, str], None] | None
    """Called with done, total and the code of the next indicator."""
    cancel: threading.Event | None
    """Set by somebody else to stop the run between two indicators."""


@dataclass(frozen=True)
class Evaluation:
    """What a run gives: the table of all areas, the units of each indicator, and remarks in Chinese and English."""

    table: pd.DataFrame
    units: Mapping[str, pd.DataFrame]
    caveats: Sequence[str]
    notes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The same remarks as pairs (Chinese, English) by key."""


def evaluate(
    inputs: Mapping[str, gpd.GeoDataFrame],
    *,
    indicators: Iterable[str] | None = None,
    profile: Profile,
    on: date,
    **options: Unpack[Options],
) -> Evaluation:
    """Compute indicators for every area and group.

    Columns of the table: COLUMNS; value, low and high in percent. Every remark that belongs to the result (assumptions, units
    without an area, unverified thresholds, simulated rows, layers not loaded) is in `caveats`, “Chinese / English”.

    Args:
        inputs: layer frames by name, in EPSG:4490; optional columns may be missing. They are not changed.
        indicators: codes; None means all.
        profile: thresholds.
        on: the day the result holds for.
        options: levels, areas_filter, targets, level_names, progress, cancel; see Options.

    Raises:
        UnknownIndicatorError: a code is not declared.
        UnknownLevelError: a level does not exist in the areas.
        CancelledError: `cancel` was set.

    >>> from processing import profiles
    >>> from processing.indicators.example import DAY, hamlets, roads
    >>> inputs = {"hamlets": hamlets(population=[100, 50, 80]), "roads": roads(tech_class=["四级"])}
    >>> found = evaluate(inputs, indicators=["RD1"], profile=profiles.load("rai"), on=DAY)
    >>> found.table[["level", "area_code", "value"]].round(1).head(2)
       level area_code  value
    0    all       all   65.2
    1 hamlet        h1  100.0
    """
    codes = list(INDICATORS) if indicators is None else [indicator(code).code for code in indicators]
    areas = Areas.from_layers(inputs, level_names=options.get("level_names"))
    context = Context(areas, profile, on)
    inside = options.get("areas_filter")
    chosen = None if inside is None else areas.within([inside] if isinstance(inside, str) else inside)
    levels = _levels(options.get("levels"), areas)
    units: dict[str, pd.DataFrame] = {}
    tables = []
    for done, code in enumerate(codes):
        _step(options, done, len(codes), code)
        rows = _units(INDICATORS[code], inputs, context)
        units[code] = rows if chosen is None else rows[_inside(rows, areas, chosen)].reset_index(drop=True)
        people = resettled.spread(units[code], inputs, context)
        table = rollup.roll_up(units[code], areas, finest_rank=INDICATORS[code].finest_rank, levels=levels, people=people)
        tables.append(_filtered(table, areas, chosen).assign(indicator=code))
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["indicator", *rollup.COLUMNS])
    _remarks(context, inputs, codes, units)
    listed = options.get("targets")
    listed = reading.rows(inputs, "indicator_targets") if listed is None else listed
    whole = whole.join(_compared(whole, listed, areas, on))
    _step(options, len(codes), len(codes), "")
    texts = [f"{zh} / {en}" for zh, en in context.notes.values()]
    return Evaluation(whole[list(COLUMNS)], units, texts, dict(context.notes))


def _step(options: Options, done: int, total: int, text: str) -> None:
    cancel, progress = options.get("cancel"), options.get("progress")
    if cancel is not None and cancel.is_set():
        raise CancelledError(f"The run was stopped after {done} of {total} indicators; nothing of it was kept.")
    if progress is not None:
        progress(done, total, text)


def _units(item: Indicator, inputs: Inputs, context: Context) -> pd.DataFrame:
    absent = [name for name in item.needs if reading.rows(inputs, name) is None]
    if absent:
        context.note(
            f"no_layer_{'_'.join(absent)}",
            f"未加载图层：{'、'.join(layer(name).zh for name in absent)}；相关指标无法计算或全部为未知。",
            f"Layers not loaded: {', '.join(layer(name).en for name in absent)}; "
            "indicators that need them cannot be computed or are unknown throughout.",
        )
    return resettled.units_of(item.code, item.weight, item.compute, inputs, context)


def _levels(wanted: Iterable[str] | None, areas: Areas) -> list[str] | None:
    names = None if wanted is None else list(wanted)
    if not names or names == [rollup.TOP]:
        return None
    for name in names:
        if name not in (rollup.TOP, rollup.GROUP, areas.level_name(HAMLET_RANK)):
            areas.column(name)
    return names


def _inside(rows: pd.DataFrame, areas: Areas, chosen: Any) -> Any:
    position = areas.positions(rows["area_code"])
    return (position >= 0) & chosen[position]


def _filtered(table: pd.DataFrame, areas: Areas, chosen: Any) -> pd.DataFrame:
    if chosen is None:
        return table
    ranks = {level.name: level.rank for level in areas.levels if level.rank < HAMLET_RANK}
    position = areas.positions(table["area_code"])
    kept: pd.DataFrame = table[~table["level"].isin(list(ranks)) | ((position >= 0) & chosen[position])]
    return kept


def _compared(table: pd.DataFrame, listed: pd.DataFrame | None, areas: Areas, on: date) -> pd.DataFrame:
    if listed is None or listed.empty:
        listed = pd.DataFrame({"target_id": []})
    return targets.compare(table, listed, areas, on=on)


def _remarks(context: Context, inputs: Inputs, codes: Sequence[str], units: Mapping[str, pd.DataFrame]) -> None:
    used = dict.fromkeys(key for code in codes for key in INDICATORS[code].parameters)
    for key in used:
        found = context.profile.at(key, on=context.on)
        if found.unverified:
            context.note(
                f"memory_{key}",
                f"参数 {key} = {found.value} 未核实（凭记忆）。",
                f"Threshold {key} = {found.value} is unverified (from memory): {found.source}.",
            )
        if found.certainty == "given":
            context.note(
                f"given_{key}",
                f"参数 {key} = {found.value} 为本次计算指定。",
                f"Threshold {key} = {found.value} was given for this run.",
            )
    for orphan in context.areas.orphans[:1]:
        context.note(
            "orphans",
            f"{len(context.areas.orphans)} 个上级地区代码没有对应记录（如 {orphan}）。",
            f"{len(context.areas.orphans)} codes of parent areas have no row of their own (for example {orphan}).",
        )
    if any(bool(rows["synthetic"].any()) for rows in units.values()):
        context.note(
            "synthetic", "结果含模拟数据，不代表任何真实地区。", "The result rests on simulated data and describes no real place."
        )
    _partial_key_counties(context, inputs)


def _partial_key_counties(context: Context, inputs: Inputs) -> None:
    if reading.rows(inputs, "key_counties") is not None:
        context.note(
            "key_counties",
            "重点帮扶县按已加载名录统计；云南、甘肃、青海的名录不全，名录外的县为未知而非“不是”。",
            "Key counties are those of the list loaded; for Yunnan, Gansu and Qinghai it is partial: "
            "a county absent from it is unknown, not a “no”.",
        )
