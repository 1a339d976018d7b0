"""Accounts, their sessions and the attempts to sign in. The store sees hashes of passwords and tokens, never the words."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import DuplicateKeyError, NotFoundError
from layers.store import tables
from layers.store.papers import Account, Grant, Session
from layers.store.times import instant, moment, now
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.store.backend import Backend

ATTEMPTS_KEPT = dt.timedelta(days=7)


def next_number(connection: sa.Connection, column: sa.Column[Any]) -> int:
    """The next number of a table, inside the writing transaction."""
    number: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one() + 1
    return number


def _grants_text(grants: Iterable[Grant]) -> str:
    return to_json([{"role": item.role, "areas": list(item.areas), "apply": item.apply} for item in grants])


def _account(row: sa.Row[Any]) -> Account:
    grants = tuple(Grant(item["role"], tuple(item["areas"]), item["apply"]) for item in json.loads(row.grants))
    active = bool(row.active)
    return Account(row.account_id, row.login, row.name, row.bureau, grants, active, moment(row.created_at), row.language)


class Accounts:
    """`Store.accounts`."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def add(  # noqa: PLR0913 -- what an account is made of
        self, login: str, name: str, bureau: str, password_hash: str, grants: Iterable[Grant], *, language: str = "zh"
    ) -> Account:
        """Make an account; raise DuplicateKeyError when the login is taken."""
        table = tables.accounts
        with self._backend.writing() as connection:
            if connection.execute(sa.select(table.c.account_id).where(table.c.login == login)).first():
                raise DuplicateKeyError(f"There is an account {login!r} already. Take another login.", keys=[login])
            values: dict[str, Any] = {
                "login": login,
                "name": name,
                "bureau": bureau,
                "password_hash": password_hash,
                "language": language,
            }
            values |= {"account_id": next_number(connection, table.c.account_id), "grants": _grants_text(grants)}
            connection.execute(sa.insert(table).values(**values, active=True, created_at=instant(now())))
            return _account(connection.execute(sa.select(table).where(table.c.login == login)).one())

    def find(self, login: str) -> Account | None:
        """Give the account of a login, letter case counting; None when there is none."""
        return self._one(tables.accounts.c.login == login)

    def get(self, account_id: int) -> Account | None:
        """Give an account by its number; None when there is none."""
        return self._one(tables.accounts.c.account_id == account_id)

    def all(self) -> list[Account]:
        """All accounts, also those that are switched off, by number."""
        with self._backend.reading() as connection:
            return [
                _account(row) for row in connection.execute(sa.select(tables.accounts).order_by(tables.accounts.c.account_id))
            ]

    def _one(self, clause: sa.ColumnElement[bool]) -> Account | None:
        with self._backend.reading() as connection:
            row = connection.execute(sa.select(tables.accounts).where(clause)).first()
        return None if row is None else _account(row)

    def password_hash(self, account_id: int) -> str | None:
        """Give the hash of an account's password; None when there is no such account."""
        table = tables.accounts
        with self._backend.reading() as connection:
            found = connection.execute(sa.select(table.c.password_hash).where(table.c.account_id == account_id)).scalar()
        return None if found is None else str(found)

    def set_password(self, account_id: int, password_hash: str) -> None:
        """Set another password and end the account's sessions."""
        self._set(account_id, password_hash=password_hash)

    def set_grants(self, account_id: int, grants: Iterable[Grant]) -> None:
        """Give other rights and end the account's sessions."""
        self._set(account_id, grants=_grants_text(grants))

    def set_active(self, account_id: int, active: bool) -> None:  # noqa: FBT001 -- the value that is set
        """Switch an account on or off and end its sessions."""
        self._set(account_id, active=active)

    def _set(self, account_id: int, **values: Any) -> None:
        with self._backend.writing() as connection:
            done = connection.execute(
                sa.update(tables.accounts).where(tables.accounts.c.account_id == account_id).values(**values)
            )
            if not done.rowcount:
                raise NotFoundError(f"There is no account {account_id}. Look at the list of accounts.")
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.account_id == account_id))

    # sessions

    def start_session(self, account_id: int, token_hash: str, expires_at: dt.datetime, csrf: str) -> None:
        """Begin a session; sessions that have run out are forgotten with it."""
        table, at = tables.sessions, instant(now())
        times = {"started_at": at, "seen_at": at, "expires_at": instant(expires_at)}
        with self._backend.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.expires_at < at))
            connection.execute(sa.insert(table).values(token_hash=token_hash, account_id=account_id, csrf=csrf, **times))

    def session(self, token_hash: str, now: dt.datetime) -> Session | None:
        """Give a session that holds at this time, of an account that is switched on; None otherwise. Writes nothing."""
        table, account = tables.sessions, tables.accounts
        statement = (
            sa.select(table)
            .join(account, account.c.account_id == table.c.account_id)
            .where(table.c.token_hash == token_hash, table.c.expires_at > instant(now), account.c.active == sa.true())
        )
        with self._backend.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else Session(row.account_id, row.csrf, moment(row.expires_at), moment(row.seen_at))

    def extend_session(self, token_hash: str, expires_at: dt.datetime) -> None:
        """Let a session hold until another time and note that it was seen now."""
        table = tables.sessions
        values = {"expires_at": instant(expires_at), "seen_at": instant(now())}
        with self._backend.writing() as connection:
            connection.execute(sa.update(table).where(table.c.token_hash == token_hash).values(**values))

    def end_session(self, token_hash: str) -> None:
        """End one session."""
        with self._backend.writing() as connection:
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.token_hash == token_hash))

    def end_sessions(self, account_id: int) -> None:
        """End all sessions of an account."""
        with self._backend.writing() as connection:
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.account_id == account_id))

    # attempts

    def note_attempt(self, login: str, address: str, at: dt.datetime, ok: bool) -> None:  # noqa: FBT001 -- what happened
        """Note an attempt to sign in; those older than a week are forgotten."""
        table = tables.attempts
        with self._backend.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.at < instant(at - ATTEMPTS_KEPT)))
            number = next_number(connection, table.c.attempt_id)
            connection.execute(sa.insert(table).values(attempt_id=number, login=login, address=address, at=instant(at), ok=ok))

    def failed_attempts(self, login: str, address: str, since: dt.datetime) -> int:
        """Count failed attempts of a login from an address since a time, or since its last success when that is later."""
        table = tables.attempts
        own = (table.c.login == login, table.c.address == address, table.c.at >= instant(since))
        last = (
            sa.select(sa.func.coalesce(sa.func.max(table.c.attempt_id), 0)).where(*own, table.c.ok == sa.true()).scalar_subquery()
        )
        with self._backend.reading() as connection:
            statement = sa.select(sa.func.count()).select_from(table).where(*own, table.c.attempt_id > last)
            return int(connection.execute(statement).scalar_one())
