"""The asset ledger: the list with both partitions, the record of an asset, and its next steps as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.access.roles import ROLES
from geo_app.actions import edit_payload, inputs
from geo_app.actions.edit_payload import BadShapeError
from geo_app.actions.ledger import acting, listing, records, rights
from geo_app.errors import BadRequestError
from geo_app.errors import answer as answer_of
from geo_app.web import asset_forms, bodies, drawing, sending, table_words
from geo_app.web.context import simulated
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import short, title
from layers.asset_fields import CONFIRMATION, OPERATION, RIGHTS, UPKEEP, WORTH
from layers.catalogue import LAYERS
from layers.codes import ASSET_CLASS, ASSET_STATUS, FUND_SOURCE, OWNER_LEVEL
from layers.errors import PreconditionRequiredError, StaleVersionError
from processing.ledger.moves import MOVES
from processing.ledger.partitions import UNKNOWN

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.ledger.records import AssetRecord
    from layers.schema import PersonError

pages = Blueprint("assets", __name__, url_prefix="/assets")

A_PAGE: Final = 100
TEXT_LENGTH: Final = 80
LEVELS: Final = (3, 4)
LAYER: Final = LAYERS["assets"]
COLUMNS: Final = tuple(name for name in LAYER.field_names if name not in {"id", "valid_from", "valid_to"})
OWNING: Final = (*RIGHTS, *CONFIRMATION)
MONEY: Final = (*WORTH, "annual_income", "settled_date")
KEEPING: Final = (*UPKEEP, *OPERATION, "benefit_months")
EVENT_WORDS: Final = (
    "result",
    "opinion",
    "reason",
    "document",
    "place",
    "url",
    "amount",
    "period",
    "cause",
    "disposal_mode",
    "plan",
    "valuer",
    "revival_mode",
    "approver",
    "moved_m",
)


def _wanted() -> listing.Wanted:
    asked = request.args
    lists = {"asset_class": ASSET_CLASS, "owner_level": OWNER_LEVEL, "status": ASSET_STATUS}
    for name, codes in lists.items():
        if asked.get(name) and asked[name] not in codes and (name, asked[name]) != ("status", "wanting"):
            names = ", ".join(item.code for item in codes)
            raise BadRequestError(f"{name}: one of {names} was expected, found {asked[name][:20]!r}")
    area = asked.get("area", "").strip()
    if area:
        inputs.require_area(inputs.areas(desk().store, person=person()), area)
    entered = asked.get("entered", "")
    if entered and entered not in listing.STATES:
        raise BadRequestError(f"entered: one of {', '.join(listing.STATES)} was expected, found {entered[:20]!r}")
    return listing.Wanted(
        asked.get("asset_class", ""),
        asked.get("status", ""),
        asked.get("owner_level", ""),
        area,
        entered,
        asked.get("text", "").strip()[:TEXT_LENGTH],
    )


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the assets that the reader reads, with both partitions."""
    wanted = _wanted()
    rows = listing.assets(desk().store, person(), wanted)
    start = bodies.whole_argument("offset", 0)
    tree = inputs.areas(desk().store, person=person())
    frame = tree.frame[tree.frame["rank"].isin(LEVELS)]
    found = listing.parts(rows)
    return render_template(
        "assets.html",
        rows=rows[start : start + A_PAGE],
        total=len(rows),
        start=start,
        a_page=A_PAGE,
        found=found,
        places=2 if all(part.value == round(part.value, 2) for part in found.by_class.values()) else 4,
        unknown=UNKNOWN,
        wanted=wanted,
        arguments={name: value for name, value in request.args.items() if name not in {"offset", "lang"} and value},
        layer=LAYER,
        classes=ASSET_CLASS,
        owners=OWNER_LEVEL,
        statuses=ASSET_STATUS,
        areas=[
            (code, short(str(name or code)), int(rank))
            for code, name, rank in zip(frame["area_code"], frame["area_name"], frame["rank"], strict=True)
        ],
        place_of=lambda row: short(tree.name(rights.area_of(row) or "")),
    )


