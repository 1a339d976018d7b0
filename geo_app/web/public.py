"""Pages for everybody: notices and maps that were published, and nothing else. No account is asked for."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from geo_app.access import Permission, permission
from geo_app.actions import frozen_map, publish
from geo_app.errors import NotFoundError
from geo_app.web import frames, sending
from geo_app.web.desk import desk
from geo_app.web.security import nonce
from map_templates import web
from map_templates.spec import Credits

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from layers.store import Publication

pages = Blueprint("public", __name__, url_prefix="/public")


def _map(published_id: int) -> Publication:
    item = publish.public(desk().store, published_id)
    if "map" not in item.content:
        raise NotFoundError(f"There is no map in publication {published_id}.")
    return item


@pages.get("")
@permission(Permission.PUBLIC)
def index() -> ResponseReturnValue:
    """List what is public now, the newest first."""
    return render_template("public.html", items=desk().store.published.all(public_at=dt.datetime.now(dt.UTC)))


@pages.get("/<int:published_id>")
@permission(Permission.PUBLIC)
def item(published_id: int) -> ResponseReturnValue:
    """Show a notice or a map with its figures as they were on the day of publication."""
    found = publish.public(desk().store, published_id)
    kept = found.content.get("map")
    return render_template(
        "public_item.html",
        item=found,
        kept=kept,
        rows=frozen_map.rows(kept).to_dict("records") if kept else [],
        simulated_here=bool(kept and kept["credits"]["simulated"]),
    )


@pages.get("/<int:published_id>/map")
@permission(Permission.PUBLIC)
def map_(published_id: int) -> ResponseReturnValue:
    """Give the published map for its frame; sources and method stand in the page around it."""
    origin = request.host_url.rstrip("/")
    options = web.WebOptions(draw=False, heading=False, parent_origin=origin, nonce=nonce())
    spec = frozen_map.thaw(_map(published_id).content["map"])
    beside = Credits(simulated=spec.credits.simulated, review_number=spec.credits.review_number)
    return frames.answer(replace(spec, credits=beside), options)


@pages.get("/<int:published_id>/map.pdf")
@permission(Permission.PUBLIC)
def printed(published_id: int) -> ResponseReturnValue:
    """Send the printed page that was made when the map was published."""
    found = _map(published_id)
    return sending.attachment(base64.b64decode(found.content["pdf"]), name=f"{found.title}.pdf", kind="pdf")


@pages.get("/<int:published_id>/figures.<kind>")
@permission(Permission.PUBLIC)
def table(published_id: int, kind: str) -> ResponseReturnValue:
    """Send the figures of a published map as CSV or XLSX."""
    found = _map(published_id)
    return sending.table(frozen_map.rows(found.content["map"]), stem=found.title, kind=sending.format_of(kind, ("csv", "xlsx")))
