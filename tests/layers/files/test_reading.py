"""Looking into files and reading them: formats, layers, coordinates, questions, notes."""

import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, Polygon

from layers import files
from layers.files.errors import BadArchiveError, QuestionError, UnreadableFileError
from layers.files.staging import format_of

FRAME = gpd.GeoDataFrame({"name": ["甲", "乙"], "n": [1, 2]}, geometry=[Point(104.1, 36.1), Point(104.2, 36.2)], crs=4490)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.shp.zip", "zip"),
        ("道路.ZIP", "zip"),
        ("a.kmz", "kmz"),
        ("a.json", "geojson"),
        ("a.GeoJSON", "geojson"),
        ("a.tsv", "csv"),
        ("a.txt", "csv"),
    ],
)
def test_formats_by_name(name, kind):
    assert format_of(name) == kind


@pytest.mark.parametrize(("suffix", "crs"), [("gpkg", "EPSG:4490"), ("fgb", "EPSG:4490"), ("geojson", "EPSG:4490")])
def test_formats(tmp_path, suffix, crs):
    path = tmp_path / f"a.{suffix}"
    FRAME.to_file(path)
    found = files.inspect(path, original_name=path.name, area_bounds=(104, 36, 105, 37))
    assert found.format == suffix
    assert found.count == 2
    assert found.geometry_types == ("Point",)
    assert found.declared_crs == crs
    assert found.bounds == pytest.approx((104.1, 36.1, 104.2, 36.2))
    assert set(found.sample_values["name"]) == {"甲", "乙"}
    assert found.questions == ()
    assert found.notes == ()
    assert len(found.sha256) == 64
    raw = files.read(path, original_name=path.name)
    assert raw.sha256 == found.sha256
    assert sorted(raw.frame["n"].tolist()) == [1, 2]
    assert raw.frame.index.tolist() == [1, 2]
    assert raw.frame.index.name == "row"
    assert raw.has_geometry


def test_zipped_shapefile_in_folders(tmp_path, pack, shapefile):
    path = pack(tmp_path / "a.zip", {f"资料/2024/a{suffix}": data for suffix, data in shapefile().items()})
    found = files.inspect(path, original_name="a.zip")
    assert found.layers == ("资料/2024/a",)
    assert found.count == 1


def test_suffixes_in_capital_letters(tmp_path, pack, shapefile):
    path = pack(tmp_path / "A.ZIP", {f"A{suffix.upper()}": data for suffix, data in shapefile().items()})
    assert files.inspect(path, original_name="A.ZIP").declared_crs == "EPSG:4490"


def test_several_shapefiles_are_a_question(tmp_path, pack, shapefile):
    parts = shapefile()
    path = pack(tmp_path / "a.zip", {f"{stem}{suffix}": data for stem in ("x/roads", "wells") for suffix, data in parts.items()})
    (question,) = files.inspect(path, original_name="a.zip").questions
    assert question.kind == "layer"
    assert [choice.value for choice in question.choices] == ["wells", "x/roads"]
    with pytest.raises(QuestionError):
        files.read(path, original_name="a.zip")
    for answer in ("x/roads", "roads"):
        assert len(files.read(path, original_name="a.zip", answers=files.Answers(layer=answer)).frame) == 1
    with pytest.raises(BadArchiveError, match="no shapefile 'ponds'; it has: wells, x/roads"):
        files.read(path, original_name="a.zip", answers=files.Answers(layer="ponds"))


def test_one_other_map_file_in_a_zip(tmp_path, pack, geojson):
    inner = geojson({"type": "Point", "coordinates": [104, 36]})
    path = pack(tmp_path / "b.zip", {"readme.md": b"x", "a.geojson": inner.read_bytes()})
    assert files.inspect(path, original_name="b.zip").format == "geojson"
    with pytest.raises(BadArchiveError, match="not exactly one"):
        files.inspect(pack(tmp_path / "c.zip", {"a.geojson": b"x", "b.geojson": b"x"}), original_name="c.zip")


def test_kmz(tmp_path, pack):
    kml = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>n</name><Point><coordinates>104,36,7</coordinates></Point></Placemark></Document></kml>'
    path = pack(tmp_path / "a.kmz", {"images/a.png": b"x", "doc.kml": kml})
    raw = files.read(path, original_name="a.kmz")
    assert raw.frame.geometry.iloc[0].equals(Point(104, 36))
    assert not raw.frame.geometry.iloc[0].has_z
    with pytest.raises(BadArchiveError, match=r"no \.kml"):
        files.read(pack(tmp_path / "b.kmz", {"a.txt": b"x"}), original_name="b.kmz")


