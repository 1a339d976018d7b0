"""Restoring a store to a moment: into a new file, verified, and put in the old one's place only when nobody holds it.

The state comes from the store's own history while that is whole. When the store is lost or damaged it comes from a backup: the
latest one at or before the moment, completed by the changes that a later log still has; otherwise a later one, cut back.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from layers.catalogue import LAYERS
from layers.errors import (
    MigrationError,
    NotAStoreError,
    StoreAccessError,
    StoreDamagedError,
    StoreMissingError,
)
from layers.store import backup, guard, holding
from layers.store.opening import open_store
from layers.store.rebuilding import RestoreError, bring_to, change_at, digests, digests_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from layers.schema import Layer
    from layers.store.rebuilding import Rebuilt
    from layers.store.store import Store

log = logging.getLogger(__name__)
UNUSABLE = (StoreMissingError, NotAStoreError, StoreDamagedError, StoreAccessError, MigrationError)
SIDE_FILES = ("", "-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: where it lies, the change it stands at, what it was made of.

    `complete` is False when the newest source ends before the moment asked for, so that later changes cannot be in it.
    """

    path: Path
    at: dt.datetime
    change: int
    source: str
    replayed: int
    taken_back: int
    checksum: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a state: the file to start from, and another one whose log completes it (or its own)."""

    start: Path
    log: Path | None
    name: str
    complete: bool


def restore(  # noqa: PLR0913 -- a store, a file, a moment, and what may be chosen
    where: str | Path,
    target: Path,
    at: dt.datetime,
    *,
    folder: Path | None = None,
    source: Path | None = None,
    layers: Mapping[str, Layer] | None = None,
) -> Restored:
    """Make a new GeoPackage store that holds everything as it was at a moment.

    Args:
        where: the store, a path or a URL; it may be lost or damaged.
        target: where the new file goes; nothing may be there.
        at: the moment; changes made at or before it are in.
        folder: the backups, for when the store's own history does not do.
        source: one backup to start from, instead of choosing.
        layers: the declarations; those of the catalogue unless given.

    Raises:
        RestoreError: there is something at the target, no source reaches, a log has a gap, or the result differs from the log.
    """
    declared = LAYERS if layers is None else layers
    _refuse_taken(target)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as folder_name:
        work = Path(folder_name)
        live = _copy_of(where, work / "store.gpkg", declared)
        tried: list[str] = []
        for number, way in enumerate(_ways(live, at, folder, source)):
            try:
                made = _go(way, work / f"{number}.gpkg", at, declared)
            except (RestoreError, *UNUSABLE) as error:
                log.warning("restoring from %s did not succeed: %s", way.name, error)
                tried.append(f"{way.name}: {error}")
                continue
            _put(made.path, target)
            return replace(made, path=target)
    raise RestoreError("Nothing reaches that moment. " + (" ".join(tried) or "There is neither a store nor a backup."))


def _refuse_taken(target: Path) -> None:
    guard.assert_not_live(target)
    if target.exists():
        raise RestoreError(f"{target.name} is there already. Name a file that does not exist yet; nothing is written over.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RestoreError(f"The folder {target.parent.name} cannot be made.") from error


def _copy_of(where: str | Path, copy: Path, layers: Mapping[str, Layer]) -> Path | None:
    """Copy the store, so that its writers wait no longer than that; None when it is lost or damaged."""
    try:
        with open_store(where, layers=layers) as store:
            return store.copy_to(copy)
    except UNUSABLE as error:
        log.warning("the store itself cannot be used: %s", error)
        return None


def _ways(live: Path | None, at: dt.datetime, folder: Path | None, source: Path | None) -> Iterator[Way]:
    """Give the ways to a state, the best first."""
    if source is not None:
        one = _named(source)
        if live is not None:
            yield Way(one.path, live, f"{one.path.name} and the store's log", complete=True)
        yield Way(one.path, None, one.path.name, complete=one.at > at)
        return
    if live is not None:
        yield Way(live, None, "the store's own history", complete=True)
    found = [item for item in backup.backups(folder) if backup.is_intact(item)] if folder else []
    before, after = [item for item in reversed(found) if item.at <= at], [item for item in found if item.at > at]
    if live is not None:
        yield from (Way(item.path, live, f"{item.path.name} and the store's log", complete=True) for item in before)
    for later in after:
        yield Way(later.path, None, later.path.name, complete=True)
        yield from (
            Way(item.path, later.path, f"{item.path.name} and the log of {later.path.name}", complete=True) for item in before
        )
    yield from (Way(item.path, None, item.path.name, complete=False) for item in before)


def _named(source: Path) -> backup.Backup:
    one = backup.read_manifest(source.with_suffix(".json"))
    if one is None:
        raise RestoreError(f"{source.name} is no backup: its manifest {source.with_suffix('.json').name} is not there.")
    if not backup.is_intact(one):
        raise RestoreError(f"{source.name} is not the file that was backed up: its SHA-256 differs. Name another backup.")
    return one


def _go(way: Way, draft: Path, at: dt.datetime, layers: Mapping[str, Layer]) -> Restored:
    with ExitStack() as stack:
        copy = stack.enter_context(open_store(_duplicate(way.start, draft), layers=layers))
        further = copy
        if way.log is not None:
            further = stack.enter_context(open_store(_duplicate(way.log, draft.with_suffix(".log.gpkg")), layers=layers))
        done = _verified(copy, further, at)
        return Restored(draft, at, done.change, way.name, done.added, done.removed, copy.checksum(), way.complete)


def _verified(copy: Store, further: Store, at: dt.datetime) -> Rebuilt:
    """Bring the copy to the moment, look it through, and compare every layer with what the log says."""
    target, history = copy._backend, further._backend  # noqa: SLF001 -- the same package
    with history.reading() as connection:
        change = change_at(connection, at)
    wanted = digests_at(history, change)
    done = bring_to(target, history, change)
    faults = copy.verify()
    if faults:
        raise RestoreError(f"The restored state does not hold together: {faults[0]}.")
    if digests(target) != wanted:
        raise RestoreError("The restored layers differ from the log.")
    return done


def _duplicate(path: Path, target: Path) -> Path:
    guard.assert_not_live(path)
    shutil.copyfile(path, target)
    return target


def _put(draft: Path, target: Path) -> None:
    """Give the finished file its name, if nobody took it meanwhile."""
    backup.flush(draft)
    try:
        target.hardlink_to(draft)
    except FileExistsError as error:
        raise RestoreError(f"{target.name} came to be meanwhile. Name another file.") from error
    backup.flush(target.parent)


def restore_layer_copy(store: Store, target: Path, layer: str, at: dt.datetime, *, signed: tuple[str, str, str]) -> Path:
    """Make a new file as the store is now, in which one layer stands as it was; `signed` is who, bureau and reason."""
    _refuse_taken(target)
    who, bureau, reason = signed
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as work:
        draft = store.copy_to(Path(work) / "draft.gpkg")
        with open_store(draft, layers=store.layers) as copy:
            copy.restore_layer(layer, at, who=who, bureau=bureau, reason=reason)
            faults = copy.verify()
        if faults:
            raise RestoreError(f"The restored state does not hold together: {faults[0]}.")
        _put(draft, target)
    return target


def restore_in_place(path: Path, at: dt.datetime, *, folder: Path | None, source: Path | None) -> tuple[Restored, Path | None]:
    """Restore a GeoPackage store and put the result in its place; give the report and where the old file, if any, is kept.

    Servers are kept out from the beginning to the end, so that nothing is acknowledged meanwhile that the result would lack.

    Raises:
        StoreBusyError: a server or another program holds the store; nothing was done.
        RestoreError: as `restore`; the store is as it was.
    """
    guard.assert_not_live(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with holding.alone(path), tempfile.TemporaryDirectory(prefix=".restored-", dir=path.parent) as work:
        done = restore(path, Path(work) / "restored.gpkg", at, folder=folder, source=source)
        kept = exchange(path, done.path)
    return replace(done, path=path), kept


def exchange(path: Path, restored: Path) -> Path | None:
    """Put a file in the store's place while nobody holds it; give the name under which the old one, if any, is kept."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    kept = path.with_name(f"{path.stem}.before-restore-{stamp}{path.suffix}")
    for suffix in SIDE_FILES:  # a journal left beside the new file would be rolled back into it
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(kept.with_name(kept.name + suffix))
    backup.flush(path.parent)
    restored.rename(path)
    backup.flush(path.parent)
    return kept if kept.exists() else None
