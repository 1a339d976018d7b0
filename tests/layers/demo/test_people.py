import shapely

from layers.settlements import size_class


def test_settlements_are_the_published_totals(frames):
    settlements = frames["settlements"]
    assert len(settlements) == 108
    assert int(settlements["households"].sum()) == 12_100
    assert int(settlements["persons_registered_poor"].sum()) == 51_900
    assert (settlements["persons_registered_poor"].map(size_class) == settlements["size_class"]).all()
    assert (settlements["size_class"] != "<800").any()


def test_small_cells_are_suppressed(frames):
    cells = frames["monitored_households"]
    counts = cells.drop(columns=["persons"]).select_dtypes("Int64")
    assert not ((counts >= 1) & (counts < 5)).any(axis=None)
    assert cells.loc[cells["suppressed"], "households"].isna().all()
    assert cells["suppressed"].any()
    assert cells["area_code"].str.len().isin([6, 9, 12]).all()


def test_facilities_stand_at_known_hamlets(frames):
    assert frames["facilities"]["hamlet_id"].isin(set(frames["hamlets"]["hamlet_id"])).all()
    assert frames["facilities"]["facility_type"].nunique() > 5
    areas = frames["villages"].set_index("village_code").geometry.loc[frames["facilities"]["village_code"]].to_numpy()
    assert shapely.intersects(areas, frames["facilities"].geometry.to_numpy()).all()
