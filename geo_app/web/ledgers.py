"""The ledgers of village, township, sector and county: built, published, confirmed, approved, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import pandas as pd
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.access.roles import ROLES
from geo_app.actions import import_layer, inputs, reach, uploads
from geo_app.actions.ledger import building, comparing, rights
from geo_app.actions.ledger.building import RANKS
from geo_app.actions.library import sheet_form
from geo_app.errors import BadRequestError
from geo_app.errors import answer as answer_of
from geo_app.web import bodies, sending, table_words
from geo_app.web.asset_forms import field_of
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import language, short, title
from layers.asset_fields import SAID_IN_LEDGER
from layers.catalogue import LAYERS
from layers.codes import LEDGER_LEVEL, SECTOR
from layers.errors import PreconditionRequiredError, StaleVersionError
from layers.row_values import known
from processing.ledger import publishing
from processing.ledger.comparing import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from flask.typing import ResponseReturnValue

    from geo_app.actions.ledger.building import LedgerRecord
    from geo_app.actions.ledger.comparing import Comparison
    from layers.schema import PersonError

pages = Blueprint("ledgers", __name__, url_prefix="/ledgers")

A_PAGE: Final = 100
SHOWN_DIFFERENCES: Final = 500
MOST_FILE_BYTES: Final = 10_000_000
REPAIRS: Final = ("strip_spaces", "fullwidth_to_halfwidth", "parse_numbers", "translate_codes")
LAYER: Final = LAYERS["ledgers"]
ENTRIES: Final = LAYERS["ledger_entries"]
ENTRY_COLUMNS: Final = tuple(name for name in ENTRIES.field_names if name not in {"id", "entry_id", "valid_from", "valid_to"})
SAID: Final = frozenset({"asset_id", *SAID_IN_LEDGER})
"""Columns that bear the titles of the assets themselves, so that a table that was sent is read back."""
FILTERS: Final = ("level", "area", "year", "state")
AREA_FIELDS: Final = ("village_code", "township_code", "county_code")
COUNTY_RANK: Final = 3
MOST_NAMED: Final = 6
FIRST_YEAR: Final = 2012
LAST_YEAR: Final = 2100


def _areas() -> list[tuple[str, str]]:
    """List counties, townships and villages to choose from, each with the name of the area above it."""
    hierarchy = inputs.areas(desk().store, person=person())
    frame = hierarchy.frame[hierarchy.frame["rank"].isin(RANKS.values())]
    rows = zip(frame["area_code"], frame["area_name"], frame["parent_code"], frame["rank"], strict=True)
    names = (
        (str(code), short(str(name or code)), short(hierarchy.name(str(above))) if rank > COUNTY_RANK else "")
        for code, name, above, rank in rows
    )
    return [(code, f"{name} · {above}" if above else name) for code, name, above in names]


def _code(text: str) -> str:
    """Give the code of an area that was typed: a code as it is, a name that only one area has as its code."""
    text = text.strip()
    hierarchy = inputs.areas(desk().store, person=person())
    frame = hierarchy.frame[hierarchy.frame["rank"].isin(RANKS.values())]
    named = [code for code, name in zip(frame["area_code"], frame["area_name"], strict=True) if text in (name, short(str(name)))]
    return str(named[0]) if text not in hierarchy and len(named) == 1 else text


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the ledgers that the reader reads, the latest first, with the form that builds one."""
    return _index()


def _index(*, refused: str = "") -> ResponseReturnValue:
    limit = reach.of(desk().store, person(), "ledgers")
    rows = desk().store.read("ledgers", reach=limit).to_dict("records")
    wanted = {name: request.args.get(name, "").strip() for name in FILTERS}
    wanted["area"] = _code(wanted["area"])
    rows = [row for row in rows if _meets(row, wanted)]
    rows.sort(key=lambda row: (str(row["built_on"]), str(row["ledger_id"])), reverse=True)
    start = bodies.whole_argument("offset", 0)
    page_ = render_template(
        "ledgers.html",
        rows=rows[start : start + A_PAGE],
        total=len(rows),
        start=start,
        a_page=A_PAGE,
        layer=LAYER,
        levels=LEDGER_LEVEL,
        states=LAYER["state"].codes,
        wanted=wanted,
        arguments={name: value for name, value in wanted.items() if value},
        sectors=SECTOR,
        areas=_areas(),
        may_build=rights.may_act(person()),
        year=today().year,
        refused=refused,
        given=request.form,
    )
    return page_, 400 if refused else 200


