"""Publishing: the list of what was published, and the forms for a notice and for a map. For those who review."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import compose_map, publish, reach
from geo_app.web import bodies, figures, frames, jobs
from geo_app.web.desk import desk, person
from geo_app.web.language import language
from geo_app.web.map import indicator_of
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from geo_app.progress import Progress

pages = Blueprint("publications", __name__, url_prefix="/publications")

MOST_AREAS = 400
"""More areas than anybody looks through in a list; a code can be typed."""


def _asked() -> Mapping[str, str]:
    """What was sent, as a form or by our scripts as JSON."""
    return {name: str(value) for name, value in bodies.body().items()} if request.is_json else request.form


def _paper(form: Mapping[str, str]) -> publish.Paper:
    return publish.Paper(
        title=form.get("title", ""),
        text=form.get("text", ""),
        valid_from=publish.day(form.get("valid_from", ""), "valid_from"),
        valid_to=publish.day(form.get("valid_to", ""), "valid_to"),
        area=form.get("area", "").strip() or None,
        accounts=not person().is_local,
    )


@pages.get("")
@permission(Permission.REVIEW)
def index() -> ResponseReturnValue:
    """List what this person may take back, also what is no longer shown, with the forms for more."""
    store, who, hierarchy = desk().store, person(), figures.areas()
    codes = reach.reviewed_codes(store, who)
    mine = [code for code in hierarchy.codes.tolist() if codes is None or code in codes]
    offered = [(code, hierarchy.name(code)) for code in mine if _rank(hierarchy.level_of(code)) in frames.RANKS]
    granted = {code for item in who.grants for code in item.areas if codes is not None and code in codes}
    return render_template(
        "publications.html",
        items=publish.manageable(store, who),
        limited=codes is not None,
        own_area=next(iter(granted)) if len(granted) == 1 else "",
        indicators=INDICATORS.values(),
        levels=frames.levels(),
        areas=offered[:MOST_AREAS],
    )


def _rank(level: str | None) -> int:
    return next((item.rank for item in figures.areas().levels if item.name == level), 0)


@pages.post("/notices")
@permission(Permission.REVIEW)
def notice() -> ResponseReturnValue:
    """Publish a notice."""
    number = publish.publish_notice(desk().store, person(), _paper(_asked()))
    flash(gettext("Publication no. %(id)s is public.", id=number), "good")
    return redirect(url_for("publications.index"))


def _maker() -> compose_map.Maker:
    settings = desk().settings
    return compose_map.Maker(settings.organisation, settings.review_number, settings.area_name)


@pages.post("/maps")
@permission(Permission.REVIEW)
def map_() -> ResponseReturnValue:
    """Start composing and publishing a map; the job's result is the number of the publication."""
    asked = _asked()
    here, who = desk(), person()
    item = replace(publish.checked(here.store, who, _paper(asked)), maker=_maker())
    code, run = indicator_of(asked.get("indicator")), asked.get("run", "")
    wanted = compose_map.MapRequest(
        indicator=code,
        level=asked.get("level", ""),
        area=item.area,
        run_id=int(run) if run.isdecimal() else None,
        language="zh" if language() == "zh" else "en",
    )

    def work(progress: Progress) -> int:
        return publish.publish_map(here.store, who, item, wanted, progress)

    return jobs.start(jobs.PUBLISH, gettext("Publish the map %(name)s", name=item.title), work)


@pages.post("/<int:published_id>/withdraw")
@permission(Permission.REVIEW)
def withdraw(published_id: int) -> ResponseReturnValue:
    """Take a publication back."""
    publish.withdraw(desk().store, person(), published_id, accounts=not person().is_local)
    flash(gettext("Publication no. %(id)s is withdrawn.", id=published_id), "good")
    return redirect(url_for("publications.index"))
