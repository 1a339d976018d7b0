"""A step of a project as its form sends it: which inputs a step has, and what was typed as values of an event."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from flask import request

from geo_app.actions import edit_payload
from geo_app.actions.edit_payload import BadFieldError
from geo_app.actions.library import documents
from geo_app.web import change_asking, project_values
from geo_app.web.desk import desk, person
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.actions.notices import Level
    from processing.library.moves import Move

INPUTS: Final = (
    "result",
    "exclusion",
    "answers",
    "place",
    "plan_year",
    "plan_rank",
    "progress_pct",
    "amount",
    "fund_source",
    "url",
)
"""Inputs that a step shows only where it needs them."""
ANNOUNCED: Final[Mapping[str, Level]] = {
    "village_notice": "village",
    "township_notice": "township",
    "county_notice": "county",
    "enter_library": "county",
    "publish_change": "county",
}
"""Steps that hang a notice, each with the level at which the public page announces it."""
LONG_TERM: Final = frozenset({"enter_library", "publish_change"})
"""Announcements without an end."""
OF_EVERY_STEP: Final = frozenset(
    {"csrf_token", "expected_ver", "start_date", "document", "opinion", "announce", "unit", "amount_unit", *INPUTS}
)
"""What the form of a step may hold; contents that a change asks for stand behind `new:`."""
MOST_DOCUMENT_BYTES: Final = 10_000_000
NOTE_LENGTH: Final = 2000


def inputs_of(move: Move) -> tuple[str, ...]:
    """Name the inputs that a step has besides its day, its document and its opinion.

    >>> from processing.library.moves import MOVES
    >>> inputs_of(MOVES["county_notice"]), inputs_of(MOVES["apply"])
    (('place',), ())
    """
    return tuple(name for name in INPUTS if name in move.needs)


def read(move: Move, project: Mapping[str, Any]) -> dict[str, Any]:
    """Read the form of a step of a project as values of an event.

    Raises:
        BadFieldError: naming the input; one that the form does not have is refused, not passed over.
    """
    form = request.form
    strange = [name for name in form if _is_strange(move, name)]
    if strange:
        raise BadFieldError(f"{strange[0][:40]}: this step has no such field. Nothing was saved.", field=strange[0][:40])
    texts: dict[str, Any] = {name: form.get(name, "").strip() or None for name in ("opinion", "place", "url", "unit")}
    texts["opinion"] = (texts["opinion"] or "")[:NOTE_LENGTH] or None
    for name in ("result", "exclusion", "answers", "fund_source"):
        texts[name] = form.get(name) or None
    for name in ("plan_year", "plan_rank", "progress_pct"):
        texts[name] = form.get(name, "").strip() or None
    texts["start_date"] = _day(form.get("start_date", ""))
    if "amount" in move.needs:
        found = project_values.amount({"amount": form.get("amount"), "unit": form.get("amount_unit")}, field="amount")
        texts["amount"] = None if found is None else float(found)
    values = edit_payload.values_of(LAYERS["project_events"], {name: value for name, value in texts.items() if value is not None})
    document = _document(form.get("document", ""))
    if document:
        values["document"] = document
    if move.name == "ask_change":
        values["proposed"] = change_asking.read(project)
    return values


def _is_strange(move: Move, name: str) -> bool:
    """Say whether a form brings a content that this step does not take; what only helps to read a file is no content."""
    if name.startswith(change_asking.NEW):
        return move.name != "ask_change"
    return name not in OF_EVERY_STEP and (name in LAYERS["projects"] or name in LAYERS["project_events"])


def _day(text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadFieldError(f"start_date takes a date such as 2026-03-01, found {text[:20]!r}", field="start_date") from None


def _document(title: str) -> str:
    """Keep the paper that was sent, and write its title with its number."""
    sent = request.files.get("paper")
    if sent is None or not sent.filename:
        return documents.written(title.strip()) if title.strip() else ""
    data = sent.stream.read(MOST_DOCUMENT_BYTES + 1)
    if len(data) > MOST_DOCUMENT_BYTES:
        raise BadFieldError(f"document: at most {MOST_DOCUMENT_BYTES // 1_000_000} MB are taken", field="document")
    number = desk().store.attachments.add(data, sent.filename, sent.mimetype or "application/octet-stream", who=person().name)
    return documents.written(title.strip() or sent.filename, str(number))
