"""Computed fields follow the geometry through every way of writing, and stand where somebody stated them."""

import geopandas as gpd
import pytest
import shapely
from pyproj import Geod

from layers.catalogue import LAYERS
from layers.store import Change, Insert, Replace, Update, open_store

GEOD = Geod(a=6378137.0, rf=298.257222101)
LINE, LONGER = shapely.LineString([(104, 36), (104.01, 36)]), shapely.LineString([(104, 36), (104.01, 36), (104.01, 36.02)])
FIELD, WIDER = shapely.box(104, 36, 104.002, 36.002), shapely.box(104, 36, 104.004, 36.002)


@pytest.fixture
def whole(where):
    """A store with the layers of the dictionary."""
    with open_store(where, create=True) as opened:
        yield opened


def apply(store, *edits):
    return store.apply(Change("李工", "交通局", "试", edits))


def rows(layer, geometry, **values):
    key = LAYERS[layer].key
    return Insert(
        layer, gpd.GeoDataFrame({key: ["K1"], **{name: [value] for name, value in values.items()}}, geometry=[geometry], crs=4490)
    )


def only(store, layer):
    found = store.read(layer)
    assert len(found) == 1
    return store.get(layer, found["id"].iloc[0])


def length(line):
    lons, lats = line.xy
    return GEOD.line_length(lons, lats)


def area(polygon):
    lons, lats = polygon.exterior.xy
    return abs(GEOD.polygon_area_perimeter(lons, lats)[0])


def test_length_follows_the_line_and_an_undo(whole):
    apply(whole, rows("roads", LINE))
    road = only(whole, "roads")
    assert road["length_m"] == pytest.approx(length(LINE), abs=0.06)
    changed = apply(whole, Update("roads", road["id"], 1, {}, LONGER))
    assert only(whole, "roads")["length_m"] == pytest.approx(length(LONGER), abs=0.06)
    assert whole.history("roads", road["id"])[-1].after["length_m"] == only(whole, "roads")["length_m"]
    whole.undo(changed.change_id, who="李工", bureau="交通局", reason="撤")
    assert only(whole, "roads")["length_m"] == road["length_m"]


def test_a_stated_length_stays_until_the_line_moves(whole):
    apply(whole, rows("roads", LINE, length_m=1234.5))
    road = only(whole, "roads")
    assert road["length_m"] == 1234.5
    apply(whole, Update("roads", road["id"], 1, {"name": "改名"}))
    assert only(whole, "roads")["length_m"] == 1234.5
    apply(whole, Update("roads", road["id"], 2, {}, LONGER))
    assert only(whole, "roads")["length_m"] == pytest.approx(length(LONGER), abs=0.06)


def test_a_layer_that_is_replaced_is_measured_anew(whole):
    apply(whole, rows("roads", LINE))
    apply(whole, Replace("roads", rows("roads", LONGER).frame))
    assert only(whole, "roads")["length_m"] == pytest.approx(length(LONGER), abs=0.06)


def test_area_and_mu_follow_the_parcel(whole):
    apply(whole, rows("farmland", FIELD))
    parcel = only(whole, "farmland")
    assert parcel["area_m2"] == pytest.approx(area(FIELD), abs=0.06)
    assert parcel["area_mu"] == pytest.approx(area(FIELD) * 15 / 10_000, abs=0.006)
    apply(whole, Update("farmland", parcel["id"], 1, {}, WIDER))
    assert only(whole, "farmland")["area_mu"] == pytest.approx(area(WIDER) * 15 / 10_000, abs=0.006)


def test_a_hole_is_no_surface(whole):
    holed = shapely.Polygon(FIELD.exterior.coords, [shapely.box(104.0005, 36.0005, 104.0015, 36.0015).exterior.coords])
    apply(whole, rows("farmland", holed))
    inner = area(shapely.box(104.0005, 36.0005, 104.0015, 36.0015))
    assert only(whole, "farmland")["area_m2"] == pytest.approx(area(FIELD) - inner, abs=0.1)


def test_size_class_follows_the_persons_and_unknown_stays_unknown(whole):
    apply(whole, rows("settlements", shapely.Point(104, 36), name="新村"))
    place = only(whole, "settlements")
    assert place["size_class"] is None
    apply(whole, Update("settlements", place["id"], 1, {"persons_registered_poor": 799}))
    assert only(whole, "settlements")["size_class"] == "<800"
    apply(whole, Update("settlements", place["id"], 2, {"persons_registered_poor": 800}))
    assert only(whole, "settlements")["size_class"] == "800-2999"
