"""The project library: the list with its filters, its totals by stage, its download, and what waits for the reader."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from flask import Blueprint, render_template, request

from geo_app.access import Permission, permission
from geo_app.actions import inputs
from geo_app.actions.library import listing
from geo_app.errors import BadRequestError
from geo_app.web import bodies, refusals, sending, table_words
from geo_app.web.desk import desk, person, today
from geo_app.web.language import language, short, title
from geo_app.web.project_forms import may_apply
from layers.codes import PROJECT_CATEGORY, PROJECT_STATUS, SECTOR
from layers.projects import LAYER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from geopandas import GeoDataFrame

pages = Blueprint("projects", __name__, url_prefix="/projects")
refusals.install(pages)

A_PAGE: Final = 100
TEXT_LENGTH: Final = 80
LEVELS: Final = (3, 4)
"""Ranks of the areas that the list may be narrowed to: counties and townships; a village by its address."""
COLUMNS: Final = (
    "project_id",
    "name",
    "status",
    "category",
    "baiyin_item",
    "sector",
    "build_nature",
    "scope",
    "location_text",
    "start_date",
    "end_date",
    "responsible_unit",
    "budget_total",
    "funding_sources",
    "benefit_households",
    "benefit_persons",
    "plan_year",
    "plan_rank",
    "village_code",
    "township_code",
    "county_code",
    "data_quality",
)
"""Columns of the download; amounts in ten thousands of yuan, as the heading says."""


def _wanted() -> listing.Wanted:
    """Read what the list is narrowed to.

    Raises:
        BodyError, BadRequestError: a year or code that is none.
    """
    asked = request.args
    for name, codes in (("stage", PROJECT_STATUS), ("category", PROJECT_CATEGORY), ("sector", SECTOR)):
        if asked.get(name) and asked[name] not in codes:
            raise BadRequestError(
                f"{name}: one of {', '.join(item.code for item in codes)} was expected, found {asked[name][:20]!r}"
            )
    year = bodies.whole_argument("year", 0, low=1990, high=2100) if asked.get("year") else None
    return listing.Wanted(
        stage=asked.get("stage", ""),
        area=asked.get("area", "").strip(),
        category=asked.get("category", ""),
        sector=asked.get("sector", ""),
        year=year,
        text=asked.get("text", "").strip()[:TEXT_LENGTH],
    )


def _rows(wanted: listing.Wanted) -> GeoDataFrame | None:
    frame = listing.projects(desk().store, person())
    return None if frame is None else listing.narrowed(desk().store, person(), frame, wanted)


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the projects with their money by stage."""
    wanted = _wanted()
    rows = _rows(wanted)
    start = bodies.whole_argument("offset", 0)
    shown = [] if rows is None else rows.iloc[start : start + A_PAGE].drop(columns="geometry", errors="ignore").to_dict("records")
    found = [] if rows is None else listing.totals(rows)
    budget = sum((item.budget for item in found), Decimal(0))
    return render_template(
        "projects.html",
        rows=shown,
        total=0 if rows is None else len(rows),
        start=start,
        a_page=A_PAGE,
        totals=found,
        budget=budget,
        unknown=sum(item.unknown for item in found),
        wanted=wanted,
        arguments={name: value for name, value in request.args.items() if name not in {"offset", "lang"} and value},
        layer=LAYER,
        statuses=PROJECT_STATUS,
        categories=PROJECT_CATEGORY,
        sectors=SECTOR,
        areas=_areas(),
        years=_years(),
        applies=person().may(Permission.MOVE) and may_apply(person()),
    )


def _areas() -> list[tuple[str, str, int]]:
    """List the counties and townships that the reader sees: code, name, rank."""
    tree = inputs.areas(desk().store, person=person())
    frame = tree.frame[tree.frame["rank"].isin(LEVELS)]
    rows = zip(frame["area_code"], frame["area_name"], frame["rank"], strict=True)
    return [(str(code), short(str(name or code)), int(rank)) for code, name, rank in rows]


def _years() -> list[int]:
    frame = listing.projects(desk().store, person())
    if frame is None:
        return []
    own = pd.to_numeric(frame["plan_year"]).astype("Float64")
    start = pd.to_datetime(frame["start_date"], errors="coerce").dt.year.astype("Float64")
    return sorted({int(year) for year in own.fillna(start).dropna()}, reverse=True)


@pages.get("/download.<kind>")
@permission(Permission.EXPORT)
def download(kind: str) -> ResponseReturnValue:
    """Send the list as it is narrowed, with titles as headings and the unit in them."""
    kind = sending.format_of(kind, ("csv", "xlsx"))
    rows = _rows(_wanted())
    table = pd.DataFrame(columns=[table_words.heading(LAYER[name]) for name in COLUMNS])
    if rows is not None:
        listed: list[Mapping[str, Any]] = rows[list(COLUMNS)].to_dict("records")
        cells = [[table_words.cell(LAYER[name], row[name]) for name in COLUMNS] for row in listed]
        table = pd.DataFrame(cells, dtype=object, columns=table.columns)
    return sending.table(table, stem=f"{title(LAYER)}-{today()}", kind=kind)


@pages.get("/review")
@permission(Permission.READ)
def review() -> ResponseReturnValue:
    """List what waits for the reader, by role and area."""
    here, who = desk().store, person()
    found = listing.waiting(here, who, today()) if who.may(Permission.MOVE) else []
    return render_template(
        "projects_review.html",
        ready=[item for item in found if item.possible],
        later=[item for item in found if not item.possible],
        emergencies=listing.emergencies(here, who),
        layer=LAYER,
        language_=language(),
        today=today(),
        moves=who.may(Permission.MOVE),
    )
