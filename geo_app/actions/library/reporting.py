"""Who reports from the works of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_app.actions.library import acting, moving
from processing.library.moves import MOVES

if TYPE_CHECKING:
    from geo_app.access import Person
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Store


def may_report(store: Store, person: Person, found: ProjectRecord) -> bool:
    """Say whether a person reports from these works."""
    try:
        require_reporter(store, person, found)
    except PermissionError:
        return False
    return True


def require_reporter(store: Store, person: Person, found: ProjectRecord) -> None:
    """Ask whether a person reports from these works: village, township, sector department or bureau of the area.

    Raises:
        NotSignedInError, ForbiddenError: nobody asks, or the works are not theirs.
    """
    moving.require_moving(person)
    acting.acting(store, person, MOVES["progress"], found.project, found.stage)
