"""The page of monitored households: counts by area and month with hidden cells, and the sheet read in memory and forgotten."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import households, import_layer
from geo_app.actions.signing import By
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.web import context, figures, frames, received, sending
from geo_app.web.desk import desk, person, reach, today
from geo_app.web.language import language, title
from layers import household_cells
from layers.catalogue import LAYERS
from layers.schema import STORAGE_CRS
from map_templates.spec import CHOROPLETH_COLUMNS, Choropleth, Credits, Legend, MapSpec
from processing.household_form import items

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from flask.typing import ResponseReturnValue

    from geo_app.actions.households import Draft

pages = Blueprint("households", __name__, url_prefix="/households")

DRAFT_S: Final = 1800.0
DRAFTS: Final = 20
FAULTS_SHOWN: Final = 400
TOWNSHIP_RANK: Final = 4
COUNTED: Final = tuple(name for name in household_cells.MEASURES if name not in ("households", "persons"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Protected counts that wait to be written: whose they are and until when. No row of a sheet."""

    draft: Draft
    owner: str
    until: float


_drafts: dict[str, Waiting] = {}


def _keep(draft: Draft) -> str:
    now = time.monotonic()
    for token in [token for token, item in _drafts.items() if item.until < now]:
        _drafts.pop(token, None)
    while len(_drafts) >= DRAFTS:
        _drafts.pop(next(iter(_drafts)), None)
    token = secrets.token_urlsafe(18)
    _drafts[token] = Waiting(draft, person().owner, now + DRAFT_S)
    return token


def _kept(token: str) -> Draft:
    found = _drafts.get(token)
    if found is None or found.owner != person().owner or found.until < time.monotonic():
        raise NotFoundError("These counts are not here any more. Read the sheet again.")
    return found.draft


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the counts of a month, by township or for one of them by village, with the map and the form for a sheet."""
    return _page()


def _page(draft: Draft | None = None, *, token: str = "", status: int = 200) -> ResponseReturnValue:
    here, who = desk(), person()
    reach(households.LAYER)
    months = households.months(here.store, who)
    period = request.args.get("period", "")
    period = period if period in months else months[0] if months else ""
    area = request.args.get("area") or None
    rows = households.table(here.store, who, period) if period else []
    shown = list(draft.rows) if draft is not None else rows
    page = render_template(
        "households.html",
        months=months,
        period=period,
        area=area,
        may_write=households.may(who, Verb.APPLY),
        draft=draft,
        token=token,
        faults=[_fault(item) for item in draft.faults[:FAULTS_SHOWN]] if draft is not None else [],
        lines=_lines(shown, area),
        risks=_risks(shown),
        counted=[(name, title(LAYERS[households.LAYER][name])) for name in COUNTED],
        types=[(code, _label("monitor_type", code)) for code in household_cells.TYPES],
        small=next((item.rules.small_cell for item in [draft] if item is not None), 5),
        most=households.MOST_MB,
        last_month=here_month(),
        drawable=any(rank == TOWNSHIP_RANK for rank, _ in frames.levels()) and bool(rows),
        about=_about(rows),
    )
    return page, status


def here_month() -> str:
    """Give the month before today's, for which a sheet is most often brought."""
    day = today()
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return f"{year:04d}-{month:02d}"


def _label(field: str, code: str) -> str:
    codes = LAYERS[households.LAYER][field].codes
    return codes.label(code, language()) if codes is not None else code


def _about(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0] if rows else {}
    return {"line": first.get("income_line"), "profile": first.get("profile"), "hidden": sum(_hidden(row) for row in rows)}


def _hidden(row: Mapping[str, Any]) -> int:
    return len(row.get("suppressed_fields") or ()) or (2 if row.get("suppressed") else 0)


def _lines(rows: list[dict[str, Any]], area: str | None) -> list[dict[str, Any]]:
    """Give one line for each area: county and townships, or one township and its villages."""
    hierarchy = figures.areas()
    inside = {str(code) for code in hierarchy.codes[hierarchy.within([area])]} if area and area in hierarchy else None
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = str(row["area_code"])
        if row["risk_code"] != household_cells.ALL or not _wanted(hierarchy, code, inside):
            continue
        line = found.setdefault(
            code, {"code": code, "name": hierarchy.name(code), "level": hierarchy.level_of(code), "types": {}}
        )
        if row["monitor_type"] == household_cells.TOTAL:
            line["total"] = row
        else:
            line["types"][row["monitor_type"]] = row
    return [line for line in found.values() if "total" in line]


def _wanted(hierarchy: Any, code: str, inside: set[str] | None) -> bool:
    if inside is not None:
        return code in inside
    return bool(hierarchy.level_of(code) != hierarchy.level_name(5))


def _risks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [row for row in rows if row["risk_code"] != household_cells.ALL]
    hierarchy = figures.areas()
    return [
        row | {"area_name": hierarchy.name(str(row["area_code"])), "label": _label("risk_code", row["risk_code"])}
        for row in found
    ]


