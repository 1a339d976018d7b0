"""Reads the list of tables of an SQLite file without SQLite, so that a hostile file is judged before any SQL engine opens it.

A GeoPackage is an SQLite database, and a view or generated column in it is a program: an endless recursive view keeps a processor
busy for ever, another one makes a cell of 400 MB. The list of tables stands in the b-tree whose root is page 1
(https://www.sqlite.org/fileformat2.html); walking it takes no more than these lines, each step bounded.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.files.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SQLITE_MAGIC = b"SQLite format 3\0"
INTERIOR, LEAF = 5, 13
MOST_PAGES = 4_000
MOST_PAYLOAD = 1 << 20
TABLE_COLUMNS = 5
TEXT_FROM = 13
RTREE = re.compile(r"\s*create\s+virtual\s+table\s+\S+\s+using\s+rtree\s*\(", re.IGNORECASE)
COMPUTED = re.compile(r"\bas\s*\(|\bgenerated\s+always\b", re.IGNORECASE)
STANDARD_TRIGGER = re.compile(r"(rtree_|trigger_(insert|delete)_feature_count_|gpkg_)", re.IGNORECASE)
INTEGER_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}


@dataclass(frozen=True, slots=True)
class SchemaItem:
    """One row of the schema table: kind (table, index, view, trigger), name, and the SQL that made it."""

    kind: str
    name: str
    sql: str


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        size = struct.unpack(">H", data[16:18])[0]
        self.page_size = 65_536 if size == 1 else size
        self.usable = self.page_size - data[20]
        self.pages_seen = 0

    def page(self, number: int) -> bytes:
        self.pages_seen += 1
        start = (number - 1) * self.page_size
        page = self.data[start : start + self.page_size]
        if self.pages_seen > MOST_PAGES or number < 1 or len(page) < self.page_size:
            raise UnreadableFileError("The file could not be read as GeoPackage. Its list of tables is damaged.")
        return page

    def varint(self, page: bytes, at: int) -> tuple[int, int]:
        value = 0
        for step in range(9):
            byte = page[at + step]
            if step == 8:  # noqa: PLR2004 - the ninth byte carries eight bits
                return (value << 8) | byte, at + 9
            value = (value << 7) | (byte & 0x7F)
            if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follows
                return value, at + step + 1
        return value, at + 9

    def payload(self, page: bytes, at: int) -> bytes:
        """Give a leaf cell's payload, following its overflow pages."""
        size, at = self.varint(page, at)
        _, at = self.varint(page, at)
        if size > MOST_PAYLOAD:
            raise UnreadableFileError("The file could not be read as GeoPackage. The description of a table is too long.")
        most = self.usable - 35
        if size <= most:
            return page[at : at + size]
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self.usable - 4)
        local = local if local <= most else least
        parts = [page[at : at + local]]
        left, following = size - local, struct.unpack(">I", page[at + local : at + local + 4])[0]
        while left > 0 and following:
            more = self.page(following)
            parts.append(more[4 : 4 + min(left, self.usable - 4)])
            left -= len(parts[-1])
            following = struct.unpack(">I", more[:4])[0]
        return b"".join(parts)

    def cells(self) -> Iterator[bytes]:
        waiting = [1]
        while waiting:
            number = waiting.pop()
            page = self.page(number)
            start = 100 if number == 1 else 0
            kind, count = page[start], struct.unpack(">H", page[start + 3 : start + 5])[0]
            if kind not in (INTERIOR, LEAF):
                raise UnreadableFileError("The file could not be read as GeoPackage. Its list of tables is damaged.")
            head = start + (12 if kind == INTERIOR else 8)
            pointers = struct.unpack(f">{count}H", page[head : head + 2 * count])
            if kind == INTERIOR:
                waiting.append(struct.unpack(">I", page[start + 8 : start + 12])[0])
                waiting.extend(struct.unpack(">I", page[at : at + 4])[0] for at in pointers)
            else:
                yield from (self.payload(page, at) for at in pointers)

    def texts(self, payload: bytes) -> list[str]:
        """Decode a record of five columns; numbers come out as empty texts."""
        end, at = self.varint(payload, 0)
        kinds = []
        while at < end:
            kind, at = self.varint(payload, at)
            kinds.append(kind)
        found = []
        for kind in kinds[:TABLE_COLUMNS]:
            if kind >= TEXT_FROM and kind % 2:
                size = (kind - TEXT_FROM) // 2
                found.append(payload[at : at + size].decode("utf-8", "replace"))
                at += size
            else:
                found.append("")
                at += (kind - 12) // 2 if kind >= 12 else INTEGER_SIZES.get(kind, 0)  # noqa: PLR2004 - blobs from 12
        return found


def schema_items(data: bytes) -> list[SchemaItem]:
    """List the tables, indexes, views and triggers of an SQLite file given as bytes.

    Raises:
        UnreadableFileError: the bytes are no SQLite file, not in UTF-8, or its list of tables is damaged.
    """
    if data[:16] != SQLITE_MAGIC or len(data) < 512:  # noqa: PLR2004 - the least page size
        raise UnreadableFileError("The file could not be read as GeoPackage. It is no SQLite database.")
    if struct.unpack(">I", data[56:60])[0] not in (0, 1):
        raise UnreadableFileError("The file could not be read as GeoPackage. Its texts are not in UTF-8.")
    reader = _Reader(data)
    try:
        rows = [reader.texts(payload) for payload in reader.cells()]
    except (struct.error, IndexError) as error:
        raise UnreadableFileError("The file could not be read as GeoPackage. Its list of tables is damaged.") from error
    return [SchemaItem(row[0], row[1], row[4]) for row in rows if len(row) == TABLE_COLUMNS]


def check_tables_only(path: Path) -> None:
    """Refuse a GeoPackage that holds anything but plain tables, their indexes and the standard's own triggers.

    Views, generated columns and virtual tables other than the spatial index are programs of the sender. Triggers other than the
    standard's are refused too, although a file opened for reading never fires one.
    """
    for item in schema_items(path.read_bytes()):
        virtual = item.sql.lstrip().casefold().startswith("create virtual")
        if item.kind == "view":
            reason = "a view"
        elif item.kind == "trigger" and not STANDARD_TRIGGER.match(item.name):
            reason = "a trigger of its own"
        elif virtual and not RTREE.match(item.sql):
            reason = "a virtual table"
        elif item.kind == "table" and not virtual and COMPUTED.search(item.sql):
            reason = "a computed column"
        elif item.kind not in ("table", "index", "trigger"):
            reason = "an unknown kind of object"
        else:
            continue
        raise UnreadableFileError(
            f"The file could not be read as GeoPackage. It holds {reason}; only tables are taken. "
            "Save the layer as a new GeoPackage."
        )
