"""Field work: a package goes out, is edited by other programs, and comes back as a three-way merge."""

import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from geo_app.access import Person, local_person
from geo_app.actions import field_package, field_return
from geo_app.actions.field_package import FieldRequest
from geo_app.actions.field_return import FieldFile, FieldFileError
from geo_app.actions.save_edits import EditFaultsError
from geo_app.cli import cli
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from layers.store import Change, Delete, Grant, Insert, Update, open_store

COUNTY, OTHER = "620422", "620423"
HERE = Path(__file__).parent
SYSTEM_PYTHON = Path("/usr/bin/python3")
LOCAL = local_person(Settings())


def roads(count, *, county=COUNTY, prefix="S", west=104.0):
    return gpd.GeoDataFrame(
        {
            "segment_id": [f"{prefix}{n}" for n in range(count)],
            "name": [f"路{n}" for n in range(count)],
            "admin_class": ["县道" if n % 2 else "村道" for n in range(count)],
            "tech_class": "四级",
            "surface_type": ["沥青", "土"][count % 2],
            "route_no": None,
            "width_m": [4.5 + n / 3 for n in range(count)],
            "lanes": [None if n % 3 else 2 for n in range(count)],
            "all_season": [bool(n % 2) if n % 5 else None for n in range(count)],
            "built_year": 2011,
            "county_code": county,
            "source": "test",
        },
        geometry=[
            shapely.LineString([(west + n / 100, 35.6), (west + n / 100 + 0.004, 35.601), (west + n / 100, 35.61)])
            for n in range(count)
        ],
        crs="EPSG:4490",
    )


def counties():
    shapes = [shapely.box(103.9, 35.5, 104.3, 36), shapely.box(104.3, 35.5, 104.8, 36)]
    return gpd.GeoDataFrame({"county_code": [COUNTY, OTHER], "name": ["会宁县", "景泰县"]}, geometry=shapes, crs="EPSG:4490")


def points(count):
    return gpd.GeoDataFrame(
        {
            "facility_id": [f"F{n}" for n in range(count)],
            "name": [f"厕{n}" for n in range(count)],
            "facility_type": "公厕",
            "county_code": COUNTY,
        },
        geometry=[shapely.Point(104 + n / 50, 35.7) for n in range(count)],
        crs="EPSG:4490",
    )


def applied(store, *edits):
    return store.apply(Change("zhang", "交通局", "meanwhile", tuple(edits)))


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "s.gpkg", create=True) as opened:
        applied(
            opened,
            Insert("counties", counties()),
            Insert("roads", roads(12)),
            Insert("roads", roads(3, county=OTHER, prefix="T", west=104.4)),
        )
        yield opened


@pytest.fixture
def take(store, tmp_path):
    """Make a package and unpack it; gives its folder."""

    def made(*layers, person=LOCAL, area=COUNTY, **options):
        request = FieldRequest(area=area, layers=layers or ("roads",), **options)
        package = field_package.make(store, person, request, tmp_path / "out")
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(tmp_path / "there")
        return tmp_path / "there" / package.path.stem

    return made


def somebody(store, *areas, login="wang"):
    """A person of the transport bureau with an account for some areas."""
    grants = (Grant("transport", areas),)
    account = store.accounts.add(login, login, "交通局", "no hash", grants)
    return Person(login, "交通局", frozenset(), account_id=account.account_id, grants=grants, login=login)


def bring(store, folder, person=LOCAL, **options):
    return field_return.bring_back(store, person, FieldFile(folder / "field.gpkg", "field.gpkg"), **options)


def by_key(store, key):
    frame = store.read("roads")
    found = frame[frame["segment_id"] == key]
    return store.get("roads", found["id"].iloc[0]) if len(found) else None


def spoken(folder, *statements):
    """Change the GeoPackage with the system's GDAL, in a process of its own."""
    code = (
        "import sys\nfrom osgeo import gdal, ogr\ngdal.UseExceptions()\n"
        "data = gdal.OpenEx(sys.argv[1], gdal.OF_UPDATE | gdal.OF_VECTOR)\n"
        "for statement in sys.argv[2:]:\n    data.ExecuteSQL(statement)\ndel data\n"
    )
    subprocess.run([SYSTEM_PYTHON, "-c", code, folder / "field.gpkg", *statements], check=True, env=clean())


