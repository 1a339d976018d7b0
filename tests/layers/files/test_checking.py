"""The check report: every rule finds its fault and only it; accept is all or nothing unless rows may be skipped."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from layers.catalogue import LAYERS
from layers.files import gcj02
from layers.files.checking import Checks, accept, check, find, sheet_of
from layers.files.errors import FaultsError
from layers.files.faults import COLUMNS
from layers.schema import Code, CodeList, Field, FieldType, GeometryKind, Layer, RowFault

SURFACE = CodeList(
    "surface", "路面", "Surface", (Code("水泥", "水泥", "Cement"), Code("沥青", "沥青", "Asphalt")), "test", {"砼": "水泥"}
)


def taps_within(row):
    taps, people = row.get("taps"), row.get("people")
    if taps is not None and people is not None and taps > people:
        yield RowFault("taps", "taps_within", str(taps), "不大于人口", "not above people", "核对", "Check")


def layer(geometry=GeometryKind.POINT, *, name="wells", geometry_required=True):
    return Layer(
        name=name,
        zh="水井",
        en="Wells",
        entity="C0",
        geometry=geometry,
        key="well_id",
        fields=(
            Field("well_id", "编号", "Number", FieldType.TEXT, "test", required=True, length=10),
            Field("parent_id", "上级", "Parent", FieldType.TEXT, "test", references=name),
            Field("village_code", "村", "Village", FieldType.TEXT, "test", references="villages"),
            Field("asset_id", "资产", "Asset", FieldType.TEXT, "test", references="assets"),
            Field("route", "线路", "Route", FieldType.TEXT, "test", pattern=r"X\d{3}"),
            Field("people", "人口", "People", FieldType.INTEGER, "test", minimum=0, maximum=1000, recommended=True),
            Field("taps", "龙头", "Taps", FieldType.INTEGER, "test"),
            Field("depth_m", "深度", "Depth", FieldType.NUMBER, "test", unit="m", minimum=0),
            Field("working", "可用", "Working", FieldType.FLAG, "test"),
            Field("tested", "检测", "Tested", FieldType.DATE, "test"),
            Field("surface", "路面", "Surface", FieldType.CODE, "test", codes=SURFACE),
            Field("villages", "涉及村", "Villages", FieldType.LIST, "test", references="villages"),
            Field("length_m", "长度", "Length", FieldType.NUMBER, "test", derived=True, required=True),
        ),
        source="test",
        area_fields=("village_code",),
        row_checks=(taps_within,),
        geometry_required=geometry_required,
    )


WELLS = layer()
ROADS = layer(GeometryKind.LINE)
PARCELS = layer(GeometryKind.POLYGON, name="farmland")


def frame(*rows, geometries=None, **shared):
    data = [{"well_id": f"w{at}", "people": 10, **shared, **row} for at, row in enumerate(rows, start=1)]
    index = pd.RangeIndex(1, len(data) + 1, name="row")
    found = geometries if geometries is not None else [Point(104 + at / 100, 36) for at in range(len(data))]
    return gpd.GeoDataFrame(
        pd.DataFrame(data, index=index).astype(object), geometry=gpd.GeoSeries(found, index=index, crs=4490), crs=4490
    )


def found(report):
    return [
        (row if not pd.isna(row) else None, name, rule)
        for row, name, rule in report.faults[["row", "field", "rule"]].itertuples(index=False)
    ]


def test_good_rows_have_no_fault():
    rows = frame(
        {
            "route": "X101",
            "depth_m": "3.5",
            "working": "是",
            "tested": "2024年3月5日",
            "surface": "水泥",
            "villages": "620422100201;620422100202",
        }
    )
    report = check(rows, WELLS)
    assert report.ok
    assert report.faults.empty
    assert report.counts.empty
    accepted, skipped = accept(rows, report)
    assert skipped.empty
    row = accepted.iloc[0]
    assert row["depth_m"] == 3.5
    assert row["working"]
    assert row["tested"] == dt.date(2024, 3, 5)
    assert row["villages"] == ["620422100201", "620422100202"]
    assert accepted.crs == "EPSG:4490"


@pytest.mark.parametrize(
    ("row", "field", "rule", "severity"),
    [
        ({"well_id": None}, "well_id", "required_missing", "error"),
        ({"well_id": "  "}, "well_id", "required_missing", "error"),
        ({"people": "many"}, "people", "type", "error"),
        ({"people": "12.5"}, "people", "type", "error"),
        ({"people": "1,200"}, "people", "type", "error"),
        ({"people": -1}, "people", "range", "error"),
        ({"people": 1001}, "people", "range", "error"),
        ({"depth_m": "deep"}, "depth_m", "type", "error"),
        ({"depth_m": float("inf")}, "depth_m", "type", "error"),
        ({"depth_m": True}, "depth_m", "type", "error"),
        ({"working": "maybe"}, "working", "type", "error"),
        ({"tested": "2024-02-30"}, "tested", "type", "error"),
        ({"tested": "0024-02-03"}, "tested", "type", "error"),
        ({"tested": "soon"}, "tested", "type", "error"),
        ({"villages": "[1,"}, "villages", "type", "error"),
        ({"surface": "砼"}, "surface", "code_alias", "error"),
        ({"surface": "Cement"}, "surface", "code_alias", "error"),
        ({"surface": "水 泥"}, "surface", "code", "error"),
        ({"surface": "gold"}, "surface", "code", "error"),
        ({"well_id": "w" * 11}, "well_id", "too_long", "error"),
        ({"route": "Y101"}, "route", "pattern", "error"),
        ({"well_id": " a"}, "well_id", "outer_spaces", "warning"),
        ({"well_id": "=1+1"}, "well_id", "formula_text", "warning"),
        ({"well_id": "@x"}, "well_id", "formula_text", "warning"),
        ({"taps": 20}, "taps", "taps_within", "error"),
    ],
)
def test_each_value_rule(row, field, rule, severity):
    report = check(frame(row), WELLS)
    assert [(name, seen) for _, name, seen in found(report)] == [(field, rule)]
    fault = report.faults.iloc[0]
    assert fault["severity"] == severity
    assert fault["row"] == 1
    assert fault["expected_zh"]
    assert fault["expected_en"]
    assert fault["advice_zh"]
    assert fault["advice_en"]


def test_negative_number_as_text_is_no_formula():
    assert check(frame({"well_id": "-12"}), WELLS).faults.empty


def test_nearest_code_is_suggested():
    assert "水泥" in check(frame({"surface": "水泥路"}), WELLS).faults["expected_zh"].iloc[0]


def test_long_values_are_shortened_in_the_report():
    assert len(check(frame({"route": "x" * 500}), WELLS).faults["value"].iloc[0]) == 80


def test_required_field_that_the_file_does_not_have():
    report = check(frame({}, {}).drop(columns="well_id"), WELLS)
    assert found(report) == [(1, "well_id", "required_missing"), (2, "well_id", "required_missing")]


def test_required_field_that_the_source_may_lack_is_counted():
    rows = frame({"well_id": None}, {})
    report = check(rows, WELLS, options=Checks(allow_missing=("well_id",)))
    assert report.ok
    assert report.relaxed == {"well_id": 1}
    rows.attrs["allow_missing"] = ("well_id",)
    assert check(rows, WELLS).relaxed == {"well_id": 1}


def test_recommended_field_is_a_warning_once_for_a_whole_column():
    assert found(check(frame({"people": None}, {"people": None}), WELLS)) == [(None, "people", "recommended_missing")]
    assert found(check(frame({"people": None}, {}), WELLS)) == [(1, "people", "recommended_missing")]


def test_undeclared_column_concerns_the_whole_file():
    rows = frame({"colour": "red"}, {"colour": "blue"})
    report = check(rows, WELLS)
    assert found(report) == [(None, "colour", "undeclared_field")]
    with pytest.raises(FaultsError, match="row all, colour"):
        accept(rows, report, skip_bad_rows=True)


def test_keys():
    rows = frame({"well_id": "a"}, {"well_id": "b"}, {"well_id": "a"})
    report = check(rows, WELLS, known={"wells": {"b"}})
    assert found(report) == [(2, "well_id", "key_exists"), (3, "well_id", "duplicate_key")]
    assert "row 1" in report.faults["expected_en"].iloc[1]


def test_references():
    rows = frame(
        {"village_code": "V1", "asset_id": "A9", "parent_id": "w2"},
        {"village_code": "V9", "villages": "V1;V8", "parent_id": "nobody"},
    )
    report = check(rows, WELLS, known={"villages": {"V1"}, "assets": {"A1"}})
    assert found(report) == [
        (1, "asset_id", "unknown_reference"),
        (2, "village_code", "unknown_reference"),
        (2, "villages", "unknown_reference"),
        (2, "parent_id", "unknown_reference"),
    ]
    assert report.faults["severity"].tolist() == ["warning", "error", "error", "warning"]


def test_references_to_what_nobody_knows_are_not_judged():
    rows = frame({"village_code": "V9"})
    assert check(rows, WELLS).ok
    assert check(rows, WELLS, known={"areas": {"V9"}, "villages": {"V1"}}).ok


@pytest.mark.parametrize(
    ("kind", "geometry", "rule"),
    [
        (WELLS, None, "geometry_missing"),
        (WELLS, Point(), "geometry_missing"),
        (WELLS, Point(np.inf, 36), "geometry_not_finite"),
        (WELLS, Point(36, 104), "geometry_out_of_range"),
        (WELLS, Point(1e300, 1e300), "geometry_out_of_range"),
        (WELLS, LineString([(104, 36), (105, 36)]), "geometry_type"),
        (ROADS, Point(104, 36), "geometry_type"),
        (PARCELS, Polygon([(104, 36), (105, 37), (105, 36), (104, 37)]), "geometry_invalid"),
        (ROADS, LineString([(104, 36), (104, 36)]), "geometry_invalid"),
    ],
)
def test_each_geometry_rule(kind, geometry, rule):
    report = check(frame({}, geometries=[geometry]), kind)
    assert found(report) == [(1, "geometry", rule)]
    assert not report.ok


def test_invalid_geometry_is_shown_where_it_breaks():
    report = check(frame({}, geometries=[Polygon([(104, 36), (105, 37), (105, 36), (104, 37)])]), PARCELS)
    place = report.map().geometry.iloc[0]
    assert place.equals(Point(104.5, 36.5))
    assert report.map().crs == "EPSG:4490"
    assert "geometry" not in report.table().columns


def test_too_many_vertices():
    ring = [(104 + np.cos(a) / 10, 36 + np.sin(a) / 10) for a in np.linspace(0, 6.28, 50)]
    report = check(frame({}, geometries=[Polygon(ring)]), PARCELS, options=Checks(feature_vertices=20))
    assert found(report) == [(1, "geometry", "too_many_vertices")]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("unreadable", "geometry_unreadable"), ("unclosed", "geometry_unclosed"), ("other", "geometry_unreadable")],
)
def test_faults_of_the_reading(fault, rule):
    rows = frame({})
    rows.attrs["geometry_faults"] = {1: fault}
    assert found(check(rows, WELLS)) == [(1, "geometry", rule)]


def test_missing_place_is_a_warning_where_it_may_be_missing_and_nothing_where_a_code_stands_for_it():
    optional = layer(geometry_required=False)
    report = check(frame({"village_code": "V1"}, {}, geometries=[None, None]), optional)
    assert found(report) == [(2, "geometry", "geometry_missing")]
    assert report.ok
    assert len(check(frame({}, geometries=[None]).drop(columns="people"), optional).warnings) == 2


def test_table_without_geometry():
    table = layer(GeometryKind.NONE)
    rows = pd.DataFrame({"well_id": ["a"], "people": [1]}, index=[1])
    report = check(rows, table)
    accepted, _ = accept(rows, report)
    assert report.ok
    assert "geometry" not in accepted.columns


def test_frame_without_geometry_for_a_located_layer():
    report = check(pd.DataFrame({"well_id": ["a"], "people": [1]}, index=[1]), WELLS)
    assert found(report) == [(1, "geometry", "geometry_missing")]


def test_boundary():
    area = box(104, 36, 105, 37)
    lines = [
        LineString([(104.1, 36.1), (104.2, 36.2)]),
        LineString([(104.9, 36.5), (105.1, 36.5)]),
        LineString([(105.005, 36.5), (105.006, 36.5)]),
        LineString([(110, 30), (110.1, 30)]),
    ]
    report = check(frame({}, {}, {}, {}, geometries=lines), ROADS, boundary=area)
    assert found(report) == [
        (2, "geometry", "E17_partly_outside"),
        (3, "geometry", "E17_outside"),
        (4, "geometry", "E17_outside"),
    ]
    assert report.faults["severity"].tolist() == ["warning", "warning", "error"]
    # N·cosφ·Δλ at 36.5° N with GRS 80: 6385705 m · 0.803857 · 0.005° = 448 m; degrees are never shown as a distance
    assert report.faults["value"].tolist()[1] == "448 m"
    assert report.faults["value"].tolist()[2].endswith(" km")
    assert report.faults.geometry.notna().all()
    assert check(frame({}), WELLS, boundary=Polygon()).ok


def test_duplicate_places_and_lines_that_run_back():
    line = LineString([(104, 36), (104.1, 36), (104.2, 36)])
    back = LineString([(104, 36.5), (104.1, 36.5), (104.2, 36.5), (104.1, 36.5)])
    report = check(frame({}, {}, {}, geometries=[line, line.reverse(), back]), ROADS)
    assert found(report) == [(2, "geometry", "duplicate_geometry"), (3, "geometry", "self_overlap")]
    assert report.ok


def test_closed_loop_is_no_self_overlap():
    loop = LineString([(104, 36), (104.1, 36), (104.1, 36.1), (104, 36)])
    assert check(frame({}, geometries=[loop]), ROADS).faults.empty


def test_overlapping_parcels():
    parcels = [
        box(104, 36, 104.01, 36.01),
        box(104.005, 36, 104.015, 36.01),
        box(104.015, 36, 104.02, 36.01),
        box(104.0199, 36, 104.04, 36.01),
    ]
    report = check(frame({}, {}, {}, {}, geometries=parcels), PARCELS)
    assert found(report) == [(2, "geometry", "overlap"), (4, "geometry", "overlap")]
    assert report.faults["value"].iloc[0].endswith("m²")
    assert float(report.faults["value"].iloc[0].split()[0]) == pytest.approx(
        0.005 * 0.01 * 111_000**2 * np.cos(np.radians(36)), rel=0.02
    )
    assert report.faults["severity"].tolist() == ["error", "error"]


def test_slight_overlap_is_a_warning():
    parcels = [box(104, 36, 104.01, 36.01), box(104.00999, 36, 104.02, 36.01)]
    assert check(frame({}, {}, geometries=parcels), PARCELS).warnings["rule"].tolist() == ["overlap"]


def test_other_layers_may_overlap():
    assert check(frame({}, {}, geometries=[box(0, 0, 2, 2), box(1, 1, 3, 3)]), layer(GeometryKind.POLYGON)).faults.empty


def test_shift_of_gcj02_is_reported_with_its_length():
    angles = np.linspace(0, 2 * np.pi, 300)
    right = Polygon(np.c_[104.2 + 0.3 * np.cos(angles) * (1 + 0.2 * np.sin(3 * angles)), 36.5 + 0.3 * np.sin(angles)])
    wrong = shapely.transform(right, lambda points: np.column_stack(gcj02.wgs84_to_gcj02(points[:, 0], points[:, 1])))
    reference = gpd.GeoSeries([right], crs=4490)
    kind = layer(GeometryKind.POLYGON)
    report = check(frame({}, geometries=[wrong]), kind, options=Checks(reference=reference))
    assert found(report) == [(None, "geometry", "E17_gcj02_suspected")]
    assert 200 < float(report.faults["value"].iloc[0].split()[0]) < 300
    assert report.ok
    assert check(frame({}, geometries=[right]), kind, options=Checks(reference=reference)).faults.empty
    assert check(
        frame({}, geometries=[None]).assign(people=1),
        layer(GeometryKind.POLYGON, geometry_required=False),
        options=Checks(reference=reference),
    ).ok


def test_repairs_that_would_help_are_named():
    report = check(
        frame({"people": "1,200"}, {"surface": "砼"}, {"well_id": " x"}, geometries=[Point(36, 104), Point(104, 36), None]), WELLS
    )
    assert set(report.repairs) == {"parse_numbers", "translate_codes", "strip_spaces", "swap_lonlat"}


def test_counts_by_rule():
    report = check(frame({"people": -1}, {"people": -2}, {"well_id": " a"}), WELLS)
    assert report.counts.to_dict("records") == [
        {"rule": "range", "severity": "error", "count": 2},
        {"rule": "outer_spaces", "severity": "warning", "count": 1},
    ]


def test_all_or_nothing():
    rows = frame({}, {"people": -1})
    report = check(rows, WELLS)
    with pytest.raises(FaultsError, match=r"1 of 2 rows of wells have 1 faults: row 2, people: range -1"):
        accept(rows, report)
    accepted, skipped = accept(rows, report, skip_bad_rows=True)
    assert accepted["well_id"].tolist() == ["w1"]
    assert skipped.to_dict("records") == [{"row": 2, "faults": 1, "reasons": "people: range -1"}]


def test_frame_is_not_changed():
    rows = frame({"people": "1,200"}, {"surface": "砼"})
    before = rows.copy(deep=True)
    accept(rows, check(rows, WELLS), skip_bad_rows=True)
    pd.testing.assert_frame_equal(pd.DataFrame(rows), pd.DataFrame(before))


def test_layers_of_the_catalogue_can_all_be_checked_empty():
    for declared in LAYERS.values():
        empty = gpd.GeoDataFrame({declared.key: pd.Series([], dtype=object)}, geometry=gpd.GeoSeries([], crs=4490), crs=4490)
        report = check(empty, declared, boundary=box(0, 0, 1, 1))
        assert report.rows == 0
        assert report.ok


cells = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-2000, 2000),
    st.floats(allow_nan=True),
    st.booleans(),
    st.sampled_from(["水泥", "砼", "1,200", "2024-01-01", "V1"]),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            dict.fromkeys(
                ("well_id", "village_code", "route", "people", "taps", "depth_m", "working", "tested", "surface", "villages"),
                cells,
            )
        ),
        max_size=5,
    )
)
def test_accepted_and_skipped_rows_are_all_rows(rows):
    given_rows = frame(*rows) if rows else frame({}).iloc[:0]
    report = check(given_rows, WELLS, known={"villages": {"V1"}})
    accepted, skipped = accept(given_rows, report, skip_bad_rows=True)
    assert len(accepted) + len(skipped) == len(rows)
    assert set(skipped["row"]) == set(report.bad_rows)
    assert report.ok == skipped.empty
    again = check(accepted.drop(columns=["id", "ver"]), WELLS, known={"villages": {"V1"}})
    assert again.ok


def test_multi_part_geometry_of_a_point_layer_offers_a_repair():
    report = check(frame({}, geometries=[shapely.MultiPoint([(104, 36)])]), WELLS)
    assert report.repairs == ("multi_to_single",)
    assert check(frame({}, geometries=[MultiPolygon([box(0, 0, 1, 1)])]), PARCELS).ok


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("620402100200", "620402100", "620402"), []),
        (("620402100200", "620402101", "620402"), [("village_code", "620402100200 / 620402101")]),
        (("620402100200", None, "620403"), [("village_code", "620402100200 / 620403")]),
        ((None, "620402100", "620403"), [("township_code", "620402100 / 620403")]),
        (("629999100200", None, None), [("village_code", "629999100200")]),
        (("V-7", "620402101", "620402"), []),
        ((None, None, None), []),
    ],
)
def test_a_code_that_disagrees_with_its_township_or_county_is_told_by_the_chinese_scheme_only(row, found):
    layer = LAYERS["facilities"]
    rows = pd.DataFrame([row], columns=["village_code", "township_code", "county_code"], index=[4])
    rows["facility_id"] = "F1"
    chinese = Checks(scheme="cn-12", counties=frozenset({"620402", "620403"}))
    told = check(rows, layer, options=chinese).faults.query("rule == 'E18_code_prefix'")
    assert list(zip(told["field"], told["value"], strict=True)) == found
    assert set(told["severity"]) <= {"warning"}
    assert set(told["row"]) <= {4}
    for other in (Checks(scheme="pmgsy", counties=chinese.counties), Checks()):
        assert "E18_code_prefix" not in set(check(rows, layer, options=other).faults["rule"])


def test_an_area_is_checked_against_its_parent():
    rows = pd.DataFrame(
        {"area_code": ["62", "620402", "620402100", "620403100"], "parent_code": [None, "62", "620402", "620402"]},
        index=[1, 2, 3, 4],
    )
    told = check(rows, LAYERS["areas"], options=Checks(scheme="cn-12")).faults.query("rule == 'E18_code_prefix'")
    assert told["row"].tolist() == [4]


def test_faults_found_without_frames_are_those_of_the_report():
    rows = [{"well_id": "a", "people": "many", "route": "x1"}, {"well_id": "a", "surface": "砼", "strange": 1}]
    given = frame(*rows, geometries=[Point(104, 36), Polygon([(104, 36), (105, 37), (105, 36), (104, 37), (104, 36)])])
    options = Checks(allow_missing=("asset_id",))
    report = check(given, layer(), known={"villages": {"v"}}, boundary=box(100, 30, 101, 31), options=options)
    sheet = sheet_of(given, layer())
    faults, parsed, relaxed = find(sheet, layer(), known={"villages": {"v"}}, boundary=box(100, 30, 101, 31), options=options)
    held = [list(row) for row in report.faults[list(COLUMNS[1:-1])].itertuples(index=False)]
    assert [list(item)[1:-1] for item in faults] == held
    assert [item.row for item in faults] == [None if pd.isna(row) else row for row in report.faults["row"].tolist()]
    assert [item.geometry for item in faults] == report.faults.geometry.tolist()
    assert (parsed, relaxed) == (report.parsed, report.relaxed)
    assert {"type", "pattern", "duplicate_key", "code_alias", "undeclared_field", "geometry_type"} <= {
        item.rule for item in faults
    }
