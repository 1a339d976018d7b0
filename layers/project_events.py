"""C12 Project event (项目事件/公示): every step of a project's way through the library, with date, document and opinion."""

from __future__ import annotations

from layers.codes import EXCLUSION, FUND_SOURCE, MOVE_RESULT, PROJECT_EVENT, PROJECT_LEVEL, PROJECT_STATUS
from layers.declare import COMMON, area, code, date, integer, listing, number, reference, text
from layers.row_checks import dates_in_order, not_above
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="project_events",
    zh="项目事件",
    en="Project events",
    entity="C12",
    geometry=GeometryKind.NONE,
    key="event_id",
    name_field="event_type",
    fields=(
        text("event_id", "事件编号", "Event id", "des", required=True, length=80),
        reference("project_id", "projects", ("项目", "Project"), "S4-17", required=True),
        integer("seq", "序号", "Number", "des", minimum=1, note="1, 2, 3 … within a project"),
        code("event_type", "S4-17", PROJECT_EVENT, ("事件类型", "Kind of event"), required=True),
        code("level", "S4-17", PROJECT_LEVEL, ("层级", "Level"), recommended=True),
        date("start_date", "开始日", "Start", "S4-17", required=True),
        date("end_date", "结束日", "End", "S4-17", note="empty for long-term announcements"),
        integer("notice_days", "公示天数", "Days of notice", "S4-17", unit="day", derived=True, note="end_date − start_date"),
        code("result", "S4-17", MOVE_RESULT, ("结论", "Result")),
        code("exclusion", "S4-17 三", EXCLUSION, ("不予入库情形", "Reason of refusal")),
        text("opinion", "意见", "Opinion", "S4-17 三", length=2000),
        integer("objections", "异议数", "Objections", "S4-17", minimum=0),
        integer("objections_resolved", "已答复异议数", "Objections answered", "S4-17", minimum=0),
        reference("answers", "project_events", ("答复的事件", "Event that this answers"), "des"),
        text("url", "公告网址", "Address of the announcement", "S4-17", length=500),
        text("document", "文件", "Document", "S4-17", length=300),
        text("place", "公示地点", "Where the notice hung", "des", length=300),
        integer("publication_id", "公开编号", "Publication", "des", minimum=1),
        listing("photos", "照片", "Photographs", "des", note="photo_id of photographs"),
        listing("changed_fields", "调整字段", "Fields changed", "S4-17"),
        listing("proposed", "所载内容", "Values stated", "des", note='[{"field","old","new"}]: asked for, or as applied for'),
        number("amount", "金额", "Amount", "des", unit="万元", minimum=0),
        code("fund_source", "A2.2", FUND_SOURCE, ("资金来源", "Fund source")),
        number("progress_pct", "形象进度", "Progress", "des", unit="%", minimum=0, maximum=100),
        integer("plan_year", "计划年度", "Plan year", "S4-17 四(三)", minimum=2000, maximum=2100),
        integer("plan_rank", "计划排序", "Plan rank", "S4-17 四(三)", minimum=1),
        code("stage_before", "des", PROJECT_STATUS, ("原状态", "Stage before")),
        code("stage_after", "des", PROJECT_STATUS, ("新状态", "Stage after")),
        text("unit", "办理单位", "Unit", "S4-17", length=200),
        text("person", "经办人", "Person", "des", length=120),
        date("recorded_on", "记录日期", "Entered on", "des"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C12",
    area_fields=("village_code", "township_code", "county_code"),
    kept_by=frozenset({"library", "ledger", "demo", "area"}),
    row_checks=(
        dates_in_order("start_date", "end_date", "开始日不晚于结束日", "start not after end"),
        not_above("objections_resolved", "objections", "已答复数不大于异议数", "answered not above objections"),
    ),
)
