"""What a change does to a feature, in words and metres."""

import pytest
import shapely
from pyproj import Geod

from geo_app.actions.diff import describe
from layers.catalogue import layer

GEOD = Geod(ellps="GRS80")
ROADS, FARMLAND, HAMLETS = layer("roads"), layer("farmland"), layer("hamlets")
LINE = shapely.LineString([(104, 36), (104, 36.01)])


def test_added_removed_and_changed():
    row = {"name": "甲路", "geometry": LINE}
    assert describe(ROADS, None, row).kind == "added"
    assert describe(ROADS, row, None).kind == "removed"
    changed = describe(ROADS, row, row | {"name": "乙路"})
    assert (changed.kind, changed.fields, changed.moved_m, changed.geometry_changed) == (
        "changed",
        (("name", "甲路", "乙路"),),
        0.0,
        False,
    )
    with pytest.raises(ValueError, match="one side"):
        describe(ROADS, None, None)


def test_a_moved_point_has_neither_length_nor_area():
    found = describe(HAMLETS, {"geometry": shapely.Point(104, 36)}, {"geometry": shapely.Point(104.001, 36)})
    assert found.moved_m == pytest.approx(GEOD.inv(104, 36, 104.001, 36)[2], rel=1e-6)
    assert found.length.difference is None
    assert found.area.difference is None


def test_length_of_a_longer_road_comes_from_the_ellipsoid():
    longer = shapely.LineString([(104, 36), (104, 36.02)])
    found = describe(ROADS, {"geometry": LINE}, {"geometry": longer})
    assert found.length.before == pytest.approx(GEOD.geometry_length(LINE), rel=1e-7)
    assert found.length.difference == pytest.approx(GEOD.geometry_length(longer) - GEOD.geometry_length(LINE), rel=1e-6)


def test_area_of_a_larger_parcel_comes_from_the_ellipsoid():
    old, new = shapely.box(104, 36, 104.001, 36.001), shapely.box(104, 36, 104.002, 36.001)
    found = describe(FARMLAND, {"geometry": old}, {"geometry": new})
    assert found.area.before == pytest.approx(abs(GEOD.geometry_area_perimeter(old)[0]), rel=1e-6)
    assert found.area.difference == pytest.approx(found.area.before, rel=1e-3)


def test_a_geometry_that_comes_or_goes_did_not_move():
    found = describe(ROADS, {"geometry": None}, {"geometry": LINE})
    assert (found.moved_m, found.length.before) == (None, None)
    assert found.length.difference == pytest.approx(found.length.after)
    assert found.geometry_changed
