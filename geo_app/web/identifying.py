"""Who sends a request: the session's cookie, a login and password sent by another tool, or this machine."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from flask import g, request

from geo_app import access
from geo_app.actions import signing_in
from geo_app.web.desk import desk

if TYPE_CHECKING:
    from flask import Response

    from geo_app.config import Settings
    from layers.store import Store

COOKIE, SECURE_COOKIE = "xiangtu-session", "__Host-xiangtu-session"
"""The prefix makes browsers keep the cookie to this host and to encrypted connections."""
TOOL_PATHS = ("/api/", "/tiles/", "/due.ics")
"""Addresses for other tools, which send login and password with each request (HTTP Basic)."""
DATA_PATHS = (*TOOL_PATHS, "/editing/")
DATA_ENDPOINTS = frozenset(
    {
        "features.features",
        "features.row",
        "features.rows",
        "frames.values",
        "imports.state",
        "jobs.count",
        "jobs.listing",
        "jobs.state",
        "map.children",
        "map.gap_layer",
        "map.panel",
        "map.units",
        "queries.kept",
        "search.search",
    }
)
"""Endpoints that answer our own scripts as JSON: where nobody is signed in they say so, and lead to no page."""
CHALLENGE = 'Basic realm="Xiangtu", charset="UTF-8"'
BASIC_KEPT_S, BASIC_KEPT = 300.0, 500
_key = secrets.token_bytes(32)
_verified: weakref.WeakKeyDictionary[Store, OrderedDict[bytes, tuple[int, str, float]]] = weakref.WeakKeyDictionary()
"""Passwords that fitted: account, hash it fitted, until when; by a digest that says nothing of them."""
_lock = threading.Lock()


def is_tool_path() -> bool:
    """Say whether the address is one for other tools."""
    return request.path.startswith(TOOL_PATHS)


def is_data() -> bool:
    """Say whether what is asked for is data for a program, never a page to look at."""
    fetched = request.headers.get("Sec-Fetch-Dest") == "empty"
    return fetched or request.path.startswith(DATA_PATHS) or request.endpoint in DATA_ENDPOINTS


def uses_basic() -> bool:
    """Say whether this request was let in by login and password."""
    return bool(g.get("basic"))


def cookie_name(settings: Settings) -> str:
    """Give the name of the session's cookie."""
    return SECURE_COOKIE if settings.public_url.startswith("https://") else COOKIE


def identify(settings: Settings) -> access.Person:
    """Say who asks; NOBODY when no session holds.

    Raises:
        SignInRefusedError, TooManyAttemptsError: another tool sent a login and password that do not fit.
    """
    if settings.access == "local":
        headers = request.headers
        forwarded = any(name in headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
        return access.identify(access.Origin(request.remote_addr, headers.get("Host", ""), forwarded), settings)
    if is_tool_path() and request.authorization is not None and request.authorization.type == "basic":
        return _by_password()
    token = request.cookies.get(cookie_name(settings), "")
    found = signing_in.session(desk().store, token, settings) if token else None
    g.signed_in = found
    return access.NOBODY if found is None else found.person


def _by_password() -> access.Person:
    """Check a login and password, at full cost at most every five minutes; a changed password or account counts at once."""
    sent = request.authorization
    login, password = (str(sent.username or ""), str(sent.password or "")) if sent is not None else ("", "")
    store, now = desk().store, time.monotonic()
    key = hmac.digest(_key, f"{login}\0{password}".encode(), hashlib.sha256)
    with _lock:
        held = _verified.setdefault(store, OrderedDict()).get(key)
    account = store.accounts.get(held[0]) if held is not None and held[2] > now else None
    if account is None or held is None or not account.active or store.accounts.password_hash(account.account_id) != held[1]:
        account = signing_in.sign_in(store, login, password, address=request.remote_addr or "")
        with _lock:
            kept = _verified[store]
            kept[key] = (account.account_id, store.accounts.password_hash(account.account_id) or "", now + BASIC_KEPT_S)
            while len(kept) > BASIC_KEPT:
                kept.popitem(last=False)
    g.basic = True
    return access.person_of(account)


def remember(response: Response, token: str, settings: Settings) -> Response:
    """Hand the session's token to the browser: for this visit, this site and no script."""
    secure = settings.public_url.startswith("https://")
    response.set_cookie(cookie_name(settings), token, httponly=True, samesite="Lax", secure=secure, path="/")
    return response


def forget(response: Response, settings: Settings) -> Response:
    """Take the session's cookie away."""
    secure = settings.public_url.startswith("https://")
    response.delete_cookie(cookie_name(settings), httponly=True, samesite="Lax", secure=secure, path="/")
    return response
