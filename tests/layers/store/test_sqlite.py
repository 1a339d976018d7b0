"""Locks, forks, full disks, two writers: what can go wrong between a process, SQLite and the disk."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from layers.errors import (
    ForkedStoreError,
    NotAStoreError,
    StorageFullError,
    StoreAccessError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFaultError,
)
from layers.store import Insert, Update, open_store, sqlite


def in_child(body):
    """Run a function in a forked child; give what it returns, as text."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            answer = str(body())
        except (StoreError, ForkedStoreError, StoreFaultError, AssertionError, OSError) as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    chunks = []
    while chunk := os.read(read, 65536):
        chunks.append(chunk)
    os.close(read)
    os.waitpid(pid, 0)
    return b"".join(chunks).decode()


SECOND_WRITER = textwrap.dedent(
    """
    import sqlite3, sys
    c = sqlite3.connect(sys.argv[1], timeout=0.2, isolation_level=None)
    try:
        c.execute("BEGIN IMMEDIATE")
        c.execute("INSERT INTO xt_settings VALUES ('intruder', '1')")
        c.execute("COMMIT")
        print("wrote")
    except sqlite3.OperationalError as error:
        print(error)
    """
)


def second_process_writes(path):
    return subprocess.run(
        [sys.executable, "-c", SECOND_WRITER, str(path)], capture_output=True, text=True, check=True
    ).stdout.strip()


