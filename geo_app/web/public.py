"""Pages for everybody: notices and maps that were published, and nothing else. No account is asked for."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request, url_for

from geo_app.access import Permission, permission
from geo_app.actions import frozen_map, notice_view, publish
from geo_app.errors import NotFoundError
from geo_app.web import frames, sending
from geo_app.web.addresses import absolute, this_machine_only
from geo_app.web.desk import desk, today
from geo_app.web.notice_words import kind_words
from geo_app.web.security import nonce
from map_templates import books, web
from map_templates.books import qr
from map_templates.books import sketch as drawing
from map_templates.spec import Credits

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.notice_view import Notice
    from layers.store import Publication

pages = Blueprint("public", __name__, url_prefix="/public")

A_PAGE = 50
"""Publications shown at once."""
SVG = "image/svg+xml"


def _map(published_id: int) -> Publication:
    item = publish.public(desk().store, published_id)
    if "map" not in item.content:
        raise NotFoundError(f"There is no map in publication {published_id}.")
    return item


def _notice(published_id: int) -> Notice:
    notice = notice_view.of(publish.public(desk().store, published_id))
    if notice is None:
        raise NotFoundError(f"Publication {published_id} is no notice with a code.")
    return notice


def _shown() -> list[Publication]:
    return desk().store.published.all(public_at=dt.datetime.now(dt.UTC))


def _svg(text: str) -> ResponseReturnValue:
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return text, 200, {"Content-Type": SVG, "Content-Security-Policy": policy}


@pages.get("")
@permission(Permission.PUBLIC)
def index() -> ResponseReturnValue:
    """List what is public, the newest first; by area and kind where they are asked for, ended notices as a record."""
    everything, here = _shown(), desk()
    area, kind, state = (request.args.get(name, "").strip()[:40] for name in ("area", "kind", "state"))
    found = notice_view.inside(here.store, everything, area) if area else everything
    entries = [(item, notice_view.of(item)) for item in found]
    entries = [(item, notice) for item, notice in entries if not kind or _kind(item, notice) == kind]
    entries = [(item, notice) for item, notice in entries if not state or (notice is not None and notice.state(today()) == state)]
    at = max(1, request.args.get("page", 1, type=int))
    areas = sorted(
        {(str(item.content["area"]), str(item.content["area_name"])) for item in everything if item.content.get("area")}
    )
    return render_template(
        "public.html",
        entries=entries[(at - 1) * A_PAGE : at * A_PAGE],
        count=len(entries),
        page_number=at,
        page_count=-(-len(entries) // A_PAGE),
        areas=areas,
        kinds=sorted({_kind(item, notice_view.of(item)) for item in everything}),
        chosen={"area": area, "kind": kind, "state": state},
        kind_words=kind_words(),
        today=today(),
    )


def _kind(item: Publication, notice: Notice | None) -> str:
    return item.kind if notice is None else notice.kind


@pages.get("/<int:published_id>")
@permission(Permission.PUBLIC)
def item(published_id: int) -> ResponseReturnValue:
    """Show a notice or a map with its figures as they were on the day of publication."""
    found = publish.public(desk().store, published_id)
    notice = notice_view.of(found)
    if notice is not None:
        return _notice_page(notice)
    kept = found.content.get("map")
    return render_template(
        "public_item.html",
        item=found,
        kept=kept,
        rows=frozen_map.rows(kept).to_dict("records") if kept else [],
        simulated_here=bool(kept and kept["credits"]["simulated"]),
    )


def _notice_page(notice: Notice) -> ResponseReturnValue:
    table = notice_view.table(notice)
    return render_template(
        "public_notice.html",
        notice=notice,
        kind_words=kind_words(),
        state=notice.state(today()),
        days_left=notice.days_left(today()),
        table=table,
        lines=[] if table is None else [(line.kind, line.cells) for line in books.lines(table)],
        address=absolute(url_for("public.item", published_id=notice.number)),
        simulated_here=bool(notice.content.get("simulated")),
    )


@pages.get("/<int:published_id>/qr.svg")
@permission(Permission.PUBLIC)
def code(published_id: int) -> ResponseReturnValue:
    """Give the QR code of a notice's address."""
    notice = _notice(published_id)
    return _svg(qr.svg(absolute(url_for("public.item", published_id=notice.number))))


@pages.get("/<int:published_id>/works.svg")
@permission(Permission.PUBLIC)
def works(published_id: int) -> ResponseReturnValue:
    """Give the drawing of where the works of a notice lie."""
    notice = _notice(published_id)
    if not notice.content.get("sketch"):
        raise NotFoundError(f"Publication {published_id} has no drawing.")
    return _svg(drawing.svg(notice.content["sketch"], title=notice.title))


@pages.get("/<int:published_id>/notice.pdf")
@permission(Permission.PUBLIC)
def sheet(published_id: int) -> ResponseReturnValue:
    """Send the notice as a sheet for the board, with its code; set once for an address."""
    notice, here = _notice(published_id), desk()
    address = absolute(url_for("public.item", published_id=notice.number))
    printed_of = notice_view.sheet(notice, address, here_only=this_machine_only())
    data = here.kept.get(("notice", notice.number, address), lambda: books.notice_pdf(printed_of))
    return sending.attachment(data, name=f"{notice.title}.pdf", kind="pdf")


@pages.get("/<any(projects, assets):subject>/<path:key>")
@permission(Permission.PUBLIC)
def about(subject: str, key: str) -> ResponseReturnValue:
    """List everything that was published about a project or asset: where the code at the works leads."""
    notices = notice_view.about(_shown(), subject, key)
    name = next((item["value"] for item in notices[0].content.get("facts", ()) if item["en"] == "Name"), key)
    place = absolute(url_for("public.about", subject=subject, key=key))
    return render_template(
        "public_about.html",
        subject=subject,
        key=key,
        name=name,
        notices=notices,
        kind_words=kind_words(),
        today=today(),
        place=place,
    )


@pages.get("/codes/<any(projects, assets):subject>/<path:key>")
@permission(Permission.PUBLIC)
def about_code(subject: str, key: str) -> ResponseReturnValue:
    """Give the QR code of a project or asset, for a board at the works; there is none before something is published."""
    notice_view.about(_shown(), subject, key)
    return _svg(qr.svg(absolute(url_for("public.about", subject=subject, key=key))))


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
