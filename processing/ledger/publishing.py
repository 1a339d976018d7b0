"""The course of a ledger: built, published within seven days for ten, confirmed, merged, approved, public, every year again."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.ledger.faults import Violation
from processing.ledger.moves import COUNTY, GROUPS, SECTOR, TOWNSHIP, VILLAGE, Move
from processing.ledger.standing import day
from processing.library.faults import Fault, fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processing.ledger.rules import LedgerRules

VILLAGE_LEVEL, TOWNSHIP_LEVEL, SECTOR_LEVEL, COUNTY_LEVEL = "LV1", "LV2", "LV3", "LV4"
LOCAL: Final = frozenset({VILLAGE_LEVEL, TOWNSHIP_LEVEL})
BUILDERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {VILLAGE_LEVEL: VILLAGE, TOWNSHIP_LEVEL: TOWNSHIP | COUNTY, SECTOR_LEVEL: SECTOR | COUNTY, COUNTY_LEVEL: COUNTY}
)
"""Who builds a ledger of a level."""


DAYS: Final = ("built_on", "published_on", "confirmed_on", "merged_on", "approved_on", "opened_on")
"""The days of a ledger, in their order."""


@dataclass(frozen=True, slots=True)
class Course:
    """A step of a ledger: at which levels, from which states to which, and the field that takes its day."""

    move: Move
    levels: frozenset[str]
    before: frozenset[str]
    after: str
    field: str


def _read() -> dict[str, Course]:
    rows = tomllib.loads((files("processing.ledger") / "steps.toml").read_text(encoding="utf-8"))["ledger_step"]
    return {row["name"]: _course(row) for row in rows}


def _course(row: Mapping[str, Any]) -> Course:
    roles: frozenset[str] = frozenset().union(*(GROUPS[name] for name in row["roles"]))
    titles = (row["name"], row["zh"], row["en"], row["event"], row["level"], roles)
    move = Move(*titles, needs=tuple(row.get("needs", ())), waits=row.get("waits", ""), rule=row.get("rule", "ledger_course"))
    return Course(move, frozenset(row["levels"]), frozenset({row["before"]}), row["after"], row["field"])


COURSE: Final[Mapping[str, Course]] = MappingProxyType(_read())
"""Every step of a ledger by its name."""


NOTICE_DAYS: Final[Mapping[str, str]] = MappingProxyType(
    {VILLAGE_LEVEL: "notice_days_village", TOWNSHIP_LEVEL: "notice_days_township"}
)


def notice_days_key(level: str) -> str:
    """Name the rule of how long the notice of a level hangs.

    >>> notice_days_key("LV1"), notice_days_key("LV2"), notice_days_key("LV4")
    ('notice_days_village', 'notice_days_township', 'notice_days_county')
    """
    return NOTICE_DAYS.get(level, "notice_days_county")


def check(name: str, ledger: Mapping[str, Any], values: Mapping[str, Any], rules: LedgerRules, *, today: date) -> list[Fault]:
    """List what stands against a step of a ledger on a day.

    Publishing after the seventh day is not refused, since it must still be published; `violations` names it as late.
    """
    course, level, state = COURSE.get(name), known(ledger, "level"), known(ledger, "state")
    if course is None or level not in course.levels or state not in course.before:
        states = "、".join(sorted(course.before)) if course else ""
        words = (f"状态为 {states} 的相应层级台账", f"a ledger of that level in state {states}")
        source = rules.source("ledger_course")
        advice = ("按程序先办前一步", "Take the step before it first")
        return [Fault("wrong_stage", "state", str(state or ""), *words, *advice, source)]
    on = day(known(values, "start_date")) or today
    found = list(_days(course, ledger, rules, on=on, today=today))
    source = rules.source(course.move.rule)
    return found + [
        Fault("field_missing", need, "", "须填写", "must be given", "补填后再办", "Fill it in", source)
        for need in course.move.needs
        if known(values, need) is None
    ]


def _days(course: Course, ledger: Mapping[str, Any], rules: LedgerRules, *, on: date, today: date) -> Iterator[Fault]:
    if on > today:
        yield fault("future_date", "start_date", on, day=today)
    days = (day(known(ledger, name)) for name in DAYS)
    last = max(filter(None, days), default=None)
    if last is not None and on < last:
        yield Fault(
            "date_order", "start_date", str(on), f"不早于 {last}", f"not before {last}", "核对日期", "Check the date", "", last
        )
    earliest = notice_over(ledger, rules)
    if course.move.waits and earliest is not None and on < earliest:
        key = notice_days_key(str(ledger["level"]))
        count = rules.days(key)
        yield Fault(
            "too_early",
            "start_date",
            str(on),
            f"公示满 {count} 日，最早 {earliest}",
            f"a notice of {count} days; {earliest} at the earliest",
            f"{earliest} 及以后再办",
            f"Take the step on {earliest} or later",
            rules.source(key),
            earliest,
        )


def notice_over(ledger: Mapping[str, Any], rules: LedgerRules) -> date | None:
    """Give the first day on which the notice of a ledger may be taken down; None while it has not begun."""
    begun, until = day(known(ledger, "published_on")), day(known(ledger, "published_until"))
    if begun is None:
        return None
    return max(filter(None, (rules.after(begun, notice_days_key(str(ledger["level"]))), until)))


def publish_by(ledger: Mapping[str, Any], rules: LedgerRules) -> date | None:
    """Give the last day on which the notice of a village's or township's ledger may begin.

    >>> from processing.ledger.rules import rules_for
    >>> publish_by({"level": "LV1", "built_on": date(2026, 3, 1)}, rules_for((), date(2026, 3, 1)))
    datetime.date(2026, 3, 8)
    """
    built = day(known(ledger, "built_on"))
    if built is None or known(ledger, "level") not in LOCAL:
        return None
    return rules.later(built, rules.days("publication_days"))


def violations(ledger: Mapping[str, Any], rules: LedgerRules, today: date) -> list[Violation]:
    """Name what a ledger's course breaks (E8): published after seven days, taken down before ten, not public in a year."""
    found: list[Violation] = []
    by, begun, until = publish_by(ledger, rules), day(known(ledger, "published_on")), day(known(ledger, "published_until"))
    if by is not None and (begun or today) > by:
        within = rules.days("publication_days")
        text = (f"建立后 {within} 日内公示，最迟 {by}", f"published within {within} days, by {by}")
        found.append(Violation("E8", "publication_days", "late", begun, *text, rules.source("publication_days")))
    key = notice_days_key(str(known(ledger, "level")))
    if begun is not None and until is not None and until < rules.after(begun, key):
        days = rules.days(key)
        found.append(
            Violation("E8", "notice_days", "broken", until, f"公示不少于 {days} 日", f"at least {days} days", rules.source(key))
        )
    opened = day(known(ledger, "opened_on"))
    if known(ledger, "level") == COUNTY_LEVEL and opened is not None and opened < date(today.year - 1, 1, 1):
        times = rules.days("publications_per_year")
        text = (f"每年至少公示 {times} 次", f"published every year, {times} time(s) at least")
        found.append(Violation("E8", "publications_per_year", "lacking", opened, *text, rules.source("publications_per_year")))
    return found
