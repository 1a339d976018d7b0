"""Internal ids: UUIDs of version 7 (RFC 9562), which sort by time, so that the indexes on them grow at one end."""

from __future__ import annotations

import secrets
import time

RANDOM_BITS = 62
COUNTER_BITS = 12


def fresh(count: int) -> list[str]:
    """Make ids: one moment in milliseconds, one random start, then counted upwards.

    >>> import uuid
    >>> ids = fresh(3)
    >>> ids == sorted(set(ids)), uuid.UUID(ids[0]).version
    (True, 7)
    """
    head = (time.time_ns() // 1_000_000) & (2**48 - 1)
    start = secrets.randbits(RANDOM_BITS + COUNTER_BITS - 1)
    found = []
    for number in range(start, start + count):
        upper, lower = number >> RANDOM_BITS, number & (2**RANDOM_BITS - 1)
        text = f"{(head << 80) | (7 << 76) | (upper << 64) | (2 << 62) | lower:032x}"
        found.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return found