@pages.get("/download.<kind>")
@permission(Permission.EXPORT)
def download(kind: str) -> ResponseReturnValue:
    """Send the list as it is narrowed; names of households are in it for who looks after them alone."""
    kind = sending.format_of(kind, ("csv", "xlsx"))
    rows = listing.assets(desk().store, person(), _wanted())
    heads = {name: table_words.heading(LAYER[name]) for name in COLUMNS}
    cells = [{heads[name]: table_words.cell(LAYER[name], row.get(name)) for name in COLUMNS} for row in rows]
    table = pd.DataFrame(cells, columns=list(dict.fromkeys(heads.values())), dtype=object)
    return sending.table(table, stem=f"{title(LAYER)}-{today()}", kind=kind)


@pages.get("/<asset_id>")
@permission(Permission.READ)
def page(asset_id: str) -> ResponseReturnValue:
    """Show the record of an asset."""
    return _page(records.asset(desk().store, person(), asset_id, today()))


def _page(found: AssetRecord, *, refused: dict[str, Any] | None = None, status: int = 200) -> ResponseReturnValue:
    here, who = desk().store, person()
    offers = acting.offered(here, who, found, today()) if rights.may_act(who) else []
    mine = [item for item in offers if item.mine]
    tree = inputs.areas(here, person=who)
    return (
        render_template(
            "asset.html",
            found=found,
            asset=found.shown,
            key=found.asset_id,
            layer=LAYER,
            event_layer=LAYERS["asset_events"],
            fund_codes=FUND_SOURCE,
            events=list(reversed(found.events)),
            event_words=EVENT_WORDS,
            blocks=((gettext("Rights"), OWNING), (gettext("Money"), MONEY), (gettext("Upkeep and operation"), KEEPING)),
            second=_second(found),
            joined=listing.joined(here, who, found.shown),
            groups=asset_forms.groups(),
            mine=asset_forms.grouped(mine),
            others=[item for item in offers if not item.mine],
            inputs_of=lambda move: asset_forms.inputs_of(move, second=_second(found)),
            uses=asset_forms.uses(),
            most_uses=asset_forms.MOST_USES,
            roles_of=lambda move: "、".join(title(ROLES[name]) for name in ROLES if name in move.roles),
            chain=[(item, short(tree.name(item))) for item in reversed(tree.ancestors(found.area or ""))],
            refused=refused,
            today=today(),
            moves=MOVES,
            setup=drawing.setup(found.shown.get("geometry")),
            is_simulated=found.row.get("data_quality") == "synthetic" or (simulated("assets") and not found.events),
        ),
        status,
    )


def _second(found: AssetRecord) -> str:
    """Give the label of the second right where the asset lies: that of operation or of use."""
    operating = found.rules.text("second_right") == LAYER["operating_right_holder"].zh
    return str(gettext("Right of operation") if operating else gettext("Right of use"))


@pages.post("/<asset_id>/<move>")
@permission(Permission.MOVE)
def act(asset_id: str, move: str) -> ResponseReturnValue:
    """Take a step; what stands against it is said beside the form."""
    step = MOVES.get(move)
    if step is None:
        raise BadRequestError(f"There is no step {move[:40]!r} of the asset ledger.")
    try:
        acting.act(
            desk().store,
            person(),
            asset_id,
            move,
            asset_forms.read(step),
            expected_ver=request.form.get("expected_ver", type=int),
            today=today(),
            place=_place(),
        )
    except (BadShapeError, rights.LedgerFaultsError, StaleVersionError, BadRequestError, PreconditionRequiredError) as error:
        return _refused(asset_id, move, error)
    flash(gettext("Done: %(step)s.", step=title(step)), "good")
    return redirect(url_for("assets.page", asset_id=asset_id))


def _place() -> Any:
    """Read the new place that a form brings as GeoJSON; None without one.

    Raises:
        BadShapeError: it is no geometry that an asset takes.
    """
    text = request.form.get("new_place", "").strip()
    return edit_payload.geometry_of(LAYER, bodies.parse(text)) if text else None


def _refused(asset_id: str, move: str, error: PersonError) -> ResponseReturnValue:
    faults = error.faults if isinstance(error, rights.LedgerFaultsError) else ()
    message = gettext("The rules of the ledger stand against this step; nothing was saved.") if faults else told(error)
    bad = {getattr(error, "field", ""), *(item.field for item in faults)}
    refused = {"move": move, "message": message, "faults": faults, "given": request.form, "fields": bad}
    found = records.asset(desk().store, person(), asset_id, today())
    return _page(found, refused=refused, status=answer_of(error)[1].status)
