"""Class breaks of a choropleth: natural breaks, quantiles, equal intervals or given breaks, over known values only."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from map_templates.errors import SpecError
from map_templates.spec import Choropleth, Classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Method = Literal["fisher_jenks", "quantile", "equal", "given"]
METHODS: Final = ("fisher_jenks", "quantile", "equal", "given")
JENKS_SAMPLE: Final = 1000
"""Most values given to the Fisher-Jenks algorithm, whose cost is quadratic; more are stood for by evenly spaced quantiles."""
MAX_CLASSES: Final = 7


def classify(
    values: ArrayLike, *, method: Method = "fisher_jenks", k: int = 5, given: Sequence[float] = (), decimals: int | None = None
) -> Classes:
    """Find class breaks for values and count the areas in each class.

    Values are rounded to the places that the legend prints before anything is compared. Fewer distinct values than
    classes give one class per value; constant data give one class; no known value gives none. `given` breaks are widened at the
    ends, never moved inside.

    Args:
        values: One number per area; NaN is no data and stays out of every class.
        method: `fisher_jenks`, `quantile`, `equal` or `given`.
        k: Number of classes asked for, 1 to 7.
        given: Rising breaks for `given`, for example `(0, 60, 80, 95, 100)`, 95 being the target.
        decimals: Places shown; None takes 0 for whole numbers, otherwise enough to tell the values apart, 1 at least.

    Raises:
        SpecError: The method, k or the given breaks are not usable.

    Source: Fisher (1958), On grouping for maximum homogeneity, Journal of the American Statistical Association 53.

    Examples:
        >>> classify([1.0, 1.1, 5.0, 5.2, 9.0, float("nan")], k=3)
        Classes(breaks=(1.0, 5.0, 9.0, 9.0), method='fisher_jenks', counts=(2, 2, 1), no_data=1, decimals=1)
        >>> classify([70, 95, 100], method="given", given=(60, 95, 100)).counts
        (1, 2)
    """
    _check(method, k, given)
    data = np.asarray(values, dtype=float).ravel()
    known = data[np.isfinite(data)]
    places = _decimals(known) if decimals is None else decimals
    known = np.round(known, places)
    if known.size == 0 and method != "given":
        return Classes((), method, (), int(data.size), places)
    breaks = _breaks(known, method, k, np.round(np.asarray(given, dtype=float), places))
    return counted(Classes(tuple(float(round(edge, places)) for edge in breaks), method, (), 0, places), data)


def _check(method: str, k: int, given: Sequence[float]) -> None:
    faults = []
    if method not in METHODS:
        faults.append(f"the class method {method!r} is not one of {', '.join(METHODS)}")
    if not 1 <= k <= MAX_CLASSES:
        faults.append(f"{k} classes are asked for, 1 to {MAX_CLASSES} can be told apart")
    if method == "given" and not (0 < len(given) - 1 <= MAX_CLASSES and all(a < b for a, b in pairwise(given))):
        faults.append(f"the given breaks {tuple(given)} must rise and be 2 to {MAX_CLASSES + 1}")
    if faults:
        raise SpecError(faults)


def _decimals(known: NDArray[np.float64]) -> int:
    if known.size == 0:
        return 1
    if np.all(known == np.round(known)):
        return 0 if known.max() - known.min() > 0 or known[0] not in {0.0, 100.0} else 1
    spread = float(known.max() - known.min())
    return 1 if spread == 0 else int(np.clip(1 - np.floor(np.log10(spread)), 1, 6))


def _breaks(known: NDArray[np.float64], method: str, k: int, given: NDArray[np.float64]) -> NDArray[np.float64]:
    if method == "given":
        breaks = given.copy()
        if known.size:
            breaks[0], breaks[-1] = min(breaks[0], known.min()), max(breaks[-1], known.max())
        return breaks
    distinct = np.unique(known)
    if distinct.size <= k:
        return np.append(distinct, distinct[-1])
    if method == "equal":
        return np.linspace(distinct[0], distinct[-1], k + 1)
    starts = _quantile_starts(known, k) if method == "quantile" else _jenks_starts(known, k)
    return np.asarray([distinct[0], *starts, distinct[-1]], dtype=np.float64)


def _quantile_starts(known: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Lowest value of each class but the first; ties never part, so a class may be missing."""
    starts = np.unique(np.quantile(known, np.linspace(0, 1, k + 1)[1:-1], method="higher"))
    return np.asarray(starts[starts > known.min()], dtype=np.float64)


