import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from layers.demo.network import CLASSES


def test_the_whole_network_hangs_together(frames):
    lines = frames["roads"].geometry.to_numpy()
    ends = np.round([(line.coords[0], line.coords[-1]) for line in lines], 7)
    nodes, number = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    links = number.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(links)), links.T), shape=(len(nodes),) * 2)
    assert connected_components(graph, directed=False)[0] == 1


def test_roads_are_noded_they_do_not_cross(frames):
    for _, roads in frames["roads"].groupby("county_code"):
        lines = roads.geometry.to_numpy()
        assert shapely.is_simple(lines).all()
        one, _ = shapely.STRtree(lines).query(lines, predicate="crosses")
        assert not len(one)


def test_every_class_is_there_and_higher_classes_are_shorter(frames):
    roads = frames["roads"]
    km = roads.groupby("admin_class")["length_m"].sum() / 1_000
    assert set(km.index) == set(CLASSES)
    assert km["国道"] < km["乡道"]
    rural = roads[roads["admin_class"].isin(["县道", "乡道", "村道"])]
    graded = rural.loc[rural["tech_class"] != "等外", "length_m"].sum() / rural["length_m"].sum()
    paved = rural.loc[rural["surface_type"].isin(["沥青", "水泥"]), "length_m"].sum() / rural["length_m"].sum()
    assert 0.9 < graded < 1
    assert 0.85 < paved < 0.97


def test_every_village_seat_has_a_hardened_road_and_some_hamlets_have_none(county, frames):
    seat = county.facts["node_of_village"]
    roads = county.roads
    hard = np.zeros(len(roads.nodes), dtype=bool)
    hard[roads.ends[county.facts["road"]["paved"]]] = True
    assert hard[seat].all()
    known = frames["hamlets"]["hardened_road"].dropna()
    assert 0.7 < known.mean() < 0.95


def test_lengths_are_those_of_the_ellipsoid(frames):
    roads = frames["roads"].head(200)
    metric = roads.to_crs("EPSG:4523").length
    assert (np.abs(metric / roads["length_m"] - 1).drop(metric.index[metric < 50]) < 2e-3).mean() > 0.98
