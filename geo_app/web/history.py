"""Looking back: versions of a row, changes of a layer, a layer as of a date, its restoring, and what keeps a change from undo."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.actions import export_layer, history, reach, restore_layer, visible_changes
from geo_app.errors import ForbiddenError, NotFoundError
from geo_app.web import bodies, context, difference, features, frames, sending
from geo_app.web.desk import desk, person
from geo_app.web.figures import plain_value
from geo_app.web.language import language, title
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared
from layers.schema import GeometryKind
from map_templates.spec import Credits, MapLayer, MapSpec

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from geopandas import GeoDataFrame

    from geo_app.actions.history import Span
    from layers.schema import Layer
    from layers.store.records import ChangeRecord

pages = Blueprint("history", __name__)

LISTED = 50
ROWS_SHOWN = 200
PREVIEW_SHOWN = 100
ON_MAP = 5000
REASON_LENGTH = 300
NAME_LENGTH = 120
TABLE_FORMATS = ("csv", "xlsx")


@pages.get("/layers/<name>/rows/<code>/history")
@permission(Permission.READ)
def feature(name: str, code: str) -> ResponseReturnValue:
    """Show every version of a row: what changed, by whom, why and when, the newest first."""
    layer = declared(name)
    found = history.versions(desk().store, person(), name, code)
    newest = found[-1].after or found[-1].before or {}
    return render_template(
        "history_feature.html",
        layer=layer,
        id=found[0].id,
        name=plain_value(newest.get(layer.name_field)) or plain_value(newest.get(layer.key)) or found[0].id,
        gone=found[-1].after is None,
        versions=[(item, difference.shown(layer, item.before, item.after)) for item in reversed(found)],
        located=layer.geometry is not GeometryKind.NONE,
        simulated_here=context.simulated(name),
    )


@pages.get("/layers/<name>/rows/<code>/history/<int:ver>/map")
@permission(Permission.READ)
def feature_map(name: str, code: str, ver: int) -> ResponseReturnValue:
    """Draw what one version of a row changed."""
    layer = declared(name)
    found = [item for item in history.versions(desk().store, person(), name, code) if item.ver == ver]
    return difference.map_answer([difference.shown(layer, item.before, item.after) for item in found])


def _span() -> Span:
    since, until = request.args.get("since", "").strip(), request.args.get("until", "").strip()
    return history.Span(
        since=history.moment(since, end=False) if since else None,
        until=history.moment(until) if until else None,
        who=request.args.get("who", "").strip()[:NAME_LENGTH] or None,
    )


@pages.get("/layers/<name>/history")
@permission(Permission.READ)
def layer_page(name: str) -> ResponseReturnValue:
    """Show the changes of a layer, or, with `at`, the layer as it was."""
    reach.of(desk().store, person(), name)
    if request.args.get("at", "").strip():
        return _state_page(declared(name))
    start = bodies.whole_argument("offset", 0, high=5000)
    records = history.layer_changes(desk().store, person(), name, _span(), limit=LISTED + 1, offset=start)
    return render_template(
        "history_layer.html",
        layer=declared(name),
        records=records[:LISTED],
        more=len(records) > LISTED,
        offset=start,
        people=history.facts(desk().store, name)["people"] if person().everything else sorted({item.who for item in records}),
        asked={key: request.args.get(key, "") for key in ("since", "until", "who")},
        today=dt.datetime.now().astimezone().date().isoformat(),
        simulated_here=context.simulated(name),
    )


@pages.get("/layers/<name>/history.<kind>")
@permission(Permission.EXPORT)
def layer_table(name: str, kind: str) -> ResponseReturnValue:
    """Send the changes of a layer, filtered as on the page, as a table."""
    records = history.layer_changes(desk().store, person(), name, _span(), limit=history.LOOKED_AT)
    stem = f"{title(declared(name))}-{gettext('changes')}"
    return sending.table(history.table(records), stem=stem, kind=sending.format_of(kind, TABLE_FORMATS))


def _asked_at() -> dt.datetime | int:
    return history.when(request.values.get("at", ""))


def _said(at: dt.datetime | int) -> str:
    """Write a moment for reading and for the name of a file."""
    if isinstance(at, int):
        return str(gettext("after change #%(id)s", id=at))
    whole_day = at.time().replace(tzinfo=None) == dt.time.max
    return at.date().isoformat() if whole_day else at.strftime("%Y-%m-%d %H:%M")


def _state(layer: Layer) -> GeoDataFrame:
    """Give the layer as it was, kept for the page, its map and its downloads."""
    here, at, who = desk(), _asked_at(), person()
    version = here.store.version_at(layer.name, at)
    return here.kept.get(("state", layer.name, version, who.scope), lambda: history.state(here.store, who, layer.name, at))


def _state_page(layer: Layer) -> ResponseReturnValue:
    frame = _state(layer)
    fields = [field for field in features.shown_fields(layer) if field.name in frame]
    rows = [
        (plain_value(row["id"]), plain_value(row["ver"]), [features.words(field, row[field.name]) for field in fields])
        for row in frame.head(ROWS_SHOWN).to_dict("records")
    ]
    here, at = desk().store, _asked_at()
    return render_template(
        "history_state.html",
        layer=layer,
        at=request.args["at"].strip(),
        said=_said(at),
        fields=fields,
        rows=rows,
        total=len(frame),
        drawn=min(len(frame), ON_MAP),
        change=here.version_at(layer.name, at),
        present=here.version(layer.name),
        located=layer.geometry is not GeometryKind.NONE and len(frame) > 0,
        formats=[name for name in export_layer.FORMATS if layer.geometry is not GeometryKind.NONE or name in {"csv", "xlsx"}],
        may_restore=reach.may(person(), layer.name, Verb.APPLY),
        simulated_here=context.simulated(layer.name),
    )


@pages.post("/layers/<name>/history/download")
@permission(Permission.EXPORT)
def download(name: str) -> ResponseReturnValue:
    """Send a layer as it was, in any format it can be exported in; the name of the file states the date."""
    layer = declared(name)
    reach.of(desk().store, person(), name)
    kind = sending.format_of(request.form.get("format"), export_layer.FORMATS)
    said = _said(_asked_at()).replace(":", "").replace(" ", "-")
    return sending.layer_file(_state(layer), layer, kind, stem=f"{title(layer)}-{said}")


@pages.get("/layers/<name>/history/map")
@permission(Permission.READ)
def state_map(name: str) -> ResponseReturnValue:
    """Draw a layer as it was."""
    layer = declared(name)
    reach.of(desk().store, person(), name)
    frame = _state(layer)
    placed = frame[frame.geometry.notna()] if layer.geometry is not GeometryKind.NONE else frame.iloc[:0]
    label = layer.name_field if layer.name_field in placed else layer.key
    items = (MapLayer(layer.name, title(layer), features.thin(placed, ON_MAP), label_field=label),) if len(placed) else ()
    spec = MapSpec(
        f"{title(layer)} · {_said(_asked_at())}",
        layers=items,
        credits=Credits(simulated=context.simulated(name)),
        language="zh" if language() == "zh" else "en",
    )
    return frames.answer(spec, frames.options())


def _preview(name: str) -> restore_layer.Preview:
    return restore_layer.preview(desk().store, person(), name, _asked_at())


@pages.get("/layers/<name>/restore")
@permission(Permission.CHANGE)
def restore_page(name: str) -> ResponseReturnValue:
    """Show what restoring a layer would add, change and remove, before anything happens."""
    layer = declared(name)
    seen = _preview(name)
    return render_template(
        "history_restore.html",
        layer=layer,
        at=request.args.get("at", "").strip(),
        said=_said(seen.at),
        seen=seen,
        rows=[difference.shown(layer, item.before, item.after) for item in seen.rows[:PREVIEW_SHOWN]],
        located=layer.geometry is not GeometryKind.NONE and len(seen.rows) > 0,
    )


@pages.get("/layers/<name>/restore/map")
@permission(Permission.CHANGE)
def restore_map(name: str) -> ResponseReturnValue:
    """Draw what restoring a layer would change."""
    layer = declared(name)
    return difference.map_answer(
        [difference.shown(layer, item.before, item.after) for item in _preview(name).rows[:PREVIEW_SHOWN]]
    )


@pages.post("/layers/<name>/restore")
@permission(Permission.CHANGE)
def restore(name: str) -> ResponseReturnValue:
    """Restore a layer as it was previewed, as one new change."""
    seen = _preview(name)
    version = request.form.get("version", type=int)
    if version != seen.version:
        raise restore_layer.LayerChangedError("The layer was changed since this preview. Look at it again; nothing was restored.")
    reason = request.form.get("reason", "").strip()[:REASON_LENGTH]
    said = _said(seen.at)
    receipt = restore_layer.restore(
        desk().store, person(), seen, reason=reason or gettext("%(layer)s as of %(at)s", layer=title(declared(name)), at=said)
    )
    flash(gettext("The layer is as it was: %(at)s.", at=said), "good")
    return redirect(url_for("changes.page", change_id=receipt.change_id))


@pages.get("/changes/<int:change_id>/undo")
@permission(Permission.CHANGE)
def undo_page(change_id: int) -> ResponseReturnValue:
    """Show what undoing a change does, and which later changes stand in its way."""
    store, who = desk().store, person()
    record = visible_changes.find(store, who, change_id)
    found = history.obstacles(store, who, change_id)
    shown: list[dict[str, Any]] = [
        {
            "record": item.change,
            "total": len(item.rows),
            "rows": [(LAYERS[name], feature_id) for name, feature_id in item.rows[:ROWS_SHOWN] if name in LAYERS],
        }
        for item in found
    ]
    return render_template("history_undo.html", record=record, obstacles=shown, may=_may_undo(record))


def _may_undo(record: ChangeRecord) -> bool:
    """Say whether the asker's rights reach to every layer of a change."""
    try:
        visible_changes.undoing(desk().store, person(), record)
    except (ForbiddenError, NotFoundError):
        return False
    return True
