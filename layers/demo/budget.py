"""Money of the demonstration projects: the plan's published totals by category and by county, met to the last 万元."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from layers.codes import table
from layers.demo.shares import split, two_way

if TYPE_CHECKING:
    from layers.demo.plan import CountyPlan

Array = np.ndarray
CATEGORIES = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")
BAIYIN_COUNTIES = {"会宁县": "620422", "靖远县": "620421", "景泰县": "620423", "白银区": "620402", "平川区": "620403"}
BAIYIN_PROJECTS = 1_194
_TYPICAL_WAN = np.array([210.0, 290.0, 70.0, 215.0, 265.0, 330.0, 60.0])
"""Budget of a common project of each category, 万元; it sets how many projects a category has."""
_WAN_IN_YI = 10_000


class Budget(NamedTuple):
    """What one county spends: 万元 and number of projects by category."""

    amounts: Array
    counts: Array


def published(dimension: str) -> dict[str, int]:
    """Give the published amounts of the plan by `category` or by `county`, in whole 万元.

    >>> published("county")["会宁县"], sum(published("category").values())
    (1102800, 2893000)
    """
    rows = (row for row in table("baiyin_investment") if row["dimension"] == dimension)
    return {row["name"]: int(Decimal(row["amount_yi_yuan"]) * _WAN_IN_YI) for row in rows}


@lru_cache(maxsize=1)
def _baiyin() -> dict[str, Budget]:
    """Split the plan over categories and counties: both margins are the published ones, the inside is simulated."""
    by_category, by_county = published("category"), published("county")
    rows = np.array(list(by_category.values()))
    columns = np.array([by_county[name] for name in BAIYIN_COUNTIES])
    lean = 1 + 0.35 * np.sin(np.outer(np.arange(1, len(rows) + 1), np.arange(2, len(columns) + 2)) * 1.7)
    amounts = two_way(rows, columns, lean * np.outer(rows, columns))
    counts = split(BAIYIN_PROJECTS, (amounts / _TYPICAL_WAN[:, None]).ravel(), least=1).reshape(amounts.shape)
    return {code: Budget(amounts[:, place], counts[:, place]) for place, code in enumerate(BAIYIN_COUNTIES.values())}


def budget_of(code: str, plan: CountyPlan) -> Budget:
    """Give the money and the number of projects of a county by category.

    >>> from layers.demo.plan import plan_of
    >>> found = budget_of("620403", plan_of("620403", 61))
    >>> int(found.amounts.sum())
    41500
    """
    if plan.projects is None:
        return _baiyin()[code]
    shares = np.array(list(published("category").values()), float)
    amounts = split(plan.projects * 242, shares)
    return Budget(amounts, split(plan.projects, amounts / _TYPICAL_WAN, least=1))
