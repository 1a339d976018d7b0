"""What only a database server can suffer."""

import os
import threading

import pytest
import sqlalchemy as sa

from layers.errors import (
    MigrationError,
    NotAStoreError,
    StorageFullError,
    StoreAccessError,
    StoreBusyError,
    StoreClosedError,
    StoreDamagedError,
    StoreFaultError,
    StoreMissingError,
)
from layers.store import Insert, open_store, postgres, scripts
from layers.store.postgis import PostGIS

pytestmark = pytest.mark.postgis


@pytest.fixture
def database(postgis_schema, layers, tmp_path):
    with open_store(postgis_schema, create=True, layers=layers, snapshots=tmp_path / "s") as store:
        yield store


def test_layers_are_real_postgis_tables(database, change, wells):
    database.apply(change(Insert("wells", wells(3))))
    with database._backend.reading() as connection:
        columns = connection.execute(
            sa.text("SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = current_schema() ORDER BY 1")
        ).all()
        gist = connection.execute(
            sa.text("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'wells_geom'")
        ).scalar_one()
        comment = connection.execute(sa.text("SELECT obj_description('wells'::regclass)")).scalar_one()
        place = connection.execute(sa.text("SELECT ST_AsText(geom) FROM wells WHERE fid = 2")).scalar_one()
    assert [tuple(row) for row in columns] == [("tracks", "GEOMETRY", 4490), ("wells", "POINT", 4490)]
    assert "USING gist" in gist
    assert comment == "水井 Wells"
    assert place == "POINT(104.01 36.001)"


def test_a_store_that_was_not_made_is_missing(postgis_schema, layers):
    with pytest.raises(StoreMissingError, match="There is no store yet"):
        open_store(postgis_schema, layers=layers)


def test_a_missing_database_and_a_silent_server_are_said(postgis_server, layers):
    with pytest.raises((StoreMissingError, StoreAccessError), match=r"no such database|does not answer"):
        open_store(postgis_server.replace("/postgres", "/nothing"), layers=layers)
    with pytest.raises(StoreAccessError, match="does not answer"):
        open_store("postgresql://nobody@127.0.0.1:1/none", layers=layers)
    with pytest.raises(NotAStoreError, match="cannot be the name of a schema"):
        open_store(f"{postgis_server}?schema=x;drop", layers=layers)


def test_a_second_writer_waits_and_is_then_told(database, postgis_schema, change, wells, monkeypatch):
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    seen = []

    def other(_done, _total):
        with open_store(postgis_schema, layers=database.layers) as second, pytest.raises(StoreBusyError, match="Another writer"):
            second.apply(change(Insert("wells", wells(1, first=50))))
        seen.append(database.count("wells"))

    database.apply(change(Insert("wells", wells(2))), progress=other)
    assert seen == [0]
    assert database.count("wells") == 2


def test_many_threads_write_without_loss(database, change, wells):
    def work(number):
        for turn in range(4):
            database.apply(change(Insert("wells", wells(2, prefix=f"t{number}_{turn}_"))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.count("wells") == 40
    assert len(database.changes()) == 20
    assert database.verify() == []


def test_a_forked_child_opens_connections_of_its_own(database, change, wells):
    database.apply(change(Insert("wells", wells(3))))
    pid = os.fork()
    if pid == 0:
        database.apply(change(Insert("wells", wells(2, first=10))))
        os._exit(database.count("wells"))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    assert database.count("wells") == 5


def test_a_closed_store_says_so(database):
    database.close()
    with pytest.raises(StoreClosedError):
        database.count("wells")


def _as_first_schema(store):
    with store._backend.writing() as connection:
        for statement in (
            "DROP TABLE xt_attachments",
            "DROP INDEX xt_history_seen",
            "DROP INDEX xt_changes_at",
            "DROP TABLE xt_accounts, xt_sessions, xt_attempts, xt_request_edits, xt_requests, xt_kept, xt_served, xt_published",
            "ALTER TABLE xt_changes DROP COLUMN account_id",
            "DROP INDEX xt_changes_undoes",
            "DROP INDEX xt_history_id",
            "DROP INDEX xt_history_version",
            "DROP TABLE xt_change_layers",
            "ALTER TABLE xt_changes DROP COLUMN token",
            "ALTER TABLE xt_changes DROP COLUMN undoes",
            "DELETE FROM xt_schema WHERE version > 1",
        ):
            connection.exec_driver_sql(statement)


def test_an_old_schema_is_brought_up_with_a_copy_of_the_old_state(database, postgis_schema, layers, change, wells):
    database.apply(change(Insert("wells", wells(4))))
    _as_first_schema(database)
    with open_store(postgis_schema, layers=layers) as store:
        assert store.version("wells") == 1
        assert store.verify() == []
        with store._backend.reading() as connection:
            kept = connection.exec_driver_sql(f"SELECT count(*) FROM {store._backend.schema}_schema_1.wells").scalar()
    assert kept == 4


def test_a_failure_at_any_statement_leaves_the_old_schema(database, postgis_schema, change, wells, monkeypatch):
    database.apply(change(Insert("wells", wells(4))))
    _as_first_schema(database)
    real = PostGIS.run_statement
    count = len(scripts.statements(scripts.text("postgis", "0002_undo_and_tokens")))
    for stop in range(count):
        seen = []

        def failing(self, connection, statement, seen=seen, stop=stop):
            if 'CREATE TABLE "' not in statement:
                seen.append(statement)
                if len(seen) == stop + 1:
                    statement = "SELECT 1/0"
            real(self, connection, statement)

        monkeypatch.setattr(PostGIS, "run_statement", failing)
        with pytest.raises(MigrationError, match="still at schema 1, 4 is needed"):
            open_store(postgis_schema, layers=database.layers)
        with database._backend.reading() as connection:
            assert connection.exec_driver_sql("SELECT max(version) FROM xt_schema").scalar() == 1
            assert connection.exec_driver_sql("SELECT to_regclass('xt_change_layers')").scalar() is None
    monkeypatch.undo()
    with open_store(postgis_schema, layers=database.layers) as store:
        assert store.verify() == []


class _Error(Exception):
    def __init__(self, state):
        super().__init__("secret SELECT")
        self.sqlstate = state


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", StorageFullError),
        ("55P03", StoreBusyError),
        ("40001", StoreBusyError),
        ("53300", StoreBusyError),
        ("57P01", StoreAccessError),
        ("3D000", StoreMissingError),
        ("28P01", StoreAccessError),
        ("42501", StoreAccessError),
        ("08006", StoreAccessError),
        ("XX001", StoreDamagedError),
        ("42601", StoreFaultError),
        (None, StoreFaultError),
    ],
)
def test_every_server_error_has_a_class_of_ours(state, kind):
    found = postgres.person_error(_Error(state))
    assert type(found) is kind
    assert "secret" not in str(found)
