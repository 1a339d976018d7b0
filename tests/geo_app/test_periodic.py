"""Backups that a server makes by itself."""

import datetime as dt
import time

import pytest

from geo_app import create_app, periodic
from geo_app.actions import backups
from geo_app.config import Settings
from layers.store import open_store

LONGEST = 240


@pytest.fixture
def settings(tmp_path):
    store = tmp_path / "s.gpkg"
    open_store(store, create=True).close()
    return Settings(store=str(store), data_dir=tmp_path / "data", backup_dir=tmp_path / "backups", backup_every_min=1)


def test_a_server_makes_a_backup_when_one_is_due(settings, monkeypatch):
    monkeypatch.setattr(periodic, "LOOK_SECONDS", 0.05)
    app = create_app(settings)
    try:
        deadline = time.monotonic() + LONGEST
        while not backups.found_in(settings.backup_dir) and time.monotonic() < deadline:
            time.sleep(0.05)
        (made,) = backups.found_in(settings.backup_dir)
        assert made.faults == ()
        assert made.checksum == app.extensions["xiangtu"].store.checksum()
    finally:
        app.extensions["xiangtu"].jobs.close()
        app.extensions["xiangtu"].store.close()


def test_no_folder_no_backups(settings):
    from dataclasses import replace

    assert periodic.begin(replace(settings, backup_dir=None), settings) is None


def test_a_backup_is_due_after_the_interval(settings):
    now = dt.datetime.now(dt.UTC)
    assert backups.is_due(settings.backup_dir, every_min=15, now=now)
    with open_store(settings.store) as store:
        backups.make(store, settings.backup_dir, keep=3)
    assert not backups.is_due(settings.backup_dir, every_min=15, now=now)
    assert backups.is_due(settings.backup_dir, every_min=15, now=now + dt.timedelta(minutes=16))


def test_a_backup_that_fails_is_logged_without_the_address(settings, caplog):
    from dataclasses import replace

    broken = replace(settings, store="postgresql://user:secret@127.0.0.1:1/none")
    assert not periodic.PeriodicBackups(broken, settings.backup_dir).make_one()
    assert "the backup ended with" in caplog.text
    assert "secret" not in caplog.text
