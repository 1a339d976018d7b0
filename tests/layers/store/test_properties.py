"""What must hold for any text, number, date, list and geometry: written, it is read back the same."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import frames
from layers.store import Condition, Insert, open_store

TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", "村“民”", "O'Neil; DROP TABLE wells;--", "😀🏔️", "a\nb\tc", "\\", "NULL", "nan", "0", "𠮷野家"]),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20),
)
NUMBER = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.1, -0.0, 1e-308, 1.7e308]))
INTEGER = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
DATE = st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
MEMBER = st.one_of(TEXT.filter(lambda value: value is not None), st.integers(-(2**53), 2**53), st.booleans(), st.none())
LIST = st.one_of(st.none(), st.lists(st.one_of(MEMBER, st.dictionaries(st.sampled_from(["code", "金额"]), MEMBER)), max_size=4))


def _degrees(limit):
    """Degrees that are 0 or at least 1e-30: the rtree rounds what is smaller than a 32-bit float to 0, on either side."""
    return st.floats(-limit, limit).map(lambda value: value if abs(value) > 1e-30 else 0.0)


LON, LAT = _degrees(180), _degrees(90)
POINT = st.one_of(st.none(), st.builds(shapely.Point, LON, LAT))
PAIRS = st.lists(st.tuples(LON, LAT), min_size=2, max_size=6)
LINE = st.one_of(
    st.none(),
    st.builds(shapely.LineString, PAIRS),
    st.lists(PAIRS, min_size=1, max_size=3).map(shapely.MultiLineString),
)
ROWS = st.lists(st.tuples(TEXT, NUMBER, INTEGER, st.one_of(st.none(), st.booleans()), DATE, LIST, POINT), min_size=1, max_size=6)


def _wells(rows):
    columns = list(zip(*rows, strict=True))

    def plain(values):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column

    return gpd.GeoDataFrame(
        {
            "well_id": [f"k{n}" for n in range(len(rows))],
            "name": plain(columns[0]),
            "depth_m": [np.nan if value is None else value for value in columns[1]],
            "persons": pd.array(columns[2], dtype="Int64"),
            "tested": pd.array(columns[3], dtype="boolean"),
            "dug_on": plain(columns[4]),
            "uses": plain(columns[5]),
        },
        geometry=plain(columns[6]),
        crs="EPSG:4490",
    )


def _check(store, rows, change):
    given_frame = _wells(rows)
    store.apply(change(Insert("wells", given_frame)))
    expected = frames.conform(given_frame, store.layers["wells"])
    for found in (store.read("wells"), store.frame("wells"), store.frame("wells")):
        assert found.crs == "EPSG:4490"
        assert shapely.to_wkb(found.geometry.array).tolist() == shapely.to_wkb(expected.geometry.array).tolist()
        for name in ("well_id", "name", "depth_m", "persons", "tested", "dug_on", "uses"):
            pd.testing.assert_series_equal(found[name], expected[name], check_index=False, check_exact=True)
    assert store.verify() == []
    for text in {row[0] for row in rows if row[0] is not None}:
        expected_count = sum(row[0] == text for row in rows)
        assert store.count("wells", [Condition("name", "=", text)]) == expected_count
        assert store.count("wells", [Condition("name", "contains", text)]) >= expected_count
    store.undo(store.version("wells"), who="a", bureau="b", reason="c")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_written_to_a_geopackage_is_read_back(rows, tmp_path_factory, layers, change):
    with open_store(tmp_path_factory.mktemp("write") / "s.gpkg", create=True, layers=layers) as store:
        _check(store, rows, change)


@pytest.mark.postgis
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_written_to_postgis_is_read_back(rows, postgis_store, change):
    _check(postgis_store, rows, change)


@pytest.fixture
def postgis_store(postgis_schema, layers, tmp_path):
    with open_store(postgis_schema, create=True, layers=layers, snapshots=tmp_path / "s") as store:
        yield store


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=st.lists(LINE, min_size=1, max_size=5), box=st.tuples(LON, LAT, LON, LAT))
def test_lines_and_boxes(shapes, box, tmp_path_factory, layers, change):
    column = np.empty(len(shapes), dtype=object)
    column[:] = shapes
    west, south, east, north = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    with open_store(tmp_path_factory.mktemp("lines") / "s.gpkg", create=True, layers=layers) as store:
        frame = pd.DataFrame({"track_id": [str(n) for n in range(len(shapes))], "geometry": column})
        store.apply(change(Insert("tracks", frame)))
        assert store.read("tracks").geometry.tolist() == shapes
        bounds = shapely.bounds(column)
        with np.errstate(invalid="ignore"):
            meets = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
        found = store.read("tracks", bbox=(west, south, east, north))
        assert found["track_id"].tolist() == [str(n) for n in np.flatnonzero(meets)]
        assert store.verify() == []
