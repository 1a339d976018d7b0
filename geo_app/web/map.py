"""The map page and what its panel asks for: a number, its gaps, and the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
from flask import Blueprint, jsonify, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import inputs, reach, tiles
from geo_app.errors import NotFoundError
from geo_app.web import bodies, context, figures, frames
from geo_app.web.desk import desk, person
from geo_app.web.features import MOST_FEATURES, thin
from geo_app.web.language import language, said, short, title, unit
from layers.catalogue import LAYERS
from layers.schema import STORAGE_CRS, FieldType, GeometryKind
from map_templates import symbols
from map_templates.spec import MapLayer
from map_templates.web.payload import layer_payload
from processing import profiles
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    import pandas as pd
    from flask.typing import ResponseReturnValue

    from geo_app.actions.run_coverage import Run
    from layers.schema import Field, Layer
    from processing.areas import Areas

pages = Blueprint("map", __name__)

DRAWN = (
    *("villages", "townships", "counties", "hamlets", "roads", "water_works", "service_areas", "settlements"),
    *("sanitation", "farmland", "projects", "assets", "facilities", "as_built", "photographs"),
)
"""Layers offered on the map, in the order of the list."""
THEMES = {"RD": ("RD", "RA"), "W": ("W",), "SN": ("SN",), "FL": ("FL",), "AS": ("AS",), "GP": ("GP",)}
"""Themes of the bar with the letters their indicators begin with."""
FIRST = ("RD3", "RD1", "W1", "SN1")
MOSTLY_KNOWN = 50.0
"""Indicators to open the map with, and how far apart low and high may lie for one to be worth showing first."""
GAPS_SHOWN = 60
ROWS_SHOWN = 500
OPERATORS = {
    FieldType.TEXT: ("=", "contains", "!=", "is_null"),
    FieldType.CODE: ("=", "!=", "is_null"),
    FieldType.FLAG: ("=", "is_null"),
    FieldType.LIST: ("contains", "is_null"),
}
NUMBER_OPERATORS = ("=", ">=", "<=", ">", "<", "!=", "is_null")


def indicator_of(text: str | None) -> str:
    """Give an indicator code that exists.

    Raises:
        NotFoundError: when it does not.
    """
    if text not in INDICATORS:
        raise NotFoundError(f"There is no indicator {text!r}; the indicators are {', '.join(INDICATORS)}")
    return str(text)


def _layer_rows(held: dict[str, int]) -> list[dict[str, Any]]:
    found = []
    store, readable = desk().store, reach.for_reading(desk().store, person())
    for name in DRAWN:
        if name not in readable:
            continue
        layer = LAYERS[name]
        style = symbols.style_of(name)
        classes = [
            {"key": key, "title": entry.label(language(), title(layer)), "symbol": symbols.as_json(entry.symbol)}
            for key, entry in style.entries.items()
        ]
        count = store.count(name, reach=readable[name]) if held.get(name) else 0
        found.append(
            {
                "name": name,
                "title": title(layer),
                "count": count,
                "tiled": count > tiles.TILED_ABOVE,
                "classes": classes,
                "simulated": context.simulated(name),
            }
        )
    return found


def _field(field: Field) -> dict[str, Any]:
    codes = [{"code": item.code, "title": title(item)} for item in field.codes] if field.codes is not None else []
    operators = OPERATORS.get(field.type, NUMBER_OPERATORS)
    return {
        "name": field.name,
        "title": title(field),
        "unit": unit(field.unit),
        "type": str(field.type),
        "codes": codes,
        "operators": operators,
    }


def _queryable(layer: Layer) -> dict[str, Any]:
    fields = [_field(field) for field in layer.fields if field.name not in {"id", "valid_from", "valid_to"}]
    return {
        "name": layer.name,
        "title": title(layer),
        "key": layer.key,
        "located": layer.geometry is not GeometryKind.NONE,
        "fields": fields,
    }


def _themes() -> list[dict[str, Any]]:
    names: dict[str, list[str]] = {stem: [] for stem in THEMES}
    for code in INDICATORS:
        stem = next((stem for stem, starts in THEMES.items() if code.startswith(starts)), "other")
        names.setdefault(stem, []).append(code)
    return [{"name": name, "indicators": codes} for name, codes in names.items() if codes]


def home(hierarchy: Areas) -> str | None:
    """Give the smallest area that holds everything; None where there are several at the top, or none."""
    if not len(hierarchy):
        return None
    lineage = hierarchy.lineage
    found = None
    for column in range(lineage.shape[1]):
        codes = set(lineage[:, column].tolist()) - {-1}
        if len(codes) != 1:
            break
        found = str(hierarchy.codes[codes.pop()])
    return found


def _first_indicator(top: str | None) -> str:
    """Choose what the map shows first: of the usual indicators the first that is mostly known for the whole area."""
    found = figures.choose(None, desk().settings.profile) if top else None
    if found is None or top is None:
        return FIRST[0]
    for code in FIRST:
        row = figures.figure(found, code, top)
        if row and row["value"] is not None and row["high"] - row["low"] < MOSTLY_KNOWN:
            return code
    return FIRST[0]


@pages.get("/")
@permission(Permission.READ)
def page() -> ResponseReturnValue:
    """Show the workbench."""
    hierarchy = figures.areas()
    held = figures.versions()
    setup = {
        "home": home(hierarchy),
        "empty": not held,
        "imports": url_for("imports.index"),
        "first": _first_indicator(home(hierarchy)),
        "levels": [{"rank": rank, "name": name} for rank, name in frames.levels()],
        "indicators": {code: {"title": title(item), "unit": item.target_unit or "%"} for code, item in INDICATORS.items()},
        "themes": _themes(),
        "profiles": [{"name": name, "title": title(profiles.load(name))} for name in profiles.names()],
        "profile": desk().settings.profile,
        "layers": _layer_rows(held),
        "queryable": [_queryable(LAYERS[name]) for name in reach.readable_layers(person()) if held.get(name)],
        "gaps": {"key": "", "title": gettext("Gap units"), "symbol": symbols.as_json(symbols.entry_of("gaps", "").symbol)},
        "shapes": {name: [list(corner) for corner in corners] for name, corners in symbols.SHAPES.items()},
    }
    review = desk().settings.review_number
    note = f"{gettext('Review number')} {review}" if review else gettext("For internal use; to be reviewed before publication")
    return render_template("map.html", setup=setup, review_note=note)


@pages.get("/map/areas")
@permission(Permission.READ)
def children() -> ResponseReturnValue:
    """Give an area's chain upwards and the areas just below it, for the selector in the top bar."""
    hierarchy = figures.areas()
    code = request.args.get("area") or None
    if code:
        code = inputs.require_area(hierarchy, code)
    chain = [_area(hierarchy, item) for item in reversed(hierarchy.ancestors(code))] if code else []
    parents = hierarchy.frame["parent_code"]
    below = hierarchy.frame[parents == code] if code else hierarchy.frame[parents.isna() | parents.isin(hierarchy.orphans)]
    return jsonify(chain=chain, below=[_area(hierarchy, str(item)) for item in below["area_code"]])


