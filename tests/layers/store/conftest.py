"""Stores of both kinds with three small layers that have every kind of field and geometry."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.schema import Code, CodeList, Field, FieldType, GeometryKind, Layer
from layers.store import Change, Insert, open_store

KINDS = CodeList("well_kind", "井型", "Kind of well", (Code("筒井", "筒井", "Dug"), Code("管井", "管井", "Drilled")), "test")
COMMON = (
    Field("id", "内部编号", "Internal id", FieldType.TEXT, "test", derived=True),
    Field("source", "来源", "Source", FieldType.TEXT, "test"),
)
WELLS = Layer(
    "wells",
    "水井",
    "Wells",
    "T1",
    GeometryKind.POINT,
    "well_id",
    (
        Field("well_id", "编号", "Number", FieldType.TEXT, "test", required=True),
        Field("name", "名称", "Name", FieldType.TEXT, "test"),
        Field("kind", "井型", "Kind", FieldType.CODE, "test", codes=KINDS),
        Field("persons", "人数", "Persons", FieldType.INTEGER, "test", unit="人"),
        Field("depth_m", "深度", "Depth", FieldType.NUMBER, "test", unit="m"),
        Field("tested", "已检测", "Tested", FieldType.FLAG, "test"),
        Field("dug_on", "建成日期", "Dug on", FieldType.DATE, "test"),
        Field("uses", "用途", "Uses", FieldType.LIST, "test"),
        *COMMON,
    ),
    "test",
)
TRACKS = Layer(
    "tracks",
    "小路",
    "Tracks",
    "T2",
    GeometryKind.LINE,
    "track_id",
    (Field("track_id", "编号", "Number", FieldType.TEXT, "test"), Field("name", "名称", "Name", FieldType.TEXT, "test"), *COMMON),
    "test",
)
NOTES = Layer(
    "notes",
    "备注",
    "Notes",
    "T3",
    GeometryKind.NONE,
    "note_id",
    (Field("note_id", "编号", "Number", FieldType.TEXT, "test"), Field("text", "内容", "Text", FieldType.TEXT, "test"), *COMMON),
    "test",
)
LAYERS = {layer.name: layer for layer in (WELLS, TRACKS, NOTES)}
CODES = tuple(
    Field(name, "代码", "Code", FieldType.TEXT, "test", length=24) for name in ("village_code", "township_code", "county_code")
)
PLOTS = Layer(
    "plots",
    "地块",
    "Plots",
    "T4",
    GeometryKind.ANY,
    "plot_id",
    (
        Field("plot_id", "编号", "Number", FieldType.TEXT, "test", required=True),
        Field("name", "名称", "Name", FieldType.TEXT, "test"),
        Field("money", "金额", "Money", FieldType.NUMBER, "test"),
        *CODES,
        *COMMON,
    ),
    "test",
    area_fields=("village_code", "township_code", "county_code"),
)
ZONES = Layer(
    "zones",
    "区",
    "Zones",
    "T5",
    GeometryKind.NONE,
    "township_code",
    (Field("name", "名称", "Name", FieldType.TEXT, "test"), *CODES[1:], *COMMON),
    "test",
    area_fields=("township_code", "county_code"),
)
AREA_LAYERS = {layer.name: layer for layer in (PLOTS, ZONES, WELLS, NOTES)}
"""Layers with area codes and geometry, with codes alone, with geometry alone, with neither."""


@pytest.fixture(scope="session")
def layers():
    return LAYERS


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def where(request, tmp_path):
    """Where a new store may be made, once for each kind of store."""
    if request.param == "gpkg":
        return tmp_path / "库.gpkg"
    return request.getfixturevalue("postgis_schema")


@pytest.fixture
def store(where, tmp_path):
    with open_store(where, create=True, layers=LAYERS, snapshots=tmp_path / "snapshots") as opened:
        yield opened


@pytest.fixture
def area_store(where, tmp_path):
    """A store of either kind with layers that say in which area a row lies."""
    with open_store(where, create=True, layers=AREA_LAYERS, snapshots=tmp_path / "snapshots") as opened:
        yield opened


def plots(*rows):
    """Plots of (key, village, township, county, geometry)."""
    names = ("plot_id", "village_code", "township_code", "county_code")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns["name"] = [f"地块{row[0]}" for row in rows]
    return gpd.GeoDataFrame(columns, geometry=[row[4] for row in rows], crs="EPSG:4490")


@pytest.fixture(name="plots", scope="session")
def plots_fixture():
    return plots


@pytest.fixture
def path(tmp_path):
    """Where a new GeoPackage may be made, for what only a file can suffer."""
    return tmp_path / "库.gpkg"


@pytest.fixture
def gpkg(path):
    with open_store(path, create=True, layers=LAYERS) as opened:
        yield opened


def wells(count, *, prefix="w", first=0):
    """Wells in a row from 104 E, 36 N, with known and unknown values of every kind."""
    numbers = range(first, first + count)
    return gpd.GeoDataFrame(
        {
            "well_id": [f"{prefix}{n}" for n in numbers],
            "name": [f"井“{n}”🚰" if n % 3 else None for n in numbers],
            "kind": ["筒井" if n % 2 else "管井" for n in numbers],
            "persons": pd.array([n if n % 4 else None for n in numbers], dtype="Int64"),
            "depth_m": [n / 7 if n % 5 else np.nan for n in numbers],
            "tested": pd.array([bool(n % 2) if n % 3 else None for n in numbers], dtype="boolean"),
            "dug_on": [dt.date(2000 + n % 25, 1, 1) if n % 2 else None for n in numbers],
            "uses": [["饮水", f"用途{n % 3}"] if n % 2 else None for n in numbers],
        },
        geometry=[shapely.Point(104 + n * 0.01, 36 + n * 0.001) for n in numbers],
        crs="EPSG:4490",
    )


@pytest.fixture(name="wells", scope="session")
def wells_fixture():
    return wells


@pytest.fixture(scope="session")
def change():
    """Make a change by a person of a bureau."""

    def make(*edits, who="李工", bureau="水务局", reason="测试", **options):
        return Change(who, bureau, reason, tuple(edits), **options)

    return make


@pytest.fixture
def filled(store, change):
    """A store with ten wells in one change."""
    store.apply(change(Insert("wells", wells(10)), kind="import"))
    return store


@pytest.fixture(scope="session")
def one():
    """Find the one feature of a layer that carries a key."""

    def find(store, key, layer="wells"):
        frame = store.read(layer)
        row = frame[frame[store.layers[layer].key] == key]
        assert len(row) == 1
        return store.get(layer, row["id"].iloc[0])

    return find


def content(store, layer="wells"):
    """What a layer holds apart from versions, row by row."""
    frame = store.read(layer)
    columns = [name for name in frame.columns if name not in {"ver", "geometry"}]
    rows = {}
    for fid, row in zip(frame.index, frame[columns].to_dict("records"), strict=True):
        rows[fid] = {name: None if not isinstance(value, list) and pd.isna(value) else value for name, value in row.items()}
    if "geometry" in frame:
        for fid, shape in zip(frame.index, frame.geometry, strict=True):
            rows[fid]["geometry"] = None if shape is None else shape.wkb
    return rows


@pytest.fixture(name="content", scope="session")
def content_fixture():
    return content
