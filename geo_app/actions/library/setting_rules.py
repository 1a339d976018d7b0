"""An area sets a rule of its own: dated, with its document, as one change; changes and withdraws it; or loads a file of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import held
from geo_app.actions.ledger import rights
from geo_app.actions.library.own_rules import LAYER, VERIFIED
from geo_app.errors import BadRequestError, NotFoundError
from layers.area_rules import EVERYWHERE
from layers.errors import PreconditionRequiredError
from layers.store import Change, Condition, Delete, Insert, Update
from processing import rule_keys
from processing.errors import ProfileValueError
from processing.ledger import rules as ledger_rules
from processing.library import rules as library_rules
from processing.profiles import CERTAINTIES
from processing.rule_keys import LEDGER, LIBRARY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo_app.access import Person
    from layers.store import Edit, Receipt, Store
    from processing.ledger.rules import Value
    from processing.library.rules import Rule
    from processing.rule_keys import RuleKey

ROLES: Final = frozenset({"revitalisation", ADMINISTRATOR})
GIVEN: Final = tuple(name for name in CERTAINTIES if name != "given")
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
LONGEST_NOTE: Final = 500
LONGEST_DOCUMENT: Final = 300
LONGEST_CLAUSE: Final = 80


@dataclass(frozen=True, slots=True)
class Wish:
    """A value that an area sets: which rule, where, from what day, and where it stands."""

    part: str
    name: str
    area: str
    valid_from: dt.date
    value: object
    document: str
    certainty: str
    clause: str = ""
    note: str = ""

    @property
    def rule_id(self) -> str:
        """Key of its row: one value for a rule, an area and a day."""
        return f"{self.part}.{self.name}.{self.area}.{self.valid_from.isoformat()}"


def may_set(store: Store, person: Person, area: str) -> bool:
    """Say whether a person sets the rules of an area; those that hold everywhere are for who has the role everywhere."""
    return rights.holds(store, person, ROLES, area)


def save(store: Store, person: Person, wish: Wish, *, expected_ver: int | None = None) -> Receipt:
    """Set a value, or change one that was set for the same rule, area and day.

    Args:
        store: the store.
        person: who sets it; the revitalisation bureau of the area with the right to apply, or the administrator.
        wish: the value and where it stands.
        expected_ver: version of the value that is changed; None for a new one.

    Raises:
        NotSignedInError, ForbiddenError: the person sets no rules there.
        ProfileValueError, BadRequestError: a value, day, area or document that cannot be used.
        PreconditionRequiredError: there is such a value already, and its version was not sent.
        StaleVersionError: it was changed meanwhile.
    """
    rights.require(store, person, ROLES, wish.area, what="set the rules of an area")
    _check_area(store, wish.area)
    if not wish.document.strip():
        raise BadRequestError(
            "document: the document in which the value stands was expected; name it, or the meeting that decided."
        )
    row = _row(wish)
    there = _there(store, wish)
    if there is not None and expected_ver is None:
        raise PreconditionRequiredError(
            f"{wish.name}: {wish.area} has a value from {wish.valid_from} on already. Change it in the list of own values."
        )
    if there is None and expected_ver is not None:
        raise NotFoundError(f"{wish.name}: {wish.area} has no value from {wish.valid_from} on. It was withdrawn; set it anew.")
    edit: Edit = _insert([row]) if there is None else _update(there, row, expected_ver)
    return _apply(store, person, [edit], _reason(rule_keys.key(wish.part, wish.name), row))


def withdraw(store: Store, person: Person, rule_id: str, *, expected_ver: int | None, reason: str) -> Receipt:
    """Take a value back, as if it had never been set; who and why stay in the history.

    Raises:
        NotFoundError: there is no such value.
        NotSignedInError, ForbiddenError: the person sets no rules there.
        BadRequestError: no reason is given.
        PreconditionRequiredError, StaleVersionError: the version is missing, or it was changed meanwhile.
    """
    found = store.features(LAYER, [Condition("rule_id", "=", rule_id)])
    if not found:
        raise NotFoundError("There is no such value of an area's own; it was withdrawn already.")
    there = found[0]
    rights.require(store, person, ROLES, str(there["scope_code"]), what="set the rules of an area")
    if not reason.strip():
        raise BadRequestError("reason: say why the value is withdrawn.")
    if expected_ver is None:
        raise PreconditionRequiredError(
            f"{rule_id}: the version that was seen is missing. Read the list again and send its version."
        )
    key = rule_keys.key(there["part"], there["key"])
    text = f"撤回地区规则：{key.zh}（{there['scope_code']}，{there['valid_from']} 起）：{reason.strip()}"
    return _apply(store, person, [Delete(LAYER, str(there["id"]), expected_ver)], text[:LONGEST_NOTE])


def load(store: Store, person: Person, text: str, *, reason: str = "") -> int:
    """Set every value of a file of rules as one change and say how many; one of the same rule, area and day is changed.

    Raises:
        ProfileValueError: it is no file of rules, has none, or names a key or a value that cannot be used; nothing is kept.
        NotSignedInError, ForbiddenError: the person sets no rules in an area that the file names.
    """
    found: list[Rule | Value] = [*library_rules.read(text), *ledger_rules.read_own(text)]
    if not found:
        raise ProfileValueError(
            "The file has no rule. Write each as [[rule]] (of the ledger: [[ledger_rule]]) with key, value, scope, valid_from "
            "and certainty."
        )
    parts = [LIBRARY] * len(library_rules.read(text)) + [LEDGER] * len(ledger_rules.read_own(text))
    wishes = {wish.rule_id: wish for wish in map(_wish, parts, found)}
    rows = {number: _row(wish) for number, wish in wishes.items()}
    for wish in wishes.values():
        rights.require(store, person, ROLES, wish.area, what="set the rules of an area")
    there = {number: _there(store, wish) for number, wish in wishes.items()}
    fresh = [row for number, row in rows.items() if there[number] is None]
    edits: list[Edit] = [_insert(fresh)] if fresh else []
    edits += [_update(seen, rows[number]) for number, seen in there.items() if seen is not None]
    _apply(store, person, edits, reason or "载入地区规则文件")
    return len(found)


def forget(store: Store, person: Person, *, reason: str = "") -> int:
    """Withdraw every own rule as one change and say how many there were."""
    rows = store.features(LAYER)
    for row in rows:
        rights.require(store, person, ROLES, str(row["scope_code"]), what="set the rules of an area")
    if rows:
        edits = [Delete(LAYER, str(row["id"]), int(row["ver"])) for row in rows]
        _apply(store, person, edits, reason or "撤回全部地区规则")
    return len(rows)


def _wish(part: str, rule: Rule | Value) -> Wish:
    """Read a rule of a file; its certainty, day and area are judged before its value."""
    rule_keys.key(part, rule.key)
    if rule.certainty not in GIVEN:
        raise ProfileValueError(f"{rule.key}: certainty is one of {', '.join(GIVEN)}, found {rule.certainty!r}")
    if type(rule.valid_from) is not dt.date:
        raise ProfileValueError(f"{rule.key}: valid_from is a day such as 2026-01-01, found {rule.valid_from!r}")
    if not isinstance(rule.scope, str):
        raise ProfileValueError(f'{rule.key}: scope is the code of an area in quotes, such as "430424", found {rule.scope!r}')
    return Wish(part, rule.key, rule.scope, rule.valid_from, rule.value, rule.document, rule.certainty, rule.rule_id, rule.note)


def _row(wish: Wish) -> dict[str, Any]:
    """Check a wish and give it as a row of the layer.

    Raises:
        ProfileValueError: the rule is none, is a duty, or the value cannot be used.
        BadRequestError: the day, the certainty or a text cannot be used.
    """
    key = rule_keys.key(wish.part, wish.name)
    if wish.certainty not in GIVEN:
        raise BadRequestError(f"certainty: one of {', '.join(GIVEN)} was expected, found {wish.certainty[:20]!r}.")
    if not FIRST_DAY <= wish.valid_from <= LAST_DAY:
        raise BadRequestError(f"valid_from: a day from {FIRST_DAY} to {LAST_DAY} was expected, found {wish.valid_from}.")
    if wish.certainty in VERIFIED and not wish.document.strip():
        raise ProfileValueError(f"{wish.name}: a value of the certainty {wish.certainty} names the document in which it stands.")
    for name, text, longest in (
        ("document", wish.document, LONGEST_DOCUMENT),
        ("clause", wish.clause, LONGEST_CLAUSE),
        ("note", wish.note, LONGEST_NOTE),
    ):
        if len(text) > longest:
            raise BadRequestError(f"{name}: at most {longest} characters were expected, found {len(text)}.")
    return {
        "rule_id": wish.rule_id,
        "part": wish.part,
        "key": wish.name,
        "scope_code": wish.area,
        "value": json.dumps(key.read(wish.value), ensure_ascii=False),
        "unit": key.unit or None,
        "clause": wish.clause.strip() or None,
        "document": wish.document.strip() or None,
        "source_tag": wish.certainty,
        "note": wish.note.strip() or None,
        "valid_from": wish.valid_from,
    }


def _check_area(store: Store, area: str) -> None:
    if area != EVERYWHERE and area not in held.areas(store):
        raise BadRequestError(
            f"area: the code of an area of the store was expected, or {EVERYWHERE} for everywhere; found {area[:30]!r}."
        )


def _there(store: Store, wish: Wish) -> dict[str, Any] | None:
    """Give the row of the same rule, area and day; its key may be another one's, where areas were merged."""
    row = {"part": wish.part, "key": wish.name, "scope_code": wish.area, "valid_from": wish.valid_from}
    found = store.features(LAYER, [Condition(name, "=", value) for name, value in row.items()])
    return found[0] if found else None


def _insert(rows: Iterable[dict[str, Any]]) -> Insert:
    return Insert(LAYER, pd.DataFrame(list(rows), dtype=object))


def _update(there: dict[str, Any], row: dict[str, Any], expected_ver: int | None = None) -> Update:
    ver = int(there["ver"]) if expected_ver is None else expected_ver
    return Update(LAYER, str(there["id"]), ver, {name: value for name, value in row.items() if name != "rule_id"})


def _reason(key: RuleKey, row: dict[str, Any]) -> str:
    value = f"{json.loads(row['value'])}{key.unit}"
    return f"地区规则：{key.zh} = {value}（{row['scope_code']}，{row['valid_from']} 起，{row['document']}）"[:LONGEST_NOTE]


def _apply(store: Store, person: Person, edits: Iterable[Edit], reason: str) -> Receipt:
    return store.apply(Change(person.name, person.bureau, reason, tuple(edits), kind="rules", account_id=person.account_id))
