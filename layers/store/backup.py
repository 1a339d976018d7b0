"""Backups: a consistent copy of the whole store in one GeoPackage, checked, with a manifest beside it; older ones are thinned.

The copy is made by `Store.copy_to` (VACUUM INTO, or an export of one moment from PostGIS) while work goes on. It is opened as a
store and looked through before it takes its name, so a file without a manifest is a draft that never became a backup. A copy
whose content disagrees with itself is kept as well, with what was found, since some backup is better than none; it never
pushes out a sound one.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import logging
import os
import re
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import StoreAccessError, StoreBusyError
from layers.store import guard, tables
from layers.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from layers.schema import Layer
    from layers.store.store import Store

log = logging.getLogger(__name__)

FORMAT = 1
KEEP, DAYS = 30, 30
"""Generations kept whatever their age, and days of which the last backup is kept beyond those."""
NAME = re.compile(r"xiangtu-\d{8}T\d{6}Z-\d+(-\d+)?\.gpkg")
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: where it lies, the moment and the change it stands for, and how it is known again."""

    path: Path
    at: dt.datetime
    change: int
    token: str
    schema: int
    checksum: str
    sha256: str
    size: int
    source: str
    faults: tuple[str, ...] = ()

    @property
    def manifest(self) -> Path:
        """The file that describes it."""
        return self.path.with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Found:
    """What a look through a copy gave."""

    change: int
    token: str
    schema: int
    checksum: str
    faults: tuple[str, ...]


def make(store: Store, folder: Path, *, keep: int = KEEP, days: int = DAYS) -> Backup:
    """Make a backup of a store in a folder and thin out the older ones.

    Raises:
        StoreBusyError: another process makes a backup in this folder now.
        StoreAccessError: the folder cannot be made or written.
        StorageFullError, StoreDamagedError: no backup was made; the older ones are untouched.
    """
    with _turn(folder):
        draft = folder / f".{uuid.uuid4().hex}.part.gpkg"
        try:
            at = dt.datetime.now(dt.UTC)
            store.copy_to(draft)
            found = examine(draft, store.layers)
            made = _put(draft, _free_name(folder, at, found.change), at, (found, store.kind))
        finally:
            draft.unlink(missing_ok=True)
        for old in to_drop(backups(folder), keep=keep, days=days):
            old.manifest.unlink(missing_ok=True)
            old.path.unlink(missing_ok=True)
    return made


def examine(path: Path, layers: Mapping[str, Layer]) -> Found:
    """Open a copy as a store, look it through and give its content's checksum; raise StoreDamagedError when it cannot be read."""
    with open_store(path, layers=layers) as copy:
        with copy._backend.reading() as connection:  # noqa: SLF001 -- the same package
            change, token = last_change(connection)
            schema = connection.execute(sa.select(sa.func.max(tables.schema.c.version))).scalar_one()
        return Found(change, token, schema, copy.checksum(), tuple(copy.verify()))


def last_change(connection: sa.Connection) -> tuple[int, str]:
    """Number and token of the last change of a store; 0 and no token when there is none."""
    table = tables.changes
    row = connection.execute(sa.select(table.c.change_id, table.c.token).order_by(table.c.change_id.desc()).limit(1)).first()
    return (0, "") if row is None else (row.change_id, row.token)


def backups(folder: Path) -> list[Backup]:
    """List the backups of a folder, the oldest first; a manifest that cannot be read is passed over with a warning."""
    found = []
    for path in sorted(folder.glob("xiangtu-*.json")):
        one = read_manifest(path)
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda item: (item.at, item.path.name))


def read_manifest(path: Path) -> Backup | None:
    """Read one manifest; None when it is none of ours or its backup is gone."""
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        name = said.pop("file")
        ours = said.pop("format") == FORMAT and NAME.fullmatch(name) is not None
        said["at"], said["faults"] = dt.datetime.fromisoformat(said["at"]), tuple(said["faults"])
        one = Backup(path=path.with_name(name), **said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("the manifest %s cannot be used: %s", path.name, type(error).__name__)
        return None
    return one if ours and one.path.is_file() else None


def is_intact(backup: Backup) -> bool:
    """Say whether the file is still the one that was made, by its SHA-256."""
    return backup.path.is_file() and sha256_of(backup.path) == backup.sha256


def to_drop(found: list[Backup], *, keep: int, days: int) -> list[Backup]:
    """Choose the backups that may go: all but the newest `keep` and the last one of each of the newest `days` days.

    Backups with faults are counted apart from sound ones, so that they never push those out.
    """
    wanted: set[Path] = set()
    for sound in (True, False):
        newest = [item for item in reversed(found) if (not item.faults) is sound]
        wanted |= {item.path for item in newest[: max(keep, 1)]}
        last_of_day: dict[dt.date, Path] = {}
        for item in newest:
            last_of_day.setdefault(item.at.date(), item.path)
        wanted |= set(list(last_of_day.values())[: max(days, 0)])
    return [item for item in found if item.path not in wanted]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file that is no live store."""
    guard.assert_not_live(path)
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def flush(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    guard.assert_not_live(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_name(folder: Path, at: dt.datetime, change: int) -> Path:
    stem = f"xiangtu-{at:%Y%m%dT%H%M%S}Z-{change:09d}"
    number, path = 1, folder / f"{stem}.gpkg"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.gpkg"
    return path


def _put(draft: Path, path: Path, at: dt.datetime, content: tuple[Found, str]) -> Backup:
    """Give the draft its name, then its manifest; each reaches the disk before the next step."""
    found, kind = content
    made = Backup(path=path, at=at, sha256=sha256_of(draft), size=draft.stat().st_size, source=kind, **asdict(found))
    flush(draft)
    draft.replace(path)
    said = {"format": FORMAT, "file": path.name} | {name: value for name, value in asdict(made).items() if name != "path"}
    note = path.with_name(f".{path.stem}.json.part")
    note.write_text(json.dumps(said | {"at": at.isoformat()}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    flush(note)
    note.replace(made.manifest)
    flush(path.parent)
    return made


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one process at a time make backups in a folder; a killed one gives its turn back."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / ".turn", os.O_CREAT | os.O_RDWR, 0o640)
    except OSError as error:
        raise StoreAccessError(f"The folder {folder.name} cannot be written. Give the service access to it.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusyError("Another process is making a backup in this folder. Wait for it.") from error
        for left in folder.glob(".*.part*"):  # drafts of a process that was killed
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