def _year() -> int:
    year = request.form.get("year", type=int)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        found = request.form.get("year", "")[:20]
        raise BadRequestError(f"year: a year from {FIRST_YEAR} to {LAST_YEAR} was expected, found {found!r}.")
    return year


def _meets(row: dict[str, Any], wanted: dict[str, str]) -> bool:
    codes = {str(known(row, name)) for name in AREA_FIELDS}
    return (
        wanted["level"] in ("", row["level"])
        and wanted["year"] in ("", str(row["year"]))
        and wanted["state"] in ("", row["state"])
        and (not wanted["area"] or wanted["area"] in codes)
    )


@pages.post("")
@permission(Permission.MOVE)
def build() -> ResponseReturnValue:
    """Build a ledger."""
    form = request.form
    level, unit = form.get("level", ""), _code(form.get("unit", ""))
    if level == publishing.SECTOR_LEVEL:
        unit = f"{unit}:{form.get('sector', '')}"
    try:
        number = building.build(desk().store, person(), level, unit, _year(), today())
    except BadRequestError as error:
        return _index(refused=told(error))
    built = gettext("The ledger was built.")
    if level in publishing.LOCAL:
        made = building.ledger(desk().store, person(), number, today())
        by = publishing.publish_by(made.row, made.rules)
        built = gettext("The ledger was built; it is to be published by %(day)s.", day=by)
    flash(built, "good")
    return redirect(url_for("ledgers.page", ledger_id=number))


@pages.get("/<ledger_id>")
@permission(Permission.READ)
def page(ledger_id: str) -> ResponseReturnValue:
    """Show a ledger: its course, what stands next, and what it says of each asset."""
    return _page(building.ledger(desk().store, person(), ledger_id, today()))


def _page(found: LedgerRecord, *, refused: dict[str, Any] | None = None, status: int = 200) -> ResponseReturnValue:
    row, who = found.row, person()
    steps = []
    for course in publishing.COURSE.values():
        if known(row, "level") not in course.levels or known(row, "state") not in course.before:
            continue
        faults = [
            item
            for item in publishing.check(course.move.name, row, {}, found.rules, today=today())
            if item.code != "field_missing"
        ]
        roles = course.move.roles if course.move.name != "publish" else publishing.BUILDERS[str(row["level"])]
        mine = rights.holds(desk().store, who, roles, rights.area_of(row))
        names = "、".join(title(ROLES[name]) for name in ROLES if name in roles)
        steps.append({"move": course.move, "faults": faults, "mine": mine, "roles": names})
    start = bodies.whole_argument("offset", 0)
    return (
        render_template(
            "ledger.html",
            found=found,
            ledger=row,
            key=str(row["ledger_id"]),
            layer=LAYER,
            entry_layer=ENTRIES,
            event_layer=LAYERS["asset_events"],
            levels=LEDGER_LEVEL,
            entries=found.entries[start : start + A_PAGE],
            start=start,
            a_page=A_PAGE,
            steps=steps,
            refused=refused,
            unit_name=_unit_name(row),
            field_of=field_of,
            notice_over=publishing.notice_over(row, found.rules),
            publish_by=publishing.publish_by(row, found.rules),
            today=today(),
        ),
        status,
    )


def _unit_name(row: Mapping[str, Any]) -> str:
    """Name the unit of a ledger: its area, and the department where it is that of a sector."""
    code, _, sector = str(row["unit"]).partition(":")
    area = short(inputs.areas(desk().store, person=person()).name(code))
    return f"{area} · {SECTOR.label(sector, language())}" if sector in SECTOR else area


@pages.post("/<ledger_id>/<move>")
@permission(Permission.MOVE)
def step(ledger_id: str, move: str) -> ResponseReturnValue:
    """Take a step of a ledger."""
    values = {name: request.form[name].strip() for name in building.STEP_VALUES if request.form.get(name, "").strip()}
    try:
        building.step(
            desk().store,
            person(),
            ledger_id,
            move,
            values,
            expected_ver=request.form.get("expected_ver", type=int),
            today=today(),
        )
    except (rights.LedgerFaultsError, StaleVersionError, BadRequestError, PreconditionRequiredError) as error:
        return _refused(ledger_id, move, error)
    flash(gettext("Done: %(step)s.", step=title(publishing.COURSE[move].move)), "good")
    return redirect(url_for("ledgers.page", ledger_id=ledger_id))


