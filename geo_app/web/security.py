"""What guards every answer: request id, host and origin checks, CSRF token, content policy and the other headers."""

from __future__ import annotations

import hmac
import secrets
import uuid
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, session
from werkzeug.middleware.proxy_fix import ProxyFix

from geo_app import access
from geo_app.config import LOOPBACK
from geo_app.errors import ForbiddenError
from geo_app.web import throttle
from geo_app.web.desk import desk, session_of
from geo_app.web.identifying import identify, is_tool_path, uses_basic
from layers.schema import PersonError

if TYPE_CHECKING:
    from flask import Response

    from geo_app.config import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SMALL_BODY_BYTES = 1_000_000
"""Ceiling of a request body anywhere but on the endpoints that take a file."""
UPLOADS = frozenset(
    {
        "exchange.check",
        "works.upload",
        "imports.upload",
        "bulk.upload",
        "field.bring",
        "households.read",
        "tasks.load",
        "targets.load",
    }
)
HSTS = "max-age=31536000"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; object-src 'none'"
)


class CsrfError(PersonError, PermissionError):
    """A request that would change something came without our token, or from another origin."""

    code: ClassVar[str] = "csrf"


def csrf_token() -> str:
    """Give the token that forms and scripts send back with every unsafe request.

    It belongs to the session on the server; before sign-in, and without accounts, to this browser's signed cookie.
    """
    signed_in = session_of()
    if signed_in is not None:
        return signed_in.csrf
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


def check_host(settings: Settings) -> None:
    """Refuse a request for a host name that is not ours (accounts): links, cookies and origins are made from it.

    Raises:
        ForbiddenError: for any other name.
    """
    name = access.host_name(request.headers.get("Host", ""))
    unnamed = {None, "0.0.0.0", "::", *LOOPBACK}  # noqa: S104 - where one listens is no name
    own = {urlsplit(settings.public_url).hostname, settings.host} - unnamed
    if name not in own and not (name in LOOPBACK and access.is_loopback(request.remote_addr or "")):
        raise ForbiddenError("This server does not answer under that name.")


def check_person() -> None:
    """Let only whom the gate lets pass: each endpoint's declared permission against the person it knows.

    Raises:
        ForbiddenError: for a foreign host name, peer or proxy, or where the endpoint declares nothing.
        NotSignedInError: where there are accounts and nobody is signed in.
    """
    settings = desk().settings
    g.person, accounts = access.NOBODY, settings.access == "accounts"
    if accounts:
        check_host(settings)
    g.person = identify(settings)
    if g.person is access.NOBODY and not accounts:
        access.require(g.person, None)
    throttle.check(settings)
    if request.endpoint is None or request.endpoint == "static":
        return
    access.require(g.person, access.declared(current_app.view_functions[request.endpoint]), accounts=accounts)


def _own_origins() -> set[str]:
    return {item.rstrip("/").casefold() for item in (request.host_url, desk().settings.public_url) if item}


def _is_local_tool() -> bool:
    """Say whether a tool on this machine asks without a browser's cookies, where there are no accounts."""
    return desk().settings.access == "local" and is_tool_path() and "Cookie" not in request.headers


def check_origin() -> None:
    """Refuse an unsafe request from another origin or without the session's token.

    A client that sends its login and password with every request (Basic) has no token; a browser that does so on its own for a
    page elsewhere is told by its Origin or Sec-Fetch-Site.

    Raises:
        CsrfError: when Origin is foreign, or the token is missing or wrong.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.casefold() not in _own_origins():
        raise CsrfError("The request came from another page; open the page here and try again")
    if uses_basic() or _is_local_tool():
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise CsrfError("The request came from another page; open the page here and try again")
        return
    sent = request.headers.get("X-CSRF-Token") or ("" if request.is_json else request.form.get("csrf_token", ""))
    signed_in = session_of()
    held = signed_in.csrf if signed_in is not None else session.get("csrf")
    if not isinstance(held, str) or not hmac.compare_digest(sent.encode(), held.encode()):
        raise CsrfError("The page is too old or was opened elsewhere; reload it and try again")


def _limit_body() -> None:
    """Hold every body but an upload to a small size."""
    if request.endpoint not in UPLOADS:
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
    if desk().settings.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = HSTS
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        headers.add("Vary", "Cookie, Authorization")
    return response


def behind_proxies(app: Flask, settings: Settings) -> None:
    """Take the client's address and scheme from the proxies that the settings trust, and from nobody else."""
    if settings.access == "accounts" and settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]


def install(app: Flask) -> None:
    """Put the checks before and the headers after every request of an application."""
    app.before_request(_begin)
    app.after_request(_headers)
    app.jinja_env.globals.update(csrf_token=csrf_token, csp_nonce=nonce)
