"""The works of a project: progress, spending, photographs and what speaks against them, as built, the way into the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions.ledger import forming
from geo_app.actions.ledger.rights import LedgerFaultsError
from geo_app.actions.library import as_built, moving, photographs, reporting, works
from geo_app.actions.library.pictures import MOST_BYTES, BadPictureError
from geo_app.actions.save_edits import StaleEditsError
from geo_app.errors import BadRequestError, BadValueError, NotFoundError
from geo_app.web import bodies, context, frames, project_forms, project_texts, project_values, refusals, works_words
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import language, title, unit
from layers.catalogue import LAYERS
from layers.codes import ASSET_CLASS, ASSET_SUB_CLASS, FUND_SOURCE, OWNER_LEVEL, PHOTO_STAGE
from layers.errors import PreconditionRequiredError
from processing.library.money import PER_UNIT, decimal_of, in_wan_yuan
from processing.library.moves import MOVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from geo_app.actions.library.works import WorksView

pages = Blueprint("works", __name__, url_prefix="/projects")
refusals.install(pages)

STEPS: Final = ("start", "progress", "spend", "complete", "accept")
MOST_FILES: Final = 20
TEXT_LENGTH: Final = 300
ASSET_INPUTS: Final = ("asset_class", "sub_class", "owner_level", "owner", "maintainer", "maintenance_fund", "document")
NUMBERS: Final = frozenset({"maintenance_fund"})


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused just now: which form, why, the reasons one by one, and the status of the answer."""

    form: str
    message: str
    faults: Sequence[Any] = ()
    status: int = 422
    field: str = ""
    anyway: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """Name the fields that it is about, to mark them in the form."""
        return frozenset({self.field, *(item.field for item in self.faults)})


@pages.get("/<project_id>/progress")
@permission(Permission.READ)
def page(project_id: str) -> ResponseReturnValue:
    """Show the works of a project."""
    return _page(project_id)


def _page(project_id: str, refused: Refused | None = None) -> ResponseReturnValue:
    here, who = desk(), person()
    seen = works.view(here.store, who, project_id, today=today())
    offered = {item.move.name: item for item in moving.offers(here.store, who, seen.found.project_id, today())}
    key = seen.found.project_id
    page_ = render_template(
        "works.html",
        seen=seen,
        project=seen.found.project,
        key=key,
        steps=[offered[name] for name in STEPS if name in offered and offered[name].mine],
        events=[item for item in reversed(seen.found.events) if item["event_type"] in works_words.SHOWN],
        stages=[(item.code, title(item), seen.stage(item.code)) for item in PHOTO_STAGE],
        words=works_words,
        funds=FUND_SOURCE,
        layer=LAYERS["projects"],
        event_layer=LAYERS["project_events"],
        assets_layer=LAYERS["assets"],
        refused=refused,
        today=today(),
        units=tuple(PER_UNIT),
        located=works.map_spec(here.store, who, seen, language="zh", simulated=False) is not None,
        proposal=_proposal(seen),
        lists={"asset_class": ASSET_CLASS, "sub_class": ASSET_SUB_CLASS, "owner_level": OWNER_LEVEL},
        formed=works.assets_of(here.store, who, key),
        most_mb=MOST_BYTES // 1_000_000,
    )
    return page_, 200 if refused is None else refused.status


def _proposal(seen: WorksView) -> dict[str, Any] | None:
    """Give what the project knows of the asset it forms, once it is accepted and this person may hand it over."""
    if seen.found.stage != "accepted" or not seen.writable:
        return None
    return forming.proposal(desk().store, person(), seen.found.project_id)


@pages.get("/<project_id>/progress/map")
@permission(Permission.READ)
def map_(project_id: str) -> ResponseReturnValue:
    """Draw planned and built works with the places of the photographs, for the frame on the page."""
    seen = works.view(desk().store, person(), project_id, today=today())
    shown = works.map_spec(
        desk().store,
        person(),
        seen,
        language="zh" if language() == "zh" else "en",
        simulated=context.simulated("projects", "as_built", "photographs"),
    )
    if shown is None:
        raise NotFoundError(f"Project {project_id} has no place on the map.")
    return frames.answer(shown, frames.options())


