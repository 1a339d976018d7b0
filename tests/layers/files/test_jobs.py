"""What a reading child does, run here without the lock-down, on files of our own making: each branch of each format."""

import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon

from layers.files import jobs, plain_table
from layers.files.errors import LimitExceededError, UnreadableFileError
from layers.files.plain_table import GEOMETRY_COLUMN, PlainTable
from layers.files.questions import Answers, Limits
from layers.files.shapefile_gate import check_shapefile
from layers.files.vector_files import check_kml, read_vector, unique_names

FRAME = gpd.GeoDataFrame(
    {"名称": ["甲", "乙"], "n": pd.array([1, 2]), "x": [1.5, np.nan], "day": ["2024-01-01", None]},
    geometry=[Point(104, 36), Point(105, 36)],
    crs=4490,
)
REQUEST = {"job": "read", "answers": {}, "limits": {}}


def shape(folder, frame=None, **options):
    (FRAME if frame is None else frame).to_file(folder / "upload.shp", **({"encoding": "utf-8"} | options))
    return folder / "upload.shp"


@pytest.mark.parametrize("kind", ["gpkg", "fgb", "geojson"])
def test_every_kind(tmp_path, kind):
    path = tmp_path / f"upload.{kind}"
    FRAME.to_file(path)
    table = jobs.read_file(path, kind, Answers(), Limits())
    assert table.rows == 2
    assert set(table.columns) == {"名称", "n", "x", "day"}
    assert sorted(shapely.from_wkb(raw).x for raw in table.geometry) == [104, 105]
    assert table.encoding == "utf-8"


def test_shapefile_and_its_refusals(tmp_path):
    path = shape(tmp_path)
    table = jobs.read_file(path, "shp", Answers(), Limits())
    assert table.columns["名称"] == ["甲", "乙"]
    assert table.crs == "EPSG:4490"
    with pytest.raises(LimitExceededError, match="features"):
        check_shapefile(path, Limits(features=1))
    with pytest.raises(LimitExceededError, match="fields"):
        check_shapefile(path, Limits(fields=2))
    data = path.read_bytes()
    for at, value, word in ((32, 99, "kind of shape"), (108, 77, "kind of shape"), (24, 1, "another length"), (0, 5, "no part")):
        path.write_bytes(data[:at] + struct.pack("<i", value) + data[at + 4 :])
        with pytest.raises(UnreadableFileError, match=word):
            read_vector(path, "shp", Answers(), Limits())


@pytest.mark.parametrize(
    "geometry", [MultiPoint([(0, 0), (1, 1)]), LineString([(0, 0), (1, 1)]), Polygon([(0, 0), (1, 0), (1, 1)])]
)
def test_shapefile_records_that_claim_too_much(tmp_path, geometry):
    path = shape(tmp_path, gpd.GeoDataFrame({"n": [1]}, geometry=[geometry], crs=4490))
    check_shapefile(path, Limits())
    data = path.read_bytes()
    at = 144 if geometry.geom_type == "MultiPoint" else 148
    path.write_bytes(data[:at] + struct.pack("<i", 10**6) + data[at + 4 :])
    with pytest.raises(UnreadableFileError, match="more points"):
        check_shapefile(path, Limits())


