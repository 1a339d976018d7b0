"""Internal ids: UUIDs of version 7 (RFC 9562), which sort by time, so that the indexes on them grow at one end."""

from __future__ import annotations

import secrets
import time
import uuid

RANDOM_BITS = 62
COUNTER_BITS = 12


def fresh(count: int) -> list[str]:
    """Make ids: one moment in milliseconds, one random start, then counted upwards.

    >>> ids = fresh(3)
    >>> ids == sorted(set(ids)), uuid.UUID(ids[0]).version
    (True, 7)
    """
    head = (time.time_ns() // 1_000_000) & (2**48 - 1)
    start = secrets.randbits(RANDOM_BITS + COUNTER_BITS - 1)
    found = []
    for number in range(start, start + count):
        upper, lower = number >> RANDOM_BITS, number & (2**RANDOM_BITS - 1)
        found.append(str(uuid.UUID(int=(head << 80) | (7 << 76) | (upper << 64) | (2 << 62) | lower)))
    return found
