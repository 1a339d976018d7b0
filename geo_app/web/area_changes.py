"""Changes of areas: villages merged, divided, renamed or handed over; first what it would do, then one change."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import shapely
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import area_links, change_areas, reach
from geo_app.actions.area_rows import ADDED_UP
from geo_app.actions.merge_areas import KINDS, AreaChange, Part
from geo_app.actions.restore_layer import LayerChangedError
from geo_app.errors import BadRequestError
from geo_app.web import bodies, figures
from geo_app.web.desk import desk, person
from geo_app.web.language import title
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from geopandas import GeoDataFrame

    from geo_app.actions.merge_areas import Plan

pages = Blueprint("area_changes", __name__, url_prefix="/area-changes")

MOST_CODES = 50
MOST_PARTS = 6
REASON_LENGTH = 300
TEXT_LENGTH = 120
LISTED = 200
OFFERED = 3000
"""Areas in a list to choose from; further codes can be typed."""
VILLAGE_RANK, TOWNSHIP_RANK = 5, 4


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the form for a change of areas, step by step, and the links there are."""
    kind = request.args.get("kind", "merge")
    kind = kind if kind in KINDS else "merge"
    codes = _codes(" ".join(request.args.getlist("codes")))
    links = _links()
    may = reach.may(person(), "villages", Verb.SUBMIT)
    villages = _villages(codes) if codes and may else None
    hamlets = _hamlets(codes) if kind == "split" and codes and may else None
    return render_template(
        "area_changes.html",
        kind=kind,
        kinds=KINDS,
        codes=codes,
        villages=None if villages is None else villages.to_dict("records"),
        hamlets=None if hamlets is None else hamlets.to_dict("records"),
        numbers=range(1, MOST_PARTS + 1),
        added=[(LAYERS["villages"][name]) for name in ADDED_UP],
        links=links.tail(LISTED).iloc[::-1].to_dict("records"),
        crosswalk=LAYERS["area_crosswalk"],
        may=may,
        offered=_offered(VILLAGE_RANK) if may else (),
        townships=_offered(TOWNSHIP_RANK) if may else (),
        township_name=_township_name,
        today=dt.datetime.now().astimezone().date().isoformat(),
    )


def _offered(rank: int) -> list[tuple[str, str]]:
    hierarchy = figures.areas()
    frame = hierarchy.frame
    return [(code, hierarchy.name(code)) for code in frame.loc[frame["rank"] == rank, "area_code"].head(OFFERED).tolist()]


def _township_name(code: str) -> str:
    hierarchy = figures.areas()
    return hierarchy.name(code) if code in hierarchy else ""


def _codes(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.replace(",", " ").replace("，", " ").replace("、", " ").split()))
    if len(found) > MOST_CODES:
        raise BadRequestError(f"At most {MOST_CODES} villages at once, found {len(found)}")
    return found


def _links() -> GeoDataFrame:
    store = desk().store
    return store.read("area_crosswalk", reach=reach.of(store, person(), "area_crosswalk"))


def _villages(codes: tuple[str, ...]) -> GeoDataFrame:
    found = area_links.by_codes(desk().store, "villages", "village_code", codes)
    codes_of = reach.of(desk().store, person(), "villages").codes
    seen = found if codes_of is None else found[found["village_code"].isin(codes_of)]
    asked = {code: at for at, code in enumerate(codes)}
    return seen.sort_values("village_code", key=lambda column: column.map(asked))


def _hamlets(codes: tuple[str, ...]) -> GeoDataFrame:
    seen = _villages(codes[:1])["village_code"].tolist()
    return area_links.by_codes(desk().store, "hamlets", "village_code", seen or [""])


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:TEXT_LENGTH]


def _number(name: str) -> float | None:
    text = _text(name)
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        raise BadRequestError(f"{name} must be a number, found {text[:20]!r}") from None
    if not 0 <= found < 1e12:  # noqa: PLR2004 - NaN and infinity fall out here as well
        raise BadRequestError(f"{name} must be 0 or more, found {text[:20]!r}")
    return found


def _asked() -> AreaChange:
    """Read a change of areas from the form.

    Raises:
        BadRequestError: something is missing or cannot be read.
    """
    kind = _text("kind")
    if kind not in KINDS:
        raise BadRequestError(f"The kind must be one of {', '.join(KINDS)}, found {kind!r}")
    try:
        on = dt.date.fromisoformat(_text("on")) if _text("on") else None
    except ValueError:
        raise BadRequestError("The date must be written as 2026-01-31") from None
    outlines = _outlines()
    parts = _parts(outlines) if kind == "split" else (_part(),)
    return AreaChange(kind=kind, codes=_codes(request.form.get("codes", "")), parts=parts, to=_text("to"), on=on)


