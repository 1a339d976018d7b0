"""What each move asks of the state, of its day and of the values it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from layers.catalogue import LAYERS
from layers.codes import PROJECT_STATUS
from layers.row_values import entries, known
from processing.library import content
from processing.library.faults import fault
from processing.library.money import decimal_of
from processing.library.moves import CROSS, EMERGENCY, ENDS_NOTICE, LIBRARY, MOVES, NOTICES, OPINIONS, STAGES, WORKS
from processing.library.planning import other_year
from processing.library.trail import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from processing.library.faults import Fault
    from processing.library.moves import Move
    from processing.library.rules import LibraryRules
    from processing.library.trail import Trail

_URL: Final = ("http://", "https://", "/public/")
"""How the address of an announcement begins; a publication of this installation is named by its path."""


WHOLE: Final = 100
"""Per cent of works that are done."""


def wrong_stage(before: Iterable[str], stage: str) -> Fault:
    """Name the stages that a move may be made from."""
    names = [name for name in STAGES if name in set(before)]
    zh, en = (
        "、".join(PROJECT_STATUS.label(name) for name in names),
        ", ".join(PROJECT_STATUS.label(name, "en") for name in names),
    )
    return fault("wrong_stage", "status", PROJECT_STATUS.label(stage), zh=zh, en=en)


# what the state lacks, whatever the move brings


def belongs(move: Move, project: Mapping[str, Any], trail: Trail) -> bool:
    """Say whether a move makes sense for a project in its stage, so that it is offered at all."""
    if move.name == "emergency_consent":
        return known(project, "scope") == EMERGENCY and trail.consent is None
    if move.name == "take_over":
        return trail.seq == 0
    if move.name == "answer_objection":
        return bool(trail.objections)
    if move.name == "publish_change":
        return bool(trail.approved)
    return True


def of_state(move: Move, project: Mapping[str, Any], trail: Trail) -> list[Fault]:
    """List what lacks before a move, apart from its stage."""
    if move.name in ENDS_NOTICE and ENDS_NOTICE[move.name] not in trail.notices:
        return [fault("notice_missing", "start_date")]
    if move.name == "township_notice" and not trail.reviewed:
        return [fault("review_missing", "status")]
    if move.name == "county_approve":
        lacking = [name for event, name in OPINIONS.items() if not trail.opinion_passed(event)]
        return [fault("opinion_missing", MOVES[name].event, "", zh=MOVES[name].zh, en=MOVES[name].en) for name in lacking]
    if move.name == "emergency_consent" and known(project, "scope") != EMERGENCY:
        return [fault("not_emergency", "scope", known(project, "scope") or "")]
    if move.name == "take_over" and trail.seq:
        return [fault("has_events", "status", trail.seq)]
    return _of_works(move, trail) if move.name in WORKS else _of_changes(move, trail)


def _of_changes(move: Move, trail: Trail) -> list[Fault]:
    if move.name == "ask_change" and trail.asked is not None:
        return [fault("change_open", "proposed", trail.asked.event_id)]
    if (move.name == "approve_change" and trail.asked is None) or (move.name == "publish_change" and not trail.approved):
        return [fault("change_missing", "proposed")]
    return []


_WORKS_BEFORE: Final = {
    "start": ("",),
    "progress": ("started",),
    "complete": ("started",),
    "accept": ("completed",),
    "spend": ("started", "completed", "accepted"),
}
_WORKS_ZH: Final = {
    "": ("尚未开工", "works not begun"),
    "started": ("已开工", "works begun"),
    "completed": ("已完工", "works done"),
}


def _of_works(move: Move, trail: Trail) -> list[Fault]:
    """Works beside the procedure have an order of their own; in the library the stage says it."""
    wanted = _WORKS_BEFORE[move.name]
    if trail.stage in LIBRARY[2:] or trail.works in wanted:
        return []
    zh, en = _WORKS_ZH[wanted[0]]
    return [fault("wrong_stage", "status", PROJECT_STATUS.label(trail.stage), zh=zh, en=en)]


# the day


def of_day(move: Move, trail: Trail, rules: LibraryRules, on: date, today: date) -> list[Fault]:
    """List what stands against the day of a move: ahead of today, before the steps before it, before a notice is over."""
    if on > today:
        return [fault("future_date", "start_date", on, day=today)]
    found = []
    least = bound(move, trail)
    if least is not None and on < least:
        found.append(fault("date_order", "start_date", on, day=least, earliest=least))
    level = ENDS_NOTICE.get(move.name)
    if level is not None and level in trail.notices:
        notice = trail.notices[level]
        earliest = rules.notice_end(level, notice.start)
        earliest = max(earliest, notice.end or earliest)
        if on < earliest:
            days = (earliest - notice.start).days if rules.day_kind == "calendar" else rules.notice_days(level)
            found.append(fault("too_early", "start_date", on, earliest=earliest, days=days, day=earliest))
    return found


def bound(move: Move, trail: Trail) -> date | None:
    """Give the day before which a move cannot have been made."""
    if move.name in WORKS:
        return _works_bound(move, trail)
    if move.name == "form_asset":
        return max((day for day in (trail.last, trail.worked) if day is not None), default=None)
    if move.name == "objection":
        return None
    return trail.last if move.forward or move.name in {"return_", "refuse", "withdraw", "reenter"} else trail.since


def _works_bound(move: Move, trail: Trail) -> date | None:
    early = trail.consent.start if trail.consent is not None and trail.stage not in LIBRARY else None
    if move.name == "start":
        return early or (trail.consent.start if trail.consent is not None and trail.works == "" else trail.last)
    if move.name in {"progress", "spend"}:
        return trail.began or early
    return max((day for day in (trail.worked, trail.began, early) if day is not None), default=trail.since)


# the values that a move brings


def of_needs(move: Move, values: Mapping[str, Any]) -> list[Fault]:
    """Name every value that a move cannot do without and does not bring."""
    layer = LAYERS["project_events"]
    found = []
    for name in move.needs:
        if known(values, name) is not None and known(values, name) not in ([], {}):
            continue
        if name == "url":
            found.append(fault("url_missing", "url"))
        else:
            zh, en = (layer[name].zh, layer[name].en) if name in layer else ("计划排序", "Plan rank")
            found.append(fault("value_missing", name, "", zh=zh, en=en))
    return found


def of_move(  # noqa: PLR0913, PLR0917 -- as `checking.check`
    move: Move, project: Mapping[str, Any], trail: Trail, values: Mapping[str, Any], rules: LibraryRules, on: date
) -> list[Fault]:
    """List what stands against the values that a move brings."""
    if move.event in NOTICES:
        return _notice(move, values, rules, on)
    if "url" in move.needs:
        return _url(values)
    special: Callable[[Mapping[str, Any], Trail, Mapping[str, Any]], list[Fault]] | None = _VALUES.get(move.name)
    found = [] if special is None else special(project, trail, values)
    return found + _codes(move, values) + (_plan(project, values, rules, on) if move.name == "into_plan" else [])


def _notice(move: Move, values: Mapping[str, Any], rules: LibraryRules, on: date) -> list[Fault]:
    if known(values, "end_date") is None:
        return []
    level = NOTICES[move.event]
    earliest, end = rules.notice_end(level, on), day_of(values["end_date"])
    if end is None:
        return [fault("bad_date", "end_date", values["end_date"])]
    days = rules.notice_days(level)
    return [fault("too_early", "end_date", end, earliest=earliest, days=days, day=earliest)] if end < earliest else []


def _url(values: Mapping[str, Any]) -> list[Fault]:
    url = known(values, "url")
    if url is None or str(url).startswith(_URL):
        return []
    return [
        fault(
            "value_bad", "url", url, zh="以 http:// 或 https:// 开头的网址", en="an address that begins with http:// or https://"
        )
    ]


def _codes(move: Move, values: Mapping[str, Any]) -> list[Fault]:
    layer = LAYERS["project_events"]
    found = []
    for name in move.needs:
        codes = layer[name].codes if name in layer else None
        value = known(values, name)
        if codes is not None and value is not None and value not in codes:
            options = [item.code for item in codes]
            found.append(fault("value_bad", name, value, zh="、".join(options), en=", ".join(options)))
    return found


def _apply(project: Mapping[str, Any], _trail: Trail, values: Mapping[str, Any]) -> list[Fault]:
    if known(values, "level") in {None, "村"} or known(project, "scope") == CROSS:
        return []
    return [fault("begins_in_village", "scope", known(project, "scope") or "")]


def _answers(_project: Mapping[str, Any], trail: Trail, values: Mapping[str, Any]) -> list[Fault]:
    named = known(values, "answers")
    if named is None:
        return []
    if named not in trail.objections:
        return [fault("answers_unknown", "answers", named)]
    raised, on = trail.objections[named].start, day_of(known(values, "start_date"))
    return [] if on is None or on >= raised else [fault("date_order", "start_date", on, day=raised, earliest=raised)]


def _progress(_project: Mapping[str, Any], trail: Trail, values: Mapping[str, Any]) -> list[Fault]:
    value = decimal_of(known(values, "progress_pct"))
    if known(values, "progress_pct") is None:
        return []
    if value is not None and 0 <= value <= WHOLE:
        if trail.progress is None or value >= trail.progress:
            return []
        now, before = (f"{item.normalize():f}" for item in (value, trail.progress))
        return [fault("less_progress", "progress_pct", now, warning=True, before=before)]
    return [
        fault("value_bad", "progress_pct", values["progress_pct"], zh="0 到 100 之间的百分数", en="a percentage from 0 to 100")
    ]


def _complete(_project: Mapping[str, Any], trail: Trail, _values: Mapping[str, Any]) -> list[Fault]:
    if trail.progress is None or trail.progress >= WHOLE:
        return []
    return [fault("not_whole", "progress_pct", f"{trail.progress.normalize():f}", warning=True)]


def _spend(project: Mapping[str, Any], trail: Trail, values: Mapping[str, Any]) -> list[Fault]:
    amount = decimal_of(known(values, "amount"))
    if known(values, "amount") is None:
        return []
    if amount is None or amount <= 0:
        return [fault("value_bad", "amount", values["amount"], zh="大于 0 的金额（万元）", en="an amount above 0, in 万元")]
    total = decimal_of(known(project, "budget_total"))
    if total is not None and trail.spent + amount > total:
        return [fault("over_budget", "amount", trail.spent + amount, warning=True, total=total)]
    return []


def _asked(project: Mapping[str, Any], _trail: Trail, values: Mapping[str, Any]) -> list[Fault]:
    asked = {
        item["field"]: item.get("new") for item in entries(values.get("proposed")) if isinstance(item, dict) and "field" in item
    }
    found = [fault("not_changeable", name) for name in asked if name not in (*content.CHANGEABLE, content.PLACE)]
    new = dict(project) | asked
    same = [
        name
        for name in asked
        if name in project and content.comparable(name, asked[name]) == content.comparable(name, project[name])
    ]
    found += [fault("nothing_changes", name, asked[name]) for name in same if name != content.PLACE]
    return found + content.faults(new)


_VALUES: Final[Mapping[str, Callable[[Mapping[str, Any], Trail, Mapping[str, Any]], list[Fault]]]] = {
    "apply": _apply,
    "answer_objection": _answers,
    "progress": _progress,
    "complete": _complete,
    "spend": _spend,
    "ask_change": _asked,
}


def _plan(project: Mapping[str, Any], values: Mapping[str, Any], rules: LibraryRules, on: date) -> list[Fault]:
    """Check E5 as far as one project shows it: a year that is no year, a rank below 1.

    A late plan and dates that lie wholly in another year are shown and not refused.
    """
    found = []
    year, rank = (decimal_of(known(values, name)) for name in ("plan_year", "plan_rank"))
    if known(values, "plan_rank") is not None and (rank is None or rank < 1 or rank % 1):
        found.append(fault("value_bad", "plan_rank", values["plan_rank"], zh="从 1 起的整数", en="a whole number from 1"))
    if known(values, "plan_year") is None:
        return found
    if year is None or year % 1 or not on.year <= year <= on.year + 5:
        zh, en = f"{on.year} 至 {on.year + 5} 之间的年度", f"a year from {on.year} to {on.year + 5}"
        return [*found, fault("value_bad", "plan_year", values["plan_year"], zh=zh, en=en)]
    last = rules.deadline(int(year))
    if on > last:
        found.append(fault("late", "start_date", on, warning=True, day=last))
    starts, ends = (None if (day := known(project, name)) is None else day_of(day) for name in ("start_date", "end_date"))
    if other_year(starts, ends, int(year)):
        said = fault("other_year", "plan_year", int(year), warning=True, year=int(year), starts=starts or "…", ends=ends or "…")
        found.append(said)
    return found
