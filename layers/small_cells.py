"""Small counts hidden so that nobody derives them: primary and complementary suppression, proved by linear programming.

Counts that add up (over areas, types, months) give a hidden one away as soon as too little else is hidden. `protect` hides more
cells until an audit finds every hidden cell free to move: the interval of values that agree with everything shown, with all
sums and with all "at most" relations, is at least `width` wide. The audit is the proof; which cell to hide next is a heuristic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SLACK: Final = 1e-6
PROBES: Final = 6
"""Corners of the feasible region looked at before single cells are asked for: most cells show there that they can move."""
INFEASIBLE: Final = 2
Equation = tuple[tuple[int, float], ...]


@dataclass(slots=True)
class Cells:
    """Counts and what everybody knows of how they hang together.

    `values` are the true counts, NaN where a count was hidden earlier and is not known here either. `equations` are sums equal to
    zero, as (cell, factor) pairs; `soft` those that may fail to hold (between months). `at_most` are pairs a ≤ b. `together`
    are cells that are hidden as one. `weight` says how much is lost with a cell: the lightest is hidden first.
    """

    values: Floats
    primary: Mask
    weight: Floats
    equations: list[Equation] = field(default_factory=list)
    soft: list[Equation] = field(default_factory=list)
    at_most: list[tuple[int, int]] = field(default_factory=list)
    together: list[tuple[int, ...]] = field(default_factory=list)
    fixed: frozenset[int] = frozenset()
    """Cells that were shown earlier and cannot be hidden any more."""

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.values)


def protect(cells: Cells, *, width: float) -> Mask:
    """Say which cells to hide: the primary ones and as many more as keep every hidden cell's interval at least `width` wide.

    Cells of unknown value are hidden already. The same cells give the same answer.

    >>> row = Cells(np.array([3.0, 7, 9, 19]), np.array([True, False, False, False]), np.array([1.0, 1, 1, 9]),
    ...             equations=[((0, 1.0), (1, 1.0), (2, 1.0), (3, -1.0))])
    >>> protect(row, width=5).tolist()
    [True, True, False, False]
    """
    hidden = cells.primary | np.isnan(cells.values)
    touching = _touching(cells)
    known: dict[tuple[int, ...], tuple[Floats, Floats]] = {}
    while True:
        _together(cells, hidden)
        narrow = _narrow(cells, hidden, width, known)
        if not len(narrow):
            return hidden
        before = int(hidden.sum())
        met: set[int] = set()
        for cell in narrow:
            _hide_more(cells, hidden, int(cell), touching, met)
        if int(hidden.sum()) == before:
            for cell in narrow:
                _hide_more(cells, hidden, int(cell), touching, set())
        if int(hidden.sum()) == before:
            _hide_around(cells, hidden, narrow, touching)
        if int(hidden.sum()) == before:
            rest = ~hidden
            rest[list(cells.fixed)] = False
            if not rest.any():
                return hidden
            hidden |= rest  # nothing that touches a narrow cell is left to hide, so nothing is shown


def intervals(cells: Cells, hidden: Mask, *, width: float) -> tuple[Floats, Floats]:
    """Give for each cell the least and greatest value it may have for who sees what is shown.

    A cell shown has its own value. Intervals found to be at least `width` wide may be wider still.
    """
    low, high = cells.values.copy(), cells.values.copy()
    parts = list(_parts(cells, hidden))
    for part, (least, most) in zip(parts, _solved(cells, hidden, parts, width), strict=True):
        low[part], high[part] = least, most
    return low, high


def _narrow(cells: Cells, hidden: Mask, width: float, known: dict[tuple[int, ...], tuple[Floats, Floats]]) -> NDArray[np.intp]:
    found = []
    parts = {tuple(part.tolist()): part for part in _parts(cells, hidden)}
    new = {key: part for key, part in parts.items() if key not in known}
    known |= dict(zip(new, _solved(cells, hidden, list(new.values()), width), strict=True))
    for key, part in parts.items():
        low, high = known[key]
        found += part[(high - low) < width - SLACK].tolist()
    return np.array(sorted(found, key=lambda cell: (cells.weight[cell], cell)), dtype=np.intp)


def _together(cells: Cells, hidden: Mask) -> None:
    for group in cells.together:
        if hidden[list(group)].any():
            hidden[list(group)] = True


def _touching(cells: Cells) -> list[list[Equation]]:
    """Give for each cell the sums and relations that it stands in."""
    found: list[list[Equation]] = [[] for _ in range(len(cells))]
    for relation in (*cells.equations, *cells.soft, *(((a, 1.0), (b, -1.0)) for a, b in cells.at_most)):
        for cell, _ in relation:
            found[cell].append(relation)
    return found


def _hide_more(cells: Cells, hidden: Mask, cell: int, touching: Sequence[Sequence[Equation]], met: set[int]) -> None:
    """Hide one more cell beside a narrow one: of the sum in which fewest are hidden the lightest that is not nought.

    A cell that stands beside hidden ones in its own sums goes before one that would be alone in them and need more beside it.
    """
    best: tuple[int, int, int, float, int] | None = None
    relation_of = -1
    for relation in touching[cell]:
        if id(relation) in met:
            return
        shown = [other for other, _ in relation if _may_hide(cells, hidden, other, touching)]
        others = sum(1 for other, _ in relation if hidden[other]) - 1
        for other in shown:
            alone = sum(all(not hidden[at] for at, _ in sums if at != other) for sums in touching[other] if sums is not relation)
            rank = (int(cells.values[other] == 0), others, alone, float(cells.weight[other]), other)
            if best is None or rank < best:
                best, relation_of = rank, id(relation)
    if best is not None:
        hidden[best[-1]] = True
        met.add(relation_of)


def _may_hide(cells: Cells, hidden: Mask, cell: int, touching: Sequence[Sequence[Equation]]) -> bool:
    """Say whether hiding a cell may help: it is shown, and is no nought that a shown nought above it holds in its place."""
    if hidden[cell] or cell in cells.fixed:
        return False
    if cells.values[cell] != 0:
        return True
    for relation in touching[cell]:
        above, factor = relation[-1]
        if factor < 0 and above != cell and not hidden[above] and cells.values[above] == 0:
            return False
    return True


def _hide_around(cells: Cells, hidden: Mask, narrow: NDArray[np.intp], touching: Sequence[Sequence[Equation]]) -> None:
    """Hide one cell beside each set that holds a narrow one: the lightest, that is not nought, of all that touch the set."""
    asked = set(narrow.tolist())
    for part in _parts(cells, hidden.copy()):
        if asked.isdisjoint(part.tolist()):
            continue
        beside = {other for cell in part for relation in touching[cell] for other, _ in relation}
        free = [other for other in beside if _may_hide(cells, hidden, other, touching)]
        if free:
            hidden[min(free, key=lambda other: (cells.values[other] == 0, cells.weight[other], other))] = True


def _parts(cells: Cells, hidden: Mask) -> Iterator[NDArray[np.intp]]:
    """Take the hidden cells apart into sets that share no sum and no relation with each other."""
    at = np.flatnonzero(hidden)
    place = np.full(len(cells), -1)
    place[at] = np.arange(len(at))
    rows: list[int] = []
    columns: list[int] = []
    for relation in (*(e for e in cells.equations), *cells.soft, *(((a, 1.0), (b, 1.0)) for a, b in cells.at_most)):
        inside = [int(place[cell]) for cell, _ in relation if hidden[cell]]
        rows += inside[:-1]
        columns += inside[1:]
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(at), len(at)))
    count, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    yield from np.split(at[order], np.flatnonzero(np.diff(labels[order])) + 1) if count else ()


@dataclass(slots=True)
class _Program:
    """The linear program of one set of hidden cells."""

    equal: coo_matrix | None
    equal_to: Floats
    under: coo_matrix | None
    under_to: Floats
    bounds: Floats

    def feasible(self) -> bool:
        """Say whether any values agree with everything."""
        return self.corner(np.zeros(len(self.bounds))) is not None

    def corner(self, goal: Floats) -> Floats | None:
        found = linprog(
            goal, A_eq=self.equal, b_eq=self.equal_to if self.equal is not None else None,
            A_ub=self.under, b_ub=self.under_to if self.under is not None else None, bounds=self.bounds, method="highs",
        )  # fmt: skip
        return None if found.status == INFEASIBLE or found.x is None else np.asarray(found.x, dtype=np.float64)


def _program(cells: Cells, hidden: Mask, part: NDArray[np.intp], *, soft: bool) -> _Program:
    place = {int(cell): at for at, cell in enumerate(part)}
    equal, equal_to = _matrix(cells, place, [*cells.equations, *(cells.soft if soft else [])])
    known = cells.values[~np.isnan(cells.values)]
    most = 2.0 * float(np.abs(known).sum()) + 1000.0
    bounds = np.column_stack([np.zeros(len(part)), np.full(len(part), most)])
    pairs: list[Equation] = []
    for smaller, larger in cells.at_most:
        a, b = place.get(smaller), place.get(larger)
        if a is not None and b is not None:
            pairs.append(((smaller, 1.0), (larger, -1.0)))
        elif a is not None and not hidden[larger]:
            bounds[a, 1] = min(bounds[a, 1], cells.values[larger])
        elif b is not None and not hidden[smaller]:
            bounds[b, 0] = max(bounds[b, 0], cells.values[smaller])
    under, under_to = _matrix(cells, place, pairs)
    return _Program(equal, equal_to, under, under_to, bounds)


def _matrix(cells: Cells, place: dict[int, int], relations: Sequence[Equation]) -> tuple[coo_matrix | None, Floats]:
    rows: list[int] = []
    columns: list[int] = []
    factors: list[float] = []
    right: list[float] = []
    for relation in relations:
        inside = [(place[cell], factor) for cell, factor in relation if cell in place]
        if not inside:
            continue
        outside = sum(factor * cells.values[cell] for cell, factor in relation if cell not in place)
        for column, factor in inside:
            rows.append(len(right))
            columns.append(column)
            factors.append(factor)
        right.append(-float(outside))
    if not right:
        return None, np.empty(0)
    return coo_matrix((factors, (rows, columns)), shape=(len(right), len(place))), np.array(right)


def _solved(cells: Cells, hidden: Mask, parts: Sequence[NDArray[np.intp]], width: float) -> list[tuple[Floats, Floats]]:
    """Find how far each cell of the sets can move; where the sums between months contradict each other they are left out.

    The sets share nothing, so one program answers for all of them at once.
    """
    if not parts:
        return []
    found: dict[int, tuple[Floats, Floats]] = {}
    sets = dict(enumerate(parts))
    whole = _program(cells, hidden, np.concatenate(parts), soft=True).feasible()
    fit = sets if whole else {at: part for at, part in sets.items() if _program(cells, hidden, part, soft=True).feasible()}
    for group, soft in ((fit, True), ({at: part for at, part in sets.items() if at not in fit}, False)):
        if group:
            together = list(group.values())
            program = _program(cells, hidden, np.concatenate(together), soft=soft)
            low, high = _widened(program, [len(part) for part in together], width)
            ends = np.cumsum([len(part) for part in together])[:-1]
            found |= dict(zip(group, zip(np.split(low, ends), np.split(high, ends), strict=True), strict=True))
    return [found[at] for at in range(len(parts))]


def _widened(program: _Program, sizes: Sequence[int], width: float) -> tuple[Floats, Floats]:
    """Give least and greatest values of the cells of several sets that lie one after the other, as far as `width` asks."""
    count = sum(sizes)
    first = program.corner(np.zeros(count))
    low = first.copy() if first is not None else np.zeros(count)
    high = low.copy()
    rng = np.random.default_rng(count)
    for probe in range(PROBES):
        sign = 1.0 if probe % 2 else -1.0
        goal = np.where(high - low < width, rng.uniform(0.5, 1.5, count) * (rng.integers(0, 2, count) * 2 - 1), 0.0)
        _widen(program, sign * goal, low, high)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    asked = np.zeros(count, dtype=bool)
    while True:
        left = np.flatnonzero((high - low < width - SLACK) & ~asked)
        if not len(left):
            return low, high
        goal = np.zeros(count)
        now = left[np.unique(owner[left], return_index=True)[1]]  # one cell of each set: the sets do not disturb each other
        goal[now] = 1.0
        asked[now] = True
        _widen(program, goal, low, high)
        _widen(program, -goal, low, high)


def _widen(program: _Program, goal: Floats, low: Floats, high: Floats) -> None:
    found = program.corner(goal)
    if found is not None:
        np.minimum(low, found, out=low)
        np.maximum(high, found, out=high)
