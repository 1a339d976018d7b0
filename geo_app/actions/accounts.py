"""Accounts: who may sign in, with which rights in which areas."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_app.access.roles import ROLES, VIEWER
from geo_app.actions import held, passwords
from geo_app.errors import BadRequestError, NotFoundError
from layers.store import Grant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layers.store import Account, Store

log = logging.getLogger(__name__)

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of besides its password."""

    login: str
    name: str = ""
    bureau: str = ""
    grants: tuple[Grant, ...] = (Grant(VIEWER),)
    language: str = "zh"


def create(store: Store, wanted: NewAccount, password: str) -> Account:
    """Make an account.

    Raises:
        BadRequestError: the login, a role or an area cannot be used.
        WeakPasswordError: the password is too easy.
        DuplicateKeyError: the login is taken.
    """
    login = wanted.login.strip().casefold()
    if not LOGIN.fullmatch(login):
        raise BadRequestError("A login has 2 to 40 small letters, digits and .-_ and begins with a letter or digit")
    name, bureau = wanted.name.strip()[:NAME_LENGTH] or login, wanted.bureau.strip()[:NAME_LENGTH]
    grants = check_grants(store, wanted.grants or (Grant(VIEWER),))
    hashed = passwords.hashed(passwords.accepted(password, login))
    made = store.accounts.add(login, name, bureau, hashed, grants, language=wanted.language)
    log.info("account %s made: %s", login, grants_text(grants))
    return made


def check_grants(store: Store, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Give grants back when they can be used.

    Two grants that write the same layer in different areas must write the same fields there: one right over a layer has one
    list of fields.

    Raises:
        BadRequestError: an unknown role or area, or two grants that cannot stand together.
    """
    found = tuple(dict.fromkeys(Grant(item.role, tuple(sorted(set(item.areas))), item.apply) for item in grants))
    unknown = [item.role for item in found if item.role not in ROLES]
    if unknown:
        raise BadRequestError(f"There is no role {unknown[0]!r}; the roles are {', '.join(ROLES)}")
    codes = {code for item in found for code in item.areas}
    if codes:
        tree = held.areas(store)
        strange = sorted(code for code in codes if code not in tree)
        if strange and len(tree):
            raise BadRequestError(f"There is no area with the code {strange[0]!r}; `geo-app areas` lists them")
    for first in found:
        for second in found:
            _refuse_crossing(first, second)
    return found


def _refuse_crossing(first: Grant, second: Grant) -> None:
    if set(first.areas) == set(second.areas):
        return
    one, other = ROLES[first.role], ROLES[second.role]
    crossing = [name for name in one.writes if other.may_write(name) and one.fields(name) != other.fields(name)]
    if crossing:
        raise BadRequestError(
            f"{first.role} and {second.role} write different fields of {crossing[0]}; grant both for the same areas, "
            "or make two accounts"
        )


def parse_grant(text: str) -> Grant:
    """Read a grant from `role`, `role@620422,620423` or `role@620422:submit`.

    Example:
        >>> parse_grant("water@620422:submit")
        Grant(role='water', areas=('620422',), apply=False)

    Raises:
        BadRequestError: it is written otherwise.
    """
    body, _, how = text.strip().partition(":")
    role, _, areas = body.partition("@")
    if role not in ROLES or how not in {"", "apply", "submit"}:
        raise BadRequestError(f"A grant is ROLE[@AREA,AREA][:apply|:submit] with one of {', '.join(ROLES)}; found {text!r}")
    return Grant(role, tuple(code.strip() for code in areas.split(",") if code.strip()), how != "submit")


def grant_text(grant: Grant) -> str:
    """Write a grant as `parse_grant` reads it."""
    areas = f"@{','.join(grant.areas)}" if grant.areas else ""
    return f"{grant.role}{areas}{'' if grant.apply else ':submit'}"


def grants_text(grants: Iterable[Grant]) -> str:
    """Write several grants."""
    return " ".join(grant_text(item) for item in grants)


def find(store: Store, login: str) -> Account:
    """Give the account of a login.

    Raises:
        NotFoundError: there is none.
    """
    found = store.accounts.find(login.strip().casefold())
    if found is None:
        raise NotFoundError(f"There is no account {login!r}; `geo-app user list` lists them")
    return found


def set_grants(store: Store, account: Account, grants: Sequence[Grant]) -> None:
    """Give an account other rights; whoever is signed in with it signs in again."""
    checked = check_grants(store, grants)
    store.accounts.set_grants(account.account_id, checked)
    log.info("account %s now has %s", account.login, grants_text(checked))


def set_active(store: Store, account: Account, *, active: bool) -> None:
    """Switch an account on or off; its sessions end."""
    store.accounts.set_active(account.account_id, active)
    log.info("account %s switched %s", account.login, "on" if active else "off")


def set_password(store: Store, account: Account, password: str) -> None:
    """Give an account another password; its sessions end.

    Raises:
        WeakPasswordError: it is too easy.
    """
    store.accounts.set_password(account.account_id, passwords.hashed(passwords.accepted(password, account.login)))
    log.info("account %s has another password", account.login)
