"""Signing in and out, one's own account, and the accounts of an installation for its administrator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext

from geo_app.access import Permission, Verb, permission
from geo_app.access.roles import ROLES
from geo_app.actions import accounts as action
from geo_app.actions import held, passwords, reach, signing_in
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.web import identifying, throttle
from geo_app.web.desk import desk, person, session_of
from geo_app.web.errors import told
from geo_app.web.language import COOKIE as LANGUAGE_COOKIE
from geo_app.web.language import LANGUAGES, YEAR_SECONDS, title
from layers.catalogue import LAYERS
from layers.errors import DuplicateKeyError
from layers.store import Grant

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from layers.store import Account

pages = Blueprint("accounts", __name__)

SEE_OTHER = 303
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
REFUSED = (BadRequestError, DuplicateKeyError, passwords.WeakPasswordError)


def safe_next(asked: str | None) -> str:
    r"""Give an address of ours to go on to after sign-in; the map for anything else.

    Example:
        >>> [safe_next(text) for text in ("/layers/roads?x=1", "//evil.example", r"/\evil.example", "https://evil.example", None)]
        ['/layers/roads?x=1', '/', '/', '/', '/']
    """
    if not asked or not asked.startswith("/") or asked.startswith("//") or _UNSAFE.search(asked):
        return "/"
    return "/" if asked.startswith(("/sign-in", "/sign-out")) else asked


@pages.get("/sign-in")
@permission(Permission.OPEN)
def sign_in() -> ResponseReturnValue:
    """Show the form to sign in; whoever is signed in goes on."""
    if not person().is_anonymous:
        return redirect(safe_next(request.args.get("next")))
    return render_template("sign_in.html", next=safe_next(request.args.get("next")), login="", fault="")


@pages.post("/sign-in")
@permission(Permission.OPEN)
def enter() -> ResponseReturnValue:
    """Sign in: a new session, whatever the browser brought; a wrong password gives the form again."""
    here, wanted = desk(), safe_next(request.form.get("next"))
    if here.settings.access == "local":
        return redirect(wanted, SEE_OTHER)
    login = request.form.get("login", "")
    try:
        account = signing_in.sign_in(here.store, login, request.form.get("password", ""), address=request.remote_addr or "")
    except (signing_in.SignInRefusedError, signing_in.TooManyAttemptsError) as error:
        throttle.note_failed_sign_in()
        return _refused(error, login=login, wanted=wanted)
    _end_session()
    response = make_response(redirect(wanted, SEE_OTHER))
    identifying.remember(response, signing_in.start_session(here.store, account, here.settings), here.settings)
    if request.cookies.get(LANGUAGE_COOKIE) not in LANGUAGES and account.language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, account.language, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    return response


def _refused(
    error: signing_in.SignInRefusedError | signing_in.TooManyAttemptsError, *, login: str, wanted: str
) -> ResponseReturnValue:
    if isinstance(error, signing_in.TooManyAttemptsError):
        said = gettext("Too many attempts failed. Wait %(seconds)s seconds and try again.", seconds=error.retry_after)
        headers = {"Retry-After": str(error.retry_after)}
        return render_template("sign_in.html", next=wanted, login=login, fault=said), 429, headers
    said = gettext("Login or password is wrong, or the account is switched off.")
    return render_template("sign_in.html", next=wanted, login=login, fault=said), 401


def _end_session() -> None:
    """Revoke the session of this request, if it has one, and empty what the browser keeps for us."""
    held_session = session_of()
    if held_session is not None:
        desk().store.accounts.end_session(held_session.token_hash)
    session.clear()


@pages.post("/sign-out")
@permission(Permission.OPEN)
def leave() -> ResponseReturnValue:
    """Sign out: the session ends on the server."""
    _end_session()
    return identifying.forget(make_response(redirect(url_for("accounts.sign_in"), SEE_OTHER)), desk().settings)


# one's own account


def rights() -> list[dict[str, Any]]:
    """List what the asker may do with each layer."""
    who = person()
    found = []
    for name in reach.readable_layers(who):
        verbs = {str(verb): reach.may(who, name, verb) for verb in Verb}
        fields = None
        if verbs["submit"] and not who.is_local:
            fields = reach.of(desk().store, who, name, Verb.SUBMIT).fields
        shown = None if fields is None else [title(LAYERS[name][field]) for field in LAYERS[name].field_names if field in fields]
        found.append({"layer": LAYERS[name], "fields": shown, **verbs})
    return found


@pages.get("/account")
@permission(Permission.READ)
def own() -> ResponseReturnValue:
    """Show who is signed in, what they may do where, and the form for another password."""
    return render_template("account.html", grants=_described(person().grants), rights=rights(), shortest=passwords.SHORTEST)


@pages.post("/account/password")
@permission(Permission.READ)
def change_password() -> ResponseReturnValue:
    """Change one's own password; every session of the account ends, and a new one begins here."""
    here, form = desk(), request.form
    account = here.store.accounts.get(person().account_id or 0)
    if account is None:
        raise NotFoundError("There is no account here")
    if form.get("new", "") != form.get("again", ""):
        flash(gettext("The two new passwords are not the same."), "danger")
        return redirect(url_for("accounts.own"), SEE_OTHER)
    try:
        signing_in.change_password(
            here.store, account, form.get("old", ""), form.get("new", ""), address=request.remote_addr or ""
        )
    except signing_in.SignInRefusedError:
        flash(gettext("The present password is wrong."), "danger")
        return redirect(url_for("accounts.own"), SEE_OTHER)
    except passwords.WeakPasswordError as error:
        flash(_weak(error), "danger")
        return redirect(url_for("accounts.own"), SEE_OTHER)
    flash(gettext("The password is changed; all other sign-ins of this account have ended."), "good")
    response = make_response(redirect(url_for("accounts.own"), SEE_OTHER))
    return identifying.remember(response, signing_in.start_session(here.store, account, here.settings), here.settings)


