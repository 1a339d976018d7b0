"""C16 Indicator target (指标目标): a published target or baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import TARGET_NATURE, TARGET_OPERATOR, table
from layers.declare import CODE_LENGTH, COMMON, code, integer, listing, number, text
from layers.row_values import known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_area_or_group(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Ask for an area code or the name of a group.

    >>> [fault.field for fault in check_area_or_group({"target_id": "X"})]
    ['area_code']
    """
    if known(row, "area_code") is None and known(row, "area_group") is None:
        yield RowFault(
            "area_code",
            "area_or_group",
            "",
            "区划代码或组名至少填一个",
            "an area code or the name of a group",
            "补填目标适用的地区或组",
            "Say to which area or group the target applies",
        )


LAYER = Layer(
    name="indicator_targets",
    zh="指标目标",
    en="Indicator targets",
    entity="C16",
    geometry=GeometryKind.NONE,
    key="target_id",
    name_field="indicator_name",
    fields=(
        text("target_id", "编号", "Target id", "des", required=True, length=40),
        text("indicator_code", "指标代码", "Indicator", "Part D", length=8, note="empty where no indicator measures the target"),
        text("indicator_name", "指标名称", "Indicator as printed", "S4-7", length=200),
        text(
            "related_indicator",
            "相关指标",
            "Related indicator",
            "des",
            length=8,
            note="same topic, other quantity: never compare with the rate",
        ),
        text("area_code", "地区代码", "Area code", "S4-7", length=CODE_LENGTH, note="may be an area that is not held"),
        text("area_group", "地区/组", "Area or group", "S4-7", length=120),
        integer("base_year", "基期", "Base year", "S4-7", minimum=1990, maximum=2100),
        number("base_value", "基期值", "Base value", "S4-7"),
        integer("target_year", "目标期", "Target year", "S4-7", minimum=1990, maximum=2100),
        number("target_value", "目标值", "Target value", "S4-7"),
        text(
            "target_text",
            "目标（文字）",
            "Target in words",
            "S4-7",
            length=200,
            note="where the document prints words instead of a number",
        ),
        code("operator", "S4-7 4-1, 4-2", TARGET_OPERATOR, ("比较", "Comparison")),
        code("nature", "S4-7", TARGET_NATURE, ("属性", "Nature")),
        text("lead_agency", "牵头单位", "Lead agency", "S4-8", length=120),
        listing("responsible_agencies", "责任单位", "Responsible agencies", "S4-8"),
        text("document", "文件", "Document", "S4-7", required=True, length=200),
        text("item_no", "条目", "Item", "S4-7", required=True, length=120),
        text("unit", "单位", "Unit", "S4-7", length=40),
        text("note", "备注", "Note", "S4-7", length=500),
        *COMMON,
    ),
    source="C16",
    area_fields=("area_code",),
    row_checks=(check_area_or_group,),
)

AREA_CODES = {"湖南省": "43", "衡阳市": "4304", "白银市": "6204"}
"""Codes of the areas that the shipped table names; every other scope of the table is a group of areas or persons."""


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def from_printed(raw: Mapping[str, str]) -> dict[str, Any]:
    """Make a row of this layer out of a row of a table in the form of `indicator_targets.csv`.

    A target or a year in words stays as words (`target_text`, `note`): 2017-2020, 过渡期.

    >>> row = from_printed({"target_id": "X", "area_scope": "白银市", "target_value": "全覆盖", "base_year": "2017-2020"})
    >>> row["area_code"], row["target_value"], row["target_text"], row["note"]
    ('6204', None, '全覆盖', 'base_year: 2017-2020')
    """
    given = {name: (value or "").strip() for name, value in raw.items() if name}
    year, base_year = _number(given.get("target_year", "")), _number(given.get("base_year", ""))
    printed = given.get("target_value") or given.get("target_text", "")
    value = _number(printed)
    odd = "; ".join(
        f"{name}: {given[name]}" for name in ("base_year", "target_year") if given.get(name) and _number(given[name]) is None
    )
    scope = given.get("area_scope") or given.get("area_group", "")
    document = given.get("document", "")
    return {
        "target_id": given.get("target_id") or None,
        "indicator_code": given.get("indicator_code") or None,
        "indicator_name": given.get("indicator_name_zh") or given.get("indicator_name") or None,
        "related_indicator": given.get("related_indicator") or None,
        "area_code": given.get("area_code") or AREA_CODES.get(scope),
        "area_group": scope or None,
        "base_year": None if base_year is None else int(base_year),
        "base_value": _number(given.get("base_value", "")),
        "target_year": None if year is None else int(year),
        "target_value": value,
        "target_text": printed if value is None and printed else None,
        "operator": given.get("operator") or None,
        "nature": given.get("nature") or None,
        "lead_agency": given.get("lead_agency") or None,
        "responsible_agencies": given.get("responsible_agencies") or None,
        "document": document or None,
        "item_no": given.get("item") or given.get("item_no") or None,
        "unit": given.get("unit") or None,
        "note": "; ".join(part for part in (given.get("note", ""), odd) if part) or None,
        "source": document or None,
        "data_quality": "registered",
    }


def published() -> list[dict[str, Any]]:
    """Give the 145 targets and baselines of the shipped table `indicator_targets.csv` as rows of this layer.

    >>> [row["base_value"] for row in published() if row["target_id"] == "BY-02"]
    [89.0]
    """
    return [from_printed(raw) for raw in table("indicator_targets")]
