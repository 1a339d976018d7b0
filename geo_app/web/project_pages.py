"""The record of a project: its stages, its events, the place, the money, and the steps that may be taken next."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import notices
from geo_app.actions.edit_payload import BadFieldError, BadShapeError
from geo_app.actions.library import acting, documents, moving, record, site_map
from geo_app.actions.save_edits import StaleEditsError
from geo_app.errors import NotFoundError
from geo_app.web import bodies, change_asking, context, drawing, frames, project_steps, project_values, project_view, refusals
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import language, title
from geo_app.web.project_forms import may_apply
from layers.catalogue import LAYERS
from layers.category_crosswalk import matches
from layers.codes import FUND_SOURCE, PROJECT_STATUS
from layers.projects import LAYER
from processing.library.moves import MOVES, OPEN_STAGES

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from processing.library.faults import Fault
    from processing.library.moves import Move

pages = Blueprint("project_pages", __name__, url_prefix="/projects")
refusals.install(pages)

BESIDE: Final = frozenset({"objection", "take_over", "reenter", "withdraw", "return_", "refuse", "leave_library", "out_of_plan"})
"""Steps that are offered below the others: they lead off the way, or wait for an occasion."""
UNSAFE_TYPE: Final = "application/octet-stream"
SAFE_TYPES: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})


REPORTED: Final = frozenset({"progress", "spend"})
"""Steps of the works page, which lays them beside the budget and asks before more is spent than there is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that was refused just now: which, why, and what had been typed."""

    move: str
    message: str
    faults: tuple[Fault, ...] = ()
    status: int = 422
    field: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """Name the fields that it is about, to mark them in the form."""
        return frozenset({self.field, *(item.field for item in self.faults)})


@pages.get("/<project_id>")
@permission(Permission.READ)
def page(project_id: str) -> ResponseReturnValue:
    """Show the record of a project."""
    return _page(project_id)


def _page(project_id: str, refused: Refused | None = None) -> ResponseReturnValue:
    here, who = desk().store, person()
    found = record.project(here, who, project_id, on=today())
    offered = moving.offers(here, who, found.project_id, today()) if not who.is_anonymous else []
    mine = [item for item in offered if item.mine]
    shown = render_template(
        "project.html",
        project=found.project,
        found=found,
        key=found.project_id,
        stages=project_view.stages(found),
        events=project_view.events(found),
        moves=[item for item in mine if item.move.name not in BESIDE | REPORTED and not item.by_ledger],
        reported=[item for item in mine if item.move.name in REPORTED],
        hand_over=next((item for item in mine if item.by_ledger), None),
        beside=[item for item in mine if item.move.name in BESIDE],
        others=[item for item in offered if not item.mine and item.move.name not in BESIDE and item.move.forward],
        refused=refused,
        money=project_view.money(found),
        eleven=project_view.eleven(found.project),
        villages=project_view.villages(found.project),
        crosswalk=matches().get(str(found.project.get("baiyin_item") or "")),
        writable=found.stage in OPEN_STAGES and may_apply(who),
        located=site_map.spec(here, who, found.project) is not None,
        emergency=project_view.emergency(found),
        assets=project_view.assets(found.project_id),
        published=project_view.published(found),
        inputs_of=project_steps.inputs_of,
        announced=project_steps.ANNOUNCED,
        askable=[LAYER[name] for name in change_asking.ASKABLE],
        source_rows=change_asking.source_rows,
        event_layer=LAYERS["project_events"],
        layer=LAYER,
        units=project_values.UNITS,
        usual=project_values.USUAL,
        today=today(),
        titles=project_values.titles(),
        role_titles=project_view.role_titles,
        layer_funds=FUND_SOURCE,
        setup=drawing.setup(
            found.project.get("geometry"),
            project_id=found.project_id,
            urls={"site": url_for("project_forms.site_of", project_id=found.project_id)},
        ),
        typed=_typed,
        plan_href=project_view.href("plans.page", found.project, "plan"),
        works_href=project_view.href("works.page", found.project, "works"),
    )
    return shown, 200 if refused is None else refused.status


def _typed(name: str, again: bool) -> str:  # noqa: FBT001 - as the template says it
    return request.form.get(name, "") if again else ""


@pages.get("/<project_id>/map")
@permission(Permission.READ)
def map_(project_id: str) -> ResponseReturnValue:
    """Draw the place as planned and as built in a frame."""
    found = record.project(desk().store, person(), project_id, on=today())
    marked = context.simulated("projects", "as_built", "roads")
    chosen: Literal["zh", "en"] = "zh" if language() == "zh" else "en"
    spec = site_map.spec(desk().store, person(), found.project, language=chosen, simulated=marked)
    if spec is None:
        raise NotFoundError(f"Project {project_id} has no place on the map.")
    return frames.answer(spec, frames.options())


@pages.get("/<project_id>/documents/<event_id>")
@permission(Permission.READ)
def document(project_id: str, event_id: str) -> ResponseReturnValue:
    """Send the paper of a step as a file to keep.

    Raises:
        NotFoundError: there is no such event, or its paper was not sent.
    """
    found = record.project(desk().store, person(), project_id, on=today())
    event = next((item for item in found.events if item["event_id"] == event_id), None)
    paper = documents.read(event.get("document")) if event is not None else None
    if paper is None or not paper.number:
        raise NotFoundError(f"Event {event_id} has no paper that was sent.")
    kept = desk().store.attachments.get(int(paper.number))
    kind = kept.media_type if kept.media_type in SAFE_TYPES else UNSAFE_TYPE
    answer = send_file(BytesIO(kept.data), mimetype=kind, as_attachment=True, download_name=kept.name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@pages.post("/<project_id>/moves/<move>")
@permission(Permission.MOVE)
def move(project_id: str, move: str) -> ResponseReturnValue:
    """Take a step of a project; what stands against it is said beside its form, and nothing is saved."""
    here, who = desk().store, person()
    if move not in MOVES:
        raise NotFoundError(f"There is no step {move}.")
    step = MOVES[move]
    found = record.project(here, who, project_id, on=today())
    acting.acting(here, who, step, found.project, found.stage)
    try:
        values = project_steps.read(step, found.project)
        ver = _version()
        number = _announce(step, found.project_id, values, ver)
        if number is not None:
            values |= number
        moved = moving.move(here, who, found.project_id, move, values, expected_ver=ver, today=today())
    except moving.MoveFaultsError as error:
        return _page(
            project_id,
            Refused(
                move,
                gettext("%(step)s is not possible now; nothing was saved.", step=title(step)),
                error.faults,
            ),
        )
    except StaleEditsError as error:
        return _page(project_id, Refused(move, told(error), status=412))
    except (bodies.BodyError, BadFieldError, BadShapeError) as error:
        return _page(project_id, Refused(move, told(error), status=400, field=getattr(error, "field", "")))
    flash(
        gettext(
            "%(step)s: entered. The project is now: %(stage)s.",
            step=title(step),
            stage=PROJECT_STATUS.label(str(moved.project["status"]), language()),
        ),
        "good",
    )
    for item in moved.warnings:
        flash(f"{item.expected(language())} {item.fix(language())}", "warning")
    return redirect(url_for("project_pages.page", project_id=project_id))


def _version() -> int | None:
    text = request.form.get("expected_ver", "")
    return int(text) if text.isdecimal() else None


def _announce(step: Move, project_id: str, values: dict[str, Any], ver: int | None) -> dict[str, Any] | None:
    """Publish the notice of a step on the public pages where that is asked for, once nothing else stands against the step."""
    if step.name not in project_steps.ANNOUNCED or not request.form.get("announce"):
        return None
    here, who = desk().store, person()
    long_term = step.name in project_steps.LONG_TERM
    trial = values | ({"url": values.get("url") or notices.address(0)} if long_term else {})
    moving.prepare(here, who, project_id, step.name, trial, expected_ver=ver, today=today())
    level = project_steps.ANNOUNCED[step.name]
    rules = record.project(here, who, project_id, on=today()).rules
    days = None if long_term else rules.notice_days(notices.PRINTED[level])
    subject: notices.Subject = "change" if step.name == "publish_change" else "project"
    number, address = notices.announce(here, who, subject, project_id, level=level, days=days, today=today())
    found: dict[str, Any] = {"publication_id": number}
    if not values.get("url"):
        found["url"] = address
    return found
