"""Writing: what is written and read again is the same, nothing is overwritten, no cell is a formula."""

import datetime as dt
import json
import math
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from layers import files
from layers.catalogue import LAYERS
from layers.files.errors import WriteError
from layers.files.shapefile_writing import cut, short_names
from layers.frames import conform

FORMATS_WITH_PLACES = ("gpkg", "shp", "geojson", "kml", "fgb", "csv", "xlsx")
HAMLETS = LAYERS["hamlets"]
PROJECTS = LAYERS["projects"]


def hamlets(names, populations, points, **more):
    frame = gpd.GeoDataFrame(
        {"hamlet_id": [f"h{at}" for at in range(len(names))], "name": names, "population": populations, **more},
        geometry=points,
        crs=4490,
    )
    return conform(frame, HAMLETS)


def again(path, frame, layer=HAMLETS):
    """Read what was written and bring it back into the layer by equal names."""
    answers = files.Answers(crs="EPSG:4490", encoding="utf-8")
    raw = files.read(path, original_name=path.name, answers=answers)
    shorts = dict(zip(short_names(layer.field_names), layer.field_names, strict=True))
    columns = {}
    for name in raw.frame.columns.drop("geometry"):
        field = shorts.get(name.casefold(), name.casefold())
        if field in layer and field != "id":
            columns[field] = name
    got, _ = files.apply_feed(raw, files.Feed(layer.name, path.name, columns=columns))
    accepted, skipped = files.accept(got, files.check(got, layer))
    assert skipped.empty
    assert len(accepted) == len(frame)
    return accepted.set_index(layer.key).loc[frame[layer.key]]


