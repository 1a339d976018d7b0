"""The numbers of the project library's rules: dated, with their document, per area. They stand in `rules/*.toml`."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

from layers.row_values import known
from processing.errors import ProfileValueError
from processing.library.notices import earliest_end
from processing.profiles import EVERYWHERE, code_forms
from processing.rule_keys import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processing.library.notices import DayKind

KINDS: Final = ("calendar", "working")
NOTICE_KEYS: Final[Mapping[str, str]] = {
    "村": "village_notice_days",
    "乡": "township_notice_days",
    "县": "county_notice_days",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One value: where and from when it holds, the row of the notice rules, its document and how sure it is.

    `certainty` is seed (printed in a founding document), memory (not verified) or design (our own choice where none is printed).
    """

    key: str
    value: Any
    scope: str
    valid_from: date
    rule_id: str
    document: str
    certainty: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LibraryRules:
    """The rules that hold for an area on a day; `sources` has each value with where it stands."""

    village_notice_days: int
    township_notice_days: int
    county_notice_days: int
    day_kind: DayKind
    holidays: frozenset[date]
    plan_deadline: tuple[int, int]
    emergency_remind_days: int
    place_tolerance_m: float
    sources: Mapping[str, Rule]

    def notice_days(self, level: str) -> int:
        """Give how many days a notice of a level (村, 乡, 县) hangs at least."""
        return int(getattr(self, NOTICE_KEYS[level]))

    def notice_end(self, level: str, start: date) -> date:
        """Give the first day on which the step after a notice may be taken.

        >>> rules_for((), date(2026, 1, 1)).notice_end("村", date(2026, 3, 1))
        datetime.date(2026, 3, 11)
        """
        return earliest_end(start, self.notice_days(level), self.day_kind, self.holidays)

    def deadline(self, plan_year: int) -> date:
        """Give the last day on which the plan of a year is to be compiled.

        >>> rules_for((), date(2026, 1, 1)).deadline(2027)
        datetime.date(2026, 11, 30)
        """
        return date(plan_year - 1, *self.plan_deadline)

    def source(self, key: str) -> str:
        """Say where a value stands.

        >>> rules_for((), date(2026, 1, 1)).source("village_notice_days")
        'PN-01 湘委乡振组办发〔2021〕1号'
        """
        found = self.sources[key]
        return f"{found.rule_id} {found.document}".strip() or found.certainty


def read(text: str) -> tuple[Rule, ...]:
    """Read a file of rules.

    Raises:
        ProfileValueError: it is no TOML, names no key, or a value cannot be used.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileValueError(f"The rules are no TOML: {error}") from error
    papers = document.get("document", {})
    found = []
    for row in document.get("rule", ()):
        if not {"key", "value", "valid_from", "certainty"} <= row.keys():
            raise ProfileValueError("A rule needs key, value, valid_from and certainty")
        paper = papers.get(row.get("document", ""), {}).get("number", row.get("document", ""))
        scope, note = row.get("scope", EVERYWHERE), row.get("note", "")
        rule_id, unit = row.get("rule_id", ""), row.get("unit", "")
        found.append(Rule(row["key"], row["value"], scope, row["valid_from"], rule_id, paper, row["certainty"], unit, note))
    return tuple(found)


def from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Read the rules of the library out of rows of the layer `area_rules`, whose values are JSON.

    >>> row = {"part": "library", "key": "county_notice_days", "value": "15", "scope_code": "990101", "source_tag": "seed"}
    >>> [(rule.key, rule.value, rule.scope) for rule in from_rows([row | {"valid_from": "2026-01-01"}])]
    [('county_notice_days', 15, '990101')]
    """
    return tuple(
        Rule(
            str(row["key"]),
            json.loads(str(row["value"])),
            str(row["scope_code"]),
            date.fromisoformat(str(row["valid_from"])[:10]),
            str(known(row, "clause") or ""),
            str(known(row, "document") or ""),
            str(row["source_tag"]),
            str(known(row, "unit") or ""),
            str(known(row, "note") or ""),
        )
        for row in rows
        if row["part"] == LIBRARY
    )


@cache
def shipped() -> tuple[Rule, ...]:
    """Read every file of rules that ships with this package."""
    folder = files("processing.library") / "rules"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(rule for name in names for rule in read((folder / name).read_text(encoding="utf-8")))


def rules_for(area_codes: Sequence[str], on: date, own: Iterable[Rule] = ()) -> LibraryRules:
    r"""Give the rules that hold in an area on a day.

    Args:
        area_codes: codes of the area and all it lies in, the finest first; empty for the rules that hold everywhere.
        on: the day. Before the first rule of a key its earliest one is used.
        own: rules that areas set besides those that ship (see `read`, `from_rows`); in their area they prevail from their day on.

    Raises:
        ProfileValueError: a value cannot be used.

    >>> rules_for((), date(2026, 1, 1)).notice_days("县")
    10
    >>> own = read('[[rule]]\nkey="county_notice_days"\nvalue=15\nscope="990101"\nvalid_from=2026-01-01\ncertainty="seed"')
    >>> [rules_for(("990101",), day, own).county_notice_days for day in (date(2025, 12, 31), date(2026, 1, 1))]
    [10, 15]
    """
    rank = {code: len(area_codes) - place for place, code in enumerate(area_codes)}
    best: dict[str, tuple[tuple[int, bool, int, int], Rule]] = {}
    printed = shipped()
    for number, rule in enumerate([*printed, *own]):
        mine = number >= len(printed)
        forms = () if rule.scope == EVERYWHERE else code_forms(rule.scope)
        place = 0 if rule.scope == EVERYWHERE else max((rank.get(code, -1) for code in forms), default=-1)
        if place < 0 or ((mine or rule.scope != EVERYWHERE) and rule.valid_from > on):
            continue
        since = rule.valid_from.toordinal()
        order = (place, mine, since if rule.valid_from <= on else -since, number)
        if rule.key not in best or order > best[rule.key][0]:
            best[rule.key] = (order, rule)
    return _rules({key: rule for key, (_, rule) in best.items()})


def _rules(found: Mapping[str, Rule]) -> LibraryRules:
    kind = found["day_kind"].value
    if kind not in KINDS:
        raise ProfileValueError(f"day_kind: one of {', '.join(KINDS)} was expected, found {kind!r}")
    month, _, day = str(found["plan_deadline"].value).partition("-")
    try:
        return LibraryRules(
            village_notice_days=int(found["village_notice_days"].value),
            township_notice_days=int(found["township_notice_days"].value),
            county_notice_days=int(found["county_notice_days"].value),
            day_kind=cast("DayKind", kind),
            holidays=frozenset(date.fromisoformat(str(item)) for item in found["holidays"].value),
            plan_deadline=(int(month), int(day)),
            emergency_remind_days=int(found["emergency_remind_days"].value),
            place_tolerance_m=float(found["place_tolerance_m"].value),
            sources=found,
        )
    except (TypeError, ValueError) as error:
        raise ProfileValueError(f"A rule of the project library cannot be used: {error}") from error