def test_geopackage_with_several_layers_and_in_wal_mode(tmp_path):
    path = tmp_path / "a.gpkg"
    FRAME.to_file(path, layer="one")
    FRAME.to_file(path, layer="two")
    base = sqlite3.connect(path)
    base.execute("pragma journal_mode=wal")
    base.commit()
    base.close()
    assert [question.kind for question in files.inspect(path, original_name="a.gpkg").questions] == ["layer"]
    assert len(files.read(path, original_name="a.gpkg", answers=files.Answers(layer="two")).frame) == 2
    with pytest.raises(UnreadableFileError, match="no layer 'three'; it has: one, two"):
        files.read(path, original_name="a.gpkg", answers=files.Answers(layer="three"))
    assert [item.name for item in tmp_path.iterdir()] == ["a.gpkg"]


def test_geopackage_with_many_tables(tmp_path):
    path = tmp_path / "a.gpkg"
    FRAME.to_file(path, layer="one")
    base = sqlite3.connect(path)
    for at in range(200):
        base.execute(
            f"create table t{at} (a_column_with_a_long_name_{at} text, b integer default 3, c text check (length(c) < 9))"
        )
    base.commit()
    base.close()
    assert files.inspect(path, original_name="a.gpkg").layer == "one"


def test_csv_coordinates_by_name_and_by_answer(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("村,经度,纬度\n甲,104.1,36.1\n乙,x,36.2\n丙,,\n", "utf-8")
    found = files.inspect(path, original_name="a.csv", area_bounds=(104, 36, 105, 37))
    assert [question.kind for question in found.questions] == ["crs"]
    assert found.geometry_types == ("Point",)
    raw = files.read(path, original_name="a.csv", answers=files.Answers(crs="EPSG:4490"))
    assert [geometry is None for geometry in raw.frame.geometry] == [False, True, True]
    assert raw.frame.attrs["geometry_faults"] == {2: "unreadable"}
    path.write_text("村,e,n\n甲,104.1,36.1\n", "utf-8")
    assert not files.read(path, original_name="a.csv").has_geometry
    answers = files.Answers(crs="EPSG:4490", x_field="e", y_field="n")
    assert files.read(path, original_name="a.csv", answers=answers).frame.geometry.iloc[0].equals(Point(104.1, 36.1))
    with pytest.raises(QuestionError, match="choose the coordinate columns"):
        files.read(path, original_name="a.csv", answers=files.Answers(x_field="e", y_field="z"))


def test_projected_csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x,y\n1,35425652.9,4045640.0\n", "utf-8")
    (question,) = files.inspect(path, original_name="a.csv", area_bounds=(103, 35, 106, 38)).questions
    assert [choice.value for choice in question.choices] == ["EPSG:4523"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_delimiters_quotes_and_ragged_rows(tmp_path, mark):
    path = tmp_path / "a.csv"
    path.write_text(
        mark.join(["a", '"b,;b"', "a", ""]) + "\r\n" + mark.join(["1", '"two\nlines"', "3", "4", "5"]) + "\r\n\r\n" + "9\r\n",
        "utf-8",
        newline="",
    )
    raw = files.read(path, original_name="a.csv")
    assert list(raw.frame.columns) == ["a", "b,;b", "a_2", "column_4", "geometry"]
    assert raw.frame["b,;b"].tolist() == ["two\nlines", None]
    assert raw.frame["a"].tolist() == ["1", "9"]
    assert any("more cells" in note for note in raw.notes)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\0\0\0", b'a,b\n"never closed' + b"x" * (1 << 23)])
def test_csv_that_is_none(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError):
        files.read(path, original_name="a.csv")


def test_csv_whose_mark_lies(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "名称\n甲\n".encode("gb18030"))
    with pytest.raises(UnreadableFileError, match="encoding it begins with"):
        files.read(path, original_name="a.csv")


def test_workbook_sheets_types_and_dates(tmp_path):
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame(
            {
                "名称": ["甲", None],
                "人口": [12, 13],
                "日期": pd.to_datetime(["2024-03-05", None]),
                "是": [True, False],
                "x": [1.5, None],
            }
        ).to_excel(book, sheet_name="村", index=False)
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="说明", index=False)
    (question,) = files.inspect(path, original_name="a.xlsx").questions
    assert [choice.value for choice in question.choices] == ["村", "说明"]
    frame = files.read(path, original_name="a.xlsx", answers=files.Answers(layer="村")).frame
    assert frame["人口"].tolist() == [12, 13]
    assert frame["日期"].tolist() == ["2024-03-05", None]
    assert frame["是"].tolist() == ["true", "false"]
    with pytest.raises(UnreadableFileError, match="no sheet 'none'"):
        files.read(path, original_name="a.xlsx", answers=files.Answers(layer="none"))


def test_workbook_without_a_header(tmp_path):
    path = tmp_path / "a.xlsx"
    pd.DataFrame().to_excel(path, index=False)
    with pytest.raises(UnreadableFileError, match="header, is empty"):
        files.read(path, original_name="a.xlsx")


def test_geojson_of_all_kinds(geojson):
    ring = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
    hole = [[0.5, 0.5], [0.5, 1], [1, 1], [0.5, 0.5]]
    path = geojson(
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4, 5]]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [ring, hole]},
        {"type": "MultiPolygon", "coordinates": [[ring]]},
        None,
        {"type": "LineString", "coordinates": [[1, 2], [True, 4]]},
        {"type": "LineString", "coordinates": [[1, 2]]},
        {"type": "LineString", "coordinates": []},
    )
    raw = files.read(path, original_name=path.name)
    kinds = [None if geometry is None else geometry.geom_type for geometry in raw.frame.geometry]
    assert kinds[:7] == ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", None]
    assert raw.frame.geometry.iloc[4].equals(Polygon(ring, [hole]))
    assert {9, 10} <= set(raw.frame.attrs["geometry_faults"])
    assert raw.frame.geometry.iloc[2].equals(LineString([(1, 2), (3, 4)]))


