"""What every view works with: settings, the store, the jobs, and what was read once and stays true for a store version."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app, g

from geo_app import office_day
from geo_app.access import NOBODY, Verb
from geo_app.actions import reach as rights
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Hashable

    from geo_app.access import Person
    from geo_app.actions.signing_in import SignedIn
    from geo_app.config import Settings
    from geo_app.jobs import Jobs
    from geo_app.web.importing import Desktop
    from layers.schema import Layer
    from layers.store import Reach, Store

T = TypeVar("T")
KEPT = 160


@dataclass
class Kept:
    """Results that stay true as long as their key does (a run number, a layer's version); the oldest are let go."""

    limit: int = KEPT
    items: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what is kept under a key, or make and keep it; two askers at once may both make it, one is kept."""
        with self.lock:
            if key in self.items:
                self.items.move_to_end(key)
                return cast("T", self.items[key])
        made = make()
        with self.lock:
            self.items[key] = made
            while len(self.items) > self.limit:
                self.items.popitem(last=False)
        return made


@dataclass
class Desk:
    """The services of one application."""

    settings: Settings
    store: Store
    jobs: Jobs
    imports: Desktop
    kept: Kept = field(default_factory=Kept)


def desk() -> Desk:
    """Give the services of the application that answers this request."""
    return cast("Desk", current_app.extensions["xiangtu"])


def today() -> dt.date:
    """Give the day at the office; a test sets another one as `OFFICE_DAY` of the application."""
    return cast("dt.date", current_app.config.get("OFFICE_DAY") or office_day.today())


def person() -> Person:
    """Give who asks, as the gate found at the start of the request."""
    return cast("Person", g.get("person", NOBODY))


def session_of() -> SignedIn | None:
    """Give the session of this request; None without accounts, before sign-in, and for tools that send a password."""
    return cast("SignedIn | None", g.get("signed_in"))


def reach(layer: str, verb: Verb = Verb.READ) -> Reach:
    """Give how far the asker's right over a layer goes.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: as `geo_app.actions.reach.of`.
    """
    return rights.of(desk().store, person(), layer, verb)


def layer_of(name: str) -> Layer:
    """Give a layer that the asker reads.

    Raises:
        NotFoundError: there is none of this name, or it is not for the asker; both are said alike.
    """
    reach(name)
    return LAYERS[name]


def scoped(*key: Hashable) -> tuple[Hashable, ...]:
    """Make a key for what is kept of rows: what one person may see is never given to another."""
    return (*key, person().scope)
