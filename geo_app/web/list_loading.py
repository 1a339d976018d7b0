"""A list of tasks or targets on its way in: sent, checked by row and column, and taken as one change. Shared by two pages."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.actions import import_layer, uploads, work_lists
from geo_app.actions.merging import Mode
from geo_app.actions.signing import By
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from geo_app.web import figures, received
from geo_app.web.desk import desk, person, reach
from layers import tasks
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.work_lists import Checked

FAULTS_SHOWN: Final = 300
WAITING_S: Final = 1800.0
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class _Waiting:
    checked: Checked
    owner: str
    until: float


_waiting: dict[str, _Waiting] = {}


def check(layer: str, back: str) -> ResponseReturnValue:
    """Check the list that was sent (or the one that ships) and show what it would do; changes nothing.

    Raises:
        BadRequestError: no file came.
    """
    reach(layer)
    wish = work_lists.Wish(of=_of(), mode=Mode.REPLACE if request.form.get("replace") else Mode.UPDATE)
    checked = work_lists.shipped(layer, wish) if request.form.get("shipped") else _sent(layer, wish)
    token = "" if checked.errors else _keep(checked)
    found = figures.records(checked.report.faults.head(FAULTS_SHOWN))
    return render_template(
        "list_loading.html",
        layer=LAYERS[layer],
        checked=checked,
        faults=found,
        token=token,
        back=back,
        replaces=wish.mode is Mode.REPLACE,
    )


def _of() -> tasks.TaskList | None:
    """Give the list of tasks that a file is, where the form names one."""
    code = request.form.get("list_code", "").strip()[:30]
    if not code:
        return None
    area, document = request.form.get("area", "").strip()[:24], request.form.get("document", "").strip()[:200]
    if not document:
        raise BadRequestError("Name the document that prints the list")
    return tasks.TaskList(code, document, area or None, request.form.get("on", "").strip() or None)


def _sent(layer: str, wish: work_lists.Wish) -> Checked:
    here, sent = desk(), received.sent_file()
    kept = received.keep(sent)
    try:
        return work_lists.check(layer, kept, wish, limits=import_layer.limits_of(here.settings))
    finally:
        uploads.discard(kept)


def _keep(checked: Checked) -> str:
    now = time.monotonic()
    for token in [token for token, item in _waiting.items() if item.until < now]:
        _waiting.pop(token, None)
    while len(_waiting) >= MOST:
        _waiting.pop(next(iter(_waiting)), None)
    token = secrets.token_urlsafe(18)
    _waiting[token] = _Waiting(checked, person().owner, now + WAITING_S)
    return token


def accept(layer: str, back: str) -> ResponseReturnValue:
    """Take a checked list as one change, or submit it for review.

    Raises:
        NotFoundError: it is not here any more.
    """
    who = person()
    found = _waiting.get(request.form.get("token", ""))
    if found is None or found.owner != who.owner or found.checked.layer != layer or found.until < time.monotonic():
        raise NotFoundError("This list is not here any more. Send it again.")
    receipt, number = work_lists.accept(
        desk().store, who, found.checked, By(who.name, who.bureau, request.form.get("reason", "").strip()[:300])
    )
    _waiting.pop(request.form.get("token", ""), None)
    flash(_told(receipt, number), "good")
    return redirect(url_for(back))


def _told(receipt: Any, number: int | None) -> str:
    if number is not None:
        return str(gettext("Submitted as change request %(number)s.", number=number))
    if not receipt.change_id:
        return str(gettext("Nothing was different; no change was made."))
    return str(
        gettext(
            "Change %(id)s: %(added)s rows added, %(updated)s updated, %(removed)s removed.",
            id=receipt.change_id,
            added=receipt.inserted,
            updated=receipt.updated,
            removed=receipt.deleted,
        )
    )


def require(*, allowed: bool) -> None:
    """Refuse who may not change a list.

    Raises:
        ForbiddenError: with who may.
    """
    if not allowed:
        raise ForbiddenError("Your account may not change this list; its bureau or the administrator can")
