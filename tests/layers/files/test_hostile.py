"""The hostile corpus: every file is refused in time with the right kind of error, tells no secret, calls nobody, leaves nothing."""

import io
import json
import os
import socket
import stat
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import shapely

from layers import files
from layers.catalogue import LAYERS
from layers.files import sandbox
from layers.files.errors import BadArchiveError, FaultsError, LimitExceededError, UnreadableFileError
from layers.files.repairing import mend_geometries

CANARY = "CANARY-7f3a-secret"
pytestmark = pytest.mark.timeout(120)
"""A file that hangs the reader fails; on a quiet machine every one of them is refused within 20 seconds."""
VRT = "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
KML = '<?xml version="1.0"?>{}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}<Placemark><name>{}</name><Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>'
REGISTER = (
    "insert into gpkg_contents(table_name,data_type,identifier,srs_id) values('v','features','v',4326);"
    "insert into gpkg_geometry_columns values('v','geom','POINT',4326,0,0);"
)
VIEWS = {
    "endless": "create view v as with recursive c(x) as (select 1 union all select x+1 from c) select x as fid, null as geom, 'z' as n from c;",
    "blob": "create view v as select 1 as fid, null as geom, hex(zeroblob(400000000)) as n;",
    "geocode": "create view v as select 1 as fid, ogr_geocode('Paris') as geom, 'z' as n;",
    "pixel": "create view v as select 1 as fid, null as geom, gdal_get_pixel_value('/etc/passwd',1,'pixel',1,1) as n;",
    "readfile": "create view v as select 1 as fid, null as geom, readfile('/etc/passwd') as n;",
    "extension": "create view v as select 1 as fid, null as geom, load_extension('x.so') as n;",
}
VIRTUAL = {
    "virtual_ogr": "create virtual table v using VirtualOGR('{}')",
    "virtual_http": "create virtual table v using VirtualOGR('/vsicurl/http://127.0.0.1:{port}/x.geojson')",
    "virtual_text": "create virtual table v using VirtualText('{}')",
}


@pytest.fixture(scope="module")
def listener():
    """A local server that counts who calls."""
    calls = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            calls.append(1)
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1], calls
    stop.set()
    thread.join()
    server.close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(f"name,secret\nx,{CANARY}\n", "utf-8")
    return path


def pipeline(path, layer="facilities"):
    """The whole way of a file: look, read, feed, check, accept."""
    files.inspect(path, original_name=path.name)
    raw = files.read(path, original_name=path.name, answers=files.Answers(crs="EPSG:4326"))
    frame, _ = files.apply_feed(raw, files.Feed(layer, path.name, columns={LAYERS[layer].key: raw.frame.columns[0]}))
    report = files.check(frame, LAYERS[layer])
    return files.accept(frame, report)


def refused(path, kinds):
    with pytest.raises(kinds) as caught:
        pipeline(path)
    message = str(caught.value)
    assert CANARY not in message
    assert str(path.parent) not in message
    assert "GDAL" not in message
    assert "Traceback" not in message
    return message


def test_every_layer_of_the_lock_down_holds_here():
    held = sandbox.protection()
    assert held["limits"]
    assert held["audit_hook"]
    assert held["network_namespace"] or held["seccomp"], "nothing keeps the reading process from the network"


@pytest.mark.parametrize("suffix", ["geojson", "kml", "gpkg", "xlsx", "fgb", "json"])
@pytest.mark.parametrize(
    "target", ["{secret}", "/vsicurl/http://127.0.0.1:{port}/x.geojson", "CSV:/etc/passwd", "CSV:/proc/self/environ"]
)
def test_virtual_dataset_under_any_name(tmp_path, secret, listener, suffix, target):
    port, calls = listener
    path = tmp_path / f"a.{suffix}"
    path.write_text(VRT.format(target.format(secret=secret, port=port)), "utf-8")
    refused(path, (UnreadableFileError, BadArchiveError))
    assert calls == []


