"""Edits that are refused outright are kept for who sent them; for an account that may write nothing only so many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo_app.access import Verb
from geo_app.actions import reach
from geo_app.errors import BadRequestError, ForbiddenError
from layers.errors import BadFrameError, LockedRowError, NotFoundError, OutOfReachError, PreconditionRequiredError
from layers.store import Allowance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo_app.access import Person
    from layers.schema import PersonError
    from layers.store import Edit, Store
    from layers.store.papers import Cause, Origin

REFUSALS: Final = (ForbiddenError, OutOfReachError, LockedRowError, PreconditionRequiredError, NotFoundError, BadFrameError)
"""Refusals of what was sent. A busy store, a full disk and a lost connection are none: the edit is sent again."""
ALLOWANCE: Final = Allowance(edits_a_day=200, text_a_day=5_000_000, edits=2_000, text=50_000_000)
"""What is kept of an account in a layer that it may neither change nor submit edits of."""


def keep_refused(  # noqa: PLR0913 - what is kept of them
    store: Store,
    person: Person,
    edits: Sequence[Edit],
    error: PersonError,
    *,
    origin: Origin,
    reason: str,
    cause: Cause | None = None,
) -> None:
    """Keep edits in one transaction for the person whom an error refuses, and note in the error under which numbers.

    Where the person may not write one of the layers at all, only as many as `ALLOWANCE` says are kept. Nobody's are not kept.
    """
    if person.is_anonymous:
        return
    strange = any(not reach.may(person, edit.layer, Verb.SUBMIT) for edit in edits)
    numbers = store.kept.keep_many(
        edits,
        who=person.name,
        bureau=person.bureau,
        account_id=person.account_id,
        cause=cause or _cause(error),
        origin=origin,
        reason=reason,
        allowance=ALLOWANCE if strange else None,
    )
    error.kept, error.no_room = tuple(numbers), not numbers


def _cause(error: PersonError) -> Cause:
    if isinstance(error, ForbiddenError | OutOfReachError):
        return "forbidden"
    if isinstance(error, PreconditionRequiredError | BadRequestError):
        return "unseen"
    if isinstance(error, LockedRowError):
        return "locked"
    return "missing" if isinstance(error, NotFoundError) else "faults"
