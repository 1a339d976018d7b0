"""Accepting a change request: its edits are applied and it is marked accepted in one transaction, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import RequestClosedError
from layers.store import applying, requests
from layers.store.records import Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.store.backend import Backend
    from layers.store.papers import ChangeRequest
    from layers.store.records import Edit, Reach, Receipt


@dataclass(frozen=True, slots=True)
class Decision:
    """Who accepts, for which bureau, with which note."""

    who: str
    bureau: str
    note: str
    account_id: int | None


def _change(request: ChangeRequest, decision: Decision, edits: tuple[Edit, ...]) -> Change:
    return Change(
        decision.who,
        decision.bureau,
        f"{request.reason} ({request.who}, {request.bureau})",
        edits,
        kind="request",
        file_name=request.file_name,
        file_sha256=request.file_sha256,
        account_id=decision.account_id,
    )


def accept(
    backend: Backend,
    request_id: int,
    decision: Decision,
    *,
    reach: Mapping[str, Reach] | None,
    edits: tuple[Edit, ...] | None,
) -> Receipt:
    """Accept a request; see `Store.accept`."""
    with backend.reading() as connection:
        request = requests.open_one(backend, connection, request_id)
    wanted = request.edits if edits is None else edits
    change = _change(request, decision, wanted)
    prepared = applying.prepare(backend, change, reach)
    with backend.writing() as connection:
        present = requests.open_one(backend, connection, request_id)
        if edits is None and len(present.edits) != len(wanted):
            raise RequestClosedError(f"Change request {request_id} got other edits just now. Look at it again.", state="open")
        receipt = applying.apply_in(backend, connection, change, prepared, reach=reach)
        requests.decide(
            connection, request_id, state="accepted", by=decision.who, note=decision.note, change_id=receipt.change_id
        )
        return receipt
