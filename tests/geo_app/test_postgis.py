"""The commands on a PostGIS store: the same recipe gives the same numbers and a map, as on a GeoPackage."""

import csv
import os
import subprocess
import sys

import pytest

LEVELS = "state,district,block"


def geo_app(store, folder, *arguments):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XIANGTU_")}
    found = subprocess.run(
        [sys.executable, "-c", "from geo_app.cli import main; main()", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={
            **kept,
            "XIANGTU_STORE": str(store),
            "XIANGTU_DATA_DIR": str(folder),
            "XIANGTU_SNAPSHOTS_DIR": str(folder / "snapshots"),
        },
        timeout=280,
    )
    assert found.returncode == 0, f"{arguments}: exit code {found.returncode}\n{found.stderr}"
    return found.stdout


@pytest.mark.postgis
@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.timeout(600)
def test_ladakh_on_postgis_gives_the_numbers_of_the_geopackage(postgis_schema, shared_data, root, tmp_path):
    recipe = root / "examples" / "pmgsy-ladakh" / "recipe.toml"
    tables = []
    for name, store in (("gpkg", tmp_path / "l.gpkg"), ("postgis", postgis_schema)):
        folder = tmp_path / name
        folder.mkdir()
        geo_app(store, folder, "init")
        geo_app(store, folder, "load", recipe, "--data", shared_data / "pmgsy-ladakh")
        asked = ("coverage", "--indicator", "RD1", "--level", LEVELS, "--on", "2026-11-01", "--profile", "rai")
        tables.append(list(csv.DictReader(geo_app(store, folder, *asked).splitlines())))
    assert len(tables[0]) >= 34
    assert any(0 < float(row["value"]) < 100 for row in tables[0] if row["value"])
    assert tables[1] == tables[0]
    geo_app(postgis_schema, tmp_path / "postgis", "map", "RD1", "--level", "block", "--out", tmp_path / "rd1.svg")
    assert (tmp_path / "rd1.svg").stat().st_size > 10_000
