"""Faults planted in water, roads, villages, settlements and farmland; each function plants one and says where."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import shapely

from layers.demo.rows import AS_OF

if TYPE_CHECKING:
    from layers.demo.planting import Planted, Planting

STATION = "污水处理站"
HALF_KILOMETRE_DEGREES = 0.009
"""Surely more than 500 m in every direction at these latitudes."""


def e19_class_fits_persons(plant: Planting) -> Planted:
    """A work for more than 10 000 persons booked in the class below."""
    works = plant.frames["water_works"]
    row = plant.pick("water_works", works["work_class"] == "central10k", 500)
    plant.put(row, work_class="central1k")
    return row, None


def e19_type_iii_24h(plant: Planting) -> Planted:
    """A work of type Ⅲ that does not supply 24 hours."""
    works = plant.frames["water_works"]
    row = plant.pick("water_works", works["design_m3d"] >= 1_000, 300)  # noqa: PLR2004 - type Ⅲ
    plant.put(row, continuous24h=False)
    return row, None


def test_date_in_future(plant: Planting) -> Planted:
    """A test dated after the day of the data."""
    works = plant.frames["water_works"]
    row = plant.pick("water_works", (works["work_class"] == "central1k") & works["last_test_date"].notna(), 700)
    plant.put(row, last_test_date=AS_OF + dt.timedelta(days=400))
    return row, None


def quality_against_work(plant: Planting) -> Planted:
    """A hamlet with good water from a work that failed its test."""
    works, service = plant.frames["water_works"], plant.frames["service_areas"]
    work = plant.pick("water_works", works["work_class"] == "central20", 400)
    served = set(service[service["work_id"] == plant.of(work, "work_id")]["hamlet_id"])
    row = plant.pick("hamlets", plant.frames["hamlets"]["hamlet_id"].isin(served))
    plant.put(work, test_ok=False)
    plant.put(row, quality_ok=True)
    return row, work


def mode_against_service(plant: Planting) -> Planted:
    """A hamlet booked on the urban network that cisterns serve."""
    hamlets = plant.frames["hamlets"]
    row = plant.pick("hamlets", (hamlets["supply_mode"] == "dispersed") & (hamlets["population"] >= 60), 600)  # noqa: PLR2004 - not the smallest
    plant.put(row, supply_mode="city_ext")
    return row, None


def served_above_population(plant: Planting) -> Planted:
    """More persons served than live in the hamlet; they are moved to the next hamlet, so the village keeps its total."""
    service, hamlets = plant.frames["service_areas"], plant.frames["hamlets"]
    persons = service["hamlet_id"].map(hamlets.set_index("hamlet_id")["population"])
    row = plant.pick("service_areas", (service["served_persons"] == persons) & (persons > 200) & service.geometry.notna(), 250)  # noqa: PLR2004 - not the smallest
    hamlet = plant.pick("hamlets", hamlets["hamlet_id"] == plant.of(row, "hamlet_id"))
    same = (hamlets["village_code"] == plant.of(hamlet, "village_code")) & (hamlets["supply_mode"] != "dispersed")
    other = plant.pick("hamlets", same)
    moved = int(plant.of(hamlet, "population")) // 4
    plant.put(hamlet, population=int(plant.of(hamlet, "population")) - moved)
    plant.put(other, population=int(plant.of(other, "population")) + moved)
    return row, hamlet


def tap_on_dispersed(plant: Planting) -> Planted:
    """Taps in all houses of a hamlet with dispersed supply."""
    hamlets = plant.frames["hamlets"]
    row = plant.pick("hamlets", (hamlets["supply_mode"] == "dispersed") & (hamlets["households"] > 20), 300)  # noqa: PLR2004 - not the smallest
    plant.put(row, tap_in_house_hh=int(plant.of(row, "households")))
    return row, None


def connected_without_road(plant: Planting) -> Planted:
    """A hamlet booked on a hardened road that has none within 500 m."""
    hamlets, roads = plant.frames["hamlets"], plant.frames["roads"]
    hard = roads[roads["surface_type"].isin(["沥青", "水泥"])].geometry.to_numpy()
    far = shapely.STRtree(hard).query_nearest(hamlets.geometry.to_numpy(), return_distance=True, all_matches=False)[1]
    row = plant.pick("hamlets", (far > HALF_KILOMETRE_DEGREES) & hamlets["hardened_road"].eq(other=False), 500)
    plant.put(row, hardened_road=True)
    return row, None


def class_against_width(plant: Planting) -> Planted:
    """A class II road of 3 m and one lane."""
    roads = plant.frames["roads"]
    row = plant.pick("roads", (roads["tech_class"] == "二级") & (roads["admin_class"] == "省道"), 200)
    plant.put(row, width_m=3.0, lanes=1)
    return row, None


def route_letter_fits_class(plant: Planting) -> Planted:
    """A village road with the letter of county roads."""
    roads = plant.frames["roads"]
    row = plant.pick("roads", (roads["admin_class"] == "村道") & roads["route_no"].notna(), 350)
    plant.put(row, route_no="X" + str(plant.of(row, "route_no"))[1:])
    return row, None


def length_against_line(plant: Planting) -> Planted:
    """A booked length 60 % above the line drawn."""
    roads = plant.frames["roads"]
    row = plant.pick("roads", (roads["admin_class"] == "乡道") & (roads["length_m"] > 2_000), 600)  # noqa: PLR2004 - a long one
    plant.put(row, length_m=round(float(plant.of(row, "length_m")) * 1.6, 1))
    return row, None


def earth_road_all_season(plant: Planting) -> Planted:
    """An earth road booked as passable all year."""
    roads = plant.frames["roads"]
    row = plant.pick("roads", roads["surface_type"] == "土", 500)
    plant.put(row, all_season=True, passability=0.45)
    return row, None


def dual_lane_without_road(plant: Planting) -> Planted:
    """A village booked on a two-lane road that has none at its seat."""
    villages = plant.frames["villages"]
    row = plant.pick("villages", villages["dual_lane"].eq(other=False) & villages["urban_rural_code"].eq("220"), 400)
    plant.put(row, dual_lane=True)
    return row, None


def households_against_hamlets(plant: Planting) -> Planted:
    """A village with 30 % more households than its hamlets have."""
    villages = plant.frames["villages"]
    row = plant.pick("villages", villages["urban_rural_code"].eq("220") & (villages["households"] > 200), 250)  # noqa: PLR2004 - not the smallest
    plant.put(row, households=round(int(plant.of(row, "households")) * 1.3))
    return row, None


def treated_without_facility(plant: Planting) -> Planted:
    """A village whose sewage is booked as treated, without a facility and with 12 % of households."""
    villages, sanitation = plant.frames["villages"], plant.frames["sanitation"]
    stations = set(sanitation[sanitation["facility_type"] == STATION]["village_code"])
    bare = villages["sewage_treated"].eq(other=False) & ~villages["village_code"].isin(stations)
    row = plant.pick("villages", villages["urban_rural_code"].eq("220") & bare, 700)
    plant.put(row, sewage_treated=True, sewage_household_pct=12.0)
    return row, None


def facility_denied(plant: Planting) -> Planted:
    """A township booked without a sewage facility in which a working station stands."""
    townships, sanitation = plant.frames["townships"], plant.frames["sanitation"]
    works = (sanitation["facility_type"] == STATION) & (sanitation["status"] == "正常")
    has = townships["township_code"].isin(set(sanitation[works]["township_code"]))
    row = plant.pick("townships", townships["sewage_facility"].eq(other=True) & has, 500)
    station = plant.pick("sanitation", works & (sanitation["township_code"] == plant.of(row, "township_code")))
    plant.put(row, sewage_facility=False)
    return row, station


def toilets_against_village(plant: Planting) -> Planted:
    """A toilet ledger that counts 70 % of the village's households and so reaches 100 %."""
    sanitation, villages = plant.frames["sanitation"], plant.frames["villages"]
    row = plant.pick("sanitation", (sanitation["facility_type"] == "户厕汇总") & sanitation["hh_sanitary"].notna(), 800)
    village = plant.pick("villages", villages["village_code"] == plant.of(row, "village_code"))
    homes = round(int(plant.of(row, "households")) * 0.7)
    plant.put(row, households=homes, hh_sanitary=homes, hh_harmless=homes)
    return row, village


