"""Public notices of projects, assets, ledgers, plans and changes: frozen on the day, with begin, end and a code that leads there.

A notice is kept in full when it is published; what happens to the project afterwards does not alter it. It stays on the public
pages after its end, as a record. Who sees it needs no account and can send nothing: objections go to the unit that is named,
which enters them at the project or asset.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import inputs, notice_facts, notice_map, reach
from geo_app.actions.library import own_rules, record
from geo_app.actions.notice_facts import known
from geo_app.actions.personal import without_numbers
from geo_app.config import LOOPBACK
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.store import Condition
from processing.library import notices as days_of
from processing.library.rules import rules_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas

Subject = Literal["project", "asset", "ledger", "plan", "change"]
Level = Literal["village", "township", "county"]
LEVELS: Final[Mapping[str, Level]] = {
    "village": "village",
    "村": "village",
    "LV1": "village",
    "township": "township",
    "乡": "township",
    "乡镇": "township",
    "LV2": "township",
    "county": "county",
    "县": "county",
    "行业部门": "county",
    "LV3": "county",
    "LV4": "county",
}
"""What the levels of a notice are called in the events, the ledgers and the pages."""
PRINTED: Final[Mapping[Level, str]] = {"village": "村", "township": "乡", "county": "县"}
SECTORS: Final = frozenset({"transport", "water", "agriculture", "environment", "health", "sector"})
ROLES: Final[Mapping[Level, frozenset[str]]] = {
    "village": frozenset({"village", "township", "revitalisation", ADMINISTRATOR}),
    "township": frozenset({"township", "revitalisation", ADMINISTRATOR}) | SECTORS,
    "county": frozenset({"revitalisation", "leading_group", ADMINISTRATOR}) | SECTORS,
}
"""Who gives notice at a level: the unit itself, one above it for it, and sector departments from the township up."""
LAYER: Final[Mapping[Subject, str]] = {
    "project": "projects",
    "asset": "assets",
    "ledger": "ledgers",
    "plan": "annual_plans",
    "change": "project_events",
}
KINDS: Final = ("village_notice", "township_notice", "county_notice", "library", "change", "plan", "asset", "ledger")
"""Kinds of notice, as the public list may be narrowed to."""
TITLES: Final = {
    "village_notice": "{area}项目申报村级公示",
    "township_notice": "{area}项目审核乡镇公示",
    "county_notice": "{area}项目审定县级公示",
    "library": "{area}项目入库公告",
    "change": "{area}项目调整结果公告",
    "plan": "{area}{year}年度项目计划公告",
    "asset": "{area}帮扶项目资产公示",
    "ledger": "{area}帮扶项目资产台账公示",
}
LONGEST_TITLE: Final = 120
MOST_DAYS: Final = 3660


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an announcement may say beyond its subject: who gives notice, to whom objections go, a text, another last day."""

    unit: str = ""
    contact: str = ""
    text: str = ""
    ends: dt.date | None = None
    """Last day on which the notice hangs, where it is not `days` from the first."""


def announce(  # noqa: PLR0913 -- the subject, what is said of it, and the day
    store: Store,
    person: Person,
    subject: Subject,
    key: str,
    *,
    title: str = "",
    level: str,
    days: int | None,
    today: dt.date,
    said: Said | None = None,
) -> tuple[int, str]:
    """Publish a notice of a project, asset, ledger, plan or change, and give its number and its address on this server.

    Args:
        store: the store.
        person: who publishes; the role and area of the account are asked for the level.
        subject: what it is about; `project` at the county without days is the announcement of entry into the library.
        key: project_id, asset_id, ledger_id, plan_id, or the event_id (or project_id) of a change.
        title: heading; empty for the usual one.
        level: village, township or county (also 村, 乡, 县, LV1–LV4).
        days: how many days it hangs, the first counted (calendar or working days as the area's rules say); None: no end.
        today: the first day.
        said: unit, contact, text, another last day.

    Raises:
        NotSignedInError: nobody asks.
        NotFoundError: there is no such thing, or the person does not read it.
        ForbiddenError: the person gives no notice at this level or for this area.
        BadRequestError: a level, number of days or title that cannot be used; an asset of a household.
    """
    said = said or Said()
    step = LEVELS.get(level)
    if step is None:
        raise BadRequestError(f"level: village, township or county was expected, found {level[:20]!r}")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise BadRequestError(f"days: 1 to {MOST_DAYS} days, or none for no end, were expected, found {days}")
    row = _row(store, person, subject, key)
    tree = inputs.areas(store)
    area = _area(row, step)
    _allowed(store, person, step, row, tree)
    content = _content(store, person, subject, row, tree)
    kind = _kind(subject, step, days)
    named = notice_facts.short_name(tree.name(area)) if area else ""
    title = without_numbers(title.strip()) or _title(kind, named, row)
    if len(title) > LONGEST_TITLE:
        raise BadRequestError(f"title: 1 to {LONGEST_TITLE} characters were expected, found {len(title)}")
    unit = without_numbers(said.unit.strip() or unit_of(step, named) or person.bureau)
    ends = said.ends or (None if days is None else _end(store, area, today, days))
    notice = content | {
        "subject": subject,
        "key": key,
        "of": known(row.get("project_id")),
        "level": step,
        "kind": kind,
        "starts": today.isoformat(),
        "ends": None if ends is None else ends.isoformat(),
        "unit": unit,
        "contact": without_numbers(said.contact.strip() or unit),
    }
    paper = {"text": without_numbers(said.text.strip()), "bureau": unit, "area": area, "area_name": named, "notice": notice}
    number = store.published.publish("notice", title, paper, who=person.name, valid_from=today)
    return number, address(number)


