"""Change requests: made by who may not apply, reviewed with the map, the rows and the figures that would move."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import effects, reach, save_edits
from geo_app.actions import requests as change_requests
from geo_app.errors import BadRequestError, ForbiddenError
from geo_app.web import difference, figures, jobs, refusals
from geo_app.web.desk import desk, person
from geo_app.web.language import title
from geo_app.web.request_rows import row
from layers.catalogue import LAYERS
from layers.errors import OutOfReachError, StaleVersionError
from layers.store import Insert, Replace
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from geo_app.actions.effects import Effect
    from geo_app.actions.requests import Item
    from geo_app.progress import Progress
    from layers.store import ChangeRequest

pages = Blueprint("requests", __name__, url_prefix="/requests")
refusals.install(pages)

STATES = ("open", "accepted", "refused", "withdrawn", "collecting")
NOTE_LENGTH = 1000
SHOWN_ROWS = 300
SHOWN_FIGURES = 400


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the requests of this person and those that wait for this person's review."""
    here, who = desk().store, person()
    state = request.args.get("state", "open")
    state = state if state in STATES else "open"
    waiting = change_requests.to_review(here, who, state=state) if who.may(Permission.REVIEW) else []
    own = [] if who.is_local else change_requests.mine(here, who)
    return render_template(
        "requests.html",
        to_review=[(item, _titles(item)) for item in waiting],
        own=[(item, _titles(item)) for item in own],
        state=state,
        states=STATES[:-1],
        reviews=who.may(Permission.REVIEW),
    )


def _titles(item: ChangeRequest) -> list[str]:
    return [title(LAYERS[name]) if name in LAYERS else name for name in item.layers]


@pages.get("/<int:request_id>")
@permission(Permission.READ)
def page(request_id: int) -> ResponseReturnValue:
    """Show a request: the map, the rows, the checks, the figures that would move, and the decision."""
    return _page(change_requests.get(desk().store, person(), request_id))


def _page(found: ChangeRequest, *, status: int = 200, message: str = "", faults: Sequence[Any] = ()) -> ResponseReturnValue:
    here, who = desk().store, person()
    waits = found.state in change_requests.WAITING
    items = change_requests.items(here, who, found)
    reviewing = found.state == "open" and change_requests.may_review(here, who, found)
    own = change_requests.is_author(who, found)
    rows = [row(item) for item in items[:SHOWN_ROWS]]
    shown = render_template(
        "request.html",
        request_=found,
        layers=_titles(found),
        rows=rows,
        three=any(item.drawn.present is not None for item in rows),
        waits=waits,
        total=len(items),
        stale=sum(item.stale for item in items) if waits else 0,
        counts=_counts(items),
        located=any(item.layer.geometry.value for item in items),
        warnings=change_requests.warnings(here, who, found) if waits else (),
        may_decide=reviewing and (not own or who.everything),
        own_review=reviewing and own and not who.everything,
        may_withdraw=own and waits and not who.is_local,
        may_hand_in=own and found.state == "collecting",
        effect=_effect(found),
        touched=effects.touched(found.layers),
        figures=_figures(found),
        message=message,
        faults=faults,
        title_of=lambda code: title(INDICATORS[code]),
        field_title=refusals.field_title,
    )
    return shown, status


def _counts(items: Sequence[Item]) -> dict[str, int]:
    new = sum(isinstance(item.edit, Insert | Replace) for item in items)
    removed = sum(item.after is None for item in items)
    return {"added": new, "removed": removed, "changed": len(items) - new - removed}


@pages.get("/<int:request_id>/map")
@permission(Permission.READ)
def map_(request_id: int) -> ResponseReturnValue:
    """Draw what a request changes: as it was seen red and dashed, as it becomes green; what was changed meanwhile blue."""
    here, who = desk().store, person()
    found = change_requests.get(here, who, request_id)
    return difference.map_answer([row(item).drawn for item in change_requests.items(here, who, found)[:SHOWN_ROWS]])


@pages.post("/<int:request_id>/withdraw")
@permission(Permission.SUBMIT)
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    change_requests.withdraw(desk().store, person(), request_id)
    flash(gettext("Change request #%(id)s is withdrawn.", id=request_id), "good")
    return redirect(url_for("requests.page", request_id=request_id))