texts = st.text(
    alphabet=st.characters(
        min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co")
    ),
    min_size=1,
    max_size=12,
)
rows = st.lists(
    st.tuples(
        texts,
        st.one_of(st.none(), st.integers(0, 10**9)),
        st.floats(73.5, 135.0),
        st.floats(4.0, 53.0),
        st.one_of(st.none(), st.booleans()),
        st.one_of(st.none(), st.floats(0, 1e6)),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("format_name", FORMATS_WITH_PLACES)
def test_written_and_read_again_is_the_same(tmp_path_factory, format_name):
    @settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
    @given(rows)
    def check(items):
        folder = tmp_path_factory.mktemp("out")
        names, people, lon, lat, hardened, distance = zip(*items, strict=True)
        frame = hamlets(
            list(names),
            pd.array(people, dtype="Int64"),
            shapely.points(lon, lat),
            hardened_road=pd.array(hardened, dtype="boolean"),
            fetch_distance_m=[math.nan if value is None else value for value in distance],
            quality_test_date=[dt.date(2024, 2, 29)] * len(names),
        )
        back = again(files.write(frame, HAMLETS, folder / f"a.{format_name}", format=format_name), frame)
        guarded = [name.removeprefix("'") if format_name == "csv" and name[0] == "'" else name for name in back["name"]]
        assert guarded == [name.removeprefix("'") if format_name == "csv" and name[0] == "'" else name for name in names]
        assert [None if pd.isna(value) else int(value) for value in back["population"]] == list(people)
        assert [None if pd.isna(value) else bool(value) for value in back["hardened_road"]] == list(hardened)
        assert list(back["quality_test_date"]) == [dt.date(2024, 2, 29)] * len(names)
        np.testing.assert_allclose(
            back["fetch_distance_m"].to_numpy(dtype=float), frame["fetch_distance_m"].to_numpy(dtype=float), rtol=1e-6, atol=1e-9
        )
        tolerance = 1e-7 if format_name in ("geojson", "kml") else 1e-12
        np.testing.assert_allclose(shapely.get_coordinates(back.geometry), np.column_stack([lon, lat]), atol=tolerance)

    check()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_shapefile_keeps_chinese_names_widths_and_says_its_encoding(tmp_path, encoding):
    frame = hamlets(["会宁县郭城驿镇", "x"], [1, 2], [Point(104, 36), None])
    path = files.write(frame, HAMLETS, tmp_path / "村庄.shp", format="shp", encoding=encoding)
    assert path.name == "村庄.zip"
    assert (tmp_path / "村庄.shp").is_file()
    assert (tmp_path / "村庄.cpg").read_text() == {"utf-8": "UTF-8", "gb18030": "GB18030"}[encoding]
    found = files.inspect(path, original_name=path.name)
    assert found.encoding == (encoding, "cpg")
    assert "会宁县郭城驿镇" in found.sample_values["name"]
    assert all(len(name) <= 10 for name, _ in found.fields)
    with zipfile.ZipFile(path) as archive:
        listed = archive.read("fields.csv").decode("utf-8-sig")
    assert "litres_per,litres_per_person_day,人均水量,Water per person" in listed


def test_packed_shapefile_leaves_no_loose_files(tmp_path):
    path = files.write(hamlets(["a"], [1], [Point(104, 36)]), HAMLETS, tmp_path / "a.zip", format="shp")
    assert [item.name for item in tmp_path.iterdir()] == ["a.zip"]
    assert files.inspect(path, original_name="a.zip").count == 1


def test_mixed_geometries_become_one_shapefile_each(tmp_path):
    frame = projects([Point(104, 36), LineString([(104, 36), (105, 36)]), box(104, 36, 105, 37), None])
    path = files.write(frame, PROJECTS, tmp_path / "p.shp", format="shp")
    found = files.inspect(path, original_name=path.name)
    assert found.layers == ("p_line", "p_point", "p_polygon")
    assert files.inspect(path, original_name=path.name).questions[0].kind == "layer"
    assert len(files.read(path, original_name=path.name, answers=files.Answers(layer="p_point")).frame) == 2


def projects(geometries):
    count = len(geometries)
    return conform(
        gpd.GeoDataFrame(
            {
                "project_id": [f"p{at}" for at in range(count)],
                "name": ["=cmd|' /C calc'!A0", "+1", "@x", "-2", "x<y & z"][:count],
                "task": ["汉" * 300] * count,
                "village_codes": [["1", "2"]] * count,
                "funding_sources": [[{"code": "S11", "amount_wan_yuan": 1.5}]] * count,
                "budget_total": [1.5] * count,
            },
            geometry=geometries,
            crs=4490,
        ),
        PROJECTS,
    )


def test_long_texts_are_cut_at_a_whole_character_and_counted(tmp_path):
    path = files.write(projects([Point(104, 36)]), PROJECTS, tmp_path / "p.zip", format="shp")
    (row,) = files.read(path, original_name=path.name).frame["task"]
    assert row == "汉" * 84
    with zipfile.ZipFile(path) as archive:
        listed = archive.read("fields.csv").decode("utf-8-sig")
    assert next(line for line in listed.splitlines() if line.startswith("task,")).endswith(",1")


def test_lists_are_json(tmp_path):
    frame = projects([Point(104, 36), Point(105, 36)])
    for format_name in ("gpkg", "xlsx", "geojson", "fgb"):
        path = files.write(frame, PROJECTS, tmp_path / f"p.{format_name}", format=format_name)
        back = again(path, frame, PROJECTS)
        assert back["village_codes"].tolist() == [["1", "2"]] * 2
        assert back["funding_sources"].iloc[0] == [{"code": "S11", "amount_wan_yuan": 1.5}]


def test_geopackage_holds_every_kind_together(tmp_path):
    frame = projects([Point(104, 36), LineString([(104, 36), (105, 36)]), box(104, 36, 105, 37), None])
    back = again(files.write(frame, PROJECTS, tmp_path / "p.gpkg", format="gpkg"), frame, PROJECTS)
    assert [None if geometry is None else geometry.geom_type for geometry in back.geometry] == [
        "Point",
        "LineString",
        "Polygon",
        None,
    ]


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path):
    frame = projects([Point(104, 36)] * 5)
    path = files.write(frame, PROJECTS, tmp_path / "p.xlsx", format="xlsx")
    sheet = openpyxl.load_workbook(path).active
    names = [cell.value for cell in sheet[1]]
    column = names.index("name") + 1
    cells = [sheet.cell(row, column) for row in range(2, 7)]
    assert [cell.data_type for cell in cells] == ["s"] * 5
    assert [cell.value for cell in cells] == frame["name"].tolist()
    assert sheet.cell(2, names.index("budget_total") + 1).value == 1.5
    text = files.write(frame, PROJECTS, tmp_path / "p.csv", format="csv").read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    marked = files.write(frame, PROJECTS, tmp_path / "marked.csv", format="csv", encoding="utf-8-sig")
    assert marked.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    assert "'=cmd" in text
    assert "'+1" in text
    assert "'@x" in text
    assert ",1.5," in text


@given(st.sampled_from(list("=+-@\t\r")), st.text(max_size=10))
def test_any_text_that_begins_like_a_formula_is_disarmed(sign, rest):
    from layers.files.writing import guard_formula

    assert guard_formula(sign + rest) == "'" + sign + rest


def test_control_characters_do_not_break_a_workbook_or_kml(tmp_path):
    frame = projects([Point(104, 36)])
    frame["name"] = "a\x07b\x00c"
    for format_name in ("xlsx", "kml"):
        path = files.write(frame, PROJECTS, tmp_path / f"p.{format_name}", format=format_name)
        assert "abc" in files.read(path, original_name=path.name, answers=files.Answers(crs="EPSG:4490")).frame.to_csv()


def test_geojson_is_rfc_7946(tmp_path):
    frame = conform(
        gpd.GeoDataFrame(
            {"township_code": ["1"], "name": ["a"]},
            geometry=[Polygon([(104.123456789, 36), (104, 37), (105, 37), (105, 36)])],
            crs=4490,
        ),
        LAYERS["townships"],
    )
    document = json.loads(files.write(frame, LAYERS["townships"], tmp_path / "a.geojson", format="geojson").read_text("utf-8"))
    assert "crs" not in document
    ring = document["features"][0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert ring[0][0] in (104.1234568, 105.0, 104.0)
    assert all(len(str(number).split(".")[-1]) <= 7 for point in ring for number in point)


def test_kml_escapes_values_and_keeps_holes(tmp_path):
    parts = MultiPolygon(
        [Polygon(box(104, 36, 105, 37).exterior, [box(104.4, 36.4, 104.6, 36.6).exterior]), box(106, 36, 107, 37)]
    )
    frame = conform(
        gpd.GeoDataFrame({"township_code": ["1"], "name": ["<b>&\"'"]}, geometry=[parts], crs=4490), LAYERS["townships"]
    )
    path = files.write(frame, LAYERS["townships"], tmp_path / "a.kml", format="kml")
    raw = files.read(path, original_name=path.name)
    assert raw.frame.geometry.iloc[0].equals(parts)
    assert "<b>&\"'" in raw.frame.iloc[0].tolist()


def test_tables_without_geometry(tmp_path):
    areas = LAYERS["areas"]
    frame = conform(pd.DataFrame({"area_code": ["62"], "area_name": ["甘肃"], "level": ["province"], "groups": [["a"]]}), areas)
    for format_name in ("csv", "xlsx", "gpkg", "parquet"):
        path = files.write(frame, areas, tmp_path / f"a.{format_name}", format=format_name)
        assert path.stat().st_size > 0
    assert files.read(tmp_path / "a.gpkg", original_name="a.gpkg").frame["area_name"].tolist() == ["甘肃"]
    assert pd.read_parquet(tmp_path / "a.parquet")["area_name"].tolist() == ["甘肃"]
    with pytest.raises(WriteError, match="without geometry"):
        files.write(frame, areas, tmp_path / "b.shp", format="shp")


def test_parquet_keeps_types(tmp_path):
    frame = hamlets(["a", "b"], pd.array([1, None], dtype="Int64"), [Point(104, 36), None])
    back = gpd.read_parquet(files.write(frame, HAMLETS, tmp_path / "a.parquet", format="parquet"))
    assert back.crs == "EPSG:4490"
    assert back["population"].tolist()[0] == 1
    assert back.geometry.iloc[1] is None


def test_points_and_multi_points_together(tmp_path):
    frame = projects([Point(104, 36), MultiPoint([(105, 36), (106, 36)])])
    path = files.write(frame, PROJECTS, tmp_path / "p.zip", format="shp")
    assert files.inspect(path, original_name="p.zip").geometry_types == ("MultiPoint",)


def test_nothing_is_overwritten(tmp_path):
    frame = hamlets(["a"], [1], [Point(104, 36)])
    for format_name in files.FORMATS:
        path = tmp_path / f"a.{format_name}"
        path.write_bytes(b"mine")
        with pytest.raises(WriteError, match="there already"):
            files.write(frame, HAMLETS, path, format=format_name)
        assert path.read_bytes() == b"mine"
        path.unlink()
    (tmp_path / "b.dbf").write_bytes(b"mine")
    with pytest.raises(WriteError, match="there already"):
        files.write(frame, HAMLETS, tmp_path / "b.shp", format="shp")
    (tmp_path / "c.zip").write_bytes(b"mine")
    with pytest.raises(WriteError, match="there already"):
        files.write(frame, HAMLETS, tmp_path / "c.shp", format="shp")


def test_wrong_wishes(tmp_path):
    frame = hamlets(["a"], [1], [Point(104, 36)])
    with pytest.raises(WriteError, match="no format"):
        files.write(frame, HAMLETS, tmp_path / "a.dxf", format="dxf")
    with pytest.raises(WriteError, match="no encoding"):
        files.write(frame, HAMLETS, tmp_path / "a.csv", format="csv", encoding="latin-1")
    with pytest.raises(WriteError, match="EPSG:4490"):
        files.write(frame.to_crs(3857), HAMLETS, tmp_path / "a.csv", format="csv")


def test_cut_and_short_names():
    assert cut("汉" * 200, "gb18030") == "汉" * 127
    assert short_names(["a" * 12, "a" * 11, "a" * 10]) == ["a" * 10, "a" * 8 + "_2", "a" * 8 + "_3"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "geometries",
    [
        [LineString([(104.1, 36.1), (104.123456789012, 36.2)]), LineString([(104, 36), (104.5, 36.5), (104.6, 36.4)])],
        [box(104, 36, 104.1, 36.1), MultiPolygon([box(104, 36, 104.1, 36.1), box(105, 36, 105.1, 36.1)])],
        [Point(104, 36), box(104, 36, 104.1, 36.1), None],
    ],
)
def test_tables_with_wkt_come_back_as_they_were(tmp_path, kind, geometries):
    frame = conform(
        gpd.GeoDataFrame({"project_id": [f"p{at}" for at in range(len(geometries))]}, geometry=geometries, crs=4490), PROJECTS
    )
    path = files.write(frame, PROJECTS, tmp_path / f"p.{kind}", format=kind)
    raw = files.read(path, original_name=path.name, answers=files.Answers(crs="EPSG:4490"))
    assert raw.has_geometry
    assert "wkt" not in raw.frame
    assert raw.frame["project_id"].tolist() == frame["project_id"].tolist()
    assert shapely.equals_exact(raw.frame.geometry.array, np.array(geometries, dtype=object)).tolist() == [
        geometry is not None for geometry in geometries
    ]


def test_a_table_with_wkt_is_asked_for_its_crs(tmp_path):
    (tmp_path / "a.csv").write_text('name,wkt\n甲,"LINESTRING (104 36, 104.1 36.1)"\n', encoding="utf-8")
    found = files.inspect(tmp_path / "a.csv", original_name="a.csv", area_bounds=(103, 35, 105, 37))
    assert [question.kind for question in found.questions] == ["crs"]
    assert "EPSG:4490" in [choice.value for choice in found.questions[0].choices]
    assert [name for name, _ in found.fields] == ["name"]


@pytest.mark.parametrize(
    "text",
    [
        "LINESTRING (104 36)",
        "POLYGON ((104 36, 105 36, 105 37))",
        "LINESTRING (104 36, x 37)",
        "GEOMETRYCOLLECTION (" * 50_000 + "POINT (104 36)" + ")" * 50_000,
        "somewhere",
    ],
)
def test_a_cell_that_is_no_wkt_is_a_fault_of_its_row(tmp_path, text):
    (tmp_path / "a.csv").write_text(f'project_id,wkt\na,POINT (104 36)\nb,"{text}"\n', encoding="utf-8")
    raw = files.read(tmp_path / "a.csv", original_name="a.csv", answers=files.Answers(crs="EPSG:4490"))
    assert raw.frame.geometry.notna().tolist() == [True, False]
    assert list(raw.frame.attrs["geometry_faults"]) == [2]


def test_vertices_of_wkt_count(tmp_path):
    (tmp_path / "a.csv").write_text('name,wkt\n甲,"LINESTRING (104 36, 104.1 36.1, 104 37)"\n', encoding="utf-8")
    with pytest.raises(files.LimitExceededError):
        files.read(
            tmp_path / "a.csv", original_name="a.csv", answers=files.Answers(crs="EPSG:4490"), limits=files.Limits(vertices=2)
        )


def test_a_column_called_geometry_that_holds_words_stays_a_column(tmp_path):
    (tmp_path / "a.csv").write_text("name,geometry\n甲,round\n", encoding="utf-8")
    raw = files.read(tmp_path / "a.csv", original_name="a.csv")
    assert not raw.has_geometry


def test_a_geometry_too_long_for_a_cell_is_never_cut(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 4000)[:-1]
    ring = Polygon(np.column_stack([104 + np.cos(angles), 36 + np.sin(angles)]))
    frame = conform(gpd.GeoDataFrame({"project_id": ["p"]}, geometry=[ring], crs=4490), PROJECTS)
    sheet = openpyxl.load_workbook(files.write(frame, PROJECTS, tmp_path / "p.xlsx", format="xlsx")).active
    assert sheet.cell(2, sheet.max_column).value.startswith("too long for a cell")
    path = files.write(frame, PROJECTS, tmp_path / "p.csv", format="csv")
    raw = files.read(path, original_name=path.name, answers=files.Answers(crs="EPSG:4490"))
    assert raw.frame.geometry.iloc[0].equals_exact(ring)
