"""C10 Key assistance county (重点帮扶县): an entry of a published list."""

from __future__ import annotations

from layers.codes import LIST_LEVEL, OLD_REV_REGION
from layers.declare import CODE_LENGTH, COMMON, code, flag, integer, number, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="key_counties",
    zh="重点帮扶县",
    en="Key counties",
    entity="C10",
    geometry=GeometryKind.NONE,
    key="county_code",
    fields=(
        text("county_code", "县代码", "County code", "S2, S0", required=True, references="counties", length=CODE_LENGTH),
        text("name", "县名", "County name", "S2, S0", length=120),
        code("level", "S2, S4-7", LIST_LEVEL, ("级别", "Level"), required=True),
        text("list_name", "名录名称", "Name of the list", "S0, S2", recommended=True, length=200),
        integer("year", "认定年份", "Year of recognition", "S2", recommended=True, minimum=1980, maximum=2100),
        text("document", "文号", "Document", "S2", length=200),
        flag("in_old_rev_area", "革命老区", "Old revolutionary area", "S2"),
        flag("in_ethnic_area", "民族地区", "Ethnic area", "S2"),
        flag("in_hazard_area", "地质灾害区", "Hazard area", "S2"),
        code("old_rev_region", "S0", OLD_REV_REGION, ("老区名称", "Name of the old area")),
        number("land_quota_mu", "年度用地指标", "Land quota per year", "S2, S4-7", unit="亩", minimum=0, note="600 by the plan"),
        *COMMON,
    ),
    source="C10",
    area_fields=("county_code",),
)
