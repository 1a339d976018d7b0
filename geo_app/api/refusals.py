"""Refused edits as answers: what is there now, who made it so, and under which number the edit is kept for merging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, jsonify

from geo_app.actions.save_edits import EditFaultsError, StaleEditsError
from geo_app.api import geojson
from geo_app.api.collections import collection
from geo_app.api.crs import CRS84, System
from geo_app.errors import body
from geo_app.web.errors import explain
from geo_app.web.language import language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from layers.schema import PersonError

GONE = 410


def _refusal(error: PersonError, status: int | None = None, **more: Any) -> Response:
    found = body(error, request_id=g.get("request_id", ""), translate=explain)
    response = jsonify(found.as_json() | more)
    response.status_code = found.status if status is None else status
    return response


def _stale(error: StaleEditsError) -> Response:
    conflicts = [_conflict(item) for item in error.conflicts]
    first = error.conflicts[0]
    response = _refusal(error, GONE if first["ver"] is None else None, conflicts=conflicts, kept=list(error.kept))
    if first["ver"] is not None:
        response.set_etag(str(first["ver"]))
    return response


def _conflict(item: Mapping[str, Any]) -> dict[str, Any]:
    fields, theirs = collection(str(item["layer"])).fields, item["feature"]
    at = item["at"]
    return {
        "layer": item["layer"],
        "id": item["id"],
        "expected_ver": item["expected_ver"],
        "ver": item["ver"],
        "who": item["who"],
        "bureau": item["bureau"],
        "at": None if at is None else at.isoformat(),
        "kept_id": item["kept_id"],
        "href": f"/kept/{item['kept_id']}",
        "feature": None if theirs is None else geojson.feature(theirs, fields, System(CRS84)),
    }


def _faults(error: EditFaultsError) -> Response:
    return _refusal(error, faults=[item.as_json(language()) for item in error.report.faults], kept=list(error.kept))


def install(pages: Blueprint) -> None:
    """Register the answers for a blueprint."""
    pages.register_error_handler(StaleEditsError, _stale)
    pages.register_error_handler(EditFaultsError, _faults)
