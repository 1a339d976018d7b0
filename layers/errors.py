"""Faults of the store, as a person meets them: every class says what happened, and `code` is what a page translates.

The messages name layers, features and fields; never an SQL text, a driver's message or a path of the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from layers.schema import BugError, PersonError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class StoreError(PersonError):
    """Base of every fault of the store.

    StoreError
    ├── StoreMissingError          there is no store at this place
    ├── NotAStoreError             something is there, and it is no store of ours
    ├── StoreDamagedError          the file is damaged
    ├── StoreBusyError             another writer holds the store
    ├── StoreClosedError           the store was closed
    ├── StorageFullError           no room left, nothing saved
    ├── StoreAccessError           the file or server does not let us in
    ├── DurabilityError            the disk or the settings cannot keep what is acknowledged
    ├── MigrationError             the store's schema is not the one this version needs
    ├── LiveStoreError             somebody tried to open the live store past the one door
    ├── BadFrameError              a frame or value does not fit the layer
    │   ├── BadGeometryError
    │   └── DuplicateKeyError
    ├── BadAttachmentError         a file that cannot be kept with a record
    ├── BadConditionError          a filter names an unknown field or operator
    ├── PreconditionRequiredError  a write without the expected version
    ├── StaleVersionError          the feature changed meanwhile
    ├── UndoConflictError          later changes touched the same features
    ├── OutOfReachError            a layer, area or field that the person may not write
    ├── LockedRowError             a row that only a procedure may change
    ├── RequestClosedError         a change request was decided on already
    ├── CancelledError             the person stopped the change, nothing saved
    └── NotFoundError              feature, change, version, run or query unknown
    """

    code: ClassVar[str] = "store"


class StoreMissingError(StoreError, FileNotFoundError):
    """There is no store at the place named."""

    code: ClassVar[str] = "store_missing"


class NotAStoreError(StoreError, ValueError):
    """The place named holds something that is not a store of this application."""

    code: ClassVar[str] = "not_a_store"


class StoreDamagedError(StoreError, OSError):
    """The database reports that its file is damaged."""

    code: ClassVar[str] = "store_damaged"


class StoreBusyError(StoreError, TimeoutError):
    """Another writer held the store longer than we wait; nothing was written."""

    code: ClassVar[str] = "busy"


class StoreClosedError(StoreError, ValueError):
    """The store was closed before this call."""

    code: ClassVar[str] = "store_closed"


class StorageFullError(StoreError, OSError):
    """There is no room left; nothing was saved, reading goes on."""

    code: ClassVar[str] = "storage_full"


class StoreAccessError(StoreError, PermissionError):
    """The file or the server refuses us."""

    code: ClassVar[str] = "store_access"


class DurabilityError(StoreError, OSError):
    """The disk, the library or the settings cannot keep an acknowledged edit through a power cut."""

    code: ClassVar[str] = "durability"


class MigrationError(StoreError, RuntimeError):
    """The store's schema is not the one this version works with, and bringing it there did not succeed."""

    code: ClassVar[str] = "migration_failed"


class LiveStoreError(StoreError, PermissionError):
    """The live store was about to be opened by something other than the store itself."""

    code: ClassVar[str] = "live_store"


class BadFrameError(StoreError, ValueError):
    """A frame or a value does not fit the declaration of the layer."""

    code: ClassVar[str] = "bad_frame"


class BadGeometryError(BadFrameError):
    """A geometry is of a type, a CRS or a place that the layer does not take."""

    code: ClassVar[str] = "invalid_geometry"


class DuplicateKeyError(BadFrameError):
    """Two rows of a layer would carry the same key; `rows` are index labels of the frame, `keys` the values."""

    code: ClassVar[str] = "duplicate_key"

    def __init__(self, message: str, *, rows: Sequence[object] = (), keys: Sequence[object] = ()) -> None:
        """Keep the rows and keys beside the sentence."""
        super().__init__(message)
        self.rows = tuple(rows)
        self.keys = tuple(keys)


class BadAttachmentError(StoreError, ValueError):
    """A file that cannot be kept with a record: empty, or too large."""

    code: ClassVar[str] = "too_large"


