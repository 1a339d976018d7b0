"""Signing in and out: how often somebody may try, and the sessions that the server holds."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from geo_app.access import person_of
from geo_app.actions import accounts, passwords
from layers.schema import PersonError

if TYPE_CHECKING:
    from geo_app.access import Person
    from geo_app.config import Settings
    from layers.store import Account, Store

FAILURES, WINDOW = 5, dt.timedelta(minutes=15)
"""So many failures of one account from one address within this time; then there is a wait before each further attempt."""
FIRST_WAIT_S = 30
SEEN_EVERY = dt.timedelta(minutes=1)
"""How often at most a session's last use is written."""
_locks = tuple(threading.Lock() for _ in range(32))


class SignInRefusedError(PersonError, PermissionError):
    """Login and password do not fit, or the account is switched off: always said alike."""

    code: ClassVar[str] = "sign_in_refused"


class TooManyAttemptsError(PersonError, PermissionError):
    """Somebody failed to sign in too often; `retry_after` are the seconds to wait."""

    code: ClassVar[str] = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds beside the sentence."""
        super().__init__(f"Too many attempts to sign in failed. Wait {retry_after} seconds and try again.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A request's session: whose, the hash of its token, and what its unsafe requests must carry."""

    person: Person
    token_hash: str
    csrf: str


def now() -> dt.datetime:
    """Give the present moment, UTC."""
    return dt.datetime.now(dt.UTC)


def change_password(store: Store, account: Account, old: str, new: str, *, address: str) -> None:
    """Let somebody change their own password; all sessions of the account end.

    Raises:
        SignInRefusedError: the old password does not fit.
        TooManyAttemptsError: it was tried too often.
        WeakPasswordError: the new one is too easy.
    """
    passwords.accepted(new, account.login)
    sign_in(store, account.login, old, address=address)
    accounts.set_password(store, account, new)


def sign_in(store: Store, login: str, password: str, *, address: str) -> Account:
    """Give the account that a login and password belong to.

    An unknown login costs and says the same as a wrong password. A hash of older parameters is renewed.

    Raises:
        TooManyAttemptsError: five attempts from this address failed within a quarter of an hour.
        SignInRefusedError: they do not fit.
    """
    login = login.strip().casefold()[: accounts.NAME_LENGTH]
    with _locks[hash((login, address)) % len(_locks)]:
        wait = waiting_s(store, login, address)
        if wait:
            raise TooManyAttemptsError(wait)
        account = store.accounts.find(login)
        held_hash = store.accounts.password_hash(account.account_id) if account is not None else None
        fits = passwords.holds(held_hash, password)
        if account is None or held_hash is None or not fits or not account.active:
            store.accounts.note_attempt(login, address, now(), ok=False)
            raise SignInRefusedError("Login or password is wrong, or the account is switched off.")
        store.accounts.note_attempt(login, address, now(), ok=True)
    if passwords.outdated(held_hash):
        store.accounts.set_password(account.account_id, passwords.hashed(password))
    return account


def waiting_s(store: Store, login: str, address: str) -> int:
    """Say how many seconds there are to wait before the next attempt: none up to the fifth failure, then 30, 60, 120, … 900."""
    at = now()
    failures = store.accounts.failed_attempts(login, address, at - WINDOW)
    if failures < FAILURES:
        return 0
    wait = min(FIRST_WAIT_S * 2 ** min(failures - FAILURES, 10), int(WINDOW.total_seconds()))
    return wait if store.accounts.failed_attempts(login, address, at - dt.timedelta(seconds=wait)) else 0


def start_session(store: Store, account: Account, settings: Settings) -> str:
    """Begin a session and give its token; the store keeps only the token's SHA-256."""
    token = secrets.token_urlsafe(32)
    ends = now() + dt.timedelta(hours=settings.session_hours)
    store.accounts.start_session(account.account_id, token_hash(token), ends, secrets.token_urlsafe(32))
    return token


def token_hash(token: str) -> str:
    """Give what the store knows of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session(store: Store, token: str, settings: Settings) -> SignedIn | None:
    """Give who holds a token; None when it was never given, has run out, lay idle too long or was revoked."""
    at, hashed = now(), token_hash(token)
    found = store.accounts.session(hashed, at)
    if found is None:
        return None
    if at - found.seen_at > dt.timedelta(minutes=settings.session_idle_minutes):
        store.accounts.end_session(hashed)
        return None
    account = store.accounts.get(found.account_id)
    if account is None or not account.active:
        return None
    if at - found.seen_at > SEEN_EVERY:
        store.accounts.extend_session(hashed, found.expires_at)
    return SignedIn(person_of(account), hashed, found.csrf)
