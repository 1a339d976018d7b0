"""The gate before any zip is unpacked: ZIP of shapefiles, KMZ and XLSX are containers first and data second.

Nothing is extracted under a name from inside the archive. Order of the checks: number of entries from the end record (a list of
200,000 entries costs seconds before it is even read), then names, links, encryption, nesting, overlap, declared sizes and ratio,
then sizes counted while streaming.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

from layers.files.errors import BadArchiveError, LimitExceededError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.files.questions import Limits

END_RECORD = b"PK\x05\x06"
END_SIZE = 22
COMMENT_ROOM = 65_535
ZIP64_LOCATOR = b"PK\x06\x07"
ZIP64_SIZE = 20
ZIP64_MARK = 0xFFFF
DIRECTORY_ROOM_PER_MEMBER = 2_048
"""Bytes of central directory allowed for one member: 46 fixed, the rest name, extra field and comment."""
LOCAL_HEADER = 30
SMALL_MEMBER = 4_096
"""Below this compressed size the ratio says nothing: 20 kB of blanks pack into 40 bytes."""
UTF8_NAME = 0x800
ENCRYPTED = 0x1
NESTED = (".zip", ".kmz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".vrt")
SHAPE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
NEEDED_PARTS = (".shp", ".shx", ".dbf")
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive: where it stands in the list, its name for display, its size."""

    index: int
    name: str
    size: int

    @property
    def stem(self) -> str:
        """Path without the suffix, as shown to the person."""
        return str(PurePosixPath(self.name).with_suffix(""))

    @property
    def suffix(self) -> str:
        """Suffix in lower case."""
        return PurePosixPath(self.name).suffix.lower()


def display_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name as its author wrote it; names without the UTF-8 flag are tried as UTF-8, then GB18030.

    Chinese Windows packs names in GBK without saying so; `zipfile` then decodes them as code page 437.
    """
    if info.flag_bits & UTF8_NAME:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _check_end_record(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - END_SIZE - COMMENT_ROOM))
        tail = handle.read()
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) - at < END_SIZE:
        raise BadArchiveError("The archive has no end record: it is cut short or is no zip. Pack it again.")
    entries, directory = struct.unpack("<10xHL6x", tail[at : at + END_SIZE])
    if entries == ZIP64_MARK or tail[max(at - ZIP64_SIZE, 0) : at].startswith(ZIP64_LOCATOR):
        raise BadArchiveError("The archive is in the zip64 form, which holds more than we take. Pack fewer and smaller files.")
    limits.require("members", entries, "files in the archive")
    if directory > limits.members * DIRECTORY_ROOM_PER_MEMBER:
        raise LimitExceededError("members", limits.members, "files in the archive")


def _check_name(name: str) -> None:
    parts = name.split("/")
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or ":" in parts[0]:
        raise BadArchiveError(
            "The archive holds a file whose path leads outside of it. Pack the files themselves, without paths."
        )


def _check_member(info: zipfile.ZipInfo, limits: Limits, *, allow_nested: bool) -> None:
    _check_name(info.orig_filename)
    _check_name(info.filename)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BadArchiveError("The archive holds a symbolic link. Pack the file that it points to.")
    if info.flag_bits & ENCRYPTED:
        raise BadArchiveError("The archive is encrypted. Pack it again without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadArchiveError("The archive uses a compression other than deflate. Pack it again as a plain zip.")
    if not allow_nested and info.filename.lower().endswith(NESTED):
        raise BadArchiveError("The archive holds another archive or a virtual dataset. Unpack that first.")
    if info.file_size > limits.ratio * max(info.compress_size, SMALL_MEMBER):
        raise LimitExceededError(
            "ratio", limits.ratio, "times unpacked to packed size", found=round(info.file_size / max(info.compress_size, 1))
        )


def _check_overlap(infos: Sequence[zipfile.ZipInfo], directory_start: int) -> None:
    spans = sorted((info.header_offset, info.header_offset + LOCAL_HEADER + info.compress_size) for info in infos)
    ends = [*(start for start, _ in spans[1:]), directory_start]
    if any(end > limit for (_, end), limit in zip(spans, ends, strict=True)):
        raise BadArchiveError("The archive has overlapping files, as only a made-up one has. Pack it again.")


class Archive:
    """An archive that passed the gate; `members` lists what it holds, folders left out."""

    def __init__(self, path: Path, limits: Limits, *, allow_nested: bool = False) -> None:
        self.limits = limits
        _check_end_record(path, limits)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
            raise BadArchiveError("The archive's table of contents is damaged. Pack it again.") from error
        try:
            self._check(allow_nested=allow_nested)
        except (BadArchiveError, LimitExceededError):
            self._zip.close()
            raise
        self.members = tuple(
            Member(index, display_name(info), info.file_size)
            for index, info in enumerate(self._zip.infolist())
            if not info.is_dir() and not display_name(info).startswith("__MACOSX/")
        )

    def _check(self, *, allow_nested: bool) -> None:
        infos = self._zip.infolist()
        if not infos:
            raise BadArchiveError("The archive is empty. Pack the files again.")
        self.limits.require("members", len(infos), "files in the archive")
        for info in infos:
            _check_member(info, self.limits, allow_nested=allow_nested)
        names = [info.filename.casefold() for info in infos]
        if len(set(names)) != len(names):
            raise BadArchiveError("The archive holds two files of the same name. Pack it again with one of them.")
        _check_overlap(infos, self._zip.start_dir)
        self.limits.require("unpacked_mb", sum(info.file_size for info in infos) / 2**20, "MB unpacked")

    def __enter__(self) -> Self:
        """Give the archive; leaving the block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the archive."""
        self._zip.close()

    def extract(self, member: Member, target: Path) -> Path:
        """Stream one member into `target`, a name of ours, counting bytes; raise when it is longer than declared or damaged."""
        info = self._zip.infolist()[member.index]
        written = 0
        try:
            with self._zip.open(info) as source, target.open("xb") as sink:
                while chunk := source.read(CHUNK):
                    written += len(chunk)
                    if written > info.file_size:
                        raise BadArchiveError("A file of the archive is longer than it declares. Pack it again.")
                    sink.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise BadArchiveError("A file of the archive is damaged. Pack it again.") from error
        return target

    def shapefiles(self) -> dict[str, dict[str, Member]]:
        """Group the members by shapefile: display name of the .shp without suffix → suffix → member."""
        by_stem: dict[str, dict[str, Member]] = {}
        for member in self.members:
            if member.suffix in SHAPE_PARTS:
                by_stem.setdefault(member.stem.casefold(), {})[member.suffix] = member
        return {parts[".shp"].stem: parts for parts in by_stem.values() if ".shp" in parts}

    def first(self, *suffixes: str) -> Member | None:
        """Give the first member with one of these suffixes."""
        return next((member for member in self.members if member.suffix in suffixes), None)


def unpack_shapefile(archive: Archive, name: str, folder: Path) -> Path:
    """Unpack one shapefile of the archive under our own names; raise BadArchiveError naming the part that is missing."""
    parts = archive.shapefiles()[name]
    missing = [suffix for suffix in NEEDED_PARTS if suffix not in parts]
    if missing:
        raise BadArchiveError(
            f"The shapefile {PurePosixPath(name).name} has no {' and no '.join(missing)} beside it. "
            "A shapefile is read only with .shp, .shx and .dbf together: pack all of them."
        )
    for suffix, member in parts.items():
        archive.extract(member, folder / f"upload{suffix}")
    return folder / "upload.shp"
