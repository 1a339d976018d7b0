"""Compares what the headers of a shapefile claim with what its bytes hold, before GDAL allocates memory by those claims."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.files.errors import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.files.questions import Limits

SHAPE_CODE = 9994
HEADER = 100
INDEX_RECORD = 8
SHAPES = {0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28}
PARTED = {3, 5, 13, 15, 23, 25}
MULTIPOINT = {8, 18, 28}
DBF_HEADER = 32
DBF_FIELD = 32
PARTS_AT, POINTS_AT, POINT_BYTES = 36, 40, 16


@dataclass(frozen=True, slots=True)
class DbfHead:
    """What the header of a .dbf claims: records, header length, record length, language-driver byte, number of fields."""

    records: int
    header: int
    record: int
    language_driver: int
    fields: int


def _refuse(reason: str) -> UnreadableFileError:
    return UnreadableFileError(f"The file could not be read as Shapefile. {reason}")


def _check_main_header(data: bytes, what: str) -> None:
    if len(data) < HEADER or struct.unpack(">i", data[:4])[0] != SHAPE_CODE:
        raise _refuse(f"The .{what} is no part of a shapefile.")
    if struct.unpack(">i", data[24:28])[0] * 2 != len(data):
        raise _refuse(f"The .{what} claims another length than it has: it is cut short or damaged.")
    if struct.unpack("<i", data[32:36])[0] not in SHAPES:
        raise _refuse(f"The .{what} holds a kind of shape that does not exist.")


def _check_record(data: bytes, start: int, words: int) -> None:
    end = start + 8 + words * 2
    if start < HEADER or words < 2 or end > len(data) or struct.unpack(">i", data[start + 4 : start + 8])[0] != words:  # noqa: PLR2004
        raise _refuse("A record claims a place or a length that the file does not have.")
    kind = struct.unpack("<i", data[start + 8 : start + 12])[0]
    if kind not in SHAPES:
        raise _refuse("A record holds a kind of shape that does not exist.")
    body, size = start + 8, words * 2
    if kind in PARTED:
        parts, points = struct.unpack("<ii", data[body + PARTS_AT : body + PARTS_AT + 8])
        needed = PARTS_AT + 8 + 4 * parts + POINT_BYTES * points
    elif kind in MULTIPOINT:
        parts, points = 0, struct.unpack("<i", data[body + PARTS_AT : body + PARTS_AT + 4])[0]
        needed = POINTS_AT + POINT_BYTES * points
    else:
        return
    if parts < 0 or points < 0 or needed > size:
        raise _refuse("A record claims more points than it holds.")


def dbf_head(path: Path) -> DbfHead:
    """Read what the header of a .dbf claims, and refuse one whose claims do not fit its bytes."""
    data = path.read_bytes()[: 1 << 16]
    if len(data) < DBF_HEADER + 1:
        raise _refuse("The .dbf is cut short.")
    records, header, record = struct.unpack("<IHH", data[4:12])
    if header < DBF_HEADER + 1 or record < 1 or header + records * record > path.stat().st_size + 1:
        raise _refuse("The .dbf claims more records than it holds.")
    return DbfHead(records, header, record, data[29], (header - DBF_HEADER - 1) // DBF_FIELD)


def check_shapefile(path: Path, limits: Limits) -> DbfHead:
    """Check .shp, .shx and .dbf against each other; returns what the .dbf says of itself.

    Raises:
        UnreadableFileError: a header or record claims what the bytes do not hold.
        LimitExceededError: more features or fields than allowed.
    """
    shapes, index = path.read_bytes(), path.with_suffix(".shx").read_bytes()
    _check_main_header(shapes, "shp")
    _check_main_header(index, "shx")
    count = (len(index) - HEADER) // INDEX_RECORD
    limits.require("features", count, "rows")
    dbf = dbf_head(path.with_suffix(".dbf"))
    limits.require("fields", dbf.fields, "fields")
    if dbf.records != count:
        raise _refuse(f"The .dbf has {dbf.records} rows and the .shx has {count}: they do not belong together.")
    for start, words in struct.iter_unpack(">ii", index[HEADER : HEADER + count * INDEX_RECORD]):
        _check_record(shapes, start * 2, words)
    return dbf
