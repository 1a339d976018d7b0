"""Change requests: edits that wait for somebody else's decision, and the basket in which another tool's writes gather."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import NotFoundError, RequestClosedError
from layers.store import edit_json, tables
from layers.store.accounts import next_number
from layers.store.applying import checked
from layers.store.papers import ChangeRequest
from layers.store.records import UNCHANGED, Delete, Update
from layers.store.times import instant, moment, moment_or_none, now
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.store.backend import Backend
    from layers.store.papers import Origin, RequestState
    from layers.store.records import Change, Edit

ALLOWED: Mapping[str, frozenset[str]] = {
    "collecting": frozenset({"open", "withdrawn"}),
    "open": frozenset({"accepted", "refused", "withdrawn"}),
}
"""From which state a request may go to which; a decision is final."""


def coalesced(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Join edits of one feature that were made from the same version, as a tool that sends one request per field makes them.

    >>> coalesced((Update("roads", "a", 1, {"name": "x"}), Update("roads", "a", 1, {"lanes": 2}), Delete("roads", "b", 1)))
    (Update(layer='roads', id='a', expected_ver=1, values={'name': 'x', 'lanes': 2}, geometry=<Unchanged.UNCHANGED: \
'unchanged'>), Delete(layer='roads', id='b', expected_ver=1))
    """
    found: list[Edit] = []
    places: dict[tuple[str, str, int | None], int] = {}
    for edit in edits:
        if not isinstance(edit, (Update, Delete)):
            found.append(edit)
            continue
        key = (edit.layer, edit.id, edit.expected_ver)
        earlier = found[places[key]] if key in places else None
        if isinstance(earlier, Update):
            found[places[key]] = _joined(earlier, edit)
        else:
            places[key] = len(found)
            found.append(edit)
    return tuple(found)


def _joined(earlier: Update, later: Update | Delete) -> Update | Delete:
    if isinstance(later, Delete):
        return later
    shape = earlier.geometry if later.geometry is UNCHANGED else later.geometry
    return Update(later.layer, later.id, later.expected_ver, {**earlier.values, **later.values}, shape)


class Requests:
    """`Store.requests`. A request is accepted by `Store.accept`, which applies it in the same transaction."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def submit(
        self, change: Change, *, account_id: int | None, origin: Origin, state: RequestState = "open", note: str = ""
    ) -> int:
        """Keep the edits of a change as a request; state `collecting` begins a basket.

        Raises:
            BadFrameError, PreconditionRequiredError: as `Store.apply` would.
        """
        if state not in ALLOWED:
            raise RequestClosedError(f"A request begins open or collecting, not {state}.", state=state)
        checked(self._backend, change.edits)
        table = tables.requests
        with self._backend.writing() as connection:
            number = next_number(connection, table.c.request_id)
            connection.execute(
                sa.insert(table).values(
                    request_id=number,
                    state=state,
                    who=change.who,
                    bureau=change.bureau,
                    account_id=account_id,
                    reason=change.reason,
                    origin=origin,
                    kind=change.kind,
                    file_name=change.file_name,
                    file_sha256=change.file_sha256,
                    created_at=instant(change.at),
                    note=note,
                )
            )
            self._add(connection, number, change.edits)
        return number

    def add_edits(self, request_id: int, edits: Sequence[Edit], expected_state: RequestState = "collecting") -> None:
        """Add edits to a request that is in this state; raise RequestClosedError when it is not."""
        checked(self._backend, edits)
        with self._backend.writing() as connection:
            row = head(connection, request_id)
            if row.state != expected_state or row.state not in ALLOWED:
                raise _closed(row)
            self._add(connection, request_id, edits)

    def _add(self, connection: sa.Connection, request_id: int, edits: Sequence[Edit]) -> None:
        table = tables.request_edits
        own = table.c.request_id == request_id
        first: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.position), 0)).where(own)).scalar_one() + 1
        records = [
            {
                "request_id": request_id,
                "position": first + position,
                "layer": item["layer"],
                "feature_id": item.get("id"),
                "edit": to_json(item),
            }
            for position, item in enumerate(edit_json.dump_edits(edits))
        ]
        self._backend.many(connection, sa.insert(table), records)

    def get(self, request_id: int) -> ChangeRequest:
        """Give a request with its edits; raise NotFoundError when there is none of this number."""
        with self._backend.reading() as connection:
            return read(self._backend, connection, request_id)

    def list(
        self,
        state: RequestState | None = None,
        account_id: int | None = None,
        layer: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[ChangeRequest]:
        """List requests, the latest first, without their edits (`get` gives them); `layers` is set in each."""
        table, edits = tables.requests, tables.request_edits
        statement = sa.select(table).order_by(table.c.request_id.desc()).limit(limit).offset(offset or None)
        if state is not None:
            statement = statement.where(table.c.state == state)
        if account_id is not None:
            statement = statement.where(table.c.account_id == account_id)
        if layer is not None:
            statement = statement.where(table.c.request_id.in_(sa.select(edits.c.request_id).where(edits.c.layer == layer)))
        with self._backend.reading() as connection:
            found = connection.execute(statement).all()
            layers = _layers_of(connection, [row.request_id for row in found])
            return [_request(row, (), layers.get(row.request_id, ())) for row in found]

    def count(self, state: RequestState = "open") -> int:
        """Count the requests in a state."""
        with self._backend.reading() as connection:
            statement = sa.select(sa.func.count()).select_from(tables.requests).where(tables.requests.c.state == state)
            return int(connection.execute(statement).scalar_one())

    def collecting(self, account_id: int) -> ChangeRequest | None:
        """Give the basket in which an account's writes from other tools gather; None when there is none."""
        table = tables.requests
        statement = sa.select(sa.func.max(table.c.request_id)).where(
            table.c.account_id == account_id, table.c.state == "collecting"
        )
        with self._backend.reading() as connection:
            number = connection.execute(statement).scalar()
            return None if number is None else read(self._backend, connection, number)

    def set_state(self, request_id: int, state: RequestState, *, by: str, note: str = "") -> None:
        """Open a basket for review, refuse or withdraw a request; `Store.accept` accepts one.

        Raises:
            NotFoundError: no such request.
            RequestClosedError: it may not go from its state to this one.
        """
        with self._backend.writing() as connection:
            row = head(connection, request_id)
            if state == "accepted" or state not in ALLOWED.get(row.state, frozenset()):
                raise _closed(row)
            decide(connection, request_id, state=state, by=by, note=note)


