"""Say what a thematic map shows: one indicator of a run at one level, with its layers, gaps, locator, sources and marks."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import pandas as pd

from geo_app.actions import boundaries, inputs, list_gaps, outlines, run_coverage, scoped_runs
from geo_app.actions.load_recipe import ASSUMPTIONS, ATTRIBUTION
from geo_app.errors import NoDataError
from layers.catalogue import layer as declared
from map_templates.spec import Choropleth, Credits, Detail, Legend, Locator, MapLayer, MapSpec, PageSpec
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas

OVERLAYS = {"W": ("water_works",), "RD": ("roads",), "RA": ("roads",), "SN": ("sanitation",), "FL": ("farmland",)}
"""Layers drawn over a map by the beginning of its indicator's code, where they hold rows; others by request."""
SHOWN_GAPS = 150
FEW_GAPS = 60
LABELLED_ROWS = 40
CROWDED = 1000
MAIN = {
    "roads": ("admin_class", ("国道", "省道", "县道")),
    "water_works": ("work_class", ("city_ext", "central10k", "central1k")),
}
"""Up to so many gaps are all drawn; of more, only those with the most persons. Up to so many features are named. From more than
so many rows of a layer only the main classes are drawn."""
LABELS = {
    "zh": {
        "map": "{area}{indicator}",
        "level": "按{level}统计",
        "gaps": "未达单元",
        "some": "未达单元（人口最多的 {few} 个，共 {all} 个）",
        "neighbours": "相邻地区",
    },
    "en": {
        "map": "{indicator}, {area}",
        "level": "by {level}",
        "unit": "areas",
        "gaps": "Gaps",
        "some": "Gaps (the {few} with most people of {all})",
        "neighbours": "Neighbouring areas",
    },
}
LEVELS_ZH = {
    "state": "邦",
    "province": "省",
    "prefecture": "市",
    "county": "县",
    "district": "县",
    "township": "乡镇",
    "block": "乡镇",
    "village": "村",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """What to draw: indicator, area (none: everything), level, run (none: the newest), layers over it, language and page."""

    indicator: str
    level: str
    area: str | None = None
    run_id: int | None = None
    overlays: tuple[str, ...] | None = None
    gaps: bool = True
    language: Literal["zh", "en"] = "zh"
    page: PageSpec = attribute(default_factory=PageSpec)
    title: str = ""
    figure_no: str = ""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes the map: organisation, review number, and the name to print for the whole area."""

    organisation: str = ""
    review_number: str = ""
    area_name: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What the parts of a map are drawn from."""

    request: MapRequest
    run: run_coverage.Run
    areas: Areas
    frames: Mapping[str, gpd.GeoDataFrame]
    level: str
    area: str | None
    person: Person | None

    def say(self, key: str, **values: object) -> str:
        return LABELS[self.request.language][key].format(**values)


def compose(store: Store, request: MapRequest, maker: Maker | None = None, *, person: Person | None = None) -> MapSpec:
    """Compose a map from a run, of what a person reads (none named: everything).

    Raises:
        NoDataError: no run yet, or no outlines at the level.
        NotFoundError: no such run or area.
        UnknownNameError: no such indicator or level.
    """
    maker = maker or Maker()
    sheet = _sheet(store, request, person)
    code = run_coverage.indicator(request.indicator)
    frame = choropleth_frame(sheet.run, sheet.areas, sheet.frames, indicator=code, level=sheet.level)
    if sheet.area:
        inside = set(sheet.areas.codes[sheet.areas.within([sheet.area])])
        frame = frame[frame["area_code"].isin(inside)].reset_index(drop=True)
    layers = tuple(_layers(store, sheet, frame, code))
    shown = INDICATORS[code]
    title_zh = request.language == "zh"
    indicator_title = shown.zh if title_zh else shown.en
    area_name = _area_name(sheet, maker)
    caveat = shown.caveat_zh if title_zh else shown.caveat_en
    level_title = LEVELS_ZH.get(sheet.level, sheet.level) if title_zh else sheet.level
    simulated = _simulated(frame) or any(_simulated(layer.frame) for layer in layers)
    return MapSpec(
        title=request.title or sheet.say("map", area=area_name, indicator=indicator_title),
        area_name=area_name,
        subtitle=sheet.say("level", level=level_title),
        figure_no=request.figure_no,
        layers=layers,
        choropleth=Choropleth(
            frame, indicator_title, unit_noun=sheet.say("unit") if not title_zh else level_title, target=_target(sheet, code)
        ),
        legend=Legend(notes=(caveat,) if caveat else ()),
        credits=_credits(store, sheet, maker, simulated=simulated, method=_method(sheet, code)),
        locator=_locator(sheet),
        language=request.language,
        page=request.page,
    )


def choropleth_frame(
    run: run_coverage.Run, areas: Areas, frames: Mapping[str, gpd.GeoDataFrame], *, indicator: str, level: str
) -> gpd.GeoDataFrame:
    """Join a run's figures for one indicator to the outlines of a level; an area without a figure stays, as no data."""
    shapes = outlines.outlines(areas, frames, level)
    table = run.table[(run.table["indicator"] == indicator) & (run.table["level"] == level)]
    columns = ["area_code", "value", "low", "high", "status", "numerator", "denominator", "unknown", "synthetic"]
    joined = shapes.merge(table[[name for name in columns if name in table]], on="area_code", how="left")
    joined["status"] = joined["status"].astype(object).where(joined["status"].notna(), "no_data")
    return joined


def _sheet(store: Store, request: MapRequest, person: Person | None) -> _Sheet:
    run = run_coverage.load(store, request.run_id) if request.run_id is not None else run_coverage.latest(store)
    if run is None:
        raise NoDataError("There is no run yet. Compute coverage first: geo-app coverage.")
    if person is not None:
        run = scoped_runs.narrowed(store, run, person)
    frames = inputs.read(store, versions=dict(run.record.layer_versions), person=person)
    areas = inputs.areas(store, frames, person=person)
    level = inputs.level_name(areas, request.level) or areas.levels[-1].name
    area = inputs.require_area(areas, request.area) if request.area else None
    return _Sheet(request, run, areas, frames, level, area, person)


def _layers(store: Store, sheet: _Sheet, frame: gpd.GeoDataFrame, code: str) -> list[MapLayer]:
    outline = frame.geometry.dropna().union_all()
    made = []
    for name in _overlays(sheet.request, code):
        rows = sheet.frames.get(name)
        if rows is None or rows.empty or not isinstance(rows, gpd.GeoDataFrame):
            continue
        layer = declared(name)
        hits = _main(name, rows.iloc[sorted(rows.sindex.query(outline, predicate="intersects"))])
        if len(hits):
            made.append(
                MapLayer(
                    name,
                    layer.title(sheet.request.language),
                    hits,
                    key_field="id",
                    label_field=layer.name_field if layer.name_field in hits and len(hits) <= LABELLED_ROWS else None,
                    details=_details(name, sheet.request.language, hits),
                )
            )
    rank = next(item.rank for item in sheet.areas.levels if item.name == sheet.level)
    made += boundaries.boundary_layers(sheet.areas, sheet.frames, outline, rank=rank, language=sheet.request.language)
    neighbours = _neighbours(sheet, outline)
    if neighbours is not None:
        made.append(MapLayer("neighbours", sheet.say("neighbours"), neighbours, label_field="area_name"))
    if sheet.request.gaps:
        found = _gaps(store, sheet, code)
        made += _gap_layer(sheet, found[found.geometry.notna()])
    return made


def _gaps(store: Store, sheet: _Sheet, code: str) -> gpd.GeoDataFrame:
    if sheet.person is None:
        return list_gaps.list_gaps(store, sheet.run, indicators=(code,), area=sheet.area)
    return scoped_runs.gaps(store, sheet.run, sheet.person, indicators=(code,), area=sheet.area)


def _overlays(request: MapRequest, code: str) -> tuple[str, ...]:
    if request.overlays is not None:
        return request.overlays
    return next((names for start, names in OVERLAYS.items() if code.startswith(start)), ())


def _gap_layer(sheet: _Sheet, found: gpd.GeoDataFrame) -> list[MapLayer]:
    if found.empty:
        return []
    title = sheet.say("gaps")
    if len(found) > SHOWN_GAPS:
        title = sheet.say("some", few=FEW_GAPS, all=len(found))
        found = found.nlargest(FEW_GAPS, "persons")
    label = "unit_name" if len(found) <= LABELLED_ROWS else None
    return [MapLayer("gaps", title, found, key_field="unit_id", label_field=label)]


def _main(name: str, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if len(rows) <= CROWDED or name not in MAIN:
        return rows
    field, classes = MAIN[name]
    return rows[rows[field].isin(classes)]


def _details(name: str, language: str, frame: gpd.GeoDataFrame) -> tuple[Detail, ...]:
    layer = declared(name)
    shown = [item for item in layer.fields if item.name in frame and not item.derived and frame[item.name].notna().any()][:8]
    return tuple(Detail(item.name, item.title(language), item.unit) for item in shown)


def _neighbours(sheet: _Sheet, outline: Any) -> gpd.GeoDataFrame | None:
    level = sheet.areas.level_of(sheet.area) if sheet.area else None
    if level is None:
        return None
    try:
        shapes = outlines.outlines(sheet.areas, sheet.frames, level)
    except NoDataError:
        return None
    others = shapes[shapes["area_code"] != sheet.area]
    near = others.iloc[sorted(others.sindex.query(outline, predicate="intersects"))]
    return near.reset_index(drop=True) if len(near) else None


def _locator(sheet: _Sheet) -> Locator | None:
    if sheet.area is None:
        return None
    level = str(sheet.areas.level_of(sheet.area))
    above = sheet.areas.ancestors(sheet.area)[1:]
    try:
        shapes = outlines.outlines(sheet.areas, sheet.frames, level)
    except NoDataError:
        return None
    name = ""
    if above:
        inside = set(sheet.areas.codes[sheet.areas.within([above[0]])])
        shapes, name = shapes[shapes["area_code"].isin(inside)], sheet.areas.name(above[0])
    if sheet.area not in set(shapes["area_code"]) or len(shapes) < 2:  # noqa: PLR2004 - one area alone locates nothing
        return None
    return Locator(shapes.reset_index(drop=True), (sheet.area,), name)


def _area_name(sheet: _Sheet, maker: Maker) -> str:
    if sheet.area:
        return sheet.areas.name(sheet.area)
    if maker.area_name:
        return maker.area_name
    alone = [rows for _, rows in sheet.areas.frame.groupby("rank") if len(rows) == 1]
    return str(alone[-1]["area_name"].iloc[0]) if alone else ""


def _target(sheet: _Sheet, code: str) -> float | None:
    if "target" not in sheet.run.table:
        return None
    rows = sheet.run.table[(sheet.run.table["indicator"] == code) & sheet.run.table["target"].notna()]
    rows = rows[rows["area_code"] == sheet.area] if sheet.area else rows
    targets = pd.to_numeric(rows["target"], errors="coerce").dropna().unique()
    return float(targets[0]) if len(targets) == 1 else None


def _credits(store: Store, sheet: _Sheet, maker: Maker, *, simulated: bool, method: str) -> Credits:
    zh = sheet.request.language == "zh"
    kept = store.settings_get(ATTRIBUTION) or []
    sources = tuple(_source(item, zh=zh) for item in kept)
    assumptions = [str(item["zh" if zh else "en"]) for item in store.settings_get(ASSUMPTIONS) or []]
    return Credits(
        sources=sources,
        date=sheet.run.record.at.date().isoformat(),
        review_number=maker.review_number,
        organisation=maker.organisation,
        simulated=simulated,
        run_id=sheet.run.id,
        note=" ".join(dict.fromkeys(text for text in assumptions if text)),
        method=method,
    )


def _method(sheet: _Sheet, code: str) -> str:
    """Say how the figures were made: formula, thresholds where the indicator has any, and the day."""
    item, on = INDICATORS[code], sheet.run.record.parameters["on"]
    profile = run_coverage.profile_of(sheet.run.record)
    zh = sheet.request.language == "zh"
    words = [f"指标 {code} = {item.formula_zh}" if zh else f"Indicator {code} = {item.formula}"]
    if item.parameters:
        words.append(f"阈值依据：{profile.title_zh}" if zh else f"thresholds: {profile.title_en}")
    words.append(f"截至 {on}" if zh else f"as of {on}")
    return ("；" if zh else "; ").join(words)


def _source(item: Mapping[str, Any], *, zh: bool) -> str:
    title = str(item.get("title_zh" if zh else "title_en") or "")
    text = str(item.get("attribution") or "")
    return f"{title}: {text}" if title and text else title or text


def _simulated(frame: pd.DataFrame) -> bool:
    if "synthetic" in frame and frame["synthetic"].fillna(value=False).astype(bool).any():
        return True
    return "data_quality" in frame and bool((frame["data_quality"] == "synthetic").any())
