"""Monthly counts of monitored households as rows of the layer: what adds up to what, and which cells are left empty (E22)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from layers.codes import MONITOR_TYPE, RISK_CODE
from layers.monitored_households import COUNTS, SMALL_CELL
from layers.small_cells import Cells, Equation, protect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TOTAL, ALL = "合计", "all"
TYPES: Final = tuple(item.code for item in MONITOR_TYPE if item.code != TOTAL)
RISKS: Final = tuple(item.code for item in RISK_CODE if item.code != ALL)
MEASURES: Final = ("households", "persons", *(name for name in COUNTS if name != "households"))
"""Counts of a row; all but households and persons stand on the row of all types and risks only."""
WIDTH: Final = 5.0
"""Every hidden count could be any of at least this range of values (design; `protection_width` of the dated rules)."""
WITHIN: Final = frozenset(MEASURES) - {"households", "persons", "added", "removed"}
"""Counts of some of the households of the row; those added or removed in the month need not be among them at its end."""
PER_LEVEL: Final = (1.0, 30.0, 900.0)
"""How much more a count of a township and of a county weighs than one of a village (design)."""
Key = tuple[str, str, str]


@dataclass(slots=True)
class Month:
    """The true counts of one month: for (area, type, risk) the measures; `parent` is the area above, `level` 0 for villages."""

    period: str
    counts: dict[Key, dict[str, int]]
    parent: Mapping[str, str]
    level: Mapping[str, int]
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rows of the month before as they were shown, by area (all types, all risks)."""
    after: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Likewise of the month after, where an earlier month is written once more."""
    keep_hidden: frozenset[tuple[Key, str]] = frozenset()
    """Cells that were hidden when this month was written earlier: they stay hidden."""


def summary_id(area: str, period: str, kind: str, risk: str) -> str:
    """Give the key of a row.

    >>> summary_id("990101", "2026-10", "合计", "all")
    'M990101-2026-10-3-all'
    """
    return f"M{area}-{period}-{(*TYPES, TOTAL).index(kind)}-{risk}"


class _System:
    """The counts of a month as numbered cells with all that they add up to."""

    def __init__(self, month: Month, small: int) -> None:
        self.month = month
        self.index: dict[tuple[Key, str], int] = {}
        self.values: list[float] = []
        self.weights: list[float] = []
        self.equations: list[Equation] = []
        self.soft: list[Equation] = []
        self.at_most: list[tuple[int, int]] = []
        self.together: list[tuple[int, ...]] = []
        self.small = small
        for key, measures in month.counts.items():
            level = month.level.get(key[0], 2)
            for name, value in measures.items():
                self._cell(key, name, float(value), (1.0 + value) * PER_LEVEL[level])
        self._within_rows()
        self._sums()
        self.fixed: set[int] = set()
        self._months()

    def _cell(self, key: Key, name: str, value: float, weight: float) -> int:
        at = len(self.values)
        self.index[key, name] = at
        self.values.append(value)
        self.weights.append(weight)
        return at

    def _within_rows(self) -> None:
        for key, measures in self.month.counts.items():
            households, persons = self.index[key, "households"], self.index[key, "persons"]
            self.together.append((households, persons))
            self.at_most.append((households, persons))
            self.at_most += [(self.index[key, name], households) for name in measures if name in WITHIN]
            whole = (key[0], TOTAL, ALL)
            if key[2] != ALL and whole in self.month.counts:
                self.at_most += [(self.index[key, name], self.index[whole, name]) for name in ("households", "persons")]

    def _sums(self) -> None:
        children: dict[str, list[str]] = {}
        for area, above in self.month.parent.items():
            children.setdefault(above, []).append(area)
        for key, measures in self.month.counts.items():
            area, kind, risk = key
            for name in measures:
                if kind == TOTAL and risk == ALL:
                    self._sum(key, name, [(area, one, ALL) for one in TYPES])
                self._sum(key, name, [(one, kind, risk) for one in children.get(area, ())])

    def _sum(self, total: Key, name: str, parts: Sequence[Key]) -> None:
        there = [self.index.get((part, name)) for part in parts]
        if there and None not in there:
            whole = self.index[total, name]
            self.equations.append((*((part, 1.0) for part in there if part is not None), (whole, -1.0)))

    def _months(self) -> None:
        """Add the months beside: a month has the households of the one before, the added ones, less the removed ones."""
        for other, later in ((self.month.before, False), (self.month.after, True)):
            beside = {area: self._beside(area, row, later=later) for area, row in other.items() if self._key(area) is not None}
            children: dict[str, list[int | None]] = {}
            for area, above in self.month.parent.items():
                children.setdefault(above, []).append(beside.get(area))
            for above, parts in children.items():
                if above in beside and None not in parts:
                    self._softly((*((part, 1.0) for part in parts if part is not None), (beside[above], -1.0)))

    def _key(self, area: str) -> Key | None:
        key = (area, TOTAL, ALL)
        return key if "added" in self.month.counts.get(key, {}) else None

    def _beside(self, area: str, row: Mapping[str, Any], *, later: bool) -> int:
        """Add an area's row of the month before or after, and how it follows from this one's; give the cell of its households."""
        name = "after" if later else "before"
        values = {field: row.get(field) for field in ("households", "added", "removed")}
        cells = {
            field: self._cell((area, name, ALL), field, float("nan") if value is None else float(value), 0.0)
            for field, value in values.items()
        }
        self.fixed |= set(cells.values())
        own = {field: self.index[(area, TOTAL, ALL), field] for field in values}
        first, second = (own, cells) if later else (cells, own)
        self._softly(
            ((second["households"], 1.0), (first["households"], -1.0), (second["added"], -1.0), (second["removed"], 1.0))
        )
        return cells["households"]

    def _softly(self, relation: Equation) -> None:
        """Keep a sum between months, unless what is known of it shows that it does not hold, or gives a nought or less.

        A village whose count was hidden last month and that has nobody now, with nobody added or removed, does not follow from
        that month; what one would compute from it is no small count.
        """
        terms = [(factor * self.values[cell], factor) for cell, factor in relation]
        unknown = [factor for value, factor in terms if np.isnan(value)]
        total = sum(value for value, _ in terms if not np.isnan(value))
        if len(unknown) == 1 and -total / unknown[0] < 0.5:  # noqa: PLR2004 - counts are whole
            return
        if unknown or abs(total) < 0.5:  # noqa: PLR2004 - counts are whole
            self.soft.append(relation)

    def cells(self) -> Cells:
        values = np.array(self.values)
        primary = np.zeros(len(values), dtype=bool)
        for (key, name), at in self.index.items():
            counted = name != "persons" and key[1] not in ("before", "after")
            primary[at] = (counted and 1 <= values[at] < self.small) or (key, name) in self.month.keep_hidden
        return Cells(
            values,
            primary,
            np.array(self.weights),
            self.equations,
            self.soft,
            self.at_most,
            self.together,
            frozenset(self.fixed),
        )


def shown(month: Month, *, small: int = SMALL_CELL, width: float = WIDTH) -> list[dict[str, Any]]:
    """Turn the counts of a month into rows of the layer with every cell empty that would give a small count away.

    A count from 1 to below `small` is hidden; with it as many others as keep every hidden count's possible values at least
    `width` apart, by everything that is shown: sums over areas and types, parts not above their whole, the month before.
    Hidden households and persons of a row go together. Noughts are shown.
    """
    system = _System(month, small)
    hidden = protect(system.cells(), width=width)
    rows = []
    for (area, kind, risk), measures in month.counts.items():
        gone = [name for name in measures if hidden[system.index[(area, kind, risk), name]]]
        rows.append(
            {
                "summary_id": summary_id(area, month.period, kind, risk),
                "area_code": area,
                "period": month.period,
                "monitor_type": kind,
                "risk_code": risk,
                **{name: None if name in gone else measures.get(name) for name in MEASURES},
                "suppressed": "households" in gone,
                "suppressed_fields": gone or None,
            }
        )
    return rows


def hidden_cells(rows: Iterable[Mapping[str, Any]]) -> frozenset[tuple[Key, str]]:
    """Name the cells that rows of the layer hide."""
    return frozenset(
        ((str(row["area_code"]), str(row["monitor_type"]), str(row["risk_code"])), name)
        for row in rows
        for name in row.get("suppressed_fields") or ()
    )