def fresh_count(path, layer="wells"):
    code = f"import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM {layer}').fetchone()[0])"
    return int(subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("action", ["copy", "frame", "read", "verify", "run"])
def test_reading_and_copying_during_a_transaction_keeps_the_lock(gpkg, change, wells, action, tmp_path):
    """R1: whatever we do beside an open transaction, a second process stays out and no acknowledged edit is lost."""
    path = tmp_path / "库.gpkg"
    gpkg.apply(change(Insert("wells", wells(5))))
    seen = []

    def meddle(_done, _total):
        if action == "copy":
            gpkg.copy_to(tmp_path / "copy.gpkg")
        else:
            {"frame": gpkg.frame, "read": gpkg.read, "verify": lambda _: gpkg.verify(), "run": lambda _: gpkg.runs()}[action](
                "wells"
            )
        seen.append(second_process_writes(path))

    gpkg.apply(change(Insert("wells", wells(5, first=10))), progress=meddle)
    assert seen == ["database is locked"]
    assert second_process_writes(path) == "wrote"
    gpkg.apply(change(Insert("wells", wells(5, first=20))))
    assert fresh_count(path) == 15
    assert gpkg.settings_get("intruder") == 1


def test_the_same_with_an_outsider_opening_the_file_would_lose_the_lock(gpkg, path, change, wells):
    """The control: the test above can fail."""
    seen = []

    def meddle(_done, _total):
        path.open("rb").close()
        seen.append(second_process_writes(path))

    with contextlib.suppress(StoreError):
        gpkg.apply(change(Insert("wells", wells(5))), progress=meddle)
    assert seen == ["wrote"]


def test_a_second_writer_waits_and_is_then_told(gpkg, path, change, wells, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    seen = []

    def other(_done, _total):
        with (
            open_store(path, layers=gpkg.layers) as second,
            pytest.raises(StoreBusyError, match="Another writer holds the store") as caught,
        ):
            second.apply(change(Insert("wells", wells(1, first=50))))
        seen.append(caught.value.code)

    gpkg.apply(change(Insert("wells", wells(2))), progress=other)
    assert seen == ["busy"]
    assert gpkg.count("wells") == 2


def test_another_process_holding_the_lock_is_said(path, layers, change, wells, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    with open_store(path, create=True, layers=layers) as store:
        store.count("wells")
        holder = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sqlite3,sys;c=sqlite3.connect(sys.argv[1],isolation_level=None);c.execute('BEGIN IMMEDIATE');print('held',flush=True);sys.stdin.read()",
                str(path),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(StoreBusyError):
                store.apply(change(Insert("wells", wells(1))))
            assert store.count("wells") == 0
        finally:
            holder.communicate(timeout=10)
        store.apply(change(Insert("wells", wells(1))))


def test_many_threads_write_without_loss(gpkg, change, wells):
    failed = []

    def work(number):
        try:
            for turn in range(5):
                gpkg.apply(change(Insert("wells", wells(2, prefix=f"t{number}_{turn}_")), who=f"人{number}"))
                gpkg.count("wells")
        except (StoreBusyError, StoreFaultError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert gpkg.count("wells") == 60
    assert [item.change_id for item in gpkg.changes()] == list(range(30, 0, -1))
    assert gpkg.verify() == []


WRITER = textwrap.dedent(
    """
    import sys
    import geopandas
    import shapely
    from layers.store import Change, Insert, open_store

    path, name = sys.argv[1:]
    with open_store(path) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        for turn in range(8):
            keys = [f"{name}{turn}_{n}" for n in range(2)]
            frame = geopandas.GeoDataFrame({"hamlet_id": keys}, geometry=[shapely.Point(104, 36)] * 2, crs="EPSG:4490")
            store.apply(Change("李工", "水务局", "测试", (Insert("hamlets", frame),)))
    """
)


def test_two_processes_write_without_loss(path):
    open_store(path, create=True).close()
    pipe = subprocess.PIPE
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [(writer.communicate(timeout=200)[1], writer.returncode) for writer in writers] == [("", 0)] * 2
    with open_store(path) as store:
        assert sorted(store.read("hamlets")["hamlet_id"]) == sorted(
            f"{name}{turn}_{n}" for name in "ab" for turn in range(8) for n in range(2)
        )
        assert len(store.changes()) == 16
        assert store.verify() == []


def test_a_lost_update_cannot_happen(gpkg, change, wells):
    """R4: every acknowledged edit of several editors is still counted at the end."""
    gpkg.apply(change(Insert("wells", wells(3).assign(persons=0))))
    acknowledged = []

    def work():
        for _ in range(15):
            feature = gpkg.get("wells", ids[len(acknowledged) % 3])
            try:
                gpkg.apply(change(Update("wells", feature["id"], feature["ver"], {"persons": feature["persons"] + 1})))
            except StoreBusyError:
                continue
            except RuntimeError as error:
                assert error.code == "changed"  # noqa: PT017 -- the other outcome is success
                continue
            acknowledged.append(1)

    ids = gpkg.read("wells")["id"].tolist()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int(gpkg.read("wells")["persons"].sum()) == len(acknowledged) > 0


def test_a_full_disk_saves_nothing_and_reading_goes_on(gpkg, change, wells, content):
    gpkg.apply(change(Insert("wells", wells(5))))
    before = content(gpkg)
    with gpkg._backend.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 3}")
    with pytest.raises(StorageFullError, match=r"The disk is full. Nothing was saved. Free disk space") as caught:
        gpkg.apply(change(Insert("wells", wells(3000, first=100))))
    assert caught.value.code == "storage_full"
    assert content(gpkg) == before
    assert len(gpkg.changes()) == 1
    with gpkg._backend.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000000")
    gpkg.apply(change(Insert("wells", wells(3000, first=100))))
    assert gpkg.count("wells") == 3005
    assert gpkg.verify() == []


@pytest.mark.parametrize("extra", [1, 5, 20, 60])
def test_a_full_disk_at_many_points_keeps_what_was_acknowledged(path, layers, change, wells, extra):
    with open_store(path, create=True, layers=layers) as store:
        with store._backend.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + extra}")
        acknowledged = 0
        for turn in range(200):
            try:
                acknowledged += store.apply(change(Insert("wells", wells(7, first=turn * 7)))).inserted
            except StorageFullError:
                break
        else:
            pytest.fail("the disk never was full")
        assert store.count("wells") == acknowledged
    with open_store(path, layers=layers) as store:
        assert store.count("wells") == acknowledged
        assert store.verify() == []


def test_a_file_size_limit_saves_nothing(path, layers, change, wells):
    """R12 through SQLITE_IOERR_WRITE: a limit on file size, with its signal ignored, in a child."""
    with open_store(path, create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(5))))

    def limited():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = path.stat().st_size + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with open_store(path, layers=layers) as store:
            store.apply(change(Insert("wells", wells(3000, first=100))))

    assert in_child(limited).startswith("StorageFullError: The disk is full. Nothing was saved.")
    with open_store(path, layers=layers) as store:
        assert store.count("wells") == 5
        assert store.verify() == []


