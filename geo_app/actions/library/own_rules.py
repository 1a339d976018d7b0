"""The rules that hold in an area, as people look at them, and an installation's own, loaded from a file of dated rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import held
from geo_app.actions.ledger import records
from geo_app.actions.library import record
from geo_app.actions.library.record import SETTING, lineage
from processing.errors import ProfileValueError
from processing.ledger import rules as ledger_rules
from processing.library import rules as library_rules
from processing.profiles import CERTAINTIES, EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from layers.store import Store
    from processing.ledger.rules import Value
    from processing.library.rules import Rule

VERIFIED: Final = frozenset({"seed", "page"})
"""How sure a value is that stands in a document that was read; every other is marked."""
UNVERIFIED: Final = "unverified 未核实"


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule as it holds: of the library or the ledger, its value and source, and whether the installation set it."""

    part: str
    key: str
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
            "part": self.part,
            "key": self.key,
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


def shown(store: Store, area: str | None, on: dt.date) -> list[Shown]:
    """List the rules of the library and of the ledger that hold in an area on a day; everywhere where no area is named."""
    codes = _lineage(store, area) if area else ()
    own, own_kept = record.own_rules(store), records.own_rules(store)
    found = library_rules.rules_for(codes, on, own).sources
    kept = ledger_rules.rules_for(codes, on, own_kept).values
    mine = {id(rule) for rule in (*own, *own_kept)}
    library = [_shown("library", rule, own=id(rule) in mine) for rule in found.values()]
    return library + [_shown("ledger", rule, own=id(rule) in mine) for rule in kept.values()]


def load(store: Store, text: str) -> int:
    """Keep a file of rules beside those kept before, and say how many rules it has; one of the same area and day prevails.

    Raises:
        ProfileValueError: it is no file of rules, has none, or names a key or a value that cannot be used; nothing is kept.
    """
    found, kept = library_rules.read(text), ledger_rules.read_own(text)
    if not (found or kept):
        raise ProfileValueError(
            "The file has no rule. Write each as [[rule]] (of the ledger: [[ledger_rule]]) with key, value, scope, valid_from "
            "and certainty."
        )
    _check(found, {rule.key for rule in library_rules.shipped()})
    _check(kept, {rule.key for rule in ledger_rules.values()})
    for rule in found:
        _check_value(rule)
    for value in kept:
        _check_kept(value)
    texts = [before for before in store.settings_get(SETTING) or [] if before != text]
    store.settings_set(SETTING, [*texts, text])
    return len(found) + len(kept)


def forget(store: Store) -> int:
    """Forget every rule of the installation's own and say how many files of them there were."""
    texts: list[str] = store.settings_get(SETTING) or []
    store.settings_set(SETTING, [])
    return len(texts)


def _check(rules: Iterable[Rule | Value], known: Collection[str]) -> None:
    for rule in rules:
        if rule.key not in known:
            raise ProfileValueError(f"There is no rule {rule.key}; there are: {', '.join(sorted(known))}")
        if rule.certainty not in CERTAINTIES:
            raise ProfileValueError(f"{rule.key}: certainty is one of {', '.join(CERTAINTIES)}, found {rule.certainty!r}")
        if type(rule.valid_from) is not dt.date:
            raise ProfileValueError(f"{rule.key}: valid_from is a day such as 2026-01-01, found {rule.valid_from!r}")
        if not isinstance(rule.scope, str):
            raise ProfileValueError(f'{rule.key}: scope is the code of an area in quotes, such as "430424", found {rule.scope!r}')


def _check_value(rule: Rule) -> None:
    """Use the rule where and when it begins to hold, so that a value that cannot be used is refused now."""
    codes = () if rule.scope == EVERYWHERE else (rule.scope,)
    held_there = library_rules.rules_for(codes, rule.valid_from, (rule,))
    held_there.deadline(rule.valid_from.year)
    numbers = [getattr(held_there, name) for name in (*library_rules.NOTICE_KEYS.values(), "emergency_remind_days")]
    if min(numbers) < 0 or held_there.place_tolerance_m < 0:
        raise ProfileValueError(f"{rule.key}: a number not below 0 was expected, found {rule.value!r}")


def _check_kept(rule: Value) -> None:
    """Compare a value of the ledger with those that ship: of the same type, days not below 0, holidays days."""
    usual = next(item.value for item in ledger_rules.values() if item.key == rule.key)
    if type(rule.value) is not type(usual) or (isinstance(usual, int) and rule.value < 0):
        raise ProfileValueError(f"{rule.key}: a value such as {usual!r} was expected, found {rule.value!r}")
    if rule.key == "day_kind" and rule.value not in library_rules.KINDS:
        raise ProfileValueError(f"day_kind: one of {', '.join(library_rules.KINDS)} was expected, found {rule.value!r}")
    try:
        _ = ledger_rules.LedgerRules({"holidays": rule}).holidays if rule.key == "holidays" else None
    except (TypeError, ValueError) as error:
        raise ProfileValueError(f"holidays: a list of days such as 2026-10-01 was expected, found {rule.value!r}") from error


def _lineage(store: Store, area: str) -> Sequence[str]:
    """Name an area and all that it lies in, the finest first, as the store knows it and as its code says."""
    tree = held.areas(store)
    known = tree.ancestors(area) if area in tree else ()
    parts = {12: "village_code", 9: "township_code", 6: "county_code"}
    said = {name: area[:length] for length, name in parts.items() if area.isdigit() and len(area) >= length}
    return tuple(dict.fromkeys((area, *known, *lineage(said))))


def _shown(part: str, rule: Rule | Value, *, own: bool) -> Shown:
    source = f"{rule.rule_id} {rule.document}".strip()
    return Shown(part, rule.key, rule.value, rule.unit, rule.scope, rule.valid_from, source, rule.certainty, rule.note, own)
