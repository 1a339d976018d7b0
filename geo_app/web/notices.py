"""Giving notice: a form for a project, asset, ledger, plan or change, and its publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import notices
from geo_app.errors import BadRequestError
from geo_app.web.desk import desk, person, today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.notices import Subject

pages = Blueprint("notices", __name__, url_prefix="/notices")

USUAL_DAYS = 10
"""What notices of the library and of the ledgers last at least (PN-01–PN-03, AN-09); the move itself asks the area's rules."""
LEVELS = ("village", "township", "county")


@pages.get("/new")
@permission(Permission.MOVE)
def form() -> ResponseReturnValue:
    """Show the form for a notice, filled in as far as the address says what it is about."""
    chosen = {name: request.args.get(name, "")[:120] for name in ("subject", "key", "level")}
    return render_template("notice_new.html", chosen=chosen, subjects=tuple(notices.LAYER), levels=LEVELS, usual_days=USUAL_DAYS)


@pages.post("")
@permission(Permission.MOVE)
def announce() -> ResponseReturnValue:
    """Publish a notice and show it."""
    asked = request.form
    days = asked.get("days", "").strip()
    if days and not days.isdecimal():
        raise BadRequestError(f"days: a whole number, or nothing for no end, was expected, found {days[:20]!r}")
    number, _ = notices.announce(
        desk().store,
        person(),
        cast("Subject", asked.get("subject", "")),
        asked.get("key", "").strip(),
        title=asked.get("title", ""),
        level=asked.get("level", ""),
        days=int(days) if days else None,
        today=today(),
        said=notices.Said(unit=asked.get("unit", ""), contact=asked.get("contact", ""), text=asked.get("text", "")[:20_000]),
    )
    flash(gettext("Publication no. %(id)s is public.", id=number), "good")
    return redirect(url_for("public.item", published_id=number))
