"""Lists of key counties (重点帮扶县名录): what a list says of an area, and whether it is whole there.

A county that is absent from a list is “no” only where the list is whole; where it is partial, the county is unknown.
"""

from __future__ import annotations

from typing import Any

from layers.codes import LIST_LEVEL, SOURCE_TAG, table
from layers.declare import CODE_LENGTH, COMMON, code, flag, integer, text
from layers.key_counties import LEVELS
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="key_lists",
    zh="重点帮扶县名录",
    en="Lists of key counties",
    entity="C10",
    geometry=GeometryKind.NONE,
    key="list_id",
    name_field="list_name",
    fields=(
        text("list_id", "名录编号", "List id", "des", required=True, length=80),
        text("list_name", "名录名称", "Name of the list", "S0, S2", required=True, length=200),
        code("level", "S2, S4-7", LIST_LEVEL, ("级别", "Level"), required=True),
        text(
            "area_code",
            "适用地区代码",
            "Area code",
            "des",
            required=True,
            length=CODE_LENGTH,
            note="province or prefecture of this part of the list; may be an area that is not held",
        ),
        text("area_name", "适用地区", "Area", "des", length=120),
        integer("year", "年份", "Year", "S2", recommended=True, minimum=1980, maximum=2100),
        text("document", "文件", "Document", "S2", length=300),
        flag("complete", "名录完整", "List is whole", "A7", note="empty = not known: a county that is absent stays unknown"),
        integer("stated_count", "应有县数", "Counties it should have", "A7", minimum=0),
        code("certainty", "des", SOURCE_TAG, ("依据", "How sure")),
        text("note", "备注", "Note", "des", length=500),
        *COMMON,
    ),
    source="C10, A7",
    area_fields=("area_code",),
)


def published() -> list[dict[str, Any]]:
    """Give the shipped lists, one row for each province or prefecture, as rows of this layer.

    Example:
        >>> {row["area_code"]: row["complete"] for row in published() if row["area_code"] in {"51", "62", "64"}}
        {'51': True, '62': False, '64': None}
    """
    whole = {"yes": True, "no": False}
    return [
        {
            **{
                name: row[name] or None
                for name in ("list_id", "list_name", "area_code", "area_name", "document", "certainty", "note")
            },
            "level": LEVELS[row["level"]],
            "year": int(row["year"]),
            "complete": whole.get(row["complete"]),
            "stated_count": int(row["stated_count"]) if row["stated_count"] else None,
            "source": row["document"] or row["note"],
            "data_quality": "registered",
        }
        for row in table("key_lists")
    ]
