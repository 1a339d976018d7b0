"""From pairs that could be the same thing to pairs that are, one to one; what several candidates claim is left open.

Used where a surveyed file meets the rows that are there: a pair is *exact* (same place to a tolerance), *strong* (meets the
thresholds both ways) or merely possible. Nothing is decided by the order of rows: where two candidates are equally good, both
stay open and a person chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

SEVERAL: Final = "several"
"""Several candidates meet the thresholds both ways: a duplicate, or parallel lines closer than the buffer."""
SPLIT: Final = "split"
"""The new one is a part of the old one."""
MERGED: Final = "merged"
"""The old one is a part of the new one."""
PARTLY: Final = "partly"
"""They share a part, and neither lies in the other."""
REASONS: Final = (SEVERAL, SPLIT, MERGED, PARTLY)
COLUMNS: Final = ("new", "old", "share_new", "share_old", "distance_m", "exact", "strong", "reason")


@dataclass(frozen=True, slots=True)
class Paired:
    """`sure`: one row per new thing with its old one; `open`: the candidates of those that a person decides."""

    sure: pd.DataFrame
    open: pd.DataFrame


def no_pairs() -> pd.DataFrame:
    """Give a table of pairs without rows."""
    kinds = {"new": "int64", "old": "int64", "exact": "bool", "strong": "bool", "reason": "str"}
    return pd.DataFrame({name: pd.Series([], dtype=kinds.get(name, "float64")) for name in COLUMNS})


def pair_up(pairs: pd.DataFrame) -> Paired:
    """Keep the pairs in which both sides have each other only: exact ones first, then strong ones; the rest stays open.

    A candidate that has found its partner is no candidate for others any more: a stub beside a road that was recognised is new.

    >>> import pandas as pd
    >>> same, near = (1.0, 1.0, 0.0, True, True, ""), (0.9, 0.9, 4.0, False, True, "")
    >>> found = pair_up(pd.DataFrame([(0, 0, *same), (0, 1, *near), (1, 1, *near)], columns=list(COLUMNS)))
    >>> found.sure[["new", "old"]].to_numpy().tolist(), len(found.open)
    ([[0, 0], [1, 1]], 0)
    """
    rest, sure = pairs, []
    for wanted in ("exact", "strong"):
        chosen = rest[rest[wanted].astype(bool)]
        alone = ~chosen["new"].duplicated(keep=False) & ~chosen["old"].duplicated(keep=False)
        taken = chosen[alone]
        sure.append(taken)
        rest = rest[~rest["new"].isin(taken["new"]) & ~rest["old"].isin(taken["old"])]
    found = pd.concat(sure, ignore_index=True) if sure else no_pairs()
    left = rest.assign(reason=rest["reason"].where(~rest["strong"].astype(bool), SEVERAL))
    order = ["new", "old"]
    return Paired(found.sort_values(order, ignore_index=True), left.sort_values(order, ignore_index=True))