@pages.post("/<project_id>/progress/<step>")
@permission(Permission.MOVE)
def move(project_id: str, step: str) -> ResponseReturnValue:
    """Enter progress or spending, complete or accept the works."""
    if step not in STEPS:
        raise NotFoundError(f"There is no step {step[:30]!r}.")
    ver = request.form.get("expected_ver", "")
    seen = int(ver) if ver.isdecimal() else None
    try:
        values = _values(step)
        doubt = _doubt(project_id, step, values)
        if doubt is not None:
            return _page(project_id, doubt)
        done = moving.move(desk().store, person(), project_id, step, values, expected_ver=seen, today=today())
    except moving.MoveFaultsError as error:
        text = gettext("%(step)s is not possible now; nothing was saved.", step=title(MOVES[step]))
        return _page(project_id, Refused(step, text, error.faults))
    except StaleEditsError as error:
        return _page(project_id, Refused(step, told(error), status=412))
    except (bodies.BodyError, BadRequestError, PreconditionRequiredError) as error:
        return _page(project_id, Refused(step, told(error), status=400, field=getattr(error, "field", "")))
    flash(gettext("Saved as change no. %(id)s.", id=done.receipt.change_id), "good")
    for item in done.warnings:
        flash(f"{item.expected(language())} {item.fix(language())}", "warning")
    return redirect(url_for("works.page", project_id=project_id))


def _doubt(project_id: str, step: str, values: dict[str, Any]) -> Refused | None:
    """Ask back before spending beyond the budget is entered, and for the reason of progress below that entered before."""
    if step == "spend" and not request.form.get("anyway"):
        beyond = _beyond(project_id, values)
        return Refused(step, beyond, anyway=True) if beyond else None
    now = values.get("progress_pct")
    if step != "progress" or now is None or values.get("opinion"):
        return None
    before = works.view(desk().store, person(), project_id, today=today()).percent
    if before is None or now >= before:
        return None
    text = gettext("%(before)s %% was entered before, and %(now)s %% is less. ", before=f"{before:g}", now=f"{now:g}")
    return Refused(step, text + gettext("Nothing was saved. Say why in the field below, then enter it."), field="opinion")


def _beyond(project_id: str, values: dict[str, Any]) -> str:
    """Say that an amount goes beyond the budget or what its source pays; nothing where it does not."""
    amount = decimal_of(values.get("amount"))
    source = str(values.get("fund_source") or "")
    if amount is None or not source:
        return ""
    seen = works.view(desk().store, person(), project_id, today=today()).spending
    whole, part = works.overspending(seen, amount, source)
    texts = []
    if whole is not None:
        texts.append(gettext("With this the spending is %(sum)s × 10,000 yuan above the budget.", sum=whole))
    if part is not None:
        texts.append(gettext("With this %(sum)s × 10,000 yuan more is spent of this source than planned.", sum=part))
    return " ".join([*texts, gettext("Nothing was saved. Check amount and unit, or enter it all the same.")]) if texts else ""


def _values(step: str) -> dict[str, Any]:
    form = request.form
    values: dict[str, Any] = {name: form.get(name, "").strip()[:TEXT_LENGTH] for name in ("document", "opinion", "fund_source")}
    values["start_date"] = _day("start_date")
    if step == "progress":
        values["progress_pct"] = _number("progress_pct", 100)
    if step == "spend":
        values["amount"] = _money()
    return {name: value for name, value in values.items() if value not in ("", None)}


def _day(name: str) -> dt.date | None:
    text = request.form.get(name, "").strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadValueError(f"{name}: a day such as 2026-03-01 was expected, found {text[:20]!r}", field=name) from None


def _number(name: str, most: float) -> float | None:
    text = request.form.get(name, "").strip().replace(",", "")
    if not text:
        return None
    found = decimal_of(text)
    if found is None or not 0 <= found <= most:
        raise BadValueError(f"{name}: a number from 0 to {most:.0f} was expected, found {text[:20]!r}", field=name)
    return float(found)


def _money() -> float | None:
    text, asked = request.form.get("amount", "").strip().replace(",", ""), request.form.get("amount_unit", project_values.USUAL)
    if not text:
        return None
    if asked not in PER_UNIT:
        raise BadValueError(f"amount_unit: one of {', '.join(PER_UNIT)} was expected, found {asked[:10]!r}", field="amount_unit")
    found = in_wan_yuan(text, asked)
    if found is None or found < 0:
        raise BadValueError(f"amount: a number of 0 or more was expected, found {text[:20]!r}", field="amount")
    return float(found)


@pages.post("/<project_id>/photographs")
@permission(Permission.MOVE)
def upload(project_id: str) -> ResponseReturnValue:
    """Take photographs of the works; each is judged, and what speaks against it is said."""
    sent = [item for item in request.files.getlist("photo") if item.filename]
    if not 1 <= len(sent) <= MOST_FILES:
        text = gettext("Choose 1 to %(most)s photographs.", most=MOST_FILES)
        return _page(project_id, Refused("photograph", text, status=400))
    stage, caption = request.form.get("stage", ""), request.form.get("caption", "")[:TEXT_LENGTH]
    photos = [photographs.Sent(item.stream.read(MOST_BYTES + 1), item.filename or "", stage, caption) for item in sent]
    try:
        judged = photographs.add_photographs(desk().store, person(), project_id, photos, today=today())
    except (BadPictureError, BadRequestError) as error:
        return _page(project_id, Refused("photograph", told(error)))
    for photo, found in zip(photos, judged, strict=True):
        said = " ".join(works_words.contradiction(one) for one in found.contradictions)
        if said:
            flash(f"{photo.name}: {said}", "warning")
    flash(gettext("%(count)s photographs were added.", count=len(sent)), "good")
    return redirect(url_for("works.page", project_id=project_id))


