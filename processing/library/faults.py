"""What stands against a move, said so that a person can mend it: what was found, what was expected, what to do, the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

RULE: Final = "湘委乡振组办发〔2021〕1号"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason against a move.

    `code` for programs, `field` what it is about, `value` what was found, then what was expected and what to do in Chinese and
    English, and the document that says so (`design` where none does). `earliest` is the first day on which a step that is too
    early may be taken. A `warning` is shown and lets the move pass.
    """

    code: str
    field: str
    value: str
    expected_zh: str
    expected_en: str
    fix_zh: str
    fix_en: str
    source: str = ""
    earliest: date | None = None
    severity: str = "error"

    @property
    def blocks(self) -> bool:
        """Say whether the move cannot be made."""
        return self.severity == "error"

    def expected(self, language: str = "zh") -> str:
        """Say what was expected."""
        return self.expected_zh if language.startswith("zh") else self.expected_en

    def fix(self, language: str = "zh") -> str:
        """Say what to do."""
        return self.fix_zh if language.startswith("zh") else self.fix_en


TEXTS: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    "wrong_stage": (
        "项目处于：{zh}",
        "a project in the stage: {en}",
        "按程序先办理前面的步骤",
        "Take the steps before it first",
        f"{RULE} 三",
    ),
    "future_date": (
        "不晚于今天 {day}",
        "a day not after today, {day}",
        "填写实际办理日期",
        "Give the day on which it was done",
        "design",
    ),
    "date_order": ("不早于 {day}", "a day not before {day}", "核对日期先后", "Check the order of the days", f"{RULE} 三 (E3)"),
    "bad_date": ("日期，如 2026-03-01", "a day such as 2026-03-01", "填写日期", "Give a day", "design"),
    "field_missing": ("填写{zh}", "{en}", "补充后再办理", "Fill it in and try again", f"{RULE} 二(二) (E1)"),
    "value_missing": ("填写{zh}", "{en}", "补充后再办理", "Fill it in and try again", f"{RULE} 三"),
    "value_bad": ("{zh}", "{en}", "改正后再办理", "Correct it and try again", "C11"),
    "sum_differs": (
        "各筹资渠道之和等于资金规模 {total} 万元",
        "funding sources that add up to {total} 万元",
        "核对各渠道金额与单位（亿元、万元、元不可混用）",
        "Check the amounts and their unit (亿元, 万元 and 元 must not be mixed)",
        "E6",
    ),
    "too_early": (
        "公示满 {days} 日，最早 {day}",
        "a notice of {days} days; {day} at the earliest",
        "公示期满后再办理",
        "Wait until the notice is over",
        RULE,
    ),
    "notice_missing": ("本轮已公示", "a notice of this round", "先公示", "Hang the notice first", RULE),
    "review_missing": (
        "乡镇审核通过",
        "the review of the township passed",
        "先登记乡镇审核意见",
        "Enter the review of the township",
        RULE,
    ),
    "objection_open": ("异议均已答复", "every objection answered", "先答复异议", "Answer the objection first", f"{RULE} (C12)"),
    "opinion_missing": ("{zh}：通过", "{en}: passed", "取得该部门意见", "Get the opinion of that department", f"{RULE} 三 (E4)"),
    "url_missing": (
        "公告网址",
        "the address of the announcement",
        "在政府门户长期公告并填写网址",
        "Announce it and give the address",
        RULE,
    ),
    "late": ("不晚于 {day}", "not after {day}", "已超期，将如实显示", "It is late and will be shown so", f"{RULE} 四(三) (E5)"),
    "other_year": (
        "{year} 年内实施的项目，计划时间 {starts} 至 {ends}",
        "works in {year}; they are planned from {starts} to {ends}",
        "核对计划年度或实施时间；仍可列入，将在年度计划页提示",
        "Check the year or the dates; it is taken, and the plan page says so",
        f"{RULE} 四(三); design",
    ),
    "begins_in_village": (
        "到村到户项目由村申报，跨区域规模化项目可由乡镇或部门申报",
        "works of a village applied for by the village; only works of several areas by a township or department",
        "由村申报，或改正规模类型",
        "Let the village apply, or correct the scope",
        f"{RULE} 三",
    ),
    "not_emergency": (
        "规模类型为应急",
        "a project of the scope 应急",
        "只有应急项目可先行实施",
        "Only emergency works run first",
        f"{RULE} 三",
    ),
    "answers_unknown": ("一条未答复的异议", "an objection without an answer", "选择要答复的异议", "Choose the objection", "C12"),
    "change_open": (
        "没有待审定的调整",
        "no change that waits for a decision",
        "先审定前一项调整",
        "Decide on the change before",
        f"{RULE} (E7)",
    ),
    "change_missing": (
        "一项待办的调整",
        "a change that waits for this",
        "先申请、审定调整",
        "Ask for and approve the change first",
        f"{RULE} (E7)",
    ),
    "not_changeable": (
        "可申请调整的内容",
        "content that a change may be asked for",
        "改选字段",
        "Choose another field",
        f"{RULE} (E7)",
    ),
    "nothing_changes": ("与现在不同的内容", "something other than it is now", "填写新的内容", "Give the new content", "E7"),
    "by_ledger": (
        "在该项目实施页“移交资产台账”办理，同时生成资产",
        "the hand-over on the page of the project's works, which makes the asset",
        "打开 /projects/{key}/progress，填写资产信息后移交",
        "Open /projects/{key}/progress, say what the asset is and hand it over there",
        f"{RULE} 四(四)",
    ),
    "has_events": (
        "尚无事件的项目",
        "a project without events",
        "该项目已在库内办理",
        "The project is in the procedure already",
        "design",
    ),
    "less_progress": (
        "不低于上次登记的 {before} %",
        "not less than {before} %, entered before",
        "核对百分数；确有返工等情况的，已登记并保留说明",
        "Check the percentage; it is entered with the reason given",
        "design",
    ),
    "not_whole": (
        "完工时进度为 100 %",
        "100 % when the works are done",
        "已按 100 % 登记完工，请核对",
        "Completion is entered with 100 %; check that it is so",
        "design",
    ),
    "over_budget": (
        "累计支出不超过资金规模 {total} 万元",
        "spending not above the budget of {total} 万元",
        "核对金额，必要时申请调整",
        "Check the amount; ask for a change where needed",
        "design",
    ),
}


