"""A full disk, met at many points: the rows are those acknowledged, reading goes on, and so does writing once there is room (R12)."""

import itertools
import os
import re
import shutil
import sqlite3
import subprocess

import filler
import pytest
import scene

from geo_app import create_app
from geo_app.config import Settings
from layers.store import Insert, geometry, open_store

PAGES = 28
SIZES = 18
MOUNTS = 4
LAST_PAGE = 600


def points(count, first, last, scale):
    """So many numbers from the first to the last, more of them with --full, never more than there are."""
    wanted = min(count * scale, last - first)
    return sorted({first + (last - first) * n // wanted for n in range(wanted)})


def pages(store, limit=None):
    """How many pages the store's file has; limit it where that is asked for."""
    with store._backend.writing() as connection:
        count = connection.exec_driver_sql("PRAGMA page_count").scalar()
        if limit is not None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")
    return count


def test_no_page_left_at_many_points(tmp_path, scale):
    """With --full at each of the first 600 pages: there are no points between two pages."""
    tried = points(PAGES, 1, 60 if scale == 1 else LAST_PAGE, scale)
    assert len(tried) >= PAGES
    base = scene.made(tmp_path / "base.gpkg")
    for extra in tried:
        path = shutil.copyfile(base, tmp_path / f"{extra}.gpkg")
        with scene.opened(path) as store:
            pages(store, pages(store) + extra)
            acknowledged = filler.filled(store)
            assert filler.faults_after(store, acknowledged) == [], extra
            pages(store, 10_000_000)
            store.apply(scene.change(Insert("wells", scene.wells(filler.ROWS, first=900_000))))
        with scene.opened(path) as store:
            assert filler.faults_after(store, acknowledged + filler.ROWS) == [], extra
        path.unlink()


def test_no_file_may_grow_at_many_points(tmp_path, scale):
    """With --full also the points that the pages above have no room for."""
    beyond = max(0, PAGES * scale - LAST_PAGE + 1)
    tried = points(SIZES * scale + beyond, 100, 150_000, 1)
    assert len(tried) == SIZES * scale + beyond
    process = scene.script("filler", "limit", tmp_path, *tried)
    said = [scene.told(process) for _ in tried]
    assert scene.ended(process) == 0
    assert said == [f"{extra} []" for extra in tried]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.getuid() != 0:
        pytest.skip("only the administrator may mount a small disk; the other tests of this module fill the disk otherwise")
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here; the other tests of this module fill the disk otherwise")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_real_disk_full_at_many_points(small_disk, tmp_path, scale):
    tried = points(MOUNTS, 50, 900, scale)
    for left in tried:
        path, ballast = small_disk / "s.gpkg", small_disk / "ballast"
        scene.made(path)
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(max(0, free - left * 1024)))
        with scene.opened(path) as store:
            acknowledged = filler.filled(store)
            assert filler.faults_after(store, acknowledged) == [], left
            ballast.unlink()
            store.apply(scene.change(Insert("wells", scene.wells(filler.ROWS, first=900_000))))
            assert filler.faults_after(store, acknowledged + filler.ROWS) == [], left
        path.unlink()


def test_an_import_row_by_row_would_be_there_in_part(tmp_path):
    """The control: the counts above can differ."""
    path = scene.made(tmp_path / "naive.gpkg")
    connection = sqlite3.connect(path, isolation_level=None)
    geometry.register(connection)
    connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0] + 5}")
    blob = connection.execute("SELECT geom FROM wells LIMIT 1").fetchone()[0]
    rows = itertools.count()

    def naively():
        for n in rows:
            connection.execute("INSERT INTO wells (geom, id, ver, well_id) VALUES (?, ?, 1, ?)", (blob, f"n{n}", f"n{n}"))

    with pytest.raises(sqlite3.OperationalError, match="full"):
        naively()
    connection.close()
    acknowledged = next(rows) // filler.ROWS * filler.ROWS
    with scene.opened(path) as store:
        assert filler.faults_after(store, acknowledged) != []


def test_a_person_is_told_507_and_the_pages_go_on(tmp_path):
    where = tmp_path / "web.gpkg"
    with open_store(where, create=True) as store:
        store.apply(
            scene.change(Insert("hamlets", scene.wells(400)[["geometry"]].assign(hamlet_id=[f"h{n}" for n in range(400)])))
        )
    app = create_app(Settings(store=str(where), data_dir=tmp_path / "data"))
    desk = app.extensions["xiangtu"]
    try:
        client, base = app.test_client(), {"base_url": "http://127.0.0.1:8000"}
        token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/jobs", **base).text).group(1)
        headers = {"X-CSRF-Token": token, "Accept": "application/json", "Origin": "http://127.0.0.1:8000"}
        pages(desk.store, pages(desk.store) + 2)
        answer = client.post("/changes/1/undo", headers=headers, **base)
        assert answer.status_code == 507
        assert answer.get_json()["code"] == "storage_full"
        assert str(tmp_path) not in answer.text
        assert client.get("/changes", **base).status_code == 200
        assert desk.store.count("hamlets") == 400
        pages(desk.store, 10_000_000)
        assert client.post("/changes/1/undo", headers=headers, **base).status_code < 400
        assert desk.store.count("hamlets") == 0
        assert desk.store.verify() == []
    finally:
        desk.jobs.close()
        desk.store.close()
