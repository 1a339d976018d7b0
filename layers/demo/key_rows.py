"""The published entries of the key county lists: real facts, not simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.codes import table
from layers.demo.rows import frame
from layers.indicator_targets import LAYER as TARGETS
from layers.indicator_targets import published

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.demo.area_rows import Built

_LEVELS = {"national": "国家", "provincial": "省"}
_LISTS = {"national": "国家乡村振兴重点帮扶县", "provincial": "省级乡村振兴重点帮扶县"}
_OLD_REVOLUTIONARY = {"620422": "陕甘宁", "620825": "陕甘宁", "620826": "陕甘宁", "621022": "陕甘宁", "621027": "陕甘宁"}
"""Counties of Gansu in box 1 of the plan for old revolutionary areas."""


def add_key_county(built: Built) -> None:
    """Add the frame `key_counties`: the entry of this county in the published lists, if it stands there."""
    rows = [row for row in table("key_counties") if row["code"] == built.code]
    region = _OLD_REVOLUTIONARY.get(built.code)
    made = frame(
        "key_counties",
        {
            "county_code": [row["code"] for row in rows],
            "name": [row["county"] for row in rows],
            "level": [_LEVELS[row["level"]] for row in rows],
            "list_name": [_LISTS[row["level"]] for row in rows],
            "year": [2021] * len(rows),
            "document": [row["source"] for row in rows],
            "in_old_rev_area": [True if region else None] * len(rows),
            "old_rev_region": [region] * len(rows),
            "land_quota_mu": [600.0 if row["level"] == "national" else None for row in rows],
            "source": [row["source"] for row in rows],
            "source_date": [None] * len(rows),
        },
        quality="registered",
    )
    built.frames["key_counties"] = made


def targets() -> gpd.GeoDataFrame:
    """Give the published targets and baselines as the frame `indicator_targets`."""
    rows = published()
    columns = {name: [row.get(name) for row in rows] for name in TARGETS.field_names if name in rows[0]}
    return frame("indicator_targets", columns | {"source_date": [None] * len(rows)})