def _fault(item: Any) -> dict[str, Any]:
    known = items().get(item.item)
    words = {"area": gettext("Village code"), "included": gettext("Month of inclusion"), "household": gettext("Household number")}
    return {
        "row": item.row,
        "item": item.item if known is not None else words.get(item.item, item.item),
        "label": known.label if known is not None else "",
        "expected": item.expected_zh if language() == "zh" else item.expected_en,
        "severity": item.severity,
    }


@pages.post("")
@permission(Permission.CHANGE)
def read() -> ResponseReturnValue:
    """Read a sheet in memory and show what would be written: protected counts, or faults by row and item. Keeps no row.

    Raises:
        BadRequestError: no file, or another line than a number.
    """
    here, who = desk(), person()
    reach(households.LAYER, Verb.APPLY)
    sent = received.sent_file()
    data = cast("BinaryIO", sent.stream).read()
    sent.close()
    wanted = households.Wanted(request.form.get("period", "").strip(), request.form.get("area", "").strip() or None, _line())
    draft = households.read(here.store, who, data, wanted, limits=import_layer.limits_of(here.settings))
    del data
    return _page(draft, token=_keep(draft) if draft.rows else "", status=422 if draft.errors else 200)


def _line() -> float | None:
    text = request.form.get("line", "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e6:  # noqa: PLR2004 - yuan a year
        raise BadRequestError("The income line is a number of yuan")
    return value


@pages.post("/write")
@permission(Permission.CHANGE)
def write() -> ResponseReturnValue:
    """Write the protected counts that were shown, as one change."""
    who = person()
    reach(households.LAYER, Verb.APPLY)
    token = request.form.get("token", "")
    draft = _kept(token)
    receipt = households.write(desk().store, who, draft, By(who.name, who.bureau, request.form.get("reason", "")[:300]))
    _drafts.pop(token, None)
    if receipt.change_id:
        flash(gettext("The counts of %(month)s are written as change %(id)s.", month=draft.period, id=receipt.change_id), "good")
    else:
        flash(gettext("The counts of %(month)s were there already.", month=draft.period), "good")
    return redirect(url_for("households.index", period=draft.period))


@pages.get("/counts.<kind>")
@permission(Permission.EXPORT)
def counts(kind: str) -> ResponseReturnValue:
    """Send the counts of a month as a table; hidden cells are marked."""
    file_format = sending.format_of(kind, ("csv", "xlsx"))
    reach(households.LAYER)
    layer, hierarchy = LAYERS[households.LAYER], figures.areas()
    rows = []
    for row in households.table(desk().store, person(), request.args.get("period", "")):
        line = {title(layer["area_code"]): row["area_code"], gettext("Name"): hierarchy.name(str(row["area_code"]))}
        line |= {title(layer["period"]): row["period"], title(layer["monitor_type"]): _label("monitor_type", row["monitor_type"])}
        line |= {title(layer["risk_code"]): _label("risk_code", row["risk_code"])}
        gone = set(row.get("suppressed_fields") or (("households", "persons") if row["suppressed"] else ()))
        line |= {title(layer[name]): gettext("hidden") if name in gone else row[name] for name in household_cells.MEASURES}
        rows.append(line | ({gettext("Simulated data"): gettext("yes")} if row.get("data_quality") == "synthetic" else {}))
    return sending.table(pd.DataFrame(rows), stem=title(layer), kind=file_format)


@pages.get("/map")
@permission(Permission.READ)
def map_() -> ResponseReturnValue:
    """Draw the households of the townships; a hidden count stands as no data."""
    reach(households.LAYER)
    period = request.args.get("period", "")
    rows = households.table(desk().store, person(), period)
    totals = {
        str(row["area_code"]): row
        for row in rows
        if (row["monitor_type"], row["risk_code"]) == (household_cells.TOTAL, household_cells.ALL)
    }
    shapes = frames.outlines(TOWNSHIP_RANK) if any(rank == TOWNSHIP_RANK for rank, _ in frames.levels()) else None
    spec = MapSpec(
        gettext("Monitored households"),
        choropleth=None if shapes is None or shapes.empty else _coloured(shapes, totals),
        legend=Legend(notes=(gettext("Hidden and unknown counts are not coloured"),)),
        credits=Credits(simulated=context.simulated(households.LAYER)),
        language="zh" if language() == "zh" else "en",
    )
    return frames.answer(spec, frames.options())


def _coloured(shapes: gpd.GeoDataFrame, totals: Mapping[str, Mapping[str, Any]]) -> Choropleth:
    values = [totals.get(str(code), {}).get("households") for code in shapes["area_code"]]
    frame = gpd.GeoDataFrame(
        {
            "area_code": shapes["area_code"].to_numpy(),
            "area_name": shapes["area_name"].to_numpy(),
            "value": np.array([np.nan if value is None else float(value) for value in values]),
            "status": ["no_data" if value is None else "ok" for value in values],
        },
        geometry=shapes.geometry.to_numpy(),
        crs=STORAGE_CRS,
    )
    for name in CHOROPLETH_COLUMNS:
        if name not in frame:
            frame[name] = np.nan
    return Choropleth(frame, gettext("Monitored households"), unit=gettext("households"), ramp="gaps", unit_noun=gettext("areas"))
