"""Headings and cells of a table that is sent: titles with their units, labels for codes, in the language of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_app.actions.notice_facts import FUND_LISTS, decimal, written
from geo_app.web.language import language, title, unit, words_of
from layers.codes import FUND_SOURCE
from layers.row_values import known

if TYPE_CHECKING:
    from layers.schema import Field


def heading(field: Field) -> str:
    """Give the heading of a column: the title of the field, and its unit where it has one."""
    return f"{title(field)} ({unit(field.unit)})" if field.unit else title(field)


def cell(field: Field, value: Any) -> Any:
    """Give a cell: a label for a code, sources with their amounts, a day as 2026-03-01; nothing where it is unknown."""
    if isinstance(value, list):
        return _listed(field, value)
    if known({"value": value}, "value") is None:
        return None
    return value.isoformat()[:10] if hasattr(value, "isoformat") else words_of(field, value)


def _listed(field: Field, value: list[Any]) -> Any:
    if field.name in FUND_LISTS:
        return ("；" if language() == "zh" else "; ").join(_source(item) for item in value)
    if any(isinstance(item, dict) for item in value):
        return value
    return ("、" if language() == "zh" else ", ").join(str(words_of(field, item)) for item in value)


def _source(item: Any) -> str:
    """Write a source and its amount; the unit stands in the heading."""
    code, amount = (item.get("code"), item.get("amount_wan_yuan")) if isinstance(item, dict) else (item, None)
    label = FUND_SOURCE.label(str(code), language())
    return label if amount is None else f"{label} {written(decimal(amount))}"
