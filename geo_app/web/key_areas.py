"""Key counties in three values by level, with their lists; the monitoring page of a key county and of a key village."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import compose_map, key_areas, key_books, key_maps, monitoring, monitoring_tables
from geo_app.errors import NotFoundError
from geo_app.web import areas, context, figures, frames, jobs, plots, sending
from geo_app.web.desk import desk, person, scoped, today
from geo_app.web.language import language
from layers.codes import ASSET_CLASS, ASSET_STATUS, KEY_VILLAGE_LEVEL, LIST_LEVEL, PROJECT_STATUS
from map_templates.books import book_pdf
from map_templates.spec import Credits, PageSpec
from processing.key_areas import LEVELS, STATES, YES

if TYPE_CHECKING:
    import pandas as pd
    from flask.typing import ResponseReturnValue

    from geo_app.actions.area_summary import AreaSummary
    from geo_app.actions.key_areas import Listing
    from geo_app.actions.monitoring import Monitored
    from geo_app.progress import Progress
    from map_templates.books import Book
    from map_templates.spec import MapSpec

pages = Blueprint("key_areas", __name__, url_prefix="/key-areas")

FORMATS = ("csv", "xlsx")
COUNTY, VILLAGE = 3, 5
SHOWN = 400


def _words() -> dict[str, str]:
    return {
        "yes": gettext("yes"),
        "no": gettext("no"),
        "unknown": gettext("unknown"),
        "listed": gettext("stands on the list"),
        "stated_no": gettext("the document says that it is not one"),
        "absent": gettext("absent from a list that is whole here"),
        "partial": gettext("absent from a list that is not known to be whole"),
        "no_list": gettext("no list of this level is loaded for this place"),
        "differ": gettext("documents of the same year differ"),
        "equal": gettext("agrees"),
        "differs": gettext("differs"),
        "incomplete": gettext("fewer are held because lists are partial"),
        "better": gettext("above the average"),
        "worse": gettext("below the average"),
        "whole": gettext("all counties held"),
        "untold": gettext("number of counties not known"),
        "within": gettext("within the quota"),
        "above": gettext("above the quota"),
    }


def _level() -> str:
    asked = request.args.get("level", "")
    return asked if asked in LEVELS else LEVELS[0]


def look() -> key_maps.Look:
    """Say how maps are made for the asker: language, maker, page."""
    settings = desk().settings
    maker = compose_map.Maker(settings.organisation, settings.review_number, settings.area_name)
    return key_maps.Look("zh" if language() == "zh" else "en", PageSpec(orientation="auto"), maker)


def bare(spec: MapSpec) -> MapSpec:
    """Leave the sources out, which stand at the foot of the page around the frame."""
    return replace(spec, credits=Credits(simulated=spec.credits.simulated))


def _listing() -> Listing:
    here, who = desk(), person()
    return here.kept.get(
        scoped("key counties", tuple(sorted(figures.versions().items()))), lambda: key_areas.listing(here.store, who)
    )


def _key_villages() -> dict[str, Any]:
    """Give the key villages that the asker reads by level, with the villages of which nobody says whether they are."""
    here, who = desk(), person()
    frame = key_areas.villages(here.store, who)
    levels = frame["key_village_level"]
    named = frame[levels.notna() & (levels != "none")]
    shown = [
        row | {"level": KEY_VILLAGE_LEVEL.label(str(row["key_village_level"]), language())} for row in figures.records(named)
    ]
    return {
        "rows": shown[:SHOWN],
        "total": len(shown),
        "none": int((levels == "none").sum()),
        "unknown": int(levels.isna().sum()),
    }


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the counties by level and state, their lists, what documents contradict, and the key villages."""
    found, level = _listing(), _level()
    rows = sorted(
        ((item, next(one for one in item.standings if one.level == level)) for item in found.counties),
        key=lambda pair: (STATES.index(pair[1].state), not pair[0].held, pair[0].code),
    )
    by_state = {state: [pair for pair in rows if pair[1].state == state] for state in STATES}
    return render_template(
        "key_areas.html",
        found=found,
        level=level,
        levels=[(name, LIST_LEVEL.label(name, language())) for name in LEVELS],
        by_state=by_state,
        words=_words(),
        villages=_key_villages(),
        drawn=any(item.held for item in found.counties),
    )


@pages.get("/map")
@permission(Permission.READ)
def map_() -> ResponseReturnValue:
    """Draw the counties that are held by their state at a level, for the frame on the page."""
    level = _level()
    states = {item.code: item.state(level) for item in _listing().counties}
    spec = key_maps.counties(desk().store, states, LIST_LEVEL.label(level, language()), look(), person=person())
    return frames.answer(bare(spec), frames.options())


@pages.post("/print")
@permission(Permission.RUN)
def print_map() -> ResponseReturnValue:
    """Start drawing the map of a level as a PDF page; the job's result is the file."""
    level, wanted, store, who = _level(), look(), desk().store, person()
    states = {item.code: item.state(level) for item in _listing().counties}
    name = LIST_LEVEL.label(level, language())

    def work(progress: Progress) -> tuple[str, str, bytes]:
        progress(0, 1, "drawing")
        spec = key_maps.counties(store, states, name, wanted, person=who)
        return spec.title, "pdf", key_maps.pdf(spec)

    return jobs.start(jobs.PRINT, gettext("Print map of %(name)s", name=gettext("Key counties")), work)


