"""What the record of a project shows: stages with who reached them, events, money, contents, villages, what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flask import current_app, url_for
from flask_babel import gettext

from geo_app.access.roles import ROLES
from geo_app.actions import notice_facts, notices, reach
from geo_app.actions.library import documents
from geo_app.web import project_values, refusals
from geo_app.web.desk import desk, person, today
from geo_app.web.language import language, short, title
from layers.catalogue import LAYERS
from layers.projects import LAYER
from layers.schema import FieldType
from layers.store import Condition
from processing.library.money import decimal_of
from processing.library.moves import DRAFT, LIBRARY, PROCEDURE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.actions.library.record import ProjectRecord

WAY: Final = (DRAFT, *PROCEDURE, *LIBRARY)
SIDE: Final = ("returned", "rejected", "withdrawn")
EVENT_WORDS: Final = (
    "result",
    "opinion",
    "place",
    "url",
    "exclusion",
    "amount",
    "fund_source",
    "progress_pct",
    "plan_year",
    "plan_rank",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage on the way: when it was reached, by whom, with which document; `state` is past, now, ahead or side."""

    code: str
    state: str
    on: Any = None
    who: str = ""
    document: str = ""


def stages(found: ProjectRecord) -> list[Stage]:
    """Give the stages of the way with who reached them when; a project off the way ends with the stage it is in."""
    reached: dict[str, Mapping[str, Any]] = {}
    for event in found.events:
        after = event.get("stage_after")
        if after and after != event.get("stage_before"):
            reached[str(after)] = event
    at = WAY.index(found.stage) if found.stage in WAY else -1
    line = []
    for number, code in enumerate(WAY):
        state = "now" if number == at else "past" if number < at or (at < 0 and code in reached) else "ahead"
        line.append(_stage(code, state, reached.get(code)))
    if found.stage in SIDE:
        line.append(_stage(found.stage, "side", reached.get(found.stage)))
    return line


def _stage(code: str, state: str, event: Mapping[str, Any] | None) -> Stage:
    if event is None or state == "ahead":
        return Stage(code, state)
    paper = documents.read(event.get("document"))
    who = " ".join(str(event[name]) for name in ("unit", "person") if event.get(name))
    return Stage(code, state, event.get("start_date"), who, paper.title if paper else "")


def events(found: ProjectRecord) -> list[dict[str, Any]]:
    """Give the events, newest first; answers stand below what they answer."""
    layer = LAYERS["project_events"]
    answers: dict[str, list[Mapping[str, Any]]] = {}
    for event in found.events:
        if event.get("answers"):
            answers.setdefault(str(event["answers"]), []).append(event)
    rows = []
    for event in reversed(found.events):
        facts = [(layer[name], event[name]) for name in EVENT_WORDS if event.get(name) is not None]
        rows.append(
            {
                "row": event,
                "facts": facts,
                "paper": documents.read(event.get("document")),
                "answers": answers.get(str(event["event_id"]), []),
                "open": str(event["event_id"]) in found.trail.objections,
                "changes": _changes(event),
            }
        )
    return rows


def _changes(event: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Give what a change asks for: field, old and new; a place is only named."""
    if not event.get("changed_fields"):
        return []
    rows = [item for item in event.get("proposed") or () if isinstance(item, dict)]
    return [(refusals.field_title("projects", str(item.get("field"))), _brief(item, "old"), _brief(item, "new")) for item in rows]


def _brief(item: Mapping[str, Any], side: str) -> Any:
    if item.get("field") == "geometry":
        return gettext("another place") if side == "new" else gettext("the place before")
    name = str(item.get("field"))
    if name not in LAYERS["projects"] or LAYERS["projects"][name].type is FieldType.TEXT:
        return item.get(side)
    return notice_facts.text_of(LAYERS["projects"][name], item.get(side), language())


def money(found: ProjectRecord) -> dict[str, Any]:
    """Give budget, sources with their sum, and what was spent; unknown stays unknown."""
    total = decimal_of(found.project.get("budget_total"))
    sources = [item for item in found.project.get("funding_sources") or () if isinstance(item, dict)]
    amounts = [decimal_of(item.get("amount_wan_yuan")) for item in sources]
    known = sum((item for item in amounts if item is not None), Decimal(0))
    return {
        "total": total,
        "back": None if total is None else project_values.money(total),
        "sources": [(item.get("code"), amount) for item, amount in zip(sources, amounts, strict=True)],
        "sum": known,
        "unknown": sum(item is None for item in amounts),
        "spent": found.trail.spent,
        "left": None if total is None else total - found.trail.spent,
    }


def eleven(project: Mapping[str, Any]) -> list[tuple[str, list[tuple[Any, Any]]]]:
    """Give the contents by required field: money and villages stand apart."""
    skipped = {*project_values.MONEY, "village_codes"}
    rows = []
    for code, names in project_values.GROUPS:
        shown = [(LAYER[name], project.get(name)) for name in names if name in LAYER and name not in skipped]
        rows.append((code, shown))
    return rows


def villages(project: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give code and name of the villages that a project covers."""
    codes = [str(code) for code in project.get("village_codes") or ()]
    if not codes or not reach.may(person(), "villages"):
        return [(code, code) for code in codes]
    where = (Condition("village_code", "in", codes),)
    rows = desk().store.read("villages", where=where, geometry=False, reach=reach.of(desk().store, person(), "villages"))
    names = dict(zip(rows["village_code"], rows["name"], strict=True))
    return [(code, short(str(names.get(code) or code))) for code in codes]


def emergency(found: ProjectRecord) -> dict[str, Any] | None:
    """Say since when an emergency project runs ahead of its procedure; it does not go away until it is in the library (E21)."""
    if found.trail.consent is None or found.stage in LIBRARY:
        return None
    since = found.trail.consent.start
    days = (today() - since).days
    return {
        "since": since,
        "days": days,
        "limit": found.rules.emergency_remind_days,
        "late": days > found.rules.emergency_remind_days,
    }


def assets(project_id: str) -> list[dict[str, Any]]:
    """Name the assets that a project left, with their pages where there are any."""
    if not reach.may(person(), "assets"):
        return []
    where = (Condition("project_id", "=", project_id),)
    rows = desk().store.read("assets", where=where, geometry=False, reach=reach.of(desk().store, person(), "assets"))
    page_of = "assets.page" if "assets.page" in current_app.view_functions else ""
    return [
        {"id": str(row["asset_id"]), "name": row["name"], "href": url_for(page_of, asset_id=row["asset_id"]) if page_of else ""}
        for row in rows.to_dict("records")
    ]


def published(found: ProjectRecord) -> list[dict[str, Any]]:
    """Give the public notices of a project with the address of their code, the newest first."""
    listed = []
    for event in reversed(found.events):
        number = event.get("publication_id")
        if number:
            listed.append(
                {"id": int(number), "title": event["event_type"], "on": event["start_date"], "href": notices.address(int(number))}
            )
    return listed


def role_titles(roles: Sequence[str]) -> str:
    """Name roles in the reader's language."""
    return "、".join(title(ROLES[name]) for name in roles if name in ROLES)


def href(endpoint: str, project: Mapping[str, Any], of: str) -> str:
    """Give the address of a page about the project's plan or works, where this installation has one; else nothing."""
    if endpoint not in current_app.view_functions:
        return ""
    if of == "plan":
        if not (project.get("county_code") and project.get("plan_year")):
            return ""
        return url_for(endpoint, plan_id=f"{project['county_code']}-{project['plan_year']}")
    return url_for(endpoint, project_id=project["project_id"])
