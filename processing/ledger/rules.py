"""The numbers of the asset ledger's rules: dated, with their document, per area. Where two documents differ the later prevails.

The values stand in `rules/*.toml`. 湘振局联〔2021〕5号 (S4-16) says itself that it prevails over 湘扶办联〔2021〕2号 (S4-15), so
each document has a precedence, and a rule of a higher one hides that of a lower one for the same key, area and day.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.errors import ProfileValueError
from processing.library.notices import earliest_end
from processing.profiles import EVERYWHERE, code_forms
from processing.rule_keys import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OWN_TABLE: Final = "ledger_rule"
"""Table of an installation's own file that holds rules of the ledger, beside `rule`, which are the library's."""
OWN_PRECEDENCE: Final = 1000
"""An installation's own rule prevails over what ships for the same area."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one key: the area and day from which it holds, the rule it comes from, its document and how sure it is.

    `certainty` is seed (printed in a founding document), memory (not verified) or design (our own choice where none is printed).
    """

    key: str
    value: Any
    unit: str
    scope: str
    valid_from: date
    rule_id: str
    document: str
    certainty: str
    precedence: int
    note: str = ""


@dataclass(frozen=True)
class LedgerRules:
    """The rules that hold for an area on a day."""

    values: Mapping[str, Value]

    def of(self, key: str) -> Value:
        """Give the value of a key with its source."""
        return self.values[key]

    def days(self, key: str) -> int:
        """Give a number of days, months or times."""
        return int(self.values[key].value)

    def text(self, key: str) -> str:
        """Give a text, such as the label of the second right or who files a distribution."""
        return str(self.values[key].value)

    def source(self, key: str) -> str:
        """Say where a value stands: rule and document.

        >>> rules_for((), date(2026, 1, 1)).source("publication_days")
        'AN-04 湘振局联〔2021〕5号'
        """
        found = self.values[key]
        return f"{found.rule_id} {found.document}".strip()

    @property
    def holidays(self) -> frozenset[date]:
        """The days that are no working days besides Saturday and Sunday; empty where days are calendar days."""
        return frozenset(date.fromisoformat(item) for item in self.values["holidays"].value)

    def after(self, start: date, key: str) -> date:
        """Give the first day on which the next step may follow a notice that began on `start`.

        A notice of ten days from the 1st hangs from the 1st to the 10th, so the next step may follow on the 11th.

        >>> rules_for((), date(2026, 1, 1)).after(date(2026, 3, 1), "notice_days_village")
        datetime.date(2026, 3, 11)
        """
        return self.later(start, self.days(key))

    def later(self, start: date, days: int) -> date:
        """Count days from a day: calendar days, or working days where the rules say so."""
        return earliest_end(start, days, self.values["day_kind"].value, self.holidays)


@cache
def values() -> tuple[Value, ...]:
    """Read every value of every file of rules."""
    found: list[Value] = []
    for path in sorted((files("processing.ledger") / "rules").iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            found += _values(tomllib.loads(path.read_text(encoding="utf-8")))
    return tuple(found)


def read_own(text: str) -> tuple[Value, ...]:
    r"""Read the rules of the ledger out of an installation's own file; those of the library in it are passed over.

    Raises:
        ProfileValueError: it is no TOML, or a rule lacks a part of it.

    >>> own = '[[ledger_rule]]\nkey="publication_days"\nvalue=5\nscope="990101"\nvalid_from=2026-01-01\ncertainty="seed"'
    >>> [(item.key, item.value, item.scope) for item in read_own(own)]
    [('publication_days', 5, '990101')]
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileValueError(f"The rules are no TOML: {error}") from error
    rows = document.get(OWN_TABLE, [])
    if any(not {"key", "value", "valid_from", "certainty"} <= row.keys() for row in rows):
        raise ProfileValueError("A rule needs key, value, valid_from and certainty")
    return tuple(replace(item, precedence=OWN_PRECEDENCE) for item in _values(document | {"rule": rows}))


def from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Value, ...]:
    """Read the rules of the ledger out of rows of the layer `area_rules`, whose values are JSON.

    >>> row = {"part": "ledger", "key": "publication_days", "value": "5", "scope_code": "990101", "source_tag": "seed"}
    >>> [(item.key, item.value, item.scope) for item in from_rows([row | {"valid_from": "2026-01-01"}])]
    [('publication_days', 5, '990101')]
    """
    return tuple(
        Value(
            str(row["key"]),
            json.loads(str(row["value"])),
            str(known(row, "unit") or ""),
            str(row["scope_code"]),
            date.fromisoformat(str(row["valid_from"])[:10]),
            str(known(row, "clause") or ""),
            str(known(row, "document") or ""),
            str(row["source_tag"]),
            OWN_PRECEDENCE,
            str(known(row, "note") or ""),
        )
        for row in rows
        if row["part"] == LEDGER
    )


def _values(document: dict[str, Any]) -> list[Value]:
    papers = document.get("document", {})
    return [
        Value(
            row["key"],
            row["value"],
            row.get("unit", ""),
            row.get("scope", EVERYWHERE),
            row["valid_from"],
            row.get("rule_id", ""),
            papers.get(row["document"], {}).get("number", row["document"]) if row.get("document") else "",
            row["certainty"],
            papers.get(row.get("document", ""), {}).get("precedence", 0),
            row.get("note", ""),
        )
        for row in document["rule"]
    ]


def rules_for(lineage: Sequence[str], on: date, own: Iterable[Value] = ()) -> LedgerRules:
    """Give the rules that hold in an area on a day.

    Args:
        lineage: codes of the area and all it lies in, the finest first; empty for the rules that hold everywhere.
        on: the day. Before the first rule of a key its earliest one is used, so that older assets are judged at all.
        own: rules of the installation besides those that ship (see `read_own`); in their area they prevail from their day on.

    >>> rules_for(("430400000000", "430000000000"), date(2026, 1, 1)).text("second_right")
    '经营权'
    >>> rules_for(("430100000000", "430000000000"), date(2026, 1, 1)).text("second_right")
    '使用权'
    >>> rules_for((), date(2026, 1, 1)).text("distribution_filed_with")
    'county'
    """
    rank = {code: len(lineage) - place for place, code in enumerate(lineage)}
    best: dict[str, tuple[tuple[int, bool, int, int, int], Value]] = {}
    for number, item in enumerate((*values(), *own)):
        place = 0 if item.scope == EVERYWHERE else max((rank.get(code, -1) for code in code_forms(item.scope)), default=-1)
        begun = item.valid_from <= on
        if place < 0 or (item.precedence == OWN_PRECEDENCE and not begun):
            continue
        order = (place, begun, item.precedence, item.valid_from.toordinal() * (1 if begun else -1), number)
        if item.key not in best or order > best[item.key][0]:
            best[item.key] = (order, item)
    return LedgerRules({key: value for key, (_, value) in best.items()})