@pages.post("/download")
@permission(Permission.EXPORT)
def download() -> ResponseReturnValue:
    """Send all counties with their state at each level, the reason, the list and its source."""
    kind = sending.format_of(request.form.get("format"), FORMATS)
    return sending.table(key_areas.frame(_listing()), stem="key-counties", kind=kind)


def _place(code: str, rank: int) -> tuple[Monitored, AreaSummary | None]:
    """Gather a place of a rank, made once for a state of the data.

    Raises:
        NotFoundError: there is no such county or village for the asker.
    """
    hierarchy = figures.areas()
    at = int(hierarchy.positions([code])[0])
    if at < 0 or int(hierarchy.frame["rank"].iloc[at]) != rank:
        raise NotFoundError(f"There is no {hierarchy.level_name(rank)} with the code {code!r} here.")
    here, who = desk(), person()
    summary = areas.summary_of(code, None)
    number = summary.run.id if summary else 0
    key = scoped("monitored", code, number, tuple(sorted(figures.versions().items())))
    return here.kept.get(key, lambda: monitoring.monitored(here.store, who, code, summary)), summary


@pages.get("/counties/<code>", endpoint="county", defaults={"rank": COUNTY})
@pages.get("/villages/<code>", endpoint="village", defaults={"rank": VILLAGE})
@permission(Permission.READ)
def page(code: str, rank: int) -> ResponseReturnValue:
    """Show the monitoring page of a county or a village."""
    found, summary = _place(code, rank)
    hierarchy = figures.areas()
    courses = {item.indicator: plots.line([point.value for point in item.trend]) for item in (summary.figures if summary else ())}
    most = max((sum_.amount for _, sum_ in found.money.stages), default=0)
    return render_template(
        "key_area.html",
        found=found,
        summary=summary,
        courses=courses,
        chain=[(item, hierarchy.name(item)) for item in reversed(hierarchy.ancestors(code))],
        words=_words(),
        stale=bool(summary and figures.is_stale(summary.run)),
        most=most,
        listed=any(item.state == YES for item in found.standings),
        labels={"stage": _label(PROJECT_STATUS), "class": _label(ASSET_CLASS), "status": _label(ASSET_STATUS)},
        levels=[name for _, name in frames.levels()],
        level_label=lambda name: LIST_LEVEL.label(name, language()),
        village_level=KEY_VILLAGE_LEVEL.label(found.key_level, language()) if found.key_level else None,
    )


def _label(codes: Any) -> Any:
    return lambda value: codes.label(value, language()) if value else gettext("not stated")


@pages.post("/counties/<code>/print", endpoint="county_print", defaults={"rank": COUNTY})
@pages.post("/villages/<code>/print", endpoint="village_print", defaults={"rank": VILLAGE})
@permission(Permission.RUN)
def print_page(code: str, rank: int) -> ResponseReturnValue:
    """Start making the monitoring page of a county or a village as PDF; the job's result is the file."""
    found, _ = _place(code, rank)
    return print_book(key_books.monitoring_book(found, today=today(), simulated=context.simulated()))


def print_book(book: Book) -> ResponseReturnValue:
    """Start typesetting a book; the job's result is the PDF."""

    def work(progress: Progress) -> tuple[str, str, bytes]:
        progress(0, 1, "drawing")
        return book.title, "pdf", book_pdf(book)

    return jobs.start(jobs.PRINT, gettext("Print %(name)s", name=book.title), work)


@pages.post("/counties/<code>/download", endpoint="county_file", defaults={"rank": COUNTY})
@pages.post("/villages/<code>/download", endpoint="village_file", defaults={"rank": VILLAGE})
@permission(Permission.EXPORT)
def file(code: str, rank: int) -> ResponseReturnValue:
    """Send the tables of the monitoring page of a county or a village."""
    kind = sending.format_of(request.form.get("format"), FORMATS)
    found, summary = _place(code, rank)
    stem = f"{found.name}-{found.code}"
    made = sheets_of(found, summary)
    if kind == "csv":
        return sending.table(made["figures"], stem=stem, kind=kind)
    titles = {
        "figures": gettext("Figures"),
        "rules": gettext("Targets"),
        "money": gettext("Money"),
        "stages": gettext("Projects"),
        "assets": gettext("Assets"),
        "land": gettext("Land quota"),
        "standings": gettext("Lists"),
    }
    return sending.attachment(
        sending.xlsx({titles[name]: frame for name, frame in made.items()}), name=f"{stem}.xlsx", kind="xlsx"
    )


def sheets_of(found: Monitored, summary: AreaSummary | None) -> dict[str, pd.DataFrame]:
    """Give the tables of a monitoring page as frames, by name."""
    made = monitoring_tables.tables_of(found)
    run = summary.run.id if summary else None
    return {name: (frame.assign(run=run) if name == "figures" else frame) for name, frame in made.items()}