def clean():
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROJ", "GDAL", "VIRTUAL"))}


@pytest.fixture(autouse=True, scope="module")
def _gdal():
    if not SYSTEM_PYTHON.is_file() or subprocess.run([SYSTEM_PYTHON, "-c", "import osgeo"], check=False, env=clean()).returncode:
        pytest.skip("the system's Python has no GDAL (Debian package python3-gdal)")


def test_a_package_holds_the_rows_of_the_area_and_comes_back_unchanged(store, take):
    folder = take("roads", "counties")
    assert sorted(path.name for path in folder.iterdir()) == ["field.gpkg", "field.qgs", "说明-README.txt"]
    with sqlite3.connect(folder / "field.gpkg") as link:
        assert {row[0] for row in link.execute("SELECT segment_id FROM roads")} == {f"S{n}" for n in range(12)}
        assert link.execute("SELECT count(*) FROM xiangtu_base").fetchone() == (13,)
    found = bring(store, folder)
    assert (found.unchanged, found.added, found.changed, found.deleted, found.already) == (13, 0, 0, 0, 0)
    assert found.saved is None
    assert found.conflicts == []


def test_edits_of_gdal_are_applied_as_one_change_and_only_once(store, take):
    folder = take()
    spoken(
        folder,
        "UPDATE roads SET name = '新名', lanes = 3, all_season = 1 WHERE segment_id = 'S1'",
        "UPDATE roads SET width_m = NULL WHERE segment_id = 'S2'",
        "DELETE FROM roads WHERE segment_id = 'S3'",
        "INSERT INTO roads (segment_id, name, admin_class, tech_class, surface_type, county_code, built_year, geom) "
        "SELECT 'NEW1', '新路', admin_class, tech_class, surface_type, county_code, 2026, geom FROM roads WHERE segment_id = 'S4'",
    )
    first = bring(store, folder)
    assert (first.changed, first.deleted, first.added, first.unchanged) == (2, 1, 1, 9)
    receipt = first.saved.receipt
    change = store.change(receipt.change_id)
    assert (change.kind, change.file_name, change.inserted, change.updated, change.deleted) == ("field", "field.gpkg", 1, 2, 1)
    row = by_key(store, "S1")
    assert (row["name"], row["lanes"], row["all_season"], row["ver"]) == ("新名", 3, True, 2)
    assert by_key(store, "S2")["width_m"] is None
    assert by_key(store, "S3") is None
    assert by_key(store, "NEW1")["built_year"] == 2026
    before = store.checksum()
    again = bring(store, folder)
    assert (again.already, again.changed, again.added, again.deleted, again.saved) == (4, 0, 0, 0, None)
    assert store.checksum() == before


def test_many_rows_go_out_are_edited_by_gdal_and_come_back(tmp_path, scale):
    """200 roads, with --full up to 20,000: each row is changed, left, removed or in conflict by its number."""
    count = min(200 * scale, 20_000)
    with open_store(tmp_path / "many.gpkg", create=True) as store:
        applied(store, Insert("counties", counties()), Insert("roads", roads(count).assign(geometry=_close(count))))
        package = field_package.make(store, LOCAL, FieldRequest(area=COUNTY, layers=("roads",)), tmp_path / "out")
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(tmp_path / "there")
        folder = tmp_path / "there" / package.path.stem
        assert bring(store, folder).unchanged == count
        number = "CAST(substr(segment_id, 2) AS INTEGER)"
        spoken(
            folder,
            f"UPDATE roads SET name = '外业' || segment_id, lanes = 4 WHERE {number} % 4 = 1",
            f"DELETE FROM roads WHERE {number} % 4 = 2",
        )
        ids = dict(zip(store.read("roads")["segment_id"], store.read("roads")["id"], strict=True))
        theirs = [Update("roads", ids[f"S{n}"], 1, {"name": "科室"}) for n in range(count) if n % 20 in {1, 3}]
        beside = [Update("roads", ids[f"S{n}"], 1, {"width_m": 9.0}) for n in range(5, count, 20)]
        applied(store, *theirs, *beside)
        found = bring(store, folder)
        part = count // 20
        assert (len(found.conflicts), found.changed, found.deleted, found.unchanged) == (part, 4 * part, 5 * part, 10 * part)
        assert store.kept.count() == part
        rows = store.read("roads").set_index("segment_id")
        assert len(rows) == count - 5 * part
        for n in range(0, count, 20):
            seen = [rows.loc[f"S{n + more}", "name"] for more in (0, 1, 3, 5)]
            assert seen == [f"路{n}", "科室", "科室", f"外业S{n + 5}"]
            assert rows.loc[f"S{n + 5}", "width_m"] == 9.0
        assert store.verify() == []
        again = bring(store, folder)
        assert (again.changed, again.deleted, again.added, again.saved) == (0, 0, 0, None)
        assert store.kept.count() == part


