"""geo-app as a process of its own, from a bureau's files to coverage, gaps, maps and exports."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import shapely
from openpyxl import load_workbook

SMALL = Path(__file__).parent / "fixtures" / "small"
WANTED = "indicator,level,area_code,area_name,numerator,denominator,value,unknown,low,high,status,run"
EQUATOR_M, FLATTENING = 6_378_137.0, 1 / 298.257222101


class Shell:
    """Calls geo-app on one store, each call a new process."""

    def __init__(self, folder):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XIANGTU_")}
        self.env = {
            **kept,
            "XIANGTU_STORE": str(folder / "store.gpkg"),
            "XIANGTU_DATA_DIR": str(folder / "data"),
            "XIANGTU_USER": "li",
        }

    def __call__(self, *arguments, code=0):
        found = subprocess.run(
            [sys.executable, "-c", "from geo_app.cli import main; main()", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            env=self.env,
            timeout=240,
        )
        assert found.returncode == code, f"{arguments}: exit code {found.returncode}\n{found.stderr}"
        return found

    def rows(self, *arguments):
        return list(csv.DictReader(self(*arguments).stdout.splitlines()))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    shell = Shell(tmp_path_factory.mktemp("small"))
    shell("load", SMALL / "recipe.toml", "--data", SMALL, "--reason", "first load")
    return shell


def test_coverage_on_standard_output_is_csv_and_nothing_else(small):
    found = small("coverage", "--indicator", "W1", "--level", "county", "--on", "2026-11-01")
    lines = found.stdout.splitlines()
    assert lines[0] == WANTED
    assert [line.split(",")[2:8] for line in lines[1:]] == [
        ["990101", "东县", "470.0", "750.0", "62.666666666666664", "50.0"],
        ["990102", "西县", "520.0", "750.0", "69.33333333333333", "0.0"],
    ]
    assert "Run " in found.stderr


def test_coverage_in_every_form_says_the_same(small, tmp_path):
    ask = ("coverage", "--indicator", "RD1,W1", "--level", "village", "--on", "2026-11-01")
    rows = small.rows(*ask)
    from_json = json.loads(small(*ask, "--json").stdout)
    small(*ask, "--out", tmp_path / "c.csv")
    small(*ask, "--out", tmp_path / "c.json")
    small(*ask, "--out", tmp_path / "c.xlsx")
    assert len(rows) == len(from_json) == 16
    assert (tmp_path / "c.csv").read_text("utf-8").splitlines()[0] == WANTED
    assert json.loads((tmp_path / "c.json").read_text("utf-8")) == from_json
    book = load_workbook(tmp_path / "c.xlsx")
    assert book.sheetnames == ["coverage", "targets", "run"]
    sheet = list(book["coverage"].iter_rows(values_only=True))
    assert ",".join(sheet[0]) == WANTED
    for row, other, cells in zip(rows, from_json, sheet[1:], strict=True):
        assert (row["indicator"], row["area_code"]) == (other["indicator"], other["area_code"]) == (cells[0], cells[2])
        assert float(row["value"]) == other["value"]
        assert cells[6] == pytest.approx(other["value"], rel=1e-14), "a workbook keeps 16 digits"


def test_a_run_repeats_with_exit_code_0(small):
    small("coverage", "--indicator", "RD1", "--on", "2026-10-01")
    run = json.loads(small("runs", "--json").stdout)[0]["run"]
    found = small("coverage", "--run", run, "--level", "county")
    assert "came out the same" in found.stderr
    assert found.stdout.splitlines()[0] == WANTED
    small("coverage", "--run", "999", code=7)


def test_gaps_queries_and_exports(small, tmp_path):
    gaps = small.rows("gaps", "--indicator", "RD1", "--area", "990101001")
    assert sorted(row["unit_name"] for row in gaps) == ["乙南村3组", "乙南村4组", "甲南村3组", "甲南村4组"]
    small("gaps", "--indicator", "RD1", "--out", tmp_path / "gaps.geojson")
    assert len(json.loads((tmp_path / "gaps.geojson").read_text("utf-8"))["features"]) == 22
    near = small.rows(
        "query", "--layer", "hamlets", "--where", "population>=100", "--near", "water_works:W-1:5km", "--save", "近水厂"
    )
    assert [row["hamlet_id"] for row in near] == ["990101001200-1"]
    assert small.rows("query", "--name", "近水厂") == near
    outside = small.rows("query", "--layer", "villages", "--outside", "roads")
    assert [row["name"] for row in outside] == ["丙北村", "丁北村"]
    drawn = tmp_path / "drawn.geojson"
    drawn.write_text(
        json.dumps({"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.box(105, 36, 105.1, 36.1))})
    )
    assert len(small.rows("query", "--layer", "hamlets", "--within", drawn)) == 4
    small("query", "--layer", "hamlets", "--where", "moon=1", code=2)
    small("export", "hamlets", "--out", tmp_path / "h.csv", "--area", "990102")
    exported = list(csv.DictReader((tmp_path / "h.csv").read_text("utf-8").splitlines()))
    assert next(iter(exported[0])) == "hamlet_id"
    assert len(exported) == 14
    assert {row["county_code"] for row in exported} == {"990102"}
    assert all(row["township_code"] for row in exported)
    small("export", "hamlets", "--out", tmp_path / "h.csv", code=2)
    small("export", "hamlets", "--out", tmp_path / "marked.csv", "--area", "990102", "--encoding", "utf-8-sig")
    assert (tmp_path / "marked.csv").read_bytes() == b"\xef\xbb\xbf" + (tmp_path / "h.csv").read_bytes()
    small("check", "--out", tmp_path / "faults.json")


def test_maps_are_files_that_open(small, tmp_path):
    small("map", "W1", "--area", "990101", "--level", "village", "--out", tmp_path / "w1.html", "--review-number", "GS(2026)7")
    page = (tmp_path / "w1.html").read_text("utf-8")
    assert "东县农村自来水普及率" in page
    assert "GS(2026)7" in page
    assert 'src="http' not in page
    small("map", "W1", "--level", "county", "--out", tmp_path / "w1.gif", code=2)
    small("map", "W1", "--level", "galaxy", "--out", tmp_path / "w1.svg", code=7)


def test_bad_files_end_with_their_exit_code_and_leave_nothing(small, tmp_path):
    before = json.loads(small("layers", "--json").stdout)
    bad = tmp_path / "bad.csv"
    bad.write_text("编号,名称,人口,经度,纬度\nH1,x,many,105.05,36.05\n", "utf-8")
    small("import", bad, "--layer", "hamlets", code=4)
    small("import", bad, "--layer", "hamlets", "--crs", "EPSG:4490", "--yes", code=3)
    secret = tmp_path / "secret.csv"
    secret.write_text("name\ncanary-5121\n")
    hostile = tmp_path / "hostile.geojson"
    source = f"<OGRVRTDataSource><OGRVRTLayer name='s'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    hostile.write_text(source)
    found = small("import", hostile, "--layer", "hamlets", "--yes", code=5)
    assert "canary" not in found.stdout + found.stderr
    assert str(tmp_path) not in found.stderr.replace(str(small.folder), "")
    small("import", tmp_path / "nothing.csv", "--layer", "hamlets", code=7)
    (tmp_path / "x.exe").write_text("MZ")
    small("import", tmp_path / "x.exe", "--layer", "hamlets", code=5)
    assert json.loads(small("layers", "--json").stdout) == before
    assert list((small.folder / "data" / "uploads").iterdir()) == []


def test_an_import_is_taken_updated_and_undone(small, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("编号,名称,人口,户数,经度,纬度\nN1,新组,90,20,105.05,36.05\nN2,坏组,很多,3,105.06,36.05\n", "utf-8")
    found = small(
        *("import", file, "--layer", "hamlets", "--crs", "EPSG:4490", "--skip-bad-rows", "--yes", "--who", "wang"),
        *("--report", tmp_path / "r.csv", "--recipe-out", tmp_path / "next.toml"),
    )
    assert "row 2" in found.stderr
    assert "很多" in (tmp_path / "r.csv").read_text("utf-8")
    change = json.loads(small("changes", "--json").stdout)[0]
    assert (change["who"], change["inserted"], change["file_name"]) == ("wang", 1, "new.csv")
    again = small("load", tmp_path / "next.toml", "--data", tmp_path)
    assert "Nothing was different" in again.stderr
    small("undo", change["change_id"], "--yes", "--reason", "wrong year")
    assert small.rows("query", "--layer", "hamlets", "--where", "hamlet_id=N1") == []
    small("undo", change["change_id"], "--yes", code=6)
    small("verify")


def test_a_load_that_is_interrupted_leaves_nothing(tmp_path):
    shell = Shell(tmp_path)
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from geo_app.cli import main; main()"
    words = [sys.executable, "-c", code, "load", str(SMALL / "recipe.toml"), "--data", str(SMALL)]
    with subprocess.Popen(words, env=shell.env, stderr=subprocess.PIPE, text=True) as load:
        for line in load.stderr:
            if "townships" in line:
                load.send_signal(signal.SIGINT)
                break
        rest = load.stderr.read()
        assert load.wait(60) == 130
    assert "nothing of it was kept" in rest
    assert not any(item["rows"] for item in json.loads(shell("layers", "--json").stdout))


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_the_server_answers_this_machine_and_stops_on_a_signal(small):
    port = _free_port()
    log = (small.folder / "serve.log").open("w+")
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from geo_app.cli import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "start", "--port", str(port)],
        env=small.env,
        stderr=log,
        stdout=log,
    )
    try:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert server.poll() is None, Path(log.name).read_text()
                time.sleep(0.3)
        else:
            pytest.fail("the server did not answer: " + Path(log.name).read_text())
        found = small("serve", "--port", port, code=6)
        assert f"port {port}" in found.stderr
        server.send_signal(signal.SIGINT)
        server.wait(120)
    finally:
        server.kill()
        server.wait()
        log.close()
    words = Path(log.name).read_text()
    assert f"http://127.0.0.1:{port}" in words
    assert "No accounts" in words
    assert "Stopped" in words


def _metres_per_degree(latitude):
    e2 = FLATTENING * (2 - FLATTENING)
    sine = np.sin(np.radians(latitude))
    w = np.sqrt(1 - e2 * sine**2)
    north = EQUATOR_M * (1 - e2) / w**3
    east = EQUATOR_M / w * np.cos(np.radians(latitude))
    return np.radians(1) * east, np.radians(1) * north


def _nearest_m(point, starts, ends):
    """Distance from one place to the nearest of all segments, in the plane that touches the ellipsoid there."""
    scale = np.array(_metres_per_degree(point[1]))
    a, b = (starts - point) * scale, (ends - point) * scale
    along = b - a
    length2 = (along**2).sum(axis=1)
    t = np.clip(-(a * along).sum(axis=1) / np.where(length2 > 0, length2, 1), 0, 1)
    return float(np.sqrt(((a + t[:, None] * along) ** 2).sum(axis=1)).min())


@pytest.mark.real_data
@pytest.mark.slow
def test_ladakh_by_its_recipe_agrees_with_a_brute_force_count(tmp_path, shared_data, root):
    shell = Shell(tmp_path)
    shell("load", root / "examples" / "pmgsy-ladakh" / "recipe.toml", "--data", shared_data / "pmgsy-ladakh")
    shell("export", "hamlets", "--out", tmp_path / "h.geojson")
    shell("export", "roads", "--out", tmp_path / "r.geojson")
    hamlets = json.loads((tmp_path / "h.geojson").read_text("utf-8"))["features"]
    roads = json.loads((tmp_path / "r.geojson").read_text("utf-8"))["features"]
    assert (len(hamlets), len(roads)) == (729, 1015)
    pairs = []
    for road in roads:
        for line in shapely.get_parts(shapely.geometry.shape(road["geometry"])):
            points = shapely.get_coordinates(line)
            pairs.append(np.hstack([points[:-1], points[1:]]))
    segments = np.vstack(pairs)
    distance = [_nearest_m(np.array(item["geometry"]["coordinates"]), segments[:, :2], segments[:, 2:]) for item in hamlets]
    for radius in (500, 1000, 2000):
        rows = shell.rows("coverage", "--indicator", "RD1", "--level", "all", "--set", f"road_access.radius_m={radius}")
        for level, field in (("block", "township_code"), ("district", "county_code")):
            inside, total = {}, {}
            for item, metres in zip(hamlets, distance, strict=True):
                facts = item["properties"]
                persons = facts["population"] or 0
                total[facts[field]] = total.get(facts[field], 0) + persons
                inside[facts[field]] = inside.get(facts[field], 0) + persons * (metres <= radius)
            found = {row["area_code"]: row for row in rows if row["level"] == level and float(row["denominator"])}
            assert set(found) == {code for code, persons in total.items() if persons}
            for code, row in found.items():
                assert float(row["denominator"]) == total[code]
                assert abs(float(row["numerator"]) - inside[code]) <= 1e-6 * total[code]


@pytest.mark.real_data
@pytest.mark.slow
def test_haryana_brings_its_project_library(tmp_path, shared_data, root):
    shell = Shell(tmp_path)
    found = shell(
        "load",
        root / "examples" / "pmgsy-haryana" / "recipe.toml",
        "--data",
        shared_data / "pmgsy-haryana",
        "--report",
        tmp_path / "f.csv",
    )
    assert "projects" in found.stderr
    rows = {item["name"]: item["rows"] for item in json.loads(shell("layers", "--json").stdout)}
    assert rows["hamlets"] > 7000
    assert rows["projects"] > 200
    again = shell("load", root / "examples" / "pmgsy-haryana" / "recipe.toml", "--data", shared_data / "pmgsy-haryana")
    assert "Nothing was different" in again.stderr
    shell("verify")
