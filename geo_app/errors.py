"""The one table from an error to its HTTP status and exit code, and the one shape in which a client sees it."""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

from layers.schema import PersonError

log = logging.getLogger(__name__)


class NotFoundError(PersonError, LookupError):
    """What was asked for by name, code or number is not there."""

    code: ClassVar[str] = "not_found"


class ForbiddenError(PersonError, PermissionError):
    """The person may not do this."""

    code: ClassVar[str] = "forbidden"


class NotSignedInError(PersonError, PermissionError):
    """Nobody is signed in, and this needs an account."""

    code: ClassVar[str] = "not_signed_in"


class BadRequestError(PersonError, ValueError):
    """A parameter has a value that cannot be used."""

    code: ClassVar[str] = "bad_request"


class BadValueError(BadRequestError):
    """A value of a field of a form that cannot be used; `field` names it, so that the form marks it."""

    def __init__(self, message: str, zh: str = "", *, field: str) -> None:
        """Keep the field and, where it has its own, the Chinese beside the sentence."""
        super().__init__(message)
        self.zh = zh
        self.field = field


class NoDataError(PersonError, LookupError):
    """The store holds nothing that the work could be done on."""

    code: ClassVar[str] = "no_data"


class BusyError(PersonError, TimeoutError):
    """Others ask for the same costly thing at once; a moment later it can be had."""

    code: ClassVar[str] = "busy_drawing"
    retry_after: ClassVar[int] = 2


class Answer(NamedTuple):
    """How an error is answered: HTTP status and exit code of the command."""

    status: int
    exit_code: int


EXIT_OK, EXIT_INTERNAL, EXIT_USAGE, EXIT_FAULTS, EXIT_QUESTION = 0, 1, 2, 3, 4
EXIT_FILE, EXIT_STORE, EXIT_NOT_FOUND = 5, 6, 7
EXIT_CANCELLED = 130

TABLE: dict[str, Answer] = {
    "internal": Answer(500, EXIT_INTERNAL),
    "cancelled": Answer(409, EXIT_CANCELLED),
    # asked wrongly
    "bad_request": Answer(400, EXIT_USAGE),
    "bad_setting": Answer(500, EXIT_USAGE),
    "bad_filter": Answer(400, EXIT_USAGE),
    "bad_field": Answer(400, EXIT_USAGE),
    "bad_map": Answer(400, EXIT_USAGE),
    "bad_recipe": Answer(400, EXIT_USAGE),
    "bad_threshold": Answer(400, EXIT_USAGE),
    "csrf": Answer(403, EXIT_USAGE),
    "forbidden": Answer(403, EXIT_USAGE),
    "not_signed_in": Answer(401, EXIT_USAGE),
    "sign_in_refused": Answer(401, EXIT_USAGE),
    "weak_password": Answer(422, EXIT_USAGE),
    "too_many_attempts": Answer(429, EXIT_USAGE),
    "too_many_requests": Answer(429, EXIT_USAGE),
    "too_many_jobs": Answer(429, EXIT_STORE),
    # not there
    "not_found": Answer(404, EXIT_NOT_FOUND),
    "unknown_name": Answer(404, EXIT_NOT_FOUND),
    "gone": Answer(410, EXIT_NOT_FOUND),
    "unknown_profile": Answer(404, EXIT_NOT_FOUND),
    "unknown_indicator": Answer(404, EXIT_NOT_FOUND),
    "unknown_level": Answer(404, EXIT_NOT_FOUND),
    "unknown_scale": Answer(404, EXIT_NOT_FOUND),
    "demo_source_missing": Answer(503, EXIT_NOT_FOUND),
    "no_data": Answer(409, EXIT_NOT_FOUND),
    "missing_input": Answer(409, EXIT_NOT_FOUND),
    "font_missing": Answer(503, EXIT_NOT_FOUND),
    "asset_missing": Answer(503, EXIT_NOT_FOUND),
    # data
    "faults_found": Answer(422, EXIT_FAULTS),
    "ledger_rule": Answer(422, EXIT_FAULTS),
    "library_rule": Answer(422, EXIT_FAULTS),
    "locked": Answer(409, EXIT_FAULTS),
    "copy_differs": Answer(409, EXIT_FAULTS),
    "bad_frame": Answer(422, EXIT_FAULTS),
    "invalid_geometry": Answer(422, EXIT_FAULTS),
    "duplicate_key": Answer(422, EXIT_FAULTS),
    "area_tree": Answer(422, EXIT_FAULTS),
    "degrees": Answer(422, EXIT_FAULTS),
    "missing_crs": Answer(422, EXIT_FAULTS),
    "question": Answer(422, EXIT_QUESTION),
    # files
    "bad_file": Answer(422, EXIT_FILE),
    "bad_field_file": Answer(422, EXIT_FILE),
    "bad_picture": Answer(422, EXIT_FILE),
    "unreadable_file": Answer(422, EXIT_FILE),
    "bad_archive": Answer(422, EXIT_FILE),
    "crs_refused": Answer(422, EXIT_FILE),
    "limit_exceeded": Answer(422, EXIT_FILE),
    "book_too_long": Answer(422, EXIT_FILE),
    "too_large": Answer(413, EXIT_FILE),
    "cannot_write": Answer(409, EXIT_FILE),
    # the store
    "store": Answer(503, EXIT_STORE),
    "store_missing": Answer(503, EXIT_STORE),
    "not_a_store": Answer(503, EXIT_STORE),
    "store_damaged": Answer(503, EXIT_STORE),
    "store_closed": Answer(503, EXIT_STORE),
    "store_access": Answer(503, EXIT_STORE),
    "durability": Answer(503, EXIT_STORE),
    "migration_failed": Answer(503, EXIT_STORE),
    "restore_failed": Answer(409, EXIT_STORE),
    "live_store": Answer(409, EXIT_STORE),
    "busy": Answer(503, EXIT_STORE),
    "query_timeout": Answer(503, EXIT_STORE),
    "busy_drawing": Answer(503, EXIT_STORE),
    "storage_full": Answer(507, EXIT_STORE),
    "changed": Answer(412, EXIT_STORE),
    "undo_conflict": Answer(409, EXIT_STORE),
    "request_closed": Answer(409, EXIT_STORE),
    "precondition_required": Answer(428, EXIT_STORE),
}
"""Every error class of ours has a `code`; its answer stands here once. A class without a row is answered as its parent."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a client gets to see of an error: `code` for machines, `message` for people, `request_id` for the log."""

    code: str
    message: str
    request_id: str
    status: int
    exit_code: int
    kept: tuple[int, ...] = ()
    """Numbers under which the edits that were refused are kept."""
    no_room: bool = False
    """Whether nothing is kept, because there is no more room for who may write nothing."""

    def as_json(self) -> dict[str, Any]:
        """Give the JSON body, the same everywhere."""
        found: dict[str, Any] = {"code": self.code, "message": self.message, "request_id": self.request_id}
        return found | {"kept": list(self.kept)} if self.kept else found


