"""What a route declares: the one permission it needs, and the verbs that a right over a layer speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar


class Permission(StrEnum):
    """What a route does; each route declares exactly one."""

    OPEN = "open"
    """Nothing of the store: style sheets, language, health, sign-in."""
    PUBLIC = "public"
    """No account needed: shows only what was published."""
    READ = "read"
    RUN = "run"
    """Compute, draw a map, ask a query: reads the layers and adds a run or a saved query."""
    EXPORT = "export"
    EDIT = "edit"
    """Send edits: what an account may neither apply nor submit is refused and kept for it, so every account gets this far."""
    SUBMIT = "submit"
    """Import, edit: becomes a change, or a change request where the person may not apply it."""
    CHANGE = "change"
    """Undo, restore: changes the store at once."""
    MOVE = "move"
    """Move a project or an asset a step through its procedure; which step, for which area, is asked of the role by the action."""
    REVIEW = "review"
    """Accept or refuse a change request."""
    ADMIN = "admin"
    """Accounts."""


class Verb(StrEnum):
    """What somebody does with the rows of a layer."""

    READ = "read"
    SUBMIT = "submit"
    APPLY = "apply"
    REVIEW = "review"


ANYBODY = frozenset({Permission.OPEN, Permission.PUBLIC})
"""Permissions that everybody has, signed in or not."""

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
