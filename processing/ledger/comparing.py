"""Copies of a ledger at village, township, sector and county: the same, or what differs, asset by asset and field by field."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from layers.asset_fields import PERSONS, SAID_IN_LEDGER
from layers.row_values import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WHOLE: Final = "*"


@dataclass(frozen=True, slots=True)
class Difference:
    """One asset in which copies differ: the field (`*` when a copy lacks the asset) and what each copy says."""

    asset_id: str
    name: str
    field: str
    said: Mapping[str, Any]

    def odd(self) -> frozenset[str]:
        """Name the copies that say something else than most of them do; none where no value stands in most.

        >>> sorted(Difference("Z1", "", "status", {"LV1": "正常", "LV2": "闲置", "LV3": "正常"}).odd())
        ['LV2']
        >>> sorted(Difference("Z1", "", "status", {"LV1": "正常", "LV2": "闲置"}).odd())
        []
        """
        told = {name: repr(plain(known(self.said, name))) for name in self.said}
        most, count = Counter(told.values()).most_common(1)[0]
        return frozenset(name for name, text in told.items() if text != most) if 2 * count > len(told) else frozenset()


def entry(asset: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a ledger says of an asset; of a household's asset no name.

    >>> entry({"asset_id": "Z1", "asset_class": "HHD", "owner": "某户", "owner_level": "户"})["owner"] is None
    True
    """
    hidden = PERSONS if known(asset, "asset_class") == "HHD" else frozenset()
    return {"asset_id": str(asset["asset_id"])} | {
        name: None if name in hidden else plain(known(asset, name)) for name in SAID_IN_LEDGER
    }


def plain(value: Any) -> Any:
    """Bring a value into the form in which copies are compared: amounts to 0.0001 万元, days as ISO text, lists as JSON.

    >>> plain(3), plain(2.50001), plain(True), plain([{"code": "S01", "amount_wan_yuan": 2}])
    (3.0, 2.5, True, '[{"amount_wan_yuan": 2.0, "code": "S01"}]')
    """
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return bool(value)
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return json.dumps([plain(item) for item in value], ensure_ascii=False, sort_keys=True)
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return value if value is None else round(float(value), 4)


def content_sha256(entries: Iterable[Mapping[str, Any]]) -> str:
    """Give the checksum of a ledger's content: the same for the same assets saying the same, in whatever order.

    >>> a, b = {"asset_id": "a", "name": "甲"}, {"asset_id": "b", "name": "乙"}
    >>> content_sha256([a, b]) == content_sha256([b, a]) != content_sha256([a])
    True
    """
    rows = sorted(
        ([str(row["asset_id"]), *(plain(known(row, name)) for name in SAID_IN_LEDGER)] for row in entries),
        key=lambda row: str(row[0]),
    )
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(copies: Mapping[str, Sequence[Mapping[str, Any]]], *, fields: Sequence[str] = SAID_IN_LEDGER) -> list[Difference]:
    """List what differs between copies of a ledger, by asset and field (E9).

    Args:
        copies: by name of the copy (village, township, …) the entries that it has for the same assets.
        fields: the fields that are compared.

    >>> village, township = {"asset_id": "a", "name": "甲", "status": "正常"}, {"asset_id": "a", "name": "甲"}
    >>> found = differences({"LV1": [village], "LV2": [township]})
    >>> [(item.field, item.said) for item in found]
    [('status', {'LV1': '正常', 'LV2': None})]
    """
    by_id = {name: {str(row["asset_id"]): row for row in rows} for name, rows in copies.items()}
    found: list[Difference] = []
    for number in sorted({key for rows in by_id.values() for key in rows}):
        rows = {name: held.get(number) for name, held in by_id.items()}
        title = next((str(known(row, "name") or "") for row in rows.values() if row is not None), "")
        if any(row is None for row in rows.values()):
            found.append(Difference(number, title, WHOLE, {name: row is not None for name, row in rows.items()}))
        there = {name: row for name, row in rows.items() if row is not None}
        for field in fields:
            said = {name: plain(known(row, field)) for name, row in there.items()}
            if len(set(map(str, said.values()))) > 1:
                found.append(Difference(number, title, field, said))
    return found