def test_virtual_dataset_as_csv_is_only_text(tmp_path, secret):
    path = tmp_path / "a.csv"
    path.write_text(VRT.format(secret), "utf-8")
    raw = files.read(path, original_name="a.csv")
    assert CANARY not in raw.frame.to_csv()


@pytest.mark.parametrize("name", ["data.shp", "data.vrt", "data.geojson", "data.gpkg"])
def test_virtual_dataset_in_a_zip(tmp_path, secret, pack, name):
    path = pack(tmp_path / "a.zip", {name: VRT.format(secret).encode()})
    refused(path, (UnreadableFileError, BadArchiveError))


def test_virtual_dataset_as_shp_with_its_set(shape_zip, secret):
    refused(shape_zip(change={".shp": VRT.format(secret).encode()}), UnreadableFileError)


@pytest.mark.parametrize("name", ["e.geojson", "e.gdalg.json"])
def test_command_line_in_json(tmp_path, secret, listener, name):
    port, calls = listener
    for source in (str(secret), f"/vsicurl/http://127.0.0.1:{port}/x.geojson"):
        path = tmp_path / name
        path.write_text(
            json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {source}"}), "utf-8"
        )
        refused(path, UnreadableFileError)
    assert calls == []


@pytest.mark.parametrize("place", ["top", "geometry", "feature"])
def test_linked_crs_calls_nobody(geojson, listener, place):
    port, calls = listener
    link = {"type": "link", "properties": {"href": f"http://127.0.0.1:{port}/crs", "type": "proj4"}}
    point = {"type": "Point", "coordinates": [1, 2]}
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": point}
    if place == "top":
        path = geojson(point, crs=link)
    elif place == "geometry":
        path = geojson({**point, "crs": link})
    else:
        path = geojson(features=[{**feature, "crs": link}])
    refused(path, UnreadableFileError)
    assert calls == []


