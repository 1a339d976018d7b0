"""Task (任务): one line of a government's task list, with who leads it, who answers for it, and how far it has come."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layers.codes import TASK_STATE, table
from layers.declare import CODE_LENGTH, COMMON, code, date, integer, listing, text
from layers.row_values import known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIST_CODE, LIST_DOCUMENT, LIST_AREA, LIST_DATE = "HY2021", "衡委振组发〔2021〕1号", "4304", "2021-11-01"
"""The shipped list: its short name here (ours), the document, the code of the city and the day of the document."""
PROGRESS = frozenset({"state", "progress_note", "progress_on", "reported_by", "due_on", "due_basis"})
"""Fields that a county fills in while it works on a task; loading the list again leaves them alone."""
PRINTED = ("task_no", "title_zh", "part", "group_name", "lead_unit", "data_provider")
YEAR = re.compile(r"(?<!\d)(20\d\d)(?:年|(?=\s*$))")


def task_key(list_code: str, number: object) -> str:
    """Give the key of a task: the list and the printed number.

    >>> task_key("HY2021", "7"), task_key("HY2021", "A-3")
    ('HY2021-07', 'HY2021-A-3')
    """
    printed = str(number).strip()
    return f"{list_code}-{int(printed):02d}" if printed.isdigit() else f"{list_code}-{printed}"


def printed_year(figures: list[str] | None) -> int | None:
    """Give the last year that stands among a task's figures; None where no year is printed.

    >>> printed_year(["县级特困供养机构=1所/县市区", "护理床位占比>=55%(2025年)"]), printed_year(["示范村=200个"])
    (2025, None)
    """
    years = [int(found) for figure in figures or [] for found in YEAR.findall(figure)]
    return max(years, default=None)


def check_lead_repeated(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Flag a lead unit that stands among the responsible units once more, as the source prints it twice (tasks 37 and 53).

    >>> [fault.severity for fault in check_lead_repeated({"lead_unit": "市民政局", "responsible_units": ["市民政局"]})]
    ['warning']
    """
    lead, others = known(row, "lead_unit"), known(row, "responsible_units")
    if lead is not None and isinstance(others, list) and lead in others:
        yield RowFault(
            "responsible_units",
            "lead_repeated",
            str(lead),
            "牵头单位不在责任单位中重复",
            "the lead unit not among the responsible units",
            "来源如此则保留原样，此处只作标记",
            "Kept as printed where the source has it so; this is a mark only",
            "warning",
        )


LAYER = Layer(
    name="tasks",
    zh="任务清单",
    en="Tasks",
    entity="A6",
    geometry=GeometryKind.NONE,
    key="task_id",
    name_field="title_zh",
    fields=(
        text("task_id", "任务编号", "Task id", "des", required=True, length=60, note="list code and printed number"),
        text("list_code", "清单", "List", "des", required=True, length=30),
        text("task_no", "序号", "Number", "S4-8", required=True, length=20),
        text("title_zh", "任务", "Task", "S4-8", required=True, length=200, note="short words of ours, no quotation"),
        text("area_code", "地区代码", "Area code", "S4-8", length=CODE_LENGTH, note="may be an area that is not held"),
        text("document", "文件", "Document", "S4-8", required=True, length=200),
        text("part", "部分", "Part", "S4-8", length=60),
        integer("group_no", "组号", "Group number", "S4-8", minimum=0),
        text("group_name", "任务组", "Group", "S4-8", length=120),
        text("lead_unit", "牵头单位", "Lead unit", "S4-8", required=True, length=120),
        listing("responsible_units", "责任单位", "Responsible units", "S4-8", note="order of the print kept"),
        text("data_provider", "数据提供单位", "Supplier of data", "S4-8", length=120),
        listing("spatial_layer", "涉及图层", "Layers concerned", "des", note="our assignment"),
        listing("related_indicators", "相关指标", "Related indicators", "des", note="our assignment"),
        listing("figures", "数字与门槛", "Figures", "S4-8", note="name, operator, value"),
        date("due_on", "截止日期", "Due on", "des", note="printed in few cases only; a county may enter one"),
        text("due_basis", "截止依据", "Why this day", "des", length=200),
        code("state", "des", TASK_STATE, ("进展", "Progress")),
        text("progress_note", "进展说明", "Progress note", "des", length=1000),
        date("progress_on", "进展日期", "Progress on", "des"),
        text("reported_by", "填报单位", "Reported by", "des", length=120),
        text("note", "备注", "Note", "S4-8", length=500),
        *COMMON,
    ),
    source="A6",
    area_fields=("area_code",),
    row_checks=(check_lead_repeated,),
)


def listed(cell: str) -> list[str] | None:
    """Take a cell of the list apart; empty entries are left out and `none` means none.

    >>> listed("市水利局;;市林业局"), listed("none"), listed("")
    (['市水利局', '市林业局'], None, None)
    """
    parts = [part.strip() for part in cell.split(";")]
    return [part for part in parts if part and part != "none"] or None


@dataclass(frozen=True, slots=True)
class TaskList:
    """A list of tasks: its short name here, the document that prints it, whose it is and its day."""

    code: str = LIST_CODE
    document: str = LIST_DOCUMENT
    area_code: str | None = LIST_AREA
    on: str | None = LIST_DATE


def from_printed(raw: Mapping[str, str], of: TaskList) -> dict[str, Any]:
    """Make a row of this layer out of a row of a table in the form of `hengyang_tasks.csv`, without any progress.

    A last day is set where the table has one, else where a figure prints a year: the last day of that year.

    >>> from_printed({"task_no": "3", "title_zh": "桥", "figures": "桥=2座(2024年)"}, TaskList("X", "文", "6204"))["due_on"]
    '2024-12-31'
    """
    given = {name: (value or "").strip() for name, value in raw.items() if name}
    figures = listed(given.get("figures", ""))
    year = printed_year(figures)
    number = given.get("task_no", "")
    entered = given.get("due_on", "")
    row: dict[str, Any] = {
        "task_id": task_key(of.code, number) if number else None,
        "list_code": of.code,
        "area_code": given.get("area_code") or of.area_code,
        "document": given.get("document") or of.document,
        **{name: given.get(name) or None for name in PRINTED},
        "group_no": given.get("group_no") or None,
        **{name: listed(given.get(name, "")) for name in ("responsible_units", "spatial_layer", "related_indicators")},
        "figures": figures,
        "due_on": entered or (None if year is None else f"{year}-12-31"),
        "due_basis": given.get("due_basis") or (None if entered or year is None else f"figures: {year}"),
        "note": given.get("note") or None,
        "source": given.get("document") or of.document,
        "source_date": of.on,
        "data_quality": "registered",
    }
    return row | {name: given[name] for name in ("state", "progress_note", "progress_on", "reported_by") if given.get(name)}


def published() -> list[dict[str, Any]]:
    """Give the 97 tasks of the shipped table `hengyang_tasks.csv` as rows of this layer.

    >>> rows = published()
    >>> len(rows), [row["due_on"] for row in rows if row["task_no"] in ("36", "63")]
    (97, [None, '2025-12-31'])
    """
    return [
        row | {"group_no": int(row["group_no"])} for row in (from_printed(raw, TaskList()) for raw in table("hengyang_tasks"))
    ]
