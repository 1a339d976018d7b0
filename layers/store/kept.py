"""Edits that were not taken: kept for merging, never removed."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import NotFoundError, RequestClosedError
from layers.store import edit_json, tables
from layers.store.accounts import next_number
from layers.store.papers import KeptEdit
from layers.store.times import instant, moment, moment_or_none, now
from layers.values import to_json

if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping, Sequence

    from layers.store.backend import Backend
    from layers.store.papers import Allowance, Cause, KeptState, Origin
    from layers.store.records import Edit

DAY = dt.timedelta(days=1)


class Kept:
    """`Store.kept`."""

    def __init__(self, backend: Backend) -> None:
        """Work on an open backend."""
        self._backend = backend

    def keep(  # noqa: PLR0913 -- all that is known of the edit stands in one row
        self,
        edit: Edit,
        *,
        who: str,
        bureau: str,
        account_id: int | None,
        cause: Cause,
        origin: Origin = "page",
        reason: str = "",
        theirs_ver: int | None = None,
    ) -> int:
        """Keep an edit that was not taken and give its number."""
        theirs = {(edit.layer, getattr(edit, "id", "")): theirs_ver}
        values = {"who": who, "bureau": bureau, "account_id": account_id, "cause": cause, "origin": origin, "reason": reason}
        return self._keep([edit], values, theirs)[0]

    def keep_many(  # noqa: PLR0913 -- as `keep`
        self,
        edits: Sequence[Edit],
        *,
        who: str,
        bureau: str,
        account_id: int | None,
        cause: Cause,
        origin: Origin = "page",
        reason: str = "",
        theirs: Mapping[tuple[str, str], int | None] | None = None,
        allowance: Allowance | None = None,
    ) -> builtins.list[int]:
        """Keep a set of edits in one transaction, all or none, and give their numbers in the order of the edits.

        `theirs` names the present version of a feature by layer and id, where it is known. With an `allowance` that the set
        would go beyond nothing is kept and no number given.
        """
        values = {"who": who, "bureau": bureau, "account_id": account_id, "cause": cause, "origin": origin, "reason": reason}
        return self._keep(edits, values, theirs or {}, allowance)

    def _keep(
        self,
        edits: Sequence[Edit],
        values: Mapping[str, object],
        theirs: Mapping[tuple[str, str], int | None],
        allowance: Allowance | None = None,
    ) -> builtins.list[int]:
        common = {**values, "at": instant(now()), "state": "open"}
        records = [
            {
                **common,
                "layer": edit.layer,
                "feature_id": getattr(edit, "id", None),
                "theirs_ver": theirs.get((edit.layer, getattr(edit, "id", ""))),
                "edit": to_json(edit_json.dump_edit(edit)),
            }
            for edit in edits
        ]
        if not records:
            return []
        with self._backend.writing() as connection:
            if allowance is not None and not _fits(connection, records, allowance):
                return []
            first = next_number(connection, tables.kept.c.kept_id)
            numbered = [{"kept_id": number, **record} for number, record in enumerate(records, start=first)]
            self._backend.many(connection, sa.insert(tables.kept), numbered)
        return [*range(first, first + len(records))]

    def get(self, kept_id: int) -> KeptEdit:
        """Give a kept edit; raise NotFoundError when there is none of this number."""
        with self._backend.reading() as connection:
            return self._record(_row(connection, kept_id))

    def list(  # noqa: PLR0913 -- all that may limit the list
        self,
        account_id: int | None = None,
        state: KeptState | None = "open",
        *,
        layer: str | None = None,
        feature_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> builtins.list[KeptEdit]:
        """List kept edits, the latest first; state None lists all."""
        table = tables.kept
        statement = sa.select(table).order_by(table.c.kept_id.desc()).limit(limit).offset(offset or None)
        wanted = {"account_id": account_id, "state": state, "layer": layer, "feature_id": feature_id}
        for name, value in wanted.items():
            if value is not None:
                statement = statement.where(table.c[name] == value)
        with self._backend.reading() as connection:
            return [self._record(row) for row in connection.execute(statement)]

    def count(self, account_id: int | None = None, state: KeptState = "open") -> int:
        """Count the kept edits in a state, of an account where one is named."""
        statement = sa.select(sa.func.count()).select_from(tables.kept).where(tables.kept.c.state == state)
        if account_id is not None:
            statement = statement.where(tables.kept.c.account_id == account_id)
        with self._backend.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def settle(self, kept_id: int, state: KeptState, *, by: str, change_id: int | None = None) -> None:
        """Say that a kept edit was merged (by which change) or dismissed; the row stays.

        Raises:
            NotFoundError: no such kept edit.
            RequestClosedError: it was settled before.
        """
        with self._backend.writing() as connection:
            row = _row(connection, kept_id)
            if row.state != "open" or state == "open":
                raise RequestClosedError(f"The kept edit {kept_id} is {row.state} already.", state=row.state)
            values = {"state": state, "settled_by": by, "settled_at": instant(now()), "change_id": change_id}
            connection.execute(sa.update(tables.kept).where(tables.kept.c.kept_id == kept_id).values(**values))

    def _record(self, row: sa.Row[Any]) -> KeptEdit:
        return KeptEdit(
            kept_id=row.kept_id,
            at=moment(row.at),
            state=row.state,
            who=row.who,
            bureau=row.bureau,
            account_id=row.account_id,
            cause=row.cause,
            origin=row.origin,
            reason=row.reason,
            theirs_ver=row.theirs_ver,
            edit=edit_json.load_edit(json.loads(row.edit), self._backend.layers),
            settled_at=moment_or_none(row.settled_at),
            settled_by=row.settled_by,
            change_id=row.change_id,
        )


def _fits(connection: sa.Connection, records: Sequence[Mapping[str, Any]], allowance: Allowance) -> bool:
    """Say whether edits of one account still find room beside what is kept of it, put away or not."""
    table, size = tables.kept, sum(len(record["edit"]) for record in records)
    kept = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.length(table.c.edit)), 0))
    kept = kept.where(table.c.account_id == records[0]["account_id"])
    for statement, most, text in (
        (kept.where(table.c.at >= instant(now() - DAY)), allowance.edits_a_day, allowance.text_a_day),
        (kept, allowance.edits, allowance.text),
    ):
        there, length = connection.execute(statement).one()
        if there + len(records) > most or length + size > text:
            return False
    return True


def _row(connection: sa.Connection, kept_id: int) -> sa.Row[Any]:
    row = connection.execute(sa.select(tables.kept).where(tables.kept.c.kept_id == kept_id)).first()
    if row is None:
        raise NotFoundError(f"There is no kept edit {kept_id}. Look at the list of kept edits.")
    return row
