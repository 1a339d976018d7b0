"""Valid files with random damage are read, questioned or refused; nothing else ever comes out of the reader."""

import io
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from layers import files
from layers.schema import PersonError

NAMES = {
    "zip": "a.zip",
    "shp": "a.zip",
    "dbf": "a.zip",
    "shx": "a.zip",
    "gpkg": "a.gpkg",
    "geojson": "a.geojson",
    "kml": "a.kml",
    "fgb": "a.fgb",
    "csv": "a.csv",
    "xlsx": "a.xlsx",
    "sheet": "a.xlsx",
}
INSIDE = {"shp": "a.shp", "dbf": "a.dbf", "shx": "a.shx", "sheet": "xl/worksheets/sheet1.xml"}

changes = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 200)),
        st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=20)),
        st.tuples(st.just("end"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("copy"), st.floats(0, 1), st.floats(0, 1)),
        st.tuples(
            st.just("huge"),
            st.floats(0, 1),
            st.sampled_from(
                [b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff" * 8, b"NaN", b"1e999", b"<!DOCTYPE x>"]
            ),
        ),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data, items):
    found = bytearray(data)
    for kind, place, value in items:
        at = int(place * max(len(found) - 1, 0))
        if kind == "set" and found:
            found[at] = value
        elif kind == "cut":
            del found[at : at + value]
        elif kind == "insert":
            found[at:at] = value
        elif kind == "end":
            del found[at:]
        elif kind == "copy":
            start = int(value * max(len(found) - 1, 0))
            found[at : at + 16] = found[start : start + 16]
        elif kind == "huge":
            found[at : at + len(value)] = value
    return bytes(found)


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """One small valid file of each format, as bytes."""
    folder = tmp_path_factory.mktemp("valid")
    frame = gpd.GeoDataFrame(
        {
            "名称": ["甲村", "乙村", "丙村"],
            "n": [1, 2, 3],
            "x": [1.5, None, 2.5],
            "d": pd.to_datetime(["2024-01-01", None, "2024-03-05"]),
        },
        geometry=[box(104, 36, 105, 37), box(105, 36, 106, 37), box(106, 36, 107, 37)],
        crs=4490,
    )
    lines = frame.set_geometry(
        [LineString([(104, 36), (105, 37)]), LineString([(1, 2), (3, 4), (5, 6)]), Point(104, 36).buffer(0.1).exterior], crs=4490
    )
    lines.drop(columns="d").to_file(folder / "a.shp", encoding="utf-8")
    frame.to_file(folder / "a.gpkg")
    frame.to_file(folder / "a.geojson")
    frame.to_file(folder / "a.fgb")
    frame.drop(columns="geometry").to_csv(folder / "a.csv", index=False)
    frame.drop(columns="geometry").to_excel(folder / "a.xlsx", index=False)
    kml = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>甲</name><ExtendedData><Data name="a"><value>1</value></Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>1,2 3,4 5,2 1,2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>'
    (folder / "a.kml").write_text(kml, "utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.glob("a.*"):
            if path.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                archive.write(path, path.name)
    found = {suffix: (folder / f"a.{suffix}").read_bytes() for suffix in ("gpkg", "geojson", "fgb", "csv", "xlsx", "kml")}
    return found | {"zip": packed.getvalue()}


def with_damaged_part(data, name, items):
    """Damage one file inside an archive and pack it again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            target.writestr(info.filename, damaged(content, items) if info.filename == name else content)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(NAMES))
def test_damaged_files_never_crash_the_reader(valid, tmp_path_factory, kind):
    folder = tmp_path_factory.mktemp("damaged")
    told = []

    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(changes)
    @example([("huge", 0.78125, b"\xff\xff\xff\x7f")])
    def check(items):
        whole = {"sheet": "xlsx", "shp": "zip", "dbf": "zip", "shx": "zip"}.get(kind, kind)
        data = with_damaged_part(valid[whole], INSIDE[kind], items) if kind in INSIDE else damaged(valid[whole], items)
        path = folder / NAMES[kind]
        path.write_bytes(data)
        try:
            files.inspect(path, original_name=NAMES[kind], area_bounds=(103, 35, 108, 38))
            raw = files.read(
                path,
                original_name=NAMES[kind],
                answers=files.Answers(crs="EPSG:4490", encoding="gb18030" if kind == "csv" else None),
            )
        except PersonError as error:
            told.append(str(error))
            return
        assert raw.frame.index.tolist() == list(range(1, len(raw.frame) + 1))
        assert raw.frame.crs == "EPSG:4490"

    check()
    assert not [message for message in told if str(folder) in message]
