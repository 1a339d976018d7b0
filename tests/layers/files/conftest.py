"""Makers of small valid files, and the promise that reading leaves nothing behind."""

import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from layers.files import sandbox

PRJ_4490 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


@pytest.fixture(scope="session", autouse=True)
def reading_process():
    """Start the reading process once, outside the time that a test measures."""
    sandbox.server()
    yield
    sandbox.close()


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    """Every test must leave the folder of temporary files as it found it."""
    folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def pack():
    """Pack files into a zip: names → bytes."""

    def make(path, files):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path

    return make


@pytest.fixture
def shapefile(tmp_path):
    """Write a shapefile and give its parts: suffix → bytes."""

    def make(frame=None, *, encoding="utf-8", cpg=None, prj=None):
        frame = (
            frame
            if frame is not None
            else gpd.GeoDataFrame({"name": ["白银市"], "n": [1]}, geometry=[Point(104.17, 36.54)], crs=4490)
        )
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        frame.to_file(folder / "a.shp", encoding=encoding)
        parts = {path.suffix: path.read_bytes() for path in folder.iterdir()}
        for suffix, given in ((".cpg", cpg), (".prj", prj)):
            if given == "":
                parts.pop(suffix, None)
            elif given is not None:
                parts[suffix] = given.encode()
        return parts

    return make


@pytest.fixture
def shape_zip(tmp_path, pack, shapefile):
    """Write a zipped shapefile."""

    def make(name="a.zip", stem="a", without=(), change=None, **options):
        parts = {suffix: data for suffix, data in shapefile(**options).items() if suffix not in without}
        parts |= change or {}
        return pack(tmp_path / name, {stem + suffix: data for suffix, data in parts.items()})

    return make


@pytest.fixture
def geopackage(tmp_path):
    """Write a GeoPackage with one table and run SQL on it afterwards."""

    def make(sql="", name="a.gpkg"):
        path = tmp_path / name
        gpd.GeoDataFrame({"a": [1]}, geometry=[Point(104.0, 36.0)], crs=4326).to_file(path, layer="ok")
        if sql:
            base = sqlite3.connect(path)
            base.executescript(sql)
            base.commit()
            base.close()
        return path

    return make


@pytest.fixture
def geojson(tmp_path):
    """Write a feature collection, from geometries or from features."""

    def make(*geometries, name="a.geojson", features=None, **more):
        found = features or [{"type": "Feature", "properties": {"a": 1}, "geometry": geometry} for geometry in geometries]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", **more, "features": found}), "utf-8")
        return path

    return make
