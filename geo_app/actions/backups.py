"""Backups of the store, restoring it to a moment, and mending what drifted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_app.errors import BadRequestError
from layers.store import backup, repairing, restoring

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.actions.signing import By
    from layers.store import Receipt, Store

Backup = backup.Backup
Restored = restoring.Restored


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What to restore: the moment, and where backups are looked for."""

    at: dt.datetime
    folder: Path | None = None
    source: Path | None = None


def make(store: Store, folder: Path, *, keep: int) -> Backup:
    """Make a checked backup in a folder, and let go of the oldest ones beyond `keep` and one a day."""
    return backup.make(store, folder, keep=keep)


def found_in(folder: Path) -> list[Backup]:
    """List the backups of a folder, the oldest first."""
    return backup.backups(folder) if folder.is_dir() else []


def is_due(folder: Path, *, every_min: int, now: dt.datetime) -> bool:
    """Say whether the newest backup of a folder is older than the interval, or there is none."""
    made = [item.at for item in found_in(folder)]
    return not made or now - max(made) >= dt.timedelta(minutes=every_min)


def moment(text: str, *, now: dt.datetime | None = None) -> dt.datetime:
    """Read a moment: ISO date and time; without a zone it is the machine's local time; a date alone is the end of that day.

    Example:
        >>> moment("2026-11-21T08:00:00+08:00").isoformat()
        '2026-11-21T08:00:00+08:00'

    Raises:
        BadRequestError: the text is no moment.
    """
    text = text.strip()
    if text == "now":
        return now or dt.datetime.now(dt.UTC)
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(f"{text!r} is no moment. Write it as 2026-11-21T08:30, 2026-11-21 or now.") from error
    if len(text) <= len("2026-11-21"):
        found = found.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return found if found.tzinfo else found.astimezone()


def restore(where: str, target: Path, request: RestoreRequest) -> Restored:
    """Make a new file that holds the store as it was at a moment; the store itself is not touched."""
    return restoring.restore(where, target, request.at, folder=request.folder, source=request.source)


def restore_layer(store: Store, layer: str, at: dt.datetime, by: By) -> Receipt:
    """Bring one layer back to a moment by one new change in the store; the history keeps what was between."""
    return store.restore_layer(layer, at, who=by.who, bureau=by.bureau, reason=by.reason)


def restore_layer_copy(store: Store, target: Path, layer: str, at: dt.datetime, *, by: By) -> Path:
    """Make a new file as the store is now, in which one layer stands as it was at a moment."""
    return restoring.restore_layer_copy(store, target, layer, at, signed=(by.who, by.bureau, by.reason))


def restore_in_place(path: Path, request: RestoreRequest) -> tuple[Restored, Path | None]:
    """Restore a store and put the result in its place while nobody holds it; give also where the old file, if any, is kept."""
    return restoring.restore_in_place(path, request.at, folder=request.folder, source=request.source)


def faults(store: Store) -> list[str]:
    """List everything that is wrong with the store itself; empty when it is whole."""
    return repairing.faults(store)


def repair(store: Store) -> list[str]:
    """Build anew what can be derived (indexes, counts, row numbers, snapshots) where it is wrong; say what was."""
    return repairing.repair(store)
