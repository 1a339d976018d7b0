import os
import signal
import sqlite3

import pytest

from layers.errors import MigrationError, StoreBusyError
from layers.store import Insert, Update, geometry, migrations, open_store, scripts
from layers.store.geopackage import GeoPackage

STEPS = [
    (version, statement)
    for version, name in scripts.migrations("gpkg")
    if version > 1
    for statement in scripts.statements(scripts.text("gpkg", name))
]
NEWEST = migrations.newest(GeoPackage)
NEW_TABLES = (
    "xt_accounts",
    "xt_sessions",
    "xt_attempts",
    "xt_request_edits",
    "xt_requests",
    "xt_kept",
    "xt_served",
    "xt_published",
    "xt_attachments",
)


def back_to_second(connection):
    """Take a store back to schema 2, keeping its content."""
    for name in ("xt_history_seen", "xt_changes_at"):
        connection.execute(f"DROP INDEX {name}")
    for name in NEW_TABLES:
        connection.execute(f"DROP TABLE {name}")
    connection.execute("ALTER TABLE xt_changes DROP COLUMN account_id")
    connection.execute("DELETE FROM xt_schema WHERE version > 2")


@pytest.fixture
def first(path, layers, change, wells, monkeypatch):
    """A store as schema 1 left it, with two changes, made by the frozen script of schema 1."""
    with open_store(path, create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(6))))
        store.apply(change(Insert("wells", wells(3, first=10))))
        rows = {name: _rows(path, name) for name in ("wells", "xt_layers", "xt_settings")}
        history = _rows(path, "xt_history")
    connection = sqlite3.connect(path, isolation_level=None)
    back_to_second(connection)
    for statement in (
        "DROP INDEX xt_changes_undoes",
        "DROP INDEX xt_history_id",
        "DROP INDEX xt_history_version",
        "DROP TABLE xt_change_layers",
        "ALTER TABLE xt_changes DROP COLUMN token",
        "ALTER TABLE xt_changes DROP COLUMN undoes",
        "DELETE FROM xt_schema WHERE version > 1",
    ):
        connection.execute(statement)
    built = _schema(connection)
    connection.close()
    reference = sqlite3.connect(":memory:")
    reference.executescript(scripts.text("gpkg", "0001_first"))
    frozen = {name: sql for name, sql in _schema(reference).items() if name.startswith("xt_")}
    assert {name: _plain(sql) for name, sql in built.items() if name.startswith("xt_")} == {
        n: _plain(s) for n, s in frozen.items()
    }
    return rows, history


def _plain(sql):
    return " ".join(sql.split()).replace("( ", "(").replace(" )", ")")


def _schema(connection):
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _rows(path, table):
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT * FROM {table}").fetchall()
    connection.close()
    return found


def _version(path):
    return max(row[0] for row in _rows(path, "xt_schema"))


def test_an_old_store_is_brought_to_the_present_schema(first, path, layers, change, wells):
    with open_store(path, layers=layers) as store:
        assert [item.layers for item in store.changes()] == [("wells",), ("wells",)]
        assert store.version("wells") == 2
        assert len(store.frame("wells", 1)) == 6
        assert store.verify() == []
        store.undo(2, who="a", bureau="b", reason="c")
        store.apply(change(Insert("wells", wells(3, first=20))))
    assert _version(path) == migrations.newest(GeoPackage)
    assert len({row[-2] for row in _rows(path, "xt_changes")}) == 4


def test_migrating_ends_in_the_same_schema_as_making_anew(first, path, layers, tmp_path):
    open_store(path, layers=layers).close()
    open_store(tmp_path / "new.gpkg", create=True, layers=layers).close()
    old, new = sqlite3.connect(path), sqlite3.connect(tmp_path / "new.gpkg")
    assert {n: _plain(s) for n, s in _schema(old).items()} == {n: _plain(s) for n, s in _schema(new).items()}
    old.close()
    new.close()


def test_a_copy_of_the_old_state_is_kept(first, path, layers):
    open_store(path, layers=layers).close()
    copy = path.with_name("库.gpkg.schema-1.gpkg")
    assert _version(copy) == 1
    assert _rows(copy, "wells") == first[0]["wells"]


