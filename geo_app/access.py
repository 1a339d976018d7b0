"""The one gate: who may do what. In this version one person, on this machine; every route still asks, and silence means no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from geo_app.config import LOOPBACK, Settings
from geo_app.errors import ForbiddenError


class Permission(StrEnum):
    """What a route does; each route declares exactly one."""

    OPEN = "open"
    """Nothing of the store: style sheets, language, health."""
    READ = "read"
    RUN = "run"
    """Compute, draw a map, ask a query: reads the layers and adds a run or a saved query."""
    EXPORT = "export"
    CHANGE = "change"
    """Import, repair, undo."""
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the name and bureau that stand in the history, and what they may do."""

    name: str
    bureau: str
    permissions: frozenset[Permission]


NOBODY = Person("", "", frozenset())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as the server saw it: peer address, Host header, and whether a proxy passed it on."""

    peer: str | None
    host: str = ""
    forwarded: bool = False


def local_person(settings: Settings) -> Person:
    """Give the one person of this version: whoever sits at this machine."""
    return Person(settings.user, settings.bureau, frozenset(Permission))


def identify(origin: Origin, settings: Settings) -> Person:
    """Say who asks: the local person for a request from this machine to a loopback name, nobody for any other.

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


def require(person: Person, permission: Permission | None, *, layer: str | None = None, area: str | None = None) -> None:
    """Let the person pass or raise ForbiddenError; no declared permission means no.

    `layer` and `area` name what is touched: the gate takes them now so that no caller changes when accounts arrive.
    """
    del layer, area
    if permission is Permission.OPEN or (permission is not None and permission in person.permissions):
        return
    raise ForbiddenError("This version has no accounts and answers only the person at this machine; the request was refused.")


View = TypeVar("View", bound=Callable[..., Any])
_MARK = "xiangtu_permission"


def permission(needed: Permission) -> Callable[[View], View]:
    """Declare the permission of a view (decorator, outermost below the route)."""

    def mark(view: View) -> View:
        setattr(view, _MARK, needed)
        return view

    return mark


def declared(view: Callable[..., Any]) -> Permission | None:
    """Give the permission a view declares, None when it declares none."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Permission) else None


def undeclared(views: Mapping[str, Callable[..., Any]], *, exempt: Iterable[str] = ()) -> list[str]:
    """List the endpoints that declare no permission; the factory refuses to start when there are any."""
    skip = set(exempt)
    return sorted(name for name, view in views.items() if name not in skip and declared(view) is None)
