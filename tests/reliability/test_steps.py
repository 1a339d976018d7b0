"""Every step from an older schema to the next, stopped and killed at every statement: the old schema stays, and the next start works (R16)."""

import contextlib
import random
import shutil
import sqlite3
import time
from collections import Counter

import pytest
import scene

from layers.errors import MigrationError
from layers.store import geometry, migrations, scripts
from layers.store.geopackage import GeoPackage

MOMENTS = 60
STEPS = scripts.migrations("gpkg")
PLACES = [(version, stop) for version, name in STEPS[1:] for stop in range(len(scripts.statements(scripts.text("gpkg", name))))]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Stores of every older schema, with rows, by their version; made by the scripts of their time."""
    folder, found = tmp_path_factory.mktemp("old"), {}
    for version, _ in STEPS[:-1]:
        path = folder / f"{version}.gpkg"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scripts, "migrations", lambda _folder, upto=version: tuple(s for s in STEPS if s[0] <= upto))
            scene.opened(path, create=True).close()
        _filled(path)
        found[version] = path
    return found


def _filled(path):
    connection = sqlite3.connect(path)
    geometry.register(connection)
    blob = geometry.to_blobs(*_point())[0]
    with connection:
        values = {
            "change_id": 1,
            "at": "2026-01-01T00:00:00+00:00",
            "who": "李",
            "bureau": "局",
            "reason": "旧",
            "kind": "import",
        }
        names = ", ".join([*values, "inserted"])
        connection.execute(f"INSERT INTO xt_changes ({names}) VALUES (?, ?, ?, ?, ?, ?, 1)", list(values.values()))
        connection.execute("INSERT INTO wells (fid, geom, id, ver, well_id) VALUES (1, ?, 'a', 1, 'w1')", (blob,))
        connection.execute(
            "INSERT INTO xt_history (seq, change_id, layer, fid, id, ver, op, after, after_wkb)"
            " VALUES (1, 1, 'wells', 1, 'a', 1, 'insert', '{\"well_id\":\"w1\"}', ?)",
            (geometry.wkb_of(blob),),
        )
        connection.execute("UPDATE xt_layers SET version = 1, next_fid = 2 WHERE name = 'wells'")
        with contextlib.suppress(sqlite3.OperationalError):  # schema 1 has no such table
            connection.execute("INSERT INTO xt_change_layers VALUES ('wells', 1)")
    connection.close()


def _point():
    import shapely

    points = shapely.points([[104.0, 36.0]])
    return points, geometry.to_wkb(points)


def dump(path):
    """Everything in a file, as statements."""
    connection = sqlite3.connect(path)
    geometry.register(connection)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def version_of(path):
    """The schema a store is at."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT max(version) FROM xt_schema").fetchone()[0]
    finally:
        connection.close()


def whole_after_all(path):
    """Open the store as if nothing had been and see that everything is there."""
    with scene.opened(path) as store:
        assert store.verify() == []
        assert store.read("wells")["well_id"].tolist() == ["w1"]
        assert store.changes()[0].reason == "旧"
    assert version_of(path) == migrations.newest(GeoPackage)


def test_there_are_steps_to_stop():
    assert {version for version, _ in PLACES} == {version for version, _ in STEPS[1:]}
    assert len(PLACES) > 10


@pytest.mark.parametrize(("version", "stop"), PLACES)
def test_a_failure_at_any_statement_of_any_step_changes_nothing(old, tmp_path, monkeypatch, version, stop):
    path = shutil.copyfile(old[version - 1], tmp_path / "s.gpkg")
    before, real, seen = dump(path), GeoPackage.run_statement, []

    def failing(self, connection, statement):
        seen.append(statement)
        if len(seen) == stop + 1:
            raise sqlite3.OperationalError("injected")
        real(self, connection, statement)

    monkeypatch.setattr(GeoPackage, "run_statement", failing)
    with pytest.raises(MigrationError, match=f"still at schema {version - 1}"):
        scene.opened(path)
    monkeypatch.undo()
    assert dump(path) == before
    whole_after_all(path)


def test_a_kill_at_any_statement_of_any_step_leaves_one_schema_or_the_next(old, tmp_path):
    process = scene.script("stepper")
    for version, stop in PLACES:
        path = shutil.copyfile(old[version - 1], tmp_path / f"{version}-{stop}.gpkg")
        assert scene.ask(process, f"{stop} {path}") == "killed"
        assert version_of(path) == version - 1, (version, stop)
        whole_after_all(path)
    assert scene.ended(process) == 0


def test_kills_at_random_moments_of_migrating_leave_a_whole_store_of_one_schema(old, tmp_path, scale):
    """The statements are finite; with --full the moments between and within them are tried a hundred times as often."""
    rng, process, took, seen = random.Random(8), scene.script("stepper"), 0.0, Counter()
    for number in range(MOMENTS * scale):
        version = rng.choice(sorted(old))
        path = shutil.copyfile(old[version], tmp_path / f"{number}.gpkg")
        if number % 10 == 0 or number == 1:  # the very first one also loads the program
            started = time.monotonic()
            assert scene.ask(process, f"after 3600 {path}") == "done"
            took = time.monotonic() - started
            continue
        seen[scene.ask(process, f"after {rng.uniform(0, took):.6f} {path}")] += 1
        assert version <= version_of(path) <= migrations.newest(GeoPackage), number
        whole_after_all(path)
        for left in tmp_path.iterdir():
            left.unlink()
    assert set(seen) <= {"killed", "done"}
    assert seen["killed"] >= MOMENTS * scale / 4
    assert scene.ended(process) == 0


def test_a_step_run_without_a_transaction_is_left_half_done(old, tmp_path):
    """The control: statement by statement, the same kill leaves neither the one schema nor the next."""
    version, name = STEPS[-1]
    path = shutil.copyfile(old[version - 1], tmp_path / "s.gpkg")
    before = dump(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in scripts.statements(scripts.text("gpkg", name))[:3]:
        connection.execute(statement)
    connection.close()
    assert dump(path) != before
    assert version_of(path) == version - 1
    with pytest.raises(MigrationError):
        scene.opened(path)
