"""The file that comes with a form: taken from the request and kept among the uploads under the person's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

from flask import request

from geo_app.actions import uploads
from geo_app.errors import BadRequestError
from geo_app.web.desk import desk, person

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from geo_app.actions.uploads import Upload

MEGABYTE = 1_000_000


def sent_file() -> FileStorage:
    """Give the file of the form.

    Raises:
        BadRequestError: no file came.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise BadRequestError("Choose a file first")
    return sent


def keep(sent: FileStorage, *, max_bytes: int | None = None) -> Upload:
    """Keep a file that came under an id of ours, for its person; without a limit of the caller's own, that of the installation.

    Raises:
        TooLargeError, UnknownTypeError: as `geo_app.actions.uploads.stage`.
    """
    settings = desk().settings
    return uploads.stage(
        cast("BinaryIO", sent.stream),
        original_name=sent.filename or "",
        folder=settings.uploads,
        max_bytes=settings.max_upload_mb * MEGABYTE if max_bytes is None else max_bytes,
        owner=person().owner,
    )
