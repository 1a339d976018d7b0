"""What a ledger said of an asset on the day it was built; it holds kinds of owners and never the name of a household."""

from __future__ import annotations

from layers.codes import ASSET_CLASS, ASSET_STATUS, ASSET_SUB_CLASS, LEDGER_LEVEL, OPERATING_MODE, OWNER_LEVEL
from layers.declare import COMMON, area, code, date, flag, listing, number, reference, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="ledger_entries",
    zh="台账明细",
    en="Ledger entries",
    entity="A2.4",
    geometry=GeometryKind.NONE,
    key="entry_id",
    fields=(
        text("entry_id", "明细编号", "Entry id", "des", required=True, length=160),
        reference("ledger_id", "ledgers", ("台账", "Ledger"), "S4-16", required=True),
        code("level", "S4-16", LEDGER_LEVEL, ("层级", "Level"), recommended=True),
        reference("asset_id", "assets", ("资产", "Asset"), "S4-16", required=True),
        text("name", "资产名称", "Name", "S4-16", recommended=True, length=300),
        code("asset_class", "S4-13", ASSET_CLASS, ("类别", "Class"), recommended=True),
        code("sub_class", "S4-15", ASSET_SUB_CLASS, ("子类", "Sub-class")),
        reference("project_id", "projects", ("来源项目", "Project"), "S4-17 四(四)"),
        listing("fund_sources", "资金来源", "Fund sources", "S4-16", unit="万元"),
        number("original_value", "原值", "Original value", "S4-16", unit="万元", minimum=0),
        number("current_value", "现值", "Current value", "S4-16", unit="万元", minimum=0),
        date("formed_date", "形成日期", "Formed on", "S4-16"),
        code("owner_level", "S4-13, A2.5", OWNER_LEVEL, ("归属层级", "Owner level")),
        text("owner", "所有权人", "Owner", "S4-13", length=200, note="empty for assets of households"),
        flag("confirmed", "已确权", "Rights confirmed", "S4-16"),
        text("certificate_no", "权证号", "Certificate number", "S4-16", length=80),
        text("maintainer", "管护人", "Maintainer", "S4-13", length=120, note="empty for assets of households"),
        number("maintenance_fund", "管护经费", "Maintenance fund", "S4-13", unit="万元/年", minimum=0),
        text("operator", "经营主体", "Operator", "S4-13", length=200, note="empty for assets of households"),
        code("mode", "S3, S4-13", OPERATING_MODE, ("经营方式", "Operating mode")),
        number("annual_income", "年收益", "Income per year", "S4-16", unit="万元"),
        code("status", "S4-15", ASSET_STATUS, ("状态", "Status")),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="A2.4",
    area_fields=("village_code", "township_code", "county_code"),
    kept_by=frozenset({"library", "ledger", "demo", "area"}),
)
