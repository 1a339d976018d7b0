"""Rows of events: the number of an event, its day, its notice, who acted, and only what a step may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.errors import BadRequestError, BadValueError
from layers.catalogue import LAYERS
from layers.errors import BadFrameError
from layers.row_values import known
from layers.store import Insert
from layers.values import decode_value, encode_value
from processing.ledger.checking import notice_key
from processing.ledger.moves import NOTICED
from processing.ledger.standing import day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from geo_app.access import Person
    from processing.ledger.moves import Move
    from processing.ledger.rules import LedgerRules

ALWAYS = frozenset({"start_date", "end_date", "result", "reason", "opinion", "document", "url", "place", "publication_id"})
"""What may be said with every step besides what it needs and takes."""
OWN = frozenset({"asset_id", "ledger_id", "event_id", "seq", "move", "changes", "event_type", "level", "chain"})
LAYER = "asset_events"
TYPE_ZH = {"number": "数字", "integer": "整数", "flag": "是或否", "date": "日期（如 2026-03-01）", "list": "列表"}
JUDGED = ("通过", "退回")
"""What a review may come to."""


def values_of(move: Move, given: Mapping[str, Any]) -> dict[str, Any]:
    """Bring what a person gives with a step into the types of its fields; empty texts are unknown.

    Raises:
        BadRequestError: a value that the step does not take, or one of another type.
    """
    names = {*move.needs, *move.takes, *ALWAYS} - OWN
    strange = sorted(set(given) - names)
    if strange:
        raise BadRequestError(f"The step {move.name} takes no {', '.join(strange)}; it takes: {', '.join(sorted(names))}.")
    return {name: typed(name, value) for name, value in given.items() if known(given, name) is not None}


def typed(name: str, value: Any) -> Any:
    """Bring one value into the type of its field of assets or events; text of a number or truth value is read.

    >>> typed("value_after", "3.5"), typed("plan_exists", "true"), typed("mode", "出租")
    (3.5, True, '租赁')
    """
    field = LAYERS["assets"][name] if name in LAYERS["assets"] else LAYERS[LAYER][name]
    if field.codes is not None and isinstance(value, str):
        code = field.codes.resolve(value)
        if code is None:
            said = f"{field.en} ({field.zh}): {value!r} is not in the list {field.codes.name}."
            raise BadValueError(said, f"{field.zh}：“{value}”不在可选项中。", field=name)
        return code
    if isinstance(value, str) and field.type.value in {"number", "integer", "flag"}:
        value = _read(field.type.value, value)
    try:
        return decode_value(field, encode_value(field, value))
    except BadFrameError as error:
        said = f"{field.en} ({field.zh}): {value!r} cannot be used; a {field.type.value} was expected."
        zh = f"{field.zh}：应为{TYPE_ZH.get(field.type.value, '文字')}，填写的是“{value}”。"
        raise BadValueError(said, zh, field=name) from error


def _read(kind: str, text: str) -> Any:
    if kind == "flag":
        return {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    try:
        return int(text) if kind == "integer" else float(text)
    except ValueError:
        return text


def event_row(  # noqa: PLR0913 -- what an event is made of
    move: Move,
    key: tuple[str, str],
    values: Mapping[str, Any],
    row: Mapping[str, Any],
    *,
    person: Person,
    seq: int,
    today: date,
    rules: LedgerRules,
) -> dict[str, Any]:
    """Make the event of a step; `key` is `asset_id` or `ledger_id` with its value, `row` says in which area.

    A notice without an end is stated to end on the first day that the rules allow.
    """
    on = day(known(values, "start_date")) or today
    fields = LAYERS[LAYER].field_names
    said = {name: value for name, value in values.items() if name in fields and name not in OWN}
    end = day(known(values, "end_date"))
    if end is None and move.name in NOTICED:
        end = rules.after(on, notice_key(move))
    found = {
        **said,
        "event_id": f"{key[1]}-{seq:03d}",
        key[0]: key[1],
        "seq": seq,
        "event_type": move.event,
        "move": move.name,
        "level": move.level,
        "start_date": on,
        "end_date": end,
        "unit": person.bureau or None,
        "person": person.name or None,
        "source": "资产台账",
        "source_date": today,
        "data_quality": "synthetic" if row.get("data_quality") == "synthetic" else "registered",
    }
    if move.judges and known(found, "result") is None:
        found["result"] = "通过"
    return found | {name: row.get(name) for name in ("village_code", "township_code", "county_code")}


def insert(rows: Sequence[Mapping[str, Any]], layer: str = LAYER) -> Insert:
    """Make the edit that adds rows to a layer."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Insert(layer, pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names, dtype=object))
