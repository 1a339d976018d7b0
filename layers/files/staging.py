"""Puts a copy of an upload, or of the one file of its archive that is wanted, under our own name in a folder of its own."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from layers.files.archive import Archive, Member, unpack_shapefile
from layers.files.errors import BadArchiveError, LimitExceededError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.files.questions import Limits

FORMATS = {
    ".shp.zip": "zip", ".zip": "zip", ".kmz": "kmz", ".kml": "kml", ".gpkg": "gpkg", ".geojson": "geojson", ".json": "geojson",
    ".fgb": "fgb", ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx",
}  # fmt: skip
ZIP_MAGIC = b"PK"
CHUNK = 1 << 20
WAL_VERSION_AT = 18


@dataclass(slots=True)
class Staged:
    """A copy of the file under our own name in a folder of its own, ready for the reading process."""

    path: Path
    kind: str
    sha256: str
    layers: tuple[str, ...] = ()
    layer: str | None = None
    notes: list[str] = field(default_factory=list)


def format_of(original_name: str) -> str:
    """Give the format that a file name promises; raise UnreadableFileError for a name we do not take.

    >>> format_of("道路.ZIP")
    'zip'
    """
    name = PurePath(original_name).name.casefold()
    for suffix, found in FORMATS.items():
        if name.endswith(suffix):
            return found
    raise UnreadableFileError(
        "This type of file is not taken. Give a zipped shapefile, GeoPackage, GeoJSON, KML, KMZ, FlatGeobuf, CSV or XLSX."
    )


def _copy(path: Path, target: Path, limits: Limits) -> str:
    """Copy the upload under our name, counting its bytes, and give its SHA-256."""
    digest = hashlib.sha256()
    size, most = 0, limits.upload_mb << 20
    with path.open("rb") as source, target.open("xb") as sink:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise LimitExceededError("upload_mb", limits.upload_mb, "MB")
            digest.update(chunk)
            sink.write(chunk)
    if size == 0:
        raise UnreadableFileError("The file is empty.")
    return digest.hexdigest()


def _leave_wal(path: Path) -> None:
    """Mark our copy of a GeoPackage as not write-ahead logged: the log is not beside it, and opening it must write nothing."""
    with path.open("r+b") as handle:
        if handle.read(len(b"SQLite format 3\0")) == b"SQLite format 3\0":
            handle.seek(WAL_VERSION_AT)
            handle.write(b"\x01\x01")


def _unpack_zip(staged: Staged, archive: Archive, wanted: str | None, folder: Path) -> None:
    shapefiles = archive.shapefiles()
    if shapefiles:
        staged.kind, staged.layers = "shp", tuple(sorted(shapefiles))
        names = {PurePath(name).name: name for name in staged.layers} | {name: name for name in staged.layers}
        if wanted is not None and wanted not in names:
            raise BadArchiveError(f"The archive has no shapefile {wanted[:60]!r}; it has: {', '.join(staged.layers)[:300]}")
        staged.layer = names[wanted] if wanted is not None else staged.layers[0]
        staged.path = unpack_shapefile(archive, staged.layer, folder)
        return
    others = [
        member for member in archive.members if member.suffix in FORMATS and FORMATS[member.suffix] not in ("zip", "kmz", "xlsx")
    ]
    if len(others) != 1:
        raise BadArchiveError("The archive holds no shapefile (.shp with .shx and .dbf) and not exactly one other map file.")
    _unpack_one(staged, archive, others[0], FORMATS[others[0].suffix], folder)


def _unpack_one(staged: Staged, archive: Archive, member: Member, kind: str, folder: Path) -> None:
    staged.kind = kind
    staged.path = archive.extract(member, folder / f"upload.{kind}")


@contextmanager
def staging(path: Path, original_name: str, wanted: str | None, limits: Limits) -> Iterator[Staged]:
    """Give the copy while the block runs; afterwards its folder is gone.

    Raises:
        UnreadableFileError, BadArchiveError, LimitExceededError: the file is refused before it is read.
    """
    kind = format_of(original_name)
    with tempfile.TemporaryDirectory(prefix="xiangtu-read-") as outer:
        folder = Path(outer) / "file"
        folder.mkdir()
        packed = kind in ("zip", "kmz", "xlsx")
        target = (Path(outer) if kind != "xlsx" and packed else folder) / f"upload.{kind}"
        staged = Staged(target, kind, _copy(path, target, limits))
        if packed:
            with target.open("rb") as handle:
                if handle.read(2) != ZIP_MAGIC:
                    raise UnreadableFileError(f"The file could not be read as {kind.upper()}.")
            with Archive(target, limits, allow_nested=kind == "xlsx") as archive:
                if kind == "zip":
                    _unpack_zip(staged, archive, wanted, folder)
                elif kind == "kmz":
                    member = archive.first(".kml")
                    if member is None:
                        raise BadArchiveError("The KMZ holds no .kml.")
                    _unpack_one(staged, archive, member, "kml", folder)
        if staged.kind == "gpkg":
            _leave_wal(staged.path)
        yield staged