def settlement_outside_village(plant: Planting) -> Planted:
    """A settlement that does not lie in the village it names."""
    settlements, villages = plant.frames["settlements"], plant.frames["villages"]
    row = plant.pick("settlements", settlements["setting"] == "农村", 300)
    county = villages["county_code"] == plant.of(row, "county_code")
    away = villages[county & (villages["village_code"] != plant.of(row, "village_code"))]
    plant.put(row, village_code=str(away["village_code"].iloc[0]), township_code=str(away["township_code"].iloc[0]))
    return row, None


def built_before_programme(plant: Planting) -> Planted:
    """A settlement of 2016–2020 booked as built in 2014."""
    row = plant.pick("settlements", plant.frames["settlements"]["households"] > 0, 800)
    plant.put(row, completed_year=2014)
    return row, None


def hsf_project_of_other_kind(plant: Planting) -> Planted:
    """High-standard farmland that comes from a toilet project."""
    farmland, projects = plant.frames["farmland"], plant.frames["projects"]
    row = plant.pick("farmland", farmland["hsf"].eq(other=True), 500)
    county = projects["county_code"] == plant.of(row, "county_code")
    project = plant.pick("projects", county & (projects["baiyin_item"] == "C5-1"))
    plant.put(row, hsf_project_id=plant.of(project, "project_id"))
    return row, project


def hsf_abandoned(plant: Planting) -> Planted:
    """High-standard farmland booked as abandoned."""
    farmland = plant.frames["farmland"]
    row = plant.pick("farmland", farmland["hsf"].eq(other=True) & farmland["permanent_basic"], 250)
    plant.put(row, abandoned=True)
    return row, None


FAULTS = (
    e19_class_fits_persons,
    e19_type_iii_24h,
    test_date_in_future,
    quality_against_work,
    mode_against_service,
    served_above_population,
    tap_on_dispersed,
    connected_without_road,
    class_against_width,
    route_letter_fits_class,
    length_against_line,
    earth_road_all_season,
    dual_lane_without_road,
    households_against_hamlets,
    treated_without_facility,
    facility_denied,
    toilets_against_village,
    settlement_outside_village,
    built_before_programme,
    hsf_project_of_other_kind,
    hsf_abandoned,
)
