"""Plans of investment that are loaded, with the project library of the store beside them, category by county."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import inputs, tables
from geo_app.errors import NotFoundError
from layers.codes import BAIYIN_CATEGORY
from processing import investment

if TYPE_CHECKING:
    from decimal import Decimal

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas
    from processing.investment import Cell, Library, Plan, Share

COUNTY_RANK = 3
NO_PLAN_OF_MONEY = frozenset({"rejected", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Line:
    """A category of the matrix: code, name, the plan's margin, the library's cells by county, their sum, and library − plan."""

    code: str | None
    name: str
    plan: Share | None
    cells: tuple[Cell, ...]
    library: Cell
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A county of the matrix: code, name, the plan's margin, the library's sum, and library − plan."""

    code: str | None
    name: str
    plan: Share | None
    library: Cell
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A plan beside the library: categories down, counties across; projects without category or county stand apart.

    `partial`: some figures of the document lie outside what the person reads, so its sums and shares cannot be told.
    """

    plan: Plan | None
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    whole: Cell
    difference: Decimal | None
    plans: tuple[tuple[str, str], ...]
    partial: bool = False
    left_out: Cell = investment.EMPTY
    """Projects of the library that were refused or withdrawn: no money of the plan, so in none of the sums."""


def matrix(store: Store, person: Person | None = None, *, plan_id: str | None = None) -> Matrix:
    """Put a plan (none named: the first) beside the projects that a person reads, in 亿元.

    Raises:
        NotFoundError: there is no such plan for the person.
    """
    frames = inputs.read(store, ("plan_investments", "projects"), person=person)
    areas = inputs.areas(store, person=person)
    plans = investment.plans(tables.records(frames["plan_investments"]))
    if plan_id and plan_id not in {item.plan_id for item in plans}:
        raise NotFoundError(
            f"There is no plan {plan_id!r} here; there are: {', '.join(item.plan_id for item in plans) or 'none'}."
        )
    chosen = next((item for item in plans if not plan_id or item.plan_id == plan_id), None)
    projects = _projects(frames["projects"], areas)
    library = investment.library(projects, leave_out=NO_PLAN_OF_MONEY)
    refused = [row for row in projects if row.get("status") in NO_PLAN_OF_MONEY]
    columns = _columns(chosen, library, areas)
    lines = tuple(_lines(chosen, library, [item.code for item in columns]))
    whole = library.whole()
    return Matrix(
        plan=chosen,
        lines=lines,
        columns=columns,
        whole=whole,
        difference=None if chosen is None or chosen.total is None else whole.shown() - chosen.total,
        plans=tuple((item.plan_id, item.name) for item in plans),
        left_out=investment.library(refused, leave_out=frozenset()).whole(),
        partial=_partial(store, frames["plan_investments"]),
    )


def _partial(store: Store, frame: pd.DataFrame) -> bool:
    """Say whether rows of a document lie outside what a person reads: its sums and shares hold only for the whole of it."""
    return len(frame) < len(inputs.read(store, ("plan_investments",))["plan_investments"])


def _projects(frame: pd.DataFrame, areas: Areas) -> list[dict[str, Any]]:
    """Give the projects with their county: the one stated, else that of the township or of the first village."""
    rows = tables.records(frame)
    for row in rows:
        if not row.get("county_code"):
            codes = [row.get("township_code"), *(row.get("village_codes") or [])]
            row["county_code"] = next((found for code in codes if code and (found := areas.ancestor(code, COUNTY_RANK))), None)
    return rows


def _columns(plan: Plan | None, library: Library, areas: Areas) -> tuple[Column, ...]:
    printed = {item.code: item for item in plan.of(investment.COUNTY)} if plan else {}
    held = sorted({county for _, county in library.cells if county and county not in printed})
    codes: list[str | None] = [*printed, *held, *([None] if any(county is None for _, county in library.cells) else [])]
    found = []
    for code in codes:
        share, sum_ = printed.get(code), library.column(code)
        name = share.name if share else areas.name(code) if code else ""
        found.append(Column(code, name, share, sum_, _difference(sum_, share)))
    return tuple(found)


def _lines(plan: Plan | None, library: Library, counties: list[str | None]) -> list[Line]:
    printed = {item.code: item for item in plan.of(investment.CATEGORY)} if plan else {}
    own: list[str | None] = [*printed, *(item.code for item in BAIYIN_CATEGORY if item.code not in printed)]
    own += [None] if any(category is None for category, _ in library.cells) else []
    found = []
    for code in own:
        share, sum_ = printed.get(code), library.row(code)
        name = share.name if share else BAIYIN_CATEGORY.label(code) if code else ""
        cells = tuple(library.at(code, county) for county in counties)
        found.append(Line(code, name, share, cells, sum_, _difference(sum_, share)))
    return found


def _difference(found: Cell, share: Share | None) -> Decimal | None:
    return None if share is None else found.shown() - share.amount


def frame(found: Matrix) -> pd.DataFrame:
    """Give the matrix as a table in 亿元: cells of the library, its sums, the plan as printed, and library − plan."""
    rows: list[dict[str, Any]] = [
        {"category": line.code, "name": line.name}
        | {column.name or "—": cell.shown() for column, cell in zip(found.columns, line.cells, strict=True)}
        | _ends(line.library, line.plan, line.difference)
        for line in found.lines
    ]
    total = found.plan.total if found.plan else None
    rows.append(
        {"category": "", "name": "Σ"}
        | {column.name or "—": column.library.shown() for column in found.columns}
        | {"library": found.whole.shown(), "projects": found.whole.projects, "without_budget": found.whole.unknown}
        | {"plan": total, "difference": found.difference}
    )
    rows.append({"category": "", "name": "plan"} | {column.name or "—": _amount(column.plan) for column in found.columns})
    table = pd.DataFrame(rows)
    return table.map(lambda value: float(value) if hasattr(value, "quantize") else value)


def _ends(cell: Cell, share: Share | None, difference: Decimal | None) -> dict[str, Any]:
    return {
        "library": cell.shown(),
        "projects": cell.projects,
        "without_budget": cell.unknown,
        "plan": _amount(share),
        "stated_share_pct": share.stated if share else None,
        "share_on_stated_total_pct": share.on_stated if share else None,
        "share_on_sum_of_parts_pct": share.on_parts if share else None,
        "difference": difference,
    }


def _amount(share: Share | None) -> Decimal | None:
    return share.amount if share else None


def contradictions(found: Matrix) -> pd.DataFrame:
    """Give what the document contradicts as a table."""
    names = ("kind", "subject", "stated", "computed", "arithmetic", "status")
    shown = found.plan.contradictions if found.plan and not found.partial else ()
    rows = [[getattr(item, name) for name in names] for item in shown]
    return pd.DataFrame(rows, columns=list(names))