def _refused(ledger_id: str, move: str, error: PersonError) -> ResponseReturnValue:
    faults = error.faults if isinstance(error, rights.LedgerFaultsError) else ()
    message = gettext("The rules of the ledger stand against this step; nothing was saved.") if faults else told(error)
    found = building.ledger(desk().store, person(), ledger_id, today())
    refused = {"move": move, "message": message, "faults": faults, "given": request.form}
    return _page(found, refused=refused, status=answer_of(error)[1].status)


@pages.get("/<ledger_id>/download.<kind>")
@permission(Permission.EXPORT)
def download(ledger_id: str, kind: str) -> ResponseReturnValue:
    """Send what a ledger says, with the dictionary's titles and units as headings, so that it can be compared again."""
    kind = sending.format_of(kind, ("csv", "xlsx"))
    found = building.ledger(desk().store, person(), ledger_id, today())
    fields = [LAYERS["assets"][name] if name in SAID else ENTRIES[name] for name in ENTRY_COLUMNS]
    rows = [[table_words.cell(field, entry.get(field.name)) for field in fields] for entry in found.entries]
    table = pd.DataFrame(rows, columns=[table_words.heading(field) for field in fields], dtype=object)
    return sending.table(table, stem=str(found.row["name"]), kind=kind)


@pages.get("/compare")
@permission(Permission.READ)
def compare() -> ResponseReturnValue:
    """Lay the copies of an area's ledgers side by side."""
    asked = request.args
    if not asked.get("area"):
        return _compared(None, "", today().year)
    year = bodies.whole_argument("year", today().year, low=FIRST_YEAR, high=LAST_YEAR)
    area = inputs.require_area(inputs.areas(desk().store, person=person()), _code(asked["area"]))
    return _compare(area, year)


@pages.post("/compare")
@permission(Permission.RUN)
def compare_file() -> ResponseReturnValue:
    """Lay a workbook of one level beside the copies; nothing of it is kept."""
    area = inputs.require_area(inputs.areas(desk().store, person=person()), _code(request.form.get("area", "")))
    year = request.form.get("year", type=int) or today().year
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise BadRequestError("file: a workbook or CSV of one level was expected; choose the file first.")
    return _compare(area, year, uploaded=("file", _rows(cast("BinaryIO", sent.stream), sent.filename)))


def _rows(stream: BinaryIO, name: str) -> list[dict[str, Any]]:
    """Read a workbook of one level in the locked-down process, its columns matched by names and titles."""
    settings = desk().settings
    upload = uploads.stage(stream, original_name=name, folder=settings.uploads, max_bytes=MOST_FILE_BYTES, owner=person().owner)
    try:
        choices = import_layer.Choices(layer="assets", match_names=True, repairs=REPAIRS)
        _, _, repaired = import_layer.read(desk().store, upload, choices, limits=import_layer.limits_of(settings))
    finally:
        uploads.discard(upload)
    table = repaired.frame.drop(columns="geometry", errors="ignore")
    rows = [{str(field): value for field, value in row.items()} for row in table.to_dict("records")]
    for row in rows:
        if "fund_sources" in row:
            row["fund_sources"] = _sources(row["fund_sources"])
    if not any(known(row, "asset_id") is not None for row in rows):
        raise BadRequestError("file: a column with the numbers of assets (asset_id) was expected; none was found.")
    return rows


def _sources(value: Any) -> Any:
    """Read the sources of a workbook's cell as our tables write them; what cannot be read is compared as it stands."""
    try:
        return sheet_form.parsed(LAYERS["projects"]["funding_sources"], value) if isinstance(value, str) else value
    except sheet_form.CellError:
        return value


def _compare(area: str, year: int, *, uploaded: tuple[str, list[dict[str, Any]]] | None = None) -> ResponseReturnValue:
    try:
        found = comparing.compare(desk().store, person(), area, year, uploaded=uploaded)
    except BadRequestError:
        return _compared(None, area, year, empty=True)
    return _compared(found, area, year)


def _compared(found: Comparison | None, area: str, year: int, *, empty: bool = False) -> ResponseReturnValue:
    names = {item.code: title(item) for item in LEDGER_LEVEL} | {comparing.FILE: gettext("The file")}
    rows = [] if found is None else found.differences[:SHOWN_DIFFERENCES]
    return render_template(
        "ledger_compare.html",
        found=found,
        rows=rows,
        names=names,
        whole=WHOLE,
        area=area,
        area_name=short(inputs.areas(desk().store, person=person()).name(area)),
        year=year,
        empty=empty,
        areas=_areas(),
        most_named=MOST_NAMED,
        entry_layer=ENTRIES,
        ledger_layer=LAYER,
    )
