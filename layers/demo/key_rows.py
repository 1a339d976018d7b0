"""What is published and real in the demonstration area: key county lists, targets, the plan's investment; and its land quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers import key_counties, key_lists, plan_investments
from layers.catalogue import layer
from layers.demo.rows import frame
from layers.indicator_targets import LAYER as TARGETS
from layers.indicator_targets import published

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd

    from layers.demo.area_rows import Built

QUOTA_YEARS = (2021, 2022, 2023, 2024, 2025)
QUOTA_DOCUMENT = "无标题讲话（002_e8049f35b2ff2d15.txt）"


def _registered(name: str, rows: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Make a frame of published rows; the day a source was written is not known."""
    wanted = [field for field in layer(name).field_names if any(field in row for row in rows)]
    columns = {field: [row.get(field) for row in rows] for field in wanted} or {layer(name).key: []}
    return frame(name, columns | {"source_date": [None] * len(rows)}, quality="registered")


def add_key_county(built: Built) -> None:
    """Add the frames `key_counties` (the entries of this county in the published lists) and `land_quotas` (its yearly quota).

    The quota of a national key county is published; how much of it is used is simulated, and unknown for the last year.
    """
    rows = [row for row in key_counties.published() if row["county_code"] == built.code]
    built.frames["key_counties"] = _registered("key_counties", rows)
    quota = next((row["land_quota_mu"] for row in rows if row["land_quota_mu"]), None)
    if quota is None:
        return
    rng = built.places.rng("land_quota")
    used = [*(round(float(share) * quota, 1) for share in rng.uniform(0.45, 1.0, len(QUOTA_YEARS) - 1)), None]
    built.frames["land_quotas"] = frame(
        "land_quotas",
        {
            "quota_id": [f"{built.code}-{year}" for year in QUOTA_YEARS],
            "county_code": [built.code] * len(QUOTA_YEARS),
            "year": QUOTA_YEARS,
            "land_quota_mu": [quota] * len(QUOTA_YEARS),
            "land_used_mu": used,
            "document": [QUOTA_DOCUMENT] * len(QUOTA_YEARS),
        },
    )


def whole(counties: Collection[str]) -> dict[str, gpd.GeoDataFrame]:
    """Give the frames that belong to no single county: all lists with all their entries, the targets, the plan that is held.

    Args:
        counties: codes of the counties that are made; the plan of 白银市 is given with the whole of its counties only.
    """
    found = {
        "key_lists": _registered("key_lists", key_lists.published()),
        "key_counties": _registered("key_counties", key_counties.published()),
        "indicator_targets": targets(),
    }
    if set(plan_investments.COUNTY_CODES.values()) <= set(counties):
        found["plan_investments"] = _registered("plan_investments", plan_investments.published())
    return found


def targets() -> gpd.GeoDataFrame:
    """Give the published targets and baselines as the frame `indicator_targets`."""
    rows = published()
    columns = {name: [row.get(name) for row in rows] for name in TARGETS.field_names if name in rows[0]}
    return frame("indicator_targets", columns | {"source_date": [None] * len(rows)})