@pages.get("/<project_id>/as-built")
@permission(Permission.MOVE)
def built_form(project_id: str) -> ResponseReturnValue:
    """Show the form for the works as built: drawn, from a file, or from a feature of a bureau's layer."""
    return _built_form(project_id)


def _built_form(project_id: str, refused: Refused | None = None) -> ResponseReturnValue:
    seen = works.view(desk().store, person(), project_id, today=today())
    reporting.require_reporter(desk().store, person(), seen.found)
    held = desk().store.versions()
    start = (seen.built or {}).get("geometry") or seen.found.project.get("geometry")
    setup = {
        "texts": project_texts.texts(),
        "language": language(),
        "project_id": seen.found.project_id,
        "mu": unit(LAYERS["farmland"]["area_mu"].unit),
        "below": [{"name": name, "title": title(LAYERS[name])} for name in project_forms.BELOW if held.get(name)],
        "limit": project_forms.MOST_FEATURES,
        "geometry": None if start is None else shapely.geometry.mapping(shapely.force_2d(start)),
        "urls": {"frame": url_for("project_forms.frame", lang=language()), "file": url_for("project_forms.site_file")},
    }
    page_ = render_template(
        "works_built.html",
        seen=seen,
        project=seen.found.project,
        key=seen.found.project_id,
        setup=setup,
        sources=[LAYERS[name] for name in as_built.SOURCES if held.get(name)],
        today=today(),
        refused=refused,
    )
    return page_, 200 if refused is None else refused.status


@pages.post("/<project_id>/as-built")
@permission(Permission.MOVE)
def built(project_id: str) -> ResponseReturnValue:
    """Keep the works as built."""
    form = request.form
    try:
        layer = form.get("layer", "")
        item = as_built.Built(
            None if layer else _geometry(form.get("geometry", "")),
            layer,
            form.get("feature", "").strip()[:120],
            _day("surveyed_on"),
            form.get("surveyor", ""),
        )
        receipt = as_built.set_built(desk().store, person(), project_id, item, today=today())
    except (BadRequestError, bodies.BodyError) as error:
        return _built_form(project_id, Refused("built", told(error), status=400))
    flash(gettext("Saved as change no. %(id)s.", id=receipt.change_id), "good")
    return redirect(url_for("works.page", project_id=project_id))


def _geometry(text: str) -> shapely.Geometry | None:
    if not text.strip():
        return None
    content = bodies.parse(text)
    try:
        found = shapely.geometry.shape(content)
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.GEOSException):
        raise BadRequestError("The geometry must be GeoJSON in longitude and latitude") from None
    if found.geom_type not in LAYERS["as_built"].geometry.value:
        raise BadRequestError("The geometry must be points, lines or areas")
    return shapely.force_2d(found)


@pages.post("/<project_id>/asset")
@permission(Permission.MOVE)
def form_asset(project_id: str) -> ResponseReturnValue:
    """Hand the finished works over into the asset ledger: one change, with all that the project knows."""
    ver = request.form.get("expected_ver", "")
    try:
        overrides = _overrides()
        formed = forming.form(
            desk().store,
            person(),
            project_id,
            expected_ver=int(ver) if ver.isdecimal() else None,
            today=today(),
            overrides=overrides,
        )
    except LedgerFaultsError as error:
        return _page(
            project_id, Refused("asset", gettext("The works cannot be handed over yet; nothing was saved."), error.faults)
        )
    except StaleEditsError as error:
        return _page(project_id, Refused("asset", told(error), status=412))
    except (BadRequestError, PreconditionRequiredError) as error:
        return _page(project_id, Refused("asset", told(error), status=400, field=getattr(error, "field", "")))
    flash(gettext("Handed over: the ledger has the asset %(ids)s.", ids="、".join(formed.asset_ids)), "good")
    return redirect(url_for("works.page", project_id=project_id))


def _overrides() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ASSET_INPUTS:
        value = _number(name, 1e9) if name in NUMBERS else request.form.get(name, "").strip()[:TEXT_LENGTH]
        if value not in ("", None):
            found[name] = value
    return found