@pages.post("/<int:request_id>/hand-in")
@permission(Permission.SUBMIT)
def hand_in(request_id: int) -> ResponseReturnValue:
    """Hand collected edits in for review."""
    change_requests.hand_in(desk().store, person(), request_id)
    flash(gettext("Change request #%(id)s waits for review.", id=request_id), "good")
    return redirect(url_for("requests.page", request_id=request_id))


@pages.post("/<int:request_id>/refuse")
@permission(Permission.REVIEW)
def refuse(request_id: int) -> ResponseReturnValue:
    """Refuse a request with a note; its edits stay kept for who asked."""
    here, who = desk().store, person()
    try:
        change_requests.refuse(here, who, request_id, _note())
    except BadRequestError as error:
        return _page(change_requests.get(here, who, request_id), status=400, message=refusals.say(error))
    flash(gettext("Change request #%(id)s is refused; its edits stay kept for who asked.", id=request_id), "good")
    return redirect(url_for("requests.page", request_id=request_id))


@pages.post("/<int:request_id>/accept")
@permission(Permission.REVIEW)
def accept(request_id: int) -> ResponseReturnValue:
    """Accept a request, or some of its edits, as one change; what was changed meanwhile is merged as chosen."""
    here, who = desk().store, person()
    found = change_requests.get(here, who, request_id)
    try:
        receipt = change_requests.accept(here, who, request_id, _decision(found))
    except BadRequestError as error:
        return _page(found, status=400, message=refusals.say(error))
    except save_edits.EditFaultsError as error:
        return _page(found, status=422, message=refusals.say(error), faults=error.report.errors)
    except StaleVersionError as error:
        return _page(found, status=412, message=refusals.say(error))
    except OutOfReachError as error:
        raise ForbiddenError(str(error)) from error
    flash(gettext("Change request #%(id)s is accepted and applied.", id=request_id), "good")
    return redirect(url_for("changes.page", change_id=receipt.change_id))


def _note() -> str:
    return request.form.get("note", "").strip()[:NOTE_LENGTH]


def _decision(found: ChangeRequest) -> change_requests.Decision:
    chosen = frozenset(int(text) for text in request.form.getlist("edit") if text.isdecimal())
    choices: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        kind, _, rest = name.partition(":")
        number, _, field = rest.partition(":")
        if kind == "choice" and number.isdecimal():
            choices.setdefault(int(number), {})[field] = value
    return change_requests.Decision(chosen & frozenset(range(len(found.edits))), choices, _note())


# the figures that would move


def _key(found: ChangeRequest) -> tuple[Any, ...]:
    """What the figures of a request stand on: its edits, the state of every layer, the thresholds and the day."""
    settings = desk().settings
    return ("effect", found.request_id, len(found.edits), settings.profile, date.today(), *sorted(figures.versions().items()))  # noqa: DTZ011


def _effect(found: ChangeRequest) -> Effect | None:
    kept = desk().kept
    with kept.lock:
        effect: Effect | None = kept.items.get(_key(found))
    return effect


def _figures(found: ChangeRequest) -> list[dict[str, Any]]:
    """Give the rows of the effect that this person may see, the wide areas first."""
    effect = _effect(found)
    if effect is None:
        return []
    table = effects.of_person(effect, reach.area_codes(desk().store, person()))
    return figures.records(table.head(SHOWN_FIGURES))


@pages.post("/<int:request_id>/effect")
@permission(Permission.RUN)
def effect(request_id: int) -> ResponseReturnValue:
    """Start computing the figures that a request would move."""
    here = desk()
    found = change_requests.get(here.store, person(), request_id)
    key, profile, on = _key(found), here.settings.profile, date.today()  # noqa: DTZ011 - the day at this bureau

    def work(progress: Progress) -> int:
        here.kept.get(key, lambda: effects.effect(here.store, found.edits, profile=profile, on=on, progress=progress))
        return request_id

    return jobs.start(jobs.EFFECT, gettext("Figures that change request #%(id)s would move", id=request_id), work)