def _area(hierarchy: Areas, code: str) -> dict[str, Any]:
    row = hierarchy.positions([code])[0]
    return {
        "code": code,
        "name": short(hierarchy.name(code)),
        "level": hierarchy.level_of(code),
        "rank": int(hierarchy.frame["rank"].iloc[row]) if row >= 0 else None,
    }


@pages.get("/map/panel")
@permission(Permission.READ)
def panel() -> ResponseReturnValue:
    """Give the figures of one area: value with low and high, target, failing and unknown units with their persons, gap list."""
    code = indicator_of(request.args.get("indicator"))
    hierarchy = figures.areas()
    area = inputs.require_area(hierarchy, request.args.get("area", ""))
    found = figures.choose(code, request.args.get("profile") or desk().settings.profile, request.args.get("run", type=int))
    answer: dict[str, Any] = {
        "area": _area(hierarchy, area),
        "indicator": {"code": code, "title": title(INDICATORS[code]), "caveat": said(INDICATORS[code], "caveat")},
        "links": {"method": url_for("indicators.page", code=code), "area": url_for("areas.page", code=area)},
        "run": None,
    }
    if found is None:
        return jsonify(answer)
    rows = figures.units(found, code, area) if code in found.units else None
    gaps = _with_layer(figures.gap_rows(found, code, area), found, code) if code in found.units else None
    answer["run"] = {
        "id": found.id,
        "href": url_for("runs.page", run_id=found.id),
        "at": found.record.at.isoformat()[:16],
        "profile": found.record.profile,
        "stale": figures.is_stale(found),
    }
    answer["figure"] = figures.figure(found, code, area)
    answer["tally"] = figures.tally(rows, code) if rows is not None else None
    answer["gaps"] = figures.records(gaps.head(GAPS_SHOWN)) if gaps is not None else []
    answer["gap_total"] = len(gaps) if gaps is not None else 0
    answer["simulated"] = bool(rows["synthetic"].fillna(value=False).any()) if rows is not None and "synthetic" in rows else False
    return jsonify(answer)


