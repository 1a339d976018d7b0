"""The page of an area: all its figures with bounds, targets and course, its gaps, projects, assets and parts, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import area_summary, inputs
from geo_app.errors import NoDataError
from geo_app.web import figures, frames, plots, sending
from geo_app.web.desk import desk, person, scoped
from geo_app.web.language import language, title, words_of
from geo_app.web.map import home
from layers.catalogue import LAYERS
from map_templates.spec import Credits, MapLayer, MapSpec
from processing import groups
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.area_summary import AreaSummary

pages = Blueprint("areas", __name__, url_prefix="/areas")

FORMATS = ("csv", "xlsx")
GAPS_SHOWN = 100
ROWS_SHOWN = 50
VILLAGE_RANK = 5
KEY_FIGURES = ("W1", "W4", "RD1", "RD3", "SN1", "FL1")
PROJECT_FIELDS = ("project_id", "name", "category", "baiyin_category", "status", "budget_total", "plan_year", "responsible_unit")
ASSET_FIELDS = ("asset_id", "name", "asset_class", "owner", "original_value", "status", "confirmed")


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Go to the page of the area that holds everything, or list the areas at the top."""
    hierarchy = figures.areas()
    top = home(hierarchy)
    if top:
        return redirect(url_for("areas.page", code=top))
    frame = hierarchy.frame
    roots = frame[frame["parent_code"].isna() | frame["parent_code"].isin(hierarchy.orphans)]
    return render_template(
        "areas.html", roots=[(code, hierarchy.name(code), hierarchy.level_of(code)) for code in roots["area_code"]]
    )


def summary_of(code: str, run_id: int | None) -> AreaSummary | None:
    """Give an area's summary, made once per run and state of the data; None while nothing has been computed.

    Raises:
        NotFoundError: when there is no such area or run.
    """
    inputs.require_area(figures.areas(), code)
    here, who = desk(), person()
    chosen = figures.choose(None, here.settings.profile, run_id)
    number = chosen.id if chosen is not None else run_id
    listed = figures.listed()
    newest = listed[0].run_id if listed else 0
    try:
        return here.kept.get(
            scoped("summary", code, number, newest), lambda: area_summary.summarise(here.store, code, number, person=who)
        )
    except NoDataError:
        return None


def _parts(found: AreaSummary) -> list[dict[str, Any]]:
    table = found.run.table
    codes = [child.code for child in found.children]
    rows = table[table["area_code"].isin(codes) & table["indicator"].isin(KEY_FIGURES)]
    values: dict[tuple[str, str], Any] = {
        (code, name): value for code, name, value in zip(rows["area_code"], rows["indicator"], rows["value"], strict=True)
    }
    return [
        {
            "code": child.code,
            "name": child.name,
            "level": child.level,
            "values": [values.get((child.code, name)) for name in KEY_FIGURES],
        }
        for child in found.children
    ]


def _rows(frame: pd.DataFrame, layer: str, fields: tuple[str, ...]) -> dict[str, Any]:
    shown = [LAYERS[layer][name] for name in fields if name in frame and name in LAYERS[layer]]
    rows = [
        {"code": row.get(LAYERS[layer].key), "cells": [words_of(field, row.get(field.name)) for field in shown]}
        for row in frame.head(ROWS_SHOWN).to_dict("records")
    ]
    return {"fields": shown, "rows": rows, "total": len(frame)}


def _budget(frame: pd.DataFrame) -> float | None:
    return float(pd.to_numeric(frame["budget_total"]).sum()) if len(frame) and "budget_total" in frame else None


def _rank(code: str) -> int:
    hierarchy = figures.areas()
    return int(hierarchy.frame["rank"].iloc[hierarchy.positions([code])[0]])


