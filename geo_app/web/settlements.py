"""Relocation settlements: what each lacks, sorted by persons, on a map and on paper; old villages and people counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import key_books, key_maps, settlement_needs
from geo_app.errors import NoDataError
from geo_app.web import context, figures, frames, jobs, sending
from geo_app.web.desk import desk, person, scoped, today
from geo_app.web.key_areas import bare, look, print_book
from geo_app.web.language import language
from layers.codes import SETTING, SIZE_CLASS
from processing.settlement_needs import FACILITIES, FURTHER

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.settlement_needs import Settlements
    from geo_app.progress import Progress

pages = Blueprint("settlements", __name__, url_prefix="/settlements")

FORMATS = ("csv", "xlsx")
SHOWN = 300


def facility_titles() -> dict[str, str]:
    """Give the titles of the eight facilities and of the further one."""
    return {
        "water": gettext("Water"),
        "power": gettext("Power"),
        "road": gettext("Road"),
        "comm": gettext("Communication"),
        "sewage": gettext("Sewage"),
        "waste": gettext("Waste"),
        "education": gettext("School or kindergarten"),
        "clinic": gettext("Clinic"),
        "service_center": gettext("Service centre"),
    }


def _found(area: str | None) -> Settlements:
    here, who = desk(), person()
    key = scoped("settlements", area or "", tuple(sorted(figures.versions().items())))
    return here.kept.get(key, lambda: settlement_needs.settlements(here.store, who, area=area))


def _area() -> str | None:
    return request.values.get("area") or None


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the settlements, those that lack something first, most persons first."""
    area = _area()
    found = _found(area)
    hierarchy = figures.areas()
    counties = [(code, hierarchy.name(code)) for code in hierarchy.codes[hierarchy.frame["rank"] == 3]]  # noqa: PLR2004 - county
    titles = facility_titles()
    run = figures.choose(None, desk().settings.profile)
    return render_template(
        "settlements.html",
        found=found,
        area=area or "",
        counties=counties,
        eight=[(name, titles[name]) for name in FACILITIES],
        further=[(name, titles[name]) for name in FURTHER],
        titles=titles,
        run=run,
        effects=settlement_needs.effects(run) if run and not area else [],
        size_label=lambda name: SIZE_CLASS.label(name, language()) if name else gettext("not stated"),
        setting_label=lambda name: SETTING.label(name, language()) if name else "—",
        shown=SHOWN,
    )


@pages.get("/map")
@permission(Permission.READ)
def map_() -> ResponseReturnValue:
    """Draw the settlements by what they lack, for the frame on the page.

    Raises:
        NoDataError: no settlement with a place is held.
    """
    spec = key_maps.settlements(
        desk().store,
        settlement_needs.points(desk().store, _found(_area()), person()),
        look(),
        person=person(),
    )
    return frames.answer(bare(spec), frames.options())


@pages.post("/print")
@permission(Permission.RUN)
def print_map() -> ResponseReturnValue:
    """Start drawing the map as a PDF page; the job's result is the file.

    Raises:
        NoDataError: there is no settlement.
    """
    found, wanted, store, who = _found(_area()), look(), desk().store, person()
    if not found.needs:
        raise NoDataError("There is no relocation settlement to draw; load settlements first.")

    def work(progress: Progress) -> tuple[str, str, bytes]:
        progress(0, 1, "drawing")
        spec = key_maps.settlements(store, settlement_needs.points(store, found, who), wanted, person=who)
        return spec.title, "pdf", key_maps.pdf(spec)

    return jobs.start(jobs.PRINT, gettext("Print map of %(name)s", name=gettext("Relocation settlements")), work)


@pages.post("/print-list")
@permission(Permission.RUN)
def print_list() -> ResponseReturnValue:
    """Start making the list of what is missing as PDF; the job's result is the file."""
    area = _area()
    name = figures.areas().name(area) if area else ""
    return print_book(
        key_books.settlements_book(_found(area), today=today(), simulated=context.simulated("settlements"), area_name=name)
    )


@pages.post("/download")
@permission(Permission.EXPORT)
def download() -> ResponseReturnValue:
    """Send the settlements with what each lacks; a workbook has the old villages too."""
    kind = sending.format_of(request.form.get("format"), FORMATS)
    found = _found(_area())
    if kind == "csv":
        return sending.table(settlement_needs.frame(found), stem="settlements", kind=kind)
    sheets = {
        gettext("Relocation settlements"): settlement_needs.frame(found),
        gettext("Old villages"): settlement_needs.old_villages(found),
    }
    return sending.attachment(sending.xlsx(sheets), name="settlements.xlsx", kind="xlsx")
