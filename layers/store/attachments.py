"""Papers and photographs that belong to records: kept whole in the store, each content once, named by its SHA-256."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from layers.errors import BadAttachmentError, NotFoundError
from layers.store import tables
from layers.store.accounts import next_number
from layers.store.times import instant, moment, now

if TYPE_CHECKING:
    import datetime as dt

    from layers.store.backend import Backend

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of one attachment."""
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was handed in: its number, hash, kind, size, name, who added it first and when, and its bytes."""

    attachment_id: int
    sha256: str
    media_type: str
    size: int
    name: str
    who: str
    at: dt.datetime
    data: bytes


class Attachments:
    """`Store.attachments`. What was added stays: records name it."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def add(self, data: bytes, name: str, media_type: str, *, who: str) -> int:
        """Keep a file and give its number; the same content again has the number of the first time, with its name and kind.

        Raises:
            BadAttachmentError: it is empty or larger than 10 MB.
        """
        if not data or len(data) > LARGEST:
            raise BadAttachmentError(
                f"An attachment of 1 to {LARGEST} bytes was expected, found {len(data)}. Make the file smaller, send it again."
            )
        table, digest = tables.attachments, hashlib.sha256(data).hexdigest()
        known = sa.select(table.c.attachment_id).where(table.c.sha256 == digest)
        with self._backend.reading() as connection:
            found: int | None = connection.execute(known).scalar()
        if found is not None:
            return found
        values = {"sha256": digest, "media_type": media_type, "size": len(data), "name": _plain(name)}
        with self._backend.writing() as connection:
            again: int | None = connection.execute(known).scalar()
            if again is not None:
                return again
            number: int = next_number(connection, table.c.attachment_id)
            connection.execute(
                sa.insert(table).values(attachment_id=number, **values, who=who, at=instant(now()), content=bytes(data))
            )
        return number

    def get(self, attachment_id: int) -> Attachment:
        """Give a file with its bytes; raise NotFoundError when there is none of this number."""
        table = tables.attachments
        with self._backend.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.attachment_id == attachment_id)).first()
        if row is None:
            raise NotFoundError(f"There is no attachment {attachment_id}.")
        facts = (row.attachment_id, row.sha256, row.media_type, row.size, row.name, row.who, moment(row.at))
        return Attachment(*facts, bytes(row.content))


def _plain(name: str) -> str:
    r"""Give the last part of a name without what a header or a file system stumbles over.

    >>> _plain("../a\\b\r\n村申〔2026〕1号.pdf")
    'b村申〔2026〕1号.pdf'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    return kept[-LONGEST_NAME:] or "file"


def faults(connection: sa.Connection) -> list[str]:
    """List the attachments whose bytes are not what was handed in, reading one at a time."""
    table = tables.attachments
    found = []
    for number in connection.execute(sa.select(table.c.attachment_id).order_by(table.c.attachment_id)).scalars().all():
        row = connection.execute(sa.select(table).where(table.c.attachment_id == number)).one()
        content = bytes(row.content)
        if len(content) != row.size or hashlib.sha256(content).hexdigest() != row.sha256:
            found.append(f"attachment {number}: its bytes differ from its checksum; another program changed it")
    return found
