"""kill -9 while writing: everything acknowledged is there, nothing is there in part."""

import os
import random
import signal
import time

import pytest

from layers.store import Delete, Insert, Update, open_store

BATCH = 40


def _write_until_killed(path, layers, change, wells, *, pipe, seed):
    rng = random.Random(seed)
    with open_store(path, layers=layers) as store:
        turn = 0
        while True:
            turn += 1
            if rng.random() < 0.4:
                name = f"b{seed}_{turn}_"
                store.apply(change(Insert("wells", wells(BATCH, prefix=name)), reason=name))
                os.write(pipe, f"batch {name}\n".encode())
                continue
            frame = store.read("wells", limit=5)
            row = frame.iloc[rng.randrange(len(frame))]
            reason = f"e{seed}_{turn}"
            if rng.random() < 0.1:
                store.apply(change(Delete("wells", row["id"], int(row["ver"])), reason=reason))
            else:
                store.apply(change(Update("wells", row["id"], int(row["ver"]), {"persons": rng.randrange(1000)}), reason=reason))
            os.write(pipe, f"edit {reason}\n".encode())


def _one_kill(path, layers, change, wells, *, seed):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            _write_until_killed(path, layers, change, wells, pipe=write, seed=seed)
        finally:
            os._exit(3)
    os.close(write)
    told = os.read(read, 65536) if seed % 4 else b""  # most are killed while at work, some while they open the store
    time.sleep(random.Random(seed).uniform(0.005, 0.15))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), "the writer failed before it was killed"
    while chunk := os.read(read, 65536):
        told += chunk
    os.close(read)
    return {line.split()[1] for line in told.decode().splitlines()}


def _survive(path, layers, change, wells, *, kills):
    with open_store(path, create=True, layers=layers) as store:
        store.apply(change(Insert("wells", wells(200))))
    acknowledged = set()
    for seed in range(kills):
        acknowledged |= _one_kill(path, layers, change, wells, seed=seed)
        with open_store(path, layers=layers) as store:
            changes = store.changes(limit=100_000)
            assert acknowledged <= {item.reason for item in changes}
            for item in changes:
                assert (item.inserted, item.updated + item.deleted) in {(200, 0), (BATCH, 0), (0, 1), (0, 0)}
    with open_store(path, layers=layers) as store:
        assert store.verify() == []
    return len(acknowledged)


def test_kill_nine_loses_nothing_acknowledged(path, layers, change, wells):
    assert _survive(path, layers, change, wells, kills=20) >= 15


@pytest.mark.slow
def test_kill_nine_a_hundred_times(path, layers, change, wells):
    assert _survive(path, layers, change, wells, kills=100) >= 75
