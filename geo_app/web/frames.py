"""The folium page inside the workbench: a sandboxed frame with its own policy, and no way to our pages or data."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import inputs
from geo_app.actions import outlines as outline_action
from geo_app.errors import NoDataError
from geo_app.web import context, figures
from geo_app.web.desk import desk, person, scoped
from geo_app.web.language import language, short, title
from geo_app.web.security import nonce
from layers.schema import STORAGE_CRS
from map_templates import web
from map_templates.spec import CHOROPLETH_COLUMNS, Choropleth, Credits, MapLayer, MapSpec
from map_templates.web.payload import payload
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.run_coverage import Run
    from processing.areas import Areas

pages = Blueprint("frames", __name__)

FRAME_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src {origin} 'nonce-{nonce}'; style-src {origin} 'unsafe-inline'; "
    "img-src data: {origin}; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""Leaflet sets style attributes, so styles may be inline; scripts only with the nonce or from our static folder."""
FRAME_SCRIPTS = ("js/frame.js", "vendor/protomaps/protomaps-leaflet.js", "js/tiles-frame.js")
RANKS = frozenset({3, 4, 5})
"""County, township and village, or what another country calls its levels of these ranks."""


def answer(spec: MapSpec, options: web.WebOptions) -> Response:
    """Give a map page under the frame's policy; it talks to the page around it by messages only."""
    origin = request.host_url.rstrip("/")
    page = web.render(spec, assets_base="/static/vendor", options=options)
    sources = [url_for("static", filename=name) for name in FRAME_SCRIPTS]
    scripts = "".join(f'<script nonce="{nonce()}" src="{origin}{source}"></script>' for source in sources)
    page = page.replace("</html>", f"{scripts}</html>", 1)
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY.format(origin=origin, nonce=nonce())
    return response


def options(*, draw: bool = False) -> web.WebOptions:
    """Give what a framed map offers: drawing where asked; lists, legend and numbers stand in the page around it."""
    origin = request.host_url.rstrip("/")
    return web.WebOptions(
        draw=draw, finder=False, controls=False, heading=False, popups=False, parent_origin=origin, nonce=nonce()
    )


def _drawable() -> dict[int, tuple[str, gpd.GeoDataFrame]]:
    """Give name and outlines of every level that can be drawn, by rank; made once for a state of the area layers."""
    here = desk()
    held = figures.versions()
    names, who = [name for name in inputs.AREA_LAYERS if held.get(name)], person()

    def build() -> dict[int, tuple[str, gpd.GeoDataFrame]]:
        hierarchy, read = figures.areas(), inputs.read(here.store, names, person=who) if names else {}
        found = {}
        for level in hierarchy.levels:
            if level.rank in RANKS:
                try:
                    shapes = outline_action.outlines(hierarchy, read, level.name)
                    found[level.rank] = (level.name, shapes.assign(area_name=shapes["area_name"].map(short)))
                except NoDataError:
                    continue
        return found

    return here.kept.get(scoped("outlines", *((name, held[name]) for name in names)), build)


def levels() -> list[tuple[int, str]]:
    """List rank and name of the levels that can be drawn, the widest first."""
    return [(rank, name) for rank, (name, _) in sorted(_drawable().items())]


def outlines(rank: int) -> gpd.GeoDataFrame:
    """Give area code, name and outline of every area of a rank."""
    return _drawable()[rank][1]


def coloured(indicator: str, rank: int, area: str | None, profile: str, run_id: int | None) -> Choropleth | None:
    """Give the areas of a level inside an area with their figures; without a run every area stands as no data."""
    hierarchy = figures.areas()
    shapes = outlines(rank)
    if area:
        at = hierarchy.positions(shapes["area_code"])
        shapes = shapes[(at >= 0) & hierarchy.within([area])[at]]
    if shapes.empty:
        return None
    found = figures.choose(indicator, profile, run_id)
    frame = _joined(shapes, _table(found, indicator))
    item = INDICATORS[indicator]
    target = frame["target"].dropna().unique() if "target" in frame else []
    return Choropleth(
        frame,
        title=title(item),
        unit_noun=gettext("areas"),
        target=float(target[0]) if len(target) == 1 else None,
    )


