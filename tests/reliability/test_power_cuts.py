"""Simulated power cuts under the statements that the store really runs: no acknowledged change is lost, nothing is torn (R2)."""

import random

import power
import pytest
import scene

CUTS = 300
CONTROL_CUTS = 60
EDITS = 40

_disks = {}


def disk():
    """The one recording disk of this process."""
    if "it" not in _disks:
        _disks["it"] = power.Disk("power-cuts")
    return _disks["it"]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A store before its edits, as bytes, and the statements by which the store makes them."""
    folder = tmp_path_factory.mktemp("power")
    base = scene.made(folder / "base.gpkg")
    before = base.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        statements = power.statements_of(base, EDITS, patch)
    return before, statements


def results(work, folder, cuts, *, synchronous=None, seed=9):
    """Cut the power so many times; give how many cuts lost an acknowledged change and how many left something corrupt."""
    before, statements = work
    base, target = folder / "s.gpkg", folder / "cut.gpkg"
    base.write_bytes(before)
    record, commits = power.played(base, disk(), statements, synchronous)
    assert len(commits) == EDITS
    assert power.looked_at(base, 1 + EDITS) == (0, 0), "what is looked for is there when nothing was cut"
    rng, lost, corrupt = random.Random(seed), 0, 0
    for _ in range(cuts):
        at = rng.randrange(len(record) + 1)
        power.laid_down(power.cut(record, at, {str(base): before}, rng), base, target)
        gone, torn = power.looked_at(target, 1 + sum(position <= at for position in commits))
        lost += bool(gone)
        corrupt += torn
    return lost, corrupt


def test_the_statements_are_those_of_the_store(work):
    text = "\n".join(work[1])
    assert "PRAGMA synchronous=EXTRA" in text or "PRAGMA synchronous=FULL" in text
    assert text.count("BEGIN IMMEDIATE") == text.count("COMMIT") == EDITS
    assert "INSERT INTO wells" in text
    assert "INSERT INTO xt_history" in text


def test_three_hundred_power_cuts_lose_nothing_and_tear_nothing(work, tmp_path, scale):
    assert results(work, tmp_path, CUTS * scale) == (0, 0)


def test_without_syncing_the_same_cuts_lose_and_tear(work, tmp_path):
    """The control: the test above can fail."""
    lost, corrupt = results(work, tmp_path, CONTROL_CUTS, synchronous="OFF")
    assert lost > 0
    assert corrupt > 0


def test_without_the_folder_synced_the_last_change_can_be_lost(work, tmp_path):
    """The control for EXTRA: FULL leaves the removal of the journal to chance."""
    lost, _ = results(work, tmp_path, CONTROL_CUTS * 2, synchronous="FULL")
    assert lost > 0
