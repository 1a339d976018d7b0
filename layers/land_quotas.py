"""Land quota of a key county (重点帮扶县用地指标): the building land of a year and how much of it is used.

Use above the quota is no fault of the row: it is shown where the county is monitored.
"""

from __future__ import annotations

from layers.declare import COMMON, area, integer, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="land_quotas",
    zh="用地指标",
    en="Land quotas",
    entity="C10 land",
    geometry=GeometryKind.NONE,
    key="quota_id",
    name_field="quota_id",
    fields=(
        text("quota_id", "编号", "Quota id", "des", required=True, length=60, note="county and year"),
        area("county", "S2", required=True),
        integer("year", "年度", "Year", "S2", required=True, minimum=2000, maximum=2100),
        number("land_quota_mu", "年度指标", "Quota of the year", "S2, S4-7", unit="亩", minimum=0, note="600 by the plan"),
        number("land_used_mu", "已用指标", "Used of it", "des", unit="亩", minimum=0, note="empty = not known, never zero"),
        text("document", "文号", "Document", "des", length=200),
        text("note", "备注", "Note", "des", length=500),
        *COMMON,
    ),
    source="C10, S2, S4-7",
    area_fields=("county_code",),
)