@pytest.mark.parametrize(
    ("doctype", "name"),
    [
        ('<!DOCTYPE k [<!ENTITY x SYSTEM "file://{secret}">]>', "&x;"),
        ('<!DOCTYPE k SYSTEM "http://127.0.0.1:{port}/k.dtd">', "a"),
        (
            '<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa">'
            + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
            + "]>",
            "&j;",
        ),
    ],
    ids=["xxe", "dtd", "billion_laughs"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_document_type_in_kml(tmp_path, secret, listener, pack, doctype, name, packed):
    port, calls = listener
    text = KML.format(doctype.replace("{secret}", str(secret)).replace("{port}", str(port)), "", name)
    path = tmp_path / "a.kml"
    path.write_text(text, "utf-8")
    if packed:
        path = pack(tmp_path / "a.kmz", {"doc.kml": text.encode()})
    assert "DOCTYPE" in refused(path, UnreadableFileError)
    assert calls == []


def test_document_type_hidden_in_utf16(tmp_path, secret):
    path = tmp_path / "a.kml"
    path.write_bytes(KML.format(f'<!DOCTYPE k [<!ENTITY x SYSTEM "file://{secret}">]>', "", "&x;").encode("utf-16"))
    refused(path, UnreadableFileError)


def test_network_link_is_not_followed(tmp_path, listener):
    port, calls = listener
    path = tmp_path / "a.kml"
    path.write_text(
        KML.format("", f"<NetworkLink><Link><href>http://127.0.0.1:{port}/x.kml</href></Link></NetworkLink>", "n"), "utf-8"
    )
    assert len(files.read(path, original_name="a.kml").frame) == 1
    assert calls == []


def test_kml_nested_too_deep(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text("<kml>" + "<Folder>" * 5000 + "</Folder>" * 5000 + "</kml>", "utf-8")
    assert "deeper" in refused(path, UnreadableFileError)


@pytest.mark.parametrize("view", VIEWS)
def test_geopackage_with_a_view(geopackage, view):
    assert "a view" in refused(geopackage(VIEWS[view] + REGISTER), UnreadableFileError)


@pytest.mark.parametrize("table", VIRTUAL)
def test_geopackage_with_a_virtual_table(geopackage, secret, listener, table):
    port, calls = listener
    module = VIRTUAL[table].format(secret, port=port).replace("'", "''")
    sql = f"pragma writable_schema=1; insert into sqlite_master(type,name,tbl_name,rootpage,sql) values('table','v','v',0,'{module}');"
    sql += "insert into gpkg_contents(table_name,data_type,identifier,srs_id) values('v','attributes','v',0);"
    assert "virtual table" in refused(geopackage(sql), UnreadableFileError)
    assert calls == []


def test_geopackage_with_a_computed_column(geopackage):
    sql = (
        "create table g(fid integer primary key, geom point, n text as (hex(zeroblob(400000000))));insert into g(fid) values(1);"
    )
    assert "computed column" in refused(geopackage(sql + REGISTER.replace("'v'", "'g'")), UnreadableFileError)


def test_geopackage_with_a_trigger(geopackage):
    assert "trigger" in refused(geopackage("create trigger t after insert on ok begin delete from ok; end;"), UnreadableFileError)


@pytest.mark.parametrize(
    "data",
    [b"SQLite format 3\0" + os.urandom(5000), b"SQLite format 3\0", b"", os.urandom(4096)],
    ids=["junk", "head", "empty", "random"],
)
def test_geopackage_of_junk(tmp_path, data):
    path = tmp_path / "a.gpkg"
    path.write_bytes(data)
    refused(path, UnreadableFileError)


def test_geopackage_whose_list_of_tables_runs_in_a_circle(geopackage):
    path = geopackage()
    data = bytearray(path.read_bytes())
    size = struct.unpack(">H", data[16:18])[0]
    data[100] = 5
    data[103:105] = struct.pack(">H", 1)
    data[108:112] = struct.pack(">I", 1)
    data[112:114] = struct.pack(">H", size - 8)
    data[size - 8 : size - 4] = struct.pack(">I", 1)
    path.write_bytes(bytes(data))
    refused(path, UnreadableFileError)


# archives


def _bomb(path, name, megabytes):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(name, "w", force_zip64=False) as sink,
    ):
        block = b"\0" * (1 << 20)
        for _ in range(megabytes):
            sink.write(block)
    return path


def test_zip_bomb(tmp_path):
    assert "ratio" in refused(_bomb(tmp_path / "a.zip", "data.shp", 60), LimitExceededError)


def test_zip_that_declares_too_much(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.shp", b"x" * 10)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 700 << 20)
    data[at + 20 : at + 24] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))
    refused(path, (LimitExceededError, BadArchiveError))


def test_zip_that_unpacks_to_more_than_it_declares(tmp_path):
    raw = b"\0" * (30 << 20)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(raw) + compressor.flush()
    name = b"a.kml"
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), 1000, len(name), 0) + name + packed
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), 1000, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    path = tmp_path / "a.kmz"
    path.write_bytes(local + central + end)
    refused(path, (BadArchiveError, UnreadableFileError))


@pytest.mark.parametrize("name", ["../../evil.shp", "/abs/evil.shp", "..\\..\\win.shp", "a/../../b.shp", "C:/x.shp"])
def test_zip_slip(tmp_path, pack, name):
    path = pack(tmp_path / "a.zip", {name: b"x"})
    refused(path, BadArchiveError)
    assert not (tmp_path.parent / "evil.shp").exists()


def test_zip_with_a_nul_in_a_name(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"aXb.shp": b"x"})
    path.write_bytes(path.read_bytes().replace(b"aXb.shp", b"a\0b.shp"))
    refused(path, BadArchiveError)


def test_zip_with_a_symbolic_link(tmp_path, secret):
    info = zipfile.ZipInfo("data.csv")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, str(secret))
    assert "link" in refused(path, BadArchiveError)


