"""Ten editors change the same twenty features at once: what was acknowledged is there, whoever else wrote (R4)."""

import json
from collections import Counter

import pytest
import scene

from layers.store import Insert

FEATURES = 20
PROCESSES, THREADS = 2, 5
WRITES = 5000


def edited(where, writes, mode):
    """Let ten editors make so many writes in all; give the outcomes, and by how many the features grew."""
    with scene.opened(where, create=True) as store:
        store.apply(scene.change(Insert("wells", scene.wells(FEATURES).assign(persons=0))))
    each = writes // (PROCESSES * THREADS)
    processes = [scene.script("editors", where, seed, THREADS, each, mode) for seed in range(PROCESSES)]
    outcomes = Counter()
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0
        outcomes.update(json.loads(said))
    with scene.opened(where) as store:
        assert store.verify() == []
        assert len(store.changes(limit=10**7)) == 1 + outcomes["200"]
        return outcomes, int(store.read("wells")["persons"].sum())


def test_five_thousand_writes_lose_no_acknowledged_one(path, scale):
    outcomes, grown = edited(path, WRITES * scale, "careful")
    assert set(outcomes) <= {"200", "412", "503"}
    assert outcomes.total() == WRITES * scale
    assert outcomes["412"] > 0
    assert grown == outcomes["200"]


def test_editors_who_do_not_say_what_they_saw_lose_the_writes_of_others(path):
    """The control: the test above can fail."""
    outcomes, grown = edited(path, 400, "careless")
    assert set(outcomes) <= {"200", "412", "503"}
    assert grown < outcomes["200"]


@pytest.mark.postgis
def test_the_same_on_a_database(postgis_schema, scale):
    outcomes, grown = edited(postgis_schema, 400 * scale, "careful")
    assert set(outcomes) <= {"200", "412", "503"}
    assert outcomes.total() == 400 * scale
    assert grown == outcomes["200"] > 0