def head(connection: sa.Connection, request_id: int) -> sa.Row[Any]:
    """Read a request without its edits; raise NotFoundError when there is none of this number."""
    row = connection.execute(sa.select(tables.requests).where(tables.requests.c.request_id == request_id)).first()
    if row is None:
        raise NotFoundError(f"There is no change request {request_id}. Look at the list of requests.")
    return row


def _closed(row: sa.Row[Any]) -> RequestClosedError:
    by = f" by {row.decided_by}" if row.decided_by else ""
    return RequestClosedError(
        f"Change request {row.request_id} is {row.state}{by}; this cannot be done to it now.", state=row.state
    )


def open_one(backend: Backend, connection: sa.Connection, request_id: int) -> ChangeRequest:
    """Read a request that is open, inside the writing transaction; raise RequestClosedError when it is not."""
    row = head(connection, request_id)
    if row.state != "open":
        raise _closed(row)
    return read(backend, connection, request_id)


def decide(  # noqa: PLR0913 -- what a decision is made of
    connection: sa.Connection, request_id: int, *, state: RequestState, by: str, note: str, change_id: int | None = None
) -> None:
    """Write a decision; opening a basket is none, so that its time stays free."""
    values: dict[str, Any] = {"state": state, "change_id": change_id}
    if note:
        values["note"] = note
    if state != "open":
        values |= {"decided_by": by, "decided_at": instant(now())}
    connection.execute(sa.update(tables.requests).where(tables.requests.c.request_id == request_id).values(**values))


def read(backend: Backend, connection: sa.Connection, request_id: int) -> ChangeRequest:
    """Read a request with its edits."""
    table = tables.request_edits
    row = head(connection, request_id)
    texts = connection.execute(
        sa.select(table.c.edit).where(table.c.request_id == request_id).order_by(table.c.position)
    ).scalars()
    edits = coalesced(edit_json.load_edits([json.loads(text) for text in texts], backend.layers))
    return _request(row, edits, tuple(sorted({edit.layer for edit in edits})))


def _layers_of(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    table = tables.request_edits
    found: dict[int, tuple[str, ...]] = {}
    statement = sa.select(table.c.request_id, table.c.layer).distinct().where(table.c.request_id.in_(numbers))
    for number, name in connection.execute(statement.order_by(table.c.request_id, table.c.layer)):
        found[number] = (*found.get(number, ()), name)
    return found


def _request(row: sa.Row[Any], edits: tuple[Edit, ...], layers: tuple[str, ...]) -> ChangeRequest:
    return ChangeRequest(
        request_id=row.request_id,
        state=row.state,
        who=row.who,
        bureau=row.bureau,
        account_id=row.account_id,
        reason=row.reason,
        origin=row.origin,
        kind=row.kind,
        created_at=moment(row.created_at),
        decided_at=moment_or_none(row.decided_at),
        decided_by=row.decided_by,
        note=row.note or "",
        change_id=row.change_id,
        edits=edits,
        layers=layers,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
    )
