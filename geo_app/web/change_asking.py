"""What the form of a change asks for: contents of the application, money with its sources, each only where it is filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flask import request

from geo_app.actions import edit_payload
from geo_app.actions.edit_payload import BadFieldError
from geo_app.web import bodies, figures, project_values
from layers.codes import FUND_SOURCE
from layers.projects import LAYER
from layers.row_values import entries
from layers.schema import FieldType
from processing.library import content

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKABLE: Final = tuple(name for name in content.CHANGEABLE if name not in project_values.MONEY)
"""Contents with one input each; budget and sources have a table of their own, the place comes as a geometry."""
NEW: Final = "new:"
SOURCE: Final = tuple(f"{NEW}source_{part}" for part in ("code", "amount", "unit"))
KNOWN: Final = frozenset({*(NEW + name for name in (*ASKABLE, content.PLACE, "budget_total", "budget_unit")), *SOURCE})
EMPTY_ROWS: Final = 2
VILLAGE_RANK: Final = 5
BETWEEN: Final = re.compile(r"[\s,，;；、]+")


def read(project: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a change asks for; what was left empty, and sources that stand as they were, are not asked for.

    Raises:
        BadFieldError, BadShapeError, BodyError: naming the field; a field that no change can be asked for is refused as well.
    """
    form = request.form
    strange = sorted(name for name in form if name.startswith(NEW) and name not in KNOWN)
    if strange:
        name = strange[0].removeprefix(NEW)[:40]
        raise BadFieldError(f"{name}: no change of this can be asked for. Nothing was saved.", field=name)
    given: dict[str, Any] = {name: form.get(NEW + name, "").strip() for name in ASKABLE}
    given = {name: _value(name, text) for name, text in given.items() if text}
    found: dict[str, Any] = edit_payload.values_of(LAYER, given)
    _require_villages(found.get(content.VILLAGES, []))
    found |= _money(project)
    shape = form.get(NEW + content.PLACE, "").strip()
    if shape:
        found[content.PLACE] = edit_payload.geometry_of(LAYER, bodies.parse(shape))
    return found


def _value(name: str, text: str) -> Any:
    field = LAYER[name]
    if field.type is FieldType.LIST:
        return [part for part in BETWEEN.split(text) if part]
    if field.codes is not None and text not in field.codes:
        raise BadFieldError(f"{name}: choose one of the list, found {text[:20]!r}", field=name)
    return text


def _require_villages(codes: list[str]) -> None:
    if not codes:
        return
    rows = figures.areas().frame
    known = set(rows.loc[rows["rank"] == VILLAGE_RANK, "area_code"].astype(str))
    missing = [code for code in codes if code not in known]
    if missing:
        raise BadFieldError(f"village_codes: there is no area with the code {missing[0][:20]}", field="village_codes")


def _money(project: Mapping[str, Any]) -> dict[str, Any]:
    form = request.form
    found: dict[str, Any] = {}
    unit = form.get(NEW + "budget_unit") or project_values.USUAL
    budget = project_values.amount({"amount": form.get(NEW + "budget_total"), "unit": unit}, field="budget_total")
    if budget is not None:
        found["budget_total"] = float(budget)
    columns = [form.getlist(name) for name in SOURCE]
    if len({len(column) for column in columns}) > 1:
        raise BadFieldError("funding_sources: each source has a code, an amount and a unit", field="funding_sources")
    rows = [{"code": code, "amount": amount, "unit": each} for code, amount, each in zip(*columns, strict=True)]
    sources = project_values.sources(rows)
    present = project.get("funding_sources")
    if sources and content.comparable("funding_sources", sources) != content.comparable("funding_sources", present):
        found["funding_sources"] = sources
    return found


def source_rows(project: Mapping[str, Any], *, again: bool) -> list[tuple[str, str, str]]:
    """Give the rows of the table of sources: what was typed, else the present sources, with empty rows below."""
    if again and request.form.getlist(SOURCE[0]):
        return list(zip(*(request.form.getlist(name) for name in SOURCE), strict=False))
    rows = [
        (str(item.get("code") or ""), _amount(item.get("amount_wan_yuan")), project_values.USUAL)
        for item in entries(project.get("funding_sources"))
        if isinstance(item, dict) and item.get("code") in FUND_SOURCE
    ]
    return rows + [("", "", project_values.USUAL)] * EMPTY_ROWS


def _amount(value: Any) -> str:
    return "" if value is None else f"{float(value):.6f}".rstrip("0").rstrip(".")
