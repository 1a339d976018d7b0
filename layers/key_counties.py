"""C10 Key assistance county (重点帮扶县): what one published list says of one county."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import LIST_LEVEL, OLD_REV_REGION, table
from layers.declare import CODE_LENGTH, COMMON, code, flag, integer, number, reference, text
from layers.schema import GeometryKind, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Mapping[str, str] = {"national": "国家", "provincial": "省", "city": "市"}
"""Level of a list as the shipped tables write it → the stored code."""

LAYER = Layer(
    name="key_counties",
    zh="重点帮扶县",
    en="Key counties",
    entity="C10",
    geometry=GeometryKind.NONE,
    key="entry_id",
    fields=(
        text("entry_id", "条目编号", "Entry id", "des", required=True, length=80, note="list and county"),
        text(
            "county_code",
            "县代码",
            "County code",
            "S2, S0",
            required=True,
            length=CODE_LENGTH,
            note="may be a county that is not held: a list names the whole country",
        ),
        text("name", "县名", "County name", "S2, S0", length=120),
        code("level", "S2, S4-7", LIST_LEVEL, ("级别", "Level"), required=True),
        flag("listed", "在名录内", "On the list", "des", note="empty = yes; no = the document says that it is not one"),
        reference("list_id", "key_lists", ("名录编号", "List"), "des"),
        text("list_name", "名录名称", "Name of the list", "S0, S2", recommended=True, length=200),
        integer("year", "认定年份", "Year of recognition", "S2", recommended=True, minimum=1980, maximum=2100),
        text("document", "文号", "Document", "S2", length=200),
        text("province_code", "省代码", "Province code", "des", length=CODE_LENGTH),
        text("prefecture_name", "市州", "Prefecture", "S2", length=120),
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

OLD_REVOLUTIONARY_BOX = "专栏1"
"""How the shipped table marks the counties that stand in the box of counties in old revolutionary areas."""
OLD_REGIONS = {"620422": "陕甘宁", "620825": "陕甘宁", "620826": "陕甘宁", "621022": "陕甘宁", "621027": "陕甘宁"}
"""Counties of Gansu in that box, with the name of their area."""
QUOTA_MU = 600.0
"""Building land per national key county and year (the speech; the Hunan plan prints the same number)."""


def published() -> list[dict[str, Any]]:
    """Give the entries of the shipped lists as rows of this layer: 114 national and 14 provincial ones.

    Example:
        >>> [row["level"] for row in published() if row["county_code"] == "620422"]
        ['国家']
        >>> sum(bool(row["in_old_rev_area"]) for row in published())
        53
    """
    lists = {(row["level"], row["area_code"]): row for row in table("key_lists")}
    return [_entry(row, lists) for row in table("key_counties")]


def _entry(row: Mapping[str, str], lists: Mapping[tuple[str, str], Mapping[str, str]]) -> dict[str, Any]:
    code_, level = row["code"], row["level"]
    found = next(lists[level, area] for area in (code_[:2], code_[:4]) if (level, area) in lists)
    region = OLD_REGIONS.get(code_)
    return {
        "entry_id": f"{found['list_id']}/{code_}",
        "county_code": code_,
        "name": row["county"],
        "level": LEVELS[level],
        "listed": row["status"] == "listed",
        "list_id": found["list_id"],
        "list_name": found["list_name"],
        "year": int(found["year"]),
        "document": row["source"],
        "province_code": code_[:2],
        "prefecture_name": row["prefecture"],
        "in_old_rev_area": True if OLD_REVOLUTIONARY_BOX in row["source"] else None,
        "old_rev_region": region,
        "land_quota_mu": QUOTA_MU if level == "national" else None,
        "source": row["source"],
        "data_quality": "registered",
    }
