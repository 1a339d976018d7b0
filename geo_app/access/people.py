"""Who asks: the person at this machine, somebody with an account, or nobody; and where a request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_app.access.declaring import ANYBODY, Permission
from geo_app.access.roles import ADMINISTRATOR, permissions_of
from geo_app.config import LOOPBACK, Settings
from geo_app.errors import ForbiddenError, NotSignedInError

if TYPE_CHECKING:
    from layers.store import Account, Grant


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the name and bureau that stand in the history, and what they may do.

    `grants` say in which role and areas an account acts; the local person has none and may do everything.
    """

    name: str
    bureau: str
    permissions: frozenset[Permission]
    account_id: int | None = None
    grants: tuple[Grant, ...] = ()
    login: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Say whether nobody is known to ask."""
        return self.account_id is None and not self.permissions

    @property
    def is_local(self) -> bool:
        """Say whether this is the person at this machine, who has no account and may do everything."""
        return self.account_id is None and bool(self.permissions)

    @property
    def everything(self) -> bool:
        """Say whether every row of every layer is open: the local person, or an administrator of all areas."""
        return self.is_local or any(item.role == ADMINISTRATOR and not item.areas for item in self.grants)

    @property
    def scope(self) -> frozenset[tuple[str, frozenset[str]]] | None:
        """Give what decides which rows this person reads, to keep results under; None for everything."""
        return None if self.everything else frozenset((item.role, frozenset(item.areas)) for item in self.grants)

    @property
    def owner(self) -> str:
        """Give the name under which jobs, uploads and saved queries of this person are kept."""
        return self.name if self.account_id is None else f"#{self.account_id}"

    def may(self, permission: Permission) -> bool:
        """Say whether an address with this permission may be asked for."""
        return permission in ANYBODY or permission in self.permissions


NOBODY = Person("", "", frozenset())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as the server saw it: peer address, Host header, and whether a proxy passed it on."""

    peer: str | None
    host: str = ""
    forwarded: bool = False


def local_person(settings: Settings) -> Person:
    """Give the one person of an installation without accounts: whoever sits at this machine."""
    return Person(settings.user, settings.bureau, frozenset(Permission))


def person_of(account: Account) -> Person:
    """Give the person behind an account."""
    permissions = permissions_of(account.grants)
    return Person(account.name, account.bureau, permissions, account.account_id, tuple(account.grants), account.login)


def identify(origin: Origin, settings: Settings) -> Person:
    """Say who asks where there are no accounts: the local person from this machine to a loopback name, nobody for any other.

    A Host header that is no loopback name is a page elsewhere pointing its name at this machine (DNS rebinding); a request
    that a proxy passed on comes from somebody we do not know.

    Example:
        >>> identify(Origin("127.0.0.1", "localhost:8000"), Settings()).name
        'local'
        >>> identify(Origin("127.0.0.1", "evil.example"), Settings()) is NOBODY
        True
    """
    if origin.forwarded or not is_loopback(origin.peer or "") or host_name(origin.host) not in LOOPBACK:
        return NOBODY
    return local_person(settings)


def is_loopback(address: str) -> bool:
    """Say whether a peer address is this machine."""
    return address in LOOPBACK or address.startswith("127.") or address == "::ffff:127.0.0.1"


def host_name(header: str) -> str:
    """Take the name out of a Host header.

    Example:
        >>> host_name("[::1]:8000"), host_name("localhost:8000"), host_name("127.0.0.1")
        ('::1', 'localhost', '127.0.0.1')
    """
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def require(person: Person, permission: Permission | None, *, accounts: bool = False) -> None:
    """Let the person pass or say no; no declared permission means no. Layer and area are asked of `actions.reach`.

    Raises:
        NotSignedInError: nobody is signed in where there are accounts.
        ForbiddenError: the person may not do this.
    """
    if permission is Permission.OPEN or (permission is not None and person.may(permission)):
        return
    if accounts and person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if accounts or not person.is_anonymous:
        raise ForbiddenError("Your account may not do this; an administrator can grant it.")
    raise ForbiddenError("This version has no accounts and answers only the person at this machine; the request was refused.")
