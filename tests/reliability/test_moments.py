"""Restoring to a moment: five hundred random edits, checksums at twenty times, each brought back and equal (R15)."""

import datetime as dt
import random

import pytest
import scene

from layers.store import Insert, backup, open_store, restoring
from layers.store.rebuilding import RestoreError

EDITS = 500
MOMENTS = 20
MOST_EDITS = 5000
"""The moments grow with --full; the history they lie in ends here, since each of them is restored from all of it."""


def now():
    """The present moment."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def lived(tmp_path_factory, scale):
    """A store after many edits, what it was at many moments, and backups made between."""
    folder = tmp_path_factory.mktemp("lived")
    where = scene.made(folder / "s.gpkg")
    edits, wanted, rng = EDITS * min(scale, MOST_EDITS // EDITS), MOMENTS * scale, random.Random(5)
    moments = []
    with scene.opened(where) as store:
        for number in range(edits):
            scene.one_edit(store, rng, f"m{number}") if number % 40 == 0 else _small_edit(store, rng, number)
            if number % (edits // wanted) == 0:
                moments.append((now(), store.checksum(), store.count("wells")))
            if number in {edits // 3, edits * 2 // 3}:
                backup.make(store, folder / "backups")
            if number % 97 == 50:
                store.undo(store.changes(limit=1)[0].change_id, who="a", bureau="b", reason="undone")
    return where, moments, folder / "backups"


def _small_edit(store, rng, number):
    from layers.store import Delete, Update

    frame = store.read("wells", limit=30, geometry=False)
    row = frame.iloc[rng.randrange(len(frame))]
    kind = rng.random()
    if kind < 0.1:
        edit = Delete("wells", row["id"], int(row["ver"]))
    elif kind < 0.25:
        edit = Insert("wells", scene.wells(1, prefix=f"n{number}_"))
    else:
        edit = Update("wells", row["id"], int(row["ver"]), {"persons": number})
    store.apply(scene.change(edit, reason=f"m{number}"))


def restored(target, at, **options):
    """Restore and open what came of it; give the report, its checksum and its count of wells."""
    done = restoring.restore(options.pop("where"), target, at, layers=scene.LAYERS, **options)
    with scene.opened(done.path) as store:
        assert store.verify() == []
        return done, store.checksum(), store.count("wells")


def test_every_moment_comes_back_from_the_history_alone(lived, tmp_path):
    where, moments, _ = lived
    assert len(moments) >= MOMENTS
    assert len({checksum for _, checksum, _ in moments}) == len(moments)
    for number, (at, checksum, count) in enumerate(moments):
        done, found, wells = restored(tmp_path / f"{number}.gpkg", at, where=where)
        assert (found, wells) == (checksum, count)
        assert done.complete
        assert done.checksum == checksum
        done.path.unlink()


def test_every_moment_comes_back_from_a_backup_and_the_log_after_it(lived, tmp_path):
    where, moments, folder = lived
    first, second = backup.backups(folder)
    for number, (at, checksum, count) in enumerate(moments):
        base = first if number % 2 else second
        done, found, wells = restored(tmp_path / f"{number}.gpkg", at, where=where, source=base.path)
        assert (found, wells) == (checksum, count)
        assert base.path.name in done.source
        assert (done.replayed > 0) is (at > base.at) or done.replayed == done.taken_back == 0
        done.path.unlink()


def test_when_the_store_is_lost_a_later_backup_is_cut_back_and_the_last_one_is_what_there_is(lived, tmp_path):
    _, moments, folder = lived
    _, second = backup.backups(folder)
    reached = [item for item in moments if item[0] < second.at]
    for number, (at, checksum, count) in enumerate(reached[::3]):
        done, found, wells = restored(tmp_path / f"{number}.gpkg", at, where=tmp_path / "lost.gpkg", folder=folder)
        assert (found, wells) == (checksum, count)
        assert done.complete
        done.path.unlink()
    done, found, _ = restored(tmp_path / "last.gpkg", now(), where=tmp_path / "lost.gpkg", folder=folder)
    assert found == second.checksum
    assert not done.complete


def test_a_damaged_store_is_passed_over_for_the_backups(lived, tmp_path):
    where, moments, folder = lived
    raw = bytearray(where.read_bytes())
    raw[4096 : len(raw) // 2] = bytes(len(raw) // 2 - 4096)
    damaged = tmp_path / "damaged.gpkg"
    damaged.write_bytes(raw)
    at, checksum, _ = moments[3]
    done, found, _ = restored(tmp_path / "r.gpkg", at, where=damaged, folder=folder)
    assert found == checksum
    assert done.source != "the store's own history"


def test_before_everything_there_was_nothing(lived, tmp_path):
    done, _, wells = restored(tmp_path / "r.gpkg", dt.datetime(2000, 1, 1, tzinfo=dt.UTC), where=lived[0])
    assert (done.change, wells) == (0, 0)


def test_a_gap_in_the_log_is_refused_and_a_backup_from_before_it_helps(lived, tmp_path):
    """The control: what is restored is compared with an unbroken log, not taken as it comes."""
    where, moments, folder = lived
    first, _ = backup.backups(folder)
    with scene.opened(where) as store:
        store.copy_to(tmp_path / "gap.gpkg")
    with scene.opened(tmp_path / "gap.gpkg") as store, store._backend.writing() as connection:
        early = connection.exec_driver_sql(
            "SELECT a.seq FROM xt_history a JOIN xt_history b ON b.layer = a.layer AND b.fid = a.fid AND b.ver = a.ver + 1"
            f" WHERE b.change_id < {first.change} ORDER BY a.seq LIMIT 1"
        ).scalar()
        connection.exec_driver_sql(f"DELETE FROM xt_history WHERE seq = {early}")
    at, checksum, _ = moments[-1]
    with pytest.raises(RestoreError, match="has a gap at row"):
        restored(tmp_path / "r.gpkg", at, where=tmp_path / "gap.gpkg")
    assert not (tmp_path / "r.gpkg").exists()
    done, found, _ = restored(tmp_path / "r.gpkg", at, where=tmp_path / "gap.gpkg", folder=folder)
    assert found == checksum
    assert "and the store's log" in done.source


def test_nothing_is_written_over_and_nothing_is_left_behind(lived, tmp_path):
    target = tmp_path / "there.gpkg"
    target.write_text("mine")
    with pytest.raises(RestoreError, match="is there already"):
        restored(target, now(), where=lived[0])
    assert target.read_text() == "mine"
    restored(tmp_path / "new.gpkg", now(), where=lived[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.gpkg", "there.gpkg"]


def test_a_backup_of_another_history_is_refused(lived, tmp_path):
    other = scene.made(tmp_path / "other.gpkg")
    with scene.opened(other) as store:
        made = backup.make(store, tmp_path / "backups")
    with scene.opened(lived[0]) as store:
        newest = store.checksum()
    done, found, _ = restored(tmp_path / "r.gpkg", now(), where=lived[0], source=made.path)
    assert found == made.checksum != newest
    assert not done.complete


def test_a_backup_that_was_altered_is_refused(lived, tmp_path):
    with scene.opened(scene.made(tmp_path / "s.gpkg")) as store:
        made = backup.make(store, tmp_path / "backups")
    with made.path.open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"altered")
    assert not backup.is_intact(made)
    with pytest.raises(RestoreError, match="SHA-256 differs"):
        restored(tmp_path / "r.gpkg", now(), where=tmp_path / "lost.gpkg", source=made.path)
    with pytest.raises(RestoreError, match="Nothing reaches that moment"):
        restored(tmp_path / "r.gpkg", now(), where=tmp_path / "lost.gpkg", folder=made.path.parent)


@pytest.mark.postgis
def test_a_database_is_backed_up_and_restored_as_a_file_with_equal_checksum(postgis_schema, tmp_path):
    scene.made(postgis_schema)
    rng, moments = random.Random(3), []
    with scene.opened(postgis_schema) as store:
        for number in range(20):
            _small_edit(store, rng, number)
            moments.append((now(), store.checksum(), store.count("wells")))
            if number == 10:
                made = backup.make(store, tmp_path / "backups")
                assert (made.source, made.checksum, made.faults) == ("postgis", store.checksum(), ())
    for number, (at, checksum, count) in enumerate(moments[::6]):
        for source in (None, made.path):
            _, found, wells = restored(tmp_path / f"{number}{bool(source)}.gpkg", at, where=postgis_schema, source=source)
            assert (found, wells) == (checksum, count)
    with (
        scene.opened(tmp_path / "0False.gpkg") as file,
        open_store(postgis_schema + "b", create=True, layers=scene.LAYERS) as database,
    ):
        file.copy_into(database)
        assert database.checksum() == moments[0][1]
        assert database.verify() == []
