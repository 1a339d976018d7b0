"""Faults planted in the project library and the asset ledger; each function plants one and says where."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from layers.demo.planting import Planted, Planting


def quantity_against_line(plant: Planting) -> Planted:
    """A road project that asks for 2.4 times the kilometres it draws."""
    projects = plant.frames["projects"]
    row = plant.pick("projects", (projects["baiyin_item"] == "C4-1") & (projects["quantity"] > 5), 300)  # noqa: PLR2004 - a long one
    plant.put(row, quantity=round(float(plant.of(row, "quantity")) * 2.4, 2))
    return row, None


def done_without_road(plant: Planting) -> Planted:
    """A road project booked as finished whose roads are not hardened."""
    projects = plant.frames["projects"]
    row = plant.pick("projects", (projects["baiyin_item"] == "C4-1") & (projects["status"] == "implementing"), 500)
    plant.put(row, status="completed", plan_year=2023, start_date=dt.date(2023, 4, 1), end_date=dt.date(2023, 10, 31))
    return row, None


def e20_planning_type(plant: Planting) -> Planted:
    """New works in a village that is to be moved."""
    projects, villages = plant.frames["projects"], plant.frames["villages"]
    moved = villages[villages["planning_type"] == "搬迁撤并"]
    there = projects["county_code"].isin(set(moved["county_code"])) & projects["baiyin_category"].isin(["C5"])
    row = plant.pick("projects", there & projects["status"].isin(["in_library", "annual_plan"]), 350)
    own = (villages["planning_type"] == "搬迁撤并") & (villages["county_code"] == plant.of(row, "county_code"))
    village = plant.pick("villages", own)
    plant.put(
        row,
        village_codes=[plant.of(village, "village_code")],
        village_code=plant.of(village, "village_code"),
        township_code=plant.of(village, "township_code"),
        location_text=str(plant.of(village, "name")),
        geometry=plant.of(village, "geometry").representative_point(),
        build_nature="新建",
        scope="到村到户",
    )
    return row, village


def start_before_plan(plant: Planting) -> Planted:
    """A project of the plan of 2024 that began in 2022."""
    row = plant.pick("projects", plant.frames["projects"]["plan_year"].eq(2024), 500)
    plant.put(row, start_date=dt.date(2022, 5, 10))
    return row, None


def e05_rank_twice(plant: Planting) -> Planted:
    """Two projects of one county and plan year with one rank."""
    projects = plant.frames["projects"]
    same = projects["plan_year"].eq(2025) & (projects["county_code"] == projects["county_code"].mode().iloc[0])
    other, row = plant.pick("projects", same, 400), plant.pick("projects", same, 600)
    plant.put(row, plan_rank=plant.of(other, "plan_rank"))
    return row, other


def benefit_above_population(plant: Planting) -> Planted:
    """A project with more beneficiaries than people live in its villages."""
    projects = plant.frames["projects"]
    row = plant.pick("projects", projects["village_codes"].map(len) == 1, 200)
    plant.put(row, benefit_persons=98_000, benefit_households=25_000)
    return row, None


def formed_without_asset(plant: Planting) -> Planted:
    """A project booked as having formed an asset that the ledger does not hold."""
    projects, assets = plant.frames["projects"], plant.frames["assets"]
    held = projects["project_id"].isin(set(assets["project_id"].dropna()))
    row = plant.pick("projects", (projects["status"] == "asset_formed") & held, 450)
    gone = assets.index[assets["project_id"].eq(plant.of(row, "project_id")).fillna(value=False).astype(bool)]
    for label in gone:
        plant.put(("assets", label), project_id=np.nan)
    return row, None


def e12_maintainer(plant: Planting) -> Planted:
    """A public asset without maintainer and fund."""
    assets = plant.frames["assets"]
    row = plant.pick("assets", (assets["asset_class"] == "PUB") & assets["maintainer"].notna(), 250)
    plant.put(row, maintainer=np.nan, maintenance_fund=np.nan)
    return row, None


def e13_settlement(plant: Planting) -> Planted:
    """An operating asset whose income was not settled for three years."""
    assets = plant.frames["assets"]
    row = plant.pick("assets", (assets["asset_class"] == "OPR") & assets["settled_date"].notna(), 500)
    plant.put(row, settled_date=dt.date(2023, 6, 30))
    return row, None


def income_on_public_asset(plant: Planting) -> Planted:
    """Income booked on a public asset."""
    row = plant.pick("assets", plant.frames["assets"]["asset_class"] == "PUB", 700)
    plant.put(row, annual_income=12.5)
    return row, None


def asset_booked_twice(plant: Planting) -> Planted:
    """Two assets booked on one road segment."""
    linked = plant.frames["assets"]["feature_type"] == "road"
    other, row = plant.pick("assets", linked, 300), plant.pick("assets", linked, 500)
    plant.put(row, feature_id=plant.of(other, "feature_id"))
    return row, other


def asset_outside_village(plant: Planting) -> Planted:
    """An asset that does not lie in the village it names."""
    assets, villages = plant.frames["assets"], plant.frames["villages"]
    row = plant.pick("assets", assets.geometry.notna() & assets["feature_id"].isna() & (assets["asset_class"] == "OPR"), 300)
    county = villages["county_code"] == plant.of(row, "county_code")
    away = villages[county & (villages["village_code"] != plant.of(row, "village_code"))]
    plant.put(row, geometry=away.geometry.iloc[-1].representative_point())
    return row, None


def value_risen(plant: Planting) -> Planted:
    """An asset now worth nearly twice its original value."""
    row = plant.pick("assets", plant.frames["assets"]["asset_class"] == "OPR", 800)
    plant.put(row, current_value=round(float(plant.of(row, "original_value")) * 1.9, 2))
    return row, None


def confirmed_without_certificate(plant: Planting) -> Planted:
    """An asset booked as confirmed without certificate and date."""
    assets = plant.frames["assets"]
    row = plant.pick("assets", assets["confirmed"].eq(other=True) & assets["certificate_no"].notna(), 900)
    plant.put(row, certificate_no=np.nan, confirmed_date=None)
    return row, None


FAULTS = (
    quantity_against_line,
    done_without_road,
    e20_planning_type,
    start_before_plan,
    e05_rank_twice,
    benefit_above_population,
    formed_without_asset,
    e12_maintainer,
    e13_settlement,
    income_on_public_asset,
    asset_booked_twice,
    asset_outside_village,
    value_risen,
    confirmed_without_certificate,
)
