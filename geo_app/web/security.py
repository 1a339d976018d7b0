"""What guards every answer: request id, host and origin checks, CSRF token, content policy and the other headers."""

from __future__ import annotations

import hmac
import secrets
import uuid
from typing import TYPE_CHECKING, ClassVar

from flask import Flask, current_app, g, request, session

from geo_app import access
from geo_app.web.desk import desk
from layers.schema import PersonError

if TYPE_CHECKING:
    from flask import Response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SMALL_BODY_BYTES = 1_000_000
"""Ceiling of a request body anywhere but on the upload endpoint."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; object-src 'none'"
)


class CsrfError(PersonError, PermissionError):
    """A request that would change something came without our token, or from another origin."""

    code: ClassVar[str] = "csrf"


def csrf_token() -> str:
    """Give the token of this browser session, made on first use; forms and scripts send it back with every unsafe request."""
    token = session.get("csrf")
    if not isinstance(token, str):
        token = secrets.token_urlsafe(32)
        session["csrf"] = token
    return token


def nonce() -> str:
    """Give the nonce of this answer: one per request, for the few data blocks and scripts a page carries itself."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def check_person() -> None:
    """Let only whom the gate lets pass: each endpoint's declared permission against the person it knows.

    Raises:
        ForbiddenError: for a foreign host name, peer or proxy, or where the endpoint declares nothing.
    """
    headers = request.headers
    forwarded = any(name in headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    g.person = access.identify(access.Origin(request.remote_addr, headers.get("Host", ""), forwarded), desk().settings)
    if g.person is access.NOBODY:
        access.require(g.person, None)
    if request.endpoint is None or request.endpoint == "static":
        return
    access.require(g.person, access.declared(current_app.view_functions[request.endpoint]))


def check_origin() -> None:
    """Refuse an unsafe request from another origin or without the session's token.

    Raises:
        CsrfError: when Origin is foreign, or the token is missing or wrong.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.casefold() != request.host_url.rstrip("/").casefold():
        raise CsrfError("The request came from another page; open the page here and try again")
    sent = request.headers.get("X-CSRF-Token") or ("" if request.is_json else request.form.get("csrf_token", ""))
    held = session.get("csrf")
    if not isinstance(held, str) or not hmac.compare_digest(sent.encode(), held.encode()):
        raise CsrfError("The page is too old or was opened elsewhere; reload it and try again")


def _limit_body() -> None:
    """Hold every body but an upload to a small size."""
    if request.endpoint != "imports.upload":
        request.max_content_length = SMALL_BODY_BYTES


def _begin() -> None:
    g.request_id = uuid.uuid4().hex[:12]
    check_person()
    _limit_body()
    check_origin()


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY.format(nonce=nonce()))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Request-ID"] = g.get("request_id", "")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def install(app: Flask) -> None:
    """Put the checks before and the headers after every request of an application."""
    app.before_request(_begin)
    app.after_request(_headers)
    app.jinja_env.globals.update(csrf_token=csrf_token, csp_nonce=nonce)
