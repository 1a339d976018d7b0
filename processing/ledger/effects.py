"""What a step changes on the row of the asset."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from layers.asset_fields import OPERATION, PERSONS, RIGHTS, UPKEEP
from layers.row_values import known
from processing.ledger.moves import ENTERED_BY
from processing.ledger.standing import DISPOSED, SENT_BACK, day, money, of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from processing.ledger.moves import Move

COPIED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hand_over": (*RIGHTS, *UPKEEP),
        "take_over": RIGHTS,
        "rights_review": RIGHTS,
        "certify": ("certificate_no",),
        "change": ("owner_level", "owner", "mode", "operator"),
        "transfer": ("owner_level", "owner"),
        "upkeep": UPKEEP,
        "operate": OPERATION,
        "idle": ("status",),
    }
)
"""Fields of the asset that a step sets to what is given with it."""
VALUED = frozenset({"change", "transfer", "damage", "relocate", "valuate"})


def changes(
    move: Move,
    asset: Mapping[str, Any],
    values: Mapping[str, Any],
    on: date,
    events: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Give the fields of an asset that a step changes, with their new values; empty when it is sent back.

    `events` are those of the asset before the step: the income of a year is the sum of all its settlements.

    >>> from datetime import date
    >>> from processing.ledger.moves import MOVES
    >>> changes(MOVES["damage"], {"status": "正常", "current_value": 3.0}, {"value_after": 0}, date(2026, 1, 5))
    {'current_value': 0.0, 'status': '损毁'}
    """
    if known(values, "result") == SENT_BACK:
        return {}
    found = {name: known(values, name) for name in COPIED.get(move.name, ()) if known(values, name) is not None}
    after = money(known(values, "value_after"))
    if move.name in VALUED and after is not None:
        found["current_value"] = float(after)
    found |= _income(asset, values, on, events) if move.name == "settle" else _marked(move, asset, on)
    return {name: value for name, value in found.items() if known(asset, name) != value}


def _income(asset: Mapping[str, Any], values: Mapping[str, Any], on: date, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the income of the latest settled year and the last day of a settlement; an earlier year changes neither."""
    step = {"move": "settle", "amount": known(values, "amount"), "period": known(values, "period"), "start_date": on}
    seq = max((int(known(item, "seq") or 0) for item in events), default=0) + 1
    standing = of(asset, [*events, step | {"seq": seq}])
    last, booked = standing.last_settled, day(known(asset, "settled_date"))
    if standing.annual_income is None or last is None or (booked is not None and booked > last):
        return {}  # what an older register says of a later day stays
    return {"settled_date": last, "annual_income": float(standing.annual_income)}


def _marked(move: Move, asset: Mapping[str, Any], on: date) -> dict[str, Any]:
    if move.name in ENTERED_BY:
        return {"registered_on": on, **({} if known(asset, "status") else {"status": "正常"})}
    marks: Mapping[str, dict[str, Any]] = {
        "certify": {"confirmed": True, "confirmed_date": on},
        "damage": {"status": "损毁"},
        "revive": {"status": "正常"},
        "write_off": {"status": DISPOSED, "disposed_on": on, "current_value": 0.0},
    }
    return dict(marks.get(move.name, {}))


def recorded(asset: Mapping[str, Any], changed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what changed for the event: field, before, after; the contents of personal fields of a household's asset are left out.

    >>> recorded({"asset_class": "HHD", "owner": None}, {"owner": "某户"})
    [{'field': 'owner'}]
    >>> recorded({"asset_class": "PUB", "status": "正常"}, {"status": "损毁"})
    [{'field': 'status', 'before': '正常', 'after': '损毁'}]
    """
    hidden = PERSONS if known(asset, "asset_class") == "HHD" else frozenset()
    return [
        {"field": name} if name in hidden else {"field": name, "before": _plain(known(asset, name)), "after": _plain(value)}
        for name, value in changed.items()
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
