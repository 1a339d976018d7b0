"""A writer that notes what was acknowledged and ends by itself when the server is gone: `steady.py WHERE ACKS SEED`."""

import os
import random
import sys

import scene

from layers.errors import StoreAccessError, StoreFaultError

where, acks, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
rng, turn, test = random.Random(seed), 0, os.getppid()
note = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
try:
    with scene.opened(where) as store:
        while os.getppid() == test:
            turn += 1
            if scene.try_edit(store, rng, f"e{seed}_{turn}"):
                os.write(note, f"e{seed}_{turn}\n".encode())
except (StoreAccessError, StoreFaultError):
    pass
