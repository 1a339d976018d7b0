import numpy as np
import shapely

from layers.demo.plan import BAIYIN, plan_of


def test_the_split_of_the_plan_adds_up_to_its_published_totals():
    plans = BAIYIN.values()
    assert sum(plan.central_persons for plan in plans) == 1_232_300
    assert sum(plan.central_households for plan in plans) == 314_200
    assert sum(plan.works for plan in plans) == 65
    assert sum(plan.settlements for plan in plans) == 108
    assert sum(plan.settlement_households for plan in plans) == 12_100
    assert sum(plan.settlement_persons for plan in plans) == 51_900
    assert sum(plan.former_poor for plan in plans) == 302


def test_any_county_has_a_plan():
    plan = plan_of("430421", 300)
    assert plan.works >= 4
    assert plan.central_persons == 300 * 1_755
    assert plan_of("430421", 300) == plan


def test_counts_of_villages_communities_and_townships(frames):
    villages = frames["villages"]
    rural = villages["urban_rural_code"].isin(["210", "220"])
    assert (int(rural.sum()), int((~rural).sum()), len(frames["townships"]), len(frames["counties"])) == (702, 158, 78, 5)
    assert rural.groupby(villages["county_code"]).sum().to_dict() == {
        "620402": 45,
        "620403": 61,
        "620421": 177,
        "620422": 284,
        "620423": 135,
    }
    assert int(villages["former_poor_village"].sum()) == 302
    assert len(frames["hamlets"]) > 4_000


def test_villages_tile_townships_and_counties(frames):
    villages, townships, counties = frames["villages"], frames["townships"], frames["counties"]
    for code, outline in zip(counties["county_code"], counties.geometry, strict=True):
        for layer in (villages, townships):
            own = layer.geometry[layer["county_code"] == code].to_numpy()
            assert shapely.is_valid(own).all()
            assert abs(shapely.area(own).sum() - outline.area) < 1e-6 * outline.area
            one, _ = shapely.STRtree(own).query(own, predicate="overlaps")
            assert not len(one)
    for code, outline in zip(townships["township_code"], townships.geometry, strict=True):
        own = villages.geometry[villages["township_code"] == code]
        assert abs(shapely.area(own.to_numpy()).sum() - outline.area) < 1e-6 * outline.area


def test_every_hamlet_lies_in_its_village(frames):
    areas = frames["villages"].set_index("village_code").geometry
    hamlets = frames["hamlets"]
    shapes = areas.loc[hamlets["village_code"]].to_numpy()
    assert shapely.intersects(shapes, hamlets.geometry.to_numpy()).all()
    assert hamlets["hamlet_id"].str.slice(0, 12).eq(hamlets["village_code"]).all()


def test_persons_and_households_are_the_published_totals(frames):
    works = frames["water_works"]
    central = works["work_class"] != "dispersed"
    assert int(works.loc[central, "served_population"].sum()) == 1_232_300
    assert int(central.sum()) == 65
    hamlets = frames["hamlets"]
    assert int(hamlets["population"].sum()) == sum(
        p.central_persons + p.dispersed_persons + p.unserved_persons for p in BAIYIN.values()
    )
    assert (hamlets["households"] <= hamlets["population"]).all()


def test_townships_lie_together(county):
    villages = county.places.villages
    for number in range(len(county.places.county.townships)):
        own = villages.area[villages.township == number]
        assert len(shapely.get_parts(shapely.union_all(own))) <= 1 + len(own) // 2
    assert len(np.unique(county.places.township_seat)) == len(county.places.county.townships)