@pytest.mark.parametrize("stop", range(len(STEPS)))
def test_a_failure_at_any_statement_leaves_the_schema_before_the_step_and_refuses(first, path, layers, monkeypatch, stop):
    real, seen, before = GeoPackage.run_statement, [], {}
    step = STEPS[stop][0]

    def failing(self, connection, statement):
        if STEPS[len(seen)][0] == step and not before:
            before.update(_schema(sqlite3.connect(path)))
        seen.append(statement)
        if len(seen) == stop + 1:
            raise sqlite3.OperationalError("injected")
        real(self, connection, statement)

    monkeypatch.setattr(GeoPackage, "run_statement", failing)
    expected = rf"still at schema {step - 1}, {NEWEST} is needed: step {step}.*Free disk space.*copy 库.gpkg.schema-1.gpkg"
    with pytest.raises(MigrationError, match=expected) as caught:
        open_store(path, layers=layers)
    assert caught.value.code == "migration_failed"
    assert str(path.parent) not in str(caught.value)
    assert _version(path) == step - 1
    assert _schema(sqlite3.connect(path)) == before
    assert _rows(path, "wells") == first[0]["wells"]
    monkeypatch.undo()
    with open_store(path, layers=layers) as store:
        assert store.verify() == []


@pytest.mark.parametrize("stop", range(len(STEPS)))
def test_a_kill_at_any_statement_leaves_the_schema_before_the_step(first, path, layers, stop):
    real, seen = GeoPackage.run_statement, []

    def deadly(self, connection, statement):
        seen.append(statement)
        if len(seen) == stop + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, connection, statement)

    pid = os.fork()
    if pid == 0:
        GeoPackage.run_statement = deadly
        open_store(path, layers=layers)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    assert _version(path) == STEPS[stop][0] - 1
    assert _rows(path, "xt_history") == first[1]
    with open_store(path, layers=layers) as store:
        assert store.verify() == []


def test_a_store_of_schema_2_keeps_its_content(path, layers, change, wells, one):
    with open_store(path, create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(6))))
        store.apply(change(Update("wells", one(store, "w1")["id"], 1, {"name": "二"})))
        store.settings_set("scheme", "cn-12")
        checksum, changes = store.checksum(), store.changes()
    connection = sqlite3.connect(path, isolation_level=None)
    back_to_second(connection)
    connection.close()
    with open_store(path, layers=layers) as store:
        assert (store.checksum(), store.changes()) == (checksum, changes)
        assert store.settings_get("scheme") == "cn-12"
        assert store.accounts.all() == []
        assert store.accounts.add("li", "李", "水务局", "hash", []).account_id == 1
        store.apply(change(Update("wells", one(store, "w1")["id"], 2, {"name": "三"}), account_id=1))
        assert [item.account_id for item in store.changes()] == [1, None, None]
        assert store.verify() == []


def test_a_kill_while_making_a_new_store_leaves_nothing(path, layers):
    total = sum(len(scripts.statements(scripts.text("gpkg", name))) for _, name in scripts.migrations("gpkg"))
    real = GeoPackage.run_statement
    for stop in (0, 1, total // 2, total - 1):
        pid = os.fork()
        if pid == 0:
            seen = []

            def deadly(self, connection, statement, seen=seen, stop=stop):
                seen.append(statement)
                if len(seen) == stop + 1:
                    os.kill(os.getpid(), signal.SIGKILL)
                real(self, connection, statement)

            GeoPackage.run_statement = deadly
            open_store(path, create=True, layers=layers)
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        connection = sqlite3.connect(path)
        assert _schema(connection) == {}
        connection.close()
    with open_store(path, create=True, layers=layers) as store:
        assert store.verify() == []


def test_a_busy_store_is_not_called_a_failed_migration(first, path, layers, monkeypatch):
    monkeypatch.setattr("layers.store.sqlite.BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        open_store(path, layers=layers)
    holder.close()


def test_a_store_of_a_newer_version_is_refused(path, layers):
    open_store(path, create=True, layers=layers).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO xt_schema VALUES (99, 'later')")
    connection.close()
    with pytest.raises(MigrationError, match=r"has schema 99; this version knows up to 4\. Install the newer version"):
        open_store(path, layers=layers)


def test_newly_declared_layers_and_fields_are_added(path, layers, change, wells):
    from dataclasses import replace

    small = replace(layers["wells"], fields=tuple(f for f in layers["wells"].fields if f.name not in {"depth_m", "uses"}))
    with open_store(path, create=True, layers={"wells": small}) as store:
        store.apply(change(Insert("wells", wells(4).drop(columns=["depth_m", "uses"]))))
        store.frame("wells")
    with open_store(path, layers=layers) as store:
        frame = store.frame("wells")
        assert frame["depth_m"].isna().all()
        assert store.frame("tracks").empty
        store.apply(change(Insert("wells", wells(2, first=10))))
        assert store.read("wells")["depth_m"].notna().sum() == 1
        assert len(store.frame("wells", 1)) == 4
        assert store.verify() == []


def test_user_version_stays_what_geopackage_says(gpkg, path):
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 10300
    assert connection.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"GPKG", "big")
    connection.close()
    assert geometry.SRS_ID == 4490
