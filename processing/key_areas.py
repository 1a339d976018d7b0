"""Which counties are key counties: yes, no or unknown, for each level, from lists that may be partial.

A county that stands on a list is yes. A county that is absent is no only where a list of that level is whole for its province or
prefecture; where the list is partial, where nobody knows whether it is whole, or where there is no list at all, it is unknown.
The newest statement goes; statements of the same year that contradict each other leave the county unknown and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

YES, NO, UNKNOWN = "yes", "no", "unknown"
STATES: Final = (YES, NO, UNKNOWN)
LEVELS: Final = ("国家", "省", "市")
"""Codes of the levels of lists (national, provincial, city), the highest first."""
LISTED, STATED_NO, ABSENT, PARTIAL, NO_LIST, DIFFER = "listed", "stated_no", "absent", "partial", "no_list", "differ"
"""Why: on a list; said to be none; absent from a whole list; absent from a partial one; no list there; statements differ."""
EQUAL, DIFFERS, INCOMPLETE = "equal", "differs", "incomplete"


@dataclass(frozen=True, slots=True)
class County:
    """A county to be decided on: code, name, and the codes of the areas it lies in (province, prefecture)."""

    code: str
    name: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one county at one level: the state, why, and the list, document and year that say so."""

    code: str
    name: str
    level: str
    state: str
    reason: str
    list_name: str = ""
    document: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    state: str
    reason: str
    list_name: str
    document: str
    year: int | None


def decide(counties: Iterable[County], entries: Sequence[Row], lists: Sequence[Row]) -> list[Standing]:
    """Decide for each county and level, in the order of the counties and levels.

    Args:
        counties: the counties asked for.
        entries: rows of the layer key_counties (county_code, level, listed, list_id, list_name, document, year).
        lists: rows of the layer key_lists (list_id, level, area_code, complete, list_name, document, year).

    Example:
        >>> whole = {"list_id": "L", "level": "国家", "area_code": "51", "complete": True, "year": 2021}
        >>> row = {"county_code": "513226", "level": "国家", "list_id": "L", "year": 2021}
        >>> asked = [County("513226", "金川县", ("51",)), County("510104", "锦江区", ("51",)), County("620402", "白银区")]
        >>> [item.state for item in decide(asked, [row], [whole]) if item.level == "国家"]
        ['yes', 'no', 'unknown']
    """
    own: dict[tuple[str, str], list[Row]] = {}
    for row in entries:
        own.setdefault((str(row["county_code"]), str(row["level"])), []).append(row)
    return [
        _decided(county, level, own.get((county.code, level), []), [row for row in lists if _covers(row, county, level)])
        for county in counties
        for level in LEVELS
    ]


def _covers(row: Row, county: County, level: str) -> bool:
    return row["level"] == level and row["area_code"] in (county.code, *county.above)


def _decided(county: County, level: str, own: Sequence[Row], lists: Sequence[Row]) -> Standing:
    claims = list(_claims(own, lists))
    if not claims:
        row = lists[0] if lists else {}
        return Standing(county.code, county.name, level, UNKNOWN, PARTIAL if lists else NO_LIST, *_source(row))
    newest = max(item.year or 0 for item in claims)
    last = [item for item in claims if (item.year or 0) == newest]
    found = last[0]
    if len({item.state for item in last}) > 1:
        documents = "；".join(dict.fromkeys(item.document or item.list_name for item in last))
        return Standing(county.code, county.name, level, UNKNOWN, DIFFER, found.list_name, documents, found.year)
    return Standing(county.code, county.name, level, found.state, found.reason, found.list_name, found.document, found.year)


def _claims(own: Sequence[Row], lists: Sequence[Row]) -> Iterator[_Claim]:
    for row in own:
        refused = _flag(row.get("listed")) is False
        yield _Claim(NO if refused else YES, STATED_NO if refused else LISTED, *_source(row))
    held = {row.get("list_id") for row in own} | {("", _year(row)) for row in own if not _text(row.get("list_id"))}
    for row in lists:
        if _flag(row.get("complete")) and row.get("list_id") not in held and ("", _year(row)) not in held:
            yield _Claim(NO, ABSENT, *_source(row))


def _source(row: Row) -> tuple[str, str, int | None]:
    return _text(row.get("list_name")), _text(row.get("document")), _year(row)


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)


def _year(row: Row) -> int | None:
    value = row.get("year")
    return None if value is None or pd.isna(value) else int(value)


def counted(standings: Iterable[Standing]) -> dict[str, dict[str, int]]:
    """Count the counties by level and state; every state stands, also with none.

    Example:
        >>> counted([Standing("1", "a", "国家", "yes", "listed")])["国家"]
        {'yes': 1, 'no': 0, 'unknown': 0}
    """
    found = {level: dict.fromkeys(STATES, 0) for level in LEVELS}
    for item in standings:
        found[item.level][item.state] += 1
    return found


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that a document states, beside the entries that the loaded lists hold.

    `status`: equal, differs (whole lists give another number, or more counties are held than stated), incomplete (fewer are held
    and the lists are partial, so nothing follows).
    """

    subject_zh: str
    subject_en: str
    stated: int
    counted: int
    status: str
    document: str


def facts(entries: Sequence[Row], stated: Sequence[Row], lists: Sequence[Row]) -> list[Fact]:
    """Count the national key counties again as documents count them, and compare.

    Args:
        entries: rows of the layer key_counties.
        stated: rows of the shipped table key_county_facts (subject_zh, subject_en, stated, by, value, document).
        lists: rows of the layer key_lists.
    """
    national = [row for row in entries if row["level"] == LEVELS[0] and _flag(row.get("listed")) is not False]
    whole = all(_flag(row.get("complete")) for row in lists if row["level"] == LEVELS[0])
    found = []
    for row in stated:
        number, own = int(row["stated"]), sum(_meant(entry, row) for entry in national)
        status = EQUAL if own == number else INCOMPLETE if own < number and not whole else DIFFERS
        found.append(Fact(str(row["subject_zh"]), str(row["subject_en"]), number, own, status, str(row["document"])))
    return found


def _meant(entry: Row, fact: Row) -> bool:
    if fact["by"] == "old_rev":
        return bool(_flag(entry.get("in_old_rev_area")))
    return bool(fact["by"] == "level" or _text(entry.get("prefecture_name")) == fact["value"])


@dataclass(frozen=True, slots=True)
class Conflict:
    """Documents that state different numbers for one subject, with what the entries give."""

    subject_zh: str
    subject_en: str
    stated: tuple[tuple[int, str], ...]
    counted: int


def conflicts(found: Iterable[Fact]) -> list[Conflict]:
    """Give the subjects for which documents state different numbers (44 against 53 counties in old revolutionary areas)."""
    by_subject: dict[str, list[Fact]] = {}
    for item in found:
        by_subject.setdefault(item.subject_zh, []).append(item)
    return [
        Conflict(
            items[0].subject_zh, items[0].subject_en, tuple((item.stated, item.document) for item in items), items[0].counted
        )
        for items in by_subject.values()
        if len({item.stated for item in items}) > 1
    ]