@pages.get("/<code>")
@permission(Permission.READ)
def page(code: str) -> ResponseReturnValue:
    """Show an area."""
    found = summary_of(code, request.args.get("run", type=int))
    hierarchy = figures.areas()
    if found is None:
        chain = [(item, hierarchy.name(item)) for item in reversed(hierarchy.ancestors(code))]
        return render_template(
            "area_empty.html", code=code, name=hierarchy.name(code), chain=chain, village=_rank(code) == VILLAGE_RANK
        )
    courses = {item.indicator: plots.line([point.value for point in item.trend]) for item in found.figures}
    chain = [(item.code, item.name) for item in reversed(found.ancestors)] + [(found.area.code, found.area.name)]
    member_of = [groups.title(name, language()) for name, codes in hierarchy.groups.items() if code in codes]
    gaps = found.gaps.sort_values("persons", ascending=False, na_position="last")
    return render_template(
        "area.html",
        area=found.area,
        village=_rank(code) == VILLAGE_RANK,
        chain=chain,
        summary=found,
        courses=courses,
        member_of=member_of,
        gaps=figures.records(gaps.head(GAPS_SHOWN)),
        gap_total=len(gaps),
        projects=_rows(found.projects, "projects", PROJECT_FIELDS),
        assets=_rows(found.assets, "assets", ASSET_FIELDS),
        budget=_budget(found.projects),
        parts_list=_parts(found),
        part_titles=[(name, title(INDICATORS[name])) for name in KEY_FIGURES if name in INDICATORS],
        stale=figures.is_stale(found.run),
        levels=[name for _, name in frames.levels()],
    )


@pages.get("/<code>/map")
@permission(Permission.READ)
def small_map(code: str) -> ResponseReturnValue:
    """Draw the area with its parts, for the frame on its page."""
    hierarchy = figures.areas()
    code = inputs.require_area(hierarchy, code)
    rank = _rank(code)
    layers = []
    for level_rank, _ in frames.levels():
        shapes = frames.outlines(level_rank)
        at = hierarchy.positions(shapes["area_code"])
        inside = (at >= 0) & hierarchy.within([code])[at]
        if level_rank == rank:
            around = shapes[~inside]
            layers += (
                [MapLayer("neighbours", gettext("Neighbours"), around, key_field="area_code", label_field="area_name")]
                if len(around)
                else []
            )
        if level_rank in {rank, rank + 1} or not layers:
            shown = shapes[inside]
            layer = {3: "counties", 4: "townships", 5: "villages"}[level_rank]
            if len(shown) and layer not in {item.name for item in layers}:
                layers.append(MapLayer(layer, title(LAYERS[layer]), shown, key_field="area_code", label_field="area_name"))
    inside_layers = [item for item in layers if item.name != "neighbours"]
    boxes = [item.frame.total_bounds for item in inside_layers]
    extent = (
        (min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes))
        if boxes
        else None
    )
    spec = MapSpec(
        hierarchy.name(code),
        layers=tuple(layers),
        extent=extent,
        credits=Credits(),
        language="zh" if language() == "zh" else "en",
    )
    return frames.answer(spec, frames.options())


@pages.post("/<code>/download")
@permission(Permission.EXPORT)
def download(code: str) -> ResponseReturnValue:
    """Send an area's summary: figures as CSV, or a workbook with figures, gaps, projects, assets and parts.

    Raises:
        NoDataError: when nothing has been computed yet.
    """
    kind = sending.format_of(request.form.get("format"), FORMATS)
    run_id = request.form.get("run", type=int)
    found = summary_of(code, run_id)
    if found is None:
        raise NoDataError("Nothing has been computed for this area yet; compute coverage first")
    names = ("indicator", "numerator", "denominator", "value", "unknown", "low", "high", "status", "target", "target_status")
    rows = [{"run": found.run.id, "title": title(item)} | {name: getattr(item, name) for name in names} for item in found.figures]
    table = pd.DataFrame(rows, columns=["indicator", "title", *names[1:], "run"])
    stem = f"{found.area.name}-{found.area.code}"
    if kind == "csv":
        return sending.table(table, stem=stem, kind=kind)
    parts = pd.DataFrame(
        [
            {"area_code": item["code"], "area_name": item["name"]} | dict(zip(KEY_FIGURES, item["values"], strict=True))
            for item in _parts(found)
        ]
    )
    sheets = {
        gettext("Figures"): table,
        gettext("Gaps"): pd.DataFrame(found.gaps),
        gettext("Projects"): found.projects,
        gettext("Assets"): found.assets,
    }
    return sending.attachment(sending.xlsx(sheets | {gettext("Areas"): parts}), name=f"{stem}.xlsx", kind="xlsx")
