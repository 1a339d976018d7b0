"""Refused edits: listed for their author and the reviewers, merged field by field, put away; never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import kept_edits, save_edits
from geo_app.actions.edit_payload import BadFieldError, BadShapeError, values_of
from geo_app.errors import BadRequestError
from geo_app.web import difference
from geo_app.web.desk import desk, person
from geo_app.web.errors import explain
from geo_app.web.language import title, unit
from layers.catalogue import LAYERS
from layers.store import Delete, Insert

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.kept_edits import Standing
    from geo_app.actions.merge import FieldMerge
    from layers.store import Edit

pages = Blueprint("kept", __name__, url_prefix="/kept")

STATES = ("open", "merged", "dismissed")
REASON_LENGTH = 300


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the kept edits that this person sees."""
    state = request.args.get("state", "open")
    wanted = state if state in STATES else None
    found = kept_edits.listed(desk().store, person(), state=wanted)
    rows = [(item, title(LAYERS[item.layer]) if item.layer in LAYERS else item.layer) for item in found]
    return render_template("kept.html", rows=rows, state=wanted or "", states=STATES)


@pages.get("/<int:kept_id>")
@permission(Permission.READ)
def page(kept_id: int) -> ResponseReturnValue:
    """Show a kept edit beside what is there now: the page on which two edits are merged field by field."""
    return _page(kept_edits.standing(desk().store, person(), kept_id))


def _page(found: Standing, *, status: int = 200, message: str = "", faults: Any = ()) -> ResponseReturnValue:
    parts = [part for part in found.merge.parts if part.state != "same"]
    page_ = render_template(
        "kept_one.html",
        found=found,
        kept=found.kept,
        layer=found.layer,
        choices=[_part(found, part) for part in parts],
        same=sum(part.state == "same" for part in found.merge.parts),
        new=isinstance(found.kept.edit, Insert),
        removal=isinstance(found.kept.edit, Delete),
        geometry=found.merge.geometry is not None and found.merge.geometry.state != "same",
        message=message,
        faults=faults,
        reason=request.form.get("reason") or found.kept.reason,
        open_fields=sum(part.state == "conflict" for part in parts),
    )
    return page_, status


def _part(found: Standing, part: FieldMerge) -> dict[str, Any]:
    """Give one field for the table: its title, its three values in words, and which is chosen at first."""
    layer = found.layer
    field = None if part.name == difference.GEOMETRY else layer[part.name]
    chosen = request.form.get(f"choice:{part.name}") or {"mine": "mine", "theirs": "theirs"}.get(part.state, "")
    return {
        "name": part.name,
        "state": part.state,
        "field": field,
        "title": gettext("Geometry") if field is None else title(field),
        "unit": "" if field is None else unit(field.unit),
        "base": difference.said(layer, part.name, part.base),
        "mine": difference.said(layer, part.name, part.mine),
        "theirs": difference.said(layer, part.name, part.theirs),
        "raw": request.form.get(f"other:{part.name}", "" if part.mine is None or field is None else _raw(part.mine)),
        "chosen": chosen,
    }


def _raw(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "；".join(map(str, value)) if isinstance(value, list) else str(value)


@pages.get("/<int:kept_id>/map")
@permission(Permission.READ)
def map_(kept_id: int) -> ResponseReturnValue:
    """Draw one side of a kept edit against what its author saw: this edit (`mine`) or what is there now (`theirs`)."""
    found = kept_edits.standing(desk().store, person(), kept_id)
    side = found.theirs if request.args.get("side") == "theirs" else found.mine
    if found.base is None and side is None:
        raise BadRequestError("There is nothing to draw.")
    return difference.map_answer([difference.shown(found.layer, found.base, side)])


@pages.post("/<int:kept_id>/merge")
@permission(Permission.SUBMIT)
def merge(kept_id: int) -> ResponseReturnValue:
    """Save what was chosen as a new edit on the version that was looked at; it may conflict again, then the page opens anew."""
    here, who = desk(), person()
    found = kept_edits.standing(here.store, who, kept_id)
    reason = request.form.get("reason", "").strip()[:REASON_LENGTH] or found.kept.reason
    try:
        edits = _chosen(found)
        carried = kept_edits.carry_on(here.store, who, found, edits, reason)
    except (BadRequestError, BadFieldError, BadShapeError) as error:
        return _page(found, status=400, message=explain(error.code, str(error)))
    except save_edits.EditFaultsError as error:
        return _page(found, status=422, message=explain(error.code, str(error)), faults=error.report.errors)
    if carried.next_id is not None:
        flash(gettext("The feature was changed once more meanwhile. Compare again; your choices are kept."), "warning")
        return redirect(url_for("kept.page", kept_id=carried.next_id))
    if carried.saved is None:
        flash(gettext("Nothing was left to change: what is there stays."), "good")
        return redirect(url_for("kept.page", kept_id=kept_id))
    if carried.saved.receipt is None:
        flash(gettext("Submitted as change request #%(id)s.", id=carried.saved.request_id), "good")
        return redirect(url_for("requests.page", request_id=carried.saved.request_id))
    flash(gettext("Saved as change #%(id)s.", id=carried.saved.receipt.change_id), "good")
    return redirect(url_for("changes.page", change_id=carried.saved.receipt.change_id))


def _chosen(found: Standing) -> list[Edit]:
    """Read the choices of the form; a bulk of new rows is sent again as it was."""
    if found.rows > 1:
        return [found.kept.edit]
    form = request.form
    names = [part.name for part in found.merge.parts]
    choices = {name: form[f"choice:{name}"] for name in names if f"choice:{name}" in form}
    others = {name: form.get(f"other:{name}", "") for name, choice in choices.items() if choice == kept_edits.OTHER}
    ver = form.get("ver", type=int)
    edit = kept_edits.merged_edit(found, choices, values_of(found.layer, others), ver)
    return [] if edit is None else [edit]


@pages.post("/<int:kept_id>/dismiss")
@permission(Permission.SUBMIT)
def dismiss(kept_id: int) -> ResponseReturnValue:
    """Put a kept edit away; it stays in the store and can still be looked at."""
    kept_edits.dismiss(desk().store, person(), kept_id)
    flash(gettext("Kept edit #%(id)s is put away; it is still listed under “put away”.", id=kept_id), "good")
    return redirect(url_for("kept.index"))
