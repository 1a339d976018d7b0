"""A ledger of assets as it was built: which level and unit, of which year, how many assets of what value, and its course."""

from __future__ import annotations

from layers.codes import LEDGER_LEVEL, LEDGER_STATE
from layers.declare import COMMON, area, code, date, integer, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="ledgers",
    zh="资产台账",
    en="Asset ledgers",
    entity="A2.4",
    geometry=GeometryKind.NONE,
    key="ledger_id",
    fields=(
        text("ledger_id", "台账编号", "Ledger id", "des", required=True, length=80),
        text("name", "名称", "Name", "des", recommended=True, length=200),
        code("level", "S4-16", LEDGER_LEVEL, ("层级", "Level"), required=True),
        text("unit", "建账单位", "Unit", "S4-16", recommended=True, length=64, note="area code, or the code of a sector"),
        integer("year", "年度", "Year", "S4-16", recommended=True, minimum=2012, maximum=2100),
        date("built_on", "建立日期", "Built on", "S4-16", recommended=True),
        integer("count", "资产数量", "Assets", "S4-16", recommended=True, minimum=0),
        number("value", "资产原值", "Original value", "S4-16", unit="万元", minimum=0, recommended=True),
        integer("value_unknown", "原值不明数量", "Assets of unknown value", "des", minimum=0),
        text("content_sha256", "内容校验值", "Checksum of the content", "des", length=64),
        date("published_on", "公示开始日", "Notice from", "S4-16"),
        date(
            "published_until", "公示结束日", "Notice until", "S4-16", note="empty while the notice hangs, and for a public ledger"
        ),
        date("confirmed_on", "行业部门确认日", "Confirmed by the sector", "S4-16"),
        date("merged_on", "县级汇总日", "Merged by the county", "S4-16"),
        date("approved_on", "县政府审定日", "Approved by the county government", "S4-16"),
        date("opened_on", "公开日", "Made public", "S4-16"),
        code("state", "S4-16", LEDGER_STATE, ("状态", "State"), recommended=True),
        text("url", "公开网址", "Address", "S4-16", length=500),
        integer("publication_id", "公示编号", "Publication", "des", minimum=1),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="A2.4",
    area_fields=("village_code", "township_code", "county_code"),
    kept_by=frozenset({"library", "ledger", "demo", "area"}),
)