def _close(count):
    """Lines so close that all lie in the county."""
    west = [104.0 + n % 200 / 1000 for n in range(count)]
    return [
        shapely.LineString([(x, 35.6 + n // 200 / 1000), (x + 0.0005, 35.6005 + n // 200 / 1000)]) for n, x in enumerate(west)
    ]


def test_what_others_changed_elsewhere_stays_and_what_both_changed_is_kept_for_merging(store, take):
    folder = take()
    one, two = by_key(store, "S1"), by_key(store, "S2")
    spoken(
        folder,
        "UPDATE roads SET name = '外业名' WHERE segment_id = 'S1'",
        "UPDATE roads SET name = '外业名', lanes = 4 WHERE segment_id = 'S2'",
    )
    applied(store, Update("roads", one["id"], 1, {"width_m": 9.0}), Update("roads", two["id"], 1, {"name": "科室名"}))
    found = bring(store, folder)
    assert found.changed == 1
    row = by_key(store, "S1")
    assert (row["name"], row["width_m"]) == ("外业名", 9.0)
    (conflict,) = found.conflicts
    assert [(part.name, part.base, part.mine, part.theirs) for part in conflict.parts] == [("name", "路2", "外业名", "科室名")]
    kept = store.kept.get(conflict.kept_id)
    assert (kept.origin, kept.cause, kept.edit.expected_ver, kept.theirs_ver) == ("field", "stale", 1, 2)
    assert kept.edit.values == {"name": "外业名", "lanes": 4}  # noqa: PD011 - the values of an edit
    assert by_key(store, "S2")["name"] == "科室名"
    again = bring(store, folder)
    assert [item.kept_id for item in again.conflicts] == [conflict.kept_id]
    assert len(store.kept.list()) == 1
    store.kept.settle(conflict.kept_id, "dismissed", by="li")
    assert bring(store, folder).conflicts == []


def test_deleted_here_and_changed_there_is_a_conflict_both_ways(store, take):
    folder = take()
    one, two, three = (by_key(store, key) for key in ("S1", "S2", "S3"))
    spoken(
        folder, "DELETE FROM roads WHERE segment_id IN ('S1', 'S3')", "UPDATE roads SET name = '外业名' WHERE segment_id = 'S2'"
    )
    applied(store, Update("roads", one["id"], 1, {"name": "改"}), Delete("roads", two["id"], 1), Delete("roads", three["id"], 1))
    found = bring(store, folder)
    assert {(item.key, item.deleted) for item in found.conflicts} == {("S1", "mine"), ("S2", "theirs")}
    assert (found.already, found.deleted, found.saved) == (1, 0, None)
    assert by_key(store, "S1")["name"] == "改"


def test_looking_only_changes_and_keeps_nothing(store, take):
    folder = take()
    applied(store, Update("roads", by_key(store, "S2")["id"], 1, {"name": "科室名"}))
    spoken(folder, "UPDATE roads SET name = '外业名' WHERE segment_id IN ('S1', 'S2')")
    before = store.checksum()
    found = bring(store, folder, dry_run=True)
    assert (found.changed, len(found.conflicts), found.saved) == (1, 1, None)
    assert store.checksum() == before
    assert store.kept.list() == []


def test_faults_stop_the_change_and_name_the_row(store, take):
    folder = take()
    spoken(folder, "UPDATE roads SET admin_class = '高速' WHERE segment_id = 'S1'")
    before = store.version("roads")
    with pytest.raises(EditFaultsError, match="admin_class"):
        bring(store, folder)
    assert store.version("roads") == before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE roads SET id = '0190aaaa-0000-7000-8000-000000000000' WHERE segment_id = 'S1'", "did not go out"),
        ("UPDATE xiangtu_base SET ver = 7", "was changed"),
        ("UPDATE xiangtu_base SET state = replace(state, '路1', '路9')", "was changed"),
        ("DELETE FROM xiangtu_base WHERE fid = 1", "was changed"),
        ("UPDATE xiangtu_package SET value = '620423' WHERE name = 'area'", "was changed"),
        ("UPDATE xiangtu_package SET value = 'ffff' WHERE name = 'store'", "another store"),
        ("UPDATE xiangtu_package SET value = '99' WHERE name = 'format'", "no package"),
        ("DROP TABLE xiangtu_package", "no package"),
    ],
)
def test_a_changed_record_is_refused_in_words(store, take, statement, words):
    folder = take()
    spoken(folder, statement)
    before = store.checksum()
    with pytest.raises(FieldFileError, match=words):
        bring(store, folder)
    assert store.checksum() == before


def test_a_package_of_another_store_is_refused(store, take, tmp_path):
    folder = take()
    with open_store(tmp_path / "other.gpkg", create=True) as other, pytest.raises(FieldFileError, match="another store"):
        bring(other, folder)


def test_a_store_keeps_its_packages_when_it_is_copied(store, take, tmp_path):
    folder = take()
    spoken(folder, "UPDATE roads SET name = '外业名' WHERE segment_id = 'S1'")
    store.copy_to(tmp_path / "moved.gpkg")
    with open_store(tmp_path / "moved.gpkg") as moved:
        assert bring(moved, folder).changed == 1


def test_tables_without_geometry_go_along_and_come_back(store, take):
    rows = pd.DataFrame({"area_code": [COUNTY], "area_name": ["会宁县"], "level": ["county"]})
    applied(store, Insert("areas", rows))
    folder = take("areas")
    spoken(folder, "UPDATE areas SET area_name = '会宁'")
    found = bring(store, folder)
    assert (found.changed, found.conflicts) == (1, [])
    assert store.read("areas")["area_name"].tolist() == ["会宁"]


def test_what_cannot_be_taken_along(store, take):
    with pytest.raises(NotFoundError):
        take(area="999999")
    with pytest.raises(BadRequestError, match="at least one"):
        field_package.make(store, LOCAL, FieldRequest(area=COUNTY, layers=()), Path("unused"))
    with pytest.raises(LookupError):
        take("nothing")


def test_a_person_takes_only_what_is_read_and_brings_back_only_what_may_be_written(store, take):
    transport = somebody(store, COUNTY)
    folder = take("roads", "counties", person=transport)
    assert 'readOnly="1"' in (folder / "field.qgs").read_text("utf-8")
    spoken(folder, "UPDATE roads SET name = '外业名' WHERE segment_id = 'S1'")
    assert bring(store, folder, transport).saved.receipt.updated == 1
    spoken(folder, "UPDATE counties SET name = '我的县'")
    with pytest.raises(ForbiddenError):
        bring(store, folder, transport)
    with pytest.raises(NotFoundError):
        take("monitored_households", person=transport)
    with pytest.raises(NotFoundError):
        take(person=somebody(store, OTHER, login="zhao"), area=COUNTY)


def test_another_file_is_no_package(store, tmp_path):
    roads(2).to_file(tmp_path / "field.gpkg", layer="roads", driver="GPKG")
    with pytest.raises(FieldFileError, match="no package"):
        bring(store, tmp_path)


def in_qgis(folder, tmp_path, *orders):
    if subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], check=False, env=clean(), capture_output=True).returncode:
        pytest.skip("QGIS (Debian packages qgis, python3-qgis) is not installed")
    command = [SYSTEM_PYTHON, HERE / "qgis_edits.py", folder / "field.qgs", tmp_path / "drawn.png", json.dumps(orders)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, env=clean() | {"QT_QPA_PLATFORM": "offscreen"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_qgis_opens_draws_and_edits_the_project_and_it_comes_back(store, take, tmp_path):
    applied(store, Insert("sanitation", points(3)))
    folder = take("roads", "sanitation", "counties")
    moved = tmp_path / "elsewhere"
    shutil.move(folder, moved)
    road = {"layer": "xiangtu_roads_line", "key": "segment_id"}
    found = in_qgis(
        moved,
        tmp_path,
        road | {"do": "set", "of": "S1", "field": "name", "to": "QGIS 改名"},
        road | {"do": "move", "of": "S2", "to": [[104.02, 35.6], [104.05, 35.65]]},
        road | {"do": "delete", "of": "S3"},
        road | {"do": "add", "to": [[104.1, 35.6], [104.12, 35.62]], "values": {
            "segment_id": "Q1", "name": "新路", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥", "county_code": COUNTY}},
    )  # fmt: skip
    assert found["read"]
    assert found["crs"] == "EPSG:4544"
    assert all(layer["valid"] for layer in found["layers"].values())
    layer = found["layers"]["xiangtu_roads_line"]
    assert (layer["rows"], layer["title"], layer["renderer"]) == (12, "路段", "RuleRenderer")
    assert layer["aliases"]["width_m"] == "路面宽度（m）"
    assert layer["widgets"]["ver"] == "Hidden"
    assert "村道" in layer["codes"]["admin_class"]
    assert layer["constraints"]["width_m"].startswith('"width_m" IS NULL')
    assert {"id", "ver", "length_m"} <= set(layer["read_only"])
    assert found["inked"] > 500
    back = bring(store, moved)
    assert (back.changed, back.deleted, back.added, back.conflicts) == (2, 1, 1, [])
    assert by_key(store, "S1")["name"] == "QGIS 改名"
    assert by_key(store, "S2")["geometry"].equals(shapely.LineString([(104.02, 35.6), (104.05, 35.65)]))
    assert by_key(store, "Q1")["admin_class"] == "村道"
    again = bring(store, moved)
    assert (again.already, again.saved) == (4, None)


def test_the_commands_take_along_look_and_bring_back(store, tmp_path, monkeypatch):
    store.close()
    monkeypatch.setenv("XIANGTU_DATA_DIR", str(tmp_path / "data"))
    run = CliRunner()

    def asked(*words):
        return run.invoke(cli, ["--store", str(tmp_path / "s.gpkg"), "field", *words])

    out = tmp_path / "field.zip"
    made = asked("export", "--area", COUNTY, "--layer", "roads", "--out", str(out))
    assert made.exit_code == 0, made.output
    assert "roads 12" in made.output
    assert asked("export", "--area", COUNTY, "--layer", "roads", "--out", str(out)).exit_code == 2
    assert asked("export", "--area", "1", "--out", str(tmp_path / "x.zip")).exit_code == 7
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "there")
    (path,) = (tmp_path / "there").rglob("field.gpkg")
    spoken(path.parent, "UPDATE roads SET name = '外业名' WHERE segment_id = 'S1'")
    assert "1 changed" in asked("return", str(path), "--look").output
    assert "Applied as change 2" in asked("return", str(path), "--reason", "五月").output
    with open_store(tmp_path / "s.gpkg") as opened:
        applied(opened, Update("roads", by_key(opened, "S2")["id"], 1, {"name": "科室名"}))
    spoken(path.parent, "UPDATE roads SET name = '外业名' WHERE segment_id = 'S2'")
    told = asked("return", str(path))
    assert "conflict roads S2 (kept edit 1): name: 路2 → here 外业名, there 科室名" in told.output
    assert asked("return", str(tmp_path / "missing.gpkg")).exit_code == 7
    assert not list((tmp_path / "data" / "uploads").iterdir())
