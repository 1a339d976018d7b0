"""geo-app backup, restore and verify, as a person calls them."""

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from geo_app.cli import cli
from geo_app.errors import EXIT_NOT_FOUND, EXIT_OK, EXIT_STORE, EXIT_USAGE
from layers.store import Change, Insert, Update, open_store, restoring


def rows(count, prefix="h"):
    import geopandas
    import shapely

    return geopandas.GeoDataFrame(
        {"hamlet_id": [f"{prefix}{n}" for n in range(count)], "name": [f"村{n}" for n in range(count)]},
        geometry=[shapely.Point(104 + n / 100, 36) for n in range(count)],
        crs="EPSG:4490",
    )


@pytest.fixture
def where(tmp_path):
    """A store with two changes, and the moment between them."""
    path = tmp_path / "s.gpkg"
    with open_store(path, create=True) as store:
        store.apply(Change("李", "局", "first", (Insert("hamlets", rows(5)),)))
        between, checksum = dt.datetime.now(dt.UTC), store.checksum()
        row = store.read("hamlets", limit=1).iloc[0]
        store.apply(
            Change("李", "局", "second", (Update("hamlets", row["id"], 1, {"name": "新"}), Insert("hamlets", rows(3, "n"))))
        )
    return path, between.isoformat(), checksum


@pytest.fixture
def call(where, tmp_path, monkeypatch):
    """Call geo-app on the store."""
    for name in list(os.environ):
        if name.startswith("XIANGTU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XIANGTU_STORE", str(where[0]))
    monkeypatch.setenv("XIANGTU_BACKUP_DIR", str(tmp_path / "backups"))

    def run(*arguments, code=EXIT_OK):
        answer = CliRunner().invoke(cli, [str(argument) for argument in arguments])
        assert answer.exit_code == code, answer.output
        return answer

    return run


def test_a_backup_is_made_listed_and_thinned(call, tmp_path):
    for _ in range(3):
        assert "change 2" in call("backup").stderr
    listed = json.loads(call("backup", "--list", "--json").stdout)
    assert [item["change"] for item in listed] == [2, 2, 2]
    assert len({item["file"] for item in listed}) == 3
    assert "Backup xiangtu-" in call("backup", tmp_path / "elsewhere", "--keep", 1).stderr
    call("backup", tmp_path / "elsewhere", "--keep", 1)
    assert len(json.loads(call("backup", tmp_path / "elsewhere", "--list", "--json").stdout)) == 1


def test_a_folder_must_be_named(call, monkeypatch):
    monkeypatch.delenv("XIANGTU_BACKUP_DIR")
    assert "Name a folder for the backups, or set XIANGTU_BACKUP_DIR" in call("backup", code=EXIT_USAGE).stderr


def test_a_store_with_drift_is_backed_up_and_said(call, where):
    with open_store(where[0]) as store, store._backend.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rtree_hamlets_geom")
    answer = call("backup", code=EXIT_STORE)
    assert "The store is not whole: layer hamlets: the spatial index lacks 8" in answer.stderr
    assert "kept all the same" in answer.stderr


def test_a_moment_is_restored_into_a_new_file(call, where, tmp_path):
    path, between, checksum = where
    before = path.read_bytes()
    answer = call("restore", "--at", between, tmp_path / "r.gpkg")
    assert "to change 1" in answer.stderr
    assert "The store was not touched" in answer.stderr
    assert path.read_bytes() == before
    with open_store(tmp_path / "r.gpkg") as store:
        assert store.checksum() == checksum
    assert "is there already" in call("restore", "--at", between, tmp_path / "r.gpkg", code=EXIT_STORE).stderr


def test_a_lost_store_comes_back_from_a_backup_by_swap(call, where):
    path, _, _ = where
    with open_store(path) as store:
        checksum = store.checksum()
    call("backup")
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    answer = call("restore", "--at", "now", "--swap")
    assert "later changes" in answer.stderr or "changes made after it are not in the file" in answer.stderr
    assert "is kept as s.before-restore-" in answer.stderr
    with open_store(path) as store:
        assert store.checksum() == checksum
        assert store.verify() == []
    assert len(list(path.parent.glob("s.before-restore-*.gpkg"))) == 1
    assert not list(path.parent.glob(".re*"))


def test_a_store_whose_disk_is_lost_comes_back(call, where):
    path, _, _ = where
    call("backup")
    path.unlink()
    answer = call("restore", "--at", "now", "--swap")
    assert "is kept as" not in answer.stderr
    assert "The store is whole" in call("verify").stderr


