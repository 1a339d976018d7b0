"""Edits from the map: checked while they are made, saved as one change or submitted as a change request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from flask import Blueprint, jsonify, request, url_for

from geo_app.access import Permission, permission
from geo_app.actions import reach, save_edits
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.edit_payload import BadFieldError, parse
from geo_app.errors import BadRequestError
from geo_app.web import bodies
from geo_app.web.desk import desk, person
from geo_app.web.errors import answer, told
from geo_app.web.figures import plain_value
from geo_app.web.language import language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from layers.store import Edit, Receipt

pages = Blueprint("saving", __name__, url_prefix="/editing")

BODY_BYTES = 20_000_000
"""A feature may have 100,000 vertices, a set of edits several features. Whose edits are only kept sends no more than a form."""
MOST_EDITS = 500
REASON_LENGTH = 300
SETTLED = 100


@pages.post("/save")
@permission(Permission.EDIT)
def save() -> ResponseReturnValue:
    """Save edits: 200 with the change, 202 with the request that waits for a reviewer, 412 with the features as they are now.

    Edits that are refused otherwise (403, 404, 428) are kept too; the answer has their numbers.

    The body is `{"reason", "edits": […], "settles": [numbers of kept edits]}`.
    """
    asked = _asked()
    edits = edits_of(asked)
    reason = str(asked.get("reason") or "").strip()[:REASON_LENGTH]
    if not reason:
        raise BadRequestError("Say why: a change needs a reason.")
    try:
        saved = save_edits.save(desk().store, person(), edits, reason=reason, settles=_settles(asked))
    except save_edits.StaleEditsError as error:
        conflicts = [conflict(item) for item in error.conflicts]
        return answer(412, error.code, told(error), conflicts=conflicts, kept=list(error.kept))
    except save_edits.EditFaultsError as error:
        return answer(422, error.code, told(error), **_report(error.report), kept=list(error.kept))
    warnings = [item.as_json(language()) for item in saved.warnings]
    if saved.receipt is None:
        where = url_for("requests.page", request_id=saved.request_id)
        return jsonify(request_id=saved.request_id, href=where, warnings=warnings), 202
    return jsonify(
        change_id=saved.receipt.change_id,
        href=url_for("changes.page", change_id=saved.receipt.change_id),
        versions=versions_of(saved.receipt),
        again=saved.again,
        warnings=warnings,
    )


@pages.post("/check")
@permission(Permission.SUBMIT)
def check() -> ResponseReturnValue:
    """Check edits as saving would, and change nothing."""
    edits = edits_of(_asked())
    here, who = desk().store, person()
    readable = {edit.layer: reach.of(here, who, edit.layer) for edit in edits}
    return jsonify(_report(faults_of(here, edits, readable=readable)))


def _asked() -> dict[str, Any]:
    if person().may(Permission.SUBMIT):
        request.max_content_length = BODY_BYTES
    return bodies.body()


def edits_of(asked: Mapping[str, Any]) -> list[Edit]:
    """Read the edits of a request.

    Raises:
        BadRequestError: there is no list of edits, or it is too long.
        BadFieldError, BadShapeError, UnknownNameError: as `edit_payload.parse`.
    """
    given = asked.get("edits")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise BadRequestError("edits must be a list of edits")
    if len(given) > MOST_EDITS:
        raise BadRequestError(f"At most {MOST_EDITS} edits are saved at once, {len(given)} were sent")
    for item in given:
        if not isinstance(item.get("layer"), str):
            raise BadFieldError("Every edit names its layer", field="layer")
        reach.of(desk().store, person(), item["layer"])
    return [parse(item["layer"], item) for item in given]


def _settles(asked: Mapping[str, Any]) -> list[int]:
    given = asked.get("settles") or []
    if not isinstance(given, list) or len(given) > SETTLED or not all(type(item) is int for item in given):
        raise BadRequestError("settles must be a list of numbers of kept edits")
    return given


def _report(report: Any) -> dict[str, Any]:
    return {
        "errors": [item.as_json(language()) for item in report.errors],
        "warnings": [item.as_json(language()) for item in report.warnings],
    }


def versions_of(receipt: Receipt) -> dict[str, dict[str, int]]:
    """Give the new version of every feature that a change left, by layer and id; a removed feature is not among them."""
    found: dict[str, dict[str, int]] = {}
    for record in desk().store.change_rows(receipt.change_id):
        if record.after is None:
            found.get(record.layer, {}).pop(record.id, None)
        else:
            found.setdefault(record.layer, {})[record.id] = record.ver
    return found


def conflict(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give a conflict as JSON: the three states as GeoJSON features, who changed it and when, and where it is merged."""
    states = {name: feature_json(item[name]) for name in ("base", "mine", "theirs")}
    head = {name: item[name] for name in ("layer", "id", "expected_ver", "ver", "who", "bureau", "kept_id")}
    at = item["at"]
    return {**head, "at": at.isoformat() if at else None, "href": url_for("kept.page", kept_id=item["kept_id"]), **states}


def feature_json(feature: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give a feature of the store as GeoJSON with raw codes; None stays None."""
    if feature is None:
        return None
    shape = feature.get("geometry")
    return {
        "type": "Feature",
        "id": feature.get("id"),
        "ver": feature.get("ver"),
        "properties": {
            name: plain_value(value) for name, value in feature.items() if name not in {"fid", "id", "ver", "geometry"}
        },
        "geometry": None if shape is None else shapely.geometry.mapping(shape),
    }