def _jenks_starts(known: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Lowest value of each class but the first, with the least sum of squares inside the classes.

    Dynamic programme over the distinct values x with weights w: best[j] = min over i of best_before[i - 1] + cost(i, j), where
    cost(i, j) = sum w x^2 - (sum w x)^2 / sum w over i..j.
    """
    distinct, weight = np.unique(known, return_counts=True)
    if distinct.size > JENKS_SAMPLE:
        sample = np.quantile(known, np.linspace(0, 1, JENKS_SAMPLE), method="nearest")
        distinct, weight = np.unique(sample, return_counts=True)
    size = distinct.size
    centred = distinct - distinct.mean()
    sums = [np.concatenate([[0.0], np.cumsum(weight * centred**power)]) for power in (0, 1, 2)]
    total, first, second = (part[None, 1:] - part[:-1, None] for part in sums)
    upper = np.triu(np.ones((size, size), dtype=bool))
    cost = np.where(upper, second - first**2 / np.where(upper, total, 1.0), np.inf)
    best = cost[0]
    start_of = []
    for _ in range(min(k, size) - 1):
        table = np.concatenate([[np.inf], best[:-1]])[:, None] + cost
        start_of.append(table.argmin(axis=0))
        best = table.min(axis=0)
    starts, last = [], size - 1
    for choice in reversed(start_of):
        starts.append(int(choice[last]))
        last = starts[-1] - 1
    return np.asarray(distinct[starts[::-1]], dtype=np.float64)


def through(classes: Classes, values: ArrayLike, line: float) -> Classes:
    """Move the nearest inner break onto a line such as a target, so that a colour says on which side of it an area lies.

    Examples:
        >>> through(classify([70, 80, 88, 93, 100], k=3), [70, 80, 88, 93, 100], 90).breaks
        (70.0, 80.0, 90.0, 100.0)
    """
    at = float(round(line, classes.decimals))
    if not classes.size or not classes.breaks[0] < at < classes.breaks[-1] or at in classes.breaks:
        return classes
    inner = sorted(classes.breaks[1:-1], key=lambda edge: abs(edge - at))[1:]
    bare = Classes((classes.breaks[0], *sorted([*inner, at]), classes.breaks[-1]), classes.method, (), 0, classes.decimals)
    return counted(bare, values)


def counted(classes: Classes, values: ArrayLike) -> Classes:
    """Give the same breaks with the counts of these values."""
    index = class_index(classes, values)
    counts = tuple(int((index == i).sum()) for i in range(classes.size))
    return Classes(classes.breaks, classes.method, counts, int((index < 0).sum()), classes.decimals)


def class_index(classes: Classes, values: ArrayLike) -> NDArray[np.int64]:
    """Give the class of each value, -1 for no data.

    Examples:
        >>> class_index(Classes((0, 60, 100), "given"), [59.96, 59.94, 100, float("nan")]).tolist()
        [1, 0, 1, -1]
    """
    data = np.round(np.asarray(values, dtype=float).ravel(), classes.decimals)
    known = np.isfinite(data)
    index = np.full(data.shape, -1, dtype=np.int64)
    if classes.size:
        inner = np.asarray(classes.breaks[1:-1])
        index[known] = np.searchsorted(inner, data[known], side="right")
    return index


def class_labels(classes: Classes) -> tuple[str, ...]:
    """Print each class as `low – high`, without overlap and without a gap at the printed places.

    Examples:
        >>> class_labels(Classes((41.7, 58.2, 70.6, 99.4), "fisher_jenks"))
        ('41.7 – 58.1', '58.2 – 70.5', '70.6 – 99.4')
    """
    step = 10.0**-classes.decimals
    labels = []
    for i, (low, high) in enumerate(pairwise(classes.breaks)):
        top = high if i == classes.size - 1 else high - step
        ends = [f"{end:,.{classes.decimals}f}" for end in (low, top)]
        labels.append(ends[0] if ends[0] == ends[1] else " – ".join(ends))
    return tuple(labels)


def known_values(choropleth: Choropleth) -> NDArray[np.float64]:
    """Values of the areas in the frame's order; NaN where the value or the status says that nothing is known."""
    values: NDArray[np.float64] = choropleth.frame["value"].astype("float64").to_numpy(copy=True)
    values[(choropleth.frame["status"] == "no_data").to_numpy(dtype=bool)] = np.nan
    return values


def classes_of(choropleth: Choropleth) -> Classes:
    """Classes of a choropleth, counted on its frame: its own breaks, or natural breaks of which one lies on the target."""
    values = known_values(choropleth)
    if choropleth.classes is not None:
        return counted(choropleth.classes, values)
    natural = classify(values)
    return natural if choropleth.target is None else through(natural, values, choropleth.target)