def _weak(error: passwords.WeakPasswordError) -> str:
    rule = gettext("A password has at least %(count)s characters, is not easy to guess and does not hold the login.", count=10)
    return f"{rule} ({error})"


# administration


def _described(grants: tuple[Grant, ...]) -> list[dict[str, Any]]:
    tree = held.areas(desk().store)
    return [
        {
            "role": ROLES[item.role],
            "areas": [(code, tree.name(code)) for code in item.areas],
            "codes": " ".join(item.areas),
            "apply": item.apply,
        }
        for item in grants
        if item.role in ROLES
    ]


def _account(account_id: int) -> Account:
    found = desk().store.accounts.get(account_id)
    if found is None:
        raise NotFoundError(f"There is no account {account_id}")
    return found


def _asked_grants() -> tuple[Grant, ...]:
    form = request.form
    lines = zip(form.getlist("role"), form.getlist("areas"), form.getlist("how"), strict=False)
    return tuple(
        Grant(role, tuple(re.split(r"[\s,，、]+", areas.strip())) if areas.strip() else (), how != "submit")
        for role, areas, how in lines
        if role
    )


def _back(account_id: int | None = None) -> ResponseReturnValue:
    place = url_for("accounts.index") if account_id is None else url_for("accounts.page", account_id=account_id)
    return redirect(place, SEE_OTHER)


@pages.get("/accounts")
@permission(Permission.ADMIN)
def index() -> ResponseReturnValue:
    """List the accounts, with the form that makes one."""
    rows = [(account, _described(account.grants)) for account in desk().store.accounts.all()]
    return render_template("accounts.html", rows=rows, roles=ROLES.values(), local=desk().settings.access == "local")


@pages.post("/accounts")
@permission(Permission.ADMIN)
def create() -> ResponseReturnValue:
    """Make an account; its first password is invented here and shown once."""
    form, password = request.form, passwords.invented()
    language = form.get("language", "zh")
    wanted = action.NewAccount(
        form.get("login", ""),
        form.get("name", ""),
        form.get("bureau", ""),
        _asked_grants(),
        language if language in LANGUAGES else "zh",
    )
    try:
        made = action.create(desk().store, wanted, password)
    except REFUSED as error:
        flash(told(error), "danger")
        return _back()
    return _page(made, password=password)


def _page(account: Account, *, password: str = "") -> ResponseReturnValue:
    return render_template(
        "account_edit.html", account=account, grants=_described(account.grants), roles=ROLES.values(), password=password
    )


@pages.get("/accounts/<int:account_id>")
@permission(Permission.ADMIN)
def page(account_id: int) -> ResponseReturnValue:
    """Show an account with its grants."""
    return _page(_account(account_id))


@pages.post("/accounts/<int:account_id>/grants")
@permission(Permission.ADMIN)
def set_grants(account_id: int) -> ResponseReturnValue:
    """Give an account other rights."""
    account = _account(account_id)
    try:
        action.set_grants(desk().store, account, _asked_grants())
    except REFUSED as error:
        flash(told(error), "danger")
    else:
        flash(gettext("The rights are changed; the account signs in again."), "good")
    return _back(account_id)


@pages.post("/accounts/<int:account_id>/active")
@permission(Permission.ADMIN)
def set_active(account_id: int) -> ResponseReturnValue:
    """Switch an account on or off.

    Raises:
        BadRequestError: it is one's own.
    """
    account = _account(account_id)
    if account.account_id == person().account_id:
        raise BadRequestError("You cannot switch your own account off; another administrator can")
    action.set_active(desk().store, account, active=request.form.get("active") == "yes")
    return _back(account_id)


@pages.post("/accounts/<int:account_id>/password")
@permission(Permission.ADMIN)
def reset_password(account_id: int) -> ResponseReturnValue:
    """Give an account a new invented password, shown once."""
    account, password = _account(account_id), passwords.invented()
    action.set_password(desk().store, account, password)
    return _page(account, password=password)


@pages.post("/accounts/<int:account_id>/sessions")
@permission(Permission.ADMIN)
def end_sessions(account_id: int) -> ResponseReturnValue:
    """Sign an account out everywhere."""
    desk().store.accounts.end_sessions(_account(account_id).account_id)
    flash(gettext("The account is signed out everywhere."), "good")
    return _back(account_id)