def address(number: int) -> str:
    """Give the address of a publication on this server.

    >>> address(12)
    '/public/12'
    """
    return f"/public/{number}"


def own_path(url: str, number: int | None = None) -> str | None:
    """Give the path of a publication here that an address means, None for an address elsewhere.

    An address with this machine's own name was kept so before addresses were made when they are shown.

    >>> own_path("/public/12"), own_path("http://127.0.0.1:8000/public/12", 12), own_path("https://example.cn/public/12", 12)
    ('/public/12', '/public/12', None)
    """
    if re.fullmatch(r"/public/\d+", url):
        return url
    parts = urlsplit(url)
    here = number is not None and parts.hostname in LOOPBACK and parts.path == address(number)
    return parts.path if here else None


def unit_of(level: Level, named: str) -> str:
    """Give the unit that speaks for an area, where the name of the area says it; empty for a county, whose bureau does.

    >>> unit_of("village", "甲南村"), unit_of("township", "会师镇"), unit_of("township", "城关街道"), unit_of("county", "会宁县")
    ('甲南村村民委员会', '会师镇人民政府', '城关街道办事处', '')
    """
    short = notice_facts.short_name(named).removesuffix("村委会")
    if not named or level == "county":
        return ""
    if level == "township":
        return f"{named}办事处" if named.endswith("街道") else f"{named}人民政府"
    if short.endswith("社区"):
        return f"{short}居民委员会"
    return f"{short if short.endswith('村') else short + '村'}村民委员会"


def _row(store: Store, person: Person, subject: Subject, key: str) -> dict[str, Any]:
    if subject not in LAYER:
        raise BadRequestError(f"subject: one of {', '.join(LAYER)} was expected, found {subject[:20]!r}")
    layer = LAYERS[LAYER[subject]]
    limit = reach.of(store, person, layer.name)
    found = store.read(layer.name, where=(Condition(layer.key, "=", key),), reach=limit)
    if found.empty and subject == "change":
        found = store.read(layer.name, where=(Condition("project_id", "=", key),), reach=limit)
        found = found[found["event_type"].isin(["调整审定", "调整公告"])].sort_values("seq").tail(1)
    if found.empty:
        raise NotFoundError(f"There is nothing of the kind {subject} under {key[:60]!r}, or your account does not read it.")
    row: dict[str, Any] = found.iloc[0].to_dict()
    if subject == "asset" and not notice_facts.public_asset(row):
        raise BadRequestError(
            "An asset of a household is not announced alone; ledgers say how many there are and what they are worth."
        )
    return row


def codes_of(row: Mapping[str, Any]) -> dict[Level, str | None]:
    """Give the code of the village, township and county of a row; the first of several villages."""
    villages = known(row.get("village_codes")) or ()
    village = known(row.get("village_code")) or (str(villages[0]) if villages else None)
    return {"village": village, "township": known(row.get("township_code")), "county": known(row.get("county_code"))}


def _area(row: Mapping[str, Any], level: Level) -> str | None:
    """Give the area that a notice is about: the village, township or county of the row, or what it lies in."""
    codes = codes_of(row)
    order: tuple[Level, ...] = ("village", "township", "county")
    return next((codes[step] for step in order[order.index(level) :] if codes[step]), None)