def test_encrypted_zip(tmp_path, pack):
    path = pack(tmp_path / "a.zip", {"a.shp": b"x" * 100})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refused(path, BadArchiveError)


def test_zip_in_a_zip(tmp_path, pack):
    inner = pack(tmp_path / "inner.zip", {"a.shp": b"x"}).read_bytes()
    assert "another archive" in refused(pack(tmp_path / "a.zip", {"inner.zip": inner}), BadArchiveError)


def _overlapping(count):
    raw = b"\0" * 300_000
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(raw) + compressor.flush()
    out, name = io.BytesIO(), b"a.dbf"
    out.write(
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, zlib.crc32(raw), len(packed), len(raw), len(name), 0) + name + packed
    )
    start = out.tell()
    for at in range(count):
        entry = f"{at:05}.dbf".encode()
        out.write(
            struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, zlib.crc32(raw), len(packed), len(raw), len(entry), 0, 0, 0, 0, 0, 0
            )
            + entry
        )
    end = out.tell()
    out.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, end - start, start, 0))
    return out.getvalue()


def test_overlapping_entries_below_the_limit_of_members(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(_overlapping(100))
    assert "overlapping" in refused(path, BadArchiveError)


def test_two_entries_of_one_name(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.shp", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.shp", b"2")
    assert "same name" in refused(path, BadArchiveError)


def test_many_entries_are_refused_before_they_are_listed(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(3_000):
            archive.writestr(f"f{at}.txt", "")
    refused(path, LimitExceededError)


def test_end_record_that_lies_about_many_entries(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(3_000):
            archive.writestr(f"f{at}.txt", "")
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = struct.pack("<HH", 5, 5)
    path.write_bytes(bytes(data))
    refused(path, LimitExceededError)


@pytest.mark.parametrize("cut", [10, 200, 1000])
def test_archive_cut_short(shape_zip, cut):
    path = shape_zip()
    path.write_bytes(path.read_bytes()[:-cut])
    refused(path, (BadArchiveError, UnreadableFileError))


@pytest.mark.parametrize("suffix", ["zip", "kmz", "xlsx"])
def test_archive_of_junk(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"PK\3\4" + os.urandom(2000))
    refused(path, (BadArchiveError, UnreadableFileError))


# geometry and JSON


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(tmp_path, number):
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":['
        + number
        + ",1]}}]}",
        "utf-8",
    )
    refused(path, UnreadableFileError)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1e300, 1e300]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point", "coordinates": [200, 95]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Nonsense", "coordinates": [1, 2]},
        {"type": "Point"},
        {"coordinates": [1, 2]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
        [1, 2],
    ],
)
def test_geometries_that_are_none(geojson, geometry):
    refused(geojson(geometry), (FaultsError, UnreadableFileError))


def test_deep_nesting(tmp_path):
    for at, text in enumerate(
        (
            '{"type":"Feature","properties":{},"geometry":'
            + '{"type":"GeometryCollection","geometries":[' * 5000
            + "]}" * 5000
            + "}",
            '{"type":"Feature","properties":{"a":' + "[" * 100_000 + "]" * 100_000 + '},"geometry":null}',
        )
    ):
        path = tmp_path / f"{at}.geojson"
        path.write_text(text, "utf-8")
        refused(path, UnreadableFileError)


def test_too_many_fields(geojson):
    point = {"type": "Point", "coordinates": [0, 0]}
    path = geojson(features=[{"type": "Feature", "properties": {f"p{at}": 1}, "geometry": point} for at in range(5000)])
    assert "fields" in refused(path, LimitExceededError)