def _part() -> Part:
    given = {name: _number(f"given:{name}") for name in ADDED_UP}
    whole = {name: value if name == "collective_income" else int(value) for name, value in given.items() if value is not None}
    return Part(code=_text("code:1"), name=_text("name:1"), given=whole)


def _parts(outlines: dict[str, shapely.Geometry]) -> tuple[Part, ...]:
    belongs: dict[str, list[str]] = {}
    for name, value in request.form.items():
        if name.startswith("hamlet:") and value:
            belongs.setdefault(value, []).append(name.removeprefix("hamlet:"))
    numbers = [str(number) for number in range(1, MOST_PARTS + 1) if _text(f"code:{number}")]
    return tuple(
        Part(
            code=_text(f"code:{number}"),
            name=_text(f"name:{number}"),
            hamlets=tuple(belongs.get(number, ())),
            share=_number(f"share:{number}"),
            outline=outlines.get(_text(f"code:{number}")),
        )
        for number in numbers
    )


def _outlines() -> dict[str, shapely.Geometry]:
    """Read outlines of parts: a GeoJSON collection of polygons in longitude and latitude, each with the property `code`."""
    text = request.form.get("outlines", "").strip()
    if not text:
        return {}
    content = bodies.parse(text)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise BadRequestError("The outlines must be a GeoJSON FeatureCollection with the property code in each feature")
    found: dict[str, shapely.Geometry] = {}
    for item in features:
        try:
            shape = shapely.from_geojson(json.dumps(item["geometry"]))
            code = str(item["properties"]["code"])
        except (KeyError, TypeError, shapely.errors.GEOSException):
            raise BadRequestError("Each outline needs a polygon and the property code") from None
        if shape is None or shape.geom_type not in {"Polygon", "MultiPolygon"} or not shape.is_valid:
            raise BadRequestError(f"The outline of {code} is no valid polygon")
        found[code] = shape
    return found


@pages.post("/preview")
@permission(Permission.SUBMIT)
def preview() -> ResponseReturnValue:
    """Show what a change of areas would do: villages, links with shares, re-coded rows, and what to know; nothing is written."""
    found = change_areas.plan(desk().store, person(), _asked())
    return render_template(
        "area_change.html",
        plan=found,
        digest=change_areas.digest(found),
        fields=[(name, value) for name, value in request.form.items() if name != "csrf_token"],
        links=found.links.to_dict("records"),
        crosswalk=LAYERS["area_crosswalk"],
        recoded=[(title(LAYERS[name]), count) for name, count in found.recoded.items()],
        notes=_notes(found),
        before=found.rows.to_dict("records"),
        township_name=_township_name,
    )


def _notes(found: Plan) -> list[str]:
    return [text for text in (_note(*note.split(":", 1)) for note in found.notes) if text]


def _note(kind: str, value: str) -> str:
    villages = LAYERS["villages"]
    named: Any = title(villages[value]) if value in villages else title(LAYERS[value]) if value in LAYERS else value
    texts = {
        "differs": gettext("“%(field)s” differs between the villages and becomes unknown.", field=named),
        "unknown_sum": gettext("“%(field)s” is not known for every village; its sum is unknown.", field=named),
        "outline_missing": gettext("No outline is drawn for %(field)s; the merged outline lacks it.", field=named),
        "by_rule": gettext("Rows of “%(field)s” without a place go to the largest part.", field=named),
        "thiessen": gettext("Parts without an outline get the area nearest to their hamlets until the boundary is surveyed."),
    }
    return str(texts.get(kind, ""))


@pages.post("/apply")
@permission(Permission.SUBMIT)
def apply() -> ResponseReturnValue:
    """Write a change of areas as it was previewed, or submit it.

    Raises:
        LayerChangedError: what it would do is no longer what was shown.
    """
    store, who = desk().store, person()
    found = change_areas.plan(store, who, _asked())
    if change_areas.digest(found) != _text("digest"):
        raise LayerChangedError("The rows were changed since this preview. Look at it again; nothing was saved.")
    saved = change_areas.apply(store, who, found, reason=request.form.get("reason", "").strip()[:REASON_LENGTH])
    if saved.receipt is None:
        return redirect(url_for("requests.page", request_id=saved.request_id))
    flash(gettext("The areas are changed; earlier figures are carried over to them."), "good")
    return redirect(url_for("changes.page", change_id=saved.receipt.change_id))
