"""Where the households of a relocation settlement come from (搬迁户原村): they count at the settlement, their land does not."""

from __future__ import annotations

from layers.declare import COMMON, area, flag, integer, number, reference, text
from layers.row_checks import not_above
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="settlement_origins",
    zh="搬迁户原村",
    en="Origins of relocated households",
    entity="C5 origin",
    geometry=GeometryKind.NONE,
    key="origin_id",
    name_field="origin_id",
    fields=(
        text("origin_id", "编号", "Origin id", "des", required=True, length=80, note="settlement and old village"),
        reference("settlement_id", "settlements", ("安置点", "Settlement"), "des", required=True),
        area("village", "des", recommended=True, note="the old village, where land and assets stay"),
        area("township", "des"),
        area("county", "des"),
        integer("households", "搬迁户数", "Households moved", "S3, S4-8", unit="household", minimum=0),
        integer("persons", "搬迁人数", "Persons moved", "S3, S4-8", unit="person", minimum=0),
        flag(
            "still_counted",
            "仍计入原村人口",
            "Still in the old village's population",
            "des",
            note="yes = the old village's figures hold them too; they are taken out there and counted at the settlement",
        ),
        number(
            "land_mu",
            "原村承包地",
            "Contracted land in the old village",
            "des",
            unit="亩",
            minimum=0,
            note="stays in the old village",
        ),
        integer("assets_kept", "原村资产数", "Assets in the old village", "des", minimum=0, note="stay in the old village"),
        integer("moved_year", "搬迁年份", "Year of the move", "S3", minimum=2000, maximum=2100),
        *COMMON,
    ),
    source="C5, S3",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(not_above("households", "persons", "户数不大于人数", "households not above persons"),),
)
