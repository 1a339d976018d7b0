"""Old area codes to present ones: merges, splits, renames and transfers as links with shares, so that series stay comparable.

A link says which share of an old area (by population) went to a present one. Links come in events (one change each); a chain of
events is one table of shares. Figures of an earlier run are carried over as Σ share·numerator over Σ share·denominator: exact
for merges and renames (every share is 1), an estimate for the parts of a split, which then show their parent's rate.

Source: practice of statistical offices with area changes (crosswalk or correspondence tables weighted by population).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

SAME: Final = "same"
"""The area is the one it was."""
MERGED: Final = "merged"
"""Σ/Σ of whole former areas: exact."""
VILLAGES: Final = "villages"
"""Σ/Σ of the former villages that lie in the area now: exact."""
SHARE: Final = "share"
"""Parts of former areas by their share of the population: an estimate, the rate of the former area where there is one only."""
BASES: Final = (SAME, MERGED, VILLAGES, SHARE)
AMOUNTS: Final = ("numerator", "denominator", "unknown")
WHOLE: Final = 1 - 1e-9
LINKS: Final = ("event", "from_code", "to_code", "share")


def compose(links: pd.DataFrame) -> pd.DataFrame:
    """Follow links through all events: columns `from_code`, `to_code`, `share` for every old code that is no longer itself.

    Args:
        links: columns `event`, `from_code`, `to_code`, `share`; events in the order of their rows, the earliest first.

    Raises:
        ValueError: a share outside 0…1, or the shares of one area in one event add up to more or less than 1.

    >>> import pandas as pd
    >>> rows = [(1, "A", "B", 1.0), (1, "B", "B", 1.0), (2, "B", "C", 0.25), (2, "B", "D", 0.75)]
    >>> compose(pd.DataFrame(rows, columns=["event", "from_code", "to_code", "share"])).to_numpy().tolist()
    [['A', 'C', 0.25], ['A', 'D', 0.75], ['B', 'C', 0.25], ['B', 'D', 0.75]]
    """
    present: dict[str, dict[str, float]] = {}
    made: set[str] = set()
    for _, event in links.groupby("event", sort=False):
        step = _step(event)
        for code in step:
            if code not in present and code not in made:
                present[code] = {code: 1.0}
        made |= {code for parts in step.values() for code in parts} - set(present)
        present = {old: _moved(parts, step) for old, parts in present.items()}
    rows = [(old, now, share) for old, parts in sorted(present.items()) for now, share in sorted(parts.items())]
    return pd.DataFrame(rows, columns=["from_code", "to_code", "share"])


def _step(event: pd.DataFrame) -> dict[str, dict[str, float]]:
    step: dict[str, dict[str, float]] = {}
    for old, now, share in zip(event["from_code"], event["to_code"], event["share"], strict=True):
        if not 0 <= float(share) <= 1 + 1e-9:
            raise ValueError(f"The share of {old} that went to {now} must lie between 0 and 1; found {share!r}")
        step.setdefault(str(old), {})[str(now)] = float(share)
    for old, parts in step.items():
        if abs(sum(parts.values()) - 1) > 1e-6:  # noqa: PLR2004 - shares are given to six digits
            raise ValueError(f"The shares of {old} add up to {sum(parts.values()):.6f}, and not to 1")
    return step


def _moved(parts: Mapping[str, float], step: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for code, share in parts.items():
        for now, part in step.get(code, {code: 1.0}).items():
            found[now] = found.get(now, 0.0) + share * part
    return found


def sources(composed: pd.DataFrame, code: str) -> dict[str, float]:
    """Give the old areas that a present one is made of, each with the share of it that belongs here now.

    >>> import pandas as pd
    >>> sources(pd.DataFrame([("A", "B", 1.0), ("B", "B", 1.0)], columns=["from_code", "to_code", "share"]), "B")
    {'A': 1.0, 'B': 1.0}
    """
    rows = composed[composed["to_code"] == code]
    found = {str(old): float(share) for old, share in zip(rows["from_code"], rows["share"], strict=True)}
    replaced = set(composed["from_code"]) | set(composed["to_code"])
    return found if code in replaced else {code: 1.0}


def basis_of(parts: Mapping[str, float], code: str) -> str:
    """Say how figures of an area are made of old ones: itself, whole former areas, or parts of them."""
    if dict(parts) == {code: 1.0}:
        return SAME
    return MERGED if all(share >= WHOLE for share in parts.values()) else SHARE


def carried(table: pd.DataFrame, parts: Mapping[str, float]) -> pd.DataFrame:
    """Carry figures of old areas over to the one area they make now: one row per indicator, Σ/Σ with bounds.

    numerator = Σ share·N, denominator = Σ share·D, unknown = Σ share·U; value, low and high follow as in `processing.rollup`. An
    old area without a row for an indicator has no unit that it counts, and adds nothing.

    Args:
        table: rows with `indicator`, `area_code`, `numerator`, `denominator`, `unknown`.
        parts: old code → share of it that counts.

    >>> import pandas as pd
    >>> rows = [("W1", "A", 30, 100, 0), ("W1", "B", 10, 20, 10)]
    >>> table = pd.DataFrame(rows, columns=["indicator", "area_code", "numerator", "denominator", "unknown"])
    >>> carried(table, {"A": 1, "B": 1})[["numerator", "denominator", "value"]].round(2).to_numpy().tolist()
    [[40.0, 120.0, 33.33]]
    """
    rows = table[table["area_code"].isin(list(parts))]
    weight = rows["area_code"].map(dict(parts)).to_numpy(dtype=float)
    amounts = pd.DataFrame(
        {name: pd.to_numeric(rows[name]).fillna(0).to_numpy(dtype=float) * weight for name in AMOUNTS},
        index=pd.Index(rows["indicator"].astype(str), name="indicator"),
    )
    return with_rates(amounts.groupby(level=0, sort=False).sum().reset_index())


def with_rates(sums: pd.DataFrame) -> pd.DataFrame:
    """Add `value`, `low` and `high` in percent to sums of numerator, denominator and unknown; NaN where nothing is known."""
    n, d, u = (sums[name].to_numpy(dtype=float) for name in AMOUNTS)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(d > 0, 100 * n / d, np.nan)
        low = np.where(d + u > 0, 100 * n / (d + u), np.nan)
        high = np.where(d + u > 0, 100 * (n + u) / (d + u), np.nan)
    return sums.assign(value=value, low=np.fmin(low, value), high=np.minimum(np.fmax(high, value), 100.0))


def shares(persons: Mapping[str, float]) -> dict[str, float]:
    """Give the share of each part of the whole, by persons.

    Raises:
        ValueError: nobody lives in any part, so that persons tell no share.

    >>> shares({"A": 30, "B": 10})
    {'A': 0.75, 'B': 0.25}
    """
    whole = sum(persons.values())
    if not whole > 0 or min(persons.values()) < 0:
        raise ValueError("Shares by population need at least one person, and no negative number")
    return {code: value / whole for code, value in persons.items()}
