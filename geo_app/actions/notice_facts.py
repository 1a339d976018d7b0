"""What a public notice says of a project, asset, ledger, annual plan or change: plain values, no names of households."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.actions.personal import is_household, without_numbers
from layers.asset_fields import CERTIFIED, KIND, RIGHTS, RUNNING, TERM, UPKEEP, WORTH
from layers.catalogue import LAYERS
from layers.codes import ASSET_CLASS, FUND_SOURCE
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.schema import Field

Fact = dict[str, str]
"""One line of a notice: title and value in both languages (`zh`, `en`, `value`, `value_en`)."""
PROJECT_FIELDS: Final = (
    "project_id",
    "name",
    "category",
    "build_nature",
    "location_text",
    "start_date",
    "end_date",
    "responsible_unit",
    "task",
    "quantity",
    "budget_total",
    "funding_sources",
    "beneficiary_text",
    "benefit_households",
    "benefit_persons",
    "benefit_former_poor",
    "performance_target",
    "participation",
    "interest_linkage",
    "scope",
    "plan_year",
)
"""The eleven fields of the library (S4-17 二(二)) with what belongs to them; who may be monitored is not said of one project."""
ASSET_FIELDS: Final = (
    "asset_id",
    "name",
    *KIND,
    *WORTH,
    *RIGHTS,
    *CERTIFIED,
    *UPKEEP,
    *RUNNING,
    *TERM,
    "annual_income",
    "status",
)
YES_NO: Final = {True: ("是", "yes"), False: ("否", "no")}
UNITS_EN: Final = {"万元": "×10,000 yuan", "万元/年": "×10,000 yuan a year"}
UNITS_ZH: Final = {"household": "户", "person": "人"}
FUND_LISTS: Final = frozenset({"funding_sources", "fund_sources"})


def known(value: Any) -> Any:
    """Give a value as Python has it, None where it is unknown.

    >>> known(float("nan")), known(""), known(0)
    (None, None, 0)
    """
    if isinstance(value, (list, tuple, dict)):
        return value or None
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return None
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    return None if isinstance(value, str) and not value.strip() else value


def decimal(value: Any) -> Decimal | None:
    """Give a number exactly as it is written; None where it is unknown.

    >>> decimal(0.1), decimal(None)
    (Decimal('0.1'), None)
    """
    found = known(value)
    return None if found is None or isinstance(found, (list, dict)) else Decimal(str(found))


def written(value: Decimal | None) -> str:
    """Write a number without zeros behind the last decimal that says something; a dash where it is unknown.

    >>> written(Decimal("2015.0")), written(Decimal("100")), written(Decimal("0.50"))
    ('2015', '100', '0.5')
    """
    if value is None:
        return "—"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short_name(name: str) -> str:
    """Give the name of a village without its committee.

    >>> [short_name(name) for name in ("宋梁村村民委员会", "程家塬村民委员会", "滨河社区居民委员会", "会师镇")]
    ['宋梁村', '程家塬村', '滨河社区', '会师镇']
    """
    if name.endswith("村民委员会"):
        return f"{name.removesuffix('村民委员会').removesuffix('村')}村"
    return name.removesuffix("居民委员会") or name


def day(value: Any) -> dt.date | None:
    """Give a date of a frame as a date; None where it is unknown."""
    found = known(value)
    if isinstance(found, dt.datetime):
        return found.date()
    if isinstance(found, str):
        try:
            return dt.date.fromisoformat(found[:10])
        except ValueError:
            return None
    return found if isinstance(found, dt.date) else None


def funds(value: Any, language: str = "zh") -> str:
    """Write a list of fund sources with their amounts in 万元.

    >>> funds([{"code": "S11", "amount_wan_yuan": 10.5}])
    '财政衔接推进乡村振兴补助资金 10.5 万元'
    """
    parts = []
    for item in known(value) or ():
        code, amount = (item.get("code"), item.get("amount_wan_yuan")) if isinstance(item, dict) else (item, None)
        unit = "万元" if language == "zh" else UNITS_EN["万元"]
        label = FUND_SOURCE.label(str(code), language)
        parts.append(label if amount is None else f"{label} {written(decimal(amount))} {unit}")
    return ("；" if language == "zh" else "; ").join(parts)


def text_of(field: Field, value: Any, language: str = "zh") -> str:
    """Write the value of a field for everybody: labels for codes, units behind numbers, personal numbers blanked."""
    found = known(value)
    if found is None:
        return ""
    if field.type is FieldType.CODE and field.codes:
        return field.codes.label(str(found), language)
    if field.type is FieldType.LIST:
        return funds(found, language) if field.name in FUND_LISTS else without_numbers("、".join(str(item) for item in found))
    if field.type in {FieldType.NUMBER, FieldType.INTEGER}:
        units = UNITS_ZH if language == "zh" else UNITS_EN
        return f"{written(decimal(found))} {units.get(field.unit, field.unit)}".strip()
    if field.type is FieldType.FLAG:
        return YES_NO[bool(found)][language != "zh"]
    return str(day(found) or "") if field.type is FieldType.DATE else without_numbers(str(found))


def facts(layer: str, row: Mapping[str, Any], fields: Iterable[str]) -> list[Fact]:
    """Give the lines of a notice about a row; what is unknown is left out."""
    declared, found = LAYERS[layer], []
    for name in fields:
        field = declared[name]
        value = text_of(field, row.get(name))
        if value:
            found.append({"zh": field.zh, "en": field.en, "value": value, "value_en": text_of(field, row.get(name), "en")})
    return found


def project_facts(row: Mapping[str, Any], places: Sequence[str]) -> list[Fact]:
    """Give the lines of a notice about a project, with the names of its villages."""
    found = facts("projects", row, PROJECT_FIELDS)
    unit = known(row.get("quantity_unit"))
    for item in found:
        if item["en"] == LAYERS["projects"]["quantity"].en and unit:
            item["value"] = item["value_en"] = f"{item['value']} {unit}"
    if places:
        field = LAYERS["projects"]["village_codes"]
        found.insert(5, {"zh": field.zh, "en": field.en, "value": "、".join(places), "value_en": ", ".join(places)})
    return found


def change_facts(event: Mapping[str, Any]) -> list[Fact]:
    """Give what a change of a project altered: each field with its old and new value."""
    declared, found = LAYERS["projects"], []
    for item in known(event.get("proposed")) or ():
        name = str(item.get("field")) if isinstance(item, dict) else ""
        if name not in declared:
            continue
        field = declared[name]
        old, new = (text_of(field, item.get(side)) or "—" for side in ("old", "new"))
        old_en, new_en = (text_of(field, item.get(side), "en") or "—" for side in ("old", "new"))
        changed = {"value": f"{old} → {new}", "value_en": f"{old_en} → {new_en}"}
        found.append({"zh": f"调整：{field.zh}", "en": f"Changed: {field.en}", **changed})
    return found


PLAN_FIELDS: Final = ("name", "category", "location_text", "task", "responsible_unit")
Table = dict[str, Any]
"""Columns (`title`, `unit`, `align`, `width`), rows of texts, and which columns are added up; numbers stand as texts, exact."""


def table(columns: Sequence[tuple[str, str, str, float]], rows: Sequence[Sequence[str | None]], total: Sequence[int]) -> Table:
    """Put a table down as plain values; columns are title, unit, align and width."""
    keys = ("title", "unit", "align", "width")
    return {
        "columns": [dict(zip(keys, column, strict=True)) for column in columns],
        "rows": [list(row) for row in rows],
        "total": list(total),
    }


def _exact(value: Any) -> str | None:
    found = decimal(value)
    return None if found is None else f"{found:f}"


def plan_table(projects: Sequence[Mapping[str, Any]]) -> Table:
    """Give the projects of a plan by rank."""
    columns = [
        ("排序", "", "center", 5.0),
        ("项目名称", "", "left", 22.0),
        ("项目类别", "", "left", 10.0),
        ("实施地点", "", "left", 16.0),
        ("建设任务", "", "left", 22.0),
        ("资金规模", "万元", "number", 10.0),
        ("责任单位", "", "left", 14.0),
    ]
    declared, rows = LAYERS["projects"], []
    for row in projects:
        rank = known(row.get("plan_rank"))
        said = {name: text_of(declared[name], row.get(name)) for name in PLAN_FIELDS}
        texts = [said["name"], said["category"], said["location_text"], said["task"]]
        rows.append(["" if rank is None else str(int(rank)), *texts, _exact(row.get("budget_total")), said["responsible_unit"]])
    return table(columns, rows, (5,))


def ledger_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Give the assets of a ledger; those of households as one line with their number and value, without a name."""
    columns = [
        ("类别", "", "left", 9.0),
        ("资产名称", "", "left", 24.0),
        ("数量", "", "number", 5.0),
        ("原值", "万元", "number", 10.0),
        ("现值", "万元", "number", 10.0),
        ("归属", "", "left", 8.0),
        ("所有权人", "", "left", 16.0),
        ("管护人", "", "left", 12.0),
    ]
    rows: list[list[str | None]] = []
    for code in ASSET_CLASS:
        of_class = [row for row in entries if known(row.get("asset_class")) == code.code]
        if code.code == "HHD" and of_class:
            rows.append(_households(of_class))
            continue
        rows += [_entry(row) for row in sorted(of_class, key=lambda row: str(row.get("asset_id")))]
    return table(columns, rows, (2, 3, 4))


def _entry(row: Mapping[str, Any]) -> list[str | None]:
    declared = LAYERS["assets"]
    named = [text_of(declared[name], row.get(name)) for name in ("sub_class", "name", "owner_level", "owner", "maintainer")]
    values = [_exact(row.get("original_value")), _exact(row.get("current_value"))]
    return [named[0], named[1], "1", *values, *named[2:]]


def _households(rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    sums = []
    for name in ("original_value", "current_value"):
        amounts = [amount for row in rows if (amount := decimal(row.get(name))) is not None]
        sums.append(f"{sum(amounts, Decimal(0)):f}" if amounts else None)
    return [ASSET_CLASS.label("HHD"), "到户类资产（只公布数量和价值）", str(len(rows)), *sums, "户", "—", "—"]


def public_asset(row: Mapping[str, Any]) -> bool:
    """Say whether an asset may have a public page of its own: one of a household has none."""
    return not is_household(row)
