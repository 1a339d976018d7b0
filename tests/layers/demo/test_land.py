import numpy as np
import shapely


def test_parcels_do_not_overlap_and_lie_in_their_village(frames):
    parcels = frames["farmland"]
    shapes = parcels.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    one, _ = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert not len(one)
    areas = frames["villages"].set_index("village_code").geometry.loc[parcels["village_code"]].to_numpy()
    assert shapely.covers(areas, shapes).all()


def test_areas_agree_with_the_drawing_and_each_other(frames):
    parcels = frames["farmland"]
    metric = parcels.to_crs("+proj=laea +lat_0=36.5 +lon_0=104.5 +ellps=GRS80").area
    assert np.abs(metric / parcels["area_m2"] - 1).max() < 1e-3
    assert np.abs(parcels["area_m2"] / parcels["area_mu"] - 10_000 / 15).max() < 0.2
    assert parcels.loc[parcels["hsf"], "hsf_year"].notna().all()
    assert 0.2 < parcels.loc[parcels["hsf"], "area_m2"].sum() / parcels["area_m2"].sum() < 0.6
