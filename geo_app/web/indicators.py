"""The page of an indicator: how it is computed, from what, with which thresholds and how sure they are, and how areas stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request

from geo_app.access import Permission, permission
from geo_app.actions import reach
from geo_app.web import figures, plots
from geo_app.web.desk import desk, person
from geo_app.web.language import language, title
from geo_app.web.map import home, indicator_of
from layers.catalogue import LAYERS
from processing import groups, profiles
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("indicators", __name__, url_prefix="/indicators")

RANKED = 60
LEVELS_FIRST = ("county", "district", "township", "block")


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the indicators with the figure of the whole area."""
    top = home(figures.areas())
    found = figures.choose(None, desk().settings.profile)
    rows = [
        {
            "code": code,
            "title": title(item),
            "formula": item.formula_zh if language() == "zh" else item.formula,
            "weight": item.weight,
            "figure": figures.figure(found, code, top) if found and top else None,
        }
        for code, item in INDICATORS.items()
    ]
    return render_template("indicators.html", rows=rows, run=found)


def _thresholds(code: str, profile_name: str) -> list[dict[str, Any]]:
    profile = profiles.load(profile_name)
    titles = profiles.keys()
    wanted = INDICATORS[code].parameters
    held = [item for item in profile.thresholds if item.key in wanted]
    return [{"item": item, "title": title(titles[item.key]) if item.key in titles else item.key} for item in held]


def _ranking(code: str, level: str, run: Any) -> list[dict[str, Any]]:
    table = run.table
    rows = table[(table["indicator"] == code) & (table["level"] == level)]
    return figures.records(rows.sort_values("value", na_position="last"))


def _groups(code: str, run: Any) -> list[dict[str, Any]]:
    rows = run.table[(run.table["indicator"] == code) & (run.table["level"] == "group")]
    return [row | {"area_name": groups.title(row["area_code"], language())} for row in figures.records(rows)]


def _needs(code: str) -> list[tuple[str, str, int]]:
    store, who = desk().store, person()
    names = [name for name in INDICATORS[code].needs if reach.may(who, name)]
    return [(name, title(LAYERS[name]), store.count(name, reach=reach.of(store, who, name))) for name in names]


@pages.get("/<code>")
@permission(Permission.READ)
def page(code: str) -> ResponseReturnValue:
    """Show an indicator.

    Raises:
        NotFoundError: when there is none of this code.
    """
    code = indicator_of(code.upper())
    names = profiles.names()
    profile = request.args.get("profile") or desk().settings.profile
    profile = profile if profile in names else desk().settings.profile
    found = figures.choose(code, profile)
    levels = list(dict.fromkeys(found.table.loc[found.table["indicator"] == code, "level"])) if found else []
    ranked = [name for name in levels if name != "group"]
    level = request.args.get("level", "")
    if level not in ranked:
        level = next((name for name in LEVELS_FIRST if name in ranked), ranked[0] if ranked else "")
    ranking = _ranking(code, level, found) if found and level else []
    known = [row["value"] for row in ranking if row["value"] is not None]
    return render_template(
        "indicator.html",
        item=INDICATORS[code],
        run=found,
        profile=profile,
        profiles=[(name, title(profiles.load(name))) for name in names],
        thresholds=_thresholds(code, profile),
        needs=_needs(code),
        levels=ranked,
        level=level,
        ranking=ranking[:RANKED],
        ranked_total=len(ranking),
        no_data=len(ranking) - len(known),
        bars=plots.bars(known),
        groups=_groups(code, found) if found else [],
    )