def in_chinese(faults: Iterable[Fault], layers: Sequence[str], most: int = 5) -> str:
    """Say the first faults in one Chinese sentence, fields by the titles of these layers.

    >>> in_chinese([fault("bad_date", "end_date", "soon")], ["project_events"])
    '结束日（soon）：日期，如 2026-03-01，填写日期'
    """
    listed = list(faults)
    parts = []
    for item in listed[:most]:
        name = next((LAYERS[layer][item.field].zh for layer in layers if item.field in LAYERS[layer]), "")
        found = f"{name}（{item.value}）" if name and item.value else name or item.value
        parts.append("：".join(part for part in (found, "，".join(filter(None, (item.expected_zh, item.fix_zh)))) if part))
    more = f"；另有 {len(listed) - most} 项" if len(listed) > most else ""
    return "；".join(parts) + more


def fault(
    code: str, field: str, value: object = "", *, earliest: date | None = None, warning: bool = False, **words: object
) -> Fault:
    """Make a fault from its texts.

    >>> from datetime import date
    >>> found = fault("too_early", "start_date", "2026-03-05", earliest=date(2026, 3, 11), days=10, day=date(2026, 3, 11))
    >>> found.expected_zh, found.blocks
    ('公示满 10 日，最早 2026-03-11', True)
    """
    zh, en, fix_zh, fix_en, source = TEXTS[code]
    return Fault(
        code,
        field,
        str(value),
        zh.format(**words),
        en.format(**words),
        fix_zh.format(**words),
        fix_en.format(**words),
        source,
        earliest,
        "warning" if warning else "error",
    )
