"""What counting relocated people at their settlement changes in an indicator that weighs persons, from the units of a run.

A run keeps of each unit what the ledgers state beside what it counts (`processing.resettled`). The sums of the weights differ
only by people of settlements whom no village counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processing.resettled import STATED

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Figures:
    """A rolled-up figure: weights that pass, weights that are known, and unknown weights."""

    numerator: float
    denominator: float
    unknown: float

    @property
    def value(self) -> float | None:
        """Percent over known weights."""
        return 100 * self.numerator / self.denominator if self.denominator else None

    @property
    def weight(self) -> float:
        """All weights, known and unknown."""
        return self.denominator + self.unknown


@dataclass(frozen=True, slots=True)
class Effect:
    """An indicator as the ledgers stand, and with relocated people at their settlement.

    `left` people are taken out of hamlets, `came` people count at settlements; the difference no village counted before.
    """

    before: Figures
    after: Figures
    left: float
    came: float


def effect(units: pd.DataFrame) -> Effect | None:
    """Compare an indicator with what the ledgers state; None where relocated people make no difference to it.

    Args:
        units: units of an indicator as a run keeps them: numerator, denominator, and the columns STATED where people moved.

    Example:
        >>> import pandas as pd
        >>> units = pd.DataFrame({"numerator": [0.0, 48.0, 20.0], "denominator": [32.0, 48.0, 20.0],
        ...     "stated_numerator": [0.0, 60.0, 0.0], "stated_denominator": [40.0, 60.0, 0.0]})
        >>> found = effect(units)
        >>> found.before.value, found.after.value, found.after.weight, found.left, found.came
        (60.0, 68.0, 100.0, 20.0, 20.0)
    """
    if STATED[0] not in units:
        return None
    growth = (units["denominator"] - units["stated_denominator"]).fillna(0.0)
    if not growth.any():
        return None
    return Effect(
        _sum(units["stated_numerator"], units["stated_denominator"]),
        _sum(units["numerator"], units["denominator"]),
        left=float(-growth[growth < 0].sum()),
        came=float(growth[growth > 0].sum()),
    )


def _sum(numerator: pd.Series, denominator: pd.Series) -> Figures:
    known = numerator.notna()
    return Figures(float(numerator[known].sum()), float(denominator[known].sum()), float(denominator[~known].sum()))
