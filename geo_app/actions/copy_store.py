"""Moving a whole store to another place or to the other kind of database, and proving that nothing was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from geo_app.errors import BadRequestError
from layers.schema import PersonError
from layers.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.store import Store

DATABASES = ("postgresql:", "postgresql+psycopg:", "postgres:")


class CopyDiffersError(PersonError, RuntimeError):
    """After copying, the two stores do not hold the same."""

    code: ClassVar[str] = "copy_differs"


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: the number of the last change, rows in all, and the checksum that both stores give."""

    change: int
    rows: int
    checksum: str


def copy(source: str, target: str, progress: Callable[[int, int], object] | None = None) -> Copied:
    """Copy everything but sign-ins from a store into a new one; both are a path or a database URL.

    Raises:
        BadRequestError: both are the same place.
        StoreMissingError: there is no store to copy from.
        NotAStoreError: the target holds something already.
        CopyDiffersError: the checksums differ afterwards, as they do when somebody writes into either store meanwhile.
    """
    if _place(source) == _place(target):
        raise BadRequestError("The store to copy into is the one to copy from. Name another place.")
    with open_store(source) as old, open_store(target, create=True) as new:
        old.copy_into(new, progress=progress)
        return _compared(old, new)


def _compared(old: Store, new: Store) -> Copied:
    checksum = old.full_checksum()
    faults = new.verify()
    if new.full_checksum() != checksum or faults:
        raise CopyDiffersError(
            "The copy does not hold the same as the store it was made of. Stop everything that writes into them, "
            "remove the copy and copy again."
        )
    latest = new.changes(limit=1)
    return Copied(latest[0].change_id if latest else 0, sum(new.count(name) for name in new.layers), checksum)


def _place(where: str) -> str:
    return where if where.startswith(DATABASES) else str(Path(where.removeprefix("gpkg://")).resolve())
