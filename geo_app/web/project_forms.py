"""Applying for a project: the form with its eleven fields, the place with its analysis, a file with one feature, the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely
from flask import Blueprint, jsonify, render_template, request, url_for

from geo_app.access import Permission, permission
from geo_app.actions import import_layer, inputs, reach, uploads
from geo_app.actions.edit_form import form as declared_form
from geo_app.actions.library import drafting, place_codes, record, site
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError
from geo_app.errors import BadRequestError, ForbiddenError
from geo_app.web import bodies, editing, project_texts, project_values, received, refusals, site_words
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import answer, told
from geo_app.web.importing import answers_of
from geo_app.web.language import language, short, title, unit
from layers import files
from layers.catalogue import LAYERS
from layers.category_crosswalk import matches
from layers.codes import FUND_SOURCE, PROJECT_CATEGORY
from layers.projects import LAYER
from processing import project_site
from processing.library.money import CENT, PER_UNIT
from processing.library.moves import BUILDERS, EMERGENCY, OPEN_STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from geo_app.access import Person

pages = Blueprint("project_forms", __name__, url_prefix="/projects")

BELOW: Final = ("villages", "roads", "projects")
"""Layers drawn below the place and snapped to."""
MOST_FEATURES: Final = 800
SITE_FILE_BYTES: Final = 5_000_000
MOST_REACH_M: Final = 20_000
YUAN_CENTS: Final = 1_000_000
"""Hundredths of a yuan in ten thousand yuan."""
SHOWN_VILLAGES: Final = 5000


def roles_of(who: Person) -> frozenset[str]:
    """Name the roles in which a person acts; every one for whom everything is open."""
    return BUILDERS if who.everything else frozenset(item.role for item in who.grants if item.apply)


def may_apply(who: Person) -> bool:
    """Say whether a person may write applications somewhere."""
    return bool(roles_of(who) & BUILDERS)


@pages.get("/new")
@permission(Permission.MOVE)
def new() -> ResponseReturnValue:
    """Show an empty application."""
    _require_applicant()
    content: dict[str, Any] = {"values": {"village_codes": _own_villages()}, "budget": None, "sources": [], "geometry": None}
    return _page(None, content, None)


@pages.get("/<project_id>/edit")
@permission(Permission.MOVE)
def edit(project_id: str) -> ResponseReturnValue:
    """Show an application that may still be written: a draft, or one that was returned."""
    _require_applicant()
    found = record.project(desk().store, person(), project_id, on=today())
    if found.stage not in OPEN_STAGES:
        raise ForbiddenError(
            "Only a draft or a returned application is written; later its contents change by a decision of the county."
        )
    return _page(found.project_id, _content(found.project), found.ver)


def _require_applicant() -> None:
    if not may_apply(person()):
        raise ForbiddenError(
            "Your account writes no applications; village committees, townships, sector departments and the bureau do."
        )


def _page(project_id: str | None, content: dict[str, Any], ver: int | None) -> ResponseReturnValue:
    fields = {item["name"]: item | {"unit": unit(item["unit"])} for item in declared_form(LAYER, language())["fields"]}
    required = project_values.required()
    titles = project_values.titles()
    groups = [(code, titles[code], names) for code, names in project_values.GROUPS]
    return render_template(
        "project_form.html",
        setup=_setup(project_id, content, ver),
        groups=groups,
        fields=fields,
        must={name for names in required.values() for name in names},
        project_id=project_id,
        name=content["values"].get("name") or "",
        reach_m=int(project_site.rules().reach_m),
    )


def _setup(project_id: str | None, content: dict[str, Any], ver: int | None) -> dict[str, Any]:
    who = person()
    save = url_for("project_forms.create") if project_id is None else url_for("project_forms.change", project_id=project_id)
    held = desk().store.versions()
    return {
        "texts": project_texts.texts(),
        "language": language(),
        "person": "local" if who.account_id is None else str(who.account_id),
        "project_id": project_id,
        "ver": ver,
        "content": content,
        "required": project_values.required(),
        "units": list(project_values.UNITS),
        "unit_words": {name: unit(name) for name in project_values.UNITS},
        "usual": project_values.USUAL,
        "cents": {name: str(int(each * YUAN_CENTS)) for name, each in PER_UNIT.items()},
        "cent_tolerance": int(CENT * YUAN_CENTS),
        "mu": unit(LAYERS["farmland"]["area_mu"].unit),
        "sources": [{"code": item.code, "title": title(item)} for item in FUND_SOURCE],
        "categories": [{"code": item.code, "title": title(item)} for item in PROJECT_CATEGORY],
        "crosswalk": [
            {"item": one.item, "category": one.category, "alternatives": list(one.alternatives), "reason": one.reason}
            for one in matches().values()
        ],
        "emergency": EMERGENCY,
        "villages": _villages(),
        "below": [{"name": name, "title": title(LAYERS[name])} for name in BELOW if held.get(name) and reach.may(who, name)],
        "limit": MOST_FEATURES,
        "urls": {
            "frame": url_for("project_forms.frame", lang=language()),
            "site": url_for("project_forms.site_report"),
            "file": url_for("project_forms.site_file"),
            "save": save,
        },
    }


def _villages() -> list[dict[str, str]]:
    """List the villages that the person reads, with their townships."""
    here, who = desk().store, person()
    if not here.versions().get("villages") or not reach.may(who, "villages"):
        return []
    rows = inputs.read(here, ["villages"], person=who)["villages"]
    tree = inputs.areas(here, person=who)
    found = []
    for code, name, town in zip(rows["village_code"], rows["name"], rows["township_code"], strict=True):
        called = tree.name(str(town)) if town is not None and str(town) in tree else ""
        found.append({"code": str(code), "name": short(str(name)), "township": short(called)})
    return sorted(found, key=lambda item: (item["township"], item["name"]))[:SHOWN_VILLAGES]


def _own_villages() -> list[str]:
    """Give the village of an account that is granted exactly one."""
    granted = {code for item in person().grants if item.role == "village" for code in item.areas}
    return sorted(granted) if len(granted) == 1 else []


def _content(project: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an application holds, as the form shows it: amounts in ten thousands of yuan."""
    values = {name: _plain(project.get(name)) for name in project_values.FIELDS if name not in project_values.MONEY}
    usual = project_values.USUAL

    def amount(value: Any) -> str:
        return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")

    sources = [
        {"code": item.get("code") or "", "amount": amount(item.get("amount_wan_yuan")), "unit": usual}
        for item in project.get("funding_sources") or ()
        if isinstance(item, dict)
    ]
    shape = project.get("geometry")
    return {
        "values": values,
        "budget": {"amount": amount(project.get("budget_total")), "unit": usual},
        "sources": sources,
        "geometry": None if shape is None else shapely.geometry.mapping(shape),
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return list(value) if isinstance(value, (list, tuple)) else value


@pages.get("/frame")
@permission(Permission.MOVE)
def frame() -> ResponseReturnValue:
    """Give the map on which the place is drawn."""
    return editing.frame()


@pages.post("/drafts")
@permission(Permission.MOVE)
def create() -> ResponseReturnValue:
    """Save a new application as a draft."""
    _require_applicant()
    values, geometry = project_values.read(bodies.body())
    try:
        project_id = drafting.create(desk().store, person(), _placed(values), geometry, today=today())
    except EditFaultsError as error:
        return _refused(error)
    return jsonify(project_id=project_id, href=url_for("project_pages.page", project_id=project_id)), 201


@pages.post("/<project_id>/content")
@permission(Permission.MOVE)
def change(project_id: str) -> ResponseReturnValue:
    """Save the content of an application that may still be written."""
    _require_applicant()
    asked = bodies.body()
    values, geometry = project_values.read(asked)
    ver = asked.get("expected_ver")
    try:
        seen = ver if type(ver) is int else None
        drafting.change(desk().store, person(), project_id, _placed(values), geometry, expected_ver=seen)
    except EditFaultsError as error:
        return _refused(error)
    except StaleEditsError as error:
        return answer(412, error.code, told(error))
    return jsonify(project_id=project_id, href=url_for("project_pages.page", project_id=project_id))


def _placed(values: dict[str, Any]) -> dict[str, Any]:
    return values | place_codes.place_codes(desk().store, person(), values.get("village_codes") or (), values.get("scope"))


def _refused(error: EditFaultsError) -> ResponseReturnValue:
    at = 0 if language() == "zh" else 1
    faults = [{"field": item.field, "message": f"{item.expected[at]} · {item.advice[at]}"} for item in error.report.errors]
    return answer(422, error.code, refusals.say(error), faults=faults)


@pages.post("/site")
@permission(Permission.MOVE)
def site_report() -> ResponseReturnValue:
    """Analyse the place that stands in the form; nothing is kept."""
    asked = bodies.body()
    known = asked.get("project_id")
    wanted = project_values.site(asked, known if isinstance(known, str) else None)
    return jsonify(_worded(site.analyse(desk().store, person(), wanted, today=today(), reach_m=_reach(asked.get("reach_m")))))


@pages.get("/<project_id>/site")
@permission(Permission.READ)
def site_of(project_id: str) -> ResponseReturnValue:
    """Analyse the place of a project as it is recorded."""
    found = record.project(desk().store, person(), project_id, on=today()).project
    work = {name: found.get(name) for name in ("project_id", "name", "task", "baiyin_item", "category")}
    codes = tuple(str(code) for code in found.get("village_codes") or ())
    wanted = project_site.Site(found.get("geometry"), codes, work, reason=str(found.get("site_reason") or ""))
    return jsonify(_worded(site.analyse(desk().store, person(), wanted, today=today())))


def _worded(report: project_site.SiteReport) -> dict[str, Any]:
    return {
        "blocks": [block.as_json() for block in site_words.blocks(report)],
        "says": project_texts.site_says(simulated=report.synthetic),
        "warnings": [item.code for item in report.warnings],
    }


def _reach(given: Any) -> float | None:
    if given in (None, ""):
        return None
    try:
        found = float(str(given))
    except ValueError:
        raise BadRequestError("reach_m must be a number of metres") from None
    if not 0 < found <= MOST_REACH_M:
        raise BadRequestError(f"reach_m must lie above 0 and be at most {MOST_REACH_M} m")
    return found


@pages.post("/site-file")
@permission(Permission.MOVE)
def site_file() -> ResponseReturnValue:
    """Read the one feature of a file; answers with its geometry, or with the questions that only the person can answer.

    Raises:
        BadRequestError: no file came.
    """
    here = desk()
    sent = received.sent_file()
    kept = received.keep(sent, max_bytes=SITE_FILE_BYTES)
    limits, given = import_layer.limits_of(here.settings), answers_of(request.form)
    try:
        questions = () if any(request.form) else site.questions_of(here.store, person(), kept, limits)
        if questions:
            return jsonify(questions=[_question(item) for item in questions])
        geometry, notes = site.geometry_of(kept, given, limits)
    except files.QuestionError as error:
        return jsonify(questions=[_question(item) for item in error.questions])
    finally:
        uploads.discard(kept)
    return jsonify(geometry=shapely.geometry.mapping(shapely.force_2d(geometry)), notes=list(notes))


def _question(item: files.Question) -> dict[str, Any]:
    name = {"layer": "table"}.get(item.kind, item.kind)
    choices = [{"value": one.value, "label": title(one), "evidence": one.evidence} for one in item.choices]
    return {"kind": name, "text": title(item), "choices": choices}