def _table(found: Run | None, indicator: str) -> pd.DataFrame:
    if found is None:
        return pd.DataFrame(columns=list(CHOROPLETH_COLUMNS))
    table: pd.DataFrame = found.table
    return table[table["indicator"] == indicator].drop_duplicates("area_code")


def _joined(shapes: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    columns = [name for name in (*CHOROPLETH_COLUMNS, "target", "synthetic") if name in table and name != "area_name"]
    frame = shapes.merge(table[columns], on="area_code", how="left")
    for name in ("value", "low", "high", "numerator", "denominator", "unknown"):
        frame[name] = pd.to_numeric(frame[name]).astype(float) if name in frame else np.nan
    frame["status"] = frame["status"].fillna("no_data") if "status" in frame else "no_data"
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_CRS)


def _surroundings(area: str | None, hierarchy: Areas) -> tuple[MapLayer, ...]:
    offered = levels()
    if not offered:
        return ()
    shapes = outlines(offered[0][0])
    inside = {area, *hierarchy.ancestors(area)} if area else set(shapes["area_code"])
    around = shapes[~shapes["area_code"].isin(inside)]
    lines = shapes[shapes["area_code"].isin(inside)]
    found = []
    if len(around):
        found.append(MapLayer("neighbours", gettext("Neighbours"), around, key_field="area_code", label_field="area_name"))
    if len(lines):
        found.append(MapLayer("outline", gettext("Boundary"), lines))
    return tuple(found)


def _asked() -> MapSpec:
    """Compose what the address asks for: the coloured areas of one indicator, level and area, with what lies around."""
    hierarchy = figures.areas()
    area = request.args.get("area") or None
    if area:
        area = inputs.require_area(hierarchy, area)
    offered = {name: rank for rank, name in levels()}
    rank = offered.get(request.args.get("level", "")) or next(iter(offered.values()), None)
    indicator = request.args.get("indicator", "")
    choropleth = None
    if rank is not None and indicator in INDICATORS:
        run_id = request.args.get("run", type=int)
        choropleth = coloured(indicator, rank, area, request.args.get("profile") or desk().settings.profile, run_id)
    return MapSpec(
        hierarchy.name(area) if area else gettext("Map"),
        layers=_surroundings(area, hierarchy),
        choropleth=choropleth,
        credits=Credits(simulated=context.simulated(), review_number=desk().settings.review_number),
        language="zh" if language() == "zh" else "en",
    )


@pages.get("/map/frame")
@permission(Permission.READ)
def frame() -> ResponseReturnValue:
    """Give the map page that stands in the workbench's frame."""
    return answer(_asked(), options(draw=True))


@pages.get("/map/values")
@permission(Permission.READ)
def values() -> ResponseReturnValue:
    """Give what the framed map shows next, as values, so that it need not be loaded again.

    The bytes are kept for the choice, the state of the data and the newest run; a browser that still holds them is told so.
    """
    here, listed = desk(), figures.listed()
    newest = listed[0].run_id if listed else 0
    choice = [request.args.get(name, "") for name in ("area", "indicator", "level", "profile", "run")]
    key = scoped("values", language(), *choice, *sorted(figures.versions().items()), newest)
    made, tag = here.kept.get(key, _values)
    response = Response(made, mimetype="application/json")
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _values() -> tuple[bytes, str]:
    made = json.dumps(payload(_asked()), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return made, hashlib.sha256(made).hexdigest()[:32]


def frame_url(**arguments: Any) -> str:
    """Give the address of the framed map with these choices, the empty ones left out."""
    return url_for("frames.frame", **{name: value for name, value in arguments.items() if value})
