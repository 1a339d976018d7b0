"""Projects on their way into the library: some without an open gap stand at each stage from the village to the county."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from layers.demo.rows import AS_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

EARLY = (
    ("draft", 0.07),
    ("applied", 0.05),
    ("village_notice", 0.08),
    ("township_review", 0.05),
    ("township_notice", 0.07),
    ("county_approval", 0.06),
    ("returned", 0.04),
    ("rejected", 0.03),
)
"""Share of the projects waiting in the library, without an open gap, that stand at an earlier stage instead."""
EMERGENCIES = 0.25
"""Share of the projects under opinion that are emergency works and have begun already."""
ACCEPTED = 0.55
"""Share of the finished works that have been accepted and wait for their asset."""


def spread(rows: Sequence[dict[str, Any]], open_gap: Sequence[bool], rng: np.random.Generator) -> None:
    """Put some projects at the early stages and some finished ones at acceptance, in place.

    Works that the layers show as still lacking keep their stage, so that what is being done about a gap stays what it was.
    """
    for row, lacking in zip(rows, open_gap, strict=True):
        drawn = float(rng.random())
        if row["status"] == "opinions" and drawn < EMERGENCIES:
            row |= {"scope": "应急", "emergency_cause": "disaster", "start_date": AS_OF - dt.timedelta(days=20)}
            row["end_date"] = AS_OF + dt.timedelta(days=90)
        if row["status"] == "completed" and drawn < ACCEPTED:
            row["status"] = "accepted"
        elif row["status"] == "in_library" and not lacking:
            for stage, share in EARLY:
                drawn -= share
                if drawn < 0:
                    across = not row["village_code"] and stage in {"applied", "village_notice"}
                    row["status"] = "township_review" if across else stage
                    break
