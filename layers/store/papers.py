"""What the store keeps about people and their papers: accounts, sessions, change requests, kept edits, publications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.store.records import Delete, Edit, Insert, Replace, Update

Origin = Literal["page", "ogc", "file", "field"]
RequestState = Literal["collecting", "open", "accepted", "refused", "withdrawn"]
Cause = Literal["stale", "forbidden", "faults", "refused", "unseen", "missing", "locked"]
"""Why an edit was not taken; `unseen`: without the version that was seen, `missing`: its feature is not here for its author,
`locked`: only a procedure writes the row.
"""
KeptState = Literal["open", "merged", "dismissed"]
PublicationKind = Literal["notice", "map"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within areas (none named: everywhere); `apply` False may only submit change requests."""

    role: str
    areas: tuple[str, ...] = ()
    apply: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. The hash of the password is asked for by itself, so that it never travels with the record."""

    account_id: int
    login: str
    name: str
    bureau: str
    grants: tuple[Grant, ...]
    active: bool
    created_at: dt.datetime
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that still holds; the store knows only the hash of its token."""

    account_id: int
    csrf: str
    expires_at: dt.datetime
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Edits that somebody asks for and somebody else decides on; `change_id` is the change that an acceptance made."""

    request_id: int
    state: RequestState
    who: str
    bureau: str
    account_id: int | None
    reason: str
    origin: Origin
    kind: str
    created_at: dt.datetime
    decided_at: dt.datetime | None
    decided_by: str | None
    note: str
    change_id: int | None
    edits: tuple[Edit, ...]
    layers: tuple[str, ...]
    file_name: str | None = None
    file_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class KeptEdit:
    """An edit that was not taken, kept for merging; `theirs_ver` is the version it met (None when the feature was gone)."""

    kept_id: int
    at: dt.datetime
    state: KeptState
    who: str
    bureau: str
    account_id: int | None
    cause: Cause
    origin: Origin
    reason: str
    theirs_ver: int | None
    edit: Insert | Replace | Update | Delete
    settled_at: dt.datetime | None = None
    settled_by: str | None = None
    change_id: int | None = None

    @property
    def layer(self) -> str:
        """Name of the layer."""
        return self.edit.layer

    @property
    def feature_id(self) -> str | None:
        """Id of the feature; None for new rows."""
        return getattr(self.edit, "id", None)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many edits, and how many characters of them, are kept of an account within a day and in all."""

    edits_a_day: int
    text_a_day: int
    edits: int
    text: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A notice or map that everybody may see between two times; a date without a time counts whole, in UTC+8."""

    published_id: int
    kind: PublicationKind
    title: str
    content: Mapping[str, Any]
    who: str
    at: dt.datetime
    valid_from: dt.date | dt.datetime | None
    valid_to: dt.date | dt.datetime | None
    withdrawn_at: dt.datetime | None = None
    withdrawn_by: str | None = None
