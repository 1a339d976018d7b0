"""kill -9 while two to four writers are at work: all that was acknowledged is there, nothing is there in part (R3)."""

import random
import time

import pytest
import scene

KILLS = 100
DATABASE_KILLS = 20
PER_STORE = 500
LOOK_EVERY = 20


def acknowledged(acks):
    """The reasons noted so far, less those taken back."""
    noted = acks.read_text().split("\n")[:-1] if acks.exists() else []
    return {line for line in noted if line[0] != "-"} - {line[1:] for line in noted if line[0] == "-"}


def killed_often(where, acks, kills, *, mode="late", first_seed=0):
    """Keep two to four writers at work and kill one after another, now and then all; give what was found to be broken."""
    rng = random.Random(first_seed)
    nursery = scene.script("nursery", where, acks)
    alive = []
    try:
        for number in range(kills):
            wanted = 2 + number % 3
            while len(alive) < wanted:
                alive.append(scene.ask(nursery, f"start {first_seed + number * 10 + len(alive)} {mode}"))
            before = len(acknowledged(acks))
            if number % 4:  # most are killed while at work, some while they open the store
                deadline = time.monotonic() + 60
                while len(acknowledged(acks)) == before and time.monotonic() < deadline:
                    time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.06))
            every = number % 25 == 24
            for victim in list(alive) if every else [alive.pop(rng.randrange(len(alive)))]:
                assert scene.ask(nursery, f"kill {victim}") == "killed"
            if every:
                alive = []
            if number % LOOK_EVERY == LOOK_EVERY - 1:
                found = scene.broken(where, acknowledged(acks))
                if found:
                    return found
        while alive:
            assert scene.ask(nursery, f"kill {alive.pop()}") == "killed"
    finally:
        for victim in alive:
            scene.ask(nursery, f"kill {victim}")
        scene.ended(nursery)
    return scene.broken(where, acknowledged(acks))


def test_a_hundred_kills_lose_nothing_acknowledged_and_leave_nothing_in_part(tmp_path, scale):
    kills, rounds, noted = KILLS * scale, 0, 0
    while kills > 0:
        where, acks = scene.made(tmp_path / f"{rounds}.gpkg"), tmp_path / f"{rounds}.acks"
        assert killed_often(where, acks, min(kills, PER_STORE), first_seed=rounds * 1_000_000) == []
        noted += len(acknowledged(acks))
        kills -= PER_STORE
        rounds += 1
    assert noted >= KILLS * scale


def test_the_same_with_writers_that_acknowledge_before_the_commit_is_found_out(tmp_path):
    """The control: the test above can fail."""
    where, acks = scene.made(tmp_path / "early.gpkg"), tmp_path / "early.acks"
    found = []
    for turn in range(10):
        found = [line for line in killed_often(where, acks, 20, mode="early", first_seed=turn * 1000) if line.startswith("lost")]
        if found:
            break
    assert found


@pytest.mark.postgis
def test_clients_of_a_database_killed_lose_nothing_acknowledged(postgis_schema, tmp_path, scale):
    kills, rounds, noted = DATABASE_KILLS * scale, 0, 0
    while kills > 0:
        where, acks = scene.made(f"{postgis_schema}_{rounds}"), tmp_path / f"{rounds}.acks"
        assert killed_often(where, acks, min(kills, PER_STORE), first_seed=rounds * 1_000_000) == []
        noted += len(acknowledged(acks))
        kills -= PER_STORE
        rounds += 1
    assert noted >= DATABASE_KILLS * scale
