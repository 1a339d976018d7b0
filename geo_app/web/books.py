"""The page of books: choose a book, an area and a year, look at it, take it as a workbook or as a PDF made by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import books, reach
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.jobs import State
from geo_app.web import bodies, figures, jobs, sending
from geo_app.web.desk import desk, person, today
from geo_app.web.language import language
from layers.codes import SECTOR
from map_templates.books import lines

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.books import Format
    from geo_app.progress import Progress

pages = Blueprint("books", __name__, url_prefix="/books")

MOST_AREAS = 400
"""More areas than anybody looks through in a list; a code can be typed."""
SHOWN_LINES = 300
"""Lines of a book shown on the page; the file has all of them."""
YEARS_BACK = 6


def _offered() -> list[books.Kind]:
    """The books that the asker may read something of."""
    return [kind for kind in books.KINDS.values() if all(reach.may(person(), layer) for layer in kind.layers)]


def _year(text: str) -> int | None:
    text = text.strip()
    if text and not text.isdecimal():
        raise BadRequestError(f"year: four figures such as {today().year} were expected, found {text[:20]!r}")
    return int(text[:9]) if text else None


def _form(name: str, area: str = "", year: int | None = None, sector: str = "") -> dict[str, object]:
    """What the form of the page shows."""
    hierarchy = figures.areas()
    ranks = {level.name: level.rank for level in hierarchy.levels}
    kind = books.KINDS.get(name)
    codes = [code for code in hierarchy.codes.tolist() if ranks.get(hierarchy.level_of(code) or "", 0) in books.RANKS]
    if kind is not None and kind.rank is not None:
        codes = [code for code in codes if ranks[hierarchy.level_of(code) or ""] == kind.rank]
    now = today().year
    return {
        "kinds": _offered(),
        "areas": [(code, hierarchy.name(code)) for code in codes[:MOST_AREAS]],
        "years": range(now + 1, now - YEARS_BACK, -1),
        "sectors": [(code.code, code.zh if language() == "zh" else code.en) for code in SECTOR],
        "chosen": {"name": name, "area": area, "year": now if year is None else year, "sector": sector},
        "kind": kind,
        "ranks": books.RANKS,
    }


@pages.get("")
@permission(Permission.EXPORT)
def index() -> ResponseReturnValue:
    """Show the form, and the books that there are."""
    return render_template("books.html", **_form(""), book=None, shown=[], count=0)


@pages.get("/<name>")
@permission(Permission.EXPORT)
def page(name: str) -> ResponseReturnValue:
    """Show a book; without an area where it needs one, the form for it."""
    kind = books.kind_of(name)
    if kind.name not in {item.name for item in _offered()}:
        raise NotFoundError(f"There is no book {name!r}.")
    area, year = request.args.get("area", "").strip(), _year(request.args.get("year", ""))
    sector = request.args.get("sector", "").strip()
    form = _form(name, area, year, sector)
    if (kind.needs_area and not area) or (kind.by_sector and not sector):
        return render_template("books.html", **form, book=None, shown=[], count=0)
    made = books.book(desk().store, person(), name, area=area or None, year=year, today=today(), sector=sector)
    shown = list(lines(made))
    return render_template("books.html", **form, book=made, shown=shown[:SHOWN_LINES], count=len(shown))


@pages.post("/<name>")
@permission(Permission.EXPORT)
def make(name: str) -> ResponseReturnValue:
    """Start writing a book as a file; the job's result is the file. What is refused is refused before a job begins."""
    asked = {key: str(value) for key, value in bodies.body().items()} if request.is_json else request.form
    form = cast("Format", sending.format_of(asked.get("format", "pdf"), books.FORMATS))
    wanted = books.Wanted(
        name=name,
        area=asked.get("area", "").strip() or None,
        year=_year(asked.get("year", "")),
        sector=asked.get("sector", "").strip(),
    )
    store, who, on = desk().store, person(), today()
    kind, _ = books.sources_of(store, who, wanted, on)

    def work(progress: Progress) -> tuple[str, bytes, str]:
        file_name, data = books.file(store, who, wanted, form, today=on, progress=progress)
        return file_name, data, form

    return jobs.start(jobs.BOOK, gettext("Book: %(name)s", name=kind.title(language())), work)


@pages.get("/files/<int:job_id>")
@permission(Permission.EXPORT)
def finished(job_id: int) -> ResponseReturnValue:
    """Send the book that a job of the asker has made.

    Raises:
        NotFoundError: there is no such finished job.
    """
    job = jobs.own(job_id)
    if job.kind != jobs.BOOK or job.state is not State.DONE:
        raise NotFoundError(f"Job {job_id} has no book to give")
    file_name, data, form = job.result
    return sending.attachment(data, name=file_name, kind=form)
