"""Planned investment of a published plan (规划投资): the figures as printed, by category, by county, or by both.

A row with a category alone or a county alone is a margin of the printed table, a row with both is a cell, a row with neither is
the stated total. Amounts are in 亿元 as printed; nothing of what a document misprints is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import BAIYIN_CATEGORY, table
from layers.declare import CODE_LENGTH, COMMON, code, integer, number, text
from layers.row_values import known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_share_has_part(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Refuse a share for the stated total: the total is what shares are of.

    >>> [fault.field for fault in check_share_has_part({"amount_yi": 289.31, "stated_share": 100})]
    ['stated_share']
    """
    whole = known(row, "dimension_row") is None and known(row, "dimension_col") is None
    if whole and known(row, "stated_share") is not None:
        yield RowFault(
            "stated_share",
            "total_without_share",
            str(row["stated_share"]),
            "总计行不填占比",
            "no share in the row of the stated total",
            "补填类别或县，或删去占比",
            "Name the category or the county, or leave the share empty",
        )


LAYER = Layer(
    name="plan_investments",
    zh="规划投资",
    en="Planned investment",
    entity="S3 investment",
    geometry=GeometryKind.NONE,
    key="figure_id",
    name_field="figure_id",
    fields=(
        text("figure_id", "编号", "Figure id", "des", required=True, length=80),
        text("plan_id", "规划编号", "Plan id", "des", required=True, length=60),
        text("plan_name", "规划名称", "Plan", "S3", length=300),
        text("document", "文号", "Document", "S3", required=True, length=200),
        text("area_code", "规划地区代码", "Area of the plan", "S3", length=CODE_LENGTH),
        text("dimension_row", "类别", "Category as printed", "S3", length=200, note="empty in a county margin and in the total"),
        code("category_code", "S3", BAIYIN_CATEGORY, ("类别代码", "Category code")),
        text("dimension_col", "县区", "County as printed", "S3", length=200, note="empty in a category margin and in the total"),
        text("county_code", "县代码", "County code", "S3", length=CODE_LENGTH),
        number("amount_yi", "规划投资", "Planned money", "S3", unit="亿元", required=True, minimum=0, note="as printed"),
        number("stated_share", "公布占比", "Stated share", "S3", unit="%", minimum=0, maximum=100),
        text("unit_printed", "原文单位", "Unit as printed", "S3", length=20),
        integer("items_stated", "公布子项数", "Sub-items stated", "S3", minimum=0),
        integer("items_listed", "列出子项数", "Sub-items listed", "S3", minimum=0),
        integer("times_named", "类别清单中出现次数", "Times named in the list of categories", "S3", minimum=0),
        integer("projects_stated", "公布项目数", "Projects stated", "S3", minimum=0),
        integer("position", "顺序", "Order", "des", minimum=1),
        text("note", "备注", "Note", "des", length=500),
        *COMMON,
    ),
    source="S3",
    area_fields=("county_code", "area_code"),
    row_checks=(check_share_has_part,),
)

BAIYIN, BAIYIN_PLAN = "6204-14-5", "白银市“十四五”巩固拓展脱贫攻坚成果同乡村振兴有效衔接规划"
COUNTY_CODES = {"白银区": "620402", "平川区": "620403", "靖远县": "620421", "会宁县": "620422", "景泰县": "620423"}
ITEMS_STATED, PROJECTS_STATED = 51, 1194
"""What the plan's text says of itself: 51 sub-items (its seven lists hold 50) and 1194 projects (its annexes are pictures)."""
UNIT, MISPRINT = "亿元", "亿万元"


def published() -> list[dict[str, Any]]:
    """Give the figures of the shipped plan of Baiyin as rows of this layer.

    Example:
        >>> [(row["dimension_row"], row["amount_yi"]) for row in published() if row["unit_printed"] == MISPRINT]
        [('促进脱贫人口稳定就业', 6.67)]
    """
    items = table("baiyin_items")
    return [_figure(at, row, items) for at, row in enumerate(table("baiyin_investment"), start=1)]


def _figure(at: int, row: Mapping[str, str], items: list[dict[str, str]]) -> dict[str, Any]:
    category, county = row["dimension"] == "category", row["dimension"] == "county"
    return {
        "figure_id": f"{BAIYIN}/{at:02d}",
        "plan_id": BAIYIN,
        "plan_name": BAIYIN_PLAN,
        "document": items[0]["document"],
        "area_code": "6204",
        "dimension_row": row["name"] if category else None,
        "category_code": f"C{at}" if category else None,
        "dimension_col": row["name"] if county else None,
        "county_code": COUNTY_CODES[row["name"]] if county else None,
        "amount_yi": float(row["amount_yi_yuan"]),
        "stated_share": float(row["stated_share_pct"]) if row["stated_share_pct"] else None,
        "unit_printed": MISPRINT if MISPRINT in row["note"] else UNIT,
        "items_stated": None if category or county else ITEMS_STATED,
        "items_listed": sum(item["category"] == row["name"] for item in items) if category else None,
        "times_named": _times_named(row["note"]) if category else None,
        "projects_stated": None if category or county else PROJECTS_STATED,
        "position": at,
        "note": row["note"] or None,
        "source": items[0]["document"],
        "data_quality": "registered",
    }


def _times_named(note: str) -> int:
    """Read from the remark of the shipped table how often the plan's list of categories names a category."""
    return 2 if note.startswith("printed twice") else 0 if note.startswith("missing from the list") else 1
