"""Backups made while writers are at work: each is whole, and holds all that was acknowledged before it began (R14)."""

import shutil
import time

import pytest
import scene

from layers.errors import NotAStoreError, StoreDamagedError, StoreFaultError
from layers.store import backup

BACKUPS, DATABASE_BACKUPS = 20, 4


class Writers:
    """Two writers at work beside the test."""

    def __init__(self, where, acks, seed=0):
        self.acks, self.where = acks, where
        self.nursery = scene.script("nursery", where, acks)
        self.alive = [scene.ask(self.nursery, f"start {seed + number} late") for number in range(2)]

    def acknowledged(self):
        """The reasons of the changes acknowledged so far."""
        return set(self.acks.read_text().split("\n")[:-1]) if self.acks.exists() else set()

    def some_more(self):
        """Wait until more was acknowledged, then give all of it."""
        before, deadline = len(self.acknowledged()), time.monotonic() + 120
        while len(self.acknowledged()) == before and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.acknowledged()

    def end(self):
        """Kill them."""
        for pid in self.alive:
            scene.ask(self.nursery, f"kill {pid}")
        scene.ended(self.nursery)


def reasons(path):
    """The reasons of the changes in a copy."""
    with scene.opened(path) as copy:
        return {item.reason for item in copy.changes(limit=10**7)}


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def places(request, path):
    """Where stores of each kind may lie, and how many backups are made of one."""
    if request.param == "gpkg":
        return lambda number: path.with_name(f"{number}.gpkg"), BACKUPS
    schema = request.getfixturevalue("postgis_schema")
    return lambda number: f"{schema}_{number}", DATABASE_BACKUPS


def test_twenty_backups_while_writing_are_all_whole(places, tmp_path, scale):
    """With --full as many stores more: a store that grew all the while would fill the disk with its backups."""
    place, count = places
    for number in range(scale):
        work = Writers(scene.made(place(number)), tmp_path / f"acks{number}", seed=number * 10)
        try:
            _all_whole(work, tmp_path / f"backups{number}", count)
        finally:
            work.end()
        shutil.rmtree(tmp_path / f"backups{number}")


def _all_whole(work, folder, count):
    made = []
    with scene.opened(work.where) as store:
        for _ in range(count):
            before = work.some_more()
            made.append(backup.make(store, folder, keep=count))
            assert made[-1].faults == ()
            assert backup.is_intact(made[-1])
            assert before <= reasons(made[-1].path)
    assert backup.backups(folder) == made
    assert len({item.change for item in made}) == count
    assert sorted(path.suffix for path in folder.iterdir() if path.name != ".turn") == [".gpkg"] * count + [".json"] * count


def test_a_plain_copy_while_writing_is_torn_sooner_or_later(path, tmp_path):
    """The control: a copy that is made otherwise is found to be broken."""
    work = Writers(scene.made(path), tmp_path / "acks", seed=100)
    torn = 0
    try:
        for number in range(400):
            before, copy = work.acknowledged(), tmp_path / f"{number}.gpkg"
            shutil.copyfile(path, copy)  # this process has not opened the store
            torn += _is_broken(copy, before)
            copy.unlink()
            if torn:
                break
    finally:
        work.end()
    assert torn


def _is_broken(copy, before):
    try:
        found = backup.examine(copy, scene.LAYERS)
        return bool(found.faults) or not before <= reasons(copy)
    except (StoreDamagedError, NotAStoreError, StoreFaultError):
        return True
