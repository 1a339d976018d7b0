def test_assets_of_three_classes_tied_to_projects_and_features(frames):
    assets = frames["assets"]
    assert set(assets["asset_class"]) == {"OPR", "PUB", "HHD"}
    assert assets["project_id"].dropna().isin(set(frames["projects"]["project_id"])).all()
    assert 0.8 < assets["confirmed"].mean() < 0.95
    keys = {
        "road": set(frames["roads"]["segment_id"]),
        "water": set(frames["water_works"]["work_id"]),
        "sanitation": set(frames["sanitation"]["facility_id"]),
        "farmland": set(frames["farmland"]["parcel_id"]),
        "settlement": set(frames["settlements"]["settlement_id"]),
    }
    for kind, feature in zip(assets["feature_type"].dropna(), assets["feature_id"].dropna(), strict=True):
        assert feature in keys[kind]


def test_roads_name_their_asset(county):
    roads, assets = county.frames["roads"], county.frames["assets"]
    linked = assets[assets["feature_type"] == "road"].set_index("feature_id")["asset_id"]
    named = roads.set_index("segment_id")["asset_id"].dropna()
    assert named.to_dict() == linked.to_dict()


def test_the_asset_of_a_project_is_of_its_county_and_not_worth_more(frames):
    projects = frames["projects"].set_index("project_id")
    own = frames["assets"][frames["assets"]["project_id"].notna()]
    of = projects.loc[own["project_id"]]
    assert (of["county_code"].to_numpy() == own["county_code"].to_numpy()).all()
    assert (own["original_value"].to_numpy() <= of["budget_total"].to_numpy()).all()


def test_what_the_sources_paid_is_what_the_asset_cost(frames):
    assets = frames["assets"]
    for value, sources in zip(assets["original_value"], assets["fund_sources"], strict=True):
        assert round(sum(item["amount_wan_yuan"] for item in sources), 2) == value
    events = frames["project_events"]
    spent = events[events["event_type"] == "支出"].groupby("project_id")["amount"].sum().round(2)
    own = assets[assets["project_id"].notna()].groupby("project_id")["original_value"].sum().round(2)
    assert (spent.reindex(own.index) == own).mean() > 0.99  # but for what is planted