def _allowed(store: Store, person: Person, level: Level, row: Mapping[str, Any], tree: Areas) -> None:
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if person.is_local:
        return
    grants = [item for item in person.grants if item.role in ROLES[level] and item.apply]
    if not grants:
        roles = ", ".join(sorted(ROLES[level]))
        raise ForbiddenError(f"Your account gives no notice at the level {level}; this is done by: {roles}.")
    if any(not item.areas for item in grants):
        return
    own = reach.territory(store, frozenset(code for item in grants for code in item.areas))[0]
    place = _area(row, level)
    villages = {str(code) for code in known(row.get("village_codes")) or ()} if level == "village" else set()
    if not ({place} | villages) & own:
        name = tree.name(place) if place else ""
        raise ForbiddenError(f"Your account gives no notice for {name}; its areas are {', '.join(sorted(own))[:200]}.")


def _kind(subject: Subject, level: Level, days: int | None) -> str:
    if subject != "project":
        return subject
    return "library" if level == "county" and days is None else f"{level}_notice"


def _title(kind: str, named: str, row: Mapping[str, Any]) -> str:
    words = TITLES[kind].format(area=named, year=known(row.get("plan_year")) or "")
    name = known(row.get("name"))
    longer = f"{words}：{without_numbers(str(name))}" if name and kind not in {"plan", "ledger"} else words
    return longer[:LONGEST_TITLE]


def _end(store: Store, area: str | None, today: dt.date, days: int) -> dt.date:
    """Give the last day on which a notice of so many days hangs: the day before the step after it may be taken."""
    rules = rules_for(own_rules.codes_of(store, area) if area else (), today, record.own_rules(store))
    return days_of.earliest_end(today, days, rules.day_kind, rules.holidays) - dt.timedelta(days=1)


def _asked(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    """Give the event that says what a change alters: a decision and its announcement lead back to it by `answers`."""
    for _step in range(2):
        if known(row.get("proposed")) or known(row.get("answers")) is None:
            break
        found = store.read("project_events", where=(Condition("event_id", "=", str(row["answers"])),))
        row = row if found.empty else found.iloc[0].to_dict()
    return row


def _content(store: Store, person: Person, subject: Subject, row: dict[str, Any], tree: Areas) -> dict[str, Any]:
    """Freeze what a notice shows."""
    found: dict[str, Any] = {"facts": [], "table": None, "sketch": None, "simulated": row.get("data_quality") == "synthetic"}
    if subject == "asset":
        found["facts"] = notice_facts.facts("assets", row, notice_facts.ASSET_FIELDS)
        found["sketch"] = notice_map.sketch(store, row, tree)
    elif subject == "project":
        found |= _project(store, row, tree)
    elif subject == "change":
        project = _row(store, person, "project", str(row["project_id"]))
        found |= _project(store, project, tree)
        found["facts"] = notice_facts.change_facts(_asked(store, row)) + found["facts"]
    elif subject == "plan":
        found |= _plan(store, row)
    else:
        where = (Condition("ledger_id", "=", row["ledger_id"]),)
        entries = store.read("ledger_entries", where=where).to_dict("records")
        found["facts"] = notice_facts.facts("ledgers", row, ("name", "level", "unit", "year", "built_on", "count", "value"))
        found["table"] = notice_facts.ledger_table(entries)
        found["simulated"] |= any(item.get("data_quality") == "synthetic" for item in entries)
    found["simulated"] |= bool(found["sketch"] and found["sketch"]["simulated"])
    return found


def _project(store: Store, row: Mapping[str, Any], tree: Areas) -> dict[str, Any]:
    places = [notice_facts.short_name(tree.name(str(code))) for code in known(row.get("village_codes")) or ()]
    simulated = row.get("data_quality") == "synthetic"
    return {
        "facts": notice_facts.project_facts(row, places),
        "sketch": notice_map.sketch(store, row, tree),
        "simulated": simulated,
    }


def _plan(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    where = (Condition("county_code", "=", row["county_code"]), Condition("plan_year", "=", int(row["plan_year"])))
    projects = store.read("projects", where=where, geometry=False)
    order = {str(key): place for place, key in enumerate(known(row.get("ranking")) or (), start=1)}
    rows = projects.to_dict("records")
    for item in rows:
        item["plan_rank"] = known(item.get("plan_rank")) or order.get(str(item["project_id"]))
    rows.sort(key=lambda item: (item["plan_rank"] is None, item["plan_rank"] or 0, str(item["project_id"])))
    fields = ("name", "plan_year", "money_limit", "fund_sources", "previous_year_funds", "compiled_on")
    said = {"facts": notice_facts.facts("annual_plans", row, fields), "table": notice_facts.plan_table(rows)}
    return said | {"simulated": any(item.get("data_quality") == "synthetic" for item in (row, *rows))}
