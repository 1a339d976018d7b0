"""Editors who all change the same few features, in threads of one process: `editors.py WHERE SEED THREADS WRITES MODE`.

Each reads a feature, waits (in the control longer, so that somebody else comes between), and writes its number of persons one higher. `careful` sends the version that was read;
`careless`, for the control, looks up the present version just before it writes, as a client without If-Match does in effect.
Says how many writes were acknowledged, refused as changed, and told that the store is busy.
"""

import json
import random
import sys
import threading
import time
from collections import Counter

import scene

from layers.errors import StoreBusyError
from layers.store import Update


def edit(store, feature_id, mode, rng):
    """Make one write and name its outcome."""
    seen = store.get("wells", feature_id)
    time.sleep(rng.random() * (0.004 if mode == "careful" else 0.1))
    ver = seen["ver"] if mode == "careful" else store.get("wells", feature_id)["ver"]
    try:
        store.apply(scene.change(Update("wells", feature_id, ver, {"persons": seen["persons"] + 1}), reason="one more"))
    except StoreBusyError:
        return "503"
    except RuntimeError as error:
        return {"changed": "412"}.get(getattr(error, "code", ""), repr(error))
    return "200"


def main():
    """Let the editors work side by side and tell the outcomes."""
    where, seed, threads, writes, mode = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    outcomes, lock = Counter(), threading.Lock()
    with scene.opened(where) as store:
        ids = sorted(store.read("wells")["id"])

        def work(number):
            rng, mine = random.Random(seed * 100 + number), Counter()
            for _ in range(writes):
                mine[edit(store, rng.choice(ids), mode, rng)] += 1
            with lock:
                outcomes.update(mine)

        editors = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for editor in editors:
            editor.start()
        for editor in editors:
            editor.join()
    sys.stdout.write(json.dumps(outcomes) + "\n")


main()
