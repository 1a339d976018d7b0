from decimal import Decimal

import shapely

from layers.demo.budget import BAIYIN_COUNTIES, budget_of, published
from layers.demo.plan import plan_of
from layers.demo.projects import items
from layers.projects import funding_total, missing_fields

YI = Decimal(10_000)


def _sum(values):
    return sum((Decimal(str(value)) for value in values), Decimal(0))


def test_projects_reproduce_the_published_totals_exactly(frames):
    projects = frames["projects"]
    assert len(projects) == 1_194
    assert _sum(projects["budget_total"]) / YI == Decimal("289.30")
    for place, (name, amount) in enumerate(published("category").items(), 1):
        own = projects.loc[projects["baiyin_category"] == f"C{place}", "budget_total"]
        assert _sum(own) == amount, name
    for name, amount in published("county").items():
        own = projects.loc[projects["county_code"] == BAIYIN_COUNTIES[name], "budget_total"]
        assert _sum(own) == amount, name


def test_the_published_amounts_are_those_of_the_plan():
    assert {name: Decimal(amount) / YI for name, amount in published("county").items()} == {
        "会宁县": Decimal("110.28"),
        "靖远县": Decimal("103.76"),
        "景泰县": Decimal("60.04"),
        "白银区": Decimal("11.07"),
        "平川区": Decimal("4.15"),
    }
    assert sum(published("category").values()) == sum(published("county").values()) == 2_893_000


def test_every_project_is_whole_and_its_funds_add_up(frames):
    for row in frames["projects"].to_dict("records"):
        assert missing_fields(row) == ()
        assert funding_total(row) == Decimal(str(row["budget_total"]))
        assert row["start_date"] <= row["end_date"]


def test_projects_name_villages_that_are_there(frames):
    known = set(frames["villages"]["village_code"])
    assert all(set(codes) <= known and codes for codes in frames["projects"]["village_codes"])


def test_roads_are_lines_and_works_are_points_or_areas(frames):
    projects = frames["projects"]
    kinds = projects["baiyin_item"].fillna("C7").map(lambda item: items()[item].geometry)
    types = projects.geometry.geom_type
    assert types[kinds == "road"].isin(["LineString", "MultiLineString"]).mean() > 0.97
    assert projects.geometry[kinds == "none"].isna().all()
    assert (types[kinds == "water"] == "Point").all()
    assert shapely.is_valid(projects.geometry.dropna().to_numpy()).all()


def test_projects_go_where_something_lacks_but_not_everywhere(frames):
    hamlets = frames["hamlets"]
    lacking = set(hamlets.loc[hamlets["hardened_road"].eq(other=False), "village_code"])
    active = frames["projects"]["status"].isin(["in_library", "annual_plan", "implementing"])
    roads = frames["projects"][active & frames["projects"]["baiyin_item"].isin(["C4-1", "C3-3"])]
    named = {code for codes in roads["village_codes"] for code in codes}
    met = len(lacking & named) / len(lacking)
    assert 0.1 < met < 0.95
    assert len(named & lacking) / len(named) > 0.6


def test_another_county_has_a_budget_too():
    found = budget_of("430421", plan_of("430421", 200))
    assert found.counts.sum() == 340
    assert found.amounts.sum() == 340 * 242