def test_polygon_with_too_many_vertices(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 150_001)
    ring = np.c_[np.cos(angles), np.sin(angles)].round(9)
    ring[-1] = ring[0]
    path = tmp_path / "a.geojson"
    text = json.dumps({"type": "Polygon", "coordinates": [ring.tolist()]})
    path.write_text('{"type":"Feature","properties":{"a":1},"geometry":' + text + "}", "utf-8")
    raw = files.read(path, original_name=path.name)
    frame, _ = files.apply_feed(raw, files.Feed("townships", path.name, columns={"township_code": "a"}, constants={"name": "x"}))
    report = files.check(frame, LAYERS["townships"])
    assert "too_many_vertices" in set(report.errors["rule"])


@pytest.mark.slow
def test_two_million_vertices_in_one_polygon(tmp_path):
    path = tmp_path / "a.geojson"
    ring = ",".join(f"[{at},{at * at % 9973}]" for at in range(2_000_000))
    path.write_text(
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[' + ring + ",[0,0]]]}}", "utf-8"
    )
    refused(path, (FaultsError, LimitExceededError, UnreadableFileError))


def test_row_limit_names_itself(geojson):
    path = geojson(*[{"type": "Point", "coordinates": [0, 0]}] * 20)
    with pytest.raises(LimitExceededError, match=r"features = 10 rows\. It has 20"):
        files.read(path, original_name=path.name, limits=files.Limits(features=10))


def test_upload_limit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n" + b"1\n" * (1 << 20))
    with pytest.raises(LimitExceededError, match="upload_mb = 1 MB"):
        files.read(path, original_name="a.csv", limits=files.Limits(upload_mb=1))


def test_processor_limit(tmp_path):
    path = tmp_path / "a.geojson"
    features = ",".join(
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}' for _ in range(190_000)
    )
    path.write_text('{"type":"FeatureCollection","features":[' + features + "]}", "utf-8")
    with pytest.raises(LimitExceededError, match=r"cpu_s = 1"):
        files.read(path, original_name=path.name, limits=files.Limits(cpu_s=1))


def test_wall_limit(tmp_path):
    path = tmp_path / "a.geojson"
    features = ",".join(
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}' for _ in range(100_000)
    )
    path.write_text('{"type":"FeatureCollection","features":[' + features + "]}", "utf-8")
    with pytest.raises(LimitExceededError, match=r"wall_s = 0\.3"):
        files.read(path, original_name=path.name, limits=files.Limits(wall_s=0.3))


def test_memory_limit(tmp_path):
    path = tmp_path / "a.geojson"
    features = ",".join(
        '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}' for _ in range(150_000)
    )
    path.write_text('{"type":"FeatureCollection","features":[' + features + "]}", "utf-8")
    with pytest.raises(LimitExceededError, match="memory_mb = 350"):
        files.read(path, original_name=path.name, limits=files.Limits(memory_mb=350))


def _star(count=1000):
    """A ring that crosses itself thousands of times; the default way of mending it takes over a minute."""
    angles = np.linspace(0, 2 * np.pi * (count // 20), count + 1)
    radius = 1 + 0.5 * np.sin(angles * 1.37)
    return shapely.Polygon(np.c_[radius * np.cos(angles), radius * np.sin(angles)])


def test_self_crossing_polygon_is_mended():
    (mended,) = mend_geometries(np.array([_star()], dtype=object), files.Limits())
    assert shapely.is_valid(mended)


def test_mending_is_given_up_at_its_limit():
    with pytest.raises(LimitExceededError, match="wall_s"):
        mend_geometries(np.array([_star()] * 20, dtype=object), files.Limits(wall_s=0.2))


# shapefiles that lie


def test_record_that_claims_more_than_the_file(shape_zip, shapefile):
    data = bytearray(shapefile()[".shp"])
    data[104:108] = struct.pack(">i", 0x3FFFFFFF)
    refused(shape_zip(change={".shp": bytes(data)}), UnreadableFileError)


def test_shape_that_claims_more_points_than_it_holds(shape_zip, shapefile):
    import geopandas as gpd

    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Polygon([(0, 0), (1, 0), (1, 1)])], crs=4490)
    parts = shapefile(frame)
    for at in (144, 148):
        data = bytearray(parts[".shp"])
        data[at : at + 4] = struct.pack("<i", 0x7FFFFFFF)
        refused(shape_zip(f"{at}.zip", frame=frame, change={".shp": bytes(data)}), UnreadableFileError)


