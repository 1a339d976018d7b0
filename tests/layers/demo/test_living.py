import shapely


def test_village_toilets_stand_for_every_village_and_have_no_place(county):
    sanitation = county.frames["sanitation"]
    toilets = sanitation[sanitation["facility_type"] == "户厕汇总"]
    villages = county.frames["villages"]
    rural = villages[villages["urban_rural_code"].isin(["210", "220"])].set_index("village_code")
    assert set(toilets["village_code"]) == set(rural.index)
    assert toilets.geometry.isna().all()
    assert (toilets["households"].to_numpy() == rural.loc[toilets["village_code"], "households"].to_numpy()).all()


def test_toilet_rate_is_that_of_the_plan(county):
    sanitation = county.frames["sanitation"]
    known = sanitation[sanitation["hh_sanitary"].notna()]
    rate = known["hh_sanitary"].sum() / known["households"].sum()
    assert abs(rate - county.places.plan.toilet_share) < 0.02


def test_facilities_stand_in_the_village_they_name(county):
    sanitation = county.frames["sanitation"]
    points = sanitation[sanitation.geometry.notna() & (sanitation.geometry.geom_type == "Point")]
    areas = county.frames["villages"].set_index("village_code").geometry.loc[points["village_code"]]
    assert shapely.intersects(areas.to_numpy(), points.geometry.to_numpy()).all()


def test_villages_and_facilities_agree_on_sewage(frames, area):
    planted = set(area.contradictions["feature"])
    villages, sanitation = frames["villages"], frames["sanitation"]
    stations = set(sanitation.loc[sanitation["facility_type"] == "污水处理站", "village_code"])
    denied = villages[villages["sewage_treated"].eq(other=False) & (villages["sewage_household_pct"] >= 60)]
    assert not len(denied)
    own = villages[villages["sewage_treated"].eq(other=True) & villages["urban_rural_code"].eq("220")]
    assert len(own[~own["village_code"].isin(stations | planted)]) < 0.4 * len(own)
