"""Exact splitting of whole numbers: parts that add up to a given total, by largest remainder."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def split(total: int, weights: Array, *, least: int = 0) -> Array:
    """Split a whole number over weights so that the parts add up to it exactly.

    `part = least + floor(share) (+ 1 for the largest remainders)`; ties go to the first.

    >>> split(10, np.array([1.0, 1.0, 1.0])).tolist(), split(10, np.array([9.0, 0.0]), least=2).tolist()
    ([4, 3, 3], [8, 2])
    """
    count = len(weights)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    least = min(least, total // count)
    rest = total - least * count
    heavy = np.asarray(weights, float)
    heavy = heavy if heavy.sum() > 0 else np.ones(count)
    share = rest * heavy / heavy.sum()
    parts = np.floor(share).astype(np.int64)
    missing = int(rest - parts.sum())
    parts[np.argsort(-(share - parts), kind="stable")[:missing]] += 1
    return np.asarray(parts + least)


def two_way(rows: Array, columns: Array, prior: Array) -> Array:
    """Fill a table of whole numbers whose rows and columns add up exactly to given whole numbers.

    Iterative proportional fitting of the prior to the margins, then rounding: rows by largest remainder, and then single
    units moved along rows from columns with too much to columns with too little.

    >>> two_way(np.array([7, 3]), np.array([6, 4]), np.ones((2, 2))).sum(axis=0).tolist()
    [6, 4]
    """
    table = np.asarray(prior, float).copy()
    for _ in range(200):
        table *= (rows / table.sum(axis=1))[:, None]
        table *= columns / table.sum(axis=0)
    whole = np.array([split(int(total), line) for total, line in zip(rows, table, strict=True)])
    while (surplus := whole.sum(axis=0) - columns).any():
        high, low = int(np.argmax(surplus)), int(np.argmin(surplus))
        row = int(np.argmax(np.where(whole[:, high] > 0, whole[:, high] - table[:, high], -np.inf)))
        whole[row, high] -= 1
        whole[row, low] += 1
    return whole