class BadConditionError(StoreError, ValueError):
    """A filter names a field, an operator or a value that the layer does not have."""

    code: ClassVar[str] = "bad_filter"


class PreconditionRequiredError(StoreError, ValueError):
    """A feature was to be changed or deleted without saying which version the person saw."""

    code: ClassVar[str] = "precondition_required"


class StaleVersionError(StoreError, RuntimeError):
    """A feature is no longer the one the person saw.

    `conflicts` has one mapping per feature: layer, id, expected_ver, ver (None when deleted), feature (as `Store.get` gives
    it, None when deleted), who, bureau and at of the last change. The first one's parts are attributes of the error itself.
    """

    code: ClassVar[str] = "changed"

    def __init__(self, message: str, *, conflicts: Sequence[Mapping[str, Any]]) -> None:
        """Keep the present features beside the sentence."""
        super().__init__(message)
        self.conflicts = tuple(conflicts)
        first = self.conflicts[0]
        self.feature: Mapping[str, Any] | None = first["feature"]
        self.ver: int | None = first["ver"]
        self.who: str | None = first["who"]
        self.at: datetime | None = first["at"]


class UndoConflictError(StoreError, RuntimeError):
    """A change cannot be undone because later changes touched the same features; `changes` are their numbers."""

    code: ClassVar[str] = "undo_conflict"

    def __init__(self, message: str, *, changes: Sequence[int] = ()) -> None:
        """Keep the later changes beside the sentence."""
        super().__init__(message)
        self.changes = tuple(changes)


class OutOfReachError(StoreError, PermissionError):
    """A change would write past what the person may write; nothing was saved.

    `items` has (layer, id, why, detail) per row: why is "layer", "area_before", "area_after", "field" or "not_readable".
    """

    code: ClassVar[str] = "forbidden"

    def __init__(self, message: str, *, items: Sequence[tuple[str, str, str, str]] = ()) -> None:
        """Keep the rows beside the sentence."""
        super().__init__(message)
        self.items = tuple(items)


class LockedRowError(StoreError, RuntimeError):
    """Rows that only a procedure may write: the library's moves or the ledger's; nothing was saved.

    `items` has (layer, row, field) for each; the field is "*" for a whole row, to be added or removed.
    """

    code: ClassVar[str] = "locked"

    def __init__(self, message: str, *, items: Sequence[tuple[str, str, str]] = ()) -> None:
        """Keep the rows beside the sentence."""
        super().__init__(message)
        self.items = tuple(items)

    @classmethod
    def of(cls, layer: str, row: str, fields: Sequence[str], *, more: Sequence[tuple[str, str, str]] = ()) -> LockedRowError:
        """Make the error for the fields of a row."""
        names = ", ".join(dict.fromkeys(fields))
        what = "may not be added or removed this way" if names == "*" else f"may not be changed this way: {names}"
        rest = f"; {len(more)} more" if more else ""
        return cls(
            f"{layer} {row} {what}{rest}. It is kept by its procedure; use the moves of the project library or the asset ledger. "
            "Nothing was saved.",
            items=[*((layer, row, name) for name in fields), *more],
        )


class RequestClosedError(StoreError, RuntimeError):
    """A change request is no longer in the state in which this may be done to it; `state` is the one it is in."""

    code: ClassVar[str] = "request_closed"

    def __init__(self, message: str, *, state: str = "") -> None:
        """Keep the state beside the sentence."""
        super().__init__(message)
        self.state = state


class CancelledError(StoreError, InterruptedError):
    """The person stopped the change; nothing was saved."""

    code: ClassVar[str] = "cancelled"


class NotFoundError(StoreError, LookupError):
    """A feature, change, layer version, run or saved query that is not there; `deleted` when it once was."""

    code: ClassVar[str] = "not_found"

    def __init__(self, message: str, *, deleted: bool = False) -> None:
        """Remember whether the thing once was."""
        super().__init__(message)
        self.deleted = deleted


class ForkedStoreError(BugError, RuntimeError):
    """A process was forked in the middle of a transaction; the child must open a store of its own after a clean start."""

    code: ClassVar[str] = "internal"


class StoreFaultError(BugError, RuntimeError):
    """The database reports something we did not foresee; the cause stands in the log only."""

    code: ClassVar[str] = "internal"