def test_shapefile_in_gbk_without_a_word_carries_a_question(tmp_path):
    path = shape(tmp_path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table = jobs.read_file(path, "shp", Answers(), Limits())
    assert table.encoding is None
    assert table.encoding_question["choices"][0][0] == "gb18030"
    assert jobs.read_file(path, "shp", Answers(encoding="gbk"), Limits()).columns["名称"] == ["甲", "乙"]


def test_kml(tmp_path):
    path = tmp_path / "upload.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>n</name><Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>',
        "utf-8",
    )
    assert jobs.read_file(path, "kml", Answers(), Limits()).crs == "OGC:CRS84"
    for text, word in (
        ("<gpx/>", "root"),
        ("<kml>", "well-formed"),
        ("<!DOCTYPE kml><kml/>", "DOCTYPE"),
        ("<kml>" + "<a>" * 99, "deeper"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(UnreadableFileError, match=word):
            check_kml(path)


def test_layers_and_limits(tmp_path):
    path = tmp_path / "upload.gpkg"
    FRAME.to_file(path, layer="a")
    FRAME.to_file(path, layer="b")
    assert jobs.read_file(path, "gpkg", Answers(), Limits()).layer_question
    assert jobs.read_file(path, "gpkg", Answers(layer="b"), Limits()).layer == "b"
    for limits, word in ((Limits(features=1), "features"), (Limits(fields=1), "fields"), (Limits(vertices=1), "vertices")):
        with pytest.raises(LimitExceededError, match=word):
            jobs.read_file(path, "gpkg", Answers(layer="a"), limits)
    with pytest.raises(UnreadableFileError, match="no layer 'c'"):
        jobs.read_file(path, "gpkg", Answers(layer="c"), Limits())
    junk = tmp_path / "upload.fgb"
    junk.write_bytes(b"fgb\x03fgb\x00" + b"\xff" * 100)
    with pytest.raises(UnreadableFileError, match="FlatGeobuf"):
        jobs.read_file(junk, "fgb", Answers(), Limits())


def test_tables(tmp_path):
    path = tmp_path / "upload.csv"
    path.write_bytes("a;名\r\n1;甲\r\n\r\n2\r\n3;乙;more\r\n".encode("gb18030"))
    table = jobs.read_file(path, "csv", Answers(encoding="gb18030"), Limits())
    assert table.columns == {"a": ["1", "2", "3"], "名": ["甲", None, "乙"]}
    assert len(table.notes) == 1
    assert jobs.read_file(path, "csv", Answers(), Limits()).encoding_question is not None
    book = tmp_path / "upload.xlsx"
    pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_excel(book, index=False)
    assert jobs.read_file(book, "xlsx", Answers(), Limits()).columns == {"a": [1, 2], "b": ["x", None]}
    for limits, word in ((Limits(features=1), "features"), (Limits(fields=1), "fields")):
        for found, kind in ((path, "csv"), (book, "xlsx")):
            with pytest.raises(LimitExceededError, match=word):
                jobs.read_file(found, kind, Answers(encoding="gb18030"), limits)
    book.write_bytes(b"PK\3\4junk")
    with pytest.raises(UnreadableFileError, match="XLSX"):
        jobs.read_file(book, "xlsx", Answers(), Limits())


def test_messages_of_a_job(tmp_path):
    path = tmp_path / "upload.csv"
    path.write_text("a,b\n1,\n2,x\n", "utf-8")
    request = REQUEST | {"kind": "csv", "path": str(path)}
    header, stream = plain_table.split(jobs.run(request, {}))
    assert header["status"] == "ok"
    table, arrow = plain_table.decode(header, stream, "CSV")
    assert table.rows == 2
    assert arrow.column("c1").to_pylist() == [None, "x"]
    header, _ = plain_table.split(jobs.run(request | {"limits": {"features": 1}}, {}))
    assert header == {"status": "limit", "limit": "features", "value": 1, "unit": "rows", "found": 2}
    path.write_bytes(b"\0")
    assert plain_table.split(jobs.run(request, {}))[0]["status"] == "unreadable"
    assert plain_table.split(jobs.run({"job": "protection"}, {"seccomp": True}))[0]["held"] == {"seccomp": True}


def test_mending(tmp_path):
    path = tmp_path / "geometries.arrow"
    bowtie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    table = pa.table({GEOMETRY_COLUMN: pa.array(shapely.to_wkb([bowtie]).tolist(), pa.binary())})
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    header, stream = plain_table.split(jobs.run(REQUEST | {"job": "mend", "kind": "geometries", "path": str(path)}, {}))
    _, arrow = plain_table.decode(header, stream, "geometries")
    assert shapely.from_wkb(arrow.column(GEOMETRY_COLUMN)[0].as_py()).is_valid


def test_rehearsal_reads_one_file_of_its_kinds():
    jobs.rehearse()


def test_messages_cut_short_or_damaged():
    message = plain_table.encode(PlainTable("csv", columns={"a": ["1"]}, rows=1))
    assert plain_table.split(b"") is None
    assert plain_table.split(b"XXXX" + message[4:]) is None
    assert plain_table.split(message[:20]) is None
    header, stream = plain_table.split(message)
    with pytest.raises(UnreadableFileError, match="CSV"):
        plain_table.decode(header, stream[: len(stream) // 2], "CSV")


def test_table_of_no_columns():
    header, stream = plain_table.split(plain_table.encode(PlainTable("geojson", rows=3)))
    assert plain_table.decode(header, stream, "GeoJSON")[1].num_rows == 3


def test_dates_bytes_and_numbers_in_columns():
    days = np.array(["2024-01-01", "NaT", "2024-01-02T03:04:05"], dtype="datetime64[s]")
    assert plain_table.arrow_column(days).to_pylist() == ["2024-01-01", None, "2024-01-02T03:04:05"]
    assert plain_table.arrow_column(np.array([1.0, np.nan])).to_pylist() == [1.0, None]
    assert plain_table.arrow_column([b"\x01", None]).to_pylist() == ["01", None]
    assert plain_table.arrow_column([1, 2.5]).to_pylist() == [1.0, 2.5]


def test_names_of_columns():
    assert unique_names(["a", " a", "a_2", "", "b"]) == ["a", "a_2", "a_2_2", "column_4", "b"]


RING = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]


@pytest.mark.parametrize(
    ("geometry", "kind", "fault"),
    [
        ({"type": "Point", "coordinates": [1.5, 2]}, "Point", None),
        ({"type": "Point", "coordinates": [1e300, 2]}, "Point", None),
        ({"type": "Point", "coordinates": []}, "Point", None),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4, 5]]}, "MultiPoint", None),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "LineString", None),
        ({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}, "MultiLineString", None),
        ({"type": "Polygon", "coordinates": [RING]}, "Polygon", None),
        ({"type": "Polygon", "coordinates": [RING[:-1]]}, "Polygon", "unclosed"),
        ({"type": "Polygon", "coordinates": [RING[:2]]}, None, "unreadable"),
        ({"type": "Polygon", "coordinates": 3}, None, "unreadable"),
        ({"type": "MultiPolygon", "coordinates": [[RING]]}, "MultiPolygon", None),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}, "GeometryCollection", None),
        ({"type": "LineString", "coordinates": [["a", "b"], [1, 2]]}, None, "unreadable"),
        ({"type": "LineString", "coordinates": "x"}, None, "unreadable"),
        ({"type": "Point", "coordinates": [True, 2]}, None, "unreadable"),
        ({"type": "Nonsense", "coordinates": [1, 2]}, None, "unreadable"),
        (None, None, None),
    ],
)
def test_geometries_of_geojson(geojson, geometry, kind, fault):
    table = jobs.read_file(geojson(geometry), "geojson", Answers(), Limits())
    found = shapely.from_wkb(table.geometry[0])
    assert (None if found is None else found.geom_type) == kind
    assert table.faults == ({1: fault} if fault else {})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[" * 100_000, "nested|no JSON"),
        ('{"type":"FeatureCollection","features":[NaN]}', "NaN"),
        ('{"type":"FeatureCollection","features":[1e999]}', "1e999"),
        ('{"type":"Topology"}', "no feature collection"),
        ('{"type":"FeatureCollection","features":3}', "no list"),
        ('{"type":"FeatureCollection","features":[3]}', "not a plain feature"),
        ('{"type":"FeatureCollection","features":[{"properties":[1]}]}', "no object"),
        ('{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","crs":1}}]}', "crs"),
        ('{"type":"FeatureCollection","crs":{"type":"link"},"features":[]}', "crs"),
    ],
)
def test_refusals_of_geojson(tmp_path, text, word):
    path = tmp_path / "upload.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableFileError, match=word):
        jobs.read_file(path, "geojson", Answers(), Limits())


def test_limits_of_geojson(geojson):
    path = geojson({"type": "Point", "coordinates": [1, 2]}, {"type": "Point", "coordinates": [1, 2]})
    for limits, word in ((Limits(features=1), "features"), (Limits(fields=0), "fields"), (Limits(vertices=1), "vertices")):
        with pytest.raises(LimitExceededError, match=word):
            jobs.read_file(path, "geojson", Answers(), limits)