def test_a_forked_child_opens_connections_of_its_own(gpkg, change, wells):
    gpkg.apply(change(Insert("wells", wells(3))))
    gpkg.count("wells")

    def child():
        gpkg.apply(change(Insert("wells", wells(2, first=10))))
        return gpkg.count("wells")

    assert in_child(child) == "5"
    gpkg.apply(change(Insert("wells", wells(2, first=20))))
    assert gpkg.count("wells") == 7
    assert gpkg.verify() == []


def test_a_fork_waits_for_transactions_of_other_threads(gpkg, change, wells):
    begun, finish = threading.Event(), threading.Event()

    def slow(_done, _total):
        begun.set()
        finish.wait(5)

    thread = threading.Thread(target=lambda: gpkg.apply(change(Insert("wells", wells(2))), progress=slow))
    thread.start()
    begun.wait(5)
    threading.Timer(0.3, finish.set).start()
    started = time.monotonic()
    assert in_child(lambda: gpkg.count("wells")) == "2"
    assert time.monotonic() - started > 0.2
    thread.join()


def test_a_fork_in_the_middle_of_a_transaction_gives_a_child_that_refuses(gpkg, change, wells):
    answers = []
    gpkg.apply(change(Insert("wells", wells(2))), progress=lambda *_: answers.append(in_child(lambda: gpkg.count("wells"))))
    assert answers == ["ForkedStoreError: this process was forked in the middle of a transaction"]
    assert issubclass(ForkedStoreError, RuntimeError)
    assert gpkg.count("wells") == 2


def test_reading_connections_cannot_write(gpkg):
    with pytest.raises(StoreAccessError, match="may not be written"), gpkg._backend.reading() as connection:
        connection.exec_driver_sql("DELETE FROM wells")


def test_a_journal_left_by_a_killed_writer_is_rolled_back_by_a_reader(gpkg, path, change, wells):
    gpkg.apply(change(Insert("wells", wells(5))))
    code = textwrap.dedent(
        """
        import os, sqlite3, sys
        c = sqlite3.connect(sys.argv[1], isolation_level=None)
        c.execute("PRAGMA cache_size=1"); c.execute("BEGIN IMMEDIATE")
        c.execute("CREATE TABLE junk (a)")
        c.executemany("INSERT INTO junk VALUES (?)", [("x" * 4000,)] * 2000)
        c.execute("DELETE FROM xt_history")
        os.kill(os.getpid(), 9)
        """
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert gpkg.count("wells") == 5
    assert gpkg.verify() == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageFullError),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFullError),
        (sqlite3.SQLITE_IOERR_READ, StoreAccessError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusyError),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreDamagedError),
        (sqlite3.SQLITE_NOTADB, NotAStoreError),
        (sqlite3.SQLITE_CANTOPEN, StoreAccessError),
        (sqlite3.SQLITE_MISUSE, StoreFaultError),
        (None, StoreFaultError),
    ],
)
def test_every_database_error_has_a_class_of_ours_and_keeps_its_text_back(code, kind):
    error = sqlite3.OperationalError("secret /srv/path SELECT")
    if code is not None:
        error.sqlite_errorcode = code
    found = sqlite.person_error(error)
    assert type(found) is kind
    assert "secret" not in str(found)


def test_a_damaged_file_is_said(path, layers, change, wells):
    with open_store(path, create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(2000))))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3 : len(raw) // 3 + 60_000] = os.urandom(60_000)
    path.write_bytes(raw)
    with open_store(path, layers=layers) as store:
        try:
            assert store.verify() != []
        except StoreDamagedError as error:
            assert "restore the last backup" in str(error)  # noqa: PT017 -- either answer is right
