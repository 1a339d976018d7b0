"""What is decided of an annual plan: projects in and out of it, ranks and money as one change; compiled, then published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.actions import notices
from geo_app.actions.library import moving, plans
from geo_app.errors import BadRequestError
from layers.codes import FUND_SOURCE
from layers.store import Insert, Receipt, Update

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from decimal import Decimal

    from geo_app.access import Person
    from geo_app.actions.library.plans import Candidate, PlanView
    from layers.store import Edit, Store

MOST_SENT: Final = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """How a plan is to be: money in 万元, its sources, and the projects in order; what is not named is not in it."""

    money_limit: Decimal | None
    fund_sources: Mapping[str, Decimal | None]
    order: tuple[str, ...]
    """Project ids of the plan, the most urgent first."""
    stated: Mapping[str, Mapping[str, float]]
    """R1–R4 by project as the bureau states them, 0 to 1."""
    previous_year_funds: Decimal | None = None
    reason: str = ""


def save(store: Store, person: Person, seen: PlanView, wish: Wish, *, today: dt.date) -> Receipt:
    """Bring a plan to what is wished: moves into and out of it, ranks and money, all as one change.

    Args:
        store: the store.
        person: the bureau or the leading group of the county.
        seen: the plan as the person saw it; a project or plan changed since is refused.
        wish: how it is to be.
        today: the day at the office.

    Raises:
        NotSignedInError, ForbiddenError: it is not theirs.
        BadRequestError: a project that is none of the county's candidates, or named twice.
        MoveFaultsError, StaleEditsError: a move is refused, or something was changed meanwhile; nothing was saved.
    """
    plans.require_planner(store, person, seen.county)
    known = {item.entry.project_id: item for item in (*seen.lines, *seen.candidates)}
    _refuse_unknown(wish, known)
    edits: list[Edit] = []
    for rank, key in enumerate(wish.order, 1):
        item = known[key]
        if item.entry.rank == rank and item.planned:
            continue
        if not item.movable:
            edits.append(Update("projects", str(item.project["id"]), int(item.project["ver"]), {"plan_rank": rank}))
            continue
        values = {"plan_year": seen.year, "plan_rank": rank, "document": wish.reason}
        edits += _move(store, person, item, "into_plan", values, today)
    for item in seen.lines:
        if item.entry.project_id not in wish.order:
            if not item.movable:
                raise BadRequestError(f"{item.entry.project_id}: its works have begun; it stays in the plan.")
            edits += _move(store, person, item, "out_of_plan", {"opinion": wish.reason or "年度计划调整"}, today)
    edits.append(_plan_edit(seen, _values(seen, wish, known)))
    return moving.write(store, person, edits, wish.reason or f"{seen.year} 年度计划")


def _refuse_unknown(wish: Wish, known: Mapping[str, Candidate]) -> None:
    if len(set(wish.order)) != len(wish.order):
        raise BadRequestError("A project stands twice in the order of the plan")
    strange = [key for key in wish.order if key not in known]
    if strange or len(wish.order) > MOST_SENT:
        raise BadRequestError(f"These are no candidates of this plan: {', '.join(strange)[:300]}")
    bad = [code for code in wish.fund_sources if code not in FUND_SOURCE]
    if bad:
        raise BadRequestError(f"A fund source code S01–S11 was expected, found {', '.join(bad)[:60]}")


def _move(store: Store, person: Person, item: Candidate, name: str, values: dict[str, Any], today: dt.date) -> list[Edit]:  # noqa: PLR0913, PLR0917 - who moves what, how and when
    ready = moving.prepare(store, person, item.entry.project_id, name, values, expected_ver=int(item.project["ver"]), today=today)
    return list(ready.edits)


def _values(seen: PlanView, wish: Wish, known: Mapping[str, Candidate]) -> dict[str, Any]:
    ranks = {key: rank for rank, key in enumerate(wish.order, 1)}
    ranking = [
        {"project_id": key, "rank": ranks.get(key), **wish.stated.get(key, {})}
        for key in known
        if key in ranks or wish.stated.get(key)
    ]
    ranking.sort(key=lambda item: (item["rank"] is None, item["rank"] or 0, item["project_id"]))
    sources = [
        {"code": code} if amount is None else {"code": code, "amount_wan_yuan": float(amount)}
        for code, amount in sorted(wish.fund_sources.items())
    ]
    return {
        "money_limit": None if wish.money_limit is None else float(wish.money_limit),
        "previous_year_funds": None if wish.previous_year_funds is None else float(wish.previous_year_funds),
        "fund_sources": sources,
        "ranking": ranking,
        "state": "draft" if seen.row.get("state") in (None, "draft") else seen.row["state"],
    }


def _plan_edit(seen: PlanView, values: Mapping[str, Any]) -> Edit:
    if seen.row.get("id"):  # one that somebody else opened meanwhile was seen in no version, and is refused as changed
        return Update("annual_plans", str(seen.row["id"]), seen.ver or 0, dict(values))
    row = {
        "plan_id": seen.plan_id,
        "name": f"{seen.county_name}{seen.year}年度项目计划",
        "plan_year": seen.year,
        "county_code": seen.county,
        "data_quality": "synthetic" if seen.simulated else None,
        **values,
    }
    return Insert("annual_plans", pd.DataFrame([row], dtype=object))


def compile_(store: Store, person: Person, seen: PlanView, *, today: dt.date) -> Receipt:
    """State that a plan is drawn up, on the day of the office; a late one stays late.

    Raises:
        NotSignedInError, ForbiddenError: it is not theirs.
        BadRequestError: nothing is in it, a rank is missing or doubled, or a project of it is not of the library.
    """
    plans.require_planner(store, person, seen.county)
    stopping = [item for item in seen.faults if item.code in {"unranked", "duplicate_rank", "not_in_library", "no_limit"}]
    if not seen.lines or stopping:
        names = ", ".join(f"{item.code} {item.project_id} {item.found}".strip() for item in stopping[:5]) or "no project is in it"
        raise BadRequestError(f"The plan cannot be compiled yet: {names}.")
    values = {"state": "compiled", "compiled_on": today}
    return moving.write(store, person, [_plan_edit(seen, values)], f"{seen.year} 年度计划编制完成")


def publish(store: Store, person: Person, seen: PlanView, *, url: str = "", today: dt.date) -> Receipt:
    """Publish a compiled plan on the public pages here, and note the address on the portal where one is given.

    Raises:
        NotSignedInError, ForbiddenError: it is not theirs.
        BadRequestError: it is not compiled, or the address is none.
    """
    plans.require_planner(store, person, seen.county)
    if seen.row.get("compiled_on") is None:
        raise BadRequestError("The plan is not compiled yet; compile it first.")
    url = url.strip()
    if url and not url.startswith(("https://", "http://")):
        raise BadRequestError(f"An address such as https://… was expected, found {url[:60]!r}")
    number, address = notices.announce(store, person, "plan", seen.plan_id, level="county", days=None, today=today)
    values = {"state": "published", "published_on": today, "url": url or address, "publication_id": number}
    return moving.write(store, person, [_plan_edit(seen, values)], f"{seen.year} 年度计划公开")
