"""How urgent a candidate for the annual plan is: criteria that the bureau states and facts we have, weighed in the open.

Score = Σ weight × part / Σ weight, each part between 0 and 1. A part that is not known counts as 0 in the low bound and as 1 in
the high one; candidates are ordered by the middle of both. The weights are a dated profile and a design: the notice names
four criteria (R1–R4) and gives no weights. Whatever a person orders by hand stands before this.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

STATED: Final = ("R1", "R2", "R3", "R4")
"""The criteria of 湘委乡振组办发〔2021〕1号 四(三), stated by the bureau as 0 (no), 0.5 (partly) or 1 (yes)."""
FACTS: Final = ("emergency", "gap", "persons", "former_poor", "cost")
YUAN_PER_WAN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Priorities:
    """Weights of the parts and the figures at which they count whole; from when they hold, who says so, and how sure it is."""

    name: str
    title_zh: str
    title_en: str
    valid_from: dt.date
    tag: str
    source: str
    weights: Mapping[str, float]
    full: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a candidate; None is unknown, never zero."""

    stated: Mapping[str, float] = field(default_factory=dict)
    """R1–R4 as the bureau states them, 0 to 1."""
    emergency: bool = False
    gap_persons: float | None = None
    """Persons of the open gaps that the project closes; 0 when it is known to close none."""
    persons: float | None = None
    former_poor: float | None = None
    budget_wan_yuan: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A score between 0 and 100 with its bounds, and the parts it was made of (None: unknown)."""

    low: float
    high: float
    parts: Mapping[str, float | None]

    @property
    def middle(self) -> float:
        """The middle of both bounds, by which candidates are ordered."""
        return (self.low + self.high) / 2

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the parts that are not known."""
        return tuple(name for name, value in self.parts.items() if value is None)


@cache
def load(name: str = "county") -> Priorities:
    """Read a set of weights that ships with the package.

    >>> load().tag, sum(load().weights.values())
    ('design', 100)
    """
    raw: dict[str, Any] = tomllib.loads((files(__package__) / "weights" / f"{name}.toml").read_text(encoding="utf-8"))
    heads = {key: raw[key] for key in ("name", "title_zh", "title_en", "valid_from", "tag", "source")}
    return Priorities(**heads, weights=MappingProxyType(raw["weights"]), full=MappingProxyType(raw["full"]))


def score(facts: Facts, priorities: Priorities) -> Score:
    """Weigh what is known of a candidate.

    Parts: R1–R4 as stated; emergency 1 or 0; gap, persons and former poor = figure / full figure, at most 1 (former poor as the
    share of those who benefit); cost = 1 - (元 per head / full cost), at least 0.

    >>> found = score(Facts(persons=1000, budget_wan_yuan=100.0, gap_persons=0), load())
    >>> found.low, found.high, found.unknown
    (14.75, 79.75, ('R1', 'R2', 'R3', 'R4', 'former_poor'))
    """
    parts = {name: facts.stated.get(name) for name in STATED} | {
        "emergency": float(facts.emergency),
        "gap": _ratio(facts.gap_persons, priorities.full["gap"]),
        "persons": _ratio(facts.persons, priorities.full["persons"]),
        "former_poor": _former_poor(facts, priorities.full["former_poor"]),
        "cost": _cost(facts, priorities.full["cost"]),
    }
    whole = sum(priorities.weights.values())
    known = {name: 100 * priorities.weights[name] / whole * value for name, value in parts.items() if value is not None}
    low = sum(known.values())
    high = low + sum(100 * priorities.weights[name] / whole for name, value in parts.items() if value is None)
    return Score(round(low, 2), round(high, 2), MappingProxyType(parts))


def cost_per_head_yuan(facts: Facts) -> float | None:
    """Give the budget over the persons who benefit, in 元; None where either is unknown or nobody benefits.

    >>> cost_per_head_yuan(Facts(persons=50, budget_wan_yuan=10.0))
    2000.0
    """
    if facts.budget_wan_yuan is None or not facts.persons:
        return None
    return facts.budget_wan_yuan * YUAN_PER_WAN / facts.persons


def _ratio(value: float | None, full: float) -> float | None:
    return None if value is None else min(1.0, max(0.0, value / full))


def _former_poor(facts: Facts, full: float) -> float | None:
    if facts.former_poor is None or not facts.persons:
        return None
    return _ratio(facts.former_poor / facts.persons, full)


def _cost(facts: Facts, full: float) -> float | None:
    cost = cost_per_head_yuan(facts)
    return None if cost is None else max(0.0, 1 - cost / full)