@pages.get("/map/units")
@permission(Permission.READ)
def units() -> ResponseReturnValue:
    """Give the units behind a number, failing ones first, each with its numerator, denominator and the layer it is held in."""
    code = indicator_of(request.args.get("indicator"))
    run_id = bodies.whole_argument("run", 0)
    found = figures.run(run_id)
    rows = figures.units(found, code, request.args.get("area") or None)
    order = rows["state"].map({figures.FAILS: 0, figures.UNKNOWN: 1, figures.PASSES: 2})
    rows = rows.assign(order=order, unit_name=rows["unit_name"].map(short)).sort_values(
        ["order", "persons"], ascending=[True, False], kind="stable"
    )
    shown = figures.records(rows.drop(columns="order").head(ROWS_SHOWN))
    return jsonify(total=len(rows), rows=shown, run=run_id, indicator=code)


def _with_layer(gaps: pd.DataFrame, found: Run, code: str) -> pd.DataFrame:
    """Say beside each gap which layer its unit is held in, so that a click can open the row; names are short."""
    gaps = gaps.assign(unit_name=gaps["unit_name"].map(short), area_name=gaps["area_name"].map(short))
    if "unit_layer" in gaps:
        return gaps
    held = found.units[code].drop_duplicates("unit_id").set_index("unit_id")["unit_layer"]
    return gaps.assign(unit_layer=gaps["unit_id"].map(held))


@pages.get("/map/gaps")
@permission(Permission.READ)
def gap_layer() -> ResponseReturnValue:
    """Give the failing units of an indicator and area as a layer of the map."""
    code = indicator_of(request.args.get("indicator"))
    found = figures.choose(code, request.args.get("profile") or desk().settings.profile, request.args.get("run", type=int))
    if found is None or code not in found.units:
        raise NotFoundError(f"There is no run with {code} yet")
    rows = figures.gap_rows(found, code, request.args.get("area") or None)
    rows = rows.assign(unit_name=rows["unit_name"].map(short))
    placed = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)
    placed = placed[placed.geometry.notna()]
    points = placed.set_geometry(placed.geometry.representative_point())
    shown = thin(points.sort_values("persons", ascending=False), MOST_FEATURES)
    item = MapLayer("gaps", gettext("Gap units"), shown, key_field="unit_id", label_field="unit_name")
    box = tuple(float(value) for value in shown.total_bounds) if len(shown) else (-180.0, -90.0, 180.0, 90.0)
    return jsonify(layer_payload(item, box, language()) | {"total": len(placed), "shown": len(shown)})  # type: ignore[arg-type]
