"""Faults as answers: one JSON shape for scripts, one page for readers, and nothing of the machine in either."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Flask, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError

from geo_app import errors as table
from geo_app.web import sentences
from geo_app.web.identifying import CHALLENGE, is_data, is_tool_path
from geo_app.web.language import language
from layers.schema import PersonError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

logger = logging.getLogger(__name__)

UNAUTHORIZED = 401

HTTP_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "bad_request",
}


def wants_json() -> bool:
    """Say whether the asker is a script of ours or a tool rather than a person opening a page."""
    if request.is_json or request.headers.get("X-Requested-With") == "xiangtu":
        return True
    if is_data():
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def _sentence(status: int) -> str:
    sentences = {
        400: gettext("The request could not be understood."),
        403: gettext("This is not allowed."),
        404: gettext("There is nothing at this address."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("The file is larger than this server takes."),
        500: gettext(
            "Something went wrong on our side. Nothing was saved by this request. The number below finds it in the log."
        ),
    }
    return str(sentences.get(status, gettext("The request could not be answered.")))


def answer(status: int, code: str, message: str, **more: Any) -> ResponseReturnValue:
    """Give a fault as JSON or as a page, by who asks."""
    request_id = g.get("request_id", "")
    if wants_json():
        return jsonify(code=code, message=message, request_id=request_id, **more), status
    page = render_template("error.html", status=status, code=code, message=message, request_id=request_id, href=more.get("href"))
    return page, status


def explain(code: str, message: str) -> str:
    """Say an exact message in the reader's language: whole where its form is known, else after a sentence of its kind.

    Tools keep the exact message, after that sentence: they compare it.
    """
    if language() == "en":
        return message
    whole = None if is_tool_path() else sentences.said(message)
    if whole:
        return whole
    sentence = _by_code(code)
    return f"{sentence} {message}" if sentence else message


def told(error: PersonError) -> str:
    """Say an error in the reader's language: in its own Chinese where it has one, else by the form of its sentence."""
    if error.zh and language() == "zh" and not is_tool_path():
        return error.zh
    return explain(error.code, str(error))


def said_with_kept(error: PersonError | table.ErrorBody, message: str) -> str:
    """Add to what an error says whether the edits that it refuses are kept, and where."""
    return " ".join(text for text in (message, _kept(error)) if text)


def _kept(error: PersonError | table.ErrorBody) -> str:
    if error.no_room:
        return str(gettext("It is not kept: of an account that may not change this only so much is kept."))
    if not error.kept:
        return ""
    number, count = error.kept[0], len(error.kept)
    if count == 1:
        return str(gettext("Your edit is kept as #%(id)s (Changes → Kept edits).", id=number))
    return str(gettext("Your %(count)s edits are kept from #%(id)s on (Changes → Kept edits).", count=count, id=number))


def _by_code(code: str) -> str:
    sentences = {
        "bad_request": gettext("The request cannot be used."),
        "bad_field_file": gettext("The file cannot be brought back from the field."),
        "bad_filter": gettext("The query cannot be used."),
        "busy_drawing": gettext("Too much is being drawn at once. Try again in a moment."),
        "busy": gettext("The store is busy; nothing was saved. Try again in a moment."),
        "cancelled": gettext("The work was stopped; nothing of it was kept."),
        "changed": gettext("Somebody changed this in the meantime."),
        "csrf": gettext("The page is too old or was opened elsewhere; reload it and try again."),
        "faults_found": gettext("The data has faults."),
        "forbidden": gettext("This is not allowed."),
        "not_signed_in": gettext("Sign in first."),
        "sign_in_refused": gettext("Login or password is wrong, or the account is switched off."),
        "too_many_attempts": gettext("Too many attempts to sign in failed; wait a while."),
        "too_many_requests": gettext("Too many requests; wait a moment."),
        "weak_password": gettext("This password cannot be used."),
        "limit_exceeded": gettext("The file is beyond a limit."),
        "book_too_long": gettext("The book is too long to be set on paper. Choose a smaller area, or take the workbook."),
        "no_data": gettext("There is no data for this yet."),
        "not_found": gettext("This is not here."),
        "unknown_name": gettext("This name is not known."),
        "storage_full": gettext("The disk is full; nothing was saved."),
        "too_large": gettext("The file is larger than this server takes."),
        "too_many_jobs": gettext("As many jobs are running as may; wait for one or cancel one."),
        "unreadable_file": gettext("The file could not be read."),
        "bad_archive": gettext("The archive cannot be used."),
        "bad_field": gettext("A value cannot be used."),
        "bad_picture": gettext("The photograph cannot be taken."),
        "bad_recipe": gettext("The recipe cannot be used."),
        "duplicate_key": gettext("A number stands twice; nothing was saved."),
        "invalid_geometry": gettext("The geometry cannot be used."),
        "ledger_rule": gettext("The rules of the ledger stand against this step; nothing was saved."),
        "library_rule": gettext("The rules of the library stand against this step; nothing was saved."),
        "locked": gettext("This is kept by its procedure and is not changed this way; nothing was saved."),
        "precondition_required": gettext("The version that was seen is missing; nothing was saved."),
        "internal": gettext("Something went wrong on our side; nothing was saved by this request."),
    }
    return str(sentences.get(code, ""))


def _person(error: PersonError) -> ResponseReturnValue:
    if isinstance(error, table.NotSignedInError) and request.method == "GET" and not wants_json():
        asked = request.full_path if request.query_string else request.path
        return redirect(url_for("accounts.sign_in", next=asked))
    found = table.body(error, request_id=g.get("request_id", ""), translate=lambda _code, _message: told(error))
    more: dict[str, Any] = {}
    if isinstance(named := getattr(error, "field", None), str) and named:
        more["field"] = named
    if error.kept:
        more |= {"kept": list(error.kept), "href": url_for("kept.page", kept_id=error.kept[0])}
    response = make_response(answer(found.status, found.code, said_with_kept(error, found.message), **more))
    wait = getattr(error, "retry_after", None)
    if isinstance(wait, int):
        response.headers["Retry-After"] = str(wait)
    if found.status == UNAUTHORIZED and is_tool_path():
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _storage(error: OSError) -> ResponseReturnValue:
    found = table.body(error, request_id=g.get("request_id", ""), translate=explain)
    return answer(found.status, found.code, found.message)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, InternalServerError):
        logger.error("request %s failed", g.get("request_id", ""), exc_info=error.original_exception)
    return answer(status, HTTP_CODES.get(status, "internal" if status >= 500 else "bad_request"), _sentence(status))  # noqa: PLR2004


def install(app: Flask) -> None:
    """Register the handlers; an unforeseen error reaches the log whole and the person as a number."""
    app.register_error_handler(PersonError, _person)
    app.register_error_handler(OSError, _storage)
    app.register_error_handler(HTTPException, _http)
