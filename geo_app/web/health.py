"""Whether the server is well: for a watcher, without a word about the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from geo_app.access import Permission, permission
from geo_app.web.desk import desk

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@permission(Permission.OPEN)
def healthz() -> ResponseReturnValue:
    """Say that the server answers and can read its store."""
    desk().store.versions()
    return jsonify(status="ok")