def test_geojson_properties_of_any_kind(geojson):
    path = geojson(
        features=[
            {"type": "Feature", "properties": {"a": 1, "b": [1, "x"], "c": {"k": None}}, "geometry": None},
            {"type": "Feature", "properties": None, "geometry": None},
            {"type": "Feature", "properties": {"a": 2.5, "d": "村"}, "geometry": None},
        ]
    )
    frame = files.read(path, original_name=path.name).frame
    assert frame["a"].tolist()[0] == 1
    assert frame["b"].tolist() == ['[1, "x"]', None, None]
    assert frame["d"].tolist() == [None, None, "村"]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "1",
        '{"type":"Point","coordinates":[1,2]}',
        '{"type":"FeatureCollection","features":{}}',
        '{"type":"FeatureCollection","features":[1]}',
        '{"type":"FeatureCollection","features":[{"properties":[1],"geometry":null}]}',
        '{"type":"FeatureCollection","crs":3,"features":[]}',
    ],
)
def test_json_that_is_no_feature_collection(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableFileError):
        files.read(path, original_name="a.geojson")


def test_geojson_in_another_encoding(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes('{"type":"FeatureCollection","features":[],"n":"村"}'.encode("gb18030"))
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        files.read(path, original_name="a.geojson")


def test_empty_collection(geojson):
    path = geojson(features=[])
    path.write_text('{"type":"FeatureCollection","features":[]}', "utf-8")
    found = files.inspect(path, original_name=path.name)
    assert (found.count, found.bounds, found.questions) == (0, None, ())


def test_huge_whole_numbers_stay_exact(geojson):
    first = {"code": 620422100201, "big": 2**60 + 1, "bigger": 2**70, "mixed": 2**60 + 1}
    second = {"code": None, "big": 1, "bigger": 1, "mixed": 0.5}
    path = geojson(features=[{"type": "Feature", "properties": found, "geometry": None} for found in (first, second)])
    frame = files.read(path, original_name=path.name).frame
    assert frame["code"].tolist()[0] == 620422100201
    assert frame["big"].tolist() == [2**60 + 1, 1]
    assert frame["bigger"].tolist() == [str(2**70), "1"]
    assert frame["mixed"].tolist() == [str(2**60 + 1), "0.5"]


def test_data_outside_the_area_is_noted(tmp_path):
    path = tmp_path / "a.gpkg"
    FRAME.to_file(path)
    (note,) = files.inspect(path, original_name="a.gpkg", area_bounds=(110, 20, 111, 21)).notes
    assert note.startswith("Only 0% of the data")


def test_original_is_only_read(tmp_path):
    path = tmp_path / "a.gpkg"
    FRAME.to_file(path)
    before = path.read_bytes()
    path.chmod(0o444)
    files.read(path, original_name="a.gpkg")
    assert path.read_bytes() == before
    assert sorted(item.name for item in Path(tmp_path).iterdir()) == ["a.gpkg"]
