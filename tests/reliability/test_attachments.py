"""Papers and photographs outlast what happens to a store: backup, restore to a moment, swap, verify and repair keep them."""

import datetime as dt
import sqlite3

import pytest
import scene

from layers.store import Update, backup, repairing, restoring

FIRST, LATER = b"%PDF-1.7 first" * 100, b"\xff\xd8\xff later" * 100


def papers(path, numbers=(1, 2)):
    """What a store has of papers; None where there is none of a number."""
    with scene.opened(path) as store:
        assert store.verify() == []
        held = {}
        for number in numbers:
            try:
                held[number] = store.attachments.get(number).data
            except LookupError:
                held[number] = None
        return held


def edited(store, ver):
    row = store.read("wells", limit=1).iloc[0]
    store.apply(scene.change(Update("wells", row["id"], ver, {"persons": ver}), reason=f"e{ver}"))
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def lived(path, tmp_path):
    """A store with a paper before its backup and another after it, and the moments of the two changes."""
    with scene.opened(scene.made(path)) as store:
        store.attachments.add(FIRST, "申请.pdf", "application/pdf", who="李")
        before = edited(store, 1)
        kept = backup.make(store, tmp_path / "backups")
        store.attachments.add(LATER, "照片.jpg", "image/jpeg", who="王")
        after = edited(store, 2)
    return path, kept.path, before, after


def test_a_backup_holds_them_and_is_whole(lived):
    _, kept, _, _ = lived
    assert papers(kept) == {1: FIRST, 2: None}
    assert backup.is_intact(backup.read_manifest(kept.with_suffix(".json")))


def test_every_way_of_restoring_keeps_what_its_records_name(lived, tmp_path):
    path, kept, before, after = lived
    ways = {
        "own history": (after, {}, {1: FIRST, 2: LATER}),
        "own history, cut back": (before, {}, {1: FIRST, 2: LATER}),
        "a backup and the log after it": (after, {"source": kept}, {1: FIRST, 2: LATER}),
    }
    for number, (at, options, wanted) in enumerate(ways.values()):
        done = restoring.restore(path, tmp_path / f"{number}.gpkg", at, layers=scene.LAYERS, **options)
        assert papers(done.path) == wanted
    lost = restoring.restore(tmp_path / "lost.gpkg", tmp_path / "l.gpkg", after, folder=kept.parent, layers=scene.LAYERS)
    assert papers(lost.path) == {1: FIRST, 2: None}
    assert not lost.complete


def test_a_paper_that_was_damaged_is_named_and_comes_back_from_the_backup(lived, tmp_path):
    path, _, _, after = lived
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE xt_attachments SET content = x'00' WHERE attachment_id = 1")
    connection.close()
    with scene.opened(path) as store:
        text = "attachment 1: its bytes differ from its checksum; another program changed it"
        assert text in store.verify()
        assert repairing.faults(store) == [text]
        assert store.attachments.get(2).data == LATER
    done = restoring.restore(path, tmp_path / "r.gpkg", after, folder=tmp_path / "backups", layers=scene.LAYERS)
    assert papers(done.path) == {1: FIRST, 2: LATER}


def test_a_repair_leaves_them_as_they_are(lived):
    path = lived[0]
    with scene.opened(path) as store:
        with store._backend.writing() as connection:
            connection.exec_driver_sql("DELETE FROM rtree_wells_geom WHERE id % 3 = 0")
        assert repairing.repair(store) != []
        assert repairing.faults(store) == []
    assert papers(path) == {1: FIRST, 2: LATER}


def test_a_log_whose_papers_are_others_is_not_gone_on_with(lived, tmp_path):
    path, kept, _, after = lived
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE xt_attachments SET sha256 = 'x' WHERE attachment_id = 1")
    connection.close()
    done = restoring.restore(path, tmp_path / "r.gpkg", after, source=kept, layers=scene.LAYERS)
    assert not done.complete
    assert papers(done.path) == {1: FIRST, 2: None}
