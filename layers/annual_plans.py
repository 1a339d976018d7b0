"""Annual project plans (年度项目计划): one per county and year, with its money, its ranking and where it was published (A1.4)."""

from __future__ import annotations

from layers.codes import PLAN_STATE
from layers.declare import COMMON, area, code, date, integer, listing, number, text
from layers.row_checks import fund_codes_listed
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="annual_plans",
    zh="年度项目计划",
    en="Annual plans",
    entity="annual_plan",
    geometry=GeometryKind.NONE,
    key="plan_id",
    fields=(
        text("plan_id", "计划编号", "Plan id", "des", required=True, length=40, note="county_code-year"),
        text("name", "名称", "Name", "des", length=200),
        integer("plan_year", "计划年度", "Plan year", "S4-17 四(三)", required=True, minimum=2000, maximum=2100),
        number("money_limit", "资金上限", "Money limit", "S4-17 四(三)", unit="万元", minimum=0),
        listing("fund_sources", "资金来源", "Fund sources", "S4-17 四", unit="万元", note='[{"code","amount_wan_yuan"}]'),
        number("previous_year_funds", "上年度资金规模", "Funds of the year before", "S4-17 四(三)", unit="万元", minimum=0),
        listing("ranking", "排序", "Ranking", "S4-17 四(三)", note='[{"project_id","rank","R1"…"R4"}]: the county\'s order'),
        date("compiled_on", "编制完成日期", "Compiled on", "S4-17 四(三)", note="by 30 November of the year before"),
        date("published_on", "公开日期", "Published on", "S4-17 四(三)"),
        text("url", "公开网址", "Address of the publication", "S4-17 四(三)", length=500),
        integer("publication_id", "公开页编号", "Publication", "des", minimum=1),
        code("state", "des", PLAN_STATE, ("状态", "State"), required=True),
        area("county"),
        *COMMON,
    ),
    source="S4-17 四(三)",
    area_fields=("county_code",),
    kept_by=frozenset({"library", "demo", "area"}),
    row_checks=(fund_codes_listed("fund_sources"),),
)
