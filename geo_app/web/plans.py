"""Annual plans: the plans of each county, and the page on which one is ranked, filled, compiled and published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import books, reach
from geo_app.actions.library import plan_writing, plans
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.web import figures, sending
from geo_app.web.desk import desk, person, today
from geo_app.web.language import title
from layers.catalogue import LAYERS
from layers.codes import CODE_LISTS, FUND_SOURCE
from processing.library.money import decimal_of
from processing.library.priorities import FACTS, STATED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from flask.typing import ResponseReturnValue

    from geo_app.actions.library.plans import PlanView
    from processing.library.planning import PlanFault

pages = Blueprint("plans", __name__, url_prefix="/plans")

TEXT_LENGTH = 300
MARKS = ("", "0", "0.5", "1")
FORMS = ("xlsx", "pdf")


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the plans there are, by county and year, and offer to open one."""
    store, who = desk().store, person()
    return render_template(
        "plans.html",
        counties=plans.counties(store, who),
        rows=plans.listed(store, who, today=today()),
        year=today().year + 1,
        fault_text=fault_text,
        words_of_state=title_of_state,
    )


@pages.get("/open")
@permission(Permission.READ)
def choose() -> ResponseReturnValue:
    """Go to the plan of a county and year."""
    county, year = request.args.get("county", ""), request.args.get("year", type=int)
    if year is None:
        raise BadRequestError("A year was expected")
    return redirect(url_for("plans.page", county=county, year=year))


def _view(county: str, year: int) -> PlanView:
    return plans.view(desk().store, person(), county, year, today=today())


@pages.get("/<plan_id>", endpoint="page")
@pages.get("/<county>/<int:year>")
@permission(Permission.READ)
def page(county: str = "", year: int = 0, plan_id: str = "") -> ResponseReturnValue:
    """Show a plan with its money, its lines, and the candidates in order; by county and year, or by its key."""
    if plan_id:
        county, _, said = plan_id.rpartition("-")
        year = int(said) if said.isdecimal() else 0
    found = _view(county, year)
    sources = {item.code: item for item in found.sources}
    stated = {str(item.get("project_id")): item for item in found.row.get("ranking") or () if isinstance(item, dict)}
    return render_template(
        "plan.html",
        plan=found,
        funds=[(code, sources.get(code.code)) for code in FUND_SOURCE],
        stated=stated,
        criteria=[(name, _criterion(name)) for name in STATED],
        score_parts=[(name, _part(name)) for name in (*STATED, *FACTS)],
        marks=MARKS,
        faults=[(item, fault_text(item)) for item in found.faults],
        names={item.entry.project_id: item.project["name"] for item in (*found.lines, *found.candidates)},
        layer=LAYERS["projects"],
        state=title_of_state(found.row.get("state")),
        chain=_chain(county),
    )


def _chain(county: str) -> list[tuple[str, str]]:
    hierarchy = figures.areas()
    codes = [*reversed(hierarchy.ancestors(county)), county] if county in hierarchy else []
    return [(code, hierarchy.name(code)) for code in codes]


def title_of_state(state: Any) -> str:
    """Give the words for the state of a plan; one that was never opened has none."""
    found = next((item for item in CODE_LISTS["plan_state"] if item.code == state), None)
    return gettext("Not opened yet") if found is None else title(found)


def _criterion(name: str) -> str:
    texts: dict[str, str] = {
        "R1": gettext("Strong driving effect"),
        "R2": gettext("Close interest linkage"),
        "R3": gettext("Close to people's life"),
        "R4": gettext("High fund efficiency"),
    }
    return texts[name]


def _part(name: str) -> str:
    facts = {
        "emergency": gettext("Emergency"),
        "gap": gettext("Gap closed"),
        "persons": gettext("Persons who benefit"),
        "former_poor": gettext("Former poor"),
        "cost": gettext("Cost per head"),
    }
    return facts.get(name) or f"{name} {_criterion(name)}"


def fault_text(item: PlanFault) -> str:
    """Say what stands against a plan."""
    texts: dict[str, str] = {
        "late": gettext("Compiled late, on %(found)s.", found=item.found),
        "overdue": gettext("Not compiled, and the day has passed."),
        "unpublished": gettext("Compiled and not published."),
        "no_limit": gettext("No money limit is set."),
        "over_limit": gettext("%(found)s × 10,000 yuan above the money limit.", found=item.found),
        "unranked": gettext("%(project)s has no rank.", project=item.project_id),
        "duplicate_rank": gettext("%(project)s shares the rank %(found)s.", project=item.project_id, found=item.found),
        "other_year": gettext("%(project)s is planned for another year: %(found)s.", project=item.project_id, found=item.found),
        "not_in_library": gettext("%(project)s is not in the library.", project=item.project_id),
    }
    return texts[item.code]


