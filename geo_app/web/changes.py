"""Changes: who changed what, when and why; each can be undone whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import reach, visible_changes
from geo_app.errors import NotFoundError
from geo_app.web import difference, refusals, sending
from geo_app.web.desk import desk, person
from geo_app.web.language import title
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from layers.store import ChangeRecord

pages = Blueprint("changes", __name__, url_prefix="/changes")
refusals.install(pages)

LISTED = 100
SHOWN_ROWS = 100
ON_MAP = 500
REASON_LENGTH = 300


def _titles(record: ChangeRecord) -> list[str]:
    return [title(LAYERS[name]) if name in LAYERS else name for name in record.layers]


def _find(change_id: int) -> ChangeRecord:
    return visible_changes.find(desk().store, person(), change_id)


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the changes, newest first."""
    records = visible_changes.listed(desk().store, person(), limit=LISTED)
    return render_template("changes.html", rows=[(record, _titles(record)) for record in records])


@pages.get("/<int:change_id>")
@permission(Permission.READ)
def page(change_id: int) -> ResponseReturnValue:
    """Show one change: who, when, why, on the map, and the rows before and after."""
    record = _find(change_id)
    rows = _rows(change_id, SHOWN_ROWS)
    return render_template(
        "change.html",
        record=record,
        layers=_titles(record),
        rows=rows,
        total=record.inserted + record.updated + record.deleted,
        located=any(LAYERS[name].geometry.value for name in record.layers if name in LAYERS),
    )


def _rows(change_id: int, most: int) -> list[difference.Shown]:
    """Describe the first rows of a change, as far as the person reads them."""
    store = desk().store
    found = store.change_rows(change_id, reach.for_reading(store, person()), limit=most)
    return [difference.shown(LAYERS[item.layer], item.before, item.after) for item in found]


@pages.get("/<int:change_id>/map")
@permission(Permission.READ)
def map_(change_id: int) -> ResponseReturnValue:
    """Draw what a change did: as it was red and dashed, as it became green."""
    _find(change_id)
    return difference.map_answer(_rows(change_id, ON_MAP))


@pages.post("/<int:change_id>/undo")
@permission(Permission.CHANGE)
def undo(change_id: int) -> ResponseReturnValue:
    """Undo a whole change by a new one."""
    reason = request.form.get("reason", "").strip()[:REASON_LENGTH] or gettext("Undo of change #%(id)s", id=change_id)
    store, who = desk().store, person()
    rights = visible_changes.undoing(store, who, _find(change_id))
    receipt = store.undo(change_id, who=who.name, bureau=who.bureau, reason=reason, account_id=who.account_id, reach=rights)
    flash(gettext("Change #%(id)s is undone.", id=change_id), "good")
    return redirect(url_for("changes.page", change_id=receipt.change_id))


@pages.get("/<int:change_id>/recipe.toml")
@permission(Permission.EXPORT)
def recipe(change_id: int) -> ResponseReturnValue:
    """Send the recipe that an import was made by, so that next year's file is one command.

    Raises:
        NotFoundError: when the change has none.
    """
    record = _find(change_id)
    if not record.recipe:
        raise NotFoundError(f"Change {change_id} has no recipe")
    return sending.attachment(record.recipe.encode("utf-8"), name=f"recipe-{change_id}.toml", kind="toml")
