"""Every planted contradiction is really in the data, and the list that ships is the one that is planted."""

import datetime as dt
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.catalogue import LAYERS
from layers.demo import planted
from layers.demo.rows import lengths_m
from layers.water_works import check_class_fits_persons, check_continuous_supply

RULES = planted.texts()


class Case(NamedTuple):
    """The row with the fault, the row it contradicts, and all frames."""

    frames: dict
    row: pd.Series
    other: pd.Series | None


def _metric(lon, lat):
    return gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4490").to_crs("EPSG:4523").iloc[0]


def _road_near(frames, point, classes):
    roads = frames["roads"]
    own = roads[roads["surface_type"].isin(classes)].to_crs("EPSG:4523")
    return own.distance(frames["hamlets"].loc[[point]].to_crs("EPSG:4523").geometry.iloc[0]).min()


def _village(frames, code):
    villages = frames["villages"]
    return villages[villages["village_code"] == code].iloc[0]


CHECKS = {
    "E19_class_fits_persons": lambda case: any(check_class_fits_persons(case.row)),
    "E19_type_iii_24h": lambda case: any(check_continuous_supply(case.row)),
    "test_date_in_future": lambda case: case.row["last_test_date"] > case.row["source_date"] + dt.timedelta(days=365),
    "quality_against_work": lambda case: bool(case.row["quality_ok"]) and not bool(case.other["test_ok"]),
    "mode_against_service": lambda case: (
        case.row["supply_mode"] == "city_ext"
        and set(
            case.frames["water_works"][
                case.frames["water_works"]["work_id"].isin(
                    set(
                        case.frames["service_areas"].loc[
                            case.frames["service_areas"]["hamlet_id"] == case.row["hamlet_id"], "work_id"
                        ]
                    )
                )
            ]["work_class"]
        )
        == {"dispersed"}
    ),
    "served_above_population": lambda case: case.row["served_persons"] > case.other["population"] and not case.row["dual_supply"],
    "tap_on_dispersed": lambda case: (
        case.row["supply_mode"] == "dispersed" and case.row["tap_in_house_hh"] == case.row["households"] > 0
    ),
    "connected_without_road": lambda case: (
        bool(case.row["hardened_road"]) and _road_near(case.frames, case.row.name, ["沥青", "水泥"]) > 500
    ),
    "class_against_width": lambda case: case.row["tech_class"] == "二级" and case.row["width_m"] <= 3 and case.row["lanes"] == 1,
    "route_letter_fits_class": lambda case: case.row["admin_class"] == "村道" and case.row["route_no"].startswith("X"),
    "length_against_line": lambda case: case.row["length_m"] > 1.5 * lengths_m([case.row["geometry"]])[0],
    "earth_road_all_season": lambda case: (
        case.row["surface_type"] == "土" and bool(case.row["all_season"]) and case.row["passability"] < 0.5
    ),
    "dual_lane_without_road": lambda case: (
        bool(case.row["dual_lane"])
        and case.frames["roads"][case.frames["roads"]["lanes"] >= 2]
        .geometry.to_crs("EPSG:4523")
        .distance(_metric(case.row["seat_lon"], case.row["seat_lat"]))
        .min()
        > 1
    ),
    "households_against_hamlets": lambda case: (
        case.row["households"]
        > 1.25
        * case.frames["hamlets"].loc[case.frames["hamlets"]["village_code"] == case.row["village_code"], "households"].sum()
    ),
    "treated_without_facility": lambda case: (
        bool(case.row["sewage_treated"])
        and case.row["sewage_household_pct"] < 60
        and not (
            (case.frames["sanitation"]["village_code"] == case.row["village_code"])
            & (case.frames["sanitation"]["facility_type"] == "污水处理站")
        ).any()
    ),
    "facility_denied": lambda case: (
        not case.row["sewage_facility"]
        and case.other["township_code"] == case.row["township_code"]
        and case.other["facility_type"] == "污水处理站"
        and case.other["status"] == "正常"
    ),
    "toilets_against_village": lambda case: (
        case.row["households"] < 0.8 * case.other["households"] and case.row["hh_sanitary"] == case.row["households"]
    ),
    "settlement_outside_village": lambda case: (
        not _village(case.frames, case.row["village_code"])["geometry"].intersects(case.row["geometry"])
    ),
    "built_before_programme": lambda case: case.row["completed_year"] < 2016,
    "hsf_project_of_other_kind": lambda case: (
        case.row["hsf_project_id"] == case.other["project_id"] and case.other["baiyin_item"] != "C2-13"
    ),
    "hsf_abandoned": lambda case: bool(case.row["hsf"]) and bool(case.row["abandoned"]),
    "quantity_against_line": lambda case: (
        case.row["quantity"] > 2 * lengths_m(shapely.get_parts(case.row["geometry"])).sum() / 1_000
    ),
    "done_without_road": lambda case: (
        case.row["status"] == "completed"
        and case.frames["roads"][case.frames["roads"]["surface_type"].isin(["沥青", "水泥"])]
        .covered_by(case.row["geometry"])
        .sum()
        == 0
    ),
    "E20_planning_type": lambda case: (
        case.row["build_nature"] == "新建"
        and case.other["planning_type"] == "搬迁撤并"
        and case.other["village_code"] in case.row["village_codes"]
    ),
    "start_before_plan": lambda case: case.row["start_date"].year < case.row["plan_year"] - 1,
    "E5_rank_twice": lambda case: (
        (case.row["county_code"], case.row["plan_year"], case.row["plan_rank"])
        == (case.other["county_code"], case.other["plan_year"], case.other["plan_rank"])
    ),
    "benefit_above_population": lambda case: (
        case.row["benefit_persons"]
        > case.frames["villages"]
        .loc[case.frames["villages"]["village_code"].isin(case.row["village_codes"]), "pop_registered"]
        .sum()
    ),
    "formed_without_asset": lambda case: (
        case.row["status"] == "asset_formed" and not case.frames["assets"]["project_id"].eq(case.row["project_id"]).any()
    ),
    "E12_maintainer": lambda case: (
        case.row["asset_class"] == "PUB" and pd.isna(case.row["maintainer"]) and pd.isna(case.row["maintenance_fund"])
    ),
    "E13_settlement": lambda case: (
        case.row["asset_class"] == "OPR" and (case.row["source_date"] - case.row["settled_date"]).days > 730
    ),
    "income_on_public_asset": lambda case: case.row["asset_class"] == "PUB" and case.row["annual_income"] > 0,
    "asset_booked_twice": lambda case: (
        case.row["feature_id"] == case.other["feature_id"] and case.row["asset_id"] != case.other["asset_id"]
    ),
    "asset_outside_village": lambda case: (
        not _village(case.frames, case.row["village_code"])["geometry"].intersects(case.row["geometry"])
    ),
    "value_risen": lambda case: case.row["current_value"] > 1.5 * case.row["original_value"],
    "confirmed_without_certificate": lambda case: (
        bool(case.row["confirmed"]) and pd.isna(case.row["certificate_no"]) and case.row["confirmed_date"] is None
    ),
    "E2_notice_short": lambda case: (
        (case.row["end_date"] - case.row["start_date"]).days == 6
        and case.other["project_id"] == case.row["project_id"]
        and case.other["event_type"] == "上报"
        and case.other["start_date"] == case.row["end_date"]
    ),
    "E4_opinion_missing": lambda case: (
        case.row["result"] == "退回"
        and "县审定"
        in set(
            case.frames["project_events"].loc[case.frames["project_events"]["project_id"] == case.row["project_id"], "event_type"]
        )
    ),
    "E5_plan_late": lambda case: case.row["compiled_on"] > dt.date(case.row["plan_year"] - 1, 11, 30),
    "E8_ledger_late": lambda case: (case.row["published_on"] - case.row["built_on"]).days > 7,
    "E8_ledger_short": lambda case: (case.row["published_until"] - case.row["published_on"]).days < 10,
    "E9_copies_differ": lambda case: (
        case.row["asset_id"] == case.other["asset_id"]
        and case.row["level"] != case.other["level"]
        and case.row["current_value"] != case.other["current_value"]
    ),
}


def _row(frames, layer, key):
    if layer is None:
        return None
    frame = frames[layer]
    return frame[frame[LAYERS[layer].key] == key].iloc[0]


def test_the_list_that_ships_is_what_is_planted(area):
    assert len(area.contradictions) >= 30
    pd.testing.assert_frame_equal(planted.shipped(), area.contradictions)


@pytest.mark.parametrize("rule", CHECKS)
def test_the_fault_is_really_there(area, rule):
    row = area.contradictions[area.contradictions["rule"] == rule].iloc[0]
    here = _row(area.frames, row["layer"], row["feature"])
    assert CHECKS[rule](Case(area.frames, here, _row(area.frames, row["other_layer"], row["other_feature"])))


def test_every_planted_rule_is_checked_here(area):
    assert set(area.contradictions["rule"]) == set(CHECKS)
    assert len(RULES) == len(CHECKS)


def test_planting_leaves_the_given_frames_alone(county):
    before = county.frames["hamlets"].copy()
    planted.plant(county.frames)
    pd.testing.assert_frame_equal(county.frames["hamlets"], before)