@pages.post("/<county>/<int:year>")
@permission(Permission.MOVE)
def save(county: str, year: int) -> ResponseReturnValue:
    """Bring the plan to what the form says, as one change."""
    seen = _as_seen(_view(county, year))
    receipt = plan_writing.save(desk().store, person(), seen, _wish(seen), today=today())
    flash(gettext("Saved as change no. %(id)s.", id=receipt.change_id), "good")
    return redirect(url_for("plans.page", county=county, year=year))


def _as_seen(found: PlanView) -> PlanView:
    """Give the plan with the versions that the form was made of, so that what others changed since is found out."""
    versions = {name.removeprefix("ver:"): value for name, value in request.form.items() if name.startswith("ver:")}

    def seen(items: Iterable[plans.Candidate]) -> tuple[plans.Candidate, ...]:
        return tuple(
            replace(item, project={**item.project, "ver": _whole(versions.get(item.entry.project_id)) or item.project["ver"]})
            for item in items
        )

    return replace(found, ver=_whole(request.form.get("plan_ver")), lines=seen(found.lines), candidates=seen(found.candidates))


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _amount(name: str) -> Decimal | None:
    text = request.form.get(name, "").strip().replace(",", "")
    if not text:
        return None
    found = decimal_of(text)
    if found is None or not 0 <= found < 10**9:
        raise BadRequestError(f"{name}: an amount in 10,000 yuan, 0 or more, was expected, found {text[:30]!r}")
    return found


def _wish(seen: PlanView) -> plan_writing.Wish:
    form = request.form
    keys = [item.entry.project_id for item in (*seen.lines, *seen.candidates)]
    ranks = {key: _whole(form.get(f"rank:{key}")) for key in keys if form.get(f"in:{key}")}
    order = sorted(ranks, key=lambda key: (ranks[key] is None, ranks[key] or 0, keys.index(key)))
    stated = {key: {name: float(mark) for name in STATED if (mark := _mark(form.get(f"{name}:{key}")))} for key in keys}
    return plan_writing.Wish(
        _amount("money_limit"),
        {code.code: _amount(f"source:{code.code}") for code in FUND_SOURCE if form.get(f"source:{code.code}", "").strip()},
        tuple(order),
        {key: marks for key, marks in stated.items() if marks},
        _amount("previous_year_funds"),
        form.get("reason", "").strip()[:TEXT_LENGTH],
    )


def _mark(text: str | None) -> str:
    if text not in {None, *MARKS}:
        raise BadRequestError(f"One of 0, 0.5 and 1 was expected, found {str(text)[:20]!r}")
    return text or ""


@pages.post("/<county>/<int:year>/compile")
@permission(Permission.MOVE)
def compile_(county: str, year: int) -> ResponseReturnValue:
    """State that the plan is drawn up."""
    plan_writing.compile_(desk().store, person(), _view(county, year), today=today())
    flash(gettext("The plan is compiled."), "good")
    return redirect(url_for("plans.page", county=county, year=year))


@pages.post("/<county>/<int:year>/publish")
@permission(Permission.MOVE)
def publish(county: str, year: int) -> ResponseReturnValue:
    """Publish the plan on the public pages."""
    plan_writing.publish(desk().store, person(), _view(county, year), url=request.form.get("url", "")[:500], today=today())
    flash(gettext("The plan is public."), "good")
    return redirect(url_for("plans.page", county=county, year=year))


@pages.get("/<county>/<int:year>/book.<form>")
@permission(Permission.EXPORT)
def book(county: str, year: int, form: str) -> ResponseReturnValue:
    """Send the plan as an office prints it.

    Raises:
        NotFoundError: no such form.
    """
    if form not in FORMS:
        raise NotFoundError(f"There is no form {form[:10]!r}; there are {', '.join(FORMS)}.")
    reach.of(desk().store, person(), "projects")
    wanted = books.Wanted(name="annual-plan", area=county, year=year)
    name, data = books.file(desk().store, person(), wanted, "pdf" if form == "pdf" else "xlsx", today=today())
    return sending.attachment(data, name=name, kind=form)