def test_table_that_claims_more_rows_than_it_holds(shape_zip, shapefile):
    data = bytearray(shapefile()[".dbf"])
    data[4:8] = struct.pack("<I", 0x7FFFFFFF)
    refused(shape_zip(change={".dbf": bytes(data)}), UnreadableFileError)


def test_index_and_table_that_do_not_belong_together(shape_zip, shapefile):
    import geopandas as gpd

    other = shapefile(gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[shapely.Point(0, 0)] * 2, crs=4490))
    assert "do not belong together" in refused(shape_zip(change={".dbf": other[".dbf"]}), UnreadableFileError)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("data", [b"", b"x", os.urandom(500)], ids=["empty", "one", "random"])
def test_part_of_junk(shape_zip, suffix, data):
    refused(shape_zip(change={suffix: data}), UnreadableFileError)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_part_missing_is_named(shape_zip, suffix):
    expected = f"no {suffix}" if suffix != ".shp" else "no shapefile"
    assert expected in refused(shape_zip(without=(suffix,)), BadArchiveError)


# workbooks


def _workbook(rows=1, columns=1, cell="<c><v>1</v></c>"):
    sheet = "<row>" + cell * columns + "</row>"
    return {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": (
            '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            + sheet * rows
            + "</sheetData></worksheet>"
        ).encode(),
    }


def test_workbook_that_unpacks_too_large(tmp_path, pack):
    assert "ratio" in refused(pack(tmp_path / "a.xlsx", _workbook(rows=1_500_000)), LimitExceededError)


def test_workbook_with_too_many_cells_in_a_row(tmp_path, pack):
    refused(pack(tmp_path / "a.xlsx", _workbook(rows=3, columns=16_000)), LimitExceededError)


def test_workbook_whose_entities_explode(tmp_path, pack):
    parts = _workbook()
    lol = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
        + "]>"
    )
    parts["xl/worksheets/sheet1.xml"] = (
        f'<?xml version="1.0"?>{lol}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="str"><v>&j;</v></c></row></sheetData></worksheet>'.encode()
    )
    refused(pack(tmp_path / "a.xlsx", parts), (UnreadableFileError, LimitExceededError))


def test_workbook_with_empty_rows_far_below(tmp_path, pack):
    parts = _workbook()
    parts["xl/worksheets/sheet1.xml"] = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    refused(pack(tmp_path / "a.xlsx", parts), (LimitExceededError, UnreadableFileError))


# names


@pytest.mark.parametrize(
    "name",
    ["a.exe", "a", "a.vrt", "CSV:/etc/passwd", "/vsicurl/http://127.0.0.1/x", "a.gml", "a.sqlite", ".zip/../../etc/passwd"],
)
def test_names_of_other_types(tmp_path, name):
    path = tmp_path / "upload"
    path.write_bytes(b"x")
    with pytest.raises(UnreadableFileError, match="not taken"):
        files.inspect(path, original_name=name)


def test_reading_process_cannot_reach_other_files(tmp_path, secret, monkeypatch):
    """Should a format be fooled all the same, the kernel still refuses every file but the job's own."""
    if not sandbox.protection()["landlock"]:
        pytest.skip("this kernel has no Landlock")
    folder = tmp_path / "job"
    folder.mkdir()
    link = folder / "upload.csv"
    link.symlink_to(secret)
    with pytest.raises(UnreadableFileError):
        sandbox.read(link, "csv", answers=files.Answers(), limits=files.Limits())
    assert Path(link).read_text("utf-8").endswith(f"{CANARY}\n")
