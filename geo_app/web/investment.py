"""Planned investment: the figures of a plan as printed, computed again, beside the project library; category by county."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import investment, key_books
from geo_app.web import context, figures, sending
from geo_app.web.desk import desk, person, scoped, today
from geo_app.web.key_areas import print_book

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.investment import Matrix

pages = Blueprint("investment", __name__, url_prefix="/investment")

FORMATS = ("csv", "xlsx")


def _matrix() -> Matrix:
    here, who = desk(), person()
    plan = request.values.get("plan") or None
    key = scoped("investment", plan or "", tuple(sorted(figures.versions().items())))
    return here.kept.get(key, lambda: investment.matrix(here.store, who, plan_id=plan))


def _words() -> dict[str, str]:
    return {
        "total": gettext("Parts against the stated total"),
        "share": gettext("Stated share against the amounts"),
        "shares": gettext("Shares rest on different totals"),
        "items": gettext("Number of sub-items"),
        "named_twice": gettext("Named more than once in the list of categories"),
        "not_named": gettext("Left out of the list of categories"),
        "unit": gettext("Misprinted unit"),
        "category": gettext("by category"),
        "county": gettext("by county"),
        "rounding": gettext("within rounding (0.05)"),
        "differs": gettext("contradiction"),
        "stated": gettext("stated total"),
        "parts": gettext("sum of the parts"),
    }


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show a plan's matrix with its contradictions."""
    return render_template("investment.html", found=_matrix(), words=_words())


@pages.post("/print")
@permission(Permission.RUN)
def print_matrix() -> ResponseReturnValue:
    """Start making the matrix as PDF; the job's result is the file."""
    simulated = context.simulated("projects")
    return print_book(key_books.investment_book(_matrix(), today=today(), simulated=simulated))


@pages.post("/download")
@permission(Permission.EXPORT)
def download() -> ResponseReturnValue:
    """Send the matrix in 100 million yuan; a workbook has the contradictions too."""
    kind = sending.format_of(request.form.get("format"), FORMATS)
    found = _matrix()
    stem = f"investment-{found.plan.plan_id}" if found.plan else "investment"
    if kind == "csv":
        return sending.table(investment.frame(found), stem=stem, kind=kind)
    sheets = {gettext("Plan investment"): investment.frame(found), gettext("Contradictions"): investment.contradictions(found)}
    return sending.attachment(sending.xlsx(sheets), name=f"{stem}.xlsx", kind="xlsx")
