"""The rules that hold in an area on a day, as people look at them, and how an area's own came about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from geo_app.actions import held
from geo_app.actions.ledger import records
from geo_app.actions.library import record
from layers.area_rules import EVERYWHERE, PARTS, lineage
from processing import rule_keys
from processing.ledger import rules as ledger_rules
from processing.library import rules as library_rules
from processing.rule_keys import LEDGER, LIBRARY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from layers.store import Store, VersionRecord
    from processing.ledger.rules import Value
    from processing.library.rules import Rule
    from processing.rule_keys import RuleKey

LAYER: Final = "area_rules"
VERIFIED: Final = frozenset({"seed", "page"})
"""How sure a value is that stands in a document that was read; every other is marked."""
UNVERIFIED: Final = "unverified 未核实"


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule as it holds: its value and source, and whether an area set it."""

    key: RuleKey
    value: Any
    unit: str
    scope: str
    valid_from: dt.date
    source: str
    certainty: str
    note: str
    own: bool

    @property
    def verified(self) -> bool:
        """Whether the value stands in a document that was read."""
        return self.certainty in VERIFIED

    def as_row(self) -> dict[str, Any]:
        """Give it as a row of a table."""
        return {
            "part": self.key.part,
            "key": self.key.name,
            "value": self.value if isinstance(self.value, (int, float, str)) else str(self.value),
            "unit": self.unit,
            "scope": "everywhere" if self.scope == EVERYWHERE else self.scope,
            "valid_from": self.valid_from.isoformat(),
            "source": self.source,
            "certainty": self.certainty,
            "verified": "" if self.verified else UNVERIFIED,
            "own": "own 本地" if self.own else "",
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A value that an area set, with the version of its row."""

    rule_id: str
    ver: int
    key: RuleKey
    area: str
    valid_from: dt.date
    value: Any
    clause: str
    document: str
    certainty: str
    note: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of the layer."""
        key, value = rule_keys.key(row["part"], row["key"]), json.loads(row["value"])
        said = (str(row[name] or "") for name in ("clause", "document", "source_tag", "note"))
        return cls(str(row["rule_id"]), int(row["ver"]), key, str(row["scope_code"]), row["valid_from"], value, *said)


@dataclass(frozen=True, slots=True)
class Past:
    """One change of one own rule: who, when and why, what stood there before and what after (None: nothing)."""

    change_id: int
    at: dt.datetime
    who: str
    bureau: str
    key: RuleKey
    area: str
    valid_from: dt.date
    before: Any
    after: Any
    document: str

    def as_row(self) -> dict[str, Any]:
        """Give it as a row of a table."""
        return {
            "change": self.change_id,
            "at": self.at.isoformat(timespec="seconds"),
            "who": self.who,
            "bureau": self.bureau,
            "part": self.key.part,
            "key": self.key.name,
            "scope": "everywhere" if self.area == EVERYWHERE else self.area,
            "valid_from": self.valid_from.isoformat(),
            "before": "" if self.before is None else str(self.before),
            "after": "" if self.after is None else str(self.after),
            "document": self.document,
        }


def shown(store: Store, area: str | None, on: dt.date) -> list[Shown]:
    """List the rules of the library and of the ledger that hold in an area on a day; everywhere where no area is named."""
    codes = codes_of(store, area) if area else ()
    own, own_kept = record.own_rules(store), records.own_rules(store)
    found = library_rules.rules_for(codes, on, own).sources
    kept = ledger_rules.rules_for(codes, on, own_kept).values
    mine = {id(rule) for rule in (*own, *own_kept)}
    listed = [_shown(LIBRARY, rule, own=id(rule) in mine) for rule in found.values()]
    listed += [_shown(LEDGER, rule, own=id(rule) in mine) for rule in kept.values()]
    order = {(item.part, item.name): place for place, item in enumerate(rule_keys.keys())}
    return sorted(listed, key=lambda item: order[item.key.part, item.key.name])


def own(store: Store, area: str) -> list[OwnRule]:
    """List the rules that an area, or what it lies in, set for itself, whenever they hold; in the order of the rules."""
    codes = {*codes_of(store, area), EVERYWHERE}
    rows = [OwnRule.of(row) for row in store.features(LAYER) if row["part"] in PARTS and row["scope_code"] in codes]
    order = {(item.part, item.name): place for place, item in enumerate(rule_keys.keys())}
    return sorted(rows, key=lambda item: (order[item.key.part, item.key.name], item.area, item.valid_from))


def history(store: Store, area: str | None = None, *, limit: int = 200) -> list[Past]:
    """List who set, changed and withdrew own rules, the latest first; those of an area and what it lies in, or all."""
    codes = None if area is None else {*codes_of(store, area), EVERYWHERE}
    found = [
        _past(item)
        for change in store.changes(LAYER, limit=limit)
        for item in store.change_rows(change.change_id)
        if item.layer == LAYER and (item.after or item.before or {}).get("part") in PARTS
    ]
    return [item for item in found if codes is None or item.area in codes]


def codes_of(store: Store, area: str) -> Sequence[str]:
    """Name an area and all that it lies in, the finest first, as the store knows it and as its code says."""
    tree = held.areas(store)
    known = tree.ancestors(area) if area in tree else ()
    parts = {12: "village_code", 9: "township_code", 6: "county_code"}
    said = {name: area[:length] for length, name in parts.items() if area.isdigit() and len(area) >= length}
    return tuple(dict.fromkeys((area, *known, *lineage(said))))


def _past(item: VersionRecord) -> Past:
    row: Mapping[str, Any] = item.after or item.before or {}
    before, after = (None if state is None else json.loads(state["value"]) for state in (item.before, item.after))
    key = rule_keys.key(row["part"], row["key"])
    document = f"{row['clause'] or ''} {row['document'] or ''}".strip()
    area, since = row["scope_code"], row["valid_from"]
    return Past(item.change_id, item.at, item.who, item.bureau, key, area, since, before, after, document)


def _shown(part: str, rule: Rule | Value, *, own: bool) -> Shown:
    source = f"{rule.rule_id} {rule.document}".strip()
    key = rule_keys.key(part, rule.key)
    return Shown(key, rule.value, rule.unit, rule.scope, rule.valid_from, source, rule.certainty, rule.note, own)
