"""Runs, saved queries and settings: what people keep beside the layers."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from layers.errors import BadFrameError, NotFoundError
from layers.store import tables
from layers.store.records import RunRecord, StoredRun
from layers.store.times import instant, now
from layers.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping


def pack(frame: pd.DataFrame) -> bytes:
    """Write a frame as Parquet bytes, a frame with geometry as GeoParquet."""
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, compression="zstd")
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise BadFrameError("A table of the run has a column of mixed kinds of values; give every column one kind") from error
    return buffer.getvalue()


def unpack(content: bytes | memoryview) -> pd.DataFrame:
    """Read a frame from Parquet bytes."""
    raw = bytes(content)
    located = b"geo" in (pq.read_schema(io.BytesIO(raw)).metadata or {})
    return gpd.read_parquet(io.BytesIO(raw)) if located else pd.read_parquet(io.BytesIO(raw))


def _json(value: object, what: str) -> str:
    try:
        return to_json(value)
    except (TypeError, ValueError) as error:
        raise BadFrameError(f"{what} must be made of texts, numbers, truth values, lists and mappings") from error


def save_run(connection: sa.Connection, record: RunRecord, packed: tuple[bytes, Mapping[str, bytes]]) -> int:
    """Keep a run and give its number."""
    table = tables.runs
    number: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.run_id), 0))).scalar_one() + 1
    connection.execute(
        sa.insert(table).values(
            run_id=number,
            at=instant(record.at),
            who=record.who,
            title=record.title,
            profile=record.profile,
            parameters=_json(dict(record.parameters), "The parameters of a run"),
            layer_versions=_json(dict(record.layer_versions), "The layer versions of a run"),
            code_version=record.code_version,
            caveats=_json(list(record.caveats), "The caveats of a run"),
            result=packed[0],
        )
    )
    if packed[1]:
        connection.execute(
            sa.insert(tables.run_units),
            [{"run_id": number, "code": code, "units": content} for code, content in packed[1].items()],
        )
    return number


HEAD = [column for column in tables.runs.c if column.name != "result"]


def _record(row: sa.Row[Any]) -> RunRecord:
    return RunRecord(
        parameters=json.loads(row.parameters),
        profile=row.profile,
        layer_versions=json.loads(row.layer_versions),
        code_version=row.code_version,
        who=row.who,
        at=dt.datetime.fromisoformat(row.at),
        title=row.title,
        caveats=tuple(json.loads(row.caveats)),
        run_id=row.run_id,
    )


def load_run(connection: sa.Connection, run_id: int) -> StoredRun:
    """Bring back a run; raise NotFoundError when there is none of this number."""
    row = connection.execute(sa.select(tables.runs).where(tables.runs.c.run_id == run_id)).first()
    if row is None:
        raise NotFoundError(f"There is no run {run_id}. Look at the list of runs.")
    units = tables.run_units
    found = connection.execute(sa.select(units.c.code, units.c.units).where(units.c.run_id == run_id).order_by(units.c.code))
    return StoredRun(_record(row), unpack(row.result), {code: unpack(content) for code, content in found})


def list_runs(connection: sa.Connection, limit: int) -> list[RunRecord]:
    """List runs, the latest first."""
    return [_record(row) for row in connection.execute(sa.select(*HEAD).order_by(tables.runs.c.run_id.desc()).limit(limit))]


def pinned(connection: sa.Connection) -> set[tuple[str, int]]:
    """The layer versions that stored runs stand on."""
    found = connection.execute(sa.select(tables.runs.c.layer_versions)).scalars()
    return {(name, int(version)) for text in found for name, version in json.loads(text).items()}


def save_query(connection: sa.Connection, name: str, spec: Mapping[str, Any], who: str) -> None:
    """Keep a query under a name; a second one of the name takes its place."""
    text = _json(dict(spec), "A query")
    connection.execute(sa.delete(tables.queries).where(tables.queries.c.name == name))
    connection.execute(sa.insert(tables.queries).values(name=name, spec=text, who=who, at=instant(now())))


def queries(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """All saved queries by name."""
    found = connection.execute(sa.select(tables.queries.c.name, tables.queries.c.spec).order_by(tables.queries.c.name))
    return {name: json.loads(text) for name, text in found}


def delete_query(connection: sa.Connection, name: str) -> None:
    """Forget a query; raise NotFoundError when there is none of this name."""
    if not connection.execute(sa.delete(tables.queries).where(tables.queries.c.name == name)).rowcount:
        raise NotFoundError(f"There is no saved query {name!r}. Look at the list of queries.")


def settings_get(connection: sa.Connection, key: str) -> Any:
    """Read a setting; None when it was never set."""
    text = connection.execute(sa.select(tables.settings.c.value).where(tables.settings.c.key == key)).scalar()
    return None if text is None else json.loads(text)


def settings_set(connection: sa.Connection, key: str, value: object) -> None:
    """Write a setting."""
    text = _json(value, f"The setting {key}")
    connection.execute(sa.delete(tables.settings).where(tables.settings.c.key == key))
    connection.execute(sa.insert(tables.settings).values(key=key, value=text))