Told = TypeVar("Told", bound=PersonError)


def in_both(error: Told, zh: str) -> Told:
    """Give an error its sentence in Chinese besides the English one.

    >>> in_both(NotFoundError("There is no such picture."), "没有这张照片。").zh
    '没有这张照片。'
    """
    error.zh = zh
    return error


Translate = Callable[[str, str], str]
"""Takes code and English message, gives the message in the reader's language (the English one where it has none)."""


def answer(error: BaseException) -> tuple[str, Answer]:
    """Find code, status and exit code of an error; an error that is not for people is `internal`.

    Example:
        >>> answer(NotFoundError("No run 7"))
        ('not_found', Answer(status=404, exit_code=7))
        >>> answer(ZeroDivisionError())
        ('internal', Answer(status=500, exit_code=1))
    """
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "storage_full", TABLE["storage_full"]
    if isinstance(error, PersonError):
        for cls in type(error).__mro__:
            code = cls.__dict__.get("code")
            if code in TABLE:
                own = type(error).code
                return own, TABLE[code]
    return "internal", TABLE["internal"]


def body(error: BaseException, *, request_id: str = "", translate: Translate | None = None) -> ErrorBody:
    """Turn an error into what a client may see; the text of an error that is not for people goes to the log only."""
    request_id = request_id or uuid.uuid4().hex[:12]
    code, (status, exit_code) = answer(error)
    if code == "internal":
        log.error("request %s failed", request_id, exc_info=error)
        message = f"Something went wrong on our side; nothing was saved. The log has the details under {request_id}."
    elif code == "storage_full" and not isinstance(error, PersonError):
        message = "Nothing was saved: the disk is full. Free disk space and try again."
    else:
        message = str(error)
    if translate is not None:
        message = translate(code, message)
    kept, no_room = (error.kept, error.no_room) if isinstance(error, PersonError) else ((), False)
    return ErrorBody(code, message, request_id, status, exit_code, kept, no_room)