def test_a_served_store_is_not_swapped(call, where, root):
    from geo_app import create_app
    from geo_app.config import Settings

    path, between, _ = where
    app = create_app(Settings(store=str(path), data_dir=path.parent / "data"))
    desk = app.extensions["xiangtu"]
    try:
        with open_store(path) as store:
            before = store.checksum()
        command = [sys.executable, "-c", "from geo_app.cli import main; main()", "restore", "--at", between, "--swap"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
        assert (done.returncode, "A server works on s.gpkg. Stop it first" in done.stderr) == (EXIT_STORE, True), done.stderr
        assert desk.store.checksum() == before
        assert not list(path.parent.glob("*restored*"))
    finally:
        desk.jobs.close()
        desk.store.close()


def test_a_store_that_another_program_has_open_is_not_swapped(call, where):
    code = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM xt_schema'); print('open',flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, str(where[0])], **pipes) as other:
        assert other.stdout.readline() == b"open\n"
        said = call("restore", "--at", where[1], "--swap", code=EXIT_STORE).stderr
        assert f"s.gpkg is open in process {other.pid}. Close it there first" in said
        other.communicate(timeout=120)
    call("restore", "--at", where[1], "--swap")


def test_a_journal_of_the_old_file_goes_with_it(where, tmp_path):
    """A journal that stayed beside the new file would be rolled back into it."""
    path, between, checksum = where
    done = restoring.restore(path, tmp_path / "r.gpkg", dt.datetime.fromisoformat(between))
    journal = path.with_name(path.name + "-journal")
    journal.write_bytes(b"left by a killed process")
    kept = restoring.exchange(path, done.path)
    assert not journal.exists()
    assert kept.with_name(kept.name + "-journal").read_bytes() == b"left by a killed process"
    with open_store(path) as store:
        assert store.checksum() == checksum


def test_one_layer_is_brought_back_by_a_change_that_can_be_undone(call, where):
    path, between, _ = where
    answer = call("restore", "--at", between, "--layer", "hamlets", "--who", "王", "--reason", "wrong file")
    assert "by change 3" in answer.stderr
    with open_store(path) as store:
        assert sorted(store.read("hamlets")["name"]) == [f"村{n}" for n in range(5)]
        assert (store.changes()[0].kind, store.changes()[0].who, store.changes()[0].reason) == ("restore", "王", "wrong file")
        store.undo(3, who="a", bureau="b", reason="c")
        assert store.count("hamlets") == 8
        assert store.verify() == []


def test_one_layer_is_brought_back_in_a_copy(call, where, tmp_path):
    path, between, _ = where
    assert "the store was not touched" in call("restore", "--at", between, "--layer", "hamlets", tmp_path / "c.gpkg").stderr
    with open_store(path) as store, open_store(tmp_path / "c.gpkg") as copy:
        assert (store.count("hamlets"), copy.count("hamlets")) == (8, 5)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--at", "yesterday", "r.gpkg"], EXIT_USAGE, "is no moment"),
        (["--at", "now"], EXIT_USAGE, "Name the new file, or use --swap"),
        (["--at", "now", "--swap", "r.gpkg"], EXIT_USAGE, "name no file with it"),
        (["--at", "now", "--layer", "hamlets", "--swap"], EXIT_USAGE, "takes neither --swap nor --from"),
        (["--at", "now", "--layer", "nothing"], EXIT_NOT_FOUND, "nothing"),
        (["--at", "now", "--from", "absent.gpkg", "r.gpkg"], EXIT_STORE, "is no backup"),
    ],
)
def test_what_cannot_be_restored_is_said(call, arguments, code, text):
    assert text in call("restore", *arguments, code=code).stderr


def test_a_database_is_not_swapped(call, monkeypatch):
    monkeypatch.setenv("XIANGTU_STORE", "postgresql://nobody@127.0.0.1:1/none")
    assert "A database is not swapped" in call("restore", "--at", "now", "--swap", code=EXIT_USAGE).stderr


def test_verify_finds_and_mends(call, where):
    assert "The store is whole" in call("verify").stderr
    with open_store(where[0]) as store, store._backend.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rtree_hamlets_geom WHERE id < 4")
    found = call("verify", code=EXIT_STORE)
    assert "the spatial index lacks 3" in found.stdout
    assert "geo-app verify --repair" in found.stderr
    assert "Mended: layer hamlets: the spatial index was built anew" in call("verify", "--repair").stderr
    call("verify")


def test_verify_does_not_mend_what_a_person_must_decide(call, where):
    with open_store(where[0]) as store, store._backend.writing() as connection:
        connection.exec_driver_sql("UPDATE hamlets SET name = '改' WHERE fid = 2")
    assert "still: layer hamlets: 1 rows differ" in call("verify", "--repair", code=EXIT_STORE).stdout
