"""Files on their way in: kept under a name of ours, with the sender's name only as data, until accepted or thrown away."""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from geo_app.errors import NotFoundError
from layers.schema import PersonError

if TYPE_CHECKING:
    from typing import BinaryIO

SUFFIXES = frozenset({".zip", ".gpkg", ".geojson", ".json", ".kml", ".kmz", ".fgb", ".csv", ".xlsx"})
_ID = re.compile(r"[0-9a-f]{32}")
_CHUNK = 1 << 20
_NAME_LENGTH = 200


class TooLargeError(PersonError, ValueError):
    """A file is larger than this installation takes."""

    code: ClassVar[str] = "too_large"


class UnknownTypeError(PersonError, ValueError):
    """A file's name ends in something that is not read here."""

    code: ClassVar[str] = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it waits: our id, where it lies, the sender's name for it, its size."""

    id: str
    path: Path
    original_name: str
    size_bytes: int
    owner: str = ""
    """Whose it is, as `Person.owner` says it; empty where nobody asks."""


def stage(stream: BinaryIO, *, original_name: str, folder: Path, max_bytes: int, owner: str = "") -> Upload:
    """Write a stream to a file under an id of ours.

    Raises:
        TooLargeError: more than `max_bytes`; nothing is left.
        UnknownTypeError: a file name ending that is not read here.
    """
    name = clean_name(original_name)
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        kinds = ", ".join(sorted(item.removeprefix(".") for item in SUFFIXES))
        hint = " Put the parts of a shapefile into one zip." if suffix in {".shp", ".dbf", ".shx", ".prj"} else ""
        raise UnknownTypeError(f"{name} cannot be read: expected one of {kinds}, found {suffix or 'no ending'}.{hint}")
    folder.mkdir(parents=True, exist_ok=True)
    upload_id = uuid.uuid4().hex
    path = folder / f"{upload_id}{suffix}"
    staged = False
    try:
        size = _copy(stream, path, max_bytes=max_bytes, name=name)
        _note(path).write_text(json.dumps({"original_name": name, "owner": owner}, ensure_ascii=False), encoding="utf-8")
        staged = True
    finally:
        if not staged:
            path.unlink(missing_ok=True)
            _note(path).unlink(missing_ok=True)
    return Upload(upload_id, path, name, size, owner)


def stage_file(file: Path, *, folder: Path, max_bytes: int) -> Upload:
    """Stage a file that lies on this machine.

    Raises:
        NotFoundError: there is no such file.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.")
    with file.open("rb") as stream:
        return stage(stream, original_name=file.name, folder=folder, max_bytes=max_bytes)


def find(upload_id: str, folder: Path) -> Upload:
    """Give a waiting file by our id; raise NotFoundError when there is none."""
    if _ID.fullmatch(upload_id):
        for suffix in SUFFIXES:
            path = folder / f"{upload_id}{suffix}"
            if path.is_file() and _note(path).is_file():
                note = json.loads(_note(path).read_text(encoding="utf-8"))
                return Upload(upload_id, path, str(note["original_name"]), path.stat().st_size, str(note.get("owner", "")))
    raise gone()


def gone() -> NotFoundError:
    """Make the error for a file that is not here, or not this person's."""
    return NotFoundError("This upload is not here any more. Upload the file again.")


def discard(upload: Upload) -> None:
    """Throw a waiting file away; nothing of it stays."""
    upload.path.unlink(missing_ok=True)
    _note(upload.path).unlink(missing_ok=True)


def sweep(folder: Path, *, older_than_s: float) -> int:
    """Throw away files that nobody came back for; give how many."""
    if not folder.is_dir():
        return 0
    oldest = time.time() - older_than_s
    stale = [path for path in folder.iterdir() if _ID.match(path.name) and path.stat().st_mtime < oldest]
    for path in stale:
        path.unlink(missing_ok=True)
    return len([path for path in stale if path.suffix in SUFFIXES])


def clean_name(original_name: str) -> str:
    r"""Take the last part of a sender's file name, without control characters; it is shown, never used as a path.

    Example:
        >>> clean_name("C:\\data\\东莞市.shp"), clean_name("../../etc/passwd")
        ('东莞市.shp', 'passwd')
    """
    last = re.split(r"[/\\]", original_name)[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-_NAME_LENGTH:] or "file"


def _copy(stream: BinaryIO, path: Path, *, max_bytes: int, name: str) -> int:
    size = 0
    with path.open("xb") as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise TooLargeError(f"{name} is larger than {max_bytes // 1_000_000} MB, the most that is taken here.")
            out.write(chunk)
    return size


def _note(path: Path) -> Path:
    return path.with_suffix(".note")
