"""The pictures of works: the clean copy and its thumbnail, to whoever reads the project; and taking one off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions.library import photographs
from geo_app.web.desk import desk, person, today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("photographs", __name__, url_prefix="/photographs")


@pages.get("/<photo_id>")
@permission(Permission.READ)
def picture(photo_id: str) -> ResponseReturnValue:
    """Send a photograph's clean copy."""
    return _picture(photo_id, small=False)


@pages.get("/<photo_id>/thumbnail")
@permission(Permission.READ)
def thumbnail(photo_id: str) -> ResponseReturnValue:
    """Send a photograph's thumbnail."""
    return _picture(photo_id, small=True)


def _picture(photo_id: str, *, small: bool) -> ResponseReturnValue:
    kept = photographs.picture(desk().store, person(), photo_id, small=small)
    answer = Response(kept.data, mimetype="image/jpeg")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.post("/<photo_id>/remove")
@permission(Permission.MOVE)
def remove(photo_id: str) -> ResponseReturnValue:
    """Take a photograph off its project."""
    project_id = photographs.remove_photograph(desk().store, person(), photo_id, today=today())
    flash(gettext("The photograph is taken off; the history keeps its row."), "good")
    return redirect(url_for("works.page", project_id=project_id))
