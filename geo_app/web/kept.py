"""Refused edits: listed for their author and the reviewers, merged field by field, put away; never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import kept_edits, kept_groups, reach, save_edits
from geo_app.actions.edit_payload import BadFieldError, BadShapeError, values_of
from geo_app.errors import BadRequestError
from geo_app.web import difference, refusals
from geo_app.web.desk import desk, person
from geo_app.web.language import title, unit
from layers.catalogue import LAYERS
from layers.store import Delete, Insert

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.kept_edits import Standing
    from geo_app.actions.kept_groups import Group, Named
    from geo_app.actions.merge import FieldMerge
    from layers.store import Edit, KeptEdit

pages = Blueprint("kept", __name__, url_prefix="/kept")
refusals.install(pages)

STATES = ("open", "merged", "dismissed")
REASON_LENGTH = 300


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the kept edits that this person sees, those that were refused together as one."""
    state = request.args.get("state", "open")
    wanted = state if state in STATES else None
    found = kept_edits.listed(desk().store, person(), state=wanted)
    names = kept_groups.named(desk().store, person(), found)
    groups = [
        (group, _titles(group), [(item, _label(item, names.get(item.kept_id))) for item in group.items])
        for group in kept_groups.grouped(found)
    ]
    return render_template("kept.html", groups=groups, state=wanted or "", states=STATES)


def _titles(group: Group) -> list[str]:
    names = dict.fromkeys(item.layer for item in group.items)
    return [title(LAYERS[name]) if name in LAYERS else name for name in names]


def _label(item: KeptEdit, found: Named | None) -> str:
    """Name the feature of a kept edit by its name and key; one that is not for the reader by its id."""
    named = "" if found is None else difference.label(LAYERS[item.layer], found.feature)
    return named or item.feature_id or "—"


@pages.get("/<int:kept_id>")
@permission(Permission.READ)
def page(kept_id: int) -> ResponseReturnValue:
    """Show a kept edit beside what is there now: the page on which two edits are merged field by field."""
    return _page(kept_edits.standing(desk().store, person(), kept_id))


def _page(found: Standing, *, status: int = 200, message: str = "", faults: Any = ()) -> ResponseReturnValue:
    alike = {"same", "both_same"} if found.two_way else {"same"}
    parts = [part for part in found.merge.parts if part.state not in alike]
    feature = kept_groups.named(desk().store, person(), [found.kept]).get(found.kept.kept_id)
    page_ = render_template(
        "kept_one.html",
        found=found,
        name=_label(found.kept, feature),
        there=feature is not None and feature.there,
        known=feature is not None,
        kept=found.kept,
        layer=found.layer,
        choices=[_part(found, part) for part in parts],
        same=sum(part.state in alike for part in found.merge.parts),
        may=reach.may(person(), found.layer.name, Verb.SUBMIT),
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
    first = "mine" if found.theirs is None else {"mine": "mine", "theirs": "theirs"}.get(part.state, "")
    chosen = request.form.get(f"choice:{part.name}") or first
    return {
        "name": part.name,
        "state": part.state,
        "field": field,
        "title": gettext("Geometry") if field is None else title(field),
        "unit": "" if field is None else unit(field.unit),
        "base": difference.said(layer, part.name, part.base),
        "mine": difference.said(layer, part.name, part.mine, seen=part.base),
        "theirs": difference.said(layer, part.name, part.theirs, seen=part.base),
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
    """Draw one side of a kept edit against what its author saw: this edit (`mine`) or what is there now (`theirs`).

    Both maps show the same stretch of land, so that the eye can go from one to the other.
    """
    found = kept_edits.standing(desk().store, person(), kept_id)
    now = request.args.get("side") == "theirs"
    side = found.theirs if now else found.mine
    base = found.theirs if found.two_way and not now else found.base
    if base is None and side is None:
        raise BadRequestError("There is nothing to draw.")
    states = (found.base, found.mine, found.theirs)
    beside = tuple(None if state is None else state.get(difference.GEOMETRY) for state in states)
    return difference.map_answer([difference.shown(found.layer, base, side).drawn(beside)])


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
        return _page(found, status=400, message=refusals.say(error))
    except save_edits.EditFaultsError as error:
        return _page(found, status=422, message=refusals.say(error), faults=error.report.errors)
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
@permission(Permission.EDIT)
def dismiss(kept_id: int) -> ResponseReturnValue:
    """Put a kept edit away; it stays in the store and can still be looked at."""
    kept_edits.dismiss(desk().store, person(), kept_id)
    flash(gettext("Kept edit #%(id)s is put away; it is still listed under “put away”.", id=kept_id), "good")
    return redirect(url_for("kept.index"))
