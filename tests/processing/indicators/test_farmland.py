"""High-standard farmland by area on the ellipsoid."""

import pytest
from shapely import box

from processing import crs
from processing.indicators.example import context, frame
from processing.indicators.farmland import high_standard_share


def parcels(**columns):
    count = len(next(iter(columns.values())))
    return frame("parcel_id", [box(104 + row / 100, 36, 104.01 + row / 100, 36.01) for row in range(count)], **columns)


def test_only_cultivated_land_counts():
    rows = parcels(land_code=["0101", "0103", "0301", None], hsf=[True, None, True, True])
    found = high_standard_share({"farmland": rows}, context())
    assert found["missing"].tolist() == [None, "unknown", None]
    assert found["denominator"].isna().tolist() == [False, False, True]
    assert found["denominator"].iloc[0] == pytest.approx(crs.area_m2(rows).iloc[0])


def test_a_parcel_without_outline_counts_its_stated_area():
    rows = parcels(land_code=["0102"], hsf=[False], area_m2=[6666.7])
    rows.geometry = [None]
    found = high_standard_share({"farmland": rows}, context()).iloc[0]
    assert (found["denominator"], found["missing"], found["shortfall"]) == (6666.7, "not_high_standard", 6666.7)


def test_no_layer_no_units():
    assert high_standard_share({}, context()).empty
